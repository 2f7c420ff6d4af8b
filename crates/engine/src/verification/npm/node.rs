//! The Node.js that runs in the sandbox, and what the sandbox sees of it: its program alone.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use synthesizer_infrastructure::{sandbox::SandboxRun, tools};

/// Where the sandbox sees a program that does not belong to the system.
const INSIDE: &str = "/runtime/node";

/// The program and the project that it works on.
pub(super) struct Node {
    program: PathBuf,
    project: PathBuf,
}

impl Node {
    /// Finds the user's Node.js.
    ///
    /// # Errors
    /// Why there is none, as a sentence.
    pub(super) fn find(
        variables: &BTreeMap<String, String>,
        project: &Path,
    ) -> Result<Self, String> {
        let found = tools::find("node", variables).map_err(|failure| failure.message)?;
        let program = found
            .canonicalize()
            .map_err(|_| "the node program cannot be read".to_owned())?;
        Ok(Self {
            program,
            project: project.to_owned(),
        })
    }

    /// Describes a run of it with the project at `/project`.
    pub(super) fn run<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> SandboxRun {
        let of_system = self.program.starts_with("/usr");
        let mut read_only = vec![(self.project.clone(), PathBuf::from("/project"))];
        let program = if of_system {
            self.program.clone()
        } else {
            read_only.push((self.program.clone(), PathBuf::from(INSIDE)));
            PathBuf::from(INSIDE)
        };
        SandboxRun {
            program,
            arguments: arguments.into_iter().map(OsString::from).collect(),
            environment: BTreeMap::from([
                ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
                ("LANG".to_owned(), "C.UTF-8".to_owned()),
                ("NO_COLOR".to_owned(), "1".to_owned()),
                ("NODE_ENV".to_owned(), "test".to_owned()),
            ]),
            read_only,
            working_directory: PathBuf::from("/project"),
            input: Vec::new(),
        }
    }
}
