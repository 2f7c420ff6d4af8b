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
use synthesizer_model::{dependency::Ecosystem, failure::Failure};
use synthesizer_resolution::SolverEnvironment;

use crate::Engine;

/// A program of the user's own for one scratch folder.
pub(crate) struct UserTool {
    pub(crate) program: PathBuf,
    pub(crate) scratch: PathBuf,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) deadline: Duration,
    pub(crate) explanation_time: Duration,
}

impl UserTool {
    /// Lends it to the resolution.
    pub(crate) fn environment(&self) -> SolverEnvironment<'_> {
        SolverEnvironment {
            program: &self.program,
            scratch: &self.scratch,
            variables: &self.variables,
            deadline: self.deadline,
            explanation_time: self.explanation_time,
        }
    }
}

/// The program that solves a family of packages, and whose settings it reads.
pub(crate) const fn solver_tool(ecosystem: Ecosystem) -> Option<(Tool, &'static str)> {
    match ecosystem {
        Ecosystem::Python => Some((Tool::Uv, "uv")),
        Ecosystem::Cargo => Some((Tool::Cargo, "cargo")),
        Ecosystem::Npm => Some((Tool::Npm, "npm")),
        Ecosystem::Go | Ecosystem::Maven => None,
    }
}

impl Engine {
    /// Finds `uv` and makes the scratch folder one in which only the user's own settings count.
    ///
    /// # Errors
    /// `E_TOOL_MISSING`.
    pub(crate) fn uv(&self, scratch: &Path) -> Result<UserTool, Failure> {
        self.user_tool(Tool::Uv, "uv", scratch)
    }

    /// Finds a program and makes the scratch folder one in which only the user's own settings count.
    ///
    /// # Errors
    /// `E_TOOL_MISSING`.
    pub(crate) fn user_tool(
        &self,
        tool: Tool,
        name: &str,
        scratch: &Path,
    ) -> Result<UserTool, Failure> {
        let mut variables = variables_of(tool, &self.config().tool_environment);
        // What programs leave where temporary files go is deleted with the folder.
        variables.insert("TMPDIR".to_owned(), scratch.to_string_lossy().into_owned());
        if tool == Tool::Uv {
            // uv takes the nearest settings above a project: without this file, those of any folder that the cache lies in.
            std::fs::write(scratch.join("uv.toml"), "").map_err(|error| {
                synthesizer_infrastructure::project::cannot_write_scratch(error)
            })?;
            if self.config().offline {
                variables.insert("UV_OFFLINE".to_owned(), "1".to_owned());
            }
        }
        Ok(UserTool {
            program: tools::find(name, &variables)?,
            scratch: scratch.to_owned(),
            variables,
            deadline: self.config().limits.solver_timeout,
            explanation_time: self.config().limits.explanation_time,
        })
    }
}
