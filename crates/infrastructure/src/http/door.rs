//! The door itself: one request with its redirects, retry, deadline and bounds. No caller builds a client of its own.

use std::{
    hash::{BuildHasher as _, Hasher as _},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use reqwest::{Client, Response, header, redirect::Policy};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    secret::{MaskedUrl, Secret},
};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    hosts::{self, CheckedHost},
    response::{check_hash, check_status, deadline_failure, read_body, transport_failure},
    tls,
};
use crate::config::Config;

/// How many redirects are followed.
const MOST_REDIRECTS: usize = 5;
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the other side may be silent.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
/// The longest wait before the one retry.
const RETRY_JITTER: Duration = Duration::from_millis(250);

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
    config: Config,
    tls: OnceCell<rustls::ClientConfig>,
}

impl Door {
    /// Makes the door; certificates are loaded with the first connection.
    ///
    /// # Errors
    /// None today; the signature leaves room for settings that can be wrong together.
    pub fn new(config: &Config) -> Result<Self, Failure> {
        Ok(Self {
            shared: Arc::new(Shared {
                config: config.clone(),
                tls: OnceCell::new(),
            }),
        })
    }

    /// Says whether and at which addresses the host of a URL may be reached, as for [`Trust::Public`].
    ///
    /// # Errors
    /// `E_OFFLINE`, `E_URL`, `E_FORBIDDEN`, `E_UPSTREAM`, `E_TIMEOUT`; see [`Door::download`].
    pub async fn check(&self, url: &Url) -> Result<CheckedHost, Failure> {
        self.refuse_when_offline()?;
        hosts::check(url, Trust::Public, &self.shared.config).await
    }

    /// Fetches one file.
    ///
    /// # Errors
    /// `E_OFFLINE` when the network is switched off; `E_FORBIDDEN` for a host that must not be reached, also behind a
    /// redirect; `E_NOT_FOUND` (404, 410), `E_AUTH` (401, 403), `E_RATE_LIMITED` (429), `E_UPSTREAM` (anything else, also a
    /// wrong hash); `E_LIMIT` past the size; `E_TIMEOUT` past the deadline; `E_CANCELLED`. Nothing partial is returned.
    pub async fn download(
        &self,
        request: DownloadRequest,
        cancellation: &CancellationToken,
    ) -> Result<Bytes, Failure> {
        self.refuse_when_offline()?;
        tokio::select! {
            biased;
            () = cancellation.cancelled() => Err(Failure::cancelled()),
            outcome = tokio::time::timeout(request.deadline, self.fetch(&request)) => {
                outcome.unwrap_or_else(|_| Err(deadline_failure(&request.url, request.deadline)))
            }
        }
    }

    fn refuse_when_offline(&self) -> Result<(), Failure> {
        if !self.shared.config.offline {
            return Ok(());
        }
        Err(Failure::new(
            ErrorCode::Offline,
            "the network is switched off and the answer is not cached",
        )
        .with_hint("run it once without --offline"))
    }

    async fn fetch(&self, request: &DownloadRequest) -> Result<Bytes, Failure> {
        let (response, url) = self.follow(request).await?;
        check_status(&response, &url)?;
        let body = read_body(response, request.size_limit, &url).await?;
        tracing::debug!(%url, bytes = body.len(), "downloaded");
        match &request.expected_sha256 {
            Some(expected) => check_hash(body, expected, &url).await,
            None => Ok(body),
        }
    }

    /// Sends the request and follows redirects by hand, checking each hop.
    async fn follow(&self, request: &DownloadRequest) -> Result<(Response, MaskedUrl), Failure> {
        let mut url = request.url.expose().clone();
        let mut trust = request.trust;
        let mut credentials = request.credentials.as_ref();
        for _ in 0..=MOST_REDIRECTS {
            let response = self.send(&url, trust, credentials).await?;
            let Some(next) = redirect_target(&response, &url)? else {
                return Ok((response, MaskedUrl::new(url)));
            };
            if next.origin() != url.origin() {
                trust = Trust::Public;
                credentials = None;
            }
            url = next;
        }
        Err(Failure::new(
            ErrorCode::Upstream,
            format!("{} redirects more than {MOST_REDIRECTS} times", request.url),
        ))
    }

    /// Sends one GET to a checked address; a connection that could not be made is tried once more.
    async fn send(
        &self,
        url: &Url,
        trust: Trust,
        credentials: Option<&Credentials>,
    ) -> Result<Response, Failure> {
        let checked = hosts::check(url, trust, &self.shared.config).await?;
        let client = self.client(&checked).await?;
        let attempt = || {
            let mut call = client
                .get(without_credentials(url))
                .header(header::ACCEPT, "*/*");
            if let Some(credentials) = credentials {
                call = call.basic_auth(&credentials.user, Some(credentials.password.expose()));
            }
            call.send()
        };
        let first = attempt().await;
        let outcome = match first {
            Err(error) if error.is_connect() => {
                tokio::time::sleep(jitter(RETRY_JITTER)).await;
                attempt().await
            }
            other => other,
        };
        outcome.map_err(|error| transport_failure(&error, &MaskedUrl::new(url.clone())))
    }

    /// Builds a client that can connect to the checked addresses and to nothing else.
    async fn client(&self, checked: &CheckedHost) -> Result<Client, Failure> {
        let environment = self.shared.config.tool_environment.clone();
        let tls = self
            .shared
            .tls
            .get_or_try_init(|| async {
                tokio::task::spawn_blocking(move || tls::client_config(&environment))
                    .await
                    .map_err(|error| {
                        Failure::internal(format!("loading certificates failed: {error}"))
                    })?
            })
            .await?;
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that builds clients"
        )]
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(IDLE_TIMEOUT)
            .user_agent(concat!("synthesizer/", env!("CARGO_PKG_VERSION")));
        let broken = |error: reqwest::Error| {
            Failure::new(
                ErrorCode::Config,
                format!("no HTTP client can be made: {}", error.without_url()),
            )
        };
        if let Some(proxy) = &checked.proxy {
            builder = builder.proxy(reqwest::Proxy::all(proxy.clone()).map_err(broken)?);
        } else {
            builder = builder.resolve_to_addrs(&checked.host, &checked.addresses);
        }
        builder.build().map_err(broken)
    }
}

/// Gives where a redirect leads, or `None` when the answer is not a redirect.
fn redirect_target(response: &Response, url: &Url) -> Result<Option<Url>, Failure> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let shown = MaskedUrl::new(url.clone());
    let target = response
        .headers()
        .get(header::LOCATION)
        .and_then(|location| location.to_str().ok())
        .and_then(|location| url.join(location).ok())
        .ok_or_else(|| {
            Failure::new(ErrorCode::Upstream, format!("{shown} redirects to nowhere"))
        })?;
    if url.scheme() == "https" && target.scheme() != "https" {
        return Err(Failure::new(
            ErrorCode::Forbidden,
            format!("{shown} redirects from https to plain http"),
        )
        .with_hint("use an address that stays on https"));
    }
    Ok(Some(target))
}

fn without_credentials(url: &Url) -> Url {
    let mut plain = url.clone();
    // Both fail only for URLs without a host, which were refused before.
    let _ = plain.set_username("");
    let _ = plain.set_password(None);
    plain
}

/// Gives a random wait below the bound (full jitter), from the standard library's per-process random keys.
fn jitter(bound: Duration) -> Duration {
    let mut hasher = std::hash::RandomState::new().build_hasher();
    hasher.write_u8(0);
    let share = (hasher.finish() >> 32) as f64 / f64::from(u32::MAX);
    bound.mul_f64(share.clamp(0.0, 1.0))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
