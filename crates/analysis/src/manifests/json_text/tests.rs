//! Tests of the JSON tree: the same values as `serde_json`, lines, liberties, bounds.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Document<'_> {
    parse(text).expect("valid")
}

#[test]
fn values_know_their_lines() {
    let text = "\u{feff}{\r\n \"a\": [1,\r  \"x\"],\n\n \"b\": {\"c\" :\n null}}\n";
    let document = read(text);
    let lines: Vec<(&str, u32, u32)> = document
        .root
        .members()
        .iter()
        .map(|member| (&*member.key, member.line, member.value.line))
        .collect();
    assert_eq!(lines, [("a", 2, 2), ("b", 5, 5)]);
    let a = document.root.get("a").expect("there");
    assert_eq!(a.items()[1].line, 3);
    let c = document.root.get("b").and_then(|b| b.get("c"));
    assert_eq!(c.map(|node| node.line), Some(6));
    assert_eq!(document.liberties, Liberties::default());
}

#[test]
fn what_json_does_not_have_is_told() {
    let document = read("{\n// one\n\"a\": [1, /* two\n */ 2,\n],\n}\n");
    let expected = Liberties {
        comment: Some(2),
        trailing_comma: Some(4),
        half_surrogate: None,
    };
    assert_eq!(document.liberties, expected);
    let document = read("\n[\"\\ud83d\\ude00\", \"a\\ud800b\", \"\\udc00\\ud800\\u0041\"]");
    let texts: Vec<&str> = document
        .root
        .items()
        .iter()
        .filter_map(Node::text)
        .collect();
    assert_eq!(texts, ["😀", "a\u{fffd}b", "\u{fffd}\u{fffd}A"]);
    assert_eq!(document.liberties.half_surrogate, Some(2));
}

#[test]
fn the_last_of_equal_keys_counts() {
    let document = read("{\"a\": 1, \"__proto__\": 2,\n \"a\": \"x\"}");
    assert_eq!(document.root.text_of("a"), Some("x"));
    let distinct = document.root.distinct();
    let keys: Vec<&str> = distinct.members.iter().map(|member| &*member.key).collect();
    assert_eq!(keys, ["__proto__", "a"]);
    assert_eq!(distinct.shadowed.len(), 1);
}

#[test]
fn numbers_of_any_size_keep_their_text() {
    let document = read("[1e999, -0, 12345678901234567890123]");
    let numbers: Vec<&Value<'_>> = document
        .root
        .items()
        .iter()
        .map(|node| &node.value)
        .collect();
    assert_eq!(
        numbers,
        [
            &Value::Number("1e999"),
            &Value::Number("-0"),
            &Value::Number("12345678901234567890123")
        ]
    );
}

#[test]
fn mistakes_have_lines() {
    for (text, line) in [
        ("", 1),
        ("{\"a\" 1}", 1),
        ("{\n\"a\": 1\n\"b\": 2}", 3),
        ("[1,\n,]", 2),
        ("{a: 1}", 1),
        ("[\"a\n\"]", 1),
        ("[\"\\x\"]", 1),
        ("[\"\\u12\"]", 1),
        ("[1]\n[2]", 2),
        ("[nul]", 1),
        ("[-]", 1),
        ("/*", 1),
        ("[1}", 1),
        ("\"", 1),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!(error.line, line, "{text:?} {error:?}");
    }
}

#[test]
fn hostile_texts_are_bounded() {
    let many = 300_000;
    for text in [
        "[".repeat(many),
        "{\"a\":".repeat(many),
        format!("[{}", "[],".repeat(many)),
        format!("\"{}", "\\u00".repeat(many)),
        "/**/".repeat(many),
        "//\n".repeat(many),
    ] {
        assert!(parse(&text).is_err());
    }
    let flat = format!("[{}1]", "1,".repeat(8));
    let error = reading::parse_within(&flat, 9).expect_err("ten values");
    assert_eq!(error.message, "there are too many values");
    assert!(reading::parse_within(&flat, 10).is_ok());
}

fn same(found: &Value<'_>, expected: &serde_json::Value) -> bool {
    match (found, expected) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Boolean(found), serde_json::Value::Bool(expected)) => found == expected,
        (Value::Number(found), serde_json::Value::Number(expected)) => {
            found.parse::<f64>().ok() == expected.as_f64()
        }
        (Value::Text(found), serde_json::Value::String(expected)) => found == expected,
        (Value::List(found), serde_json::Value::Array(expected)) => {
            found.len() == expected.len()
                && found
                    .iter()
                    .zip(expected)
                    .all(|(found, expected)| same(&found.value, expected))
        }
        (Value::Object(found), serde_json::Value::Object(expected)) => {
            found.len() == expected.len()
                && found.iter().all(|member| {
                    expected
                        .get(&*member.key)
                        .is_some_and(|expected| same(&member.value.value, expected))
                })
        }
        _ => false,
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        ".{0,12}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            proptest::collection::vec((".{0,8}", inner), 0..6)
                .prop_map(|members| { serde_json::Value::Object(members.into_iter().collect()) }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_reads_what_serde_json_writes(value in any_json(), pretty: bool) {
        let text = if pretty {
            serde_json::to_string_pretty(&value)
        } else {
            serde_json::to_string(&value)
        };
        let text = text.expect("writable");
        let document = parse(&text).expect("valid");
        prop_assert!(same(&document.root.value, &value), "{text}");
    }

    #[test]
    fn what_serde_json_accepts_it_accepts(text in "[\\[\\]{},:\"\\\\a0-9tnu/*. \n\\-+eE]{0,40}") {
        let found = parse(&text);
        if let Ok(expected) = serde_json::from_str::<serde_json::Value>(&text) {
            let has_equal_keys = || text.matches('"').count() > 3;
            prop_assert!(found.is_ok_and(|found| same(&found.root.value, &expected)) || has_equal_keys(), "{text}");
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        drop(parse(&String::from_utf8_lossy(&bytes)));
    }
}
