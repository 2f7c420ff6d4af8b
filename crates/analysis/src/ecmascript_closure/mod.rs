//! Everything that taking a part of a JavaScript or TypeScript source brings: from what was asked for to files, where their imports lead,
//! and packages to declare. Pure: looks at a tree, runs nothing, guesses no name that is computed.
//!
//! Map, in the order of the work:
//! - [`source`]: a tree, read
//! - `manifest`: what a `package.json` says that matters here
//! - `selection`: from the text of a component to a package or modules
//! - `bundles`: text of which no module can be taken, and text that a build wrote one file for each of its own
//! - `walking`: from modules to all that they import
//! - `needs`: from imports of packages to what has to be declared
//! - `wholes`: packages that are taken as a whole
//! - `moved_tests`: the tests of taken modules
//! - `taking`: all of it together
//! - `placed`: whether a new project holds together

mod bundles;
mod manifest;
mod moved_tests;
mod needs;
mod placed;
mod selection;
pub mod source;
mod taking;
#[cfg(test)]
mod tests;
mod walking;
mod wholes;

pub use bundles::is_bundle;
pub use placed::{PlacedProject, PlacedTest, placed_project};
pub use source::EcmaScriptSource;
pub use taking::take;

pub use crate::languages::is_node_builtin as is_builtin;
