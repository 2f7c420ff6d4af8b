//! Tests of reading strangers' answers.

use serde_json::json;

use super::*;

fn fields(value: &Value) -> Fields<'_> {
    Fields::of(value).unwrap()
}

#[test]
fn what_is_not_json_fails_the_platform() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let cases: [&[u8]; 9] = [
        b"",
        b"<html>sign in</html>",
        b"{\"items\": [",
        b"{\"items\": []} trailing",
        b"{\"stars\": 1e999}",
        b"{\"name\": \"\xff\"}",
        b"\xef\xbb\xbf{}",
        b"NaN",
        deep.as_bytes(),
    ];
    for body in cases {
        let failure = parse("GitHub", body).unwrap_err();
        assert_eq!(failure.code, ErrorCode::Upstream);
        assert!(!failure.message.contains("sign in"));
    }
}

#[test]
fn counts_are_whole_and_plausible() {
    let check = |value: Value, expected: Option<u64>| {
        assert_eq!(
            fields(&json!({ "n": value })).count("n"),
            expected,
            "{value}"
        );
    };
    check(json!(0), Some(0));
    check(json!(12.0), Some(12));
    check(json!(1_000_000_000_000_u64), Some(1_000_000_000_000));
    check(json!(1_000_000_000_001_u64), None);
    check(json!(u64::MAX), None);
    check(json!(1e300), None);
    check(json!(1.5), None);
    check(json!(-1), None);
    check(json!(-0.0), Some(0));
    check(json!("7"), None);
    check(json!(null), None);
    check(json!([7]), None);
    assert_eq!(fields(&json!({})).count("n"), None);
}

#[test]
fn a_field_of_the_wrong_type_is_none() {
    let value = json!({ "text": 7, "flag": "true", "list": {}, "object": [], "time": 5, "topics": ["a", 1, null, "a", " ", "b"] });
    let fields = fields(&value);
    assert_eq!(fields.description("text"), None);
    assert!(!fields.flag("flag"));
    assert_eq!(fields.list("list"), None);
    assert!(fields.fields("object").is_none());
    assert_eq!(fields.time("time"), None);
    assert_eq!(fields.words("topics"), ["a", "b"]);
}

#[test]
fn lists_of_words_and_addresses_are_bounded() {
    let many: Vec<String> = (0..1000).map(|number| format!("t{number}")).collect();
    let value = json!({ "topics": many, "a": "https://x.example", "b": "https://x.example/" });
    assert_eq!(fields(&value).words("topics").len(), TOPIC_LIMIT);
    assert_eq!(
        fields(&value).addresses(&["a", "b", "c"]),
        ["https://x.example/"]
    );
}

#[test]
fn texts_become_one_clean_line() {
    let check = |text: &str, limit: usize, expected: Option<&str>| {
        assert_eq!(one_line(text, limit).as_deref(), expected, "{text:?}");
    };
    check("plain", 10, Some("plain"));
    check("  a \r\n\t b\u{2028}c ", 10, Some("a b c"));
    check("\u{1b}[31mred\u{7}", 20, Some("[31mred"));
    check("\u{202e}gpj.exe\u{200b}", 20, Some("gpj.exe"));
    check("a\u{e0041}\u{e0042}b\u{fe0f}", 20, Some("ab"));
    check("", 10, None);
    check(" \u{200b}\n", 10, None);
    check("abcd", 4, Some("abcd"));
    check("abcde", 4, Some("abc…"));
    check("abc de", 4, Some("abc…"));
    check("ab cd", 4, Some("ab …"));
    check("éééééé", 4, Some("ééé…"));
    check("\u{1f600}\u{1f600}\u{1f600}", 2, Some("\u{1f600}…"));
    let long = "é".repeat(1_000_000);
    let line = one_line(&long, DESCRIPTION_LIMIT).unwrap();
    assert_eq!(line.chars().count(), DESCRIPTION_LIMIT);
}

#[test]
fn names_are_plain() {
    let check = |name: &str, expected: bool| {
        assert_eq!(is_plain_path(name, 2..=3), expected, "{name:?}");
    };
    check("owner/name", true);
    check("o/.github", true);
    check("a/b/c", true);
    check("a", false);
    check("a/b/c/d", false);
    check("", false);
    check("a/", false);
    check("/b", false);
    check("a/..", false);
    check("./b", false);
    check("a/-x", false);
    check("a/b c", false);
    check("a/b%2f", false);
    check("a\\b/c", false);
    check("a/b\n", false);
    check("a/b?x", false);
    check("а/b", false);
    check(&format!("a/{}", "b".repeat(300)), false);
}

#[test]
fn addresses_are_for_people() {
    let check = |text: &str, expected: Option<&str>| {
        assert_eq!(web_address(text).as_deref(), expected, "{text:?}");
    };
    check("https://x.example/a?b#c", Some("https://x.example/a?b#c"));
    check(" http://x.example ", Some("http://x.example/"));
    check("https://user:word@x.example/", None);
    check("https://user@x.example/", None);
    check("javascript:alert(1)", None);
    check("file:///etc/passwd", None);
    check("git://x.example/a.git", None);
    check("x.example", None);
    check("https://", None);
    check("", None);
    check("https://x.example/\u{202e}a", None);
    check("https://x.example/a b", None);
    check(&format!("https://x.example/{}", "a".repeat(3000)), None);
}

#[test]
fn times_are_written_alike() {
    let check = |text: &str, expected: Option<&str>| {
        assert_eq!(time(text).as_deref(), expected, "{text:?}");
    };
    check("2026-11-23T05:34:17Z", Some("2026-11-23T05:34:17Z"));
    check(
        "2026-11-23T07:34:17.987+02:00",
        Some("2026-11-23T05:34:17Z"),
    );
    check("0001-01-01T00:00:00Z", None);
    check("1970-01-01T00:00:00Z", None);
    check("2026-11-23", None);
    check("2026-13-45T99:00:00Z", None);
    check("yesterday", None);
    check("", None);
    check(&"9".repeat(10_000), None);
}

fn query(page_size: usize) -> PlatformQuery {
    PlatformQuery {
        text: "x".to_owned(),
        language: None,
        min_stars: 0,
        page_size,
        page: None,
    }
}

fn read(fields: Fields<'_>) -> Option<RepositoryFacts> {
    Some(RepositoryFacts {
        full_name: fields.text("name")?.to_owned(),
        stars: fields.count("stars"),
        language: fields.word("language"),
        ..RepositoryFacts::default()
    })
}

#[test]
fn a_broken_entry_costs_itself_and_is_counted() {
    let entries = [
        json!({ "name": "a" }),
        json!(7),
        json!({ "name": null }),
        json!({ "name": "b" }),
    ];
    let page = read_page(&entries, &query(10), Filter::default(), read);
    let names: Vec<&str> = page
        .repositories
        .iter()
        .map(|facts| facts.full_name.as_str())
        .collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(page.remarks, ["2 entries could not be read"]);
    assert!(page.partial);
}

#[test]
fn what_does_not_fit_is_dropped_and_counted() {
    let entries = [
        json!({ "name": "a", "stars": 10, "language": "Rust" }),
        json!({ "name": "b", "stars": 9, "language": "rust" }),
        json!({ "name": "c", "stars": 10, "language": "Go" }),
        json!({ "name": "d", "stars": 10 }),
        json!({ "name": "e", "language": "Rust" }),
    ];
    let filter = Filter {
        language: Some(" RUST "),
        min_stars: 10,
    };
    let page = read_page(&entries, &query(10), filter, read);
    assert_eq!(page.repositories.len(), 1);
    assert_eq!((page.filtered_out, page.partial), (4, false));
}

#[test]
fn a_page_far_longer_than_asked_for_is_cut() {
    let entries = vec![json!({ "name": "a" }); 25];
    let page = read_page(&entries, &query(10), Filter::default(), read);
    assert_eq!((page.repositories.len(), page.partial), (20, true));
    assert_eq!(
        page.remarks,
        ["the page was longer than asked for; its last 5 entries were left out"]
    );
}

#[test]
fn a_self_hosted_repository_is_where_its_platform_says_on_its_own_host() {
    let place = |site: &str, page: Option<&str>, clone: Option<&str>| {
        let site = Url::parse(site).unwrap();
        self_hosted_place(&site, "o/n", page, clone)
    };
    let check = |page: Option<&str>, clone: Option<&str>, expected: (&str, Option<&str>)| {
        let (url, reference) = place("http://git.corp.example:3000/forge", page, clone);
        assert_eq!((url.as_str(), reference.as_deref()), expected);
    };
    let secure = "https://git.corp.example/o/n";
    check(
        Some(secure),
        Some("https://git.corp.example/o/n.git"),
        (secure, Some("https://git.corp.example/o/n.git")),
    );
    let built = "http://git.corp.example:3000/forge/o/n";
    let built_clone = "http://git.corp.example:3000/forge/o/n.git";
    check(
        Some("javascript:x"),
        Some(built_clone),
        (built, Some(built_clone)),
    );
    // It cannot pass for another platform, nor lead a fetch to another host.
    check(
        Some("https://code.example/acme/tool"),
        Some("https://code.example/acme/tool.git"),
        (built, Some(built_clone)),
    );
    check(
        Some("https://git.corp.example.evil.example/o/n"),
        Some("http://git.corp.example:4000/o/n.git"),
        (built, None),
    );
    check(None, Some("git@code.example:o/n.git"), (built, None));
    check(
        None,
        Some("https://u:p@git.corp.example/o/n.git"),
        (built, None),
    );
    check(None, None, (built, None));
    // Through a tunnel, the platform has another name.
    for site in ["http://127.0.0.1:3000", "http://[::1]", "http://localhost"] {
        let place = place(site, Some(secure), Some("https://code.example/o/n.git"));
        let expected = (
            secure.to_owned(),
            Some("https://code.example/o/n.git".to_owned()),
        );
        assert_eq!(place, expected);
    }
}

proptest::proptest! {
    #[test]
    fn every_text_becomes_one_bounded_clean_line(text: String, limit in 1_usize..40) {
        if let Some(line) = one_line(&text, limit) {
            proptest::prop_assert!(line.chars().count() <= limit);
            proptest::prop_assert!(!line.is_empty() && !line.chars().any(is_hidden));
            proptest::prop_assert_eq!(line.trim_start(), &line);
        }
    }

    #[test]
    fn no_text_breaks_the_other_readers(text: String) {
        let address = web_address(&text);
        proptest::prop_assert!(address.is_none_or(|address| address.starts_with("http")));
        let plain = is_plain_path(&text, 1..=3);
        proptest::prop_assert!(!plain || text.is_ascii());
        time(&text);
    }
}
