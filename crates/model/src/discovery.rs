//! What is asked of platforms, and what they answered. Texts of a platform are a stranger's: capped, and data only.

use serde::{Deserialize, Serialize};

use crate::{ErrorCode, Failure};

/// The longest description that is kept, in characters.
pub const DESCRIPTION_LIMIT: usize = 500;

/// The most topics that are kept.
pub const TOPIC_LIMIT: usize = 30;

/// A search over platforms, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SearchRequest {
    /// The words, trimmed; 1 to 256 characters, none of them a control character.
    pub query: String,
    /// The platforms to ask, by name; all that are enabled when empty.
    pub platforms: Vec<String>,
    /// Only repositories in this language.
    pub language: Option<String>,
    /// Only repositories with at least so many stars (likes, votes).
    pub min_stars: u64,
    /// How many repositories a page has, 1 to 100.
    pub limit: usize,
    /// Where the page starts: the `next_cursor` of the last one.
    pub cursor: Option<String>,
}

impl SearchRequest {
    /// Makes a request for the first twenty results for some words.
    ///
    /// # Errors
    /// `E_QUERY` when the words are empty, longer than 256 characters, or hold control characters.
    pub fn new(query: &str) -> Result<Self, Failure> {
        let query = query.trim();
        let refuse = |what: &str| {
            Failure::new(ErrorCode::Query, format!("the query {what}"))
                .with_hint("give a few words, such as \"http client\"")
        };
        if query.is_empty() {
            return Err(refuse("is empty"));
        }
        if query.chars().count() > 256 {
            return Err(refuse("is longer than 256 characters"));
        }
        if query.chars().any(char::is_control) {
            return Err(refuse("holds control characters"));
        }
        Ok(Self {
            query: query.to_owned(),
            platforms: Vec::new(),
            language: None,
            min_stars: 0,
            limit: 20,
            cursor: None,
        })
    }
}

/// What a platform knows of one repository.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RepositoryFacts {
    /// The platform's name, such as `github`.
    pub platform: String,
    /// The repository's own name.
    pub name: String,
    /// With owner or group, as the platform writes it; unique on the platform.
    pub full_name: String,
    /// The page for people; always `https` unless the platform is self-hosted. Never empty.
    pub url: String,
    /// What can be given to other commands as REPO, when its files can be fetched.
    pub reference: Option<String>,
    /// One line, at most [`DESCRIPTION_LIMIT`] characters, without control characters.
    pub description: Option<String>,
    /// Stars, likes or votes; `None` where the platform counts none.
    pub stars: Option<u64>,
    /// The main language.
    pub language: Option<String>,
    /// SPDX identifier, or what the platform says.
    pub license: Option<String>,
    /// Topics or tags, at most [`TOPIC_LIMIT`].
    pub topics: Vec<String>,
    /// When it was made, RFC 3339.
    pub created_at: Option<String>,
    /// When something last changed in it, RFC 3339.
    pub updated_at: Option<String>,
    /// Forks.
    pub forks: Option<u64>,
    /// Open issues.
    pub open_issues: Option<u64>,
    /// Downloads in the platform's own period.
    pub downloads: Option<u64>,
    /// Read-only by its owner's will.
    pub archived: bool,
    /// A fork of another repository.
    pub fork: bool,
    /// Only for those who were let in.
    pub private: bool,
    /// Access must be asked for before files can be read.
    pub gated: bool,
    /// What it is: `repository`, `model`, `dataset`, `space`, `kernel`, `paper`.
    pub kind: String,
    /// Addresses of the same project elsewhere that the platform names: homepage, mirror, code of a paper.
    pub links: Vec<String>,
    /// The commit of the default branch, where the platform says it.
    pub revision: Option<String>,
    /// The former full name, when the platform answered a look-up under another one.
    pub renamed_from: Option<String>,
}

/// The parts of a score, each 0 to 1 before its weight; the score is their weighted sum times the penalties.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ScoreParts {
    /// BM25 of the query over name, description and topics, relative to the best of this search.
    pub relevance: f64,
    /// Stars on a logarithmic scale.
    pub popularity: f64,
    /// How recently it changed.
    pub recency: f64,
    /// How lively it is: forks, issues, downloads.
    pub activity: f64,
    /// 1 for a license that SPDX knows, 0.5 for another statement, 0 for none.
    pub license: f64,
    /// The factor for archived repositories and forks; 1 without either.
    pub penalty: f64,
}

/// One repository of a search's result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoundRepository {
    /// What its main platform knows.
    #[serde(flatten)]
    pub facts: RepositoryFacts,
    /// 0 to 1.
    pub score: f64,
    /// What the score is made of.
    pub score_parts: ScoreParts,
    /// The same project on other platforms.
    pub also_on: Vec<AlsoOn>,
}

/// The same project on another platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlsoOn {
    /// The platform.
    pub platform: String,
    /// Its full name there.
    pub full_name: String,
    /// Its page there.
    pub url: String,
}

/// How one platform answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceState {
    /// It answered.
    Ok,
    /// It answered, but not in full: its own time ran out, a page is missing, entries could not be read.
    Partial,
    /// An earlier answer was used, because it could not be asked or did not answer.
    Stale,
    /// It had not answered when the deadline passed.
    Timeout,
    /// It limits the rate.
    RateLimited,
    /// Its circuit breaker is open.
    CircuitOpen,
    /// It refuses the credentials, or wants some.
    Unauthorized,
    /// The network is switched off and nothing is cached.
    Offline,
    /// Anything else went wrong.
    Failed,
    /// It is not enabled.
    Disabled,
}

/// How much of a platform's limit is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Calls per window.
    pub limit: Option<u64>,
    /// Calls that are left.
    pub remaining: Option<u64>,
    /// When the window ends, RFC 3339.
    pub reset_at: Option<String>,
    /// Which of the platform's limits it is, such as `search`.
    pub resource: Option<String>,
}

/// What became of the question to one platform.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceReport {
    /// The platform.
    pub platform: String,
    /// How it answered.
    pub status: SourceState,
    /// How many repositories came from it, before merging.
    pub count: usize,
    /// How many it has in all, by its own account.
    pub total: Option<u64>,
    /// How many we dropped because the platform cannot filter by language or stars itself.
    pub filtered_out: usize,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// When it can be asked again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u64>,
    /// What is left of its limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quota>,
    /// The age of a stale or cached answer, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<u64>,
    /// Remarks: qualifiers that the platform does not know, entries that could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// How often each value occurs among all the repositories that were found; the most frequent first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Facets {
    /// By platform.
    pub platforms: Vec<FacetCount>,
    /// By language.
    pub languages: Vec<FacetCount>,
    /// By license.
    pub licenses: Vec<FacetCount>,
    /// By kind.
    pub kinds: Vec<FacetCount>,
}

/// One value and how often it occurs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FacetCount {
    /// The value.
    pub value: String,
    /// How often it occurs.
    pub count: usize,
}

/// The answer to a search.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchAnswer {
    /// The words.
    pub query: String,
    /// The platforms that were asked.
    pub platforms: Vec<String>,
    /// How many repositories were found and merged, on all pages.
    pub total_count: usize,
    /// One page of them, the best first.
    pub repositories: Vec<FoundRepository>,
    /// What became of each question.
    pub sources: Vec<SourceReport>,
    /// What was found, counted.
    pub facets: Facets,
    /// The cursor of the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Whether every answer came from a cache because the network is switched off.
    pub offline: bool,
    /// How long it took, in milliseconds.
    pub search_time_ms: u64,
}

/// A platform as `platforms` shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlatformStatus {
    /// Its name.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// What can be found there.
    pub description: String,
    /// Its documentation.
    pub documentation: String,
    /// Where its API is.
    pub base_url: Option<String>,
    /// Whether it is searched.
    pub enabled: bool,
    /// Whether we send credentials.
    pub authenticated: bool,
    /// `true` or `false` by the last call or check, `None` while nothing is known.
    pub healthy: Option<bool>,
    /// The state of its circuit breaker.
    pub breaker: String,
    /// What is left of its limit, by its last answer.
    pub quota: Option<Quota>,
    /// The last thing that went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<Failure>,
    /// When that was, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error_at: Option<String>,
    /// What the user should know, such as credentials that were not used and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}
