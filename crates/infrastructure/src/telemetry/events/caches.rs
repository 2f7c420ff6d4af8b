//! Events of caches.

use super::labels;
use crate::telemetry::metrics::Metric;

static REQUESTS: Metric = Metric::counter(
    "synthesizer_cache_requests_total",
    "Look-ups in a cache, by where it keeps its entries, the kind of entry, and what it found: hit, miss, stale or error.",
);

pub(super) static METRICS: &[&Metric] = &[&REQUESTS];

/// A cache was asked.
#[derive(Debug)]
pub struct CacheLooked<'a> {
    /// `memory`, `disk`.
    pub layer: &'a str,
    /// The kind of entry, such as `http`.
    pub kind: &'a str,
    /// `hit`, `miss`, `stale` or `error`.
    pub result: &'a str,
}

impl CacheLooked<'_> {
    /// Logs and counts the event.
    pub fn emit(self) {
        tracing::debug!(
            layer = self.layer,
            kind = self.kind,
            result = self.result,
            "cache looked"
        );
        let labels = [
            ("layer", labels::cache_layer(self.layer)),
            ("kind", labels::cache_kind(self.kind)),
            ("result", labels::cache_result(self.result)),
        ];
        REQUESTS.add(labels, 1);
    }
}
