//! What a program computes, without anything of the evaluator: what other modules see of it.

use std::rc::Rc;

use super::value::{self, Value};

/// How deep values may lie in each other.
const DEEPEST: usize = 8;

/// Something that could not be told, with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gap {
    /// The line, counted from 1.
    pub line: u32,
    /// What is not known and why, a few words.
    pub what: String,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Static {
    /// `None`
    Nothing,
    /// `True` or `False`
    Truth(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
    /// A list, tuple or set.
    List(List),
    /// A table with its keys and their lines.
    Table(Vec<(String, u32, Static)>, Vec<Gap>),
    /// The text of a file, by its path from the program's folder.
    FileText(String),
    /// What a file binds a name to.
    Definition {
        /// The file's path, from the program's folder.
        path: String,
        /// The name.
        name: String,
    },
    /// Something imported, by its dotted name: `package.__version__`.
    Imported(String),
    /// Not known.
    Unknown(Gap),
}

/// A list with what is not known of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct List {
    /// Its elements.
    pub items: Vec<Item>,
    /// Elements that could not be read.
    pub gaps: Vec<Gap>,
}

/// One element of a list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    /// Its line, counted from 1.
    pub line: u32,
    /// When it is there, as an environment marker.
    pub marker: Option<String>,
    /// What it is.
    pub content: Content,
}

/// What an element is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    /// A value.
    Value(Static),
    /// The requirements of a file, by its path from the program's folder.
    FileLines(String),
}

/// Takes the evaluator out of a value.
pub(super) fn of(value: &Value<'_>, line: u32) -> Static {
    convert(value, line, DEEPEST)
}

fn convert(value: &Value<'_>, line: u32, depth: usize) -> Static {
    let Some(depth) = depth.checked_sub(1) else {
        return unknown(line, "values that lie too deep in each other");
    };
    match value {
        Value::Nothing => Static::Nothing,
        Value::Truth(truth) => Static::Truth(*truth),
        Value::Number(number) => Static::Number(*number),
        Value::Text(text) | Value::Path(text) => Static::Text(text.clone()),
        Value::List(list) => Static::List(list_of(list, depth)),
        Value::Table(table) => {
            let entries = table.entries.iter().map(|row| {
                let value = convert(&row.value, row.line, depth);
                (row.key.clone(), row.line, value)
            });
            Static::Table(entries.collect(), table.gaps.clone())
        }
        Value::Name(name) => Static::Imported(name.clone()),
        Value::FileText(path) => Static::FileText(path.clone()),
        Value::FileLine(path) => Static::List(List {
            items: vec![Item {
                line,
                marker: None,
                content: Content::FileLines(path.clone()),
            }],
            gaps: Vec::new(),
        }),
        Value::Definition { path, name } => Static::Definition {
            path: path.clone(),
            name: name.clone(),
        },
        Value::Unknown(gap) => Static::Unknown(gap.clone()),
        // Elements of lists carry their conditions themselves; `[…] if windows else […]` has become one list already.
        Value::Choice(..) | Value::Condition(_) => {
            unknown(line, "a value that depends on the machine")
        }
        Value::Environment(_) | Value::VersionInfo(_) => unknown(line, "a property of the machine"),
        Value::File(_)
        | Value::Definitions(_)
        | Value::Pattern(_)
        | Value::Function(_)
        | Value::Lambda(_) => unknown(line, "neither a text nor a list"),
    }
}

fn list_of(list: &value::List<'_>, depth: usize) -> List {
    let mut gaps = list.gaps.clone();
    let mut items = Vec::with_capacity(list.items.len());
    for element in &list.items {
        let content = match Rc::as_ref(&element.value) {
            Value::FileLine(path) => Content::FileLines(path.clone()),
            value => match convert(value, element.line, depth) {
                Static::Unknown(gap) => {
                    gaps.push(gap);
                    continue;
                }
                value => Content::Value(value),
            },
        };
        items.push(Item {
            line: element.line,
            marker: element.test.as_ref().map(ToString::to_string),
            content,
        });
    }
    List { items, gaps }
}

fn unknown(line: u32, what: &str) -> Static {
    Static::Unknown(Gap {
        line,
        what: what.to_owned(),
    })
}
