//! Facts of one manifest, one format each. Text in, values out: nothing of a manifest is executed.
//!
//! Map:
//! - [`facts`]: what a format gives, and its descriptor
//! - [`project`]: all manifests of the root project put together
//! - one file per format: [`pyproject`] (with `poetry` and `dependency_groups`), [`pkg_info`], [`setup_cfg`], [`egg_info`], [`requirements_txt`]
//! - [`requirement`], [`marker`]: PEP 508
//! - `ini`, `toml_text`: the syntaxes below the formats

mod dependency_groups;
mod egg_info;
mod facts;
mod ini;
pub mod marker;
mod pkg_info;
mod poetry;
mod poetry_constraint;
mod project;
mod pyproject;
pub mod requirement;
mod requirements_txt;
mod setup_cfg;
mod toml_text;

pub use facts::{Include, ManifestFacts, ManifestFormat, Section};
pub use project::{ProjectManifests, read_manifests};

/// Every format, in the order of precedence: what an earlier one states, a later one does not change.
pub static FORMATS: &[&ManifestFormat] = &[
    &pyproject::FORMAT,
    &pkg_info::FORMAT,
    &setup_cfg::FORMAT,
    &egg_info::REQUIRES,
    &egg_info::SOURCES,
    &egg_info::ENTRY_POINTS,
    &requirements_txt::FORMAT,
];
