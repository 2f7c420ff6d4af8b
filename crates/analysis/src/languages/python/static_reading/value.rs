//! The values that expressions come to, and how those of two branches become one. Knows no syntax but that of functions.

use std::rc::Rc;

use ruff_python_ast::{ExprLambda, StmtFunctionDef};

use super::condition::Test;
use super::outcome::Gap;

/// What an expression comes to.
#[derive(Debug, Clone)]
pub(super) enum Value<'a> {
    Nothing,
    Truth(bool),
    Number(i64),
    Text(String),
    /// A path of the file system, from the program's folder.
    Path(String),
    /// A list, tuple or set.
    List(List<'a>),
    Table(Table<'a>),
    /// Something by its dotted name: a module, a function, a builtin, or what another file defines.
    Name(String),
    /// A property of the machine or the interpreter, by the variable of PEP 508 that has it.
    Environment(&'static str),
    /// `sys.version_info`, or its first numbers.
    VersionInfo(VersionPart),
    /// Whether something of the machine holds.
    Condition(Test),
    /// One of two, by a condition.
    Choice(Test, Box<Value<'a>>, Box<Value<'a>>),
    /// An open file.
    File(String),
    /// The whole text of a file.
    FileText(String),
    /// Any one requirement of a file.
    FileLine(String),
    /// The names that a file defines, as a table.
    Definitions(String),
    /// What a file binds a name to.
    Definition {
        path: String,
        name: String,
    },
    /// A compiled pattern that looks for the value of a name.
    Pattern(&'static str),
    Function(&'a StmtFunctionDef),
    Lambda(&'a ExprLambda),
    Unknown(Gap),
}

/// How much of `sys.version_info` is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VersionPart {
    All,
    /// The first numbers, as a tuple.
    First(usize),
    /// The number at a place.
    At(usize),
}

/// A list with what is not known of it.
#[derive(Debug, Clone, Default)]
pub(super) struct List<'a> {
    pub(super) items: Vec<Element<'a>>,
    /// Elements that could not be read.
    pub(super) gaps: Vec<Gap>,
}

/// One element of a list.
#[derive(Debug, Clone)]
pub(super) struct Element<'a> {
    pub(super) value: Rc<Value<'a>>,
    pub(super) line: u32,
    /// When it is there; always, if there is none.
    pub(super) test: Option<Test>,
}

/// A table with what is not known of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Table<'a> {
    pub(super) entries: Vec<Row<'a>>,
    pub(super) gaps: Vec<Gap>,
}

/// One entry of a table.
#[derive(Debug, Clone)]
pub(super) struct Row<'a> {
    pub(super) key: String,
    pub(super) line: u32,
    pub(super) value: Rc<Value<'a>>,
}

impl<'a> Value<'a> {
    /// Makes a value of which nothing is known.
    pub(super) fn unknown(line: u32, what: impl Into<String>) -> Self {
        Self::Unknown(Gap {
            line,
            what: what.into(),
        })
    }

    /// Gives the text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Gives the text that names a file, from the program's folder.
    pub(super) fn path(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Path(text) => Some(text),
            _ => None,
        }
    }

    /// Gives how much memory a copy takes, about.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Text(text) | Self::Path(text) | Self::Name(text) => 1 + text.len() / 16,
            Self::List(list) => 1 + list.items.len() + list.gaps.len(),
            Self::Table(table) => 1 + table.entries.len() + table.gaps.len(),
            Self::Choice(_, left, right) => 1 + left.size() + right.size(),
            _ => 1,
        }
    }

    /// Gives how many alternatives it has.
    pub(super) fn alternatives(&self) -> usize {
        match self {
            Self::Choice(_, left, right) => left.alternatives() + right.alternatives(),
            _ => 1,
        }
    }

    /// Says whether the two are known to be the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing, Self::Nothing) => true,
            (Self::Truth(left), Self::Truth(right)) => left == right,
            (Self::Number(left), Self::Number(right)) => left == right,
            (Self::Text(left), Self::Text(right))
            | (Self::Path(left), Self::Path(right))
            | (Self::Name(left), Self::Name(right))
            | (Self::File(left), Self::File(right))
            | (Self::FileText(left), Self::FileText(right))
            | (Self::FileLine(left), Self::FileLine(right))
            | (Self::Definitions(left), Self::Definitions(right)) => left == right,
            (Self::Environment(left), Self::Environment(right)) => left == right,
            (Self::Function(left), Self::Function(right)) => std::ptr::eq(*left, *right),
            (Self::List(left), Self::List(right)) => {
                left.items.len() == right.items.len()
                    && left.gaps == right.gaps
                    && left
                        .items
                        .iter()
                        .zip(&right.items)
                        .all(|(l, r)| l.is_same(r))
            }
            (Self::Table(left), Self::Table(right)) => {
                left.entries.len() == right.entries.len()
                    && left.gaps == right.gaps
                    && left.entries.iter().zip(&right.entries).all(|(l, r)| {
                        l.key == r.key
                            && (Rc::ptr_eq(&l.value, &r.value) || l.value.is_same(&r.value))
                    })
            }
            _ => false,
        }
    }
}

impl Element<'_> {
    fn is_same(&self, other: &Self) -> bool {
        self.test == other.test
            && (Rc::ptr_eq(&self.value, &other.value) || self.value.is_same(&other.value))
    }
}

impl<'a> List<'a> {
    /// Adds an element; one that is unknown becomes a gap, one that is either of two becomes both under their conditions.
    pub(super) fn push(&mut self, value: Value<'a>, line: u32) {
        match value {
            Value::Unknown(gap) => self.gaps.push(gap),
            Value::Choice(test, left, right) => {
                let before = self.items.len();
                self.push(*left, line);
                self.limit(before, &test);
                let before = self.items.len();
                self.push(*right, line);
                self.limit(before, &test.negated());
            }
            // `"a" if windows else None` and the like.
            Value::Nothing => {}
            value => self.items.push(Element {
                value: Rc::new(value),
                line,
                test: None,
            }),
        }
    }

    /// Puts the elements from a place on under a further condition; one whose condition becomes too long is a gap.
    pub(super) fn limit(&mut self, from: usize, test: &Test) {
        let limited = self.items.split_off(from);
        for mut item in limited {
            let joined = match item.test.take() {
                None => Some(test.clone()),
                Some(known) => known.and(test),
            };
            if joined.is_none() {
                self.gaps.push(Gap {
                    line: item.line,
                    what: "under a condition that is too long".to_owned(),
                });
                continue;
            }
            item.test = joined;
            self.items.push(item);
        }
    }

    /// Adds all of another list.
    pub(super) fn extend(&mut self, other: List<'a>) {
        self.items.extend(other.items);
        self.gaps.extend(other.gaps);
    }
}

impl<'a> Table<'a> {
    /// Sets an entry; one that is there keeps its place.
    pub(super) fn set(&mut self, key: String, line: u32, value: Value<'a>) {
        let value = Rc::new(value);
        match self.entries.iter_mut().find(|row| row.key == key) {
            Some(row) => {
                row.value = value;
                row.line = line;
            }
            None => self.entries.push(Row { key, line, value }),
        }
    }

    /// Gives the value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Rc<Value<'a>>> {
        let row = self.entries.iter().find(|row| row.key == key)?;
        Some(&row.value)
    }

    /// Takes all of another table.
    pub(super) fn update(&mut self, other: Table<'a>) {
        for row in other.entries {
            let value = Rc::unwrap_or_clone(row.value);
            self.set(row.key, row.line, value);
        }
        self.gaps.extend(other.gaps);
    }
}
