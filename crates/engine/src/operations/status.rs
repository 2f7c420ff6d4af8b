//! `status`: how a job stands, and stopping it.

use synthesizer_model::{
    failure::{ErrorCode, Failure},
    job::{JobRecord, JobStatus},
};

use crate::Engine;

/// What to do with a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobAction {
    /// Tell how it stands.
    Status,
    /// Stop it.
    Cancel,
    /// Start it again.
    Resume,
}

impl Engine {
    /// Acts on a job and gives its record.
    ///
    /// # Errors
    /// `E_NOT_FOUND` for an unknown id; `E_ARGUMENT` when the action does not suit the job.
    pub async fn job(&self, synthesis_id: &str, action: JobAction) -> Result<JobRecord, Failure> {
        let record = self.jobs().record(synthesis_id)?;
        match action {
            JobAction::Status => Ok(record),
            JobAction::Cancel => {
                self.jobs().cancel(synthesis_id)?;
                self.jobs()
                    .wait(synthesis_id, std::time::Duration::from_secs(5))
                    .await
            }
            JobAction::Resume
                if record.job_status == JobStatus::Succeeded || !record.job_status.is_final() =>
            {
                Ok(record)
            }
            JobAction::Resume => Err(Failure::new(
                ErrorCode::Argument,
                "a job that ended early cannot be resumed in this version",
            )
            .with_hint("nothing was left behind; run the same synthesis again")),
        }
    }
}
