//! The solvers, as a visible static list. No logic.

mod bounded_run;
pub mod cargo;
mod cargo_answer;
mod cargo_explanation;
mod cargo_lock;
mod cargo_program;
pub mod cargo_project;
mod cargo_workspace;
mod member_names;
pub mod npm;
mod npm_answer;
mod npm_clash;
mod npm_lock;
mod npm_program;
pub mod npm_project;
mod npm_range;
mod npm_workspace;
mod package_graph;
mod scratch_workspace;
pub mod solver;
mod solver_text;
pub mod uv;
mod uv_answer;
mod uv_derivation;
mod uv_interpreter;
mod uv_lock;
mod uv_program;
mod uv_project;
pub mod uv_untrusted;
mod uv_workspace;

pub use solver::{Effort, Solver, SolverDescription, SolverEnvironment};

/// Every solver; a new one is a file of this folder and a line here.
pub static SOLVERS: &[&dyn Solver] = &[&uv::Uv, &cargo::Cargo, &npm::Npm];
