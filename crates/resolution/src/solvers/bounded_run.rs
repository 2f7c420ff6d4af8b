//! One run of a solver's program within what is left of the call's time and within its bounds. Knows no solver, reads no answer.

use std::time::Instant;

use synthesizer_infrastructure::process::{ChildOutput, ChildProgram, run};
use synthesizer_model::failure::{ErrorCode, Failure};
use tokio_util::sync::CancellationToken;

use super::{solver::SolverEnvironment, solver_text::of_its_own_end};

/// The most memory of its own that a solver may have, in bytes.
const MOST_MEMORY: u64 = 4 << 30;

/// The circumstances of all runs of one call.
#[derive(Clone, Copy)]
pub(super) struct BoundedRuns<'a> {
    /// The program's name, for people.
    pub(super) name: &'static str,
    pub(super) environment: SolverEnvironment<'a>,
    pub(super) cancellation: &'a CancellationToken,
    /// When the call began: its deadline is for all runs together.
    pub(super) started: Instant,
}

impl BoundedRuns<'_> {
    /// Runs a child whose arguments, environment and bounds of output are set; what it leaves where temporary files go lies in the scratch folder.
    ///
    /// # Errors
    /// `E_TIMEOUT`, `E_CANCELLED`, `E_TOOL_MISSING`; `E_UPSTREAM` when a signal ended it.
    pub(super) async fn run(&self, mut child: ChildProgram) -> Result<ChildOutput, Failure> {
        if let Some(scratch) = self.environment.scratch.to_str() {
            child = child.env("TMPDIR", scratch);
        }
        child.memory_limit = Some(MOST_MEMORY);
        let whole = self.environment.deadline;
        child.deadline = whole.saturating_sub(self.started.elapsed());
        if child.deadline.is_zero() {
            return Err(self.too_late());
        }
        let outcome = run(child, self.cancellation).await;
        outcome
            .map_err(|failure| match failure.code {
                ErrorCode::Timeout => self.too_late(),
                _ => failure,
            })
            .and_then(|output| of_its_own_end(self.name, output))
    }

    fn too_late(&self) -> Failure {
        let (name, seconds) = (self.name, self.environment.deadline.as_secs());
        Failure::new(
            ErrorCode::Timeout,
            format!("{name} did not find an answer within {seconds} s"),
        )
        .with_hint("raise limits.solver_timeout, or narrow the requirements")
    }
}
