//! Tests of the `Link` header and of what is believed of it.

use http::HeaderValue;

use super::*;

fn headers(values: &[&str]) -> HeaderMap {
    values
        .iter()
        .map(|value| (LINK, HeaderValue::from_str(value).unwrap()))
        .collect()
}

#[test]
fn links_are_read_by_their_standard() {
    let check = |values: &[&str], expected: Option<&str>| {
        assert_eq!(
            link_target(&headers(values), "next").as_deref(),
            expected,
            "{values:?}"
        );
    };
    check(
        &[r#"<https://x/?page=2>; rel="next", <https://x/?page=9>; rel="last""#],
        Some("https://x/?page=2"),
    );
    check(
        &[r#"<https://x/?page=1>; rel="prev", <https://x/?page=3>; rel="next""#],
        Some("https://x/?page=3"),
    );
    check(&[r#"<a>; rel=prev"#, r#"<b>;REL=Next"#], Some("b"));
    check(&[r#"<a>; rel="last next""#], Some("a"));
    check(
        &[r#"<a>; title="x, <y>; rel=\"next\""; rel="prev", <b>; rel="next""#],
        Some("b"),
    );
    check(&[r#"<a?b=1,2;3>; rel="next""#], Some("a?b=1,2;3"));
    check(&[r#"<a>; rel="prev"; rel="next""#], None);
    check(&[r#", ,<a>; crossorigin; rel = next"#], Some("a"));
    check(&[r#"<a>; rel="nextish""#], None);
    check(&[r#"<a"#], None);
    check(&[r#"<a>; rel="next"#], None);
    check(&["a; rel=next"], None);
    check(&["garbage", "<b>; rel=next"], Some("b"));
    check(&[""], None);
    check(&[], None);
}

#[test]
fn reading_links_is_bounded() {
    let many = format!("{}<b>; rel=next", "<a>; rel=prev, ".repeat(100));
    assert_eq!(link_target(&headers(&[&many]), "next"), None);
    let long = format!("<{}>; rel=next", "a".repeat(20_000));
    assert_eq!(link_target(&headers(&[&long]), "next"), None);
    let long = format!("<{}>; rel=prev", "a".repeat(20_000));
    assert_eq!(
        link_target(&headers(&[&long, "<b>; rel=next"]), "next"),
        None
    );
}

#[test]
fn a_next_page_stays_where_the_question_was_asked() {
    let endpoint = Url::parse("https://api.example/v1/search").unwrap();
    let asked = Url::parse("https://api.example/v1/search?q=x&page=2").unwrap();
    let check = |target: &str, expected: Option<&str>| {
        let headers = headers(&[&format!("<{target}>; rel=\"next\"")]);
        let next = next_page(&headers, &endpoint, &asked);
        assert_eq!(next.page.as_ref().map(Url::as_str), expected, "{target}");
        assert_eq!(next.remark.is_some(), expected.is_none(), "{target}");
    };
    let third = "https://api.example/v1/search?q=x&page=3";
    check(third, Some(third));
    check("?q=x&page=3", Some(third));
    check("/v1/search?q=x&page=3#part", Some(third));
    check("https://api.example:443/v1/search?q=x&page=3", Some(third));
    check("https://api.example/v1/search?q=x&page=2", None);
    check("https://api.example/v1/search?q=x&page=2#part", None);
    check("https://evil.example/v1/search?q=x&page=3", None);
    check("http://api.example/v1/search?q=x&page=3", None);
    check("https://api.example:444/v1/search?page=3", None);
    check("https://user:word@api.example/v1/search?page=3", None);
    check("https://api.example@evil.example/v1/search?page=3", None);
    check("https://api.example/v1/user/keys?page=3", None);
    check("https://api.example/v1/search/../keys?page=3", None);
    check("//evil.example/v1/search?page=3", None);
    check("javascript:alert(1)", None);
    check("http://[", None);
    check(&format!("?q={}", "x".repeat(5000)), None);
}

#[test]
fn without_a_next_link_there_is_no_remark() {
    let url = Url::parse("https://api.example/v1/search").unwrap();
    assert_eq!(next_page(&HeaderMap::new(), &url, &url), Next::default());
}

#[test]
fn a_cursor_is_checked_like_a_link() {
    let endpoint = Url::parse("https://api.example/v1/search").unwrap();
    let check = |page: &str, accepted: bool| {
        assert_eq!(accept_page(page, &endpoint).is_ok(), accepted, "{page}");
    };
    check("https://api.example/v1/search?page=3", true);
    check("https://evil.example/v1/search?page=3", false);
    check("https://api.example/v1/other?page=3", false);
    check("https://u@api.example/v1/search", false);
    check("?page=3", false);
    check("", false);
}

proptest::proptest! {
    #[test]
    fn no_header_breaks_the_reader_or_leads_away(text in "[<>;,= \"a-z/:.?\\\\]{0,80}|\\PC{0,60}") {
        let endpoint = Url::parse("https://api.example/v1/search").unwrap();
        for text in [text.clone(), format!("<{text}>; rel=next")] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                let headers = HeaderMap::from_iter([(LINK, value)]);
                let next = next_page(&headers, &endpoint, &endpoint);
                proptest::prop_assert!(next.page.is_none_or(|page| page.as_str().starts_with("https://api.example/v1/search?")));
            }
        }
    }
}
