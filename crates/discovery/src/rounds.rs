//! Walks the pages of all platforms, round by round: round n is page n of each. What failed once is asked no more in this search.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::future::join_all;
use synthesizer_model::{
    Failure,
    discovery::{FoundRepository, RepositoryFacts, SearchRequest},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    calls::{TimeBound, bounded},
    client::{PlatformClient, PlatformPage, PlatformQuery},
    cursor::{Cursor, Ended, MOST_ROUNDS},
    filtering::drop_unfit,
    merging::{Entry, Merger},
    platforms::Platform,
    ranking::Ranker,
    sources::state_of,
};

/// How many entries a page should have. It does not depend on the caller's limit, so that rounds are the same for every limit.
const PAGE_SIZE: usize = 50;
/// The most entries of one answer that are looked at; a platform may disregard the size that was asked for.
const MOST_ENTRIES: usize = 200;

/// A walk through the rounds of one search.
pub(crate) struct Walk<'a> {
    request: &'a SearchRequest,
    time: TimeBound,
    cancellation: &'a CancellationToken,
    /// The platforms that take part, in the order of the list.
    pub(crate) sources: Vec<Source<'a>>,
    /// The rounds that were walked, each ranked.
    pub(crate) rounds: Vec<Vec<FoundRepository>>,
    merger: Merger,
    ranker: Ranker,
    /// Why no further round could be walked although there is one.
    pub(crate) stuck: Option<Stuck>,
}

/// Why a walk cannot go on for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stuck {
    /// Everyone who was asked failed.
    NobodyAnswered,
    /// The time was over before the round began.
    OutOfTime,
}

/// One platform's part in a walk.
pub(crate) struct Source<'a> {
    /// The platform.
    pub(crate) platform: &'a Platform,
    client: Arc<dyn PlatformClient>,
    /// What the cursor says of an earlier failure.
    pub(crate) ended: Option<Ended>,
    /// How many pages it gave.
    pub(crate) pages: usize,
    /// What went wrong, and in which round.
    pub(crate) failure: Option<(usize, Failure)>,
    next: Option<String>,
    /// What its answers said.
    pub(crate) said: Said,
}

/// What a platform's answers said, summed up.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// Entries, before merging.
    pub(crate) count: usize,
    /// Its own account of how many there are.
    pub(crate) total: Option<u64>,
    /// Entries that were dropped because they do not fit.
    pub(crate) filtered_out: usize,
    /// Entries that belong to projects of earlier rounds.
    pub(crate) seen_before: usize,
    /// Its remarks, each once.
    pub(crate) remarks: Vec<String>,
    /// Whether an answer was not complete.
    pub(crate) partial: bool,
    /// Whether an answer was past its time.
    pub(crate) stale: bool,
    /// The greatest age of an answer.
    pub(crate) age: Option<Duration>,
    /// How long it took.
    pub(crate) time: Duration,
}

impl<'a> Walk<'a> {
    /// Begins a walk over these platforms; `cursor` speaks of them in the same order.
    ///
    /// # Errors
    /// `E_CONFIG` for a platform that is not enabled.
    pub(crate) fn new(
        platforms: &[&'a Platform],
        request: &'a SearchRequest,
        cursor: &Cursor,
        time: TimeBound,
        cancellation: &'a CancellationToken,
    ) -> Result<Self, Failure> {
        let mut sources = Vec::with_capacity(platforms.len());
        for (platform, ended) in platforms.iter().zip(&cursor.ended) {
            sources.push(Source {
                platform,
                client: Arc::clone(platform.client()?),
                ended: *ended,
                pages: 0,
                failure: None,
                next: None,
                said: Said::default(),
            });
        }
        Ok(Self {
            request,
            time,
            cancellation,
            sources,
            rounds: Vec::new(),
            merger: Merger::default(),
            ranker: Ranker::new(&request.query, cursor.day),
            stuck: None,
        })
    }

    /// Says whether there is a further round, as far as the platforms say.
    pub(crate) fn has_more(&self) -> bool {
        let round = self.rounds.len();
        round < MOST_ROUNDS
            && (self.stuck.is_some() || self.sources.iter().any(|source| source.takes_part(round)))
    }

    /// Walks the next round; `false` when there is none, or when it could not be walked.
    ///
    /// # Errors
    /// `E_CANCELLED`.
    pub(crate) async fn advance(&mut self) -> Result<bool, Failure> {
        let round = self.rounds.len();
        if self.stuck.is_some() || !self.has_more() {
            return Ok(false);
        }
        if round > 0 && self.time.is_over() {
            self.stuck = Some(Stuck::OutOfTime);
            return Ok(false);
        }
        let asked: Vec<usize> = (0..self.sources.len())
            .filter(|place| self.sources[*place].takes_part(round))
            .collect();
        let answers = join_all(asked.iter().map(|place| self.ask(*place))).await;
        if self.cancellation.is_cancelled() {
            return Err(Failure::cancelled());
        }
        let mut entries = Vec::new();
        let mut answered = false;
        for (place, (outcome, time)) in asked.into_iter().zip(answers) {
            let source = &mut self.sources[place];
            source.said.time += time;
            match outcome {
                Ok(page) => {
                    answered = true;
                    let facts = source.take(page, self.request);
                    let self_hosted = source.platform.is_self_hosted();
                    entries.extend(facts.into_iter().map(|facts| Entry {
                        platform: place,
                        self_hosted,
                        facts,
                    }));
                }
                Err(failure) => source.failure = Some((round, failure)),
            }
        }
        if !answered {
            self.stuck = Some(Stuck::NobodyAnswered);
            return Ok(false);
        }
        let merged = self.merger.merge(entries);
        self.note_seen(&merged.seen_before);
        self.rounds.push(self.ranker.rank(merged.projects));
        Ok(true)
    }

    /// Gives the cursor of a place in this walk.
    pub(crate) fn cursor_at(&self, round: usize, offset: usize, day: i64) -> Cursor {
        Cursor {
            round,
            offset,
            day,
            ended: self
                .sources
                .iter()
                .map(|source| source.ended_before(round, self.rounds.len()))
                .collect(),
        }
    }

    async fn ask(&self, place: usize) -> (Result<PlatformPage, Failure>, Duration) {
        let source = &self.sources[place];
        let query = PlatformQuery {
            text: self.request.query.clone(),
            language: self.request.language.clone(),
            min_stars: self.request.min_stars,
            page_size: PAGE_SIZE,
            page: source.next.clone(),
        };
        let client = Arc::clone(&source.client);
        let began = Instant::now();
        let name = source.platform.name();
        let outcome = bounded(name, self.time, self.cancellation, |bounds| async move {
            client.search(&query, &bounds).await
        })
        .await;
        (outcome, began.elapsed())
    }

    fn note_seen(&mut self, seen_before: &BTreeMap<usize, usize>) {
        for (place, count) in seen_before {
            if let Some(source) = self.sources.get_mut(*place) {
                source.said.seen_before += count;
            }
        }
    }
}

impl Source<'_> {
    /// Says whether it is asked in a round, counted from 0.
    fn takes_part(&self, round: usize) -> bool {
        let allowed = self.ended.is_none_or(|ended| round < ended.pages);
        let has_page = round == 0 || self.next.is_some();
        allowed && has_page && self.failure.is_none() && self.pages == round
    }

    /// Says how far it took part in the rounds before a place: all that were walked to the end count.
    fn ended_before(&self, round: usize, walked: usize) -> Option<Ended> {
        if self.ended.is_some() {
            return self.ended;
        }
        let (failed_in, failure) = self.failure.as_ref()?;
        let counts = *failed_in < walked && *failed_in <= round;
        counts.then(|| Ended {
            pages: self.pages,
            state: state_of(failure),
        })
    }

    /// Takes over an answer and gives the entries that fit.
    fn take(&mut self, page: PlatformPage, request: &SearchRequest) -> Vec<RepositoryFacts> {
        let mut entries = page.repositories;
        let said = &mut self.said;
        if entries.len() > MOST_ENTRIES {
            entries.truncate(MOST_ENTRIES);
            said.partial = true;
            said.remark(format!("of one answer {MOST_ENTRIES} entries were used"));
        }
        let name = self.platform.name();
        for facts in &mut entries {
            // The platform's name is ours; an answer has no say in it.
            name.clone_into(&mut facts.platform);
        }
        let language = request.language.as_deref();
        let dropped = drop_unfit(
            &mut entries,
            self.platform.descriptor,
            language,
            request.min_stars,
        );
        said.filtered_out += page.filtered_out + dropped;
        said.count += entries.len();
        said.total = said.total.or(page.total);
        said.partial |= page.partial;
        said.stale |= page.stale;
        said.age = said.age.max(page.age);
        page.remarks
            .into_iter()
            .for_each(|remark| said.remark(remark));
        // A platform that gives its own page again as the next one would be asked the same for ever.
        let repeats = page.next.is_some() && page.next == self.next;
        self.next = page.next.filter(|_| !repeats);
        self.pages += 1;
        entries
    }
}

impl Said {
    /// The most remarks of one platform.
    const MOST_REMARKS: usize = 20;

    fn remark(&mut self, remark: String) {
        if self.remarks.len() < Self::MOST_REMARKS && !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }
}
