//! What is known of every platform, and checks that ask each for something small. Callers share one check; none waits longer than it takes.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared, join_all},
};
use jiff::Timestamp;
use synthesizer_infrastructure::telemetry::tasks;
use synthesizer_model::{ErrorCode, Failure, discovery::PlatformStatus};
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    calls::{TimeBound, bounded},
    client::{PlatformClient, PlatformQuery},
    platforms::{Access, Platform},
};

/// How long one platform may take to answer a check.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);
/// What is asked for; every platform has something for it.
const CHECK_QUERY: &str = "http";

/// The last check of all platforms, and the one under way.
pub(crate) struct Checks {
    interval: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    newest: Option<Flight>,
    /// The outcomes of the last check that is done.
    done: Option<(Instant, Arc<Outcomes>)>,
}

/// A check under way, or done and still fresh.
#[derive(Clone)]
struct Flight {
    began: Instant,
    outcomes: Shared<BoxFuture<'static, Arc<Outcomes>>>,
}

type Outcomes = BTreeMap<&'static str, Outcome>;

/// What a check of one platform showed.
#[derive(Debug)]
struct Outcome {
    /// `None` when it could not be asked: the network is switched off.
    healthy: Option<bool>,
    failure: Option<Failure>,
    at: String,
}

impl Checks {
    /// Keeps the outcomes of a check for so long.
    pub(crate) fn new(interval: Duration) -> Self {
        Self {
            interval,
            state: Mutex::default(),
        }
    }

    /// Checks every enabled platform, unless that was done a moment ago or is being done. Ends early when cancelled; others who
    /// wait for the same check still get it.
    pub(crate) async fn run(&self, platforms: &[Platform], cancellation: &CancellationToken) {
        let flight = self.join(platforms);
        let outcomes = tokio::select! {
            biased;
            () = cancellation.cancelled() => return,
            outcomes = flight.outcomes => outcomes,
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let newer = state.done.as_ref().is_none_or(|(at, _)| *at < flight.began);
        if newer {
            state.done = Some((flight.began, outcomes));
        }
    }

    /// Gives the check under way, the last one while it is fresh, or a new one.
    fn join(&self, platforms: &[Platform]) -> Flight {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = &state.newest {
            let fresh = flight.began.elapsed() < self.interval;
            if fresh || flight.outcomes.peek().is_none() {
                return flight.clone();
            }
        }
        let flight = Flight {
            began: Instant::now(),
            outcomes: start(platforms),
        };
        state.newest = Some(flight.clone());
        flight
    }

    /// Gives the outcomes of the last check, and whether they are fresh.
    fn last(&self) -> Option<(Arc<Outcomes>, bool)> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (began, outcomes) = state.done.as_ref()?;
        Some((Arc::clone(outcomes), began.elapsed() < self.interval))
    }
}

/// Starts a check in a task that ends by itself, or with the last one who waits for it.
fn start(platforms: &[Platform]) -> Shared<BoxFuture<'static, Arc<Outcomes>>> {
    let enabled: Vec<(&'static str, Arc<dyn PlatformClient>)> = platforms
        .iter()
        .filter_map(|platform| match &platform.access {
            Access::Enabled { checking, .. } => Some((platform.name(), Arc::clone(checking))),
            Access::Disabled { .. } => None,
        })
        .collect();
    let mut task = OwnedCheck(tasks::spawn("platform_check", async move {
        let checks = enabled
            .into_iter()
            .map(|(name, client)| async move { (name, check(name, client).await) });
        join_all(checks).await.into_iter().collect::<Outcomes>()
    }));
    let outcomes = async move { Arc::new((&mut task.0).await.unwrap_or_default()) };
    outcomes.boxed().shared()
}

/// Ends a check with the last one who waits for it.
struct OwnedCheck(JoinHandle<Outcomes>);

impl Drop for OwnedCheck {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn check(name: &'static str, client: Arc<dyn PlatformClient>) -> Outcome {
    let query = PlatformQuery {
        text: CHECK_QUERY.to_owned(),
        language: None,
        min_stars: 0,
        page_size: 1,
        page: None,
    };
    let time = TimeBound::from_now(CHECK_TIMEOUT);
    let nobody = CancellationToken::new();
    let answer = bounded(name, time, &nobody, |bounds| async move {
        client.search(&query, &bounds).await
    })
    .await;
    let (healthy, failure) = match answer {
        Ok(page) if page.stale => (
            Some(false),
            Some(Failure::new(
                ErrorCode::Upstream,
                format!("{name} could not be asked; an earlier answer was used"),
            )),
        ),
        Ok(_) => (Some(true), None),
        // It limits us, or could not be asked: neither says that it is ill.
        Err(failure) if matches!(failure.code, ErrorCode::Offline | ErrorCode::RateLimited) => {
            (None, Some(failure))
        }
        Err(failure) => (Some(false), Some(failure)),
    };
    Outcome {
        healthy,
        failure,
        at: Timestamp::now().to_string(),
    }
}

/// Says what the door and the last check know of every platform.
pub(crate) fn known(platforms: &[Platform], checks: &Checks) -> Vec<PlatformStatus> {
    let last = checks.last();
    platforms
        .iter()
        .map(|platform| {
            let outcome = last.as_ref().and_then(|(outcomes, fresh)| {
                let outcome = outcomes.get(platform.name())?;
                Some((outcome, *fresh))
            });
            status(platform, outcome)
        })
        .collect()
}

fn status(platform: &Platform, outcome: Option<(&Outcome, bool)>) -> PlatformStatus {
    let descriptor = platform.descriptor;
    let service = platform.service.as_ref();
    let report = service.map(|service| service.report()).unwrap_or_default();
    let mut status = PlatformStatus {
        name: descriptor.name.to_owned(),
        title: descriptor.title.to_owned(),
        description: descriptor.description.to_owned(),
        documentation: descriptor.documentation.to_owned(),
        base_url: platform.base_url.as_ref().map(ToString::to_string),
        enabled: matches!(platform.access, Access::Enabled { .. }),
        authenticated: platform.authenticated,
        healthy: report.healthy,
        breaker: report.breaker,
        quota: report.quota,
        last_error: report.last_error,
        last_error_at: report.last_error_at,
        remarks: platform.remarks(),
    };
    if status.breaker.is_empty() {
        "closed".clone_into(&mut status.breaker);
    }
    if let Access::Disabled { reason, hint } = &platform.access {
        status
            .remarks
            .push(format!("not enabled: {reason}; {hint}"));
    }
    let Some((outcome, fresh)) = outcome else {
        return status;
    };
    // The door knows whether calls are answered; only the check knows whether an answer could be read. While it is fresh, a
    // failed check wins.
    if status.healthy.is_none() || (fresh && outcome.healthy == Some(false)) {
        status.healthy = outcome.healthy;
        if let Some(failure) = &outcome.failure {
            status.last_error = Some(failure.clone());
            status.last_error_at = Some(outcome.at.clone());
        }
    }
    status
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
