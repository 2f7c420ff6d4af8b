//! Crates put together from trees in memory: inheritance, membership, targets, and trees that mean harm.

use synthesizer_model::project::{Project, ProjectRole};

use super::*;
use crate::memory_tree::MemoryTree;

fn read(files: &[(&str, &str)]) -> EcosystemFacts {
    let tree = MemoryTree::of_texts(files.iter().copied());
    read_tree(&tree)
}

fn read_tree(tree: &MemoryTree) -> EcosystemFacts {
    let paths = tree.entries().iter().map(|entry| entry.path.clone());
    let relevant: Vec<TreePath> = paths
        .filter(|path| Cargo.is_relevant(path.as_str()))
        .collect();
    Cargo.read(tree, &relevant)
}

fn project<'f>(facts: &'f EcosystemFacts, folder: &str) -> &'f Project {
    let mut projects = facts.projects.iter();
    projects
        .find(|project| project.folder == folder)
        .expect("a package in the folder")
}

fn told(facts: &EcosystemFacts) -> Vec<String> {
    let problems = facts.problems.iter();
    problems
        .map(|problem| format!("{}: {}", problem.path, problem.what))
        .collect()
}

/// Checks the requirements of one package, each in one line.
fn check(files: &[(&str, &str)], folder: &str, expected: &[&str]) -> EcosystemFacts {
    let facts = read(files);
    let found: Vec<String> = project(&facts, folder)
        .dependencies
        .iter()
        .map(|dependency| {
            let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
            format!(
                "{}:{} {} as {} {:?} = {} group {} extras {:?} marker {} url {} of {}",
                dependency.manifest,
                dependency.line,
                dependency.name,
                text(&dependency.imported_as),
                dependency.specifier,
                text(&dependency.parsed),
                text(&dependency.group),
                dependency.extras,
                text(&dependency.marker),
                text(&dependency.url),
                text(&dependency.member),
            )
        })
        .collect();
    assert_eq!(found, expected);
    facts
}

#[test]
fn requirements_come_with_everything_that_they_say() {
    let facts = check(
        &[(
            "Cargo.toml",
            "[package]\nname = 'a'\nversion = '0.1.0'\n[dependencies]\nshort = { package = 'long-name', version = '0.3' }\n\
             plain = { version = '*', default-features = false, features = ['b', 'a', 'b'] }\n\
             forge = { git = 'https://user:secret@example.test/x?token=1', branch = 'a&b' }\nnear = { path = 'sub/../near' }\n\
             far = { path = '../far', version = '1.2' }\nother = { version = '=1.0', registry = 'mine' }\n\
             maybe = { version = '1', optional = true }\nhidden = { version = '1', optional = true }\n\
             [build-dependencies]\ncc = '1'\n[dev-dependencies]\nbad = 'one'\n[target.'cfg(unix)'.dependencies]\nlibc = '0.2'\n\
             [features]\nfast = ['dep:hidden', 'maybe?/x']\n[patch.crates-io]\nlibc = { path = 'libc' }\n",
        )],
        "",
        &[
            "Cargo.toml:5 long-name as short \"0.3\" = >=0.3.0, <0.4.0 group - extras [] marker - url - of -",
            "Cargo.toml:6 plain as - \"*\" = - group - extras [\"-default\", \"b\", \"a\"] marker - url - of -",
            "Cargo.toml:7 forge as - \"\" = - group - extras [] marker - url git+https://example.test/x?branch=a%26b of -",
            "Cargo.toml:8 near as - \"\" = - group - extras [] marker - url path+near of -",
            "Cargo.toml:9 far as - \"1.2\" = >=1.2.0, <2.0.0 group - extras [] marker - url path+../far of -",
            "Cargo.toml:10 other as - \"=1.0\" = >=1.0.0, <1.1.0 group - extras [] marker - url registry+mine of -",
            "Cargo.toml:11 maybe as - \"1\" = >=1.0.0, <2.0.0 group maybe extras [] marker - url - of -",
            "Cargo.toml:12 hidden as - \"1\" = >=1.0.0, <2.0.0 group fast extras [] marker - url - of -",
            "Cargo.toml:14 cc as - \"1\" = >=1.0.0, <2.0.0 group build extras [] marker - url - of -",
            "Cargo.toml:16 bad as - \"one\" = - group dev extras [] marker - url - of -",
            "Cargo.toml:18 libc as - \"0.2\" = >=0.2.0, <0.3.0 group - extras [] marker cfg(unix) url - of -",
        ],
    );
    assert_eq!(project(&facts, "").extras, ["fast", "maybe"]);
    let told = told(&facts);
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(
        told[0],
        "Cargo.toml: line 22: [patch] puts path+libc in the place of `libc` of `crates-io`"
    );
    assert!(told[1].starts_with("Cargo.toml: line 16: `one` is no version requirement"));
}

const ROOT: &str = "[workspace]\nmembers = ['crates/*', 'gone']\nexclude = ['crates/out']\n\
    [workspace.package]\nversion = '2.0.0'\nedition = '2021'\nlicense = 'MIT/Apache-2.0'\nlicense-file = 'LICENSE'\npublish = false\n\
    [workspace.dependencies]\nserde = { version = '1', features = ['derive'], default-features = false }\ncore = { path = 'crates/core' }\n";

#[test]
fn a_member_inherits_from_its_workspace() {
    let member = "[package]\nname = 'app'\nversion.workspace = true\nedition.workspace = true\nlicense = { workspace = true }\n\
         license-file.workspace = true\npublish.workspace = true\nreadme.workspace = true\nrust-version.workspace = true\n\
         [dependencies]\nserde = { workspace = true, features = ['rc'], optional = true }\ncore.workspace = true\n\
         [dev-dependencies]\nserde = { workspace = true, default-features = true }\nmissing = { workspace = true }\n";
    let facts = check(
        &[
            ("Cargo.toml", ROOT),
            ("crates/app/Cargo.toml", member),
            ("crates/core/Cargo.toml", "[package]\nname = 'core'\n"),
            ("crates/out/Cargo.toml", "[package]\nname = 'out'\n"),
        ],
        "crates/app",
        &[
            "crates/app/Cargo.toml:11 serde as - \"1\" = >=1.0.0, <2.0.0 group serde extras [\"-default\", \"derive\", \"rc\"] marker - url - of app",
            "crates/app/Cargo.toml:12 core as - \"\" = - group - extras [] marker - url path+crates/core of app",
            "crates/app/Cargo.toml:14 serde as - \"1\" = >=1.0.0, <2.0.0 group dev extras [\"derive\"] marker - url - of app",
            "crates/app/Cargo.toml:15 missing as - \"\" = - group dev extras [] marker - url - of app",
        ],
    );
    let app = project(&facts, "crates/app");
    assert_eq!(app.facts.version.as_deref(), Some("2.0.0"));
    assert_eq!(
        app.runtimes.get("edition").map(String::as_str),
        Some("2021")
    );
    assert_eq!(app.license.as_deref(), Some("MIT OR Apache-2.0"));
    assert_eq!(app.license_files, ["../../LICENSE"]);
    assert!(app.private);
    let roles: Vec<(&str, ProjectRole, Option<&str>)> = facts
        .projects
        .iter()
        .map(|project| {
            let workspace = project.workspace.as_deref();
            (project.folder.as_str(), project.role, workspace)
        })
        .collect();
    assert_eq!(
        roles,
        [
            ("", ProjectRole::Root, Some("")),
            ("crates/app", ProjectRole::Member, Some("")),
            ("crates/core", ProjectRole::Member, Some("")),
            ("crates/out", ProjectRole::Nested, None),
        ]
    );
    assert_eq!(
        told(&facts),
        [
            "Cargo.toml: line 2: the member `gone` is not in the tree",
            "crates/app/Cargo.toml: line 9: a field is taken from a workspace that does not give it",
            "crates/app/Cargo.toml: line 15: `missing` is not among the requirements that its workspace gives",
        ]
    );
}

#[test]
fn path_requirements_join_the_workspace_and_nested_ones_stay_apart() {
    let facts = read(&[
        (
            "Cargo.toml",
            "[package]\nname = 'top'\n[workspace]\n[dependencies]\na = { path = 'a' }\n",
        ),
        (
            "a/Cargo.toml",
            "[package]\nname = 'a'\n[target.x.dev-dependencies]\nb = { path = '../b' }\n",
        ),
        ("b/Cargo.toml", "[package]\nname = 'b'\n"),
        ("c/Cargo.toml", "[package]\nname = 'c'\n"),
        (
            "d/Cargo.toml",
            "[workspace]\nmembers = ['e', '../f', '../b']\n",
        ),
        ("d/e/Cargo.toml", "[package]\nname = 'e'\n"),
        (
            "f/Cargo.toml",
            "[package]\nname = 'f'\nworkspace = '../d'\n",
        ),
    ]);
    let workspaces: Vec<(&str, Option<&str>)> = facts
        .projects
        .iter()
        .map(|project| (project.folder.as_str(), project.workspace.as_deref()))
        .collect();
    assert_eq!(
        workspaces,
        [
            ("", Some("")),
            ("a", Some("")),
            ("b", Some("")),
            ("c", None),
            ("d", Some("d")),
            ("d/e", Some("d")),
            ("f", Some("d")),
        ]
    );
}

/// Checks the targets of the one package of a tree, each as `kind name path`.
fn check_targets(manifest: &str, files: &[&str], expected: &[&str]) {
    let manifest = format!("[package]\nname = 'my-app'\n{manifest}");
    let mut tree = vec![("p/Cargo.toml", manifest.as_str())];
    tree.extend(files.iter().map(|path| (*path, "")));
    let facts = read(&tree);
    let targets = &project(&facts, "p").targets;
    let found: Vec<String> = targets
        .iter()
        .map(|target| {
            let path = target.path.as_deref().unwrap_or("-");
            format!("{} {} {path}", target.kind, target.name)
        })
        .collect();
    assert_eq!(found, expected, "{manifest}");
}

#[test]
fn targets_are_found_by_their_place() {
    let files = [
        "p/src/lib.rs",
        "p/src/main.rs",
        "p/src/bin/one.rs",
        "p/src/bin/two/main.rs",
        "p/src/bin/two/other.rs",
        "p/examples/ex.rs",
        "p/tests/t.rs",
        "p/tests/common/mod.rs",
        "p/tests/.hidden.rs",
        "p/benches/b.rs",
        "p/build.rs",
    ];
    check_targets(
        "edition = '2021'",
        &files,
        &[
            "lib my_app p/src/lib.rs",
            "bin my-app p/src/main.rs",
            "bin one p/src/bin/one.rs",
            "bin two p/src/bin/two/main.rs",
            "example ex p/examples/ex.rs",
            "test t p/tests/t.rs",
            "bench b p/benches/b.rs",
            "build-script build-script-build p/build.rs",
        ],
    );
    check_targets(
        "edition = '2021'\nautobins = false\nautotests = false\nautobenches = false\nautoexamples = false\nautolib = false\nbuild = false\n\
         [[bin]]\nname = 'one'",
        &files,
        &["bin one p/src/bin/one.rs"],
    );
    check_targets(
        "edition = '2021'\nbuild = 'make/it.rs'\n[lib]\nproc-macro = true\nname = 'other'\n[[bin]]\nname = 'x'\npath = 'src/./main.rs'\n\
         [[test]]\nname = 'u'\npath = 'q/u.rs'\n[[bench]]\nname = 'gone'",
        &files,
        &[
            "proc-macro other p/src/lib.rs",
            "bin one p/src/bin/one.rs",
            "bin two p/src/bin/two/main.rs",
            "bin x p/src/main.rs",
            "example ex p/examples/ex.rs",
            "test t p/tests/t.rs",
            "test u p/q/u.rs",
            "bench b p/benches/b.rs",
            "bench gone -",
            "build-script build-script-it p/make/it.rs",
        ],
    );
}

#[test]
fn edition_2015_has_rules_of_its_own() {
    check_targets(
        "[lib]\nname = 'old'\n[[bin]]\nname = 'tool'\n[[bench]]\nname = 'bench'",
        &[
            "p/src/old.rs",
            "p/src/main.rs",
            "p/src/bench.rs",
            "p/src/bin/z.rs",
        ],
        &[
            "lib old p/src/old.rs",
            "bin tool p/src/main.rs",
            "bench bench p/src/bench.rs",
        ],
    );
    check_targets(
        "autobins = true\n[[bin]]\nname = 'tool'",
        &["p/src/tool.rs", "p/src/bin/z.rs"],
        &["bin tool p/src/tool.rs", "bin z p/src/bin/z.rs"],
    );
}

#[test]
fn circles_and_absurd_trees_end_well() {
    let circle = "[package]\nname = 'x'\nworkspace = '../b'\nversion.workspace = true\n[dependencies]\nb = { path = '../b' }\n";
    let other = circle.replace("../b", "../a");
    let facts = read(&[("a/Cargo.toml", circle), ("b/Cargo.toml", &other)]);
    assert_eq!(facts.projects.len(), 2);
    assert!(
        facts
            .projects
            .iter()
            .all(|project| project.workspace.is_none())
    );

    let wide = format!(
        "[workspace]\nmembers = [{}]\n",
        "'**/*a*a*a*b', ".repeat(15_000)
    );
    let members: Vec<String> = (0..3_000)
        .map(|number| format!("{}/{number}/Cargo.toml", "a".repeat(200)))
        .collect();
    let mut files: Vec<(&str, &str)> = members
        .iter()
        .map(|path| (path.as_str(), "[package]\nname = 'x'\n"))
        .collect();
    files.push(("Cargo.toml", &wide));
    let facts = read(&files);
    assert_eq!(facts.projects.len(), 3_001);
    assert!(told(&facts)[0].contains("too many steps"));
}

#[test]
fn what_many_members_inherit_is_bounded() {
    let features = "'a-feature-with-quite-a-long-name', ".repeat(1_000);
    let features: String = features
        .match_indices("name")
        .enumerate()
        .map(|(number, _)| format!("'{}{number}', ", "f".repeat(400)))
        .collect();
    let root = format!(
        "[workspace]\nmembers = ['*']\n[workspace.dependencies]\nd = {{ version = '1', features = [{features}] }}\n"
    );
    let member: String = (0..100)
        .map(|number| format!("[target.t{number}.dependencies]\nd.workspace = true\n"))
        .collect();
    let member = format!("[package]\nname = 'm'\n{member}");
    let paths: Vec<String> = (0..100)
        .map(|number| format!("m{number}/Cargo.toml"))
        .collect();
    let mut files: Vec<(&str, &str)> = paths
        .iter()
        .map(|path| (path.as_str(), member.as_str()))
        .collect();
    files.push(("Cargo.toml", &root));
    let facts = read(&files);
    let kept: usize = facts
        .projects
        .iter()
        .map(|project| project.dependencies.len())
        .sum();
    assert!(kept > 50 && kept < 1_000, "{kept}");
    assert!(
        told(&facts)
            .iter()
            .any(|problem| problem.contains("more requirements than are kept"))
    );
}

#[test]
fn a_lock_knows_the_packages_of_the_tree() {
    let facts = read(&[
        ("Cargo.toml", "[package]\nname = 'a'\n"),
        (
            "Cargo.lock",
            "version = 3\n[[package]]\nname = 'a'\nversion = '0.0.0'\ndependencies = ['b']\n[[package]]\nname = 'b'\nversion = '1.0.0'\nsource = 'registry+x'\n",
        ),
    ]);
    let packages = &facts.locks[0].packages;
    assert!(packages[0].own && !packages[1].own);
    assert_eq!(packages[1].required_by, ["a"]);
}
