//! What is measured, as text in Prometheus' format. Keeps numbers and never listens; [`super::events`] says what there is to measure.

use std::{
    collections::BTreeSet,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use ::metrics::{Label, LocalRecorderGuard, Recorder as _, SharedString};
use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

use super::{events, process};

pub use super::durations::DurationSummary;

/// The version of the text format, as the content type of an answer.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Measured durations that may wait to be sorted into buckets while nobody asks for the text.
const MOST_OUTSTANDING: u32 = 4096;

/// Buckets of a histogram whose description names none; there is no such histogram.
const OTHER_BUCKETS: &[f64] = &[0.1, 1.0, 10.0];

/// The process's own recording.
static INSTALLED: OnceLock<PrometheusHandle> = OnceLock::new();

/// Durations measured since the process began, modulo 2³².
static MEASURED: AtomicU32 = AtomicU32::new(0);

/// Starts measuring, once per process; further calls do nothing.
pub fn install() {
    installed();
}

/// Gives everything that was measured, in Prometheus' text format 0.0.4, families in the order of their names.
///
/// Metrics that nothing happened to yet are there with their description and type.
pub fn render() -> String {
    let mut text = complete(&installed().render());
    text.push_str(&process::render());
    text
}

/// Sums up how long each operation took since the process began; see [`DurationSummary`] for what the figures mean.
pub fn operation_durations() -> Vec<DurationSummary> {
    DurationSummary::read(
        &installed().render(),
        events::OPERATION_DURATION,
        "operation",
    )
}

fn installed() -> &'static PrometheusHandle {
    INSTALLED.get_or_init(|| {
        let recorder = recorder();
        let handle = recorder.handle();
        // It fails when the program that embeds this one measures in its own way; then that one has the numbers.
        if ::metrics::set_global_recorder(recorder).is_ok() {
            events::BUILD.set([("version", env!("CARGO_PKG_VERSION").into())], 1.0);
        }
        handle
    })
}

fn recorder() -> PrometheusRecorder {
    let described = events::metrics();
    // Without buckets for all, a histogram would be written as a summary.
    let mut builder = PrometheusBuilder::new()
        .set_buckets(OTHER_BUCKETS)
        .expect("there are buckets");
    for metric in described.clone() {
        if let Kind::Histogram(buckets) = metric.kind {
            builder = builder
                .set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), buckets)
                .expect("every histogram has buckets");
        }
    }
    let recorder = builder.build_recorder();
    for metric in described {
        let (name, help) = (metric.name.into(), metric.help.into());
        match metric.kind {
            Kind::Counter => recorder.describe_counter(name, None, help),
            Kind::Gauge => recorder.describe_gauge(name, None, help),
            Kind::Histogram(_) => recorder.describe_histogram(name, None, help),
        }
    }
    recorder
}

/// Orders the families, adds those without a value, and leaves out values that are not known any more.
fn complete(text: &str) -> String {
    let mut families: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    for family in text.split("\n\n").filter(|family| !family.is_empty()) {
        let name = family.strip_prefix("# HELP ").unwrap_or(family);
        seen.extend(name.split(' ').next());
        let known = family.lines().filter(|line| !line.ends_with(" NaN"));
        families.push(known.flat_map(|line| [line, "\n"]).collect());
    }
    for metric in events::metrics().filter(|metric| !seen.contains(metric.name)) {
        let (name, help, kind) = (metric.name, metric.help, metric.kind.name());
        families.push(format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }
    families.sort_unstable();
    families.concat()
}

/// Measurements kept apart from those of the process, for tests of what is measured.
#[derive(Debug)]
pub struct Recording(PrometheusRecorder);

impl Default for Recording {
    fn default() -> Self {
        Self(recorder())
    }
}

impl Recording {
    /// Makes one in which nothing happened yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what is measured on this thread until the guard is dropped; tasks of a runtime of one thread are included.
    pub fn enter(&self) -> LocalRecorderGuard<'_> {
        ::metrics::set_default_local_recorder(&self.0)
    }

    /// Takes what is measured on this thread during the work.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        ::metrics::with_local_recorder(&self.0, work)
    }

    /// Gives what was measured; see [`render`].
    pub fn render(&self) -> String {
        complete(&self.0.handle().render())
    }

    /// Gives the value of one series as written, such as `a_total{b="c"}`; labels stand in the order of the description.
    pub fn value(&self, series: &str) -> Option<f64> {
        let text = self.render();
        let mut values = text.lines().filter_map(|line| line.strip_prefix(series));
        values.find_map(|rest| rest.strip_prefix(' ')?.parse().ok())
    }
}

/// What kind of number a metric is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Durations, by upper bounds in seconds.
    Histogram(&'static [f64]),
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }
}

/// One metric; every one is a constant in [`super::events`] and in its list there.
#[derive(Debug)]
pub(super) struct Metric {
    name: &'static str,
    kind: Kind,
    /// One line without a backslash.
    help: &'static str,
}

impl Metric {
    /// Describes a counter, whose name ends with `_total`.
    pub(super) const fn counter(name: &'static str, help: &'static str) -> Self {
        Self {
            name,
            kind: Kind::Counter,
            help,
        }
    }

    /// Describes a gauge.
    pub(super) const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self {
            name,
            kind: Kind::Gauge,
            help,
        }
    }

    /// Describes a histogram of durations, whose name ends with `_seconds`.
    pub(super) const fn durations(
        name: &'static str,
        buckets: &'static [f64],
        help: &'static str,
    ) -> Self {
        Self {
            name,
            kind: Kind::Histogram(buckets),
            help,
        }
    }

    /// Adds to a counter; adding 0 makes the series known.
    pub(super) fn add<const N: usize>(&self, labels: Labels<N>, count: u64) {
        debug_assert!(matches!(self.kind, Kind::Counter), "{}", self.name);
        ::metrics::counter!(self.name, list(labels)).increment(count);
    }

    /// Sets a gauge; `NaN` makes it unknown again.
    pub(super) fn set<const N: usize>(&self, labels: Labels<N>, value: f64) {
        debug_assert!(matches!(self.kind, Kind::Gauge), "{}", self.name);
        ::metrics::gauge!(self.name, list(labels)).set(value);
    }

    /// Moves a gauge up or down.
    pub(super) fn change<const N: usize>(&self, labels: Labels<N>, by: f64) {
        debug_assert!(matches!(self.kind, Kind::Gauge), "{}", self.name);
        ::metrics::gauge!(self.name, list(labels)).increment(by);
    }

    /// Takes one duration.
    pub(super) fn observe<const N: usize>(&self, labels: Labels<N>, duration: Duration) {
        debug_assert!(matches!(self.kind, Kind::Histogram(_)), "{}", self.name);
        ::metrics::histogram!(self.name, list(labels)).record(duration.as_secs_f64());
        // Durations are kept one by one until they are sorted, which must happen also where nobody asks for the text.
        if MEASURED.fetch_add(1, Ordering::Relaxed) % MOST_OUTSTANDING == MOST_OUTSTANDING - 1
            && let Some(handle) = INSTALLED.get()
        {
            handle.run_upkeep();
        }
    }
}

/// Names and values of labels; values come from [`super::events`]' bounded sets.
pub(super) type Labels<const N: usize> = [(&'static str, SharedString); N];

fn list<const N: usize>(labels: Labels<N>) -> Vec<Label> {
    let label = |(name, value)| Label::new::<&'static str, SharedString>(name, value);
    labels.into_iter().map(label).collect()
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
