//! Fetches the packages that a lock pins, without running anything of them, then compiles and tests the project in the sandbox.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use synthesizer_infrastructure::{
    config::{Config, Tool},
    process::{self, ChildProgram},
    project::Scratch,
    sandbox::{Kill, Sandbox, SandboxOutcome, SandboxRun},
    tools,
};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    verification::{Check, Level},
};

use super::toolchain::Toolchain;
use crate::{
    Call, Engine,
    tools::UserTool,
    verification::{
        Subject, copy_of_files, failed, not_run, passed, sanitised,
        stages::{self, OF_CARGO},
        unwritable,
    },
};

/// The largest file that cargo may write while it fetches, in bytes.
const LARGEST_FILE: u64 = 4 << 30;
/// How many times the bounds of a usual run a compiler may have: of time, and of scratch space, which holds everything that it makes.
const MORE_TIME: u32 = 5;
const MORE_SCRATCH: u64 = 8;
/// How many packages are compiled at a time: each is a process with threads of its own.
const JOBS: &str = "2";
/// What the sandbox says when a bound of this machine and not the project is the reason.
const OF_THE_MACHINE: &[(&str, &str)] = &[
    (
        "No space left on device",
        "compiling needs more room than sandbox.scratch_bytes allows",
    ),
    (
        "linker `cc` not found",
        "there is no C compiler, which links Rust programs",
    ),
    (
        "cannot be built because it requires rustc",
        "a package needs a newer Rust than the installed one",
    ),
    (
        "is not supported by the following package",
        "a package needs a newer Rust than the installed one",
    ),
];

/// Variables of the user that would change what is fetched or how cargo answers.
const WITHHELD: &[&str] = &[
    "CARGO_BUILD",
    "CARGO_TARGET",
    "CARGO_PROFILE",
    "CARGO_TERM",
    "CARGO_LOG",
    "RUSTC",
    "RUSTFLAGS",
    "RUSTDOC",
];

impl Engine {
    pub(super) async fn build_checks(
        &self,
        call: &Call,
        subject: &Subject,
        level: Level,
    ) -> Result<Vec<Check>, Failure> {
        let scratch = Arc::new(Scratch::create(&self.config().paths.cache)?);
        let none = |reason: &str| {
            let mut checks = vec![not_run("packages", reason), not_run("compile", reason)];
            if level >= Level::Test {
                checks.push(not_run("tests", reason));
            }
            Ok(checks)
        };
        let cargo = match self.user_tool(Tool::Cargo, "cargo", scratch.path()) {
            Ok(cargo) => cargo,
            Err(failure) => return none(&failure.message),
        };
        let rustc = match tools::find("rustc", &cargo.variables) {
            Ok(rustc) => rustc,
            Err(failure) => return none(&failure.message),
        };
        let Some(lock) = subject.text("Cargo.lock") else {
            return none("the project has no Cargo.lock");
        };
        let manifests = subject
            .files
            .iter()
            .filter(|(path, _)| path.rsplit('/').next() == Some("Cargo.toml"));
        let manifests = manifests
            .filter_map(|(path, text)| Some((path.as_str(), std::str::from_utf8(text).ok()?)));
        if let Err(reason) = synthesizer_resolution::check_workspace(manifests, lock) {
            return none(&reason);
        }
        stages::begin(call, OF_CARGO, level, "fetching the locked packages");
        let project = copy_of_files(subject, &scratch).await?;
        let vendor = scratch.path().join("vendor");
        let fetched = self.fetch(call, &cargo, &project, &vendor).await?;
        let packages = match fetched {
            Ok(check) => check,
            Err(check) => {
                let mut checks = vec![
                    check,
                    not_run("compile", "the locked packages are not there"),
                ];
                if level >= Level::Test {
                    checks.push(not_run("tests", "the locked packages are not there"));
                }
                return Ok(checks);
            }
        };
        let mut checks = vec![packages];
        let toolchain = match Toolchain::find(call, &rustc, &cargo).await? {
            Ok(toolchain) => toolchain,
            Err(reason) => {
                checks.push(not_run("compile", reason));
                return Ok(checks);
            }
        };
        match Sandbox::find(&bounded(self.config())).await {
            Err(reason) => {
                checks.push(not_run("compile", format!("there is no sandbox: {reason}")));
                if level >= Level::Test {
                    checks.push(not_run("tests", format!("there is no sandbox: {reason}")));
                }
            }
            Ok(sandbox) => {
                let building = Building {
                    toolchain: &toolchain,
                    project: &project,
                    vendor: &vendor,
                    sandbox: &sandbox,
                    scratch: scratch.path(),
                };
                stages::begin(call, OF_CARGO, level, "compiling in the sandbox");
                checks.push(building.compile(call).await?);
                if level >= Level::Test {
                    stages::begin(call, OF_CARGO, level, "running the tests in the sandbox");
                    checks.push(building.test(call).await?);
                }
            }
        }
        Ok(checks)
    }

    /// Copies the packages that the lock pins into a folder. Cargo runs nothing of them; it checks their hashes.
    async fn fetch(
        &self,
        call: &Call,
        cargo: &UserTool,
        project: &Path,
        vendor: &Path,
    ) -> Result<Result<Check, Check>, Failure> {
        fs::create_dir_all(vendor).map_err(|error| unwritable(&error))?;
        let manifest = project.join("Cargo.toml");
        // The root folder has no settings of cargo: only the user's own count.
        let mut child = ChildProgram::new(&cargo.program, "/")
            .args([
                "vendor",
                "--locked",
                "--respect-source-config",
                "--versioned-dirs",
                "--manifest-path",
            ])
            .args([manifest.as_os_str(), vendor.as_os_str()]);
        if self.config().offline {
            child = child.args(["--offline"]);
        }
        child.environment.clone_from(&cargo.variables);
        child
            .environment
            .retain(|name, _| !WITHHELD.iter().any(|family| name.starts_with(family)));
        child = child
            .env("CARGO_TERM_COLOR", "never")
            .env("CARGO_TERM_PROGRESS_WHEN", "never")
            .env("RUSTC_WRAPPER", "")
            .env("RUSTC_WORKSPACE_WRAPPER", "")
            .env("RUSTUP_AUTO_INSTALL", "0");
        child.deadline = cargo.deadline;
        child.file_limit = Some(LARGEST_FILE);
        let output = match process::run(child, &call.cancellation).await {
            Err(failure) if failure.code == ErrorCode::Timeout => {
                return Ok(Err(failed("packages", failure.message)));
            }
            other => other?,
        };
        if !output.success() {
            let said = output.stderr_text();
            let detail = sanitised(&said, &cargo.scratch);
            let offline = [
                "--offline",
                "failed to download",
                "Could not resolve host",
                "spurious network",
            ];
            return Ok(Err(if offline.iter().any(|text| said.contains(text)) {
                not_run("packages", detail)
            } else {
                failed("packages", detail)
            }));
        }
        let count = fs::read_dir(vendor)
            .map_err(|error| unwritable(&error))?
            .count();
        Ok(Ok(passed(
            "packages",
            format!(
                "the lock fits the manifests; {count} packages are there with the hashes that it names"
            ),
        )))
    }
}

/// Gives a compiler more time and room than a usual run has.
fn bounded(config: &Config) -> Config {
    let mut config = config.clone();
    config.sandbox.timeout = config.sandbox.timeout.saturating_mul(MORE_TIME);
    config.sandbox.scratch_bytes = config.sandbox.scratch_bytes.saturating_mul(MORE_SCRATCH);
    config
}

/// What is compiled, and with what.
struct Building<'a> {
    toolchain: &'a Toolchain,
    project: &'a Path,
    vendor: &'a Path,
    sandbox: &'a Sandbox,
    scratch: &'a Path,
}

impl Building<'_> {
    async fn compile(&self, call: &Call) -> Result<Check, Failure> {
        let arguments = [
            "check",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--message-format",
            "short",
        ];
        let outcome = self
            .sandbox
            .run(self.run(&arguments), &call.cancellation)
            .await?;
        if let (None, Some(0)) = (outcome.killed, outcome.status) {
            return Ok(passed(
                "compile",
                "all targets of the workspace compile in the sandbox",
            ));
        }
        Ok(self.unsuccessful("compile", &outcome))
    }

    async fn test(&self, call: &Call) -> Result<Check, Failure> {
        let arguments = ["test", "--workspace", "--no-fail-fast", "--quiet"];
        let outcome = self
            .sandbox
            .run(self.run(&arguments), &call.cancellation)
            .await?;
        let counts = Counts::of(&String::from_utf8_lossy(&outcome.stdout));
        if outcome.killed.is_some() || counts.is_none() {
            return Ok(self.unsuccessful("tests", &outcome));
        }
        let counts = counts.unwrap_or_default();
        let detail = counts.to_string();
        Ok(if outcome.status != Some(0) || counts.failed > 0 {
            failed("tests", format!("{detail}: {}", self.said(&outcome)))
        } else if counts.passed == 0 {
            not_run("tests", format!("no test ran: {detail}"))
        } else {
            passed("tests", detail)
        })
    }

    /// Describes a run of cargo with the project and its packages to be read, and everything that it makes in the scratch space inside.
    fn run(&self, arguments: &[&str]) -> SandboxRun {
        let programs = self.toolchain.programs();
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", programs.display());
        let fixed = [
            "--manifest-path",
            "/project/Cargo.toml",
            "--locked",
            "--offline",
            "--config",
            "source.crates-io.replace-with='vendored'",
            "--config",
            "source.vendored.directory='/vendor'",
        ];
        let mut read_only = vec![
            (self.project.to_owned(), PathBuf::from("/project")),
            (self.vendor.to_owned(), PathBuf::from("/vendor")),
        ];
        read_only.extend(self.toolchain.shown());
        let variables = [
            ("CARGO_BUILD_JOBS", JOBS),
            ("CARGO_HOME", "/tmp/cargo-home"),
            ("CARGO_INCREMENTAL", "0"),
            ("CARGO_PROFILE_DEV_DEBUG", "0"),
            ("CARGO_PROFILE_TEST_DEBUG", "0"),
            ("CARGO_TARGET_DIR", "/tmp/target"),
            ("CARGO_TERM_COLOR", "never"),
            ("LANG", "C.UTF-8"),
            ("PATH", &path),
            ("RUST_BACKTRACE", "0"),
            ("RUST_TEST_THREADS", JOBS),
        ];
        SandboxRun {
            program: programs.join("cargo"),
            arguments: arguments.iter().chain(&fixed).map(OsString::from).collect(),
            environment: variables
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect::<BTreeMap<_, _>>(),
            read_only,
            // Settings of cargo in the project's folders do not count here.
            working_directory: PathBuf::from("/tmp"),
            input: Vec::new(),
        }
    }

    fn unsuccessful(&self, name: &str, outcome: &SandboxOutcome) -> Check {
        let said = String::from_utf8_lossy(&outcome.stderr);
        let of_the_machine = OF_THE_MACHINE.iter().find(|(text, _)| said.contains(text));
        match (outcome.killed, of_the_machine) {
            (Some(kill), _) => failed(name, reason(kill)),
            (None, Some((_, why))) => not_run(name, format!("{why}: {}", self.said(outcome))),
            (None, None) => failed(name, self.said(outcome)),
        }
    }

    /// Gives the lines with errors, else the last ones.
    fn said(&self, outcome: &SandboxOutcome) -> String {
        let stderr = String::from_utf8_lossy(&outcome.stderr);
        let stdout = String::from_utf8_lossy(&outcome.stdout);
        let of_errors = |text: &str| -> Vec<String> {
            let lines = text.lines().filter(|line| {
                line.contains("error") || line.contains("panicked") || line.ends_with("FAILED")
            });
            lines.take(6).map(str::to_owned).collect()
        };
        let mut lines = of_errors(&stderr);
        if lines.is_empty() {
            lines = of_errors(&stdout);
        }
        if lines.is_empty() {
            let last: Vec<&str> = stderr.lines().rev().take(3).collect();
            lines = last.into_iter().rev().map(str::to_owned).collect();
        }
        sanitised(&lines.join("\n"), self.scratch)
    }
}

fn reason(kill: Kill) -> &'static str {
    match kill {
        Kill::Timeout => "it was stopped: it ran longer than the limit",
        Kill::Memory => "it was stopped: it used more memory than the limit",
        Kill::Processes => "it was stopped: it started more processes than the limit",
        Kill::Output => "it was stopped: it wrote more output than the limit",
    }
}

/// What all test programs report together.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
    ignored: u64,
    programs: u64,
}

impl Counts {
    /// Reads the lines `test result: ok. 3 passed; 0 failed; 1 ignored; …`; `None` without any.
    fn of(stdout: &str) -> Option<Self> {
        let mut counts = Self::default();
        for line in stdout.lines() {
            let Some((_, report)) = line.split_once("test result: ") else {
                continue;
            };
            let Some((_, numbers)) = report.split_once(". ") else {
                continue;
            };
            counts.programs += 1;
            for part in numbers.split(';') {
                let mut words = part.split_whitespace();
                let (Some(number), Some(what)) = (words.next(), words.next()) else {
                    continue;
                };
                let Ok(number) = number.parse::<u64>() else {
                    continue;
                };
                let count = match what {
                    "passed" => &mut counts.passed,
                    "failed" => &mut counts.failed,
                    "ignored" => &mut counts.ignored,
                    _ => continue,
                };
                *count = count.saturating_add(number);
            }
        }
        (counts.programs > 0).then_some(counts)
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            passed,
            failed,
            ignored,
            programs,
        } = self;
        write!(
            formatter,
            "{passed} passed, {failed} failed, {ignored} ignored in {programs} test programs"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reports_of_all_test_programs_are_added_up() {
        let check = |text: &str, expected: Option<(u64, u64, u64)>| {
            let counts =
                Counts::of(text).map(|counts| (counts.passed, counts.failed, counts.ignored));
            assert_eq!(counts, expected, "{text}");
        };
        check("", None);
        check(
            "running 2 tests\n..\ntest result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\ntest result: FAILED. 3 passed; 4 failed; 0 ignored; 0 measured\n",
            Some((5, 4, 1)),
        );
        check("test result: ok. x passed", Some((0, 0, 0)));
    }
}
