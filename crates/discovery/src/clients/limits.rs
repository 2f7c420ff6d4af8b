//! What the usual headers say about a platform's limits, and how long to wait after a refusal. Must not know any platform.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use synthesizer_infrastructure::{
    http::{AnswerHead, LimitReading},
    resilience,
};
use synthesizer_model::discovery::Quota;

use super::reading::one_line;

/// What a refusal costs whose end nobody announced.
pub(super) const UNANNOUNCED: Duration = Duration::from_secs(60);
/// The least wait after a refusal.
const SHORTEST: Duration = Duration::from_secs(1);
/// Smaller numbers in a reset header are seconds from now, not a time: this one lies in 2001.
const FIRST_TIME: u64 = 1_000_000_000;

/// How a platform calls its headers.
#[derive(Debug)]
pub(super) struct LimitHeaders {
    /// Calls per window.
    pub(super) limit: &'static str,
    /// Calls that are left.
    pub(super) remaining: &'static str,
    /// When the window ends: seconds since 1970, or from now.
    pub(super) reset: &'static str,
    /// Which limit it is.
    pub(super) resource: &'static str,
}

impl LimitHeaders {
    /// Gives what is left, when any of it is said.
    pub(super) fn quota(&self, head: &AnswerHead<'_>) -> Option<Quota> {
        let quota = Quota {
            limit: number(head.headers, self.limit),
            remaining: number(head.headers, self.remaining),
            reset_at: number(head.headers, self.reset).and_then(|reset| reset_time(reset, head)),
            resource: text(head.headers, self.resource).and_then(|name| one_line(name, 64)),
        };
        let says_something = quota.limit.is_some() || quota.remaining.is_some();
        says_something.then_some(quota)
    }

    /// Gives the wait until the window ends, between a second and an hour.
    pub(super) fn wait_until_reset(&self, head: &AnswerHead<'_>) -> Option<Duration> {
        number(head.headers, self.reset).map(|reset| wait_of_reset(reset, head))
    }

    /// Reads the limits of a platform that refuses with 429 alone.
    pub(super) fn read(&self, head: &AnswerHead<'_>) -> LimitReading {
        let wait = (head.status == StatusCode::TOO_MANY_REQUESTS).then(|| {
            retry_after(head)
                .or_else(|| self.wait_until_reset(head))
                .unwrap_or(UNANNOUNCED)
        });
        LimitReading {
            quota: self.quota(head),
            wait,
        }
    }
}

/// Gives the wait of `Retry-After`, within the bounds of [`resilience::retry_after`] and at least a second.
pub(super) fn retry_after(head: &AnswerHead<'_>) -> Option<Duration> {
    resilience::retry_after(head.headers, their_now(head)).map(|wait| wait.max(SHORTEST))
}

/// The reset is a time of their clock, so it is held against their clock: the `Date` of the same answer.
fn wait_of_reset(reset: u64, head: &AnswerHead<'_>) -> Duration {
    let now = their_now(head);
    let reset = if reset < FIRST_TIME {
        now.saturating_add(reset)
    } else {
        reset
    };
    resilience::wait_of_reset(reset, now)
}

fn reset_time(reset: u64, head: &AnswerHead<'_>) -> Option<String> {
    let time = if reset < FIRST_TIME {
        head.now.checked_add(reset)?
    } else {
        reset
    };
    let timestamp = jiff::Timestamp::from_second(i64::try_from(time).ok()?).ok()?;
    Some(timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn their_now(head: &AnswerHead<'_>) -> u64 {
    text(head.headers, header::DATE.as_str())
        .and_then(date)
        .unwrap_or(head.now)
}

/// Reads a date of HTTP (RFC 9110, section 5.6.7), such as `Mon, 23 Nov 2026 05:34:17 GMT`, as seconds since 1970.
fn date(text: &str) -> Option<u64> {
    if text.len() > 64 {
        return None;
    }
    let time = jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()?;
    u64::try_from(time.as_second()).ok()
}

/// Gives the number that a header holds.
pub(super) fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    text(headers, name)?.parse().ok()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_412_057;
    const DATE: &str = "Mon, 23 Nov 2026 05:34:17 GMT";
    static HEADERS: LimitHeaders = LimitHeaders {
        limit: "ratelimit-limit",
        remaining: "ratelimit-remaining",
        reset: "ratelimit-reset",
        resource: "ratelimit-name",
    };

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        fields
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[track_caller]
    fn waits(status: u16, fields: &[(&'static str, &str)], seconds: Option<u64>) {
        let headers = headers(fields);
        let head = AnswerHead {
            status: StatusCode::from_u16(status).unwrap(),
            headers: &headers,
            now: NOW,
        };
        let wait = HEADERS.read(&head).wait;
        assert_eq!(wait, seconds.map(Duration::from_secs), "{fields:?}");
    }

    #[test]
    fn the_date_of_the_table_is_now() {
        assert_eq!(date(DATE), Some(NOW));
    }

    #[test]
    fn a_refusal_is_waited_for_within_bounds() {
        waits(200, &[("ratelimit-remaining", "0")], None);
        waits(403, &[("retry-after", "7")], None);
        waits(429, &[("retry-after", "7")], Some(7));
        waits(429, &[("retry-after", " 7 ")], Some(7));
        waits(429, &[("retry-after", "0")], Some(1));
        waits(429, &[("retry-after", "999999999999")], Some(86_400));
        waits(429, &[("retry-after", "-5")], Some(60));
        waits(429, &[("retry-after", "soon")], Some(60));
        waits(
            429,
            &[("retry-after", "Mon, 23 Nov 2026 05:34:27 GMT")],
            Some(10),
        );
        waits(
            429,
            &[("retry-after", "Mon, 23 Nov 2020 05:34:27 GMT")],
            Some(1),
        );
        waits(
            429,
            &[("retry-after", "3"), ("ratelimit-reset", "1795412099")],
            Some(3),
        );
        waits(429, &[], Some(60));
    }

    #[test]
    fn a_reset_is_held_against_the_clock_that_wrote_it() {
        waits(429, &[("ratelimit-reset", "1795412087")], Some(30));
        waits(429, &[("ratelimit-reset", "30")], Some(30));
        // Passed, by the only clock that is known.
        waits(429, &[("ratelimit-reset", "1795412000")], Some(1));
        waits(429, &[("ratelimit-reset", "0")], Some(1));
        // Our clock is two hours ahead of theirs, and two hours behind.
        waits(
            429,
            &[
                ("ratelimit-reset", "1795404887"),
                ("date", "Mon, 23 Nov 2026 03:34:17 GMT"),
            ],
            Some(30),
        );
        waits(
            429,
            &[
                ("ratelimit-reset", "1795419287"),
                ("date", "Mon, 23 Nov 2026 07:34:17 GMT"),
            ],
            Some(30),
        );
        // Passed by their own clock: the window is over.
        waits(
            429,
            &[("ratelimit-reset", "1795412000"), ("date", DATE)],
            Some(1),
        );
        waits(
            429,
            &[("ratelimit-reset", "18446744073709551615")],
            Some(3600),
        );
        waits(
            429,
            &[("ratelimit-reset", "18446744073709551616")],
            Some(60),
        );
    }

    #[test]
    fn a_quota_is_what_the_headers_say() {
        let headers = headers(&[
            ("ratelimit-limit", "2000"),
            ("ratelimit-remaining", "1999"),
            ("ratelimit-reset", "1795412100"),
            ("ratelimit-name", "throttle_unauthenticated_api"),
        ]);
        let head = AnswerHead {
            status: StatusCode::OK,
            headers: &headers,
            now: NOW,
        };
        let expected = Quota {
            limit: Some(2000),
            remaining: Some(1999),
            reset_at: Some("2026-11-23T05:35:00Z".to_owned()),
            resource: Some("throttle_unauthenticated_api".to_owned()),
        };
        assert_eq!(HEADERS.quota(&head), Some(expected));
        let none = HeaderMap::new();
        let head = AnswerHead {
            headers: &none,
            ..head
        };
        assert_eq!(HEADERS.quota(&head), None);
    }
}
