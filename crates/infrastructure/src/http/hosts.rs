//! Whether a host may be reached, and at which addresses. Resolves a name once; what it answers is what gets connected.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use synthesizer_model::{
    failure::{ErrorCode, Failure},
    text::escape_untrusted,
};
use url::{Host, Url};

use super::{addresses::is_public, door::Trust, proxy::proxy_of, resolver::Resolver};
use crate::config::Config;

/// How long a name may take to resolve.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);

/// Names that never mean a public host, whatever a resolver answers; each also stands for its subdomains.
const PRIVATE_NAMES: &[&str] = &[
    "localhost",
    "local",
    "internal",
    "lan",
    "home.arpa",
    "localdomain",
];

/// A host that may be reached, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedHost {
    /// The host as the URL writes it, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The addresses to connect to, and no others. Empty when a proxy resolves the name.
    pub addresses: Vec<SocketAddr>,
    /// The proxy that the user's environment asks for.
    pub proxy: Option<Url>,
}

/// Checks the host of a URL and resolves it.
///
/// # Errors
/// `E_URL` for other schemes than `http` and `https`; `E_FORBIDDEN` for plain HTTP and for addresses that are not public,
/// unless the configuration opens the host; `E_UPSTREAM` when the name does not resolve, `E_TIMEOUT` when it takes too long.
pub(super) async fn check(
    url: &Url,
    trust: Trust,
    config: &Config,
    resolver: &dyn Resolver,
) -> Result<CheckedHost, Failure> {
    let host = url
        .host()
        .ok_or_else(|| Failure::new(ErrorCode::Url, "the URL names no host"))?;
    let port = match (url.scheme(), url.port_or_known_default()) {
        ("http" | "https", Some(port)) => port,
        _ => {
            return Err(Failure::new(
                ErrorCode::Url,
                "only http and https URLs can be reached",
            ));
        }
    };
    let name = match &host {
        Host::Domain(domain) => (*domain).to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    };
    let open = trust == Trust::ConfiguredByUser || config.network.allows(&name, port);
    if url.scheme() == "http" && !open {
        return Err(refused(&name, port, "plain http"));
    }
    let literal = match host {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address)),
    };
    let is_private = literal.is_some_and(|address| !is_public(address)) || is_private_name(&name);
    if is_private && !open {
        return Err(refused(&name, port, "an address that is not public"));
    }
    let proxy = proxy_of(url, &config.tool_environment);
    let addresses = match (&proxy, literal) {
        (Some(_), _) => Vec::new(),
        (None, Some(address)) => vec![SocketAddr::new(address, port)],
        (None, None) => resolve(&name, port, resolver).await?,
    };
    if !open && addresses.iter().any(|address| !is_public(address.ip())) {
        return Err(refused(&name, port, "an address that is not public"));
    }
    Ok(CheckedHost {
        host: name,
        port,
        addresses,
        proxy,
    })
}

async fn resolve(
    name: &str,
    port: u16,
    resolver: &dyn Resolver,
) -> Result<Vec<SocketAddr>, Failure> {
    let shown = escape_untrusted(name);
    let unresolved = || {
        Failure::new(
            ErrorCode::Upstream,
            format!("the host {shown} cannot be found"),
        )
        .with_hint("check the spelling and the network")
    };
    let addresses = tokio::time::timeout(RESOLVE_TIMEOUT, resolver.resolve(name, port))
        .await
        .map_err(|_| {
            Failure::new(
                ErrorCode::Timeout,
                format!("looking up the host {shown} took too long"),
            )
        })?
        .map_err(|_| unresolved())?;
    if addresses.is_empty() {
        Err(unresolved())
    } else {
        Ok(addresses)
    }
}

fn is_private_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    PRIVATE_NAMES.iter().any(|private| {
        name == *private
            || name
                .strip_suffix(private)
                .is_some_and(|rest| rest.ends_with('.'))
    })
}

fn refused(name: &str, port: u16, what: &str) -> Failure {
    let name = escape_untrusted(name);
    Failure::new(
        ErrorCode::Forbidden,
        format!("refused to reach {name} by {what}"),
    )
    .with_hint(format!(
        "if the host is yours, add \"{name}:{port}\" to network.allow_hosts"
    ))
}
