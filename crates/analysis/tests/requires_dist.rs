//! What the manifests of drawn Python sources declare beside the `Requires-Dist` and `Provides-Extra` of the wheels that were built from
//! them. The sources are read without `PKG-INFO` and `*.egg-info`, which would give the answer away. Both sides are put into one form by
//! `packaging`, which `scripts/setup test` installs.

#![expect(
    clippy::disallowed_methods,
    reason = "asks another program, which is the independent answer here"
)]

use std::{
    collections::BTreeMap,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use synthesizer_analysis::{
    manifests::ecosystems::{ECOSYSTEMS, EcosystemFacts},
    memory_tree::MemoryTree,
};
use synthesizer_model::{
    dependency::{Dependency, Ecosystem, normalize_distribution},
    project::Project,
    tree::{SourceTree as _, TreePath},
};
use synthesizer_testkit::real_trees::{self, RealTree};

/// As many of the drawn sources must state everything, and be read as they were built.
const FEWEST_EQUAL: usize = 6;

/// How the declarations of one source stand to what was built from it.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// The same requirements in the same environments for the same extras.
    Equal,
    /// The same, once the extras that the package asks of itself are written out, as Hatch does.
    EqualWrittenOut,
    /// Otherwise, with what differs.
    Different(Vec<String>),
    /// Our reading says that something is known only when it is built, and what it does state is so.
    NotStatic(String),
}

fn read(tree: &RealTree) -> EcosystemFacts {
    let is_answer = |path: &str| path.ends_with("PKG-INFO") || path.contains(".egg-info/");
    let files = real_trees::files(&tree.folder).into_iter();
    let contents = MemoryTree::of_files(files.filter(|(path, _)| !is_answer(path)));
    let mut families = ECOSYSTEMS.iter();
    let python = families.find(|family| family.ecosystem() == Ecosystem::Python);
    let python = python.expect("Python is a family");
    let relevant: Vec<TreePath> = contents
        .entries()
        .iter()
        .map(|entry| entry.path.clone())
        .filter(|path| python.is_relevant(path.as_str()))
        .collect();
    python.read(&contents, &relevant)
}

/// Gives the requirements of a project's users, as text, marker and extra; what is for its developers is in no metadata.
fn requirements(project: &Project) -> Vec<Value> {
    let extras: Vec<String> = project
        .extras
        .iter()
        .map(|extra| normalize_distribution(extra))
        .collect();
    let is_for_users = |dependency: &&Dependency| {
        let group = dependency.group.as_deref();
        group.is_none_or(|group| extras.contains(&normalize_distribution(group)))
    };
    let of_users = project.dependencies.iter().filter(is_for_users);
    of_users
        .map(|dependency| {
            let asked = match dependency.extras.as_slice() {
                [] => String::new(),
                extras => format!("[{}]", extras.join(",")),
            };
            let version = match &dependency.url {
                Some(url) => format!(" @ {url}"),
                None => dependency.specifier.clone(),
            };
            let text = format!("{}{asked}{version}", dependency.name);
            json!([text, dependency.marker, dependency.group])
        })
        .collect()
}

/// Asks `packaging` to put both sides into one form.
fn in_one_form(metadata: &str, project: &Project) -> Value {
    let question = json!({
        "metadata": metadata,
        "ours": {"extras": project.extras, "requirements": requirements(project)},
    });
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = here.ancestors().nth(2).expect("the crate lies in crates/");
    let python = workspace.join(".cache/tools/grimp/bin/python");
    assert!(python.is_file(), "run scripts/setup test");
    let mut child = Command::new(python)
        .arg(here.join("tests/oracles/requires_dist.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut input = child.stdin.take().expect("piped");
    let asked = input.write_all(question.to_string().as_bytes());
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(asked.is_ok() && output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn entries(side: &Value, key: &str) -> BTreeMap<String, String> {
    serde_json::from_value(side[key].clone()).expect("texts by texts")
}

/// Lists what only one side has, and what both have in other environments.
fn differences(answer: &Value, key: &str) -> Vec<String> {
    let expected = entries(&answer["expected"], key);
    let found = entries(&answer["found"], key);
    let missing = expected
        .iter()
        .filter(|(name, _)| !found.contains_key(*name));
    let surplus = found
        .iter()
        .filter(|(name, _)| !expected.contains_key(*name));
    let other = expected
        .iter()
        .filter(|(name, at)| found.get(*name).is_some_and(|ours| ours != *at));
    let mut lines: Vec<String> = missing.map(|(name, _)| format!("missing {name}")).collect();
    lines.extend(surplus.map(|(name, _)| format!("surplus {name}")));
    lines.extend(other.map(|(name, _)| format!("in other environments {name}")));
    if answer["expected"]["extras"] != answer["found"]["extras"] {
        let [expected, found] = ["expected", "found"].map(|side| &answer[side]["extras"]);
        lines.push(format!("extras {found}, not {expected}"));
    }
    lines
}

fn compare(tree: &RealTree) -> (Outcome, usize) {
    let what = format!("{} {}", tree.drawn.name, tree.drawn.version);
    let facts = read(tree);
    let mut projects = facts.projects.iter();
    let root = projects.find(|project| project.folder.is_empty());
    let root = root.unwrap_or_else(|| panic!("{what}: no package at the top"));
    let metadata = tree.wheel_metadata().expect("a Python source has a wheel");
    let answer = in_one_form(&metadata, root);
    let count = entries(&answer["expected"], "requirements").len();
    let left = differences(&answer, "requirements");
    if left.is_empty() {
        return (Outcome::Equal, count);
    }
    if differences(&answer, "expanded").is_empty() {
        return (Outcome::EqualWrittenOut, count);
    }
    let computed = facts.problems.iter().find(|problem| {
        let says = ["are computed", "is not static"].map(|words| problem.what.contains(words));
        root.manifests.contains(&problem.path) && says.contains(&true)
    });
    let states_too_much = left.iter().any(|line| line.starts_with("surplus"));
    match computed {
        Some(problem) if !states_too_much => (Outcome::NotStatic(problem.what.clone()), count),
        _ => (Outcome::Different(left), count),
    }
}

#[test]
fn declared_dependencies_are_what_the_built_metadata_requires() {
    let mut equal = 0;
    let mut different = Vec::new();
    for tree in real_trees::fetch_all("pypi") {
        let (outcome, count) = compare(&tree);
        let what = format!("{} {}", tree.drawn.name, tree.drawn.version);
        eprintln!("{what}: {count} requirements: {outcome:?}");
        match outcome {
            Outcome::Equal | Outcome::EqualWrittenOut => equal += 1,
            Outcome::NotStatic(_) => {}
            Outcome::Different(_) => different.push(what),
        }
    }
    eprintln!("{equal} sources are declared as they were built");
    assert!(different.is_empty(), "{different:?}");
    assert!(equal >= FEWEST_EQUAL, "only {equal}");
}
