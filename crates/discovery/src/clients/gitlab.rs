//! GitLab, public and self-hosted, by version 4 of its REST API. Must not ask for anything but searches and facts.

use std::time::Duration;

use http::HeaderMap;
use synthesizer_infrastructure::{
    config::ServicePolicy,
    http::{Authorization, ServiceAnswer, ServiceDescriptor},
};
use synthesizer_model::{ErrorCode, Failure, discovery::RepositoryFacts};
use url::Url;

use super::{
    limits::{LimitHeaders, number},
    paging::{accept_page, next_page},
    plain_words::PlainWords,
    reading::{
        Fields, Filter, is_plain_path, last_name, parse, read_looked_up, read_page,
        self_hosted_place, undocumented, usable_reference,
    },
};
use crate::{
    client::{
        CallBounds, ClientFuture, Connection, PlatformClient, PlatformDescriptor, PlatformPage,
        PlatformQuery, Question,
    },
    filtering::common_name,
    hosting::GitHosting,
};

const TITLE: &str = "GitLab";
const PUBLIC_URL: &str = "https://gitlab.com";
const ROOT: &str = "/api/v4";
/// How many names a full name has: groups may be twenty deep.
const DEPTH: std::ops::RangeInclusive<usize> = 2..=21;

/// GitLab.
pub(super) static GITLAB: PlatformDescriptor = PlatformDescriptor {
    name: "gitlab",
    aliases: &[],
    title: TITLE,
    description: "Source repositories of GitLab, found by name and description, the most starred first.",
    documentation: "https://docs.gitlab.com/api/projects/",
    public_url: Some(PUBLIC_URL),
    anonymous: true,
    filters_language: true,
    filters_stars: false,
    git: Some(GitHosting {
        host: Some("gitlab.com"),
        root: ROOT,
        depth: DEPTH,
    }),
    service: &SERVICE,
    connect: |connection| Box::new(GitLab { connection }),
};

static SERVICE: ServiceDescriptor = ServiceDescriptor {
    name: "gitlab",
    policy,
    read_limits: |head| LIMIT_HEADERS.read(head),
    distance_across_processes: None,
};

/// 400 lists of projects in ten minutes are allowed without a token, 2,000 with one.
fn policy() -> ServicePolicy {
    ServicePolicy {
        requests_per_minute: 40,
        burst: 10,
        ..ServicePolicy::default()
    }
}

/// They may be absent, also with 429.
static LIMIT_HEADERS: LimitHeaders = LimitHeaders {
    limit: "ratelimit-limit",
    remaining: "ratelimit-remaining",
    reset: "ratelimit-reset",
    resource: "ratelimit-name",
};

struct GitLab {
    connection: Connection,
}

impl PlatformClient for GitLab {
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

impl GitLab {
    async fn search_page(
        &self,
        query: &PlatformQuery,
        bounds: &CallBounds,
    ) -> Result<PlatformPage, Failure> {
        let endpoint = self.connection.address(ROOT, &["projects"])?;
        let (asked, remarks) = match &query.page {
            Some(page) => (accept_page(page, &endpoint)?, Vec::new()),
            None => first_page(&endpoint, query)?,
        };
        let fresh = self.connection.fresh.search;
        let answer = self.ask(asked.clone(), fresh, bounds).await?;
        let mut page = self.read_search(&answer.body, &answer.headers, query, &endpoint, &asked)?;
        page.remarks.splice(0..0, remarks);
        Ok(page.from_origin(answer.origin))
    }

    async fn facts_of(
        &self,
        full_name: &str,
        bounds: &CallBounds,
    ) -> Result<RepositoryFacts, Failure> {
        if !is_plain_path(full_name, DEPTH) {
            return Err(Failure::new(
                ErrorCode::Argument,
                "a repository of GitLab is named GROUP/NAME, with subgroups between them",
            ));
        }
        // The whole path is one segment here, its slashes encoded.
        let mut url = self.connection.address(ROOT, &["projects", full_name])?;
        url.query_pairs_mut().append_pair("license", "true");
        let fresh = self.connection.fresh.repository;
        let answer = self.ask(url, fresh, bounds).await?;
        read_looked_up(TITLE, &answer.body, full_name, |fields| {
            self.read_facts(fields)
        })
    }

    /// Personal, group and project tokens are taken as bearer tokens too, and those of OAuth only so.
    async fn ask(
        &self,
        url: Url,
        fresh: Duration,
        bounds: &CallBounds,
    ) -> Result<ServiceAnswer, Failure> {
        let token = self.connection.settings.token.clone();
        let question = Question {
            url,
            headers: Vec::new(),
            authorization: token.map(Authorization::Bearer),
            fresh,
        };
        let answer = self.connection.ask(question, bounds).await?;
        answer.require_success().map_err(|failure| match failure.code {
            ErrorCode::NotFound => failure.with_hint(
                "check the spelling; a private repository is shown only to a token of GITLAB_TOKEN that may read it",
            ),
            ErrorCode::Authentication => {
                failure.with_hint("check GITLAB_TOKEN; it needs the scope read_api")
            }
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
        let projects = document
            .as_array()
            .ok_or_else(|| undocumented(TITLE, "it is not a list of projects"))?;
        let filter = Filter {
            language: None,
            min_stars: query.min_stars,
        };
        let mut page = read_page(projects, query, filter, |fields| self.read_facts(fields));
        // Absent above 10,000 results.
        page.total = number(headers, "x-total");
        if query.page.is_none() && query.language.is_some() {
            page.remarks.push(
                "the language is one of those in the repository, not necessarily its main one"
                    .to_owned(),
            );
        }
        // Without a token only some fields are given.
        let all_brief = projects
            .iter()
            .filter_map(Fields::of)
            .all(|fields| fields.value("archived").is_none());
        if all_brief && !page.repositories.is_empty() && query.page.is_none() {
            page.remarks.push(
                "without a token, forks and archived repositories cannot be told from others"
                    .to_owned(),
            );
        }
        let next = next_page(headers, endpoint, asked);
        page.remarks.extend(next.remark);
        page.next = next
            .page
            .filter(|_| !projects.is_empty() && !ends_below(projects, query.min_stars))
            .map(String::from);
        Ok(page)
    }

    fn read_facts(&self, fields: Fields<'_>) -> Option<RepositoryFacts> {
        let full_name = fields
            .text("path_with_namespace")
            .filter(|name| is_plain_path(name, DEPTH))?;
        let site = self.connection.site(ROOT);
        let (url, reference) = if site.as_str().trim_end_matches('/') == PUBLIC_URL {
            let page = format!("{PUBLIC_URL}/{full_name}");
            let (short, clone) = (format!("gitlab:{full_name}"), format!("{page}.git"));
            (page, usable_reference(&[&short, &clone]))
        } else {
            let (page, clone) = (fields.text("web_url"), fields.text("http_url_to_repo"));
            self_hosted_place(&site, full_name, page, clone)
        };
        let topics = fields.words("topics");
        Some(RepositoryFacts {
            platform: GITLAB.name.to_owned(),
            name: last_name(full_name),
            full_name: full_name.to_owned(),
            url,
            reference,
            description: fields.description("description"),
            stars: fields.count("star_count"),
            license: fields.fields("license").and_then(license),
            // `tag_list` is what topics were called before version 14.
            topics: if topics.is_empty() {
                fields.words("tag_list")
            } else {
                topics
            },
            created_at: fields.time("created_at"),
            updated_at: fields.time("last_activity_at"),
            forks: fields.count("forks_count"),
            open_issues: fields.count("open_issues_count"),
            archived: fields.flag("archived"),
            fork: fields.fields("forked_from_project").is_some(),
            private: fields
                .text("visibility")
                .is_some_and(|visibility| visibility != "public"),
            kind: "repository".to_owned(),
            ..RepositoryFacts::default()
        })
    }
}

/// Asks for the most starred first. The order by similarity would be better, but gives only projects of which the caller is a
/// member, and the usual one, by age, shows nothing known. It also lets a search with a least number of stars end early. Keyset
/// pages, which need the order by `id`, are not needed: numbered ones reach 50,000 entries. A phrase stays in its quotes.
/// Languages are compared there without regard to case.
fn first_page(endpoint: &Url, query: &PlatformQuery) -> Result<(Url, Vec<String>), Failure> {
    let words = PlainWords::of(&query.text, TITLE)?;
    let quoted = |piece: &String| match piece.contains(' ') {
        true => format!("\"{piece}\""),
        false => piece.clone(),
    };
    let search: Vec<String> = words.pieces.iter().map(quoted).collect();
    let mut url = endpoint.clone();
    let mut pairs = url.query_pairs_mut();
    pairs
        .append_pair("search", &search.join(" "))
        .append_pair("order_by", "star_count")
        .append_pair("sort", "desc")
        .append_pair("per_page", &query.page_size.clamp(1, 100).to_string())
        .append_pair("simple", "false");
    if let Some(language) = &query.language {
        pairs.append_pair("with_programming_language", &common_name(language));
    }
    drop(pairs);
    Ok((url, words.remarks))
}

/// Says whether the page ends with a project of too few stars, so that the next ones have too few as well.
fn ends_below(projects: &[serde_json::Value], min_stars: u64) -> bool {
    projects
        .last()
        .and_then(Fields::of)
        .and_then(|fields| fields.count("star_count"))
        .is_some_and(|stars| stars < min_stars)
}

/// The keys of choosealicense.com, which GitLab uses, are SPDX identifiers in lower case; these are the usual ones.
const LICENSES: &[&str] = &[
    "0BSD",
    "AFL-3.0",
    "AGPL-3.0",
    "Apache-2.0",
    "Artistic-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSD-3-Clause-Clear",
    "BSD-4-Clause",
    "BSL-1.0",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "CC0-1.0",
    "CECILL-2.1",
    "ECL-2.0",
    "EPL-1.0",
    "EPL-2.0",
    "EUPL-1.1",
    "EUPL-1.2",
    "GPL-2.0",
    "GPL-3.0",
    "ISC",
    "LGPL-2.1",
    "LGPL-3.0",
    "LPPL-1.3c",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "MS-PL",
    "MS-RL",
    "MulanPSL-2.0",
    "NCSA",
    "ODbL-1.0",
    "OFL-1.1",
    "OSL-3.0",
    "PostgreSQL",
    "Unlicense",
    "UPL-1.0",
    "Vim",
    "WTFPL",
    "Zlib",
];

fn license(fields: Fields<'_>) -> Option<String> {
    let key = fields.word("key");
    let known = key.as_deref().and_then(|key| {
        LICENSES
            .iter()
            .find(|identifier| identifier.eq_ignore_ascii_case(key))
    });
    match known {
        Some(identifier) => Some((*identifier).to_owned()),
        None => fields.word("name").or(key),
    }
}

#[cfg(test)]
#[path = "gitlab_tests.rs"]
mod tests;
