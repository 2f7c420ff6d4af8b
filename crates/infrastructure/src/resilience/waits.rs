//! What headers say about waiting, read with distrust: a service's clock and ours may differ, and either may be wrong.

use std::time::Duration;

use http::{HeaderMap, header};

/// The longest wait that a service can ask for in seconds, and the longest pause.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest wait until a time of day; one beyond it comes from a clock that is wrong.
const LONGEST_UNTIL: Duration = Duration::from_secs(60 * 60);

/// The wait until a time that is past: the limit is said to hold still, so asking at once would be refused again.
const SHORTEST_UNTIL: Duration = Duration::from_secs(1);

/// Gives how long to wait for a reset at a time of day, both in seconds since 1970; between one second and one hour.
pub fn wait_of_reset(reset_epoch: u64, now_epoch: u64) -> Duration {
    Duration::from_secs(reset_epoch.saturating_sub(now_epoch)).clamp(SHORTEST_UNTIL, LONGEST_UNTIL)
}

/// Reads `Retry-After` (RFC 9110, section 10.2.3), in seconds or as a date; the longest where there are several.
///
/// Seconds are at most a day; dates are bounded as by [`wait_of_reset`]. What is neither counts as absent.
pub fn retry_after(headers: &HeaderMap, now_epoch: u64) -> Option<Duration> {
    let values = headers.get_all(header::RETRY_AFTER).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .filter_map(|value| one_retry_after(value.trim(), now_epoch))
        .max()
}

fn one_retry_after(value: &str, now_epoch: u64) -> Option<Duration> {
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // Only a number too large for the type is no number here.
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(LONGEST_PAUSE));
    }
    let parser = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
    let at = parser.parse_timestamp(value).ok()?.as_second();
    Some(wait_of_reset(u64::try_from(at).unwrap_or(0), now_epoch))
}

/// Gives a duration in whole seconds, rounded up.
pub(super) fn whole_seconds(duration: Duration) -> u64 {
    let part = u64::from(duration.subsec_nanos() > 0);
    duration.as_secs().saturating_add(part)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const NOW: u64 = 784_111_777; // Sun, 06 Nov 1994 08:49:37 GMT

    #[test]
    fn fault_08_a_reset_in_the_past_or_absurdly_late_is_bounded() {
        let check = |reset: u64, now: u64, expected: u64| {
            assert_eq!(
                wait_of_reset(reset, now),
                Duration::from_secs(expected),
                "{reset} at {now}"
            );
        };
        check(NOW + 42, NOW, 42);
        check(NOW, NOW, 1);
        check(NOW - 86_400, NOW, 1);
        check(0, NOW, 1);
        check(NOW + 86_400, NOW, 3600);
        check(u64::MAX, 0, 3600);
        check(NOW, u64::MAX, 1);
    }

    #[test]
    fn retry_after_is_read_in_both_forms_and_bounded() {
        let check = |values: &[&str], expected: Option<u64>| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(
                    header::RETRY_AFTER,
                    HeaderValue::from_bytes(value.as_bytes()).expect("a header"),
                );
            }
            assert_eq!(
                retry_after(&headers, NOW),
                expected.map(Duration::from_secs),
                "{values:?}"
            );
        };
        check(&[], None);
        check(&["7"], Some(7));
        check(&[" 120 "], Some(120));
        check(&["0"], Some(0));
        check(&["99999999999999999999999999"], Some(86_400));
        check(&["Sun, 06 Nov 1994 08:50:07 GMT"], Some(30));
        check(&["Sun, 06 Nov 1994 08:00:00 GMT"], Some(1));
        check(&["Wed, 06 Nov 2094 08:50:07 GMT"], Some(3600));
        check(&["Mon, 06 Nov 1944 08:50:07 GMT"], Some(1));
        check(&["-5"], None);
        check(&["1.5"], None);
        check(&["soon"], None);
        check(&[""], None);
        check(&["\u{ff17}"], None);
        check(&["3", "9", "soon"], Some(9));
    }
}
