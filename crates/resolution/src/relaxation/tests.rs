//! Ways out against an exact solver over made-up packages: every one offered has a solution when it is applied by hand.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use synthesizer_model::{
    dependency::Dependency,
    resolution::{Constraint, Relaxation, ResolutionRequest, ResolutionStatus},
};
use tokio_util::sync::CancellationToken;

use super::{
    ways::{MOST_CHANGES, MOST_OPTIONS},
    *,
};
use crate::{
    constraints,
    shrinking::{
        Tries,
        made_up::{MadeUp, environment, request, worlds},
        smallest_conflict,
    },
    solvers::{Effort, Solver as _},
};

const PACKAGES: &[&str] = &[
    "click 7.0",
    "click 7.1",
    "click 8.0",
    "click 8.1",
    "click 8.3",
    "urllib3 1.24.3",
    "urllib3 2.1",
    "requests 2.20.0 urllib3<1.25",
    "requests 2.32.5 urllib3>=1.21",
    "flask 1.0 click<8",
    "flask 2.0 click>=8",
    "attrs 1.0",
    "attrs 2.0",
    "numpy 1.0",
    "numpy 2.0",
];

fn ways(request: &ResolutionRequest) -> (Vec<Relaxation>, Vec<String>) {
    ways_within(&MadeUp::new(PACKAGES), request, 64).expect("a conflict")
}

/// Gives the ways out that are found with so many solves; `None` when there is no conflict.
fn ways_within(
    made_up: &MadeUp,
    request: &ResolutionRequest,
    most: usize,
) -> Option<(Vec<Relaxation>, Vec<String>)> {
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
    runtime.block_on(async {
        let smallest = smallest_conflict(&mut tries, request)
            .await
            .expect("an answer")?;
        let found = ways_out(&mut tries, request, &smallest).await;
        Some(found.expect("ways"))
    })
}

/// Puts the changes of one option into the manifests, as a person would: by place.
fn by_hand(request: &ResolutionRequest, option: u32, ways: &[Relaxation]) -> ResolutionRequest {
    let mut changed = request.clone();
    for way in ways.iter().filter(|way| way.option == option) {
        if way.repository == "constraint" {
            let index = changed
                .constraints
                .iter()
                .position(|one| one.requirement == way.requirement)
                .expect("the constraint");
            match &way.becomes {
                Some(text) => changed.constraints[index] = Constraint::beside(text),
                None => drop(changed.constraints.remove(index)),
            }
            continue;
        }
        let repository = changed
            .repositories
            .iter_mut()
            .find(|one| one.repository == way.repository)
            .expect("the repository");
        let place = repository
            .requirements
            .iter()
            .position(|one| one.line == way.line && one.requirement() == way.requirement)
            .expect("the requirement");
        match &way.becomes {
            Some(text) => {
                let read = crate::solvers::uv::Uv.read_constraint(text).expect("legal");
                repository.requirements[place] = Dependency {
                    line: way.line,
                    ..read
                };
            }
            None => drop(repository.requirements.remove(place)),
        }
    }
    changed
}

fn solves(made_up: &MadeUp, request: &ResolutionRequest) -> bool {
    let scratch = tempfile::tempdir().expect("a folder");
    let (variables, cancellation) = (BTreeMap::new(), CancellationToken::new());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let answer = runtime.block_on(made_up.solve(
        request,
        Effort::Versions,
        environment(scratch.path(), &variables),
        &cancellation,
    ));
    answer.expect("an answer").status == ResolutionStatus::Resolved
}

fn check(repositories: &[&[&str]], constraints: &[&str], expected: &[&str]) {
    let request = request(repositories, constraints);
    let (ways, warnings) = ways(&request);
    let found: Vec<String> = ways
        .iter()
        .map(|way| format!("{} {} [{}]", way.option, way.what, way.takes.join(", ")))
        .collect();
    assert_eq!(found, expected, "{warnings:?}");
    assert!(warnings.is_empty(), "{warnings:?}");
    let options: BTreeSet<u32> = ways.iter().map(|way| way.option).collect();
    for option in options {
        assert!(
            solves(&MadeUp::new(PACKAGES), &by_hand(&request, option, &ways)),
            "option {option} by hand"
        );
        let of_option: Vec<&Relaxation> = ways.iter().filter(|way| way.option == option).collect();
        if of_option
            .iter()
            .any(|way| way.constraint.is_none() || way.repository == "constraint")
        {
            continue;
        }
        let mut passed = request.clone();
        for way in of_option {
            let text = way.constraint.as_deref().expect("a constraint");
            let (repository, text) = text.split_once(" :: ").expect("both parts");
            passed.constraints.push(Constraint {
                instead_of: Some(repository.to_owned()),
                requirement: text.trim_start_matches("python:").to_owned(),
            });
        }
        let applied = constraints::applied(&passed, &crate::solvers::uv::Uv).expect("applied");
        assert!(
            solves(&MadeUp::new(PACKAGES), &applied),
            "option {option} as constraints"
        );
    }
}

#[test]
fn either_side_of_a_direct_conflict_may_move() {
    check(
        &[&["click==7.0", "attrs"], &["click>=8.1"]],
        &[],
        &[
            "1 ./0 may take click 8.1: click==7.0 becomes click>=7.0,<8.2 [click 8.1]",
            "2 ./1 may take click 7.0: click>=8.1 becomes click>=7.0 [click 7.0]",
        ],
    );
}

#[test]
fn a_pin_that_only_the_transitive_set_breaks_is_loosened() {
    check(
        &[&["requests==2.20.0"], &["urllib3>=2"]],
        &[],
        &[
            "1 ./0 may take requests 2.32.5: requests==2.20.0 becomes requests>=2.20.0,<2.33 [requests 2.32.5]",
            "2 ./1 may take urllib3 1.24.3: urllib3>=2 becomes urllib3>=1.24 [urllib3 1.24.3]",
        ],
    );
}

#[test]
fn several_conflicts_take_several_changes() {
    check(
        &[&["click==7.0", "numpy<2"], &["click>=8.1"], &["numpy>=2"]],
        &[],
        &[
            "1 ./0 may take click 8.1: click==7.0 becomes click>=7.0,<8.2 [click 8.1, numpy 2.0]",
            "1 ./0 may take numpy 2.0: numpy<2 becomes numpy<2.1 [click 8.1, numpy 2.0]",
            "2 ./0 may take numpy 2.0: numpy<2 becomes numpy<2.1 [click 7.0, numpy 2.0]",
            "2 ./1 may take click 7.0: click>=8.1 becomes click>=7.0 [click 7.0, numpy 2.0]",
        ],
    );
}

#[test]
fn a_requirement_that_stands_in_two_manifests_is_changed_in_both() {
    check(
        &[&["click==7.0", "click==7.0"], &["click>=8.3"]],
        &[],
        &[
            "1 ./0 may take click 8.3: click==7.0 becomes click>=7.0,<8.4 [click 8.3]",
            "1 ./0 may take click 8.3: click==7.0 becomes click>=7.0,<8.4 [click 8.3]",
            "2 ./1 may take click 7.0: click>=8.3 becomes click>=7.0 [click 7.0]",
        ],
    );
}

#[test]
fn the_users_own_constraint_may_give_way_too() {
    check(
        &[&["click>=8.1"]],
        &["click<8"],
        &[
            "1 ./0 may take click 7.1: click>=8.1 becomes click>=7.1 [click 7.1]",
            "2 the constraint click<8 becomes click<8.2 [click 8.1]",
        ],
    );
}

#[test]
fn what_does_not_exist_has_to_go() {
    check(
        &[&["attrs", "nothing>=1"]],
        &[],
        &["1 ./0 does without nothing: its requirement nothing>=1 goes []"],
    );
}

#[test]
fn an_extra_may_go() {
    let mut request = request(&[&["plain[more]>=1"]], &[]);
    request.repositories[0].requirements[0].specifier = ">=99".to_owned();
    let (ways, _) = ways(&request);
    assert!(ways.iter().all(|way| way.becomes.is_none()), "{ways:?}");
    let own = &request.repositories[0].requirements[0];
    let free = candidates::freed(own).expect("any version");
    assert_eq!(free.requirement(), "plain[more]");
}

#[test]
fn a_spent_budget_is_said() {
    let request = request(&[&["click==7.0"], &["click>=8.1"]], &[]);
    let made_up = MadeUp::new(PACKAGES);
    for most in 1..6 {
        let (ways, warnings) = ways_within(&made_up, &request, most).expect("a conflict");
        let told = match ways.is_empty() {
            true => "no way out was found in time: ",
            false => "there may be milder ways out: ",
        };
        assert!(
            warnings.iter().any(|warning| warning.starts_with(told)),
            "{warnings:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_way_out_has_a_solution((lines, repositories) in worlds()) {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let texts: Vec<Vec<&str>> = repositories
            .iter()
            .map(|one| one.iter().map(String::as_str).collect())
            .collect();
        let slices: Vec<&[&str]> = texts.iter().map(Vec::as_slice).collect();
        let request = request(&slices, &[]);
        let made_up = MadeUp::new(&lines);
        if let Some((ways, warnings)) = ways_within(&made_up, &request, 400) {
            let asked: usize = repositories.iter().map(Vec::len).sum();
            prop_assert!(!ways.is_empty() || asked > MOST_CHANGES, "{:?}", warnings);
            let options: BTreeSet<u32> = ways.iter().map(|way| way.option).collect();
            prop_assert!(options.len() <= MOST_OPTIONS);
            for option in options {
                let changed = by_hand(&request, option, &ways);
                prop_assert!(solves(&made_up, &changed), "option {} of {:?}", option, ways);
            }
        }
    }
}
