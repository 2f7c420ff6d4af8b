//! What processes that died left: their jobs, the programs that they had started, folders beside targets and in the cache.

use std::path::{Path, PathBuf};

use synthesizer_infrastructure::{
    project, sources,
    storage::jobs::{self, JobRow},
};
use synthesizer_model::failure::Failure;

use super::{running::masked, table::Jobs};
use crate::opening;

impl Jobs {
    /// Puts the jobs of dead processes back, or ends them, after removing what they left; once in a process also forgets old jobs.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn recover(&self) -> Result<(), Failure> {
        let abandoned = self.store().abandoned().await?;
        if !abandoned.is_empty() {
            let (rows, cache) = (abandoned.clone(), self.cache().to_owned());
            opening::compute(move || {
                clear(&rows, &cache);
                Ok(())
            })
            .await?;
            let error = masked(&died());
            for row in &abandoned {
                tracing::warn!(
                    job = row.id,
                    attempt = row.attempt,
                    "the process of a job has died"
                );
                self.store().put_back(row, &error).await?;
            }
        }
        self.forget_once().await
    }
}

fn clear(rows: &[JobRow], cache: &Path) {
    // First who could still write.
    jobs::remove_orphans();
    let mut targets: Vec<&PathBuf> = rows.iter().filter_map(|row| row.target.as_ref()).collect();
    targets.sort();
    targets.dedup();
    for target in targets {
        project::remove_left_behind(target);
    }
    project::remove_scratch_left_behind(cache);
    sources::remove_left_behind(cache);
}

fn died() -> Failure {
    Failure::internal("the process that worked on the job has ended")
        .with_hint("what it had begun was removed; `synthesizer jobs resume ID` goes on with what it had found out")
}
