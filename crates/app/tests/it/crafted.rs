//! Small packages written by tests, as local folders, and the runs that take them. Each test writes its own.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::Value;
use synthesizer_testkit::{
    package_index::{Package, PackageIndex},
    program::{Program, Run},
};

use crate::project::Project;

/// Gives the program that Cargo built for these tests, in a world of its own.
pub(crate) fn program() -> Program {
    Program::at(env!("CARGO_BIN_EXE_synthesizer"))
}

/// Writes a folder of files below the folder that runs start in.
pub(crate) fn folder(program: &Program, name: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = program.work().join(name);
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a file lies in a folder"))
            .expect("the folder can be made");
        fs::write(path, text).expect("the file can be written");
    }
    root
}

/// Writes a package: `files` and a manifest with more lines below `[project]`.
pub(crate) fn package(
    program: &Program,
    name: &str,
    manifest: &str,
    files: &[(&str, &str)],
) -> PathBuf {
    let manifest =
        format!("[project]\nname = \"{name}\"\nversion = \"1.2.3\"\nlicense = \"MIT\"\n{manifest}");
    let files: Vec<(&str, &str)> = files
        .iter()
        .copied()
        .chain([("pyproject.toml", manifest.as_str())])
        .collect();
    folder(program, name, &files)
}

/// Runs `synthesize --json` over the repositories into `./out` under the name `fresh`.
pub(crate) fn synthesize(program: &Program, repositories: &[&str], more: &[&str]) -> Run {
    let mut arguments = vec!["synthesize", "--json", "--name", "fresh", "--output", "out"];
    for repository in repositories {
        arguments.extend(["--repo", repository]);
    }
    arguments.extend(more);
    program.run(arguments)
}

/// The same, for a run that has to succeed; gives its answer and the project.
pub(crate) fn synthesized(
    program: &Program,
    repositories: &[&str],
    more: &[&str],
) -> (Value, Project) {
    let run = synthesize(program, repositories, more).expect_status(0);
    (run.json(), Project::at(program.work().join("out")))
}

/// Gives the result of every check of an answer by the check's name.
pub(crate) fn checks(answer: &Value) -> BTreeMap<String, String> {
    let checks = answer["verification"]["checks"]
        .as_array()
        .expect("the answer has checks");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    checks
        .iter()
        .map(|check| (text(&check["name"]), text(&check["result"])))
        .collect()
}

/// Checks that every check of an answer passed, those up to level `install` at least.
pub(crate) fn assert_verified(answer: &Value) {
    let checks = checks(answer);
    let shown = &answer["verification"]["checks"];
    for name in ["parse", "imports-resolve", "install", "import", "behaviour"] {
        assert_eq!(
            checks.get(name).map(String::as_str),
            Some("passed"),
            "{name}: {shown:#}"
        );
    }
    assert!(
        checks.values().all(|result| result == "passed"),
        "{shown:#}"
    );
}

/// Gives the findings of a kind as `path:line what`, sorted.
pub(crate) fn findings(answer: &Value, kind: &str) -> Vec<String> {
    let findings = answer["plan"]["findings"]
        .as_array()
        .expect("the answer has findings");
    let of_kind = findings.iter().filter(|finding| finding["kind"] == kind);
    let mut shown: Vec<String> = of_kind
        .map(|finding| {
            let path = finding["path"].as_str().unwrap_or("");
            let what = finding["what"].as_str().expect("text");
            match finding["line"].as_u64() {
                Some(line) => format!("{path}:{line} {what}"),
                None => format!("{path} {what}"),
            }
        })
        .collect();
    shown.sort();
    shown
}

/// Checks that a run left nothing behind: no temporary file, no process, no staging beside the output.
pub(crate) fn assert_nothing_left(program: &Program) {
    assert_eq!(program.temporary_files(), [""; 0], "temporary files");
    assert_eq!(program.left_processes(), [""; 0], "processes");
    let entries = fs::read_dir(program.work()).expect("the folder exists");
    let hidden: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("the folder can be read")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name.starts_with('.') || name.contains("staging"))
        .collect();
    assert_eq!(hidden, [""; 0], "left beside the output");
    let scratch = program.world().join("cache/synthesizer/scratch");
    let scratch = fs::read_dir(scratch).map_or(0, Iterator::count);
    assert_eq!(scratch, 0, "scratch folders");
}

/// Gives a program whose only package index is a stand-in with these packages, and those that every new project has in its group
/// for development.
pub(crate) fn program_with_index(packages: Vec<Package>) -> (PackageIndex, Program) {
    let tools = [("pytest", "8.0"), ("ruff", "0.99"), ("mypy", "1.99")];
    let tools = tools.map(|(name, version)| {
        let module = format!("{name}.py");
        Package::new(name, version).with_wheel(&[(&module, b"")], &[])
    });
    let index = PackageIndex::start(packages.into_iter().chain(tools).collect());
    let program = program().with_env("UV_DEFAULT_INDEX", index.index_url());
    (index, program)
}
