//! JavaScript: verdicts, explanations and locks of the real npm.

use synthesizer_infrastructure::config::Tool;
use synthesizer_model::{
    dependency::Ecosystem,
    failure::ErrorCode,
    resolution::{Constraint, RepositoryRequirements, ResolutionStatus},
};
use synthesizer_resolution::solvers::npm::Npm;

use super::{Machine, by_hand, lock_of, request, told, versions_of};

fn repository(name: &str, requirements: &[&str]) -> RepositoryRequirements {
    super::repository(Ecosystem::Npm, name, requirements)
}

async fn check(repositories: Vec<RepositoryRequirements>, expected: &str) {
    let resolution = Machine::new(Tool::Npm)
        .solve(&Npm, &request(repositories))
        .await;
    assert_eq!(told(&resolution), expected);
}

#[tokio::test]
async fn peers_that_no_version_suits_contradict_each_other() {
    check(
        vec![
            repository("old", &["ms 2", "peer: react ^17"]),
            repository("new", &["peer: react ^18"]),
        ],
        "Unsatisfiable\nreact: ./new react ^18 package.json:1 | ./old react ^17 package.json:2\n\
         ./new needs react ^18 as a peer.\n./old needs react ^17 as a peer.\nOne version of react has to suit all of them, and none does.",
    )
    .await;
}

#[tokio::test]
async fn a_contradiction_through_a_package_is_proven_by_all_its_versions() {
    check(
        vec![repository("a", &["react ^18", "react-dom ^17"])],
        "Unsatisfiable\nreact: ./a react-dom ^17 package.json:2 | ./a react ^18 package.json:1\n\
         ./a needs react-dom ^17, of which 17.0.2 needs react 17.0.2 as a peer.\n./a needs react ^18.\nOne version of react has to suit all of them, and none does.",
    )
    .await;
}

#[tokio::test]
async fn another_version_is_tried_where_npm_tries_none() {
    let resolution = Machine::new(Tool::Npm)
        .solve(
            &Npm,
            &request(vec![
                repository("any", &["peer: react-dom *"]),
                repository("old", &["peer: react ^17"]),
            ]),
        )
        .await;
    assert_eq!(
        resolution.status,
        ResolutionStatus::Resolved,
        "{}",
        told(&resolution)
    );
    assert_eq!(versions_of(&resolution, "react"), ["17.0.2"]);
    assert_eq!(
        resolution.warnings,
        [
            "npm by itself takes newer versions and finds no set; one was found with react-dom 17.0.2 held by `overrides`"
        ]
    );
}

/// What is held is given to everybody: here somebody else asks for another version.
#[tokio::test]
async fn another_version_must_suit_everybody() {
    let resolution = Machine::new(Tool::Npm)
        .solve(
            &Npm,
            &request(vec![
                repository("any", &["peer: react-dom *"]),
                repository("old", &["peer: react ^17"]),
                repository("new", &["react-dom ^19"]),
            ]),
        )
        .await;
    let given: Vec<&str> = versions_of(&resolution, "react-dom");
    let suits = given.iter().any(|version| version.starts_with("19."));
    assert!(
        resolution.status != ResolutionStatus::Resolved || suits,
        "{}",
        told(&resolution)
    );
    assert_ne!(resolution.status, ResolutionStatus::Unsatisfiable);
}

#[tokio::test]
async fn copies_nest_and_the_lock_is_that_of_npm_by_hand() {
    let machine = Machine::new(Tool::Npm);
    let mut two = repository(
        "two",
        &[
            "react 18",
            "optional: fsevents ~2.3",
            "peer: scheduler >=0.19",
            "react npm:react@16",
        ],
    );
    two.requirements[3].imported_as = Some("older".to_owned());
    let repositories = vec![repository("one", &["react ^17", "loose-envify"]), two];
    let resolution = machine.solve(&Npm, &request(repositories)).await;
    assert_eq!(
        resolution.status,
        ResolutionStatus::Resolved,
        "{}",
        told(&resolution)
    );
    let majors: Vec<&str> = versions_of(&resolution, "react")
        .into_iter()
        .filter_map(|version| version.split('.').next())
        .collect();
    assert_eq!(majors, ["16", "17", "18"]);
    let tokens = resolution
        .packages
        .iter()
        .find(|package| package.name == "js-tokens")
        .expect("is there");
    assert_eq!(tokens.required_by, ["loose-envify"]);
    assert_eq!(tokens.chain[0], "./one");
    assert_eq!(tokens.license.as_deref(), Some("MIT"));
    assert_eq!(resolution.warnings, [""; 0]);

    let folder = tempfile::tempdir().expect("a folder");
    let write = |file: &str, text: &str| {
        let file = folder.path().join(file);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
        std::fs::write(file, text).expect("a file");
    };
    // npm names the lock after the folder when the root has no name.
    let folder_name = machine.scratch.path().join("workspace");
    let folder_name = folder_name.file_name().and_then(|name| name.to_str());
    assert_eq!(folder_name, Some("workspace"));
    write(
        "workspace/package.json",
        r#"{"private": true, "workspaces": ["repo-1-one", "repo-2-two"]}"#,
    );
    write(
        "workspace/repo-1-one/package.json",
        r#"{"name": "repo-1-one", "version": "0.0.0", "dependencies": {"react": "^17", "loose-envify": "*"}}"#,
    );
    write(
        "workspace/repo-2-two/package.json",
        r#"{"name": "repo-2-two", "version": "0.0.0", "dependencies": {"react": "18", "older": "npm:react@16"},
            "optionalDependencies": {"fsevents": "~2.3"}, "peerDependencies": {"scheduler": ">=0.19"}}"#,
    );
    let arguments = [
        "install",
        "--package-lock-only",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
    ];
    let output = by_hand(
        &machine.program,
        &folder.path().join("workspace"),
        &arguments,
    );
    assert!(output.status.success(), "{output:?}");
    let lock = folder.path().join("workspace/package-lock.json");
    let lock = std::fs::read_to_string(lock).expect("a lock");
    assert_eq!(lock_of(&resolution), lock);
}

#[tokio::test]
async fn what_the_registry_does_not_have_cannot_be_had() {
    check(
        vec![repository("a", &["ms ^99"])],
        "Unsatisfiable\nms: ./a ms ^99 package.json:1\n./a needs ms ^99.\nThe registry has no version of ms that ^99 allows.",
    )
    .await;
    check(
        vec![repository("a", &["synthesizer-no-such-package-7f3a 1"])],
        "Unsatisfiable\nsynthesizer-no-such-package-7f3a: ./a synthesizer-no-such-package-7f3a 1 package.json:1\n./a needs synthesizer-no-such-package-7f3a 1.\nThe registry has no package synthesizer-no-such-package-7f3a, or does not show it to this user.",
    )
    .await;
}

#[tokio::test]
async fn what_was_left_out_or_passed_over_is_said() {
    let mut one = repository(
        "a",
        &[
            "synthesizer-no-such-package-7f3a",
            "optional: ms ^99",
            "react 18.2.0",
            "react-dom 18.2.0",
            "reactstrap 8.9.0",
        ],
    );
    one.requirements[0].url = Some("github:owner/x".to_owned());
    let resolution = Machine::new(Tool::Npm)
        .solve(&Npm, &request(vec![one]))
        .await;
    assert_eq!(
        resolution.status,
        ResolutionStatus::Resolved,
        "{}",
        told(&resolution)
    );
    let starts = [
        "./a asks for synthesizer-no-such-package-7f3a by a direct reference",
        "./a: the requirement `synthesizer-no-such-package-7f3a` (package.json:1) was left out",
        "./a: npm left out `ms`",
        // npm takes an older react for all because of react-popper, and says no more than that it overrode something.
        "react-dom asks for react ^18.2.0, but npm gives it 17.",
    ];
    assert_eq!(
        resolution.warnings.len(),
        starts.len(),
        "{:?}",
        resolution.warnings
    );
    for (warning, start) in resolution.warnings.iter().zip(starts) {
        assert!(warning.starts_with(start), "{warning}");
    }
}

#[tokio::test]
async fn a_constraint_decides_for_all_peers() {
    let mut request = request(vec![repository("a", &["peer: react >=17"])]);
    request.constraints = vec![Constraint::beside("react@^17")];
    let resolution = Machine::new(Tool::Npm).solve(&Npm, &request).await;
    assert_eq!(versions_of(&resolution, "react"), ["17.0.2"]);
    request.constraints = vec![Constraint::beside("react@^16")];
    let resolution = Machine::new(Tool::Npm).solve(&Npm, &request).await;
    assert_eq!(
        resolution.status,
        ResolutionStatus::Unsatisfiable,
        "{}",
        told(&resolution)
    );
    let requirements = &resolution.conflicts[0].requirements;
    let who: Vec<&str> = requirements
        .iter()
        .map(|one| one.repository.as_str())
        .collect();
    assert_eq!(who, ["./a", "constraint"], "{}", told(&resolution));
}

#[tokio::test]
async fn settings_of_the_user_do_not_hide_a_contradiction() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = folder.path().join("npmrc");
    std::fs::write(&settings, "legacy-peer-deps=true\nforce=true\n").expect("a file");
    let machine = Machine::new(Tool::Npm)
        .set("npm_config_userconfig", settings.to_str().expect("UTF-8"))
        .set("npm_config_force", "true")
        .set("NODE_OPTIONS", "--require=/nowhere");
    let repositories = vec![
        repository("old", &["peer: react ^17"]),
        repository("new", &["peer: react ^18"]),
    ];
    let resolution = machine.solve(&Npm, &request(repositories)).await;
    assert_eq!(
        resolution.status,
        ResolutionStatus::Unsatisfiable,
        "{}",
        told(&resolution)
    );
}

#[tokio::test]
async fn what_cannot_be_told_is_unknown() {
    let check = async |machine: Machine, requirement: &str, offline: bool, expected: &str| {
        let mut request = request(vec![repository("a", &[requirement])]);
        request.offline = offline;
        let resolution = machine.solve(&Npm, &request).await;
        assert_eq!(
            resolution.status,
            ResolutionStatus::Unknown,
            "{}",
            told(&resolution)
        );
        assert!(
            resolution.warnings[0].starts_with(expected),
            "{}",
            told(&resolution)
        );
    };
    let cache = tempfile::tempdir().expect("a folder");
    let empty =
        Machine::new(Tool::Npm).set("npm_config_cache", cache.path().to_str().expect("UTF-8"));
    check(empty, "ms 2", true, "the network is switched off").await;
    // A package that no system can have.
    check(
        Machine::new(Tool::Npm),
        "fsevents 2",
        false,
        "npm refuses a package that is for another platform",
    )
    .await;
}

#[tokio::test]
async fn a_registry_that_cannot_be_reached_is_a_failure_without_its_address() {
    let cache = tempfile::tempdir().expect("a folder");
    let machine = Machine::new(Tool::Npm)
        .set("npm_config_cache", cache.path().to_str().expect("UTF-8"))
        .set("npm_config_registry", "http://user:word@127.0.0.1:9/")
        .set("npm_config_fetch_retries", "0");
    let request = request(vec![repository("a", &["ms 2"])]);
    let failure = machine.try_solve(&Npm, &request).await.expect_err("fails");
    assert_eq!(failure.code, ErrorCode::Upstream, "{failure:?}");
    assert!(
        !failure.message.contains("127.0.0.1") && !failure.message.contains("word"),
        "{}",
        failure.message
    );
}

#[tokio::test]
async fn a_workspace_above_the_scratch_folder_is_not_locked_instead() {
    let above = tempfile::tempdir().expect("a folder");
    let manifest = above.path().join("package.json");
    std::fs::write(&manifest, r#"{"workspaces": ["**"]}"#).expect("a file");
    let mut machine = Machine::new(Tool::Npm);
    machine.scratch = tempfile::tempdir_in(above.path()).expect("a folder");
    let asked = request(vec![repository("a", &["ms 2"])]);
    let failure = machine.try_solve(&Npm, &asked).await.expect_err("fails");
    assert_eq!(failure.code, ErrorCode::Config);
    std::fs::write(
        &manifest,
        r#"{"workspaces": ["packages/*"], "dependencies": {"ms": "1"}}"#,
    )
    .expect("a file");
    let resolution = machine.solve(&Npm, &asked).await;
    assert_eq!(resolution.status, ResolutionStatus::Resolved);
    assert!(!above.path().join("package-lock.json").exists());
}
