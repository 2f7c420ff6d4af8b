//! What holds for any text: masking does not panic, a second time changes nothing, and pieces give what the whole gives.

use proptest::prelude::*;

use super::{Masker, StreamMasker, mask, rules::RULES};

/// Parts of texts: what begins a secret, what surrounds one, and anything.
fn part() -> impl Strategy<Value = String> {
    let keywords: Vec<String> = RULES
        .list
        .iter()
        .flat_map(|rule| rule.keywords.iter().cloned())
        .collect();
    let signs = [
        "password",
        "token",
        "secret",
        "auth",
        "_key",
        "=",
        ": ",
        ":",
        "\"",
        "'",
        "\\",
        "\\\"",
        "://",
        "@",
        "/",
        "%",
        "%3D",
        "%2541",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "eyJhbGciOiJIUzI1NiJ9.",
        "Bearer ",
        "Basic ",
        "****",
        "<",
        ">",
        "${",
        "}",
        "(",
        " ",
        "\n",
        ",",
        "known-secret-1",
        "\u{e9}",
        "\u{1f980}",
        "\u{1b}[31m",
        "Z2hwX2FiY2RlZmdoaWprbG1ub3BxcnN0",
    ];
    prop_oneof![
        3 => prop::sample::select(keywords),
        6 => prop::sample::select(signs.map(str::to_owned).to_vec()),
        3 => "[0-9A-Za-z]{1,50}",
        1 => "[0-9a-f]{32}",
        1 => "\\PC{0,8}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(part(), 0..16).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_can_be_masked(text in any::<String>()) {
        mask(&text);
    }

    #[test]
    fn a_second_time_changes_nothing(text in text()) {
        let masker = Masker::new(["known-secret-1"]);
        let once = masker.mask(&text).into_owned();
        prop_assert_eq!(masker.mask(&once), once.clone());
    }

    #[test]
    fn pieces_give_what_the_whole_gives(text in text(), size in 1_usize..40) {
        let mut masker = StreamMasker::new();
        let mut streamed = String::new();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(rest.ceil_char_boundary(size));
            streamed.push_str(&masker.push(piece));
            rest = later;
        }
        streamed.push_str(&masker.finish());
        prop_assert_eq!(streamed, mask(&text));
    }
}
