//! One page out of the pages of several kinds of things on one platform, and the token for the next. Must not know any platform.

use std::collections::BTreeMap;

use synthesizer_model::{ErrorCode, Failure};

use crate::client::PlatformPage;

/// The longest token, in bytes.
const TOKEN_LIMIT: usize = 16 << 10;
/// The longest cursor of one kind, in bytes.
const CURSOR_LIMIT: usize = 4_096;

/// A kind that is to be asked, by the name of its list, and where its page begins; the first page when `None`.
pub(super) type KindPage = (&'static str, Option<String>);

/// Says which kinds to ask for a page: all for the first one, then those that have more.
///
/// # Errors
/// `E_ARGUMENT` for a token that [`merge`] cannot have made.
pub(super) fn kinds_to_ask(
    kinds: &[&'static str],
    token: Option<&str>,
) -> Result<Vec<KindPage>, Failure> {
    let Some(token) = token else {
        return Ok(kinds.iter().map(|kind| (*kind, None)).collect());
    };
    let cursors: BTreeMap<String, String> = Some(token)
        .filter(|token| token.len() <= TOKEN_LIMIT)
        .and_then(|token| serde_json::from_str(token).ok())
        .ok_or_else(foreign_token)?;
    let known = cursors.len() <= kinds.len()
        && cursors
            .iter()
            .all(|(kind, cursor)| kinds.contains(&kind.as_str()) && is_cursor(cursor));
    if cursors.is_empty() || !known {
        return Err(foreign_token());
    }
    let asked = kinds.iter().filter_map(|kind| {
        let cursor = cursors.get(*kind)?;
        Some((*kind, Some(cursor.clone())))
    });
    Ok(asked.collect())
}

/// Makes one page of the answers for each kind, in their order. A kind that failed costs its own entries.
/// There is no total: the kinds that are not asked any more would be missing in it.
///
/// # Errors
/// The failure of the first kind when every kind failed; `E_CANCELLED` when any was cancelled.
pub(super) fn merge(
    answers: Vec<(&'static str, Result<PlatformPage, Failure>)>,
) -> Result<PlatformPage, Failure> {
    let mut merged = PlatformPage::default();
    let mut cursors = BTreeMap::new();
    let mut first_failure = None;
    let mut answered = false;
    for (kind, answer) in answers {
        match answer {
            Ok(page) => {
                answered = true;
                if let Some(cursor) = page.next.as_ref().filter(|cursor| is_cursor(cursor)) {
                    cursors.insert(kind, cursor.clone());
                }
                add(&mut merged, kind, page);
            }
            Err(failure) if failure.code == ErrorCode::Cancelled => return Err(failure),
            Err(failure) => {
                merged.partial = true;
                merged
                    .remarks
                    .push(format!("{kind} could not be searched: {}", failure.message));
                first_failure.get_or_insert(failure);
            }
        }
    }
    if let (false, Some(failure)) = (answered, first_failure) {
        return Err(failure);
    }
    merged.next = (!cursors.is_empty())
        .then(|| serde_json::to_string(&cursors).ok())
        .flatten();
    Ok(merged)
}

fn add(merged: &mut PlatformPage, kind: &str, page: PlatformPage) {
    merged.repositories.extend(page.repositories);
    merged.filtered_out += page.filtered_out;
    merged.partial |= page.partial;
    merged.stale |= page.stale;
    merged.age = merged.age.max(page.age);
    let remarks = page.remarks.into_iter();
    merged
        .remarks
        .extend(remarks.map(|remark| format!("{kind}: {remark}")));
}

/// Says whether a text can be sent as a cursor: short, and visible ASCII only.
pub(super) fn is_cursor(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= CURSOR_LIMIT
        && text.bytes().all(|character| character.is_ascii_graphic())
}

/// Makes the failure of a page token that its client did not make.
pub(super) fn foreign_token() -> Failure {
    Failure::new(
        ErrorCode::Argument,
        "the cursor does not belong to this search",
    )
    .with_hint("use the next_cursor of the last answer, or none for the first page")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use synthesizer_model::discovery::RepositoryFacts;

    use super::*;

    const KINDS: &[&str] = &["models", "datasets"];

    fn page(names: &[&str], next: Option<&str>) -> PlatformPage {
        let repositories = names.iter().map(|name| RepositoryFacts {
            full_name: (*name).to_owned(),
            ..RepositoryFacts::default()
        });
        PlatformPage {
            repositories: repositories.collect(),
            next: next.map(str::to_owned),
            ..PlatformPage::default()
        }
    }

    fn failed(code: ErrorCode) -> Result<PlatformPage, Failure> {
        Err(Failure::new(code, "the service is away"))
    }

    #[test]
    fn the_token_names_the_kinds_that_have_more() {
        let merged = merge(vec![
            ("models", Ok(page(&["a"], Some("one")))),
            ("datasets", Ok(page(&["b"], None))),
        ])
        .expect("a page");
        assert_eq!(merged.repositories.len(), 2);
        assert_eq!(merged.next.as_deref(), Some(r#"{"models":"one"}"#));
        let asked = kinds_to_ask(KINDS, merged.next.as_deref()).expect("a token");
        assert_eq!(asked, [("models", Some("one".to_owned()))]);
        let first = kinds_to_ask(KINDS, None).expect("the first page");
        assert_eq!(first, [("models", None), ("datasets", None)]);
    }

    #[test]
    fn tokens_of_others_are_refused() {
        let long = format!(r#"{{"models":"{}"}}"#, "x".repeat(TOKEN_LIMIT));
        for token in [
            "",
            "{}",
            "2",
            "[]",
            r#"{"spaces":"x"}"#,
            r#"{"models":""}"#,
            r#"{"models":"a b"}"#,
            r#"{"models":3}"#,
            r#"{"models":"x\n"}"#,
            long.as_str(),
        ] {
            let failure = kinds_to_ask(KINDS, Some(token)).expect_err("a foreign token");
            assert_eq!(failure.code, ErrorCode::Argument, "{token}");
        }
    }

    #[test]
    fn one_failing_kind_makes_the_page_partial() {
        let merged = merge(vec![
            ("models", failed(ErrorCode::Upstream)),
            ("datasets", Ok(page(&["b"], Some("2")))),
        ])
        .expect("a page");
        assert!(merged.partial);
        assert_eq!(
            merged.remarks,
            ["models could not be searched: the service is away"]
        );
        assert_eq!(merged.next.as_deref(), Some(r#"{"datasets":"2"}"#));
    }

    #[test]
    fn all_failing_is_the_failure_and_cancelling_wins() {
        let failure = merge(vec![
            ("models", failed(ErrorCode::RateLimited)),
            ("datasets", failed(ErrorCode::Upstream)),
        ])
        .expect_err("all failed");
        assert_eq!(failure.code, ErrorCode::RateLimited);
        let failure = merge(vec![
            ("models", Ok(page(&["a"], None))),
            ("datasets", failed(ErrorCode::Cancelled)),
        ])
        .expect_err("cancelled");
        assert_eq!(failure.code, ErrorCode::Cancelled);
    }

    #[test]
    fn the_oldest_age_and_any_staleness_count() {
        let mut old = page(&[], None);
        old.age = Some(Duration::from_secs(9));
        old.stale = true;
        let new = page(&[], None);
        let merged = merge(vec![("models", Ok(old)), ("datasets", Ok(new))]).expect("a page");
        assert_eq!(
            (merged.age, merged.stale),
            (Some(Duration::from_secs(9)), true)
        );
    }
}
