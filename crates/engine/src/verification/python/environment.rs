//! The environment that a lock is installed into, and what the sandbox sees of it. Must not believe what an installed package wrote.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use synthesizer_infrastructure::sandbox::SandboxRun;

/// An environment and the Python installation that its links lead to.
#[derive(Debug)]
pub(super) struct Environment {
    folder: PathBuf,
    /// The installation's folder as the environment names it.
    prefix: PathBuf,
    /// The same folder with links resolved.
    resolved: PathBuf,
}

impl Environment {
    /// Reads which Python an environment is for. It must be new: a package can replace the file that says so, and with it what the sandbox sees.
    ///
    /// # Errors
    /// Why the sandbox must not see that Python, as a sentence.
    pub(super) fn of_new(folder: &Path, home: Option<&String>) -> Result<Self, String> {
        let unreadable = || "the new environment does not name its Python".to_owned();
        let text = fs::read_to_string(folder.join("pyvenv.cfg")).map_err(|_| unreadable())?;
        let programs = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .find(|(key, _)| key.trim() == "home")
            .map(|(_, value)| PathBuf::from(value.trim()))
            .ok_or_else(unreadable)?;
        let parent = |path: &Path| path.parent().map(Path::to_owned).ok_or_else(unreadable);
        let prefix = parent(&programs)?;
        let resolved = parent(&programs.canonicalize().map_err(|_| unreadable())?)?;
        if is_too_wide(&resolved, home) || (!is_of_system(&resolved) && is_too_wide(&prefix, home))
        {
            return Err(
                "the sandbox would see the home folder, because Python is installed right in it or above it"
                    .to_owned(),
            );
        }
        Ok(Self {
            folder: folder.to_owned(),
            prefix,
            resolved,
        })
    }

    /// Gives the installation's folder as the environment names it.
    pub(super) fn prefix(&self) -> &Path {
        &self.prefix
    }

    /// Describes a run of the environment's Python with the project at `/project`.
    pub(super) fn run<const N: usize>(&self, project: &Path, arguments: [&str; N]) -> SandboxRun {
        let mut read_only = vec![
            (project.to_owned(), PathBuf::from("/project")),
            (self.folder.clone(), PathBuf::from("/environment")),
        ];
        if !is_of_system(&self.resolved) {
            read_only.push((self.resolved.clone(), self.resolved.clone()));
            if self.prefix != self.resolved {
                read_only.push((self.resolved.clone(), self.prefix.clone()));
            }
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

/// Says whether every sandbox sees the folder anyway.
fn is_of_system(prefix: &Path) -> bool {
    prefix.starts_with("/usr")
}

/// Says whether showing the folder would show the home folder or the whole machine.
fn is_too_wide(prefix: &Path, home: Option<&String>) -> bool {
    let home = home.map(PathBuf::from).filter(|home| home.is_absolute());
    let resolved = home.as_ref().and_then(|home| home.canonicalize().ok());
    let holds_home = home
        .iter()
        .chain(&resolved)
        .any(|home| home.starts_with(prefix));
    holds_home
        || ["/root", "/home", "/etc", "/var"]
            .iter()
            .any(|folder| Path::new(folder).starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_folder_of_python_is_shown() {
        let world = tempfile::tempdir().expect("a folder");
        let home = world.path().join("user");
        let check = |python: &str, expected: bool| {
            let programs = world.path().join(python);
            fs::create_dir_all(&programs).expect("made");
            let folder = tempfile::tempdir().expect("a folder");
            let text = format!("home = {}\nversion_info = 3\n", programs.display());
            fs::write(folder.path().join("pyvenv.cfg"), text).expect("written");
            let home = home.to_str().expect("text").to_owned();
            let outcome = Environment::of_new(folder.path(), Some(&home));
            assert_eq!(outcome.is_ok(), expected, "{python}: {outcome:?}");
        };
        check("user/.pythons/3.12/bin", true);
        check("opt/python/bin", true);
        check("user/bin", false);
        check("bin", false);
    }

    #[test]
    fn the_system_and_the_home_folders_are_never_shown_whole() {
        for (prefix, expected) in [
            ("/", true),
            ("/root", true),
            ("/home", true),
            ("/usr", false),
            ("/opt/python", false),
            ("/root/.pyenv/versions/3.11", false),
        ] {
            assert_eq!(is_too_wide(Path::new(prefix), None), expected, "{prefix}");
        }
    }
}
