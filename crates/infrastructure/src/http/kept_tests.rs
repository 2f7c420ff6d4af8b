//! What may be kept of which answer, and what is read back.

use std::time::UNIX_EPOCH;

use synthesizer_model::secret::Secret;

use super::*;
use crate::http::{Credentials, Keep, Trust};

const NOW: Duration = Duration::from_secs(1_800_000_000);
const WISHED: Duration = Duration::from_secs(600);
const STALE: Duration = Duration::from_secs(3600);

fn request(url: &str) -> ServiceRequest {
    ServiceRequest {
        url: Url::parse(url).expect("a url"),
        trust: Trust::Public,
        headers: Vec::new(),
        authorization: None,
        size_limit: 1000,
        keep: Keep::Fresh(WISHED),
    }
}

fn answer(status: u16, headers: &[(&str, &str)]) -> Received {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(
            HeaderName::from_bytes(name.as_bytes()).expect("a name"),
            HeaderValue::from_bytes(value.as_bytes()).expect("a value"),
        );
    }
    Received {
        status: StatusCode::from_u16(status).expect("a status"),
        headers: map,
        body: Bytes::from_static(b"1234"),
        url: Url::parse("https://a.example/end").expect("a url"),
    }
}

fn keep(answer: &Received) -> Option<CacheEntry> {
    let request = request("https://a.example/x");
    entry_of(&request, answer, WISHED, STALE, UNIX_EPOCH + NOW)
}

#[test]
fn what_is_kept_how_long() {
    // Seconds that it is fresh, and kept at all.
    let check = |status: u16, headers: &[(&str, &str)], expected: Option<(u64, u64)>| {
        let found = keep(&answer(status, headers)).map(|entry| {
            let after = |time: SystemTime| {
                let since = time.duration_since(UNIX_EPOCH + NOW).expect("later");
                since.as_secs()
            };
            (after(entry.fresh_until), after(entry.kept_until))
        });
        assert_eq!(found, expected, "{status} {headers:?}");
    };
    let control = |value: &'static str| [("cache-control", value)];
    check(200, &[], Some((600, 4200)));
    check(200, &control("private, max-age=60"), Some((600, 4200)));
    check(200, &control("max-age=7200"), Some((7200, 10_800)));
    check(200, &control("max-age=99999999999"), Some((86_400, 90_000)));
    check(
        200,
        &control("max-age=0, must-revalidate"),
        Some((600, 4200)),
    );
    check(200, &control("no-cache"), Some((600, 4200)));
    check(200, &control("no-store"), None);
    check(200, &control("private, No-Store"), None);
    let two = [("cache-control", "private"), ("cache-control", "no-store")];
    check(200, &two, None);
    check(200, &[("vary", "accept")], Some((600, 4200)));
    check(200, &[("vary", "accept, *")], None);
    check(200, &[("age", "18446744073709551615")], Some((600, 4200)));
    check(404, &[], Some((60, 60)));
    for status in [201, 203, 204, 301, 304, 401, 403, 410, 422, 500] {
        check(status, &[], None);
    }
    let mut large = answer(200, &[]);
    large.body = Bytes::from(vec![0; LARGEST_VALUE]);
    assert!(keep(&large).is_none());
}

#[test]
fn an_entry_is_read_back_without_what_is_not_listed() {
    let kept = [
        ("content-type", "application/json"),
        ("etag", "\"1\""),
        ("link", "<https://a.example/x?page=2>; rel=\"next\""),
        ("x-total-count", "7"),
        ("x-ratelimit-remaining", "59"),
        ("ratelimit", "\"api\";r=1;t=2"),
    ];
    let dropped = [
        ("set-cookie", "session=hidden"),
        ("authorization", "Bearer hidden"),
        ("x-request-id", "hidden"),
    ];
    let entry = keep(&answer(200, &[&kept[..], &dropped[..]].concat())).expect("kept");
    let text = String::from_utf8_lossy(&entry.value).into_owned();
    assert!(!text.contains("hidden"), "{text}");
    let later = UNIX_EPOCH + NOW + Duration::from_secs(5);
    let read = Kept::read(&entry, later).expect("readable");
    let expected = answer(200, &kept);
    assert_eq!(read.answer.headers, expected.headers);
    assert_eq!(read.answer.body, expected.body);
    assert_eq!(read.answer.url, expected.url);
    assert_eq!(read.age(later), Duration::from_secs(5));
    assert!(read.is_fresh(later) && !read.is_fresh(later + WISHED));
}

#[test]
fn damaged_entries_and_those_of_the_future_are_no_entries() {
    let whole = keep(&answer(200, &[("etag", "\"1\"")])).expect("kept");
    let now = UNIX_EPOCH + NOW;
    assert!(Kept::read(&whole, now).is_some());
    assert!(Kept::read(&whole, now - Duration::from_secs(61)).is_none());
    let head = whole.value.len() - b"1234".len();
    let mut broken: Vec<Bytes> = (0..head).map(|end| whole.value.slice(..end)).collect();
    broken.push(Bytes::from_static(b"\xff\xff\xff\xff{}"));
    broken.push(Bytes::from_static(b"\x00\x00\x00\x02{}"));
    for value in broken {
        let entry = CacheEntry {
            value,
            ..whole.clone()
        };
        assert!(Kept::read(&entry, now).is_none(), "{:?}", entry.value);
    }
}

#[test]
fn keys_differ_where_answers_may() {
    let plain = || request("https://a.example/x");
    let with = |authorization: Authorization| ServiceRequest {
        authorization: Some(authorization),
        ..plain()
    };
    let accept = |value: &'static str| ServiceRequest {
        headers: vec![(header::ACCEPT, HeaderValue::from_static(value))],
        ..plain()
    };
    let basic = |user: &str, password: &str| {
        with(Authorization::Basic(Credentials {
            user: user.to_owned(),
            password: Secret::new(password),
        }))
    };
    let named = HeaderName::from_static("private-token");
    let questions = [
        ("s", plain()),
        ("t", plain()),
        ("s", request("https://a.example/y")),
        (
            "s",
            ServiceRequest {
                trust: Trust::ConfiguredByUser,
                ..plain()
            },
        ),
        ("s", accept("text/html")),
        ("s", accept("application/json")),
        ("s", with(Authorization::Bearer(Secret::new("one-token")))),
        ("s", with(Authorization::Bearer(Secret::new("two-token")))),
        (
            "s",
            with(Authorization::Header(named, Secret::new("one-token"))),
        ),
        ("s", basic("a", "b")),
        ("s", basic("a\nb", "")),
    ];
    let keys: Vec<String> = questions
        .iter()
        .map(|(service, request)| key_of(service, request))
        .collect();
    let different: std::collections::BTreeSet<&String> = keys.iter().collect();
    assert_eq!(different.len(), keys.len());
    assert!(keys.iter().all(|key| !key.contains("token")));
    assert_eq!(key_of("s", &plain()), keys[0]);
}

#[test]
fn a_confirmation_brings_its_own_headers() {
    let old = [
        ("etag", "\"1\""),
        ("content-type", "text/plain"),
        ("date", "then"),
    ];
    let entry = keep(&answer(200, &old)).expect("kept");
    let kept = Kept::read(&entry, UNIX_EPOCH + NOW).expect("readable");
    let validators = kept.validators().expect("an entity tag");
    assert_eq!(
        validators.entity_tag.as_ref().map(HeaderValue::as_bytes),
        Some(&b"\"1\""[..])
    );
    assert_eq!(validators.url.as_str(), "https://a.example/end");
    let new = [
        ("etag", "\"2\""),
        ("content-type", "none"),
        ("date", "now"),
        ("server", "x"),
    ];
    let confirmed = kept.confirmed_by(&answer(304, &new).headers);
    let expected = [
        ("etag", "\"2\""),
        ("content-type", "text/plain"),
        ("date", "now"),
    ];
    assert_eq!(confirmed.headers, answer(200, &expected).headers);
    assert_eq!(
        (confirmed.status, &confirmed.body[..]),
        (StatusCode::OK, &b"1234"[..])
    );
    assert_eq!(
        keep(&answer(200, &[])).and_then(|entry| {
            Kept::read(&entry, UNIX_EPOCH + NOW).and_then(|kept| kept.validators())
        }),
        None
    );
}
