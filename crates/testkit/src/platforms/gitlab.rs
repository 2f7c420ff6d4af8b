//! GitLab's REST API version 4, as its documentation describes the list of projects and the look-up of one.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    catalogue::Listing,
    matching::{has_parts, rfc3339},
    quota::{Allowance, Standing},
    site::{Answer, Controls, Page, Paging, Question, Refusal, Site, page},
};

/// Above so many rows the totals are left out.
const COUNTED: usize = 10_000;

/// How many rows numbered pages may skip.
const REACHABLE: u64 = 50_000;

/// The stand-in.
pub(super) struct GitLab {
    pub(super) listings: Vec<Listing>,
    pub(super) controls: Arc<Controls>,
}

impl Site for GitLab {
    fn answer(&self, question: &Question) -> Answer {
        let Ok(caller) = self.caller(question) else {
            return message(401, "401 Unauthorized");
        };
        let allowance = Allowance {
            limit: if caller.is_some() { 2_000 } else { 400 },
            window: if caller.is_some() { 60 } else { 600 },
        };
        let key = caller.as_deref().unwrap_or_default();
        let standing = self.controls.quotas.charge(key, allowance, 1, question.now);
        if !standing.allowed {
            return refusal(question, standing);
        }
        let answer = match question.parts().as_slice() {
            ["api", "v4", "projects"] => self.list(question, caller.is_some()),
            ["api", "v4", "projects", id] => self.look_up(question, id, caller.is_some()),
            ["api", "v4", "version"] if caller.is_some() => Answer::json(
                200,
                &json!({ "version": "18.5.1", "revision": "8b1f2c0d9e3" }),
            ),
            ["api", "v4", "version"] => message(401, "401 Unauthorized"),
            _ => Answer::json(404, &json!({ "error": "404 Not Found" })),
        };
        with_standing(answer, standing).with("x-request-id", format!("{:x}", question.now))
    }

    fn refuse(&self, question: &Question, kind: Refusal) -> Answer {
        match kind {
            Refusal::RetryAfter(seconds) => later().with("retry-after", seconds),
            Refusal::WithoutHeaders => later(),
            Refusal::Reset(offset) => {
                let standing = Standing {
                    limit: 400,
                    used: 400,
                    remaining: 0,
                    reset: question.now.saturating_add_signed(offset),
                    allowed: false,
                };
                with_standing(later(), standing)
            }
        }
    }

    fn failure(&self, status: u16) -> Answer {
        message(status, &format!("{status} Something went wrong"))
    }
}

impl GitLab {
    fn caller(&self, question: &Question) -> Result<Option<String>, ()> {
        match question.header("private-token") {
            Some(token) if self.controls.knows(token) => Ok(Some(token.to_owned())),
            Some(_) => Err(()),
            None => self.controls.caller(question, &["bearer"]),
        }
    }

    fn public(&self) -> impl Iterator<Item = &Listing> {
        self.listings.iter().filter(|listing| !listing.private)
    }

    fn list(&self, question: &Question, known: bool) -> Answer {
        let numbers = (question.number("page", 1), question.number("per_page", 20));
        let (Some(number), Some(per_page)) = numbers else {
            let field = if numbers.0.is_none() {
                "page"
            } else {
                "per_page"
            };
            return error(400, &format!("{field} is invalid"));
        };
        if per_page == 0 {
            return error(400, "per_page has a value not allowed");
        }
        let keyset = question.parameter("pagination") == Some("keyset");
        let order = question.parameter("order_by").unwrap_or("created_at");
        if keyset && order != "id" {
            return error(
                405,
                "Keyset pagination is not yet available for this type of request",
            );
        }
        let found = match self.sorted(question, order) {
            Ok(found) => found,
            Err(field) => return error(400, &format!("{field} does not have a valid value")),
        };
        let per_page = per_page.min(100);
        let offset = number.saturating_sub(1).saturating_mul(per_page);
        if !keyset && offset > REACHABLE && question.paging == Paging::Honest {
            let text = "Offset pagination has a maximum allowed offset of 50000 for requests that return objects of type Project. Remaining records can be retrieved using keyset pagination.";
            return error(405, text);
        }
        match keyset {
            true => keyset_page(question, found, per_page, known),
            false => {
                let page = page(&found, number, per_page, question.paging);
                let answer = rows(&page.items, known);
                with_pages(answer, question, &page, found.len(), per_page)
            }
        }
    }

    fn sorted(&self, question: &Question, order: &str) -> Result<Vec<&Listing>, &'static str> {
        let flag = |name: &'static str| match question.parameter(name) {
            None => Ok(None),
            Some("true" | "1" | "yes") => Ok(Some(true)),
            Some("false" | "0" | "no") => Ok(Some(false)),
            Some(_) => Err(name),
        };
        let archived = flag("archived")?;
        flag("simple")?;
        let wanted = question.parameter("search").unwrap_or_default();
        let language = question.parameter("with_programming_language");
        let topic = question.parameter("topic");
        let mut found: Vec<&Listing> = self
            .public()
            .filter(|listing| {
                let description = listing.description.as_deref().unwrap_or_default();
                let spoken = |wanted: &str| {
                    listing
                        .language
                        .is_some_and(|language| language.eq_ignore_ascii_case(wanted))
                };
                let about = |wanted: &str| listing.topics.iter().any(|topic| topic == wanted);
                has_parts(wanted, &[&listing.name, &listing.title, description])
                    && language.is_none_or(spoken)
                    && topic.is_none_or(about)
                    && archived.is_none_or(|archived| archived == listing.archived)
            })
            .collect();
        match order {
            "id" => found.sort_by_key(|listing| listing.id),
            "name" => found.sort_by(|one, other| one.title.cmp(&other.title)),
            "path" => found.sort_by(|one, other| one.name.cmp(&other.name)),
            "created_at" => found.sort_by_key(|listing| listing.created),
            "updated_at" | "last_activity_at" => found.sort_by_key(|listing| listing.updated),
            "star_count" => found.sort_by_key(|listing| listing.stars),
            "similarity" if !wanted.is_empty() => {
                found.sort_by_key(|listing| std::cmp::Reverse(listing.name.len()))
            }
            _ => return Err("order_by"),
        }
        match question.parameter("sort") {
            None | Some("desc") => found.reverse(),
            Some("asc") => {}
            Some(_) => return Err("sort"),
        }
        Ok(found)
    }

    fn look_up(&self, question: &Question, id: &str, known: bool) -> Answer {
        let is = |name: &str| name.eq_ignore_ascii_case(id);
        let here = |listing: &&Listing| is(&listing.full_name()) || listing.id.to_string() == id;
        if let Some(listing) = self.public().find(here) {
            let mut project = project(listing, known);
            if question.parameter("license") == Some("true") {
                project["license"] = listing.license.map_or(Value::Null, license);
                project["license_url"] = json!(format!("{}/-/blob/main/LICENSE", listing.page()));
            }
            return Answer::json(200, &project)
                .with("cache-control", "max-age=0, private, must-revalidate")
                .with_etag(question);
        }
        let former = |listing: &&Listing| listing.former_full_name().is_some_and(|name| is(&name));
        match self.public().find(former) {
            Some(listing) => {
                let url = format!("{}/api/v4/projects/{}", question.base, listing.id);
                message(301, "This resource has been moved permanently").with("location", url)
            }
            None => message(404, "404 Project Not Found"),
        }
    }
}

fn rows(items: &[&Listing], known: bool) -> Answer {
    let rows: Vec<Value> = items
        .iter()
        .map(|listing| project(listing, known))
        .collect();
    Answer::json(200, &Value::Array(rows))
}

/// Pages by the last identifier that was seen, which costs the server the same at any depth.
fn keyset_page(
    question: &Question,
    mut found: Vec<&Listing>,
    per_page: u64,
    known: bool,
) -> Answer {
    let after: Option<u64> = question
        .parameter("id_after")
        .and_then(|text| text.parse().ok());
    let before: Option<u64> = question
        .parameter("id_before")
        .and_then(|text| text.parse().ok());
    found.retain(|listing| {
        after.is_none_or(|after| listing.id > after)
            && before.is_none_or(|before| listing.id < before)
    });
    let page = page(&found, 1, per_page, question.paging);
    let mark = match question.parameter("sort") {
        Some("asc") => "id_after",
        _ => "id_before",
    };
    let last = page.items.last().map(|listing| listing.id.to_string());
    let next = match (page.next, question.paging, last) {
        (Some(_), Paging::Honest | Paging::Incomplete, Some(last)) => {
            Some(question.url_with(&[(mark, last)]))
        }
        (Some(_), Paging::Looping | Paging::Endless, _) => Some(question.url_with(&[])),
        _ => None,
    };
    rows(&page.items, known).with_links(&[("next", next)])
}

fn with_pages(
    answer: Answer,
    question: &Question,
    page: &Page<'_, Listing>,
    total: usize,
    per_page: u64,
) -> Answer {
    let to = |number: u64| {
        question.url_with(&[
            ("page", number.to_string()),
            ("per_page", per_page.to_string()),
        ])
    };
    let next = page
        .next
        .map(|number| number.to_string())
        .unwrap_or_default();
    let previous = (page.number > 1).then(|| page.number - 1);
    let answer = answer
        .with("x-page", page.number)
        .with("x-per-page", per_page)
        .with("x-next-page", next)
        .with(
            "x-prev-page",
            previous
                .map(|number| number.to_string())
                .unwrap_or_default(),
        )
        .with_links(&[
            ("prev", previous.map(to)),
            ("next", page.next.map(to)),
            ("first", Some(to(1))),
            ("last", (total <= COUNTED).then(|| to(page.last))),
        ]);
    match total <= COUNTED {
        true => answer
            .with("x-total", total)
            .with("x-total-pages", page.last),
        false => answer,
    }
}

/// Writes a project: strangers see the basic fields alone.
fn project(listing: &Listing, known: bool) -> Value {
    let full_name = listing.full_name();
    let page = listing.page();
    let mut fields = json!({
        "id": listing.id,
        "description": description(listing),
        "name": listing.title,
        "name_with_namespace": format!("{} / {}", listing.owner, listing.title),
        "path": listing.name,
        "path_with_namespace": full_name,
        "created_at": moment(listing.created),
        "default_branch": "main",
        "tag_list": listing.topics,
        "topics": listing.topics,
        "ssh_url_to_repo": format!("git@gitlab.com:{full_name}.git"),
        "http_url_to_repo": format!("{page}.git"),
        "web_url": page,
        "readme_url": format!("{page}/-/blob/main/README.md"),
        "forks_count": listing.forks,
        "avatar_url": null,
        "star_count": listing.stars,
        "last_activity_at": moment(listing.updated),
        "visibility": "public",
        "namespace": {
            "id": listing.id / 1_000,
            "name": listing.owner,
            "path": listing.owner,
            "kind": "group",
            "full_path": listing.owner,
            "parent_id": null,
            "avatar_url": null,
            "web_url": format!("https://gitlab.com/groups/{}", listing.owner),
        },
    });
    if known {
        fields["archived"] = json!(listing.archived);
        fields["open_issues_count"] = json!(listing.open_issues);
        fields["empty_repo"] = json!(false);
        fields["updated_at"] = json!(moment(listing.updated));
        fields["mirror"] = json!(!listing.links.is_empty());
        fields["import_url"] = json!(listing.links.first());
        if listing.fork {
            fields["forked_from_project"] = json!({ "id": listing.id + 1, "name": listing.title });
        }
    }
    fields
}

/// Mirrors say so in their description, which is all that strangers see of it.
fn description(listing: &Listing) -> Option<String> {
    let text = listing.description.as_deref()?;
    Some(match listing.links.first() {
        Some(link) => format!("{text}. Mirror of {link}"),
        None => text.to_owned(),
    })
}

fn moment(seconds: u64) -> String {
    rfc3339(seconds).replace('Z', ".000Z")
}

fn license(spdx: &str) -> Value {
    match spdx {
        "NOASSERTION" => {
            json!({ "key": "other", "name": "Other", "nickname": null, "html_url": null, "source_url": null })
        }
        _ => json!({
            "key": spdx.to_lowercase(),
            "name": format!("{spdx} License"),
            "nickname": null,
            "html_url": format!("http://choosealicense.com/licenses/{}/", spdx.to_lowercase()),
            "source_url": null,
        }),
    }
}

fn message(status: u16, text: &str) -> Answer {
    Answer::json(status, &json!({ "message": text }))
}

fn error(status: u16, text: &str) -> Answer {
    Answer::json(status, &json!({ "error": text }))
}

fn later() -> Answer {
    Answer::new(429, "text/plain", "Retry later\n")
}

fn refusal(question: &Question, standing: Standing) -> Answer {
    let wait = standing.reset.saturating_sub(question.now);
    with_standing(later(), standing).with("retry-after", wait)
}

fn with_standing(answer: Answer, standing: Standing) -> Answer {
    answer
        .with("ratelimit-name", "throttle_unauthenticated_api")
        .with("ratelimit-limit", standing.limit)
        .with("ratelimit-observed", standing.used)
        .with("ratelimit-remaining", standing.remaining)
        .with("ratelimit-reset", standing.reset)
}
