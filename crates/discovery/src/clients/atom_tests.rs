//! Feeds as arXiv writes them, and feeds that nobody should write. Must not open sockets.

use std::time::{Duration, Instant};

use super::*;

const SEARCH: &str = include_str!("fixtures/arxiv_search.xml");
const HEAD: &str = r#"<feed xmlns="http://www.w3.org/2005/Atom">"#;

#[test]
fn a_feed_is_read_whole() {
    let feed = parse(SEARCH.as_bytes()).expect("a feed");
    assert_eq!((feed.total, feed.start), (Some(7), Some(0)));
    assert_eq!(feed.entries.len(), 3);
    let first = &feed.entries[0];
    assert_eq!(first.id, "http://arxiv.org/abs/2301.00001v2");
    assert_eq!(
        first.title,
        "Drawing Large Graphs\n  in Linear & Predictable Time"
    );
    assert!(
        first.summary.starts_with("We draw graphs with $n < 10^9$"),
        "{}",
        first.summary
    );
    assert_eq!(first.categories, ["cs.CG", "cs.DS"]);
    assert_eq!(first.primary_category.as_deref(), Some("cs.CG"));
    assert_eq!(first.doi, "10.1000/182");
    assert_eq!(first.links.len(), 3);
    assert_eq!(feed.entries[1].title, "Layers & <Lattices>");
}

#[test]
fn prefixes_are_the_writers_choice() {
    let text = r#"<a:feed xmlns:a="http://www.w3.org/2005/Atom" xmlns:o="x"><o:totalResults>1</o:totalResults>
        <a:entry><a:title>t</a:title><o:title>not this</o:title></a:entry></a:feed>"#;
    let feed = parse(text.as_bytes()).expect("a feed");
    assert_eq!(feed.total, Some(1));
    assert_eq!(feed.entries[0].title, "t");
}

#[track_caller]
fn refused(text: &[u8], expected: &str) {
    let failure = parse(text).expect_err("must be refused");
    assert_eq!(failure.code, ErrorCode::Upstream);
    assert_eq!(failure.message, format!("the answer {expected}"));
}

#[test]
fn what_is_no_feed_is_refused() {
    refused(b"", "is no Atom feed");
    refused(b"not xml at all", "is no Atom feed");
    refused(b"{\"entries\": []}", "is no Atom feed");
    refused(b"<rss><channel/></rss>", "is no Atom feed");
    refused(b"<feed/>", "is no Atom feed");
    refused(
        b"<feed xmlns='http://www.w3.org/1999/xhtml'/>",
        "is no Atom feed",
    );
    refused(
        b"<!DOCTYPE html><html><body>Busy</body></html>",
        "is a web page and no Atom feed",
    );
    refused(
        b"<html><body>Busy</body></html>",
        "is a web page and no Atom feed",
    );
    refused(b"<feed xmlns='\xff'/>", "is not UTF-8");
    refused(
        format!("{HEAD}</feed>{HEAD}</feed>").as_bytes(),
        "has more than one root element",
    );
    refused(format!("{HEAD}</feed>rest").as_bytes(), "is no Atom feed");
    refused(
        format!("{HEAD}<entry><id>&#0;</id></entry></feed>").as_bytes(),
        "names a character that does not exist",
    );
}

#[test]
fn a_feed_that_breaks_off_anywhere_is_refused() {
    let end = SEARCH.rfind("</feed>").expect("an end") + "</feed>".len();
    for cut in (0..end).filter(|cut| SEARCH.is_char_boundary(*cut)) {
        let failure = parse(&SEARCH.as_bytes()[..cut]).expect_err("breaks off");
        assert_eq!(failure.code, ErrorCode::Upstream, "cut at {cut}");
    }
}

#[test]
fn nesting_is_bounded() {
    let deep = format!("{HEAD}{}", "<a>".repeat(100_000));
    refused(deep.as_bytes(), "nests its elements too deeply");
}

#[test]
fn a_document_type_is_refused_before_any_entity() {
    let laughs = r#"<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol1 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
        <!ENTITY lol2 "&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;">]><feed xmlns="http://www.w3.org/2005/Atom"><title>&lol2;</title></feed>"#;
    let external = r#"<!DOCTYPE feed [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY % p SYSTEM "http://127.0.0.1:1/x"> %p;]>
        <feed xmlns="http://www.w3.org/2005/Atom"><entry><title>&x;</title></entry></feed>"#;
    for text in [laughs, external] {
        refused(
            text.as_bytes(),
            "declares a document type, which an Atom feed has not",
        );
    }
}

#[test]
fn references_to_unknown_entities_stay_text() {
    let text = format!(
        "{HEAD}<entry><title>a &lol9; &#65;&#x42; &amp;lt;</title><link href='&x;'/></entry></feed>"
    );
    let feed = parse(text.as_bytes()).expect("a feed");
    assert_eq!(feed.entries[0].title, "a &lol9; AB &lt;");
    assert_eq!(feed.entries[0].links, []);
}

#[test]
fn counts_and_lengths_are_bounded() {
    let long = "é".repeat(TEXT_LIMIT);
    let categories = "<category term='x'/>".repeat(1_000);
    let entries = "<entry/>".repeat(ENTRY_LIMIT + 5);
    let text = format!(
        "{HEAD}<entry><title>{long}</title>{categories}<link href='{}'/></entry>{entries}</feed>",
        "x".repeat(ATTRIBUTE_LIMIT + 1)
    );
    let feed = parse(text.as_bytes()).expect("a feed");
    assert_eq!((feed.entries.len(), feed.left_out), (ENTRY_LIMIT, 6));
    assert_eq!(feed.entries[0].title.len(), TEXT_LIMIT);
    assert_eq!(feed.entries[0].categories.len(), LIST_LIMIT);
    assert_eq!(feed.entries[0].links, []);
}

#[test]
fn a_hundred_thousand_attributes_cost_little() {
    let attributes: String = (0..100_000).map(|n| format!(" a{n}='x'")).collect();
    let text = format!("{HEAD}<entry><link{attributes} href='y'/></entry></feed>");
    let begun = Instant::now();
    let feed = parse(text.as_bytes()).expect("a feed");
    assert_eq!(feed.entries[0].links, []);
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_feed_with_a_wrong_byte_anywhere_is_read_or_refused() {
    for position in (0..SEARCH.len()).step_by(5) {
        for byte in [b'<', b'&', b'"', 0, 0xff] {
            let mut bytes = SEARCH.as_bytes().to_vec();
            bytes[position] = byte;
            if let Err(failure) = parse(&bytes) {
                assert_eq!(failure.code, ErrorCode::Upstream, "{byte} at {position}");
            }
        }
    }
}
