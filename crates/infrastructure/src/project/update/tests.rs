//! Updates of real repositories, whole, killed between any two files, and of repositories that want programs to run.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use synthesizer_model::{
    failure::ErrorCode,
    tree::{TreePath, sha256_hex},
};
use synthesizer_testkit::git_repository::run_git;
use tokio_util::sync::CancellationToken;

use super::*;

/// A project in a folder of its own, with a repository and one commit of its files.
struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new(files: &[(&str, &str)]) -> Self {
        let world = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        fs::create_dir_all(world.project()).expect("made");
        world.git(&["init", "--quiet", "--initial-branch=main"]);
        for (path, text) in files {
            world.write(path, text);
        }
        world.git(&["add", "--all", "--force"]);
        world.git(&["commit", "--quiet", "--message=first"]);
        world
    }

    fn project(&self) -> PathBuf {
        self.folder
            .path()
            .canonicalize()
            .expect("resolves")
            .join("project")
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut all = vec!["-c", "user.name=x", "-c", "user.email=x@example.invalid"];
        all.extend(arguments);
        let said = run_git(&self.project(), &all, b"").expect("git works");
        String::from_utf8_lossy(&said).trim().to_owned()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.project().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn text(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.project().join(path)).ok()
    }

    /// Gives every file but those of git.
    fn files(&self) -> BTreeMap<String, String> {
        let listed = self.git(&["ls-files", "--cached", "--others"]);
        let paths = listed.lines().map(str::to_owned);
        paths
            .filter_map(|path| Some((path.clone(), self.text(&path)?)))
            .collect()
    }

    fn config(&self) -> crate::config::Config {
        crate::sources::testing::config(self.folder.path())
    }

    async fn open(&self) -> (Arc<GitProject>, ObjectStore) {
        let project = Arc::new(GitProject::open(&self.project()).expect("opens"));
        let store = ObjectStore::create(&self.config(), &project, &CancellationToken::new())
            .await
            .expect("git works");
        (project, store)
    }

    /// Saves the present state and makes the commit of a new one.
    async fn states(
        &self,
        project: &Arc<GitProject>,
        store: &ObjectStore,
        changes: &[TreeChange],
    ) -> (Snapshot, Commit) {
        let listed = self.git(&["ls-files", "--cached", "--others", "--exclude-standard"]);
        let listed: BTreeSet<TreePath> = listed.lines().map(path).collect();
        let before = store
            .snapshot(project, listed, 1 << 20)
            .await
            .expect("saves");
        let after = store
            .commit(
                "after",
                Some(&before.commit.id),
                Some(&before.commit.tree),
                changes,
            )
            .await
            .expect("commits");
        (before, after)
    }
}

fn path(text: &str) -> TreePath {
    TreePath::new(text).expect("a path")
}

fn file(name: &str, text: &str) -> TreeChange {
    TreeChange::File(path(name), Bytes::from(text.to_owned()), false)
}

/// What the tests change: one of each kind, and a file that becomes a folder.
fn changes() -> Vec<TreeChange> {
    vec![
        file("changed", "new"),
        file("deep/er/added", "added"),
        TreeChange::Removed(path("gone/file")),
        TreeChange::Removed(path("turns")),
        file("turns/into", "a folder"),
        TreeChange::File(path("tool"), Bytes::from_static(b"run"), true),
    ]
}

const FILES: &[(&str, &str)] = &[
    ("changed", "old"),
    ("gone/file", "bye"),
    ("turns", "a file"),
    ("tool", "run"),
    ("same", "same"),
    (".gitignore", "ignored\n"),
];

#[tokio::test]
async fn an_update_changes_what_it_says_and_keeps_the_state_before() {
    let world = World::new(FILES);
    world.write("mine", "not committed");
    let (project, store) = world.open().await;
    let (before, after) = world.states(&project, &store, &changes()).await;
    assert_eq!(before.left_out, [""; 0]);
    let mut journal = Journal::open(&project).expect("the right");
    assert_eq!(
        Journal::open(&project).expect_err("held").code,
        ErrorCode::Exists
    );
    journal
        .begin(&store, &before.commit, &after, &after)
        .await
        .expect("begins");
    assert_eq!(world.text("changed").as_deref(), Some("old"));
    let applied = journal.finish(&store).await.expect("finishes");
    assert_eq!(applied.left, []);
    assert_eq!(world.text("changed").as_deref(), Some("new"));
    assert_eq!(world.text("deep/er/added").as_deref(), Some("added"));
    assert_eq!(world.text("turns/into").as_deref(), Some("a folder"));
    assert!(!world.project().join("gone").exists());
    let mode = |name: &str| {
        let data = fs::metadata(world.project().join(name)).expect("is");
        data.permissions().mode() & 0o777
    };
    assert_eq!(mode("tool") & 0o111, 0o111);
    assert!(!Journal::is_unfinished(&project).expect("readable"));
    // The objects are in the project now, whole, and the state before comes back by git alone.
    drop(store);
    world.git(&["fsck", "--strict"]);
    assert_eq!(
        world.git(&["show", "refs/synthesizer/before-update:mine"]),
        "not committed"
    );
    let undo = [
        "restore",
        "--source=refs/synthesizer/before-update",
        "--worktree",
        "--",
        ".",
    ];
    fs::remove_dir_all(world.project().join("turns")).expect("removed");
    world.git(&undo);
    assert_eq!(world.text("changed").as_deref(), Some("old"));
    assert_eq!(world.text("gone/file").as_deref(), Some("bye"));
    assert_eq!(world.text("mine").as_deref(), Some("not committed"));
}

#[tokio::test]
async fn an_update_that_was_killed_is_finished_by_the_next() {
    let whole = {
        let world = World::new(FILES);
        let (project, store) = world.open().await;
        let (before, after) = world.states(&project, &store, &changes()).await;
        let mut journal = Journal::open(&project).expect("the right");
        journal
            .begin(&store, &before.commit, &after, &after)
            .await
            .expect("begins");
        journal.finish(&store).await.expect("finishes");
        world.files()
    };
    // What the changes are by their numbers: what lies where files wait has such a name.
    for (waiting, contents, saved) in [
        (None, "", 0),
        (Some("0.new"), "half", 0),
        (Some("0"), "new", 0),
        (Some("0"), "old", 0),
        (Some("0"), "written by somebody at the last moment", 1),
    ] {
        let world = World::new(FILES);
        let (project, store) = world.open().await;
        let (before, after) = world.states(&project, &store, &changes()).await;
        let mut journal = Journal::open(&project).expect("the right");
        journal
            .begin(&store, &before.commit, &after, &after)
            .await
            .expect("begins");
        // Killed: a part is written, and nobody gives anything back.
        drop(journal);
        drop(store);
        world.write("deep/er/added", "added");
        fs::remove_file(world.project().join("turns")).expect("removed");
        if let Some(name) = waiting {
            world.write(&format!(".git/synthesizer/files/{name}"), contents);
        }
        let (project, store) = world.open().await;
        assert!(Journal::is_unfinished(&project).expect("readable"));
        let mut journal = Journal::open(&project).expect("the right");
        let applied = journal.finish(&store).await.expect("finishes");
        assert_eq!(applied.left, [], "{waiting:?} {contents}");
        assert_eq!(applied.saved.len(), saved, "{waiting:?} {contents}");
        if let Some(name) = applied.saved.first() {
            let kept = world.text(&format!(".git/synthesizer/{name}"));
            assert_eq!(kept.as_deref(), Some(contents));
        }
        assert_eq!(world.files(), whole);
        assert!(!world.project().join(".git/synthesizer/files").exists());
    }
}

#[tokio::test]
async fn what_somebody_wrote_meanwhile_stays() {
    let world = World::new(FILES);
    let (project, store) = world.open().await;
    let (before, after) = world.states(&project, &store, &changes()).await;
    let mut journal = Journal::open(&project).expect("the right");
    journal
        .begin(&store, &before.commit, &after, &after)
        .await
        .expect("begins");
    world.write("changed", "mine");
    world.write("deep/er/added", "mine too");
    world.write("gone/file", "still needed");
    let applied = journal.finish(&store).await.expect("finishes");
    let left: Vec<&str> = applied.left.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(left, ["gone/file", "changed", "deep/er/added"]);
    assert_eq!(world.text("changed").as_deref(), Some("mine"));
    assert_eq!(world.text("deep/er/added").as_deref(), Some("mine too"));
    assert_eq!(world.text("gone/file").as_deref(), Some("still needed"));
    assert_eq!(world.text("turns/into").as_deref(), Some("a folder"));
}

#[tokio::test]
async fn nothing_is_written_through_a_link() {
    let world = World::new(&[("a/file", "old"), ("b", "old"), ("c", "old")]);
    let outside = world.folder.path().join("outside");
    fs::create_dir(&outside).expect("made");
    fs::write(outside.join("file"), "old").expect("written");
    let (project, store) = world.open().await;
    let new = [file("a/file", "new"), file("b", "new"), file("n/x", "new")];
    let (before, after) = world.states(&project, &store, &new).await;
    let mut journal = Journal::open(&project).expect("the right");
    journal
        .begin(&store, &before.commit, &after, &after)
        .await
        .expect("begins");
    let top = world.project();
    fs::remove_dir_all(top.join("a")).expect("removed");
    symlink(&outside, top.join("a")).expect("linked");
    fs::remove_file(top.join("b")).expect("removed");
    symlink(outside.join("file"), top.join("b")).expect("linked");
    symlink(&outside, top.join("n")).expect("linked");
    let applied = journal.finish(&store).await.expect("finishes");
    assert_eq!(applied.left.len(), 3, "{applied:?}");
    let there: Vec<_> = fs::read_dir(&outside).expect("reads").collect();
    assert_eq!(there.len(), 1);
    assert_eq!(
        fs::read_to_string(outside.join("file")).expect("reads"),
        "old"
    );
}

#[test]
fn only_a_plain_repository_of_its_own_is_opened() {
    let check = |prepare: &dyn Fn(&World), expected: Option<ErrorCode>| {
        let world = World::new(&[("a", "a")]);
        prepare(&world);
        let opened = GitProject::open(&world.project());
        assert_eq!(opened.map_err(|failure| failure.code).err(), expected);
    };
    let git = |world: &World| world.project().join(".git");
    check(&|_| {}, None);
    let refused = Some(ErrorCode::Incompatible);
    check(
        &|world| fs::remove_dir_all(git(world)).expect("removed"),
        refused,
    );
    check(
        &|world| {
            fs::remove_dir_all(git(world)).expect("removed");
            fs::write(git(world), "gitdir: ../elsewhere").expect("written");
        },
        refused,
    );
    check(
        &|world| {
            let elsewhere = world.folder.path().join("elsewhere");
            fs::rename(git(world), &elsewhere).expect("moved");
            symlink(&elsewhere, git(world)).expect("linked");
        },
        refused,
    );
    check(
        &|world| {
            let elsewhere = world.folder.path().join("elsewhere");
            fs::rename(git(world).join("objects"), &elsewhere).expect("moved");
            symlink(&elsewhere, git(world).join("objects")).expect("linked");
        },
        refused,
    );
    check(
        &|world| fs::write(git(world).join("commondir"), "../other").expect("written"),
        refused,
    );
}

#[tokio::test]
async fn a_journal_that_lies_is_refused_and_nothing_is_written() {
    let world = World::new(FILES);
    let head = world.git(&["rev-parse", "HEAD"]);
    let zero = "0".repeat(40);
    let text = |before: &str, after: &str| {
        format!(
            "{{\"version\":1,\"before\":\"{before}\",\"after\":\"{after}\",\"base\":\"{after}\"}}"
        )
    };
    for note in [
        text(&head, &head),
        text(&zero, &head),
        text("--upload-pack=x", &head),
        text("../../x", "y"),
        "{}".to_owned(),
        String::new(),
        "x".repeat(1 << 20),
    ] {
        world.write(".git/synthesizer/update.json", &note);
        let (project, store) = world.open().await;
        let outcome = match Journal::open(&project) {
            Ok(mut journal) => journal.finish(&store).await,
            Err(failure) => Err(failure),
        };
        let shown: String = note.chars().take(60).collect();
        assert_eq!(
            outcome.expect_err("refused").code,
            ErrorCode::Forbidden,
            "{shown}"
        );
        assert_eq!(world.text("changed").as_deref(), Some("old"), "{shown}");
    }
    // A note that is a link to something else is none either.
    let note = world.project().join(".git/synthesizer/update.json");
    fs::remove_file(&note).expect("removed");
    symlink("/dev/zero", &note).expect("linked");
    let (project, _store) = world.open().await;
    assert!(Journal::is_unfinished(&project).is_err());
}

/// Everything by which a repository can name a program, set to one that leaves a mark.
fn hostile(world: &World, mark: &Path) {
    let program = format!("touch {}", mark.display());
    for setting in [
        "core.fsmonitor",
        "merge.evil.driver",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "diff.evil.command",
        "diff.evil.textconv",
        "diff.external",
        "core.sshCommand",
        "core.pager",
        "core.editor",
        "credential.helper",
        "uploadpack.packObjectsHook",
        "core.alternateRefsCommand",
        "gpg.program",
    ] {
        world.git(&["config", setting, &program]);
    }
    world.git(&["config", "commit.gpgSign", "true"]);
    let attributes = "* merge=evil filter=evil diff=evil text eol=crlf ident\n";
    world.write(".gitattributes", attributes);
    world.write(".git/info/attributes", attributes);
    for hook in [
        "post-index-change",
        "reference-transaction",
        "pre-commit",
        "post-checkout",
        "pre-auto-gc",
    ] {
        let place = world.project().join(".git/hooks");
        fs::create_dir_all(&place).expect("made");
        let place = place.join(hook);
        fs::write(&place, format!("#!/bin/sh\n{program}\n")).expect("written");
        fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).expect("executable");
    }
}

#[tokio::test]
async fn no_program_that_the_project_names_is_started_and_no_attribute_changes_a_byte() {
    let world = World::new(&[("a.py", "one\ntwo\nthree\n$Id$\n")]);
    let mark = world.folder.path().join("mark");
    hostile(&world, &mark);
    world.write("a.py", "ONE\ntwo\nthree\n$Id$\n");
    let (project, store) = world.open().await;
    let listed = BTreeSet::from([path("a.py"), path(".gitattributes")]);
    let before = store
        .snapshot(&project, listed, 1 << 20)
        .await
        .expect("saves");
    let attributes = world.text(".gitattributes").expect("is");
    let attributes = file(".gitattributes", &attributes);
    let sides = [
        ("base", "one\ntwo\nthree\n$Id$\n"),
        ("upstream", "one\ntwo\nTHREE\n$Id$\n"),
    ];
    for (branch, text) in sides {
        let made = [attributes.clone(), file("a.py", text)];
        store
            .commit(branch, None, None, &made)
            .await
            .expect("commits");
    }
    store
        .commit("yours", None, Some(&before.commit.tree), &[])
        .await
        .expect("commits");
    let merged = store
        .merge("base", "yours", "upstream")
        .await
        .expect("merges");
    assert_eq!(merged.conflicts, []);
    let after = store
        .commit("after", Some(&before.commit.id), Some(&merged.tree), &[])
        .await
        .expect("commits");
    let mut journal = Journal::open(&project).expect("the right");
    journal
        .begin(&store, &before.commit, &after, &after)
        .await
        .expect("begins");
    let applied = journal.finish(&store).await.expect("finishes");
    assert_eq!((applied.written, applied.left.len()), (1, 0));
    assert_eq!(
        world.text("a.py").as_deref(),
        Some("ONE\ntwo\nTHREE\n$Id$\n")
    );
    assert!(!mark.exists(), "a program of the project was started");
}

#[tokio::test]
async fn a_conflict_has_markers_that_name_the_sides() {
    let world = World::new(&[("a", "1\n")]);
    let (_project, store) = world.open().await;
    for (branch, text) in [("base", "1\n"), ("yours", "2\n"), ("upstream", "3\n")] {
        let made = [file("a", text), file("b \"q\" é", "x")];
        store
            .commit(branch, None, None, &made)
            .await
            .expect("commits");
    }
    let merged = store
        .merge("base", "yours", "upstream")
        .await
        .expect("merges");
    assert_eq!(merged.conflicts.len(), 1);
    assert_eq!(merged.conflicts[0].kind, "contents");
    let files = store.files(&merged.tree).await.expect("lists");
    assert!(files.contains_key("b \"q\" é"));
    let blobs = store
        .blobs(&BTreeSet::from([files["a"].id.clone()]))
        .await
        .expect("reads");
    let text = blobs.values().next().expect("one");
    assert_eq!(text, "<<<<<<< yours\n2\n=======\n3\n>>>>>>> upstream\n");
}

#[tokio::test]
async fn originals_are_found_by_their_hashes_in_earlier_commits() {
    let world = World::new(&[("lock", "1"), ("a", "first"), ("b", "same")]);
    world.write("lock", "2");
    world.write("a", "edited");
    world.git(&["commit", "--quiet", "--all", "--message=second"]);
    let (_project, store) = world.open().await;
    let wanted = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|(path, text)| ((*path).to_owned(), sha256_hex(text.as_bytes())))
            .collect()
    };
    let wanted = wanted(&[("a", "first"), ("b", "same"), ("c", "nowhere")]);
    let found = store.originals(&wanted, &[], "lock").await.expect("looks");
    let found: Vec<(&str, &[u8])> = found
        .iter()
        .map(|(path, original)| (path.as_str(), &original.contents[..]))
        .collect();
    assert_eq!(found, [("a", &b"first"[..]), ("b", &b"same"[..])]);
}
