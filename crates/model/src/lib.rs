//! Shared values of the system and the ports that break dependencies; no I/O, no async runtime.
//!
//! Map:
//! - [`failure`]: the one error shape that leaves the system, and its stable codes
//! - [`secret`]: values that must never be shown
//! - [`reference`]: what a user writes to name a repository and a component
//! - [`tree`]: a repository's files behind the [`tree::SourceTree`] port
//! - [`code`], [`python`]: facts of one source file with exact byte ranges; of any language, and more of Python
//! - [`source_file`]: one file's language, lines, role and facts; [`facts_store`]: where they are kept
//! - [`ecmascript`]: what taking a part of a JavaScript source brings
//! - [`project`]: one package of a repository, as its manifests declare it
//! - [`dependency`], [`license`], [`component`], [`analysis`]: what analysis finds
//! - [`resolution`]: what a solver is asked and answers; [`compatibility`]: whether repositories can live together
//! - [`synthesis`]: request, plan and provenance of a new project
//! - [`verification`]: what was checked and what was not
//! - [`finding`]: remarks that a result carries
//! - [`discovery`]: what is asked of platforms, and what they answered
//! - [`progress`]: how long work reports and is cancelled
//! - [`job`]: the state of long work

pub mod analysis;
pub mod code;
pub mod compatibility;
pub mod component;
pub mod dependency;
pub mod discovery;
pub mod ecmascript;
pub mod facts_store;
pub mod failure;
pub mod finding;
pub mod job;
pub mod license;
pub mod mermaid;
pub mod progress;
pub mod project;
pub mod python;
pub mod reference;
pub mod resolution;
pub mod secret;
pub mod source_file;
pub mod synthesis;
pub mod text;
pub mod tree;
pub mod verification;

pub use failure::{ErrorCode, Failure};
