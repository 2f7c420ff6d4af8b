//! Installs a project's lock into a new environment and imports its modules in the sandbox.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use synthesizer_infrastructure::{
    process::{self, ChildProgram},
    project::Scratch,
    sandbox::{Sandbox, SandboxRun},
};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    text::escape_untrusted,
    verification::{Check, Level, Outcome},
};

use super::{Subject, failed, not_run, passed, runner, text::list};
use crate::{Call, Engine, tools::Uv};

/// The files that `uv sync` needs.
const MANIFESTS: &[&str] = &["pyproject.toml", "uv.lock", "README.md"];

impl Engine {
    pub(super) async fn install_checks(
        &self,
        call: &Call,
        subject: &Subject<'_>,
        level: Level,
    ) -> Result<Vec<Check>, Failure> {
        let scratch = Scratch::create(&self.config().paths.cache)?;
        let uv = match self.uv(scratch.path()) {
            Ok(uv) => uv,
            Err(failure) => {
                return Ok(vec![
                    not_run("install", failure.message.clone()),
                    not_run("import", failure.message),
                ]);
            }
        };
        call.progress.step(80, "installing the lock");
        let install = self.install(call, subject, &uv, level).await?;
        let installed = install.result == Outcome::Passed;
        let mut checks = vec![install];
        if !installed {
            checks.push(not_run("import", "the lock was not installed"));
            return Ok(checks);
        }
        match Sandbox::find(self.config()).await {
            Err(reason) => {
                checks.push(not_run("import", format!("there is no sandbox: {reason}")));
                if level >= Level::Test {
                    checks.push(not_run("tests", format!("there is no sandbox: {reason}")));
                }
            }
            Ok(sandbox) => {
                call.progress
                    .step(90, "importing every module in the sandbox");
                checks.extend(import(call, subject, &uv, &sandbox).await?);
                if level >= Level::Test {
                    call.progress.step(95, "running the tests in the sandbox");
                    checks.push(tests(call, subject, &uv, &sandbox).await?);
                }
            }
        }
        Ok(checks)
    }

    /// Runs `uv sync --locked` over copies of the manifests, into an environment below the scratch folder.
    async fn install(
        &self,
        call: &Call,
        subject: &Subject<'_>,
        uv: &Uv,
        level: Level,
    ) -> Result<Check, Failure> {
        let folder = uv.scratch.join("project");
        let written = fs::create_dir(&folder).and_then(|()| {
            MANIFESTS
                .iter()
                .filter_map(|name| Some((name, subject.text.files().get(*name)?)))
                .try_for_each(|(name, contents)| fs::write(folder.join(name), contents))
        });
        written.map_err(|error| {
            Failure::internal(format!("cannot write to the scratch folder: {error}"))
        })?;
        if !folder.join("uv.lock").exists() {
            return Ok(not_run("install", "the project has no uv.lock"));
        }
        let mut child = ChildProgram::new(&uv.program, &folder).args([
            "sync",
            "--locked",
            "--no-build",
            "--no-install-project",
            "--no-progress",
            "--color=never",
        ]);
        if level < Level::Test {
            child = child.args(["--no-dev"]);
        }
        child.environment.clone_from(&uv.variables);
        let environment = uv
            .scratch
            .join("environment")
            .to_string_lossy()
            .into_owned();
        child = child
            .env("UV_PROJECT_ENVIRONMENT", environment)
            .env("UV_PYTHON_DOWNLOADS", "never")
            .env("UV_LINK_MODE", "copy")
            .env("UV_COMPILE_BYTECODE", "0");
        child.deadline = uv.deadline;
        let output = match process::run(child, &call.cancellation).await {
            Err(failure) if failure.code == ErrorCode::Timeout => {
                return Ok(failed("install", failure.message));
            }
            other => other?,
        };
        let said = output.stderr_text();
        if output.success() {
            let lines = said
                .lines()
                .filter(|line| line.trim_start().starts_with("+ "))
                .count();
            let start_up = start_up_files(&uv.scratch.join("environment"));
            let start_up = if start_up.is_empty() {
                String::new()
            } else {
                format!(
                    "; code that runs at every start of Python there: {}",
                    list(start_up)
                )
            };
            return Ok(passed(
                "install",
                format!("the lock installs: {lines} packages in a new environment{start_up}"),
            ));
        }
        let detail = sanitised(&said, &uv.scratch);
        let impossible = [
            "no usable wheels",
            "building from source is disabled",
            "No interpreter found",
            "--no-build",
            "marked as `--no-build`",
        ];
        if impossible.iter().any(|text| said.contains(text)) {
            return Ok(not_run("install", detail));
        }
        Ok(failed("install", detail))
    }
}

/// Names the `.pth` files of an environment that hold code, the one that uv itself makes apart.
fn start_up_files(environment: &Path) -> Vec<String> {
    let folders = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = folders(&environment.join("lib"))
        .flat_map(|python| folders(&python.path().join("site-packages")))
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "pth"))
        .filter(|path| {
            // What is too large to read is suspicious enough.
            let small = fs::metadata(path).is_ok_and(|metadata| metadata.len() < 1 << 20);
            let text = if small {
                fs::read(path).unwrap_or_default()
            } else {
                b"import ".to_vec()
            };
            String::from_utf8_lossy(&text)
                .lines()
                .any(|line| line.starts_with("import ") || line.starts_with("import\t"))
        })
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .filter(|name| name != "_virtualenv.pth")
        .collect();
    names.sort();
    names
}

fn sanitised(said: &str, scratch: &Path) -> String {
    let text = said.replace(&*scratch.to_string_lossy(), "");
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let text = lines.join(" ");
    let masked = synthesizer_infrastructure::telemetry::masking::mask(&text).into_owned();
    escape_untrusted(&masked.chars().take(600).collect::<String>())
}

async fn import(
    call: &Call,
    subject: &Subject<'_>,
    uv: &Uv,
    sandbox: &Sandbox,
) -> Result<Vec<Check>, Failure> {
    let modules = subject.text.modules();
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let environment = uv.scratch.join("environment");
    let interpreter = Interpreter::of(&environment)?;
    let request = serde_json::json!({
        "nonce": nonce,
        "modules": modules,
        "path": ["/project/src"],
        "readable": [interpreter.prefix, "/environment"],
    });
    // Without `-S`, start-up files of the environment would run before anybody watches; the program starts `site` itself.
    let mut run = interpreter.run(subject.folder, &environment, ["-S", "-c", runner::PROGRAM]);
    run.input = format!("{request}\n").into_bytes();
    let outcome = sandbox.run(run, &call.cancellation).await?;
    Ok(runner::checks(
        &outcome,
        &nonce,
        &modules,
        &subject.text.platform_modules(),
    ))
}

async fn tests(
    call: &Call,
    subject: &Subject<'_>,
    uv: &Uv,
    sandbox: &Sandbox,
) -> Result<Check, Failure> {
    let environment = uv.scratch.join("environment");
    let interpreter = Interpreter::of(&environment)?;
    let arguments = [
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir=/project",
        "/project/tests",
    ];
    let mut run = interpreter.run(subject.folder, &environment, arguments);
    run.working_directory = PathBuf::from("/project");
    let outcome = sandbox.run(run, &call.cancellation).await?;
    let said = String::from_utf8_lossy(&outcome.stdout);
    let last = said
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("no output")
        .to_owned();
    Ok(match (outcome.killed, outcome.status) {
        (None, Some(0)) => passed("tests", escape_untrusted(&last)),
        (None, Some(5)) => not_run("tests", "the project has no test"),
        (Some(kill), _) => failed("tests", format!("stopped by the sandbox: {kill:?}")),
        _ => failed("tests", escape_untrusted(&last)),
    })
}

/// The Python of an environment: the base installation that the environment's links lead to.
struct Interpreter {
    prefix: PathBuf,
}

impl Interpreter {
    fn of(environment: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(environment.join("pyvenv.cfg")).map_err(|error| {
            Failure::internal(format!("cannot read the new environment: {error}"))
        })?;
        let home = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .find(|(key, _)| key.trim() == "home")
            .map(|(_, value)| PathBuf::from(value.trim()))
            .ok_or_else(|| Failure::internal("the new environment does not name its Python"))?;
        let prefix = home.parent().map(Path::to_owned).unwrap_or(home);
        Ok(Self { prefix })
    }

    fn run<const N: usize>(
        &self,
        project: &Path,
        environment: &Path,
        arguments: [&str; N],
    ) -> SandboxRun {
        let mut read_only = vec![
            (project.to_owned(), PathBuf::from("/project")),
            (environment.to_owned(), PathBuf::from("/environment")),
        ];
        if !self.prefix.starts_with("/usr") || self.prefix.starts_with("/usr/local") {
            read_only.push((self.prefix.clone(), self.prefix.clone()));
        }
        let fixed = ["-I", "-B", "-X", "utf8"];
        SandboxRun {
            program: PathBuf::from("/environment/bin/python"),
            arguments: fixed
                .into_iter()
                .chain(arguments)
                .map(OsString::from)
                .collect(),
            environment: BTreeMap::from([
                ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
                ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ]),
            read_only,
            working_directory: PathBuf::from("/tmp"),
            input: Vec::new(),
        }
    }
}
