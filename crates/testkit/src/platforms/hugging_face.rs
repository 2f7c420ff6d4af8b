//! The API of the Hugging Face Hub, as its documentation describes lists and look-up of models, datasets and spaces.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use synthesizer_model::tree::sha256_hex;

use super::{
    catalogue::Listing,
    matching::{has_parts, rfc3339},
    quota::{Allowance, Standing},
    site::{Answer, Controls, Paging, Question, Refusal, Site, page},
};

/// The most entries of a page.
const LARGEST: u64 = 1_000;

/// Seconds of a window of the limits.
const WINDOW: u64 = 300;

/// The stand-in.
pub(super) struct HuggingFace {
    pub(super) listings: Vec<Listing>,
    pub(super) controls: Arc<Controls>,
}

impl Site for HuggingFace {
    fn answer(&self, question: &Question) -> Answer {
        let Ok(caller) = self.controls.caller(question, &["bearer"]) else {
            return error(401, "Invalid credentials in Authorization header");
        };
        let allowance = Allowance {
            limit: if caller.is_some() { 1_000 } else { 500 },
            window: WINDOW,
        };
        let key = caller.as_deref().unwrap_or_default();
        let standing = self.controls.quotas.charge(key, allowance, 1, question.now);
        let answer = match standing.allowed {
            true => self.route(question, caller.is_some()),
            false => too_many(),
        };
        with_standing(answer, standing, question)
            .with("x-request-id", format!("Root=1-{:x}", question.now))
    }

    fn refuse(&self, question: &Question, refusal: Refusal) -> Answer {
        match refusal {
            Refusal::RetryAfter(seconds) => too_many().with("retry-after", seconds),
            Refusal::WithoutHeaders => too_many(),
            Refusal::Reset(offset) => {
                let standing = Standing {
                    limit: 500,
                    used: 500,
                    remaining: 0,
                    reset: question.now.saturating_add_signed(offset),
                    allowed: false,
                };
                with_standing(too_many(), standing, question)
            }
        }
    }

    fn failure(&self, status: u16) -> Answer {
        error(
            status,
            "Internal Error - We're working hard to fix this as soon as possible!",
        )
    }
}

impl HuggingFace {
    fn route(&self, question: &Question, known: bool) -> Answer {
        let parts = question.parts();
        match parts.as_slice() {
            ["api", list] => match kind_of(list) {
                Some(kind) => self.list(question, kind),
                None => error(404, "Sorry, we can't find the page you are looking for."),
            },
            ["api", list, owner, name] => match kind_of(list) {
                Some(kind) => self.look_up(question, kind, list, &format!("{owner}/{name}"), known),
                None => error(404, "Sorry, we can't find the page you are looking for."),
            },
            [owner, name, "resolve", _revision, ..] => self.file("model", owner, name, known),
            ["datasets", owner, name, "resolve", _revision, ..] => {
                self.file("dataset", owner, name, known)
            }
            ["spaces", owner, name, "resolve", _revision, ..] => {
                self.file("space", owner, name, known)
            }
            _ => error(404, "Sorry, we can't find the page you are looking for."),
        }
    }

    fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Listing> {
        self.listings
            .iter()
            .filter(move |listing| listing.kind == kind && !listing.private)
    }

    fn list(&self, question: &Question, kind: &str) -> Answer {
        let Some(limit) = question.number("limit", LARGEST).filter(|limit| *limit > 0) else {
            return error(400, "\"limit\" must be a number greater than 0");
        };
        let limit = limit.min(LARGEST);
        let number = match question.parameter("cursor") {
            None => 1,
            Some(cursor) => match read_cursor(cursor) {
                Some(number) => number,
                None => return error(400, "Invalid cursor"),
            },
        };
        let search = question.parameter("search").unwrap_or_default();
        let author = question.parameter("author");
        let filters: Vec<&str> = question
            .query
            .iter()
            .filter(|(key, _)| key == "filter")
            .map(|(_, value)| value.as_str())
            .collect();
        let mut found: Vec<&Listing> = self
            .of_kind(kind)
            .filter(|listing| {
                let tags = tags(listing);
                let tagged = |filter: &&str| {
                    filter
                        .split(',')
                        .all(|wanted| tags.iter().any(|tag| tag == wanted))
                };
                has_parts(search, &[&listing.full_name()])
                    && author.is_none_or(|author| author.eq_ignore_ascii_case(&listing.owner))
                    && filters.iter().all(tagged)
            })
            .collect();
        match question.parameter("sort") {
            None | Some("" | "trendingScore" | "likes") => {
                found.sort_by_key(|listing| listing.stars)
            }
            Some("downloads") => found.sort_by_key(|listing| listing.downloads),
            Some("createdAt") => found.sort_by_key(|listing| listing.created),
            Some("lastModified") => found.sort_by_key(|listing| listing.updated),
            Some(_) => return error(400, "Invalid sort parameter"),
        }
        if question.parameter("direction") != Some("1") {
            found.reverse();
        }
        let page = page(&found, number, limit, question.paging);
        let full = matches!(question.parameter("full"), Some("true" | "True" | "1"));
        let rows: Vec<Value> = page
            .items
            .iter()
            .map(|listing| entry(listing, full))
            .collect();
        let cursor = match (page.next, question.paging) {
            // The same address again, not merely the same number.
            (Some(_), Paging::Looping) => question
                .parameter("cursor")
                .map(str::to_owned)
                .or(Some(write_cursor(1))),
            (next, _) => next.map(write_cursor),
        };
        let next = cursor.map(|cursor| question.url_with(&[("cursor", cursor)]));
        Answer::json(200, &Value::Array(rows))
            .with_links(&[("next", next)])
            .with_etag(question)
    }

    fn look_up(
        &self,
        question: &Question,
        kind: &str,
        list: &str,
        full_name: &str,
        known: bool,
    ) -> Answer {
        if let Some(listing) = self
            .of_kind(kind)
            .find(|listing| listing.full_name() == full_name)
        {
            return Answer::json(200, &entry(listing, true)).with_etag(question);
        }
        let former = |listing: &&Listing| listing.former_full_name().as_deref() == Some(full_name);
        match self.of_kind(kind).find(former) {
            Some(listing) => {
                let location = format!("/api/{list}/{}", listing.full_name());
                Answer::new(
                    307,
                    "text/plain; charset=utf-8",
                    format!("Temporary Redirect. Redirecting to {location}"),
                )
                .with("location", location)
            }
            None => not_found(known),
        }
    }

    /// Answers for a file, which is where gates are closed; what is in a file is of no interest here.
    fn file(&self, kind: &str, owner: &str, name: &str, known: bool) -> Answer {
        let full_name = format!("{owner}/{name}");
        match self
            .of_kind(kind)
            .find(|listing| listing.full_name() == full_name)
        {
            None => not_found(known),
            Some(listing) if listing.gated => {
                let status = if known { 403 } else { 401 };
                let message = format!(
                    "Access to {kind} {full_name} is restricted. You must be authenticated and have been granted access to it."
                );
                coded(status, "GatedRepo", &message)
            }
            Some(listing) => Answer::new(200, "text/plain; charset=utf-8", listing.title.clone()),
        }
    }
}

fn kind_of(list: &str) -> Option<&'static str> {
    match list {
        "models" => Some("model"),
        "datasets" => Some("dataset"),
        "spaces" => Some("space"),
        _ => None,
    }
}

fn write_cursor(number: u64) -> String {
    STANDARD.encode(format!("{{\"page\":{number}}}"))
}

fn read_cursor(cursor: &str) -> Option<u64> {
    let text = String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?;
    text.strip_prefix("{\"page\":")?
        .strip_suffix('}')?
        .parse()
        .ok()
}

fn tags(listing: &Listing) -> Vec<String> {
    let mut tags = listing.topics.clone();
    if let Some(license) = listing.license {
        let name = if license == "NOASSERTION" {
            "other"
        } else {
            license
        };
        tags.push(format!("license:{}", name.to_lowercase()));
    }
    if !listing.links.is_empty() {
        tags.push(format!("arxiv:{}", 2_301 + listing.id % 9));
    }
    tags.push("region:us".to_owned());
    tags
}

/// Writes an entry of a list, or of a look-up (`full`).
fn entry(listing: &Listing, full: bool) -> Value {
    let full_name = listing.full_name();
    let digest = sha256_hex(full_name.as_bytes());
    let mut fields = json!({
        "_id": digest[..24],
        "id": full_name,
        "likes": listing.stars,
        "private": listing.private,
        "tags": tags(listing),
        "createdAt": moment(listing.created),
    });
    match listing.kind {
        "space" => {
            fields["sdk"] = json!("gradio");
            fields["trendingScore"] = json!(listing.stars % 7);
        }
        "dataset" => {
            fields["author"] = json!(listing.owner);
            fields["disabled"] = json!(false);
            fields["gated"] = gated(listing);
            fields["lastModified"] = json!(moment(listing.updated));
            fields["sha"] = json!(digest[24..64]);
            fields["description"] = json!(listing.description);
            fields["downloads"] = json!(listing.downloads);
        }
        _ => {
            fields["modelId"] = json!(full_name);
            fields["downloads"] = json!(listing.downloads);
            fields["pipeline_tag"] = json!("feature-extraction");
            fields["library_name"] = json!("transformers");
        }
    }
    if full {
        fields["author"] = json!(listing.owner);
        fields["disabled"] = json!(false);
        fields["gated"] = gated(listing);
        fields["lastModified"] = json!(moment(listing.updated));
        fields["sha"] = json!(digest[24..64]);
        fields["siblings"] =
            json!([{ "rfilename": ".gitattributes" }, { "rfilename": "README.md" }]);
        fields["cardData"] = card(listing);
    }
    fields
}

fn card(listing: &Listing) -> Value {
    let mut card = json!({ "tags": listing.topics });
    if let Some(license) = listing.license {
        let name = if license == "NOASSERTION" {
            "other"
        } else {
            license
        };
        card["license"] = json!(name.to_lowercase());
    }
    if let Some(link) = listing.links.first() {
        card["repository"] = json!(link);
    }
    card
}

fn gated(listing: &Listing) -> Value {
    match listing.gated {
        true if listing.id.is_multiple_of(2) => json!("auto"),
        true => json!("manual"),
        false => json!(false),
    }
}

fn moment(seconds: u64) -> String {
    rfc3339(seconds).replace('Z', ".000Z")
}

fn error(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({ "error": message })).with("x-error-message", message)
}

fn coded(status: u16, code: &str, message: &str) -> Answer {
    error(status, message).with("x-error-code", code)
}

/// Private things and those that do not exist look alike: strangers are asked who they are, others are told that there is nothing.
fn not_found(known: bool) -> Answer {
    match known {
        true => coded(404, "RepoNotFound", "Repository not found"),
        false => coded(401, "RepoNotFound", "Invalid username or password."),
    }
}

fn too_many() -> Answer {
    error(429, "We had to rate limit your IP.")
}

fn with_standing(answer: Answer, standing: Standing, question: &Question) -> Answer {
    let wait = standing.reset.saturating_sub(question.now);
    let remaining = standing.remaining;
    answer
        .with("ratelimit", format!("\"api\";r={remaining};t={wait}"))
        .with(
            "ratelimit-policy",
            format!("\"fixed window\";\"api\";q={};w={WINDOW}", standing.limit),
        )
}
