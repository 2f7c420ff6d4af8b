//! The API of Gitea and Forgejo, version 1, as its published description has the search for repositories and the look-up of one.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    catalogue::Listing,
    matching::rfc3339,
    quota::Allowance,
    site::{Answer, Controls, Question, Refusal, Site, page},
};

/// The most entries of a page (`MAX_RESPONSE_ITEMS`).
const LARGEST: u64 = 50;

/// A server limits only where its owner set a limit up; tests do that with `set_limit`.
const ALLOWANCE: Allowance = Allowance {
    limit: 1_000_000,
    window: 60,
};

/// Where it says that it is, unless a test set another root.
const PUBLIC: &str = "https://codeberg.org/";

/// The stand-in.
pub(super) struct Gitea {
    pub(super) listings: Vec<Listing>,
    pub(super) controls: Arc<Controls>,
}

impl Site for Gitea {
    fn answer(&self, question: &Question) -> Answer {
        let Ok(caller) = self
            .controls
            .caller(question, &["token", "bearer", "basic"])
        else {
            return problem(401, "invalid username, password or token");
        };
        let key = caller.as_deref().unwrap_or_default();
        if !self
            .controls
            .quotas
            .charge(key, ALLOWANCE, 1, question.now)
            .allowed
        {
            return too_many();
        }
        let answer = match question.parts().as_slice() {
            ["api", "v1", "version"] => Answer::json(200, &json!({ "version": "1.25.2" })),
            ["api", "v1", "repos", "search"] => self.search(question),
            ["api", "v1", "repos", owner, name] => self.look_up(owner, name),
            _ => problem(404, "The target couldn't be found."),
        };
        match &*self.controls.root.lock().expect("no holder panics") {
            None => answer,
            Some(root) => {
                let body = String::from_utf8_lossy(&answer.body).replace(PUBLIC, root);
                Answer {
                    body: body.into_bytes(),
                    ..answer
                }
            }
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
        problem(status, "")
    }
}

impl Gitea {
    fn public(&self) -> impl Iterator<Item = &Listing> {
        self.listings.iter().filter(|listing| !listing.private)
    }

    fn search(&self, question: &Question) -> Answer {
        let numbers = (question.number("page", 1), question.number("limit", 30));
        let (Some(number), Some(limit)) = numbers else {
            return problem(422, "page and limit are numbers");
        };
        if let Some(mode) = question.parameter("mode")
            && !matches!(mode, "" | "source" | "fork" | "mirror" | "collaborative")
        {
            return problem(422, &format!("Invalid search mode: {mode:?}"));
        }
        let mut found: Vec<&Listing> = self
            .public()
            .filter(|listing| fits(question, listing))
            .collect();
        match question.parameter("sort") {
            None | Some("" | "alpha") => found.sort_by(|one, other| one.name.cmp(&other.name)),
            Some("created") => found.sort_by_key(|listing| listing.created),
            Some("updated") => found.sort_by_key(|listing| listing.updated),
            Some("size" | "git_size" | "lfs_size" | "id") => {
                found.sort_by_key(|listing| listing.id)
            }
            Some("stars") => found.sort_by_key(|listing| listing.stars),
            Some("forks") => found.sort_by_key(|listing| listing.forks),
            Some(sort) => return problem(422, &format!("Invalid sort mode: {sort:?}")),
        }
        match question.parameter("order") {
            None | Some("" | "asc") => {}
            Some("desc") => found.reverse(),
            Some(order) => return problem(422, &format!("Invalid sort order: {order:?}")),
        }
        let limit = if limit == 0 { 30 } else { limit.min(LARGEST) };
        let page = page(&found, number, limit, question.paging);
        let rows: Vec<Value> = page
            .items
            .iter()
            .map(|listing| repository(listing))
            .collect();
        let to = |number: u64| question.url_with(&[("page", number.to_string())]);
        let before = page.number > 1;
        Answer::json(200, &json!({ "ok": true, "data": rows }))
            .with("x-total-count", found.len())
            .with("access-control-expose-headers", "Link, X-Total-Count")
            .with_links(&[
                ("next", page.next.map(to)),
                ("last", page.next.map(|_| to(page.last))),
                ("first", before.then(|| to(1))),
                ("prev", before.then(|| to(page.number - 1))),
            ])
    }

    fn look_up(&self, owner: &str, name: &str) -> Answer {
        let asked = format!("{owner}/{name}");
        let is = |full_name: &str| full_name.eq_ignore_ascii_case(&asked);
        if let Some(listing) = self.public().find(|listing| is(&listing.full_name())) {
            return Answer::json(200, &repository(listing));
        }
        let former = |listing: &&Listing| listing.former_full_name().is_some_and(|name| is(&name));
        match self.public().find(former) {
            Some(listing) => Answer::new(307, "text/html; charset=utf-8", "")
                .with("location", format!("/api/v1/repos/{}", listing.full_name())),
            None => problem(404, "The target couldn't be found."),
        }
    }
}

/// Matches as the server's database does: each alternative between commas is one piece of text, blanks included, in the name or a topic, and
/// in the description only when that is asked for.
fn fits(question: &Question, listing: &Listing) -> bool {
    let is = |name: &str| match question.parameter(name) {
        Some("true" | "1") => Some(true),
        Some("false" | "0") => Some(false),
        _ => None,
    };
    let name = listing.name.to_lowercase();
    let description = listing
        .description
        .as_deref()
        .unwrap_or_default()
        .to_lowercase();
    let only_topics = is("topic") == Some(true);
    let with_description = is("includeDesc") == Some(true);
    let keyword = question.parameter("q").unwrap_or_default().to_lowercase();
    let found = |wanted: &str| {
        let in_topics = match only_topics {
            true => listing.topics.iter().any(|topic| topic == wanted),
            false => listing.topics.iter().any(|topic| topic.contains(wanted)),
        };
        let in_text = name.contains(wanted) || (with_description && description.contains(wanted));
        in_topics || (!only_topics && in_text)
    };
    let mode = match question.parameter("mode") {
        Some("fork") => listing.fork,
        Some("source") => !listing.fork && listing.links.is_empty(),
        Some("mirror") => !listing.links.is_empty(),
        _ => true,
    };
    let archived = is("archived").is_none_or(|archived| archived == listing.archived);
    mode && archived && (keyword.is_empty() || keyword.split(',').any(found))
}

fn owner(listing: &Listing) -> Value {
    json!({
        "id": listing.id / 1_000,
        "login": listing.owner,
        "login_name": "",
        "source_id": 0,
        "full_name": "",
        "email": "",
        "avatar_url": format!("https://codeberg.org/avatars/{}", listing.owner),
        "html_url": format!("https://codeberg.org/{}", listing.owner),
        "username": listing.owner,
    })
}

/// Writes what is counted and dated, and what the reader may do.
fn circumstances(listing: &Listing) -> Value {
    json!({
        "stars_count": listing.stars,
        "forks_count": listing.forks,
        "watchers_count": listing.stars / 10,
        "open_issues_count": listing.open_issues,
        "open_pr_counter": 0,
        "release_counter": 3,
        "default_branch": "main",
        "archived": listing.archived,
        "created_at": rfc3339(listing.created),
        "updated_at": rfc3339(listing.updated),
        "archived_at": if listing.archived { rfc3339(listing.updated) } else { rfc3339(0) },
        "permissions": { "admin": false, "push": false, "pull": true },
        "has_issues": true,
        "has_wiki": true,
        "has_pull_requests": true,
        "internal": false,
        "avatar_url": "",
        "mirror_interval": "",
        "object_format_name": "sha1",
    })
}

fn repository(listing: &Listing) -> Value {
    let mut fields = description(listing);
    if let (Value::Object(fields), Value::Object(more)) = (&mut fields, circumstances(listing)) {
        fields.extend(more);
    }
    fields
}

/// Writes what it is and where.
fn description(listing: &Listing) -> Value {
    let full_name = listing.full_name();
    let page = listing.page();
    let mirrored = listing.links.first();
    json!({
        "id": listing.id,
        "owner": owner(listing),
        "name": listing.name,
        "full_name": full_name,
        "description": listing.description.as_deref().unwrap_or_default(),
        "empty": false,
        "private": listing.private,
        "fork": listing.fork,
        "template": false,
        "parent": null,
        "mirror": mirrored.is_some(),
        "size": listing.id % 90_000,
        "language": listing.language.unwrap_or_default(),
        "languages_url": format!("https://codeberg.org/api/v1/repos/{full_name}/languages"),
        "html_url": page,
        "url": format!("https://codeberg.org/api/v1/repos/{full_name}"),
        "link": "",
        "ssh_url": format!("git@codeberg.org:{full_name}.git"),
        "clone_url": format!("{page}.git"),
        "original_url": mirrored.map(String::as_str).unwrap_or_default(),
        "website": "",
        "topics": listing.topics,
        "licenses": listing.license.map(|spdx| vec![spdx]).unwrap_or_default(),
    })
}

fn problem(status: u16, message: &str) -> Answer {
    Answer::json(
        status,
        &json!({ "message": message, "url": "https://codeberg.org/api/swagger" }),
    )
}

fn too_many() -> Answer {
    Answer::new(429, "text/plain; charset=utf-8", "Too Many Requests\n")
}
