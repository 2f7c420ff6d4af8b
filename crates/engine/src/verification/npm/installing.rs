//! Installs a project's lock below a scratch folder, and runs what comes after it in the sandbox.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use synthesizer_infrastructure::{
    config::Tool,
    project::Scratch,
    sandbox::{Sandbox, SandboxOutcome},
};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    verification::{Check, Level},
};
use synthesizer_resolution::{check_npm_project, install_npm_project};

use super::{node::Node, runner, tests_report, text::NpmText};
use crate::{
    Call, Engine,
    tools::UserTool,
    verification::{
        Subject, copy_of_files, failed, not_run, passed, sanitised,
        stages::{self, OF_NPM},
        unwritable,
    },
};

/// The compiler of TypeScript within a project.
const COMPILER: &str = "node_modules/typescript/bin/tsc";

/// Installs, then checks types, imports, and at the highest level tests.
///
/// # Errors
/// `E_CANCELLED`, `E_INTERNAL`.
pub(super) async fn checks(
    engine: &Engine,
    call: &Call,
    subject: &Subject,
    text: &NpmText,
    level: Level,
) -> Result<Vec<Check>, Failure> {
    let scratch = Arc::new(Scratch::create(&engine.config().paths.cache)?);
    let npm = match engine.user_tool(Tool::Npm, "npm", scratch.path()) {
        Ok(npm) => npm,
        Err(failure) => {
            return Ok(vec![
                not_run("install", failure.message.clone()),
                not_run("import", failure.message),
            ]);
        }
    };
    stages::begin(call, OF_NPM, level, "installing the lock");
    let (installed, is_there) = install(engine, call, subject, &npm).await?;
    let mut checks = vec![installed];
    if !is_there {
        checks.push(not_run("import", "the lock was not installed"));
        return Ok(checks);
    }
    let project = copy_of_files(subject, &scratch).await?;
    if let Err(reason) = move_packages(scratch.path(), &project) {
        checks.push(not_run("import", reason));
        return Ok(checks);
    }
    let sandbox = Sandbox::find(engine.config()).await;
    let node = Node::find(&npm.variables, &project);
    let (sandbox, node) = match (sandbox, node) {
        (Ok(sandbox), Ok(node)) => (sandbox, node),
        (sandbox, node) => {
            let reason = match sandbox {
                Err(reason) => format!("there is no sandbox: {reason}"),
                Ok(_) => node.err().unwrap_or_default(),
            };
            checks.push(not_run("import", reason.clone()));
            if level >= Level::Test {
                checks.push(not_run("tests", reason));
            }
            return Ok(checks);
        }
    };
    checks.extend(in_sandbox(call, subject, text, level, &project, &node, &sandbox).await?);
    Ok(checks)
}

async fn in_sandbox(
    call: &Call,
    subject: &Subject,
    text: &NpmText,
    level: Level,
    project: &Path,
    node: &Node,
    sandbox: &Sandbox,
) -> Result<Vec<Check>, Failure> {
    let mut checks = Vec::new();
    let has_compiler = project.join(COMPILER).is_file();
    let compiles = text.project.has_typescript && subject.files.contains_key("tsconfig.json");
    if compiles && has_compiler {
        stages::begin(call, OF_NPM, level, "checking types in the sandbox");
        let compiler = format!("/project/{COMPILER}");
        let arguments = [
            compiler.as_str(),
            "--noEmit",
            "--pretty",
            "false",
            "--project",
            "/project",
        ];
        let outcome = sandbox.run(node.run(arguments), &call.cancellation).await?;
        checks.push(types(&outcome));
    } else if text.project.has_typescript {
        checks.push(not_run(
            "types",
            "the project has TypeScript and no compiler for it",
        ));
    }
    let builds = has_compiler
        && text.project.has_typescript
        && subject.files.contains_key("tsconfig.build.json");
    stages::begin(call, OF_NPM, level, "importing every module in the sandbox");
    checks.push(runner::import(call, text, builds, node, sandbox).await?);
    if level >= Level::Test {
        stages::begin(call, OF_NPM, level, "running the tests in the sandbox");
        checks.push(tests_report::run(call, text, builds, node, sandbox).await?);
    }
    Ok(checks)
}

fn types(outcome: &SandboxOutcome) -> Check {
    match (outcome.killed, outcome.status) {
        (None, Some(0)) => passed(
            "types",
            "the compiler of TypeScript finds no error in the project's own code",
        ),
        (Some(kill), _) => failed("types", format!("stopped by the sandbox: {kill:?}")),
        (None, _) => {
            let said = String::from_utf8_lossy(&outcome.stdout);
            failed("types", sanitised(&said, Path::new("/project/")))
        }
    }
}

/// Installs the lock; says whether the packages are there.
async fn install(
    engine: &Engine,
    call: &Call,
    subject: &Subject,
    npm: &UserTool,
) -> Result<(Check, bool), Failure> {
    if subject.text("package-lock.json").is_none() {
        return Ok((
            not_run("install", "the project has no package-lock.json"),
            false,
        ));
    }
    let installation = match check_npm_project(|path| subject.text(path)) {
        Ok(installation) => installation,
        Err(reason) => return Ok((not_run("install", reason), false)),
    };
    let offline = engine.config().offline;
    let installed = install_npm_project(
        &installation,
        offline,
        npm.environment(),
        &call.cancellation,
    )
    .await;
    Ok(match installed {
        Ok(Ok(())) => {
            let count = installation.packages;
            let detail =
                format!("the lock installs: {count} packages in a new folder, no script run");
            (passed("install", detail), true)
        }
        Ok(Err(said)) => (failed("install", sanitised(&said, &npm.scratch)), false),
        Err(failure) if failure.code == ErrorCode::Timeout => {
            (failed("install", failure.message), false)
        }
        Err(failure) if matches!(failure.code, ErrorCode::Cancelled | ErrorCode::Internal) => {
            return Err(failure);
        }
        Err(failure) => (not_run("install", failure.message), false),
    })
}

/// Moves the installed packages to the copy of the project's files.
///
/// # Errors
/// Why they cannot be there, as a sentence.
fn move_packages(scratch: &Path, project: &Path) -> Result<(), String> {
    let workspace = scratch.join("workspace");
    let mut folders = vec![PathBuf::new()];
    let mut open = vec![PathBuf::new()];
    while let Some(folder) = open.pop() {
        let entries = fs::read_dir(workspace.join(&folder))
            .into_iter()
            .flatten()
            .flatten();
        for entry in entries {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder && entry.file_name() != "node_modules" {
                let below = folder.join(entry.file_name());
                folders.push(below.clone());
                open.push(below);
            }
        }
    }
    for folder in folders {
        let from = workspace.join(&folder).join("node_modules");
        if !from.is_dir() {
            continue;
        }
        let to = project.join(&folder).join("node_modules");
        if to.symlink_metadata().is_ok() {
            return Err("the project has a folder node_modules of its own".to_owned());
        }
        fs::create_dir_all(project.join(&folder))
            .and_then(|()| fs::rename(&from, &to))
            .map_err(|error| unwritable(&error).message)?;
    }
    Ok(())
}
