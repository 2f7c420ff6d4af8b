//! Tests of whole trees: roles and workspaces, catalogs, versions of members, targets, locks.

use std::time::{Duration, Instant};

use synthesizer_model::project::ProjectRole;

use super::*;
use crate::memory_tree::MemoryTree;

fn read_tree(tree: &MemoryTree) -> EcosystemFacts {
    let relevant: Vec<TreePath> = tree
        .entries()
        .iter()
        .map(|entry| entry.path.clone())
        .filter(|path| Npm.is_relevant(path.as_str()))
        .collect();
    Npm.read(tree, &relevant)
}

fn read(files: &[(&str, &str)]) -> EcosystemFacts {
    read_tree(&MemoryTree::of_texts(files.iter().copied()))
}

fn problems(facts: &EcosystemFacts) -> Vec<&str> {
    facts
        .problems
        .iter()
        .map(|problem| problem.what.as_str())
        .collect()
}

fn check_roles(files: &[(&str, &str)], expected: &[(&str, ProjectRole, Option<&str>)]) {
    let facts = read(files);
    let found: Vec<(&str, ProjectRole, Option<&str>)> = facts
        .projects
        .iter()
        .map(|project| {
            (
                project.folder.as_str(),
                project.role,
                project.workspace.as_deref(),
            )
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn workspaces_name_their_members() {
    check_roles(
        &[
            (
                "package.json",
                r#"{"workspaces": ["packages/*", "!packages/out", "packages/out/deep"]}"#,
            ),
            ("packages/a/package.json", "{}"),
            ("packages/a/nested/package.json", "{}"),
            ("packages/out/package.json", "{}"),
            ("packages/out/deep/package.json", "{}"),
            ("packages/a/node_modules/x/package.json", "{}"),
            (
                "examples/package.json",
                r#"{"workspaces": {"packages": ["*"]}}"#,
            ),
            ("examples/one/package.json", "{}"),
        ],
        &[
            ("", ProjectRole::Root, None),
            ("examples", ProjectRole::Nested, None),
            ("examples/one", ProjectRole::Member, Some("examples")),
            ("packages/a", ProjectRole::Member, Some("")),
            ("packages/a/nested", ProjectRole::Nested, None),
            ("packages/out", ProjectRole::Nested, None),
            ("packages/out/deep", ProjectRole::Member, Some("")),
        ],
    );
    // For pnpm, what is taken away stays away.
    check_roles(
        &[
            (
                "pnpm-workspace.yaml",
                "packages:\n  - '!**/test/**'\n  - packages/**\n  - ../other\n",
            ),
            ("packages/a/package.json", "{}"),
            ("packages/a/test/fixture/package.json", "{}"),
        ],
        &[
            ("packages/a", ProjectRole::Member, Some("")),
            ("packages/a/test/fixture", ProjectRole::Nested, None),
        ],
    );
}

#[test]
fn circles_of_workspaces_do_not_matter() {
    let facts = read(&[
        ("a/package.json", r#"{"workspaces": ["../b", ".", "**"]}"#),
        ("b/package.json", r#"{"workspaces": ["../a"]}"#),
    ]);
    assert!(
        facts
            .projects
            .iter()
            .all(|project| project.role == ProjectRole::Nested)
    );
    assert_eq!(facts.problems.len(), 2);
}

#[test]
fn installed_packages_are_read_only_where_there_are_no_others() {
    check_roles(
        &[("node_modules/x/package.json", "{}")],
        &[("node_modules/x", ProjectRole::Nested, None)],
    );
}

#[test]
fn catalogs_and_workspace_versions_are_followed() {
    let facts = read(&[
        (
            "pnpm-workspace.yaml",
            "packages: [packages/*]\ncatalog:\n  react: ^18.2.0\n  old: npm:new@1\ncatalogs:\n  seventeen:\n    react: ^17\n",
        ),
        (
            "package.json",
            r#"{"name": "root", "dependencies": {"react": "catalog:"}}"#,
        ),
        (
            "packages/lib/package.json",
            r#"{"name": "lib", "version": "1.2.3"}"#,
        ),
        (
            "packages/app/package.json",
            r#"{"name": "app", "dependencies": {"react": "catalog:seventeen", "old": "catalog:", "none": "catalog:x",
                "lib": "workspace:^", "also": "workspace:lib@*", "missing": "workspace:~"}}"#,
        ),
    ]);
    let shown: Vec<String> = facts
        .projects
        .iter()
        .flat_map(|project| &project.dependencies)
        .map(|known| {
            let member = known.member.as_deref().unwrap_or("-");
            let parsed = known.parsed.as_deref().unwrap_or("-");
            let key = known.imported_as.as_deref().unwrap_or("-");
            format!("{member} {key} {} {} {parsed}", known.name, known.specifier)
        })
        .collect();
    assert_eq!(
        shown,
        [
            "- - react catalog: >=18.2.0, <19.0.0-0",
            "app - react catalog:seventeen >=17.0.0, <18.0.0-0",
            "app old new catalog: >=1.0.0, <2.0.0-0",
            "app - none catalog:x -",
            "app - lib workspace:^ >=1.2.3, <2.0.0-0",
            "app also lib workspace:lib@* =1.2.3",
            "app - missing workspace:~ -",
        ]
    );
    assert_eq!(
        problems(&facts),
        [
            "line 1: none is in no catalog named x",
            "line 2: missing is no package of this workspace"
        ]
    );
    assert_eq!(
        facts.projects[0].manifests,
        ["package.json", "pnpm-workspace.yaml"]
    );
    let yarn = read(&[
        (
            ".yarnrc.yml",
            "nodeLinker: node-modules\ncatalog:\n  a: ^1\n",
        ),
        ("package.json", r#"{"devDependencies": {"a": "catalog:"}}"#),
    ]);
    assert_eq!(
        yarn.projects[0].dependencies[0].parsed.as_deref(),
        Some(">=1.0.0, <2.0.0-0")
    );
}

#[test]
fn targets_are_the_files_that_node_would_take() {
    let facts = read(&[
        (
            "package.json",
            r#"{"name": "x", "main": "./lib", "bin": "cli", "types": "dist/index.d.ts"}"#,
        ),
        ("lib/index.js", ""),
        ("cli.js", ""),
        (
            "plain/package.json",
            "{\"directories\": {\"bin\": \"bin\"}}",
        ),
        ("plain/index.js", ""),
        ("plain/bin/run", ""),
        ("plain/bin/.hidden", ""),
        ("plain/bin/deep/run", ""),
    ]);
    let shown: Vec<String> = facts
        .projects
        .iter()
        .flat_map(|project| &project.targets)
        .map(|target| {
            format!(
                "{} {} {}",
                target.kind,
                target.name,
                target.path.as_deref().unwrap_or("-")
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "main . lib/index.js",
            "types . dist/index.d.ts",
            "bin x cli.js",
            "main . plain/index.js",
            "bin run plain/bin/run",
        ]
    );
}

#[test]
fn every_lock_file_is_read_with_the_packages_beside_it() {
    let facts = read(&[
        (
            "package.json",
            r#"{"name": "root", "workspaces": ["packages/*"], "dependencies": {"a": "^1"}}"#,
        ),
        (
            "packages/m/package.json",
            r#"{"name": "m", "version": "0.1.0", "devDependencies": {"b": "1"}}"#,
        ),
        (
            "yarn.lock",
            "a@^1:\n  version \"1.0.0\"\n\nb@1:\n  version \"1.1.0\"\n",
        ),
        (
            "package-lock.json",
            r#"{"packages": {"": {"name": "root"}}}"#,
        ),
        ("packages/m/bun.lockb", "\u{0}"),
        ("x/pnpm-lock.yaml", "packages:\n  /c@1.0.0: {dev: false}\n"),
        ("x/bun.lock", "{\"packages\": {},}"),
        ("x/node_modules/yarn.lock", ""),
    ]);
    let shown: Vec<String> = facts
        .locks
        .iter()
        .flat_map(|lock| {
            lock.packages.iter().map(|package| {
                let by = package.required_by.join(",");
                let development = if package.development { " dev" } else { "" };
                format!(
                    "{} {}@{} [{by}]{development}",
                    lock.path, package.name, package.version
                )
            })
        })
        .collect();
    assert_eq!(
        shown,
        [
            "package-lock.json root@ []",
            "x/pnpm-lock.yaml .@ []",
            "x/pnpm-lock.yaml c@1.0.0 []",
            "yarn.lock a@1.0.0 [root]",
            "yarn.lock b@1.1.0 [m] dev",
            "yarn.lock m@0.1.0 []",
            "yarn.lock root@ []",
        ]
    );
    let paths: Vec<&str> = facts.locks.iter().map(|lock| lock.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "package-lock.json",
            "x/bun.lock",
            "x/pnpm-lock.yaml",
            "yarn.lock"
        ]
    );
    assert_eq!(
        problems(&facts),
        ["is Bun's lock file in its binary form, which is not read"]
    );
}

#[test]
fn many_packages_and_patterns_are_bounded() {
    let patterns: Vec<String> = (0..1_500)
        .map(|number| format!("\"**/*{number}*/**/x*\""))
        .collect();
    let root = format!("{{\"workspaces\": [{}]}}", patterns.join(","));
    let mut files = vec![("package.json".to_owned(), root.into_bytes())];
    for number in 0..3_000 {
        files.push((
            format!("p/{}/q{number}/package.json", "a/".repeat(20)),
            b"{}".to_vec(),
        ));
    }
    let files: Vec<(String, Vec<u8>)> = files
        .into_iter()
        .map(|(path, bytes)| (path.replace("//", "/"), bytes))
        .collect();
    let origin = MemoryTree::of_texts([]).origin().clone();
    let started = Instant::now();
    let facts = read_tree(&MemoryTree::new(origin, files));
    assert_eq!(facts.projects.len(), 3_001);
    assert!(
        started.elapsed() < Duration::from_secs(30),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn bytes_that_are_no_text_are_problems() {
    let origin = MemoryTree::of_texts([]).origin().clone();
    let files = [
        ("package.json".to_owned(), b"{\"name\": \"a\xff\"}".to_vec()),
        ("b/package.json".to_owned(), vec![0, 159, 146, 150]),
        ("pnpm-lock.yaml".to_owned(), b"\xff\xfe\x00".to_vec()),
    ];
    let facts = read_tree(&MemoryTree::new(origin, files));
    assert_eq!(facts.projects.len(), 1);
    assert!(facts.problems.len() >= 4, "{:?}", facts.problems);
}
