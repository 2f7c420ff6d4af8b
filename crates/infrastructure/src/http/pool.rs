//! Clients that keep their connections, each bound to the addresses that were checked for it. Checks no address itself.
//!
//! Bounds of a client's headers are those of its HTTP library: 100 header lines and about 400 KiB in HTTP/1, 16 KiB in HTTP/2.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use reqwest::{Client, redirect::Policy};
use synthesizer_model::failure::{ErrorCode, Failure};
use tokio::time::Instant;
use url::Url;

use super::{door::Trust, hosts::CheckedHost};

/// How many clients are kept.
const MOST_CLIENTS: usize = 64;
/// How long a client lives at most, so that changes of a name's addresses take hold.
const LONGEST_LIFE: Duration = Duration::from_secs(600);
/// How long a connection is kept without use.
const IDLE_CONNECTION: Duration = Duration::from_secs(90);
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the other side may be silent.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(20);

/// What a client may be used for again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Destination {
    scheme: String,
    host: String,
    port: u16,
    proxy: Option<Url>,
    /// A client that was opened for the user's own hosts never serves a host that must be public.
    configured: bool,
}

#[derive(Debug)]
struct Kept {
    client: Client,
    addresses: Vec<SocketAddr>,
    made: Instant,
    used: Instant,
}

/// The clients in use, the longest unused one dropped when there is no room.
#[derive(Debug, Default)]
pub(super) struct Pool {
    kept: Mutex<HashMap<Destination, Kept>>,
}

impl Pool {
    /// Gives a client that connects to checked addresses of the host and to nothing else.
    ///
    /// A kept one is used again only while at least one of its own addresses is among those that were checked just now.
    ///
    /// # Errors
    /// `E_CONFIG` when no client can be made.
    pub(super) fn client(
        &self,
        scheme: &str,
        checked: &CheckedHost,
        trust: Trust,
        tls: &rustls::ClientConfig,
    ) -> Result<Client, Failure> {
        let destination = Destination {
            scheme: scheme.to_owned(),
            host: checked.host.clone(),
            port: checked.port,
            proxy: checked.proxy.clone(),
            configured: trust == Trust::ConfiguredByUser,
        };
        let now = Instant::now();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept.get_mut(&destination)
            && found.may_serve(checked, now)
        {
            found.used = now;
            return Ok(found.client.clone());
        }
        let client = build(checked, tls)?;
        if kept.len() >= MOST_CLIENTS && !kept.contains_key(&destination) {
            let oldest = kept.iter().min_by_key(|(_, kept)| kept.used);
            if let Some(oldest) = oldest.map(|(destination, _)| destination.clone()) {
                kept.remove(&oldest);
            }
        }
        kept.insert(
            destination,
            Kept {
                client: client.clone(),
                addresses: checked.addresses.clone(),
                made: now,
                used: now,
            },
        );
        Ok(client)
    }
}

impl Kept {
    fn may_serve(&self, checked: &CheckedHost, now: Instant) -> bool {
        let by_proxy = checked.proxy.is_some();
        let shares_address = checked
            .addresses
            .iter()
            .any(|address| self.addresses.contains(address));
        (by_proxy || shares_address) && now.duration_since(self.made) < LONGEST_LIFE
    }
}

/// Builds a client that can connect to the checked addresses, or to the user's proxy, and to nothing else.
fn build(checked: &CheckedHost, tls: &rustls::ClientConfig) -> Result<Client, Failure> {
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
        .read_timeout(SILENCE_TIMEOUT)
        .pool_idle_timeout(IDLE_CONNECTION)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str, addresses: &[&str]) -> CheckedHost {
        CheckedHost {
            host: name.to_owned(),
            port: 443,
            addresses: addresses
                .iter()
                .map(|address| format!("{address}:443").parse().expect("an address"))
                .collect(),
            proxy: None,
        }
    }

    fn tls() -> rustls::ClientConfig {
        super::super::tls::client_config(&Default::default()).expect("certificates")
    }

    #[tokio::test]
    async fn a_client_is_used_again_only_for_its_own_addresses_and_trust() {
        let (pool, tls) = (Pool::default(), tls());
        let made_at = |checked: &CheckedHost, trust: Trust| {
            pool.client("https", checked, trust, &tls)
                .expect("a client");
            let kept = pool.kept.lock().expect("no holder panics");
            let mut addresses: Vec<_> = kept
                .iter()
                .filter(|(destination, _)| {
                    destination.configured == (trust == Trust::ConfiguredByUser)
                })
                .flat_map(|(_, kept)| kept.addresses.clone())
                .collect();
            addresses.sort();
            (kept.len(), addresses.len(), addresses[0].to_string())
        };
        let first = |count, addresses, address: &str| (count, addresses, address.to_owned());
        let both = host("a.example", &["1.1.1.1", "1.1.1.2"]);
        let one = host("a.example", &["1.1.1.2"]);
        let other = host("a.example", &["1.1.1.3"]);
        assert_eq!(made_at(&both, Trust::Public), first(1, 2, "1.1.1.1:443"));
        assert_eq!(made_at(&one, Trust::Public), first(1, 2, "1.1.1.1:443"));
        assert_eq!(made_at(&other, Trust::Public), first(1, 1, "1.1.1.3:443"));
        assert_eq!(
            made_at(&both, Trust::ConfiguredByUser),
            first(2, 2, "1.1.1.1:443")
        );
        tokio::time::pause();
        tokio::time::advance(LONGEST_LIFE).await;
        assert_eq!(
            made_at(&one, Trust::ConfiguredByUser),
            first(2, 1, "1.1.1.2:443")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_unused_client_makes_room() {
        let (pool, tls) = (Pool::default(), tls());
        let ask = |number: usize| {
            let checked = host(&format!("h{number}.example"), &["1.1.1.1"]);
            pool.client("https", &checked, Trust::Public, &tls)
                .expect("a client");
        };
        for number in 0..MOST_CLIENTS {
            ask(number);
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        ask(0);
        ask(MOST_CLIENTS);
        let kept = pool.kept.lock().expect("no holder panics");
        assert_eq!(kept.len(), MOST_CLIENTS);
        let has = |name: &str| kept.keys().any(|destination| destination.host == name);
        assert_eq!((has("h0.example"), has("h1.example")), (true, false));
    }
}
