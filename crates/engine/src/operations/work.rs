//! `worker`, and what servers do beside answering: taking up jobs that wait.

use std::time::Duration;

use synthesizer_infrastructure::storage::jobs::Wanted;
use synthesizer_model::failure::Failure;
use tokio_util::sync::CancellationToken;

use crate::{Engine, operations::synthesize::unwatched};

/// How often it is looked whether a job waits.
const LOOK: Duration = Duration::from_millis(500);

/// How often it is looked whether the process of a job has died.
const RECOVERY: u32 = 10;

impl Engine {
    /// Takes up jobs that wait, at most so many at once, until it is told to stop. Jobs that it has taken up go on; ending them is
    /// [`crate::jobs::Jobs::shut_down`].
    ///
    /// A store that fails is tried again: a full disk or a file that is held by others passes.
    pub async fn take_jobs(&self, at_once: usize, stop: &CancellationToken) {
        let mut looks = 0_u32;
        while !stop.is_cancelled() {
            if let Err(failure) = self
                .take_waiting(at_once, looks.is_multiple_of(RECOVERY))
                .await
            {
                tracing::warn!(%failure, "waiting jobs could not be taken up");
            }
            looks = looks.wrapping_add(1);
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    async fn take_waiting(&self, at_once: usize, recover: bool) -> Result<(), Failure> {
        if recover {
            self.jobs().recover().await?;
        }
        while self.jobs().running_here() < at_once && self.jobs().has_waiting().await? {
            let taken = self
                .take_up(Wanted::Next, CancellationToken::new(), unwatched())
                .await?;
            match taken {
                Some(job) => tracing::info!(job, "took up a job that waited"),
                None => break,
            }
        }
        Ok(())
    }

    /// Works on one job that waits, to its end or until it is told to stop. Another worker may have it already.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn work_on(&self, id: &str, stop: &CancellationToken) -> Result<(), Failure> {
        let wanted = Wanted::Job(id.to_owned());
        let taken = self
            .take_up(wanted, CancellationToken::new(), unwatched())
            .await?;
        if taken.is_none() {
            tracing::info!(job = id, "another worker has the job");
            return Ok(());
        }
        tokio::select! {
            () = self.jobs().ended_here(id) => {}
            () = stop.cancelled() => {}
        }
        Ok(())
    }
}
