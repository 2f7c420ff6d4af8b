//! The evaluator's methods: those of texts, lists, tables, files and paths that programs put requirements together with.

use super::calls::Given;
use super::condition::Test;
use super::evaluator::{Evaluator, LONGEST_TEXT, MOST_ELEMENTS};
use super::expressions::{join_paths, list_of_one, written};
use super::value::{List, Table, Value};

impl<'a> Evaluator<'_, 'a> {
    /// Calls a method of a value that is no module.
    pub(super) fn method(
        &mut self,
        receiver: Value<'a>,
        name: &str,
        given: &Given<'a>,
        line: u32,
    ) -> Value<'a> {
        match receiver {
            Value::Text(text) => self.text_method(&text, name, given, line),
            Value::Path(path) => self.path_method(path, name, given, line),
            Value::File(path) => match name {
                "read" => Value::FileText(path),
                "readlines" => Value::List(list_of_one(Value::FileLine(path), line)),
                "readline" => Value::FileText(path),
                _ => Value::Nothing,
            },
            Value::FileText(path) => file_text_method(path, name, given, line),
            // Comments and options are left to the reader of requirements files, which knows them.
            Value::FileLine(_) if name == "startswith" => {
                match given.values.first().and_then(Value::text) {
                    Some(text) if text.starts_with(['-', '#']) => Value::Truth(false),
                    _ => Value::unknown(line, "a line of a file"),
                }
            }
            Value::FileLine(path) => match name {
                "strip" | "rstrip" | "lstrip" | "replace" | "split" | "partition" | "decode"
                | "lower" => Value::FileLine(path),
                _ => Value::unknown(line, "a part of a line of a file"),
            },
            Value::Environment(variable) => environment_method(variable, name, given, line),
            Value::Table(table) => table_method(table, name, given, line),
            Value::List(list) => match name {
                "copy" => Value::List(list),
                "pop" | "index" | "count" => Value::unknown(line, "a computed value"),
                _ => Value::Nothing,
            },
            Value::Pattern(sought) => match (name, given.values.first()) {
                (
                    "search" | "match" | "findall",
                    Some(Value::FileText(path) | Value::FileLine(path)),
                ) => Value::Definition {
                    path: path.clone(),
                    name: sought.to_owned(),
                },
                _ => Value::unknown(line, "what a pattern finds"),
            },
            // What a pattern has found: the whole, or the one group of it.
            found @ Value::Definition { .. } => match name {
                "group" | "groups" | "strip" => found,
                _ => Value::unknown(line, "a computed value"),
            },
            _ => Value::unknown(line, "a computed value"),
        }
    }

    fn text_method(&mut self, text: &str, name: &str, given: &Given<'a>, line: u32) -> Value<'a> {
        let arguments: Option<Vec<&str>> = given.values.iter().map(Value::text).collect();
        let arguments = arguments.filter(|_| given.named.is_empty() && given.gaps.is_empty());
        let unknown = || Value::unknown(line, "a computed text");
        match (name, arguments.as_deref()) {
            ("strip", Some([])) => Value::Text(text.trim().to_owned()),
            ("rstrip", Some([])) => Value::Text(text.trim_end().to_owned()),
            ("lstrip", Some([])) => Value::Text(text.trim_start().to_owned()),
            ("strip", Some([set])) => {
                Value::Text(text.trim_matches(|c| set.contains(c)).to_owned())
            }
            ("rstrip", Some([set])) => {
                Value::Text(text.trim_end_matches(|c| set.contains(c)).to_owned())
            }
            ("lstrip", Some([set])) => {
                Value::Text(text.trim_start_matches(|c| set.contains(c)).to_owned())
            }
            ("lower", Some([])) => self.bounded(text.to_lowercase(), line),
            ("upper", Some([])) => self.bounded(text.to_uppercase(), line),
            ("title" | "capitalize" | "encode" | "decode", _) => unknown(),
            ("replace", Some([from, to])) if !from.is_empty() && to.len() <= 64 => {
                if text.len() > LONGEST_TEXT / 64 {
                    return unknown();
                }
                self.bounded(text.replace(from, to), line)
            }
            ("removeprefix", Some([prefix])) => {
                Value::Text(text.strip_prefix(prefix).unwrap_or(text).to_owned())
            }
            ("removesuffix", Some([suffix])) => {
                Value::Text(text.strip_suffix(suffix).unwrap_or(text).to_owned())
            }
            ("startswith", Some([prefix])) => Value::Truth(text.starts_with(prefix)),
            ("endswith", Some([suffix])) => Value::Truth(text.ends_with(suffix)),
            ("isspace", Some([])) => Value::Truth(!text.is_empty() && text.trim().is_empty()),
            ("splitlines", _) => self.split(text.lines(), line),
            ("split", Some([])) => self.split(text.split_whitespace(), line),
            ("split", Some([separator])) if !separator.is_empty() => {
                self.split(text.split(separator), line)
            }
            ("split", None) => match given.values.as_slice() {
                [Value::Text(separator), Value::Number(most)] if !separator.is_empty() => {
                    let most = usize::try_from(*most).unwrap_or(usize::MAX - 1);
                    self.split(
                        text.splitn(most.saturating_add(1), separator.as_str()),
                        line,
                    )
                }
                _ => unknown(),
            },
            ("join", _) => match given.values.first() {
                Some(Value::List(list)) if list.gaps.is_empty() => self.joined(text, list, line),
                // The lines of a file put together again are its text.
                _ => unknown(),
            },
            ("format", _) => self.format(text, given, line),
            _ => unknown(),
        }
    }

    fn split<'t>(&mut self, parts: impl Iterator<Item = &'t str>, line: u32) -> Value<'a> {
        let mut list = List::default();
        // The parts of a text of several lines stand on the lines below its first; only the first is known.
        for part in parts.take(MOST_ELEMENTS) {
            if !self.spend(1) {
                return Value::unknown(line, "too much to be evaluated");
            }
            list.push(Value::Text(part.to_owned()), line);
        }
        Value::List(list)
    }

    fn joined(&mut self, separator: &str, list: &List<'a>, line: u32) -> Value<'a> {
        if let [only] = list.items.as_slice()
            && let Value::FileLine(path) = &*only.value
        {
            return Value::FileText(path.clone());
        }
        let mut text = String::new();
        for (position, item) in list.items.iter().enumerate() {
            let Some(part) = written(&item.value).filter(|_| item.test.is_none()) else {
                return Value::unknown(line, "a computed text");
            };
            if position > 0 {
                text.push_str(separator);
            }
            text.push_str(&part);
            if text.len() > LONGEST_TEXT {
                return Value::unknown(line, "a text that is too long");
            }
        }
        self.bounded(text, line)
    }

    /// Fills `{}`, `{0}` and `{name}` of a text.
    fn format(&mut self, format: &str, given: &Given<'a>, line: u32) -> Value<'a> {
        let mut text = String::new();
        let mut rest = format;
        let mut next = 0;
        while let Some(place) = rest.find(['{', '}']) {
            let (before, after) = rest.split_at(place);
            text.push_str(before);
            if after.starts_with("{{") || after.starts_with("}}") {
                text.push_str(&after[..1]);
                rest = &after[2..];
                continue;
            }
            let Some((field, after)) = after
                .strip_prefix('{')
                .and_then(|after| after.split_once('}'))
            else {
                return Value::unknown(line, "a computed text");
            };
            let value = match field.parse::<usize>() {
                Ok(place) => given.values.get(place),
                Err(_) if field.is_empty() => {
                    next += 1;
                    given.values.get(next - 1)
                }
                Err(_) => given.argument(usize::MAX, field),
            };
            match value.and_then(written) {
                Some(value) => text.push_str(&value),
                None => return Value::unknown(line, "a text with a computed part"),
            }
            if text.len() > LONGEST_TEXT {
                return Value::unknown(line, "a text that is too long");
            }
            rest = after;
        }
        text.push_str(rest);
        self.bounded(text, line)
    }

    fn path_method(&mut self, path: String, name: &str, given: &Given<'a>, line: u32) -> Value<'a> {
        match name {
            "resolve" | "absolute" | "expanduser" | "as_posix" => Value::Path(path),
            "joinpath" => {
                let parts: Option<Vec<&str>> = given.values.iter().map(Value::path).collect();
                match parts {
                    Some(parts) => Value::Path(
                        parts
                            .iter()
                            .fold(path, |path, part| join_paths(&path, part)),
                    ),
                    None => Value::unknown(line, "a computed path"),
                }
            }
            "with_name" => match given.values.first().and_then(Value::path) {
                Some(name) => {
                    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                    Value::Path(join_paths(folder, name))
                }
                None => Value::unknown(line, "a computed path"),
            },
            "open" => Value::File(path),
            "read_text" | "read_bytes" => Value::FileText(path),
            // The paths of `os.path` are texts.
            _ => self.text_method(&path, name, given, line),
        }
    }
}

fn file_text_method<'a>(path: String, name: &str, given: &Given<'a>, line: u32) -> Value<'a> {
    let is_by_line = match name {
        "splitlines" => true,
        "split" => match given.values.first() {
            None => true,
            Some(Value::Text(separator)) => matches!(separator.as_str(), "\n" | "\r\n"),
            Some(_) => false,
        },
        _ => false,
    };
    match name {
        _ if is_by_line => Value::List(list_of_one(Value::FileLine(path), line)),
        "strip" | "rstrip" | "lstrip" | "decode" | "encode" => Value::FileText(path),
        _ => Value::unknown(line, "a part of a file"),
    }
}

fn environment_method<'a>(
    variable: &'static str,
    name: &str,
    given: &Given<'a>,
    line: u32,
) -> Value<'a> {
    let text = given.values.first().and_then(Value::text);
    let test = match (name, text) {
        ("lower" | "casefold", None) => return Value::Environment(variable),
        ("startswith", Some(prefix)) => match (variable, prefix) {
            ("sys_platform", "win") => Test::compare(variable, "==", "win32"),
            ("sys_platform", "linux" | "darwin" | "cygwin" | "win32" | "java") => {
                Test::compare(variable, "==", prefix)
            }
            ("python_version", "2") => Test::compare(variable, "<", "3"),
            ("python_version", "3") => Test::compare(variable, ">=", "3"),
            ("sys_platform" | "platform_machine" | "platform_system", prefix) => {
                Test::contains(variable, prefix, false)
            }
            _ => None,
        },
        _ => None,
    };
    match test {
        Some(test) => Value::Condition(test),
        None => Value::unknown(line, "a condition that is not static"),
    }
}

fn table_method<'a>(table: Table<'a>, name: &str, given: &Given<'a>, line: u32) -> Value<'a> {
    match name {
        "copy" => Value::Table(table),
        "keys" => {
            let mut list = List::default();
            for row in table.entries {
                list.push(Value::Text(row.key), row.line);
            }
            list.gaps = table.gaps;
            Value::List(list)
        }
        "values" => {
            let mut list = List::default();
            for row in &table.entries {
                list.push(Value::clone(&row.value), row.line);
            }
            list.gaps.extend(table.gaps);
            Value::List(list)
        }
        "items" => {
            let mut list = List::default();
            for row in &table.entries {
                let mut pair = List::default();
                pair.items
                    .extend(list_of_one(Value::Text(row.key.clone()), row.line).items);
                pair.items
                    .extend(list_of_one(Value::clone(&row.value), row.line).items);
                list.push(Value::List(pair), row.line);
            }
            list.gaps.extend(table.gaps);
            Value::List(list)
        }
        "get" | "pop" | "setdefault" => match given.values.first().and_then(Value::text) {
            Some(key) => match (table.get(key), given.values.get(1)) {
                (Some(value), _) => Value::clone(value),
                (None, Some(default)) if table.gaps.is_empty() => default.clone(),
                (None, None) if table.gaps.is_empty() => Value::Nothing,
                (None, _) => Value::unknown(line, "a key that is not known"),
            },
            None => Value::unknown(line, "a computed key"),
        },
        "update" => Value::Nothing,
        _ => Value::unknown(line, "a computed value"),
    }
}
