//! The solvers, as a visible static list. No logic.

use synthesizer_model::dependency::Ecosystem;

pub mod uv;
mod uv_answer;
mod uv_interpreter;
mod uv_lock;
mod uv_program;
mod uv_project;
pub mod uv_untrusted;
mod uv_workspace;

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

/// Every solver; a new one is a file of this folder and a line here.
pub const SOLVERS: &[SolverDescription] = &[uv::DESCRIPTION];
