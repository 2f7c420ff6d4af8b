//! `status` and `jobs`: how jobs stand, stopping one and going on with one.

use std::{sync::Arc, time::Duration};

use synthesizer_infrastructure::storage::jobs::Wanted;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    job::{JobRecord, JobStatus},
    progress::Progress,
};
use tokio_util::sync::CancellationToken;

use crate::{Call, Engine, jobs::until_ended};

/// How long a job that was asked to stop may take to clean up before its record is given as it is.
const CLEANUP: Duration = Duration::from_secs(5);

/// What to do with a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobAction {
    /// Tell how it stands.
    Status,
    /// Stop it.
    Cancel,
    /// Go on with it, in this process.
    Resume,
}

impl Engine {
    /// Acts on a job of the caller and gives its record. A job that is resumed goes on after the call.
    ///
    /// # Errors
    /// `E_NOT_FOUND` for an unknown id and for another owner's; `E_ARGUMENT` when the job cannot be resumed.
    pub async fn job(
        &self,
        call: &Call,
        synthesis_id: &str,
        action: JobAction,
    ) -> Result<JobRecord, Failure> {
        self.jobs().recover().await?;
        let record = self.jobs().record(&call.owner, synthesis_id).await?;
        match action {
            JobAction::Status => Ok(record),
            JobAction::Cancel => {
                self.jobs().cancel(&call.owner, synthesis_id).await?;
                self.jobs().wait(&call.owner, synthesis_id, CLEANUP).await
            }
            JobAction::Resume
                if matches!(record.job_status, JobStatus::Succeeded | JobStatus::Running) =>
            {
                Ok(record)
            }
            JobAction::Resume => {
                let progress = crate::operations::synthesize::unwatched();
                self.resume(call, synthesis_id, CancellationToken::new(), progress)
                    .await?;
                self.jobs().record(&call.owner, synthesis_id).await
            }
        }
    }

    /// Gives the newest jobs of the caller.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn list_jobs(&self, call: &Call) -> Result<Vec<JobRecord>, Failure> {
        self.jobs().list(&call.owner).await
    }

    /// Puts a job into the queue, for a worker that is started for it now.
    ///
    /// # Errors
    /// `E_NOT_FOUND`, `E_ARGUMENT` as [`Self::job`].
    pub async fn requeue_job(&self, call: &Call, synthesis_id: &str) -> Result<(), Failure> {
        self.jobs().requeue(&call.owner, synthesis_id).await
    }

    /// Goes on with a job in this process and waits for its end; cancelling the call cancels the job.
    ///
    /// # Errors
    /// As [`Self::job`]; `E_CANCELLED`.
    pub async fn resume_attended(
        &self,
        call: &Call,
        synthesis_id: &str,
    ) -> Result<JobRecord, Failure> {
        let token = call.cancellation.child_token();
        let progress = Arc::clone(&call.progress);
        self.resume(call, synthesis_id, token, progress).await?;
        until_ended(self.jobs(), &call.owner, synthesis_id).await
    }

    async fn resume(
        &self,
        call: &Call,
        synthesis_id: &str,
        cancellation: CancellationToken,
        watcher: Arc<dyn Progress>,
    ) -> Result<(), Failure> {
        self.jobs().requeue(&call.owner, synthesis_id).await?;
        let record = self.jobs().record(&call.owner, synthesis_id).await?;
        let wanted = Wanted::Job(record.synthesis_id);
        match self.take_up(wanted, cancellation, watcher).await? {
            Some(_) => Ok(()),
            None => Err(Failure::new(
                ErrorCode::Limit,
                "the job waits: another worker has taken it, or as many jobs run as may",
            )
            .with_hint("a worker takes it up when there is room; status tells")),
        }
    }
}
