//! Reads answers of platforms, which are strangers' data: bounded, tolerant, cleaned. Must not know any platform.
//!
//! An answer that is not the documented JSON fails its platform. A broken entry costs that entry, a broken field that field.
//! Nesting is bounded by the parser (128 levels), length by the bytes that the door reads.

use serde_json::{Map, Value, error::Category};
use synthesizer_infrastructure::telemetry::masking::mask;
use synthesizer_model::{
    ErrorCode, Failure,
    discovery::{DESCRIPTION_LIMIT, RepositoryFacts, TOPIC_LIMIT},
    reference::RepositoryReference,
    text::is_deceptive,
};
use url::{Host, Url};

use crate::{
    client::{PlatformPage, PlatformQuery},
    filtering::common_name,
};

/// A greater count than this is a mistake or a lie.
const GREATEST_COUNT: u64 = 1_000_000_000_000;
/// The longest name of a license, language or topic that is kept, in characters.
const WORD_LIMIT: usize = 100;
/// The longest full name, in bytes.
const NAME_LIMIT: usize = 256;
/// The longest address, in bytes.
const ADDRESS_LIMIT: usize = 2048;
/// The most addresses of the same project elsewhere.
const LINK_LIMIT: usize = 10;

/// Parses an answer.
///
/// # Errors
/// `E_UPSTREAM` for what is not JSON, breaks off, nests too deeply or holds numbers that no program can hold.
pub(super) fn parse(title: &str, body: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Eof => undocumented(title, "it breaks off"),
        Category::Syntax | Category::Data | Category::Io => undocumented(title, "it is not JSON"),
    })
}

/// Makes the failure of an answer that is not what the platform documents.
pub(super) fn undocumented(title: &str, what: &str) -> Failure {
    Failure::new(
        ErrorCode::Upstream,
        format!("the answer of {title} is not what it documents: {what}"),
    )
    .with_hint(
        "try again later; if you configured base_url, check that it is the address of the API",
    )
}

/// What is dropped because the platform did not filter by it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Filter<'a> {
    /// Only this main language, by any of its names.
    pub(super) language: Option<&'a str>,
    /// At least so many stars; a repository without a count has none.
    pub(super) min_stars: u64,
}

impl Filter<'_> {
    fn lets_through(self, facts: &RepositoryFacts) -> bool {
        let language_fits = self.language.is_none_or(|wanted| {
            facts
                .language
                .as_deref()
                .is_some_and(|language| common_name(language) == common_name(wanted))
        });
        language_fits && facts.stars.unwrap_or(0) >= self.min_stars
    }
}

/// Reads the entries of one page, and says what was left out. More than twice the entries asked for are not read.
pub(super) fn read_page(
    entries: &[Value],
    query: &PlatformQuery,
    filter: Filter<'_>,
    read: impl Fn(Fields<'_>) -> Option<RepositoryFacts>,
) -> PlatformPage {
    let most = query.page_size.clamp(1, 100) * 2;
    let mut page = PlatformPage::default();
    let mut broken = 0_usize;
    for entry in entries.iter().take(most) {
        match Fields::of(entry).and_then(&read) {
            None => broken += 1,
            Some(facts) if filter.lets_through(&facts) => page.repositories.push(facts),
            Some(_) => page.filtered_out += 1,
        }
    }
    if broken > 0 {
        page.partial = true;
        let were = if broken == 1 { "entry" } else { "entries" };
        page.remarks
            .push(format!("{broken} {were} could not be read"));
    }
    if entries.len() > most {
        page.partial = true;
        let cut = entries.len() - most;
        page.remarks.push(format!(
            "the page was longer than asked for; its last {cut} entries were left out"
        ));
    }
    page
}

/// The fields of one JSON object. A field of the wrong type is the same as none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// Takes a value that is an object.
    pub(super) fn of(value: &'a Value) -> Option<Self> {
        value.as_object().map(Self)
    }

    /// Gives a field that is not null.
    pub(super) fn value(self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// Gives an object within.
    pub(super) fn fields(self, key: &str) -> Option<Self> {
        self.value(key).and_then(Self::of)
    }

    /// Gives a list.
    pub(super) fn list(self, key: &str) -> Option<&'a [Value]> {
        self.value(key)?.as_array().map(Vec::as_slice)
    }

    /// Gives a text as it came; check or clean it before it is kept.
    pub(super) fn text(self, key: &str) -> Option<&'a str> {
        self.value(key)?.as_str()
    }

    /// Gives a description: one clean line of at most [`DESCRIPTION_LIMIT`] characters.
    pub(super) fn description(self, key: &str) -> Option<String> {
        one_line(self.text(key)?, DESCRIPTION_LIMIT)
    }

    /// Gives a short clean text, such as a license or a language.
    pub(super) fn word(self, key: &str) -> Option<String> {
        one_line(self.text(key)?, WORD_LIMIT)
    }

    /// Gives short clean texts without repetitions, at most [`TOPIC_LIMIT`].
    pub(super) fn words(self, key: &str) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        let texts = self.list(key).unwrap_or_default().iter();
        for word in texts
            .filter_map(Value::as_str)
            .filter_map(|text| one_line(text, WORD_LIMIT))
        {
            if words.len() == TOPIC_LIMIT {
                break;
            }
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words
    }

    /// Gives a count; whole numbers may be written as floats, everything negative, broken or absurd is none.
    pub(super) fn count(self, key: &str) -> Option<u64> {
        let number = self.value(key)?;
        let count = match number.as_u64() {
            Some(count) => count,
            None => {
                let float = number.as_f64()?;
                let whole = float >= 0.0 && float.fract() == 0.0 && float <= GREATEST_COUNT as f64;
                whole.then_some(float as u64)?
            }
        };
        (count <= GREATEST_COUNT).then_some(count)
    }

    /// Gives a switch; off unless it is `true`.
    pub(super) fn flag(self, key: &str) -> bool {
        self.value(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Gives a time by RFC 3339 in UTC with whole seconds.
    pub(super) fn time(self, key: &str) -> Option<String> {
        time(self.text(key)?)
    }

    /// Gives an address for people.
    pub(super) fn address(self, key: &str) -> Option<String> {
        web_address(self.text(key)?)
    }

    /// Gives the addresses of several fields without repetitions.
    pub(super) fn addresses(self, keys: &[&str]) -> Vec<String> {
        let mut addresses: Vec<String> = Vec::new();
        for address in keys.iter().filter_map(|key| self.address(key)) {
            if addresses.len() < LINK_LIMIT && !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        addresses
    }
}

/// Reads the answer to a look-up, and tells whether it came under another name than the one asked for. Names that differ in
/// nothing but case are the same.
///
/// # Errors
/// `E_UPSTREAM` for an answer that is no entry of the platform.
pub(super) fn read_looked_up(
    title: &str,
    body: &[u8],
    full_name: &str,
    read: impl FnOnce(Fields<'_>) -> Option<RepositoryFacts>,
) -> Result<RepositoryFacts, Failure> {
    let document = parse(title, body)?;
    let mut facts = Fields::of(&document)
        .and_then(read)
        .ok_or_else(|| undocumented(title, "it is not a repository"))?;
    if !facts.full_name.eq_ignore_ascii_case(full_name) {
        facts.renamed_from = Some(full_name.to_owned());
    }
    Ok(facts)
}

/// Makes one line out of a stranger's text: white space becomes single spaces, what is invisible or turns the writing direction
/// goes, and what is longer than `limit` characters ends with an ellipsis. `None` when nothing is left.
pub(super) fn one_line(text: &str, limit: usize) -> Option<String> {
    // Before the cut, which could leave half a secret that nobody recognises any more.
    let masked = if text.len() > limit {
        mask(text)
    } else {
        text.into()
    };
    let text = masked.as_ref();
    let mut line = String::new();
    let mut length = 0;
    let mut space = false;
    for character in text.chars() {
        if character.is_whitespace() {
            space = length > 0;
            continue;
        }
        if is_hidden(character) {
            continue;
        }
        let needed = 1 + usize::from(space);
        if length + needed > limit {
            return Some(with_ellipsis(line, length, limit));
        }
        if space {
            line.push(' ');
            space = false;
        }
        line.push(character);
        length += needed;
    }
    (length > 0).then_some(line)
}

fn with_ellipsis(mut line: String, length: usize, limit: usize) -> String {
    if length >= limit {
        line.pop();
    }
    line.push('…');
    line
}

/// Says whether a character shows nothing or changes how others show: also variation selectors, in which orders to a language
/// model can be hidden.
fn is_hidden(character: char) -> bool {
    is_deceptive(character) || matches!(character, '\u{fe00}'..='\u{fe0f}')
}

/// Checks a path of plain names, such as `owner/name`: ASCII letters, digits, `.`, `_` and `-`, none of them `.` or `..` or
/// like an option.
pub(super) fn is_plain_path(text: &str, depth: std::ops::RangeInclusive<usize>) -> bool {
    let plain = |segment: &str| {
        !matches!(segment, "" | "." | "..")
            && !segment.starts_with('-')
            && segment
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || "._-".contains(character))
    };
    text.len() <= NAME_LIMIT
        && depth.contains(&text.split('/').count())
        && text.split('/').all(plain)
}

/// Gives the last name of a path.
pub(super) fn last_name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

/// Checks an address for people: `http` or `https`, a host, no credentials, nothing that hides.
pub(super) fn web_address(text: &str) -> Option<String> {
    let text = text.trim();
    let bad = |character: char| character.is_whitespace() || is_hidden(character);
    if text.len() > ADDRESS_LIMIT || text.chars().any(bad) {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let fits = matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some_and(|host| !host.is_empty())
        && url.username().is_empty()
        && url.password().is_none();
    fits.then(|| url.to_string())
}

/// Gives a reference when it is one that the other commands accept.
pub(super) fn usable_reference(candidates: &[&str]) -> Option<String> {
    candidates
        .iter()
        .find(|candidate| RepositoryReference::parse(candidate).is_ok())
        .map(|candidate| (*candidate).to_owned())
}

/// Gives page and reference of a repository on a self-hosted platform: what the platform says where that lies on its own host, else
/// what lies below `site`. Files are fetched over HTTPS, or from the very place that the user configured.
///
/// An answer does not choose the host: it could pass its repository off as one of another platform. A loopback address is a tunnel
/// or a proxy of the user's own, behind which the platform has another name.
pub(super) fn self_hosted_place(
    site: &Url,
    full_name: &str,
    page: Option<&str>,
    clone: Option<&str>,
) -> (String, Option<String>) {
    let base = site.as_str().trim_end_matches('/');
    let on_its_host = |address: &String| {
        let host = Url::parse(address).ok();
        let host = host.as_ref().and_then(Url::host_str);
        host == site.host_str() || is_loopback(site)
    };
    let page = page.and_then(web_address).filter(on_its_host);
    let page = page.unwrap_or_else(|| format!("{base}/{full_name}"));
    let reference = clone
        .and_then(web_address)
        .map(|clone| match on_its_host(&clone) {
            true => clone,
            false => format!("{base}/{full_name}.git"),
        })
        .filter(|clone| {
            Url::parse(clone)
                .is_ok_and(|clone| clone.scheme() == "https" || clone.origin() == site.origin())
        })
        .and_then(|clone| usable_reference(&[&clone]));
    (page, reference)
}

fn is_loopback(site: &Url) -> bool {
    match site.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Writes a time by RFC 3339 in UTC with whole seconds; times before 1970, which some platforms write for "never", are none.
pub(super) fn time(text: &str) -> Option<String> {
    // The parser reads to the end of what it is given; no time is longer than this.
    if text.len() > 64 {
        return None;
    }
    let timestamp: jiff::Timestamp = text.trim().parse().ok()?;
    (timestamp.as_second() > 0).then(|| timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
