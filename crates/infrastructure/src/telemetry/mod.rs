//! What is seen from outside: log lines on standard error, metrics, correlation ids. Nothing here writes to stdout, and no line leaves unmasked.
//!
//! Map:
//! - [`events`]: one type per thing that happens, with its log line and its metric
//! - [`metrics`]: what is measured, as text for Prometheus
//! - [`correlation`]: which call the work belongs to
//! - [`tasks`]: tasks and blocking work that carry it, and whose panics are counted
//! - [`masking`]: secrets in text that leaves
//! - `lines`, `text_line`, `json_line`: log lines and their two forms
//! - `process`: what the operating system says of this process
//! - `durations`: percentiles of what was measured

pub mod correlation;
mod durations;
pub mod events;
mod json_line;
mod lines;
pub mod masking;
pub mod metrics;
mod process;
pub mod tasks;
mod text_line;

pub use lines::{init, init_within};
