//! Names that clash when repositories are combined into one project: modules, packages, crates, programs. Reads no file.
//!
//! Map:
//! - `judging`: who has which name, and the findings; [`judge`]
//! - `spelling`: which names count as one, and what to call things instead

mod judging;
mod spelling;

pub use judging::judge;

#[cfg(test)]
mod tests;
