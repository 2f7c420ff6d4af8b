//! The innermost layer: one request to a checked and pinned address, its redirects by hand, its body within bounds. Never tries twice.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use reqwest::{RequestBuilder, Response};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    secret::MaskedUrl,
};
use tokio::sync::OnceCell;
use url::Url;

use super::{
    body::read_decoded,
    door::Trust,
    exchange::{Encoding, Fetch, Received, Trouble, Validators},
    hosts::{self, CheckedHost},
    pool::Pool,
    resolver::Resolver,
    response::{read_body, transport_failure},
    service::Authorization,
    tls,
};
use crate::{config::Config, telemetry::tasks::spawn_blocking};

/// How many redirects are followed.
const MOST_REDIRECTS: usize = 5;

/// Everything that is needed to reach a host; shared by all services.
#[derive(Debug)]
pub(super) struct Outside {
    pub(super) config: Config,
    resolver: Arc<dyn Resolver>,
    pool: Pool,
    tls: OnceCell<rustls::ClientConfig>,
}

impl Outside {
    pub(super) fn new(config: &Config, resolver: Arc<dyn Resolver>) -> Self {
        Self {
            config: config.clone(),
            resolver,
            pool: Pool::default(),
            tls: OnceCell::new(),
        }
    }

    /// Says whether and at which addresses a host may be reached; see [`hosts::check`].
    pub(super) async fn check(&self, url: &Url, trust: Trust) -> Result<CheckedHost, Failure> {
        hosts::check(url, trust, &self.config, self.resolver.as_ref()).await
    }

    /// Gives a client that is bound to the addresses of the URL's host, checked just now.
    async fn client(&self, url: &Url, trust: Trust) -> Result<reqwest::Client, Failure> {
        let checked = self.check(url, trust).await?;
        let environment = &self.config.tool_environment;
        let tls = self
            .tls
            .get_or_try_init(|| async {
                let environment = environment.clone();
                spawn_blocking("certificates", move || tls::client_config(&environment))
                    .await
                    .map_err(|error| {
                        Failure::internal(format!("loading certificates failed: {error}"))
                    })?
            })
            .await?;
        self.pool.client(url.scheme(), &checked, trust, tls)
    }
}

/// Sends requests. The innermost service of every stack.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    outside: Arc<Outside>,
}

impl Sender {
    pub(super) fn new(outside: Arc<Outside>) -> Self {
        Self { outside }
    }
}

impl tower::Service<Fetch> for Sender {
    type Response = Received;
    type Error = Trouble;
    type Future = BoxFuture<'static, Result<Received, Trouble>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Trouble>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, fetch: Fetch) -> Self::Future {
        let outside = Arc::clone(&self.outside);
        Box::pin(async move { follow(&outside, &fetch).await })
    }
}

/// One request of a chain of redirects.
#[derive(Debug)]
struct Hop<'a> {
    url: Url,
    trust: Trust,
    authorization: Option<&'a Authorization>,
    /// The caller's own headers; only `Accept` goes to other authorities than the first.
    headers: Vec<&'a (HeaderName, HeaderValue)>,
}

impl Hop<'_> {
    /// Goes on to where a redirect leads: trust and credentials end with the authority.
    fn go_on(&mut self, next: Url) {
        if next.origin() != self.url.origin() {
            self.trust = Trust::Public;
            self.authorization = None;
            self.headers.retain(|(name, _)| name == header::ACCEPT);
        }
        self.url = next;
    }
}

async fn follow(outside: &Outside, fetch: &Fetch) -> Result<Received, Trouble> {
    let request = &fetch.request;
    let mut hop = Hop {
        url: request.url.clone(),
        trust: request.trust,
        authorization: request.authorization.as_ref(),
        headers: request.headers.iter().collect(),
    };
    for _ in 0..=MOST_REDIRECTS {
        let response = send(outside, fetch, &hop).await?;
        // Where one page leads says nothing of the service, and asking again leads there again.
        match redirect_target(&response, &hop.url).map_err(Trouble::of_ours)? {
            Some(next) => hop.go_on(next),
            None => return receive(response, fetch, hop.url).await,
        }
    }
    let shown = MaskedUrl::new(request.url.clone());
    Err(Trouble::of_ours(Failure::new(
        ErrorCode::Upstream,
        format!("{shown} redirects more than {MOST_REDIRECTS} times"),
    )))
}

async fn send(outside: &Outside, fetch: &Fetch, hop: &Hop<'_>) -> Result<Response, Failure> {
    let client = outside.client(&hop.url, hop.trust).await?;
    let mut call = client.get(without_credentials(&hop.url));
    if !hop.headers.iter().any(|(name, _)| name == header::ACCEPT) {
        call = call.header(header::ACCEPT, "*/*");
    }
    let encoding = match fetch.encoding {
        Encoding::Gzip => "gzip",
        Encoding::AsIs => "identity",
    };
    call = call.header(header::ACCEPT_ENCODING, encoding);
    for (name, value) in &hop.headers {
        call = call.header(name, value);
    }
    if let Some(validators) = fetch.validators.as_deref()
        && validators.url == hop.url
    {
        call = with_validators(call, validators);
    }
    if let Some(authorization) = hop.authorization {
        call = with_authorization(call, authorization)?;
    }
    let shown = MaskedUrl::new(hop.url.clone());
    let response = call
        .send()
        .await
        .map_err(|error| transport_failure(&error, &shown))?;
    fetch.count.answered(response.status());
    Ok(response)
}

fn with_validators(call: RequestBuilder, validators: &Validators) -> RequestBuilder {
    let tag = validators.entity_tag.iter();
    let tagged = tag.fold(call, |call, tag| call.header(header::IF_NONE_MATCH, tag));
    let time = validators.last_modified.iter();
    time.fold(tagged, |call, time| {
        call.header(header::IF_MODIFIED_SINCE, time)
    })
}

fn with_authorization(
    call: RequestBuilder,
    authorization: &Authorization,
) -> Result<RequestBuilder, Failure> {
    let sensitive = |text: String| -> Result<HeaderValue, Failure> {
        let mut value = HeaderValue::try_from(text).map_err(|_| {
            Failure::new(
                ErrorCode::Config,
                "a token holds characters that no header can carry",
            )
            .with_hint("check the token for spaces and line ends")
        })?;
        value.set_sensitive(true);
        Ok(value)
    };
    Ok(match authorization {
        Authorization::Bearer(token) => call.header(
            header::AUTHORIZATION,
            sensitive(format!("Bearer {}", token.expose()))?,
        ),
        Authorization::Basic(credentials) => {
            call.basic_auth(&credentials.user, Some(credentials.password.expose()))
        }
        Authorization::Header(name, token) => {
            call.header(name, sensitive(token.expose().to_owned())?)
        }
    })
}

/// Reads the last answer to its end; nothing partial leaves.
async fn receive(response: Response, fetch: &Fetch, url: Url) -> Result<Received, Trouble> {
    let shown = MaskedUrl::new(url.clone());
    let status = response.status();
    let mut headers: HeaderMap = response.headers().clone();
    let limit = fetch.request.size_limit;
    let body = match fetch.encoding {
        Encoding::AsIs => read_body(response, (limit, "limits.download_bytes"), &shown).await?,
        Encoding::Gzip => {
            let body = read_decoded(response, limit, &shown).await?;
            headers.remove(header::CONTENT_ENCODING);
            headers.remove(header::CONTENT_LENGTH);
            body
        }
    };
    headers.remove(header::SET_COOKIE);
    Ok(Received {
        status,
        headers,
        body,
        url: without_credentials(&url),
    })
}

/// Gives where a redirect leads, or `None` when the answer is not a redirect.
pub(super) fn redirect_target(response: &Response, url: &Url) -> Result<Option<Url>, Failure> {
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
