//! Locking one complete, generated workspace. Its manifests must name no host and nothing outside of it; nothing is compiled.

use std::collections::BTreeMap;

use synthesizer_model::{
    failure::Failure,
    resolution::{LockFile, ResolvedPackage},
    tree::TreePath,
};
use tokio_util::sync::CancellationToken;
use toml::{Table, Value};

use super::{
    cargo_answer::{self, Refusal},
    cargo_lock,
    cargo_program::CargoProgram,
    solver::SolverEnvironment,
    uv_project::{LockProblem, ProjectLock},
};

/// The tables of a manifest that list dependencies.
const DEPENDENCIES: &[&str] = &[
    "dependencies",
    "dev-dependencies",
    "build-dependencies",
    "dev_dependencies",
    "build_dependencies",
];

/// Locks a workspace from its manifests; `files` are the paths of its code, of which cargo only wants to know that they are there.
///
/// # Errors
/// [`LockProblem`]; manifests that choose a host or a place outside of the workspace are `E_INTERNAL`, since they are generated.
pub async fn lock_workspace(
    manifests: &BTreeMap<String, String>,
    files: &[TreePath],
    offline: bool,
    environment: SolverEnvironment<'_>,
    cancellation: &CancellationToken,
) -> Result<ProjectLock, LockProblem> {
    for (path, text) in manifests {
        check_manifest(path, text)
            .map_err(|what| Failure::internal(format!("the generated {path} {what}")))?;
    }
    let program = CargoProgram::new(environment, cancellation, offline);
    let solver = program.version().await?;
    let workspace = program.workspace();
    let write = async {
        for (path, text) in manifests {
            let place = workspace.join(path);
            tokio::fs::create_dir_all(place.parent().unwrap_or(&workspace)).await?;
            tokio::fs::write(place, text).await?;
        }
        for path in files {
            let place = workspace.join(path.as_str());
            tokio::fs::create_dir_all(place.parent().unwrap_or(&workspace)).await?;
            tokio::fs::write(place, "").await?;
        }
        Ok::<(), std::io::Error>(())
    };
    write
        .await
        .map_err(synthesizer_infrastructure::project::cannot_write_scratch)?;
    let output = program.lock().await?;
    let stderr = output.stderr_text();
    if !output.success() {
        return Err(problem(&stderr, offline));
    }
    let content = program.read_lock().await?;
    Ok(ProjectLock {
        packages: locked_workspace_packages(&content)?,
        lock: LockFile {
            name: "Cargo.lock".to_owned(),
            content,
        },
        requirements_txt: String::new(),
        solver,
        warnings: Vec::new(),
    })
}

fn problem(stderr: &str, offline: bool) -> LockProblem {
    let first = |text: &str| {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let text: Vec<&str> = lines.take(8).collect();
        synthesizer_model::text::escape_untrusted(&text.join(" "))
    };
    match cargo_answer::read(stderr, offline) {
        Refusal::Failed(failure) => LockProblem::Failure(failure),
        Refusal::Unknown(reason) => LockProblem::Unknown {
            reasons: vec![reason],
            explanation: first(stderr),
        },
        Refusal::Clash(_) | Refusal::Lack(_) => LockProblem::Unsatisfiable {
            explanation: first(stderr),
        },
    }
}

/// Reads the packages of a workspace's own lock, the workspace's members apart.
///
/// # Errors
/// `E_INTERNAL` when the text is no lock that cargo writes.
pub fn locked_workspace_packages(content: &str) -> Result<Vec<ResolvedPackage>, Failure> {
    let lock: Table = toml::from_str(content)
        .map_err(|_| Failure::internal("the lock that cargo has written cannot be read"))?;
    let members: BTreeMap<String, String> = locked(&lock)
        .filter(|package| !package.contains_key("source"))
        .filter_map(|package| package.get("name")?.as_str())
        .map(|name| (name.to_owned(), name.to_owned()))
        .collect();
    cargo_lock::read(content, &members)
}

fn locked(lock: &Table) -> impl Iterator<Item = &Table> {
    let list = lock.get("package").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_table)
}

/// Says whether a workspace may be given to cargo outside of the sandbox: its manifests by their paths, and its lock.
///
/// # Errors
/// Why not, as a sentence.
pub fn check_workspace<'a>(
    manifests: impl IntoIterator<Item = (&'a str, &'a str)>,
    lock: &str,
) -> Result<(), String> {
    for (path, text) in manifests {
        check_manifest(path, text).map_err(|what| format!("{path} {what}"))?;
    }
    let lock: Table = toml::from_str(lock).map_err(|_| "Cargo.lock cannot be read".to_owned())?;
    let mut registry: Option<&str> = None;
    for package in locked(&lock) {
        let Some(source) = package.get("source") else {
            continue;
        };
        let source = source.as_str().unwrap_or_default();
        let is_registry = source.starts_with("registry+") || source.starts_with("sparse+");
        if !is_registry || registry.is_some_and(|known| known != source) {
            return Err("Cargo.lock has packages of more than one registry".to_owned());
        }
        registry = Some(source);
    }
    Ok(())
}

/// Refuses a manifest that chooses where something comes from.
///
/// # Errors
/// What it does, as the end of a sentence.
fn check_manifest(path: &str, text: &str) -> Result<(), &'static str> {
    let manifest: Table = toml::from_str(text).map_err(|_| "cannot be parsed")?;
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    if manifest.contains_key("patch") || manifest.contains_key("replace") {
        return Err("puts other packages in the place of some");
    }
    if manifest.contains_key("cargo-features") {
        return Err("uses features of cargo that are not stable");
    }
    let workspace = manifest.get("workspace").and_then(Value::as_table);
    if let Some(workspace) = workspace {
        let members = workspace.get("members").and_then(Value::as_array);
        for member in members.into_iter().flatten().filter_map(Value::as_str) {
            stays_inside(folder, member)?;
        }
        check_dependencies(workspace, folder)?;
    }
    let package = manifest.get("package").or_else(|| manifest.get("project"));
    if let Some(root) = package.and_then(|package| package.get("workspace")?.as_str()) {
        stays_inside(folder, root)?;
    }
    check_dependencies(&manifest, folder)?;
    let targets = manifest.get("target").and_then(Value::as_table);
    for target in targets
        .into_iter()
        .flat_map(Table::values)
        .filter_map(Value::as_table)
    {
        check_dependencies(target, folder)?;
    }
    Ok(())
}

fn check_dependencies(table: &Table, folder: &str) -> Result<(), &'static str> {
    let tables = DEPENDENCIES
        .iter()
        .filter_map(|name| table.get(*name)?.as_table());
    for dependency in tables.flat_map(Table::values).filter_map(Value::as_table) {
        if dependency.contains_key("git") {
            return Err("names a git repository");
        }
        if dependency.contains_key("registry-index") {
            return Err("names the address of a registry");
        }
        if dependency.contains_key("registry") {
            return Err("names a registry other than the usual one");
        }
        if let Some(path) = dependency.get("path") {
            stays_inside(folder, path.as_str().unwrap_or("/"))?;
        }
    }
    Ok(())
}

fn stays_inside(folder: &str, path: &str) -> Result<(), &'static str> {
    const OUTSIDE: &str = "names a folder outside of the project";
    if path.starts_with(['/', '\\', '~']) || path.contains([':', '\\']) {
        return Err(OUTSIDE);
    }
    let mut depth = folder.split('/').filter(|part| !part.is_empty()).count();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => depth = depth.checked_sub(1).ok_or(OUTSIDE)?,
            _ => depth += 1,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_that_choose_a_place_are_refused() {
        let check = |text: &str, expected: bool| {
            assert_eq!(
                check_manifest("crates/a/Cargo.toml", text).is_ok(),
                expected,
                "{text}"
            );
        };
        check(
            "[package]\nname = 'a'\n[dependencies]\nb = { path = '../b' }\nc = '1'",
            true,
        );
        check("[dependencies]\nb = { path = '../../../b' }", false);
        check("[dependencies]\nb = { path = '/b' }", false);
        check("[dependencies]\nb = { git = 'x' }", false);
        check(
            "[target.'cfg(unix)'.dev-dependencies]\nb = { git = 'x' }",
            false,
        );
        check(
            "[dependencies]\nb = { version = '1', registry-index = 'x' }",
            false,
        );
        check(
            "[dependencies]\nb = { version = '1', registry = 'x' }",
            false,
        );
        check("[workspace.dependencies]\nb = { git = 'x' }", false);
        check("[workspace]\nmembers = ['../../../*']", false);
        check("[package]\nworkspace = '../../..'", false);
        check("[patch.crates-io]\nb = { path = 'x' }", false);
        check("[", false);
    }

    #[test]
    fn locks_of_one_registry_pass() {
        let check = |sources: &[&str], expected: bool| {
            let packages: Vec<String> = sources
                .iter()
                .map(|source| {
                    format!("[[package]]\nname = 'a'\nversion = '1.0.0'\nsource = '{source}'\n")
                })
                .collect();
            assert_eq!(
                check_workspace([], &packages.concat()).is_ok(),
                expected,
                "{sources:?}"
            );
        };
        check(&[], true);
        check(&["registry+x", "registry+x"], true);
        check(&["registry+x", "registry+y"], false);
        check(&["git+x"], false);
    }
}
