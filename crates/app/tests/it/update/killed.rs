//! SIGKILL while an update is at work: nothing is lost, and the next run ends where an undisturbed one does.

use std::{collections::BTreeMap, fs, path::Path};

use rustix::process::Signal;
use synthesizer_testkit::program::Program;

use super::world::{World, copy, git, liba, lines, two_releases, write};
use crate::{
    gate::{Gate, Held, until},
    project::Project,
};

/// The edit that must never be lost.
fn mine() -> String {
    lines(&[(15, "VALUE_15 = 'mine'")])
}

fn edited(world: &World) {
    world.write("src/fresh/liba/one.py", &mine());
    world.write("notes.txt", "not committed\n");
}

fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    Project::at(root).files()
}

/// Checks that every file is as before or as after, and that what was edited is in the folder or in git.
fn assert_nothing_lost(
    root: &Path,
    before: &BTreeMap<String, Vec<u8>>,
    after: &BTreeMap<String, Vec<u8>>,
    case: &str,
) {
    let now = files(root);
    let mut paths: Vec<&String> = before
        .keys()
        .chain(after.keys())
        .chain(now.keys())
        .collect();
    paths.dedup();
    for path in paths {
        let state = now.get(path);
        let known = state == before.get(path) || state == after.get(path);
        assert!(known, "{case}: {path} is neither as before nor as after");
        // What is not as before any more is in git as it was.
        if let Some(old) = before.get(path).filter(|old| Some(*old) != state) {
            let saved = git(
                root,
                &["show", &format!("refs/synthesizer/before-update:{path}")],
            );
            assert_eq!(
                saved.trim(),
                String::from_utf8_lossy(old).trim(),
                "{case}: {path}"
            );
        }
    }
    git(root, &["fsck", "--strict"]);
}

/// Numbers calls from 1 on again.
fn count_anew(program: &Program) {
    let folder = program.world().join("gate");
    for entry in fs::read_dir(folder).expect("the gate").flatten() {
        if entry.file_name().to_string_lossy().starts_with("call-") {
            // A call that is held still writes into its own.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[test]
fn killed_before_or_after_any_call_of_git_nothing_is_lost() {
    let mut world = World::new(two_releases());
    edited(&world);
    let before = files(&world.root());
    let work = world.program.work();
    copy(&world.root(), &work.join("whole"));
    let (gate, program) = Gate::install(world.program);
    world.program = program;
    let program = &world.program;
    program.run(["update", "whole", "--json"]).expect_status(0);
    let after = files(&work.join("whole"));
    assert_ne!(before, after);
    let calls = gate.calls();
    // The last calls are those between which the project changes; of the others, some stand for all.
    let first_of_last = calls.len().saturating_sub(5);
    let chosen = (1..=calls.len()).filter(|number| *number > first_of_last || number % 9 == 0);
    for number in chosen {
        for held in [Held::Before, Held::After] {
            let case = format!("{held:?} call {number}: {}", calls[number - 1]);
            let name = format!("run-{number}-{held:?}");
            let root = work.join(&name);
            copy(&world.root(), &root);
            count_anew(program);
            gate.hold(number, held);
            let running = program.start(["update", name.as_str(), "--json"]);
            assert!(gate.wait(|| false), "{case}");
            running.signal(Signal::KILL);
            assert_eq!(running.finish().status, None, "{case}");
            assert_nothing_lost(&root, &before, &after, &case);
            gate.open();
            let again = program.run(["update", name.as_str(), "--json"]);
            again.expect_status(0);
            assert_eq!(files(&root), after, "{case}");
            assert!(
                !root.join(".git/synthesizer/update.json").exists(),
                "{case}"
            );
        }
    }
}

/// Enough files that the writing of them takes longer than it takes to be seen.
const MANY: usize = 600;

#[test]
fn killed_between_two_files_an_update_is_finished_by_the_next() {
    let release = |version: &str| {
        let text = format!("VALUE = '{version}'\n");
        let names: Vec<String> = (0..MANY).map(|number| format!("m{number:04}.py")).collect();
        let mut all: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), &*text)).collect();
        all.push(("__init__.py", ""));
        liba(version, &all)
    };
    let world = World::new(vec![release("1.0"), release("2.0")]);
    world.write("src/fresh/own.py", "OWN = 1\n");
    let before = files(&world.root());
    let work = world.program.work();
    copy(&world.root(), &work.join("whole"));
    let program = &world.program;
    program.run(["update", "whole", "--json"]).expect_status(0);
    let after = files(&work.join("whole"));
    let mut interrupted = 0;
    for (number, watched) in [0, 10, 150, 400].into_iter().enumerate() {
        let name = format!("run-{number}");
        let root = work.join(&name);
        copy(&world.root(), &root);
        let place = root.join(format!("src/fresh/liba/m{watched:04}.py"));
        let running = program.start(["update", name.as_str(), "--json"]);
        until("the first change", || {
            fs::read_to_string(&place).is_ok_and(|text| text.contains("2.0"))
        });
        running.signal(Signal::KILL);
        running.finish();
        let case = format!("after {place:?}");
        assert_nothing_lost(&root, &before, &after, &case);
        if root.join(".git/synthesizer/update.json").exists() {
            interrupted += 1;
            let told = program.run(["update", name.as_str(), "--dry-run", "--json"]);
            assert_eq!(told.expect_status(0).json()["status"], "interrupted");
            // A person goes on working in between; that is not lost either.
            write(&root, "src/fresh/liba/m0599.py", "VALUE = 'mine'\n");
            let answer = program.run(["update", name.as_str(), "--json"]).json();
            assert_eq!(answer["status"], "conflicts", "{answer:#}");
            let mine = fs::read_to_string(root.join("src/fresh/liba/m0599.py")).expect("is");
            assert_eq!(mine, "VALUE = 'mine'\n");
            let new = git(
                &root,
                &["show", "refs/synthesizer/update:src/fresh/liba/m0599.py"],
            );
            write(&root, "src/fresh/liba/m0599.py", &format!("{new}\n"));
        }
        assert_eq!(files(&root), after, "{case}");
    }
    assert!(interrupted > 0, "no run was killed while it wrote");
}
