//! What a platform's stand-in is made of: questions in, answers out. Must not touch sockets.

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::Value;
use synthesizer_model::tree::sha256_hex;

use super::quota::Quotas;

/// A request, taken apart.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// The path without the query, as sent.
    pub(super) path: String,
    /// The parts of the path, each percent-decoded.
    pub(super) segments: Vec<String>,
    /// The parameters, decoded, in order.
    pub(super) query: Vec<(String, String)>,
    /// Header names in lower case and their values.
    pub(super) headers: Vec<(String, String)>,
    /// Where this server is, such as `http://127.0.0.1:4711`.
    pub(super) base: String,
    /// Seconds since 1970.
    pub(super) now: u64,
    /// Whether pages are as they should be.
    pub(super) paging: Paging,
}

/// How pages follow each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Paging {
    /// As documented.
    #[default]
    Honest,
    /// The next page is this one.
    Looping,
    /// There is always a next page, and it is full.
    Endless,
    /// As documented, but the platform says that it did not finish.
    Incomplete,
}

/// How a platform refuses because of its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// With `Retry-After` in seconds.
    RetryAfter(u64),
    /// With its own headers and the end of the window, in seconds from now.
    Reset(i64),
    /// With a body alone.
    WithoutHeaders,
}

/// An answer before it is written.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// The status.
    pub(super) status: u16,
    /// The headers but those of the framing.
    pub(super) headers: Vec<(String, String)>,
    /// The body.
    pub(super) body: Vec<u8>,
}

/// One platform.
pub(super) trait Site: Send + Sync {
    /// Answers as documented.
    fn answer(&self, question: &Question) -> Answer;

    /// Refuses because of the limit.
    fn refuse(&self, question: &Question, refusal: Refusal) -> Answer;

    /// Reports a failure in the platform's form.
    fn failure(&self, status: u16) -> Answer;
}

/// What can be changed from outside while a platform serves.
#[derive(Debug)]
pub(super) struct Controls {
    /// Tokens and `user:key` pairs that are accepted.
    pub(super) tokens: Mutex<BTreeSet<String>>,
    /// How much was asked in each window.
    pub(super) quotas: Quotas,
    /// Where a self-hosted site says that it is, with a slash at its end; the public one when `None`.
    pub(super) root: Mutex<Option<String>>,
}

impl Controls {
    /// Accepts one token.
    pub(super) fn new(token: &str) -> Self {
        Self {
            tokens: Mutex::new(BTreeSet::from([token.to_owned()])),
            quotas: Quotas::default(),
            root: Mutex::default(),
        }
    }

    /// Says whether the credential is known.
    pub(super) fn knows(&self, credential: &str) -> bool {
        let tokens = self.tokens.lock().expect("no holder panics");
        tokens.contains(credential)
    }

    /// Gives who asks: `Ok(None)` for nobody, `Err` for credentials that are not accepted.
    pub(super) fn caller(
        &self,
        question: &Question,
        schemes: &[&str],
    ) -> Result<Option<String>, ()> {
        let Some(header) = question.header("authorization") else {
            return Ok(None);
        };
        let (scheme, credential) = header.split_once(' ').ok_or(())?;
        let scheme_fits = schemes
            .iter()
            .any(|known| known.eq_ignore_ascii_case(scheme));
        let credential = match scheme.eq_ignore_ascii_case("basic") {
            true => decode_basic(credential).ok_or(())?,
            false => credential.to_owned(),
        };
        match scheme_fits && self.knows(&credential) {
            true => Ok(Some(credential)),
            false => Err(()),
        }
    }
}

fn decode_basic(credential: &str) -> Option<String> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    String::from_utf8(STANDARD.decode(credential).ok()?).ok()
}

impl Question {
    /// Gives a parameter; the last one when it is repeated.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Gives a header; the name is in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Gives a parameter as a number: the default when it is absent, `None` when it is no number.
    pub(super) fn number(&self, name: &str, default: u64) -> Option<u64> {
        match self.parameter(name) {
            None | Some("") => Some(default),
            Some(text) => text.parse().ok(),
        }
    }

    /// Gives the parts of the path for matching.
    pub(super) fn parts(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    /// Gives the address of this request with some parameters put in the place of others.
    pub(super) fn url_with(&self, changes: &[(&str, String)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let changed = |name: &str| changes.iter().any(|(key, _)| *key == name);
        for (key, value) in self.query.iter().filter(|(key, _)| !changed(key)) {
            query.append_pair(key, value);
        }
        for (key, value) in changes {
            query.append_pair(key, value);
        }
        format!("{}{}?{}", self.base, self.path, query.finish())
    }
}

impl Answer {
    /// Makes an answer in JSON.
    pub(super) fn json(status: u16, value: &Value) -> Self {
        Self::new(status, "application/json; charset=utf-8", value.to_string())
    }

    /// Makes an answer of some type.
    pub(super) fn new(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), media_type.to_owned())],
            body: body.into(),
        }
    }

    /// Adds a header.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// Adds an `ETag` of the body, and turns into 304 when the request names it.
    #[must_use]
    pub(super) fn with_etag(self, question: &Question) -> Self {
        let tag = format!("W/\"{}\"", &sha256_hex(&self.body)[..40]);
        let asked = question.header("if-none-match").unwrap_or_default();
        let known = asked.split(',').any(|known| known.trim() == tag);
        let mut answer = self.with("etag", tag);
        if known && answer.status == 200 {
            answer.status = 304;
            answer.body.clear();
            answer.headers.retain(|(name, _)| name != "content-type");
        }
        answer
    }

    /// Adds a `Link` header when there is something to link to.
    #[must_use]
    pub(super) fn with_links(self, links: &[(&str, Option<String>)]) -> Self {
        let written: Vec<String> = links
            .iter()
            .filter_map(|(relation, url)| Some(format!("<{}>; rel=\"{relation}\"", url.as_ref()?)))
            .collect();
        match written.is_empty() {
            true => self,
            false => self.with("link", written.join(", ")),
        }
    }
}

/// One page of a list.
#[derive(Debug)]
pub(super) struct Page<'a, T> {
    /// What is on it.
    pub(super) items: Vec<&'a T>,
    /// Its number, from 1.
    pub(super) number: u64,
    /// The next one.
    pub(super) next: Option<u64>,
    /// The last one.
    pub(super) last: u64,
}

/// Cuts a page out of a list; the numbers count from 1.
pub(super) fn page<'a, T>(all: &[&'a T], number: u64, size: u64, paging: Paging) -> Page<'a, T> {
    let number = number.max(1);
    let size = usize::try_from(size.max(1)).unwrap_or(usize::MAX);
    let before = usize::try_from(number - 1)
        .unwrap_or(usize::MAX)
        .saturating_mul(size);
    let pages = (all.len().div_ceil(size) as u64).max(1);
    let honest = || all.iter().skip(before).take(size).copied().collect();
    match paging {
        Paging::Honest | Paging::Incomplete => Page {
            items: honest(),
            number,
            next: (number < pages).then_some(number + 1),
            last: pages,
        },
        Paging::Looping => Page {
            items: honest(),
            number,
            next: Some(number),
            last: number + 1,
        },
        Paging::Endless => Page {
            items: all
                .iter()
                .cycle()
                .skip(before % all.len().max(1))
                .take(size)
                .copied()
                .collect(),
            number,
            next: Some(number + 1),
            last: number + 1,
        },
    }
}
