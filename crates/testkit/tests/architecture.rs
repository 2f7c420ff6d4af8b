//! Holds the rules that the compiler does not: which crate may need which, what every source file has, where foreign names may appear.

#![expect(
    clippy::disallowed_methods,
    reason = "asks cargo and git about the workspace"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What each crate may need of the workspace, at run time and in its tests. The testkit may be needed in tests by all.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("infrastructure", &["model"]),
    ("analysis", &["model"]),
    ("synthesis", &["model"]),
    ("documentation", &["model"]),
    ("resolution", &["infrastructure", "model"]),
    ("discovery", &["infrastructure", "model"]),
    (
        "engine",
        &[
            "analysis",
            "resolution",
            "synthesis",
            "documentation",
            "discovery",
            "infrastructure",
            "model",
        ],
    ),
    ("app", &["engine", "infrastructure", "model"]),
    ("testkit", &["model"]),
];

/// Arrows that tests alone may have, besides those to the testkit: rewriting is tested on facts of the real parser.
const TEST_ARROWS: &[(&str, &str)] = &[("synthesis", "analysis")];

/// Source files above the limit of lines, each with the reason.
const LONG_FILES: &[(&str, &str)] = &[];

/// The most lines that a source file may have without a reason.
const LINE_LIMIT: usize = 600;

/// Crates of other people that may be named only below these paths.
const CONFINED: &[(&str, &[&str])] = &[
    ("ruff_python_parser", &["crates/analysis/src/languages/"]),
    ("ruff_python_ast", &["crates/analysis/src/languages/"]),
    ("ruff_text_size", &["crates/analysis/src/languages/"]),
    ("gix", &["crates/infrastructure/src/sources/"]),
    ("reqwest", &["crates/infrastructure/src/http"]),
];

/// Host names of package registries, in pieces so that this file does not hold them.
const REGISTRY_HOSTS: &[[&str; 2]] = &[
    ["pypi", ".org"],
    ["python", "hosted.org"],
    ["npm", "js.org"],
    ["npm", "js.com"],
    ["yarn", "pkg.com"],
    ["crates", ".io"],
];

/// Files that may hold registry names: a lock of Cargo does by its format.
const NAMES_REGISTRIES: &[&str] = &["Cargo.lock"];

fn workspace() -> PathBuf {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    crates.expect("the crate lies in crates/").to_path_buf()
}

fn output_of(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(workspace())
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Gives the text files of the repository, with paths from its top; what git ignores is not of it.
fn text_files() -> Vec<(String, String)> {
    let listing = [
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ];
    let mut files = Vec::new();
    for path in output_of("git", &listing).split_terminator('\0') {
        // A file that is deleted and not yet committed is still listed; a binary one has no text.
        if let Ok(text) = fs::read_to_string(workspace().join(path)) {
            files.push((path.to_owned(), text));
        }
    }
    assert!(files.len() > 20, "only {} files found", files.len());
    files
}

/// Gives the Rust files of the program and of the testkit, without their integration tests.
fn source_files() -> Vec<(String, String)> {
    let mut files = text_files();
    files.retain(|(path, _)| {
        let in_source = path
            .strip_prefix("crates/")
            .and_then(|path| path.split('/').nth(1))
            == Some("src");
        in_source && path.ends_with(".rs")
    });
    files
}

fn assert_none(what: &str, offenders: &[String]) {
    assert!(offenders.is_empty(), "{what}:\n{}", offenders.join("\n"));
}

/// Gives each arrow of `packages` (as `cargo metadata` prints them) that the table forbids.
fn forbidden_arrows(packages: &serde_json::Value) -> Vec<String> {
    let own_name = |value: &serde_json::Value| {
        let name = value["name"].as_str().expect("a package has a name");
        match name {
            "synthesizer" => Some("app".to_owned()),
            _ => name.strip_prefix("synthesizer-").map(str::to_owned),
        }
    };
    let mut offenders = Vec::new();
    for package in packages.as_array().expect("packages") {
        let from = own_name(package).unwrap_or_else(|| package["name"].to_string());
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == from) else {
            offenders.push(format!(
                "{from}: a crate without a place in the table of arrows"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let Some(to) = own_name(dependency) else {
                continue;
            };
            let for_tests = to == "testkit" || TEST_ARROWS.contains(&(from.as_str(), to.as_str()));
            let in_tests = dependency["kind"] == "dev" && for_tests;
            if !(allowed.contains(&to.as_str()) || in_tests) {
                offenders.push(format!("{from} -> {to}"));
            }
        }
    }
    offenders
}

#[test]
fn crates_need_only_what_the_architecture_allows() {
    let arguments = [
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
        "--offline",
    ];
    let metadata: serde_json::Value =
        serde_json::from_str(&output_of(env!("CARGO"), &arguments)).expect("JSON");
    assert_none("forbidden arrows", &forbidden_arrows(&metadata["packages"]));
    let names = metadata["packages"].as_array().expect("packages").len();
    assert_eq!(
        names,
        ARROWS.len(),
        "the table of arrows names crates that do not exist"
    );
}

#[test]
fn a_forbidden_arrow_is_noticed() {
    let package = |name: &str, to: &str, kind: Option<&str>| serde_json::json!({ "name": name, "dependencies": [{ "name": to, "kind": kind }] });
    let packages = serde_json::json!([
        package("synthesizer-analysis", "synthesizer-resolution", None),
        package("synthesizer-engine", "synthesizer-testkit", None),
        package("synthesizer-engine", "synthesizer-testkit", Some("dev")),
        package("synthesizer-model", "serde", None),
        package("synthesizer", "synthesizer-analysis", Some("dev")),
        package("synthesizer-other", "serde", None),
    ]);
    let expected = [
        "analysis -> resolution",
        "engine -> testkit",
        "app -> analysis",
        "other: a crate without a place in the table of arrows",
    ];
    assert_eq!(forbidden_arrows(&packages), expected);
}

#[test]
fn every_source_file_says_what_it_is_for() {
    let offenders: Vec<_> = source_files()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(path, _)| path)
        .collect();
    assert_none("files that do not start with //!", &offenders);
}

#[test]
fn no_source_file_is_too_long() {
    let excused: BTreeSet<_> = LONG_FILES.iter().map(|(path, _)| *path).collect();
    let offenders: Vec<_> = source_files()
        .into_iter()
        .map(|(path, text)| (text.lines().count(), path))
        .filter(|(lines, path)| (*lines > LINE_LIMIT) != excused.contains(path.as_str()))
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert_none("files over the limit, or excused without need", &offenders);
}

#[test]
fn foreign_crates_stay_where_they_belong() {
    let mut offenders = Vec::new();
    for (path, text) in source_files() {
        for (name, places) in CONFINED {
            if !places.iter().any(|place| path.starts_with(place)) && names_crate(&text, name) {
                offenders.push(format!("{path}: {name}"));
            }
        }
    }
    assert_none("foreign crates outside of their place", &offenders);
}

/// Says whether code, not a comment, names a crate in a path or an import.
fn names_crate(text: &str, name: &str) -> bool {
    let code = text
        .lines()
        .map(str::trim_start)
        .filter(|line| !line.starts_with("//"));
    code.into_iter().any(|line| {
        line.match_indices(name).any(|(start, _)| {
            let before = line[..start].chars().next_back();
            let after = &line[start + name.len()..];
            let whole =
                before.is_none_or(|character| !character.is_alphanumeric() && character != '_');
            let imported = line[..start].trim_end().ends_with("use");
            whole && (after.starts_with("::") || imported && after.starts_with([';', ' ']))
        })
    })
}

#[test]
fn names_of_crates_are_found_in_code_alone() {
    let check =
        |text: &str, expected: bool| assert_eq!(names_crate(text, "gix"), expected, "{text}");
    check("use gix::Repository;", true);
    check("    let x = (gix::open)(p);", true);
    check("use gix;", true);
    check("use gix as git;", true);
    check("// gix::open is not for us", false);
    check("use prefix_gix::x;", false);
    check("let gix = 1;", false);
}

#[test]
fn no_text_names_the_host_of_a_registry() {
    let needles: Vec<String> = REGISTRY_HOSTS
        .iter()
        .map(|pieces| pieces.concat())
        .collect();
    let mut offenders = Vec::new();
    for (path, text) in text_files() {
        if NAMES_REGISTRIES.contains(&path.as_str()) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let line = line.to_ascii_lowercase();
            if needles.iter().any(|needle| line.contains(needle)) {
                offenders.push(format!("{path}:{}", number + 1));
            }
        }
    }
    assert_none("host names of registries", &offenders);
}

#[test]
fn scripts_can_be_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let offenders: Vec<_> = [
        ".ci/run",
        "scripts/quickstart",
        "scripts/setup",
        "scripts/test",
    ]
    .into_iter()
    .filter(|path| {
        let metadata = fs::metadata(workspace().join(path));
        metadata.map_or(true, |metadata| metadata.permissions().mode() & 0o111 == 0)
    })
    .map(str::to_owned)
    .collect();
    assert_none("missing or not executable", &offenders);
    for path in [
        "scripts/quickstart",
        "scripts/setup",
        "scripts/test",
        ".ci/run",
    ] {
        output_of("bash", &["-n", path]);
    }
}

#[test]
fn the_example_plan_is_one() {
    let text = fs::read_to_string(workspace().join("examples/toolbox.toml")).expect("the example");
    let request: synthesizer_model::synthesis::SynthesisRequest =
        toml::from_str(&text).expect("the format of plans");
    let components: Vec<_> = request
        .repositories
        .iter()
        .flat_map(|repository| &repository.components)
        .collect();
    let smoke =
        fs::read_to_string(workspace().join("examples/toolbox_smoke.py")).expect("its test");
    assert_eq!(components.len(), 3);
    for component in components {
        let called = format!("(\"{component}\", ");
        assert!(
            smoke.contains(&called),
            "the smoke test does not call {component}"
        );
    }
}
