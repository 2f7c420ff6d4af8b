//! Documentation and comments.

use super::read;

fn check(text: &str, expected: Option<&str>) {
    let facts = read("ts", text);
    assert_eq!(facts.documentation.as_deref(), expected, "{text}");
}

#[test]
fn a_file_says_what_it_is() {
    check("/** One. */\n\nexport const a = 1", Some("One."));
    check(
        "/**\n * One\n * two.\n *\n * Three.\n */\nimport 'a'",
        Some("One two."),
    );
    check("/** @file One. */\nexport const a = 1", Some("One."));
    check(
        "/**\n * @module a/b\n * One.\n */\nexport const a = 1",
        Some("One."),
    );
    check("/** One. */\n'use strict'\nconst a = 1", Some("One."));
    check(
        "'use strict'\n/* One. */\nvar a = require('a')",
        Some("One."),
    );
    check("/* One. */", Some("One."));
}

#[test]
fn what_documents_something_else_is_not_the_file() {
    check("/** Of a. */\nexport const a = 1", None);
    check("// One.\nconst a = 1", None);
    check("const a = 1\n/** One. */\n", None);
    check(
        "/**\n * Module dependencies.\n * @private\n */\nimport 'a'",
        None,
    );
}

#[test]
fn headers_of_rights_are_passed_over() {
    check("/*! a v1 */\n/** One. */\n\nlet a", Some("One."));
    check(
        "/**\n * Copyright (c) A\n * @license MIT\n */\n\n/** One. */\n\nlet a",
        Some("One."),
    );
    check("/* SPDX-License-Identifier: MIT */\nimport 'a'", None);
}
