//! What Kaggle's lists hold: names, kinds and fields. Must not ask for anything.

use synthesizer_model::discovery::{RepositoryFacts, TOPIC_LIMIT};
use url::Url;

use super::{
    kaggle::KAGGLE,
    reading::{Fields, is_plain_path, last_name, time},
};

/// One of the kinds of things on Kaggle.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// In the API's addresses, in full names, and as the field that holds the list.
    pub(super) list: &'static str,
    /// In the addresses of pages for people.
    pub(super) folder: &'static str,
    /// As users see it.
    pub(super) word: &'static str,
    /// The order that is asked for.
    pub(super) order: &'static str,
    /// Whether its pages have numbers, besides tokens.
    pub(super) numbered: bool,
    /// Whether its entries have a programming language, by which Kaggle filters itself.
    pub(super) has_language: bool,
}

/// The kinds, in the order in which they are asked.
pub(super) static KINDS: [Kind; 3] = [
    Kind {
        list: "datasets",
        folder: "datasets",
        word: "dataset",
        order: "votes",
        numbered: true,
        has_language: false,
    },
    Kind {
        list: "kernels",
        folder: "code",
        word: "kernel",
        order: "relevance",
        numbered: true,
        has_language: true,
    },
    Kind {
        list: "models",
        folder: "models",
        word: "model",
        order: "voteCount",
        numbered: false,
        has_language: false,
    },
];

impl Kind {
    /// Splits a full name into its kind and `OWNER/NAME`; a dataset when no kind is named.
    pub(super) fn of(full_name: &str) -> Option<(&'static Self, &str)> {
        let (kind, name) = match full_name.split_once('/') {
            Some((first, rest)) if rest.contains('/') => {
                let kind = KINDS
                    .iter()
                    .find(|kind| kind.list == first || kind.folder == first)?;
                (kind, rest)
            }
            _ => (&KINDS[0], full_name),
        };
        is_owned_name(name).then_some((kind, name))
    }
}

/// Says whether a text is `OWNER/NAME`.
pub(super) fn is_owned_name(name: &str) -> bool {
    is_plain_path(name, 2..=2)
}

/// Gives a language as the list of notebooks knows it, whatever its case.
pub(super) fn kernel_language(language: &str) -> Option<&'static str> {
    match language.trim().to_ascii_lowercase().as_str() {
        "python" | "py" => Some("python"),
        "r" | "rmarkdown" => Some("r"),
        "sqlite" => Some("sqlite"),
        "julia" => Some("julia"),
        _ => None,
    }
}

/// Reads one entry of a list, or the answer to a look-up; `site` is where pages for people are.
pub(super) fn read_facts(kind: &Kind, site: &Url, fields: Fields<'_>) -> Option<RepositoryFacts> {
    let name = fields.text("ref")?.trim_start_matches('/');
    let name = name
        .strip_prefix(kind.folder)
        .and_then(|rest| rest.strip_prefix('/'))
        .unwrap_or(name);
    if !is_owned_name(name) {
        return None;
    }
    let mut page = site.clone();
    page.path_segments_mut()
        .ok()?
        .pop_if_empty()
        .push(kind.folder)
        .extend(name.split('/'));
    Some(RepositoryFacts {
        platform: KAGGLE.name.to_owned(),
        name: last_name(name),
        full_name: format!("{}/{name}", kind.list),
        url: page.into(),
        description: fields
            .description("subtitle")
            .or_else(|| fields.description("title")),
        stars: fields
            .count("voteCount")
            .or_else(|| fields.count("totalVotes")),
        language: fields.word("language").map(language),
        license: fields.word("licenseName").and_then(license),
        topics: topics(fields),
        created_at: time_of(fields, "publishTime"),
        updated_at: ["lastUpdated", "lastRunTime", "updateTime"]
            .iter()
            .find_map(|key| time_of(fields, key)),
        downloads: fields.count("downloadCount"),
        private: fields.flag("isPrivate"),
        kind: kind.word.to_owned(),
        links: fields.addresses(&["provenanceSources"]),
        ..RepositoryFacts::default()
    })
}

/// Times are UTC, with or without saying so.
fn time_of(fields: Fields<'_>, key: &str) -> Option<String> {
    let text = fields.text(key)?;
    time(text).or_else(|| {
        (text.len() <= 40)
            .then(|| time(&format!("{text}Z")))
            .flatten()
    })
}

fn language(word: String) -> String {
    let known = match kernel_language(&word) {
        Some("python") => "Python",
        Some("r") => "R",
        Some("sqlite") => "SQLite",
        Some("julia") => "Julia",
        _ => return word,
    };
    known.to_owned()
}

/// Writes the licenses that Kaggle offers by name as SPDX does; others stay as they are.
fn license(name: String) -> Option<String> {
    let known = match name.as_str() {
        "Unknown" | "unknown" => return None,
        "CC0: Public Domain" => "CC0-1.0",
        "CC BY 4.0" | "Attribution 4.0 International (CC BY 4.0)" => "CC-BY-4.0",
        "CC BY-SA 4.0" => "CC-BY-SA-4.0",
        "CC BY-SA 3.0" => "CC-BY-SA-3.0",
        "CC BY-NC-SA 4.0" => "CC-BY-NC-SA-4.0",
        "CC BY-NC 4.0" => "CC-BY-NC-4.0",
        "CC BY-ND 4.0" => "CC-BY-ND-4.0",
        "Apache 2.0" => "Apache-2.0",
        "GPL 2" => "GPL-2.0-only",
        "GPL 3" => "GPL-3.0-only",
        _ => return Some(name),
    };
    Some(known.to_owned())
}

/// Gives the names of the tags, or else their references.
fn topics(fields: Fields<'_>) -> Vec<String> {
    let mut topics: Vec<String> = Vec::new();
    let tags = fields.list("tags").unwrap_or_default().iter();
    for topic in tags
        .filter_map(Fields::of)
        .filter_map(|tag| tag.word("name").or_else(|| tag.word("ref")))
    {
        if topics.len() == TOPIC_LIMIT {
            break;
        }
        if !topics.contains(&topic) {
            topics.push(topic);
        }
    }
    topics
}
