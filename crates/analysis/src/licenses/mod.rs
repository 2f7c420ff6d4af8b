//! Declared and detected licenses. Unknown stays unknown: nothing is guessed, nothing is legal advice.
//!
//! Map:
//! - `declared`: what manifests say, as SPDX expressions
//! - `headers`: what the beginning of a file says
//! - `reuse`: what `REUSE.toml` and its relatives say of files
//! - `repository`: all of it for one tree, and where it contradicts itself
//! - `recognition`: a license by its text
//! - `files`: the license and notice files of a tree
//! - `change_notice`: which licenses ask to mark changed files
//! - `glob`: the file patterns of manifests

mod change_notice;
mod declared;
mod files;
mod glob;
mod headers;
mod recognition;
mod repository;
mod reuse;

pub use change_notice::requires_change_notice;
pub use declared::normalize_declared;
pub use files::{detect, is_license_file};
pub(crate) use glob::fits as fits_glob;
pub use headers::{header, spdx_header};
pub use recognition::recognized;
pub use repository::{Found, of_repository};
