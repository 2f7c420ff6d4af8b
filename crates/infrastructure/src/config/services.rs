//! Sections that describe other services: how calls to them are guarded, platforms, caches, listeners. Must not know any service.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use synthesizer_model::secret::Secret;
use url::Url;

/// How calls to one service are guarded; the figures of `docs/design/005-one-door-out.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServicePolicy {
    /// One call with its waits, tries and redirects.
    pub deadline: Duration,
    /// Calls per minute that the limiter lets through on average; no limit when 0.
    pub requests_per_minute: u32,
    /// Calls that may follow each other at once.
    pub burst: u32,
    /// Tries of an idempotent call, the first one included.
    pub tries: u32,
    /// The bound of the first wait before a further try; it doubles with each.
    pub backoff: Duration,
    /// The largest bound of such a wait.
    pub backoff_longest: Duration,
    /// Further tries per hundred calls that the budget allows.
    pub retry_percent: u32,
    /// Further tries per second that the budget always allows.
    pub retry_reserve: u32,
    /// Whether the breaker may open by itself.
    pub breaker: bool,
    /// Failures in a row that open the breaker.
    pub consecutive_failures: u32,
    /// The window of the two rates.
    pub window: Duration,
    /// Calls that the window must hold before a rate counts.
    pub minimum_calls: u32,
    /// The share of failures that opens the breaker, in percent.
    pub failure_percent: u32,
    /// From when on a call counts as slow.
    pub slow_call: Duration,
    /// The share of slow calls that opens the breaker, in percent.
    pub slow_percent: u32,
    /// How long the breaker stays open the first time; it doubles with each further time.
    pub open: Duration,
    /// The longest that it stays open.
    pub open_longest: Duration,
    /// Calls that a half-open breaker lets through at once.
    pub half_open_calls: u32,
}

impl Default for ServicePolicy {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(30),
            requests_per_minute: 0,
            burst: 1,
            tries: 3,
            backoff: Duration::from_millis(200),
            backoff_longest: Duration::from_secs(5),
            retry_percent: 20,
            retry_reserve: 10,
            breaker: true,
            consecutive_failures: 5,
            window: Duration::from_secs(30),
            minimum_calls: 10,
            failure_percent: 50,
            slow_call: Duration::from_secs(5),
            slow_percent: 80,
            open: Duration::from_secs(5),
            open_longest: Duration::from_secs(300),
            half_open_calls: 1,
        }
    }
}

/// What the configuration says of a policy; `None` leaves what holds without it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PolicyChanges {
    /// See [`ServicePolicy::deadline`]; so for all fields.
    pub deadline: Option<Duration>,
    /// See [`ServicePolicy`].
    pub requests_per_minute: Option<u32>,
    /// See [`ServicePolicy`].
    pub burst: Option<u32>,
    /// See [`ServicePolicy`].
    pub tries: Option<u32>,
    /// See [`ServicePolicy`].
    pub backoff: Option<Duration>,
    /// See [`ServicePolicy`].
    pub backoff_longest: Option<Duration>,
    /// See [`ServicePolicy`].
    pub retry_percent: Option<u32>,
    /// See [`ServicePolicy`].
    pub retry_reserve: Option<u32>,
    /// See [`ServicePolicy`].
    pub breaker: Option<bool>,
    /// See [`ServicePolicy`].
    pub consecutive_failures: Option<u32>,
    /// See [`ServicePolicy`].
    pub window: Option<Duration>,
    /// See [`ServicePolicy`].
    pub minimum_calls: Option<u32>,
    /// See [`ServicePolicy`].
    pub failure_percent: Option<u32>,
    /// See [`ServicePolicy`].
    pub slow_call: Option<Duration>,
    /// See [`ServicePolicy`].
    pub slow_percent: Option<u32>,
    /// See [`ServicePolicy`].
    pub open: Option<Duration>,
    /// See [`ServicePolicy`].
    pub open_longest: Option<Duration>,
    /// See [`ServicePolicy`].
    pub half_open_calls: Option<u32>,
}

impl PolicyChanges {
    /// Gives the policy with the changes made.
    pub fn applied_to(&self, policy: ServicePolicy) -> ServicePolicy {
        ServicePolicy {
            deadline: self.deadline.unwrap_or(policy.deadline),
            requests_per_minute: self
                .requests_per_minute
                .unwrap_or(policy.requests_per_minute),
            burst: self.burst.unwrap_or(policy.burst),
            tries: self.tries.unwrap_or(policy.tries),
            backoff: self.backoff.unwrap_or(policy.backoff),
            backoff_longest: self.backoff_longest.unwrap_or(policy.backoff_longest),
            retry_percent: self.retry_percent.unwrap_or(policy.retry_percent),
            retry_reserve: self.retry_reserve.unwrap_or(policy.retry_reserve),
            breaker: self.breaker.unwrap_or(policy.breaker),
            consecutive_failures: self
                .consecutive_failures
                .unwrap_or(policy.consecutive_failures),
            window: self.window.unwrap_or(policy.window),
            minimum_calls: self.minimum_calls.unwrap_or(policy.minimum_calls),
            failure_percent: self.failure_percent.unwrap_or(policy.failure_percent),
            slow_call: self.slow_call.unwrap_or(policy.slow_call),
            slow_percent: self.slow_percent.unwrap_or(policy.slow_percent),
            open: self.open.unwrap_or(policy.open),
            open_longest: self.open_longest.unwrap_or(policy.open_longest),
            half_open_calls: self.half_open_calls.unwrap_or(policy.half_open_calls),
        }
    }
}

/// `[resilience]` and `[resilience.SERVICE]`.
#[derive(Debug, Clone, Default)]
pub struct Resilience {
    /// What holds for every service.
    pub all: PolicyChanges,
    /// What holds for one service, by its name; wins over `all`.
    pub services: BTreeMap<String, PolicyChanges>,
}

impl Resilience {
    /// Gives the policy of a service: its own defaults, changed by what the configuration says for all and for it.
    pub fn policy(&self, service: &str, defaults: ServicePolicy) -> ServicePolicy {
        let general = self.all.applied_to(defaults);
        match self.services.get(service) {
            Some(changes) => changes.applied_to(general),
            None => general,
        }
    }
}

/// `[platforms.NAME]`: one platform that can be searched.
#[derive(Debug, Clone, Default)]
pub struct PlatformSettings {
    /// Whether it is used; the platform's own default when `None`.
    pub enabled: Option<bool>,
    /// Where its API is, instead of the public service.
    pub base_url: Option<Url>,
    /// The token, or `None`.
    pub token: Option<Secret>,
    /// The user name, for platforms that want one beside a key.
    pub username: Option<String>,
    /// The key that belongs to the user name.
    pub key: Option<Secret>,
    /// Why credentials of the environment are not used: the address came from a file that others may have written.
    pub withheld: Option<&'static str>,
}

/// `[cache]`: how long answers of other services may be used again, and how much room they take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheSettings {
    /// Whether answers are kept on disk too.
    pub disk: bool,
    /// Bytes in memory.
    pub memory_bytes: u64,
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// Room on disk for facts of blobs; 0 keeps nothing.
    pub facts_bytes: u64,
    /// Room on disk for archives of packages.
    pub packages_bytes: u64,
    /// Room on disk for git repositories that nobody reads at the moment.
    pub git_bytes: u64,
    /// How long an answer to a search counts as fresh.
    pub search: Duration,
    /// How long the facts of one repository count as fresh.
    pub repository: Duration,
    /// How long what a solver found counts as fresh.
    pub resolution: Duration,
    /// How long an answer is kept after that, for use while its service is away or the network is off.
    pub stale: Duration,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self {
            disk: true,
            memory_bytes: 64 << 20,
            disk_bytes: 512 << 20,
            facts_bytes: 1 << 30,
            packages_bytes: 2 << 30,
            git_bytes: 4 << 30,
            search: Duration::from_secs(600),
            repository: Duration::from_secs(3600),
            resolution: Duration::from_secs(3600),
            stale: Duration::from_secs(7 * 24 * 3600),
        }
    }
}

/// `[server]`: the MCP server over HTTP.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Host names that requests may be addressed to, besides the loopback ones, as `host` or `host:port`.
    pub allowed_hosts: Vec<String>,
    /// Origins of web pages that may call, such as `https://console.example`; none by default.
    pub allowed_origins: Vec<String>,
    /// Requests per minute that are let through on average, of all clients together; no limit when 0.
    pub requests_per_minute: u32,
    /// Requests that may follow each other at once.
    pub burst: u32,
    /// The most sessions at once.
    pub sessions: usize,
    /// The most connections at once; well below what the system allows a process in open files.
    pub connections: usize,
    /// How long it still takes calls after `/readyz` has turned unready.
    pub drain_delay: Duration,
    /// How long calls in flight may take to finish after that.
    pub shutdown_timeout: Duration,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8400)),
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            requests_per_minute: 60_000,
            burst: 2_000,
            sessions: 1_000,
            connections: 512,
            drain_delay: Duration::from_secs(1),
            shutdown_timeout: Duration::from_secs(60),
        }
    }
}

/// `[admin]`: the administration listener.
#[derive(Debug, Clone)]
pub struct AdminSettings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// How long the state of an external service is reported without asking it again.
    pub health_interval: Duration,
}

impl Default for AdminSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8401)),
            health_interval: Duration::from_secs(30),
        }
    }
}

/// `[jobs]`: work that outlives the call that asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobSettings {
    /// How many jobs run at once, of all processes that share the data folder.
    pub at_once: usize,
    /// How many jobs may wait.
    pub queued: usize,
    /// How many jobs that have ended are remembered.
    pub keep: usize,
    /// How long a job is remembered after its end.
    pub keep_for: Duration,
    /// Whether a server takes up jobs that wait.
    pub take: bool,
}

impl Default for JobSettings {
    fn default() -> Self {
        Self {
            at_once: 16,
            queued: 1_000,
            keep: 200,
            keep_for: Duration::from_secs(30 * 24 * 3600),
            take: true,
        }
    }
}
