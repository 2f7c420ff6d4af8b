//! A Python project: components down to a symbol, placed below `src/<package>`.

mod components;
mod identifier;
pub(crate) mod input;
mod placement;
mod plan;
mod pyproject;
#[cfg(test)]
pub(crate) mod sample;
mod scripts;
#[cfg(test)]
mod tests_of_upstream_tests;
mod upstream_tests;

pub use input::{ProjectName, RequestedComponent, SourceInput, SynthesisInput};
pub use plan::plan;
pub use upstream_tests::{SourceTestFile, SourceTests};
