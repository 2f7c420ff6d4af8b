//! arXiv's API, as its user manual describes queries and the Atom feeds that answer them.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{
    arxiv_query,
    catalogue::Listing,
    matching::rfc3339,
    quota::Allowance,
    site::{Answer, Controls, Paging, Question, Refusal, Site},
};

/// The most entries of a feed.
const SLICE: u64 = 2_000;

/// The most results of a query.
const REACHABLE: u64 = 30_000;

/// The rule of one request in three seconds is kept by callers; tests that want a refusal use `set_limit`.
const ALLOWANCE: Allowance = Allowance {
    limit: 1_000_000,
    window: 3,
};

/// The stand-in.
pub(super) struct Arxiv {
    pub(super) listings: Vec<Listing>,
    pub(super) controls: Arc<Controls>,
}

impl Site for Arxiv {
    fn answer(&self, question: &Question) -> Answer {
        if !self
            .controls
            .quotas
            .charge("", ALLOWANCE, 1, question.now)
            .allowed
        {
            return exceeded(429);
        }
        match question.parts().as_slice() {
            ["api", "query"] => self.query(question),
            _ => Answer::new(
                404,
                "text/html; charset=utf-8",
                "<html><body>Not found</body></html>",
            ),
        }
    }

    fn refuse(&self, _: &Question, refusal: Refusal) -> Answer {
        match refusal {
            Refusal::RetryAfter(seconds) => exceeded(503).with("retry-after", seconds),
            // It has no headers of its own.
            Refusal::Reset(offset) => exceeded(429).with("retry-after", offset.max(0)),
            Refusal::WithoutHeaders => exceeded(429),
        }
    }

    fn failure(&self, status: u16) -> Answer {
        Answer::new(
            status,
            "text/html; charset=utf-8",
            "<html><body>Something went wrong</body></html>",
        )
    }
}

impl Arxiv {
    fn query(&self, question: &Question) -> Answer {
        let numbers = (
            question.number("start", 0),
            question.number("max_results", 10),
        );
        let Some(start) = numbers.0 else {
            return error(question, 400, "start must be an integer");
        };
        let Some(wanted) = numbers.1 else {
            return error(question, 400, "max_results must be an integer");
        };
        if wanted > REACHABLE {
            return error(question, 400, "max_results must not exceed 30000");
        }
        let found = match self.found(question) {
            Ok(found) => found,
            Err(message) => return error(question, 200, &message),
        };
        let count = wanted.min(SLICE) as usize;
        let total = found.len();
        let (entries, total): (Vec<&Listing>, usize) = match question.paging {
            Paging::Honest | Paging::Incomplete => {
                let skipped = usize::try_from(start).unwrap_or(usize::MAX);
                (found.into_iter().skip(skipped).take(count).collect(), total)
            }
            // Whatever the start, the same entries.
            Paging::Looping => (found.into_iter().take(count).collect(), total.max(1) * 100),
            Paging::Endless => (
                found.iter().copied().cycle().take(count).collect(),
                1_000_000_000,
            ),
        };
        let mut body = head(question, total, start, wanted);
        for listing in entries {
            body.push_str(&entry(listing));
        }
        body.push_str("</feed>\n");
        feed(200, body)
    }

    fn found(&self, question: &Question) -> Result<Vec<&Listing>, String> {
        let text = question.parameter("search_query").unwrap_or_default();
        let identifiers = question.parameter("id_list").unwrap_or_default();
        if text.is_empty() && identifiers.is_empty() {
            return Err("search_query or id_list must be given".to_owned());
        }
        let mut wanted = Vec::new();
        for identifier in identifiers
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            wanted.push(
                without_version(identifier)
                    .ok_or_else(|| format!("incorrect id format for {identifier}"))?,
            );
        }
        let query = match text {
            "" => None,
            _ => Some(arxiv_query::parse(text)?),
        };
        let fits = |listing: &&Listing| {
            let named = wanted.is_empty() || wanted.contains(&listing.name.as_str());
            named && query.as_ref().is_none_or(|query| query.fits(listing))
        };
        let mut found: Vec<&Listing> = self.listings.iter().filter(fits).collect();
        match question.parameter("sortBy") {
            None | Some("relevance") => {}
            Some("lastUpdatedDate") => found.sort_by_key(|listing| listing.updated),
            Some("submittedDate") => found.sort_by_key(|listing| listing.created),
            Some(_) => {
                return Err(
                    "sortBy must be in: relevance, lastUpdatedDate, submittedDate".to_owned(),
                );
            }
        }
        match question.parameter("sortOrder") {
            None | Some("ascending") => {}
            Some("descending") => found.reverse(),
            Some(_) => return Err("sortOrder must be in: ascending, descending".to_owned()),
        }
        Ok(found)
    }
}

/// Gives the identifier without `v2`; `None` for what is none. Identifiers from before 2007 are well formed too, but there are none here.
fn without_version(identifier: &str) -> Option<&str> {
    let (bare, version) = identifier.split_once('v').unwrap_or((identifier, "1"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let modern = bare.split_once('.').is_some_and(|(month, number)| {
        month.len() == 4 && digits(month) && matches!(number.len(), 4 | 5) && digits(number)
    });
    let old = bare
        .split_once('/')
        .is_some_and(|(_, number)| number.len() == 7 && digits(number));
    (digits(version) && (modern || old)).then_some(bare)
}

fn head(question: &Question, total: usize, start: u64, wanted: u64) -> String {
    let parameter = |name: &str| escape(question.parameter(name).unwrap_or_default());
    let (search, identifiers) = (parameter("search_query"), parameter("id_list"));
    format!(
        "<?xml version='1.0' encoding='UTF-8'?>\n\
         <feed xmlns:opensearch=\"http://a9.com/-/spec/opensearch/1.1/\" xmlns:arxiv=\"http://arxiv.org/schemas/atom\" xmlns=\"http://www.w3.org/2005/Atom\">\n  \
         <id>https://arxiv.org/api/cHxbiOdZaP56ODnBPIenZhzg5f8</id>\n  \
         <title>arXiv Query: search_query={search}&amp;id_list={identifiers}&amp;start={start}&amp;max_results={wanted}</title>\n  \
         <updated>{}</updated>\n  \
         <link href=\"{}\" type=\"application/atom+xml\"/>\n  \
         <opensearch:itemsPerPage>{wanted}</opensearch:itemsPerPage>\n  \
         <opensearch:totalResults>{total}</opensearch:totalResults>\n  \
         <opensearch:startIndex>{start}</opensearch:startIndex>\n",
        rfc3339(question.now),
        escape(&question.url_with(&[])),
    )
}

fn entry(listing: &Listing) -> String {
    let identifier = format!("{}v2", listing.name);
    let title = escape(&listing.title).replacen(": ", ":\n  ", 1);
    let summary = escape(&printable(
        listing.description.as_deref().unwrap_or_default(),
    ))
    .replace(" for ", "\n  for ");
    let mut text = format!(
        "  <entry>\n    <id>http://arxiv.org/abs/{identifier}</id>\n    <title>{title}</title>\n    <updated>{}</updated>\n    \
         <link href=\"https://arxiv.org/abs/{identifier}\" rel=\"alternate\" type=\"text/html\"/>\n    \
         <link href=\"https://arxiv.org/pdf/{identifier}\" rel=\"related\" type=\"application/pdf\" title=\"pdf\"/>\n    \
         <summary>  {summary}.\n</summary>\n    <category term=\"cs.SE\" scheme=\"http://arxiv.org/schemas/atom\"/>\n    \
         <published>{}</published>\n",
        rfc3339(listing.updated),
        rfc3339(listing.created),
    );
    if let Some(link) = listing.links.first() {
        let comment = escape(&format!("12 pages, 3 figures & code at {link}"));
        writeln!(text, "    <arxiv:comment>{comment}</arxiv:comment>")
            .expect("a string takes everything");
    }
    text.push_str("    <arxiv:primary_category term=\"cs.SE\"/>\n");
    for author in [listing.owner.as_str(), "Grün, Ada"] {
        writeln!(
            text,
            "    <author>\n      <name>{}</name>\n    </author>",
            escape(author)
        )
        .expect("a string takes everything");
    }
    text.push_str("  </entry>\n");
    text
}

/// Errors look like an answer with one entry.
fn error(question: &Question, status: u16, message: &str) -> Answer {
    let anchor = escape(&message.replace(' ', "_"));
    let mut body = head(question, 1, 0, 1);
    write!(
        body,
        "  <entry>\n    <id>https://arxiv.org/api/errors#{anchor}</id>\n    <title>Error</title>\n    <summary>{}</summary>\n    \
         <updated>{}</updated>\n    <link href=\"https://arxiv.org/api/errors#{anchor}\" rel=\"alternate\" type=\"text/html\"/>\n    \
         <author>\n      <name>arXiv api core</name>\n    </author>\n  </entry>\n</feed>\n",
        escape(message),
        rfc3339(question.now),
    )
    .expect("a string takes everything");
    feed(status, body)
}

fn feed(status: u16, body: String) -> Answer {
    Answer::new(status, "application/atom+xml; charset=utf-8", body)
}

fn exceeded(status: u16) -> Answer {
    Answer::new(status, "text/plain; charset=utf-8", "Rate exceeded.")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// XML has no place for most control characters.
fn printable(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_control() || *character == '\n')
        .collect()
}
