//! Writing a project into place through directory handles: the target is old or new, never torn. Must not overwrite anything.
//!
//! - `owned_folder`: a folder that is removed with its owner, even if the owner was killed
//! - `staging`: the project beside its target
//! - `placed`: whether a target is exactly a project already
//! - `commit`: its first git commit
//! - `scratch`: temporary folders below the cache
//! - [`update`]: changing a project that exists, its present state saved first

mod commit;
mod owned_folder;
mod placed;
mod scratch;
mod staging;
pub mod update;

pub use placed::holds_exactly;
pub use scratch::{Scratch, cannot_write_scratch, remove_scratch_left_behind};
pub use staging::{ProjectFile, Staging, remove_left_behind};
