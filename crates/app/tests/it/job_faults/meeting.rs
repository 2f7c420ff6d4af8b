//! Work that meets other work, or a folder that is not where it was: what was there stays, and nothing goes elsewhere.

use std::{fs, os::unix::fs::symlink};

use rustix::process::Signal;

use super::{Local, SYNTHESIS};
use crate::{
    crafted::{assert_nothing_left, package},
    gate::{Held, until},
    jobs_killed::{jobs, text},
    project::Project,
};

/// The second of two updates has planned before the first wrote: it must not write parts of its own plan over that.
#[test]
fn an_update_that_was_overtaken_writes_nothing() {
    let local = Local::new();
    local.program.run(SYNTHESIS).expect_status(0);
    let out = local.program.work().join("out");
    fs::write(
        local.program.work().join("sample/sample.py"),
        "def double(number):\n    return number + number\n",
    )
    .expect("can be written");
    let earlier = local.gate.calls().len();
    let dry = ["update", "out", "--json", "--dry-run"];
    local.program.run(dry).expect_status(0);
    let calls = local.gate.calls().split_off(earlier);
    let merge = calls.iter().position(|call| call.contains(" merge-tree "));
    let number = local.gate.calls().len() + 1 + merge.expect("a merge");
    local.gate.hold(number, Held::After);
    let update = ["update", "out", "--json"];
    let second = local.program.start(update);
    assert!(local.gate.wait(|| false));
    // The source moves on once more, so that the plans differ.
    fs::write(
        local.program.work().join("sample/sample.py"),
        "def double(number):\n    return 2 * number\n",
    )
    .expect("can be written");
    let first = local.program.run(update).expect_status(0).json();
    assert_eq!(first["status"], "updated", "{first:#}");
    let after = Project::at(&out).files();
    local.gate.open();
    let refused = second.finish().expect_status(6).json();
    assert_eq!(refused["error"]["code"], "E_EXISTS", "{refused:#}");
    assert_eq!(Project::at(&out).files(), after);
    assert_nothing_left(&local.program);
}

#[test]
fn a_job_whose_target_leads_elsewhere_by_now_does_not_go_on() {
    let local = Local::new();
    let work = local.program.work();
    let elsewhere = local.program.world().join("elsewhere");
    fs::create_dir(&elsewhere).expect("made");
    fs::create_dir(work.join("deep")).expect("made");
    let mut arguments = SYNTHESIS.to_vec();
    arguments[6] = "deep/out";
    local.gate.hold_word("commit");
    let running = local.program.start(arguments);
    assert!(local.gate.wait(|| false));
    running.signal(Signal::KILL);
    running.finish();
    fs::rename(work.join("deep"), work.join("aside")).expect("moved");
    symlink(&elsewhere, work.join("deep")).expect("linked");
    local.gate.open();
    let listed = jobs(&local.program);
    let id = text(&listed[0], "synthesis_id");
    let resumed = local.program.run(["jobs", "resume", id, "--json"]);
    let record = resumed.expect_status(5).json();
    assert_eq!(record["error"]["code"], "E_PATH", "{record:#}");
    assert_eq!(fs::read_dir(&elsewhere).expect("is there").count(), 0);
    local.assert_no_program();
    // Back where it was, it goes on.
    fs::remove_file(work.join("deep")).expect("removed");
    fs::rename(work.join("aside"), work.join("deep")).expect("moved back");
    let resumed = local.program.run(["jobs", "resume", id, "--json"]);
    resumed.expect_status(0);
    Project::at(work.join("deep/out")).assert_committed();
    let left = fs::read_dir(work.join("deep")).expect("is there").count();
    assert_eq!(left, 1, "staging folders are gone");
    assert_nothing_left(&local.program);
}

/// Files are written by another thread, which must have ended when the end of the job is told.
#[test]
fn an_interruption_while_files_are_written_leaves_nothing() {
    let local = Local::new();
    let names: Vec<String> = (0..1_500)
        .map(|number| format!("many/m{number:04}.py"))
        .collect();
    let mut files: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), "VALUE = 1\n"))
        .collect();
    files.push(("many/__init__.py", ""));
    package(&local.program, "many", "", &files);
    let mut arguments = SYNTHESIS.to_vec();
    arguments[8] = "./many";
    for least in [1, 400] {
        let mut running = local.program.start(&arguments);
        let written = || {
            let staged = fs::read_dir(local.program.work())
                .expect("is there")
                .flatten();
            let staged = staged.map(|entry| entry.path().join("src/fresh/many"));
            staged
                .map(|folder| fs::read_dir(folder).map_or(0, Iterator::count))
                .max()
        };
        until("files", || written() >= Some(least) || running.has_ended());
        running.signal_if_it_lives(Signal::INT);
        let run = running.finish();
        if run.status == Some(0) {
            // It was faster than the signal.
            fs::remove_dir_all(local.program.work().join("out")).expect("removed");
            continue;
        }
        assert_eq!(run.status, Some(130), "{}{}", run.stdout, run.stderr);
        assert!(!local.program.work().join("out").exists());
        assert_nothing_left(&local.program);
    }
}
