//! Where the facts of blobs are kept between analyses. A port: what keeps them is decided elsewhere, and it may forget.

use std::collections::HashMap;

use bytes::Bytes;

/// Names the facts of one blob: a hash over the blob's id, its language and suffix, and the version of what reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactsKey(pub [u8; 20]);

/// The facts of one blob in the form in which they are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFacts {
    /// Their key.
    pub key: FactsKey,
    /// The facts, encoded.
    pub bytes: Bytes,
    /// Whether the store did not have them under this source.
    pub new: bool,
}

/// Keeps facts by key, and remembers which belong to one source, so that they are found together the next time.
///
/// Safe to use from several threads and processes. Blocks, so it must not be called from a thread that waits for others. Facts that
/// cannot be kept or found are no failure of the caller.
pub trait FactsStore: Send + Sync {
    /// Gives what was kept of a source the last time.
    fn of_source(&self, source: &str) -> HashMap<FactsKey, Bytes>;

    /// Gives what is kept of any source, in the order of the keys.
    fn load(&self, keys: &[FactsKey]) -> Vec<Option<Bytes>>;

    /// Keeps all facts of a source, in place of what was kept of it before.
    fn save(&self, source: &str, facts: Vec<KeptFacts>);
}

/// Keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Forgetful;

impl FactsStore for Forgetful {
    fn of_source(&self, _source: &str) -> HashMap<FactsKey, Bytes> {
        HashMap::new()
    }

    fn load(&self, keys: &[FactsKey]) -> Vec<Option<Bytes>> {
        vec![None; keys.len()]
    }

    fn save(&self, _source: &str, _facts: Vec<KeptFacts>) {}
}
