//! Events of masking. Must not log: they happen while a log line is being written.

use super::labels;
use crate::telemetry::metrics::Metric;

static MASKED: Metric = Metric::counter(
    "synthesizer_masked_secrets_total",
    "Secrets that were masked in text that leaves, by the rule that found them.",
);

pub(super) static METRICS: &[&Metric] = &[&MASKED];

/// Secrets were masked in text that leaves.
#[derive(Debug)]
pub struct SecretsMasked<'a> {
    /// The rule's name.
    pub rule: &'a str,
    /// How many.
    pub count: u64,
}

impl SecretsMasked<'_> {
    /// Counts the event. There is no line: the masked line itself is one, and a further one would be masked in turn.
    pub fn emit(self) {
        MASKED.add([("rule", labels::rule(self.rule))], self.count);
    }
}
