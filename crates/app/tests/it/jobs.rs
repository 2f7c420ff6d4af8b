//! Jobs as people and clients use them: detached, cancelled from elsewhere, parked and taken up, worked on once, remembered so long.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use synthesizer_testkit::program::Program;

use crate::{
    crafted::assert_nothing_left,
    gate::{Gate, processes_with, until},
    jobs_killed::{SYNTHESIS, jobs, text, world},
    project::Project,
};

fn detached(program: &Program) -> String {
    detached_into(program, "out")
}

fn detached_into(program: &Program, output: &str) -> String {
    let mut arguments: Vec<&str> = SYNTHESIS.to_vec();
    arguments[5] = output;
    arguments.push("--detach");
    let answer = program.run(arguments).expect_status(0).json();
    assert_eq!(answer["status"], "running", "{answer:#}");
    text(&answer, "synthesis_id").to_owned()
}

fn status(program: &Program, id: &str) -> Value {
    program
        .run(["status", id, "--json"])
        .expect_status(0)
        .json()
}

fn wait_for(program: &Program, id: &str, wanted: &str) -> Value {
    let mut last = Value::Null;
    until(wanted, || {
        last = status(program, id);
        let is = text(&last, "job_status");
        assert!(
            is == wanted || !["failed", "cancelled"].contains(&is),
            "{last:#}"
        );
        is == wanted
    });
    last
}

/// The process that works on a detached job.
fn worker_of(id: &str) -> Pid {
    let mut found = Vec::new();
    until("a worker", || {
        found = processes_with(&format!("--job\0{id}"));
        !found.is_empty()
    });
    Pid::from_raw(found[0]).expect("a process")
}

fn assert_gone(program: &Program) {
    until("the end of every process", || {
        program.left_processes().is_empty()
    });
    assert_nothing_left(program);
}

#[test]
fn a_detached_job_survives_who_started_it() {
    let (gate, program) = world();
    gate.hold_word("lock");
    let id = detached(&program);
    assert!(gate.wait(|| false));
    let worker = worker_of(&id).as_raw_nonzero().get();
    let stat = fs::read_to_string(format!("/proc/{worker}/stat")).expect("it lives");
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .expect("a name")
        .1
        .split_whitespace()
        .collect();
    assert_eq!(fields[3], worker.to_string(), "a session of its own");
    let held = status(&program, &id);
    assert_eq!(text(&held, "job_status"), "running");
    assert_eq!(
        text(&held, "current_step"),
        "resolving dependencies",
        "{held:#}"
    );
    let progress = held["progress"].as_u64().expect("a number");
    assert!((30..60).contains(&progress), "{held:#}");
    gate.open();
    let record = wait_for(&program, &id, "succeeded");
    let project = Project::at(program.work().join("out"));
    assert_eq!(record["result"]["tree"], project.tree());
    project.assert_committed();
    assert_gone(&program);
    let listed = jobs(&program);
    assert_eq!(text(&listed[0], "synthesis_id"), id);
}

#[test]
fn a_job_of_another_process_is_cancelled_within_a_second() {
    let (gate, program) = world();
    let mut quickest = Duration::MAX;
    for (round, word) in ["lock", "init", "commit"].into_iter().enumerate() {
        gate.hold_word(word);
        let id = detached_into(&program, &format!("out-{round}"));
        assert!(gate.wait(|| false), "{word}");
        let begin = Instant::now();
        let record = program
            .run(["jobs", "cancel", &id, "--json"])
            .expect_status(0)
            .json();
        quickest = quickest.min(begin.elapsed());
        assert_eq!(text(&record, "job_status"), "cancelled", "{record:#}");
        assert_eq!(record["error"]["code"], "E_CANCELLED");
        assert_gone(&program);
        assert!(
            !program.work().join(format!("out-{round}")).exists(),
            "{word}"
        );
        gate.open();
    }
    assert!(quickest < Duration::from_secs(1), "{quickest:?}");
}

/// Starts a detached job, and has its worker park it.
fn parked(gate: &Gate, program: &Program, output: &str) -> String {
    gate.hold_word("lock");
    let id = detached_into(program, output);
    assert!(gate.wait(|| false));
    kill_process(worker_of(&id), Signal::TERM).expect("it lives");
    wait_for(program, &id, "queued");
    assert_gone(program);
    gate.open();
    id
}

#[test]
fn a_worker_that_is_stopped_parks_its_job_and_others_finish_it_once() {
    let (gate, program) = world();
    let ids: Vec<String> = ["out", "out-2", "out-3"]
        .map(|output| parked(&gate, &program, output))
        .into();
    let before = gate.calls().len();
    let workers: Vec<_> = (0..3)
        .map(|_| program.start(["worker", "--at-once", "1"]))
        .collect();
    for id in &ids {
        let record = wait_for(&program, id, "succeeded");
        assert_eq!(record["attempt"], 2, "{record:#}");
    }
    for worker in workers {
        worker.signal(Signal::TERM);
        let run = worker.finish();
        assert_eq!(
            (run.status, run.stdout.as_str()),
            (Some(0), ""),
            "{}",
            run.stderr
        );
    }
    let calls = gate.calls().split_off(before);
    let commits = calls.iter().filter(|call| call.contains(" commit "));
    assert_eq!(commits.count(), 3, "{calls:#?}");
    let trees: Vec<String> = ["out", "out-2", "out-3"]
        .map(|output| Project::at(program.work().join(output)).tree())
        .into();
    assert!(trees.iter().all(|tree| *tree == trees[0]), "{trees:?}");
    assert_gone(&program);
}

#[test]
fn a_server_parks_what_its_client_waits_for_and_the_next_one_finishes_it() {
    let (gate, program) = world();
    gate.hold_word("lock");
    let mut client = program.mcp([""; 0]);
    client.initialize();
    let arguments = json!({
        "repositories": [{ "repo_url": "./sample" }], "project_name": "fresh", "output_path": "out", "wait_seconds": 0,
    });
    let started = client.call_tool("synthesize_project", arguments)["structuredContent"].clone();
    let id = text(&started, "synthesis_id").to_owned();
    assert!(gate.wait(|| false));
    client.signal(Signal::TERM);
    assert_eq!(client.wait(), Some(0));
    assert_gone(&program);
    assert_eq!(text(&status(&program, &id), "job_status"), "queued");
    gate.open();
    let mut next = program.mcp([""; 0]);
    next.initialize();
    let mut ask = |arguments: Value| {
        next.call_tool("get_synthesis_status", arguments)["structuredContent"].clone()
    };
    until("the end of the job", || {
        text(&ask(json!({ "synthesis_id": id })), "job_status") == "succeeded"
    });
    let again = ask(json!({ "synthesis_id": id, "action": "resume" }));
    assert_eq!(
        text(&again, "job_status"),
        "succeeded",
        "resuming what is done changes nothing"
    );
    Project::at(program.work().join("out")).assert_committed();
}

#[test]
fn a_job_that_outlives_its_deadline_ends_and_can_go_on() {
    let (gate, program) = world();
    gate.hold_word("commit");
    let program = program.with_env("SYNTHESIZER__LIMITS__SYNTHESIS_TIMEOUT", "5s");
    let run = program.run(SYNTHESIS).expect_status(3);
    assert_eq!(run.json()["error"]["code"], "E_TIMEOUT", "{}", run.stdout);
    assert_gone(&program);
    gate.open();
    let program = program.without_env("SYNTHESIZER__LIMITS__SYNTHESIS_TIMEOUT");
    let listed = jobs(&program);
    assert_eq!(text(&listed[0], "job_status"), "failed");
    let before = gate.calls().len();
    let id = text(&listed[0], "synthesis_id");
    let record = program
        .run(["jobs", "resume", id, "--json"])
        .expect_status(0)
        .json();
    Project::at(program.work().join("out")).assert_committed();
    assert_eq!(record["attempt"], 2, "{record:#}");
    let calls = gate.calls().split_off(before);
    assert!(
        calls[0].starts_with("git "),
        "it goes on where it was: {calls:#?}"
    );
}

#[test]
fn what_is_no_job_is_not_found_and_what_cannot_go_on_is_said() {
    let (_gate, program) = world();
    for id in ["x", "00000000-0000-4000-8000-000000000000", "../../etc"] {
        for action in ["show", "cancel", "resume"] {
            let run = program.run(["jobs", action, id, "--json"]).expect_status(4);
            assert_eq!(run.json()["error"]["code"], "E_NOT_FOUND", "{action} {id}");
        }
    }
    assert!(jobs(&program).is_empty());
    let answer = program.run(SYNTHESIS).expect_status(0).json();
    let id = text(&answer, "synthesis_id");
    let run = program
        .run(["jobs", "resume", id, "--json"])
        .expect_status(2);
    assert_eq!(run.json()["error"]["code"], "E_ARGUMENT");
}

#[test]
fn only_so_many_jobs_are_remembered() {
    let (_gate, program) = world();
    let program = program.with_config("[jobs]\nkeep = 2\n");
    for output in ["a", "b", "c", "d"] {
        let run = program.run([
            "synthesize",
            "--json",
            "--no-verify",
            "--name",
            "fresh",
            "--output",
            output,
            "--repo",
            "./sample",
        ]);
        run.expect_status(0);
    }
    let listed = jobs(&program);
    let projects: Vec<&str> = listed.iter().map(|job| text(job, "project")).collect();
    assert_eq!(listed.len(), 2, "{projects:?}");
    assert!(
        projects[0].ends_with("/d") && projects[1].ends_with("/c"),
        "{projects:?}"
    );
    let folders = fs::read_dir(program.world().join("data/synthesizer/jobs"));
    assert_eq!(
        folders.map_or(0, Iterator::count),
        0,
        "what a job found out goes with its success"
    );
}

/// A small disk for the state: what does not fit is told, and nothing is in place.
#[test]
fn a_full_disk_is_a_clean_error() {
    let (_gate, program) = world();
    let data = program.world().join("data");
    // Too small for the state file; large enough for it and not for what the job does.
    for bytes in ["65536", "163840"] {
        let mut command = Command::new("bwrap");
        command
            .args(["--dev-bind", "/", "/", "--size", bytes, "--tmpfs"])
            .arg(&data)
            .arg(program.binary())
            .args([
                "synthesize",
                "--json",
                "--no-verify",
                "--name",
                "fresh",
                "--output",
                "out",
            ])
            .args(["--repo", "./sample"])
            .current_dir(program.work())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").expect("there is a PATH"))
            .env("HOME", program.world().join("home"))
            .env("TMPDIR", program.world().join("tmp"))
            .env("XDG_DATA_HOME", &data)
            .env("XDG_CACHE_HOME", program.world().join("cache"));
        let output = command.output().expect("bubblewrap is installed");
        let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
            panic!("{}", String::from_utf8_lossy(&output.stderr));
        });
        assert_eq!(said["error"]["code"], "E_LIMIT", "{bytes}: {said:#}");
        assert!(!program.work().join("out").exists());
        assert_nothing_left(&program);
    }
}
