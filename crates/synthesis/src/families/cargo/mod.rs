//! A Rust project: whole packages and packages of modules, placed below `crates` in one workspace.

mod dependencies;
mod fields;
mod input;
mod manifest;
mod name;
mod placement;
mod plan;
mod project;
mod targets;

pub use input::{CargoComponent, CargoInput, CargoPackage, CargoSource, PackageFile, PackagePart};
pub use plan::plan;
