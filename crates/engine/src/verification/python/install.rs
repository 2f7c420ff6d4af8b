//! Installs a project's lock into a new environment and imports its modules in the sandbox.

use std::{fs, path::Path, sync::Arc};

use synthesizer_infrastructure::{
    process::{self, ChildOutput, ChildProgram},
    project::Scratch,
    sandbox::Sandbox,
};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    verification::{Check, Level},
};

use super::{environment::Environment, runner, tests, text::PythonText};
use crate::{
    Call, Engine,
    tools::UserTool,
    verification::{
        Subject, copy_of_files, failed, list, not_run, passed, sanitised,
        stages::{self, OF_PYTHON},
        unwritable,
    },
};

/// The files of the project that uv sees.
const MANIFESTS: &[&str] = &["pyproject.toml", "uv.lock", "README.md"];

/// The file with what the lock pins.
const PINS: &str = "pins.txt";

/// The most that uv may write to its output, in bytes.
const LARGEST_OUTPUT: usize = 32 << 20;

/// The largest file that uv may write, in bytes; wheels are the largest.
const LARGEST_FILE: u64 = 4 << 30;

/// Variables that would change what the lock means.
const WITHHELD: &[&str] = &[
    "UV_BUILD_CONSTRAINT",
    "UV_CONSTRAINT",
    "UV_OVERRIDE",
    "UV_PYTHON",
];

impl Engine {
    pub(super) async fn install_checks(
        &self,
        call: &Call,
        subject: &Subject,
        text: &PythonText,
        level: Level,
    ) -> Result<Vec<Check>, Failure> {
        let scratch = Arc::new(Scratch::create(&self.config().paths.cache)?);
        let uv = match self.uv(scratch.path()) {
            Ok(uv) => uv,
            Err(failure) => {
                return Ok(vec![
                    not_run("install", failure.message.clone()),
                    not_run("import", failure.message),
                ]);
            }
        };
        stages::begin(call, OF_PYTHON, level, "installing the lock");
        let installed = self.install(call, subject, &uv, level).await?;
        let mut checks = vec![installed.check];
        let Some(environment) = installed.environment else {
            checks.push(not_run("import", "the lock was not installed"));
            return Ok(checks);
        };
        match Sandbox::find(self.config()).await {
            Err(reason) => {
                checks.push(not_run("import", format!("there is no sandbox: {reason}")));
                if level >= Level::Test {
                    checks.push(not_run("tests", format!("there is no sandbox: {reason}")));
                }
            }
            Ok(sandbox) => {
                stages::begin(
                    call,
                    OF_PYTHON,
                    level,
                    "importing every module in the sandbox",
                );
                let project = copy_of_files(subject, &scratch).await?;
                checks.extend(import(call, text, &project, &environment, &sandbox).await?);
                if level >= Level::Test {
                    stages::begin(call, OF_PYTHON, level, "running the tests in the sandbox");
                    checks.push(tests::run(call, &project, &environment, &sandbox).await?);
                }
            }
        }
        Ok(checks)
    }

    /// Installs what the lock pins into a new environment below the scratch folder.
    ///
    /// The lock may be anybody's, so its addresses are not used: its names, versions and hashes are, with the user's own indexes.
    async fn install(
        &self,
        call: &Call,
        subject: &Subject,
        uv: &UserTool,
        level: Level,
    ) -> Result<Installed, Failure> {
        let (Some(manifest), Some(lock)) =
            (subject.text("pyproject.toml"), subject.text("uv.lock"))
        else {
            return not_installed(not_run("install", "the project has no uv.lock"));
        };
        if let Err(reason) = synthesizer_resolution::check_project(manifest, lock) {
            return not_installed(not_run("install", reason));
        }
        let folder = uv.scratch.join("project");
        let written = fs::create_dir(&folder).and_then(|()| {
            MANIFESTS
                .iter()
                .filter_map(|name| Some((name, subject.files.get(*name)?)))
                .try_for_each(|(name, contents)| fs::write(folder.join(name), contents))
        });
        written.map_err(|error| unwritable(&error))?;
        let run = async |arguments: &[&str]| run_uv(call, uv, &folder, arguments).await;
        if let Err(check) = run(&["lock", "--check", "--no-build"]).await? {
            return not_installed(check);
        }
        let mut export = vec![
            "export",
            "--frozen",
            "--no-emit-project",
            "--no-header",
            "--no-annotate",
        ];
        if level < Level::Test {
            export.push("--no-dev");
        }
        let pins = match run(&export).await? {
            Ok(output) => output.stdout_text(),
            Err(check) => return not_installed(check),
        };
        if let Err(reason) = synthesizer_resolution::check_pins(&pins) {
            return not_installed(not_run("install", reason));
        }
        fs::write(folder.join(PINS), pins).map_err(|error| unwritable(&error))?;
        let place = uv.scratch.join("environment");
        let place_text = place.to_string_lossy().into_owned();
        if let Err(check) = run(&["venv", &place_text]).await? {
            return not_installed(check);
        }
        // Now and not later: a wheel may replace the file that names the interpreter.
        let environment = match Environment::of_new(&place, uv.variables.get("HOME")) {
            Ok(environment) => environment,
            Err(reason) => return not_installed(not_run("install", reason)),
        };
        let install = [
            "pip",
            "install",
            "--no-deps",
            "--no-build",
            "--python",
            &place_text,
            "--requirements",
            PINS,
        ];
        let said = match run(&install).await? {
            Ok(output) => output.stderr_text(),
            Err(check) => return not_installed(check),
        };
        let count = said
            .lines()
            .filter(|line| line.trim_start().starts_with("+ "))
            .count();
        let start_up = start_up_files(&place);
        let start_up = if start_up.is_empty() {
            String::new()
        } else {
            format!(
                "; code that runs at every start of Python there: {}",
                list(start_up)
            )
        };
        let detail = format!("the lock installs: {count} packages in a new environment{start_up}");
        Ok(Installed {
            check: passed("install", detail),
            environment: Some(environment),
        })
    }
}

/// What installing gave.
struct Installed {
    check: Check,
    environment: Option<Environment>,
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "the end of a function that may fail"
)]
fn not_installed(check: Check) -> Result<Installed, Failure> {
    Ok(Installed {
        check,
        environment: None,
    })
}

/// Runs one step of the installation; gives the check to report when it does not succeed.
async fn run_uv(
    call: &Call,
    uv: &UserTool,
    folder: &Path,
    arguments: &[&str],
) -> Result<Result<ChildOutput, Check>, Failure> {
    let mut child = ChildProgram::new(&uv.program, folder)
        .args(arguments)
        .args(["--no-progress", "--color=never"]);
    child.environment.clone_from(&uv.variables);
    child
        .environment
        .retain(|name, _| !WITHHELD.contains(&name.as_str()));
    child = child
        .env("UV_PYTHON_DOWNLOADS", "never")
        .env("UV_LINK_MODE", "copy")
        .env("UV_COMPILE_BYTECODE", "0");
    child.deadline = uv.deadline;
    child.output_limit = LARGEST_OUTPUT;
    child.file_limit = Some(LARGEST_FILE);
    let output = match process::run(child, &call.cancellation).await {
        Err(failure) if failure.code == ErrorCode::Timeout => {
            return Ok(Err(failed("install", failure.message)));
        }
        other => other?,
    };
    if output.success() && !output.truncated {
        return Ok(Ok(output));
    }
    let said = output.stderr_text();
    let detail = sanitised(&said, &uv.scratch);
    let impossible = [
        "no usable wheels",
        "building from source is disabled",
        "No interpreter found",
        "Failed to inspect Python interpreter",
        "--no-build",
        "marked as `--no-build`",
    ];
    Ok(Err(if impossible.iter().any(|text| said.contains(text)) {
        not_run("install", detail)
    } else {
        failed("install", detail)
    }))
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

async fn import(
    call: &Call,
    text: &PythonText,
    project: &Path,
    environment: &Environment,
    sandbox: &Sandbox,
) -> Result<Vec<Check>, Failure> {
    let modules = text.modules();
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let request = serde_json::json!({
        "nonce": nonce,
        "modules": modules,
        "path": ["/project/src"],
        "readable": [environment.prefix(), Path::new("/environment")],
    });
    // Without `-S`, start-up files of the environment would run before anybody watches; the program starts `site` itself.
    let mut run = environment.run(project, ["-S", "-c", runner::PROGRAM]);
    run.input = format!("{request}\n").into_bytes();
    let outcome = sandbox.run(run, &call.cancellation).await?;
    Ok(runner::checks(
        &outcome,
        &nonce,
        &modules,
        &text.platform_modules(),
    ))
}
