//! Stand-ins for the tests of this crate: platforms without an API, and clients that do as they are told.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use synthesizer_infrastructure::{
    config::ServicePolicy,
    http::{LimitReading, ServiceDescriptor},
};
use synthesizer_model::{ErrorCode, Failure, discovery::RepositoryFacts};

use crate::{
    client::{
        CallBounds, ClientFuture, PlatformClient, PlatformDescriptor, PlatformPage, PlatformQuery,
    },
    platforms::{Access, Platform},
    search::{Discovery, DiscoverySettings},
};

static SERVICE: ServiceDescriptor = ServiceDescriptor {
    name: "stand-in",
    policy: ServicePolicy::default,
    read_limits: |_| LimitReading {
        quota: None,
        wait: None,
    },
    distance_across_processes: None,
};

const fn descriptor(name: &'static str, filters: bool) -> PlatformDescriptor {
    PlatformDescriptor {
        name,
        aliases: &[],
        title: name,
        description: "a stand-in",
        documentation: "https://docs.example",
        public_url: Some("https://api.example/v1/"),
        anonymous: true,
        filters_language: filters,
        filters_stars: filters,
        git: None,
        service: &SERVICE,
        connect: |_| Box::new(Fake::new(|_| Step::Hang)),
    }
}

static NORTH: PlatformDescriptor = descriptor("north", true);
static EAST: PlatformDescriptor = descriptor("east", false);
static SOUTH: PlatformDescriptor = descriptor("south", false);
static WEST: PlatformDescriptor = descriptor("west", false);

/// The stand-ins, in the order of the list; the first one filters itself.
pub(crate) static DESCRIPTORS: [&PlatformDescriptor; 4] = [&NORTH, &EAST, &SOUTH, &WEST];

/// What a client does when it is asked.
pub(crate) enum Step {
    /// Answers at once.
    Page(PlatformPage),
    /// Answers later.
    Later(Duration, PlatformPage),
    /// Fails.
    Fail(Failure),
    /// Never answers.
    Hang,
    /// Breaks.
    Panic,
}

/// A client that does what its script says for each page, counted from 0.
pub(crate) struct Fake {
    script: Box<dyn Fn(usize) -> Step + Send + Sync>,
    /// How often it was asked.
    pub(crate) calls: AtomicUsize,
    /// How many calls came to an end, whatever the end.
    pub(crate) ended: Arc<AtomicUsize>,
}

impl Fake {
    pub(crate) fn new(script: impl Fn(usize) -> Step + Send + Sync + 'static) -> Self {
        Self {
            script: Box::new(script),
            calls: AtomicUsize::new(0),
            ended: Arc::default(),
        }
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    async fn act<T>(
        &self,
        page: usize,
        of_page: impl FnOnce(PlatformPage) -> T,
    ) -> Result<T, Failure> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let _ended = CountsItsEnd(Arc::clone(&self.ended));
        match (self.script)(page) {
            Step::Page(page) => Ok(of_page(page)),
            Step::Later(time, page) => {
                tokio::time::sleep(time).await;
                Ok(of_page(page))
            }
            Step::Fail(failure) => Err(failure),
            Step::Hang => pending().await,
            Step::Panic => panic!("a defect of a client"),
        }
    }
}

struct CountsItsEnd(Arc<AtomicUsize>);

impl Drop for CountsItsEnd {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl PlatformClient for Fake {
    fn search<'a>(
        &'a self,
        query: &'a PlatformQuery,
        _bounds: &'a CallBounds,
    ) -> ClientFuture<'a, PlatformPage> {
        let page = query
            .page
            .as_deref()
            .map_or(0, |page| page.parse().expect("our own"));
        Box::pin(self.act(page, |page| page))
    }

    fn look_up<'a>(
        &'a self,
        full_name: &'a str,
        _bounds: &'a CallBounds,
    ) -> ClientFuture<'a, RepositoryFacts> {
        Box::pin(self.act(0, |_| entry("elsewhere", full_name)))
    }
}

/// Makes what a platform knows of a repository.
pub(crate) fn entry(platform: &str, full_name: &str) -> RepositoryFacts {
    RepositoryFacts {
        platform: platform.to_owned(),
        name: full_name.rsplit('/').next().unwrap_or_default().to_owned(),
        full_name: full_name.to_owned(),
        url: format!("https://{platform}.example/{full_name}"),
        kind: "repository".to_owned(),
        ..RepositoryFacts::default()
    }
}

/// Makes a page of repositories with these full names, without a further page.
pub(crate) fn page(full_names: &[&str]) -> PlatformPage {
    PlatformPage {
        repositories: full_names.iter().map(|name| entry("", name)).collect(),
        ..PlatformPage::default()
    }
}

/// Gives one of several pages, each leading to the next one.
pub(crate) fn page_of(pages: &[Vec<RepositoryFacts>], number: usize) -> Step {
    let next = number + 1;
    Step::Page(PlatformPage {
        repositories: pages[number].clone(),
        total: Some(pages.iter().map(Vec::len).sum::<usize>() as u64),
        next: (next < pages.len()).then(|| next.to_string()),
        ..PlatformPage::default()
    })
}

/// Makes a failure as the door gives it.
pub(crate) fn failure(code: ErrorCode, retry_after_seconds: Option<u64>) -> Failure {
    Failure {
        retry_after_seconds,
        ..Failure::new(code, format!("told to give {}", code.as_str()))
    }
}

/// Makes an enabled platform of a client.
pub(crate) fn platform(place: usize, client: &Arc<Fake>) -> Platform {
    Platform {
        descriptor: DESCRIPTORS[place],
        base_url: None,
        authenticated: false,
        withheld: None,
        access: Access::Enabled {
            client: Arc::clone(client) as Arc<dyn PlatformClient>,
            checking: Arc::clone(client) as Arc<dyn PlatformClient>,
        },
        service: None,
    }
}

/// Makes a platform that is not enabled.
pub(crate) fn disabled(place: usize) -> Platform {
    Platform {
        access: Access::Disabled {
            reason: "it answers nobody without credentials",
            hint: "give credentials".to_owned(),
        },
        ..platform(place, &Arc::new(Fake::new(|_| Step::Hang)))
    }
}

/// The day of all tests.
pub(crate) const TODAY: i64 = 20_000;

/// Makes a search over platforms, with a time of ten seconds.
pub(crate) fn discovery(platforms: Vec<Platform>) -> Discovery {
    let settings = DiscoverySettings {
        search_timeout: Duration::from_secs(10),
        health_interval: Duration::from_secs(30),
        offline: false,
        today: || TODAY,
    };
    Discovery::of_platforms(settings, platforms)
}
