//! Reads every Rust file of this workspace twice: by its tokens, as analysis does, and by tree-sitter's grammar, which another group of
//! people wrote. Both must find the same definitions in the same bytes, the same modules and the same leaves of `use`.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use synthesizer_analysis::languages::{FileKind, reader};
use synthesizer_model::code::{CodeFacts, ImportForm};
use tree_sitter::{Node, Parser};

/// What both tell of one file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    /// Names with first and last byte.
    definitions: BTreeSet<(String, usize, usize)>,
    /// Modules in other files.
    modules: BTreeSet<String>,
    /// Paths of `use`, `::*` at the end for all names.
    uses: BTreeSet<String>,
}

#[test]
fn both_find_the_same_in_the_files_of_this_workspace() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_rust::LANGUAGE.into())
        .expect("the grammar has it");
    let mut compared = 0;
    for path in rust_files(&crates) {
        let text = fs::read_to_string(&path).expect("the grammar has it");
        let tree = parser.parse(&text, None).expect("the grammar has it");
        if tree.root_node().has_error() {
            continue; // The grammar does not know all of the language.
        }
        let mut by_grammar = Found::default();
        items(tree.root_node(), &text, "", false, &mut by_grammar);
        let language = reader("Rust").expect("the grammar has it");
        let kind = FileKind {
            language: "Rust",
            suffix: "rs",
        };
        let by_tokens = found(&language.read(&text, kind), &by_grammar);
        assert_eq!(by_tokens, by_grammar, "in {}", path.display());
        compared += 1;
    }
    assert!(compared > 100, "only {compared} files were compared");
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("the grammar has it") {
            let entry = entry.expect("the grammar has it");
            let path = entry.path();
            if entry.file_type().expect("the grammar has it").is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|suffix| suffix == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// Takes from the facts what the grammar can tell. Items in macros are not part of it, so others than those it found may be there.
fn found(facts: &CodeFacts, by_grammar: &Found) -> Found {
    let definitions = facts
        .symbols
        .iter()
        .map(|symbol| (symbol.name.clone(), symbol.range.start, symbol.range.end));
    let imports = |form: &[ImportForm]| {
        let form = form.to_vec();
        let of_form = facts
            .imports
            .iter()
            .filter(move |import| form.contains(&import.form));
        of_form.map(|import| {
            let all = if import.names == ["*"] { "::*" } else { "" };
            format!("{}{all}", import.target)
        })
    };
    let known = |found: &BTreeSet<String>, all: BTreeSet<String>| -> BTreeSet<String> {
        all.intersection(found).cloned().collect()
    };
    Found {
        definitions: definitions
            .filter(|definition| by_grammar.definitions.contains(definition))
            .collect(),
        modules: known(
            &by_grammar.modules,
            facts
                .imports
                .iter()
                .filter(|import| import.form == ImportForm::ModuleDeclaration)
                .flat_map(|import| import.names.clone())
                .collect(),
        ),
        uses: known(
            &by_grammar.uses,
            imports(&[ImportForm::Static, ImportForm::ReExport]).collect(),
        ),
    }
}

fn text_of<'t>(node: Node<'_>, text: &'t str) -> &'t str {
    text.get(node.byte_range()).unwrap_or_default()
}

fn items(node: Node<'_>, text: &str, prefix: &str, local: bool, found: &mut Found) {
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        item(child, text, prefix, local, found);
    }
}

fn item(node: Node<'_>, text: &str, prefix: &str, local: bool, found: &mut Found) {
    let name = node
        .child_by_field_name("name")
        .map_or("", |name| text_of(name, text));
    let full = join(prefix, name);
    let body = node.child_by_field_name("body");
    let mut define = || {
        if !local && name != "_" {
            let definition = (full.clone(), node.start_byte(), node.end_byte());
            found.definitions.insert(definition);
        }
    };
    match node.kind() {
        "function_item" | "function_signature_item" => {
            define();
            if let Some(body) = body {
                items(body, text, "", true, found);
            }
        }
        "struct_item" | "enum_item" | "union_item" | "macro_definition" => define(),
        "const_item" | "static_item" => {
            define();
            items(node, text, "", true, found);
        }
        "type_item"
            if node
                .parent()
                .is_none_or(|parent| parent.kind() != "declaration_list") =>
        {
            define();
        }
        "trait_item" => {
            define();
            items(body.expect("the grammar has it"), text, &full, local, found);
        }
        "impl_item" => {
            let own = node
                .child_by_field_name("type")
                .expect("the grammar has it");
            if let Some(body) = body {
                let prefix = join(prefix, &type_name(own, text));
                items(body, text, &prefix, local, found);
            }
        }
        "mod_item" => match body {
            Some(body) => {
                define();
                items(body, text, &full, local, found);
            }
            None => {
                found.modules.insert(name.to_owned());
            }
        },
        "use_declaration" => {
            let argument = node
                .child_by_field_name("argument")
                .expect("the grammar has it");
            uses(argument, text, "", found);
        }
        "macro_invocation" | "attribute_item" | "inner_attribute_item" | "type_item" => {}
        _ => items(node, text, prefix, local || node.kind() == "block", found),
    }
}

/// Gives the last name of a type; empty for one without a name.
fn type_name(node: Node<'_>, text: &str) -> String {
    let inner = |field: &str| {
        node.child_by_field_name(field)
            .map_or_else(String::new, |inner| type_name(inner, text))
    };
    match node.kind() {
        "type_identifier" | "identifier" | "primitive_type" => text_of(node, text).to_owned(),
        "scoped_type_identifier" => inner("name"),
        "generic_type" | "reference_type" | "pointer_type" => inner("type"),
        "dynamic_type" => inner("trait"),
        _ => String::new(),
    }
}

fn uses(node: Node<'_>, text: &str, prefix: &str, found: &mut Found) {
    let field = |name: &str| node.child_by_field_name(name);
    match node.kind() {
        "use_list" => {
            let mut cursor = node.walk();
            let parts: Vec<_> = node.named_children(&mut cursor).collect();
            for part in parts {
                uses(part, text, prefix, found);
            }
        }
        "scoped_use_list" => {
            let path = field("path").map_or("", |path| text_of(path, text));
            uses(
                field("list").expect("the grammar has it"),
                text,
                &path_of(prefix, path),
                found,
            );
        }
        "use_as_clause" => uses(
            field("path").expect("the grammar has it"),
            text,
            prefix,
            found,
        ),
        "use_wildcard" => {
            let path = text_of(node, text).trim_end_matches('*');
            let path = path_of(prefix, path.trim_end_matches("::"));
            found.uses.insert(format!("{path}::*"));
        }
        "self" if !prefix.is_empty() => {
            found.uses.insert(prefix.to_owned());
        }
        "line_comment" | "block_comment" => {}
        _ => {
            found.uses.insert(path_of(prefix, text_of(node, text)));
        }
    }
}

fn path_of(prefix: &str, path: &str) -> String {
    let path: String = path.split_whitespace().collect();
    match (prefix, path.as_str()) {
        ("", path) => path.to_owned(),
        (prefix, "") => prefix.to_owned(),
        (prefix, path) => format!("{prefix}::{path}"),
    }
}

fn join(prefix: &str, name: &str) -> String {
    match (prefix, name) {
        ("", name) => name.to_owned(),
        (prefix, "") => prefix.to_owned(),
        (prefix, name) => format!("{prefix}.{name}"),
    }
}
