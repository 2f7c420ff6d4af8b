//! The phases of an update between the command and the files.
//!
//! - `moving`: which sources move and to what, as far as the packages can be had together
//! - `base`: the project as its lock gives it, out of git's objects or of the sources
//! - `generated`: files that the synthesis writes wholly
//! - `request_text`: revisions put into a request that somebody edited
//! - `classifying`: what became of every file
//! - `unresolved`: conflicts of an earlier update that nobody has resolved
//! - `answering`: what is told of all that

pub(crate) mod answering;
pub(crate) mod base;
pub(crate) mod classifying;
pub(crate) mod generated;
pub(crate) mod moving;
mod request_text;
pub(crate) mod unresolved;
