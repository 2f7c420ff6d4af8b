//! Which plugins of the test runner the tests need: declared ones of which a fixture, a mark or a module is used. Looks at texts.

use std::collections::BTreeSet;

use synthesizer_model::dependency::{Dependency, normalize_distribution};

/// Words of plugins that their names do not tell.
const WORDS: &[(&str, &[&str])] = &[
    ("anyio", &["anyio", "anyio_backend"]),
    ("pytest-asyncio", &["asyncio", "asyncio_mode", "event_loop"]),
    ("pytest-benchmark", &["benchmark"]),
    ("pytest-cases", &["parametrize_with_cases"]),
    ("pytest-django", &["django_db", "django_assert_num_queries"]),
    ("pytest-freezegun", &["freezer", "freeze_time"]),
    ("pytest-freezer", &["freezer"]),
    ("pytest-httpserver", &["httpserver"]),
    ("pytest-lazy-fixture", &["lazy_fixture"]),
    ("pytest-lazy-fixtures", &["lf", "lfc"]),
    ("pytest-localserver", &["httpserver", "smtpserver"]),
    (
        "pytest-mock",
        &["mocker", "class_mocker", "module_mocker", "session_mocker"],
    ),
    ("pytest-order", &["order"]),
    (
        "pytest-regressions",
        &["data_regression", "file_regression", "num_regression"],
    ),
    ("pytest-rerunfailures", &["flaky"]),
    ("pytest-subtests", &["subtests"]),
    ("pytest-timeout", &["timeout"]),
    ("pytest-trio", &["trio", "autojump_clock", "nursery"]),
    ("requests-mock", &["requests_mock"]),
    ("syrupy", &["snapshot"]),
];

/// Lists the declared plugins of which one of the texts uses something, by their normalised names.
pub(super) fn used<'t>(
    declared: &[Dependency],
    texts: impl Iterator<Item = &'t str> + Clone,
) -> Vec<String> {
    let names: BTreeSet<String> = declared
        .iter()
        .map(|dependency| normalize_distribution(&dependency.name))
        .collect();
    names
        .into_iter()
        .filter(|name| {
            let known = WORDS.iter().find(|(plugin, _)| plugin == name);
            match known {
                Some((_, words)) => texts.clone().any(|text| mentions(text, words)),
                None => name.strip_prefix("pytest-").is_some_and(|rest| {
                    let word = rest.replace('-', "_");
                    texts.clone().any(|text| mentions(text, &[word.as_str()]))
                }),
            }
        })
        .collect()
}

/// Says whether a text has one of the words as a whole word.
fn mentions(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| has_word(text, word))
}

/// Says whether a text has a word as a whole word.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let bytes = text.as_bytes();
    let is_part = |byte: Option<&u8>| {
        byte.is_some_and(|byte| *byte == b'_' || byte.is_ascii_alphanumeric() || *byte >= 0x80)
    };
    !word.is_empty()
        && memchr::memmem::find_iter(bytes, word.as_bytes()).any(|start| {
            let before = start.checked_sub(1).and_then(|before| bytes.get(before));
            !is_part(before) && !is_part(bytes.get(start + word.len()))
        })
}
