//! JavaScript and TypeScript: whole packages as members of the project's workspace, modules below `src`.
//!
//! Map, in the order of the work:
//! - [`name`]: names of projects and folders
//! - [`input`]: what a project is made of
//! - `placement`: which file goes where
//! - `ranges`: ranges of versions that several sources ask for
//! - `packages`: what the project declares
//! - `member_manifest`: the manifest of a package that became a member of the workspace
//! - `manifest`: the project's own
//! - `components`: how the components are reached
//! - [`plan`](mod@plan): all of it together

mod components;
pub mod input;
mod manifest;
mod member_manifest;
pub mod name;
mod packages;
mod placement;
pub mod plan;
mod ranges;

pub(crate) use components::built_name;
pub use input::{NpmInput, NpmSource};
pub use plan::plan;
pub use ranges::together as ranges_together;
