//! What taking Rust code brings: whole packages with the packages of the tree that they need, or modules with what those use. Pure.
//!
//! Map:
//! - [`taken`]: what comes out
//! - `packages`: the packages of a tree and what their manifests say of files
//! - `selection`: what a component's text means
//! - `files`: the files of a package, as `cargo package` would have them
//! - `named_files`: files that code reads by name
//! - [`closure`]: the packages to take, with their files
//! - `modules`, `lookup`, `reach`, `part`: a module of a package with what it uses
//! - [`unresolved`]: what a complete project should have and has not

pub mod closure;
mod files;
mod lookup;
mod modules;
mod named_files;
mod packages;
mod part;
mod reach;
mod selection;
pub mod taken;
#[cfg(test)]
mod tests;
pub mod unresolved;

pub use closure::take;
pub use taken::{CrateClosure, CrateFile, CrateReason, ModulePart, TakenComponent, TakenCrate};
pub use unresolved::{Unresolved, unresolved};
