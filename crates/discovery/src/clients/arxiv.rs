//! arXiv: papers, by its Atom API. Must not fetch papers.

use std::time::Duration;

use synthesizer_infrastructure::{
    config::ServicePolicy,
    http::{AnswerHead, LimitReading, ServiceAnswer, ServiceDescriptor},
};
use synthesizer_model::{ErrorCode, Failure, discovery::RepositoryFacts};
use url::Url;

use super::{
    arxiv_papers::{paper_identifier, read_facts},
    arxiv_query::{identifier, search_expression},
    atom::{self, Entry, Feed},
    kinds::foreign_token,
    limits,
    plain_words::PlainWords,
    reading::{one_line, undocumented},
};
use crate::client::{
    CallBounds, ClientFuture, Connection, PlatformClient, PlatformDescriptor, PlatformPage,
    PlatformQuery, Question,
};

const TITLE: &str = "arXiv";
const API: &str = "/api";
/// No search gives more papers than these (user manual, section 3.1.1.2), nor a slice more than 2,000; ours have at most 100.
const MOST_RESULTS: u64 = 30_000;

/// arXiv.
pub(super) static ARXIV: PlatformDescriptor = PlatformDescriptor {
    name: "arxiv",
    aliases: &[],
    title: TITLE,
    description: "Papers, with the addresses of their code where the authors name them.",
    documentation: "https://info.arxiv.org/help/api/user-manual.html",
    public_url: Some("https://export.arxiv.org"),
    anonymous: true,
    filters_language: false,
    filters_stars: false,
    git: None,
    service: &SERVICE,
    connect: |connection| Box::new(Arxiv { connection }),
};

/// One request in three seconds and one connection at a time, over all processes (terms of use of the API).
static SERVICE: ServiceDescriptor = ServiceDescriptor {
    name: "arxiv",
    policy,
    read_limits,
    distance_across_processes: Some(Duration::from_secs(3)),
};

fn policy() -> ServicePolicy {
    ServicePolicy {
        requests_per_minute: 20,
        burst: 1,
        ..ServicePolicy::default()
    }
}

/// arXiv says nothing of what is left; it refuses with 429, and in former years with 503 and `Retry-After`.
fn read_limits(head: &AnswerHead<'_>) -> LimitReading {
    let announced = || limits::retry_after(head);
    let wait = match head.status.as_u16() {
        429 => Some(announced().unwrap_or(limits::UNANNOUNCED)),
        503 => announced(),
        _ => None,
    };
    LimitReading { quota: None, wait }
}

struct Arxiv {
    connection: Connection,
}

impl PlatformClient for Arxiv {
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

impl Arxiv {
    async fn search_page(
        &self,
        query: &PlatformQuery,
        bounds: &CallBounds,
    ) -> Result<PlatformPage, Failure> {
        let start = first_result(query.page.as_deref())?;
        let words = PlainWords::of(&query.text, TITLE)?;
        let expression = search_expression(&words.pieces)?;
        let endpoint = self.connection.address(API, &["query"])?;
        let url = search_address(endpoint, &expression, query.page_size, start);
        let fresh = self.connection.fresh.search;
        let answer = self.ask(url, fresh, bounds).await?;
        let feed = read_feed(&answer)?;
        let mut page = read_page(&feed, query, start);
        page.remarks.extend(words.remarks);
        Ok(page.from_origin(answer.origin))
    }

    async fn facts_of(
        &self,
        full_name: &str,
        bounds: &CallBounds,
    ) -> Result<RepositoryFacts, Failure> {
        let id = identifier(full_name).ok_or_else(|| {
            Failure::new(
                ErrorCode::Argument,
                "a paper of arXiv is named by its identifier, such as 2301.00001v1 or cond-mat/0207270",
            )
        })?;
        let url = look_up_address(self.connection.address(API, &["query"])?, id);
        let fresh = self.connection.fresh.repository;
        let answer = self.ask(url, fresh, bounds).await?;
        let feed = read_feed(&answer)?;
        let Some(entry) = feed.entries.first() else {
            return Err(Failure::new(
                ErrorCode::NotFound,
                format!("arXiv has no paper {id}"),
            ));
        };
        let facts = read_facts(entry).ok_or_else(|| undocumented(TITLE, "it is not a paper"))?;
        // The answer is the newest version unless one was asked for.
        if !same_paper(&facts.full_name, id) {
            return Err(undocumented(TITLE, "it is another paper"));
        }
        Ok(facts)
    }

    async fn ask(
        &self,
        url: Url,
        fresh: Duration,
        bounds: &CallBounds,
    ) -> Result<ServiceAnswer, Failure> {
        let question = Question {
            url,
            headers: Vec::new(),
            authorization: None,
            fresh,
        };
        self.connection.ask(question, bounds).await
    }
}

fn same_paper(found: &str, asked: &str) -> bool {
    found
        .strip_prefix(asked)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('v'))
}

/// Writes the address of one slice of a search.
fn search_address(mut endpoint: Url, expression: &str, page_size: usize, start: u64) -> Url {
    let size = (page_size.clamp(1, 100) as u64).min(MOST_RESULTS.saturating_sub(start));
    endpoint
        .query_pairs_mut()
        .append_pair("search_query", expression)
        .append_pair("start", &start.to_string())
        .append_pair("max_results", &size.to_string())
        .append_pair("sortBy", "relevance")
        .append_pair("sortOrder", "descending");
    endpoint
}

fn look_up_address(mut endpoint: Url, id: &str) -> Url {
    endpoint
        .query_pairs_mut()
        .append_pair("id_list", id)
        .append_pair("max_results", "1");
    endpoint
}

/// Reads the token of a page, which is the number of its first result.
fn first_result(page: Option<&str>) -> Result<u64, Failure> {
    let Some(page) = page else { return Ok(0) };
    page.parse()
        .ok()
        .filter(|start| (1..MOST_RESULTS).contains(start))
        .ok_or_else(foreign_token)
}

/// Reads a feed; arXiv reports its own failures as a feed with one entry, with status 400 or 200.
fn read_feed(answer: &ServiceAnswer) -> Result<Feed, Failure> {
    let success = answer.status.is_success();
    let feed = if success || answer.status.as_u16() == 400 {
        atom::parse(&answer.body)
    } else {
        Ok(Feed::default())
    };
    if let Ok([entry]) = feed.as_ref().map(|feed| feed.entries.as_slice())
        && let Some(failure) = reported_failure(entry)
    {
        return Err(failure);
    }
    if !success {
        answer.clone().require_success()?;
    }
    feed.map_err(|failure| {
        let what = failure.message.strip_prefix("the answer ");
        undocumented(TITLE, &format!("it {}", what.unwrap_or("is no Atom feed")))
    })
}

/// Tells a report of a failure from a paper with the title "Error".
fn reported_failure(entry: &Entry) -> Option<Failure> {
    if entry.title.trim() != "Error" || paper_identifier(&entry.id).is_some() {
        return None;
    }
    let said = one_line(&entry.summary, 200).unwrap_or_else(|| "no reason".to_owned());
    // The documented reports are all about parameters (user manual, section 3.4).
    let about_the_question = [
        "must be",
        "incorrect id",
        "malformed id",
        "query",
        "max_results",
    ]
    .iter()
    .any(|words| said.contains(words));
    let code = match about_the_question {
        true => ErrorCode::Query,
        false => ErrorCode::Upstream,
    };
    // A stranger's words are data: our own message does not repeat them.
    Some(
        Failure::new(code, "arXiv reports a failure")
            .with_details(serde_json::json!({ "platform_says": said })),
    )
}

/// Makes a page of a feed. Papers have neither stars nor a programming language, so a filter by either drops them all.
fn read_page(feed: &Feed, query: &PlatformQuery, start: u64) -> PlatformPage {
    let most = query.page_size.clamp(1, 100) * 2;
    let read = feed.entries.iter().take(most).map(read_facts);
    let mut page = PlatformPage {
        total: feed.total,
        ..PlatformPage::default()
    };
    let mut broken = 0_usize;
    for facts in read {
        match facts {
            Some(facts) => page.repositories.push(facts),
            None => broken += 1,
        }
    }
    if broken > 0 {
        page.partial = true;
        let were = if broken == 1 { "entry" } else { "entries" };
        page.remarks
            .push(format!("{broken} {were} could not be read"));
    }
    let cut = feed.entries.len().saturating_sub(most) + feed.left_out;
    if cut > 0 {
        page.partial = true;
        page.remarks.push(format!(
            "the page was longer than asked for; its last {cut} entries were left out"
        ));
    }
    if drop_by_filters(&mut page, query) {
        return page;
    }
    add_next(&mut page, feed, start);
    page
}

/// Drops and counts what the filters of the query exclude; says whether there were any.
fn drop_by_filters(page: &mut PlatformPage, query: &PlatformQuery) -> bool {
    if query.language.is_some() {
        page.remarks.push(
            "papers have no programming language, so a language filter drops them all".to_owned(),
        );
    }
    if query.min_stars > 0 {
        page.remarks
            .push("papers have no stars, so a least number of stars drops them all".to_owned());
    }
    let filtered = query.language.is_some() || query.min_stars > 0;
    if filtered {
        page.filtered_out = page.repositories.len();
        page.repositories.clear();
    }
    filtered
}

fn add_next(page: &mut PlatformPage, feed: &Feed, start: u64) {
    if feed.start.is_some_and(|given| given != start) {
        page.partial = true;
        page.remarks.push(
            "further pages were not asked for: another page came than was asked for".to_owned(),
        );
        return;
    }
    let next = start + feed.entries.len() as u64;
    let more = !feed.entries.is_empty() && feed.total.is_some_and(|total| next < total);
    if more && next < MOST_RESULTS {
        page.next = Some(next.to_string());
    } else if more {
        page.remarks
            .push(format!("only the first {MOST_RESULTS} results can be had"));
    }
}

#[cfg(test)]
#[path = "arxiv_tests.rs"]
mod tests;
