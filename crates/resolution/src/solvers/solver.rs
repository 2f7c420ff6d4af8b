//! The port of all solvers. Knows none of them.

use std::{collections::BTreeMap, path::Path, time::Duration};

use futures_util::future::BoxFuture;
use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    failure::Failure,
    resolution::{Resolution, ResolutionRequest},
};
use tokio_util::sync::CancellationToken;

/// What is known of a solver without running it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SolverDescription {
    /// The program.
    pub name: &'static str,
    /// The family that it solves.
    pub ecosystem: Ecosystem,
    /// Where it is documented.
    pub documentation: &'static str,
    /// What it does not do here, for people.
    pub limits: &'static str,
}

/// Where and how a solver's program runs.
#[derive(Debug, Clone, Copy)]
pub struct SolverEnvironment<'a> {
    /// The program.
    pub program: &'a Path,
    /// An existing empty folder, which the caller deletes afterwards.
    pub scratch: &'a Path,
    /// The whole environment of the program: the user's registry configuration, certificates, `PATH` and `HOME`.
    pub variables: &'a BTreeMap<String, String>,
    /// The time for everything that one call does.
    pub deadline: Duration,
    /// The least time for the smallest conflict and the ways out, when there is no solution.
    pub explanation_time: Duration,
}

/// How much a call is to find out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Whether there is a solution, and the versions: what is needed to try one change after another.
    Versions,
    /// Lock, manifests and explanation too.
    Lock,
    /// The set in pip's form too, where there is one; that takes another run of the program.
    Whole,
}

/// The solver of one ecosystem.
///
/// A solver runs its ecosystem's own program on a scratch workspace in which every repository is a virtual member; it runs no third-party
/// code and writes nothing outside `environment.scratch` but the program's own cache.
pub trait Solver: Send + Sync {
    /// Gives what is known without running it.
    fn description(&self) -> &'static SolverDescription;

    /// Reads a constraint of the user into the requirement that it means; its manifest is empty and its line 0.
    ///
    /// # Errors
    /// The reason why it is none, as the end of a sentence.
    fn read_constraint(&self, text: &str) -> Result<Dependency, &'static str>;

    /// Gives the program's name and version, such as `uv 0.9.1`.
    ///
    /// # Errors
    /// `E_TOOL_MISSING`, `E_TIMEOUT`, `E_CANCELLED`.
    fn version<'a>(
        &'a self,
        environment: SolverEnvironment<'a>,
        cancellation: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<String, Failure>>;

    /// Finds one set of packages that satisfies every repository of the request.
    ///
    /// Constraints that stand in place of a repository's own requirements were put there before: those left are asked for beside all others.
    /// The answer names the program without its version, which is asked at the same time. "No" and "unknown" are answers. `conflicts` has at least what the solver's text names; the smallest set of requirements and the ways
    /// out are worked out by the caller.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a constraint that cannot be read, `E_UPSTREAM`, `E_AUTH`, `E_TIMEOUT`, `E_CANCELLED`, `E_TOOL_MISSING`, `E_CONFIG`,
    /// `E_LIMIT`.
    fn solve<'a>(
        &'a self,
        request: &'a ResolutionRequest,
        effort: Effort,
        environment: SolverEnvironment<'a>,
        cancellation: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Resolution, Failure>>;
}
