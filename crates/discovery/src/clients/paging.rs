//! The next page by the `Link` header (RFC 8288), which must stay where the question was asked. Must not know any platform.

use http::{HeaderMap, header::LINK};
use synthesizer_model::{ErrorCode, Failure};
use url::Url;

/// The bytes of all `Link` headers together that are read.
const HEADER_LIMIT: usize = 16 * 1024;
/// The most links that are read.
const LINK_LIMIT: usize = 32;
/// The longest address of a page, in bytes.
const ADDRESS_LIMIT: usize = 4096;

/// Where the next page is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Next {
    /// Its address, if there is one that can be believed.
    pub(super) page: Option<Url>,
    /// Why an announced page is not asked for.
    pub(super) remark: Option<String>,
}

/// Reads the next page out of an answer's headers. A page at another origin or path, or the page that was just asked for, is
/// none: following it would give a stranger our questions, or never end.
pub(super) fn next_page(headers: &HeaderMap, endpoint: &Url, asked: &Url) -> Next {
    let Some(target) = link_target(headers, "next") else {
        return Next::default();
    };
    let refused = |why: &str| Next {
        page: None,
        remark: Some(format!("further pages were not asked for: {why}")),
    };
    let Ok(mut page) = asked.join(&target) else {
        return refused("the address of the next one cannot be read");
    };
    page.set_fragment(None);
    if !is_page_of(&page, endpoint) {
        return refused("the next one is said to be at another address");
    }
    if page == *asked {
        return refused("the next one is said to be the same again");
    }
    Next {
        page: Some(page),
        remark: None,
    }
}

/// Takes back the address of a page that [`next_page`] gave.
///
/// # Errors
/// `E_ARGUMENT` for anything that it cannot have given.
pub(super) fn accept_page(page: &str, endpoint: &Url) -> Result<Url, Failure> {
    Url::parse(page)
        .ok()
        .filter(|page| page.fragment().is_none() && is_page_of(page, endpoint))
        .ok_or_else(|| {
            Failure::new(
                ErrorCode::Argument,
                "the cursor does not belong to this search",
            )
            .with_hint("use the next_cursor of the last answer, or none for the first page")
        })
}

/// Gives the number that a query parameter of an address holds.
pub(super) fn number_in(url: &Url, parameter: &str) -> Option<u64> {
    let (_, value) = url.query_pairs().find(|(name, _)| name == parameter)?;
    value.parse().ok()
}

fn is_page_of(page: &Url, endpoint: &Url) -> bool {
    page.as_str().len() <= ADDRESS_LIMIT
        && page.origin() == endpoint.origin()
        && page.path() == endpoint.path()
        && page.username().is_empty()
        && page.password().is_none()
}

/// Gives the target of the first link with a relation. Links that are not written by RFC 8288 end the reading of their header.
pub(super) fn link_target(headers: &HeaderMap, relation: &str) -> Option<String> {
    let mut bytes_left = HEADER_LIMIT;
    let mut links_left = LINK_LIMIT;
    for value in headers.get_all(LINK) {
        bytes_left = bytes_left.checked_sub(value.len())?;
        let Ok(text) = value.to_str() else { continue };
        let mut rest = text;
        while let Some((link, after)) = read_link(rest) {
            links_left = links_left.checked_sub(1)?;
            if link.has_relation(relation) {
                return Some(link.target.to_owned());
            }
            rest = after;
        }
    }
    None
}

struct Link<'a> {
    target: &'a str,
    relation: Option<&'a str>,
}

impl Link<'_> {
    fn has_relation(&self, wanted: &str) -> bool {
        self.relation.is_some_and(|relations| {
            relations
                .split_ascii_whitespace()
                .any(|relation| relation.eq_ignore_ascii_case(wanted))
        })
    }
}

/// Reads one link and gives what follows its comma.
fn read_link(text: &str) -> Option<(Link<'_>, &str)> {
    let text = text.trim_start_matches([' ', '\t', ',']);
    let (target, mut rest) = text.strip_prefix('<')?.split_once('>')?;
    let mut relation = None;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if rest.is_empty() || rest.starts_with(',') {
            return Some((Link { target, relation }, rest));
        }
        let (name, value, after) = read_parameter(rest.strip_prefix(';')?)?;
        // Only the first relation counts (RFC 8288, section 3.3).
        if name.eq_ignore_ascii_case("rel") && relation.is_none() {
            relation = Some(value);
        }
        rest = after;
    }
}

/// Reads `name=value` or `name="value"`; a quoted value is given as written between its quotes.
fn read_parameter(text: &str) -> Option<(&str, &str, &str)> {
    let end = text.find(['=', ';', ',']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let name = name.trim();
    let Some(value) = rest.strip_prefix('=') else {
        return Some((name, "", rest));
    };
    let value = value.trim_start_matches([' ', '\t']);
    let Some(quoted) = value.strip_prefix('"') else {
        let end = value.find([';', ',']).unwrap_or(value.len());
        let (value, after) = value.split_at(end);
        return Some((name, value.trim(), after));
    };
    let mut escaped = false;
    for (position, character) in quoted.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some((name, &quoted[..position], &quoted[position + 1..])),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
#[path = "paging_tests.rs"]
mod tests;
