//! Gitea and Forgejo, which are always self-hosted, by version 1 of their API. Must not ask for anything but searches and facts.

use std::time::Duration;

use http::{HeaderMap, header::AUTHORIZATION};
use synthesizer_infrastructure::{
    config::ServicePolicy,
    http::{Authorization, ServiceAnswer, ServiceDescriptor},
};
use synthesizer_model::{ErrorCode, Failure, discovery::RepositoryFacts, secret::Secret};
use url::Url;

use super::{
    limits::{LimitHeaders, number},
    paging::{accept_page, next_page},
    plain_words::PlainWords,
    reading::{
        Fields, Filter, is_plain_path, last_name, parse, read_looked_up, read_page,
        self_hosted_place, undocumented,
    },
};
use crate::{
    client::{
        CallBounds, ClientFuture, Connection, PlatformClient, PlatformDescriptor, PlatformPage,
        PlatformQuery, Question,
    },
    hosting::GitHosting,
};

const TITLE: &str = "Gitea";
const ROOT: &str = "/api/v1";

/// Gitea and Forgejo.
pub(super) static GITEA: PlatformDescriptor = PlatformDescriptor {
    name: "gitea",
    aliases: &["forgejo"],
    title: "Gitea and Forgejo",
    description: "Source repositories of a Gitea or Forgejo server that you name with base_url.",
    documentation: "https://docs.gitea.com/development/api-usage",
    public_url: None,
    anonymous: true,
    filters_language: false,
    filters_stars: false,
    git: Some(GitHosting {
        host: None,
        root: ROOT,
        depth: 2..=2,
    }),
    service: &SERVICE,
    connect: |connection| Box::new(Gitea { connection }),
};

static SERVICE: ServiceDescriptor = ServiceDescriptor {
    name: "gitea",
    policy,
    read_limits: |head| LIMIT_HEADERS.read(head),
    distance_across_processes: None,
};

/// The servers document no limit; this one is polite.
fn policy() -> ServicePolicy {
    ServicePolicy {
        requests_per_minute: 60,
        burst: 10,
        ..ServicePolicy::default()
    }
}

/// Not documented, but usual where a proxy in front of the server limits calls.
static LIMIT_HEADERS: LimitHeaders = LimitHeaders {
    limit: "x-ratelimit-limit",
    remaining: "x-ratelimit-remaining",
    reset: "x-ratelimit-reset",
    resource: "x-ratelimit-resource",
};

struct Gitea {
    connection: Connection,
}

impl PlatformClient for Gitea {
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

impl Gitea {
    async fn search_page(
        &self,
        query: &PlatformQuery,
        bounds: &CallBounds,
    ) -> Result<PlatformPage, Failure> {
        let endpoint = self.connection.address(ROOT, &["repos", "search"])?;
        let words = PlainWords::of(&query.text, TITLE)?;
        let asked = match &query.page {
            Some(page) => accept_page(page, &endpoint)?,
            None => first_page(&endpoint, query, &words),
        };
        let fresh = self.connection.fresh.search;
        let answer = self.ask(asked.clone(), fresh, bounds).await?;
        let mut page = self.read_search(&answer.body, &answer.headers, query, &endpoint, &asked)?;
        keep_matching(&mut page, words, query.page.is_none());
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
                "a repository of Gitea is named OWNER/NAME",
            ));
        }
        let segments: Vec<&str> = std::iter::once("repos")
            .chain(full_name.split('/'))
            .collect();
        let url = self.connection.address(ROOT, &segments)?;
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
        let token = self.connection.settings.token.as_ref();
        let authorization = token.map(|token| {
            let value = Secret::new(format!("token {}", token.expose()));
            Authorization::Header(AUTHORIZATION, value)
        });
        let question = Question {
            url,
            headers: Vec::new(),
            authorization,
            fresh,
        };
        let answer = self.connection.ask(question, bounds).await?;
        answer.require_success().map_err(|failure| match failure.code {
            ErrorCode::NotFound => failure.with_hint(
                "check the spelling and platforms.gitea.base_url; a private repository is shown only to a token that may read it",
            ),
            ErrorCode::Authentication => failure.with_hint(
                "check platforms.gitea.token; some servers show nothing without one",
            ),
            _ => failure,
        })
    }

    fn read_search(
        &self,
        body: &[u8],
        headers: &HeaderMap,
        query: &PlatformQuery,
        endpoint: &Url,
        asked: &Url,
    ) -> Result<PlatformPage, Failure> {
        let document = parse(TITLE, body)?;
        let fields = Fields::of(&document)
            .filter(|fields| fields.flag("ok"))
            .ok_or_else(|| undocumented(TITLE, "it does not say that the search went well"))?;
        let repositories = fields
            .list("data")
            .ok_or_else(|| undocumented(TITLE, "it has no list of repositories"))?;
        let filter = Filter {
            language: query.language.as_deref(),
            min_stars: query.min_stars,
        };
        let mut page = read_page(repositories, query, filter, |fields| {
            self.read_facts(fields)
        });
        page.total = number(headers, "x-total-count");
        let next = next_page(headers, endpoint, asked);
        page.remarks.extend(next.remark);
        page.next = next
            .page
            .filter(|_| !repositories.is_empty() && !ends_below(repositories, query.min_stars))
            .map(String::from);
        Ok(page)
    }

    fn read_facts(&self, fields: Fields<'_>) -> Option<RepositoryFacts> {
        let full_name = fields
            .text("full_name")
            .filter(|name| is_plain_path(name, 2..=2))?;
        let site = self.connection.site(ROOT);
        let (page, clone) = (fields.text("html_url"), fields.text("clone_url"));
        let (url, reference) = self_hosted_place(&site, full_name, page, clone);
        // Found by the server in the files; older servers do not say.
        let licenses = fields.words("licenses");
        Some(RepositoryFacts {
            platform: GITEA.name.to_owned(),
            name: last_name(full_name),
            full_name: full_name.to_owned(),
            url,
            reference,
            description: fields.description("description"),
            stars: fields.count("stars_count"),
            language: fields.word("language"),
            license: (!licenses.is_empty()).then(|| licenses.join(", ")),
            topics: fields.words("topics"),
            created_at: fields.time("created_at"),
            updated_at: fields.time("updated_at"),
            forks: fields.count("forks_count"),
            open_issues: fields.count("open_issues_count"),
            archived: fields.flag("archived"),
            fork: fields.flag("fork"),
            private: fields.flag("private") || fields.flag("internal"),
            kind: "repository".to_owned(),
            links: fields.addresses(&["original_url", "website"]),
            ..RepositoryFacts::default()
        })
    }
}

/// Asks for the most starred first: the server has no order by relevance, and its usual one is the alphabet. Servers shorten
/// pages to their own limit, which is fifty by default.
///
/// The server looks for its keyword as one piece of text, blanks included, and takes commas as "or". So it is asked for one
/// word, and [`keep_matching`] sees to the others.
fn first_page(endpoint: &Url, query: &PlatformQuery, words: &PlainWords) -> Url {
    // A comma would make the server look for either half.
    let longest = words.longest();
    let word = longest
        .split(',')
        .max_by_key(|part| part.len())
        .unwrap_or(longest);
    let mut url = endpoint.clone();
    url.query_pairs_mut()
        .append_pair("q", word)
        .append_pair("includeDesc", "true")
        .append_pair("sort", "stars")
        .append_pair("order", "desc")
        .append_pair("limit", &query.page_size.clamp(1, 100).to_string())
        .append_pair("page", "1");
    url
}

/// Drops and counts what does not hold every word of the query.
fn keep_matching(page: &mut PlatformPage, words: PlainWords, first: bool) {
    let before = page.repositories.len();
    page.repositories.retain(|facts| words.are_in(facts));
    page.filtered_out += before - page.repositories.len();
    if !first {
        return;
    }
    if words.pieces.len() > 1 {
        page.remarks.insert(
            0,
            format!(
                "{TITLE} searches for one word only, so the others were looked for in what it found; its total counts the one"
            ),
        );
    }
    page.remarks.splice(0..0, words.remarks);
}

/// Says whether the page ends with a repository of too few stars, so that the next ones have too few as well.
fn ends_below(repositories: &[serde_json::Value], min_stars: u64) -> bool {
    repositories
        .last()
        .and_then(Fields::of)
        .and_then(|fields| fields.count("stars_count"))
        .is_some_and(|stars| stars < min_stars)
}

#[cfg(test)]
#[path = "gitea_tests.rs"]
mod tests;
