//! The import graph of JavaScript and TypeScript beside dependency-cruiser's, on real published packages: those that a script drew, and
//! some that were chosen for the forms that they show. Edges lead to files, to modules of Node.js, to packages from elsewhere, and
//! nowhere; both sides must tell the same, but for at most one edge in a hundred of every tree, and each of those has to be of a class
//! that a look at its text or its manifest confirms.
//!
//! What counts as one edge: a file and a place, however often and in however many ways the one imports the other. Not compared: names
//! that are computed, files that are read as data (`new URL('./x', import.meta.url)`), and files that analysis does not read (minified
//! ones, told in the figures). The tool's settings are in `oracles/dependency_cruiser.mjs`. Without the tool the tests say so and end.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "runs the independent tool, prints the figures, and says when the tool is missing"
)]

#[path = "dependency_cruiser/differences.rs"]
mod differences;
#[path = "dependency_cruiser/oracle.rs"]
mod oracle;
#[path = "dependency_cruiser/ours.rs"]
mod ours;
#[path = "dependency_cruiser/place.rs"]
mod place;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use synthesizer_testkit::real_trees::{self, Drawn, RealTree};

use differences::{Class, class_of};
use oracle::Oracle;
use ours::{Ours, declares};
use place::{Import, Place, package_name};

/// Packages that show what drawn ones may not: sources in TypeScript beside what they are compiled to, folders with manifests,
/// CommonJS with types in comments, tests and examples that import the package itself.
const CHOSEN: [(&str, &str); 6] = [
    ("eslint", "10.15.0"),
    ("fp-ts", "2.16.11"),
    ("pino", "10.4.0"),
    ("rxjs", "7.8.2"),
    ("undici", "7.30.2"),
    ("zod", "4.6.7"),
];

/// How many edges of a tree may differ, in percent.
const MOST_DIFFERENT: f64 = 1.0;

/// A tree with fewer edges would show nothing.
const FEWEST_EDGES: usize = 100;

/// How many differences without a class are shown of one tree.
const MOST_SHOWN: usize = 20;

/// Suffixes of TypeScript.
const TYPESCRIPT: [&str; 4] = [".ts", ".tsx", ".mts", ".cts"];

/// Edges of one side, with the imports that make them.
type Edges<'i> = BTreeMap<(&'i str, &'i Place), Vec<&'i Import>>;

/// The figures of one tree.
#[derive(Debug)]
struct Figures {
    files: usize,
    /// Files that analysis did not read, by the reason.
    unread: BTreeMap<String, usize>,
    edges: usize,
    /// Edges from JavaScript and from TypeScript.
    by_language: [usize; 2],
    /// Edges by what they lead to: files, modules of Node.js, packages, nowhere.
    by_place: [usize; 4],
    of_tool_only: usize,
    of_ours_only: usize,
    classes: BTreeMap<Class, usize>,
    unexplained: Vec<String>,
}

impl Figures {
    fn differ(&self) -> usize {
        self.of_tool_only + self.of_ours_only
    }
}

/// Puts imports together to edges. An import of a file by itself is none, nor is one of a file that we did not read.
fn edges<'i>(ours: &Ours, imports: &'i [Import]) -> Edges<'i> {
    let mut edges = Edges::new();
    for import in imports {
        let is_own = matches!(&import.place, Place::File(to) if *to == import.from);
        if ours.read.contains(&import.from) && !is_own {
            let edge = (import.from.as_str(), &import.place);
            edges.entry(edge).or_default().push(import);
        }
    }
    edges
}

/// Names the declaration where the tool tells the code beside it: if ours tells both; and where a package names its code in `exports`,
/// for which TypeScript takes the declaration beside it while the tool takes what is written.
fn with_declarations(ours: &Ours, mut imports: Vec<Import>) -> Vec<Import> {
    let own = places_by_name(&ours.imports);
    for import in &mut imports {
        let Place::File(code) = &import.place else {
            continue;
        };
        let key = (import.from.clone(), code.clone());
        let name = (import.from.as_str(), import.specifier.as_str());
        let entry = || {
            let is_package = package_name(&import.specifier).is_some();
            let mut places = own.get(&name).filter(|_| is_package)?.iter();
            places.find_map(|place| match place {
                Place::File(declaration) => declares(declaration, code).then_some(declaration),
                _ => None,
            })
        };
        let declaration = ours.declared.get(&key).or_else(entry).cloned();
        if let Some(declaration) = declaration {
            import.place = Place::File(declaration);
        }
    }
    imports
}

fn compare(ours: &Ours, oracle: Oracle) -> Figures {
    let seen = ours.read.iter().chain(ours.unread.keys());
    let seen: BTreeSet<&String> = seen.collect();
    let missed: Vec<&String> = oracle.files.iter().filter(|f| !seen.contains(f)).collect();
    assert!(missed.is_empty(), "not looked at: {missed:?}");

    let files = oracle.files.len();
    let of_tool = with_declarations(ours, oracle.imports);
    let (tool, own) = (edges(ours, &of_tool), edges(ours, &ours.imports));
    let mut figures = Figures {
        files,
        unread: BTreeMap::new(),
        edges: tool.keys().chain(own.keys()).collect::<BTreeSet<_>>().len(),
        by_language: [0; 2],
        by_place: [0; 4],
        of_tool_only: 0,
        of_ours_only: 0,
        classes: BTreeMap::new(),
        unexplained: Vec::new(),
    };
    for reason in ours.unread.values() {
        *figures.unread.entry(reason.clone()).or_default() += 1;
    }
    for (from, place) in own.keys() {
        let is_typescript = TYPESCRIPT.iter().any(|suffix| from.ends_with(suffix));
        figures.by_language[usize::from(is_typescript)] += 1;
        let column = match place {
            Place::File(_) => 0,
            Place::Builtin(_) => 1,
            Place::Package(_) => 2,
            Place::Nowhere(_) => 3,
        };
        figures.by_place[column] += 1;
    }
    for (is_of_tool, side, other, others) in [
        (true, &tool, &own, &ours.imports),
        (false, &own, &tool, &of_tool),
    ] {
        let places = places_by_name(others);
        let only = side.iter().filter(|(edge, _)| !other.contains_key(*edge));
        for ((from, place), imports) in only {
            if is_of_tool {
                figures.of_tool_only += 1;
            } else {
                figures.of_ours_only += 1;
            }
            let nothing = BTreeSet::new();
            let class = imports.iter().find_map(|import| {
                let key = (import.from.as_str(), import.specifier.as_str());
                class_of(
                    ours,
                    import,
                    is_of_tool,
                    places.get(&key).unwrap_or(&nothing),
                )
            });
            match class {
                Some(class) => *figures.classes.entry(class).or_default() += 1,
                None => figures.unexplained.push(format!(
                    "{} {from} -> {place:?}, written {} ({})",
                    if is_of_tool { "tool" } else { "ours" },
                    imports[0].specifier,
                    imports[0].kind
                )),
            }
        }
    }
    figures
}

/// Lists where each name of each file leads.
fn places_by_name(imports: &[Import]) -> BTreeMap<(&str, &str), BTreeSet<&Place>> {
    let mut places: BTreeMap<(&str, &str), BTreeSet<&Place>> = BTreeMap::new();
    for import in imports {
        let name = (import.from.as_str(), import.specifier.as_str());
        places.entry(name).or_default().insert(&import.place);
    }
    places
}

/// Compares one tree, prints its figures, and adds what is wrong with them.
fn check(tool: &Path, tree: &RealTree, wrong: &mut Vec<String>) -> Figures {
    let name = format!("{} {}", tree.drawn.name, tree.drawn.version);
    let oracle = oracle::read(tool, &name, &tree.folder);
    let figures = compare(&ours::read_folder(&tree.folder), oracle);
    let [files, builtin, packages, nowhere] = figures.by_place;
    let [javascript, typescript] = figures.by_language;
    let share = 100.0 * figures.differ() as f64 / figures.edges.max(1) as f64;
    eprintln!(
        "{name}: {} files, not read {:?}; {} edges, from JavaScript {javascript}, from TypeScript {typescript}, to files {files}, to \
         Node.js {builtin}, to packages {packages}, nowhere {nowhere}; tool only {}, ours only {}, {share:.2} % {:?}",
        figures.files,
        figures.unread,
        figures.edges,
        figures.of_tool_only,
        figures.of_ours_only,
        figures.classes
    );
    let mut found = figures.unexplained.clone();
    if found.len() > MOST_SHOWN {
        let more = found.split_off(MOST_SHOWN).len();
        found.push(format!("and {more} more"));
    }
    if share > MOST_DIFFERENT {
        found.push(format!("{share:.2} % of the edges differ"));
    }
    if figures.edges < FEWEST_EDGES {
        found.push(format!("{} edges are too few", figures.edges));
    }
    wrong.extend(found.iter().map(|what| format!("{name}: {what}")));
    figures
}

#[test]
fn drawn_trees_have_the_edges_that_the_tool_finds() {
    let Some(tool) = oracle::tool() else {
        eprintln!("not run: dependency-cruiser is not installed; scripts/setup test does it");
        return;
    };
    let trees = real_trees::fetch_all("npm");
    assert!(trees.len() >= 6);
    let mut wrong = Vec::new();
    let mut by_language = [0, 0];
    for tree in &trees {
        let figures = check(&tool, tree, &mut wrong);
        for (all, one) in by_language.iter_mut().zip(figures.by_language) {
            *all += one;
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(
        by_language.iter().all(|edges| *edges > 1_000),
        "{by_language:?}"
    );
}

#[test]
fn chosen_trees_have_the_edges_that_the_tool_finds() {
    let Some(tool) = oracle::tool() else {
        eprintln!("not run: dependency-cruiser is not installed; scripts/setup test does it");
        return;
    };
    let mut wrong = Vec::new();
    for (name, version) in CHOSEN {
        let tree = real_trees::fetch(&Drawn {
            ecosystem: "npm".to_owned(),
            name: name.to_owned(),
            version: version.to_owned(),
            package: None,
        });
        check(&tool, &tree, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A difference is believed for what the text and the manifest say, not for its looks.
#[test]
fn a_class_is_confirmed_by_looking() {
    let manifest = r#"{"name": "own", "dependencies": {"events": "3", "short": "npm:long@1"}}"#;
    let code = "const made = createRequire(import.meta.url)\nmade('a')\nother('b')\n\
        /** @typedef {import('./c')} C */\n// import('./d')\ndeclare module './e' {}\n\
        createRequire(\n  url()\n)('f')\nfirst(createRequire)('g')\n/// <reference path='src/f.ts' />\n";
    let texts = [("package.json", manifest), ("x.ts", code), ("src/f.ts", "")];
    let texts = texts
        .iter()
        .map(|(path, text)| (path.to_string(), text.as_bytes().to_vec()));
    let ours = ours::read(texts.collect());
    let check = |specifier: &str, tool: Option<Place>, own: Place, expected: Option<Class>| {
        let import = Import {
            from: "x.ts".to_owned(),
            specifier: specifier.to_owned(),
            place: own,
            at: code.find(&format!("'{specifier}'")).map(|quote| quote + 1),
            kind: String::new(),
        };
        let found = class_of(&ours, &import, false, &tool.iter().collect());
        assert_eq!(found, expected, "{specifier}");
    };
    let package = |name: &str| Place::Package(name.to_owned());
    let file = |path: &str| Place::File(path.to_owned());
    check("a", None, package("a"), Some(Class::MadeRequire));
    check("b", None, package("b"), None);
    check("f", None, package("f"), Some(Class::MadeRequire));
    check("g", None, package("g"), None);
    check("./c", None, file("c.ts"), Some(Class::TypeInComment));
    check("./d", None, file("d.ts"), None);
    check("./e", None, file("e.ts"), Some(Class::Augmentation));
    let builtin = |name: &str| Some(Place::Builtin(name.to_owned()));
    check(
        "events",
        builtin("events"),
        package("events"),
        Some(Class::AskedForLikeBuiltin),
    );
    check("util", builtin("util"), package("util"), None);
    check(
        "short",
        Some(package("short")),
        package("long"),
        Some(Class::Renamed),
    );
    check("short", Some(package("short")), package("lo"), None);
    let nowhere = |name: &str| Some(Place::Nowhere(name.to_owned()));
    let sqlite = Place::Builtin("sqlite".to_owned());
    check(
        "node:sqlite",
        nowhere("node:sqlite"),
        sqlite,
        Some(Class::NewBuiltin),
    );
    check(
        "own/f",
        Some(package("own")),
        file("src/f.ts"),
        Some(Class::OwnSource),
    );
    check("own/f", Some(package("own")), file("src/none.ts"), None);
    let source = Some(package("src"));
    check(
        "src/f.ts",
        source.clone(),
        file("src/f.ts"),
        Some(Class::Reference),
    );
    check("src/f.ts", source, file("src/g.ts"), None);
    check("other/f", Some(package("other")), file("src/f.ts"), None);
}
