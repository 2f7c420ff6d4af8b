//! Tests of what becomes of texts that sources have in common with a project.

use std::collections::BTreeMap;

use bytes::Bytes;
use synthesizer_model::{
    synthesis::{LockedFile, LockedProject, LockedSource, PlanSummary, PlannedFile},
    tree::TreePath,
};

use super::*;

/// Makes a project of files: path, text, and source and path there, both empty for generated ones.
fn project(files: &[(&str, &str, &str, &str)]) -> Synthesis {
    let mut sorted = files.to_vec();
    sorted.sort_unstable();
    let path = |path: &str| TreePath::new(path).expect("a path");
    let locked = |(place, text, source, origin): &(&str, &str, &str, &str)| LockedFile {
        source: if source.is_empty() {
            "generated".to_owned()
        } else {
            (*source).to_owned()
        },
        origin: (*origin).to_owned(),
        ..provenance::locked_generated(&path(place), text.as_bytes(), "CC0-1.0")
    };
    let source = |id: &str, license: &str| LockedSource {
        id: id.to_owned(),
        url: String::new(),
        revision: String::new(),
        license: license.to_owned(),
    };
    Synthesis {
        files: sorted
            .iter()
            .map(|(place, text, ..)| OutputFile {
                path: path(place),
                contents: Bytes::copy_from_slice(text.as_bytes()),
                executable: false,
            })
            .collect(),
        plan: PlanSummary {
            files: sorted
                .iter()
                .map(|(place, ..)| PlannedFile {
                    path: path(place),
                    origin: "generated".to_owned(),
                    reason: "why".to_owned(),
                    merged_from: Vec::new(),
                })
                .collect(),
            ..PlanSummary::default()
        },
        imports: Vec::new(),
        locked_files: sorted.iter().map(locked).collect(),
        sources: vec![source("one", "MIT"), source("two", UNKNOWN)],
        project: LockedProject {
            name: "fresh".to_owned(),
            template: "minimal".to_owned(),
            ecosystem: "cargo".to_owned(),
            template_hash: None,
        },
        packages: Vec::new(),
        manifests: sorted
            .iter()
            .filter(|(place, ..)| *place == "Cargo.toml")
            .map(|(place, text, ..)| ((*place).to_owned(), (*text).to_owned()))
            .collect(),
        findings: Vec::new(),
    }
}

fn text(source: &str, path: &str, text: &str, whole: bool) -> SharedText {
    SharedText {
        source: source.to_owned(),
        path: path.to_owned(),
        text: text.to_owned(),
        whole,
    }
}

fn lines(project: &Synthesis, path: &str) -> Vec<(u32, u32, String)> {
    let file = project.locked_files.iter().find(|file| file.path == path);
    let lines = &file.expect("is locked").lines;
    lines
        .iter()
        .map(|line| (line.first, line.last, line.source.clone()))
        .collect()
}

fn line(first: u32, last: u32, source: &str) -> (u32, u32, String) {
    (first, last, source.to_owned())
}

#[test]
fn rules_of_whole_sources_are_tied_to_their_new_folders() {
    let mut fresh = project(&[
        (".gitignore", "/target/\n", "", ""),
        ("crates/a/src/lib.rs", "", "one", "src/lib.rs"),
        ("src/fresh/b/c.py", "", "two", "src/b/c.py"),
        ("src/fresh/b/d.py", "", "two", "src/b/d.py"),
    ]);
    let texts = [
        text(
            "two",
            ".gitignore",
            "*.log\n/src/b/out\n/docs\nnot/me\n**/x/y\n",
            true,
        ),
        text("one", ".gitignore", "# made\n/out\n/target/\n", true),
    ];
    fresh.merge_shared(&texts);
    let expected = "/target/\n# made\n/crates/a/out\n/crates/a/target/\n/src/fresh/**/*.log\n/src/fresh/b/out\n/src/fresh/**/x/y\n";
    assert_eq!(fresh.text_of(".gitignore").as_deref(), Some(expected));
    assert_eq!(
        lines(&fresh, ".gitignore"),
        [line(2, 4, "one"), line(5, 7, "two")]
    );
    let planned = &fresh.plan.files[0];
    assert_eq!(planned.merged_from, ["one", "two"]);
    assert_eq!(planned.reason, "why, with lines of one, two");
    let locked = &fresh.locked_files[0];
    assert_eq!(locked.transforms, ["generated", "merged"]);
    // No text is there for the license of the other one.
    assert_eq!(locked.license, "CC0-1.0 AND MIT");
    assert_eq!(locked.sha256, sha256_hex(expected.as_bytes()));

    let mut reordered = project(&[
        (".gitignore", "/target/\n", "", ""),
        ("crates/a/src/lib.rs", "", "one", "src/lib.rs"),
        ("src/fresh/b/c.py", "", "two", "src/b/c.py"),
        ("src/fresh/b/d.py", "", "two", "src/b/d.py"),
    ]);
    reordered.merge_shared(&[texts[1].clone(), texts[0].clone()]);
    assert_eq!(reordered.locked_files, fresh.locked_files);
}

#[test]
fn components_and_what_is_known_add_no_rules() {
    let check = |rules: &str, whole: bool, findings: usize| {
        let files = [
            (".gitignore", "__pycache__/\n.env\n", "", ""),
            ("src/fresh/b.py", "", "one", "src/b.py"),
        ];
        let mut fresh = project(&files);
        fresh.merge_shared(&[text("one", ".gitignore", rules, whole)]);
        assert_eq!(fresh.locked_files, project(&files).locked_files, "{rules}");
        assert_eq!(
            fresh.findings.len(),
            findings,
            "{rules}: {:?}",
            fresh.findings
        );
    };
    check("*.log\n", false, 0);
    check("__pycache__/\n", true, 0);
    check("/docs/out\n", true, 0);
    check("!.env\n", true, 1);
    check("", true, 0);
}

#[test]
fn a_project_without_rules_gets_those_of_its_sources() {
    let mut fresh = project(&[("packages/b/index.js", "", "one", "index.js")]);
    fresh.merge_shared(&[text("one", ".gitignore", "out\n", true)]);
    assert_eq!(
        fresh.text_of(".gitignore").as_deref(),
        Some("/packages/b/**/out\n")
    );
    let paths: Vec<&str> = fresh
        .locked_files
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(paths, [".gitignore", "packages/b/index.js"]);
    assert_eq!(fresh.plan.files[0].origin, "generated");
}

#[test]
fn profiles_reach_the_manifest_that_the_solver_sees() {
    let mut fresh = project(&[
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\"crates/a\"]\n",
            "",
            "",
        ),
        (
            "crates/a/Cargo.toml",
            "[package]\nname = \"a\"\n",
            "one",
            "a/Cargo.toml",
        ),
    ]);
    let manifest = "[profile.dev]\nopt-level = 1\n[patch.crates-io]\nx = { path = \"x\" }\n";
    fresh.merge_shared(&[text("one", "Cargo.toml", manifest, false)]);
    let expected =
        "[workspace]\nmembers = [\"crates/a\"]\n\n[profile.dev.package.a]\nopt-level = 1\n";
    assert_eq!(fresh.text_of("Cargo.toml").as_deref(), Some(expected));
    assert_eq!(
        fresh.manifests,
        BTreeMap::from([("Cargo.toml".to_owned(), expected.to_owned())])
    );
    assert_eq!(lines(&fresh, "Cargo.toml"), [line(3, 5, "one")]);
    let told: Vec<&str> = fresh.findings.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(told, ["settings-not-taken"]);
}

#[test]
fn settings_of_a_test_runner_go_beside_its_tests() {
    let files = [
        ("package.json", "{\"type\": \"module\"}", "", ""),
        ("tests/a/test/x.js", "", "one", "test/x.js"),
    ];
    let manifest = "{\"mocha\": {\"ui\": \"tdd\"}, \"overrides\": {\"y\": \"1\"}}";
    let mut fresh = project(&files);
    fresh.merge_shared(&[text("one", "package.json", manifest, false)]);
    assert_eq!(
        fresh.text_of("tests/a/package.json").as_deref(),
        Some(
            "{\n  \"private\": true,\n  \"type\": \"module\",\n  \"mocha\": {\n    \"ui\": \"tdd\"\n  }\n}\n"
        )
    );
    assert_eq!(lines(&fresh, "tests/a/package.json"), [line(4, 6, "one")]);
    assert_eq!(fresh.findings.len(), 1, "{:?}", fresh.findings);

    let mut kept = project(&[
        files[0],
        files[1],
        (
            "tests/a/package.json",
            "{\"mocha\": {\"ui\": \"bdd\"}}",
            "",
            "",
        ),
    ]);
    kept.merge_shared(&[text("one", "package.json", manifest, false)]);
    let told: BTreeSet<&str> = kept.findings.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(told, BTreeSet::from(["merge-clash", "settings-not-taken"]));
}

#[test]
fn a_changed_text_keeps_the_origins_of_its_lines() {
    let check = |before: &str, after: &str, expected: &[(u32, u32, String)]| {
        let mut marked = super::super::merged::Lines::of(before);
        for (number, line) in before.lines().enumerate() {
            marked.mark(number, number, line.split(' ').next().unwrap_or_default());
        }
        let merged = Merged {
            text: before.to_owned(),
            origins: marked.origins(),
            findings: Vec::new(),
        };
        let told = retold(&merged, after.to_owned());
        let found: Vec<(u32, u32, String)> = told
            .origins
            .iter()
            .map(|one| (one.first, one.last, one.source.clone()))
            .collect();
        assert_eq!(found, expected, "{before:?} {after:?}");
    };
    check(
        "a 1\nb 2\na 3\n",
        "a 1\nb 2\na 3\n",
        &[line(1, 1, "a"), line(2, 2, "b"), line(3, 3, "a")],
    );
    // One is gone, one stands for another.
    check("a 1\nb 2\na 3\n", "a 1\na 3\n", &[line(1, 2, "a")]);
    check(
        "a 1\nb 2\na 3\n",
        "a 1\nnew\na 3\n",
        &[line(1, 1, "a"), line(2, 2, "b"), line(3, 3, "a")],
    );
    // One is new.
    check(
        "a 1\nb 2\n",
        "a 1\nb 2\nnew\n",
        &[line(1, 1, "a"), line(2, 3, "b")],
    );
    check("", "new\n", &[line(1, 1, "generated")]);
    check("a 1\n", "", &[]);
}

#[test]
fn a_rule_that_hides_a_placed_file_is_not_taken() {
    let mut fresh = project(&[
        ("src/fresh/b/__init__.py", "", "one", "src/b/__init__.py"),
        ("src/fresh/b/_version.py", "", "one", "src/b/_version.py"),
        ("src/fresh/b/out/kept.py", "", "one", "src/b/out/kept.py"),
    ]);
    let rules = "*.log\n_version.py\n/src/b/out/\n*.py\n!*.py\n/src/b/tmp\n";
    fresh.merge_shared(&[text("one", ".gitignore", rules, true)]);
    let merged = fresh.text_of(".gitignore").expect("a text");
    assert!(
        merged.contains("*.log") && merged.contains("tmp"),
        "{merged}"
    );
    assert!(!merged.contains("/out/"), "{merged}");
    let told: Vec<_> = fresh
        .findings
        .iter()
        .filter(|finding| finding.kind == "settings-not-taken")
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].what.contains("kept.py"), "{told:?}");
    let (kept, hiding) = without_hiding("a\nb\nc\n", &["a", "x/b", "d"]);
    assert_eq!(kept, "\n\nc\n");
    assert_eq!(hiding, [(1, "a".to_owned()), (2, "x/b".to_owned())]);
}
