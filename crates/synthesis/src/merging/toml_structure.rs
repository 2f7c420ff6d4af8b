//! Adds the tables, keys and list entries of one TOML document to another. Knows no manifest; what may be added is the caller's business.

use std::collections::{BTreeMap, HashSet};

use toml_edit::{Array, Decor, Item, Key, Table, TableLike, Value};

/// A step of the way to a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// Into a key of a table.
    Key(String),
    /// Into an entry of a list.
    Entry(usize),
}

/// What was added at which place by whom.
pub(super) type Added = BTreeMap<Vec<Step>, String>;

/// Two values at one place of which only the first can stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clash {
    /// The dotted place.
    pub(super) place: String,
    /// What is there and stays.
    pub(super) kept: String,
    /// What the other document has.
    pub(super) refused: String,
}

/// Adds documents to one document.
pub(super) struct Adding<'a> {
    /// Whose document is added.
    pub(super) source: &'a str,
    /// What was added so far, by all.
    pub(super) added: &'a mut Added,
    /// What could not be added.
    pub(super) clashes: Vec<Clash>,
    /// Whether the keys of a table are packages, whose versions and features are merged as such.
    pub(super) is_dependencies: fn(&[Step]) -> bool,
}

impl Adding<'_> {
    /// Adds everything of a table that the other one lacks. The depth is bounded by the parser.
    pub(super) fn add(
        &mut self,
        base: &mut dyn TableLike,
        other: &dyn TableLike,
        place: &mut Vec<Step>,
    ) {
        for (name, item) in other.iter() {
            let Some(key) = other.key(name) else {
                continue;
            };
            place.push(Step::Key(name.to_owned()));
            match base.get_mut(name) {
                None => {
                    self.insert(base, key, item.clone(), place);
                }
                Some(known) => self.add_item(known, item, place),
            }
            place.pop();
        }
    }

    fn insert(&mut self, base: &mut dyn TableLike, key: &Key, mut item: Item, place: &[Step]) {
        forget_positions(&mut item);
        begin_on_new_line(&mut item);
        self.added.insert(place.to_vec(), self.source.to_owned());
        base.entry_format(key).or_insert(item);
    }

    fn add_item(&mut self, base: &mut Item, other: &Item, place: &mut Vec<Step>) {
        let dependency = place
            .split_last()
            .is_some_and(|(_, above)| (self.is_dependencies)(above));
        if dependency && self.add_dependency(base, other, place) {
            return;
        }
        if let (Item::ArrayOfTables(base), Item::ArrayOfTables(other)) = (&mut *base, other) {
            let known: HashSet<String> = base.iter().map(|table| plain_table(table)).collect();
            for table in other
                .iter()
                .filter(|table| !known.contains(&plain_table(*table)))
            {
                let mut item = Item::Table(table.clone());
                forget_positions(&mut item);
                begin_on_new_line(&mut item);
                place.push(Step::Entry(base.len()));
                self.added.insert(place.clone(), self.source.to_owned());
                place.pop();
                if let Item::Table(table) = item {
                    base.push(table);
                }
            }
            return;
        }
        if let (Some(base), Some(other)) = (base.as_array_mut(), other.as_array()) {
            self.add_entries(base, other, place);
            return;
        }
        let (are_tables, are_same) = (
            base.is_table_like() && other.is_table_like(),
            plain(base) == plain(other),
        );
        if are_same {
            return;
        }
        if are_tables
            && let (Some(base), Some(other)) = (base.as_table_like_mut(), other.as_table_like())
        {
            self.add(base, other, place);
            return;
        }
        self.clash(place, plain(base), plain(other));
    }

    fn add_entries(&mut self, base: &mut Array, other: &Array, place: &mut Vec<Step>) {
        let mut known: HashSet<String> = base.iter().map(plain_entry).collect();
        for value in other {
            if !known.insert(plain_entry(value)) {
                continue;
            }
            place.push(Step::Entry(base.len()));
            self.added.insert(place.clone(), self.source.to_owned());
            place.pop();
            append(base, value.clone());
        }
    }

    /// Merges two declarations of one package. Says whether they could be read as such.
    fn add_dependency(&mut self, base: &mut Item, other: &Item, place: &mut Vec<Step>) -> bool {
        let version = |item: &Item| match item.as_str() {
            Some(version) => Some(version.to_owned()),
            None => item
                .as_table_like()?
                .get("version")?
                .as_str()
                .map(str::to_owned),
        };
        let (Some(kept), Some(refused)) = (version(base), version(other)) else {
            return false;
        };
        if kept != refused {
            self.clash(place, kept, refused);
            return true;
        }
        let Some(features) = other.as_table_like() else {
            return true;
        };
        if base.is_str() {
            let mut table = toml_edit::InlineTable::new();
            table.insert("version", kept.into());
            *base = Item::Value(Value::InlineTable(table));
        }
        if let Some(base) = base.as_table_like_mut() {
            self.add(base, features, place);
        }
        true
    }

    fn clash(&mut self, place: &[Step], kept: String, refused: String) {
        self.clashes.push(Clash {
            place: dotted(place),
            kept,
            refused,
        });
    }
}

/// Writes a place as people do.
pub(super) fn dotted(place: &[Step]) -> String {
    let steps: Vec<String> = place
        .iter()
        .map(|step| match step {
            Step::Key(name) => name.clone(),
            Step::Entry(number) => number.to_string(),
        })
        .collect();
    steps.join(".")
}

/// Writes an item without comments and in one form, for comparing.
pub(super) fn plain(item: &Item) -> String {
    match item {
        Item::None => String::new(),
        Item::Value(value) => plain_value(value),
        Item::Table(table) => plain_table(table),
        Item::ArrayOfTables(tables) => {
            let entries: Vec<String> = tables.iter().map(|table| plain_table(table)).collect();
            format!("[{}]", entries.join(","))
        }
    }
}

fn plain_table(table: &dyn TableLike) -> String {
    let mut keys: Vec<String> = table
        .iter()
        .map(|(name, item)| format!("{name:?}={}", plain(item)))
        .collect();
    keys.sort();
    format!("{{{}}}", keys.join(","))
}

fn plain_value(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{:?}", text.value()),
        Value::Integer(number) => number.value().to_string(),
        Value::Float(number) => format!("{:?}", number.value()),
        Value::Boolean(truth) => truth.value().to_string(),
        Value::Datetime(time) => time.value().to_string(),
        Value::Array(array) => {
            let entries: Vec<String> = array.iter().map(plain_value).collect();
            format!("[{}]", entries.join(","))
        }
        Value::InlineTable(table) => plain_table(table),
    }
}

/// Requirements differ in spaces and mean the same.
fn plain_entry(value: &Value) -> String {
    match value.as_str() {
        Some(text) => format!("{:?}", text.split_whitespace().collect::<String>()),
        None => plain_value(value),
    }
}

/// Appends an entry as the list's own entries are written; comments of both stay.
fn append(array: &mut Array, mut value: Value) {
    let comment = value
        .decor()
        .prefix()
        .and_then(|prefix| prefix.as_str())
        .unwrap_or_default()
        .trim()
        .to_owned();
    let after = array.trailing().as_str().unwrap_or_default().to_owned();
    let lead = array
        .iter()
        .last()
        .and_then(|last| last.decor().prefix())
        .and_then(|prefix| prefix.as_str())
        .unwrap_or_default()
        .to_owned();
    let several_lines = lead.contains('\n') || after.contains('\n');
    let indent = match lead.rsplit_once('\n') {
        Some((_, indent)) => indent.to_owned(),
        None => "    ".to_owned(),
    };
    *value.decor_mut() = Decor::default();
    if several_lines {
        let remark = after.trim_end();
        let mut prefix = format!("{remark}\n{indent}");
        if comment.starts_with('#') {
            for line in comment.lines() {
                prefix.push_str(line.trim());
                prefix.push('\n');
                prefix.push_str(&indent);
            }
        }
        value.decor_mut().set_prefix(prefix);
        array.push_formatted(value);
        let closing = after.rsplit_once('\n').map_or("", |(_, closing)| closing);
        array.set_trailing(format!("\n{closing}"));
        array.set_trailing_comma(true);
    } else {
        if !array.is_empty() {
            value.decor_mut().set_prefix(" ");
        }
        array.push_formatted(value);
    }
}

/// Tables are written where their document had them; in another document that place means nothing.
fn forget_positions(item: &mut Item) {
    match item {
        Item::Table(table) => forget_table(table),
        Item::ArrayOfTables(tables) => tables.iter_mut().for_each(forget_table),
        Item::None | Item::Value(_) => {}
    }
}

fn forget_table(table: &mut Table) {
    table.set_position(None);
    for (_, item) in table.iter_mut() {
        forget_positions(item);
    }
}

/// Puts an empty line before a table that was the first of its document.
fn begin_on_new_line(item: &mut Item) {
    let table = match item {
        Item::Table(table) if table.is_implicit() => {
            if let Some((_, first)) = table.iter_mut().next() {
                begin_on_new_line(first);
            }
            return;
        }
        Item::Table(table) => table,
        Item::ArrayOfTables(tables) => match tables.iter_mut().next() {
            Some(table) => table,
            None => return,
        },
        Item::None | Item::Value(_) => return,
    };
    let prefix = table
        .decor()
        .prefix()
        .and_then(|prefix| prefix.as_str())
        .unwrap_or_default();
    if !prefix.starts_with('\n') {
        let prefix = format!("\n{prefix}");
        table.decor_mut().set_prefix(prefix);
    }
}
