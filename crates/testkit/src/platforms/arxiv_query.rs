//! The query language of arXiv: fields, quoted phrases, AND, OR, ANDNOT and parentheses. Must not build feeds.

use super::{
    catalogue::Listing,
    matching::{has_words, words},
};

/// How deep parentheses may be nested.
const DEEPEST: usize = 32;

/// The fields that can be asked.
const FIELDS: [&str; 9] = ["ti", "au", "abs", "co", "jr", "cat", "rn", "id", "all"];

/// A parsed query.
#[derive(Debug)]
pub(super) enum Query {
    Term { field: String, text: String },
    Both(Box<Query>, Box<Query>),
    Either(Box<Query>, Box<Query>),
    Without(Box<Query>, Box<Query>),
}

/// Parses a query; the error says what is malformed.
pub(super) fn parse(text: &str) -> Result<Query, String> {
    let mut tokens = Tokens {
        tokens: tokens(text)?,
        place: 0,
    };
    let query = tokens.alternatives(0)?;
    match tokens.peek() {
        None => Ok(query),
        Some(token) => Err(format!("malformed query at {token}")),
    }
}

/// Splits into parentheses, operators and terms; a quoted phrase stays with its field.
fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let mut current = String::new();
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '"' => {
                quoted = !quoted;
                current.push(character);
            }
            '(' | ')' if !quoted => {
                tokens.push(std::mem::take(&mut current));
                tokens.push(character.to_string());
            }
            _ if character.is_whitespace() && !quoted => tokens.push(std::mem::take(&mut current)),
            _ => current.push(character),
        }
    }
    tokens.push(current);
    tokens.retain(|token| !token.is_empty());
    match quoted {
        true => Err("malformed query: a quotation mark is missing".to_owned()),
        false => Ok(tokens),
    }
}

struct Tokens {
    tokens: Vec<String>,
    place: usize,
}

impl Tokens {
    fn peek(&self) -> Option<&str> {
        self.tokens.get(self.place).map(String::as_str)
    }

    fn take(&mut self, wanted: &str) -> bool {
        let found = self.peek() == Some(wanted);
        self.place += usize::from(found);
        found
    }

    fn alternatives(&mut self, depth: usize) -> Result<Query, String> {
        let mut query = self.conjunction(depth)?;
        while self.take("OR") {
            query = Query::Either(Box::new(query), Box::new(self.conjunction(depth)?));
        }
        Ok(query)
    }

    fn conjunction(&mut self, depth: usize) -> Result<Query, String> {
        let mut query = self.operand(depth)?;
        loop {
            if self.take("ANDNOT") {
                query = Query::Without(Box::new(query), Box::new(self.operand(depth)?));
            } else if self.take("AND") || !matches!(self.peek(), None | Some("OR" | ")")) {
                query = Query::Both(Box::new(query), Box::new(self.operand(depth)?));
            } else {
                return Ok(query);
            }
        }
    }

    fn operand(&mut self, depth: usize) -> Result<Query, String> {
        if depth > DEEPEST {
            return Err("malformed query: too many parentheses".to_owned());
        }
        if self.take("(") {
            let query = self.alternatives(depth + 1)?;
            return match self.take(")") {
                true => Ok(query),
                false => Err("malformed query: a parenthesis is missing".to_owned()),
            };
        }
        let token = match self.peek() {
            None | Some("AND" | "OR" | "ANDNOT" | ")") => {
                return Err("malformed query: a term is missing".to_owned());
            }
            Some(token) => token.to_owned(),
        };
        self.place += 1;
        let (field, text) = token.split_once(':').unwrap_or(("all", &token));
        let text = text.trim_matches('"');
        match FIELDS.contains(&field) && !text.is_empty() {
            true => Ok(Query::Term {
                field: field.to_owned(),
                text: text.to_owned(),
            }),
            false => Err(format!("malformed query at {token}")),
        }
    }
}

impl Query {
    /// Says whether a paper is found.
    pub(super) fn fits(&self, listing: &Listing) -> bool {
        match self {
            Self::Both(one, other) => one.fits(listing) && other.fits(listing),
            Self::Either(one, other) => one.fits(listing) || other.fits(listing),
            Self::Without(one, other) => one.fits(listing) && !other.fits(listing),
            Self::Term { field, text } => {
                let summary = listing.description.as_deref().unwrap_or_default();
                let comment = listing
                    .links
                    .first()
                    .map(String::as_str)
                    .unwrap_or_default();
                let texts: &[&str] = match field.as_str() {
                    "ti" => &[&listing.title],
                    "au" => &[&listing.owner],
                    "abs" => &[summary],
                    "co" => &[comment],
                    "cat" => &["cs.SE"],
                    "id" => &[&listing.name],
                    "all" => &[&listing.title, &listing.owner, summary, comment],
                    _ => &[],
                };
                let phrase = words(text).join(" ");
                let holds = |text: &&str| {
                    format!(" {} ", words(text).join(" ")).contains(&format!(" {phrase} "))
                };
                has_words(text, texts) && texts.iter().any(holds)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platforms::Catalogue;

    #[test]
    fn operators_and_fields_choose_papers() {
        let catalogue = Catalogue::made_up();
        let papers = catalogue.on("arxiv");
        let check = |text: &str, expected: usize| {
            let query = parse(text).expect("a good query");
            let found = papers.iter().filter(|listing| query.fits(listing)).count();
            assert_eq!(found, expected, "{text}");
        };
        check("all:http AND all:client", 10);
        check("ti:\"http client\"", 10);
        check("ti:\"client http\"", 0);
        check("ti:http ANDNOT ti:lantern", 9);
        check("(ti:http OR ti:json) AND ti:lantern", 2);
        check("ti:http OR ti:json", 20);
        check("abs:pooling", 8);
    }

    #[test]
    fn malformed_queries_are_refused() {
        for text in [
            "(all:http",
            "all:http)",
            "\"http",
            "AND all:x",
            "all:x OR",
            "xx:http",
            "all:",
            "",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        let deep = format!("{}all:x{}", "(".repeat(2_000), ")".repeat(2_000));
        assert!(parse(&deep).is_err());
    }
}
