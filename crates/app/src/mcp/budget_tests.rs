//! Pages of all kinds of documents: each fits, and together they are the whole.

use super::*;

fn parts(paths: &[&str]) -> Vec<Part> {
    paths.iter().map(|path| Part::below("", path)).collect()
}

fn paging(max_tokens: u32, cursor: Option<&str>) -> Paging {
    Paging::new("t:0".to_owned(), max_tokens, cursor).expect("a cursor of ours")
}

/// Reads all pages; every page must fit and bring something.
fn pages(document: &Value, paths: &[&str], max_tokens: u32) -> Vec<Value> {
    pages_of(document, &parts(paths), max_tokens)
}

fn pages_of(document: &Value, parts: &[Part], max_tokens: u32) -> Vec<Value> {
    let mut cursor: Option<String> = None;
    let mut pages = Vec::new();
    loop {
        let page = fit(
            document.clone(),
            parts,
            &paging(max_tokens, cursor.as_deref()),
        );
        let size = compact_json(&page).len();
        assert!(
            size <= max_tokens as usize * BYTES_PER_TOKEN,
            "{size} bytes"
        );
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        assert_eq!(page.get("truncated").is_some(), cursor.is_some());
        pages.push(page);
        if cursor.is_none() {
            return pages;
        }
        assert!(pages.len() < 1000, "the pages do not end");
    }
}

#[test]
fn what_fits_is_left_alone() {
    let document = json!({ "a": [1, 2], "b": { "c": ["x"] }, "d": "text" });
    let fitted = fit(
        document.clone(),
        &parts(&["a", "b.c", "none"]),
        &paging(500, None),
    );
    assert_eq!(fitted, document);
}

#[test]
fn the_pages_together_are_the_whole() {
    let files: Vec<Value> = (0..400)
        .map(|number| json!({ "path": format!("src/{number}.py") }))
        .collect();
    let lock = "line \"quoted\" \u{202e}é\n".repeat(500);
    let document =
        json!({ "id": 7, "plan": { "files": files }, "lock": { "content": lock }, "few": [1] });
    let pages = pages(&document, &["few", "plan.files", "lock.content"], 500);
    let mut read_files = Vec::new();
    let mut read_lock = String::new();
    for page in &pages {
        assert_eq!(page["id"], 7);
        read_files.extend(page["plan"]["files"].as_array().expect("a list").clone());
        read_lock.push_str(page["lock"]["content"].as_str().expect("a text"));
    }
    assert_eq!(read_files, files);
    assert_eq!(read_lock, lock);
    assert_eq!(pages[0]["few"], json!([1]));
    assert_eq!(pages[1]["few"], json!([]));
    let left = pages[0]["left_out"][0]["count"].as_u64().expect("a count");
    let shown = pages[0]["plan"]["files"].as_array().expect("a list").len() as u64;
    assert_eq!(left + shown, 400);
}

#[test]
fn an_item_larger_than_a_page_is_cut_and_says_so() {
    let large = json!({ "id": "x", "files": (0..5000).collect::<Vec<_>>() });
    let document = json!({ "components": [large, { "id": "y" }] });
    let pages = pages(&document, &["components"], 500);
    assert_eq!(pages[0]["components"][0]["cut"], json!(true));
    assert_eq!(pages.last().expect("a page")["components"][0]["id"], "y");
}

#[test]
fn long_texts_of_strangers_are_capped() {
    let document = json!({ "about": "é".repeat(100_000), "list": ["x".repeat(100_000)] });
    for page in pages(&document, &["list"], 20_000) {
        assert!(page["about"].as_str().expect("a text").chars().count() <= TEXT_LIMIT + 1);
    }
    pages(&document, &["list"], 500);
}

#[test]
fn a_part_with_a_share_is_not_starved_and_leaves_what_it_does_not_need() {
    let long: Vec<Value> = (0..300)
        .map(|number| json!({ "path": format!("src/{number}.py") }))
        .collect();
    let table: serde_json::Map<String, Value> = (0..40)
        .map(|number| (format!("Language {number}"), json!(number)))
        .collect();
    let document = json!({ "first": long, "table": table, "few": ["x"], "last": long, "none": [] });
    let parts: Vec<Part> = ["first", "table", "few", "last", "none"]
        .into_iter()
        .zip([1, 2, 4, 3, 9])
        .map(|(path, share)| Part::below("", path).with_share(share))
        .collect();
    let pages = pages_of(&document, &parts, 1000);
    let size = |name: &str| compact_json(&pages[0][name]).len();
    assert_eq!(pages[0]["few"], json!(["x"]));
    assert!((600..800).contains(&size("last")), "{}", size("last"));
    assert!((380..560).contains(&size("table")), "{}", size("table"));
    assert!(size("first") > size("last"), "the first takes what is left");
    let mut read = serde_json::Map::new();
    let mut count = 0;
    for page in &pages {
        read.extend(page["table"].as_object().expect("a table").clone());
        count += page["last"].as_array().expect("a list").len();
    }
    assert_eq!((Value::Object(read), count), (json!(table), 300));
}

#[test]
fn a_page_that_is_small_beside_its_lists_tells_one_sum() {
    let names: Vec<String> = (0..12).map(|number| format!("list_{number}")).collect();
    let document: Value = names
        .iter()
        .map(|name| (name.clone(), json!(["a", "b", "c".repeat(200)])))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let paths: Vec<&str> = names.iter().map(String::as_str).collect();
    let pages = pages(&document, &paths, 500);
    assert_eq!(pages[0]["left_out"][0]["what"], "all lists");
    let items = |page: &Value| -> usize {
        let lists = names.iter().filter_map(|name| page[name].as_array());
        lists.map(Vec::len).sum()
    };
    assert_eq!(pages.iter().map(items).sum::<usize>(), 36);
}

/// What strangers write makes a text many times as long in JSON.
const HOSTILE: &str = "\u{202e}\u{e0041}";

#[test]
fn the_smallest_page_of_an_analysis_holds_whatever_strangers_write() {
    let parts = crate::mcp::analysis_digest::parts();
    let text = HOSTILE.repeat(30);
    let item: Map<String, Value> = (0..8)
        .map(|number| (format!("field_{number}"), json!(text)))
        .collect();
    let mut document = json!({
        "notice": "n".repeat(150), "handle": "0".repeat(32), "resource": format!("analysis://{}", "0".repeat(32)),
        "repository": {
            "platform": text, "name": text, "url": text, "revision": text, "version": text, "description": text, "language": text,
        },
        "structure": { "other_files": u64::MAX }, "quality_score": { "overall": 49.5, "grade": "F" },
        "imports": { "internal": u64::MAX, "standard_library": u64::MAX, "external": u64::MAX, "unresolved": u64::MAX },
        "dependencies": { "summary": { "direct_count": u64::MAX, "dev_count": u64::MAX, "optional_count": u64::MAX } },
        "licenses": { "declared": text, "files_without": u64::MAX }, "requires_python": text, "correlation_id": "0".repeat(36),
    });
    for part in &parts {
        let (parent, name) = part.pointer.rsplit_once('/').expect("a pointer");
        let parent = document.pointer_mut(parent).expect("a section");
        parent[name] = json!([item, text, item, item]);
    }
    let scope = format!("analyze_repository:{}", "0".repeat(16));
    let mut cursor: Option<String> = None;
    let mut shown = 0;
    for _ in 0..200 {
        let paging = Paging {
            inner: Some("0".repeat(32)),
            ..Paging::new(scope.clone(), 1000, cursor.as_deref()).expect("a cursor of ours")
        };
        let page = fit(document.clone(), &parts, &paging);
        let size = compact_json(&page).len();
        assert!(size <= 3000, "{size} bytes: {page:#}");
        assert_eq!(page["notice"], document["notice"]);
        assert_eq!(page["resource"], document["resource"]);
        let lists = parts.iter().filter_map(|part| page.pointer(&part.pointer));
        shown += lists
            .filter_map(Value::as_array)
            .map(Vec::len)
            .sum::<usize>();
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(shown, parts.len() * 4);
}

#[test]
fn an_item_that_no_cut_makes_small_loses_its_last_fields() {
    let fields: Map<String, Value> = (0..100)
        .map(|number| (format!("field_{number:03}"), json!("x".repeat(50))))
        .collect();
    let shrunk = shrink(json!(fields), 500);
    let names: Vec<&String> = shrunk.as_object().expect("an object").keys().collect();
    assert!(compact_json(&shrunk).len() < 500);
    assert_eq!(
        (names[0].as_str(), shrunk["cut"].as_bool()),
        ("field_000", Some(true))
    );
    assert!(names.len() > 6, "{names:?}");
}
