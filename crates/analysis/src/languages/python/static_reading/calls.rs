//! The evaluator's calls: functions of the program itself, and those of Python and of packaging tools that it knows.

use std::collections::HashMap;

use ruff_python_ast::{Expr, ExprCall, Parameters};

use super::SetupCall;
use super::condition::Test;
use super::evaluator::{Evaluator, Flow, MOST_CALLS, Names};
use super::expressions::{attribute_of, join_paths, list_of_one, written};
use super::outcome;
use super::value::{List, Table, Value};

/// Arguments of a call.
pub(super) struct Given<'a> {
    pub(super) values: Vec<Value<'a>>,
    pub(super) named: Vec<(String, u32, Value<'a>)>,
    /// Lines of `**arguments` that are not known.
    pub(super) gaps: Vec<super::Gap>,
}

impl<'a> Given<'a> {
    /// Gives an argument by its place or its name.
    pub(super) fn argument(&self, place: usize, name: &str) -> Option<&Value<'a>> {
        let named = self.named.iter().rev().find(|(known, ..)| known == name);
        self.values.get(place).or(named.map(|(_, _, value)| value))
    }
}

impl<'a> Evaluator<'_, 'a> {
    /// Evaluates a call.
    pub(super) fn call(&mut self, call: &'a ExprCall, line: u32) -> Value<'a> {
        let function = match &*call.func {
            Expr::Attribute(method) => {
                let name = method.attr.as_str();
                match self.value(&method.value) {
                    module @ (Value::Name(_) | Value::Definitions(_)) => {
                        attribute_of(module, name, line)
                    }
                    Value::Unknown(gap) => return Value::Unknown(gap),
                    receiver => {
                        let given = self.given(call);
                        return self.method(receiver, name, &given, line);
                    }
                }
            }
            function => self.value(function),
        };
        let given = self.given(call);
        let is_run =
            matches!(&function, Value::Name(name) if matches!(name.as_str(), "exec" | "execfile"));
        let value = self.apply(function, given, line);
        if is_run && matches!(value, Value::Definitions(_)) {
            // The names go to the tables given after the program: `globals` and `locals`.
            for table in call.arguments.args.iter().skip(1).take(2) {
                if let Expr::Name(table) = table {
                    self.bind(&table.id, value.clone());
                }
            }
        }
        value
    }

    fn given(&mut self, call: &'a ExprCall) -> Given<'a> {
        let mut given = Given {
            values: Vec::new(),
            named: Vec::new(),
            gaps: Vec::new(),
        };
        for argument in &call.arguments.args {
            let line = self.line(argument);
            let value = self.value(argument);
            match (argument, value) {
                (Expr::Starred(_), Value::List(list)) if list.gaps.is_empty() => {
                    let items = list.items.into_iter();
                    given
                        .values
                        .extend(items.map(|item| Value::clone(&item.value)));
                }
                (Expr::Starred(_), _) => given.gaps.push(Self::gap(line, "computed arguments")),
                (_, value) => given.values.push(value),
            }
        }
        for keyword in &call.arguments.keywords {
            let line = self.line(keyword);
            let value = self.value(&keyword.value);
            match (&keyword.arg, value) {
                (Some(name), value) => given.named.push((name.as_str().to_owned(), line, value)),
                (None, Value::Table(table)) => {
                    given.gaps.extend(table.gaps);
                    for row in table.entries {
                        given
                            .named
                            .push((row.key, row.line, Value::clone(&row.value)));
                    }
                }
                (None, _) => given.gaps.push(Self::gap(line, "computed arguments")),
            }
        }
        given
    }

    /// Applies a function to its arguments.
    pub(super) fn apply(&mut self, function: Value<'a>, given: Given<'a>, line: u32) -> Value<'a> {
        match function {
            Value::Name(name) => self.known_function(&name, given, line),
            Value::Function(definition) => {
                let Some(names) = self.parameters(&definition.parameters, given) else {
                    return Value::unknown(line, "a call whose arguments are computed");
                };
                match self.in_function(names, |evaluator| evaluator.block(&definition.body)) {
                    Some(Flow::Return(value)) => value,
                    Some(Flow::Next) => Value::Nothing,
                    _ => Value::unknown(line, "the result of a function"),
                }
            }
            Value::Lambda(lambda) => {
                let names = match &lambda.parameters {
                    Some(parameters) => self.parameters(parameters, given),
                    None => Some(Names::new()),
                };
                let Some(names) = names else {
                    return Value::unknown(line, "a call whose arguments are computed");
                };
                let value = self.in_function(names, |evaluator| evaluator.value(&lambda.body));
                value.unwrap_or_else(|| Value::unknown(line, "the result of a function"))
            }
            Value::Unknown(gap) => Value::Unknown(gap),
            _ => Value::unknown(line, "a call of something computed"),
        }
    }

    fn in_function<T>(&mut self, names: Names<'a>, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.calls == MOST_CALLS {
            return None;
        }
        self.calls += 1;
        let outer = self.scope.function.replace(names);
        let done = work(self);
        self.scope.function = outer;
        self.calls -= 1;
        Some(done)
    }

    /// Binds the parameters of a function.
    fn parameters(&mut self, parameters: &'a Parameters, given: Given<'a>) -> Option<Names<'a>> {
        if !given.gaps.is_empty() {
            return None;
        }
        let mut names = HashMap::new();
        let mut values = given.values.into_iter();
        let mut named = given.named;
        let positional = parameters.posonlyargs.iter().chain(&parameters.args);
        for parameter in positional {
            let name = parameter.parameter.name.as_str();
            let value = values.next().or_else(|| take(&mut named, name));
            let value = match (value, &parameter.default) {
                (Some(value), _) => value,
                (None, Some(default)) => self.value(default),
                (None, None) => return None,
            };
            names.insert(name.to_owned(), std::rc::Rc::new(value));
        }
        if let Some(rest) = &parameters.vararg {
            let line = self.line(rest.as_ref());
            let mut list = List::default();
            values.for_each(|value| list.push(value, line));
            names.insert(
                rest.name.as_str().to_owned(),
                std::rc::Rc::new(Value::List(list)),
            );
        }
        for parameter in &parameters.kwonlyargs {
            let name = parameter.parameter.name.as_str();
            let value = match (take(&mut named, name), &parameter.default) {
                (Some(value), _) => value,
                (None, Some(default)) => self.value(default),
                (None, None) => return None,
            };
            names.insert(name.to_owned(), std::rc::Rc::new(value));
        }
        if let Some(rest) = &parameters.kwarg {
            let mut table = Table::default();
            for (name, line, value) in named {
                table.set(name, line, value);
            }
            names.insert(
                rest.name.as_str().to_owned(),
                std::rc::Rc::new(Value::Table(table)),
            );
        }
        Some(names)
    }

    fn known_function(&mut self, name: &str, given: Given<'a>, line: u32) -> Value<'a> {
        let last = name.rsplit('.').next().unwrap_or(name);
        let first = given.values.first();
        match name {
            "setup"
            | "setuptools.setup"
            | "distutils.core.setup"
            | "skbuild.setup"
            | "numpy.distutils.core.setup"
            | "setuptools.extern.setup"
            | "pbr.setup" => self.setup(given, line),
            "open" | "io.open" | "codecs.open" => {
                match given.argument(0, "file").and_then(Value::path) {
                    Some(path) => Value::File(path.to_owned()),
                    None => Value::unknown(line, "a file whose name is computed"),
                }
            }
            "exec" | "execfile" | "runpy.run_path" => self.run_file(name, &given, line),
            "str" | "pathlib.Path" | "Path" | "pathlib.PurePath" | "os.fspath" | "str.strip" => {
                self.as_text(name, &given, line)
            }
            "list" | "tuple" | "set" | "frozenset" | "sorted" | "reversed" => {
                match given.values.into_iter().next() {
                    None => Value::List(List::default()),
                    Some(value) => match self.elements(value, line) {
                        Some(list) => Value::List(list),
                        None => Value::unknown(line, "a computed list"),
                    },
                }
            }
            "dict"
            | "collections.OrderedDict"
            | "collections.defaultdict"
            | "OrderedDict"
            | "defaultdict" => table_of(given),
            "sum" | "itertools.chain.from_iterable" => match given.values.into_iter().next() {
                Some(value) => self.flattened(value, line),
                None => Value::unknown(line, "a computed value"),
            },
            "itertools.chain" => {
                let mut list = List::default();
                for value in given.values {
                    list.items.push(list_of_one(value, line).items.remove(0));
                }
                self.flattened(Value::List(list), line)
            }
            "map" | "filter" => self.mapped(name == "map", given, line),
            "compile" => match given.values.into_iter().next() {
                Some(text @ Value::FileText(_)) => text,
                _ => Value::unknown(line, "a computed program"),
            },
            "getattr" => match (first, given.values.get(1), given.values.get(2)) {
                (Some(Value::Name(owner)), Some(Value::Text(attribute)), _) => {
                    Value::Name(format!("{owner}.{attribute}"))
                }
                _ => Value::unknown(line, "a computed attribute"),
            },
            "hasattr" => match (first, given.values.get(1)) {
                (Some(Value::Name(owner)), Some(Value::Text(attribute)))
                    if owner == "sys" && attribute.starts_with("pypy") =>
                {
                    condition(
                        Test::compare("platform_python_implementation", "==", "PyPy"),
                        line,
                    )
                }
                _ => Value::unknown(line, "a condition that is not static"),
            },
            "platform.system" => Value::Environment("platform_system"),
            "platform.machine" => Value::Environment("platform_machine"),
            "platform.python_implementation" => {
                Value::Environment("platform_python_implementation")
            }
            "platform.python_version" => Value::Environment("python_full_version"),
            "os.getcwd" | "pathlib.Path.cwd" => Value::Path(String::new()),
            "re.search" | "re.match" | "re.findall" | "re.compile" => {
                pattern_of(name, &given, line)
            }
            _ if name.starts_with("os.path.") => self.path_function(last, &given, line),
            _ if last == "parse_requirements" => match given.values.into_iter().next() {
                Some(Value::Text(path) | Value::Path(path)) if !path.contains('\n') => {
                    Value::List(list_of_one(Value::FileLine(path), line))
                }
                Some(value) => match self.elements(value, line) {
                    Some(list) => Value::List(list),
                    None => Value::unknown(line, "a computed list of requirements"),
                },
                None => Value::unknown(line, "a computed list of requirements"),
            },
            _ => {
                let end = name.floor_char_boundary(80);
                Value::unknown(line, format!("the result of {}", &name[..end]))
            }
        }
    }

    /// Notes the call of `setup`.
    fn setup(&mut self, given: Given<'a>, line: u32) -> Value<'a> {
        let mut arguments: Vec<(String, u32, super::Static)> = Vec::new();
        for (name, at, value) in given.named {
            let value = outcome::of(&value, at);
            match arguments.iter_mut().find(|(known, ..)| *known == name) {
                Some(known) => *known = (name, at, value),
                None => arguments.push((name, at, value)),
            }
        }
        self.note_call(SetupCall {
            line,
            arguments,
            gaps: given.gaps,
            further: Vec::new(),
        });
        Value::Nothing
    }

    /// A file that is run for the names that it defines.
    fn run_file(&mut self, name: &str, given: &Given<'a>, line: u32) -> Value<'a> {
        let path = match given.values.first() {
            Some(Value::FileText(path)) => path.clone(),
            Some(Value::Text(path) | Value::Path(path)) if name != "exec" => path.clone(),
            _ => return Value::unknown(line, "a computed program"),
        };
        if name == "runpy.run_path" {
            return Value::Definitions(path);
        }
        if given.values.len() < 2 {
            self.taken_over.push(path);
            return Value::Nothing;
        }
        Value::Definitions(path)
    }

    fn as_text(&mut self, name: &str, given: &Given<'a>, line: u32) -> Value<'a> {
        let is_path = name.ends_with("Path") || name.ends_with("PurePath");
        match given.values.as_slice() {
            [] if is_path => Value::Path(String::new()),
            [value @ (Value::FileLine(_) | Value::FileText(_))] if !is_path => value.clone(),
            [Value::Text(text)] if name == "str.strip" => Value::Text(text.trim().to_owned()),
            parts => {
                let texts: Option<Vec<String>> = parts.iter().map(written).collect();
                match texts {
                    Some(texts) if is_path => Value::Path(
                        texts
                            .iter()
                            .fold(String::new(), |path, part| join_paths(&path, part)),
                    ),
                    Some(mut texts) if texts.len() == 1 => self.bounded(texts.remove(0), line),
                    _ => Value::unknown(line, "a computed text"),
                }
            }
        }
    }

    fn path_function(&mut self, function: &str, given: &Given<'a>, line: u32) -> Value<'a> {
        let parts: Option<Vec<&str>> = given.values.iter().map(Value::path).collect();
        let Some(parts) = parts.filter(|parts| !parts.is_empty()) else {
            return Value::unknown(line, "a computed path");
        };
        match function {
            "join" => Value::Path(
                parts
                    .iter()
                    .fold(String::new(), |path, part| join_paths(&path, part)),
            ),
            "dirname" => Value::Path(
                parts[0]
                    .rsplit_once('/')
                    .map_or("", |(folder, _)| folder)
                    .to_owned(),
            ),
            "abspath" | "realpath" | "normpath" | "expanduser" | "relpath" => {
                Value::Path(parts[0].trim_start_matches("./").to_owned())
            }
            "basename" => Value::Text(parts[0].rsplit('/').next().unwrap_or("").to_owned()),
            _ => Value::unknown(line, "a condition that is not static"),
        }
    }

    /// Puts the elements of lists that a list holds into one.
    fn flattened(&mut self, value: Value<'a>, line: u32) -> Value<'a> {
        let Some(List { items, gaps }) = self.elements(value, line) else {
            return Value::unknown(line, "a computed list");
        };
        let mut flat = List {
            items: Vec::new(),
            gaps,
        };
        for item in items {
            let before = flat.items.len();
            let inner = Value::clone(&item.value);
            if !self.spend(inner.size()) {
                return Value::unknown(line, "too much to be evaluated");
            }
            match self.elements(inner, item.line) {
                Some(inner) => flat.extend(inner),
                None => flat
                    .gaps
                    .push(Self::gap(item.line, "a computed part of a list")),
            }
            if let Some(test) = &item.test {
                flat.limit(before, test);
            }
        }
        Value::List(flat)
    }

    fn mapped(&mut self, keep_results: bool, given: Given<'a>, line: u32) -> Value<'a> {
        let mut values = given.values.into_iter();
        let (Some(function), Some(sequence), None) = (values.next(), values.next(), values.next())
        else {
            return Value::unknown(line, "a computed list");
        };
        let Some(List { items, gaps }) = self.elements(sequence, line) else {
            return Value::unknown(line, "a computed list");
        };
        let mut made = List {
            items: Vec::new(),
            gaps,
        };
        for item in items {
            if !self.spend(1) {
                return Value::unknown(line, "too much to be evaluated");
            }
            let value = Value::clone(&item.value);
            if matches!(value, Value::FileLine(_)) {
                made.items.push(item);
                continue;
            }
            let given = Given {
                values: vec![value.clone()],
                named: Vec::new(),
                gaps: Vec::new(),
            };
            let is_none = matches!(function, Value::Nothing);
            let result = if is_none {
                value.clone()
            } else {
                self.apply(function.clone(), given, line)
            };
            let before = made.items.len();
            match (keep_results, result) {
                (true, result) => made.push(result, item.line),
                (false, Value::Truth(false) | Value::Nothing) => {}
                (false, Value::Text(text)) if text.is_empty() => {}
                (false, Value::Truth(true) | Value::Text(_) | Value::List(_) | Value::Table(_)) => {
                    made.push(value, item.line)
                }
                (false, _) => made.gaps.push(Self::gap(
                    item.line,
                    "an element under a computed condition",
                )),
            }
            if let Some(test) = &item.test {
                made.limit(before, test);
            }
        }
        Value::List(made)
    }

    /// Gives the elements of something that can be looped over.
    pub(super) fn elements(&mut self, value: Value<'a>, line: u32) -> Option<List<'a>> {
        match value {
            Value::List(list) => Some(list),
            Value::Table(table) => {
                let mut list = List::default();
                for row in table.entries {
                    list.push(Value::Text(row.key), row.line);
                }
                list.gaps = table.gaps;
                Some(list)
            }
            Value::File(path) | Value::FileLine(path) => {
                Some(list_of_one(Value::FileLine(path), line))
            }
            Value::Choice(test, first, second) => {
                let mut list = self.elements(*first, line)?;
                list.limit(0, &test);
                let mut other = self.elements(*second, line)?;
                other.limit(0, &test.negated());
                list.extend(other);
                Some(list)
            }
            Value::Nothing => Some(List::default()),
            _ => None,
        }
    }
}

fn take<'a>(named: &mut Vec<(String, u32, Value<'a>)>, name: &str) -> Option<Value<'a>> {
    let place = named.iter().position(|(known, ..)| known == name)?;
    Some(named.remove(place).2)
}

fn table_of(given: Given<'_>) -> Value<'_> {
    let mut table = Table::default();
    for value in given.values {
        match value {
            Value::Table(other) => table.update(other),
            // `defaultdict(list)`
            Value::Name(_) => {}
            Value::List(list) => {
                let gap = list.items.first().map_or(0, |item| item.line);
                if !list.items.is_empty() {
                    table.gaps.push(super::Gap {
                        line: gap,
                        what: "a table made of pairs".to_owned(),
                    });
                }
            }
            Value::Unknown(gap) => table.gaps.push(gap),
            _ => {}
        }
    }
    for (name, line, value) in given.named {
        table.set(name, line, value);
    }
    table.gaps.extend(given.gaps);
    Value::Table(table)
}

fn condition<'a>(test: Option<Test>, line: u32) -> Value<'a> {
    match test {
        Some(test) => Value::Condition(test),
        None => Value::unknown(line, "a condition that is not static"),
    }
}

/// What a pattern finds: the value of a name in the text of a file, or a requirement and its name in a text.
fn pattern_of<'a>(name: &str, given: &Given<'a>, line: u32) -> Value<'a> {
    const SOUGHT: [&str; 4] = ["__version__", "__VERSION__", "VERSION", "version"];
    let pattern = given.values.first().and_then(Value::text).unwrap_or("");
    let sought = SOUGHT.iter().find(|sought| pattern.contains(**sought));
    match (sought, given.values.get(1)) {
        (Some(sought), _) if name == "re.compile" => Value::Pattern(sought),
        (Some(sought), Some(Value::FileText(path) | Value::FileLine(path))) => Value::Definition {
            path: path.clone(),
            name: (*sought).to_owned(),
        },
        (None, Some(Value::Text(text))) if name == "re.findall" && splits_requirement(pattern) => {
            let end = text
                .find(['!', '=', '<', '>', '~', ' '])
                .unwrap_or(text.len());
            let mut pair = list_of_one(Value::Text(text.clone()), line);
            let name = text[..end].to_owned();
            pair.extend(list_of_one(Value::Text(name), line));
            Value::List(list_of_one(Value::List(pair), line))
        }
        _ => Value::unknown(line, "what a pattern finds"),
    }
}

/// The pattern by which many programs tell the name of a requirement from the whole: `^(([^!=<>~ ]+)(?:[!=<>~ ].*)?$)`.
fn splits_requirement(pattern: &str) -> bool {
    matches!(
        pattern,
        "^(([^!=<>~ ]+)(?:[!=<>~ ].*)?$)" | "^(([^!=<>~]+)(?:[!=<>~].*)?$)"
    )
}
