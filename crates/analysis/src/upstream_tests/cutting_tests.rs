//! Tests of cutting one text: what goes, what stays byte for byte, what is refused, and that odd text does no harm.

use super::cutting::{Lacking, cut};

/// Finds where each name of a mark `‹name›` begins and takes the marks away: aliases of import statements and uses that fail.
fn marked(text: &str) -> (String, Lacking) {
    let mut lacking = Lacking::default();
    let mut plain = String::new();
    for (position, part) in text.split('‹').enumerate() {
        let (inside, rest) = part.split_once('›').unwrap_or(("", part));
        if position > 0 {
            lacking.aliases.insert(plain.len());
            lacking.uses.insert(plain.len());
        }
        plain.push_str(inside);
        plain.push_str(rest);
    }
    (plain, lacking)
}

/// Checks what is left of a text without the marked names; nothing where it cannot be decided.
fn check(text: &str, expected: Option<&str>) {
    let (plain, lacking) = marked(text);
    let found = cut(&plain, &lacking);
    let found_text = found.as_ref().ok().map(|cut| cut.text.as_str());
    assert_eq!(found_text, expected, "{text}\n{found:?}");
}

#[test]
fn what_reads_a_missing_name_goes_and_the_rest_stays_as_it_is() {
    check(
        "# SPDX-License-Identifier: MIT\n# About all.\nimport re\nfrom pkg import (\n    a,  # one\n    ‹b›,\n)\n\ndef test_a():\n    a()\n\n# About b.\n@deco(1)\ndef test_b():\n    b()\n\n# About c.\ndef test_c(b): b()\n",
        Some(
            "# SPDX-License-Identifier: MIT\n# About all.\nimport re\nfrom pkg import (\n    a,\n)\n\ndef test_a():\n    a()\n\n# About c.\ndef test_c(b): b()\n",
        ),
    );
    check(
        "from pkg import ‹b›\nx = b + 1\ny = [x for x in ()]\nz = [x]\ndef helper(): return z\ndef test_a(): helper()\ndef test_b(): y\n",
        Some("y = [x for x in ()]\ndef test_b(): y\n"),
    );
    check(
        "import pkg.a, ‹pkg.b›\ndef test_a(): pkg.a\ndef test_b(): ‹pkg.b›\n",
        Some("import pkg.a\ndef test_a(): pkg.a\n"),
    );
    check(
        "def test_a():\n    from pkg import ‹b›\ndef test_b(): pass\n",
        Some("def test_b(): pass\n"),
    );
    check(
        "from pkg import ‹b›; import a\nif True: b()\ndef test_a(): a\n",
        Some("pass; import a\ndef test_a(): a\n"),
    );
    check(
        "from pkg import ‹b›; import a\ndef test_a(): a\n",
        Some("pass; import a\ndef test_a(): a\n"),
    );
    check(
        "from __future__ import annotations\nfrom pkg import ‹B›\ndef test_a(x: B = 1): ...\ndef test_b(x=B): ...\n",
        Some("from __future__ import annotations\ndef test_a(x: B = 1): ...\n"),
    );
}

#[test]
fn classes_lose_methods_or_go() {
    check(
        "from pkg import ‹b›\nclass TestA:\n    x = b\n    def make(self): return self.x\n    def test_a(self): self.make()\n    def test_b(self): b()\n    def test_c(self): pass\n",
        Some("class TestA:\n    def test_c(self): pass\n"),
    );
    check(
        "from pkg import ‹b›\nclass TestA:\n    def setUp(self): b()\n    def test_c(self): pass\nclass B:\n    def m(self): b()\n    def n(self): pass\ndef test(): B().n()\ndef test_d(): pass\n",
        Some("def test_d(): pass\n"),
    );
    check(
        "from pkg import ‹b›\nclass TestA(b): ...\nclass TestB(TestA): ...\nclass TestC:\n    def test(self): b\n",
        Some(""),
    );
}

#[test]
fn tests_that_ask_for_a_fixture_that_is_gone_go_too() {
    check(
        "import pytest\nfrom pkg import ‹b›\n@pytest.fixture(name='one')\ndef fixture_one(): return b()\n@pytest.fixture\ndef two(one): ...\ndef test_a(two): ...\ndef test_b(request): request.getfixturevalue('one')\ndef test_c(tmp_path): ...\n",
        Some("import pytest\ndef test_c(tmp_path): ...\n"),
    );
    let lacking = Lacking {
        fixtures: ["app".to_owned()].into(),
        ..Lacking::default()
    };
    let own = "import pytest\n@pytest.fixture\ndef app(): ...\ndef test_a(app): ...\n";
    assert_eq!(cut(own, &lacking).expect("decided").text, own);
    let extends = "import pytest\n@pytest.fixture\ndef app(app): ...\ndef test_a(app): ...\ndef test_b(): ...\n";
    let left = cut(extends, &lacking).expect("decided");
    assert_eq!(left.text, "import pytest\ndef test_b(): ...\n");
    assert_eq!(left.tests, (1, 2));
    assert_eq!(left.line, 2);
}

#[test]
fn what_cannot_be_decided_is_refused() {
    for text in [
        "from ‹*› import x",
        "from pkg import ‹*›\n",
        "from pkg import ‹b›\npytestmark = b.mark\ndef test(): ...\n",
        "import pytest\nfrom pkg import ‹b›\n@pytest.fixture(autouse=True)\ndef f(): b()\ndef test(): ...\n",
        "from pkg import ‹b›, a\na.register(b)\ndef test(): a\n",
        "from pkg import ‹b›\ndef register(x): ...\nregister(b)\ndef test(): ...\n",
        "from pkg import ‹b›\nglobals().update(x=1)\ndef test(): ...\n",
        "from pkg import ‹b›\ndef pytest_configure(config): b()\n",
        "def (",
    ] {
        check(text, None);
    }
    check(
        "from pkg import ‹b›\nall = []\nall.append(b)\ndef test_a(): all\ndef test_b(): eval('b')\ndef test_c(): ...\n",
        Some("def test_c(): ...\n"),
    );
}

#[test]
fn odd_text_does_no_harm() {
    let seed = "# é\nfrom p import (‹a›,\n b)\nclass T:\n  @a.x\n  def test(self): 'ä'\n  y = a; z = 1\nif a:\n\tpass\ntry:\n x = a\nexcept E as e: pass\n\rlambda: (yield a)\nmatch a:\n case {'x': v, **r}: v\n";
    let (plain, _) = marked(seed);
    let starts: Vec<usize> = plain.char_indices().map(|(start, _)| start).collect();
    for (position, start) in starts.iter().enumerate() {
        for text in [
            plain[..*start].to_owned(),
            plain[*start..].to_owned(),
            format!(
                "{}{}",
                &plain[..*start],
                &plain[starts[(position + 7).min(starts.len() - 1)]..]
            ),
        ] {
            let lacking = Lacking {
                aliases: starts.iter().copied().collect(),
                names: ["a".to_owned()].into(),
                ..Lacking::default()
            };
            if let Ok(left) = cut(&text, &lacking) {
                assert!(left.text.len() <= text.len() + 4 * text.len());
                let again = cut(&left.text, &Lacking::default());
                assert!(again.is_ok(), "{text:?} became {:?}", left.text);
            }
        }
    }
    let deep = format!("x = {}a{}\n", "(lambda: ".repeat(3_000), ")".repeat(3_000));
    let _ = cut(&deep, &Lacking::default());
}
