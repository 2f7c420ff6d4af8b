//! Opens the repositories of a request as trees, together, under the caller's permissions.

use std::{path::Path, pin::pin, sync::Arc, time::Duration};

use synthesizer_infrastructure::sources::Sources;
use synthesizer_model::{
    ErrorCode,
    failure::Failure,
    reference::{Location, RepositoryReference},
    tree::SourceTree,
};

use crate::{Call, Engine, paths};

/// How long work that was stopped may take to end what it has begun: its programs, and files that it is writing.
const CLEANUP: Duration = Duration::from_millis(400);

impl Engine {
    /// Bounds the time of a whole call; past it the call's work is cancelled.
    pub(crate) async fn bounded<T>(
        &self,
        call: &Call,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let deadline = self.config().limits.synthesis_timeout;
        let mut work = pin!(work);
        match tokio::time::timeout(deadline, &mut work).await {
            Ok(outcome) => outcome,
            Err(_) => {
                call.cancellation.cancel();
                // What it still gives comes too late.
                let _ = tokio::time::timeout(CLEANUP, work).await;
                let message = format!("the work did not finish within {} s", deadline.as_secs());
                Err(Failure::new(ErrorCode::Timeout, message)
                    .with_hint("raise limits.synthesis_timeout"))
            }
        }
    }

    /// Opens one repository; a relative local path refers to `base`.
    pub(crate) async fn open(
        &self,
        call: &Call,
        location: &Location,
        base: &Path,
    ) -> Result<Arc<dyn SourceTree>, Failure> {
        let door = self.door()?;
        let sources = Sources::new(self.config(), &door);
        if let Location::Local(written) = location {
            let place = paths::permitted(self.config(), call.caller, base, written)?;
            return sources
                .open_folder(
                    &place,
                    (written, base),
                    &call.cancellation,
                    call.progress.as_ref(),
                )
                .await;
        }
        sources
            .open(location, base, &call.cancellation, call.progress.as_ref())
            .await
    }

    /// Opens several repositories at once, in the order given.
    pub(crate) async fn open_all(
        &self,
        call: &Call,
        locations: &[Location],
        base: &Path,
    ) -> Result<Vec<Arc<dyn SourceTree>>, Failure> {
        let opening = locations.iter().map(|location| async move {
            self.open(call, location, base)
                .await
                .map_err(|mut failure| {
                    failure.message = format!(
                        "{}: {}",
                        synthesizer_model::text::escape_untrusted(&location.to_string()),
                        failure.message
                    );
                    failure
                })
        });
        futures_util::future::try_join_all(opening).await
    }
}

/// Waits for work until it ends or its call is cancelled; work that is cancelled gets a moment to end what it has begun, so that nothing
/// of it goes on or is left when its end is told.
///
/// # Errors
/// `E_CANCELLED`, and those of the work.
pub(crate) async fn until_cancelled<T>(
    call: &Call,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut work = pin!(work);
    tokio::select! {
        outcome = &mut work => return outcome,
        () = call.cancellation.cancelled() => {}
    }
    // Longer than the same within it, by which a deadline is told.
    match tokio::time::timeout(CLEANUP * 2, work).await {
        Ok(Err(failure)) if failure.code == ErrorCode::Timeout => Err(failure),
        _ => Err(Failure::cancelled()),
    }
}

/// Gives the locations of references.
pub(crate) fn locations(references: &[RepositoryReference]) -> Vec<Location> {
    references
        .iter()
        .map(|reference| reference.location.clone())
        .collect()
}

/// Like [`compute`], for work that holds nothing that others wait for: when the call is cancelled the answer comes at once, and the work
/// ends when it notices.
///
/// # Errors
/// `E_CANCELLED`, and those of the work.
pub(crate) async fn compute_until_cancelled<T: Send + 'static>(
    call: &Call,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::select! {
        outcome = compute(work) => outcome,
        () = call.cancellation.cancelled() => Err(Failure::cancelled()),
    }
}

/// Runs work that computes, away from the threads that wait; dropping the future does not stop the work, the call's cancellation does.
pub(crate) async fn compute<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    synthesizer_infrastructure::telemetry::tasks::spawn_blocking("compute", work)
        .await
        .unwrap_or_else(|_| Err(Failure::internal("the analysis stopped with a defect")))
}
