//! Locking one complete, generated project. Its manifest must be static, since uv would run a build backend for anything else.

use std::collections::BTreeMap;

use synthesizer_model::{
    dependency::normalize_distribution,
    failure::Failure,
    resolution::{LockFile, ResolvedPackage},
};
use tokio_util::sync::CancellationToken;
use toml::{Table, Value};

use super::{
    solver::SolverEnvironment,
    uv::{Outcome, lock, narrower_python},
    uv_answer::Derivation,
    uv_lock,
    uv_program::UvProgram,
};
use crate::{explanation::in_users_words, python_range::PythonRange, requirement::read_text};

/// Keys of `[tool.uv]` that choose neither a host nor a path nor a command.
const ALLOWED_UV_KEYS: &[&str] = &[
    "constraint-dependencies",
    "default-groups",
    "environments",
    "package",
    "required-environments",
    "required-version",
];

/// The lock of one project.
#[derive(Debug, Clone)]
pub struct ProjectLock {
    /// `uv.lock`.
    pub lock: LockFile,
    /// The runtime requirements in pip's form, without the project itself, its extras and its groups.
    pub requirements_txt: String,
    /// The solver and its version.
    pub solver: String,
    /// Everything that the lock holds, the project apart, sorted by name and version.
    pub packages: Vec<ResolvedPackage>,
    /// What to know.
    pub warnings: Vec<String>,
}

/// Why a project has no lock.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LockProblem {
    /// The requirements contradict each other.
    #[error("the requirements of the project have no solution")]
    Unsatisfiable {
        /// The solver's derivation, safe to show.
        explanation: String,
    },
    /// It cannot be told, such as when a package has no wheel.
    #[error("it cannot be told whether the requirements of the project have a solution")]
    Unknown {
        /// One sentence for each reason.
        reasons: Vec<String>,
        /// The solver's derivation, safe to show; may be empty.
        explanation: String,
    },
    /// The work could not be done.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Locks a project from its `pyproject.toml` alone; its own code is neither needed nor built.
///
/// The manifest must name `version` and `requires-python`, have no `dynamic` fields and no direct references, and keep
/// `[tool.uv]` to keys that choose no host, path or command. Works without the network when `environment.variables`
/// holds `UV_OFFLINE=1`.
///
/// # Errors
/// [`LockProblem`]; a manifest that is not as above is `E_INTERNAL`, since it is generated.
pub async fn lock_project(
    project_pyproject: &str,
    environment: SolverEnvironment<'_>,
    cancellation: &CancellationToken,
) -> Result<ProjectLock, LockProblem> {
    let project = check_static(project_pyproject)?;
    let mut program = UvProgram::new(environment, cancellation, false);
    let solver = program.version().await?;
    let directory = program.scratch().join("project");
    let write = async {
        tokio::fs::create_dir_all(&directory).await?;
        tokio::fs::write(directory.join("pyproject.toml"), project_pyproject).await
    };
    let unwritten = |error| synthesizer_infrastructure::project::cannot_write_scratch(error);
    write.await.map_err(unwritten)?;
    let mut warnings = Vec::new();
    match lock(
        &mut program,
        &directory,
        &project.requires_python,
        &mut warnings,
    )
    .await?
    {
        Outcome::Locked => {}
        Outcome::Unsatisfiable(derivation) => {
            return Err(LockProblem::Unsatisfiable {
                explanation: explain(&derivation),
            });
        }
        Outcome::Unknown(derivation, reasons) => {
            return Err(LockProblem::Unknown {
                reasons,
                explanation: explain(&derivation),
            });
        }
    }
    let content = program.read_lock(&directory).await?;
    let requirements_txt = program
        .export(&directory, &["--no-emit-project", "--no-dev"])
        .await?;
    let own = BTreeMap::from([(normalize_distribution(&project.name), project.name)]);
    let packages = uv_lock::read(&content, &own, &[])?.packages;
    let lock = LockFile {
        name: "uv.lock".to_owned(),
        content,
    };
    Ok(ProjectLock {
        lock,
        requirements_txt,
        solver,
        packages,
        warnings,
    })
}

/// Reads the packages of a lock that [`lock_project`] gave for a project of this name.
///
/// # Errors
/// `E_INTERNAL` when the text is no lock that uv writes.
pub fn locked_packages(project: &str, lock: &str) -> Result<Vec<ResolvedPackage>, Failure> {
    let own = BTreeMap::from([(normalize_distribution(project), project.to_owned())]);
    Ok(uv_lock::read(lock, &own, &[])?.packages)
}

fn explain(derivation: &Derivation) -> String {
    let mut text = in_users_words(&derivation.text, &BTreeMap::new());
    if let Some(environment) = &derivation.environment {
        text = format!("For the environments where {environment}:\n{text}");
    }
    if let Some(suggestion) = narrower_python(&derivation.hints) {
        text.push_str("\nHint: ");
        text.push_str(&suggestion);
        text.push('.');
    }
    text
}

#[derive(Debug)]
struct StaticProject {
    name: String,
    requires_python: PythonRange,
}

fn check_static(text: &str) -> Result<StaticProject, Failure> {
    let refuse = |what: &str| Failure::internal(format!("the generated pyproject.toml {what}"));
    let manifest: Table = toml::from_str(text).map_err(|_| refuse("cannot be parsed"))?;
    let project = manifest
        .get("project")
        .and_then(Value::as_table)
        .ok_or_else(|| refuse("has no project"))?;
    let field = |name: &str| project.get(name).and_then(Value::as_str);
    let (Some(name), Some(_), Some(python)) =
        (field("name"), field("version"), field("requires-python"))
    else {
        return Err(refuse("lacks name, version or requires-python"));
    };
    if project.contains_key("dynamic") {
        return Err(refuse(
            "has dynamic fields, for which a build backend would run",
        ));
    }
    refuse_choices(&manifest).map_err(refuse)?;
    let requires_python = PythonRange::parse(python)
        .filter(|range| !range.is_empty())
        .ok_or_else(|| refuse("permits no version of Python"))?;
    Ok(StaticProject {
        name: name.to_owned(),
        requires_python,
    })
}

/// Refuses a manifest that chooses where something comes from.
///
/// # Errors
/// What it does, as the end of a sentence.
pub(super) fn refuse_choices(manifest: &Table) -> Result<(), &'static str> {
    let tool = manifest.get("tool").and_then(|tool| tool.get("uv"));
    let options = tool.and_then(Value::as_table);
    if options.is_some_and(|uv| {
        uv.keys()
            .any(|key| !ALLOWED_UV_KEYS.contains(&key.as_str()))
    }) {
        return Err("sets options of uv that could choose a host or a path");
    }
    let project = manifest.get("project").and_then(Value::as_table);
    let field = |name: &str| project.and_then(|project| project.get(name));
    let groups = [
        field("optional-dependencies"),
        manifest.get("dependency-groups"),
    ];
    let grouped = groups
        .into_iter()
        .flatten()
        .filter_map(Value::as_table)
        .flat_map(Table::values);
    let constraints = options.and_then(|uv| uv.get("constraint-dependencies"));
    let lists = grouped.chain(field("dependencies")).chain(constraints);
    let mut requirements = lists
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(Value::as_str);
    if requirements
        .any(|requirement| read_text(requirement, None).map_or(true, |read| read.by_name_only))
    {
        return Err("has a requirement that cannot be read, or a direct reference");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, &str>) {
        let found = check_static(text);
        let found = match &found {
            Ok(project) => Ok(project.name.as_str()),
            Err(failure) => Err(failure
                .message
                .trim_start_matches("the generated pyproject.toml ")),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn only_a_static_manifest_is_locked() {
        let project = "[project]\nname = 'Tool_Box'\nversion = '1'\nrequires-python = '>=3.9'\n";
        check(
            &format!(
                "{project}dependencies = ['click>=8']\n[dependency-groups]\ndev = ['pytest', {{ include-group = 'x' }}]\nx = []"
            ),
            Ok("Tool_Box"),
        );
        check(
            &format!("{project}[tool.uv]\npackage = false"),
            Ok("Tool_Box"),
        );
        check(
            &format!("{project}dynamic = ['dependencies']"),
            Err("has dynamic fields, for which a build backend would run"),
        );
        check(
            "[project]\nname = 'x'\nrequires-python = '>=3.9'",
            Err("lacks name, version or requires-python"),
        );
        check(
            &format!("{project}dependencies = ['a @ https://host.example/a']"),
            Err("has a requirement that cannot be read, or a direct reference"),
        );
        check(
            &format!("{project}[project.optional-dependencies]\nx = ['a @ file:///a']"),
            Err("has a requirement that cannot be read, or a direct reference"),
        );
        check(
            &format!("{project}[tool.uv.sources]\na = {{ path = '/' }}"),
            Err("sets options of uv that could choose a host or a path"),
        );
        check(
            &format!(
                "{project}[tool.uv]\nconstraint-dependencies = ['a @ https://host.example/a']"
            ),
            Err("has a requirement that cannot be read, or a direct reference"),
        );
        check(
            &project.replace(">=3.9", "<3,>3"),
            Err("permits no version of Python"),
        );
    }
}
