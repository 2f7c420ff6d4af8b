//! The lock is the one that `uv` itself writes for the same workspace, written here by hand.

use std::{fs, process::Command};

use synthesizer_resolution::Effort;

use super::*;

/// Locks a workspace of two members by hand and gives the lock.
#[expect(
    clippy::disallowed_methods,
    reason = "what the solver's own run is compared with"
)]
fn locked_by_hand(machine: &Machine, python: &str, first: &str, second: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let root = format!(
        "[project]\nname = \"synthesizer-resolution\"\nversion = \"0\"\nrequires-python = \"{python}\"\n\
         dependencies = [\"repo-1-first\", \"repo-2-second\"]\n[tool.uv]\npackage = false\n\
         [tool.uv.workspace]\nmembers = [\"repo-1-first\", \"repo-2-second\"]\n\
         [tool.uv.sources]\nrepo-1-first = {{ workspace = true }}\nrepo-2-second = {{ workspace = true }}\n"
    );
    fs::write(folder.path().join("pyproject.toml"), root).expect("written");
    for (name, requirements) in [("repo-1-first", first), ("repo-2-second", second)] {
        let member = folder.path().join(name);
        fs::create_dir(&member).expect("made");
        let text = format!(
            "[project]\nname = \"{name}\"\nversion = \"0\"\nrequires-python = \"{python}\"\ndependencies = [{requirements}]\n\
             [tool.uv]\npackage = false\n"
        );
        fs::write(member.join("pyproject.toml"), text).expect("written");
    }
    let output = Command::new(&machine.uv)
        .args(["lock", "--no-build"])
        .current_dir(folder.path())
        .output()
        .expect("uv runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    fs::read_to_string(folder.path().join("uv.lock")).expect("a lock")
}

#[tokio::test]
async fn the_lock_equals_uvs_own() {
    let check = async |first: &[&str], second: &[&str], by_hand: (&str, &str)| {
        let machine = Machine::new();
        let request = request(vec![
            repository("./first", Some(">=3.10"), first),
            repository("./second", Some(">=3.9"), second),
        ]);
        let cancellation = CancellationToken::new();
        let found = resolve(
            &Uv,
            &request,
            Effort::Lock,
            machine.environment(),
            &cancellation,
        )
        .await
        .expect("an answer");
        let expected = locked_by_hand(&machine, ">=3.10", by_hand.0, by_hand.1);
        assert_eq!(found.lock.expect("a lock").content, expected);
    };
    check(
        &["flask>=3,<3.2", "colorama; sys_platform == 'win32'"],
        &["requests>=2.31", "click"],
        (
            "\"flask>=3,<3.2\", \"colorama; sys_platform == 'win32'\"",
            "\"requests>=2.31\", \"click\"",
        ),
    )
    .await;
    check(
        &[
            "numpy<2; python_version < '3.12'",
            "numpy>=2; python_version >= '3.12'",
        ],
        &["attrs"],
        (
            "\"numpy<2; python_version < '3.12'\", \"numpy>=2; python_version >= '3.12'\"",
            "\"attrs\"",
        ),
    )
    .await;
}
