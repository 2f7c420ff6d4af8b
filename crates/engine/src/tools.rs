//! The programs that operations start, with what they may see of the user's environment.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use synthesizer_infrastructure::{
    config::{Tool, variables_of},
    tools,
};
use synthesizer_model::failure::Failure;
use synthesizer_resolution::SolverEnvironment;

use crate::Engine;

/// The `uv` program for one scratch folder.
pub(crate) struct Uv {
    pub(crate) program: PathBuf,
    pub(crate) scratch: PathBuf,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) deadline: Duration,
}

impl Uv {
    /// Lends it to the resolution.
    pub(crate) fn environment(&self) -> SolverEnvironment<'_> {
        SolverEnvironment {
            program: &self.program,
            scratch: &self.scratch,
            variables: &self.variables,
            deadline: self.deadline,
        }
    }
}

impl Engine {
    /// Finds `uv` and makes the scratch folder one in which only the user's own settings count.
    ///
    /// # Errors
    /// `E_TOOL_MISSING`.
    pub(crate) fn uv(&self, scratch: &Path) -> Result<Uv, Failure> {
        // uv takes the nearest settings above a project: without this file, those of any folder that the cache lies in.
        std::fs::write(scratch.join("uv.toml"), "").map_err(|error| {
            Failure::internal(format!("cannot write to the scratch folder: {error}"))
        })?;
        let mut variables = variables_of(Tool::Uv, &self.config().tool_environment);
        // uv leaves its lock files where temporary files go.
        variables.insert("TMPDIR".to_owned(), scratch.to_string_lossy().into_owned());
        if self.config().offline {
            variables.insert("UV_OFFLINE".to_owned(), "1".to_owned());
        }
        Ok(Uv {
            program: tools::find("uv", &variables)?,
            scratch: scratch.to_owned(),
            variables,
            deadline: self.config().limits.solver_timeout,
        })
    }
}
