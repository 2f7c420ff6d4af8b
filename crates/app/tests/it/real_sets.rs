//! Real sets of published packages (`crates/resolution/tests/real_sets`): the verdict is the bare solver's, a "no" names repositories and
//! places, and every way out that is offered solves when it is applied.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde::Deserialize;
use serde_json::Value;
use synthesizer_testkit::program::Program;

use crate::crafted::program;

const SETS: &str = include_str!("../../../resolution/tests/real_sets/sets.toml");

/// How many sets are looked at at once.
const WORKERS: usize = 2;

#[derive(Deserialize)]
struct Sets {
    set: Vec<Set>,
    /// Sets that npm refuses although there is a solution: it does not go back to an older version of a peer.
    greedy: Vec<Set>,
}

#[derive(Deserialize)]
struct Set {
    id: String,
    ecosystem: String,
    repositories: Vec<String>,
    python: Option<String>,
    #[serde(default = "compatible")]
    expected: String,
    #[serde(default)]
    about: Vec<String>,
    #[serde(default)]
    between: Vec<String>,
    kind: String,
}

fn compatible() -> String {
    "compatible".to_owned()
}

impl Set {
    fn resolve(&self, program: &Program, constraints: &[String]) -> Value {
        let mut arguments = vec!["resolve", "--json", "--ecosystem", &self.ecosystem];
        arguments.extend(self.repositories.iter().map(String::as_str));
        arguments.extend(self.python.iter().flat_map(|version| ["--python", version]));
        arguments.extend(
            constraints
                .iter()
                .flat_map(|text| ["--constraint", text.as_str()]),
        );
        let mut answer = program.run(arguments).json();
        match answer.pointer_mut("/resolutions/0") {
            Some(resolution) => resolution.take(),
            None => answer,
        }
    }

    /// Says what is not as it should be.
    fn problems(&self, program: &Program) -> Vec<String> {
        let answer = self.resolve(program, &[]);
        let expected = match self.expected.as_str() {
            "compatible" => "resolved",
            _ => "unsatisfiable",
        };
        if answer["status"] != expected {
            return vec![format!("{expected} was expected: {answer:#}")];
        }
        if expected == "resolved" {
            return self.missing_twins(&answer);
        }
        let mut problems = self.unnamed(&answer);
        problems.extend(self.useless_ways_out(program, &answer));
        problems
    }

    /// Packages of which two versions were expected side by side.
    fn missing_twins(&self, answer: &Value) -> Vec<String> {
        if self.kind != "majors-coexist" {
            return Vec::new();
        }
        let packages = answer["packages"].as_array().cloned().unwrap_or_default();
        let count = |name: &str| packages.iter().filter(|one| one["name"] == name).count();
        self.about
            .iter()
            .filter(|name| count(name) < 2)
            .map(|name| format!("{name} is not there twice"))
            .collect()
    }

    /// Repositories and places that the conflicts do not name.
    fn unnamed(&self, answer: &Value) -> Vec<String> {
        let conflict = &answer["conflicts"][0];
        let named = conflict["repositories"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let mut problems: Vec<String> = self
            .between
            .iter()
            .filter(|wanted| !named.iter().any(|name| name == wanted.as_str()))
            .map(|wanted| format!("{wanted} is not named: {conflict:#}"))
            .collect();
        let requirements = conflict["requirements"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        if requirements.is_empty() {
            problems.push(format!("no requirement is named: {answer:#}"));
        }
        let nowhere = requirements.iter().filter(|one| {
            one["manifest"].as_str().is_none_or(str::is_empty)
                || one["line"].as_u64().is_none_or(|line| line == 0)
        });
        problems.extend(nowhere.map(|one| format!("without a place: {one}")));
        problems
    }

    /// Ways out that do not help; that there is none at all is one too.
    fn useless_ways_out(&self, program: &Program, answer: &Value) -> Vec<String> {
        let mut options: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        let relaxations = answer["relaxations"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let mut problems = Vec::new();
        for change in &relaxations {
            let option = options
                .entry(change["option"].as_u64().unwrap_or(0))
                .or_default();
            match change["constraint"].as_str() {
                Some(constraint) => option.push(constraint.to_owned()),
                None => problems.push(format!("cannot be passed on: {change}")),
            }
        }
        if options.is_empty() {
            problems.push(format!("no way out is offered: {answer:#}"));
        }
        for constraints in options.values() {
            let relaxed = self.resolve(program, constraints);
            if relaxed["status"] != "resolved" {
                problems.push(format!("{constraints:?} does not help: {relaxed:#}"));
            }
        }
        problems
    }
}

/// A world in which cargo finds its toolchain: where `cargo` is rustup's, that lies below the user's home.
pub(crate) fn with_tools() -> Program {
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    let folder = |variable: &str, name: &str| {
        std::env::var_os(variable).map_or_else(|| home.join(name), PathBuf::from)
    };
    program()
        .with_env("RUSTUP_HOME", folder("RUSTUP_HOME", ".rustup"))
        .with_env("CARGO_HOME", folder("CARGO_HOME", ".cargo"))
}

/// Looks at all sets of a family and shows everything that is not as it should be.
fn check(ecosystem: &str) {
    let sets: Sets = toml::from_str(SETS).expect("the list can be read");
    let sets = sets.set.into_iter().chain(sets.greedy);
    let sets: Vec<Set> = sets.filter(|set| set.ecosystem == ecosystem).collect();
    assert!(sets.len() >= 10, "{} sets", sets.len());
    let next = AtomicUsize::new(0);
    let problems = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                // What is tested is what is found, not how soon on a machine with other work.
                let program = with_tools().with_env("SYNTHESIZER__LIMITS__EXPLANATION_TIME", "4 m");
                while let Some(set) = sets.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = set.problems(&program);
                    let mut all = problems.lock().expect("nobody panics while holding it");
                    all.extend(
                        found
                            .into_iter()
                            .map(|problem| format!("{}: {problem}", set.id)),
                    );
                }
            });
        }
    });
    let problems = problems.into_inner().expect("nobody panicked");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn python_sets_have_the_verdict_of_uv() {
    check("python");
}

#[test]
fn cargo_sets_have_the_verdict_of_cargo() {
    check("cargo");
}

#[test]
fn npm_sets_have_the_verdict_of_npm() {
    check("npm");
}
