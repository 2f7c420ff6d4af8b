//! One set of packages for several repositories, found by the ecosystem's own solver in an empty scratch folder.
//!
//! Nothing of a repository or of a package is executed: only static metadata is read. Solvers run as child programs of
//! [`synthesizer_infrastructure::process`]; this crate reaches neither the network nor the environment by itself.
//!
//! Map:
//! - [`first_look`]: what contradicts for certain, in process
//! - [`names`]: names that clash when repositories are combined
//! - [`runtimes`]: versions of languages and runtimes, compared
//! - [`solvers`]: the list of solvers, one file (or family of files) each
//! - `python_range`: ranges of Python versions, intersected before a solver starts
//! - `requirement`: untrusted requirements, read into what a solver may see
//! - [`licenses`]: the verdict over combined code, by OSADL's matrix and rules of our own
//! - `shrinking`: the smallest conflicting set of requirements, over any solver
//! - `relaxation`: the ways out of a conflict, each solved before it is offered
//! - [`verdict`], `diagram`: the four sides in one answer, with the table of pairs and a picture
//! - [`constraints`], `resolving`: the user's further requirements; one question, answered as fully as time allows
//! - `python_demands`: what repositories ask of Python itself
//! - `sentences`: a conflict in plain words
//! - `explanation`: a solver's text with the repositories' own names, and who contradicts whom

pub mod constraints;
mod diagram;
mod explanation;
pub mod first_look;
pub mod licenses;
pub mod names;
mod python_demands;
mod python_range;
mod relaxation;
mod requirement;
mod resolving;
pub mod runtimes;
mod sentences;
mod shrinking;
pub mod solvers;
pub mod verdict;

pub use constraints::package_key;
pub use resolving::{resolve, solver_of, without_solver};
pub use sentences::sentence;
pub use solvers::{
    cargo_project::{check_workspace, lock_workspace, locked_workspace_packages},
    npm_project::{
        NpmInstallation, check_npm_project, install_npm_project, lock_npm_project,
        locked_npm_packages,
    },
    solver::{Effort, Solver, SolverDescription, SolverEnvironment},
    uv::{LockProblem, ProjectLock, lock_project, locked_packages, resolve_python},
    uv_untrusted::{check_pins, check_project},
};
