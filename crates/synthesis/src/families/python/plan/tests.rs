//! Whole projects from small sources.

use synthesizer_model::{
    ErrorCode,
    component::Need,
    finding::Severity,
    synthesis::{LockedResolution, SynthesisLock, SynthesisRequest},
};

use super::*;
use crate::assembly::OutputFile;
use crate::{
    Completion,
    families::python::input::SourceInput,
    families::python::sample::{component, input, needs, path, request, source},
    finish,
};
use bytes::Bytes;
use synthesizer_model::tree::sha256_hex;

fn click() -> SourceInput {
    let mut click = source(
        "click",
        &[
            ("click/formatting.py", "from click._compat import x\n"),
            ("click/_compat.py", "x = 1\n"),
            ("click/data.txt", "a\r\nb"),
        ],
        &["click/__init__.py"],
    );
    click.record.license = Some("BSD-3-Clause".to_owned());
    click
        .record
        .texts
        .push(("LICENSE.txt".to_owned(), "Copyright Pallets".to_owned()));
    click.needed.push(needs(
        "colorama",
        "colorama; platform_system == 'Windows'",
        Need::Required,
    ));
    click.components.push(component(
        "click.formatting:HelpFormatter",
        "click.formatting",
        Some("HelpFormatter"),
    ));
    click
}

fn requests() -> SourceInput {
    let mut requests = source(
        "requests",
        &[
            ("requests/__init__.py", "import requests.api\n"),
            ("requests/api.py", ""),
        ],
        &[],
    );
    requests.record.license = Some("MIT OR Apache-2.0".to_owned());
    requests.record.marks_changes = true;
    requests.record.destination = Some(path("net"));
    requests
        .needed
        .push(needs("idna", "idna<4,>=2.5", Need::Required));
    requests
        .needed
        .push(needs("colorama", "colorama>=0.4", Need::Optional));
    requests
        .needed
        .push(needs("chardet", "chardet<6,>=3.0.2", Need::Optional));
    let mut whole = component("requests", "requests.api", None);
    whole.modules.insert(0, "requests".to_owned());
    requests.components.push(whole);
    requests
}

fn planned(sources: Vec<SourceInput>) -> Synthesis {
    let request = request(&sources);
    plan(&input(&request, sources)).expect("a plan")
}

fn text<'a>(files: &'a [OutputFile], path: &str) -> &'a str {
    let file = files
        .iter()
        .find(|file| file.path.as_str() == path)
        .expect(path);
    std::str::from_utf8(&file.contents).expect("UTF-8")
}

#[test]
fn a_project_has_every_file_with_its_origin() {
    let synthesis = planned(vec![click(), requests()]);
    let origins: Vec<(&str, &str)> = synthesis
        .plan
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.origin.as_str()))
        .collect();
    assert_eq!(
        origins,
        [
            (".editorconfig", "generated"),
            (".github/workflows/check.yml", "generated"),
            (".gitignore", "generated"),
            ("LICENSES/Apache-2.0.txt", "generated"),
            ("LICENSES/BSD-3-Clause.txt", "generated"),
            ("LICENSES/CC0-1.0.txt", "generated"),
            ("LICENSES/LicenseRef-license-text.txt", "generated"),
            ("LICENSES/MIT.txt", "generated"),
            ("NOTICE", "generated"),
            ("pyproject.toml", "generated"),
            ("src/toolbox/__init__.py", "generated"),
            ("src/toolbox/click/__init__.py", "generated"),
            ("src/toolbox/click/_compat.py", "click:lib/click/_compat.py"),
            ("src/toolbox/click/data.txt", "click:lib/click/data.txt"),
            (
                "src/toolbox/click/formatting.py",
                "click:lib/click/formatting.py"
            ),
            ("src/toolbox/net/__init__.py", "generated"),
            (
                "src/toolbox/net/requests/__init__.py",
                "requests:lib/requests/__init__.py"
            ),
            (
                "src/toolbox/net/requests/api.py",
                "requests:lib/requests/api.py"
            ),
            ("synthesis.toml", "generated"),
            ("tests/test_components.py", "generated"),
        ]
    );
    assert_eq!(
        text(&synthesis.files, "src/toolbox/click/data.txt"),
        "a\r\nb"
    );
    assert_eq!(
        text(&synthesis.files, "src/toolbox/__init__.py"),
        "\"\"\"Parts of click 1.2.3 and requests 1.2.3.\"\"\"\n"
    );
    assert_eq!(
        text(&synthesis.files, "src/toolbox/net/requests/__init__.py"),
        "# Modified by Synthesizer: imports rewritten (from requests 1.2.3, MIT OR Apache-2.0).\nimport toolbox.net.requests.api\n"
    );
    let imports: Vec<&str> = synthesis
        .imports
        .iter()
        .map(|hint| hint.import_as.as_str())
        .collect();
    assert_eq!(
        imports,
        [
            "from toolbox.click.formatting import HelpFormatter",
            "import toolbox.net.requests"
        ]
    );
    let test = text(&synthesis.files, "tests/test_components.py");
    let cases = test
        .split("COMPONENTS: list[tuple[str, str | None]] = ")
        .nth(1)
        .and_then(|rest| rest.split("\n#").next());
    assert_eq!(
        cases,
        Some(
            "[\n    (\"toolbox.click.formatting\", \"HelpFormatter\"),\n    (\"toolbox.net.requests\", None),\n]"
        )
    );
}

#[test]
fn the_manifest_declares_what_the_closures_import() {
    let synthesis = planned(vec![click(), requests()]);
    assert_eq!(
        synthesis.manifests["pyproject.toml"],
        r#"[project]
name = "toolbox"
version = "0.1.0"
description = "Parts of click 1.2.3 and requests 1.2.3."
readme = "README.md"
requires-python = ">=3.9"
license = "BSD-3-Clause AND (MIT OR Apache-2.0)"
license-files = ["LICENSES/*", "NOTICE"]
dependencies = [
    "colorama; platform_system == 'Windows'",
    "colorama>=0.4",
    "idna<4,>=2.5",
]

[project.optional-dependencies]
chardet = [
    "chardet<6,>=3.0.2",
]

[dependency-groups]
dev = ["pytest>=8", "mypy>=1.15", "ruff>=0.11"]

[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[tool.hatch.build.targets.wheel]
packages = ["src/toolbox"]

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["src"]

[tool.ruff]
# The code of others stays as its authors wrote it.
extend-exclude = [
    "src/toolbox/click",
    "src/toolbox/net",
]

[tool.ruff.lint]
select = ["E", "F", "W", "I", "B", "UP", "SIM", "RUF"]
# The formatter decides where lines end.
ignore = ["E501"]

[tool.mypy]
strict = true
files = ["src", "tests"]
mypy_path = "src"
warn_unused_configs = false
exclude = [
    "^src/toolbox/click(/|$)",
    "^src/toolbox/net(/|$)",
]

[[tool.mypy.overrides]]
# What the project imports of the code of others is not checked either.
module = [
    "toolbox.click",
    "toolbox.click.*",
    "toolbox.net",
    "toolbox.net.*",
]
ignore_errors = true
ignore_missing_imports = true
"#
    );
}

#[test]
fn the_lock_lists_every_file_but_itself() {
    let synthesis = planned(vec![click(), requests()]);
    let resolution = LockedResolution {
        ecosystem: "python".to_owned(),
        solver: "uv 0.9".to_owned(),
        lock: "uv.lock".to_owned(),
        sha256: "00".to_owned(),
    };
    let completion = Completion {
        files: vec![(path("uv.lock"), Bytes::from_static(b"x"))],
        resolution: Some(resolution),
        packages: Vec::new(),
        solved: None,
    };
    let files = finish(synthesis, completion);
    let lock: SynthesisLock = toml::from_str(text(&files, "synthesis.lock")).expect("a lock");
    let listed: Vec<&str> = lock.files.iter().map(|file| file.path.as_str()).collect();
    let others: Vec<&str> = files
        .iter()
        .map(|file| file.path.as_str())
        .filter(|path| *path != "synthesis.lock")
        .collect();
    assert_eq!(listed, others);
    assert!(others.contains(&"uv.lock"));
    let moved = lock
        .files
        .iter()
        .find(|file| file.path == "src/toolbox/click/formatting.py")
        .expect("moved");
    assert_eq!(moved.source, "click");
    assert_eq!(moved.origin, "lib/click/formatting.py");
    assert_eq!(moved.blob.len(), 40);
    assert_eq!(moved.license, "BSD-3-Clause");
    assert_eq!(moved.transforms, ["moved", "imports-rewritten"]);
    assert_eq!(
        moved.sha256,
        sha256_hex(b"from toolbox.click._compat import x\n")
    );
    assert_eq!(lock.sources.len(), 2);
    assert_eq!(lock.resolution.expect("a resolution").lock, "uv.lock");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let files = || finish(planned(vec![click(), requests()]), Completion::default());
    assert_eq!(files(), files());
}

#[test]
fn notices_travel_and_unknown_licenses_are_said() {
    let mut unknown = click();
    unknown.record.license = None;
    let synthesis = planned(vec![unknown]);
    assert_eq!(
        text(&synthesis.files, "NOTICE"),
        "toolbox

This project has parts of the projects below. synthesis.lock records where each file comes from.
Files that it records as generated are under CC0-1.0.

==============================================================================
click 1.2.3

  From:      pypi:click@1.2.3
  Revision:  sha256:00
  License:   unknown
  Files:     3, of which 1 changed

------------------------------------------------------------------------------
LICENSE.txt of click:

Copyright Pallets
"
    );
    assert_eq!(
        text(&synthesis.files, "LICENSES/LicenseRef-click.txt"),
        "Copyright Pallets\n"
    );
    assert!(!synthesis.manifests["pyproject.toml"].contains("\nlicense = "));
    let findings: Vec<(&str, Severity)> = synthesis
        .findings
        .iter()
        .map(|finding| (finding.kind.as_str(), finding.severity))
        .collect();
    assert_eq!(findings, [("license-unknown", Severity::Warning)]);
}

#[test]
fn headers_and_exceptions_bring_their_texts() {
    let mut source = click();
    source.record.license = Some("GPL-3.0-or-later WITH Classpath-exception-2.0".to_owned());
    source
        .files
        .get_mut(&path("lib/click/_compat.py"))
        .expect("a file")
        .spdx_header = Some("0BSD".to_owned());
    let synthesis = planned(vec![source]);
    let names: Vec<&str> = synthesis
        .files
        .iter()
        .filter_map(|file| file.path.as_str().strip_prefix("LICENSES/"))
        .collect();
    assert_eq!(
        names,
        [
            "0BSD.txt",
            "CC0-1.0.txt",
            "Classpath-exception-2.0.txt",
            "GPL-3.0-or-later.txt",
            "LicenseRef-license-text.txt"
        ]
    );
    let locked = synthesis
        .locked_files
        .iter()
        .find(|file| file.origin == "lib/click/_compat.py");
    assert_eq!(locked.expect("a file").license, "0BSD");
}

#[test]
fn one_file_of_two_sources_is_placed_once() {
    let other = source("copy", &[("click/_compat.py", "x = 1\n")], &[]);
    let synthesis = planned(vec![click(), other]);
    let count = synthesis
        .files
        .iter()
        .filter(|file| file.path.file_name() == "_compat.py")
        .count();
    assert_eq!(count, 1);
}

#[test]
fn requests_that_cannot_be_met_are_refused() {
    let check = |change: &dyn Fn(&mut SynthesisRequest, &mut Vec<SourceInput>),
                 code: ErrorCode,
                 message: &str| {
        let mut sources = vec![click()];
        let mut request = request(&sources);
        change(&mut request, &mut sources);
        let failure = plan(&input(&request, sources)).expect_err(message);
        assert_eq!((failure.code, failure.message.as_str()), (code, message));
    };
    check(
        &|request, _| request.name = "Colorama".to_owned(),
        ErrorCode::Argument,
        "the project is called colorama, and click needs the distribution of that name",
    );
    check(
        &|_, sources| sources.push(requests()),
        ErrorCode::Internal,
        "the sources are not one for each repository of the request",
    );
    check(
        &|_, sources| sources[0].files.clear(),
        ErrorCode::Internal,
        "the closure's file lib/click/_compat.py was not read",
    );
}
