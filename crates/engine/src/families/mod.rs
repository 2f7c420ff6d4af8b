//! What differs between families of packages when a project is made of parts of them: one folder each, one line in [`FAMILIES`].
//!
//! The way is the same for all: sources are opened, the family takes what was asked for and solves what that needs, plans the files, locks
//! the packages, and later verifies the project.

mod cargo;
mod npm;
mod python;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use synthesizer_model::{
    dependency::Ecosystem,
    failure::{ErrorCode, Failure},
    resolution::{Resolution, ResolvedPackage},
    synthesis::{LockedResolution, Solved, SynthesisRequest},
    verification::{Check, Level},
};
use synthesizer_synthesis::{ProjectName, Synthesis, templates::Template};

use crate::{
    Call, Engine,
    synthesis::{readme::SourceFacts, sources::Opened},
    verification::Subject,
};

/// Every family that a project can be of.
pub(crate) static FAMILIES: &[&dyn Family] = &[&python::Python, &cargo::Cargo, &npm::Npm];

/// A family of packages.
pub(crate) trait Family: Send + Sync {
    /// Gives the name that requests and locks have for it is [`Ecosystem::as_str`] of this.
    fn ecosystem(&self) -> Ecosystem;

    /// Gives the template of a request that names none.
    fn default_template(&self) -> &'static str;

    /// Lists the programs without which no project of it can be made.
    fn programs(&self) -> &'static [&'static str];

    /// Reads a project's name.
    ///
    /// # Errors
    /// `E_ARGUMENT` for one that the family's packages cannot have.
    fn project_name(&self, name: &str) -> Result<ProjectName, Failure>;

    /// Takes what was asked for of every source, solves what that needs, and plans the files. With what was solved before, no solver and no
    /// registry is asked, and nothing is compiled.
    ///
    /// # Errors
    /// `E_NOT_FOUND` for a component that a source does not have, `E_INCOMPATIBLE` for what cannot be taken, `E_ARGUMENT` for a request that
    /// cannot be met as it is, `E_CANCELLED`; those of the solver.
    fn prepare<'a>(
        &'a self,
        engine: &'a Engine,
        call: &'a Call,
        preparation: Preparation,
    ) -> BoxFuture<'a, Result<Prepared, Failure>>;

    /// Locks the packages that the planned manifests declare.
    ///
    /// # Errors
    /// Those of the solver's program; that there is no lock is an answer with a warning.
    fn lock<'a>(
        &'a self,
        engine: &'a Engine,
        call: &'a Call,
        synthesis: &'a Synthesis,
    ) -> BoxFuture<'a, Result<Locked, Failure>>;

    /// Reads the packages of a lock that [`Self::lock`] gave to the project of this name: the same as it told then.
    ///
    /// # Errors
    /// When the text is no such lock.
    fn locked_packages(&self, project: &str, lock: &str) -> Result<Vec<ResolvedPackage>, Failure>;

    /// Verifies a project up to a level.
    ///
    /// # Errors
    /// `E_CANCELLED`, `E_INTERNAL`. A check that fails or cannot be run is part of the answer.
    fn verify<'a>(
        &'a self,
        engine: &'a Engine,
        call: &'a Call,
        subject: Subject,
        level: Level,
    ) -> BoxFuture<'a, Result<Vec<Check>, Failure>>;
}

/// What a family makes a project of.
pub(crate) struct Preparation {
    /// The request with equal repositories merged, template and ecosystem named.
    pub(crate) request: SynthesisRequest,
    /// Its template.
    pub(crate) template: Arc<Template>,
    /// Its name, read by the family.
    pub(crate) name: ProjectName,
    /// The sources, one for each repository of the request and in that order.
    pub(crate) opened: Vec<Opened>,
    /// What was solved when it was planned before; `None` for a new project.
    pub(crate) solved: Option<Solved>,
}

/// What a solver says to the needs of a project.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The parts ask for packages that cannot be had together.
    Unsatisfiable(Box<Resolution>),
    /// What the plan needs of it.
    Solved(Solved),
}

/// What came out of it.
pub(crate) enum Prepared {
    /// The parts ask for packages that cannot be had together.
    Unsatisfiable(Box<Resolution>),
    /// The files, before lock and README.
    Planned(Box<Planned>),
}

/// A planned project.
pub(crate) struct Planned {
    /// Its files.
    pub(crate) synthesis: Synthesis,
    /// What its README tells of each source.
    pub(crate) sources: Vec<SourceFacts>,
    /// The versions of the language that it runs on, as the family writes them; empty when any.
    pub(crate) runtime: String,
    /// What it was planned by.
    pub(crate) solved: Solved,
}

/// The lock of a project.
#[derive(Default)]
pub(crate) struct Locked {
    /// Lock files by their paths in the project.
    pub(crate) files: Vec<(String, String)>,
    /// What `synthesis.lock` says of it; `None` when the packages could not be locked.
    pub(crate) resolution: Option<LockedResolution>,
    /// The packages that the lock files hold, the project's own apart, sorted by name and version.
    pub(crate) packages: Vec<ResolvedPackage>,
    /// What to know.
    pub(crate) warnings: Vec<String>,
}

/// Finds the family of a name.
///
/// # Errors
/// `E_ARGUMENT` naming the known ones.
pub(crate) fn family(ecosystem: &str) -> Result<&'static dyn Family, Failure> {
    let known = || FAMILIES.iter().map(|family| family.ecosystem().as_str());
    FAMILIES
        .iter()
        .copied()
        .find(|family| family.ecosystem().as_str() == ecosystem)
        .ok_or_else(|| {
            let failure = Failure::new(ErrorCode::Argument, "the ecosystem is not supported");
            failure.with_hint(format!(
                "use one of: {}",
                known().collect::<Vec<_>>().join(", ")
            ))
        })
}
