//! The form in which facts are kept, and keys that change with whatever could change the facts. What cannot be read back is as
//! good as not kept.

use bytes::Bytes;
use synthesizer_model::{
    facts_store::FactsKey,
    source_file::FileFacts,
    tree::{Origin, sha256_digest},
};

use crate::languages;

/// The version of everything in the facts that no language's reader makes; raised when the same bytes give other facts.
const VERSION: u32 = 2;
/// Gives the key of a blob's facts, read in a language.
pub fn key(blob: &str, language: Option<&str>, suffix: &str) -> FactsKey {
    let version = language
        .and_then(languages::reader)
        .map_or(0, |reader| reader.descriptor().version);
    let text = format!(
        "{VERSION}\n{version}\n{}\n{suffix}\n{blob}",
        language.unwrap_or_default()
    );
    let digest = sha256_digest(text.as_bytes());
    let mut key = [0; 20];
    key.copy_from_slice(&digest[..20]);
    FactsKey(key)
}

/// Names a source, whatever state of it is analysed.
pub fn source_key(origin: &Origin) -> String {
    format!("{VERSION} {} {}", origin.platform, origin.url)
}

/// Writes facts.
pub fn encode(facts: &FileFacts) -> Option<Bytes> {
    postcard::to_stdvec(facts).ok().map(Bytes::from)
}

/// Reads facts back; `None` for what this version did not write.
pub fn decode(bytes: &[u8]) -> Option<FileFacts> {
    postcard::from_bytes(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_changes_with_language_suffix_and_blob() {
        let keys = [
            key("a", Some("Python"), "py"),
            key("b", Some("Python"), "py"),
            key("a", Some("Python"), "pyi"),
            key("a", Some("JavaScript"), "py"),
            key("a", None, "py"),
        ];
        let different: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
        assert_eq!(key("a", None, ""), key("a", None, ""));
    }
}
