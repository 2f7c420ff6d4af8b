//! Work that outlives the call that asked for it: entered, worked on, watched, stopped, taken up again. Does no work itself.
//!
//! Map:
//! - `table`: all jobs of the data folder, and those that this process works on
//! - `running`: the worker's side of one job; `steps`: its steps, recorded
//! - `progress`: how far a job is, from how far its step is
//! - `recovery`: what dead processes left
//! - `records`: a job as people and programs see it

mod progress;
mod records;
mod recovery;
mod running;
mod steps;
mod table;

pub use progress::JobProgress;
pub(crate) use progress::parts;
pub use running::RunningJob;
pub(crate) use steps::changed_since;
pub use steps::{Keep, Steps};
pub(crate) use table::until_ended;
pub use table::{Attendance, Jobs, NewWork};

#[cfg(test)]
mod tests;
