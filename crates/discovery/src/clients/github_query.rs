//! The words of a search as GitHub takes them: within its bounds, and with our conditions where nothing in them can undo these.

use synthesizer_model::{ErrorCode, Failure};

use super::plain_words::{is_operator, paired, split};
use crate::client::PlatformQuery;

/// GitHub refuses longer queries; qualifiers are not counted there.
const LONGEST: usize = 256;
/// GitHub refuses queries with more of AND, OR and NOT.
const MOST_OPERATORS: usize = 5;
/// The longest name of a language.
const LANGUAGE_LIMIT: usize = 64;

/// Gives the value of `q`: the user's words, in which GitHub's own qualifiers stay, then our conditions; and what was left out.
///
/// # Errors
/// `E_QUERY` for a language that cannot be written as one value, and when no words are left.
pub(super) fn search_words(query: &PlatformQuery) -> Result<(String, Vec<String>), Failure> {
    let mut remarks = Vec::new();
    let mut words = fitting_words(&query.text, &mut remarks);
    // An operator without an end would take our conditions as its operand: `x NOT language:Rust`.
    let length = words.len();
    while words.last().is_some_and(|word| is_operator(word)) {
        words.pop();
    }
    if words.len() < length {
        remarks.push("an operator at the end of the query was left out".to_owned());
    }
    if words.is_empty() {
        return Err(Failure::new(
            ErrorCode::Query,
            "nothing of the query is left that GitHub could search for",
        )
        .with_hint("give a few words besides AND, OR and NOT"));
    }
    if let Some(language) = &query.language {
        words.push(format!("language:{}", qualifier_value(language)?));
    }
    if query.min_stars > 0 {
        words.push(format!("stars:>={}", query.min_stars));
    }
    Ok((words.join(" "), remarks))
}

/// Splits the text at white space outside quotes, and keeps the words from its beginning that GitHub takes.
fn fitting_words(text: &str, remarks: &mut Vec<String>) -> Vec<String> {
    let text = paired(text, remarks);
    let mut kept: Vec<String> = Vec::new();
    let mut length = 0;
    let mut operators = 0;
    for word in split(&text) {
        operators += usize::from(is_operator(&word));
        if operators > MOST_OPERATORS {
            remarks.push(format!(
                "the query was cut before its sixth operator; at most {MOST_OPERATORS} of AND, OR and NOT can be asked for"
            ));
            break;
        }
        let word_length = word.chars().count() + usize::from(!kept.is_empty());
        if length + word_length > LONGEST {
            remarks.push(format!("the query was cut to {LONGEST} characters"));
            if kept.is_empty() {
                kept.push(word.replace('"', "").chars().take(LONGEST).collect());
            }
            break;
        }
        length += word_length;
        kept.push(word);
    }
    kept
}

/// Writes the value of a qualifier, in quotes where it is more than one word.
fn qualifier_value(value: &str) -> Result<String, Failure> {
    let value = value.trim();
    let refused = value.is_empty()
        || value.chars().count() > LANGUAGE_LIMIT
        || value.chars().any(|character| {
            matches!(character, '"' | '\\') || synthesizer_model::text::is_deceptive(character)
        });
    if refused {
        return Err(Failure::new(
            ErrorCode::Query,
            "the language is not a name that GitHub could search for",
        )
        .with_hint("name it as GitHub shows it, such as Rust, C++ or Jupyter Notebook"));
    }
    let plain = value
        .chars()
        .all(|character| character.is_alphanumeric() || "+#-._".contains(character));
    Ok(if plain {
        value.to_owned()
    } else {
        format!("\"{value}\"")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> PlatformQuery {
        PlatformQuery {
            text: text.to_owned(),
            language: None,
            min_stars: 0,
            page_size: 20,
            page: None,
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &str, remarks: usize) {
        let mut query = query(text);
        query.language = Some("Rust".to_owned());
        query.min_stars = 10;
        let (words, found) = search_words(&query).unwrap();
        assert_eq!(words, format!("{expected} language:Rust stars:>=10"));
        assert_eq!(found.len(), remarks, "{found:?}");
    }

    #[test]
    fn conditions_follow_the_words_and_cannot_be_undone_by_them() {
        check("http client", "http client", 0);
        check("user:foo  http", "user:foo http", 0);
        check("\"http  client\" x", "\"http  client\" x", 0);
        check("\"http client", "http client", 1);
        check("a\" \"b c\"", "a\" \"b c", 1);
        check("http NOT", "http", 1);
        check("http OR NOT", "http", 1);
        check("a OR b", "a OR b", 0);
        check("a or not", "a or not", 0);
        check("\"NOT\"", "\"NOT\"", 0);
    }

    #[test]
    fn bounds_of_the_platform_cut_and_say_so() {
        check(
            "a OR b OR c OR d OR e OR f OR g",
            "a OR b OR c OR d OR e OR f",
            1,
        );
        check(
            "a AND b AND c OR d NOT e NOT f OR",
            "a AND b AND c OR d NOT e NOT f",
            1,
        );
        check(
            "\"x OR y OR z OR u OR v OR w OR q\"",
            "\"x OR y OR z OR u OR v OR w OR q\"",
            0,
        );
        let word = "x".repeat(300);
        check(&word, &"x".repeat(256), 1);
        check(&format!("\"{word}\""), &"x".repeat(256), 1);
        let words = format!("{} {}", "é".repeat(200), "y".repeat(56));
        check(&words, &"é".repeat(200), 1);
        let fitting = format!("{} {}", "é".repeat(200), "y".repeat(55));
        check(&fitting, &fitting, 0);
    }

    #[test]
    fn a_query_of_operators_alone_is_refused() {
        for text in ["NOT", "AND OR", "\"", "  "] {
            assert_eq!(
                search_words(&query(text)).unwrap_err().code,
                ErrorCode::Query,
                "{text}"
            );
        }
    }

    #[test]
    fn a_language_stays_one_value() {
        let written = |language: &str| {
            let mut query = query("x");
            query.language = Some(language.to_owned());
            search_words(&query).map(|(words, _)| words)
        };
        assert_eq!(written("C++").unwrap(), "x language:C++");
        assert_eq!(written(" C# ").unwrap(), "x language:C#");
        assert_eq!(
            written("Jupyter Notebook").unwrap(),
            "x language:\"Jupyter Notebook\""
        );
        assert_eq!(
            written("Rust user:evil").unwrap(),
            "x language:\"Rust user:evil\""
        );
        assert_eq!(written("a:b").unwrap(), "x language:\"a:b\"");
        for bad in ["", " ", "a\" stars:>0 \"", "a\\", "a\u{202e}b", "a\nb"] {
            assert_eq!(written(bad).unwrap_err().code, ErrorCode::Query, "{bad}");
        }
        assert!(written(&"x".repeat(65)).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_words_undo_the_conditions_or_the_bounds(text in r#"([a-zé" ]|AND |OR |NOT |\PC){0,120}"#) {
            let mut query = query(&text);
            query.min_stars = 7;
            if let Ok((words, _)) = search_words(&query) {
                let own = words.strip_suffix(" stars:>=7").unwrap();
                proptest::prop_assert!(own.chars().count() <= LONGEST);
                proptest::prop_assert!(own.matches('"').count() % 2 == 0);
                let words = super::split(own);
                proptest::prop_assert!(words.iter().filter(|word| is_operator(word)).count() <= MOST_OPERATORS);
                proptest::prop_assert!(!is_operator(words.last().unwrap()));
            }
        }
    }
}
