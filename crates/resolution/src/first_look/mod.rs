//! The first look: direct requirements that contradict each other, found in process, without a solver and without the network.
//!
//! It never says "conflict" where a solver finds a solution; where it cannot be sure it says nothing. So every range is read as at least as
//! wide as any solver reads it, and what cannot be read counts as any version.
//!
//! Map:
//! - `look`: the port, the list of looks, and [`conflicts`]
//! - `asked`: requirements sorted by package, and a conflict made of them
//! - `contradiction`: which of several requirements contradict each other
//! - `python` (with `python_versions`, `python_environment`), `cargo`, `npm`: one ecosystem each
//! - `version_set`, `npm_range`: sets of SemVer versions, for Cargo and npm

mod asked;
mod cargo;
pub(crate) mod contradiction;
mod look;
mod npm;
pub(crate) mod npm_range;
mod python;
mod python_environment;
mod python_versions;
mod version_set;

pub use look::{FirstLook, LOOKS, conflicts};
