//! The search language of GitHub for repositories: words, phrases, qualifiers, AND, OR, NOT. Knows what is documented, and takes an unknown
//! qualifier as text, as GitHub does.

use super::{
    catalogue::Listing,
    matching::{has_words, rfc3339},
};

/// The longest question, in characters, without operators and qualifiers.
const LONGEST: usize = 256;

/// The most operators.
const OPERATORS: usize = 5;

/// A question that is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// The code of the error.
    pub(super) code: &'static str,
    /// What is wrong.
    pub(super) message: &'static str,
}

/// A parsed question: alternatives, of which one must fit in all its terms.
#[derive(Debug)]
pub(super) struct Terms(Vec<Vec<Term>>);

#[derive(Debug)]
struct Term {
    negated: bool,
    what: What,
}

#[derive(Debug)]
enum What {
    Text(String),
    Phrase(String),
    Qualifier { name: String, value: String },
}

/// The qualifiers that are known.
const QUALIFIERS: [&str; 15] = [
    "archived", "created", "fork", "forks", "in", "is", "language", "license", "org", "pushed",
    "repo", "size", "stars", "topic", "user",
];

/// Parses a question.
pub(super) fn parse(text: &str) -> Result<Terms, Refused> {
    let refuse = |code, message| Err(Refused { code, message });
    if text.is_empty() {
        return refuse("missing", "the query is missing");
    }
    let mut alternatives = vec![Vec::new()];
    let (mut operators, mut length, mut negated) = (0, 0, false);
    for piece in pieces(text) {
        if matches!(piece.as_str(), "AND" | "OR" | "NOT") {
            operators += 1;
            match piece.as_str() {
                "OR" => alternatives.push(Vec::new()),
                "NOT" => negated = true,
                _ => {}
            }
            continue;
        }
        let (minus, bare) = match piece.strip_prefix('-') {
            Some(rest) if !rest.is_empty() => (true, rest),
            _ => (false, piece.as_str()),
        };
        let what = classify(bare);
        if !matches!(what, What::Qualifier { .. }) {
            length += piece.chars().count() + 1;
        }
        let term = Term {
            negated: minus || negated,
            what,
        };
        negated = false;
        alternatives
            .last_mut()
            .expect("there is always one")
            .push(term);
    }
    if operators > OPERATORS {
        return refuse(
            "invalid",
            "More than five AND / OR / NOT operators were used.",
        );
    }
    if length > LONGEST + 1 {
        return refuse("invalid", "The search is longer than 256 characters.");
    }
    Ok(Terms(alternatives))
}

/// Splits at blanks, but not inside quotation marks.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut quoted = false;
    for character in text.chars() {
        if character == '"' {
            quoted = !quoted;
        }
        if character.is_whitespace() && !quoted {
            pieces.push(String::new());
        } else if let Some(last) = pieces.last_mut() {
            last.push(character);
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

fn classify(piece: &str) -> What {
    let unquoted = |text: &str| text.trim_matches('"').to_owned();
    if let Some((name, value)) = piece.split_once(':')
        && QUALIFIERS.contains(&name)
        && !value.is_empty()
    {
        return What::Qualifier {
            name: name.to_owned(),
            value: unquoted(value),
        };
    }
    match piece.starts_with('"') {
        true => What::Phrase(unquoted(piece)),
        false => What::Text(piece.to_owned()),
    }
}

impl Terms {
    /// Gives the users and organisations that are named.
    pub(super) fn owners(&self) -> impl Iterator<Item = &str> {
        let terms = self.0.iter().flatten();
        terms.filter_map(|term| match &term.what {
            What::Qualifier { name, value } if name == "user" || name == "org" => {
                Some(value.as_str())
            }
            _ => None,
        })
    }

    /// Says whether something is found. Forks are found only when they are asked for.
    pub(super) fn fits(&self, listing: &Listing) -> bool {
        self.0.iter().any(|terms| {
            let asks_for_forks = terms.iter().any(|term| {
                matches!(&term.what, What::Qualifier { name, value } if name == "fork" && value != "false")
            });
            let fits = |term: &Term| term.what.fits(listing) != term.negated;
            (!listing.fork || asks_for_forks) && terms.iter().all(fits)
        })
    }
}

impl What {
    fn fits(&self, listing: &Listing) -> bool {
        let description = listing.description.as_deref().unwrap_or_default();
        let topics = listing.topics.join(" ");
        let texts = [listing.name.as_str(), description, &topics];
        match self {
            Self::Text(text) => has_words(text, &texts),
            Self::Phrase(text) => {
                let phrase = text.to_lowercase();
                let inside = |text: &&str| {
                    text.to_lowercase()
                        .replace(['-', '_'], " ")
                        .contains(&phrase)
                };
                texts.iter().any(inside)
            }
            Self::Qualifier { name, value } => qualifier_fits(name, value, listing),
        }
    }
}

fn qualifier_fits(name: &str, value: &str, listing: &Listing) -> bool {
    let is = |text: &str| text.eq_ignore_ascii_case(value);
    match name {
        "language" => listing
            .language
            .is_some_and(|language| is(language) || is(&language.replace(' ', "-"))),
        "user" | "org" => is(&listing.owner),
        "repo" => is(&listing.full_name()),
        "topic" => listing.topics.iter().any(|topic| is(topic)),
        "license" => listing.license.is_some_and(is),
        "archived" => listing.archived == is("true"),
        "fork" => match value {
            "only" => listing.fork,
            "false" => !listing.fork,
            _ => true,
        },
        "is" => is("public"),
        "stars" => in_range(value, listing.stars),
        "forks" => in_range(value, listing.forks),
        "created" => in_time(value, listing.created),
        "pushed" => in_time(value, listing.updated),
        // Where to look (`in`) and how large it is (`size`) make no difference here.
        _ => true,
    }
}

fn in_range(value: &str, number: u64) -> bool {
    let parse = |text: &str| text.parse::<u64>().ok();
    if let Some((low, high)) = value.split_once("..") {
        return parse(low).is_none_or(|low| number >= low)
            && parse(high).is_none_or(|high| number <= high);
    }
    let digits = value.trim_start_matches(['<', '>', '=']);
    let Some(bound) = parse(digits) else {
        return false;
    };
    match &value[..value.len() - digits.len()] {
        ">=" => number >= bound,
        ">" => number > bound,
        "<=" => number <= bound,
        "<" => number < bound,
        _ => number == bound,
    }
}

/// Compares as text, which dates in this form allow.
fn in_time(value: &str, moment: u64) -> bool {
    let moment = rfc3339(moment);
    let bound = value.trim_start_matches(['<', '>', '=']);
    let moment = &moment[..moment.len().min(bound.len())];
    match &value[..value.len() - bound.len()] {
        ">=" => moment >= bound,
        ">" => moment > bound,
        "<=" => moment <= bound,
        "<" => moment < bound,
        _ => moment == bound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platforms::Catalogue;

    #[test]
    fn qualifiers_narrow_what_is_found() {
        let catalogue = Catalogue::made_up();
        let listings = catalogue.on("github");
        let check = |text: &str, expected: usize| {
            let terms = parse(text).expect("a good question");
            let found = listings
                .iter()
                .filter(|listing| terms.fits(listing))
                .count();
            assert_eq!(found, expected, "{text}");
        };
        check("http client", 9);
        check("HTTP CLIENT fork:true", 10);
        check("http client fork:only", 1);
        check("http client archived:true", 1);
        check("http client archived:false", 8);
        check("http client language:rust", 1);
        check("http client stars:>=20000", 1);
        check("http client OR json parser", 18);
        check("http NOT lantern", 8);
        check("http -language:Python", 2);
        check("\"http client\"", 9);
        check("\"client http\"", 0);
        check("http nothing-like-this", 0);
    }

    #[test]
    fn what_github_refuses_is_refused() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(
                parse(text).err().map(|refused| refused.code),
                expected,
                "{text}"
            );
        };
        check("", Some("missing"));
        check(&"a".repeat(256), None);
        check(&"a".repeat(257), Some("invalid"));
        check(&format!("{} language:rust", "a".repeat(256)), None);
        check("a OR b OR c OR d OR e OR f", None);
        check("a OR b OR c OR d OR e OR f NOT g", Some("invalid"));
    }
}
