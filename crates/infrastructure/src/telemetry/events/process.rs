//! Events of the process as a whole.

use crate::telemetry::metrics::Metric;

/// Always 1; its label is what it says.
pub(in crate::telemetry) static BUILD: Metric = Metric::gauge(
    "synthesizer_build_info",
    "Always 1, with the version of the program.",
);

pub(super) static METRICS: &[&Metric] = &[&BUILD];
