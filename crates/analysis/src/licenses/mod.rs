//! Declared and detected licenses. Unknown stays unknown: nothing is guessed, nothing is legal advice.
//!
//! Map:
//! - `declared`: what manifests and file headers say, as SPDX expressions
//! - `recognition`: a license by its text
//! - `files`: the license and notice files of a tree
//! - `change_notice`: which licenses ask to mark changed files
//! - `glob`: the file patterns of manifests

mod change_notice;
mod declared;
mod files;
mod glob;
mod recognition;

pub use change_notice::requires_change_notice;
pub use declared::{normalize_declared, spdx_header};
pub use files::detect;
