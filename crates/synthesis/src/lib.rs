//! Turns closures of several sources into the files of one new project, with the origin of every file. Pure: bytes in, bytes out;
//! writes nothing, starts nothing, parses no source code (facts come as `model::python::PythonFile`).
//!
//! Map:
//! - [`input`]: what a synthesis is made of, checked once
//! - [`plan`]: the way from the input to the files: place, rewrite, generate, record
//! - [`placement`]: which file goes where, and every clash that this can have
//! - [`rewriting`]: edits of moved code by exact byte ranges, one rewriter per language
//! - [`templates`]: the files that a project has whatever it is made of, as data
//! - [`pyproject`]: the new project's manifest and its merged requirements
//! - [`components`]: what was asked for, under its new names
//! - [`pinned_request`]: the plan written back, every source pinned
//! - [`provenance`]: the lock, NOTICE and license texts
//! - [`identifier`]: which words Python accepts as names

mod components;
mod identifier;
pub mod input;
mod pinned_request;
mod placement;
pub mod plan;
pub mod provenance;
mod pyproject;
mod rewriting;
#[cfg(test)]
mod sample;
pub mod templates;

pub use input::{ProjectName, RequestedComponent, SourceFile, SourceInput, SynthesisInput};
pub use plan::{OutputFile, Synthesis, plan};
pub use provenance::finish;
