//! Import statements: ranges, circumstances, bindings.

use synthesizer_model::python::{Binding, ImportKind};

use super::{letters, parsed};

/// Notation of a plain name: `module|text|text with alias`; of a from-import: `level|module|text|name texts`.
fn check_ranges(text: &str, expected: &[&str]) {
    let file = parsed(text);
    let mut shown = Vec::new();
    for import in &file.imports {
        let statement = import.range.of(text).unwrap();
        assert!(
            statement.starts_with("import") || statement.starts_with("from"),
            "{statement}"
        );
        match &import.kind {
            ImportKind::Plain(names) => {
                for name in names {
                    let module = name.module_range.of(text).unwrap();
                    let whole = name.range.of(text).unwrap();
                    shown.push(format!("{}|{module}|{whole}", name.module));
                }
            }
            ImportKind::From {
                level,
                module,
                module_range,
                names,
            } => {
                let module_text = module_range.of(text).unwrap();
                let names: Vec<&str> = names
                    .iter()
                    .map(|name| name.range.of(text).unwrap())
                    .collect();
                shown.push(format!(
                    "{level}|{module}|{module_text}|{}",
                    names.join(";")
                ));
            }
        }
    }
    assert_eq!(shown, expected, "in {text:?}");
}

#[test]
fn ranges_are_exact_in_any_layout() {
    check_ranges("import a.b, c as d\n", &["a.b|a.b|a.b", "c|c|c as d"]);
    check_ranges("import a . b\n", &["a.b|a . b|a . b"]);
    check_ranges("import a\\\n.b as c", &["a.b|a\\\n.b|a\\\n.b as c"]);
    check_ranges("if x: import a.b; import c\n", &["a.b|a.b|a.b", "c|c|c"]);
    check_ranges("from a.b import c as d, e\n", &["0|a.b|a.b|c as d;e"]);
    check_ranges("from . import x\n", &["1||.|x"]);
    check_ranges("from.import x\n", &["1||.|x"]);
    check_ranges("from ... import x\n", &["3||...|x"]);
    check_ranges("from .... import x\n", &["4||....|x"]);
    check_ranges(
        "from .. a . b import (x, # no\n  y as z,\n)\n",
        &["2|a.b|.. a . b|x;y as z"],
    );
    check_ranges("from . \\\n . import x\n", &["2||. \\\n .|x"]);
    check_ranges("from .\\\na import *\n", &["1|a|.\\\na|*"]);
    check_ranges(
        "from match.type import case\n",
        &["0|match.type|match.type|case"],
    );
}

#[test]
fn ranges_count_bytes_of_the_text_as_it_is() {
    check_ranges(
        "\u{feff}import a.b\r\nfrom .c import d\r\n",
        &["a.b|a.b|a.b", "1|c|.c|d"],
    );
    check_ranges("s = 'äß€'; import a.b\n", &["a.b|a.b|a.b"]);
    check_ranges("\u{c}import a\rimport b\r", &["a|a|a", "b|b|b"]);
    check_ranges("import ä.ö\n", &["ä.ö|ä.ö|ä.ö"]);
}

#[test]
fn lines_count_from_one_with_any_newline() {
    let file = parsed("import a\r\n\r\nimport b\rimport c\n");
    let lines: Vec<u32> = file.imports.iter().map(|import| import.line).collect();
    assert_eq!(lines, [1, 3, 4]);
}

/// Notation: `module:letters`.
fn check_circumstances(text: &str, expected: &str) {
    let file = parsed(text);
    let shown: Vec<String> = file
        .imports
        .iter()
        .filter_map(|import| match &import.kind {
            ImportKind::Plain(names) => Some(format!(
                "{}:{}",
                names[0].module,
                letters(import.circumstances)
            )),
            ImportKind::From { .. } => None,
        })
        .collect();
    assert_eq!(shown.join(" "), expected, "in {text}");
}

#[test]
fn functions_at_any_depth() {
    check_circumstances(
        "def f():\n  import a\n  class C:\n    import b\nclass D:\n  import c\n  async def g(self):\n    for x in y:\n      with z:\n        match q:\n          case 1:\n            import d\nwhile 1:\n  import e\nelse:\n  import g\n",
        "a:f b:f c: d:f e: g:",
    );
}

#[test]
fn type_checking_by_any_name() {
    for test in [
        "TYPE_CHECKING",
        "typing.TYPE_CHECKING",
        "t.TYPE_CHECKING",
        "te.TYPE_CHECKING",
        "TC",
        "(TYPE_CHECKING)",
        "TYPE_CHECKING and x",
        "x and t.TYPE_CHECKING",
        "not not TC",
    ] {
        let text = format!(
            "import typing, typing as t\nimport typing_extensions as te\nfrom typing import TYPE_CHECKING as TC\nif {test}:\n  import a\nelse:\n  import b\n"
        );
        let guarded = "typing: typing_extensions: a:t b:";
        check_circumstances(&text, guarded);
    }
}

#[test]
fn type_checking_only_where_it_decides() {
    check_circumstances(
        "if not TYPE_CHECKING:\n import a\nelse:\n import b\n",
        "a: b:t",
    );
    check_circumstances(
        "if TYPE_CHECKING or x:\n import a\nelse:\n import b\n",
        "a: b:",
    );
    check_circumstances(
        "if not TYPE_CHECKING and x:\n import a\nelse:\n import b\n",
        "a: b:",
    );
    check_circumstances(
        "if not TYPE_CHECKING or x:\n import a\nelse:\n import b\n",
        "a: b:t",
    );
    check_circumstances(
        "if x:\n import a\nelif TYPE_CHECKING:\n import b\nelif y:\n import c\nelse:\n import d\n",
        "a: b:t c: d:",
    );
    check_circumstances(
        "if not TYPE_CHECKING:\n import a\nelif y:\n import b\nelse:\n import c\n",
        "a: b:t c:t",
    );
    check_circumstances("if other.TYPE_CHECKING:\n import a\n", "a:");
    check_circumstances(
        "if TYPE_CHECKING:\n def f():\n  try:\n   import a\n  except: pass\n",
        "a:ftg",
    );
}

#[test]
fn guards_and_fallbacks() {
    for handler in [
        "except ImportError",
        "except ModuleNotFoundError as e",
        "except (ValueError, ImportError)",
        "except Exception",
        "except BaseException",
        "except builtins.ImportError",
        "except",
    ] {
        check_circumstances(
            &format!(
                "try:\n import a\n{handler}:\n import b\nelse:\n import c\nfinally:\n import d\n"
            ),
            "a:g b:b c: d:",
        );
    }
    check_circumstances("try:\n import a\nexcept ValueError:\n import b\n", "a: b:");
    check_circumstances("try:\n import a\nfinally:\n import b\n", "a: b:");
    check_circumstances(
        "try:\n import a\nexcept* ImportError:\n import b\n",
        "a:g b:b",
    );
    check_circumstances(
        "try:\n import a\nexcept KeyError:\n import b\nexcept ImportError:\n try:\n  import c\n except ImportError:\n  import d\n",
        "a:g b: c:gb d:b",
    );
    check_circumstances(
        "try:\n if x:\n  class C:\n   import a\n def f():\n  import b\nexcept ImportError:\n def g():\n  import c\n",
        "a:g b:f c:f",
    );
}

#[test]
fn suppressed_import_errors_are_guards() {
    check_circumstances(
        "import contextlib as cl\nfrom contextlib import suppress as quiet\nwith cl.suppress(ImportError), x:\n import a\nwith quiet(KeyError, ImportError):\n import b\nwith quiet(KeyError):\n import c\nwith suppress(ImportError):\n import d\n",
        "contextlib: a:g b:g c: d:",
    );
}

fn check_bindings(text: &str, expected: &[(&str, &[Binding])]) {
    let found = parsed(text).bindings;
    let expected: Vec<(String, Vec<Binding>)> = expected
        .iter()
        .map(|(name, how)| ((*name).to_owned(), how.to_vec()))
        .collect();
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        expected,
        "in {text:?}"
    );
}

fn import(module: &str) -> Binding {
    Binding::Import {
        module: module.to_owned(),
        type_checking: false,
    }
}

fn from(level: u32, module: &str, name: &str) -> Binding {
    Binding::From {
        level,
        module: module.to_owned(),
        name: name.to_owned(),
        type_checking: false,
    }
}

#[test]
fn imports_bind_by_form() {
    check_bindings(
        "import a.b, a.c, d.e as f\nfrom .g import h as i, j\nfrom k import *\n",
        &[
            ("a", &[import("a.b"), import("a.c")]),
            ("f", &[import("d.e")]),
            ("i", &[from(1, "g", "h")]),
            ("j", &[from(1, "g", "j")]),
        ],
    );
    check_bindings(
        "try:\n from a import b\nexcept ImportError:\n b = None\nif TYPE_CHECKING:\n import b\n",
        &[(
            "b",
            &[
                from(0, "a", "b"),
                Binding::Definition,
                Binding::Import {
                    module: "b".to_owned(),
                    type_checking: true,
                },
            ],
        )],
    );
    check_bindings(
        "def f():\n global g\n import g.h\n",
        &[("f", &[Binding::Definition]), ("g", &[import("g.h")])],
    );
}

#[test]
fn every_other_binding_is_a_definition() {
    let names = |text: &str| -> String {
        let found = parsed(text).bindings;
        assert!(
            found.values().all(|how| how == &[Binding::Definition]),
            "in {text}"
        );
        found.into_keys().collect::<Vec<_>>().join(" ")
    };
    for (text, expected) in [
        ("a, (b, *c) = [d] = x\ne.f = g[0] = 1", "a b c d"),
        ("a += 1\nb: int = 1\nc: int\n(d): int = 1", "a b d"),
        ("def f(a, b=c): d = 1\nclass C:\n e = 1", "C f"),
        ("for a, b in c: d = 1\nelse: e = 1", "a b d e"),
        ("with a as b, c as (d, e): f = 1", "b d e f"),
        (
            "try: a = 1\nexcept E as b: c = 1\nelse: d = 1\nfinally: e = 1",
            "a b c d e",
        ),
        (
            "match a:\n case [b, *c] | {'k': d, **e}: pass\n case C(f, g=h) as i: j = 1\n case _: pass",
            "b c d e f h i j",
        ),
        ("[a := b for c in d]\n(e := 1)\nlambda f: (g := 1)", "a e"),
        ("type A[T] = list[T]\ndef f[U](): pass", "A f"),
        (
            "def f():\n global a, b\n a = 1\n for b in c: pass\n d = 1",
            "a b f",
        ),
        ("class C:\n global a\n a = 1\n b = 2", "C a"),
        (
            "if x:\n a = 1\nelif y:\n b = 1\nelse:\n c = 1\nwhile z:\n d = 1",
            "a b c d",
        ),
        ("del a", ""),
        ("async def f(): pass\n@d\nclass C: pass", "C f"),
    ] {
        assert_eq!(names(text), expected, "in {text}");
    }
}
