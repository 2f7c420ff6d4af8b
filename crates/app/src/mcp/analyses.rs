//! Keeps the whole documents of recent analyses behind handles that cannot be guessed. Must not outgrow its bound, and must not analyse.

use std::{sync::Arc, time::Duration};

use moka::{policy::EvictionPolicy, sync::Cache};
use rustix::rand::{GetRandomFlags, getrandom};
use serde_json::Value;
use synthesizer_model::Failure;

/// The largest size of all kept documents together, in bytes.
const BOUND: u64 = 64 << 20;

/// The largest document that is kept, in bytes.
pub(super) const DOCUMENT_LIMIT: usize = 16 << 20;

/// How long a document is kept.
const LIFETIME: Duration = Duration::from_secs(3600);

/// What keeping a document costs beside its texts, in bytes.
const OVERHEAD: usize = 256;

/// The characters of a handle: 128 random bits in hexadecimal.
const HANDLE_LENGTH: usize = 32;

/// The document of one analysis.
#[derive(Debug)]
pub(super) struct Kept {
    /// Names the arguments that it answers; see [`super::paging::scope_of_arguments`].
    pub(super) scope: String,
    /// The document as compact JSON, masked and labelled as data.
    pub(super) text: String,
}

impl Kept {
    /// Reads the document.
    pub(super) fn document(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

/// The kept documents of one server; the one that was not asked for the longest goes first. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Analyses {
    kept: Cache<String, Arc<Kept>>,
}

impl Analyses {
    /// Makes an empty store.
    pub(super) fn new() -> Self {
        Self::with_bound(BOUND)
    }

    fn with_bound(bytes: u64) -> Self {
        let kept = Cache::builder()
            .max_capacity(bytes)
            .time_to_live(LIFETIME)
            .weigher(|handle: &String, kept: &Arc<Kept>| {
                let weight = OVERHEAD + handle.len() + kept.scope.len() + kept.text.len();
                u32::try_from(weight).unwrap_or(u32::MAX)
            })
            // The default policy may refuse what has just been made, in favour of what was asked for often.
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self { kept }
    }

    /// Keeps a document that is at most [`DOCUMENT_LIMIT`] long.
    pub(super) fn keep(&self, handle: String, kept: Kept) {
        self.kept.insert(handle, Arc::new(kept));
        self.kept.run_pending_tasks();
    }

    /// Gives the document behind a handle, if it is still there.
    pub(super) fn get(&self, handle: &str) -> Option<Arc<Kept>> {
        if handle.len() != HANDLE_LENGTH {
            return None;
        }
        self.kept.get(handle)
    }
}

/// Makes a handle.
///
/// # Errors
/// `E_INTERNAL` when the system gives no random bits.
pub(super) fn new_handle() -> Result<String, Failure> {
    let mut bytes = [0_u8; HANDLE_LENGTH / 2];
    getrandom(&mut bytes, GetRandomFlags::empty())
        .map_err(|error| Failure::internal(format!("the system gives no random bits: {error}")))?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(length: usize) -> Kept {
        Kept {
            scope: "t:0".to_owned(),
            text: "x".repeat(length),
        }
    }

    #[test]
    fn the_oldest_goes_when_the_bound_is_reached() {
        let analyses = Analyses::with_bound(10_000);
        let handles: Vec<String> = (0..5).map(|_| new_handle().expect("random bits")).collect();
        for handle in &handles {
            analyses.keep(handle.clone(), kept(3000));
        }
        let there: Vec<bool> = handles
            .iter()
            .map(|handle| analyses.get(handle).is_some())
            .collect();
        assert_eq!(there, [false, false, true, true, true]);
        assert!(analyses.get("").is_none());
    }

    #[test]
    fn handles_differ_and_have_one_length() {
        let handles: std::collections::BTreeSet<String> = (0..100)
            .map(|_| new_handle().expect("random bits"))
            .collect();
        assert_eq!(handles.len(), 100);
        assert!(handles.iter().all(|handle| handle.len() == HANDLE_LENGTH));
    }
}
