//! The words of a query: quoted phrases, operators, and qualifiers that only one platform knows. Must not know any platform's API.

use synthesizer_model::{ErrorCode, Failure, discovery::RepositoryFacts, text::escape_untrusted};

/// Qualifiers of GitHub's search for repositories, which people write from habit.
const QUALIFIERS: &[&str] = &[
    "archived",
    "created",
    "followers",
    "fork",
    "forks",
    "good-first-issues",
    "help-wanted-issues",
    "in",
    "is",
    "language",
    "license",
    "mirror",
    "org",
    "pushed",
    "repo",
    "size",
    "sort",
    "stars",
    "template",
    "topic",
    "topics",
    "user",
];

/// Splits a text at white space outside quotes; quotes stay.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for character in text.chars() {
        quoted ^= character == '"';
        if character.is_whitespace() && !quoted {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
        } else {
            word.push(character);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Leaves out a last quotation mark that has no partner: everything after it, our conditions too, would be a part of the phrase.
pub(super) fn paired(text: &str, remarks: &mut Vec<String>) -> String {
    let mut text = text.to_owned();
    if text.matches('"').count() % 2 == 1
        && let Some(last) = text.rfind('"')
    {
        text.remove(last);
        remarks.push("a quotation mark without a partner was left out of the query".to_owned());
    }
    text
}

/// Says whether a word is one of GitHub's operators, which are in capitals.
pub(super) fn is_operator(word: &str) -> bool {
    matches!(word, "AND" | "OR" | "NOT")
}

/// What a platform without operators and qualifiers can search for: words and phrases, all of which must be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlainWords {
    /// Words, and phrases without their quotes; at least one.
    pub(super) pieces: Vec<String>,
    /// What was left out of the query.
    pub(super) remarks: Vec<String>,
}

impl PlainWords {
    /// Reads a query. `NOT` is left out together with what it excludes.
    ///
    /// # Errors
    /// `E_QUERY` when nothing is left.
    pub(super) fn of(text: &str, title: &str) -> Result<Self, Failure> {
        let mut remarks = Vec::new();
        let mut pieces = Vec::new();
        let mut left_out = Vec::new();
        let mut excluded = false;
        for word in split(&paired(text, &mut remarks)) {
            if is_operator(&word) {
                excluded = word == "NOT";
                left_out.push(word);
            } else if std::mem::take(&mut excluded) || is_qualifier(&word) {
                left_out.push(word);
            } else {
                let piece = word.replace('"', " ");
                let piece = piece.split_whitespace().collect::<Vec<_>>().join(" ");
                if !piece.is_empty() {
                    pieces.push(piece);
                }
            }
        }
        if !left_out.is_empty() {
            let shown = escape_untrusted(&left_out.join(" "));
            remarks.push(format!(
                "{title} knows no operators and qualifiers, so this part of the query was left out: {shown}"
            ));
        }
        if pieces.is_empty() {
            return Err(Failure::new(
                ErrorCode::Query,
                format!("nothing of the query is left that {title} could search for"),
            )
            .with_hint("give a few words besides operators and qualifiers"));
        }
        Ok(Self { pieces, remarks })
    }

    /// Gives the longest piece, which is probably the rarest.
    pub(super) fn longest(&self) -> &str {
        // The first of equals, so that the question stays the same.
        self.pieces
            .iter()
            .rev()
            .max_by_key(|piece| piece.chars().count())
            .map_or("", String::as_str)
    }

    /// Says whether every piece is somewhere in name, description or topics. Blanks, `-`, `_` and `.` count as the same.
    pub(super) fn are_in(&self, facts: &RepositoryFacts) -> bool {
        let described = facts.description.as_deref().unwrap_or_default();
        let mut text = plain(&facts.full_name);
        for part in std::iter::once(described).chain(facts.topics.iter().map(String::as_str)) {
            text.push('\n');
            text.push_str(&plain(part));
        }
        self.pieces.iter().all(|piece| text.contains(&plain(piece)))
    }
}

fn plain(text: &str) -> String {
    text.to_lowercase().replace(['-', '_', '.'], " ")
}

fn is_qualifier(word: &str) -> bool {
    let name = word.trim_start_matches('-').split_once(':');
    name.is_some_and(|(name, value)| !value.is_empty() && QUALIFIERS.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, pieces: &[&str], remarks: usize) {
        let words = PlainWords::of(text, "Gitea").unwrap();
        assert_eq!(words.pieces, pieces);
        assert_eq!(words.remarks.len(), remarks, "{:?}", words.remarks);
    }

    #[test]
    fn words_are_told_from_what_only_github_knows() {
        check("http  client", &["http", "client"], 0);
        check("\"http client\" x", &["http client", "x"], 0);
        check("\"http client", &["http", "client"], 1);
        check("http stars:>5 -user:foo", &["http"], 1);
        check("http OR client NOT java AND x", &["http", "client", "x"], 1);
        check(
            "std::vector c:d a: not",
            &["std::vector", "c:d", "a:", "not"],
            0,
        );
    }

    #[test]
    fn what_is_left_out_is_named() {
        let words = PlainWords::of("x NOT y language:Rust", "Gitea").unwrap();
        assert_eq!(
            words.remarks,
            [
                "Gitea knows no operators and qualifiers, so this part of the query was left out: NOT y language:Rust"
            ]
        );
        for text in ["user:foo", "NOT x", "\"\"", "OR"] {
            assert_eq!(
                PlainWords::of(text, "Gitea").unwrap_err().code,
                ErrorCode::Query
            );
        }
    }

    #[test]
    fn the_longest_piece_is_the_first_of_equals() {
        let longest = |text: &str| PlainWords::of(text, "x").unwrap().longest().to_owned();
        assert_eq!(longest("http client"), "client");
        assert_eq!(longest("abc xyz"), "abc");
    }

    #[test]
    fn every_piece_must_be_found_somewhere() {
        let facts = RepositoryFacts {
            full_name: "Owner/Http-Client".to_owned(),
            description: Some("For asynchronous calls".to_owned()),
            topics: vec!["web_api".to_owned()],
            ..RepositoryFacts::default()
        };
        let found = |text: &str| PlainWords::of(text, "x").unwrap().are_in(&facts);
        assert!(found("client HTTP"));
        assert!(found("\"http client\" async"));
        assert!(found("web-api calls"));
        assert!(!found("http server"));
        assert!(!found("\"client for\""));
    }
}
