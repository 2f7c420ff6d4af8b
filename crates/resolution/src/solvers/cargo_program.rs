//! Running the `cargo` program: its environment, its deadline and its one command. Must not judge what cargo answers.
//!
//! Cargo reads settings from every folder above the one that it runs in, and rustup a toolchain file, which may name any program. So it runs
//! in the root folder and is given the manifest's path: only the user's own `$CARGO_HOME` counts, wherever the scratch folder lies.
//! `generate-lockfile` compiles and runs nothing of a package. It asks `rustc` for its version unless every member names one.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Instant,
};

use synthesizer_infrastructure::process::{ChildOutput, ChildProgram};
use synthesizer_model::failure::{ErrorCode, Failure};
use tokio_util::sync::CancellationToken;
use toml::Table;

use super::{bounded_run::BoundedRuns, solver::SolverEnvironment};

/// The largest lock that is read, in bytes.
const LARGEST_LOCK: u64 = 32 << 20;
/// The most of cargo's text that is kept, in bytes.
const LARGEST_OUTPUT: usize = 4 << 20;
/// The largest file that cargo may write, in bytes; the index of a registry that is kept in git is the largest.
const LARGEST_FILE: u64 = 4 << 30;
/// The largest configuration file in which registries are looked for, in bytes.
const LARGEST_CONFIGURATION: u64 = 1 << 20;
/// The oldest version that understands the resolver of the scratch workspace.
const OLDEST: (u32, u32) = (1, 84);

/// The families of Cargo's variables that pass; others would change what is asked of it or how it answers.
const PASSING: &[&str] = &[
    "CARGO_HOME",
    "CARGO_HTTP_",
    "CARGO_NET_",
    "CARGO_REGISTRY_",
    "CARGO_REGISTRIES_",
    "CARGO_CREDENTIAL_ALIAS_",
];

/// The cargo program within one call.
pub(super) struct CargoProgram<'a> {
    environment: SolverEnvironment<'a>,
    cancellation: &'a CancellationToken,
    started: Instant,
    offline: bool,
}

impl<'a> CargoProgram<'a> {
    pub(super) fn new(
        environment: SolverEnvironment<'a>,
        cancellation: &'a CancellationToken,
        offline: bool,
    ) -> Self {
        Self {
            environment,
            cancellation,
            started: Instant::now(),
            offline,
        }
    }

    /// Gives the folder of the workspace.
    pub(super) fn workspace(&self) -> PathBuf {
        self.environment.scratch.join("workspace")
    }

    /// Gives `cargo X.Y.Z`.
    ///
    /// # Errors
    /// `E_TOOL_MISSING` also for one that is too old.
    pub(super) async fn version(&self) -> Result<String, Failure> {
        let output = self.run(vec!["--version".into()]).await?;
        let text = output.stdout_text();
        let mut words = text.split_whitespace();
        let (Some("cargo"), Some(version)) = (words.next(), words.next()) else {
            return Err(missing("the cargo program does not tell its version"));
        };
        let numbers: Vec<u32> = version
            .split(['.', '-'])
            .take(2)
            .filter_map(|number| number.parse().ok())
            .collect();
        match numbers[..] {
            [major, minor] if (major, minor) >= OLDEST => Ok(format!("cargo {version}")),
            [_, _] => Err(missing("cargo 1.84 or a newer one is needed")),
            _ => Err(missing("the cargo program does not tell its version")),
        }
    }

    /// Locks the workspace; a status other than 0 is an answer to read.
    pub(super) async fn lock(&self) -> Result<ChildOutput, Failure> {
        let manifest = self.workspace().join("Cargo.toml");
        let mut arguments = vec![
            "generate-lockfile".into(),
            "--manifest-path".into(),
            manifest.into_os_string(),
        ];
        if self.offline {
            arguments.push("--offline".into());
        }
        self.run(arguments).await
    }

    /// Reads the lock that [`Self::lock`] has written.
    pub(super) async fn read_lock(&self) -> Result<String, Failure> {
        read_bounded(&self.workspace().join("Cargo.lock")).await
    }

    /// Gives the registries that the user's own configuration names.
    pub(super) async fn registries(&self) -> BTreeSet<String> {
        let variables = self.environment.variables;
        let mut registries: BTreeSet<String> = variables
            .keys()
            .filter_map(|name| {
                let name = name
                    .strip_prefix("CARGO_REGISTRIES_")?
                    .strip_suffix("_INDEX")?;
                Some(name.to_ascii_lowercase())
            })
            .flat_map(|name| [name.replace('_', "-"), name])
            .collect();
        for file in ["config.toml", "config"] {
            if let Some(folder) = home(variables)
                && let Some(table) = configuration(&folder.join(file)).await
            {
                let named = table.get("registries").and_then(|one| one.as_table());
                let with_index = named
                    .into_iter()
                    .flatten()
                    .filter(|(_, registry)| registry.get("index").is_some());
                registries.extend(with_index.map(|(name, _)| name.clone()));
                break;
            }
        }
        registries
    }

    async fn run(&self, arguments: Vec<std::ffi::OsString>) -> Result<ChildOutput, Failure> {
        let mut child = ChildProgram::new(self.environment.program, "/").args(arguments);
        child.environment = self
            .environment
            .variables
            .iter()
            .filter(|(name, _)| passes(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        child = child
            .env("CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS", "fallback")
            .env("CARGO_TERM_COLOR", "never")
            .env("CARGO_TERM_PROGRESS_WHEN", "never")
            .env("CARGO_TERM_QUIET", "false")
            .env("CARGO_TERM_VERBOSE", "false")
            // Set to nothing, they switch off what the user's configuration names.
            .env("RUSTC_WRAPPER", "")
            .env("RUSTC_WORKSPACE_WRAPPER", "")
            .env("RUSTUP_AUTO_INSTALL", "0");
        child.output_limit = LARGEST_OUTPUT;
        child.file_limit = Some(LARGEST_FILE);
        let runs = BoundedRuns {
            name: "cargo",
            environment: self.environment,
            cancellation: self.cancellation,
            started: self.started,
        };
        runs.run(child).await.map_err(|failure| match failure.code {
            ErrorCode::ToolMissing => missing(failure.message),
            _ => failure,
        })
    }
}

fn passes(name: &str) -> bool {
    let of_cargo = name.starts_with("CARGO") || name.starts_with("__CARGO");
    let of_rustc = name.starts_with("RUSTC") || name.starts_with("RUSTFLAGS");
    let chatty = matches!(name, "RUST_LOG" | "RUST_BACKTRACE" | "RUSTUP_LOG");
    PASSING.iter().any(|family| name.starts_with(family)) || !(of_cargo || of_rustc || chatty)
}

fn home(variables: &BTreeMap<String, String>) -> Option<PathBuf> {
    let named = variables.get("CARGO_HOME").filter(|home| !home.is_empty());
    named.map(PathBuf::from).or_else(|| {
        let home = variables.get("HOME").filter(|home| !home.is_empty());
        home.map(|home| Path::new(home).join(".cargo"))
    })
}

async fn configuration(file: &Path) -> Option<Table> {
    let metadata = tokio::fs::metadata(file).await.ok()?;
    if !metadata.is_file() || metadata.len() > LARGEST_CONFIGURATION {
        return None;
    }
    toml::from_str(&tokio::fs::read_to_string(file).await.ok()?).ok()
}

/// Makes the failure of a program that is not there or cannot be used.
pub(super) fn missing(message: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::ToolMissing, message)
        .with_hint("install Rust and its cargo, and make sure that it runs: cargo --version")
}

/// Reads a lock that a solver has written.
///
/// # Errors
/// `E_LIMIT` above 32 MiB, `E_INTERNAL` when it is not there or is not UTF-8.
pub(super) async fn read_bounded(file: &Path) -> Result<String, Failure> {
    let unreadable =
        |error: std::io::Error| Failure::internal(format!("cannot read the lock: {error}"));
    let metadata = tokio::fs::metadata(file).await.map_err(unreadable)?;
    if metadata.len() > LARGEST_LOCK {
        return Err(Failure::new(
            ErrorCode::Limit,
            "the lock is larger than 32 MiB",
        ));
    }
    let content = tokio::fs::read(file).await.map_err(unreadable)?;
    String::from_utf8(content).map_err(|_| Failure::internal("the lock is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_choice_of_registries_passes() {
        for name in [
            "CARGO_HOME",
            "CARGO_REGISTRIES_CORP_TOKEN",
            "CARGO_NET_GIT_FETCH_WITH_CLI",
            "RUSTUP_TOOLCHAIN",
            "PATH",
        ] {
            assert!(passes(name), "{name}");
        }
        for name in [
            "CARGO_BUILD_RUSTC_WRAPPER",
            "CARGO_TARGET_DIR",
            "CARGO_LOG",
            "CARGO",
            "CARGO_MANIFEST_DIR",
            "RUSTC",
            "RUSTFLAGS",
            "RUST_LOG",
        ] {
            assert!(!passes(name), "{name}");
        }
    }

    #[tokio::test]
    async fn registries_come_from_the_users_own_configuration() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "[registries.corp]\nindex = 'sparse+x'\n[registries.no-index]\ntoken = 't'\n";
        std::fs::write(folder.path().join("config.toml"), text).expect("a file");
        let variables = BTreeMap::from([
            ("CARGO_HOME".to_owned(), folder.path().display().to_string()),
            (
                "CARGO_REGISTRIES_MY_OWN_INDEX".to_owned(),
                "sparse+y".to_owned(),
            ),
        ]);
        let environment = SolverEnvironment {
            program: Path::new("/nowhere"),
            scratch: folder.path(),
            variables: &variables,
            deadline: std::time::Duration::from_secs(1),
            explanation_time: std::time::Duration::from_secs(1),
        };
        let cancellation = CancellationToken::new();
        let program = CargoProgram::new(environment, &cancellation, true);
        let found: Vec<String> = program.registries().await.into_iter().collect();
        assert_eq!(found, ["corp", "my-own", "my_own"]);
    }
}
