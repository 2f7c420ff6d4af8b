//! What is kept of an answer, as which key, for how long. Keeps no credentials, no cookies, and only headers that are listed.

use std::time::{Duration, SystemTime};

use bytes::{BufMut as _, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_cache_semantics::{CacheOptions, CachePolicy};
use serde::{Deserialize, Serialize};
use synthesizer_model::tree::sha256_hex;
use url::Url;

use super::{
    exchange::{Received, Validators},
    keepable::{is_whole, repeats_secret},
    service::{Authorization, ServiceRequest},
};
use crate::cache::{CacheEntry, LARGEST_VALUE};

/// How long an answer that there is nothing is believed.
const LONGEST_NOTHING: Duration = Duration::from_secs(60);
/// How long a service's own word on freshness is believed.
const LONGEST_FRESH: Duration = Duration::from_secs(24 * 3600);
/// How far an entry may lie in the future, by a clock that was corrected.
const CLOCK_SLACK: Duration = Duration::from_secs(60);
/// The form of the entries; another form is another key.
const FORM: &str = "1";

/// Headers that are kept, besides those that begin with one of [`KEPT_BEGINNINGS`].
const KEPT_HEADERS: &[HeaderName] = &[
    header::AGE,
    header::CACHE_CONTROL,
    header::CONTENT_TYPE,
    header::DATE,
    header::ETAG,
    header::EXPIRES,
    header::LAST_MODIFIED,
    header::LINK,
    header::VARY,
];
const KEPT_BEGINNINGS: &[&str] = &[
    "ratelimit",
    "x-error-code",
    "x-next-page",
    "x-page",
    "x-per-page",
    "x-ratelimit",
    "x-total",
];

/// An answer out of the cache, with its times.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// The answer.
    pub(super) answer: Received,
    stored_at: SystemTime,
    fresh_until: SystemTime,
}

/// The part of an entry before the body.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    status: u16,
    url: Url,
    headers: Vec<(String, String)>,
}

/// Gives the key of an answer: a hash over the service, the address, every header of the question, and who asks.
///
/// Credentials enter only as their own hash, so that answers for different tokens never meet.
pub(super) fn key_of(service: &str, request: &ServiceRequest) -> String {
    let mut headers: Vec<String> = request
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {:?}", value.as_bytes()))
        .collect();
    headers.sort();
    let who = request
        .authorization
        .as_ref()
        .map_or_else(String::new, |authorization| {
            let secret = match authorization {
                Authorization::Bearer(token) => format!("bearer {}", token.expose()),
                Authorization::Basic(credentials) => {
                    format!(
                        "basic {}\n{}",
                        credentials.user,
                        credentials.password.expose()
                    )
                }
                Authorization::Header(name, token) => format!("{name} {}", token.expose()),
            };
            sha256_hex(secret.as_bytes())
        });
    let parts = [
        FORM,
        service,
        request.url.as_str(),
        &format!("{:?}", request.trust),
        &headers.join("\n"),
        &who,
    ];
    // No part can hold the separator: lengths tell where each ends.
    let text: String = parts
        .iter()
        .map(|part| format!("{}:{part}", part.len()))
        .collect();
    sha256_hex(text.as_bytes())
}

impl Kept {
    /// Reads an entry; `None` when it is not one of ours, is damaged, or comes from the future.
    pub(super) fn read(entry: &CacheEntry, now: SystemTime) -> Option<Self> {
        let (length, rest) = entry.value.split_at_checked(4)?;
        let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
        let head = rest.get(..length)?;
        let head: Head = serde_json::from_slice(head).ok()?;
        let mut headers = HeaderMap::new();
        for (name, value) in head.headers {
            headers.append(
                HeaderName::try_from(name).ok()?,
                HeaderValue::try_from(value).ok()?,
            );
        }
        // A clock that was set back makes entries look younger than nothing; those are asked for anew.
        if entry.stored_at > now + CLOCK_SLACK {
            return None;
        }
        Some(Self {
            answer: Received {
                status: StatusCode::from_u16(head.status).ok()?,
                headers,
                body: entry.value.slice(4 + length..),
                url: head.url,
            },
            stored_at: entry.stored_at,
            fresh_until: entry.fresh_until,
        })
    }

    /// Says whether it may be used without asking.
    pub(super) fn is_fresh(&self, now: SystemTime) -> bool {
        now < self.fresh_until
    }

    /// Gives the time since it came, or was confirmed.
    pub(super) fn age(&self, now: SystemTime) -> Duration {
        now.duration_since(self.stored_at).unwrap_or_default()
    }

    /// Gives by what the service can confirm it, if by anything.
    pub(super) fn validators(&self) -> Option<Validators> {
        let validators = Validators {
            url: self.answer.url.clone(),
            entity_tag: self.answer.headers.get(header::ETAG).cloned(),
            last_modified: self.answer.headers.get(header::LAST_MODIFIED).cloned(),
        };
        let any = validators.entity_tag.is_some() || validators.last_modified.is_some();
        (any && self.answer.status == StatusCode::OK).then_some(validators)
    }

    /// Gives the answer as confirmed: its own body, and what the confirmation says of the headers.
    pub(super) fn confirmed_by(&self, confirmation: &HeaderMap) -> Received {
        let mut answer = self.answer.clone();
        for name in confirmation.keys() {
            if is_kept(name) && name != header::CONTENT_TYPE {
                answer.headers.remove(name);
                for value in confirmation.get_all(name) {
                    answer.headers.append(name.clone(), value.clone());
                }
            }
        }
        answer
    }
}

/// Makes the entry of an answer, or `None` when it must not be kept.
///
/// It counts as fresh for as long as the user wishes, or as the service says where that is longer (up to a day). What the service
/// forbids to store, or says to depend on more than the question, is never kept; nor is a body that is not whole or repeats our credentials.
pub(super) fn entry_of(
    request: &ServiceRequest,
    answer: &Received,
    wished: Duration,
    stale: Duration,
    now: SystemTime,
) -> Option<CacheEntry> {
    if answer.body.len() > LARGEST_VALUE || depends_on_everything(&answer.headers) {
        return None;
    }
    let policy = policy_of(request, answer, now)?;
    if !policy.is_storable() {
        return None;
    }
    let (fresh, kept) = match answer.status {
        StatusCode::OK => {
            let fresh = wished.max(policy.time_to_live(now).min(LONGEST_FRESH));
            (fresh, fresh.saturating_add(stale))
        }
        StatusCode::NOT_FOUND => {
            let fresh = wished.min(LONGEST_NOTHING);
            (fresh, fresh)
        }
        _ => return None,
    };
    if !is_whole(&answer.headers, &answer.body) {
        return None;
    }
    let value = written(answer)?;
    if repeats_secret(request.authorization.as_ref(), &value) {
        return None;
    }
    Some(CacheEntry {
        value,
        stored_at: now,
        fresh_until: now.checked_add(fresh)?,
        kept_until: now.checked_add(kept)?,
    })
}

fn depends_on_everything(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::VARY)
        .iter()
        .any(|value| value.as_bytes().contains(&b'*'))
}

/// Asks the rules of HTTP caching, as a cache of one person's own.
fn policy_of(request: &ServiceRequest, answer: &Received, now: SystemTime) -> Option<CachePolicy> {
    let mut asked = Request::builder()
        .method(Method::GET)
        .uri(request.url.as_str());
    for (name, value) in &request.headers {
        asked = asked.header(name, value);
    }
    let asked = asked.body(()).ok()?;
    let mut answered = http::Response::new(());
    *answered.status_mut() = answer.status;
    *answered.headers_mut() = answer.headers.clone();
    let directives = answered.headers_mut().get_mut(header::CACHE_CONTROL);
    // Directives are case-insensitive (RFC 9111, section 5.2); the library reads them in lower case alone.
    if let Some(directives) = directives {
        let all = answer.headers.get_all(header::CACHE_CONTROL).iter();
        let all: Vec<&[u8]> = all.map(HeaderValue::as_bytes).collect();
        let lower = all.join(&b","[..]).to_ascii_lowercase();
        *directives = HeaderValue::from_bytes(&lower).ok()?;
    }
    let own = CacheOptions {
        shared: false,
        ..CacheOptions::default()
    };
    Some(CachePolicy::new_options(&asked, &answered, now, own))
}

fn is_kept(name: &HeaderName) -> bool {
    KEPT_HEADERS.contains(name)
        || KEPT_BEGINNINGS
            .iter()
            .any(|beginning| name.as_str().starts_with(beginning))
}

fn written(answer: &Received) -> Option<Bytes> {
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| is_kept(name))
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    let head = serde_json::to_vec(&Head {
        status: answer.status.as_u16(),
        url: answer.url.clone(),
        headers: headers.collect(),
    })
    .ok()?;
    let mut value = BytesMut::with_capacity(4 + head.len() + answer.body.len());
    value.put_u32(u32::try_from(head.len()).ok()?);
    value.put_slice(&head);
    value.put_slice(&answer.body);
    (value.len() <= LARGEST_VALUE).then(|| value.freeze())
}

#[cfg(test)]
#[path = "kept_tests.rs"]
mod tests;
