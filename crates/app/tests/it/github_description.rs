//! What is sent to GitHub, held against GitHub's published description by a mock that validates every request.

use serde_json::Value;
use synthesizer_testkit::{http_client, prism::GithubMock, program::Program};

use crate::{
    crafted::program,
    search::{list, source},
};

/// Gives a program that knows no platform but the mock.
fn asking(mock: &GithubMock) -> Program {
    let others = ["gitlab", "huggingface", "kaggle", "arxiv", "gitea"];
    let others: String = others
        .iter()
        .map(|name| format!("[platforms.{name}]\nenabled = false\n"))
        .collect();
    let base = mock.base_url();
    let authority = base.trim_start_matches("http://");
    program()
        .with_config(&format!(
            "[network]\nallow_hosts = [\"{authority}\"]\n[platforms.github]\nbase_url = \"{base}\"\n{others}"
        ))
        .with_env("GITHUB_TOKEN", "made-up-token-for-the-mock")
}

#[test]
fn every_request_is_as_github_describes_it() {
    let mock = GithubMock::start();
    let program = asking(&mock);
    let rows: [&[&str]; 4] = [
        &["http client"],
        &[
            "größer \"exact words\" +plus & amp",
            "--language",
            "C++",
            "--min-stars",
            "10",
        ],
        &["user:octocat topic:http", "--limit", "100"],
        &["http OR json NOT xml"],
    ];
    for arguments in rows {
        let run = program.run([&["search", "--json"], arguments].concat());
        let answer = run.expect_status(0).json();
        assert_eq!(source(&answer, "github")["status"], "ok", "{answer}");
    }
    let shown = program.run(["platforms", "--json"]).expect_status(0).json();
    let github = list(&shown, "platforms")
        .iter()
        .find(|platform| platform["name"] == "github")
        .cloned();
    assert_eq!(
        github.map(|github| github["healthy"].clone()),
        Some(Value::Bool(true))
    );
    assert!(mock.requests() > rows.len(), "{}", mock.log());
    assert_eq!(mock.violations(), [""; 0], "{}", mock.log());
    // The mock does see what is wrong.
    let address = mock.address();
    let wrong = [
        "/search/repositories?q=http&per_page=abc",
        "/search/repositories?per_page=10",
        "/search/repositories?q=http&order=sideways",
    ];
    for (count, target) in wrong.iter().enumerate() {
        http_client::get(address, target);
        let violations = mock.violations();
        assert!(violations.len() > count, "{target}: {}", mock.log());
    }
}
