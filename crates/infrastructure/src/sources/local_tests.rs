//! Folders with everything that a folder can hold.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
};

use rustix::fs::{CWD, Mode, mkfifoat};
use synthesizer_testkit::git_repository::run_git;

use super::*;
use crate::sources::testing::{paths, problem_paths};

fn open_at(written: &str, base: &Path) -> Result<LocalTree, Failure> {
    let place = base
        .join(written)
        .canonicalize()
        .map_err(|error| cannot_open(&error, written))?;
    let (limits, cancellation) = (Limits::default(), CancellationToken::new());
    LocalTree::open(&place, written, base, &limits, &cancellation)
}

#[test]
fn a_folder_that_became_a_link_is_not_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), &[("real/a.py", "")]);
    symlink("real", folder.path().join("link")).expect("a link");
    let (limits, cancellation) = (Limits::default(), CancellationToken::new());
    let place = folder.path().join("link");
    let opened = LocalTree::open(&place, "link", folder.path(), &limits, &cancellation);
    assert_eq!(opened.expect_err("a link").code, ErrorCode::Path);
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, contents) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, contents).expect("a file");
    }
}

#[test]
fn ignored_and_generated_folders_are_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    write(
        folder.path(),
        &[
            (".gitignore", "*.log\n/dist/\n"),
            ("a.py", ""),
            ("a.log", ""),
            ("dist/x", ""),
            ("pkg/.gitignore", "!keep.log\nlocal\n"),
            ("pkg/keep.log", ""),
            ("pkg/local/x", ""),
            ("pkg/dist/x", ""),
            (".git/config", ""),
            ("pkg/.git", "gitdir: ../x"),
            ("env/pyvenv.cfg", ""),
            ("env/lib/x.py", ""),
            ("cache/CACHEDIR.TAG", ""),
            ("cache/x", ""),
            ("pkg/__pycache__/a.pyc", ""),
        ],
    );
    let tree = open_at(".", folder.path()).expect("opens");
    assert_eq!(
        paths(&tree),
        [
            ".gitignore",
            "a.py",
            "pkg/.gitignore",
            "pkg/dist/x",
            "pkg/keep.log"
        ]
    );
    assert_eq!(tree.problems(), []);
}

#[test]
fn links_are_entries_and_special_files_problems() {
    let folder = tempfile::tempdir().expect("a folder");
    write(
        folder.path(),
        &[("a.py", "x"), ("real/b.py", "y"), ("AUX", ""), ("A.PY", "")],
    );
    symlink("/etc/passwd", folder.path().join("link")).expect("a link");
    symlink("real", folder.path().join("folder-link")).expect("a link");
    mkfifoat(CWD, folder.path().join("fifo"), Mode::RUSR).expect("a FIFO");
    let tree = open_at(".", folder.path()).expect("opens");
    assert_eq!(paths(&tree), ["A.PY", "folder-link", "link", "real/b.py"]);
    assert_eq!(problem_paths(tree.problems()), ["AUX", "a.py", "fifo"]);
    let link = TreePath::new("link").expect("a path");
    assert_eq!(
        tree.read(&link).expect_err("a link").code,
        ErrorCode::NotFound
    );
}

#[test]
fn the_revision_is_the_tree_that_git_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    write(
        folder.path(),
        &[
            ("a.c", "1"),
            ("a/x", "2"),
            ("a-b", "3"),
            ("a/b/c/d", "4"),
            ("run", "#!/bin/sh\n"),
        ],
    );
    fs::set_permissions(folder.path().join("run"), fs::Permissions::from_mode(0o755))
        .expect("a mode");
    symlink("a.c", folder.path().join("link")).expect("a link");
    let tree = open_at(".", folder.path()).expect("opens");
    run_git(folder.path(), &["init", "--quiet"], b"").expect("a repository");
    run_git(folder.path(), &["add", "--all"], b"").expect("added");
    let expected = run_git(folder.path(), &["write-tree"], b"").expect("a tree");
    assert_eq!(
        tree.origin().revision,
        format!("tree:{}", String::from_utf8_lossy(&expected).trim())
    );
    assert_eq!(
        open_at(".", folder.path())
            .expect("opens")
            .origin()
            .revision,
        tree.origin().revision
    );
}

#[test]
fn a_file_that_changes_or_becomes_a_link_is_not_read() {
    let folder = tempfile::tempdir().expect("a folder");
    write(
        folder.path(),
        &[
            ("same", "1"),
            ("changed", "1"),
            ("swapped", "1"),
            ("fifo", "1"),
            ("in/x", "1"),
            ("other/x", "1"),
        ],
    );
    let tree = open_at(".", folder.path()).expect("opens");
    fs::write(folder.path().join("changed"), "2").expect("a file");
    for name in ["swapped", "fifo"] {
        fs::remove_file(folder.path().join(name)).expect("removed");
    }
    symlink("same", folder.path().join("swapped")).expect("a link");
    mkfifoat(CWD, folder.path().join("fifo"), Mode::RUSR).expect("a FIFO");
    let read = |name: &str| {
        tree.read(&TreePath::new(name).expect("a path"))
            .map(|blob| blob.bytes)
            .map_err(|failure| failure.code)
    };
    assert_eq!(read("same"), Ok(Bytes::from_static(b"1")));
    for name in ["changed", "swapped", "fifo"] {
        assert_eq!(read(name), Err(ErrorCode::Upstream), "{name}");
    }
    // The whole folder may be moved: the handle stays with it.
    let moved = folder.path().with_extension("moved");
    fs::rename(folder.path(), &moved).expect("moved");
    assert_eq!(read("same"), Ok(Bytes::from_static(b"1")));
    fs::remove_dir_all(moved).expect("removed");
}

#[test]
fn places_that_are_no_folder_have_their_codes() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), &[("file", "")]);
    for (written, expected) in [("./none", ErrorCode::NotFound), ("./file", ErrorCode::Path)] {
        assert_eq!(
            open_at(written, folder.path())
                .map(|_| ())
                .map_err(|failure| failure.code),
            Err(expected),
            "{written}"
        );
    }
}

#[test]
fn no_absolute_path_is_put_on_record() {
    let folder = tempfile::tempdir().expect("a folder");
    write(
        folder.path(),
        &[("base/My Lib/a.py", ""), ("other/a.py", "")],
    );
    let base = folder.path().join("base");
    for (written, url, slug) in [
        ("./My Lib/".to_owned(), "./My Lib", "my-lib"),
        (
            base.join("My Lib").display().to_string(),
            "./My Lib",
            "my-lib",
        ),
        (
            folder.path().join("other").display().to_string(),
            "../other",
            "other",
        ),
        ("../other".to_owned(), "../other", "other"),
        (base.display().to_string(), ".", "base"),
    ] {
        let tree = open_at(&written, &base).expect("opens");
        assert_eq!(
            (tree.origin().url.as_str(), tree.origin().slug.as_str()),
            (url, slug),
            "{written}"
        );
    }
}

#[test]
fn bounds_and_cancellation_end_the_walk() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), &[("a", "1"), ("b/c", "12345"), ("d", "1")]);
    let open = |limits: Limits, cancellation: &CancellationToken| {
        LocalTree::open(folder.path(), ".", folder.path(), &limits, cancellation)
            .map_err(|failure| failure.code)
    };
    let token = CancellationToken::new();
    let few = Limits {
        source_files: 3,
        ..Limits::default()
    };
    assert_eq!(open(few, &token).map(|_| ()), Err(ErrorCode::Limit));
    let small = Limits {
        file_bytes: 3,
        ..Limits::default()
    };
    assert_eq!(paths(&open(small, &token).expect("opens")), ["a", "d"]);
    token.cancel();
    assert_eq!(
        open(Limits::default(), &token).map(|_| ()),
        Err(ErrorCode::Cancelled)
    );
}
