//! Servers that are told to end while they work.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use synthesizer_testkit::{http_client, served::Served};

use super::Local;
use crate::{
    crafted::assert_nothing_left,
    gate::until,
    jobs_killed::{jobs, text},
    project::Project,
};

const OUTPUTS: [&str; 4] = ["out-0", "out-1", "out-2", "out-3"];

fn is_stopping(event: &Value) -> bool {
    let message = event["message"].as_str();
    message.is_some_and(|text| text.starts_with("stopping"))
}

/// Waits until every job has this status.
fn wait_for_all(local: &Local, status: &str) -> Vec<Value> {
    let mut all = Vec::new();
    until(status, || {
        all = jobs(&local.program);
        all.iter().all(|job| text(job, "job_status") == status)
    });
    assert_eq!(all.len(), OUTPUTS.len(), "{all:#?}");
    all
}

#[test]
fn fault_18_a_server_that_is_stopped_under_load_parks_its_jobs_and_the_next_finishes_them() {
    let local = Local::with_config(
        "[server]\ndrain_delay = \"1 ms\"\nshutdown_timeout = \"1 s\"\n[jobs]\ntake = true\n",
    );
    local.gate.hold_word("lock");
    let served = Served::start(&local.program, &[]);
    let session = served.session();
    let (waited, started) = OUTPUTS.split_last().expect("some");
    for output in started {
        let answer = session.call_tool("synthesize_project", &local.arguments(output, 0));
        assert_eq!(answer["status"], "running", "{answer:#}");
    }
    // One client waits for its job while the server ends.
    let call = session.begin_call(&[], "synthesize_project", &local.arguments(waited, 60));
    local.wait_for_calls(" lock ", OUTPUTS.len());
    let begin = Instant::now();
    served.signal(Signal::TERM);
    let answer = http_client::finish(call).json()["result"]["structuredContent"].clone();
    assert_eq!(answer["status"], "running", "{answer:#}");
    assert_eq!(served.wait(), Some(0), "{}", served.log());
    assert!(
        begin.elapsed() < Duration::from_secs(15),
        "{:?}",
        begin.elapsed()
    );
    local.assert_no_program();
    assert_nothing_left(&local.program);
    wait_for_all(&local, "queued");
    assert!(
        OUTPUTS
            .iter()
            .all(|output| !local.program.work().join(output).exists())
    );

    local.gate.open();
    let next = Served::start(&local.program, &[]);
    wait_for_all(&local, "succeeded");
    let trees = OUTPUTS.map(|output| {
        let project = Project::at(local.program.work().join(output));
        project.assert_committed();
        project.tree()
    });
    assert!(trees.iter().all(|tree| *tree == trees[0]), "{trees:?}");
    next.signal(Signal::TERM);
    assert_eq!(next.wait(), Some(0), "{}", next.log());
    local.assert_no_program();
    assert_nothing_left(&local.program);
}

#[test]
fn fault_19_a_second_signal_ends_the_server_and_its_programs_at_once_and_the_job_goes_on_later() {
    for word in ["lock", "commit"] {
        let local = Local::with_config(
            "[server]\ndrain_delay = \"60 s\"\nshutdown_timeout = \"60 s\"\n[jobs]\ntake = true\n",
        );
        local.gate.hold_word(word);
        let served = Served::start(&local.program, &[]);
        let session = served.session();
        let _call = session.begin_call(&[], "synthesize_project", &local.arguments("out", 60));
        assert!(local.gate.wait(|| false), "{word}");
        served.signal(Signal::TERM);
        served.wait_for_event(is_stopping);
        assert!(!local.program.left_processes().is_empty(), "{word}");
        let begin = Instant::now();
        served.signal(Signal::TERM);
        assert_eq!(served.wait(), Some(130), "{word}");
        assert!(
            begin.elapsed() < Duration::from_secs(2),
            "{word}: {:?}",
            begin.elapsed()
        );
        // No start of anything was needed for that.
        local.assert_no_program();
        let out = local.program.work().join("out");
        assert!(!out.exists(), "{word}");

        // What it left of files, the next start of anything about jobs removes.
        let listed = jobs(&local.program);
        assert_eq!(
            text(&listed[0], "job_status"),
            "queued",
            "{word}: {listed:#?}"
        );
        assert_nothing_left(&local.program);
        local.gate.open();
        let id = text(&listed[0], "synthesis_id");
        let resumed = local.program.run(["jobs", "resume", id, "--json"]);
        resumed.expect_status(0);
        Project::at(out).assert_committed();
        assert_nothing_left(&local.program);
    }
}
