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
    open_place(
        &place,
        written,
        base,
        &Limits::default(),
        &CancellationToken::new(),
    )
}

/// Opens a folder of which nothing is known and nothing is kept.
fn open_place(
    place: &Path,
    written: &str,
    base: &Path,
    limits: &Limits,
    cancellation: &CancellationToken,
) -> Result<LocalTree, Failure> {
    let opening = Opening {
        place,
        written,
        base,
        limits,
        known: &KnownFiles::default(),
        now: SystemTime::now(),
    };
    LocalTree::open(&opening, cancellation)
}

#[test]
fn a_folder_that_became_a_link_is_not_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), &[("real/a.py", "")]);
    symlink("real", folder.path().join("link")).expect("a link");
    let (limits, cancellation) = (Limits::default(), CancellationToken::new());
    let place = folder.path().join("link");
    let opened = open_place(&place, "link", folder.path(), &limits, &cancellation);
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
    let read = |name: &str| {
        tree.read(&TreePath::new(name).expect("a path"))
            .map(|blob| blob.bytes)
            .map_err(|failure| failure.code)
    };
    for name in ["changed", "swapped", "fifo"] {
        assert_eq!(read(name), Ok(Bytes::from_static(b"1")), "{name}");
        fs::remove_file(folder.path().join(name)).expect("removed");
    }
    for name in ["changed", "in/x"] {
        fs::write(folder.path().join(name), "2").expect("a file");
    }
    symlink("same", folder.path().join("swapped")).expect("a link");
    mkfifoat(CWD, folder.path().join("fifo"), Mode::RUSR).expect("a FIFO");
    assert_eq!(read("same"), Ok(Bytes::from_static(b"1")));
    for name in ["changed", "swapped", "fifo"] {
        assert_eq!(read(name), Err(ErrorCode::Upstream), "{name}");
    }
    // What was read when the folder was opened is given out as it was then, once.
    assert_eq!(read("in/x"), Ok(Bytes::from_static(b"1")));
    assert_eq!(read("in/x"), Err(ErrorCode::Upstream));
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
        open_place(folder.path(), ".", folder.path(), &limits, cancellation)
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

/// A folder and its cache; opened as if an hour had passed, so that nothing in it is young.
struct Remembered {
    folder: tempfile::TempDir,
    cache: tempfile::TempDir,
}

impl Remembered {
    fn of(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), files);
        let cache = tempfile::tempdir().expect("a folder");
        Self { folder, cache }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self) -> LocalTree {
        self.open_at(SystemTime::now() + std::time::Duration::from_secs(3600))
    }

    fn open_at(&self, now: SystemTime) -> LocalTree {
        let known = KnownFiles::load(self.cache.path(), self.folder.path());
        let opening = Opening {
            place: self.folder.path(),
            written: ".",
            base: self.folder.path(),
            limits: &Limits::default(),
            known: &known,
            now,
        };
        LocalTree::open(&opening, &CancellationToken::new()).expect("opens")
    }

    /// Puts the ids of one file and of another into each other's place in what the cache knows: what is read now shows that.
    fn swap_ids(&self, left: &str, right: &str) {
        let tree = self.open();
        let path = |name: &str| TreePath::new(name).expect("a path");
        let status = |name: &str| {
            let name = std::ffi::CString::new(name).expect("a name");
            crate::sources::local_file::Status::of_name(tree.root.as_fd(), &name).expect("a status")
        };
        let id = |name: &str| tree.id(&path(name)).expect("an id");
        let known = KnownFiles::load(self.cache.path(), self.folder.path());
        let later = SystemTime::now() + std::time::Duration::from_secs(3600);
        let (first, second) = (path(left), path(right));
        let files = [
            (&first, status(left).stamp, id(right)),
            (&second, status(right).stamp, id(left)),
        ];
        let files = files.iter().map(|(path, stamp, id)| (*path, stamp, *id));
        known.replace(files, later);
    }
}

#[test]
fn a_file_that_is_known_is_not_read_again() {
    let remembered = Remembered::of(&[("a", "one"), ("b", "two")]);
    let first = remembered.open();
    assert_eq!(remembered.open().origin(), first.origin());
    // Nothing else shows that the ids are taken from the cache: these are wrong.
    remembered.swap_ids("a", "b");
    let second = remembered.open();
    let path = TreePath::new("a").expect("a path");
    assert_ne!(second.blob_id(&path), first.blob_id(&path));
    // A wrong cache gives no wrong contents.
    assert_eq!(
        second.read(&path).expect_err("another id").code,
        ErrorCode::Upstream
    );
}

#[test]
fn what_changed_is_read_again() {
    let remembered = Remembered::of(&[
        ("same", "1"),
        ("changed", "1"),
        ("grown", "1"),
        ("replaced", "1"),
        ("gone", "1"),
        ("linked", "1"),
        ("moded", "1"),
    ]);
    remembered.open();
    let modified = fs::metadata(remembered.path("changed"))
        .and_then(|metadata| metadata.modified())
        .expect("a time");
    fs::write(remembered.path("changed"), "2").expect("a file");
    fs::File::options()
        .write(true)
        .open(remembered.path("changed"))
        .and_then(|file| file.set_modified(modified))
        .expect("a time that hides the change");
    fs::write(remembered.path("grown"), "11").expect("a file");
    fs::write(remembered.path("new"), "2").expect("a file");
    fs::rename(remembered.path("new"), remembered.path("replaced")).expect("renamed");
    fs::remove_file(remembered.path("gone")).expect("removed");
    fs::remove_file(remembered.path("linked")).expect("removed");
    symlink("same", remembered.path("linked")).expect("a link");
    fs::set_permissions(remembered.path("moded"), fs::Permissions::from_mode(0o755))
        .expect("a mode");
    let tree = remembered.open();
    assert_eq!(
        paths(&tree),
        ["changed", "grown", "linked", "moded", "replaced", "same"]
    );
    for (name, contents) in [
        ("changed", "2"),
        ("grown", "11"),
        ("replaced", "2"),
        ("same", "1"),
    ] {
        let path = TreePath::new(name).expect("a path");
        let blob = tree.read(&path).expect("reads");
        assert_eq!(blob.bytes, contents, "{name}");
        assert_eq!(tree.blob_id(&path), Some(blob.id), "{name}");
    }
    let moded = &tree.entries()[3];
    assert_eq!(moded.kind, synthesizer_model::tree::EntryKind::Executable);
    let link = TreePath::new("linked").expect("a path");
    assert_eq!(tree.blob_id(&link), None);
    let plain = open_at(".", remembered.folder.path()).expect("opens");
    assert_eq!(tree.origin(), plain.origin());
}

#[test]
fn a_file_that_is_young_is_read_again() {
    let remembered = Remembered::of(&[("a", "one")]);
    remembered.open_at(SystemTime::now());
    let known = KnownFiles::load(remembered.cache.path(), remembered.folder.path());
    assert!(!known.has("a"));
}

#[test]
fn a_damaged_cache_costs_time_alone() {
    let remembered = Remembered::of(&[("a", "one")]);
    let first = remembered.open();
    let folder = remembered.cache.path().join("folders");
    for file in fs::read_dir(folder).expect("a folder") {
        fs::write(file.expect("a file").path(), "damaged").expect("written");
    }
    assert_eq!(remembered.open().origin(), first.origin());
    fs::remove_dir_all(remembered.cache.path()).expect("removed");
    fs::write(remembered.cache.path(), "no folder").expect("written");
    assert_eq!(remembered.open().origin(), first.origin());
    fs::remove_file(remembered.cache.path()).expect("removed");
    fs::create_dir(remembered.cache.path()).expect("a folder");
}

#[test]
fn many_threads_give_the_order_of_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut expected = Vec::new();
    for number in 0..600 {
        let path = format!("d{}/e{}/f{number:03}", number % 3, number % 7);
        write(folder.path(), &[(&path, &path)]);
        expected.push(path);
        let wide = format!("wide/f{number:03}");
        write(folder.path(), &[(&wide, &wide)]);
        expected.push(wide);
    }
    expected.sort();
    let first = open_at(".", folder.path()).expect("opens");
    assert_eq!(paths(&first), expected);
    for entry in first.entries() {
        let blob = first.read(&entry.path).expect("reads");
        assert_eq!(blob.bytes, entry.path.as_str());
    }
    for _ in 0..5 {
        let again = open_at(".", folder.path()).expect("opens");
        assert_eq!(again.origin(), first.origin());
    }
}

#[test]
fn what_lies_too_deep_is_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let deep = "d/".repeat(130);
    write(folder.path(), &[(&format!("{deep}x"), ""), ("d/y", "")]);
    let tree = open_at(".", folder.path()).expect("opens");
    assert_eq!(paths(&tree), ["d/y"]);
    let deepest = "d/".repeat(128);
    assert_eq!(
        problem_paths(tree.problems()),
        [deepest.trim_end_matches('/')]
    );
}
