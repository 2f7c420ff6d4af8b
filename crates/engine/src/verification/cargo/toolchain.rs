//! The Rust toolchain that a sandbox may see. Must not show a home folder, and starts nothing of a project.

use std::path::{Path, PathBuf};

use synthesizer_infrastructure::process::{self, ChildProgram};
use synthesizer_model::failure::{ErrorCode, Failure};

use crate::{Call, tools::UserTool};

/// Where the sandbox sees the toolchain unless it belongs to the system.
const INSIDE: &str = "/toolchain";

/// A toolchain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Toolchain {
    /// Its folder on this machine.
    folder: PathBuf,
}

impl Toolchain {
    /// Finds the toolchain of the user's own `rustc`, which the shim of rustup leads to.
    ///
    /// The inner value of the error is why the sandbox must not see it, as a sentence.
    pub(super) async fn find(
        call: &Call,
        rustc: &Path,
        cargo: &UserTool,
    ) -> Result<Result<Self, String>, Failure> {
        // The root folder has no file that chooses a toolchain.
        let mut child = ChildProgram::new(rustc, "/").args(["--print", "sysroot"]);
        child.environment.clone_from(&cargo.variables);
        child
            .environment
            .retain(|name, _| !name.starts_with("RUSTC"));
        child = child.env("RUSTUP_AUTO_INSTALL", "0");
        child.deadline = cargo.deadline;
        let output = match process::run(child, &call.cancellation).await {
            Err(failure) if failure.code == ErrorCode::Cancelled => return Err(failure),
            Err(failure) => return Ok(Err(failure.message)),
            Ok(output) => output,
        };
        let said = output.stdout_text();
        let folder = PathBuf::from(said.trim());
        if !output.success() || !folder.is_absolute() {
            return Ok(Err("rustc does not tell where its toolchain is".to_owned()));
        }
        let Ok(folder) = folder.canonicalize() else {
            return Ok(Err("the toolchain of rustc is not there".to_owned()));
        };
        if !folder.join("bin/cargo").is_file() || !folder.join("bin/rustc").is_file() {
            return Ok(Err(
                "the toolchain of rustc has no cargo beside it".to_owned()
            ));
        }
        let home = cargo.variables.get("HOME");
        if is_too_wide(&folder, home) {
            return Ok(Err(
                "the sandbox would see the home folder, because the toolchain is installed right in it or above it".to_owned(),
            ));
        }
        Ok(Ok(Self { folder }))
    }

    /// Gives the folder of the programs as the sandbox sees it.
    pub(super) fn programs(&self) -> PathBuf {
        if self.is_of_system() {
            self.folder.join("bin")
        } else {
            Path::new(INSIDE).join("bin")
        }
    }

    /// Gives what has to be shown to the sandbox.
    pub(super) fn shown(&self) -> Option<(PathBuf, PathBuf)> {
        (!self.is_of_system()).then(|| (self.folder.clone(), PathBuf::from(INSIDE)))
    }

    fn is_of_system(&self) -> bool {
        self.folder.starts_with("/usr")
    }
}

/// Says whether showing the folder would show the home folder or the whole machine.
fn is_too_wide(folder: &Path, home: Option<&String>) -> bool {
    let home = home.map(PathBuf::from).filter(|home| home.is_absolute());
    let resolved = home.as_ref().and_then(|home| home.canonicalize().ok());
    let holds_home = home
        .iter()
        .chain(&resolved)
        .any(|home| home.starts_with(folder));
    let wide = ["/root", "/home", "/etc", "/var"];
    holds_home
        || (!folder.starts_with("/usr")
            && wide.iter().any(|one| Path::new(one).starts_with(folder)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_folder_of_its_own_is_shown() {
        let check = |folder: &str, expected: bool| {
            let home = "/home/user".to_owned();
            assert_eq!(
                is_too_wide(Path::new(folder), Some(&home)),
                expected,
                "{folder}"
            );
        };
        check("/home/user/.rustup/toolchains/stable", false);
        check("/home/user", true);
        check("/home", true);
        check("/", true);
        check("/usr", false);
        check("/opt/rust", false);
    }
}
