//! Asks all platforms at once, with one deadline, and makes one answer of what came by then.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use synthesizer_infrastructure::{config::Config, http::Door};
use synthesizer_model::{
    ErrorCode, Failure,
    discovery::{
        FoundRepository, PlatformStatus, RepositoryFacts, SearchAnswer, SearchRequest, SourceReport,
    },
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    calls::{TimeBound, bounded},
    clients::PLATFORMS,
    cursor::{self, Cursor},
    facets, hosting,
    platforms::Platform,
    rounds::{Stuck, Walk},
    sources,
    status::{self, Checks},
};

/// The most rounds that one page walks beyond the one where it starts: filters that drop nearly everything must not use up
/// the limits of all platforms in one call.
const ROUNDS_PER_PAGE: usize = 3;
/// The most repositories of a page.
const MOST_PER_PAGE: usize = 100;
/// The longest name of a language, and of a repository, in characters.
const LONGEST_LANGUAGE: usize = 64;
const LONGEST_NAME: usize = 256;

/// Search over the platforms of one configuration. Cheap to clone.
#[derive(Clone)]
pub struct Discovery {
    shared: Arc<Shared>,
}

struct Shared {
    settings: DiscoverySettings,
    platforms: Vec<Platform>,
    checks: Checks,
}

/// What a search needs of the configuration, and what day it is.
pub(crate) struct DiscoverySettings {
    /// One search over all platforms.
    pub(crate) search_timeout: Duration,
    /// How long the answer of a check is used.
    pub(crate) health_interval: Duration,
    /// Whether the network is switched off.
    pub(crate) offline: bool,
    /// Gives the day, counted from 1970.
    pub(crate) today: fn() -> i64,
}

impl Discovery {
    /// Connects to the enabled platforms; asks nothing yet.
    ///
    /// # Errors
    /// `E_CONFIG` for settings that a platform cannot work with.
    pub fn new(config: Arc<Config>, door: &Door) -> Result<Self, Failure> {
        let platforms = PLATFORMS
            .iter()
            .map(|descriptor| Platform::connect(descriptor, &config, door))
            .collect::<Result<Vec<_>, _>>()?;
        let settings = DiscoverySettings {
            search_timeout: config.limits.search_timeout,
            health_interval: config.admin.health_interval,
            offline: config.offline,
            today: || Timestamp::now().as_second().div_euclid(86_400),
        };
        Ok(Self::of_platforms(settings, platforms))
    }

    /// Searches over platforms that are connected already.
    pub(crate) fn of_platforms(settings: DiscoverySettings, platforms: Vec<Platform>) -> Self {
        let checks = Checks::new(settings.health_interval);
        Self {
            shared: Arc::new(Shared {
                settings,
                platforms,
                checks,
            }),
        }
    }

    /// Searches. A platform that fails costs its own results alone.
    ///
    /// # Errors
    /// `E_ARGUMENT` for an unknown platform, a limit or a cursor that is not accepted; `E_CONFIG` when no platform that was asked for
    /// is enabled; `E_QUERY`, `E_CANCELLED`. When no platform answered: the code of their failures when they agree, else `E_UPSTREAM`,
    /// with `retry_after_seconds` of the first that can be asked again and the reports as `details.sources`.
    pub async fn search(
        &self,
        request: &SearchRequest,
        cancellation: &CancellationToken,
    ) -> Result<SearchAnswer, Failure> {
        let began = Instant::now();
        let time = TimeBound::from_now(self.shared.settings.search_timeout);
        let request = checked(request)?;
        let named = self.named(&request.platforms)?;
        let asked = enabled_of(&named)?;
        let names: Vec<&str> = asked.iter().map(|platform| platform.name()).collect();
        let scope = scope_of(&request, &names);
        let today = (self.shared.settings.today)();
        let start = match &request.cursor {
            Some(text) => Cursor::read(text, scope, asked.len(), today)?,
            None => Cursor::start(asked.len(), today),
        };
        let mut walk = Walk::new(&asked, &request, &start, time, cancellation)?;
        let (page, next) = turn_page(&mut walk, &start, request.limit).await?;
        let reports = self.reports(&named, &walk);
        if page.is_empty() {
            match walk.stuck {
                Some(Stuck::NobodyAnswered) => return Err(sources::failure_of_all(&reports)),
                Some(Stuck::OutOfTime) => return Err(out_of_time(time, &reports)),
                None => {}
            }
        }
        tracing::debug!(
            found = page.len(),
            rounds = walk.rounds.len(),
            "search answered"
        );
        let all = || walk.rounds.iter().flatten();
        Ok(SearchAnswer {
            query: request.query.clone(),
            platforms: names.iter().map(|name| (*name).to_owned()).collect(),
            total_count: all().count(),
            facets: facets::count(all()),
            repositories: page,
            sources: reports,
            next_cursor: next.map(|cursor| cursor.write(scope)),
            offline: self.shared.settings.offline,
            search_time_ms: sources::milliseconds(began.elapsed()),
        })
    }

    /// Gives the platform that a git address is of, and the repository's full name there. Asks nothing.
    pub fn hosted_at(&self, address: &Url) -> Option<(&'static str, String)> {
        self.shared.platforms.iter().find_map(|platform| {
            let full_name = hosting::full_name(platform, address)?;
            Some((platform.name(), full_name))
        })
    }

    /// Gives the facts of one repository.
    ///
    /// # Errors
    /// As [`Self::look_up_within`].
    pub async fn look_up(
        &self,
        platform: &str,
        full_name: &str,
        cancellation: &CancellationToken,
    ) -> Result<RepositoryFacts, Failure> {
        let time = self.shared.settings.search_timeout;
        self.look_up_within(time, platform, full_name, cancellation)
            .await
    }

    /// Gives the facts of one repository, in the time given or in that of a search, whichever is shorter.
    ///
    /// # Errors
    /// `E_ARGUMENT` for an unknown platform or a name that cannot be one, `E_CONFIG` for a platform that is not enabled; else those
    /// of its client.
    pub async fn look_up_within(
        &self,
        time: Duration,
        platform: &str,
        full_name: &str,
        cancellation: &CancellationToken,
    ) -> Result<RepositoryFacts, Failure> {
        let platform = self.platform(platform)?;
        let full_name = full_name.trim().to_owned();
        let length = full_name.chars().count();
        if length == 0 || length > LONGEST_NAME || full_name.chars().any(char::is_control) {
            return Err(Failure::new(
                ErrorCode::Argument,
                "the name of the repository is empty, too long, or holds control characters",
            ));
        }
        let client = Arc::clone(platform.client()?);
        let time = TimeBound::from_now(time.min(self.shared.settings.search_timeout));
        let name = platform.name();
        let mut facts = bounded(name, time, cancellation, |bounds| async move {
            client.look_up(&full_name, &bounds).await
        })
        .await?;
        name.clone_into(&mut facts.platform);
        Ok(facts)
    }

    /// Says what is known of every platform, without asking any.
    pub fn platforms(&self) -> Vec<PlatformStatus> {
        let shared = &self.shared;
        status::known(&shared.platforms, &shared.checks)
    }

    /// Asks every enabled platform for something small and says what is known then; `health_interval` long the last answer is used.
    pub async fn check_platforms(&self, cancellation: &CancellationToken) -> Vec<PlatformStatus> {
        let shared = &self.shared;
        shared.checks.run(&shared.platforms, cancellation).await;
        self.platforms()
    }

    /// Gives the platforms that were named, or all, in the order of the list.
    fn named(&self, names: &[String]) -> Result<Vec<&Platform>, Failure> {
        for name in names {
            self.platform(name)?;
        }
        let all = self.shared.platforms.iter();
        Ok(if names.is_empty() {
            all.filter(|platform| platform.client().is_ok()).collect()
        } else {
            all.filter(|platform| names.iter().any(|name| platform.is_called(name)))
                .collect()
        })
    }

    fn platform(&self, name: &str) -> Result<&Platform, Failure> {
        let all = &self.shared.platforms;
        let found = all.iter().find(|platform| platform.is_called(name));
        found.ok_or_else(|| {
            let name: String = name.chars().take(LONGEST_NAME).collect();
            let name = synthesizer_model::text::escape_untrusted(&name);
            let known: Vec<&str> = all.iter().map(Platform::name).collect();
            Failure::new(
                ErrorCode::Argument,
                format!("there is no platform \"{name}\""),
            )
            .with_hint(format!("known are: {}", known.join(", ")))
        })
    }

    /// Reports on all that were named, in the order of the list.
    fn reports(&self, named: &[&Platform], walk: &Walk<'_>) -> Vec<SourceReport> {
        let report = |platform: &&Platform| {
            let taking_part = walk
                .sources
                .iter()
                .find(|source| source.platform.name() == platform.name());
            match taking_part {
                Some(source) => Some(sources::report(source)),
                None => sources::disabled_report(platform),
            }
        };
        named.iter().filter_map(report).collect()
    }
}

/// Checks what a caller could have set by hand, and brings it into one form.
fn checked(request: &SearchRequest) -> Result<SearchRequest, Failure> {
    let mut checked = SearchRequest::new(&request.query)?;
    if !(1..=MOST_PER_PAGE).contains(&request.limit) {
        return Err(Failure::new(
            ErrorCode::Argument,
            format!("a page has 1 to {MOST_PER_PAGE} repositories"),
        ));
    }
    let language = request.language.as_deref().map(str::trim);
    let language = language.filter(|language| !language.is_empty());
    if let Some(language) = language {
        let long = language.chars().count() > LONGEST_LANGUAGE;
        if long || language.chars().any(char::is_control) {
            return Err(Failure::new(
                ErrorCode::Argument,
                "the language is too long or holds control characters",
            ));
        }
    }
    checked.language = language.map(str::to_owned);
    checked.platforms.clone_from(&request.platforms);
    checked.cursor.clone_from(&request.cursor);
    checked.min_stars = request.min_stars;
    checked.limit = request.limit;
    Ok(checked)
}

/// Gives the enabled ones of the platforms that were named.
fn enabled_of<'a>(named: &[&'a Platform]) -> Result<Vec<&'a Platform>, Failure> {
    let enabled: Vec<&Platform> = named
        .iter()
        .copied()
        .filter(|platform| platform.client().is_ok())
        .collect();
    if !enabled.is_empty() {
        return Ok(enabled);
    }
    let mut failures = named.iter().filter_map(|platform| platform.client().err());
    match (failures.next(), failures.next()) {
        (Some(only), None) => Err(only),
        _ => Err(
            Failure::new(ErrorCode::Config, "no platform to search is enabled")
                .with_hint("`synthesizer platforms` says what each one needs"),
        ),
    }
}

/// Gives the number of a search: all that decides what its list holds. The limit does not, so that it may change from page to page.
fn scope_of(request: &SearchRequest, names: &[&str]) -> u64 {
    let min_stars = request.min_stars.to_string();
    let language = request.language.as_deref().unwrap_or_default();
    let mut parts = vec![request.query.as_str(), language, &min_stars];
    parts.extend(names);
    cursor::scope(&parts)
}

/// Walks to where the page starts, fills it, and says where the next one starts.
async fn turn_page(
    walk: &mut Walk<'_>,
    start: &Cursor,
    limit: usize,
) -> Result<(Vec<FoundRepository>, Option<Cursor>), Failure> {
    let mut page = Vec::new();
    let (mut round, mut offset) = (start.round, start.offset);
    loop {
        while walk.rounds.len() <= round {
            if !walk.advance().await? {
                let more = walk.has_more();
                let next = more.then(|| walk.cursor_at(round, offset, start.day));
                return Ok((page, next));
            }
        }
        let rest = walk.rounds[round].iter().skip(offset);
        let taken = page.len();
        page.extend(rest.take(limit - taken).cloned());
        offset += page.len() - taken;
        if offset < walk.rounds[round].len() {
            return Ok((page, Some(walk.cursor_at(round, offset, start.day))));
        }
        if page.len() == limit || round >= start.round + ROUNDS_PER_PAGE {
            let last = round + 1 == walk.rounds.len() && !walk.has_more();
            let next = (!last).then(|| walk.cursor_at(round + 1, 0, start.day));
            return Ok((page, next));
        }
        (round, offset) = (round + 1, 0);
    }
}

fn out_of_time(time: TimeBound, reports: &[SourceReport]) -> Failure {
    let seconds = time.allowed.as_secs_f32();
    Failure::new(
        ErrorCode::Timeout,
        format!("the page was not reached within {seconds} s"),
    )
    .with_hint("ask again with the same cursor: what was found is kept")
    .with_details(serde_json::json!({ "sources": reports }))
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "paging_tests.rs"]
mod paging_tests;
