//! Whether a machine runs the tests when something changes.

use crate::{
    known::Known,
    quality::{Check, Outcome},
};

/// Files and folders by which services are told what to run.
const PLACES: &[&str] = &[
    ".github/workflows/",
    ".gitea/workflows/",
    ".forgejo/workflows/",
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    ".travis.yml",
    ".woodpecker.yml",
    ".woodpecker/",
    ".buildkite/",
    ".cirrus.yml",
    ".drone.yml",
    "azure-pipelines.yml",
    "appveyor.yml",
    ".appveyor.yml",
    "bitbucket-pipelines.yml",
    "Jenkinsfile",
];

/// Words of commands that run tests.
const TEST_WORDS: &[&str] = &[
    "pytest",
    "tox",
    "nox",
    "unittest",
    "runtests",
    "cargo test",
    "nextest",
    "npm test",
    "npm run test",
    "yarn test",
    "pnpm test",
    "bun test",
    "go test",
    "mvn ",
    "gradle",
    "ctest",
    "make test",
    "make check",
    "jest",
    "vitest",
    "mocha",
    "phpunit",
    "rspec",
    "test",
];

pub(super) const CHECK: Check = Check {
    name: "continuous-integration",
    weight: 2.0,
    meaning: "A service runs the tests on every change; half without a sign of tests.",
    run,
};

fn run(known: &Known<'_>) -> Outcome {
    let is_one = |path: &str| {
        PLACES.iter().any(|place| {
            if place.ends_with('/') {
                path.starts_with(place)
            } else {
                path == *place
            }
        })
    };
    let found: Vec<&str> = known
        .files
        .files()
        .iter()
        .map(|file| file.path.as_str())
        .filter(|path| is_one(path))
        .collect();
    let Some(first) = found.first() else {
        if known.is_archive() {
            return Outcome::Unknown("published archives leave such files out".to_owned());
        }
        return Outcome::scored(0.0, "no file tells a service what to run", None);
    };
    let testing = found.iter().find(|path| {
        known.files.text(path).is_some_and(|text| {
            let text = text.to_lowercase();
            TEST_WORDS.iter().any(|word| text.contains(word))
        })
    });
    match testing {
        Some(path) => {
            let result = format!(
                "{} files tell a service what to run; tests are among it",
                found.len()
            );
            Outcome::scored(1.0, result, Some((*path).to_owned()))
        }
        None => {
            let result = format!(
                "{} files tell a service what to run; none speaks of tests",
                found.len()
            );
            Outcome::scored(0.5, result, Some((*first).to_owned()))
        }
    }
}
