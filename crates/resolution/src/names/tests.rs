//! What clashes by name, and what does not.

use proptest::prelude::*;
use synthesizer_model::compatibility::{OwnedName, OwnedNameKind, Verdict};

use super::judge;

use OwnedNameKind::{
    Crate, Distribution, EntryPoint, Library, Module, NeededCrate, NeededDistribution, NpmPackage,
    Program,
};

fn owned(kind: OwnedNameKind, name: &str) -> OwnedName {
    OwnedName {
        kind,
        name: name.to_owned(),
        manifest: "manifest".to_owned(),
        line: 3,
    }
}

/// Repositories `./a`, `./b`, … with their names; expects each finding as `WHAT -> FIX`.
fn check(all: &[&[(OwnedNameKind, &str)]], expected: &[&str]) {
    let projects: Vec<(String, Vec<OwnedName>)> = all
        .iter()
        .zip('a'..='z')
        .map(|(names, repository)| {
            let names = names.iter().map(|(kind, name)| owned(*kind, name));
            (format!("./{repository}"), names.collect())
        })
        .collect();
    let findings: Vec<String> = judge(&projects)
        .into_iter()
        .map(|finding| {
            assert_eq!(finding.verdict, Verdict::Conditional);
            assert!(finding.repositories.len() > 1 && finding.requirements.len() > 1);
            format!("{} -> {}", finding.what, finding.fix.unwrap_or_default())
        })
        .collect();
    assert_eq!(findings, expected);
}

#[test]
fn modules_of_one_name_clash() {
    check(
        &[&[(Module, "utils"), (Module, "a")], &[(Module, "utils")]],
        &[
            "./a and ./b both have a Python module named `utils` -> place each under a package of its own, such as `toolbox.a.utils` and `toolbox.b.utils`",
        ],
    );
    check(
        &[
            &[(Module, "utils"), (Module, "utils")],
            &[(Module, "other")],
        ],
        &[],
    );
    check(
        &[&[(Module, "google.cloud.a")], &[(Module, "google.cloud.b")]],
        &[],
    );
    check(
        &[&[(Module, "google")], &[(Module, "google.cloud.b")]],
        &[
            "the package `google` of ./a hides the module `google.cloud.b` of ./b -> place the module elsewhere, such as under `toolbox.b.google.cloud.b`",
        ],
    );
    check(
        &[&[(Module, "Utils")], &[(Module, "utils")]],
        &[
            "the names `Utils` and `utils` of ./a and ./b are one on systems that do not tell upper from lower case -> rename one of them so that more than its case differs",
        ],
    );
}

#[test]
fn packages_are_compared_as_their_ecosystem_does() {
    check(
        &[&[(Distribution, "Tool.Box")], &[(Distribution, "tool_box")]],
        &[
            "./a and ./b both have a Python distribution named `Tool.Box` -> rename all but one of them, such as to `b-Tool.Box`",
        ],
    );
    check(
        &[
            &[(Crate, "tool-box"), (Library, "tool_box")],
            &[(Crate, "tool_box"), (Library, "tool_box")],
        ],
        &[
            "./a and ./b both have a crate named `tool-box` -> rename all but one of them, such as to `b-tool-box`",
        ],
    );
    check(
        &[
            &[(Crate, "one"), (Library, "tool")],
            &[(Crate, "two"), (Library, "tool")],
        ],
        &[
            "./a and ./b both have a Rust library named `tool` -> rename all but one of them, such as to `b_tool`",
        ],
    );
    check(
        &[
            &[(NpmPackage, "@x/tool")],
            &[(NpmPackage, "@x/tool")],
            &[(NpmPackage, "tool")],
        ],
        &[
            "./a and ./b both have an npm package named `@x/tool` -> rename all but one of them, such as to `@toolbox/b-tool`",
        ],
    );
    // One name in different ecosystems is no clash.
    check(
        &[
            &[(Crate, "tool")],
            &[(NpmPackage, "tool")],
            &[(Distribution, "tool")],
        ],
        &[],
    );
}

#[test]
fn programs_and_entry_points_clash() {
    check(
        &[
            &[(Program, "run")],
            &[(Program, "run")],
            &[(Program, "run")],
            &[(Program, "run")],
        ],
        &[
            "./a, ./b, ./c and 1 more all have a program named `run` -> rename all but one of them, such as to `b-run`",
        ],
    );
    check(
        &[&[(EntryPoint, "pytest11:x")], &[(EntryPoint, "flask:x")]],
        &[],
    );
    check(
        &[&[(EntryPoint, "pytest11:x")], &[(EntryPoint, "pytest11:x")]],
        &[
            "./a and ./b both have an entry point named `pytest11:x` -> rename all but one of them, such as to `pytest11:b-x`",
        ],
    );
}

#[test]
fn what_another_asks_for_is_told() {
    let told = "./b asks for a Python distribution named `click`, which ./a is: the copy would stand beside the published package of the same \
                name -> let click be a dependency and leave its repository out, or let the copy take its place under another name";
    check(
        &[&[(Distribution, "Click")], &[(NeededDistribution, "click")]],
        &[told],
    );
    check(
        &[
            &[(Distribution, "click"), (NeededDistribution, "click")],
            &[],
        ],
        &[],
    );
    check(
        &[&[(Distribution, "click")], &[(NeededCrate, "click")]],
        &[],
    );
}

#[test]
fn what_is_not_compared_is_unknown() {
    let projects = [("./a".to_owned(), vec![owned(Module, &"x".repeat(1_000))])];
    let findings = judge(&projects);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].verdict, Verdict::Unknown);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_names_end_well(
        names in proptest::collection::vec("[a-c.\\-_/@:é\u{202e}]{0,6}", 0..40),
        repository in ".{0,12}",
    ) {
        let kinds = [Distribution, Module, Crate, Library, NpmPackage, Program, EntryPoint, NeededDistribution];
        let all = |shift: usize| -> Vec<OwnedName> {
            let kinds = kinds.iter().cycle().skip(shift);
            names.iter().zip(kinds).map(|(name, kind)| owned(*kind, name)).collect()
        };
        let projects = [(repository, all(0)), ("./b".to_owned(), all(0)), ("./c".to_owned(), all(1))];
        for finding in judge(&projects) {
            let is_safe = !finding.what.contains('\u{202e}');
            prop_assert!(is_safe);
        }
    }
}
