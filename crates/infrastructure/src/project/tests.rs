//! Tests of writing a project into place.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;
use crate::tools;

fn file(path: &str, contents: &str, executable: bool) -> ProjectFile {
    let path = TreePath::new(path).expect("a path");
    ProjectFile {
        path,
        contents: Bytes::from(contents.to_owned()),
        executable,
    }
}

fn files() -> Vec<ProjectFile> {
    vec![
        file("README.md", "read\r\n", false),
        file("src/package/deep/module.py", "x = 1\n", false),
        file("src/package/__init__.py", "", false),
        file("run", "#!/bin/sh\n", true),
        file(".gitignore", "*.py\n", false),
    ]
}

fn names(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).expect("reads").flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().into_string().expect("text"))
        .collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path)
        .expect("is there")
        .permissions()
        .mode()
        & 0o777
}

#[test]
fn a_project_appears_whole_with_fixed_modes() {
    let place = tempfile::tempdir().expect("a folder");
    let target = place.path().join("new/er/project");
    let staging = Staging::create(&target).expect("creates");
    assert_eq!(
        staging.created_parents(),
        [place.path().join("new"), place.path().join("new/er")]
    );
    let (some, rest) = (files()[..2].to_vec(), files()[2..].to_vec());
    staging.write(&some).expect("writes");
    staging.write(&rest).expect("writes");
    assert!(!target.exists());
    assert!(staging.path().join("src/package/deep/module.py").is_file());
    staging.place().expect("places");
    assert_eq!(names(target.parent().expect("a parent")), ["project"]);
    assert_eq!(
        std::fs::read_to_string(target.join("README.md")).expect("reads"),
        "read\r\n"
    );
    let modes = ["", "src/package/deep", "run", "README.md"].map(|path| mode(&target.join(path)));
    assert_eq!(modes, [0o755, 0o755, 0o755, 0o644]);
}

#[test]
fn nothing_is_left_of_a_project_that_was_not_placed() {
    let place = tempfile::tempdir().expect("a folder");
    let staging = Staging::create(&place.path().join("project")).expect("creates");
    staging.write(&files()).expect("writes");
    assert_eq!(names(place.path()).len(), 1);
    drop(staging);
    assert_eq!(names(place.path()).len(), 0);
}

#[test]
fn whatever_exists_is_not_overwritten() {
    let place = tempfile::tempdir().expect("a folder");
    let target = place.path().join("project");
    let check = |make: &dyn Fn(), remove: &dyn Fn()| {
        make();
        assert_eq!(
            Staging::create(&target).expect_err("exists").code,
            ErrorCode::Exists
        );
        remove();
        let staging = Staging::create(&target).expect("creates");
        make();
        assert_eq!(staging.place().expect_err("exists").code, ErrorCode::Exists);
        assert_eq!(names(place.path()), ["project"]);
        remove();
    };
    let remove_file = || std::fs::remove_file(&target).expect("removes");
    check(
        &|| std::fs::write(&target, "mine").expect("writes"),
        &remove_file,
    );
    check(&|| symlink("absent", &target).expect("links"), &remove_file);
    check(&|| std::fs::create_dir(&target).expect("creates"), &|| {
        std::fs::remove_dir(&target).expect("removes")
    });
}

#[test]
fn names_that_cannot_be_used_are_refused() {
    for target in [
        "relative/project",
        "/",
        "/tmp/..",
        "/tmp/.git",
        "/tmp/a\nb",
        "/tmp/con",
        &format!("/tmp/{}", "x".repeat(201)),
    ] {
        assert_eq!(
            Staging::create(Path::new(target)).expect_err(target).code,
            ErrorCode::Path
        );
    }
    let place = tempfile::NamedTempFile::new().expect("a file");
    let below_a_file = Staging::create(&place.path().join("project")).expect_err("below a file");
    assert_eq!(below_a_file.code, ErrorCode::Path);
}

#[test]
fn files_that_clash_are_a_defect() {
    let place = tempfile::tempdir().expect("a folder");
    let check = |clashing: [ProjectFile; 2]| {
        let staging = Staging::create(&place.path().join("project")).expect("creates");
        assert_eq!(
            staging.write(&clashing).expect_err("clash").code,
            ErrorCode::Internal
        );
    };
    check([file("a", "1", false), file("a", "2", false)]);
    check([file("a", "1", false), file("a/b", "2", false)]);
    check([file("a/b", "1", false), file("a", "2", false)]);
}

#[test]
fn a_parent_swapped_for_a_link_leads_nowhere_else() {
    let place = tempfile::tempdir().expect("a folder");
    let (parent, moved, elsewhere) = (
        place.path().join("parent"),
        place.path().join("moved"),
        place.path().join("other"),
    );
    std::fs::create_dir(&parent).expect("creates");
    std::fs::create_dir(&elsewhere).expect("creates");
    let staging = Staging::create(&parent.join("project")).expect("creates");
    std::fs::rename(&parent, &moved).expect("moves");
    symlink(&elsewhere, &parent).expect("links");
    staging.write(&files()).expect("writes");
    staging.place().expect("places");
    assert_eq!(names(&elsewhere).len(), 0);
    assert!(moved.join("project/src/package/__init__.py").is_file());
}

#[test]
fn a_parent_that_became_a_link_is_refused() {
    let place = tempfile::tempdir().expect("a folder");
    let elsewhere = tempfile::tempdir().expect("a folder");
    symlink(elsewhere.path(), place.path().join("parent")).expect("links");
    for target in ["parent/project", "parent/new/project"] {
        let failure = Staging::create(&place.path().join(target)).expect_err("leads elsewhere");
        assert_eq!(failure.code, ErrorCode::Path);
    }
    assert_eq!(names(elsewhere.path()).len(), 0);
}

#[test]
fn parents_that_were_made_go_with_a_project_that_is_not_placed() {
    let place = tempfile::tempdir().expect("a folder");
    let staging = Staging::create(&place.path().join("new/er/project")).expect("creates");
    staging.write(&files()).expect("writes");
    drop(staging);
    assert_eq!(names(place.path()).len(), 0);
}

#[test]
fn a_folder_swapped_for_a_link_is_not_followed() {
    let place = tempfile::tempdir().expect("a folder");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let staging = Staging::create(&place.path().join("project")).expect("creates");
    symlink(elsewhere.path(), staging.path().join("src")).expect("links");
    staging.write(&files()).expect_err("leads outside");
    assert_eq!(names(elsewhere.path()).len(), 0);
}

async fn committed(folder: &Path) -> (String, PathBuf) {
    let path = "/usr/local/bin:/usr/bin:/bin".to_owned();
    let environment = BTreeMap::from([
        ("PATH".to_owned(), path),
        ("GIT_DIR".to_owned(), "/absent".to_owned()),
    ]);
    let git = tools::find("git", &environment).expect("git");
    let target = folder.join("project");
    let staging = Staging::create(&target).expect("creates");
    staging.write(&files()).expect("writes");
    let tree = staging
        .commit_git(&git, &environment, "first", &CancellationToken::new())
        .await
        .expect("commits");
    staging.place().expect("places");
    (tree, target)
}

#[tokio::test]
async fn the_same_files_give_the_same_commit() {
    let (first_place, second_place) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let (first, first_target) = committed(first_place.path()).await;
    let (second, second_target) = committed(second_place.path()).await;
    assert_eq!(first, second);
    // What git gives for these blobs and modes in any repository: the ignored file is in, the line ends are as they were.
    assert_eq!(first, "a7bac1c8778bd99423925c846edc6958c53206fb");
    let head = |target: &Path| {
        std::fs::read_to_string(target.join(".git/refs/heads/main")).expect("a branch")
    };
    assert_eq!(head(&first_target), head(&second_target));
    assert!(!first_target.join(".git/hooks").exists());
    let config =
        std::fs::read_to_string(first_target.join(".git/config")).expect("a configuration");
    assert!(!config.contains('/'), "no path is recorded: {config}");
}
