//! What happens, seen from outside: one type per event, whose `emit` gives its log line and its metrics together.
//!
//! An event is one line at most and moves each of its metrics once. A new event is one struct in its file and, for a new metric, an
//! entry in that file's list. Labels come from bounded sets alone ([`labels`]): log lines carry names in full, metrics do not.

mod breakers;
mod caches;
mod calls;
mod inbound;
mod labels;
mod masking;
mod operations;
mod process;
mod records;
mod tasks;

pub use breakers::{BreakerChanged, BreakerMeasured, CallNotPermitted, introduce_service};
pub use caches::CacheLooked;
pub use calls::{CallFinished, CallRetried, LimitWaited, QuotaSeen};
pub use inbound::RequestFinished;
pub use labels::outcome;
pub use masking::SecretsMasked;
pub use operations::{OperationFinished, OperationInFlight};
pub use records::ServiceRecordsFailed;
pub use tasks::TaskPanicked;

pub(super) use operations::OPERATION_DURATION;
pub(super) use process::BUILD;

use super::metrics::Metric;

/// Every metric, by what happens.
static METRICS: &[&[&Metric]] = &[
    breakers::METRICS,
    caches::METRICS,
    calls::METRICS,
    inbound::METRICS,
    masking::METRICS,
    operations::METRICS,
    process::METRICS,
    records::METRICS,
    tasks::METRICS,
];

/// Gives every metric that there is.
pub(super) fn metrics() -> impl Iterator<Item = &'static Metric> + Clone {
    METRICS.iter().copied().flatten().copied()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
