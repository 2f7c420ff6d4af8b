//! What a platform client is: a descriptor, search and look-up. Must not know any platform.

use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue};
use synthesizer_infrastructure::{
    config::PlatformSettings,
    http::{
        AnswerOrigin, Authorization, Keep, Service, ServiceAnswer, ServiceDescriptor,
        ServiceRequest, Trust,
    },
};
use synthesizer_model::{ErrorCode, Failure, discovery::RepositoryFacts};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::hosting::GitHosting;

/// What users are told of a platform, and what the program must know of it.
#[derive(Debug)]
pub struct PlatformDescriptor {
    /// The name in `--platform` and `[platforms.NAME]`; the service's name is the same.
    pub name: &'static str,
    /// Other names that users may write for it.
    pub aliases: &'static [&'static str],
    /// What it is called.
    pub title: &'static str,
    /// What can be found there; one sentence.
    pub description: &'static str,
    /// The documentation of its API.
    pub documentation: &'static str,
    /// Where its public API is; `None` for platforms that are only self-hosted.
    pub public_url: Option<&'static str>,
    /// Whether it answers without credentials.
    pub anonymous: bool,
    /// Whether it filters by language itself; else we do, and count.
    pub filters_language: bool,
    /// Whether it filters by stars itself; else we do, and count.
    pub filters_stars: bool,
    /// Where git fetches its repositories; `None` where there are none to fetch.
    pub git: Option<GitHosting>,
    /// How it is called.
    pub service: &'static ServiceDescriptor,
    /// Makes its client.
    pub connect: fn(Connection) -> Box<dyn PlatformClient>,
}

/// What a client works with.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The guarded way to the platform.
    pub service: Service,
    /// Where its API is: the configured address or the public one; never ends with `/`.
    pub base_url: Url,
    /// Whether the user configured the address, so that private addresses and plain HTTP are fine.
    pub configured: bool,
    /// The credentials.
    pub settings: PlatformSettings,
    /// How long answers to searches and look-ups count as fresh.
    pub fresh: Freshness,
    /// The largest answer, in bytes.
    pub answer_bytes: u64,
}

/// One GET that a client wants.
#[derive(Debug, Clone)]
pub struct Question {
    /// What to get, made by [`Connection::address`].
    pub url: Url,
    /// Further headers, without the authorization.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Who asks.
    pub authorization: Option<Authorization>,
    /// How long the answer counts as fresh.
    pub fresh: Duration,
}

impl Connection {
    /// Gives an address of the API: the base, then `root` (such as `/api/v4`, or nothing) unless the base ends with it already,
    /// then the segments, each encoded so that it stays one segment.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a segment that is empty, `.` or `..`; `E_CONFIG` for a base that cannot carry a path.
    pub fn address(&self, root: &str, segments: &[&str]) -> Result<Url, Failure> {
        if segments
            .iter()
            .any(|segment| matches!(*segment, "" | "." | ".."))
        {
            return Err(Failure::new(
                ErrorCode::Argument,
                "the name cannot be part of an address",
            ));
        }
        let mut url = self.site(root);
        let root_segments = root.split('/').filter(|segment| !segment.is_empty());
        url.path_segments_mut()
            .map_err(|()| Failure::new(ErrorCode::Config, "base_url cannot carry a path"))?
            .pop_if_empty()
            .extend(root_segments)
            .extend(segments);
        Ok(url)
    }

    /// Gives the base without `root` at its end, and without query and fragment: where a self-hosted platform shows its pages.
    pub fn site(&self, root: &str) -> Url {
        site_of(&self.base_url, root)
    }

    /// Says whether the API is the platform's public one, whose names have short references.
    pub fn is_at(&self, public_url: Option<&str>) -> bool {
        public_url
            .and_then(|public| Url::parse(public).ok())
            .is_some_and(|public| {
                public.origin() == self.base_url.origin()
                    && public.path().trim_end_matches('/')
                        == self.base_url.path().trim_end_matches('/')
            })
    }

    /// Asks the platform.
    ///
    /// # Errors
    /// Those of [`Service::call`].
    pub async fn ask(
        &self,
        question: Question,
        bounds: &CallBounds,
    ) -> Result<ServiceAnswer, Failure> {
        let trust = if self.configured {
            Trust::ConfiguredByUser
        } else {
            Trust::Public
        };
        let request = ServiceRequest {
            url: question.url,
            trust,
            headers: question.headers,
            authorization: question.authorization,
            size_limit: self.answer_bytes,
            keep: Keep::Fresh(question.fresh),
        };
        self.service
            .call(request, bounds.deadline, &bounds.cancellation)
            .await
    }
}

/// Gives the base of an API without `root` at its end, and without query and fragment.
pub(crate) fn site_of(base_url: &Url, root: &str) -> Url {
    let mut url = base_url.clone();
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix(root).unwrap_or(path).to_owned();
    url.set_path(&path);
    url
}

/// How long answers count as fresh.
#[derive(Debug, Clone, Copy)]
pub struct Freshness {
    /// Answers to searches.
    pub search: Duration,
    /// Facts of one repository.
    pub repository: Duration,
}

/// One page of a search on one platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformQuery {
    /// The words.
    pub text: String,
    /// Only this language.
    pub language: Option<String>,
    /// At least so many stars.
    pub min_stars: u64,
    /// How many entries the page should have, 1 to 100.
    pub page_size: usize,
    /// The page: `None` for the first, else [`PlatformPage::next`] of the one before. Made by the client itself, never by a caller.
    pub page: Option<String>,
}

/// How long a client may take, and whether it should stop.
#[derive(Debug, Clone)]
pub struct CallBounds {
    /// When the whole must be done.
    pub deadline: tokio::time::Instant,
    /// Stops the work.
    pub cancellation: CancellationToken,
}

/// What a platform answered to one page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlatformPage {
    /// The repositories, in the platform's order.
    pub repositories: Vec<RepositoryFacts>,
    /// How many it has in all, by its own account.
    pub total: Option<u64>,
    /// How many we dropped because it cannot filter itself.
    pub filtered_out: usize,
    /// What the answer lacks, and qualifiers that it does not know; one sentence each.
    pub remarks: Vec<String>,
    /// Whether it says itself that the answer is not complete, or entries could not be read.
    pub partial: bool,
    /// The next page, if there is one.
    pub next: Option<String>,
    /// The age of the answer when it came from a cache.
    pub age: Option<Duration>,
    /// Whether the cached answer was past its time.
    pub stale: bool,
}

impl PlatformPage {
    /// Notes where the answer came from.
    #[must_use]
    pub fn from_origin(mut self, origin: AnswerOrigin) -> Self {
        (self.age, self.stale) = match origin {
            AnswerOrigin::Service => (None, false),
            AnswerOrigin::Cache { age } => (Some(age), false),
            AnswerOrigin::Stale { age } => (Some(age), true),
        };
        self
    }
}

/// A platform: one file with descriptor, search and look-up.
///
/// # Example
/// ```ignore
/// impl PlatformClient for Gitea {
///     fn search<'a>(&'a self, query: &'a PlatformQuery, bounds: &'a CallBounds) -> ClientFuture<'a, PlatformPage> {
///         Box::pin(self.search_page(query, bounds))
///     }
///     // …
/// }
/// ```
pub trait PlatformClient: Send + Sync {
    /// Searches one page.
    ///
    /// # Errors
    /// Those of [`Service::call`]; `E_UPSTREAM` for an answer that is not what the platform documents.
    fn search<'a>(
        &'a self,
        query: &'a PlatformQuery,
        bounds: &'a CallBounds,
    ) -> ClientFuture<'a, PlatformPage>;

    /// Gives the facts of one repository by its full name.
    ///
    /// # Errors
    /// Those of [`Service::call`]; `E_NOT_FOUND` also for private repositories without permission, `E_ARGUMENT` for names that the
    /// platform cannot have.
    fn look_up<'a>(
        &'a self,
        full_name: &'a str,
        bounds: &'a CallBounds,
    ) -> ClientFuture<'a, RepositoryFacts>;
}

/// The work of a client.
pub type ClientFuture<'a, T> = BoxFuture<'a, Result<T, Failure>>;
