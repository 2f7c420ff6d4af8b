//! The tree of a YAML text, put together from the parser's events within bounds, and the meter that bounds the parser's own work.

use std::{cell::Cell, collections::HashMap, rc::Rc};

use saphyr_parser::ScalarStyle;

use super::{DEEPEST, Document, Entry, MOST_COPIES, MOST_NODES, Node, Value};

/// How many characters the parser may read between two events.
///
/// It keeps everything up to the end of an inline collection that may turn out to be a key, a hundred bytes for each word.
const LONGEST_LOOKAHEAD: usize = 1 << 20;

/// Counts what the parser reads between two events.
#[derive(Debug, Default, Clone)]
pub(super) struct Meter(Rc<Cell<usize>>);

impl Meter {
    /// Begins to count anew; what is spent stays so.
    pub(super) fn restart(&self) {
        if !self.is_spent() {
            self.0.set(0);
        }
    }

    /// Says whether the text was cut because the parser read too far ahead.
    pub(super) fn is_spent(&self) -> bool {
        self.0.get() > LONGEST_LOOKAHEAD
    }
}

/// The characters of a text, which end when the meter is spent.
#[derive(Debug)]
pub(super) struct Metered<I> {
    characters: I,
    meter: Meter,
}

impl<I> Metered<I> {
    /// Takes characters.
    pub(super) fn new(characters: I, meter: &Meter) -> Self {
        Self {
            characters,
            meter: meter.clone(),
        }
    }
}

impl<I: Iterator<Item = char>> Iterator for Metered<I> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        if self.meter.is_spent() {
            return None;
        }
        let read = &self.meter.0;
        read.set(read.get() + 1);
        self.characters.next()
    }
}

/// A key that waits for its value.
enum Key {
    /// The next value is a key.
    Awaited,
    /// The next value belongs to this key.
    Read(Box<str>, u32),
    /// The next value belongs to a key that is not kept.
    Lost,
}

enum Open {
    List(Vec<Node>),
    Map(Vec<Entry>, Key),
}

struct Frame {
    line: u32,
    anchor: usize,
    open: Open,
}

/// One document while it is read. Its operations fail when a bound is broken.
#[derive(Default)]
pub(super) struct Building {
    frames: Vec<Frame>,
    root: Option<Node>,
    anchors: HashMap<usize, Option<Node>>,
    nodes: usize,
    copies: usize,
    problems: Vec<(u32, &'static str)>,
}

impl Building {
    /// Begins the next document; what was counted goes on counting.
    pub(super) fn next_document(self) -> Self {
        Self {
            nodes: self.nodes,
            copies: self.copies,
            ..Self::default()
        }
    }

    /// Gives the document that was read.
    pub(super) fn take_document(&mut self, line: u32) -> Document {
        Document {
            root: self.root.take().unwrap_or(Node {
                line,
                value: Value::Null,
            }),
            problems: std::mem::take(&mut self.problems),
        }
    }

    pub(super) fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        line: u32,
    ) -> Result<(), String> {
        let plain = style == ScalarStyle::Plain;
        let is_null = plain && matches!(text, "" | "~" | "null" | "Null" | "NULL");
        let value = if is_null && !self.awaits_key() {
            Value::Null
        } else {
            Value::Scalar {
                text: text.into(),
                plain,
            }
        };
        self.done(Node { line, value }, anchor)
    }

    pub(super) fn open_list(&mut self, anchor: usize, line: u32) -> Result<(), String> {
        self.open(Open::List(Vec::new()), anchor, line)
    }

    pub(super) fn open_map(&mut self, anchor: usize, line: u32) -> Result<(), String> {
        self.open(Open::Map(Vec::new(), Key::Awaited), anchor, line)
    }

    fn open(&mut self, open: Open, anchor: usize, line: u32) -> Result<(), String> {
        if self.frames.len() >= DEEPEST {
            return Err(format!("more than {DEEPEST} levels of collections"));
        }
        self.frames.push(Frame { line, anchor, open });
        Ok(())
    }

    pub(super) fn close(&mut self) -> Result<(), String> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        let value = match frame.open {
            Open::List(items) => Value::List(items),
            Open::Map(entries, _) => Value::Map(entries),
        };
        let line = frame.line;
        self.done(Node { line, value }, frame.anchor)
    }

    pub(super) fn alias(&mut self, anchor: usize, line: u32) -> Result<(), String> {
        let room = DEEPEST - self.frames.len();
        let copy = match self.anchors.get(&anchor) {
            Some(Some(node)) => {
                let (count, depth) = measure(node);
                if self.copies + count > MOST_COPIES || depth > room {
                    Err("aliases that would copy too much; no value is taken instead")
                } else {
                    self.copies += count;
                    self.nodes += count;
                    Ok(node.value.clone())
                }
            }
            Some(None) => Err("aliases that would copy too much; no value is taken instead"),
            None => Err("an alias of what is not there yet; no value is taken instead"),
        };
        let value = copy.unwrap_or_else(|problem| {
            self.problem(line, problem);
            Value::Null
        });
        self.done(Node { line, value }, 0)
    }

    fn awaits_key(&self) -> bool {
        matches!(
            self.frames.last(),
            Some(Frame {
                open: Open::Map(_, Key::Awaited),
                ..
            })
        )
    }

    /// Puts a value that is complete into what is open.
    fn done(&mut self, node: Node, anchor: usize) -> Result<(), String> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(format!("more than {MOST_NODES} values"));
        }
        if anchor > 0 {
            self.remember(&node, anchor);
        }
        let line = node.line;
        match self.frames.last_mut().map(|frame| &mut frame.open) {
            None => self.root = Some(node),
            Some(Open::List(items)) => items.push(node),
            Some(Open::Map(entries, key)) => match std::mem::replace(key, Key::Awaited) {
                Key::Awaited => {
                    *key = match node.value {
                        Value::Scalar { text, .. } => Key::Read(text, line),
                        Value::Null | Value::List(_) | Value::Map(_) => Key::Lost,
                    };
                    if matches!(key, Key::Lost) {
                        self.problem(line, "a key that is no text; it is left out");
                    }
                }
                Key::Read(key, line) => entries.push(Entry {
                    key,
                    line,
                    value: node,
                }),
                Key::Lost => {}
            },
        }
        Ok(())
    }

    /// Keeps a copy of what an anchor names, so that its aliases can be followed.
    fn remember(&mut self, node: &Node, anchor: usize) {
        let (count, _) = measure(node);
        let is_small = self.copies + count <= MOST_COPIES;
        if is_small {
            self.copies += count;
        }
        self.anchors.insert(anchor, is_small.then(|| node.clone()));
    }

    fn problem(&mut self, line: u32, what: &'static str) {
        if self.problems.len() < 20 {
            self.problems.push((line, what));
        }
    }
}

/// Gives how many values a value has, itself included, and how deep its collections lie. Stops counting past the bound of copies.
fn measure(node: &Node) -> (usize, usize) {
    let mut waiting = vec![(node, 0)];
    let (mut count, mut deepest) = (0, 0);
    while let Some((node, depth)) = waiting.pop() {
        count += 1;
        if count > MOST_COPIES {
            break;
        }
        match &node.value {
            Value::Null | Value::Scalar { .. } => {}
            Value::List(items) => {
                deepest = deepest.max(depth + 1);
                waiting.extend(items.iter().take(MOST_COPIES).map(|item| (item, depth + 1)));
            }
            Value::Map(entries) => {
                deepest = deepest.max(depth + 1);
                let values = entries.iter().take(MOST_COPIES);
                waiting.extend(values.map(|entry| (&entry.value, depth + 1)));
            }
        }
    }
    (count, deepest)
}
