//! What `analyze` asks the platform that a repository is on, and what it tells when there is no answer. Platform and repositories are on one
//! server of this machine, as a self-hosted platform has them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use synthesizer_testkit::{
    faults::Fault,
    front::Front,
    git_repository::{FILE, GitRepository},
    git_server::GitServer,
    platforms::{Catalogue, PlatformServer},
    program::Program,
};
use tempfile::TempDir;

use crate::crafted::{assert_nothing_left, folder, program};

/// A self-hosted Gitea with one repository that has files.
struct Hosted {
    // Ends before what is in front of it, which waits for its answers.
    platform: PlatformServer,
    front: Front,
    stars: u64,
    address: String,
    _git: GitServer,
    _root: TempDir,
}

impl Hosted {
    fn start() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let catalogue = Catalogue::made_up();
        let listing = catalogue.find("gitea", |listing| !listing.private && !listing.archived);
        let full_name = listing.full_name();
        let manifest: &[u8] = b"[project]\nname = \"sample\"\nversion = \"1\"\nlicense = \"MIT\"\n";
        GitRepository::create(root.path(), &full_name).commit_files(&[
            ("pyproject.toml", manifest, FILE),
            ("sample.py", b"def made():\n    return 1\n", FILE),
        ]);
        let git = GitServer::start(root.path());
        let platform = PlatformServer::gitea(&catalogue);
        let behind = git.authority().parse().expect("an address");
        let front = Front::start("/api/v1", platform.address(), behind);
        Self {
            address: front.url(&format!("/{full_name}.git")),
            stars: listing.stars,
            front,
            platform,
            _git: git,
            _root: root,
        }
    }

    fn program(&self) -> Program {
        program().with_config(&format!(
            "[network]\nallow_hosts = [\"{}\"]\n\n[platforms.gitea]\nbase_url = \"{}\"\n\n[resilience]\ntries = 1\n",
            self.front.authority(),
            self.front.url("/api/v1"),
        ))
    }

    fn asked(&self) -> usize {
        self.platform.log().count()
    }
}

fn analyzed(program: &Program, repository: &str, more: &[&str]) -> Value {
    let arguments = ["analyze", repository, "--no-transitive", "--json"];
    let run = program.run(arguments.iter().chain(more));
    assert_nothing_left(program);
    run.expect_status(0).json()
}

/// Gives the result of the check `activity`, or why it is unknown.
fn activity(answer: &Value) -> (Option<&str>, Option<&str>) {
    let text = |list: &str, name: &str, field: &str| {
        let all = answer["quality_score"][list].as_array().expect("a list");
        let found = all.iter().find(|check| check[name] == "activity");
        found.and_then(|check| check[field].as_str())
    };
    (
        text("evidence", "check", "result"),
        text("unknown", "path", "what"),
    )
}

fn problems_of_platforms(answer: &Value) -> Vec<&Value> {
    let problems = answer["problems"].as_array().expect("problems");
    let is_of_platform = |problem: &&Value| {
        let path = problem["path"].as_str().expect("text");
        path.starts_with("platform ")
    };
    problems.iter().filter(is_of_platform).collect()
}

#[test]
fn a_platform_tells_stars_and_activity_once_an_hour() {
    let hosted = Hosted::start();
    let program = hosted.program();
    let answer = analyzed(&program, &hosted.address, &[]);
    assert_eq!(answer["repository"]["stars"], hosted.stars, "{answer:#}");
    let (result, unknown) = activity(&answer);
    assert!(
        result.is_some_and(|result| result.starts_with("the repository is not archived")),
        "{result:?}"
    );
    assert_eq!((unknown, problems_of_platforms(&answer)), (None, vec![]));
    let asked = hosted.asked();
    assert_eq!(asked, 1, "{:?}", hosted.platform.log().all());
    let again = analyzed(&program, &hosted.address, &["--no-components"]);
    assert_eq!(again["repository"]["stars"], hosted.stars);
    assert_eq!(hosted.asked(), asked, "the answer was kept");
    let offline = analyzed(&program, &hosted.address, &["--offline"]);
    assert_eq!(
        offline["repository"]["stars"], hosted.stars,
        "it is still kept"
    );
    assert_eq!(hosted.asked(), asked);
}

#[test]
fn a_model_gets_the_same_from_the_tool() {
    let hosted = Hosted::start();
    let program = hosted.program();
    let mut client = program.mcp([] as [&str; 0]);
    client.initialize();
    let answer = client.call_tool(
        "analyze_repository",
        json!({ "repo_url": hosted.address, "include_transitive_deps": false }),
    );
    let told = &answer["structuredContent"]["repository"]["stars"];
    assert_eq!(*told, hosted.stars, "{answer:#}");
}

#[test]
fn an_analysis_without_the_platform_says_what_it_lacks() {
    let check = |fault: Fault, code: &str| {
        let hosted = Hosted::start();
        let program = hosted.program();
        hosted.platform.faults().always(fault);
        let begun = Instant::now();
        let answer = analyzed(&program, &hosted.address, &[]);
        assert!(begun.elapsed() < Duration::from_secs(20), "{code}");
        assert_eq!(answer["files_analyzed"], 2, "{code}");
        assert_eq!(answer["repository"]["stars"], Value::Null, "{code}");
        let (result, unknown) = activity(&answer);
        assert_eq!(result, None, "{code}");
        assert!(
            unknown.is_some_and(|why| why.starts_with("gitea did not tell: ")),
            "{code}: {unknown:?}"
        );
        let problems = problems_of_platforms(&answer);
        assert_eq!(problems.len(), 1, "{code}: {problems:?}");
        assert_eq!(problems[0]["path"], "platform gitea", "{code}");
    };
    check(Fault::Status(500, Vec::new()), "500");
    check(Fault::Status(404, Vec::new()), "404");
    check(Fault::GarbageBytes, "garbage");
    check(Fault::LimitWithRetryAfter(60), "limit");
    check(Fault::Delay(Duration::from_secs(60)), "silence");
}

#[test]
fn without_network_what_was_never_told_stays_unknown() {
    let hosted = Hosted::start();
    let program = hosted.program();
    hosted
        .platform
        .faults()
        .always(Fault::Status(500, Vec::new()));
    analyzed(&program, &hosted.address, &[]);
    let asked = hosted.asked();
    let answer = analyzed(&program, &hosted.address, &["--offline"]);
    assert_eq!(hosted.asked(), asked, "nobody is asked");
    assert_eq!(answer["repository"]["stars"], Value::Null);
    assert_eq!(problems_of_platforms(&answer).len(), 1, "{answer:#}");
}

#[test]
fn nobody_is_asked_about_folders_and_other_servers() {
    let hosted = Hosted::start();
    let program = hosted.program();
    folder(&program, "own", &[("own.py", "x = 1\n")]);
    let answer = analyzed(&program, "./own", &[]);
    assert_eq!(activity(&answer).1, Some("no platform was asked about it"));
    assert_eq!(problems_of_platforms(&answer), [&Value::Null; 0]);
    let disabled = hosted
        .program()
        .with_env("SYNTHESIZER__PLATFORMS__GITEA__ENABLED", "false");
    let answer = analyzed(&disabled, &hosted.address, &[]);
    let (_, why) = activity(&answer);
    assert!(
        why.is_some_and(|why| why.contains("not enabled")),
        "{why:?}"
    );
    assert_eq!(problems_of_platforms(&answer), [&Value::Null; 0]);
    assert_eq!(hosted.asked(), 0);
}
