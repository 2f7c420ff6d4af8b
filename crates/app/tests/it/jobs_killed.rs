//! SIGKILL at every program that a synthesis starts, before and after it: the job goes on to the same bytes, nothing is torn, and
//! the next start removes what was left.

use std::fs;

use rustix::process::Signal;
use serde_json::Value;
use synthesizer_testkit::program::Program;

use crate::{
    crafted::{assert_nothing_left, checks, package, program},
    gate::{Gate, Held},
    project::Project,
};

/// A program with a gate and a local package. The other source, and what a project needs, come from the registry.
pub(crate) fn world() -> (Gate, Program) {
    let program = program();
    package(
        &program,
        "sample",
        "",
        &[("sample.py", "def double(number):\n    return number * 2\n")],
    );
    Gate::install(program)
}

/// The arguments of a synthesis of both, into `./out`.
pub(crate) const SYNTHESIS: [&str; 10] = [
    "synthesize",
    "--json",
    "--name",
    "fresh",
    "--output",
    "out",
    "--repo",
    "pypi:itsdangerous@2.2.0#itsdangerous.timed",
    "--repo",
    "./sample",
];

pub(crate) fn jobs(program: &Program) -> Vec<Value> {
    let list = program.run(["jobs", "list", "--json"]).expect_status(0);
    list.json()["jobs"].as_array().expect("a list").clone()
}

pub(crate) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field} in {value:#}"))
}

/// What a run gives that nobody disturbs: the tree, and the calls of programs.
fn undisturbed() -> (String, Vec<String>) {
    let (gate, program) = world();
    let answer = program.run(SYNTHESIS).expect_status(0).json();
    let project = Project::at(program.work().join("out"));
    project.assert_committed();
    assert_eq!(answer["tree"], project.tree());
    assert_eq!(
        checks(&answer)["install"],
        "passed",
        "{:#}",
        answer["verification"]
    );
    assert_nothing_left(&program);
    (project.tree(), gate.calls())
}

fn killed_at_every_call(held: Held) {
    let (tree, calls) = undisturbed();
    for number in 1..=calls.len() {
        let case = format!("{held:?} call {number}: {}", calls[number - 1]);
        let (gate, program) = world();
        gate.hold(number, held);
        let running = program.start(SYNTHESIS);
        assert!(gate.wait(|| false), "{case}");
        running.signal(Signal::KILL);
        assert_eq!(running.finish().status, None, "{case}");
        let out = program.work().join("out");
        assert!(!out.exists(), "{case}: nothing is in place yet");

        // The next start, of any command about jobs, finds the dead one and removes what it left.
        let jobs = jobs(&program);
        assert_nothing_left(&program);
        let [job] = jobs.as_slice() else {
            panic!("{case}: {jobs:#?}");
        };
        assert_eq!(text(job, "job_status"), "failed", "{case}: {job:#}");
        assert_eq!(job["resumable"], true, "{case}");

        let resumed = program.run(["jobs", "resume", text(job, "synthesis_id"), "--json"]);
        let record = resumed.expect_status(0).json();
        assert_eq!(
            text(&record, "job_status"),
            "succeeded",
            "{case}: {record:#}"
        );
        assert_eq!(
            (&record["attempt"], &record["progress"]),
            (&2.into(), &100.into()),
            "{case}"
        );
        let project = Project::at(out);
        assert_eq!(project.tree(), tree, "{case}");
        assert_eq!(record["result"]["tree"], tree, "{case}");
        project.assert_committed();
        assert_nothing_left(&program);
        assert_not_done_again(&gate.calls(), number, held, &case);
    }
}

/// What was recorded before the kill is not done again: no lock once it was written, no resolution once the lock was asked for.
fn assert_not_done_again(calls: &[String], killed: usize, held: Held, case: &str) {
    let (before, after) = calls.split_at(killed);
    // A program that was held had not told its answer, so its step is done again.
    let told = match held {
        Held::Before | Held::After => &before[..killed - 1],
    };
    let commits = |calls: &[String]| calls.iter().any(|call| call.starts_with("git "));
    let solves = |call: &String| call.contains("lock --no-build") && !call.contains("--check");
    let locks = |calls: &[String]| calls.iter().any(solves);
    if commits(before) {
        assert!(commits(told) || commits(after), "{case}");
        assert!(!locks(after), "{case}: locked again: {after:#?}");
    }
}

#[test]
fn killed_before_any_program_a_job_goes_on_to_the_same_bytes() {
    killed_at_every_call(Held::Before);
}

#[test]
fn killed_after_any_program_a_job_goes_on_to_the_same_bytes() {
    killed_at_every_call(Held::After);
}

/// The rename has happened and nobody has written so down: the moment that no program marks.
#[test]
fn killed_right_after_the_rename_a_job_finds_its_project_in_place() {
    let (tree, calls) = undisturbed();
    let last = calls.len();
    for changed in [false, true] {
        let (gate, program) = world();
        gate.hold(last, Held::After);
        let running = program.start(SYNTHESIS);
        assert!(gate.wait(|| false));
        running.signal(Signal::KILL);
        running.finish();
        let staged = fs::read_dir(program.work())
            .expect("the folder can be read")
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| path.to_string_lossy().contains(".out.synthesizer-"))
            .expect("the project is beside its target");
        let out = program.work().join("out");
        // The call that was held goes on in the folder by its handle, and must not meet the next start.
        fs::rename(staged, &out).expect("the folder can be renamed");
        if changed {
            fs::write(out.join("README.md"), "mine\n").expect("the file can be written");
        }
        let jobs = jobs(&program);
        let id = text(&jobs[0], "synthesis_id");
        let resumed = program.run(["jobs", "resume", id, "--json"]);
        if changed {
            let record = resumed.expect_status(6).json();
            assert_eq!(record["error"]["code"], "E_EXISTS", "{record:#}");
            let kept = fs::read_to_string(out.join("README.md")).expect("is there");
            assert_eq!(kept, "mine\n");
        } else {
            let record = resumed.expect_status(0).json();
            assert_eq!(record["result"]["tree"], tree, "{record:#}");
            Project::at(&out).assert_committed();
        }
        assert_nothing_left(&program);
    }
}

/// What a resumed job reads is what it read before, or it says so.
#[test]
fn a_folder_that_changed_since_is_told() {
    let (gate, program) = world();
    gate.hold_word("lock");
    let running = program.start(SYNTHESIS);
    assert!(gate.wait(|| false));
    running.signal(Signal::KILL);
    running.finish();
    gate.open();
    let source = program.work().join("sample/sample.py");
    fs::write(source, "def double(number):\n    return number\n").expect("can be written");
    let jobs = jobs(&program);
    let id = text(&jobs[0], "synthesis_id");
    let record = program.run(["jobs", "resume", id, "--json"]).json();
    assert_eq!(text(&record, "job_status"), "failed", "{record:#}");
    assert_eq!(record["error"]["code"], "E_INCOMPATIBLE", "{record:#}");
    assert!(
        text(&record["error"], "message").starts_with("./sample "),
        "{record:#}"
    );
    assert!(!program.work().join("out").exists());
    assert_nothing_left(&program);
}
