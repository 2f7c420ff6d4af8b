//! Requirements by PEP 508, as written in every Python manifest. Keeps what was written; never keeps credentials.

use pep440_rs::VersionSpecifiers;
use synthesizer_model::text::is_deceptive;

use super::marker::{Marker, MarkerError};

/// The longest requirement that is looked at, in bytes.
const LONGEST: usize = 8192;

/// Why a text is no requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequirementError {
    /// No name at its start.
    #[error("a requirement without a valid name")]
    Name,
    /// The list of extras does not end or has an invalid name.
    #[error("a requirement with an invalid list of extras")]
    Extras,
    /// Not by PEP 440.
    #[error("a requirement whose version specifier is not written by PEP 440")]
    Specifier,
    /// After `@` stands no absolute URL.
    #[error("a requirement whose direct reference is no absolute URL")]
    Url,
    /// The condition is not by PEP 508.
    #[error("{0}")]
    Marker(MarkerError),
    /// Control, bidirectional or invisible characters.
    #[error("a requirement with control or invisible characters")]
    Character,
    /// Longer than 8,192 bytes.
    #[error("a requirement that is too long")]
    TooLong,
}

/// One requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The name as written.
    pub name: String,
    /// The extras as written.
    pub extras: Vec<String>,
    /// The version specifier without white space, such as `>=2,<4`; empty when any version will do.
    pub specifier: String,
    /// What the specifier means in plain comparators, where it cannot say that itself (Poetry's alternatives).
    pub range: Option<String>,
    /// A direct reference without user name, password and query.
    pub url: Option<String>,
    /// The condition as written.
    pub marker_text: Option<String>,
    /// The condition.
    pub marker: Option<Marker>,
}

/// Parses a requirement.
///
/// # Errors
/// Says which part is wrong.
///
/// # Example
/// ```
/// use synthesizer_analysis::manifests::requirement;
///
/// let parsed = requirement::parse("requests[socks] (>=2.8, <3) ; os_name == 'nt'").expect("valid");
/// assert_eq!((parsed.name.as_str(), parsed.specifier.as_str()), ("requests", ">=2.8,<3"));
/// ```
pub fn parse(text: &str) -> Result<Requirement, RequirementError> {
    if text.len() > LONGEST {
        return Err(RequirementError::TooLong);
    }
    let line: String = text
        .trim()
        .chars()
        .map(|character| {
            if matches!(character, '\t' | '\r' | '\n') {
                ' '
            } else {
                character
            }
        })
        .collect();
    if line.chars().any(is_deceptive) {
        return Err(RequirementError::Character);
    }
    let (name, rest) = split_name(&line)?;
    let (extras, rest) = split_extras(rest)?;
    let (constraint, marker_text) = split_marker(rest);
    let (specifier, url) = match constraint.strip_prefix('@') {
        Some(url) => (String::new(), Some(without_credentials(url.trim())?)),
        None => (clean_specifier(constraint)?, None),
    };
    let marker = marker_text
        .map(Marker::parse)
        .transpose()
        .map_err(RequirementError::Marker)?;
    Ok(Requirement {
        name: name.to_owned(),
        extras,
        specifier,
        range: None,
        url,
        marker_text: marker_text.map(str::to_owned),
        marker,
    })
}

/// Checks a version specifier and writes it without white space; the empty text stays empty.
///
/// # Errors
/// [`RequirementError::Specifier`] when it is not written by PEP 440, [`RequirementError::TooLong`] above 8,192 bytes.
pub fn clean_specifier(text: &str) -> Result<String, RequirementError> {
    if text.len() > LONGEST {
        return Err(RequirementError::TooLong);
    }
    let text = text.trim();
    let inner = match text.strip_prefix('(') {
        Some(inner) => inner.strip_suffix(')').ok_or(RequirementError::Specifier)?,
        None => text,
    };
    let compact: String = inner
        .chars()
        .filter(|character| !character.is_whitespace())
        .collect();
    let compact = compact.trim_end_matches(',');
    if compact.is_empty() {
        return Ok(String::new());
    }
    compact
        .parse::<VersionSpecifiers>()
        .map_err(|_| RequirementError::Specifier)?;
    Ok(compact.to_owned())
}

/// Gives a URL without user name, password and query, each of which may hold a credential.
///
/// # Errors
/// [`RequirementError::Url`] when the text is no absolute URL.
pub fn without_credentials(text: &str) -> Result<String, RequirementError> {
    let mut url = url::Url::parse(text).map_err(|_| RequirementError::Url)?;
    if !url.username().is_empty() || url.password().is_some() {
        url.set_password(None).map_err(|()| RequirementError::Url)?;
        url.set_username("").map_err(|()| RequirementError::Url)?;
    }
    url.set_query(None);
    Ok(url.into())
}

/// Says whether a text is a name by PEP 508: letters, digits, `.`, `_` and `-`, the last three not at an end.
pub fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.ends_with(|last: char| last.is_ascii_alphanumeric())
        && text.chars().all(is_name_character)
}

fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-')
}

fn split_name(text: &str) -> Result<(&str, &str), RequirementError> {
    let end = text
        .find(|character| !is_name_character(character))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if is_name(name) {
        Ok((name, rest.trim_start()))
    } else {
        Err(RequirementError::Name)
    }
}

fn split_extras(text: &str) -> Result<(Vec<String>, &str), RequirementError> {
    let Some(inner) = text.strip_prefix('[') else {
        return Ok((Vec::new(), text));
    };
    let (list, rest) = inner.split_once(']').ok_or(RequirementError::Extras)?;
    let names = list.split(',').map(str::trim);
    let extras: Vec<String> = if list.trim().is_empty() {
        Vec::new()
    } else {
        names.map(str::to_owned).collect()
    };
    if extras.iter().all(|extra| is_name(extra)) {
        Ok((extras, rest.trim_start()))
    } else {
        Err(RequirementError::Extras)
    }
}

/// Splits at the `;` before the marker. In a direct reference the `;` must follow white space, as a URL may contain one.
fn split_marker(text: &str) -> (&str, Option<&str>) {
    let separator = if text.starts_with('@') {
        text.match_indices(';')
            .map(|(position, _)| position)
            .find(|position| text[..*position].ends_with(char::is_whitespace))
    } else {
        text.find(';')
    };
    match separator {
        Some(position) => (text[..position].trim(), Some(text[position + 1..].trim())),
        None => (text.trim(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: (&str, &[&str], &str, Option<&str>, Option<&str>)) {
        let found = parse(text).expect("a requirement");
        let extras: Vec<&str> = found.extras.iter().map(String::as_str).collect();
        let (name, expected_extras, specifier, url, marker) = expected;
        assert_eq!(
            (found.name.as_str(), found.specifier.as_str()),
            (name, specifier),
            "{text}"
        );
        assert_eq!(extras, expected_extras, "{text}");
        assert_eq!(
            (found.url.as_deref(), found.marker_text.as_deref()),
            (url, marker),
            "{text}"
        );
    }

    #[test]
    fn requirements_keep_what_was_written() {
        check("Werkzeug>=3.1", ("Werkzeug", &[], ">=3.1", None, None));
        check(
            "importlib-metadata>=3.6; python_version < '3.10'",
            (
                "importlib-metadata",
                &[],
                ">=3.6",
                None,
                Some("python_version < '3.10'"),
            ),
        );
        check(
            "a [ b , c ] ( >= 1 , < 2 ) ;os_name=='x'",
            ("a", &["b", "c"], ">=1,<2", None, Some("os_name=='x'")),
        );
        check("zope.interface", ("zope.interface", &[], "", None, None));
        check("a==1.*, !=1.2,", ("a", &[], "==1.*,!=1.2", None, None));
    }

    #[test]
    fn direct_references_lose_credentials() {
        check(
            "a @ https://user:word@host.example/x;y.zip?token=1#sha256=0 ; os_name == 'nt'",
            (
                "a",
                &[],
                "",
                Some("https://host.example/x;y.zip#sha256=0"),
                Some("os_name == 'nt'"),
            ),
        );
        check(
            "a@git+ssh://git@host.example/x.git@v1",
            ("a", &[], "", Some("git+ssh://host.example/x.git@v1"), None),
        );
        check(
            "a @ https://${TOKEN}@host.example/x",
            ("a", &[], "", Some("https://host.example/x"), None),
        );
    }

    #[test]
    fn what_is_no_requirement_is_refused() {
        for (text, expected) in [
            ("", RequirementError::Name),
            ("-e .", RequirementError::Name),
            ("a-", RequirementError::Name),
            ("é", RequirementError::Name),
            ("a[b", RequirementError::Extras),
            ("a[b;c]", RequirementError::Extras),
            ("a>=1.*", RequirementError::Specifier),
            ("a 1.0", RequirementError::Specifier),
            ("a (>=1", RequirementError::Specifier),
            ("a @ ../x", RequirementError::Url),
            ("a; os_name == '\u{1b}[31m'", RequirementError::Character),
            ("a; b", RequirementError::Marker(MarkerError::Syntax)),
        ] {
            assert_eq!(parse(text), Err(expected), "{text}");
        }
        assert_eq!(parse(&"a".repeat(10_000)), Err(RequirementError::TooLong));
    }
}
