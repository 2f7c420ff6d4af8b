//! One set of packages for several repositories, found by the ecosystem's own solver in an empty scratch folder.
//!
//! Nothing of a repository or of a package is executed: only static metadata is read. Solvers run as child programs of
//! [`synthesizer_infrastructure::process`]; this crate reaches neither the network nor the environment by itself.
//!
//! Map:
//! - [`solvers`]: the list of solvers, one file (or family of files) each
//! - `python_range`: ranges of Python versions, intersected before a solver starts
//! - `requirement`: untrusted requirements, read into what a solver may see
//! - `explanation`: a solver's text with the repositories' own names, and who contradicts whom

mod explanation;
mod python_range;
mod requirement;
pub mod solvers;

pub use solvers::{
    solver::{Effort, Solver, SolverDescription, SolverEnvironment},
    uv::{LockProblem, ProjectLock, lock_project, resolve_python},
    uv_untrusted::{check_pins, check_project},
};
