//! The door itself: the services behind it, downloads, and the guard for other programs that go out. No caller builds a client of its own.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    secret::{MaskedUrl, Secret},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    cached::offline,
    guarded::guard_of_host,
    hosts::CheckedHost,
    resolver::{Resolver, SystemResolver},
    response::{check_hash, check_status},
    sent::Outside,
    service::{
        AnswerHead, Authorization, Keep, LimitReading, Service, ServiceDescriptor, ServiceReport,
        ServiceRequest,
    },
};
use crate::{
    cache::{Cache, CacheStore},
    config::{Config, ServicePolicy},
    resilience::{Guard, Registry},
    storage::service_records,
    telemetry::events::introduce_service,
};

/// The services that belong to the door and not to a platform: files of packages, and git (one breaker a host each, one policy for all).
pub const OWN_SERVICES: &[&str] = &["git", "packages"];

/// Files of packages, each host for itself, from wherever the user's own configuration says they are.
static PACKAGES: ServiceDescriptor = ServiceDescriptor {
    name: "packages",
    policy: file_policy,
    read_limits: no_limits,
    distance_across_processes: None,
};

/// The policy for whole files: each call brings its own deadline, and a long transfer is no slow call.
fn file_policy() -> ServicePolicy {
    ServicePolicy {
        deadline: Duration::from_secs(3600),
        slow_call: Duration::from_secs(600),
        ..ServicePolicy::default()
    }
}

fn no_limits(_: &AnswerHead<'_>) -> LimitReading {
    LimitReading::default()
}

/// Why a host may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Anything on the public internet, over HTTPS, and what `network.allow_hosts` opens.
    Public,
    /// The user's own client configuration named the host (a registry, a mirror), so private addresses and plain HTTP are fine.
    ConfiguredByUser,
}

/// User name and password for one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user name.
    pub user: String,
    /// The password or token.
    pub password: Secret,
}

/// One file to fetch.
#[derive(Debug, Clone)]
pub struct DownloadRequest {
    /// Where it is. User name and password in it are ignored; see `credentials`.
    pub url: MaskedUrl,
    /// Why its host may be reached. Redirects to another authority count as [`Trust::Public`].
    pub trust: Trust,
    /// The SHA-256 that it must have, in hex.
    pub expected_sha256: Option<String>,
    /// The most bytes that are read.
    pub size_limit: u64,
    /// When to give up, redirects and retry included.
    pub deadline: Duration,
    /// Sent to this authority alone, never along a redirect to another.
    pub credentials: Option<Credentials>,
}

/// The one way out. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Door {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    outside: Arc<Outside>,
    registry: Registry,
    store: Arc<dyn CacheStore>,
    services: Mutex<BTreeMap<&'static str, Service>>,
    /// Kinds of other programs that went out.
    kinds: Mutex<BTreeSet<&'static str>>,
}

impl Door {
    /// Makes the door; certificates are loaded with the first connection.
    ///
    /// # Errors
    /// None today; the signature leaves room for settings that can be wrong together.
    pub fn new(config: &Config) -> Result<Self, Failure> {
        Self::with_resolver(config, Arc::new(SystemResolver))
    }

    /// Makes a door that asks another resolver than the system's.
    ///
    /// # Errors
    /// As [`Door::new`].
    pub fn with_resolver(config: &Config, resolver: Arc<dyn Resolver>) -> Result<Self, Failure> {
        Ok(Self {
            shared: Arc::new(Shared {
                outside: Arc::new(Outside::new(config, resolver)),
                registry: Registry::new(Some(service_records(config))),
                store: Arc::new(Cache::open(config)),
                services: Mutex::default(),
                kinds: Mutex::default(),
            }),
        })
    }

    /// Gives the store of answers, for answers that came another way than through the door.
    pub fn store(&self) -> Arc<dyn CacheStore> {
        Arc::clone(&self.shared.store)
    }

    /// Gives the service of a descriptor; equal names share breaker, limits and cache.
    pub fn service(&self, descriptor: &'static ServiceDescriptor) -> Service {
        let Shared {
            outside,
            registry,
            store,
            ..
        } = self.shared.as_ref();
        let mut services = locked(&self.shared.services);
        let service = services.entry(descriptor.name).or_insert_with(|| {
            let by_host = OWN_SERVICES.contains(&descriptor.name);
            Service::new(descriptor, outside, registry, store, by_host)
        });
        service.clone()
    }

    /// Gives every service that was asked for so far, by name, and what is known of it.
    pub fn services(&self) -> Vec<(&'static str, ServiceReport)> {
        let services = locked(&self.shared.services).clone();
        let reports = services.into_iter();
        reports
            .map(|(name, service)| (name, service.report()))
            .collect()
    }

    /// Gives the breakers and limits of all services.
    pub fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    /// Says whether and at which addresses the host of a URL may be reached, as for [`Trust::Public`].
    ///
    /// # Errors
    /// `E_OFFLINE`, `E_URL`, `E_FORBIDDEN`, `E_UPSTREAM`, `E_TIMEOUT`; see [`Door::download`].
    pub async fn check(&self, url: &Url) -> Result<CheckedHost, Failure> {
        if self.shared.outside.config.offline {
            return Err(offline());
        }
        self.shared.outside.check(url, Trust::Public).await
    }

    /// Fetches one file.
    ///
    /// # Errors
    /// `E_OFFLINE` when the network is switched off; `E_FORBIDDEN` for a host that must not be reached, also behind a
    /// redirect; `E_NOT_FOUND` (404, 410), `E_AUTH` (401, 403), `E_RATE_LIMITED` (429), `E_UPSTREAM` (anything else, also a
    /// wrong hash); `E_LIMIT` past the size; `E_TIMEOUT` past the deadline; `E_CIRCUIT_OPEN`; `E_CANCELLED`. Nothing partial
    /// is returned.
    pub async fn download(
        &self,
        request: DownloadRequest,
        cancellation: &CancellationToken,
    ) -> Result<Bytes, Failure> {
        let asked = ServiceRequest {
            url: request.url.expose().clone(),
            trust: request.trust,
            headers: Vec::new(),
            authorization: request.credentials.map(Authorization::Basic),
            size_limit: request.size_limit,
            keep: Keep::No,
        };
        let deadline = Instant::now() + request.deadline;
        let service = self.service(&PACKAGES);
        let answer = service.file(asked, deadline, cancellation).await?;
        let url = MaskedUrl::new(answer.url);
        check_status(answer.status, &url)?;
        tracing::debug!(%url, bytes = answer.body.len(), "downloaded");
        match &request.expected_sha256 {
            Some(expected) => check_hash(answer.body, expected, &url).await,
            None => Ok(answer.body),
        }
    }

    /// Runs a call of another program to the host of a URL under the breaker of that host, as `KIND:HOST`, with the policy of
    /// `KIND`.
    ///
    /// `E_UPSTREAM` and `E_TIMEOUT` of the work count as the host's failures; work that is dropped or cancelled counts as nothing.
    ///
    /// # Errors
    /// `E_CIRCUIT_OPEN` without running the work; else the work's own.
    pub async fn guarded<T>(
        &self,
        kind: &'static str,
        url: &Url,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let guard = self.host_guard(kind, url);
        let name = guard.breaker.name().to_owned();
        self.shared.registry.synchronise().await;
        let permit = guard
            .breaker
            .acquire()
            .map_err(|rejected| rejected.into_failure(&name))?;
        let outcome = work.await;
        match outcome.as_ref().map_err(|failure| failure.code) {
            Ok(_) | Err(ErrorCode::NotFound | ErrorCode::Authentication) => permit.succeed(),
            Err(ErrorCode::Upstream | ErrorCode::Timeout) => {
                permit.fail();
                self.shared.registry.publish(&name).await;
            }
            Err(ErrorCode::RateLimited) => permit.limited(),
            // The host answered, and we refuse what it said.
            Err(ErrorCode::Limit | ErrorCode::Forbidden) => permit.ignore(),
            Err(_) => drop(permit),
        }
        outcome
    }

    /// Gives the guard of a host; the registry bounds how many there are.
    fn host_guard(&self, kind: &'static str, url: &Url) -> Guard {
        let config = &self.shared.outside.config;
        let policy = config.resilience.policy(kind, file_policy());
        if locked(&self.shared.kinds).insert(kind) {
            introduce_service(kind, if policy.breaker { "closed" } else { "disabled" });
        }
        guard_of_host(&self.shared.registry, kind, url, policy)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
