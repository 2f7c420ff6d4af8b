//! Uses inside string annotations.

use super::{inexact, parsed, shown_uses};

fn check(body: &str, expected: &str) {
    let text = format!("import typing as t\nfrom typing import *\nimport a.b\n{body}\n");
    let file = parsed(&text);
    let mut shown: Vec<String> = shown_uses(&text, &file.uses)
        .into_iter()
        .filter(|found| !found.starts_with("typing") && !found.starts_with("t."))
        .collect();
    shown.extend(inexact(&file).iter().map(|module| format!("!{module}")));
    assert_eq!(shown.join(" "), expected, "in {body}");
}

#[test]
fn annotations_of_every_place() {
    check(
        "def f(x: 'a.b.C', *y: 'a.D', **z: 'a.E') -> 'a.F': pass",
        "\"a.b.C \"a.D \"a.E \"a.F",
    );
    check("x: 'a.b.C' = 1", "\"a.b.C");
    check("class C:\n x: 'a.b.C'", "\"a.b.C");
    check("def f():\n x: 'a.b.C'", "\"a.b.C()");
    check("x: list['a.b.C']", "\"a.b.C");
    check("x: Callable[['a.A'], 'a.B'] | 'a.C'", "\"a.A \"a.B \"a.C");
    check("x: TypeAlias = 'a.b.C'", "\"a.b.C");
    check("type X[T: 'a.A'] = 'a.B'", "\"a.A \"a.B");
    check("class C(Generic['a.T'], Base['a.U']): pass", "\"a.T \"a.U");
    check("X = Optional['a.b.C']", "\"a.b.C");
    check("X = t.Union['a.A', None]", "\"a.A");
}

#[test]
fn calls_that_take_types() {
    check("cast('a.A', 'a.no')", "\"a.A");
    check("t.cast('a.A', x)", "\"a.A");
    check("TypeVar('a.no', 'a.A', 'a.B')", "\"a.A \"a.B");
    check("TypeVar('T', bound='a.A')", "\"a.A");
    check("ForwardRef('a.A')", "\"a.A");
    check("x.cast('a.no')", "");
    check("NewType('a.no', 'a.A')", "\"a.A");
}

#[test]
fn strings_that_are_no_types() {
    check("x: Literal['a.no']", "");
    check("x: t.Literal['a.no', 'a.no']", "");
    check("x: Annotated['a.A', 'a.no']", "\"a.A");
    check("x: Annotated['a.A', Field('a.no')]", "\"a.A");
    check("x = 'a.no'", "");
    check("x = d['a.no']", "");
    check("x: f('a.no') = 1", "");
    check("x: int = 'a.no'", "");
    check("x: 'the a of it'", "");
}

#[test]
fn expressions_inside_strings() {
    check("x: 'list[a.b.C] | None'", "\"a.b.C");
    check("x: 'dict[\"a.A\", a.B]'", "\"a.A \"a.B");
    check("x: 'Literal[\"a.no\"] | a.A'", "\"a.A");
    check("x: 'Annotated[a.A, \"a.no\"]'", "\"a.A");
    check("x: u'a.A'", "\"a.A");
    check("x: r'''a.A'''", "\"a.A");
    check("x: '''\n  a.A |\n  a.B'''", "\"a.A \"a.B");
    check("x: ' a . b . C '", "\"a.b.C");
    check("x: 'ä | a.ü'", "\"a.ü");
    check("x: 'b.a.C'", "");
}

#[test]
fn strings_that_cannot_be_mapped() {
    check("x: 'a' '.b'", "!a.b");
    check("x: 'a\\x2eb'", "!a.b");
    check("x: 'a.b \\\n| int'", "!a.b");
    check("x: 'lambda: a.b'", "!a.b");
    check("x: 'Annotated[int, [a.b for i in j]]'", "!a.b");
    check("x: 'c\\x2eb'", "");
}

#[test]
fn strings_resolve_where_they_stand() {
    check("def f(a, x: 'a.A'): pass", "\"a.A");
    check("def f(a):\n x: 'a.no'", "");
    check("def f[a](x: 'a.no'): pass", "");
    check(
        "class C:\n import a.c\n def f(self, x: 'a.A'):\n  y: 'a.B'",
        "\"a.A \"a.B()",
    );
}
