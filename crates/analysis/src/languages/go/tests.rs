//! What the reader finds in Go files, and where imports lead in small trees.

use std::collections::BTreeMap;

use proptest::prelude::*;
use synthesizer_model::{
    analysis::ProjectFacts,
    code::{CodeFacts, SymbolKind},
    dependency::{Dependency, Ecosystem},
    project::{Project, ProjectRole},
    source_file::FileRole,
    tree::TreePath,
};

use super::{Go, reader::read};
use crate::{
    languages::{Language as _, Resolved, SourceFile, SourceFiles},
    memory_tree::MemoryTree,
};

/// Symbols as `name kind lines`, with `+` for public and `d` for documented and the complexity behind.
fn symbols(text: &str) -> Vec<String> {
    let facts = read(text);
    assert_eq!(facts.syntax_errors, [], "in {text:?}");
    facts.symbols.iter().map(shown_symbol).collect()
}

fn shown_symbol(symbol: &synthesizer_model::code::Symbol) -> String {
    let kind = match symbol.kind {
        SymbolKind::Module => "module",
        SymbolKind::Class => "class",
        SymbolKind::Function => "function",
        SymbolKind::Method => "method",
        SymbolKind::Type => "type",
        SymbolKind::Constant => "constant",
    };
    format!(
        "{} {kind} {}-{}{}{}{}",
        symbol.name,
        symbol.lines.0,
        symbol.lines.1,
        if symbol.public { " public" } else { "" },
        if symbol.documented { " documented" } else { "" },
        symbol
            .complexity
            .map(|complexity| format!(" {complexity}"))
            .unwrap_or_default()
    )
}

#[test]
fn definitions_are_found() {
    let text = r#"// Package p does it.
//
// More.
package p

// A is it.
const A = 1

const (
	// B has words.
	B, c = iota, 2
	_ = 3
)

var D struct{ x int }

// Stringer strings.
type Stringer interface {
	// String is it.
	String() string
	hidden()
}

type (
	point struct{ x int }
	// Alias is one.
	Alias = point
)

// F is it.
func F[T any](a T) (err error) {
	type local struct{}
	const inner = 1
	for i := range 10 {
		if i > 1 && i < 3 || i == 7 {
			go func() { switch i { case 1: case 2: default: } }()
		}
	}
	select { case <-c: default: }
	return
}

//go:noinline
func (p *point) Move() {}

func (Set[K]) Add(k K) {}

var handler = func() { const inner = 1 }
"#;
    assert_eq!(
        symbols(text),
        [
            "A constant 7-7 public documented",
            "B constant 11-11 public documented",
            "c constant 11-11 documented",
            "D constant 15-15 public",
            "Stringer type 18-22 public documented",
            "Stringer.String method 20-20 public documented",
            "Stringer.hidden method 21-21",
            "point type 25-25",
            "Alias type 27-27 public documented",
            "F function 31-41 public documented 8",
            "point.Move method 44-44 1",
            "Set.Add method 46-46 public 1",
            "handler constant 48-48",
        ]
    );
    let facts = read(text);
    assert_eq!(facts.namespace.as_deref(), Some("p"));
    assert_eq!(facts.documentation.as_deref(), Some("Package p does it."));
}

/// Imports as `form target names`, with `?` for conditional ones; checks that the ranges hold the targets.
fn imports(text: &str) -> Vec<String> {
    let facts = read(text);
    assert_eq!(facts.syntax_errors, [], "in {text:?}");
    let shown = facts.imports.iter().map(|import| {
        assert_eq!(import.range.of(text), Some(import.target.as_str()));
        let line = text[..import.range.start].matches('\n').count() + 1;
        assert_eq!(usize::try_from(import.line), Ok(line), "{import:?}");
        let names = import.names.join(",");
        let conditional = if import.circumstances.conditional {
            "?"
        } else {
            ""
        };
        format!("{:?} {} {names}{conditional}", import.form, import.target)
    });
    shown.map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn imports_are_found() {
    assert_eq!(
        imports(
            "package p\n\nimport \"fmt\"\nimport (\n\t. \"math\"\n\t_ `embed`\n\tx \"example.com/a/b\"\n)\n\n//go:embed a/* \"b c\"\nvar f embed.FS\n"
        ),
        [
            "Static fmt",
            "Static math *",
            "Static embed",
            "Static example.com/a/b",
            "Resource a/*",
            "Resource b c",
        ]
    );
    assert_eq!(
        imports("//go:build linux\n\npackage p\n\nimport \"os\"\n"),
        ["Static os ?"]
    );
    assert_eq!(
        imports("package p\n\n// #include <stdio.h>\n// #include \"own.h\"\nimport \"C\"\n"),
        ["SystemInclude stdio.h", "Include own.h", "Static C"]
    );
    assert_eq!(
        imports("package p\n\n/*\n#include \"own.h\"\n*/\nimport \"C\"\n"),
        ["Include own.h", "Static C"]
    );
}

#[test]
fn literals_and_comments_hide_what_is_in_them() {
    let text = "package p\n\nfunc f() {\n\t_ = \"}\\\"}\" + `}\n}` + string('}') + string('\\'') // }\n\t/* } \n */ x := 0x1p-2 + 1.5e+3 + .5\n}\n";
    assert_eq!(symbols(text), ["f function 3-8 1"]);
    assert_eq!(
        symbols("\u{feff}package p\nfunc größe() {}"),
        ["größe function 2-2 1"]
    );
    assert_eq!(
        symbols(
            "package p\nfunc f() interface{ M() } { if x {} }\nfunc g() struct{ x int } { return y }\nfunc h()\n"
        ),
        ["f function 2-2 2", "g function 3-3 1", "h function 4-4"].map(str::to_owned)
    );
}

#[test]
fn hostile_texts_are_read_in_linear_time() {
    const COUNT: usize = 30_000;
    for text in [
        "(".repeat(COUNT),
        "{[(".repeat(COUNT),
        "}".repeat(COUNT),
        "([)".repeat(COUNT),
        "func ".repeat(COUNT),
        "func f(".repeat(COUNT),
        "func f() {\n".repeat(COUNT),
        "type X interface {\n".repeat(COUNT),
        format!("type (\n{}", "x interface {\n".repeat(COUNT)),
        format!("const ({}", "a, ".repeat(COUNT)),
        format!("import ({}", "\"a\"\n".repeat(COUNT)),
        "//\n".repeat(COUNT),
        format!("{}package p", "// x\n".repeat(COUNT)),
        format!("type (\n{})", "// x\nT int\n".repeat(COUNT)),
        format!("//go:embed {}", "x ".repeat(COUNT)),
        "\"".repeat(COUNT + 1),
        "'\\".repeat(COUNT),
        "/*".repeat(COUNT),
        "\0".repeat(COUNT),
        "é\u{202e}".repeat(COUNT),
        "x ".repeat(COUNT),
        "0e+".repeat(COUNT),
        "*/".repeat(COUNT),
    ] {
        let begun = std::time::Instant::now();
        let facts = read(&text);
        let shown: String = text.chars().take(30).collect();
        // A text of quadratic cost would take much longer.
        let taken = begun.elapsed();
        assert!(taken.as_secs() < 3, "{taken:?} for {shown:?}");
        assert!(facts.syntax_errors.len() <= 100);
    }
}

#[test]
fn every_cut_of_a_text_is_read() {
    let text = "//go:build x\n\n// P.\npackage p\n\n// #include \"x.h\"\nimport \"C\"\n\n//go:embed \"a\" `b`\nvar é, b = 'x', func() { /* é\n */ }\ntype T[K any] interface { M() }\nfunc (t *T[K]) m() {}\n";
    for (cut, _) in text.char_indices() {
        read(&text[..cut]);
        read(&text[cut..]);
    }
}

#[test]
fn broken_text_still_tells_what_can_be_read() {
    let facts = read("package p\n\nimport \"fmt\"\n\nfunc F( {\n\nfunc G() {}\n");
    assert!(!facts.syntax_errors.is_empty());
    assert_eq!(facts.imports.len(), 1);
}

fn module(folder: &str, name: &str, required: &[&str]) -> Project {
    Project {
        folder: folder.to_owned(),
        ecosystem: Ecosystem::Go,
        role: ProjectRole::Root,
        manifests: Vec::new(),
        workspace: None,
        facts: ProjectFacts {
            name: Some(name.to_owned()),
            ..ProjectFacts::default()
        },
        targets: Vec::new(),
        dependencies: required
            .iter()
            .map(|name| Dependency::new(Ecosystem::Go, *name, "go.mod", 1))
            .collect(),
        extras: Vec::new(),
        runtimes: BTreeMap::new(),
        license: None,
        license_as_written: None,
        license_files: Vec::new(),
        private: false,
    }
}

/// Resolves every import of one file; files are shown by their paths.
fn check(texts: &[(&str, &str)], projects: &[Project], from: &str, expected: &[&str]) {
    assert_eq!(resolved(texts, projects, from), expected);
}

fn resolved(texts: &[(&str, &str)], projects: &[Project], from: &str) -> Vec<String> {
    let tree = MemoryTree::of_texts(texts.iter().copied());
    let mut sorted: Vec<(TreePath, Option<CodeFacts>)> = texts
        .iter()
        .map(|(path, text)| {
            let path = TreePath::new(path).unwrap();
            let facts = path.as_str().ends_with(".go").then(|| read(text));
            (path, facts)
        })
        .collect();
    sorted.sort_by(|one, other| one.0.cmp(&other.0));
    let files = sorted
        .iter()
        .map(|(path, code)| SourceFile {
            path,
            language: code.is_some().then_some("Go"),
            role: FileRole::Source,
            code: code.as_ref(),
        })
        .collect();
    let files = SourceFiles::new(&tree, files, projects);
    let resolver = Go.resolver(&files);
    let index = files.index(from).unwrap();
    let imports = &files.file(index).code.unwrap().imports;
    imports
        .iter()
        .map(|import| match resolver.resolve(index, import) {
            Resolved::Files(found) => found
                .iter()
                .map(|file| files.file(*file).path.as_str())
                .collect::<Vec<_>>()
                .join(" "),
            Resolved::StandardLibrary => "standard".to_owned(),
            Resolved::External(name) => format!("external {name}"),
            Resolved::Unresolved(reason) => format!("unresolved: {reason}"),
            Resolved::Nothing => "nothing".to_owned(),
        })
        .collect()
}

#[test]
fn imports_lead_to_folders_modules_and_the_standard_library() {
    let texts = [
        (
            "main.go",
            "package main\nimport (\n\"fmt\"\n\"C\"\n\"example.com/m/a\"\n\"example.com/m/a/b\"\n\"example.com/m/sub/x\"\n\"example.com/m/none\"\n\"github.com/o/r/v2/deep\"\n\"golang.org/x/sys/unix\"\n\"mystery\"\n\"gopkg.in/vendored\")\n",
        ),
        ("a/a.go", "package a\n"),
        ("a/a_linux.go", "package a\n"),
        ("a/a_test.go", "package a\n"),
        ("a/gen.go", "//go:build ignore\n\npackage main\n"),
        ("a/b/doc.go", "package documentation\n"),
        ("a/b/b.go", "package b\n"),
        ("sub/x/x.go", "package x\n"),
        ("vendor/gopkg.in/vendored/v.go", "package vendored\n"),
    ];
    let projects = [
        module(
            "",
            "example.com/m",
            &["github.com/o/r/v2", "github.com/o/r"],
        ),
        module("sub", "example.com/m/sub", &[]),
    ];
    check(
        &texts,
        &projects,
        "main.go",
        &[
            "standard",
            "nothing",
            "a/a.go a/a_linux.go",
            "a/b/b.go",
            "sub/x/x.go",
            "unresolved: no Go package in that folder of the module",
            "external github.com/o/r/v2",
            "external golang.org/x/sys/unix",
            "unresolved: not in the standard library and in no module of the tree",
            "vendor/gopkg.in/vendored/v.go",
        ],
    );
}

#[test]
fn a_test_sees_the_tests_of_its_package() {
    let texts = [
        ("a/a.go", "package a\n"),
        ("a/export_test.go", "package a\n"),
        ("a/a_test.go", "package a_test\nimport \"m/a\"\n"),
        ("b/b.go", "package b\nimport \"m/a\"\n"),
    ];
    let projects = [module("", "m", &[])];
    check(
        &texts,
        &projects,
        "a/a_test.go",
        &["a/a.go a/export_test.go"],
    );
    check(&texts, &projects, "b/b.go", &["a/a.go"]);
}

#[test]
fn patterns_lead_to_files() {
    let texts = [
        (
            "web/w.go",
            "package web\n\n//go:embed templates/*.html static\nvar f embed.FS\n\n//go:embed all:static none\nvar g embed.FS\n",
        ),
        ("web/templates/a.html", ""),
        ("web/templates/b.txt", ""),
        ("web/static/a/x.css", ""),
        ("web/static/.hidden", ""),
    ];
    check(
        &texts,
        &[module("", "m", &[])],
        "web/w.go",
        &[
            "web/templates/a.html",
            "web/static/a/x.css",
            "web/static/.hidden web/static/a/x.css",
            "unresolved: no file matches the pattern",
        ],
    );
}

#[test]
fn trees_without_go_mod_are_guessed() {
    let texts = [
        (
            "cmd/x/main.go",
            "package main\nimport \"github.com/o/r/lib/deep\"\nimport \"github.com/other/y/errors\"\n",
        ),
        (
            "lib/deep/d.go",
            "package deep\nimport \"github.com/o/r/lib\"\n",
        ),
        ("lib/l.go", "package lib\n"),
    ];
    check(
        &texts,
        &[],
        "cmd/x/main.go",
        &["lib/deep/d.go", "external github.com/other/y/errors"],
    );
    let gopath = [
        ("usr/src/a.com/x/x.go", "package x\nimport \"a.com/y\"\n"),
        ("usr/src/a.com/y/y.go", "package y\n"),
    ];
    check(
        &gopath,
        &[],
        "usr/src/a.com/x/x.go",
        &["usr/src/a.com/y/y.go"],
    );
}

/// Reads a text and checks what must hold whatever it is.
fn read_any(text: &str) {
    let facts = read(text);
    let lines = u32::try_from(text.matches('\n').count() + 1).unwrap();
    for symbol in &facts.symbols {
        assert!(symbol.range.of(text).is_some(), "{symbol:?} of {text:?}");
        assert!(symbol.lines.0 >= 1 && symbol.lines.0 <= symbol.lines.1 && symbol.lines.1 <= lines);
    }
    for import in &facts.imports {
        let target = import.range.of(text);
        assert_eq!(
            target,
            Some(import.target.as_str()),
            "{import:?} of {text:?}"
        );
        assert!(import.line >= 1 && import.line <= lines);
    }
    assert!(facts.imports.is_sorted_by_key(|import| import.range.start));
}

proptest! {
    #[test]
    fn any_text_ends_well(text in ".{0,200}") {
        read_any(&text);
    }

    #[test]
    fn any_words_end_well(
        text in "((package|import|func|type|var|const|interface|struct|map|if|for|case|a|B|é|_|//|/\\*|\\*/|//go:embed a|//go:build x|// #include <a.h>|\"C\"|[;,.=(){}'\"`*]|\\[|\\]|&&|:=)[ \n]?){0,60}",
    ) {
        read_any(&text);
    }

    #[test]
    fn any_pattern_ends_well(pattern in "[a*?\\[\\]^\\\\/.-]{0,30}") {
        let text = format!("package p\n//go:embed {pattern}\nvar x y\n");
        let texts = [("a.go", text.as_str()), ("a/a.txt", ""), ("a/a/a", "")];
        resolved(&texts, &[module("", "m", &[])], "a.go");
    }
}
