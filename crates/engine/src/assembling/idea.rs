//! What an idea asks for: its capabilities, each a few words, and the language. By the words alone; understands nothing.

use serde::Serialize;
use synthesizer_model::{
    dependency::Ecosystem,
    failure::{ErrorCode, Failure},
};

/// The longest idea, in characters.
const LONGEST: usize = 2_000;
/// How many capabilities one idea has at most.
const MOST_CAPABILITIES: usize = 5;
/// How many words of a capability are looked for at most.
const MOST_WORDS: usize = 6;

/// Words between two capabilities.
const SEPARATORS: &[&str] = &["and", "plus", "then", "with", "also", "as", "well"];

/// Words that say nothing about what is wanted.
const EMPTY: &[&str] = &[
    "a",
    "about",
    "an",
    "any",
    "app",
    "application",
    "are",
    "be",
    "build",
    "by",
    "can",
    "code",
    "create",
    "do",
    "does",
    "each",
    "for",
    "from",
    "give",
    "has",
    "have",
    "i",
    "in",
    "into",
    "is",
    "it",
    "its",
    "library",
    "like",
    "made",
    "make",
    "me",
    "my",
    "need",
    "needs",
    "new",
    "of",
    "on",
    "or",
    "our",
    "out",
    "package",
    "program",
    "project",
    "service",
    "should",
    "simple",
    "small",
    "some",
    "something",
    "that",
    "the",
    "their",
    "them",
    "these",
    "this",
    "those",
    "to",
    "tool",
    "uses",
    "using",
    "want",
    "we",
    "what",
    "when",
    "where",
    "which",
    "will",
    "would",
    "written",
    "you",
];

/// Words that name a language, and its ecosystem.
const LANGUAGES: &[(&str, Ecosystem, &str)] = &[
    ("python", Ecosystem::Python, "Python"),
    ("rust", Ecosystem::Cargo, "Rust"),
    ("javascript", Ecosystem::Npm, "JavaScript"),
    ("typescript", Ecosystem::Npm, "TypeScript"),
    ("node", Ecosystem::Npm, "JavaScript"),
];

/// One thing that an idea asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Capability {
    /// Its words, in lower case, as they are searched for.
    pub words: Vec<String>,
}

/// What an idea asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Idea {
    /// The ecosystem that it names.
    pub ecosystem: Option<Ecosystem>,
    /// The language that it names, as platforms write it.
    pub language: Option<&'static str>,
    /// What it asks for, in its order; never empty.
    pub capabilities: Vec<Capability>,
}

impl Idea {
    /// Reads an idea: capabilities are parted by punctuation and by words such as `and`; words that say nothing are left out.
    ///
    /// # Errors
    /// `E_QUERY` for a text that is too long, has control characters, or says nothing.
    pub fn read(text: &str) -> Result<Self, Failure> {
        let refuse = |what: &str| {
            let failure = Failure::new(ErrorCode::Query, format!("the idea {what}"));
            failure.with_hint(
                "say what it should do, such as \"format tables and sign timed tokens in python\"",
            )
        };
        if text.chars().count() > LONGEST {
            return Err(refuse(&format!("is longer than {LONGEST} characters")));
        }
        if text
            .chars()
            .any(|one| one.is_control() && !one.is_whitespace())
        {
            return Err(refuse("holds control characters"));
        }
        let mut idea = Self {
            ecosystem: None,
            language: None,
            capabilities: Vec::new(),
        };
        let mut words: Vec<String> = Vec::new();
        for part in text.split_inclusive([',', ';', '.', ':', '\n', ' ', '\t']) {
            let ends = part.ends_with([',', ';', '.', ':', '\n']);
            let word: String = part
                .to_lowercase()
                .chars()
                .filter(|one| one.is_alphanumeric() || "-_+#".contains(*one))
                .collect();
            if let Some((_, ecosystem, language)) =
                LANGUAGES.iter().find(|(name, ..)| *name == word)
            {
                idea.ecosystem.get_or_insert(*ecosystem);
                idea.language.get_or_insert(language);
            } else if SEPARATORS.contains(&word.as_str()) {
                idea.end(&mut words);
            } else if word.len() > 1 && !EMPTY.contains(&word.as_str()) && !words.contains(&word) {
                words.push(word);
            }
            if ends {
                idea.end(&mut words);
            }
        }
        idea.end(&mut words);
        if idea.capabilities.is_empty() {
            return Err(refuse("does not say what is wanted"));
        }
        Ok(idea)
    }

    fn end(&mut self, words: &mut Vec<String>) {
        let mut words = std::mem::take(words);
        words.truncate(MOST_WORDS);
        let capability = Capability { words };
        let known = self.capabilities.contains(&capability);
        if !capability.words.is_empty() && !known && self.capabilities.len() < MOST_CAPABILITIES {
            self.capabilities.push(capability);
        }
    }

    /// Gives a name for the project: the first words that a package may be called by.
    pub fn project_name(&self) -> String {
        let words = self.capabilities.iter().flat_map(|one| &one.words);
        let plain = words.filter(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let name: Vec<&str> = plain.map(String::as_str).take(3).collect();
        match name.first() {
            Some(first) if first.starts_with(|one: char| one.is_ascii_alphabetic()) => {
                name.join("-")
            }
            _ => ["project"]
                .iter()
                .chain(&name)
                .copied()
                .collect::<Vec<_>>()
                .join("-"),
        }
    }
}

impl Capability {
    /// Gives the words as one query.
    pub fn query(&self) -> String {
        self.words.join(" ").chars().take(256).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idea_is_read_by_its_words() {
        let check = |text: &str, language: Option<&str>, expected: &[&str]| {
            let idea = Idea::read(text).expect(text);
            let queries: Vec<String> = idea.capabilities.iter().map(Capability::query).collect();
            assert_eq!(
                (idea.language, queries),
                (
                    language,
                    expected.iter().map(|one| (*one).to_owned()).collect()
                ),
                "{text}"
            );
        };
        check(
            "A Python tool that formats help pages and signs timed tokens.",
            Some("Python"),
            &["formats help pages", "signs timed tokens"],
        );
        check(
            "parse CSV, parse csv; render charts",
            None,
            &["parse csv", "render charts"],
        );
        check("rust http client", Some("Rust"), &["http client"]);
        check("x y ünïcode", None, &["ünïcode"]);
    }

    #[test]
    fn an_idea_that_says_nothing_is_refused() {
        let long = "word ".repeat(500);
        for text in ["", "make me a tool in python", "\u{7}bell", long.as_str()] {
            let failure = Idea::read(text).expect_err(text);
            assert_eq!(failure.code, ErrorCode::Query, "{text}");
        }
    }

    #[test]
    fn a_project_gets_a_name_that_packages_can_have() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Idea::read(text).expect(text).project_name(), expected);
        };
        check("retry policies and rate limits", "retry-policies-rate");
        check("3d meshes", "project-3d-meshes");
        check("ünïcode", "project");
    }
}
