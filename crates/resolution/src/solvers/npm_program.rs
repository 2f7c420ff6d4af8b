//! Running the `npm` program: its environment, its deadline and its two commands. Must not judge what npm answers.
//!
//! `install --package-lock-only --ignore-scripts` writes a lock and runs nothing of a package. Packages of git and of addresses are switched
//! off, also below a package of the registry: neither `git` nor a foreign host is reached. Settings of the user that would hide a conflict
//! are overridden; the choice of registries, credentials and the cache stay. npm takes a workspace for its own when a folder above claims it,
//! so a scratch folder inside such a workspace is refused.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::Instant,
};

use serde_json::Value;
use synthesizer_infrastructure::process::{ChildOutput, ChildProgram};
use synthesizer_model::failure::{ErrorCode, Failure};
use tokio_util::sync::CancellationToken;

use super::{bounded_run::BoundedRuns, cargo_program::read_bounded, solver::SolverEnvironment};

/// The most of npm's text that is kept, in bytes.
const LARGEST_OUTPUT: usize = 8 << 20;
/// The largest file that npm may write, in bytes: the description of a package with all its versions, in the cache.
const LARGEST_FILE: u64 = 1 << 30;
/// The heap that node may use.
const NODE_OPTIONS: &str = "--max-old-space-size=2048";
/// How many folders above the scratch folder are looked at.
const MOST_FOLDERS: usize = 64;
/// The largest manifest of a folder above that is read, in bytes.
const LARGEST_MANIFEST: u64 = 1 << 20;

/// The families of npm's settings that pass, in lower case with `_` for `-`.
const PASSING: &[&str] = &[
    "npm_config_registry",
    "npm_config_@",
    "npm_config_//",
    "npm_config__auth",
    "npm_config_always_auth",
    "npm_config_userconfig",
    "npm_config_globalconfig",
    "npm_config_cache",
    "npm_config_ca",
    "npm_config_cert",
    "npm_config_key",
    "npm_config_strict_ssl",
    "npm_config_proxy",
    "npm_config_https_proxy",
    "npm_config_noproxy",
    "npm_config_local_address",
    "npm_config_maxsockets",
    "npm_config_fetch_",
    "npm_config_before",
    "npm_config_min_release_age",
    "npm_config_replace_registry_host",
    "npm_config_offline",
    "npm_config_prefer_offline",
    "npm_config_omit_lockfile_registry_resolved",
];

/// What is asked of npm, whatever the user's settings say.
const INSTALL: &[&str] = &[
    "install",
    "--package-lock-only",
    "--package-lock=true",
    "--lockfile-version=3",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--legacy-peer-deps=false",
    "--strict-peer-deps=false",
    "--force=false",
    "--engine-strict=false",
    "--install-strategy=hoisted",
    "--install-links=false",
    "--prefer-dedupe=false",
    "--dry-run=false",
    "--global=false",
];

/// What is asked of npm when a lock is installed.
const CLEAN_INSTALL: &[&str] = &[
    "ci",
    "--ignore-scripts",
    "--bin-links=false",
    "--include=dev",
    "--include=optional",
    "--include=peer",
    "--no-audit",
    "--no-fund",
    "--legacy-peer-deps=false",
    "--strict-peer-deps=false",
    "--force=false",
    "--engine-strict=false",
    "--install-strategy=hoisted",
    "--install-links=false",
    "--dry-run=false",
    "--global=false",
];

/// What every call gets.
const ALWAYS: &[&str] = &[
    "--json",
    "--no-update-notifier",
    "--no-progress",
    "--color=false",
    "--loglevel=warn",
    "--logs-max=0",
    "--allow-git=none",
    "--allow-remote=none",
];

/// The npm program within one call.
pub(super) struct NpmProgram<'a> {
    environment: SolverEnvironment<'a>,
    cancellation: &'a CancellationToken,
    started: Instant,
    offline: bool,
    /// Whether the cache is a folder of the scratch folder, since the user's own cannot be written.
    pub(super) own_cache: bool,
}

impl<'a> NpmProgram<'a> {
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
            own_cache: false,
        }
    }

    /// Gives the folder of the workspace.
    pub(super) fn workspace(&self) -> PathBuf {
        self.environment.scratch.join("workspace")
    }

    /// Gives `npm X.Y.Z`.
    pub(super) async fn version(&self) -> Result<String, Failure> {
        if let Some(version) = told_by_manifest(self.environment.program).await {
            return Ok(format!("npm {version}"));
        }
        let output = self
            .run(self.environment.scratch, vec!["--version".into()])
            .await?;
        let text = output.stdout_text();
        let version = text.split_whitespace().next().unwrap_or("");
        let is_version = semver::Version::parse(version).is_ok();
        if output.success() && is_version {
            Ok(format!("npm {version}"))
        } else {
            Err(missing("the npm program does not tell its version"))
        }
    }

    /// Locks the workspace; a status other than 0 is an answer to read.
    pub(super) async fn lock(&self) -> Result<ChildOutput, Failure> {
        let mut arguments: Vec<OsString> = INSTALL.iter().map(OsString::from).collect();
        arguments.extend(self.always());
        self.run(&self.workspace(), arguments).await
    }

    /// Installs what the lock of the workspace pins; a status other than 0 is an answer to read.
    pub(super) async fn install(&self) -> Result<ChildOutput, Failure> {
        let mut arguments: Vec<OsString> = CLEAN_INSTALL.iter().map(OsString::from).collect();
        arguments.extend(self.always());
        self.run(&self.workspace(), arguments).await
    }

    /// Asks for the requirements of every version that a range allows; the output is JSON, or an error that nobody needs.
    pub(super) async fn view(&self, package: &str, range: &str) -> Result<ChildOutput, Failure> {
        // With the name, every answer has two fields: npm would print the bare values of versions that have one alone, and drop the rest.
        let fields = ["name", "version", "peerDependencies", "dependencies"];
        let mut arguments: Vec<OsString> = vec!["view".into(), format!("{package}@{range}").into()];
        arguments.extend(fields.iter().map(OsString::from));
        arguments.extend(self.always());
        self.run(&self.workspace(), arguments).await
    }

    /// Reads the lock that [`Self::lock`] has written.
    pub(super) async fn read_lock(&self) -> Result<String, Failure> {
        read_bounded(&self.workspace().join("package-lock.json")).await
    }

    fn always(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = ALWAYS.iter().map(OsString::from).collect();
        let folder = |option: &str, name: &str| {
            let mut argument = OsString::from(option);
            argument.push(self.environment.scratch.join(name));
            argument
        };
        arguments.push(folder("--logs-dir=", "logs"));
        if self.own_cache {
            arguments.push(folder("--cache=", "cache"));
        }
        if self.offline {
            arguments.push("--offline".into());
        }
        arguments
    }

    async fn run(
        &self,
        directory: &Path,
        arguments: Vec<OsString>,
    ) -> Result<ChildOutput, Failure> {
        let mut child = ChildProgram::new(self.environment.program, directory).args(arguments);
        child.environment = self
            .environment
            .variables
            .iter()
            .filter(|(name, _)| passes(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        child = child.env("NODE_OPTIONS", NODE_OPTIONS).env("NO_COLOR", "1");
        child.output_limit = LARGEST_OUTPUT;
        child.file_limit = Some(LARGEST_FILE);
        let runs = BoundedRuns {
            name: "npm",
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

/// Makes the failure of a program that is not there or cannot be used.
fn missing(message: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::ToolMissing, message)
        .with_hint("install Node.js with npm, and make sure that it runs: npm --version")
}

fn passes(name: &str) -> bool {
    let lowered = name.to_ascii_lowercase().replace('-', "_");
    let of_npm = [
        "npm_config_",
        "npm_package_",
        "npm_lifecycle_",
        "npm_command",
    ];
    let of_node = [
        "node_options",
        "node_debug",
        "node_path",
        "node_repl",
        "node_v8_coverage",
        "init_cwd",
        "force_color",
    ];
    let withheld = of_npm.iter().chain(&of_node);
    PASSING.iter().any(|family| lowered.starts_with(family))
        || !withheld
            .into_iter()
            .any(|family| lowered.starts_with(family))
}

/// Refuses a folder that a workspace above it may claim.
///
/// # Errors
/// `E_CONFIG` when a manifest above may name the folder as its member.
pub(super) async fn check_surroundings(folder: &Path) -> Result<(), Failure> {
    for above in folder.ancestors().skip(1).take(MOST_FOLDERS) {
        let manifest = above.join("package.json");
        let Ok(metadata) = tokio::fs::metadata(&manifest).await else {
            continue;
        };
        let below = folder.strip_prefix(above).unwrap_or(folder);
        let content = if metadata.len() > LARGEST_MANIFEST {
            None
        } else {
            tokio::fs::read(&manifest).await.ok()
        };
        let claims = content.is_none_or(|content| may_claim(&content, below));
        if claims {
            let message =
                "the cache folder lies inside an npm workspace, which npm would lock instead";
            let failure = Failure::new(ErrorCode::Config, message);
            return Err(failure.with_hint("name another folder with paths.cache"));
        }
    }
    Ok(())
}

/// Says whether a manifest's `workspaces` may match a folder below: only a first folder that is another one for sure rules it out.
fn may_claim(manifest: &[u8], below: &Path) -> bool {
    let Ok(manifest) = serde_json::from_slice::<Value>(manifest) else {
        // npm passes over what it cannot read.
        return false;
    };
    let Some(workspaces) = manifest.get("workspaces") else {
        return false;
    };
    let patterns = workspaces.get("packages").unwrap_or(workspaces);
    let first = below.iter().next().and_then(|first| first.to_str());
    let may_match = |pattern: &Value| {
        let Some(pattern) = pattern.as_str() else {
            return true;
        };
        let pattern = pattern.trim_start_matches(['.', '/']);
        let start = pattern.split('/').next().unwrap_or("");
        let is_plain =
            !start.is_empty() && !start.contains(['*', '?', '[', '{', '(', '!', '+', '@', '\\']);
        !(is_plain && Some(start) != first)
    };
    match patterns {
        Value::Array(patterns) => patterns.iter().any(may_match),
        one => may_match(one),
    }
}

/// Reads npm's version from the manifest beside it, where the program is npm's own script: starting it takes as long as solving a small set.
async fn told_by_manifest(program: &Path) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Manifest {
        name: String,
        version: String,
    }
    let script = tokio::fs::canonicalize(program).await.ok()?;
    let folder = script.parent()?.parent()?;
    let file = tokio::fs::read(folder.join("package.json")).await.ok()?;
    let manifest: Manifest = serde_json::from_slice(&file).ok()?;
    let is_version = semver::Version::parse(&manifest.version).is_ok();
    (manifest.name == "npm" && is_version).then_some(manifest.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_choice_of_registries_passes() {
        for name in [
            "npm_config_registry",
            "NPM_CONFIG_REGISTRY",
            "npm_config_//host.example/:_authToken",
            "npm_config_strict-ssl",
            "NODE_EXTRA_CA_CERTS",
            "HOME",
        ] {
            assert!(passes(name), "{name}");
        }
        for name in [
            "npm_config_legacy_peer_deps",
            "NPM_CONFIG_FORCE",
            "npm_config_prefix",
            "NODE_OPTIONS",
            "npm_package_json",
            "INIT_CWD",
        ] {
            assert!(!passes(name), "{name}");
        }
    }

    #[tokio::test]
    async fn a_folder_that_a_workspace_above_may_claim_is_refused() {
        let check = async |manifest: &str, expected: bool| {
            let folder = tempfile::tempdir().expect("a folder");
            std::fs::write(folder.path().join("package.json"), manifest).expect("a file");
            let below = folder.path().join("cache/run-1/workspace");
            let refused = check_surroundings(&below).await.is_err();
            assert_eq!(refused, expected, "{manifest}");
        };
        check("{}", false).await;
        check("not JSON", false).await;
        check(r#"{"workspaces": ["packages/*"]}"#, false).await;
        check(r#"{"workspaces": {"packages": ["./packages/*"]}}"#, false).await;
        check(r#"{"workspaces": ["**"]}"#, true).await;
        check(r#"{"workspaces": ["./cache/**"]}"#, true).await;
        check(r#"{"workspaces": [3]}"#, true).await;
        check(r#"{"workspaces": ["!x"]}"#, true).await;
    }

    #[tokio::test]
    async fn the_version_stands_beside_npms_own_script() {
        let folder = tempfile::tempdir().expect("a folder");
        let script = folder.path().join("npm/bin/npm-cli.js");
        std::fs::create_dir_all(folder.path().join("npm/bin")).expect("a folder");
        std::fs::write(&script, "").expect("a file");
        let program = folder.path().join("npm-link");
        std::os::unix::fs::symlink(&script, &program).expect("a link");
        let manifest = folder.path().join("npm/package.json");
        for (text, expected) in [
            (r#"{"name": "npm", "version": "11.2.3"}"#, Some("11.2.3")),
            (r#"{"name": "other", "version": "11.2.3"}"#, None),
            (r#"{"name": "npm", "version": "new"}"#, None),
        ] {
            std::fs::write(&manifest, text).expect("a file");
            assert_eq!(
                told_by_manifest(&program).await.as_deref(),
                expected,
                "{text}"
            );
        }
    }
}
