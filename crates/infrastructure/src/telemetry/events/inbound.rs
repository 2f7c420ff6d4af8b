//! Events of requests that come in over HTTP.

use std::time::Duration;

use super::labels;
use crate::telemetry::metrics::Metric;

const BUCKETS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

static REQUESTS: Metric = Metric::counter(
    "synthesizer_http_requests_total",
    "Requests that were answered, by listener, route and status.",
);
static DURATION: Metric = Metric::durations(
    "synthesizer_http_request_duration_seconds",
    BUCKETS,
    "Time until the head of an answer was ready, by listener and route.",
);

pub(super) static METRICS: &[&Metric] = &[&REQUESTS, &DURATION];

/// A request was answered.
#[derive(Debug)]
pub struct RequestFinished<'a> {
    /// Which listener took it: `main` or `admin`.
    pub listener: &'a str,
    /// The route that it matched as declared, such as `/mcp`; never the path that was asked for.
    pub route: &'a str,
    /// The status of the answer.
    pub status: u16,
    /// How long it took until the head of the answer was ready.
    pub duration: Duration,
}

impl RequestFinished<'_> {
    /// Logs and counts the event: a server error as a warning, everything else in detail only.
    pub fn emit(self) {
        let event = &self;
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    listener = event.listener,
                    route = event.route,
                    status = event.status,
                    duration_seconds = event.duration.as_secs_f64(),
                    "request answered"
                )
            };
        }
        match event.status {
            500.. => line!(warn),
            _ => line!(debug),
        }
        let listener = labels::listener(event.listener);
        let route = labels::route(event.route);
        let counted = [
            ("listener", listener.clone()),
            ("route", route.clone()),
            ("status", labels::status(event.status)),
        ];
        REQUESTS.add(counted, 1);
        DURATION.observe([("listener", listener), ("route", route)], event.duration);
    }
}
