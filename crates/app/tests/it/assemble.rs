//! `assemble`: from words to a project, over a self-hosted platform whose repositories can be fetched.

use serde_json::Value;
use synthesizer_testkit::{
    front::Front,
    git_repository::{FILE, GitRepository},
    git_server::GitServer,
    platforms::{Catalogue, PlatformServer},
    program::Program,
};
use tempfile::TempDir;

use crate::crafted::{assert_nothing_left, program};

/// A self-hosted Gitea; every public repository of it has the same small package.
pub(crate) struct Hosted {
    // Ends before what is in front of it, which waits for its answers.
    _platform: PlatformServer,
    front: Front,
    _git: GitServer,
    _root: TempDir,
}

impl Hosted {
    pub(crate) fn start() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let catalogue = Catalogue::made_up();
        for listing in catalogue
            .on("gitea")
            .iter()
            .filter(|listing| !listing.private)
        {
            let manifest: &[u8] =
                b"[project]\nname = \"sample\"\nversion = \"1\"\nlicense = \"MIT\"\n";
            GitRepository::create(root.path(), &listing.full_name()).commit_files(&[
                ("pyproject.toml", manifest, FILE),
                ("sample/__init__.py", b"", FILE),
                ("sample/http.py", b"\"\"\"A client for HTTP.\"\"\"\nfrom sample import words\n\n\ndef client():\n    return words.join('a', 'b')\n", FILE),
                ("sample/words.py", b"\"\"\"Joins words.\"\"\"\n\n\ndef join(*parts):\n    return ' '.join(parts)\n", FILE),
                ("sample/other.py", b"\"\"\"Something else.\"\"\"\n", FILE),
            ]);
        }
        let git = GitServer::start(root.path());
        let platform = PlatformServer::gitea(&catalogue);
        let behind = git.authority().parse().expect("an address");
        let front = Front::start("/api/v1", platform.address(), behind);
        platform.set_root(&front.url("/"));
        Self {
            front,
            _platform: platform,
            _git: git,
            _root: root,
        }
    }

    pub(crate) fn program(&self) -> Program {
        let others: String = ["github", "gitlab", "huggingface", "kaggle", "arxiv"]
            .iter()
            .map(|name| format!("[platforms.{name}]\nenabled = false\n"))
            .collect();
        program().with_config(&format!(
            "[network]\nallow_hosts = [\"{}\"]\n\n[platforms.gitea]\nbase_url = \"{}\"\n{others}\n[resilience]\ntries = 1\n",
            self.front.authority(),
            self.front.url("/api/v1"),
        ))
    }
}

fn chosen(answer: &Value) -> Vec<&Value> {
    let candidates = answer["candidates"].as_array().expect("candidates");
    candidates
        .iter()
        .filter(|one| one["chosen"] == true)
        .collect()
}

#[test]
fn an_idea_becomes_a_project_of_the_nearest_components() {
    let hosted = Hosted::start();
    let program = hosted.program();
    let dry = program.run(["assemble", "an http client", "--dry-run", "--json"]);
    assert_nothing_left(&program);
    let dry = dry.expect_status(0).json();
    assert_eq!(dry["status"], "planned", "{dry:#}");
    let [part] = chosen(&dry)[..] else {
        panic!("one part is taken: {dry:#}");
    };
    assert_eq!(part["component"], "sample.http", "{dry:#}");
    let reasons = part["reasons"].as_array().expect("reasons");
    assert!(!reasons.is_empty());
    assert!(!program.work().join("http-client").exists());

    // The request that it gives is the one that it took: the same project comes of it.
    let run = program.run(["assemble", "an http client", "--name", "steady", "--json"]);
    let built = run.expect_status(0).json();
    assert_eq!(built["status"], "succeeded", "{built:#}");
    let module = program.work().join("steady/src/steady/sample/http.py");
    let text = std::fs::read_to_string(module).expect("the module is there");
    assert!(text.contains("from steady.sample import words"), "{text}");
    assert!(
        !program
            .work()
            .join("steady/src/steady/sample/other.py")
            .exists()
    );
}

#[test]
fn what_nobody_offers_is_told_with_what_was_looked_at() {
    let hosted = Hosted::start();
    let program = hosted.program();
    let check = |idea: &str, code: &str, status: i32| {
        let run = program.run(["assemble", idea, "--json", "--dry-run"]);
        assert_eq!(
            run.expect_status(status).json()["error"]["code"],
            code,
            "{idea}"
        );
        assert_nothing_left(&program);
    };
    check("http client and zymurgy", "E_NOT_FOUND", 4);
    check("make me a tool in python", "E_QUERY", 2);
    check(&"word ".repeat(500), "E_QUERY", 2);
}
