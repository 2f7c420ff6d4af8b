//! JSON as a small tree with the line of every value. Bounds size, depth and number of values, never recurses; knows no format.
//!
//! Comments and trailing commas, which JSON does not have, are read over and told (`bun.lock` is written with them). Numbers keep their
//! text, so that none is too large. Half of a surrogate pair, which no Rust text can hold, becomes U+FFFD.

mod reading;

use std::{borrow::Cow, collections::HashMap};

pub(crate) use reading::parse;

/// The longest text that is read, in bytes.
const LONGEST: usize = 128 << 20;
/// How deep lists and objects may lie in each other.
const DEEPEST: usize = 200;
/// How many values one text may have.
const MOST_VALUES: usize = 4_000_000;

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node<'t> {
    /// Its line, counted from 1.
    pub(crate) line: u32,
    /// The value.
    pub(crate) value: Value<'t>,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'t> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number as written.
    Number(&'t str),
    /// A text.
    Text(Cow<'t, str>),
    /// `[…]`.
    List(Vec<Node<'t>>),
    /// `{…}`, with equal keys kept.
    Object(Vec<Member<'t>>),
}

/// A key of an object, with its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member<'t> {
    /// The key.
    pub(crate) key: Cow<'t, str>,
    /// The key's line, counted from 1.
    pub(crate) line: u32,
    /// The value.
    pub(crate) value: Node<'t>,
}

/// What a text has that JSON does not, by its first line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Liberties {
    /// A comment.
    pub(crate) comment: Option<u32>,
    /// A comma before `]` or `}`.
    pub(crate) trailing_comma: Option<u32>,
    /// Half of a surrogate pair.
    pub(crate) half_surrogate: Option<u32>,
}

/// A parsed text.
#[derive(Debug)]
pub(crate) struct Document<'t> {
    /// Its value.
    pub(crate) root: Node<'t>,
    /// What it has that JSON does not.
    pub(crate) liberties: Liberties,
}

/// Why a text could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not valid JSON: {message}")]
pub(crate) struct JsonError {
    /// Where.
    pub(crate) line: u32,
    /// What is wrong.
    pub(crate) message: &'static str,
}

/// The members of an object as JavaScript sees them, and the keys that are there more than once.
pub(crate) struct Distinct<'n, 't> {
    /// For each key its last member, in the order in which these stand.
    pub(crate) members: Vec<&'n Member<'t>>,
    /// Members whose key comes again later.
    pub(crate) shadowed: Vec<&'n Member<'t>>,
}

impl<'t> Node<'t> {
    /// Gives a text.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Gives a truth value.
    pub(crate) fn boolean(&self) -> Option<bool> {
        match self.value {
            Value::Boolean(truth) => Some(truth),
            _ => None,
        }
    }

    /// Gives the values of a list; none for anything else.
    pub(crate) fn items(&self) -> &[Node<'t>] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// Gives the members of an object as written, equal keys included; none for anything else.
    pub(crate) fn members(&self) -> &[Member<'t>] {
        match &self.value {
            Value::Object(members) => members,
            _ => &[],
        }
    }

    /// Says whether it is an object.
    pub(crate) fn is_object(&self) -> bool {
        matches!(self.value, Value::Object(_))
    }

    /// Gives the value of a key, the last one if there are several. Looks through all keys: not for large objects in a loop.
    pub(crate) fn get(&self, key: &str) -> Option<&Node<'t>> {
        let member = self
            .members()
            .iter()
            .rev()
            .find(|member| member.key == key)?;
        Some(&member.value)
    }

    /// Gives the text of a key.
    pub(crate) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// Gives the members with each key once.
    pub(crate) fn distinct(&self) -> Distinct<'_, 't> {
        let members = self.members();
        let mut last: HashMap<&str, usize> = HashMap::with_capacity(members.len());
        for (position, member) in members.iter().enumerate() {
            last.insert(&member.key, position);
        }
        let (members, shadowed): (Vec<_>, Vec<_>) = members
            .iter()
            .enumerate()
            .partition(|(position, member)| last.get(&*member.key) == Some(position));
        let only_members = |list: Vec<(usize, _)>| list.into_iter().map(|(_, member)| member);
        Distinct {
            members: only_members(members).collect(),
            shadowed: only_members(shadowed).collect(),
        }
    }
}

#[cfg(test)]
#[path = "json_text/tests.rs"]
mod tests;
