//! The limits of Hugging Face, by its headers `RateLimit` and `RateLimit-Policy`. Must not ask for anything.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use synthesizer_infrastructure::http::{AnswerHead, LimitReading};
use synthesizer_model::discovery::Quota;

use super::limits;

/// The longest header that is read, in bytes.
const HEADER_LIMIT: usize = 1_024;
/// The longest window that is believed; the hub's are five minutes.
const LONGEST_WINDOW: u64 = 3_600;

/// Reads `RateLimit: "api";r=499;t=120` and `RateLimit-Policy: "fixed window";"api";q=500;w=300` (hub documentation, "Rate limits").
pub(super) fn read_limits(head: &AnswerHead<'_>) -> LimitReading {
    let current = member(head.headers, "ratelimit");
    let remaining = current.and_then(|member| parameter(member, "r"));
    let ends_in = current
        .and_then(|member| parameter(member, "t"))
        .map(|seconds| seconds.min(LONGEST_WINDOW));
    let limit = member(head.headers, "ratelimit-policy").and_then(|member| parameter(member, "q"));
    let says_something = remaining.is_some() || limit.is_some();
    let wait = (head.status == StatusCode::TOO_MANY_REQUESTS).then(|| {
        limits::retry_after(head)
            .or_else(|| ends_in.map(|seconds| Duration::from_secs(seconds.max(1))))
            .unwrap_or(limits::UNANNOUNCED)
    });
    LimitReading {
        quota: says_something.then(|| Quota {
            limit,
            remaining,
            reset_at: ends_in.and_then(|seconds| time(head.now.checked_add(seconds)?)),
            resource: current.and_then(name),
        }),
        wait,
    }
}

/// Gives the member of a list header that is about the API, else the first.
fn member<'a>(headers: &'a HeaderMap, header: &str) -> Option<&'a str> {
    let text = headers.get(header)?.to_str().ok()?;
    if text.len() > HEADER_LIMIT {
        return None;
    }
    let is_api = |member: &&str| member.split(';').any(|part| unquoted(part) == "api");
    let mut members = text.split(',');
    members.clone().find(is_api).or_else(|| members.next())
}

fn parameter(member: &str, key: &str) -> Option<u64> {
    let mut parts = member.split(';').filter_map(|part| part.split_once('='));
    let (_, value) = parts.find(|(name, _)| name.trim() == key)?;
    value.trim().parse().ok()
}

/// Gives the name of the limit: one of `api`, `resolvers` and `pages`.
fn name(member: &str) -> Option<String> {
    let name = unquoted(member.split(';').next()?);
    let plain = !name.is_empty()
        && name.len() <= 32
        && name
            .bytes()
            .all(|character| character.is_ascii_alphanumeric());
    plain.then(|| name.to_owned())
}

fn unquoted(part: &str) -> &str {
    part.trim().trim_matches('"')
}

fn time(seconds: u64) -> Option<String> {
    let time = jiff::Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
    Some(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_412_057;

    #[track_caller]
    fn check(
        status: u16,
        fields: &[(&'static str, &str)],
        quota: Option<(Option<u64>, Option<u64>, Option<&str>)>,
        wait: Option<u64>,
    ) {
        let headers: HeaderMap = fields
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        let head = AnswerHead {
            status: StatusCode::from_u16(status).unwrap(),
            headers: &headers,
            now: NOW,
        };
        let reading = read_limits(&head);
        let found = reading.quota.as_ref();
        let found = found.map(|quota| (quota.limit, quota.remaining, quota.reset_at.as_deref()));
        assert_eq!(found, quota, "{fields:?}");
        assert_eq!(reading.wait, wait.map(Duration::from_secs), "{fields:?}");
    }

    #[test]
    fn the_documented_headers_are_a_quota() {
        check(
            200,
            &[
                ("ratelimit", "\"api\";r=489;t=43"),
                ("ratelimit-policy", "\"fixed window\";\"api\";q=500;w=300"),
            ],
            Some((Some(500), Some(489), Some("2026-11-23T05:35:00Z"))),
            None,
        );
        check(
            200,
            &[("ratelimit", "\"pages\";r=1;t=9, \"api\"; r=2; t=43")],
            Some((None, Some(2), Some("2026-11-23T05:35:00Z"))),
            None,
        );
    }

    #[test]
    fn a_refusal_is_waited_for_until_the_window_ends() {
        let none = Some((None, Some(0), Some("2026-11-23T05:35:00Z")));
        check(429, &[("ratelimit", "\"api\";r=0;t=43")], none, Some(43));
        check(
            429,
            &[("ratelimit", "\"api\";r=0;t=43"), ("retry-after", "7")],
            none,
            Some(7),
        );
        check(429, &[], None, Some(60));
        check(429, &[("ratelimit", "\"api\";t=0")], None, Some(1));
        check(
            429,
            &[("ratelimit", "\"api\";t=999999999")],
            None,
            Some(3600),
        );
    }

    #[test]
    fn broken_headers_say_nothing() {
        let long = format!("\"api\";r=1;x={}", "y".repeat(HEADER_LIMIT));
        for text in [
            "",
            ";;;",
            "\"api\"",
            "\"api\";r=-1",
            "\"api\";r=1e9",
            "r",
            "=",
            long.as_str(),
        ] {
            check(200, &[("ratelimit", text)], None, None);
        }
    }
}
