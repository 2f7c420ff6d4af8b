//! What the tests of updates share: a project made by the program, edited, and looked at by git.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use synthesizer_testkit::{
    git_repository::run_git,
    package_index::{Package, PackageIndex},
    program::{Program, Run},
};

use crate::{crafted::program_with_index, project::Project};

/// Files that the synthesis writes wholly, which are not merged.
pub(super) fn is_wholly_generated(path: &str) -> bool {
    let names = [
        "synthesis.lock",
        "synthesis.toml",
        "uv.lock",
        "Cargo.lock",
        "package-lock.json",
        "sbom.cdx.json",
        "REUSE.toml",
        "NOTICE",
    ];
    names.contains(&path) || path.starts_with("LICENSES/")
}

/// A release of `liba` with these files below its package.
pub(super) fn liba(version: &str, files: &[(&str, &str)]) -> Package {
    let files: Vec<(String, String)> = files
        .iter()
        .map(|(path, text)| (format!("liba/{path}"), (*text).to_owned()))
        .collect();
    release("liba", version, &files)
}

/// A release of a package with these files.
pub(super) fn release(name: &str, version: &str, files: &[(String, String)]) -> Package {
    let manifest = format!(
        "[project]\nname = \"{name}\"\nversion = \"{version}\"\nlicense = \"MIT\"\nrequires-python = \">=3.9\"\n"
    );
    let mut all: Vec<(&str, &[u8])> = vec![("pyproject.toml", manifest.as_bytes())];
    all.extend(
        files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_bytes())),
    );
    Package::new(name, version).with_sdist(&all)
}

/// Ten lines, of which some are others.
pub(super) fn lines(changed: &[(usize, &str)]) -> String {
    let line = |number: usize| {
        let other = changed.iter().find(|(at, _)| *at == number);
        other.map_or_else(
            || format!("VALUE_{number} = {number}"),
            |(_, text)| (*text).to_owned(),
        )
    };
    (1..=20).map(|number| line(number) + "\n").collect()
}

/// The two releases that most tests follow: `one` changes at its second line, `two` goes, `three` comes, `moved` gets another name.
pub(super) fn two_releases() -> Vec<Package> {
    let moved = lines(&[(3, "MOVED = 1")]);
    vec![
        liba(
            "1.0",
            &[
                ("__init__.py", ""),
                ("one.py", &lines(&[])),
                ("two.py", "TWO = 2\n"),
                ("moved.py", &moved),
            ],
        ),
        liba(
            "2.0",
            &[
                ("__init__.py", ""),
                ("one.py", &lines(&[(2, "VALUE_2 = 'new'")])),
                ("three.py", "THREE = 3\n"),
                ("renamed.py", &moved),
            ],
        ),
    ]
}

/// Adds what the template's group for development names.
pub(super) fn with_tools(packages: Vec<Package>) -> Vec<Package> {
    let tool = |name: &str, version: &str| {
        let module = format!("{name}.py");
        Package::new(name, version).with_wheel(&[(module.as_str(), b"")], &[])
    };
    let tools = [tool("mypy", "1.99"), tool("ruff", "0.99")];
    packages.into_iter().chain(tools).collect()
}

/// A program whose index has these releases, and the project `fresh` of `liba` 1.0.
pub(super) struct World {
    // Serves as long as the program runs.
    _index: PackageIndex,
    pub(super) program: Program,
}

impl World {
    pub(super) fn new(packages: Vec<Package>) -> Self {
        Self::of(packages, &["pypi:liba@1.0"])
    }

    pub(super) fn of(packages: Vec<Package>, repositories: &[&str]) -> Self {
        let (index, program) = program_with_index(with_tools(packages));
        let mut arguments = vec![
            "synthesize",
            "--json",
            "--no-verify",
            "--name",
            "fresh",
            "--output",
            "out",
        ];
        for repository in repositories {
            arguments.extend(["--repo", repository]);
        }
        program.run(arguments).expect_status(0);
        Self {
            _index: index,
            program,
        }
    }

    pub(super) fn root(&self) -> PathBuf {
        self.program.work().join("out")
    }

    /// Gives the folder of the taken package.
    pub(super) fn package(&self) -> PathBuf {
        self.root().join("src/fresh/liba")
    }

    pub(super) fn project(&self) -> Project {
        Project::at(self.root())
    }

    pub(super) fn update(&self, more: &[&str]) -> Run {
        let arguments = ["update", "out", "--json"].into_iter();
        self.program.run(arguments.chain(more.iter().copied()))
    }

    pub(super) fn git(&self, arguments: &[&str]) -> String {
        git(&self.root(), arguments)
    }

    pub(super) fn commit(&self, message: &str) {
        commit(&self.root(), message);
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        write(&self.root(), path, text);
    }

    pub(super) fn text(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.root().join(path)).ok()
    }
}

pub(super) fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut all = vec!["-c", "user.name=x", "-c", "user.email=x@example.invalid"];
    all.extend(arguments);
    let said = run_git(folder, &all, b"").unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
    String::from_utf8_lossy(&said).trim().to_owned()
}

pub(super) fn commit(folder: &Path, message: &str) {
    git(folder, &["add", "--all"]);
    let message = format!("--message={message}");
    git(folder, &["commit", "--quiet", "--allow-empty", &message]);
}

pub(super) fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, text).expect("written");
}

/// Copies a folder with its repository.
pub(super) fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-a").args([from, to]).status();
    assert!(done.expect("cp starts").success());
}

/// Gives the result of every file of an answer that is not `unchanged`, with what happened to it.
pub(super) fn results(answer: &Value) -> BTreeMap<String, String> {
    let files = answer["files"].as_array().expect("files");
    let told = files.iter().filter(|file| file["result"] != "unchanged");
    told.map(|file| {
        let text = |key: &str| file[key].as_str().unwrap_or("").to_owned();
        let result = format!("{} {}", text("result"), text("change"));
        (text("path"), result.trim().to_owned())
    })
    .collect()
}

/// Gives the results of the files of the package and of nothing else.
pub(super) fn package_results(answer: &Value) -> Vec<String> {
    results(answer)
        .into_iter()
        .filter_map(|(path, result)| {
            let path = path.strip_prefix("src/fresh/liba/")?;
            Some(format!("{path} {result}"))
        })
        .collect()
}
