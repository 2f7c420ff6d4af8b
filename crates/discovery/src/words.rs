//! Cuts texts into the words that are compared: folded, split where names are joined, stemmed. Knows English alone; other scripts by pairs.

use std::collections::BTreeSet;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization as _;

/// The most characters of one text that are read.
const TEXT_LIMIT: usize = 2_000;
/// The most characters of one word that are kept.
const WORD_LIMIT: usize = 64;
/// The shortest word that is stemmed; shorter ones are names and abbreviations.
const STEM_FROM: usize = 4;
/// The most words of a question; each is looked for in every text.
const QUESTION_WORDS: usize = 32;
/// Words of a question that say nothing about what is sought.
const STOP_WORDS: &[&str] = &[
    "a", "an", "and", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with",
];

/// Gives the words of a text in order, repeated ones repeated.
///
/// `HttpClient` gives `http`, `client` and `httpclient`; runs of Han, Kana and Hangul give pairs of characters.
pub(crate) fn words(text: &str) -> Vec<String> {
    let stemmer = Stemmer::create(Algorithm::English);
    let mut found = Vec::new();
    let mut run: Vec<char> = Vec::new();
    let mut signs = 0;
    for character in text.nfkc().take(TEXT_LIMIT).chain([' ']) {
        let joins_sign =
            matches!(character, '+' | '#') && (1..=2).contains(&run.len()) && signs < 2;
        if character.is_alphanumeric() && signs == 0 {
            run.push(character);
        } else if joins_sign {
            signs += 1;
            run.push(character);
        } else {
            cut(&run, &stemmer, &mut found);
            run.clear();
            signs = 0;
            if character.is_alphanumeric() {
                run.push(character);
            }
        }
    }
    found
}

/// Gives the words of a question, each once and at most 32: without stop words unless there is nothing else.
pub(crate) fn question_words(text: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut all = words(text);
    all.retain(|word| seen.insert(word.clone()));
    let telling: Vec<String> = all
        .iter()
        .filter(|word| !STOP_WORDS.contains(&word.as_str()))
        .cloned()
        .collect();
    let mut question = if telling.is_empty() { all } else { telling };
    question.truncate(QUESTION_WORDS);
    question
}

/// Gives a name without case and signs, so that `Http-Client` and `httpclient` are equal; empty for one of signs alone.
pub(crate) fn squashed(name: &str) -> String {
    name.nfkc()
        .take(TEXT_LIMIT)
        .filter(|character| character.is_alphanumeric() || matches!(character, '+' | '#'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Cuts one run of letters and digits into words.
fn cut(run: &[char], stemmer: &Stemmer, found: &mut Vec<String>) {
    if run.is_empty() {
        return;
    }
    if run.iter().any(|character| is_unspaced(*character)) {
        cut_pairs(run, stemmer, found);
        return;
    }
    let parts = parts(run);
    if parts.len() > 1 {
        for part in &parts {
            // A single letter of a joined name, such as the k of k8s, says nothing alone.
            if part.len() > 1 || part.iter().all(char::is_ascii_digit) {
                found.push(folded(part, stemmer));
            }
        }
    }
    found.push(folded(run, stemmer));
}

/// Splits a run where the case rises, where capitals end, and between letters and digits.
fn parts(run: &[char]) -> Vec<&[char]> {
    let mut parts = Vec::new();
    let mut start = 0;
    for position in 1..run.len() {
        let (before, here) = (run[position - 1], run[position]);
        let next_is_small = run
            .get(position + 1)
            .is_some_and(|next| next.is_lowercase());
        let rises = before.is_lowercase() && here.is_uppercase();
        let capitals_end = before.is_uppercase() && here.is_uppercase() && next_is_small;
        let digits = before.is_numeric() != here.is_numeric() && here.is_alphanumeric();
        if rises || capitals_end || digits {
            parts.push(&run[start..position]);
            start = position;
        }
    }
    parts.push(&run[start..]);
    parts
}

/// Cuts a run that holds characters of a script without spaces: pairs of those, words of the rest.
fn cut_pairs(run: &[char], stemmer: &Stemmer, found: &mut Vec<String>) {
    for piece in run.chunk_by(|left, right| is_unspaced(*left) == is_unspaced(*right)) {
        match piece {
            [first, ..] if !is_unspaced(*first) => cut(piece, stemmer, found),
            [only] => found.push(only.to_string()),
            _ => found.extend(piece.windows(2).map(|pair| pair.iter().collect::<String>())),
        }
    }
}

fn folded(part: &[char], stemmer: &Stemmer) -> String {
    let word: String = part
        .iter()
        .take(WORD_LIMIT)
        .flat_map(|character| character.to_lowercase())
        .collect();
    let plain = word.len() >= STEM_FROM && word.bytes().all(|byte| byte.is_ascii_lowercase());
    if plain {
        stemmer.stem(&word).into_owned()
    } else {
        word
    }
}

/// Says whether a character belongs to a script that is written without spaces, or glues its particles to words.
fn is_unspaced(character: char) -> bool {
    matches!(character,
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(words(text), expected, "{text}");
    }

    #[test]
    fn texts_are_cut_into_folded_words() {
        check("HttpClient", &["http", "client", "httpclient"]);
        check("HTTPServer", &["http", "server", "httpserver"]);
        check(
            "http-client_for.python/3",
            &["http", "client", "for", "python", "3"],
        );
        check("k8s s3", &["8", "k8s", "3", "s3"]);
        check("running runs", &["run", "run"]);
        check("C++ and C# or F#", &["c++", "and", "c#", "or", "f#"]);
        check("a+b", &["a+", "b"]);
        check("\u{ff28}\u{ff54}\u{ff54}\u{ff50}", &["http"]);
        check("机器学习 lib", &["机器", "器学", "学习", "lib"]);
        check("学 用python写", &["学", "用", "python", "写"]);
        check("日本語BERT", &["日本", "本語", "bert"]);
        check("", &[]);
        check("!!! ---", &[]);
        check("Straße", &["straße"]);
    }

    #[test]
    fn stop_words_go_unless_they_are_everything() {
        assert_eq!(
            question_words("a client for the web for"),
            ["client", "web"]
        );
        assert_eq!(question_words("the the"), ["the"]);
        let many: String = (0..100).map(|number| format!("w{number} ")).collect();
        assert_eq!(question_words(&many).len(), QUESTION_WORDS);
    }

    #[test]
    fn hostile_texts_stay_bounded() {
        let endless = "a".repeat(1 << 20);
        assert_eq!(words(&endless), ["a".repeat(WORD_LIMIT)]);
        assert!(words(&"x y ".repeat(1 << 16)).len() <= TEXT_LIMIT);
        assert!(words(&"\u{fdfa}".repeat(100_000)).len() <= TEXT_LIMIT);
    }

    #[test]
    fn names_are_squashed() {
        assert_eq!(squashed("Http-Client"), squashed("http_client"));
        assert_ne!(squashed("c++"), squashed("c"));
        assert_eq!(squashed("---"), "");
    }
}
