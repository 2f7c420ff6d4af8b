//! The pages of Kaggle's lists: their addresses, and what follows them. Must not ask for anything.

use synthesizer_model::Failure;
use url::Url;

use super::{
    kaggle_entries::{Kind, kernel_language},
    kinds::{foreign_token, is_cursor},
    reading::Fields,
};
use crate::client::PlatformQuery;

/// Pages are numbered up to this one.
const LAST_PAGE: u32 = 500;

/// Where a page of a list begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Position {
    /// At the beginning.
    First,
    /// On the page with this number, from 2.
    Number(u32),
    /// Where this token of Kaggle's says.
    Token(String),
}

impl Position {
    /// Reads what [`Position::to_cursor`] wrote.
    ///
    /// # Errors
    /// `E_ARGUMENT` for anything else.
    pub(super) fn read(cursor: Option<&str>) -> Result<Self, Failure> {
        let Some(cursor) = cursor else {
            return Ok(Self::First);
        };
        let number = cursor
            .strip_prefix("page:")
            .and_then(|number| number.parse().ok());
        let number = number.filter(|number| (2..=LAST_PAGE).contains(number));
        match (number, cursor.strip_prefix("token:")) {
            (Some(number), _) => Ok(Self::Number(number)),
            (None, Some(token)) if is_cursor(token) => Ok(Self::Token(token.to_owned())),
            (None, _) => Err(foreign_token()),
        }
    }

    /// Writes it as a cursor; the first page has none.
    pub(super) fn to_cursor(&self) -> Option<String> {
        match self {
            Self::First => None,
            Self::Number(number) => Some(format!("page:{number}")),
            Self::Token(token) => Some(format!("token:{token}")),
        }
    }
}

/// Writes the address of one page of a list.
pub(super) fn search_address(
    mut endpoint: Url,
    kind: &Kind,
    query: &PlatformQuery,
    position: &Position,
) -> Url {
    let mut pairs = endpoint.query_pairs_mut();
    pairs.append_pair("search", &query.text);
    pairs.append_pair("sortBy", kind.order);
    pairs.append_pair("pageSize", &query.page_size.to_string());
    match position {
        Position::First => {}
        Position::Number(number) => {
            pairs.append_pair("page", &number.to_string());
        }
        Position::Token(token) => {
            pairs.append_pair("pageToken", token);
        }
    }
    let language = query.language.as_deref().and_then(kernel_language);
    if let (true, Some(language)) = (kind.has_language, language) {
        pairs.append_pair("language", language);
    }
    drop(pairs);
    endpoint
}

/// Says where the next page is. An object names it; a bare list does not, and the first empty page is the end.
pub(super) fn next_position(
    kind: &Kind,
    fields: Option<Fields<'_>>,
    asked: &Position,
    remarks: &mut Vec<String>,
) -> Option<Position> {
    let Some(fields) = fields else {
        let next = match asked {
            Position::First => 2,
            Position::Number(number) => number + 1,
            Position::Token(_) => return None,
        };
        if next > LAST_PAGE {
            remarks.push(format!("only the first {LAST_PAGE} pages are asked for"));
        }
        return (kind.numbered && next <= LAST_PAGE).then_some(Position::Number(next));
    };
    let token = fields
        .text("nextPageToken")
        .filter(|token| !token.is_empty())?;
    let next = Position::Token(token.to_owned());
    if !is_cursor(token) || next == *asked {
        remarks.push("further pages were not asked for: the next one has no new token".to_owned());
        return None;
    }
    Some(next)
}
