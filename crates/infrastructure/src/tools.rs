//! Finding the programs that we start. Looks only in the absolute folders of the given environment's `PATH`; installs nothing.

use std::{
    collections::BTreeMap,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use synthesizer_model::failure::{ErrorCode, Failure};
use tokio_util::sync::CancellationToken;

use crate::process::{self, ChildProgram};

/// The programs that we start and what installs them.
const INSTALL_COMMANDS: &[(&str, &str)] = &[
    ("uv", "pip install uv"),
    ("git", "apt-get install git"),
    ("bwrap", "apt-get install bubblewrap"),
    ("npm", "apt-get install npm"),
    (
        "cargo",
        // What distributions package is often too old to be asked for one package alone.
        "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh",
    ),
];

/// Finds a program by name.
///
/// Relative and empty entries of `PATH` are skipped, because they would let a folder that somebody else wrote choose
/// the program.
///
/// # Errors
/// `E_TOOL_MISSING`, with the install command as hint.
pub fn find(name: &str, environment: &BTreeMap<String, String>) -> Result<PathBuf, Failure> {
    let folders = environment.get("PATH").map_or("", String::as_str);
    std::env::split_paths(folders)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|candidate| is_program(candidate))
        .ok_or_else(|| missing(name))
}

/// Asks a program for its version: the first line that `--version` prints.
///
/// # Errors
/// `E_TOOL_MISSING` when it cannot be started or does not answer with success.
pub async fn version(
    program: &Path,
    environment: &BTreeMap<String, String>,
    cancellation: &CancellationToken,
) -> Result<String, Failure> {
    let mut child = ChildProgram::new(program, "/").args(["--version"]);
    child.environment.clone_from(environment);
    child.deadline = Duration::from_secs(10);
    child.output_limit = 4096;
    let output = process::run(child, cancellation).await?;
    let first_line = output
        .stdout_text()
        .lines()
        .next()
        .unwrap_or("")
        .trim()
        .to_owned();
    if output.success() && !first_line.is_empty() {
        Ok(synthesizer_model::text::escape_untrusted(&first_line))
    } else {
        let name = program
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Err(Failure::new(
            ErrorCode::ToolMissing,
            format!("{name} does not tell its version"),
        ))
    }
}

fn is_program(candidate: &Path) -> bool {
    std::fs::metadata(candidate)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

fn missing(name: &str) -> Failure {
    let failure = Failure::new(
        ErrorCode::ToolMissing,
        format!("the program {name} is not installed"),
    );
    match INSTALL_COMMANDS
        .iter()
        .find(|(program, _)| *program == name)
    {
        Some((_, command)) => failure.with_hint(format!("install it: {command}")),
        None => failure.with_hint(format!(
            "install {name} and make sure that PATH names its folder"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(path: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("PATH".to_owned(), path.to_owned())])
    }

    #[test]
    fn only_executable_files_in_absolute_folders_are_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let (plain, good) = (folder.path().join("plain"), folder.path().join("good"));
        for (place, mode) in [(&plain, 0o644), (&good, 0o755)] {
            std::fs::create_dir(place).expect("a folder");
            std::fs::write(place.join("uv"), "#!/bin/sh\n").expect("a file");
            std::fs::set_permissions(place.join("uv"), std::fs::Permissions::from_mode(mode))
                .expect("a mode");
        }
        let path = format!(":.:bin:{}:{}", plain.display(), good.display());
        assert_eq!(
            find("uv", &environment(&path)).expect("found"),
            good.join("uv")
        );
    }

    #[test]
    fn a_missing_program_names_its_install_command() {
        let failure = find("bwrap", &environment("")).expect_err("missing");
        assert_eq!(failure.code, ErrorCode::ToolMissing);
        assert_eq!(
            failure.hint.as_deref(),
            Some("install it: apt-get install bubblewrap")
        );
    }

    #[tokio::test]
    async fn the_version_is_the_first_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("tool");
        std::fs::write(&program, "#!/bin/sh\necho tool 1.2; echo more\n").expect("a file");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("a mode");
        let version = version(
            &program,
            &environment("/usr/bin:/bin"),
            &CancellationToken::new(),
        )
        .await;
        assert_eq!(version.expect("a version"), "tool 1.2");
    }
}
