//! GitHub's REST API, as its documentation describes search and look-up of repositories.

use serde_json::json;

use super::{
    catalogue::Listing,
    github_query::{self, Terms},
    github_shapes::{full_repository, search_item},
    quota::{Allowance, Standing},
    site::{Answer, Controls, Page, Paging, Question, Refusal, Site, page},
};

/// Where errors point to.
const DOCUMENTATION: &str = "https://docs.github.com/rest";

/// Versions of the API that a caller may ask for.
const VERSIONS: [&str; 2] = ["2022-11-28", "2026-03-10"];

/// How many results of a search can be reached.
const REACHABLE: u64 = 1_000;

/// The stand-in.
pub(super) struct GitHub {
    pub(super) listings: Vec<Listing>,
    pub(super) controls: std::sync::Arc<Controls>,
}

impl Site for GitHub {
    fn answer(&self, question: &Question) -> Answer {
        if question.header("user-agent").is_none_or(str::is_empty) {
            return Answer::new(403, "text/plain", "a request needs a User-Agent header\n");
        }
        let Ok(caller) = self
            .controls
            .caller(question, &["bearer", "token", "basic"])
        else {
            return dressed(problem(401, "Bad credentials"), question);
        };
        let resource = match question.parts().as_slice() {
            ["search", ..] => "search",
            _ => "core",
        };
        let allowance = allowance(resource, caller.is_some());
        let key = format!("{resource} {}", caller.as_deref().unwrap_or_default());
        let answer = self.unlimited(question, caller.is_some());
        let free = answer.status == 304 || question.path == "/rate_limit";
        let cost = u64::from(!free);
        let standing = self
            .controls
            .quotas
            .charge(&key, allowance, cost, question.now);
        let answer = match standing.allowed {
            true => answer,
            false => problem(403, "API rate limit exceeded for this address"),
        };
        with_standing(dressed(answer, question), standing, resource)
    }

    fn refuse(&self, question: &Question, refusal: Refusal) -> Answer {
        let secondary = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
        let answer = match refusal {
            Refusal::RetryAfter(seconds) => problem(429, secondary).with("retry-after", seconds),
            Refusal::WithoutHeaders => problem(403, secondary),
            Refusal::Reset(offset) => {
                let standing = Standing {
                    limit: 60,
                    used: 60,
                    remaining: 0,
                    reset: question.now.saturating_add_signed(offset),
                    allowed: false,
                };
                let answer = problem(403, "API rate limit exceeded for this address");
                with_standing(answer, standing, "core")
            }
        };
        dressed(answer, question)
    }

    fn failure(&self, status: u16) -> Answer {
        problem(status, "Something went wrong")
    }
}

impl GitHub {
    fn unlimited(&self, question: &Question, known: bool) -> Answer {
        if let Some(version) = question.header("x-github-api-version")
            && !VERSIONS.contains(&version)
        {
            return problem(
                400,
                &format!("the API version {version:?} is not supported"),
            );
        }
        if !accepts_json(question) {
            return problem(
                415,
                "Unsupported 'Accept' header; must accept 'application/json'",
            );
        }
        match question.parts().as_slice() {
            ["search", "repositories"] => self.search(question).with_etag(question),
            ["repos", owner, name] => self.look_up(question, owner, name, known),
            ["repositories", id] => {
                match self.public().find(|listing| listing.id.to_string() == **id) {
                    Some(listing) => repository(listing, question, known),
                    None => problem(404, "Not Found"),
                }
            }
            ["rate_limit"] => self.rate_limit(question, known),
            _ => problem(404, "Not Found"),
        }
    }

    fn public(&self) -> impl Iterator<Item = &Listing> {
        self.listings.iter().filter(|listing| !listing.private)
    }

    fn search(&self, question: &Question) -> Answer {
        let text = question.parameter("q").unwrap_or_default().trim();
        let terms = match github_query::parse(text) {
            Ok(terms) => terms,
            Err(refusal) => return invalid(refusal.code, refusal.message),
        };
        if let Some(owner) = terms.owners().find(|owner| !self.has_owner(owner)) {
            let message = format!(
                "The listed users ({owner}) and repositories cannot be searched because they do not exist or may not be seen"
            );
            return invalid("invalid", &message);
        }
        let (Some(per_page), Some(number)) =
            (question.number("per_page", 30), question.number("page", 1))
        else {
            return invalid("invalid", "page and per_page are numbers");
        };
        let per_page = per_page.clamp(1, 100);
        let endless = question.paging == Paging::Endless;
        if number.saturating_sub(1).saturating_mul(per_page) >= REACHABLE && !endless {
            return problem(422, "Only the first 1000 search results are available");
        }
        let Some(found) = self.sorted(question, &terms) else {
            return invalid(
                "invalid",
                "sort is one of stars, forks, help-wanted-issues and updated",
            );
        };
        let total = found.len();
        let reachable = &found[..total.min(REACHABLE as usize)];
        let page = page(reachable, number, per_page, question.paging);
        let items: Vec<_> = page
            .items
            .iter()
            .map(|listing| search_item(listing, &question.base))
            .collect();
        let body = json!({
            "total_count": total,
            "incomplete_results": question.paging == Paging::Incomplete,
            "items": items,
        });
        Answer::json(200, &body)
            .with_links(&links(question, &page))
            .with("cache-control", "no-cache")
    }

    fn sorted(&self, question: &Question, terms: &Terms) -> Option<Vec<&Listing>> {
        let mut found: Vec<&Listing> = self
            .public()
            .filter(|listing| terms.fits(listing))
            .collect();
        match question.parameter("sort") {
            None | Some("") => {}
            Some("stars") => found.sort_by_key(|listing| listing.stars),
            Some("forks") => found.sort_by_key(|listing| listing.forks),
            Some("help-wanted-issues") => found.sort_by_key(|listing| listing.open_issues),
            Some("updated") => found.sort_by_key(|listing| listing.updated),
            Some(_) => return None,
        }
        if question.parameter("sort").is_some() && question.parameter("order") != Some("asc") {
            found.reverse();
        }
        Some(found)
    }

    fn has_owner(&self, owner: &str) -> bool {
        self.public()
            .any(|listing| listing.owner.eq_ignore_ascii_case(owner))
    }

    fn look_up(&self, question: &Question, owner: &str, name: &str, known: bool) -> Answer {
        let asked = format!("{owner}/{name}");
        let is = |full_name: &str| full_name.eq_ignore_ascii_case(&asked);
        if let Some(listing) = self.public().find(|listing| is(&listing.full_name())) {
            return repository(listing, question, known);
        }
        let former = |listing: &&Listing| listing.former_full_name().is_some_and(|name| is(&name));
        match self.public().find(former) {
            Some(listing) => {
                let url = format!("{}/repositories/{}", question.base, listing.id);
                let body = json!({ "message": "Moved Permanently", "url": url, "documentation_url": DOCUMENTATION });
                Answer::json(301, &body).with("location", url)
            }
            None => problem(404, "Not Found"),
        }
    }

    fn rate_limit(&self, question: &Question, known: bool) -> Answer {
        let standing = |resource: &str| {
            let caller = question
                .header("authorization")
                .and_then(|header| header.split_once(' '));
            let key = format!(
                "{resource} {}",
                caller.map(|(_, token)| token).unwrap_or_default()
            );
            let allowance = allowance(resource, known);
            let standing = self
                .controls
                .quotas
                .charge(&key, allowance, 0, question.now);
            json!({
                "limit": standing.limit,
                "used": standing.used,
                "remaining": standing.remaining,
                "reset": standing.reset,
            })
        };
        let core = standing("core");
        let body =
            json!({ "resources": { "core": core, "search": standing("search") }, "rate": core });
        Answer::json(200, &body)
    }
}

fn allowance(resource: &str, known: bool) -> Allowance {
    let (limit, window) = match (resource, known) {
        ("search", true) => (30, 60),
        ("search", false) => (10, 60),
        (_, true) => (5_000, 3_600),
        (_, false) => (60, 3_600),
    };
    Allowance { limit, window }
}

fn accepts_json(question: &Question) -> bool {
    let accepted = question.header("accept").unwrap_or("*/*");
    accepted.split(',').any(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        matches!(kind, "*/*" | "application/*") || kind.ends_with("json")
    })
}

fn repository(listing: &Listing, question: &Question, known: bool) -> Answer {
    let reach = if known { "private" } else { "public" };
    Answer::json(200, &full_repository(listing, &question.base))
        .with("cache-control", format!("{reach}, max-age=60, s-maxage=60"))
        .with("last-modified", "Sun, 01 Nov 2026 00:00:00 GMT")
        .with_etag(question)
}

fn links(question: &Question, page: &Page<'_, Listing>) -> [(&'static str, Option<String>); 4] {
    let to = |number: u64| question.url_with(&[("page", number.to_string())]);
    let before = page.number > 1;
    [
        ("prev", before.then(|| to(page.number - 1))),
        ("next", page.next.map(to)),
        ("last", page.next.map(|_| to(page.last))),
        ("first", before.then(|| to(1))),
    ]
}

fn problem(status: u16, message: &str) -> Answer {
    let body = json!({
        "message": message,
        "documentation_url": DOCUMENTATION,
        "status": status.to_string(),
    });
    Answer::json(status, &body)
}

fn invalid(code: &str, message: &str) -> Answer {
    let body = json!({
        "message": "Validation Failed",
        "errors": [{ "resource": "Search", "field": "q", "code": code, "message": message }],
        "documentation_url": DOCUMENTATION,
        "status": "422",
    });
    Answer::json(422, &body)
}

fn dressed(answer: Answer, question: &Question) -> Answer {
    let version = question
        .header("x-github-api-version")
        .unwrap_or(VERSIONS[0])
        .to_owned();
    let request = format!("{:04X}:{:X}", question.path.len(), question.now);
    answer
        .with("server", "github.com")
        .with("x-github-media-type", "github.v3; format=json")
        .with("x-github-request-id", request)
        .with("x-github-api-version-selected", version)
        .with("vary", "Accept, Authorization, Cookie, Accept-Encoding")
}

fn with_standing(answer: Answer, standing: Standing, resource: &str) -> Answer {
    answer
        .with("x-ratelimit-limit", standing.limit)
        .with("x-ratelimit-remaining", standing.remaining)
        .with("x-ratelimit-used", standing.used)
        .with("x-ratelimit-reset", standing.reset)
        .with("x-ratelimit-resource", resource)
}
