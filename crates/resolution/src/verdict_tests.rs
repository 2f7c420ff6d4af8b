//! Tests of putting the sides of a verdict together.

use synthesizer_model::resolution::ImposedRequirement;

use super::*;

fn names(repositories: &[&str]) -> Vec<String> {
    repositories.iter().map(|name| (*name).to_owned()).collect()
}

fn finding(verdict: Verdict, repositories: &[&str]) -> CompatibilityFinding {
    CompatibilityFinding {
        what: "It clashes.".to_owned(),
        verdict,
        repositories: names(repositories),
        requirements: Vec::new(),
        fix: None,
    }
}

fn judged(repositories: &[&str]) -> Judged {
    Judged {
        repositories: names(repositories),
        resolutions: Vec::new(),
        runtime: Vec::new(),
        licenses: Vec::new(),
        names: Vec::new(),
        possible_outbound_licenses: Vec::new(),
        warnings: Vec::new(),
    }
}

#[test]
fn a_finding_counts_for_the_pairs_that_take_part() {
    let answer = compose(Judged {
        licenses: vec![finding(Verdict::Unknown, &["c"])],
        names: vec![finding(Verdict::Incompatible, &["a", "b"])],
        ..judged(&["a", "b", "c"])
    });
    let pairs: Vec<String> = answer
        .pairs
        .iter()
        .map(|pair| {
            format!(
                "{} {} {}",
                pair.repositories.join("+"),
                pair.verdict,
                pair.because_of.join(",")
            )
        })
        .collect();
    assert_eq!(
        pairs,
        [
            "a+b incompatible names",
            "a+c unknown licenses",
            "b+c unknown licenses"
        ]
    );
    assert_eq!(answer.verdict, Verdict::Incompatible);
    assert_eq!(answer.code, Some(ErrorCode::Incompatible));
}

fn contradiction() -> Resolution {
    let imposed = |repository: &str, specifier: &str| ImposedRequirement {
        repository: repository.to_owned(),
        specifier: specifier.to_owned(),
        manifest: "pyproject.toml".to_owned(),
        line: 4,
    };
    Resolution {
        status: ResolutionStatus::Unsatisfiable,
        conflicts: vec![Conflict {
            what: "click".to_owned(),
            environment: None,
            repositories: names(&["a", "b"]),
            requirements: vec![imposed("a", "click==7.0"), imposed("b", "click>=8.1")],
        }],
        relaxations: vec![Relaxation {
            option: 1,
            repository: "a".to_owned(),
            requirement: "click==7.0".to_owned(),
            becomes: Some("click>=7.0,<8.2".to_owned()),
            manifest: "pyproject.toml".to_owned(),
            line: 4,
            what: "a may take click 8: click==7.0 becomes click>=7.0,<8.2".to_owned(),
            constraint: None,
            takes: Vec::new(),
        }],
        ..Resolution::unanswered(Ecosystem::Python, "uv 1")
    }
}

#[test]
fn a_conflict_comes_with_its_requirements_and_the_mildest_way_out() {
    let answer = compose(Judged {
        resolutions: vec![Ok(contradiction())],
        ..judged(&["a", "b"])
    });
    assert_eq!(
        answer.explanation,
        "The 2 repositories cannot live together as they are.\n\
         dependencies: a needs click==7.0 and b needs click>=8.1, and no version of click satisfies both. \
         A way out: a may take click 8: click==7.0 becomes click>=7.0,<8.2."
    );
    let findings = &answer.dimensions.dependencies.findings;
    assert_eq!(findings[0].requirements[1].line, 4);
}

#[test]
fn no_common_python_is_told_once_with_the_solved_way_out_and_the_packages_stay_unknown() {
    let mut resolution = contradiction();
    resolution.conflicts[0].what = "python".to_owned();
    let answer = compose(Judged {
        resolutions: vec![Ok(resolution)],
        runtime: vec![finding(Verdict::Incompatible, &["a", "b"])],
        ..judged(&["a", "b", "c"])
    });
    let dimensions = &answer.dimensions;
    assert_eq!(
        (
            dimensions.dependencies.verdict,
            dimensions.dependencies.findings.len()
        ),
        (Verdict::Unknown, 1)
    );
    assert_eq!(
        dimensions.runtime.findings[0].fix.as_deref(),
        Some("a may take click 8: click==7.0 becomes click>=7.0,<8.2.")
    );
    assert_eq!(answer.verdict, Verdict::Incompatible);
}

#[test]
fn what_was_left_out_is_not_known_to_fit() {
    let check = |warning: &str, expected: Verdict, whose: &[&str]| {
        let answer = compose(Judged {
            resolutions: vec![Ok(Resolution {
                status: ResolutionStatus::Resolved,
                warnings: vec![warning.to_owned()],
                ..Resolution::unanswered(Ecosystem::Python, "uv 1")
            })],
            ..judged(&["a", "b"])
        });
        assert_eq!(answer.verdict, expected, "{warning}");
        let findings = answer.dimensions.dependencies.findings.first();
        let repositories = findings.map_or(&[][..], |one| &one.repositories);
        assert_eq!(repositories, whose, "{warning}");
    };
    let left_out = "b: the requirement `x>=9` (setup.cfg:4) was left out: ";
    check(
        &format!("{left_out}it cannot be read"),
        Verdict::Unknown,
        &["b"],
    );
    check(
        "a: only the first 5000 requirements were taken",
        Verdict::Unknown,
        &["a"],
    );
    check(
        &format!("{left_out}its manifest names it twice"),
        Verdict::Compatible,
        &[],
    );
    check(
        "a asks for x by a direct reference; it was solved by its name alone",
        Verdict::Compatible,
        &[],
    );
}

#[test]
fn cargo_says_why_two_versions_cannot_stand_beside_each_other() {
    let check = |explanation: &str, expected: bool| {
        let answer = compose(Judged {
            resolutions: vec![Ok(Resolution {
                ecosystem: Ecosystem::Cargo,
                explanation: explanation.to_owned(),
                ..contradiction()
            })],
            ..judged(&["a", "b"])
        });
        let what = &answer.dimensions.dependencies.findings[0].what;
        assert_eq!(what.contains("native library `z`"), expected, "{what}");
    };
    let reason = "Both link to the native library `z`, and only one package may.";
    check(
        &format!("a needs click 7.\nb needs click 8. {reason}"),
        true,
    );
    check(
        &format!("a needs other 7.\nb needs other 8. {reason}"),
        false,
    );
}

#[test]
fn every_finding_is_a_sentence() {
    let mut name = finding(Verdict::Conditional, &["a", "b"]);
    name.what = "both are named `x`".to_owned();
    name.fix = Some("rename one".to_owned());
    let answer = compose(Judged {
        names: vec![name],
        ..judged(&["a", "b"])
    });
    assert_eq!(
        answer.explanation,
        "The 2 repositories can live together, if what follows is settled.\n\
         names: both are named `x`. A way out: rename one."
    );
}

#[test]
fn a_solver_that_could_not_be_asked_leaves_it_unknown() {
    let missing = Failure::new(ErrorCode::ToolMissing, "the program uv is not installed")
        .with_hint("install it");
    let answer = compose(Judged {
        resolutions: vec![Err((Ecosystem::Python, missing))],
        ..judged(&["a", "b"])
    });
    assert_eq!(answer.verdict, Verdict::Unknown);
    assert_eq!(answer.code, None);
    assert_eq!(
        answer.dimensions.dependencies.findings[0].what,
        "Whether the python requirements can be met together could not be told: the program uv is not installed."
    );
}
