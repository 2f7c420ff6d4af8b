//! The state of long work, as `status` and `get_synthesis_status` show it.

use serde::{Deserialize, Serialize};

/// The state machine of a job: queued, running, then one of the three ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobStatus {
    /// Accepted, not started.
    Queued,
    /// Being worked on.
    Running,
    /// Done; the result is there.
    Succeeded,
    /// Could not be done; the error is there.
    Failed,
    /// Stopped on request.
    Cancelled,
}

impl JobStatus {
    /// Says whether the job will not change any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// A snapshot of one job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JobRecord {
    /// The unguessable handle.
    pub synthesis_id: String,
    /// Where it stands.
    pub job_status: JobStatus,
    /// 0 to 100.
    pub progress: u8,
    /// What is being done.
    pub current_step: Option<String>,
    /// Steps that are done, in order.
    pub steps_completed: Vec<String>,
    /// Steps to come, in order.
    pub steps_remaining: Vec<String>,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<String>,
    /// How often it was begun; more than 1 when it was resumed.
    pub attempt: u32,
    /// Whether it can be resumed.
    pub resumable: bool,
    /// The folder that it makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The result of a job that succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<serde_json::Value>,
    /// The error object of a job that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<serde_json::Value>,
}
