//! Edits of moved code by exact byte ranges, one folder a language. What cannot be rewritten surely is a finding.

pub(crate) mod ecmascript;
mod edits;
mod mark;
pub(crate) mod python;
pub(crate) mod rust;
mod transform;

use std::collections::BTreeSet;

use bytes::Bytes;
use synthesizer_model::finding::Finding;

pub(crate) use transform::Transform;

/// What comes out.
#[derive(Debug)]
pub(crate) struct Rewritten {
    /// The new contents.
    pub(crate) contents: Bytes,
    /// What was done.
    pub(crate) transforms: BTreeSet<Transform>,
    /// What to know.
    pub(crate) findings: Vec<Finding>,
}
