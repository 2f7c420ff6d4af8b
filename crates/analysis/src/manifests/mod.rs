//! Facts of one manifest, one format each. Text in, values out: nothing of a manifest is executed.
//!
//! Map:
//! - [`facts`], `stated`: what a format gives, and its descriptor
//! - [`project`]: all manifests of the root project put together
//! - one file per format: [`pyproject`] (with `poetry`, `flit`, `dependency_groups` and
//!   `tool_tables`), [`pkg_info`], `setup_py`, [`setup_cfg`], [`egg_info`], [`requirements_txt`], `pipfile`, `conda_environment`
//! - `folder_manifests`, `version_source`, `requirements_files`: what the Python manifests of one folder say together
//! - `cargo_toml`, `cargo_lock`: Rust crates; `go_mod`, `go_work`, `go_sum` (with `go_syntax`): Go modules; `pom_xml`: Maven projects
//! - `stoppable`, `tree_reading`, `allowance`, `problem_list`: how much of a tree's manifests is read, kept and told
//! - [`runtimes`], [`owned_names`] (with `places`): versions of runtimes and names of one package, each with its line
//! - [`requirement`], [`marker`]: PEP 508
//! - `package_json` (with `npm_specifier`, `npm_range`, `npm_room`), `pnpm_workspace`, `package_lock`, `yarn_lock`, `pnpm_lock`, `bun_lock` (with
//!   `lock_graph`, `install_tree`): JavaScript packages
//! - `ini`, `toml_text`, `json_text`, `yaml_text`, `xml_tree`: the syntaxes below the formats

mod allowance;
mod bun_lock;
mod cargo_lock;
mod cargo_toml;
mod conda_environment;
mod dependency_groups;
pub mod ecosystems;
mod egg_info;
mod facts;
mod flit;
mod folder_manifests;
mod go_mod;
mod go_sum;
mod go_syntax;
mod go_work;
mod ini;
mod install_tree;
pub mod inventory;
pub(crate) mod json_text;
mod lock_graph;
pub mod marker;
mod npm_range;
mod npm_room;
mod npm_specifier;
pub mod owned_names;
mod package_json;
mod package_lock;
mod pipfile;
mod pkg_info;
mod places;
mod pnpm_lock;
mod pnpm_workspace;
mod poetry;
mod poetry_constraint;
mod pom_xml;
mod problem_list;
mod project;
mod pyproject;
pub mod requirement;
mod requirements_files;
pub(crate) mod requirements_txt;
pub mod runtimes;
mod setup_cfg;
mod setup_py;
mod specifier_range;
mod stated;
mod stoppable;
mod toml_text;
mod tool_tables;
mod tree_reading;
mod version_source;
mod xml_tree;
pub(crate) mod yaml_text;
mod yarn_lock;

pub use facts::{ManifestFacts, ManifestFormat};
pub use project::{ProjectManifests, read_manifests};
pub use stated::{
    EntryPoint, Include, LocalRequirement, Section, SourceOverride, VersionSource,
    WorkspacePatterns,
};

/// Every format, in the order of precedence: what an earlier one states, a later one does not change.
pub static FORMATS: &[&ManifestFormat] = &[
    &pyproject::FORMAT,
    &pkg_info::FORMAT,
    &setup_py::FORMAT,
    &setup_cfg::FORMAT,
    &egg_info::REQUIRES,
    &egg_info::SOURCES,
    &egg_info::ENTRY_POINTS,
    &requirements_txt::FORMAT,
    &pipfile::FORMAT,
];
