//! One project's own lock, made and installed by the `npm` program. Runs nothing of a package: no lifecycle script, no link to a program.
//!
//! A lock that is installed may be anybody's, so its addresses are not used: its names, versions and hashes are, with the user's own
//! registries. What comes from elsewhere than a registry is refused before npm sees it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::{Map, Value};
use synthesizer_infrastructure::process::ChildOutput;
use synthesizer_model::{
    failure::Failure,
    resolution::{LockFile, ResolvedPackage},
    text::escape_untrusted,
    tree::TreePath,
};
use tokio_util::sync::CancellationToken;

use super::{
    npm_answer::{self, Refusal},
    npm_lock,
    npm_program::{NpmProgram, check_surroundings},
    solver::SolverEnvironment,
    uv::{LockProblem, ProjectLock},
};

/// The name of the lock.
const LOCK: &str = "package-lock.json";
/// What is shown for the project itself.
const PROJECT: &str = "the project";
/// The most manifests of one project.
const MOST_MANIFESTS: usize = 1_000;

/// Locks a project from its manifests, by their paths in the project; the one at the top names the others as members of its workspace.
///
/// # Errors
/// [`LockProblem`].
pub async fn lock_npm_project(
    manifests: &BTreeMap<String, String>,
    offline: bool,
    environment: SolverEnvironment<'_>,
    cancellation: &CancellationToken,
) -> Result<ProjectLock, LockProblem> {
    let mut program = NpmProgram::new(environment, cancellation, offline);
    let folder = program.workspace();
    write(&folder, manifests).await?;
    check_surroundings(&folder).await?;
    loop {
        let output = program.lock().await?;
        if output.success() {
            break;
        }
        match refusal(&output, offline) {
            Refusal::Cache(_) if !program.own_cache && !offline => program.own_cache = true,
            Refusal::Failed(failure) | Refusal::Cache(failure) => return Err(failure.into()),
            Refusal::Unknown(reason) => {
                return Err(LockProblem::Unknown {
                    reasons: vec![reason],
                    explanation: String::new(),
                });
            }
            Refusal::Clash(_) => return Err(unsatisfiable(&output)),
            Refusal::Lack(package, range) => {
                let range = range.unwrap_or_default();
                let text = format!("the registry has no version of {package} that suits {range}");
                return Err(LockProblem::Unsatisfiable {
                    explanation: escape_untrusted(text.trim_end()),
                });
            }
        }
    }
    let content = program.read_lock().await?;
    let members = manifests
        .keys()
        .filter_map(|path| path.strip_suffix("/package.json"));
    let set = npm_lock::read(&content, &labels(members), PROJECT)?;
    let missing = set.missing.iter().map(|(member, name)| {
        escape_untrusted(&format!(
            "{member}: npm left out {name}, of which the registry has no version that will do"
        ))
    });
    Ok(ProjectLock {
        lock: LockFile {
            name: LOCK.to_owned(),
            content,
        },
        requirements_txt: String::new(),
        solver: program.version().await?,
        warnings: missing.chain(set.passed_over).collect(),
        packages: set.packages,
    })
}

/// Gives what is shown for every member of a workspace.
fn labels<'a>(members: impl Iterator<Item = &'a str>) -> BTreeMap<String, String> {
    members
        .map(|member| (member.to_owned(), escape_untrusted(member)))
        .collect()
}

/// Reads the packages of a project's own lock, the project and the members of its workspace apart.
///
/// # Errors
/// `E_INTERNAL` when the text is no lock that npm writes.
pub fn locked_npm_packages(content: &str) -> Result<Vec<ResolvedPackage>, Failure> {
    let lock: Value = serde_json::from_str(content)
        .map_err(|_| Failure::internal("the lock that npm has written cannot be read"))?;
    let places = lock.get("packages").and_then(Value::as_object);
    let places = places.into_iter().flat_map(Map::keys).map(String::as_str);
    let members = places.filter(|place| !place.is_empty() && !is_installed(place));
    Ok(npm_lock::read(content, &labels(members), PROJECT)?.packages)
}

fn refusal(output: &ChildOutput, offline: bool) -> Refusal {
    npm_answer::read(&output.stdout_text(), &output.stderr_text(), offline)
}

fn unsatisfiable(output: &ChildOutput) -> LockProblem {
    let said = output.stderr_text();
    let lines: Vec<&str> = said
        .lines()
        .map(|line| line.trim_start_matches("npm error").trim())
        .filter(|line| !line.is_empty() && !line.contains("://"))
        .take(12)
        .collect();
    LockProblem::Unsatisfiable {
        explanation: escape_untrusted(&lines.join("; ").chars().take(800).collect::<String>()),
    }
}

async fn write(folder: &Path, files: &BTreeMap<String, String>) -> Result<(), Failure> {
    for (path, text) in files {
        let path = TreePath::new(path)
            .map_err(|refusal| Failure::internal(format!("a manifest's path is {refusal}")))?;
        let place = folder.join(path.as_str());
        let above = place.parent().unwrap_or(folder).to_owned();
        let written = match tokio::fs::create_dir_all(above).await {
            Ok(()) => tokio::fs::write(place, text).await,
            Err(error) => Err(error),
        };
        written.map_err(synthesizer_infrastructure::project::cannot_write_scratch)?;
    }
    Ok(())
}

/// The manifests and the lock of a project, fit to be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NpmInstallation {
    /// The manifests of the project and of the members that its lock has, and the lock without addresses.
    files: BTreeMap<String, String>,
    /// How many packages come from a registry.
    pub packages: usize,
}

/// Reads manifests and lock of a project that may be anybody's; `text` gives a file of it.
///
/// # Errors
/// A sentence that says why they are not installed.
pub fn check_npm_project<'t>(
    text: impl Fn(&str) -> Option<&'t str>,
) -> Result<NpmInstallation, String> {
    let manifest = text("package.json").ok_or("the project has no package.json")?;
    let lock = text(LOCK).ok_or("the project has no package-lock.json")?;
    let Ok(Value::Object(mut document)) = serde_json::from_str(lock) else {
        return Err("the package-lock.json is no JSON object".to_owned());
    };
    // What older versions of npm read is not used.
    document.shift_remove("dependencies");
    let Some(Value::Object(packages)) = document.get_mut("packages") else {
        return Err("the package-lock.json is of a version before 2".to_owned());
    };
    let mut members = BTreeSet::new();
    let mut count = 0;
    for (place, package) in packages.iter_mut() {
        let Value::Object(package) = package else {
            return Err(format!("the lock's entry {} is none", shown(place)));
        };
        check_entry(place, package)?;
        if !place.is_empty() && !is_installed(place) {
            members.insert(place.clone());
        }
        count += usize::from(is_installed(place) && package.contains_key("version"));
    }
    if members.len() > MOST_MANIFESTS {
        return Err("the workspace has too many members".to_owned());
    }
    check_links(packages, &members)?;
    let mut files = BTreeMap::from([(
        "package.json".to_owned(),
        checked(manifest, "package.json")?,
    )]);
    for member in members {
        let path = format!("{member}/package.json");
        let manifest = text(&path).ok_or_else(|| format!("{} is missing", shown(&path)))?;
        files.insert(path.clone(), checked(manifest, &path)?);
    }
    let lock = serde_json::to_string(&document).map_err(|error| error.to_string())?;
    files.insert(LOCK.to_owned(), lock);
    Ok(NpmInstallation {
        files,
        packages: count,
    })
}

fn is_installed(place: &str) -> bool {
    place.starts_with("node_modules/") || place.contains("/node_modules/")
}

/// Checks an entry of a lock and takes its address out.
fn check_entry(place: &str, package: &mut Map<String, Value>) -> Result<(), String> {
    if !place.is_empty() && TreePath::new(place).is_err() {
        return Err(format!("the lock has a package at {}", shown(place)));
    }
    if package.get("link") == Some(&Value::Bool(true)) {
        return Ok(());
    }
    let resolved = package.shift_remove("resolved");
    let resolved = resolved
        .as_ref()
        .and_then(Value::as_str)
        .unwrap_or_default();
    let of_registry =
        resolved.is_empty() || resolved.starts_with("https://") || resolved.starts_with("http://");
    if !of_registry {
        return Err(format!(
            "{} comes from {}, which is no registry",
            shown(place),
            shown(resolved.split(':').next().unwrap_or_default())
        ));
    }
    if is_installed(place) {
        let version = package
            .get("version")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if semver::Version::parse(version).is_err() {
            return Err(format!("the lock has no version of {}", shown(place)));
        }
        let is_bundled = package.get("inBundle") == Some(&Value::Bool(true));
        if !is_bundled && !package.get("integrity").is_some_and(Value::is_string) {
            return Err(format!("the lock has no hash of {}", shown(place)));
        }
    }
    Ok(())
}

/// Links of a lock lead to members of the workspace and nowhere else.
fn check_links(packages: &Map<String, Value>, members: &BTreeSet<String>) -> Result<(), String> {
    for (place, package) in packages {
        if package.get("link") != Some(&Value::Bool(true)) {
            continue;
        }
        let target = package
            .get("resolved")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if !members.contains(target) {
            return Err(format!(
                "the lock's {} is a link out of the project",
                shown(place)
            ));
        }
    }
    Ok(())
}

/// Gives a manifest without what npm would run.
fn checked(manifest: &str, path: &str) -> Result<String, String> {
    let Ok(Value::Object(mut document)) = serde_json::from_str(manifest) else {
        return Err(format!("{} is no JSON object", shown(path)));
    };
    for section in [
        "dependencies",
        "devDependencies",
        "optionalDependencies",
        "peerDependencies",
    ] {
        let Some(asked) = document.get(section).and_then(Value::as_object) else {
            continue;
        };
        for (name, range) in asked {
            let range = range.as_str().unwrap_or_default();
            let bare = range.strip_prefix("npm:").unwrap_or(range);
            if bare.contains(':') || bare.starts_with(['.', '/', '~']) && bare.contains('/') {
                return Err(format!(
                    "{} asks for {} from elsewhere than a registry",
                    shown(path),
                    shown(name)
                ));
            }
        }
    }
    document.shift_remove("scripts");
    document.shift_remove("bin");
    document.shift_remove("directories");
    serde_json::to_string(&document).map_err(|error| error.to_string())
}

fn shown(text: &str) -> String {
    escape_untrusted(&text.chars().take(120).collect::<String>())
}

/// Installs a checked project below the scratch folder, in the folder that is given back to the caller: `workspace` in it.
///
/// # Errors
/// The outer one for what is no answer: `E_TIMEOUT`, `E_CANCELLED`, `E_TOOL_MISSING`, `E_CONFIG`. The inner one is what npm said.
pub async fn install_npm_project(
    installation: &NpmInstallation,
    offline: bool,
    environment: SolverEnvironment<'_>,
    cancellation: &CancellationToken,
) -> Result<Result<(), String>, Failure> {
    let mut program = NpmProgram::new(environment, cancellation, offline);
    let folder = program.workspace();
    write(&folder, &installation.files).await?;
    check_surroundings(&folder).await?;
    let mut output = program.install().await?;
    if !output.success() && !offline && matches!(refusal(&output, offline), Refusal::Cache(_)) {
        program.own_cache = true;
        output = program.install().await?;
    }
    if output.success() {
        return Ok(Ok(()));
    }
    let (stdout, stderr) = (output.stdout_text(), output.stderr_text());
    let said = serde_json::from_str::<Value>(&stdout)
        .ok()
        .and_then(|answer| {
            let error = answer.get("error")?;
            let summary = error.get("summary")?.as_str()?.to_owned();
            let code = error
                .get("code")
                .and_then(Value::as_str)
                .unwrap_or_default();
            Some(format!("{code} {summary}"))
        });
    Ok(Err(said.unwrap_or(stderr)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(manifest: &str, lock: &str, expected: Result<usize, &str>) {
        let member = r#"{"name": "m", "scripts": {"preinstall": "exit 1"}}"#;
        let text = |path: &str| match path {
            "package.json" => Some(manifest),
            LOCK => Some(lock),
            "packages/m/package.json" => Some(member),
            _ => None,
        };
        let found = check_npm_project(text);
        match (&found, expected) {
            (Ok(found), Ok(packages)) => {
                assert_eq!(found.packages, packages);
                let all: String = found.files.values().cloned().collect();
                assert!(!all.contains("resolved\":\"http"), "{all}");
                assert!(!all.contains("preinstall"), "{all}");
            }
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
            _ => panic!("{found:?}"),
        }
    }

    #[test]
    fn addresses_are_left_out_and_what_is_no_registry_is_refused() {
        let lock = |entries: &str| {
            format!("{{\"lockfileVersion\": 3, \"packages\": {{\"\": {{}}, {entries}}}}}")
        };
        let one = |entry: &str| lock(&format!("\"node_modules/a\": {entry}"));
        check(
            "{}",
            &lock(
                r#""node_modules/a": {"version": "1.0.0", "resolved": "https://evil.example/a.tgz", "integrity": "sha512-x"},
                "packages/m": {"version": "1.0.0"}, "node_modules/m": {"resolved": "packages/m", "link": true}"#,
            ),
            Ok(1),
        );
        check(
            "{}",
            &one(
                r#"{"version": "1.0.0", "resolved": "git+ssh://git.example/a.git", "integrity": "x"}"#,
            ),
            Err("no registry"),
        );
        check(
            "{}",
            &one(r#"{"version": "1.0.0", "resolved": "file:../../etc", "integrity": "x"}"#),
            Err("no registry"),
        );
        check("{}", &one(r#"{"version": "1.0.0"}"#), Err("no hash"));
        check(
            "{}",
            &one(r#"{"resolved": "../..", "link": true}"#),
            Err("out of the project"),
        );
        check("{}", &lock(r#""../x": {}"#), Err("has a package at"));
        check("{}", &lock(r#""packages/gone": {}"#), Err("is missing"));
        check("{}", "[]", Err("no JSON object"));
        check("{}", "{}", Err("before 2"));
        check(
            r#"{"dependencies": {"a": "file:../a"}}"#,
            &lock(r#""x": 1"#),
            Err("is none"),
        );
        check(
            r#"{"dependencies": {"a": "git+https://x.example/a"}}"#,
            &one(r#"{"version": "1.0.0", "integrity": "x"}"#),
            Err("elsewhere"),
        );
        check(
            r#"{"dependencies": {"a": "../../x"}}"#,
            &one(r#"{"version": "1.0.0", "integrity": "x"}"#),
            Err("elsewhere"),
        );
    }
}
