//! Kaggle: datasets, notebooks ("kernels") and models, by the addresses of its public API. Must not fetch files.
//!
//! Addresses, parameters and field names are those that the `kagglesdk` package declares for the same calls.

use std::time::Duration;

use futures_util::future::join_all;
use http::{HeaderValue, header::ACCEPT};
use serde_json::Value;
use synthesizer_infrastructure::{
    config::{PlatformSettings, ServicePolicy},
    http::{
        AnswerHead, Authorization, Credentials, LimitReading, ServiceAnswer, ServiceDescriptor,
    },
};
use synthesizer_model::{ErrorCode, Failure, discovery::RepositoryFacts};
use url::Url;

use super::{
    kaggle_entries::{KINDS, Kind, is_owned_name, kernel_language, read_facts},
    kaggle_pages::{Position, next_position, search_address},
    kinds::{kinds_to_ask, merge},
    limits,
    plain_words::PlainWords,
    reading::{Fields, Filter, one_line, parse, read_page, undocumented},
};
use crate::client::{
    CallBounds, ClientFuture, Connection, PlatformClient, PlatformDescriptor, PlatformPage,
    PlatformQuery, Question,
};

const TITLE: &str = "Kaggle";
const PUBLIC_URL: &str = "https://www.kaggle.com";
const API: &str = "/api/v1";

/// Kaggle.
pub(super) static KAGGLE: PlatformDescriptor = PlatformDescriptor {
    name: "kaggle",
    aliases: &[],
    title: TITLE,
    description: "Datasets, notebooks and models; only with credentials.",
    documentation: "https://www.kaggle.com/docs/api",
    public_url: Some(PUBLIC_URL),
    anonymous: false,
    filters_language: false,
    filters_stars: false,
    git: None,
    service: &SERVICE,
    connect: |connection| Box::new(Kaggle { connection }),
};

static SERVICE: ServiceDescriptor = ServiceDescriptor {
    name: "kaggle",
    policy,
    read_limits,
    distance_across_processes: None,
};

/// Kaggle publishes no figures; one search is three calls.
fn policy() -> ServicePolicy {
    ServicePolicy {
        requests_per_minute: 60,
        burst: 15,
        ..ServicePolicy::default()
    }
}

/// Kaggle says nothing of what is left; a refusal is 429, mostly with `Retry-After`.
fn read_limits(head: &AnswerHead<'_>) -> LimitReading {
    let refused = head.status == http::StatusCode::TOO_MANY_REQUESTS;
    LimitReading {
        quota: None,
        wait: refused.then(|| limits::retry_after(head).unwrap_or(limits::UNANNOUNCED)),
    }
}

struct Kaggle {
    connection: Connection,
}

impl PlatformClient for Kaggle {
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

impl Kaggle {
    async fn search_page(
        &self,
        query: &PlatformQuery,
        bounds: &CallBounds,
    ) -> Result<PlatformPage, Failure> {
        self.authorization()?;
        let words = PlainWords::of(&query.text, TITLE)?;
        let lists = KINDS.each_ref().map(|kind| kind.list);
        let asked = kinds_to_ask(&lists, query.page.as_deref())?;
        let language = query.language.as_deref().map(kernel_language);
        let query = &PlatformQuery {
            text: words.pieces.join(" "),
            // The same on every page, since page numbers count pages of one length.
            page_size: query.page_size.clamp(1, 100).div_ceil(KINDS.len()),
            ..query.clone()
        };
        let calls = KINDS.iter().filter_map(|kind| {
            let (_, cursor) = asked.iter().find(|(list, _)| *list == kind.list)?;
            // Nothing is asked of notebooks in a language that they cannot be written in.
            if kind.has_language && language == Some(None) {
                return None;
            }
            Some(async move {
                let page = self.search_kind(kind, query, cursor.as_deref(), bounds);
                (kind.list, page.await)
            })
        });
        let mut page = merge(join_all(calls).await)?;
        page.remarks.extend(words.remarks);
        if language.is_some() {
            page.remarks.push(
                "only notebooks have a programming language (Python, R, SQLite or Julia), so a language filter drops all else"
                    .to_owned(),
            );
        }
        Ok(page)
    }

    /// Gives the proof that is sent. A server of the user's own choice may want none, so it is asked all the same.
    fn authorization(&self) -> Result<Option<Authorization>, Failure> {
        let settings = &self.connection.settings;
        match authorization(settings) {
            Err(_) if self.connection.configured && settings.withheld.is_none() => Ok(None),
            proof => proof.map(Some),
        }
    }

    async fn search_kind(
        &self,
        kind: &'static Kind,
        query: &PlatformQuery,
        cursor: Option<&str>,
        bounds: &CallBounds,
    ) -> Result<PlatformPage, Failure> {
        let endpoint = self.connection.address(API, &[kind.list, "list"])?;
        let position = Position::read(cursor)?;
        let url = search_address(endpoint, kind, query, &position);
        let fresh = self.connection.fresh.search;
        let answer = self.ask(url, fresh, bounds).await?.require_success()?;
        let document = read_document(&answer)?;
        let site = self.connection.site(API);
        let page = read_list(kind, &site, &document, query, &position)?;
        Ok(page.from_origin(answer.origin))
    }

    async fn facts_of(
        &self,
        full_name: &str,
        bounds: &CallBounds,
    ) -> Result<RepositoryFacts, Failure> {
        let (kind, name) = Kind::of(full_name).ok_or_else(|| {
            Failure::new(
                ErrorCode::Argument,
                "an entry of Kaggle is named [datasets/|kernels/|models/]OWNER/NAME",
            )
        })?;
        let url = look_up_address(&self.connection, kind, name)?;
        let fresh = self.connection.fresh.repository;
        let answer = self.ask(url, fresh, bounds).await?;
        // What is not there and what must not be seen are both refused as a missing permission.
        if matches!(answer.status.as_u16(), 403 | 404) {
            return Err(missing(kind, name));
        }
        let answer = answer.require_success()?;
        let document = read_document(&answer)?;
        let fields = Fields::of(&document);
        let fields = fields.and_then(|fields| match kind.list {
            "kernels" => fields.fields("metadata"),
            _ => Some(fields),
        });
        let site = self.connection.site(API);
        let mut facts = fields
            .and_then(|fields| read_facts(kind, &site, fields))
            .ok_or_else(|| undocumented(TITLE, "it does not describe what was asked for"))?;
        let asked = format!("{}/{name}", kind.list);
        if !facts.full_name.eq_ignore_ascii_case(&asked) {
            facts.renamed_from = Some(asked);
        }
        Ok(facts)
    }

    async fn ask(
        &self,
        url: Url,
        fresh: Duration,
        bounds: &CallBounds,
    ) -> Result<ServiceAnswer, Failure> {
        let proof = self.authorization()?;
        let is_stranger = proof.is_none();
        let question = Question {
            url,
            headers: vec![(ACCEPT, HeaderValue::from_static("application/json"))],
            authorization: proof,
            fresh,
        };
        let answer = self.connection.ask(question, bounds).await?;
        match answer.status.as_u16() {
            401 if is_stranger => Err(missing_credentials(&self.connection.settings)),
            401 => Err(refused_credentials()),
            _ => Ok(answer),
        }
    }
}

/// Reads a list, which comes bare or as a field of an object.
fn read_list(
    kind: &Kind,
    site: &Url,
    document: &Value,
    query: &PlatformQuery,
    asked: &Position,
) -> Result<PlatformPage, Failure> {
    let fields = Fields::of(document);
    let entries = list_of(kind, document).ok_or_else(|| undocumented(TITLE, "it holds no list"))?;
    let wanted = query.language.as_deref();
    let filter = Filter {
        // Kaggle filters notebooks under its own name for the language.
        language: match kind.has_language {
            true => wanted.and_then(kernel_language),
            false => wanted,
        },
        min_stars: query.min_stars,
    };
    // Not every list obeys the length that is asked for.
    let whole = PlatformQuery {
        page_size: 100,
        ..query.clone()
    };
    let mut page = read_page(entries, &whole, filter, |fields| {
        read_facts(kind, site, fields)
    });
    // What has no language is dropped whole; further pages would be too.
    let useful = query.language.is_none() || kind.has_language;
    if useful && !entries.is_empty() {
        let next = next_position(kind, fields, asked, &mut page.remarks);
        page.next = next.and_then(|next| next.to_cursor());
    }
    Ok(page)
}

/// Gives the list of an answer; an object may leave out what is empty.
fn list_of<'a>(kind: &Kind, document: &'a Value) -> Option<&'a [Value]> {
    let object = match document {
        Value::Array(list) => return Some(list),
        Value::Object(object) => object,
        _ => return None,
    };
    match object.get(kind.list) {
        Some(Value::Array(list)) => Some(list),
        Some(_) => None,
        None => (object.is_empty() || object.contains_key("nextPageToken")).then_some(&[]),
    }
}

/// Parses an answer; an object with `code` of at least 400 is a refusal whatever the status.
fn read_document(answer: &ServiceAnswer) -> Result<Value, Failure> {
    let document = parse(TITLE, &answer.body)?;
    match Fields::of(&document).and_then(refusal) {
        Some(failure) => Err(failure),
        None => Ok(document),
    }
}

/// Gives what is sent as proof: the token, or else user name and key.
///
/// # Errors
/// `E_AUTH` when there is neither.
fn authorization(settings: &PlatformSettings) -> Result<Authorization, Failure> {
    if let Some(token) = settings.token.as_ref().filter(|token| !token.is_empty()) {
        return Ok(Authorization::Bearer(token.clone()));
    }
    match (&settings.username, &settings.key) {
        (Some(user), Some(key)) if !user.is_empty() && !key.is_empty() => {
            Ok(Authorization::Basic(Credentials {
                user: user.clone(),
                password: key.clone(),
            }))
        }
        _ => Err(missing_credentials(settings)),
    }
}

fn missing_credentials(settings: &PlatformSettings) -> Failure {
    let failure = Failure::new(
        ErrorCode::Authentication,
        "Kaggle answers only with credentials",
    );
    failure.with_hint(match settings.withheld {
        Some(why) => format!("credentials are not used: {why}"),
        None => "set KAGGLE_API_TOKEN, or KAGGLE_USERNAME and KAGGLE_KEY".to_owned(),
    })
}

fn look_up_address(connection: &Connection, kind: &Kind, name: &str) -> Result<Url, Failure> {
    let (owner, slug) = is_owned_name(name)
        .then(|| name.split_once('/'))
        .flatten()
        .ok_or_else(|| Failure::internal("a name was not checked"))?;
    match kind.list {
        "datasets" => connection.address(API, &["datasets", "view", owner, slug]),
        "models" => connection.address(API, &["models", owner, slug, "get"]),
        _ => {
            let mut url = connection.address(API, &["kernels", "pull"])?;
            url.query_pairs_mut()
                .append_pair("userName", owner)
                .append_pair("kernelSlug", slug);
            Ok(url)
        }
    }
}

fn missing(kind: &Kind, name: &str) -> Failure {
    Failure::new(
        ErrorCode::NotFound,
        format!("the {} {name} does not exist or is private", kind.word),
    )
    .with_hint("check the name, and that these credentials may read it")
}

fn refused_credentials() -> Failure {
    Failure::new(ErrorCode::Authentication, "Kaggle refuses the credentials")
        .with_hint("make a new token in the settings of your account and set KAGGLE_API_TOKEN")
}

/// Reads the form in which Kaggle reports failures: `{"code": 403, "message": "…"}`.
fn refusal(fields: Fields<'_>) -> Option<Failure> {
    let status = fields.count("code").filter(|code| *code >= 400)?;
    let message = fields.text("message").and_then(|text| one_line(text, 200));
    let code = match status {
        401 => return Some(refused_credentials()),
        403 => ErrorCode::Authentication,
        404 => ErrorCode::NotFound,
        400 | 422 => ErrorCode::Query,
        429 => ErrorCode::RateLimited,
        _ => ErrorCode::Upstream,
    };
    let failure = Failure::new(code, format!("Kaggle reports a failure (code {status})"));
    // A stranger's words are data: our own message does not repeat them.
    let details = serde_json::json!({ "status": status, "platform_says": message });
    Some(failure.with_details(details))
}

#[cfg(test)]
#[path = "kaggle_tests.rs"]
mod tests;
