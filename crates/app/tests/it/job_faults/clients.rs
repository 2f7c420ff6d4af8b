//! Clients that go away while a program works for them, and work that breaks.

use std::{
    fs,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use synthesizer_testkit::{
    git_repository::{FILE, GitRepository},
    git_server::GitServer,
    served::{Served, begin_stateless},
};

use super::Local;
use crate::{
    crafted::assert_nothing_left,
    gate::until,
    jobs_killed::{jobs, text},
};

/// Serves a repository; gives the server of git and a world that may reach it, whose next fetch is held.
fn held_fetch() -> (tempfile::TempDir, GitServer, Local, Value) {
    let root = tempfile::tempdir().expect("a folder");
    let repository = GitRepository::create(root.path(), "wares");
    let commit = repository.commit_files(&[("wares.py", b"VALUE = 1\n", FILE)]);
    repository.set_reference("refs/heads/main", &commit);
    let git = GitServer::start(root.path());
    let local = Local::with_config(&format!(
        "[network]\nallow_hosts = [\"{}\"]\n",
        git.authority()
    ));
    local.gate.hold_word("fetch");
    let mut arguments = local.arguments("out", 60);
    arguments["repositories"] = json!([{ "repo_url": git.url("wares") }]);
    (root, git, local, arguments)
}

/// Checks that the programs are gone soon after `begin`, and the job was cancelled.
fn assert_cancelled(local: &Local, begin: Instant) {
    local.assert_no_program_but_servers();
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    let mut listed = Vec::new();
    until("the end of the job", || {
        listed = jobs(&local.program);
        text(&listed[0], "job_status") == "cancelled"
    });
    assert_eq!(listed.len(), 1, "{listed:#?}");
    assert!(!local.program.work().join("out").exists());
    let scratch = local.program.world().join("cache/synthesizer/scratch");
    assert_eq!(
        fs::read_dir(scratch).map_or(0, Iterator::count),
        0,
        "scratch"
    );
}

impl Local {
    /// Checks that soon no program lives that a server started.
    fn assert_no_program_but_servers(&self) {
        until("the end of every program", || {
            let left = self.program.left_processes();
            !left
                .iter()
                .any(|line| line.contains("git") || line.contains("sleep"))
        });
    }
}

#[test]
fn fault_20_the_job_of_a_call_whose_connection_is_gone_ends_and_git_with_it() {
    let (_root, _git, local, arguments) = held_fetch();
    let served = Served::start(&local.program, &[]);
    let call = begin_stateless(
        served.main(),
        &[],
        "synthesize_project",
        &arguments,
        &json!({}),
    );
    assert!(local.gate.wait(|| false));
    let begin = Instant::now();
    drop(call);
    assert_cancelled(&local, begin);
    let readiness = served.admin("/readyz");
    assert_eq!(readiness.status, 200, "the server lives");
    drop(served);
    local.assert_no_program();
    assert_nothing_left(&local.program);
}

#[test]
fn fault_20_a_call_that_its_client_takes_back_ends_its_job_and_git_with_it() {
    let (_root, _git, local, arguments) = held_fetch();
    let mut client = local.program.mcp([""; 0]);
    client.initialize();
    let parameters = json!({ "name": "synthesize_project", "arguments": arguments });
    let id = client.send_request("tools/call", parameters);
    assert!(local.gate.wait(|| false));
    let begin = Instant::now();
    client.notify("notifications/cancelled", json!({ "requestId": id }));
    assert_cancelled(&local, begin);
    // The server goes on answering.
    let answer = client.call_tool("get_platforms", json!({}));
    assert!(
        answer["structuredContent"]["platforms"].is_array(),
        "{answer:#}"
    );
    client.close_stdin();
    assert_eq!(client.wait(), Some(0));
    local.assert_no_program();
    assert_nothing_left(&local.program);
}
