//! The rules as data: `rules.toml`, read once. Must not look at text itself.

use std::sync::{LazyLock, OnceLock};

use regex::Regex;
use serde::Deserialize;

use super::{
    keywords::{Keywords, Wanted},
    structure::{STRUCTURES, Structure},
    values::{Meaning, NAMES},
};

/// The rules, as they are kept beside this file.
const SOURCE: &str = include_str!("rules.toml");

/// Every rule and what finds their keywords.
pub(super) static RULES: LazyLock<Rules> = LazyLock::new(Rules::load);

/// What a keyword belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// A rule, by its place in the list.
    Rule(usize),
    /// Something that is known by its form.
    Structure(Structure),
    /// A name, by what it says of its value.
    Name(Meaning),
}

/// How a rule tells a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// By its own form.
    Shape,
    /// By the name that it is the value of.
    Named,
}

/// One rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// Its name in metrics.
    pub(super) id: String,
    pub(super) kind: Kind,
    /// Texts of which one is near every secret of this kind.
    pub(super) keywords: Vec<String>,
    /// The regular expression of the secret, without anchors.
    pub(super) pattern: String,
    /// How many characters may come before the keyword; none, unless given.
    #[serde(default)]
    pub(super) back: Vec<usize>,
    /// How many letters and digits follow the keyword at least.
    #[serde(default)]
    pub(super) run: usize,
    /// Whether digits and capitals must both occur.
    #[serde(default)]
    pub(super) mixed: bool,
    /// Bits per character, at least.
    pub(super) entropy: Option<f64>,
    /// Whether what follows belongs to the secret, however long it is.
    #[serde(default)]
    pub(super) open_end: bool,
    #[serde(skip)]
    compiled: OnceLock<Regex>,
}

/// Every rule, and what finds the places where one may hold.
pub(super) struct Rules {
    pub(super) list: Vec<Rule>,
    pub(super) keywords: Keywords<Owner>,
}

#[derive(Deserialize)]
struct File {
    rule: Vec<Rule>,
}

impl Rules {
    fn load() -> Self {
        let file: File = toml::from_str(SOURCE)
            .expect("the rules are part of the program and valid, which a test holds");
        let of_rules = file.rule.iter().enumerate().flat_map(|(index, rule)| {
            rule.keywords.iter().map(move |text| Wanted {
                text,
                any_case: rule.kind == Kind::Named,
                owner: Owner::Rule(index),
            })
        });
        let structures = STRUCTURES.iter().map(|form| Wanted {
            text: form.text,
            any_case: form.any_case,
            owner: Owner::Structure(form.structure),
        });
        let names = NAMES.iter().flat_map(|(meaning, names)| {
            names.iter().map(|text| Wanted {
                text,
                any_case: true,
                owner: Owner::Name(*meaning),
            })
        });
        let keywords = Keywords::new(of_rules.chain(structures).chain(names));
        Self {
            list: file.rule,
            keywords,
        }
    }
}

impl Rule {
    /// Gives the compiled pattern, anchored at the start; compiled at the first need, because most never are.
    pub(super) fn regex(&self) -> &Regex {
        self.compiled.get_or_init(|| {
            let pattern = match self.kind {
                Kind::Shape => format!("(?-u)^(?:{})", self.pattern),
                Kind::Named => format!("(?-u)^({})", self.pattern),
            };
            Regex::new(&pattern)
                .expect("the patterns are part of the program and valid, which a test holds")
        })
    }

    /// Says whether a text that fits the pattern is random enough.
    pub(super) fn is_random_enough(&self, secret: &str) -> bool {
        let has = |test: fn(&u8) -> bool| secret.as_bytes().iter().any(test);
        let mixed = !self.mixed || (has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase));
        mixed && self.entropy.is_none_or(|least| entropy(secret) >= least)
    }
}

/// Gives the entropy of a text in bits per byte, by how often each byte occurs in it.
pub(super) fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let length = text.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / length;
            -share * share.log2()
        })
        .sum()
}
