//! What files are for: somebody else's, written by a program, made small, tests, examples, documentation, or the project's own code. By
//! place and name, by the words of the file itself, and by what `.gitattributes` says. Reads no files.
//!
//! Map:
//! - `folders`, `names`: the rules, each with its reason
//! - `places`: what the other files of a tree tell of a folder
//! - `role`: the role of one file, and of a package by its folder
//! - `marks`: what the contents of a file tell; `words`, `density` look for it
//! - `attributes`: `.gitattributes`

mod attributes;
mod density;
mod folders;
mod marks;
mod names;
mod places;
mod role;
mod words;

#[cfg(test)]
mod tests;

pub use attributes::{AttributeMarks, Attributes};
pub use marks::marks;
pub use places::Places;
pub use role::{of_project_place, role};
