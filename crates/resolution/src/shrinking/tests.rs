//! The smallest conflict against an exact solver over made-up packages.

use std::collections::BTreeMap;

use proptest::prelude::*;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    resolution::{Resolution, ResolutionRequest, ResolutionStatus},
};
use tokio_util::sync::CancellationToken;

use super::{
    made_up::{MadeUp, environment, request, worlds},
    smallest::*,
    *,
};

const PACKAGES: &[&str] = &[
    "click 7.0",
    "click 8.0",
    "click 8.1",
    "flask 1.0 click<8",
    "flask 2.0 click>=8",
    "quart 1.0 flask>=2",
    "attrs 1.0",
    "attrs 2.0",
];

/// Runs a search with a budget; gives the answer and how often the solver was asked.
fn search(
    made_up: &MadeUp,
    request: &ResolutionRequest,
    most: usize,
) -> (Result<Option<SmallestConflict>, Failure>, usize) {
    let scratch = tempfile::tempdir().expect("a folder");
    let (variables, cancellation) = (BTreeMap::new(), CancellationToken::new());
    let mut tries = Tries::new(
        made_up,
        environment(scratch.path(), &variables),
        &cancellation,
    )
    .with_most_solves(most);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let found = runtime.block_on(smallest_conflict(&mut tries, request));
    let left = std::fs::read_dir(scratch.path()).expect("a folder").count();
    assert_eq!(left, 0, "the folders of tries are deleted");
    (found, tries.solves())
}

fn written(request: &ResolutionRequest, found: &SmallestConflict) -> Vec<String> {
    let conflict = found.conflict(request);
    conflict
        .requirements
        .iter()
        .map(|one| format!("{} {} {}", one.repository, one.specifier, one.place()))
        .collect()
}

fn check(repositories: &[&[&str]], constraints: &[&str], expected: &[&str]) {
    let request = request(repositories, constraints);
    let (found, _) = search(&MadeUp::new(PACKAGES), &request, 64);
    let found = found.expect("an answer").expect("a conflict");
    assert!(found.is_minimal(), "{found:?}");
    assert_eq!(written(&request, &found), expected);
}

#[test]
fn the_smallest_set_is_found() {
    check(
        &[
            &["attrs", "click==7.0"],
            &["attrs>=1"],
            &["click>=8.1", "flask"],
        ],
        &[],
        &[
            "./0 click==7.0 pyproject.toml:2",
            "./2 click>=8.1 pyproject.toml:1",
        ],
    );
    check(
        &[&["quart"], &["attrs"], &["click<8"]],
        &[],
        &["./0 quart pyproject.toml:1", "./2 click<8 pyproject.toml:1"],
    );
    check(
        &[&["attrs", "nothing"], &["attrs"]],
        &[],
        &["./0 nothing pyproject.toml:2"],
    );
    check(
        &[&["attrs", "quart"]],
        &["attrs<2", "flask<2"],
        &["./0 quart pyproject.toml:2", "constraint flask<2 "],
    );
}

#[test]
fn a_request_with_a_solution_has_no_conflict() {
    let request = request(&[&["click"], &["flask"]], &[]);
    let (found, solves) = search(&MadeUp::new(PACKAGES), &request, 64);
    assert!(found.expect("an answer").is_none());
    assert_eq!(solves, 1);
}

#[test]
fn a_large_request_takes_few_tries() {
    let many = vec!["attrs"; 500];
    let request = request(&[&many, &["click<8"], &many, &["quart"], &many], &[]);
    let (found, solves) = search(&MadeUp::new(PACKAGES), &request, 64);
    let found = found.expect("an answer").expect("a conflict");
    assert!(found.is_minimal());
    assert_eq!(found.elements.len(), 2);
    assert!(solves <= 30, "{solves}");
}

#[test]
fn where_a_set_conflicts_is_where_all_its_conditions_hold() {
    let environment_of = |one: &str, other: &str, part: Option<&str>| {
        let mut request = request(&[&["click==7.0", "click>=8.1"]], &[]);
        request.repositories[0].requirements[0].marker = Some(one.to_owned());
        request.repositories[0].requirements[1].marker = Some(other.to_owned());
        elements::environment(&request, &elements::all(&request), part)
    };
    let check = |one: &str, other: &str, part: Option<&str>, expected: Option<&str>| {
        assert_eq!(
            environment_of(one, other, part).as_deref(),
            expected,
            "{one} {other}"
        );
    };
    check(
        "os_name == 'nt'",
        "python_version < '3.11'",
        None,
        Some("python_full_version < '3.11' and os_name == 'nt'"),
    );
    check("os_name == 'nt'", "os_name != 'nt'", None, None);
    check(
        "not a marker",
        "os_name == 'nt'",
        None,
        Some("os_name == 'nt'"),
    );
    let doubling: Vec<String> = (0..16)
        .map(|index| format!("(os_name == 'a{index}' or sys_platform == 'b{index}')"))
        .collect();
    check(
        &doubling.join(" and "),
        "os_name == 'nt'",
        None,
        Some("os_name == 'nt'"),
    );
}

#[test]
fn a_spent_budget_gives_the_smallest_set_known() {
    let request = request(&[&["attrs", "click==7.0", "attrs>1"], &["click>=8.1"]], &[]);
    for most in 1..4 {
        let (found, solves) = search(&MadeUp::new(PACKAGES), &request, most);
        let found = found.expect("an answer").expect("a conflict");
        assert!(!found.is_minimal() && solves == most, "{most}");
        assert_eq!(
            found.warnings,
            [
                "the conflicting set may not be the smallest: the time or the number of tries for finding it ended"
            ]
        );
        let kept = restricted(&request, &found.elements);
        let (again, _) = search(&MadeUp::new(PACKAGES), &kept, 64);
        assert!(again.expect("an answer").is_some(), "it conflicts");
    }
}

#[test]
fn a_failing_registry_loses_only_what_was_not_known() {
    let request = request(&[&["attrs", "click==7.0"], &["click>=8.1"]], &[]);
    let mut made_up = MadeUp::new(PACKAGES);
    made_up.fails_after = Some(0);
    let failure = search(&made_up, &request, 64).0.expect_err("fails");
    assert_eq!(failure.code, ErrorCode::Upstream);
    let mut made_up = MadeUp::new(PACKAGES);
    made_up.fails_after = Some(2);
    let found = search(&made_up, &request, 64).0.expect("an answer");
    assert!(!found.expect("a conflict").is_minimal());
}

#[test]
fn unknown_is_not_a_conflict_and_is_said() {
    let mut made_up = MadeUp::new(PACKAGES);
    made_up.untold = Some("dark");
    let request = request(&[&["dark", "click==7.0"], &["click>=8.1"]], &[]);
    let (found, _) = search(&made_up, &request, 64);
    assert!(found.expect("an answer").is_none());
    // The whole is known to have none; of its parts nothing can be told.
    let scratch = tempfile::tempdir().expect("a folder");
    let (variables, cancellation) = (BTreeMap::new(), CancellationToken::new());
    let mut tries = Tries::new(
        &made_up,
        environment(scratch.path(), &variables),
        &cancellation,
    );
    let mut answer = Resolution::unanswered(synthesizer_model::dependency::Ecosystem::Python, "x");
    answer.status = ResolutionStatus::Unsatisfiable;
    tries.remember(&request, &answer);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let found = runtime
        .block_on(smallest_conflict(&mut tries, &request))
        .expect("an answer")
        .expect("a conflict");
    assert!(!found.is_minimal());
    assert!(
        found
            .warnings
            .iter()
            .any(|warning| warning.starts_with("the solver could not tell ")),
        "{:?}",
        found.warnings
    );
}

#[test]
fn ranges_of_python_without_overlap_are_the_conflict() {
    let mut request = request(&[&["click"], &["attrs"], &["flask"]], &[]);
    for (index, range) in [(0, "<3.11"), (1, ">=3.9"), (2, ">=3.12")] {
        request.repositories[index].requires_python = Some(range.to_owned());
    }
    request.repositories[0].runtimes = vec![synthesizer_model::resolution::RuntimeRequirement {
        runtime: "python".to_owned(),
        specifier: "<3.11".to_owned(),
        manifest: "setup.cfg".to_owned(),
        line: 9,
    }];
    let mut answer = Resolution::unanswered(synthesizer_model::dependency::Ecosystem::Python, "x");
    answer.status = ResolutionStatus::Unsatisfiable;
    let made_up = MadeUp::new(PACKAGES);
    let scratch = tempfile::tempdir().expect("a folder");
    let (variables, cancellation) = (BTreeMap::new(), CancellationToken::new());
    let mut tries = Tries::new(
        &made_up,
        environment(scratch.path(), &variables),
        &cancellation,
    );
    tries.remember(&request, &answer);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let found = runtime
        .block_on(smallest_conflict(&mut tries, &request))
        .expect("an answer")
        .expect("a conflict");
    assert_eq!(found.conflict(&request).what, "python");
    assert_eq!(
        written(&request, &found),
        ["./0 <3.11 setup.cfg:9", "./2 >=3.12 "]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_proper_subset_conflicts((lines, repositories) in worlds()) {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let texts: Vec<Vec<&str>> = repositories
            .iter()
            .map(|one| one.iter().map(String::as_str).collect())
            .collect();
        let slices: Vec<&[&str]> = texts.iter().map(Vec::as_slice).collect();
        let request = request(&slices, &[]);
        let conflicts = |elements: &[Element]| {
            let (found, _) = search(&MadeUp::new(&lines), &restricted(&request, elements), 1);
            found.expect("an answer").is_some()
        };
        let (found, _) = search(&MadeUp::new(&lines), &request, 200);
        match found.expect("an answer") {
            None => prop_assert!(!conflicts(&elements::all(&request))),
            Some(found) => {
                prop_assert!(found.is_minimal());
                prop_assert!(conflicts(&found.elements));
                for index in 0..found.elements.len() {
                    let mut fewer = found.elements.clone();
                    fewer.remove(index);
                    prop_assert!(!conflicts(&fewer), "{:?} without {}", found.elements, index);
                }
            }
        }
    }
}

#[test]
fn a_part_of_a_search_that_used_up_its_share_is_not_asked_for_and_leaves_the_rest_to_the_others() {
    let made_up = MadeUp::new(PACKAGES);
    let request = request(&[&["click"], &["flask"]], &[]);
    let scratch = tempfile::tempdir().expect("a folder");
    let (variables, cancellation) = (BTreeMap::new(), CancellationToken::new());
    let mut tries = Tries::new(
        &made_up,
        environment(scratch.path(), &variables),
        &cancellation,
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    // So many parts that the share of each is no time at all.
    for (parts, status, solves) in [
        (usize::MAX, ResolutionStatus::Unknown, 0),
        (1, ResolutionStatus::Resolved, 1),
    ] {
        tries.share(parts);
        let answer = runtime
            .block_on(tries.ask(&request))
            .expect("not cancelled");
        assert_eq!(answer.expect("an answer").status, status, "{parts}");
        assert_eq!(tries.solves(), solves, "{parts}");
    }
    assert_eq!(tries.unknown(), 1);
    assert!(tries.ended().is_none());
}
