//! The smallest conflict and the ways out; every way out has a solution when it is applied.

use synthesizer_resolution::Effort;

use super::*;

/// Asks with the smallest conflict and the ways out.
async fn explained(request: &ResolutionRequest) -> Resolution {
    let machine = Machine::new();
    let cancellation = CancellationToken::new();
    resolve(
        &Uv,
        request,
        Effort::Lock,
        machine.environment(),
        &cancellation,
    )
    .await
    .expect("an answer")
}

/// Puts the changes of one option into the manifests, by place.
fn by_hand(request: &ResolutionRequest, option: u32, ways: &[Relaxation]) -> ResolutionRequest {
    let mut changed = request.clone();
    for way in ways.iter().filter(|way| way.option == option) {
        let repository = changed
            .repositories
            .iter_mut()
            .find(|one| one.repository == way.repository)
            .expect("the repository");
        let place = repository
            .requirements
            .iter()
            .position(|one| one.line == way.line && one.requirement() == way.requirement);
        match (place, &way.becomes) {
            (Some(place), Some(text)) => {
                repository.requirements[place] = dependency(text, way.line);
            }
            (Some(place), None) => drop(repository.requirements.remove(place)),
            (None, becomes) => {
                assert_eq!(repository.requires_python.as_ref(), Some(&way.requirement));
                repository.requires_python.clone_from(becomes);
            }
        }
    }
    changed
}

/// Checks conflict and ways out, and that each of them has a solution when it is applied to the manifests and when it is passed.
async fn check_ways(request: ResolutionRequest, conflict: &str, ways: &[&str]) {
    let answer = explained(&request).await;
    assert_eq!(answer.status, ResolutionStatus::Unsatisfiable);
    assert_eq!(shown(&answer.conflicts[..1]), [conflict]);
    let found: Vec<String> = answer
        .relaxations
        .iter()
        .map(|way| without_newest(&format!("{} {}", way.option, way.what)))
        .collect();
    assert_eq!(found, ways, "{:?}", answer.warnings);
    let options: BTreeSet<u32> = answer.relaxations.iter().map(|way| way.option).collect();
    for option in options {
        let manual = attempt(&by_hand(&request, option, &answer.relaxations)).await;
        let manual = manual.expect("an answer");
        assert_eq!(
            manual.status,
            ResolutionStatus::Resolved,
            "option {option}: {}",
            manual.explanation
        );
        let passed: Option<Vec<Constraint>> = answer
            .relaxations
            .iter()
            .filter(|way| way.option == option)
            .map(|way| {
                let (repository, text) = way.constraint.as_deref()?.split_once(" :: ")?;
                Some(Constraint {
                    instead_of: Some(repository.to_owned()),
                    requirement: text.to_owned(),
                })
            })
            .collect();
        if let Some(constraints) = passed {
            let again = ResolutionRequest {
                constraints,
                ..request.clone()
            };
            let again = explained(&again).await;
            assert_eq!(
                again.status,
                ResolutionStatus::Resolved,
                "option {option}: {}",
                again.explanation
            );
        }
    }
}

/// Replaces bounds that move with every release of the package by `N`.
fn without_newest(text: &str) -> String {
    let mut words = Vec::new();
    for word in text.split(' ') {
        let moves = word.starts_with("requests>=2.20.0,<");
        words.push(if moves { "requests>=2.20.0,<N" } else { word });
    }
    let whole = words.join(" ");
    match whole.split_once("may take requests ") {
        Some((before, rest)) => {
            let (_, after) = rest.split_once(':').expect("a sentence");
            format!("{before}may take requests N:{after}")
        }
        None => whole,
    }
}

#[tokio::test]
async fn either_side_of_a_direct_contradiction_may_move() {
    check_ways(
        request(vec![
            repository("./first", Some(">=3.9"), &["itsdangerous", "click==7.0"]),
            repository("./second", Some(">=3.9"), &["click>=8.1"]),
        ]),
        "click: ./first click==7.0 pyproject.toml:2 | ./second click>=8.1 pyproject.toml:1",
        &[
            "1 ./first may take click 8.1.8: click==7.0 becomes click>=7.0,<8.2",
            "2 ./second may take click 7.0: click>=8.1 becomes click>=7.0",
        ],
    )
    .await;
}

#[tokio::test]
async fn a_pair_that_only_the_transitive_set_breaks_has_ways_out() {
    check_ways(
        request(vec![
            repository("./old", Some(">=3.9"), &["requests==2.20.0"]),
            repository("./new", Some(">=3.9"), &["urllib3>=2"]),
        ]),
        "urllib3: ./old requests==2.20.0 pyproject.toml:1 | ./new urllib3>=2 pyproject.toml:1",
        &[
            "1 ./old may take requests N: requests==2.20.0 becomes requests>=2.20.0,<N",
            "2 ./new may take urllib3 1.24.3: urllib3>=2 becomes urllib3>=1.24",
        ],
    )
    .await;
}

#[tokio::test]
async fn a_pair_broken_on_one_platform_names_it() {
    let request = request(vec![
        repository(
            "./a",
            Some(">=3.9"),
            &["colorama<0.4; sys_platform == 'win32'"],
        ),
        repository("./b", Some(">=3.9"), &["colorama>=0.4.5"]),
    ]);
    let answer = explained(&request).await;
    assert_eq!(
        answer.conflicts[0].environment.as_deref(),
        Some("sys_platform == 'win32'")
    );
    check_ways(
        request,
        "colorama: ./a colorama<0.4; sys_platform == 'win32' pyproject.toml:1 | ./b colorama>=0.4.5 pyproject.toml:1",
        &[
            "1 ./a may take colorama 0.4.6: colorama<0.4; sys_platform == 'win32' becomes colorama<0.5; sys_platform == 'win32'",
            "2 ./b may take colorama 0.3.9: colorama>=0.4.5 becomes colorama>=0.3",
        ],
    )
    .await;
}

#[tokio::test]
async fn a_requirement_that_the_oldest_python_cannot_meet_names_the_range() {
    let request = request(vec![
        repository("./a", Some(">=3.9"), &["networkx==3.4"]),
        repository("./b", Some(">=3.9"), &["itsdangerous"]),
    ]);
    let answer = explained(&request).await;
    assert_eq!(
        answer.conflicts[0].environment.as_deref(),
        Some("python_full_version < '3.10'")
    );
    check_ways(
        request,
        "networkx: ./a networkx==3.4 pyproject.toml:1 | ./a python>=3.9 pyproject.toml:90",
        &[
            "1 ./a may take networkx 3.2.1 or 3.4: networkx==3.4 becomes networkx>=3.2,<=3.4",
            "2 ./a runs on other versions of Python: its requires-python >=3.9 becomes >=3.10",
        ],
    )
    .await;
}

#[tokio::test]
async fn ranges_of_python_without_overlap_have_ways_out() {
    check_ways(
        request(vec![
            repository("./old", Some("<3.11"), &["itsdangerous"]),
            repository("./new", Some(">=3.12"), &["itsdangerous"]),
        ]),
        "python: ./old <3.11 pyproject.toml:90 | ./new >=3.12 pyproject.toml:90",
        &[
            "1 ./old runs on other versions of Python: its requires-python <3.11 becomes <3.13",
            "2 ./new runs on other versions of Python: its requires-python >=3.12 becomes >=3.10",
        ],
    )
    .await;
}

#[tokio::test]
async fn several_contradictions_take_several_changes() {
    let request = request(vec![
        repository("./a", Some(">=3.9"), &["click==7.0", "jinja2<3"]),
        repository("./b", Some(">=3.9"), &["click>=8.1", "jinja2>=3.1"]),
    ]);
    let answer = explained(&request).await;
    let options: Vec<u32> = answer.relaxations.iter().map(|way| way.option).collect();
    assert_eq!(options, [1, 1, 2, 2], "{:?}", answer.relaxations);
    for option in [1, 2] {
        let manual = attempt(&by_hand(&request, option, &answer.relaxations)).await;
        assert_eq!(
            manual.expect("an answer").status,
            ResolutionStatus::Resolved
        );
    }
}

#[tokio::test]
async fn a_derivation_is_data_too() {
    let resolution = resolve_all(vec![
        repository("./old", Some(">=3.9"), &["requests==2.20.0"]),
        repository("./new", Some(">=3.9"), &["urllib3>=2"]),
    ])
    .await;
    let steps: Vec<String> = resolution
        .derivation
        .iter()
        .map(|step| {
            format!(
                "{} {} -> {} {}",
                step.is_repository, step.subject, step.package, step.versions
            )
        })
        .collect();
    assert_eq!(
        steps,
        [
            "false requests==2.20.0 -> urllib3 >=1.21.1,<1.25",
            "true ./new -> urllib3 >=2",
            "true ./old -> requests ==2.20.0",
        ]
    );
}
