//! Kaggle's public API, version 1, with the fields and paths of its published client library: datasets, notebooks (kernels) and models.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    catalogue::Listing,
    matching::{has_words, rfc3339},
    quota::Allowance,
    site::{Answer, Controls, Paging, Question, Refusal, Site, page},
};

/// No limit is documented; tests set one with `set_limit`.
const ALLOWANCE: Allowance = Allowance {
    limit: 1_000_000,
    window: 60,
};

/// The orders of each list.
const DATASET_ORDERS: [&str; 5] = ["hottest", "votes", "updated", "active", "published"];
const KERNEL_ORDERS: [&str; 10] = [
    "hotness",
    "commentCount",
    "dateCreated",
    "dateRun",
    "relevance",
    "scoreAscending",
    "scoreDescending",
    "viewCount",
    "voteCount",
    "random",
];
const MODEL_ORDERS: [&str; 6] = [
    "hotness",
    "downloadCount",
    "voteCount",
    "notebookCount",
    "createTime",
    "relevance",
];

/// The languages of notebooks that can be asked for.
const LANGUAGES: [&str; 5] = ["all", "python", "r", "sqlite", "julia"];

/// The stand-in.
pub(super) struct Kaggle {
    pub(super) listings: Vec<Listing>,
    pub(super) controls: Arc<Controls>,
}

impl Site for Kaggle {
    fn answer(&self, question: &Question) -> Answer {
        let Ok(Some(caller)) = self.controls.caller(question, &["bearer", "basic"]) else {
            return problem(401, "Unauthenticated");
        };
        if !self
            .controls
            .quotas
            .charge(&caller, ALLOWANCE, 1, question.now)
            .allowed
        {
            return too_many();
        }
        let known = |list: &str| matches!(list, "datasets" | "kernels" | "models");
        match question.parts().as_slice() {
            ["api", "v1", list, "list"] if known(list) => self.list(question, list),
            ["api", "v1", "datasets", "view", owner, name] => self.look_up("dataset", owner, name),
            ["api", "v1", "models", owner, name, "get"] => self.look_up("model", owner, name),
            ["api", "v1", "kernels", "pull"] => {
                let owner = question.parameter("userName").unwrap_or_default();
                let name = question.parameter("kernelSlug").unwrap_or_default();
                self.look_up("kernel", owner, name)
            }
            _ => problem(404, "Not found"),
        }
    }

    fn refuse(&self, _: &Question, refusal: Refusal) -> Answer {
        match refusal {
            Refusal::RetryAfter(seconds) => too_many().with("retry-after", seconds),
            // It has no headers of its own.
            Refusal::Reset(offset) => too_many().with("retry-after", offset.max(0)),
            Refusal::WithoutHeaders => too_many(),
        }
    }

    fn failure(&self, status: u16) -> Answer {
        problem(status, "Something went wrong")
    }
}

impl Kaggle {
    fn list(&self, question: &Question, list: &str) -> Answer {
        let (kind, orders): (_, &[&str]) = match list {
            "datasets" => ("dataset", &DATASET_ORDERS),
            "kernels" => ("kernel", &KERNEL_ORDERS),
            _ => ("model", &MODEL_ORDERS),
        };
        if let Some(order) = question.parameter("sortBy")
            && !orders.contains(&order)
        {
            return problem(400, &format!("Invalid sortBy: {order}"));
        }
        let language = question.parameter("language").unwrap_or("all");
        if kind == "kernel" && !LANGUAGES.contains(&language) {
            return problem(400, &format!("Invalid language: {language}"));
        }
        let numbers = (question.number("page", 1), question.number("pageSize", 20));
        let (Some(number), Some(size)) = numbers else {
            return problem(400, "page and pageSize are numbers");
        };
        let number = match question.parameter("pageToken") {
            None | Some("") => Some(number),
            Some(token) => read_token(token),
        };
        let Some(number) = number else {
            return problem(400, "Invalid page token");
        };
        let found = self.found(question, kind, language);
        let page = page(&found, number, size.clamp(1, 100), question.paging);
        let rows: Vec<Value> = page.items.iter().map(|listing| row(listing)).collect();
        let next = match (page.next, question.paging) {
            (Some(_), Paging::Looping) => question
                .parameter("pageToken")
                .map(str::to_owned)
                .unwrap_or_else(|| write_token(1)),
            (Some(next), _) => write_token(next),
            (None, _) => String::new(),
        };
        let mut body = json!({ list: rows, "nextPageToken": next });
        if kind == "model" {
            body["totalResults"] = json!(found.len());
        }
        Answer::json(200, &body)
    }

    fn found(&self, question: &Question, kind: &str, language: &str) -> Vec<&Listing> {
        let search = question.parameter("search").unwrap_or_default();
        let user = question.parameter("user").or(question.parameter("owner"));
        let mut found: Vec<&Listing> = self
            .listings
            .iter()
            .filter(|listing| listing.kind == kind && !listing.private)
            .filter(|listing| {
                let description = listing.description.as_deref().unwrap_or_default();
                let topics = listing.topics.join(" ");
                let spoken = listing
                    .language
                    .is_some_and(|spoken| kernel_language(spoken) == language);
                has_words(
                    search,
                    &[&listing.name, &listing.title, description, &topics],
                ) && user.is_none_or(|user| user == listing.owner)
                    && (kind != "kernel" || language == "all" || spoken)
            })
            .collect();
        match question.parameter("sortBy") {
            Some("updated" | "active" | "published" | "dateRun" | "dateCreated" | "createTime") => {
                found.sort_by_key(|listing| std::cmp::Reverse(listing.updated));
            }
            _ => found.sort_by_key(|listing| std::cmp::Reverse(listing.stars)),
        }
        found
    }

    fn look_up(&self, kind: &str, owner: &str, name: &str) -> Answer {
        let asked = |listing: &&Listing| {
            listing.kind == kind && listing.owner == owner && listing.name == name
        };
        match self.listings.iter().find(asked) {
            None => problem(404, "Not found"),
            Some(listing) if listing.private => {
                problem(403, &format!("Permission '{kind}s.get' was denied"))
            }
            Some(listing) if kind == "kernel" => {
                let blob = json!({
                    "source": "print('hello')\n",
                    "language": listing.language.map(kernel_language),
                    "kernelType": "notebook",
                    "slug": listing.name,
                });
                Answer::json(200, &json!({ "metadata": row(listing), "blob": blob }))
            }
            Some(listing) => Answer::json(200, &row(listing)),
        }
    }
}

fn kernel_language(language: &str) -> &'static str {
    match language {
        "R" => "r",
        _ => "python",
    }
}

fn row(listing: &Listing) -> Value {
    let description = listing.description.as_deref().unwrap_or_default();
    let tags: Vec<Value> = listing.topics.iter().map(|topic| tag(topic)).collect();
    match listing.kind {
        "kernel" => json!({
            "id": listing.id,
            "ref": listing.full_name(),
            "title": listing.title,
            "author": listing.owner,
            "slug": listing.name,
            "lastRunTime": moment(listing.updated),
            "language": listing.language.map(kernel_language),
            "kernelType": "notebook",
            "isPrivate": listing.private,
            "enableGpu": false,
            "enableTpu": false,
            "enableInternet": true,
            "categoryIds": listing.topics,
            "datasetDataSources": [],
            "kernelDataSources": [],
            "competitionDataSources": [],
            "modelDataSources": [],
            "totalVotes": listing.stars,
            "currentVersionNumber": 3,
        }),
        "model" => json!({
            "id": listing.id,
            "ref": listing.full_name(),
            "title": listing.title,
            "subtitle": description,
            "author": listing.owner,
            "slug": listing.name,
            "isPrivate": listing.private,
            "description": description,
            "instances": [{
                "id": listing.id + 1,
                "slug": "base",
                "framework": "pyTorch",
                "fineTunable": true,
                "overview": description,
                "versionNumber": 1,
                "url": format!("{}/pyTorch/base", listing.page()),
                "licenseName": license_name(listing),
                "totalUncompressedBytes": 1_048_576,
            }],
            "tags": tags,
            "publishTime": moment(listing.created),
            "updateTime": moment(listing.updated),
            "provenanceSources": listing.links.first().map(String::as_str).unwrap_or_default(),
            "url": listing.page(),
            "voteCount": listing.stars,
        }),
        _ => json!({
            "id": listing.id,
            "ref": listing.full_name(),
            "subtitle": description,
            "creatorName": listing.owner,
            "creatorUrl": listing.owner,
            "totalBytes": listing.id % 90_000_000,
            "url": listing.page(),
            "lastUpdated": moment(listing.updated),
            "downloadCount": listing.downloads,
            "isPrivate": listing.private,
            "isFeatured": false,
            "licenseName": license_name(listing),
            "description": match listing.links.first() {
                Some(link) => format!("{description}. Source: {link}"),
                None => description.to_owned(),
            },
            "ownerName": listing.owner,
            "ownerRef": listing.owner,
            "kernelCount": listing.forks,
            "title": listing.title,
            "topicCount": listing.open_issues,
            "viewCount": listing.downloads * 3,
            "voteCount": listing.stars,
            "currentVersionNumber": 2,
            "usabilityRating": 0.875,
            "tags": tags,
            "files": [],
            "versions": [],
        }),
    }
}

fn tag(topic: &str) -> Value {
    json!({
        "ref": topic,
        "name": topic,
        "description": "",
        "fullPath": format!("subject > {topic}"),
        "competitionCount": 1,
        "datasetCount": 2,
        "scriptCount": 3,
        "totalCount": 6,
    })
}

/// Licenses have names of Kaggle's own, which are not those of SPDX.
fn license_name(listing: &Listing) -> &'static str {
    match listing.license {
        None => "Unknown",
        Some("MIT") => "MIT",
        Some("Apache-2.0") => "Apache 2.0",
        Some("GPL-3.0") => "GPL 3",
        Some("BSD-3-Clause") => "BSD-3-Clause",
        Some(_) => "Other (specified in description)",
    }
}

fn moment(seconds: u64) -> String {
    rfc3339(seconds).replace('Z', ".123Z")
}

fn write_token(number: u64) -> String {
    STANDARD.encode(format!("page {number}"))
}

fn read_token(token: &str) -> Option<u64> {
    let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    text.strip_prefix("page ")?.parse().ok()
}

fn problem(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({ "code": status, "message": message }))
}

fn too_many() -> Answer {
    problem(429, "Too many requests")
}
