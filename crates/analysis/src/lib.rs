//! What a repository is made of: files, symbols, imports, packages, licenses, quality, and the parts that can be taken. Pure: gets a
//! [`synthesizer_model::tree::SourceTree`], gives `model` values; runs and writes nothing.
//!
//! Map, in the order of the work:
//! - [`repository`]: the whole analysis
//! - [`lines`]: the language of a file and its lines of code, comment and blank
//! - [`languages`]: facts of one file, one language each, and where its imports lead
//! - [`reading`]: the facts of all files of a tree, kept by blob
//! - [`roles`], `file_roles`: what files are for: source, test, example, documentation, generated, vendored
//! - [`manifests`]: facts of manifests and lock files, one format each; `manifests::inventory` puts them together
//! - [`file_graph`]: the import graph between files
//! - [`licenses`]: declared and detected licenses
//! - [`known`]: all of it together
//! - [`components`]: what can be taken, what each part needs, how well it stands alone
//! - [`quality`]: checks with evidence
//!
//! What taking a part of Python brings, exactly:
//! - [`module_graph`], [`python_source`]: the modules of a tree and their parsed files
//! - [`closure`]: everything that taking a component brings
//! - `effects`, `relative_names`, `named_modules`, `import_order`: what one module needs, from its imports and from names in strings, and
//!   whether the imports can run in that order
//! - [`upstream_tests`]: the tests of a source that come along with a closure, and what they need
//! - [`doctests`]: import statements in examples of docstrings
//! - [`needed`]: from imports to the distributions to declare
//! - [`placed`]: whether the imports of a placed project resolve
//! - [`standard_library`], [`distributions`]: tables
//! - [`ecmascript_closure`]: everything that taking a part of JavaScript or TypeScript brings
//! - [`memory_tree`]: a tree from bytes in memory
//!
//! What taking a part of Rust brings:
//! - [`crate_closure`]: whole packages with those that they name by path, or modules with what they use

pub mod closure;
pub mod components;
pub mod crate_closure;
pub mod distributions;
pub mod doctests;
pub mod ecmascript_closure;
mod effects;
pub mod file_graph;
mod file_roles;
mod import_order;
pub mod known;
pub mod languages;
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
pub mod upstream_tests;
