//! What the lists of Hugging Face hold: kinds, names and fields. Must not ask for anything.

use serde_json::Value;
use synthesizer_model::discovery::{DESCRIPTION_LIMIT, RepositoryFacts, TOPIC_LIMIT};
use url::Url;

use super::{
    hugging_face::HUGGING_FACE,
    reading::{Fields, is_plain_path, last_name, one_line, self_hosted_place, usable_reference},
};

/// One of the three kinds of repositories.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// In the API's addresses.
    pub(super) list: &'static str,
    /// Before the name, in page addresses and references.
    pub(super) prefix: &'static str,
    /// As users see it.
    pub(super) word: &'static str,
}

pub(super) static KINDS: [Kind; 3] = [
    Kind {
        list: "models",
        prefix: "",
        word: "model",
    },
    Kind {
        list: "datasets",
        prefix: "datasets/",
        word: "dataset",
    },
    Kind {
        list: "spaces",
        prefix: "spaces/",
        word: "space",
    },
];

impl Kind {
    /// Splits a full name into its kind and the hub's own identifier. Models of the first years have no owner.
    pub(super) fn of(full_name: &str) -> Option<(&'static Self, &str)> {
        let (kind, id) = KINDS
            .iter()
            .skip(1)
            .find_map(|kind| Some((kind, full_name.strip_prefix(kind.prefix)?)))
            .unwrap_or((&KINDS[0], full_name));
        is_identifier(id).then_some((kind, id))
    }
}

fn is_identifier(id: &str) -> bool {
    is_plain_path(id, 1..=2)
}

/// Where pages for people are.
#[derive(Debug)]
pub(super) struct Places {
    /// The address before the names.
    pub(super) site: Url,
    /// Whether it is the public hub, whose names have short references.
    pub(super) public: bool,
}

impl Places {
    /// Gives page and reference of a repository.
    fn of(&self, full_name: &str) -> (String, Option<String>) {
        let site = self.site.as_str().trim_end_matches('/');
        let page = format!("{site}/{full_name}");
        if !self.public {
            return self_hosted_place(&self.site, full_name, None, Some(&page));
        }
        let reference = usable_reference(&[&format!("hf:{full_name}"), &page]);
        (page, reference)
    }
}

/// Reads one entry of a list, or the answer to a look-up.
pub(super) fn read_facts(
    kind: &Kind,
    places: &Places,
    fields: Fields<'_>,
) -> Option<RepositoryFacts> {
    let id = fields
        .text("id")
        .or_else(|| fields.text("modelId"))
        .filter(|id| is_identifier(id))?;
    let full_name = format!("{}{id}", kind.prefix);
    let (url, reference) = places.of(&full_name);
    let revision = fields.text("sha").filter(|sha| is_commit(sha));
    Some(RepositoryFacts {
        platform: HUGGING_FACE.name.to_owned(),
        name: last_name(id),
        full_name,
        url,
        reference,
        description: description(fields),
        stars: fields.count("likes"),
        license: license(fields),
        topics: topics(fields),
        created_at: fields.time("createdAt"),
        updated_at: fields.time("lastModified"),
        downloads: fields.count("downloads"),
        // What the hub has disabled cannot be changed any more.
        archived: fields.flag("disabled"),
        private: fields.flag("private"),
        gated: is_gated(fields.value("gated")),
        kind: kind.word.to_owned(),
        links: fields
            .fields("cardData")
            .map(|card| card.addresses(&["repository", "homepage"]))
            .unwrap_or_default(),
        revision: revision.map(str::to_owned),
        ..RepositoryFacts::default()
    })
}

/// `gated` is `false`, or how access is given: `auto` or `manual`.
fn is_gated(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(gated)) => *gated,
        Some(Value::String(how)) => !how.is_empty(),
        _ => false,
    }
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// Datasets have a description of their own; the card of a space may have one, or at least a title.
fn description(fields: Fields<'_>) -> Option<String> {
    let card = fields.fields("cardData");
    fields
        .description("description")
        .or_else(|| card?.description("short_description"))
        .or_else(|| one_line(card?.text("title")?, DESCRIPTION_LIMIT))
}

/// Licenses are tags in small letters; those that are SPDX identifiers but for the case are written as SPDX does.
fn license(fields: Fields<'_>) -> Option<String> {
    let tags = fields.list("tags").unwrap_or_default().iter();
    let tagged = tags
        .filter_map(Value::as_str)
        .find_map(|tag| tag.strip_prefix("license:"))
        .and_then(|license| one_line(license, 100));
    let named = tagged.or_else(|| fields.fields("cardData")?.word("license"))?;
    if named == "unknown" {
        return None;
    }
    let known = LICENSES
        .split_ascii_whitespace()
        .find(|spdx| spdx.eq_ignore_ascii_case(&named));
    Some(known.map_or(named, str::to_owned))
}

/// Those of the hub's licenses (hub documentation, "Licenses") that are SPDX identifiers written in small letters.
const LICENSES: &str = "AFL-3.0 AGPL-3.0 Apache-2.0 Artistic-2.0 BSD-2-Clause BSD-3-Clause BSD-3-Clause-Clear \
    BSL-1.0 CC-BY-2.0 CC-BY-2.5 CC-BY-3.0 CC-BY-4.0 CC-BY-NC-2.0 CC-BY-NC-3.0 CC-BY-NC-4.0 CC-BY-NC-ND-3.0 \
    CC-BY-NC-ND-4.0 CC-BY-NC-SA-2.0 CC-BY-NC-SA-3.0 CC-BY-NC-SA-4.0 CC-BY-ND-4.0 CC-BY-SA-3.0 CC-BY-SA-4.0 \
    CC0-1.0 ECL-2.0 EPL-1.0 EPL-2.0 EUPL-1.1 EUPL-1.2 GPL-2.0 GPL-3.0 ISC LGPL-2.1 LGPL-3.0 LPPL-1.3c MIT \
    MPL-2.0 MS-PL NCSA OFL-1.1 OSL-3.0 PostgreSQL Unlicense WTFPL Zlib";

/// What it is for and made with comes first, then the tags but those that say where it is and what may be done with it.
fn topics(fields: Fields<'_>) -> Vec<String> {
    let mut topics: Vec<String> = ["pipeline_tag", "library_name", "sdk"]
        .iter()
        .filter_map(|key| fields.word(key))
        .collect();
    let tags = fields.words("tags").into_iter();
    topics.extend(tags.filter(|tag| !tag.starts_with("license:") && !tag.starts_with("region:")));
    let mut seen = Vec::new();
    topics.retain(|topic| {
        let new = !seen.contains(topic);
        if new {
            seen.push(topic.clone());
        }
        new
    });
    topics.truncate(TOPIC_LIMIT);
    topics
}

#[cfg(test)]
#[path = "hugging_face_entries_tests.rs"]
mod tests;
