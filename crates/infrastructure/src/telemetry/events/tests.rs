//! Each event gives its one log line and its metrics, and nothing else.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Map, Value, json};
use tracing_subscriber::fmt::format::JsonFields;

use super::*;
use crate::telemetry::{json_line::JsonLine, metrics::Recording};

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("not poisoned")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Does work and gives its log lines, without times and targets, and its series, without buckets and sums.
fn observed(work: impl FnOnce()) -> (Vec<Value>, Vec<String>) {
    let output = Output::default();
    let copy = output.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .fmt_fields(JsonFields::new())
        .event_format(JsonLine::Plain)
        .with_writer(move || copy.clone())
        .finish();
    let recording = Recording::new();
    tracing::subscriber::with_default(subscriber, || recording.run(work));
    let bytes = output.0.lock().expect("not poisoned").clone();
    let parsed = |line: &str| {
        let mut line: Map<String, Value> = serde_json::from_str(line).expect("JSON");
        for name in ["timestamp", "target"] {
            assert!(line.shift_remove(name).is_some());
        }
        Value::Object(line)
    };
    let text = String::from_utf8(bytes).expect("text");
    let lines = text.lines().map(parsed).collect();
    let text = recording.render();
    let series = text.lines().filter(|line| {
        !line.starts_with('#') && !line.contains("_bucket{") && !line.contains("_sum{")
    });
    let mut series: Vec<_> = series.map(str::to_owned).collect();
    series.sort();
    (lines, series)
}

fn check(work: impl FnOnce(), line: Option<Value>, series: &[&str]) {
    let (lines, found) = observed(work);
    assert_eq!(lines, line.into_iter().collect::<Vec<_>>());
    let series: Vec<_> = series
        .iter()
        .map(|series| format!("synthesizer_{series}"))
        .collect();
    assert_eq!(found, series);
}

#[test]
fn a_call_that_finished() {
    let call = |outcome: &'static str, status| {
        CallFinished {
            service: "git:host.example",
            outcome,
            status,
            duration: Duration::from_millis(250),
            tries: 3,
        }
        .emit();
    };
    check(
        || call("ok", Some(200)),
        Some(json!({
            "level": "DEBUG", "message": "call finished", "service": "git:host.example", "outcome": "ok", "status": 200,
            "duration_seconds": 0.25, "tries": 3,
        })),
        &[
            "call_duration_seconds_count{service=\"git\"} 1",
            "call_requests_total{service=\"git\"} 3",
            "calls_total{service=\"git\",outcome=\"ok\"} 1",
        ],
    );
    let level = |outcome: &'static str| {
        let (lines, _) = observed(|| call(outcome, None));
        lines.first().expect("a line")["level"].clone()
    };
    assert_eq!(
        (level("internal"), level("timeout"), level("not_found")),
        (json!("WARN"), json!("INFO"), json!("INFO"))
    );
}

#[test]
fn a_further_try() {
    check(
        || {
            CallRetried {
                service: "a",
                reason: "timeout",
                wait: Duration::from_millis(500),
            }
            .emit();
        },
        Some(json!({
            "level": "DEBUG", "message": "call is tried again", "service": "a", "reason": "timeout", "wait_seconds": 0.5,
        })),
        &["call_retries_total{service=\"a\",reason=\"timeout\"} 1"],
    );
}

#[test]
fn a_wait_for_a_limit() {
    check(
        || {
            LimitWaited {
                service: "a",
                wait: Duration::from_secs(2),
            }
            .emit();
        },
        Some(json!({
            "level": "DEBUG", "message": "call waited for a limit", "service": "a", "wait_seconds": 2.0,
        })),
        &[
            "limit_wait_seconds_count{service=\"a\"} 1",
            "limit_waits_total{service=\"a\"} 1",
        ],
    );
}

#[test]
fn a_quota() {
    check(
        || {
            QuotaSeen {
                service: "a",
                limit: Some(60),
                remaining: Some(7),
            }
            .emit();
        },
        Some(json!({
            "level": "DEBUG", "message": "quota seen", "service": "a", "limit": 60, "remaining": 7,
        })),
        &[
            "upstream_quota_limit{service=\"a\"} 60",
            "upstream_quota_remaining{service=\"a\"} 7",
        ],
    );
}

#[test]
fn a_breaker_that_changed() {
    let change = |from: &'static str, to: &'static str| {
        BreakerChanged {
            service: "a",
            from,
            to,
            reason: "consecutive_failures",
            found: false,
        }
        .emit();
    };
    check(
        || change("closed", "open"),
        Some(json!({
            "level": "WARN", "message": "breaker changed", "service": "a", "from": "closed", "to": "open",
            "reason": "consecutive_failures",
        })),
        &[
            "breaker_state{service=\"a\",state=\"closed\"} 0",
            "breaker_state{service=\"a\",state=\"disabled\"} 0",
            "breaker_state{service=\"a\",state=\"forced_open\"} 0",
            "breaker_state{service=\"a\",state=\"half_open\"} 0",
            "breaker_state{service=\"a\",state=\"open\"} 1",
            "breaker_transitions_total{service=\"a\",from=\"closed\",to=\"open\"} 1",
        ],
    );
    let (lines, series) = observed(|| {
        change("closed", "open");
        change("open", "half_open");
    });
    assert_eq!(lines[1]["level"], "INFO");
    let states = series.iter().filter(|series| series.ends_with("\"} 1"));
    let states: Vec<_> = states.filter(|series| series.contains("_state")).collect();
    assert_eq!(
        states,
        ["synthesizer_breaker_state{service=\"a\",state=\"half_open\"} 1"]
    );
    let (lines, series) = observed(|| {
        BreakerChanged {
            service: "a",
            from: "closed",
            to: "forced_open",
            reason: "forced",
            found: true,
        }
        .emit();
    });
    assert_eq!(lines[0]["level"], "INFO", "nothing happened now");
    assert!(
        series.contains(
            &"synthesizer_breaker_state{service=\"a\",state=\"forced_open\"} 1".to_owned()
        )
    );
}

#[test]
fn a_call_that_was_not_permitted() {
    check(
        || CallNotPermitted { service: "a" }.emit(),
        Some(json!({ "level": "DEBUG", "message": "call not permitted", "service": "a" })),
        &["breaker_not_permitted_total{service=\"a\"} 1"],
    );
}

#[test]
fn the_rates_of_a_breaker() {
    let measure = |failure_rate, slow_rate| {
        BreakerMeasured {
            service: "a",
            failure_rate,
            slow_rate,
        }
        .emit();
    };
    check(
        || measure(Some(0.5), None),
        Some(json!({
            "level": "DEBUG", "message": "breaker measured", "service": "a", "failure_rate": 0.5,
        })),
        &["breaker_failure_ratio{service=\"a\"} 0.5"],
    );
    let (_, series) = observed(|| {
        measure(Some(0.5), Some(1.0));
        measure(None, Some(0.25));
    });
    assert_eq!(
        series,
        ["synthesizer_breaker_slow_ratio{service=\"a\"} 0.25"]
    );
}

#[test]
fn a_look_into_a_cache() {
    check(
        || {
            CacheLooked {
                layer: "memory",
                kind: "http",
                result: "hit",
            }
            .emit();
        },
        Some(json!({
            "level": "DEBUG", "message": "cache looked", "layer": "memory", "kind": "http", "result": "hit",
        })),
        &["cache_requests_total{layer=\"memory\",kind=\"http\",result=\"hit\"} 1"],
    );
}

#[test]
fn masked_secrets_are_counted_without_a_line() {
    check(
        || {
            SecretsMasked {
                rule: "github-pat",
                count: 2,
            }
            .emit();
        },
        None,
        &["masked_secrets_total{rule=\"github-pat\"} 2"],
    );
}

#[test]
fn an_operation_that_finished() {
    check(
        || {
            OperationFinished {
                operation: "search",
                outcome: "ok",
                duration: Duration::from_secs(1),
            }
            .emit();
        },
        Some(json!({
            "level": "DEBUG", "message": "operation finished", "operation": "search", "outcome": "ok", "duration_seconds": 1.0,
        })),
        &[
            "operation_duration_seconds_count{operation=\"search\"} 1",
            "operations_total{operation=\"search\",outcome=\"ok\"} 1",
        ],
    );
}

#[test]
fn an_operation_in_flight() {
    check(
        || std::mem::forget(OperationInFlight::begin("search")),
        Some(json!({ "level": "DEBUG", "message": "operation begun", "operation": "search" })),
        &["operations_in_flight{operation=\"search\"} 1"],
    );
    let (lines, series) = observed(|| {
        OperationInFlight::begin("search").finish("ok");
        drop(OperationInFlight::begin("search"));
    });
    assert_eq!(lines.len(), 4);
    let expected = [
        "synthesizer_operation_duration_seconds_count{operation=\"search\"} 2",
        "synthesizer_operations_in_flight{operation=\"search\"} 0",
        "synthesizer_operations_total{operation=\"search\",outcome=\"cancelled\"} 1",
        "synthesizer_operations_total{operation=\"search\",outcome=\"ok\"} 1",
    ];
    assert_eq!(series, expected);
}

#[test]
fn a_request_that_was_answered() {
    let request = |status| {
        RequestFinished {
            listener: "admin",
            route: "/readyz",
            status,
            duration: Duration::from_millis(500),
        }
        .emit();
    };
    check(
        || request(200),
        Some(json!({
            "level": "DEBUG", "message": "request answered", "listener": "admin", "route": "/readyz", "status": 200,
            "duration_seconds": 0.5,
        })),
        &[
            "http_request_duration_seconds_count{listener=\"admin\",route=\"/readyz\"} 1",
            "http_requests_total{listener=\"admin\",route=\"/readyz\",status=\"200\"} 1",
        ],
    );
    let (lines, _) = observed(|| request(503));
    assert_eq!(lines[0]["level"], "WARN");
}

#[test]
fn a_task_that_panicked() {
    check(
        || {
            TaskPanicked {
                task: "search",
                reason: "index out of bounds",
            }
            .emit();
        },
        Some(json!({
            "level": "ERROR", "message": "task panicked", "task": "search", "reason": "index out of bounds",
        })),
        &["task_panics_total{task=\"search\"} 1"],
    );
}

#[test]
fn a_service_that_was_introduced_has_its_series() {
    let (_, series) = observed(|| introduce_service("a", "disabled"));
    for (state, expected) in [("closed", 0), ("disabled", 1)] {
        let series_of =
            format!("synthesizer_breaker_state{{service=\"a\",state=\"{state}\"}} {expected}");
        assert!(series.contains(&series_of), "{series:?}");
    }
    let (lines, series) = observed(|| introduce_service("a", "closed"));
    assert!(lines.is_empty());
    for expected in [
        "synthesizer_breaker_state{service=\"a\",state=\"closed\"} 1",
        "synthesizer_breaker_state{service=\"a\",state=\"open\"} 0",
        "synthesizer_calls_total{service=\"a\",outcome=\"timeout\"} 0",
        "synthesizer_breaker_not_permitted_total{service=\"a\"} 0",
    ] {
        assert!(series.iter().any(|found| found == expected), "{series:?}");
    }
}
