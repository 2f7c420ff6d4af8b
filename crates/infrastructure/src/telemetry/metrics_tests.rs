//! Tests of the text: complete before anything happens, in the form that Prometheus asks for, bounded.

use super::*;
use crate::telemetry::events::{CacheLooked, CallFinished, OperationFinished};

fn call(service: &str, outcome: &str) {
    CallFinished {
        service,
        outcome,
        status: None,
        duration: Duration::from_millis(30),
        tries: 1,
    }
    .emit();
}

/// Checks the rules of the text format and of naming that `promtool check metrics` checks too.
fn check_form(text: &str) {
    let mut families = BTreeSet::new();
    let mut current = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect("a help text");
            assert!(families.insert(name.to_owned()), "{name} is there twice");
            assert!(help.len() > 10 && help.ends_with('.'), "{line}");
            name.clone_into(&mut current);
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a type");
            assert_eq!(name, current);
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            let is_ours = name.starts_with("synthesizer_") || name.starts_with("process_");
            assert!(is_ours && (kind != "histogram" || name.ends_with("_seconds")));
        } else {
            let (series, value) = line.rsplit_once(' ').expect("a value");
            assert!(
                series.starts_with(&current) && value.parse::<f64>().is_ok(),
                "{line}"
            );
        }
    }
}

#[test]
fn the_text_is_complete_before_anything_happens() {
    let text = render();
    check_form(&text);
    for metric in events::metrics() {
        let start = format!("# HELP {} ", metric.name);
        assert_eq!(text.matches(&start).count(), 1, "{}", metric.name);
    }
    for process in [
        "process_resident_memory_bytes ",
        "process_cpu_seconds_total ",
    ] {
        assert!(text.contains(&format!("\n{process}")), "{text}");
    }
    let build = format!(
        "\nsynthesizer_build_info{{version=\"{}\"}} 1\n",
        env!("CARGO_PKG_VERSION")
    );
    assert!(text.contains(&build), "{text}");
}

#[test]
fn histograms_have_the_buckets_of_their_description() {
    let recording = Recording::new();
    recording.run(|| call("buckets", "ok"));
    let text = recording.render();
    check_form(&text);
    assert!(!text.contains("quantile="), "{text}");
    let bucket = |bound: &str| {
        let name = "synthesizer_call_duration_seconds_bucket";
        recording.value(&format!("{name}{{service=\"buckets\",le=\"{bound}\"}}"))
    };
    assert_eq!(
        (bucket("0.025"), bucket("0.05"), bucket("+Inf")),
        (Some(0.0), Some(1.0), Some(1.0))
    );
}

#[test]
fn a_thousand_odd_names_do_not_make_a_thousand_series() {
    let recording = Recording::new();
    recording.run(|| {
        for number in 0..1_000 {
            call(&format!("git:host-{number}.example"), "ok");
            call(&format!("odd name {number}"), &format!("outcome-{number}"));
            CacheLooked {
                layer: &format!("layer-{number}"),
                kind: &format!("kind \"{number}\""),
                result: &format!("result-{number}"),
            }
            .emit();
        }
    });
    let text = recording.render();
    let series = |name: &str| text.lines().filter(|line| line.starts_with(name)).count();
    assert_eq!(series("synthesizer_calls_total{"), 2, "{text}");
    assert_eq!(series("synthesizer_cache_requests_total{"), 1, "{text}");
    let value = |series: &str| recording.value(series);
    assert_eq!(
        value("synthesizer_calls_total{service=\"git\",outcome=\"ok\"}"),
        Some(1_000.0)
    );
    assert_eq!(
        value("synthesizer_calls_total{service=\"other\",outcome=\"other\"}"),
        Some(1_000.0)
    );
}

#[test]
fn values_that_are_not_known_are_left_out() {
    let text = "# HELP b Help.\n# TYPE b gauge\nb{x=\"1\"} NaN\nb{x=\"2\"} 1\n\n# HELP a Help.\n# TYPE a gauge\na 2\n\n";
    let whole = complete(text);
    let expected =
        "# HELP a Help.\n# TYPE a gauge\na 2\n# HELP b Help.\n# TYPE b gauge\nb{x=\"2\"} 1\n";
    assert!(whole.starts_with(expected), "{whole}");
}

#[test]
fn operations_are_summed_up_from_their_buckets() {
    let recording = Recording::new();
    recording.run(|| {
        for milliseconds in 1..=100 {
            OperationFinished {
                operation: "summed",
                outcome: "ok",
                duration: Duration::from_millis(milliseconds * 10),
            }
            .emit();
        }
    });
    let text = recording.render();
    let summaries = DurationSummary::read(&text, events::OPERATION_DURATION, "operation");
    let [summary] = summaries.as_slice() else {
        panic!("{summaries:?}");
    };
    assert_eq!((summary.name.as_str(), summary.count), ("summed", 100));
    assert!((summary.total_seconds - 50.5).abs() < 0.01, "{summary:?}");
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 0.02, "{found}");
    near(summary.p50_seconds, 0.5);
    near(summary.p95_seconds, 0.95);
    near(summary.p99_seconds, 0.99);
}
