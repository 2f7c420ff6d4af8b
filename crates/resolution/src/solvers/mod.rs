//! The solvers, as a visible static list. No logic.

pub mod solver;
pub mod uv;
mod uv_answer;
mod uv_interpreter;
mod uv_lock;
mod uv_program;
mod uv_project;
pub mod uv_untrusted;
mod uv_workspace;

pub use solver::{Effort, Solver, SolverDescription, SolverEnvironment};

/// Every solver; a new one is a file of this folder and a line here.
pub static SOLVERS: &[&dyn Solver] = &[&uv::Uv];
