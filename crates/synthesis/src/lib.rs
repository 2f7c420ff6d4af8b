//! Turns closures of several sources into the files of one new project, with the origin of every file. Pure: bytes in, bytes out;
//! writes nothing, starts nothing, parses no source code (facts come as `model` values).
//!
//! Map:
//! - [`families`]: one folder per family of packages: from its input to the files, place, rewrite, generate
//! - [`source`]: what every family knows of a source
//! - `assembly`: the files while they are gathered, and what is recorded of each
//! - `rewriting`: edits of moved code by exact byte ranges, one folder a language
//! - [`merging`]: texts of several sources in one file, one format a module
//! - [`templates`]: the files that a project has whatever it is made of, as data
//! - `picture`: a plan at a glance: moved folders and a Mermaid picture
//! - `pinned_request`: the plan written back, every source pinned
//! - [`provenance`]: the lock, NOTICE, license texts and the bill of materials

mod assembly;
pub mod families;
pub mod merging;
mod picture;
mod pinned_request;
pub mod provenance;
mod rewriting;
pub mod source;
pub mod templates;

pub use assembly::{OutputFile, Synthesis};
pub use families::python::{
    ProjectName, RequestedComponent, SourceInput, SourceTestFile, SourceTests, SynthesisInput, plan,
};
pub use provenance::{Completion, finish};
pub use source::{SourceFile, SourceRecord};
