//! The interpreter that uv wants to see before it locks. Never downloads one; never runs anything but an installed one.
//!
//! `uv lock` gives one answer for all interpreters, but refuses to start unless one that `requires-python` permits is
//! installed. Where none is, a stand-in is put into the scratch folder: a script that passes uv's question about the
//! interpreter on to an installed one and changes only the version in the answer. The lock is the same, byte for byte.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::Deserialize;
use synthesizer_model::failure::{ErrorCode, Failure};

use super::uv_program::UvProgram;
use crate::python_range::PythonRange;

/// Which interpreter uv was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Interpreter {
    /// An installed one that the range permits.
    Installed(PathBuf),
    /// A stand-in, since none that the range permits is installed.
    StandIn(PathBuf),
}

/// How long a list of installed interpreters is believed. Finding them starts each one, and one explanation solves many times.
const BELIEVED_FOR: Duration = Duration::from_secs(60);

/// The interpreters that uv listed last, and what it was asked with.
struct LastList {
    program: PathBuf,
    variables: BTreeMap<String, String>,
    listed: Vec<Listed>,
    at: Instant,
}

static LAST_LIST: Mutex<Option<LastList>> = Mutex::new(None);

/// Gives the interpreters that were listed a moment ago with the same program and environment.
fn recently_listed(program: &UvProgram<'_>) -> Option<Vec<Listed>> {
    let last = LAST_LIST.lock().unwrap_or_else(PoisonError::into_inner);
    let last = last.as_ref()?;
    let (path, variables) = program.identity();
    let same = last.program == path && last.variables == *variables;
    (same && last.at.elapsed() < BELIEVED_FOR).then(|| last.listed.clone())
}

/// Says whether [`provide`] has an answer without starting uv.
pub(super) fn is_known(program: &UvProgram<'_>) -> bool {
    recently_listed(program).is_some()
}

async fn list(program: &UvProgram<'_>) -> Result<Vec<Listed>, Failure> {
    if let Some(listed) = recently_listed(program) {
        return Ok(listed);
    }
    let listed: Vec<Listed> =
        serde_json::from_slice(&program.installed_pythons().await?).unwrap_or_default();
    let (path, variables) = program.identity();
    *LAST_LIST.lock().unwrap_or_else(PoisonError::into_inner) = Some(LastList {
        program: path.to_owned(),
        variables: variables.clone(),
        listed: listed.clone(),
        at: Instant::now(),
    });
    Ok(listed)
}

#[derive(Debug, Clone, Deserialize)]
struct Listed {
    version: String,
    path: Option<PathBuf>,
    #[serde(default)]
    implementation: String,
}

/// Finds an interpreter that the range permits, or makes a stand-in.
///
/// # Errors
/// `E_TOOL_MISSING` when no interpreter at all is installed, or the range permits no version that could exist.
pub(super) async fn provide(
    program: &UvProgram<'_>,
    range: &PythonRange,
) -> Result<Interpreter, Failure> {
    let listed = list(program).await?;
    let usable: Vec<(&str, &Path)> = listed
        .iter()
        .filter(|listed| listed.implementation == "cpython")
        .filter_map(|listed| Some((listed.version.as_str(), listed.path.as_deref()?)))
        .collect();
    if let Some((_, path)) = usable.iter().find(|(version, _)| range.contains(version)) {
        return Ok(Interpreter::Installed((*path).to_owned()));
    }
    let installed = usable.first().map(|(_, path)| *path);
    let (Some(installed), Some(version)) = (installed, range.example()) else {
        return Err(
            Failure::new(ErrorCode::ToolMissing, "uv finds no Python interpreter").with_hint(
                format!("install a Python that satisfies {}", range.specifier()),
            ),
        );
    };
    let path = program.scratch().join("python-stand-in");
    write_script(&path, &stand_in(installed, &version)?)
        .await
        .map_err(synthesizer_infrastructure::project::cannot_write_scratch)?;
    Ok(Interpreter::StandIn(path))
}

/// The script; the two values are JSON strings, which are Python literals too.
fn stand_in(installed: &Path, version: &str) -> Result<String, Failure> {
    let shown = installed
        .to_str()
        .filter(|path| !path.contains(['\n', ' ']) && path.len() < 120);
    let Some(interpreter) = shown else {
        return Err(Failure::new(
            ErrorCode::ToolMissing,
            "the installed Python has an unusual path",
        )
        .with_hint(format!("install Python {version}")));
    };
    let series = version
        .rsplit_once('.')
        .map_or(version, |(series, _)| series);
    let literal = |text: &str| serde_json::Value::from(text).to_string();
    Ok(format!(
        r#"#!{interpreter} -I
import json, subprocess, sys
answer = subprocess.run([{path}, *sys.argv[1:]], stdout=subprocess.PIPE)
for line in answer.stdout.decode("utf-8", "replace").splitlines():
    try:
        facts = json.loads(line)
        facts["markers"].update(python_full_version={version}, python_version={series}, implementation_version={version})
        line = json.dumps(facts)
    except (AttributeError, KeyError, TypeError, ValueError):
        pass
    print(line)
sys.exit(answer.returncode)
"#,
        path = literal(interpreter),
        version = literal(version),
        series = literal(series),
    ))
}

async fn write_script(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    tokio::fs::write(path, text).await?;
    tokio::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_cannot_head_a_script_is_refused() {
        for path in ["/a b/python", "/a\nb/python"] {
            let failure = stand_in(Path::new(path), "3.13.0").expect_err("refused");
            assert_eq!(failure.code, ErrorCode::ToolMissing);
        }
    }

    #[test]
    fn the_stand_in_names_series_and_version() {
        let script = stand_in(Path::new("/usr/bin/python3"), "3.13.0").expect("a script");
        assert!(script.starts_with("#!/usr/bin/python3 -I\n"), "{script}");
        assert!(
            script.contains("python_full_version=\"3.13.0\", python_version=\"3.13\""),
            "{script}"
        );
    }
}
