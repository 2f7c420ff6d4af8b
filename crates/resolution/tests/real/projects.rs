//! Locking one whole project.

use super::*;

async fn lock(pyproject: &str) -> Result<ProjectLock, LockProblem> {
    let machine = Machine::new();
    lock_project(pyproject, machine.environment(), &CancellationToken::new()).await
}

const PROJECT: &str = r#"
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "Toolbox"
version = "0.1.0"
requires-python = ">=3.10"
readme = "README.md"
dependencies = ["markupsafe>=2"]

[project.optional-dependencies]
sign = ["itsdangerous>=2.2"]

[dependency-groups]
dev = ["iniconfig"]
"#;

#[tokio::test]
async fn a_static_project_is_locked_without_its_files() {
    let lock = lock(PROJECT).await.expect("a lock");
    let packages: Vec<String> = lock
        .packages
        .iter()
        .map(|one| format!("{} {:?}", one.name, one.required_by))
        .collect();
    assert_eq!(
        packages,
        [
            r#"iniconfig ["Toolbox (group dev)"]"#,
            r#"itsdangerous ["Toolbox[sign]"]"#,
            r#"markupsafe ["Toolbox"]"#
        ]
    );
    assert_eq!(
        lock.requirements_txt.lines().count(),
        1,
        "{}",
        lock.requirements_txt
    );
    assert!(lock.lock.content.contains("requires-python = \">=3.10\""));
    assert!(lock.warnings.is_empty(), "{:?}", lock.warnings);
}

#[tokio::test]
async fn a_project_whose_python_is_not_installed_is_locked_with_a_warning() {
    let lock = lock(
        &PROJECT
            .replace(">=3.10", ">=3.30")
            .replace("markupsafe>=2", "packaging"),
    )
    .await
    .expect("a lock");
    assert!(lock.lock.content.contains("requires-python = \">=3.30\""));
    assert_eq!(
        lock.warnings,
        [
            "no installed Python satisfies >=3.30; the set was solved for it all the same, but cannot be installed here"
        ]
    );
}

#[tokio::test]
async fn the_problems_of_a_project_are_told_apart() {
    let impossible =
        lock(&PROJECT.replace("\"markupsafe>=2\"", "\"click==7.0\", \"click>=8.1\"")).await;
    assert!(
        matches!(impossible, Err(LockProblem::Unsatisfiable { .. })),
        "{impossible:?}"
    );
    let unknown = lock(&PROJECT.replace("markupsafe>=2", "docopt==0.6.2")).await;
    let Err(LockProblem::Unknown { reasons, .. }) = unknown else {
        panic!("{unknown:?}")
    };
    assert_eq!(
        reasons,
        ["docopt has no usable wheel, and nothing is built from source"]
    );
}
