//! SIGKILL where no program marks the moment: at every write of the state file; and of what the other families, an update and an idea make.
//! `jobs_killed` has the kills at every program of a Python synthesis.

use std::{collections::BTreeSet, fs, path::Path, process::Command, time::Instant};

use rustix::process::Signal;
use synthesizer_testkit::program::{Program, RunningProgram};

use super::{Local, SYNTHESIS};
use crate::{
    assemble::Hosted,
    crafted::{assert_nothing_left, folder},
    gate::{Gate, Held},
    jobs_killed::{jobs, text},
    project::Project,
    real_sets::with_tools,
};

/// Follows how often the state file was written: each write makes its log longer.
struct Writes {
    log: std::path::PathBuf,
    length: u64,
    count: usize,
}

impl Writes {
    fn of(program: &Program) -> Self {
        let data = program.world().join("data/synthesizer");
        Self {
            log: data.join("state.db-wal"),
            length: 0,
            count: 0,
        }
    }

    /// Looks once; gives how many writes were seen so far.
    fn look(&mut self) -> usize {
        let length = fs::metadata(&self.log).map_or(0, |data| data.len());
        if length != self.length {
            self.length = length;
            self.count += 1;
        }
        self.count
    }
}

/// Runs the synthesis until the state file was written so often, or to its end; says whether it still ran then.
fn run_until(program: &Program, writes: usize) -> (Option<RunningProgram>, usize) {
    let mut seen = Writes::of(program);
    let mut running = program.start(SYNTHESIS);
    let begin = Instant::now();
    loop {
        if seen.look() >= writes {
            return (Some(running), seen.count);
        }
        if running.has_ended() {
            return (None, seen.count);
        }
        assert!(begin.elapsed().as_secs() < 200, "it does not end");
        std::thread::yield_now();
    }
}

/// The tree of an undisturbed run, and how often it was seen to write the state file.
fn undisturbed() -> (Local, String, usize) {
    let local = Local::new();
    let (_, writes) = run_until(&local.program, usize::MAX);
    let project = Project::at(local.program.work().join("out"));
    project.assert_committed();
    let tree = project.tree();
    (local, tree, writes)
}

#[test]
fn fault_21_killed_at_any_write_of_the_state_file_a_job_goes_on_to_the_same_bytes() {
    let (first, tree, writes) = undisturbed();
    assert!(writes > 8, "the steps are recorded: {writes}");
    let mut places = BTreeSet::new();
    for number in 1..=writes {
        let local = first.again();
        let (running, _) = run_until(&local.program, number);
        if let Some(running) = running {
            running.signal_if_it_lives(Signal::KILL);
            running.finish();
        }
        let out = local.program.work().join("out");
        if out.exists() {
            assert_eq!(
                Project::at(&out).tree(),
                tree,
                "write {number}: whole or not there"
            );
        }
        // The next start removes what was left.
        let listed = jobs(&local.program);
        assert_nothing_left(&local.program);
        let Some(job) = listed.first() else {
            local.program.run(SYNTHESIS).expect_status(0);
            assert_eq!(Project::at(&out).tree(), tree, "write {number}");
            continue;
        };
        let status = text(job, "job_status");
        places.insert(job["steps_completed"].as_array().map_or(0, Vec::len));
        if status != "succeeded" {
            assert_eq!(status, "failed", "write {number}: {job:#}");
            let id = text(job, "synthesis_id");
            let resumed = local.program.run(["jobs", "resume", id, "--json"]);
            let record = resumed.expect_status(0).json();
            assert_eq!(record["result"]["tree"], tree, "write {number}: {record:#}");
        }
        let project = Project::at(&out);
        assert_eq!(project.tree(), tree, "write {number}");
        project.assert_committed();
        assert_nothing_left(&local.program);
    }
    assert!(places.len() >= 4, "kills in several steps: {places:?}");
}

/// Kills a synthesis before every program that it starts; each time it goes on to the same bytes.
fn killed_at_every_program(start: &dyn Fn() -> (Gate, Program), arguments: &[&str]) {
    let out = |program: &Program| program.work().join("out");
    let (gate, program) = start();
    program.run(arguments).expect_status(0);
    let tree = Project::at(out(&program)).tree();
    let calls = gate.calls();
    assert!(
        calls.iter().any(|call| call.starts_with("git ")),
        "{calls:#?}"
    );
    for (number, call) in (1..).zip(&calls) {
        let (gate, program) = start();
        gate.hold(number, Held::Before);
        let running = program.start(arguments);
        assert!(gate.wait(|| false), "{call}");
        running.signal(Signal::KILL);
        running.finish();
        assert!(!out(&program).exists(), "{call}");
        let listed = jobs(&program);
        assert_nothing_left(&program);
        let id = text(&listed[0], "synthesis_id");
        let resumed = program.run(["jobs", "resume", id, "--json"]);
        let record = resumed.expect_status(0).json();
        assert_eq!(record["result"]["tree"], tree, "{call}: {record:#}");
        let project = Project::at(out(&program));
        assert_eq!(project.tree(), tree, "{call}");
        project.assert_committed();
        assert_nothing_left(&program);
    }
}

#[test]
fn fault_21_killed_at_any_program_a_rust_project_comes_to_the_same_bytes() {
    let start = || {
        let program = with_tools();
        let manifest = "[package]\nname = \"wares\"\nversion = \"1.0.0\"\nedition = \"2021\"\nlicense = \"MIT\"\n";
        let library = ("src/lib.rs", "pub fn one() -> u8 {\n    1\n}\n");
        folder(&program, "wares", &[("Cargo.toml", manifest), library]);
        Gate::install_for(program, &["cargo", "git"])
    };
    let mut arguments = SYNTHESIS.to_vec();
    arguments.extend(["--ecosystem", "cargo"]);
    *arguments
        .iter_mut()
        .find(|one| **one == "./sample")
        .expect("a source") = "./wares";
    killed_at_every_program(&start, &arguments);
}

#[test]
fn fault_21_killed_at_any_program_a_project_of_javascript_comes_to_the_same_bytes() {
    let start = || {
        let program = crate::crafted::program();
        let manifest =
            r#"{"name": "wares", "version": "1.0.0", "license": "MIT", "main": "index.js"}"#;
        let module = ("index.js", "exports.one = 1;\n");
        folder(&program, "wares", &[("package.json", manifest), module]);
        Gate::install_for(program, &["npm", "git"])
    };
    let mut arguments = SYNTHESIS.to_vec();
    arguments.extend(["--ecosystem", "npm", "--template", "minimal"]);
    *arguments
        .iter_mut()
        .find(|one| **one == "./sample")
        .expect("a source") = "./wares";
    killed_at_every_program(&start, &arguments);
}

#[test]
fn fault_21_what_an_idea_became_goes_on_after_a_kill() {
    let hosted = Hosted::start();
    let (gate, program) = Gate::install(hosted.program());
    let arguments = ["assemble", "an http client", "--name", "steady", "--json"];
    gate.hold_word("commit");
    let running = program.start(arguments);
    assert!(gate.wait(|| false));
    running.signal(Signal::KILL);
    running.finish();
    gate.open();
    let listed = jobs(&program);
    assert_nothing_left(&program);
    let id = text(&listed[0], "synthesis_id");
    let resumed = program.run(["jobs", "resume", id, "--json"]);
    let record = resumed.expect_status(0).json();
    let project = Project::at(program.work().join("steady"));
    project.assert_committed();
    assert_eq!(record["result"]["tree"], project.tree(), "{record:#}");
    assert_nothing_left(&program);
}

#[test]
fn fault_21_of_an_update_that_was_killed_the_next_leaves_no_program_and_no_scratch() {
    let local = Local::new();
    local.program.run(SYNTHESIS).expect_status(0);
    let out = local.program.work().join("out");
    let before = Project::at(&out).files();
    fs::write(
        local.program.work().join("sample/sample.py"),
        "def double(number):\n    return number + number\n",
    )
    .expect("can be written");
    copy(&out, &local.program.work().join("whole"));
    let earlier = local.gate.calls().len();
    let update = ["update", "whole", "--json"];
    local.program.run(update).expect_status(0);
    let calls = local.gate.calls().split_off(earlier);
    for word in [" lock ", " merge-tree ", " pack-objects "] {
        let at = calls.iter().position(|call| call.contains(word));
        let number = local.gate.calls().len() + 1 + at.expect(word);
        local.gate.hold(number, Held::Before);
        let running = local.program.start(["update", "out", "--json"]);
        assert!(local.gate.wait(|| false), "{word}");
        running.signal(Signal::KILL);
        running.finish();
        assert_eq!(Project::at(&out).files(), before, "{word}");
        assert!(!local.program.left_processes().is_empty(), "{word} is held");
        // The next that needs such a folder ends the programs that could write to it, and removes it.
        let next = local.program.run(["update", "out", "--json", "--dry-run"]);
        assert_eq!(next.expect_status(0).json()["status"], "planned", "{word}");
        assert_nothing_left(&local.program);
        local.gate.open();
    }
    let answer = local.program.run(["update", "out", "--json"]);
    let answer = answer.expect_status(0).json();
    assert_eq!(answer["status"], "updated", "{answer:#}");
    let whole = Project::at(local.program.work().join("whole")).files();
    assert_eq!(Project::at(&out).files(), whole);
    assert_nothing_left(&local.program);
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-a").args([from, to]).status();
    assert!(done.expect("cp starts").success());
}
