//! Pages of a cut result: an opaque cursor that says where the next page of each list starts. Must not trust a cursor.

use std::{collections::BTreeMap, hash::Hasher as _};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use synthesizer_model::{ErrorCode, Failure};

/// The longest cursor that is read, in bytes.
const CURSOR_LIMIT: usize = 8192;

/// Where each list of a result continues, by the list's name.
pub(super) type Offsets = BTreeMap<String, usize>;

/// Which page of which result a client wants, and how large it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Paging {
    /// What the result belongs to: a cursor of another one is refused.
    pub(super) scope: String,
    /// The largest size of the page.
    pub(super) max_tokens: usize,
    /// Where its lists start; empty for the first page.
    pub(super) offsets: Offsets,
    /// For results that are pages themselves: the operation's own cursor of the page that is being given.
    pub(super) inner: Option<String>,
}

impl Paging {
    /// Reads the paging arguments of a call.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a cursor that is none of ours or belongs to another result.
    pub(super) fn new(
        scope: String,
        max_tokens: u32,
        cursor: Option<&str>,
    ) -> Result<Self, Failure> {
        let (offsets, inner) = match cursor {
            None => (Offsets::new(), None),
            Some(cursor) => {
                let cursor = Cursor::decode(cursor)?;
                if cursor.scope != scope {
                    return Err(refuse("the cursor belongs to another result"));
                }
                (cursor.offsets, cursor.inner)
            }
        };
        Ok(Self {
            scope,
            max_tokens: usize::try_from(max_tokens).unwrap_or(usize::MAX),
            offsets,
            inner,
        })
    }

    /// Gives the cursor of the next page.
    pub(super) fn next_cursor(&self, offsets: Offsets) -> String {
        Cursor {
            scope: self.scope.clone(),
            offsets,
            inner: self.inner.clone(),
        }
        .encode()
    }

    /// Gives the cursor of the page that begins at a cursor of the operation's own.
    pub(super) fn cursor_of_inner(&self, inner: &str) -> String {
        Cursor {
            scope: self.scope.clone(),
            offsets: Offsets::new(),
            inner: Some(inner.to_owned()),
        }
        .encode()
    }
}

/// Names the result that a tool gives for some arguments; paging arguments apart, equal arguments give equal names.
pub(super) fn scope_of_arguments(tool: &str, arguments: &Value) -> String {
    let mut hasher = std::collections::hash_map::DefaultHasher::new();
    if let Value::Object(fields) = arguments {
        let mut sorted: Vec<_> = fields
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "cursor" | "max_tokens"))
            .collect();
        sorted.sort_by_key(|(name, _)| name.as_str());
        for (name, value) in sorted {
            hasher.write(name.as_bytes());
            hasher.write_u8(0);
            hasher.write(value.to_string().as_bytes());
            hasher.write_u8(0);
        }
    }
    format!("{tool}:{:016x}", hasher.finish())
}

/// Names the result of a synthesis, whichever tool shows it.
pub(super) fn scope_of_synthesis(synthesis_id: &str) -> String {
    format!("synthesis:{synthesis_id}")
}

/// Gives the synthesis that a cursor belongs to.
///
/// # Errors
/// `E_ARGUMENT` for a cursor that belongs to no synthesis.
pub(super) fn synthesis_of(cursor: &str) -> Result<String, Failure> {
    Cursor::decode(cursor)?
        .scope
        .strip_prefix("synthesis:")
        .map(str::to_owned)
        .ok_or_else(|| refuse("the cursor belongs to another result"))
}

#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    #[serde(rename = "s")]
    scope: String,
    #[serde(rename = "o")]
    offsets: Offsets,
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    inner: Option<String>,
}

impl Cursor {
    fn encode(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        BASE64_URL_SAFE_NO_PAD.encode(json)
    }

    fn decode(text: &str) -> Result<Self, Failure> {
        if text.len() > CURSOR_LIMIT {
            return Err(refuse("the cursor is not one of this server"));
        }
        BASE64_URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
            .ok_or_else(|| refuse("the cursor is not one of this server"))
    }
}

fn refuse(message: &str) -> Failure {
    Failure::new(ErrorCode::Argument, message)
        .with_hint("pass next_cursor of the last result unchanged, with the same other arguments")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        let first = Paging::new("a:1".to_owned(), 8000, None).expect("accepted");
        let offsets = Offsets::from([("components".to_owned(), 7)]);
        let cursor = first.next_cursor(offsets.clone());
        let second = Paging::new("a:1".to_owned(), 8000, Some(&cursor)).expect("accepted");
        assert_eq!(second.offsets, offsets);
    }

    #[test]
    fn a_page_of_an_operation_that_pages_itself_may_be_cut_too() {
        let first = Paging::new("a:1".to_owned(), 8000, None).expect("accepted");
        let second = Paging::new(
            "a:1".to_owned(),
            8000,
            Some(&first.cursor_of_inner("its own")),
        )
        .expect("accepted");
        assert_eq!(
            (second.inner.as_deref(), second.offsets.len()),
            (Some("its own"), 0)
        );
        let cut = second.next_cursor(Offsets::from([("repositories".to_owned(), 3)]));
        let rest = Paging::new("a:1".to_owned(), 8000, Some(&cut)).expect("accepted");
        assert_eq!(rest.inner.as_deref(), Some("its own"));
        assert_eq!(rest.offsets["repositories"], 3);
    }

    #[test]
    fn a_cursor_of_another_result_or_of_nobody_is_refused() {
        let other = Paging::new("b:1".to_owned(), 8000, None).expect("accepted");
        let foreign = other.next_cursor(Offsets::new());
        for cursor in [foreign.as_str(), "", "!", "e30", &"A".repeat(9000)] {
            let failure = Paging::new("a:1".to_owned(), 8000, Some(cursor)).expect_err(cursor);
            assert_eq!(failure.code, ErrorCode::Argument);
        }
    }

    #[test]
    fn a_result_is_named_by_its_arguments_without_the_paging_ones() {
        let name = |arguments| scope_of_arguments("t", &arguments);
        let plain = name(json!({ "a": 1, "b": "x" }));
        assert_eq!(
            plain,
            name(json!({ "b": "x", "cursor": "c", "max_tokens": 9, "a": 1 }))
        );
        assert_ne!(plain, name(json!({ "a": 1, "b": "y" })));
    }
}
