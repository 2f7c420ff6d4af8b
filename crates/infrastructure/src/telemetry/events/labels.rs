//! Values of labels: fixed lists, and sets of names that take no more than a bound. Whatever else comes is `other`.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError, RwLock},
};

use metrics::SharedString;
use synthesizer_model::failure::ErrorCode;

/// What stands for everything that has no value of its own.
pub(super) const OTHER: &str = "other";

/// The longest name that a set takes, in bytes.
const LONGEST: usize = 64;

/// How calls and operations end: `ok`, or the code of the failure.
const OUTCOMES: &[&str] = &[
    "ok",
    "argument",
    "auth",
    "cancelled",
    "circuit_open",
    "config",
    "exists",
    "forbidden",
    "incompatible",
    "internal",
    "limit",
    "not_found",
    "offline",
    "path",
    "query",
    "rate_limited",
    "timeout",
    "tool_missing",
    "unsatisfiable",
    "upstream",
    "url",
    "verify",
];

/// How a call to a service can end; these series exist from the service's first mention on.
pub(super) const CALL_OUTCOMES: &[&str] = &[
    "ok",
    "auth",
    "cancelled",
    "circuit_open",
    "forbidden",
    "limit",
    "not_found",
    "offline",
    "rate_limited",
    "timeout",
    "upstream",
    "url",
];

/// States of a breaker, as resilience4j names them.
pub(super) const BREAKER_STATES: &[&str] =
    &["closed", "open", "half_open", "forced_open", "disabled"];

/// Where a cache keeps its entries; `any` is what all layers together gave.
const CACHE_LAYERS: &[&str] = &["any", "disk", "memory", "redis"];

/// What a cache says.
const CACHE_RESULTS: &[&str] = &["hit", "miss", "stale", "error"];

static SERVICES: Names = Names::new(64);
static CACHE_KINDS: Names = Names::new(32);
static RULES: Names = Names::new(1024);
static OPERATIONS: Names = Names::new(64);
static TASKS: Names = Names::new(128);
static LISTENERS: Names = Names::new(8);
static ROUTES: Names = Names::new(64);

/// Gives the outcome that a failure counts as, such as `timeout`.
pub fn outcome(code: ErrorCode) -> &'static str {
    let code = code.as_str();
    let code = code.strip_prefix("E_").unwrap_or(code);
    let known = OUTCOMES
        .iter()
        .find(|known| known.eq_ignore_ascii_case(code));
    known.copied().unwrap_or(OTHER)
}

/// Gives the family of a service: `git` for `git:host.example`.
pub(super) fn service(name: &str) -> SharedString {
    let family = name.split_once(':').map_or(name, |(family, _)| family);
    SERVICES.label(family)
}

pub(super) fn outcome_label(outcome: &str) -> SharedString {
    listed(OUTCOMES, outcome)
}

pub(super) fn breaker_state(state: &str) -> SharedString {
    listed(BREAKER_STATES, state)
}

pub(super) fn cache_layer(layer: &str) -> SharedString {
    listed(CACHE_LAYERS, layer)
}

pub(super) fn cache_kind(kind: &str) -> SharedString {
    CACHE_KINDS.label(kind)
}

pub(super) fn cache_result(result: &str) -> SharedString {
    listed(CACHE_RESULTS, result)
}

pub(super) fn rule(rule: &str) -> SharedString {
    RULES.label(rule)
}

pub(super) fn operation(operation: &str) -> SharedString {
    OPERATIONS.label(operation)
}

pub(super) fn task(task: &str) -> SharedString {
    TASKS.label(task)
}

pub(super) fn listener(listener: &str) -> SharedString {
    LISTENERS.label(listener)
}

pub(super) fn route(route: &str) -> SharedString {
    ROUTES.label(route)
}

/// Gives a status of HTTP; there are 500 at most, of which our listeners use a few.
pub(super) fn status(status: u16) -> SharedString {
    match status {
        100..=599 => status.to_string().into(),
        _ => OTHER.into(),
    }
}

fn listed(list: &'static [&'static str], value: &str) -> SharedString {
    let known = list.iter().find(|known| **known == value);
    known.copied().unwrap_or(OTHER).into()
}

/// Names that come from our own code and configuration: the first so many that have the form of a name.
struct Names {
    most: usize,
    known: RwLock<BTreeSet<Arc<str>>>,
}

impl Names {
    const fn new(most: usize) -> Self {
        Self {
            most,
            known: RwLock::new(BTreeSet::new()),
        }
    }

    fn label(&self, name: &str) -> SharedString {
        if let Some(known) = self.find(name) {
            return known.into();
        }
        if !is_name(name) {
            return OTHER.into();
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if !known.contains(name) {
            if known.len() >= self.most {
                return OTHER.into();
            }
            known.insert(Arc::from(name));
        }
        name.to_owned().into()
    }

    fn find(&self, name: &str) -> Option<Arc<str>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(name).cloned()
    }
}

fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./{}*".contains(&byte);
    (1..=LONGEST).contains(&name.len()) && name.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_takes_no_more_than_its_bound() {
        let names = Names::new(10);
        let labels: BTreeSet<String> = (0..1_000)
            .map(|number| names.label(&format!("name-{number}")).to_string())
            .collect();
        assert_eq!(labels.len(), 11);
        assert!(labels.contains(OTHER) && labels.contains("name-9"));
        assert_eq!(names.label("name-3").as_ref(), "name-3");
    }

    #[test]
    fn only_names_are_taken() {
        let check = |name: &str, expected: bool| assert_eq!(is_name(name), expected, "{name:?}");
        check("github", true);
        check("/api/jobs/{id}", true);
        check("hugging_face-2", true);
        check("", false);
        check("a b", false);
        check("a\"b", false);
        check("a\n", false);
        check("\u{e9}", false);
        check(&"a".repeat(65), false);
    }

    #[test]
    fn hosts_are_not_services() {
        assert_eq!(service("git:host.example").as_ref(), "git");
        assert_eq!(service("git:a:b").as_ref(), "git");
        assert_eq!(service(":host").as_ref(), OTHER);
    }

    #[test]
    fn every_failure_has_an_outcome() {
        let codes = [
            ErrorCode::Url,
            ErrorCode::Path,
            ErrorCode::Query,
            ErrorCode::Argument,
            ErrorCode::NotFound,
            ErrorCode::Authentication,
            ErrorCode::Forbidden,
            ErrorCode::RateLimited,
            ErrorCode::CircuitOpen,
            ErrorCode::Timeout,
            ErrorCode::Upstream,
            ErrorCode::Unsatisfiable,
            ErrorCode::Incompatible,
            ErrorCode::Verify,
            ErrorCode::Exists,
            ErrorCode::Limit,
            ErrorCode::ToolMissing,
            ErrorCode::Cancelled,
            ErrorCode::Config,
            ErrorCode::Offline,
            ErrorCode::Internal,
        ];
        let outcomes: BTreeSet<_> = codes.map(outcome).into();
        assert_eq!(outcomes.len(), codes.len());
        assert!(!outcomes.contains(OTHER));
        assert!(
            CALL_OUTCOMES
                .iter()
                .all(|outcome| OUTCOMES.contains(outcome))
        );
    }
}
