//! Turns words into arXiv's query language, and reads its identifiers. Must not let a word act as an operator, a field or a quote.

use synthesizer_model::{ErrorCode, Failure};

/// Words that arXiv's query language takes for operators (user manual, section 5.1).
const OPERATORS: &[&str] = &["and", "or", "not", "andnot"];
/// The most terms that are sent.
const TERM_LIMIT: usize = 32;

/// Writes the query that finds papers with all the pieces, which are words and phrases, in any field.
///
/// Each piece is quoted, and loses every character that is neither a letter nor a digit nor one of `-_.+#'`. Boolean words in small
/// letters are left out, unless they stand in a phrase or there is nothing else.
///
/// # Errors
/// `E_QUERY` when no word is left.
pub(super) fn search_expression(pieces: &[String]) -> Result<String, Failure> {
    let terms: Vec<String> = pieces
        .iter()
        .flat_map(|piece| terms_of(piece))
        .take(TERM_LIMIT)
        .collect();
    let mut telling: Vec<&String> = terms.iter().filter(|term| !is_operator(term)).collect();
    if telling.is_empty() {
        telling = terms.iter().collect();
    }
    if telling.is_empty() {
        return Err(Failure::new(
            ErrorCode::Query,
            "the query has no word that arXiv can search",
        )
        .with_hint("give words of letters and digits"));
    }
    let quoted: Vec<String> = telling
        .iter()
        .map(|term| format!("all:\"{term}\""))
        .collect();
    Ok(quoted.join(" AND "))
}

/// Gives what is left of a piece: one term for a phrase, which holds blanks, else its words.
fn terms_of(piece: &str) -> Vec<String> {
    let words: Vec<String> = piece
        .split(|character: char| !is_plain(character))
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .map(str::to_lowercase)
        .collect();
    match piece.contains(' ') && !words.is_empty() {
        true => vec![words.join(" ")],
        false => words,
    }
}

fn is_plain(character: char) -> bool {
    character.is_alphanumeric() || "-_.+#'".contains(character)
}

fn is_operator(word: &str) -> bool {
    OPERATORS.contains(&word)
}

/// Reads an identifier with or without version, such as `2301.00001v2` or `cond-mat/0207270` (arXiv, "Understanding the arXiv identifier").
pub(super) fn identifier(text: &str) -> Option<&str> {
    let (plain, version) = match text.rsplit_once('v') {
        Some((plain, version)) if is_digits(version, 1..=4) => (plain, Some(version)),
        _ => (text, None),
    };
    if version.is_some_and(|version| version.starts_with('0')) {
        return None;
    }
    let known = match plain.split_once('/') {
        Some((archive, number)) => is_archive(archive) && is_digits(number, 7..=7),
        None => plain
            .split_once('.')
            .is_some_and(|(month, number)| is_digits(month, 4..=4) && is_digits(number, 4..=5)),
    };
    known.then_some(text)
}

/// Says whether a text is an archive with or without subject class, such as `math.GT`.
fn is_archive(text: &str) -> bool {
    let (archive, class) = text.split_once('.').unwrap_or((text, "XX"));
    let lower = |character: u8| character.is_ascii_lowercase() || character == b'-';
    (2..=16).contains(&archive.len())
        && archive.bytes().all(lower)
        && archive.starts_with(|first: char| first.is_ascii_lowercase())
        && class.len() == 2
        && class
            .bytes()
            .all(|character| character.is_ascii_uppercase())
}

fn is_digits(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len()) && text.bytes().all(|character| character.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{super::plain_words::PlainWords, *};

    fn expression(text: &str) -> Result<String, Failure> {
        search_expression(&PlainWords::of(text, "arXiv")?.pieces)
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let expected: Vec<String> = expected
            .iter()
            .map(|term| format!("all:\"{term}\""))
            .collect();
        assert_eq!(expression(text).expect("a query"), expected.join(" AND "));
    }

    #[test]
    fn words_and_phrases_become_quoted_terms() {
        check("http client", &["http", "client"]);
        check("C++ c#", &["c++", "c#"]);
        check("self-supervised", &["self-supervised"]);
        check("Gödel 証明", &["gödel", "証明"]);
        check("\"Search and Rescue\" x", &["search and rescue", "x"]);
    }

    #[test]
    fn nothing_acts_as_syntax() {
        check(r#"" OR ti:x "#, &["ti", "x"]);
        check("a AND (b OR NOT c) ANDNOT d", &["a", "b", "d"]);
        check("a and b andnot c or d not e", &["a", "b", "c", "d", "e"]);
        check(r#"x\" AND all:secret"#, &["x", "all", "secret"]);
        check(r#"z:"p q" w"#, &["z p q", "w"]);
        check(
            "au:smith^2 te?t* fuzzy~",
            &["au", "smith", "2", "te", "t", "fuzzy"],
        );
        check("[a TO b] {c}", &["a", "to", "b", "c"]);
        check("a&id_list=1", &["a", "id_list", "1"]);
        check("or", &["or"]);
        let many = expression(&"w ".repeat(100)).expect("a query");
        assert_eq!(many.matches("all:").count(), TERM_LIMIT);
    }

    #[test]
    fn no_word_is_no_query() {
        for text in ["\"\"", "():*", "+-", "\u{1f600}", "\"( )\""] {
            let failure = expression(text).expect_err("no word");
            assert_eq!(failure.code, ErrorCode::Query);
        }
    }

    #[test]
    fn identifiers_are_told_from_other_texts() {
        for text in [
            "2301.00001",
            "2301.00001v2",
            "0704.0001v12",
            "cond-mat/0207270",
            "math.GT/0309136v1",
        ] {
            assert_eq!(identifier(text), Some(text));
        }
        for text in [
            "",
            "v1",
            "2301.1",
            "2301.000011",
            "2301.00001v",
            "2301.00001v0",
            "2301.00001,2301.00002",
            "math/1",
            "../0207270",
            "-x/0207270",
            "math.gt/0309136",
            "2301.00001&x=1",
            "２３０１.00001",
        ] {
            assert_eq!(identifier(text), None, "{text}");
        }
    }
}
