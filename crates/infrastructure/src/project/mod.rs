//! Writing a project into place through directory handles: the target is old or new, never torn. Must not overwrite anything.
//!
//! - `owned_folder`: a folder that is removed with its owner, even if the owner was killed
//! - `staging`: the project beside its target
//! - `commit`: its first git commit
//! - `scratch`: temporary folders below the cache

mod commit;
mod owned_folder;
mod scratch;
mod staging;

pub use scratch::Scratch;
pub use staging::{ProjectFile, Staging};
