//! Jobs, their steps and what the steps found out: the port, and its implementation in the state file. Does no job's work.
//!
//! Map:
//! - `record`: the values, and the port [`JobStore`]
//! - `store`, `working`: the port over SQLite, the owner's side and the worker's; `rows`: its statements' rows
//! - `writing`: one transaction that writes
//! - `artifact_files`: large artifacts beside the state file
//! - `retention`: what is forgotten, and giving room back
//! - `worker`: which process works on a job, and whether it lives

mod artifact_files;
mod record;
mod retention;
mod rows;
mod store;
mod worker;
mod working;
mod writing;

pub use artifact_files::{LARGEST_ARTIFACT, job_folder};
pub use record::{
    Artifact, Claim, ClaimedJob, End, JobRow, JobStore, NewJob, Retention, StepRow, StepState,
    Tick, Wanted,
};
pub use store::{SqliteJobStore, job_store};
pub(crate) use worker::STARTED_BY;
pub use worker::{Worker, end_own_programs, remove_orphans};
