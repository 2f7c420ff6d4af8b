//! What a repository is made of: Python modules, their imports, what a component needs, manifests, licenses. Pure: gets a
//! [`synthesizer_model::tree::SourceTree`], gives `model` values; runs and writes nothing.
//!
//! Map:
//! - [`languages`]: facts of one file, one language each
//! - [`manifests`]: facts of one manifest, one format each
//! - [`lines`]: the language of a file and its lines of code, comment and blank
//! - [`roles`]: what a file is for: source, test, example, documentation, generated, vendored
//! - [`licenses`]: declared and detected licenses
//! - [`module_graph`], [`python_source`]: the modules of a tree and their parsed files
//! - [`closure`]: everything that taking a component brings
//! - `effects`, `relative_names`, `named_modules`, `import_order`: what one module needs, from its imports and from names in strings, and
//!   whether the imports can run in that order
//! - [`needed`]: from imports to the distributions to declare
//! - [`components`]: what can be taken
//! - [`repository`]: the whole analysis
//! - [`placed`]: whether the imports of a placed project resolve
//! - [`standard_library`], [`distributions`], [`languages_by_extension`]: tables
//! - [`memory_tree`]: a tree from bytes in memory

pub mod closure;
pub mod components;
pub mod distributions;
mod effects;
pub mod file_graph;
mod file_roles;
mod import_order;
pub mod known;
pub mod languages;
pub mod languages_by_extension;
pub mod licenses;
pub mod lines;
pub mod manifests;
pub mod memory_tree;
pub mod module_graph;
mod named_modules;
pub mod needed;
pub mod placed;
pub mod python_source;
pub mod quality;
pub mod reading;
mod relative_names;
pub mod repository;
pub mod roles;
pub mod standard_library;
