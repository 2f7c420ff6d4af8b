//! Running the `uv` program: its environment, its deadline and its commands. Must not judge what uv answers.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
    time::Instant,
};

use synthesizer_infrastructure::process::{ChildOutput, ChildProgram};
use synthesizer_model::failure::{ErrorCode, Failure};
use tokio::io::AsyncReadExt as _;
use tokio_util::sync::CancellationToken;

use super::{bounded_run::BoundedRuns, solver::SolverEnvironment, uv_answer::without_ansi};

/// The largest lock or requirements file that is read, in bytes.
const LARGEST_OUTPUT: usize = 32 << 20;
/// The largest file that uv may write, in bytes; wheels of a registry without partial downloads are the largest.
const LARGEST_FILE: u64 = 4 << 30;

/// Variables that would change what is asked of uv or how it answers, so they never pass.
const WITHHELD: &[&str] = &[
    "CLICOLOR_FORCE",
    "FORCE_COLOR",
    "RUST_LOG",
    "UV_BUILD_CONSTRAINT",
    "UV_CONSTRAINT",
    "UV_ENV_FILE",
    "UV_FROZEN",
    "UV_ISOLATED",
    "UV_LOCKED",
    "UV_MANAGED_PYTHON",
    "UV_NO_SOURCES",
    "UV_OUTPUT_FORMAT",
    "UV_OVERRIDE",
    "UV_PROJECT",
    "UV_PROJECT_ENVIRONMENT",
    "UV_PYTHON",
    "UV_WORKING_DIR",
    "UV_WORKING_DIRECTORY",
];

/// The uv program within one call.
pub(super) struct UvProgram<'a> {
    environment: SolverEnvironment<'a>,
    cancellation: &'a CancellationToken,
    started: Instant,
    offline: bool,
    /// The interpreter to name; uv's own choice when `None`.
    pub(super) interpreter: Option<PathBuf>,
}

impl<'a> UvProgram<'a> {
    pub(super) fn new(
        environment: SolverEnvironment<'a>,
        cancellation: &'a CancellationToken,
        offline: bool,
    ) -> Self {
        let switched_off = |value: &String| !matches!(value.as_str(), "" | "0" | "false");
        let offline = offline
            || environment
                .variables
                .get("UV_OFFLINE")
                .is_some_and(switched_off);
        Self {
            environment,
            cancellation,
            started: Instant::now(),
            offline,
            interpreter: None,
        }
    }

    /// Says whether uv answers from its cache alone.
    pub(super) fn is_offline(&self) -> bool {
        self.offline
    }

    /// Gives the program and its environment, by which what it says of this machine can be recognised.
    pub(super) fn identity(&self) -> (&'a Path, &'a BTreeMap<String, String>) {
        (self.environment.program, self.environment.variables)
    }

    /// The folder for everything that is written.
    pub(super) fn scratch(&self) -> &'a Path {
        self.environment.scratch
    }

    /// Gives `uv X.Y.Z`.
    pub(super) async fn version(&self) -> Result<String, Failure> {
        let output = self
            .run(self.scratch(), &["--version"], Naming::Without)
            .await?;
        let text = output.stdout_text();
        let mut words = text.split_whitespace();
        match (words.next(), words.next()) {
            (Some("uv"), Some(version)) => Ok(format!("uv {version}")),
            _ => Err(Failure::new(
                ErrorCode::ToolMissing,
                "the uv program does not tell its version",
            )
            .with_hint("install uv and make sure that it runs: uv --version")),
        }
    }

    /// Locks the project or workspace of a folder; a status other than 0 is an answer to read.
    pub(super) async fn lock(&self, directory: &Path) -> Result<ChildOutput, Failure> {
        self.run(directory, &["lock", "--no-build"], Naming::With)
            .await
    }

    /// Reads the lock that [`Self::lock`] has written.
    pub(super) async fn read_lock(&self, directory: &Path) -> Result<String, Failure> {
        let unread = |error| Failure::internal(format!("cannot read the lock: {error}"));
        let file = tokio::fs::File::open(directory.join("uv.lock"))
            .await
            .map_err(unread)?;
        let mut content = Vec::new();
        let mut bounded = file.take(u64::try_from(LARGEST_OUTPUT).unwrap_or(u64::MAX) + 1);
        bounded.read_to_end(&mut content).await.map_err(unread)?;
        if content.len() > LARGEST_OUTPUT {
            return Err(Failure::new(
                ErrorCode::Limit,
                "the lock is larger than 32 MiB",
            ));
        }
        String::from_utf8(content).map_err(|_| Failure::internal("the lock is not UTF-8"))
    }

    /// Gives the lock in pip's form, without the project or workspace itself.
    pub(super) async fn export(
        &self,
        directory: &Path,
        selection: &[&str],
    ) -> Result<String, Failure> {
        let mut arguments = vec![
            "export",
            "--frozen",
            "--no-hashes",
            "--no-header",
            "--no-annotate",
            "--quiet",
        ];
        arguments.extend(selection);
        let output = self.run(directory, &arguments, Naming::With).await?;
        if output.truncated {
            return Err(Failure::new(
                ErrorCode::Limit,
                "the list of requirements is larger than 32 MiB",
            ));
        }
        if !output.success() {
            tracing::debug!(stderr = %without_ansi(&output.stderr_text()), "uv export failed");
            return Err(Failure::internal(
                "uv could not write the lock in pip's form",
            ));
        }
        Ok(output.stdout_text())
    }

    /// Gives uv's list of installed interpreters, as JSON.
    pub(super) async fn installed_pythons(&self) -> Result<Vec<u8>, Failure> {
        let arguments = [
            "python",
            "list",
            "--only-installed",
            "--output-format",
            "json",
            "--offline",
        ];
        Ok(self
            .run(self.scratch(), &arguments, Naming::Without)
            .await?
            .stdout)
    }

    async fn run(
        &self,
        directory: &Path,
        arguments: &[&str],
        naming: Naming,
    ) -> Result<ChildOutput, Failure> {
        let mut child = ChildProgram::new(self.environment.program, directory).args(arguments);
        if naming == Naming::With {
            if let Some(interpreter) = &self.interpreter {
                child = child.args([
                    OsString::from("--python"),
                    interpreter.clone().into_os_string(),
                ]);
            }
            if self.offline {
                child = child.args(["--offline"]);
            }
        }
        child.environment = self.environment.variables.clone();
        child
            .environment
            .retain(|name, _| !WITHHELD.contains(&name.as_str()));
        child = child
            .env("UV_PYTHON_DOWNLOADS", "never")
            .env("UV_NO_PROGRESS", "1")
            .env("UV_NO_WRAP", "1")
            .env("NO_COLOR", "1");
        child.output_limit = LARGEST_OUTPUT;
        child.file_limit = Some(LARGEST_FILE);
        let runs = BoundedRuns {
            name: "uv",
            environment: self.environment,
            cancellation: self.cancellation,
            started: self.started,
        };
        runs.run(child).await
    }
}

/// Whether a command takes the choice of interpreter and of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Naming {
    With,
    Without,
}
