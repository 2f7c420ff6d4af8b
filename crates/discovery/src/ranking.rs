//! Orders what one round found. The parts, their weights and the reasons are in `docs/design/006-ranking.md`. Knows no platform by name.

use std::{cmp::Ordering, collections::BTreeSet};

use bm25::{Embedder, EmbedderBuilder, Embedding, Scorer, Tokenizer};
use jiff::Timestamp;
use synthesizer_model::discovery::{FoundRepository, RepositoryFacts, ScoreParts, TOPIC_LIMIT};

use crate::{
    merging::Project,
    words::{question_words, squashed, words},
};

/// What the parts weigh; together 1.
const RELEVANCE: f64 = 0.50;
const POPULARITY: f64 = 0.20;
const RECENCY: f64 = 0.14;
const ACTIVITY: f64 = 0.10;
const LICENSE: f64 = 0.06;

/// The share of the relevance that the name alone decides.
const NAME_SHARE: f64 = 0.25;
/// How often the words of each field count.
const NAME_TIMES: usize = 3;
const TOPIC_TIMES: usize = 2;
/// The most words of one topic; more are a text, and thirty texts of strangers cost more than they say.
const TOPIC_WORDS: usize = 8;

/// What counts where nothing is known.
const UNKNOWN: f64 = 0.3;
/// After so many days without a change the recency is a half.
const HALF_LIFE_DAYS: f64 = 365.0;
/// The factors for what is archived, a fork, or closed until asked for.
const ARCHIVED: f64 = 0.5;
const FORK: f64 = 0.7;
const GATED: f64 = 0.9;

/// The stars (likes, votes) that count as the most popular, by kind; their sizes differ by orders of magnitude.
const STAR_PIVOTS: &[(&str, f64)] = &[
    ("model", 10_000.0),
    ("dataset", 5_000.0),
    ("space", 5_000.0),
    ("kernel", 5_000.0),
];
const STAR_PIVOT: f64 = 100_000.0;
/// The forks, open issues and downloads that count as the most lively.
const FORK_PIVOT: f64 = 20_000.0;
const ISSUE_PIVOT: f64 = 5_000.0;
const DOWNLOAD_PIVOT: f64 = 10_000_000.0;

/// The average number of words when a search found nothing to take it from.
const FALLBACK_WORDS: f32 = 30.0;
const SECONDS_PER_DAY: i64 = 86_400;

/// Ranks the rounds of one search, one after the other. A later round never changes an earlier one.
pub(crate) struct Ranker {
    question: Vec<String>,
    question_name: String,
    today: i64,
    embedder: Option<Embedder<u64, Spaced>>,
    scorer: Scorer<usize, u64>,
    documents: usize,
    /// The best text score so far.
    best: f64,
}

/// Gives the words of a text that was cut already.
#[derive(Debug, Default)]
struct Spaced;

impl Tokenizer for Spaced {
    fn tokenize(&self, text: &str) -> Vec<String> {
        text.split(' ')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    }
}

impl Ranker {
    /// Ranks for these words, on a day counted from 1970.
    pub(crate) fn new(query: &str, today: i64) -> Self {
        Self {
            question: question_words(query),
            question_name: squashed(query),
            today,
            embedder: None,
            scorer: Scorer::new(),
            documents: 0,
            best: 0.0,
        }
    }

    /// Orders the projects of the next round: the best first, then by platform and name.
    pub(crate) fn rank(&mut self, projects: Vec<Project>) -> Vec<FoundRepository> {
        let scores = self.text_scores(&projects);
        let best = scores.iter().copied().fold(self.best, f64::max);
        self.best = best;
        let mut ranked: Vec<(usize, FoundRepository)> = projects
            .into_iter()
            .zip(scores)
            .map(|(project, score)| {
                let text = if best > 0.0 { score / best } else { 0.0 };
                (project.main.platform, self.found(project, text))
            })
            .collect();
        ranked.sort_by(in_order);
        ranked.into_iter().map(|(_, found)| found).collect()
    }

    /// Scores the texts; that of a project is the best of its entries.
    fn text_scores(&mut self, projects: &[Project]) -> Vec<f64> {
        let texts: Vec<Vec<Vec<String>>> = projects
            .iter()
            .map(|project| members(project).map(document).collect())
            .collect();
        let (count, length) = texts
            .iter()
            .flatten()
            .fold((0_usize, 0_usize), |sum, text| {
                (sum.0 + 1, sum.1 + text.len())
            });
        let embedder = self.embedder.get_or_insert_with(|| {
            let average = if count == 0 || length == 0 {
                FALLBACK_WORDS
            } else {
                length as f32 / count as f32
            };
            EmbedderBuilder::with_avgdl(average).build()
        });
        let first = self.documents;
        for text in texts.iter().flatten() {
            self.scorer
                .upsert(&self.documents, embedder.embed(&text.join(" ")));
            self.documents += 1;
        }
        // All texts are in before the first is scored, because each changes how rare a word is.
        let question: Embedding<u64> = embedder.embed(&self.question.join(" "));
        let mut next = first;
        texts
            .iter()
            .map(|of_project| {
                let range = next..next + of_project.len();
                next = range.end;
                range
                    .filter_map(|document| self.scorer.score(&document, &question))
                    .map(f64::from)
                    .filter(|score| score.is_finite())
                    .fold(0.0, f64::max)
            })
            .collect()
    }

    fn found(&self, project: Project, text: f64) -> FoundRepository {
        let name = members(&project)
            .map(|facts| self.name_match(facts))
            .fold(0.0, f64::max);
        let popularity = believed(&project).filter_map(popularity).reduce(f64::max);
        let also_on = project.also_on();
        let facts = project.main.facts;
        let parts = ScoreParts {
            relevance: rounded((1.0 - NAME_SHARE) * text + NAME_SHARE * name),
            popularity: rounded(popularity.unwrap_or(UNKNOWN)),
            recency: rounded(recency(&facts, self.today)),
            activity: rounded(activity(&facts)),
            license: license(&facts),
            penalty: rounded(penalty(&facts)),
        };
        FoundRepository {
            score: score(&parts),
            score_parts: parts,
            also_on,
            facts,
        }
    }

    /// 1 for the very name that was asked for; at most a half for a name that shares words with the question.
    fn name_match(&self, facts: &RepositoryFacts) -> f64 {
        let exact =
            |name: &str| !self.question_name.is_empty() && squashed(name) == self.question_name;
        if exact(&facts.name) || exact(&facts.full_name) {
            return 1.0;
        }
        let asked: BTreeSet<&str> = self.question.iter().map(String::as_str).collect();
        let named = words(&facts.name);
        let named: BTreeSet<&str> = named.iter().map(String::as_str).collect();
        let all = asked.union(&named).count();
        if all == 0 {
            return 0.0;
        }
        asked.intersection(&named).count() as f64 / all as f64 / 2.0
    }
}

fn members(project: &Project) -> impl Iterator<Item = &RepositoryFacts> {
    let others = project.others.iter().map(|entry| &entry.facts);
    std::iter::once(&project.main.facts).chain(others)
}

/// Gives the entries whose numbers count: a server of anybody's lends no stars to an entry of a public platform.
fn believed(project: &Project) -> impl Iterator<Item = &RepositoryFacts> {
    let main = &project.main;
    std::iter::once(main)
        .chain(&project.others)
        .filter(|entry| main.self_hosted || !entry.self_hosted)
        .map(|entry| &entry.facts)
}

/// Gives the words of an entry, those of its name and topics repeated.
fn document(facts: &RepositoryFacts) -> Vec<String> {
    let mut text = Vec::new();
    let name = words(&facts.name);
    for _ in 0..NAME_TIMES {
        text.extend_from_slice(&name);
    }
    for topic in facts.topics.iter().take(TOPIC_LIMIT) {
        let mut topic = words(topic);
        topic.truncate(TOPIC_WORDS);
        for _ in 0..TOPIC_TIMES {
            text.extend_from_slice(&topic);
        }
    }
    text.extend(words(facts.description.as_deref().unwrap_or_default()));
    text
}

/// Gives the weighted sum of the parts times the penalties.
fn score(parts: &ScoreParts) -> f64 {
    let sum = RELEVANCE * parts.relevance
        + POPULARITY * parts.popularity
        + RECENCY * parts.recency
        + ACTIVITY * parts.activity
        + LICENSE * parts.license;
    rounded(sum * parts.penalty)
}

fn popularity(facts: &RepositoryFacts) -> Option<f64> {
    let pivot = STAR_PIVOTS.iter().find(|(kind, _)| *kind == facts.kind);
    let pivot = pivot.map_or(STAR_PIVOT, |(_, pivot)| *pivot);
    Some(logarithmic(facts.stars?, pivot))
}

/// Halves with each year without a change; a day that is unknown or still to come says nothing.
fn recency(facts: &RepositoryFacts, today: i64) -> f64 {
    let Some(day) = facts.updated_at.as_deref().and_then(day_of) else {
        return UNKNOWN;
    };
    match today.saturating_sub(day) {
        // Clocks and time zones differ by up to a day.
        -1 | 0 => 1.0,
        age if age > 0 => 0.5_f64.powf(age as f64 / HALF_LIFE_DAYS),
        _ => UNKNOWN,
    }
}

fn day_of(time: &str) -> Option<i64> {
    if time.len() > 64 {
        return None;
    }
    let time: Timestamp = time.parse().ok()?;
    Some(time.as_second().div_euclid(SECONDS_PER_DAY))
}

/// Gives the strongest sign of life.
fn activity(facts: &RepositoryFacts) -> f64 {
    let signs = [
        (facts.forks, FORK_PIVOT),
        (facts.open_issues, ISSUE_PIVOT),
        (facts.downloads, DOWNLOAD_PIVOT),
    ];
    let known = signs
        .into_iter()
        .filter_map(|(count, pivot)| Some(logarithmic(count?, pivot)));
    known.reduce(f64::max).unwrap_or(UNKNOWN)
}

fn license(facts: &RepositoryFacts) -> f64 {
    let stated = facts.license.as_deref().map(str::trim).unwrap_or_default();
    if stated.is_empty() || stated.eq_ignore_ascii_case("none") {
        0.0
    } else if stated.len() <= 200 && is_spdx(stated) {
        1.0
    } else {
        0.5
    }
}

/// Platforms write identifiers in any case.
fn is_spdx(stated: &str) -> bool {
    let mut known = spdx::identifiers::LICENSES.iter();
    let named = known.any(|license| license.name.eq_ignore_ascii_case(stated));
    // The list holds names for the absence of a statement too.
    let says_nothing = ["NOASSERTION", "NONE"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(stated));
    !says_nothing && (named || spdx::Expression::parse(stated).is_ok())
}

fn penalty(facts: &RepositoryFacts) -> f64 {
    let factor = |applies: bool, factor: f64| if applies { factor } else { 1.0 };
    factor(facts.archived, ARCHIVED) * factor(facts.fork, FORK) * factor(facts.gated, GATED)
}

/// Puts a count on a logarithmic scale on which the pivot and all above it are 1.
fn logarithmic(count: u64, pivot: f64) -> f64 {
    ((count as f64).ln_1p() / pivot.ln_1p()).clamp(0.0, 1.0)
}

/// Rounds to four digits, within 0 and 1; what is not a number counts as 0.
fn rounded(value: f64) -> f64 {
    if value.is_finite() {
        (value.clamp(0.0, 1.0) * 10_000.0).round() / 10_000.0
    } else {
        0.0
    }
}

fn in_order(left: &(usize, FoundRepository), right: &(usize, FoundRepository)) -> Ordering {
    let ((left_platform, left), (right_platform, right)) = (left, right);
    right
        .score
        .total_cmp(&left.score)
        .then(left_platform.cmp(right_platform))
        .then_with(|| left.facts.full_name.cmp(&right.facts.full_name))
}

#[cfg(test)]
#[path = "ranking_tests.rs"]
mod tests;
