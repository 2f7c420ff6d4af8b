//! Hugging Face: models, datasets and spaces, by the API of its hub. Must not ask for anything but lists and facts.

use std::time::Duration;

use futures_util::future::join_all;
use http::{HeaderMap, StatusCode};
use synthesizer_infrastructure::{
    config::ServicePolicy,
    http::{Authorization, ServiceAnswer, ServiceDescriptor},
};
use synthesizer_model::{ErrorCode, Failure, discovery::RepositoryFacts};
use url::Url;

use super::{
    hugging_face_entries::{KINDS, Kind, Places, read_facts},
    hugging_face_limits::read_limits,
    kinds::{is_cursor, kinds_to_ask, merge},
    paging::next_page,
    plain_words::PlainWords,
    reading::{Fields, Filter, parse, read_page, undocumented},
};
use crate::{
    client::{
        CallBounds, ClientFuture, Connection, PlatformClient, PlatformDescriptor, PlatformPage,
        PlatformQuery, Question,
    },
    hosting::GitHosting,
};

const TITLE: &str = "Hugging Face";
const PUBLIC_URL: &str = "https://huggingface.co";
const API: &str = "/api";

/// Hugging Face.
pub(super) static HUGGING_FACE: PlatformDescriptor = PlatformDescriptor {
    name: "huggingface",
    aliases: &["hugging_face", "hugging-face", "hf"],
    title: TITLE,
    description: "Models, datasets and spaces for machine learning.",
    documentation: "https://huggingface.co/docs/hub/api",
    public_url: Some(PUBLIC_URL),
    anonymous: true,
    filters_language: false,
    filters_stars: false,
    git: Some(GitHosting {
        host: Some("huggingface.co"),
        root: API,
        depth: 2..=3,
    }),
    service: &SERVICE,
    connect: |connection| Box::new(HuggingFace { connection }),
};

static SERVICE: ServiceDescriptor = ServiceDescriptor {
    name: "huggingface",
    policy,
    read_limits,
    distance_across_processes: None,
};

/// 500 calls in five minutes are allowed without a token (hub documentation, "Rate limits"); one search is three calls.
fn policy() -> ServicePolicy {
    ServicePolicy {
        requests_per_minute: 100,
        burst: 60,
        ..ServicePolicy::default()
    }
}

struct HuggingFace {
    connection: Connection,
}

impl PlatformClient for HuggingFace {
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

impl HuggingFace {
    async fn search_page(
        &self,
        query: &PlatformQuery,
        bounds: &CallBounds,
    ) -> Result<PlatformPage, Failure> {
        let words = PlainWords::of(&query.text, TITLE)?;
        let lists = KINDS.each_ref().map(|kind| kind.list);
        let asked = kinds_to_ask(&lists, query.page.as_deref())?;
        let share = PlatformQuery {
            text: words.pieces.join(" "),
            // The same on every page, since page numbers count pages of one length.
            page_size: query.page_size.clamp(1, 100).div_ceil(KINDS.len()),
            ..query.clone()
        };
        let calls = KINDS.iter().filter_map(|kind| {
            let (_, cursor) = asked.iter().find(|(list, _)| *list == kind.list)?;
            let share = &share;
            Some(async move {
                let page = self
                    .search_kind(kind, share, cursor.as_deref(), bounds)
                    .await;
                (kind.list, page)
            })
        });
        let mut page = merge(join_all(calls).await)?;
        page.remarks.extend(words.remarks);
        if query.language.is_some() {
            page.remarks.push(
                "entries have no programming language here, so a language filter drops them all"
                    .to_owned(),
            );
            page.next = None;
        }
        Ok(page)
    }

    async fn search_kind(
        &self,
        kind: &'static Kind,
        query: &PlatformQuery,
        cursor: Option<&str>,
        bounds: &CallBounds,
    ) -> Result<PlatformPage, Failure> {
        let endpoint = self.connection.address(API, &[kind.list])?;
        let url = search_address(&endpoint, query, cursor);
        let fresh = self.connection.fresh.search;
        let answer = self.ask(url.clone(), fresh, bounds).await?;
        let answer = require_list(answer, self.is_authenticated())?;
        let mut page = read_list(kind, &self.places(), &answer.body, query)?;
        add_cursor(&mut page, &answer.headers, &endpoint, &url);
        Ok(page.from_origin(answer.origin))
    }

    async fn facts_of(
        &self,
        full_name: &str,
        bounds: &CallBounds,
    ) -> Result<RepositoryFacts, Failure> {
        let (kind, id) = Kind::of(full_name).ok_or_else(|| {
            Failure::new(
                ErrorCode::Argument,
                "a repository of Hugging Face is named [datasets/|spaces/]OWNER/NAME",
            )
        })?;
        let segments: Vec<&str> = std::iter::once(kind.list).chain(id.split('/')).collect();
        let url = self.connection.address(API, &segments)?;
        let fresh = self.connection.fresh.repository;
        let answer = self.ask(url, fresh, bounds).await?;
        let answer = require_repository(answer, kind, id, self.is_authenticated())?;
        let document = parse(TITLE, &answer.body)?;
        let mut facts = Fields::of(&document)
            .and_then(|fields| read_facts(kind, &self.places(), fields))
            .ok_or_else(|| undocumented(TITLE, "it is not a repository"))?;
        if facts.full_name != full_name {
            facts.renamed_from = Some(full_name.to_owned());
        }
        Ok(facts)
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
            headers: Vec::new(),
            authorization: token.map(Authorization::Bearer),
            fresh,
        };
        self.connection.ask(question, bounds).await
    }

    fn is_authenticated(&self) -> bool {
        self.connection.settings.token.is_some()
    }

    fn places(&self) -> Places {
        Places {
            site: self.connection.site(API),
            public: self.connection.is_at(Some(PUBLIC_URL)),
        }
    }
}

fn read_list(
    kind: &Kind,
    places: &Places,
    body: &[u8],
    query: &PlatformQuery,
) -> Result<PlatformPage, Failure> {
    let document = parse(TITLE, body)?;
    let entries = document
        .as_array()
        .ok_or_else(|| undocumented(TITLE, "it is not a list"))?;
    let filter = Filter {
        language: query.language.as_deref(),
        min_stars: query.min_stars,
    };
    Ok(read_page(entries, query, filter, |fields| {
        read_facts(kind, places, fields)
    }))
}

/// Takes the cursor out of the next page's address. Pages are sorted by likes, so after one with too few there is nothing more.
fn add_cursor(page: &mut PlatformPage, headers: &HeaderMap, endpoint: &Url, asked: &Url) {
    let next = next_page(headers, endpoint, asked);
    page.remarks.extend(next.remark);
    let entries = page.repositories.len() + page.filtered_out;
    if page.filtered_out > 0 || entries == 0 {
        return;
    }
    let Some(next) = next.page else { return };
    let parameter = |url: &Url| {
        let found = url.query_pairs().find(|(name, _)| name == "cursor");
        found.map(|(_, cursor)| cursor.into_owned())
    };
    let cursor = parameter(&next).filter(|cursor| is_cursor(cursor));
    if cursor.is_none() || cursor == parameter(asked) {
        page.remarks
            .push("further pages were not asked for: the next one has no new cursor".to_owned());
        return;
    }
    page.next = cursor;
}

/// Everybody may ask for lists, so a refusal means the token.
fn require_list(answer: ServiceAnswer, authenticated: bool) -> Result<ServiceAnswer, Failure> {
    if answer.status == StatusCode::UNAUTHORIZED {
        return Err(refused_token(authenticated));
    }
    answer.require_success()
}

/// Tells what is not there, what is hidden, and what must be asked for. Without a token the hub answers 401 for all that is not public.
fn require_repository(
    answer: ServiceAnswer,
    kind: &Kind,
    id: &str,
    authenticated: bool,
) -> Result<ServiceAnswer, Failure> {
    let code = answer.headers.get("x-error-code");
    let code = code.and_then(|code| code.to_str().ok()).unwrap_or_default();
    let word = kind.word;
    match (answer.status.as_u16(), code) {
        (200..=299, _) => Ok(answer),
        (_, "GatedRepo") => Err(gated(kind, id, authenticated)),
        (_, "RevisionNotFound") => Err(Failure::new(
            ErrorCode::NotFound,
            format!("the {word} {id} has no revision to show"),
        )),
        (401, code) if authenticated && code != "RepoNotFound" => Err(refused_token(authenticated)),
        (401 | 404, _) | (_, "RepoNotFound") => {
            let failure = Failure::new(
                ErrorCode::NotFound,
                format!("the {word} {id} does not exist or is private"),
            );
            Err(failure.with_hint(match authenticated {
                true => "check the name, and that the token may read it",
                false => "check the name; if it is private, set HF_TOKEN",
            }))
        }
        _ => answer.require_success(),
    }
}

fn refused_token(authenticated: bool) -> Failure {
    let failure = Failure::new(ErrorCode::Authentication, "Hugging Face refuses the call");
    failure.with_hint(match authenticated {
        true => "check HF_TOKEN: it may have expired or been revoked",
        false => "set HF_TOKEN",
    })
}

/// Writes the address of one page of a list.
fn search_address(endpoint: &Url, query: &PlatformQuery, cursor: Option<&str>) -> Url {
    let mut url = endpoint.clone();
    url.query_pairs_mut()
        .append_pair("search", &query.text)
        .append_pair("sort", "likes")
        .append_pair("direction", "-1")
        .append_pair("limit", &query.page_size.to_string())
        .append_pair("full", "true")
        .extend_pairs(cursor.map(|cursor| ("cursor", cursor)));
    url
}

fn gated(kind: &Kind, id: &str, authenticated: bool) -> Failure {
    let failure = Failure::new(
        ErrorCode::Authentication,
        format!("access to the {} {id} must be asked for", kind.word),
    );
    let page = format!("{PUBLIC_URL}/{}{id}", kind.prefix);
    if authenticated {
        failure.with_hint(format!("ask for access at {page}"))
    } else {
        failure.with_hint(format!("ask for access at {page}, then set HF_TOKEN"))
    }
}

#[cfg(test)]
#[path = "hugging_face_tests.rs"]
mod tests;
