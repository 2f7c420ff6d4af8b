//! The first commit of a new project: the same files give the same ids. Must not read the user's or the machine's git configuration.

use std::{collections::BTreeMap, fs, io, path::Path, time::Duration};

use synthesizer_model::failure::{ErrorCode, Failure};
use tokio_util::sync::CancellationToken;

use crate::process::{self, ChildProgram};

/// Settings that hold whatever git's defaults are.
const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.autocrlf=false",
    "core.safecrlf=false",
    "core.fileMode=true",
    "core.ignoreCase=false",
    "core.precomposeUnicode=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "commit.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
];

/// Attributes that win over those of files in the project: every file is committed byte for byte. They stay, so that git goes on
/// seeing no difference.
const ATTRIBUTES: &str = "* -text -ident -filter -working-tree-encoding\n";

const NAME: &str = "Synthesizer";
const ADDRESS: &str = "synthesizer@localhost";
const DATE: &str = "2000-01-01T00:00:00Z";

/// Makes a repository in the folder, commits everything in it and gives the id of the tree.
pub(super) async fn everything(
    git: &Path,
    environment: &BTreeMap<String, String>,
    folder: &Path,
    message: &str,
    cancellation: &CancellationToken,
) -> Result<String, Failure> {
    let run = |arguments: &[&str], input: &str| {
        let mut child = ChildProgram::new(git, folder);
        for setting in SETTINGS {
            child = child.args(["-c", setting]);
        }
        child = child.args(arguments);
        child.environment = variables(environment);
        child.input = input.as_bytes().to_vec();
        child.deadline = Duration::from_secs(300);
        finish(
            child,
            arguments.first().copied().unwrap_or("").to_owned(),
            cancellation,
        )
    };
    run(
        &["init", "--quiet", "--initial-branch=main", "--template="],
        "",
    )
    .await?;
    write_attributes(folder)?;
    run(&["add", "--all", "--force", "--", "."], "").await?;
    let commit = [
        "commit",
        "--quiet",
        "--no-verify",
        "--allow-empty",
        "--allow-empty-message",
        "--cleanup=verbatim",
        "--file=-",
    ];
    run(&commit, &format!("{message}\n")).await?;
    run(&["rev-parse", "--verify", "HEAD^{tree}"], "").await
}

fn write_attributes(folder: &Path) -> Result<(), Failure> {
    let information = folder.join(".git/info");
    fs::create_dir_all(&information)
        .and_then(|()| fs::write(information.join("attributes"), ATTRIBUTES))
        .map_err(|error| {
            let code = match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorCode::Limit,
                _ => ErrorCode::Internal,
            };
            let message = format!("cannot write to the new repository: {error}");
            Failure::new(code, message)
        })
}

async fn finish(
    child: ChildProgram,
    step: String,
    cancellation: &CancellationToken,
) -> Result<String, Failure> {
    let output = process::run(child, cancellation).await?;
    if output.success() {
        return Ok(output.stdout_text().trim().to_owned());
    }
    let said = output.stderr_text();
    let said =
        synthesizer_model::text::escape_untrusted(said.lines().next().unwrap_or("it says nothing"));
    let code = if output.lacks_room() {
        ErrorCode::Limit
    } else {
        ErrorCode::Internal
    };
    Err(Failure::new(
        code,
        format!("git {step} failed in the new project: {said}"),
    ))
}

fn variables(environment: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut variables: BTreeMap<String, String> = [
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_ATTR_NOSYSTEM", "1"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_DEFAULT_HASH", "sha1"),
        ("GIT_AUTHOR_NAME", NAME),
        ("GIT_AUTHOR_EMAIL", ADDRESS),
        ("GIT_AUTHOR_DATE", DATE),
        ("GIT_COMMITTER_NAME", NAME),
        ("GIT_COMMITTER_EMAIL", ADDRESS),
        ("GIT_COMMITTER_DATE", DATE),
        // A folder above may be a repository too, or none of our business.
        ("GIT_DIR", ".git"),
        ("GIT_WORK_TREE", "."),
        ("LC_ALL", "C"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    if let Some(path) = environment.get("PATH") {
        variables.insert("PATH".to_owned(), path.clone());
    }
    variables
}
