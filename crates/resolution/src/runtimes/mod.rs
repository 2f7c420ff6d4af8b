//! Versions of languages and runtimes that repositories ask for, compared. Reads no file.
//!
//! Map:
//! - `judging`: all runtimes together; [`judge`]
//! - `pythons`: ranges, which must have something in common
//! - `levels`: Rust, Go, Java, where the largest lower bound suits all
//! - `engines`: Node and its package managers, which only advise

mod engines;
mod judging;
mod levels;
mod pythons;

pub use judging::{RuntimeJudgement, judge};

#[cfg(test)]
mod tests;
