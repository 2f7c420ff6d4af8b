//! Events of tasks.

use super::labels;
use crate::telemetry::metrics::Metric;

static PANICS: Metric = Metric::counter(
    "synthesizer_task_panics_total",
    "Tasks that ended by a defect, by kind of task; the process goes on.",
);

pub(super) static METRICS: &[&Metric] = &[&PANICS];

/// A task ended by a panic.
#[derive(Debug)]
pub struct TaskPanicked<'a> {
    /// The kind of task.
    pub task: &'a str,
    /// What the panic says.
    pub reason: &'a str,
}

impl TaskPanicked<'_> {
    /// Logs and counts the event.
    pub fn emit(self) {
        tracing::error!(task = self.task, reason = self.reason, "task panicked");
        PANICS.add([("task", labels::task(self.task))], 1);
    }
}
