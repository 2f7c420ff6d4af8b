//! Percentiles out of the buckets of a histogram, as `histogram_quantile` of Prometheus estimates them. Reads our own text alone.

use std::collections::BTreeMap;

/// How long one kind of work took, since the process began.
///
/// Percentiles are estimates: within a bucket the durations count as evenly spread, and above the last bound they count as that bound.
#[derive(Debug, Clone, PartialEq)]
pub struct DurationSummary {
    /// The kind of work.
    pub name: String,
    /// How often it was done.
    pub count: u64,
    /// How long it took in all.
    pub total_seconds: f64,
    /// Half of it took at most so long.
    pub p50_seconds: f64,
    /// 95 % of it took at most so long.
    pub p95_seconds: f64,
    /// 99 % of it took at most so long.
    pub p99_seconds: f64,
}

/// What the text says of one series.
#[derive(Debug, Default)]
struct Series {
    /// Upper bounds and how many lie at or below each, as written: rising.
    buckets: Vec<(f64, f64)>,
    total: f64,
}

impl DurationSummary {
    /// Reads the series of a histogram that has one label, from a text that this process has written.
    pub(super) fn read(text: &str, metric: &str, label: &str) -> Vec<Self> {
        let mut series: BTreeMap<String, Series> = BTreeMap::new();
        for line in text.lines() {
            let parsed = line
                .strip_prefix(metric)
                .and_then(|rest| parse(rest, label));
            let Some((name, part, value)) = parsed else {
                continue;
            };
            let series = series.entry(name.to_owned()).or_default();
            match part {
                Part::Bucket(bound) => series.buckets.push((bound, value)),
                Part::Total => series.total = value,
            }
        }
        let summary = |(name, series)| Self::of(name, &series);
        series.into_iter().map(summary).collect()
    }

    fn of(name: String, series: &Series) -> Self {
        let count = series.buckets.last().map_or(0.0, |(_, count)| *count);
        Self {
            name,
            count: count as u64,
            total_seconds: series.total,
            p50_seconds: quantile(&series.buckets, 0.5),
            p95_seconds: quantile(&series.buckets, 0.95),
            p99_seconds: quantile(&series.buckets, 0.99),
        }
    }
}

enum Part {
    Bucket(f64),
    Total,
}

/// Reads what follows the metric's name: `_bucket{label="name",le="1"} 5` or `_sum{label="name"} 7`.
fn parse<'a>(rest: &'a str, label: &str) -> Option<(&'a str, Part, f64)> {
    let (part, rest) = rest.split_once('{')?;
    let (labels, value) = rest.rsplit_once("} ")?;
    let labels = labels
        .strip_prefix(label)?
        .strip_prefix("=\"")?
        .strip_suffix('"')?;
    let value = value.parse().ok()?;
    match part {
        "_bucket" => {
            let (name, bound) = labels.split_once("\",le=\"")?;
            // `+Inf` parses as infinity.
            Some((name, Part::Bucket(bound.parse().ok()?), value))
        }
        "_sum" => Some((labels, Part::Total, value)),
        _ => None,
    }
}

fn quantile(buckets: &[(f64, f64)], share: f64) -> f64 {
    let wanted = buckets.last().map_or(0.0, |(_, count)| *count) * share;
    let (mut lower, mut below) = (0.0, 0.0);
    for &(bound, count) in buckets {
        if count >= wanted && count > below {
            if bound.is_infinite() {
                return lower;
            }
            return lower + (bound - lower) * (wanted - below) / (count - below);
        }
        (lower, below) = (bound, count);
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_estimated_within_their_bucket() {
        let check = |buckets: &[(f64, f64)], share: f64, expected: f64| {
            assert_eq!(quantile(buckets, share), expected, "{buckets:?} {share}");
        };
        let infinity = f64::INFINITY;
        check(&[(1.0, 2.0), (2.0, 4.0), (infinity, 4.0)], 0.5, 1.0);
        check(&[(1.0, 2.0), (2.0, 4.0), (infinity, 4.0)], 0.75, 1.5);
        check(&[(1.0, 0.0), (2.0, 0.0), (infinity, 4.0)], 0.5, 2.0);
        check(&[(1.0, 0.0), (infinity, 0.0)], 0.5, 0.0);
        check(&[], 0.5, 0.0);
    }
}
