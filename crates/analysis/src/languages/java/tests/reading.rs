//! What one file of Java tells.

use synthesizer_model::code::{CodeFacts, ImportForm, SymbolKind};

use super::super::reader::read;

/// One symbol in a line: `kind name public documented complexity`.
fn symbols(facts: &CodeFacts) -> Vec<String> {
    facts
        .symbols
        .iter()
        .map(|symbol| {
            let kind = match symbol.kind {
                SymbolKind::Module => "module",
                SymbolKind::Class => "class",
                SymbolKind::Function => "function",
                SymbolKind::Method => "method",
                SymbolKind::Type => "type",
                SymbolKind::Constant => "constant",
            };
            let public = if symbol.public { " public" } else { "" };
            let documented = if symbol.documented { " documented" } else { "" };
            let complexity = symbol
                .complexity
                .map_or_else(String::new, |complexity| format!(" {complexity}"));
            format!("{kind} {}{public}{documented}{complexity}", symbol.name)
        })
        .collect()
}

fn check_symbols(text: &str, expected: &[&str]) {
    let facts = read(text);
    assert_eq!(symbols(&facts), expected, "{text}");
    assert_eq!(facts.syntax_errors, [], "{text}");
}

/// The imports as `target names`, a path in parentheses.
fn check_imports(text: &str, expected: &[&str]) {
    let facts = read(text);
    let told: Vec<String> = facts
        .imports
        .iter()
        .map(|import| {
            let written = import.range.of(text).expect("on boundaries");
            let without: String = written.split_whitespace().collect();
            assert_eq!(without, import.target, "the range is the target's");
            let line = text[..import.range.start].matches('\n').count() + 1;
            assert_eq!(import.line as usize, line, "{}", import.target);
            if import.form == ImportForm::Path {
                format!("({})", import.target)
            } else {
                format!("{} {}", import.target, import.names.join(","))
                    .trim_end()
                    .to_owned()
            }
        })
        .collect();
    assert_eq!(told, expected, "{text}");
}

#[test]
fn types_and_members_have_prefixes_visibility_and_documentation() {
    check_symbols(
        "package a.b;
/** Doc. */
@Deprecated
public class Outer<T> {
    /** Doc. */
    public static final int A = 1, B = 2;
    static final int C = 3;
    public int field = 1;
    /** Doc of a field that is no constant. */
    private int other;
    public Outer() {}
    /* no Javadoc */
    protected void f(int... a) throws E { if (a == null && b || c) { for (;;) {} } }
    void g() { class Local { void hidden() {} } new Object() { public void run() {} }; }
    private static class Inner { public void h() {} }
    /** Doc. */
    public interface Api { int X = 1; void i(); private void j() {} default int k() { return a ? 1 : 2; } class Deep {} }
}
class Package { public void l() {} }
",
        &[
            "class Outer public documented",
            "constant Outer.A public documented",
            "constant Outer.B public documented",
            "constant Outer.C",
            "method Outer.Outer public 1",
            "method Outer.f public 5",
            "method Outer.g 1",
            "class Outer.Inner",
            "method Outer.Inner.h 1",
            "type Outer.Api public documented",
            "constant Outer.Api.X public",
            "method Outer.Api.i public 1",
            "method Outer.Api.j 1",
            "method Outer.Api.k public 2",
            "class Outer.Api.Deep public",
            "class Package",
            "method Package.l 1",
        ],
    );
}

#[test]
fn enums_records_and_annotations_are_types() {
    check_symbols(
        "public enum Color { /** Doc. */ RED { void x() {} }, GREEN; Color() {} public int hue() { return 1; } }
public record Point(int x, int y) { public Point { if (x < 0) throw new E(); } static final Point ZERO = new Point(0, 0); }
/// Markdown.
public @interface Mark { String value() default \"\"; }
",
        &[
            "type Color public",
            "method Color.Color 1",
            "method Color.hue public 1",
            "type Point public",
            "method Point.Point public 2",
            "constant Point.ZERO",
            "type Mark public documented",
            "method Mark.value public 1",
        ],
    );
}

#[test]
fn branches_are_counted_by_mccabe() {
    check_symbols(
        "class A { void f(int x) {
    switch (x) { case 1: case 2: break; case 3: g(); default: h(); }
    int y = switch (x) { case 1, 2 -> 3; default -> 4; };
    try { while (a) {} do {} while (b); } catch (E | F e) {} finally {}
    for (int i : c) { Runnable r = () -> { if (d) {} }; }
} }",
        &["class A", "method A.f 10"],
    );
}

#[test]
fn what_is_in_initialisers_belongs_to_nobody() {
    check_symbols(
        "class A { static final B X = new B() { public void m() { if (a) {} } }; static { class L {} if (a) {} } { int q; class M {} }
/** Doc. */ void f() {} }",
        &["class A", "constant A.X", "method A.f documented 1"],
    );
}

#[test]
fn every_form_of_import_is_read() {
    check_imports(
        "package a.b;
import java.util.List;
import java . util
  .Map;
import java.io.*;
import static org.junit.Assert.assertEquals;
import static a.B.*;
import a.Outer.Inner;
",
        &[
            "java.util.List",
            "java.util.Map",
            "java.io *",
            "org.junit.Assert assertEquals",
            "a.B *",
            "a.Outer.Inner",
        ],
    );
}

#[test]
fn names_that_are_not_imported_are_paths() {
    check_imports(
        "package a.b;
import x.Imported;
@Marked(value = Other.class)
class A<T> extends Base<Imported, T> implements p.q.Api {
    static final Helper HELPER = Helper.of(HELPER);
    java.util.List<Inner> list = java.util.List.of(Color.RED, p.q.Qux.z, p.q.CONSTANT, request.session.user);
    class Inner {}
    Object f(Object o) throws Failure {
        Stream.of(list).map(Mapper::map).map(p.q.Deep::map).toList();
        if (o instanceof Seen(Part b) && list.isEmpty()) {}
        return new Made.Nested(String.valueOf(lower.call()), (Cast) o, this.a.Be, Dotted
            .call());
    }
}
",
        &[
            "x.Imported",
            "(Marked)",
            "(Other)",
            "(Base)",
            "(p.q.Api)",
            "(Helper)",
            "(java.util.List)",
            "(java.util.List)",
            "(Color)",
            "(p.q.Qux)",
            "(Failure)",
            "(Stream)",
            "(Mapper)",
            "(p.q.Deep)",
            "(Seen)",
            "(Part)",
            "(Made)",
            "(Cast)",
            "(Dotted)",
        ],
    );
}

#[test]
fn a_type_that_is_declared_within_is_not_seen_outside() {
    check_imports(
        "package a;
class A<T> implements Builder<T>, Inner { class Builder {} Builder b; Other o; }
class Inner {}
",
        &["(Builder)", "(Other)"],
    );
}

#[test]
fn modules_are_read() {
    let text = "/** The module. */
open module a.b { requires java.sql; requires static transitive x.y; exports a.b.c; opens a; uses a.b.Api;
provides a.b.Api with a.b.Impl; }";
    check_imports(
        text,
        &["java.sql", "x.y", "(a.b.Api)", "(a.b.Api)", "(a.b.Impl)"],
    );
    let facts = read(text);
    assert_eq!(symbols(&facts), ["module a.b public documented"]);
    assert_eq!(facts.documentation.as_deref(), Some("The module."));
    let optional: Vec<bool> = facts
        .imports
        .iter()
        .map(|import| import.circumstances.conditional)
        .collect();
    assert_eq!(optional, [false, true, false, false, false]);
}

#[test]
fn the_file_is_documented_by_its_first_type_or_its_package() {
    let check = |text: &str, namespace: Option<&str>, documentation: Option<&str>| {
        let facts = read(text);
        assert_eq!(facts.namespace.as_deref(), namespace, "{text}");
        assert_eq!(facts.documentation.as_deref(), documentation, "{text}");
    };
    check(
        "/** License. */\npackage a . b;\n/**\n * First.\n *\n * Second.\n */\nclass A {}\n/** Other. */ class B {}",
        Some("a.b"),
        Some("First."),
    );
    check(
        "/** About it. */\n@Mark package a;",
        Some("a"),
        Some("About it."),
    );
    check("class A {}", None, None);
}

#[test]
fn broken_text_still_gives_facts() {
    let facts = read("package a;\nimport b.C;\nclass A {\n  void f( { }\n}\nclass B {}\n");
    assert!(!facts.syntax_errors.is_empty());
    assert_eq!(facts.imports[0].target, "b.C");
    assert!(facts.symbols.iter().any(|symbol| symbol.name == "A"));
}

#[test]
fn hostile_texts_are_bounded() {
    for text in [
        "(".repeat(100_000),
        "class A {".repeat(30_000),
        "class A { void f() { new B() {".repeat(10_000),
        format!("class A {{ B x = {}; }}", "a.".repeat(100_000)),
        format!("class A {{ B x = {}c; }}", "a().".repeat(100_000)),
        format!("import {}b;", "a.".repeat(100_000)),
        "import a.*;".repeat(20_000),
        format!("class A {{ {} x; }}", "a<".repeat(50_000)),
        format!("class A {{ A x = {}1; }}", "-".repeat(50_000)),
        format!("class {} {{}}", "A".repeat(1_000_000)),
        "@".repeat(100_000),
        "/**".repeat(100_000),
        "\0".repeat(100_000),
        "é\u{202e}".repeat(50_000),
        "\u{feff}package a;".to_owned(),
    ] {
        let facts = read(&text);
        assert!(facts.syntax_errors.len() <= 102);
        assert!(facts.imports.len() <= 4_200);
    }
}
