//! What a repository is made of: Python modules, their imports, what a component needs, manifests, licenses. Pure: gets a
//! [`synthesizer_model::tree::SourceTree`], gives `model` values; runs and writes nothing.
//!
//! Map:
//! - [`languages`]: facts of one file, one language each
//! - [`manifests`]: facts of one manifest, one format each
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
mod import_order;
pub mod languages;
pub mod languages_by_extension;
pub mod licenses;
pub mod manifests;
pub mod memory_tree;
pub mod module_graph;
mod named_modules;
pub mod needed;
pub mod placed;
pub mod python_source;
mod relative_names;
pub mod repository;
pub mod standard_library;
