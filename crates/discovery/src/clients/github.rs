//! GitHub, public and self-hosted, by its REST API of 2022-11-28. Must not ask for anything but searches and facts.

use std::time::Duration;

use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{ACCEPT, HeaderMap},
};
use serde_json::Value;
use synthesizer_infrastructure::{
    config::ServicePolicy,
    http::{AnswerHead, Authorization, LimitReading, ServiceAnswer, ServiceDescriptor},
};
use synthesizer_model::{ErrorCode, Failure, discovery::RepositoryFacts};
use url::Url;

use super::{
    github_query::search_words,
    limits::{self, LimitHeaders},
    paging::{self, accept_page, next_page},
    reading::{
        Fields, Filter, is_plain_path, last_name, one_line, parse, read_looked_up, read_page,
        self_hosted_place, undocumented, usable_reference,
    },
};
use crate::{
    client::{
        CallBounds, ClientFuture, Connection, PlatformClient, PlatformDescriptor, PlatformPage,
        PlatformQuery, Question,
    },
    hosting::GitHosting,
};

const TITLE: &str = "GitHub";
const PUBLIC_URL: &str = "https://api.github.com";
/// GitHub recommends the first; its published description promises the second.
const ACCEPT_JSON: &str = "application/vnd.github+json, application/json;q=0.9";
/// The search gives no more results than these, however many there are.
const MOST_RESULTS: u64 = 1000;

/// GitHub.
pub(super) static GITHUB: PlatformDescriptor = PlatformDescriptor {
    name: "github",
    aliases: &[],
    title: TITLE,
    description: "Source repositories of every kind; the query may hold GitHub's own qualifiers.",
    documentation: "https://docs.github.com/en/rest/search/search",
    public_url: Some(PUBLIC_URL),
    anonymous: true,
    filters_language: true,
    filters_stars: true,
    git: Some(GitHosting {
        host: Some("github.com"),
        root: "/api/v3",
        depth: 2..=2,
    }),
    service: &SERVICE,
    connect: |connection| Box::new(GitHub { connection }),
};

static SERVICE: ServiceDescriptor = ServiceDescriptor {
    name: "github",
    policy,
    read_limits,
    distance_across_processes: None,
};

/// 30 searches a minute are allowed with a token, 10 without; who has none is stopped by `x-ratelimit-remaining`.
fn policy() -> ServicePolicy {
    ServicePolicy {
        requests_per_minute: 30,
        burst: 10,
        ..ServicePolicy::default()
    }
}

static LIMIT_HEADERS: LimitHeaders = LimitHeaders {
    limit: "x-ratelimit-limit",
    remaining: "x-ratelimit-remaining",
    reset: "x-ratelimit-reset",
    resource: "x-ratelimit-resource",
};

fn read_limits(head: &AnswerHead<'_>) -> LimitReading {
    LimitReading {
        quota: LIMIT_HEADERS.quota(head),
        wait: refusal_wait(head),
    }
}

/// Tells a limit from a missing permission, which are both 403, by the headers alone: only the body names a secondary limit,
/// and it is not read yet here.
///
/// `Retry-After` is sent for limits alone. Nothing left is the primary limit. Something left with 403 is a permission (a
/// secondary limit that still gets here is recognised by [`refusal`], for that one call). No headers of the limits at all come
/// with secondary limits, from before calls are counted: a minute, as GitHub asks. 429 is always a limit.
fn refusal_wait(head: &AnswerHead<'_>) -> Option<Duration> {
    if !matches!(
        head.status,
        StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS
    ) {
        return None;
    }
    if let Some(wait) = limits::retry_after(head) {
        return Some(wait);
    }
    match limits::number(head.headers, LIMIT_HEADERS.remaining) {
        Some(0) => Some(
            LIMIT_HEADERS
                .wait_until_reset(head)
                .unwrap_or(limits::UNANNOUNCED),
        ),
        Some(_) if head.status == StatusCode::FORBIDDEN => None,
        _ => Some(limits::UNANNOUNCED),
    }
}

struct GitHub {
    connection: Connection,
}

impl PlatformClient for GitHub {
    fn search<'a>(
        &'a self,
        query: &'a PlatformQuery,
        bounds: &'a CallBounds,
    ) -> ClientFuture<'a, PlatformPage> {
        Box::pin(self.search_page(query, bounds))
    }

    fn look_up<'a>(
        &'a self,
        full_name: &'a str,
        bounds: &'a CallBounds,
    ) -> ClientFuture<'a, RepositoryFacts> {
        Box::pin(self.facts_of(full_name, bounds))
    }
}

impl GitHub {
    async fn search_page(
        &self,
        query: &PlatformQuery,
        bounds: &CallBounds,
    ) -> Result<PlatformPage, Failure> {
        let endpoint = self.connection.address("", &["search", "repositories"])?;
        let (asked, remarks) = match &query.page {
            Some(page) => (accept_page(page, &endpoint)?, Vec::new()),
            None => first_page(&endpoint, query)?,
        };
        let fresh = self.connection.fresh.search;
        let answer = self.ask(asked.clone(), fresh, bounds).await?;
        let mut page = self.read_search(&answer.body, query)?;
        page.remarks.splice(0..0, remarks);
        self.add_next_page(&mut page, &answer.headers, &endpoint, &asked);
        Ok(page.from_origin(answer.origin))
    }

    async fn facts_of(
        &self,
        full_name: &str,
        bounds: &CallBounds,
    ) -> Result<RepositoryFacts, Failure> {
        if !is_plain_path(full_name, 2..=2) {
            return Err(Failure::new(
                ErrorCode::Argument,
                "a repository of GitHub is named OWNER/NAME",
            ));
        }
        let segments: Vec<&str> = std::iter::once("repos")
            .chain(full_name.split('/'))
            .collect();
        let url = self.connection.address("", &segments)?;
        let fresh = self.connection.fresh.repository;
        let answer = self.ask(url, fresh, bounds).await?;
        read_looked_up(TITLE, &answer.body, full_name, |fields| {
            self.read_facts(fields)
        })
    }

    async fn ask(
        &self,
        url: Url,
        fresh: Duration,
        bounds: &CallBounds,
    ) -> Result<ServiceAnswer, Failure> {
        let token = self.connection.settings.token.clone();
        let question = Question {
            url,
            headers: vec![
                (ACCEPT, HeaderValue::from_static(ACCEPT_JSON)),
                (
                    HeaderName::from_static("x-github-api-version"),
                    HeaderValue::from_static("2022-11-28"),
                ),
            ],
            authorization: token.map(Authorization::Bearer),
            fresh,
        };
        let answer = self.connection.ask(question, bounds).await?;
        match refusal(answer.status, &answer.body) {
            Some(failure) => Err(failure),
            None => answer.require_success(),
        }
    }

    fn read_search(&self, body: &[u8], query: &PlatformQuery) -> Result<PlatformPage, Failure> {
        let document = parse(TITLE, body)?;
        let fields = Fields::of(&document)
            .ok_or_else(|| undocumented(TITLE, "it is not the answer to a search"))?;
        let items = fields
            .list("items")
            .ok_or_else(|| undocumented(TITLE, "it has no list of repositories"))?;
        // GitHub knows languages under several names, so its filter is believed. Stars are counted again: what the user wrote
        // into the query, such as OR, may have loosened the condition that we added.
        let filter = Filter {
            language: None,
            min_stars: query.min_stars,
        };
        let mut page = read_page(items, query, filter, |fields| self.read_facts(fields));
        page.total = fields.count("total_count");
        if fields.flag("incomplete_results") {
            page.partial = true;
            page.remarks
                .push("the search ran out of its own time, so results are missing".to_owned());
        }
        Ok(page)
    }

    fn add_next_page(
        &self,
        page: &mut PlatformPage,
        headers: &HeaderMap,
        endpoint: &Url,
        asked: &Url,
    ) {
        let next = next_page(headers, endpoint, asked);
        page.remarks.extend(next.remark);
        let Some(next) = next.page else { return };
        let size = paging::number_in(&next, "per_page").unwrap_or(30);
        let number = paging::number_in(&next, "page").unwrap_or(1);
        if number.saturating_sub(1).saturating_mul(size) >= MOST_RESULTS {
            page.remarks
                .push(format!("only the first {MOST_RESULTS} results can be had"));
        } else if !page.repositories.is_empty() || page.filtered_out > 0 {
            page.next = Some(next.into());
        }
    }

    fn read_facts(&self, fields: Fields<'_>) -> Option<RepositoryFacts> {
        let full_name = fields
            .text("full_name")
            .filter(|name| is_plain_path(name, 2..=2))?;
        let public = self.connection.is_at(Some(PUBLIC_URL));
        let short = format!("github:{full_name}");
        let page = format!("https://github.com/{full_name}");
        let (url, reference) = if public {
            let clone = format!("{page}.git");
            (page, usable_reference(&[&short, &clone]))
        } else {
            let site = self.connection.site("/api/v3");
            self_hosted_place(
                &site,
                full_name,
                fields.text("html_url"),
                fields.text("clone_url"),
            )
        };
        Some(RepositoryFacts {
            platform: GITHUB.name.to_owned(),
            name: last_name(full_name),
            full_name: full_name.to_owned(),
            url,
            reference,
            description: fields.description("description"),
            stars: fields.count("stargazers_count"),
            language: fields.word("language"),
            license: fields.fields("license").and_then(license),
            topics: fields.words("topics"),
            created_at: fields.time("created_at"),
            updated_at: fields
                .time("pushed_at")
                .or_else(|| fields.time("updated_at")),
            forks: fields.count("forks_count"),
            open_issues: fields.count("open_issues_count"),
            archived: fields.flag("archived"),
            fork: fields.flag("fork"),
            private: fields.flag("private"),
            kind: "repository".to_owned(),
            links: fields.addresses(&["homepage", "mirror_url"]),
            ..RepositoryFacts::default()
        })
    }
}

fn first_page(endpoint: &Url, query: &PlatformQuery) -> Result<(Url, Vec<String>), Failure> {
    let (words, remarks) = search_words(query)?;
    let mut url = endpoint.clone();
    url.query_pairs_mut()
        .append_pair("q", &words)
        .append_pair("per_page", &query.page_size.clamp(1, 100).to_string());
    Ok((url, remarks))
}

/// Gives the SPDX identifier, or the name where GitHub found a text that it does not know (`NOASSERTION`).
fn license(fields: Fields<'_>) -> Option<String> {
    fields
        .word("spdx_id")
        .filter(|identifier| identifier != "NOASSERTION")
        .or_else(|| fields.word("name"))
}

/// Gives the failures that GitHub documents more exactly than their status says.
fn refusal(status: StatusCode, body: &[u8]) -> Option<Failure> {
    let failure = |code, message: &str, hint: &str| {
        let details = serde_json::json!({ "status": status.as_u16() });
        Some(
            Failure::new(code, message)
                .with_hint(hint)
                .with_details(details),
        )
    };
    match status.as_u16() {
        401 => failure(
            ErrorCode::Authentication,
            "GitHub does not accept the token",
            "check GITHUB_TOKEN, or unset it to ask without",
        ),
        403 if names_secondary_limit(body) => {
            let mut limited = Failure::new(
                ErrorCode::RateLimited,
                "GitHub refuses further calls for now (secondary rate limit)",
            )
            .with_hint("ask less often, or with a token");
            limited.retry_after_seconds = Some(limits::UNANNOUNCED.as_secs());
            Some(limited)
        }
        403 => failure(
            ErrorCode::Authentication,
            "GitHub refuses the call",
            "check what the token of GITHUB_TOKEN may read, and whether its organisation wants single sign-on",
        ),
        404 | 410 => failure(
            ErrorCode::NotFound,
            "GitHub has no such repository",
            "check the spelling; a private repository is shown only to a token of GITHUB_TOKEN that may read it",
        ),
        451 => failure(
            ErrorCode::NotFound,
            "GitHub does not show the repository for legal reasons",
            "its page at GitHub names the reason",
        ),
        422 => Some(query_refusal(body)),
        _ => None,
    }
}

/// Says whether a refusal is one of the secondary limits, which GitHub names in the message and in the address of its pages.
fn names_secondary_limit(body: &[u8]) -> bool {
    let Ok(document) = serde_json::from_slice::<Value>(body) else {
        return false;
    };
    let Some(fields) = Fields::of(&document) else {
        return false;
    };
    let holds = |key: &str, words: &[&str]| {
        fields.text(key).is_some_and(|text| {
            let text = text.to_ascii_lowercase();
            words.iter().any(|words| text.contains(words))
        })
    };
    holds("message", &["secondary rate limit", "abuse detection"])
        || holds(
            "documentation_url",
            &["secondary-rate-limits", "abuse-rate-limits"],
        )
}

/// Makes the failure of 422 with the codes of `errors`, at most five, and GitHub's own words as details.
fn query_refusal(body: &[u8]) -> Failure {
    let document: Value = serde_json::from_slice(body).unwrap_or_default();
    let fields = Fields::of(&document);
    let errors: Vec<Value> = fields
        .and_then(|fields| fields.list("errors"))
        .unwrap_or_default()
        .iter()
        .filter_map(Fields::of)
        .take(5)
        .map(|error| {
            serde_json::json!({
                "field": error.word("field"),
                "code": error.word("code"),
                "message": error.text("message").and_then(|text| one_line(text, 200)),
            })
        })
        .collect();
    let codes: Vec<&str> = errors
        .iter()
        .filter_map(|error| error.get("code")?.as_str())
        .collect();
    let shown = if codes.is_empty() {
        "status 422".to_owned()
    } else {
        codes.join(", ")
    };
    Failure::new(
        ErrorCode::Query,
        format!("GitHub does not accept the query ({shown})"),
    )
    .with_hint("check the qualifiers in the query, such as user: and language:")
    .with_details(serde_json::json!({ "status": 422, "errors": errors }))
}

#[cfg(test)]
#[path = "github_tests.rs"]
mod tests;
