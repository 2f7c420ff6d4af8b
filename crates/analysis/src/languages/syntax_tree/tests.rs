//! Bounds, walk, comments and errors of the shared base, on Go as the smallest grammar.

use std::{
    fmt::Write as _,
    sync::{Arc, LazyLock, atomic::AtomicBool},
};

use synthesizer_model::code::{CodeFacts, SymbolKind};

use super::*;

vocabulary! {
    /// What these tests look at.
    struct Probe;
    kinds { Function = "function_declaration", If = "if_statement", Comment = "comment", Identifier = "identifier" }
    tokens { And = "&&" }
    fields { Name = "name" }
}

static GRAMMAR: LazyLock<Grammar<Probe>> = LazyLock::new(|| Grammar::new(tree_sitter_go::LANGUAGE));

#[derive(Default)]
struct Reader {
    facts: FactsBuilder,
    comments: LeadingComments,
    names: Vec<String>,
    deepest: u32,
}

impl<'t> Visitor<'t, Probe> for Reader {
    fn enter(&mut self, node: Node<'t, Probe>, place: &Place<'_, 't, Probe>) -> Visit {
        self.deepest = self.deepest.max(place.depth());
        match node.kind() {
            Kind::Comment => self.comments.note(node),
            Kind::Function => {
                let name = node.child(Field::Name).map_or("", Node::text);
                let documented = self
                    .comments
                    .before(node.line(), node.file_text())
                    .is_some();
                let definition =
                    Definition::new(name, SymbolKind::Function, node).documented(documented);
                self.facts.open(definition);
                return Visit::ChildrenThenLeave;
            }
            Kind::If | Kind::And => self.facts.branch(),
            Kind::Identifier if place.is_field(Field::Name) => {
                self.names.push(node.text().to_owned());
            }
            Kind::Identifier | Kind::Other => {}
        }
        Visit::Children
    }

    fn leave(&mut self) {
        self.facts.close();
    }
}

fn facts(text: &str) -> CodeFacts {
    read(&GRAMMAR, text, |tree| {
        let mut reader = Reader::default();
        tree.walk(&mut reader);
        reader.facts.finish()
    })
}

#[test]
fn the_vocabulary_is_looked_up_by_name() {
    assert_eq!(GRAMMAR.unknown_names(), [""; 0]);
}

#[test]
fn functions_get_lines_documentation_and_complexity() {
    let found = facts(
        "package p\n\n// F is it.\nfunc F(a bool) {\n\tif a && a {\n\t}\n}\n\n// far\n\nfunc g() {}\n",
    );
    let told: Vec<_> = found
        .symbols
        .iter()
        .map(|symbol| {
            (
                symbol.name.as_str(),
                symbol.lines,
                symbol.documented,
                symbol.complexity,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("F", (4, 7), true, Some(3)),
            ("g", (11, 11), false, Some(1))
        ]
    );
    assert_eq!(found.syntax_errors, []);
}

#[test]
fn syntax_errors_have_lines_and_are_bounded() {
    let found = facts("package p\nfunc F( {\n}\nfunc G() {}\n");
    assert!(!found.syntax_errors.is_empty());
    assert!(found.syntax_errors.iter().all(|(line, _)| *line >= 2));
    assert!(found.symbols.iter().any(|symbol| symbol.name == "G"));
    let many = facts(&format!(
        "package p\n{}",
        "func f() { a b c }\n".repeat(500)
    ));
    assert!(
        many.syntax_errors.len() <= 100,
        "{}",
        many.syntax_errors.len()
    );
}

#[test]
fn hostile_texts_are_bounded() {
    for text in [
        "(".repeat(100_000),
        "[".repeat(100_000),
        format!(
            "package p\nvar x = {}1{}",
            "(".repeat(100_000),
            ")".repeat(100_000)
        ),
        format!(
            "package p\nfunc f() {}{}",
            "{".repeat(100_000),
            "}".repeat(100_000)
        ),
        format!("package p\nvar x = 1{}", "+1".repeat(100_000)),
        format!("package p\nvar x = {}1", "-".repeat(100_000)),
        format!("package p\n{}", "func f() {".repeat(20_000)),
        "\0".repeat(100_000),
        "\u{feff}package p\n".to_owned(),
        "}".repeat(100_000),
        "\"".repeat(100_001),
        "/*".repeat(100_000),
        "é\u{202e}".repeat(50_000),
        format!("package p\nvar x = \"{}\"", "a".repeat(1_000_000)),
        String::new(),
    ] {
        let found = facts(&text);
        assert!(found.syntax_errors.len() <= 100);
    }
}

#[test]
fn a_huge_text_is_refused_unread() {
    let found = facts(&" ".repeat((16 << 20) + 1));
    let expected = vec![(1, "larger than 16 MiB, not parsed".to_owned())];
    assert_eq!(found.syntax_errors, expected);
}

#[test]
fn cancelled_work_ends_and_the_parser_is_good_afterwards() {
    let mut text = String::from("package p\n");
    for number in 0..20_000 {
        let _ = writeln!(text, "func f{number}() {{ if a && b {{ c() }} }}");
    }
    let flag = Arc::new(AtomicBool::new(true));
    let cancelled = cancellable(&flag, || facts(&text));
    assert_eq!(cancelled.syntax_errors[0].1, "cancelled, not parsed");
    assert_eq!(facts("package p\nfunc F() {}\n").symbols.len(), 1);
}
