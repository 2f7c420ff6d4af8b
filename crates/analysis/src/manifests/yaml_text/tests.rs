//! Tests of the YAML tree: its lines, its bounds, and that no text makes it panic or run long.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Document {
    parse_one(text).expect("valid")
}

#[test]
fn values_know_their_lines_and_keep_their_text() {
    let document = read(
        "# first\non:\n  push:\n    branches: [main, 'v*']\nversion: 1.10\nnothing: ~\nempty:\nquoted: 'null'\nscript: |\n  a\n  b\nok: true\nno: 'true'\n",
    );
    let root = &document.root;
    let keys: Vec<(&str, u32)> = root
        .entries()
        .iter()
        .map(|entry| (&*entry.key, entry.line))
        .collect();
    assert_eq!(
        keys,
        [
            ("on", 2),
            ("version", 5),
            ("nothing", 6),
            ("empty", 7),
            ("quoted", 8),
            ("script", 9),
            ("ok", 12),
            ("no", 13)
        ]
    );
    let branches = root.at(&["on", "push", "branches"]).expect("there");
    assert_eq!(branches.texts(), [("main", 4), ("v*", 4)]);
    assert_eq!(root.text_of("version"), Some("1.10"));
    assert_eq!(root.get("nothing").expect("there").value, Value::Null);
    assert_eq!(root.get("empty").expect("there").value, Value::Null);
    assert_eq!(root.text_of("quoted"), Some("null"));
    assert_eq!(root.text_of("script"), Some("a\nb\n"));
    assert_eq!(root.get("ok").expect("there").boolean(), Some(true));
    assert_eq!(root.get("no").expect("there").boolean(), None);
    assert!(document.problems.is_empty());
}

#[test]
fn the_last_of_equal_keys_counts_and_lists_may_be_one_scalar() {
    let document = read("a: 1\na: 2\nneeds: build\n");
    assert_eq!(document.root.text_of("a"), Some("2"));
    let needs = document.root.get("needs").expect("there");
    assert_eq!(needs.texts(), [("build", 3)]);
}

#[test]
fn several_documents_are_told_apart() {
    let documents = parse("--- \na: 1\n...\n---\nb: 2\n").expect("valid");
    assert_eq!(documents.len(), 2);
    assert_eq!(documents[1].root.text_of("b"), Some("2"));
    assert!(parse("").expect("valid").is_empty());
    assert_eq!(read("").root.value, Value::Null);
    assert_eq!(read("\u{feff}# only words\n").root.value, Value::Null);
}

#[test]
fn aliases_are_copies() {
    let document = read("base: &b\n  x: [1, 2]\nother: *b\nlist: [&k key, *k]\n");
    let other = document.root.at(&["other", "x"]).expect("copied");
    assert_eq!(other.texts(), [("1", 2), ("2", 2)]);
    assert_eq!(document.root.get("other").expect("there").line, 3);
    let list = document.root.get("list").expect("there");
    assert_eq!(list.texts(), [("key", 4), ("key", 4)]);
    assert!(document.problems.is_empty());
}

#[test]
fn alias_bombs_and_circles_stay_small() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let below = format!("*a{}, ", level - 1).repeat(9);
        bomb.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    let document = read(&bomb);
    assert!(!document.problems.is_empty());
    let (count, _) = count_all(&document.root);
    assert!(count < 100_000, "{count}");
    let circle = read("a: &a\n  b: *a\n");
    assert_eq!(
        circle.root.at(&["a", "b"]).expect("there").value,
        Value::Null
    );
    assert_eq!(circle.problems.len(), 1);
}

fn count_all(node: &Node) -> (usize, usize) {
    let below = node
        .items()
        .iter()
        .chain(node.entries().iter().map(|entry| &entry.value))
        .map(count_all);
    below.fold((1, 1), |(count, depth), (more, deep)| {
        (count + more, depth.max(deep + 1))
    })
}

#[test]
fn keys_that_are_collections_are_told() {
    let document = read("? [a, b]\n: 1\nc: 2\n");
    assert_eq!(document.root.entries().len(), 1);
    assert_eq!(
        document.problems,
        [(1, "a key that is no text; it is left out")]
    );
}

#[test]
fn mistakes_have_lines() {
    let error = parse("a: 1\nb: [1\nc: 2\n").expect_err("not closed");
    assert!(error.line >= 2, "{error:?}");
    assert!(!error.message.contains('\n'));
}

#[test]
fn what_is_too_long_is_an_error_and_never_cut() {
    let long = "x".repeat(1_100_000);
    for text in [
        format!("a: |\n  {long}\nb: 1\n"),
        format!("[{}]: 1\n", "a, ".repeat(360_000)),
    ] {
        let error = parse(&text).expect_err("too long");
        assert_eq!(
            error.message,
            "an inline collection or a text that is too long"
        );
    }
    let many = "- [a, b, c]\n".repeat(20_000);
    assert_eq!(read(&many).root.items().len(), 20_000);
}

#[test]
fn hostile_texts_end_soon() {
    let many = 20_000;
    let texts = [
        "[".repeat(many),
        "{".repeat(many),
        "{a: ".repeat(many),
        "[a, ".repeat(many),
        "[ # ]\n".repeat(many),
        "- ".repeat(many),
        "? ".repeat(many),
        "- - ? ".repeat(many),
        "a: ".repeat(many),
        "&a ".repeat(many),
        "*a ".repeat(many),
        "!a ".repeat(many),
        "'".repeat(many),
        "\"\\\n".repeat(many),
        "\"".repeat(many),
        "a\n".repeat(many),
        "a\n\n".repeat(many),
        "---\n".repeat(many),
        "%TAG ! x\n".repeat(many),
        "a: |\n".repeat(many),
        "#\n".repeat(many),
        format!("a: '{}", "\n".repeat(many)),
        format!("a: |\n{}", "  x\n".repeat(many)),
        format!("{{{}}}", "a: b, ".repeat(many)),
        format!("[{}]", "a, ".repeat(many)),
        format!("[{}]", "[a], ".repeat(many)),
        format!("- [{}]", "{a: b}, ".repeat(many)),
        (0..2_000)
            .map(|depth| format!("{}a:\n", " ".repeat(depth)))
            .collect(),
    ];
    for text in texts {
        let started = Instant::now();
        drop(parse(&text));
        let taken = started.elapsed();
        let shown: String = text.chars().take(12).collect();
        assert!(taken < Duration::from_secs(10), "{shown:?} took {taken:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        drop(parse(&String::from_utf8_lossy(&bytes)));
    }

    #[test]
    fn no_yaml_like_text_makes_it_panic(text in "[-a\\[\\]{}:,?&*!|>'\"%@#~ \n\t\r.<0\u{feff}\u{0}é]{0,120}") {
        drop(parse(&text));
    }
}
