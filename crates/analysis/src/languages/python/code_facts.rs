//! The facts of a Python file in the terms that all languages share. Derives them from [`PythonFile`]; parses nothing.

use synthesizer_model::{
    code::{CodeFacts, Import, ImportForm},
    python::{
        FromName, ImportKind, ImportStatement, ModuleNameRole, ModuleNameUse, PathLiteral,
        PythonFile,
    },
    text::ByteRange,
};

/// The longest documentation that is kept, in bytes.
const MOST_DOCUMENTATION: usize = 400;
/// How many syntax errors are kept.
const MOST_ERRORS: usize = 100;

/// Endings of files that programs read as data.
const DATA_SUFFIXES: &[&str] = &[
    "cfg", "css", "css_t", "csv", "dat", "gif", "gz", "html", "ico", "ini", "ipynb", "j2", "jinja",
    "jinja2", "jpg", "js", "json", "mako", "md", "mo", "npy", "npz", "parquet", "pem", "pkl",
    "png", "po", "pxd", "pyi", "rst", "sql", "svg", "tmpl", "toml", "tpl", "tsv", "ttf", "txt",
    "xml", "xsd", "xsl", "yaml", "yml", "zip",
];

/// Gives the facts of a file in the terms that all languages share.
///
/// A plain import of several modules is one import each; `from a import b, c` is one whose target has its leading dots. A module name
/// given to the import machinery is a [`ImportForm::Dynamic`] import, one for each literal that the name can take, or a computed one.
/// A literal name of a data file is an [`ImportForm::Resource`].
pub fn code_facts(file: &PythonFile) -> CodeFacts {
    let mut imports: Vec<Import> = file.imports.iter().flat_map(of_statement).collect();
    imports.extend(file.module_names.iter().flat_map(of_module_name));
    imports.extend(file.path_literals.iter().filter_map(of_path_literal));
    imports.sort_by_key(|import| (import.line, import.range.start));
    CodeFacts {
        symbols: file.symbols.clone(),
        imports,
        namespace: None,
        documentation: file
            .docstring
            .as_deref()
            .map(|text| text[..text.floor_char_boundary(MOST_DOCUMENTATION)].to_owned()),
        exports_more: file.has_module_getattr || file.imports.iter().any(is_star_at_top_level),
        syntax_errors: file
            .syntax_errors
            .iter()
            .take(MOST_ERRORS)
            .cloned()
            .collect(),
    }
}

fn is_star_at_top_level(import: &ImportStatement) -> bool {
    let is_star = |names: &[FromName]| names.iter().any(|name| name.name == "*");
    !import.circumstances.in_function
        && matches!(&import.kind, ImportKind::From { names, .. } if is_star(names))
}

fn of_statement(statement: &ImportStatement) -> Vec<Import> {
    let import = |target: String, names: Vec<String>, range: ByteRange| Import {
        target,
        form: ImportForm::Static,
        names,
        range,
        line: statement.line,
        circumstances: statement.circumstances,
    };
    match &statement.kind {
        ImportKind::Plain(names) => names
            .iter()
            .map(|name| import(name.module.clone(), Vec::new(), name.module_range))
            .collect(),
        ImportKind::From {
            level,
            module,
            module_range,
            names,
        } => {
            let dots = ".".repeat(usize::try_from(*level).unwrap_or(0).min(256));
            let names = names.iter().map(|name| name.name.clone()).collect();
            vec![import(format!("{dots}{module}"), names, *module_range)]
        }
    }
}

fn of_module_name(name_use: &ModuleNameUse) -> Vec<Import> {
    let import = |target: String, form: ImportForm| Import {
        target,
        form,
        names: Vec::new(),
        range: name_use.range,
        line: name_use.line,
        circumstances: name_use.circumstances,
    };
    match name_use.role {
        ModuleNameRole::ImportModule | ModuleNameRole::DunderImport => {}
        ModuleNameRole::Resources => {
            let resource = name_use.resource.clone();
            return resource
                .map(|resource| import(resource, ImportForm::Resource))
                .into_iter()
                .collect();
        }
        _ => return Vec::new(),
    }
    // A relative name below a package that is computed, unless that is the file's own.
    let is_own = matches!(
        name_use.expression.as_str(),
        "" | "__package__" | "__name__"
    );
    if name_use.literal.is_some() && !is_own {
        return vec![import(name_use.expression.clone(), ImportForm::Computed)];
    }
    let literals = name_use.literal.iter().chain(&name_use.candidates);
    let found: Vec<Import> = literals
        .map(|literal| import(absolute(name_use, literal), ImportForm::Dynamic))
        .collect();
    if found.is_empty() {
        return vec![import(name_use.expression.clone(), ImportForm::Computed)];
    }
    found
}

/// Joins a relative name with the literal package that it is given with.
fn absolute(name_use: &ModuleNameUse, name: &str) -> String {
    let relative = name.trim_start_matches('.');
    let level = name.len() - relative.len();
    let package = name_use
        .package
        .as_ref()
        .map(|(package, _)| package.as_str());
    let Some(mut package) = package.filter(|_| level > 0) else {
        return name.to_owned();
    };
    for _ in 1..level {
        package = package.rsplit_once('.').map_or(package, |(above, _)| above);
    }
    format!("{package}.{relative}")
}

fn of_path_literal(literal: &PathLiteral) -> Option<Import> {
    let (stem, suffix) = literal.text.rsplit_once('.')?;
    let is_data = !stem.is_empty()
        && !literal.text.contains("://")
        && DATA_SUFFIXES
            .binary_search(&suffix.to_ascii_lowercase().as_str())
            .is_ok();
    is_data.then(|| Import {
        target: literal.text.clone(),
        form: ImportForm::Resource,
        names: Vec::new(),
        range: literal.inside.unwrap_or(ByteRange::new(0, 0)),
        line: literal.line,
        circumstances: synthesizer_model::code::Circumstances::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::languages::python::parse;

    fn check(text: &str, expected: &[&str]) {
        let file = parse(text);
        let facts = code_facts(&file);
        let shown: Vec<String> = facts
            .imports
            .iter()
            .map(|import| {
                let names = import.names.join(",");
                format!(
                    "{:?} {} [{names}] {}",
                    import.form, import.target, import.line
                )
            })
            .collect();
        assert_eq!(shown, expected, "{text}");
        for import in facts
            .imports
            .iter()
            .filter(|import| import.form == ImportForm::Static)
        {
            assert_eq!(
                import.range.of(text),
                Some(import.target.as_str()),
                "{text}"
            );
        }
    }

    #[test]
    fn statements_are_imports_with_their_dots() {
        check(
            "import a.b, c as d\n",
            &["Static a.b [] 1", "Static c [] 1"],
        );
        check(
            "from ..a import b as c, d\nfrom . import e\nfrom f import *\n",
            &["Static ..a [b,d] 1", "Static . [e] 2", "Static f [*] 3"],
        );
    }

    #[test]
    fn names_given_to_the_machinery_are_dynamic_or_computed() {
        check(
            "import importlib\nimportlib.import_module('a.b')\nimportlib.import_module('..c', package='p.q')\n\
             for name in ('x', 'y'):\n    __import__(name)\nimportlib.import_module(f(1) + '.z')\n",
            &[
                "Static importlib [] 1",
                "Dynamic a.b [] 2",
                "Dynamic p.c [] 3",
                "Dynamic x [] 5",
                "Dynamic y [] 5",
                "Computed f(1) + '.z' [] 6",
            ],
        );
        check(
            "import importlib\nimportlib.import_module('.a', __package__)\nimportlib.import_module('.b', config.name)\n",
            &[
                "Static importlib [] 1",
                "Dynamic .a [] 2",
                "Computed config.name [] 3",
            ],
        );
    }

    #[test]
    fn data_files_are_resources() {
        assert!(DATA_SUFFIXES.is_sorted());
        check(
            "a = 'auth.User'\nb = 'data/words.txt'\nc = 'https://h.example/x.json'\nd = '.txt'\n",
            &["Resource data/words.txt [] 2"],
        );
    }

    #[test]
    fn functions_have_a_complexity_and_say_whether_they_are_typed() {
        let text = "def plain(a, b=1):\n    pass\n\
            def branching(a: int, *rest: int) -> int:\n    if a and a or a:\n        pass\n    elif a:\n        pass\n    else:\n        pass\n\
            \x20   for b in a:\n        while b:\n            assert b\n    with a:\n        try:\n            pass\n        except E:\n            pass\n\
            \x20       else:\n            pass\n        finally:\n            pass\n    return [x for x in a if x]\n\
            class C:\n    def __init__(self, a: int):\n        def inner(): pass\n    def bare(self) -> None: pass\n    @staticmethod\n    def s(a) -> None: pass\n\
            def matching(a) -> None:\n    match a:\n        case 1: pass\n        case _: pass\n";
        let facts = code_facts(&parse(text));
        let found: Vec<(&str, Option<u32>, Option<bool>)> = facts
            .symbols
            .iter()
            .map(|symbol| (symbol.name.as_str(), symbol.complexity, symbol.typed))
            .collect();
        assert_eq!(
            found,
            [
                ("plain", Some(1), Some(false)),
                ("branching", Some(7), Some(true)),
                ("C", None, None),
                ("C.__init__", Some(2), Some(true)),
                ("C.bare", Some(1), Some(true)),
                ("C.s", Some(1), Some(false)),
                ("matching", Some(2), Some(false)),
            ]
        );
    }
}
