//! Tables of places and clashes.

use synthesizer_model::component::{ExternalImport, Need};

use super::*;
use crate::families::python::sample::{input, needs, path, request, source};

fn placed(sources: Vec<SourceInput>) -> Result<Placement, Failure> {
    let request = request(&sources);
    place(&input(&request, sources))
}

fn at(destination: &str, mut source: SourceInput) -> SourceInput {
    source.record.destination = Some(path(destination));
    source
}

fn check_paths(sources: Vec<SourceInput>, files: &[&str], generated: &[&str]) {
    let placement = placed(sources).expect("no clash");
    let found: Vec<&str> = placement
        .files
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(found, files);
    let found: Vec<&str> = placement
        .generated
        .iter()
        .map(|package| package.path.as_str())
        .collect();
    assert_eq!(found, generated);
}

fn check_refused(sources: Vec<SourceInput>, code: ErrorCode, message: &str) {
    let failure = placed(sources).expect_err(message);
    assert_eq!((failure.code, failure.message.as_str()), (code, message));
    assert!(failure.hint.is_some() || code == ErrorCode::Path);
}

fn check_findings(sources: Vec<SourceInput>, kinds: &[&str]) {
    let placement = placed(sources).expect("no clash");
    let found: Vec<&str> = placement
        .findings
        .iter()
        .map(|finding| finding.kind.as_str())
        .collect();
    assert_eq!(found, kinds);
}

#[test]
fn import_paths_are_kept_below_the_destination() {
    check_paths(
        vec![
            source(
                "click",
                &[("click/formatting.py", "")],
                &["click/__init__.py"],
            ),
            at("vendor/six", source("six", &[("six.py", "")], &[])),
            source("ns", &[("google/cloud/x/__init__.py", "")], &[]),
        ],
        &[
            "src/toolbox/click/formatting.py",
            "src/toolbox/google/cloud/x/__init__.py",
            "src/toolbox/vendor/six/six.py",
        ],
        &[
            "src/toolbox/click/__init__.py",
            "src/toolbox/vendor/__init__.py",
            "src/toolbox/vendor/six/__init__.py",
        ],
    );
}

#[test]
fn a_placed_package_file_is_not_generated_again() {
    check_paths(
        vec![
            source("one", &[("p/__init__.py", "x = 1"), ("p/a.py", "")], &[]),
            source("two", &[("p/b.py", "")], &["p/__init__.py"]),
        ],
        &[
            "src/toolbox/p/__init__.py",
            "src/toolbox/p/a.py",
            "src/toolbox/p/b.py",
        ],
        &[],
    );
}

#[test]
fn clashes_are_refused_with_the_names_of_both() {
    check_refused(
        vec![
            source("click-1", &[("click/a.py", "1")], &[]),
            source("click-2", &[("click/a.py", "2")], &[]),
        ],
        ErrorCode::Argument,
        "lib/click/a.py of click-1 and lib/click/a.py of click-2 would both be placed at src/toolbox/click/a.py",
    );
    check_refused(
        vec![
            source("one", &[("P/a.py", "")], &[]),
            source("two", &[("p/b.py", "")], &[]),
        ],
        ErrorCode::Argument,
        "lib/P/a.py of one and lib/p/b.py of two would clash in the new project at src/toolbox/P and src/toolbox/p",
    );
    check_refused(
        vec![
            source("one", &[("data", "")], &[]),
            source("two", &[("data/x.txt", "")], &[]),
        ],
        ErrorCode::Argument,
        "lib/data of one and lib/data/x.txt of two would clash in the new project at src/toolbox/data and src/toolbox/data",
    );
    check_refused(
        vec![
            source("one", &[("tool.py", "")], &[]),
            source("two", &[("tool/__init__.py", "")], &[]),
        ],
        ErrorCode::Argument,
        "the module lib/tool.py of one and the folder of lib/tool/__init__.py of two would have the same name in the new project",
    );
    check_refused(
        vec![at("a-b", source("one", &[("x.py", "")], &[]))],
        ErrorCode::Argument,
        "the destination a-b of one cannot be imported: a-b is not a name that Python accepts",
    );
    check_refused(
        vec![at("x/class", source("one", &[("x.py", "")], &[]))],
        ErrorCode::Argument,
        "the destination x/class of one cannot be imported: class is not a name that Python accepts",
    );
    check_refused(
        vec![source("one", &[("toolbox/x.py", "")], &[])],
        ErrorCode::Argument,
        "the new package toolbox would hide the package of the same name that the source one provides",
    );
    let mut importing = source("one", &[("x.py", "")], &[]);
    importing.closure.external_imports.push(ExternalImport {
        module: "toolbox.y".to_owned(),
        path: path("lib/x.py"),
        line: 3,
        need: Need::Required,
        computed: false,
    });
    check_refused(
        vec![importing],
        ErrorCode::Argument,
        "the new package toolbox would hide the package of the same name that lib/x.py:3 of one imports",
    );
}

#[test]
fn a_module_beside_its_own_folder_stays_as_it_was() {
    check_paths(
        vec![source(
            "one",
            &[("tool.py", ""), ("tool/data.txt", ""), ("tool/x.py", "")],
            &[],
        )],
        &[
            "src/toolbox/tool.py",
            "src/toolbox/tool/data.txt",
            "src/toolbox/tool/x.py",
        ],
        &[],
    );
}

#[test]
fn copies_of_one_package_are_a_warning() {
    let click = |id: &str| source(id, &[("click/a.py", "")], &["click/__init__.py"]);
    check_findings(
        vec![click("one"), at("two", click("two"))],
        &["two-live-copies"],
    );
    let mut flask = source("flask", &[("flask/a.py", "")], &[]);
    flask
        .needed
        .push(needs("click", "click>=8", Need::Required));
    check_findings(vec![click("click"), flask], &["two-live-copies"]);
    let other = source("two", &[("click/b.py", "")], &[]);
    check_findings(vec![click("one"), other], &["package-shared"]);
    let namespace = |id: &str, file: &str| source(id, &[(file, "")], &[]);
    check_findings(
        vec![namespace("one", "ns/a.py"), namespace("two", "ns/b.py")],
        &[],
    );
}
