//! Fills values into a text, within bounds. Reads no file, knows no template by name, escapes nothing by itself.

use std::io::{self, Write};

use minijinja::{
    AutoEscape, Environment, UndefinedBehavior, Value, syntax::SyntaxConfig, value::Serde,
};
use serde::Serialize;
use synthesizer_model::{ErrorCode, Failure, text::escape_untrusted};

use super::tags;

/// The largest text that a template may give, in bytes.
pub(super) const LARGEST_FILLED: usize = 1 << 20;
/// The most steps that filling one text may take; a step is about one tag or one turn of a loop.
const MOST_STEPS: u64 = 1_000_000;

/// Fills the texts of one template.
pub(super) struct Engine {
    environment: Environment<'static>,
}

impl Engine {
    /// Makes an engine that refuses unknown values, follows no reference to another text and stops after a bounded number of steps.
    pub(super) fn new() -> Result<Self, Failure> {
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_fuel(Some(MOST_STEPS));
        environment.set_recursion_limit(32);
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()
            .map_err(|error| Failure::internal(format!("the syntax of templates: {error}")))?;
        environment.set_syntax(syntax);
        environment.add_filter("quoted", |text: &str| quoted(text));
        environment.add_filter("glob", |text: &str| glob(text));
        environment.add_filter("regex", |text: &str| regex(text));
        environment.add_filter("module", |text: &str| module(text));
        environment.add_filter("members", |text: &str| format!("{}.*", module(text)));
        environment.add_filter("last", |text: &str| last(text));
        environment.add_filter("up", |text: &str| up(text));
        Ok(Self { environment })
    }

    /// Fills a text.
    ///
    /// # Errors
    /// `E_ARGUMENT` when the text uses more than the language of templates or a value that does not exist, `E_LIMIT` when what it
    /// gives is too large or takes too many steps.
    pub(super) fn fill(
        &self,
        label: &str,
        text: &str,
        values: &impl Serialize,
    ) -> Result<String, Failure> {
        tags::check(text).map_err(|refusal| refuse(label, &refusal.to_string()))?;
        let template = self
            .environment
            .template_from_str(text)
            .map_err(|error| refuse(label, &error.to_string()))?;
        let mut filled = Bounded(Vec::new());
        match template.render_captured_to(Value::from(Serde(values)), &mut filled) {
            Ok(_) => {}
            Err(error) if filled.0.len() >= LARGEST_FILLED => return Err(too_much(label, &error)),
            Err(error) if error.kind() == minijinja::ErrorKind::OutOfFuel => {
                return Err(too_much(label, &error));
            }
            Err(error) => return Err(refuse(label, &error.to_string())),
        }
        String::from_utf8(filled.0).map_err(|_| Failure::internal("a filled text is not UTF-8"))
    }
}

/// Memory that ends.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = LARGEST_FILLED.saturating_sub(self.0.len());
        if room == 0 && !bytes.is_empty() {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        let taken = bytes.len().min(room);
        self.0.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn refuse(label: &str, why: &str) -> Failure {
    Failure::new(
        ErrorCode::Argument,
        format!(
            "the template's {} cannot be filled: {}",
            escape_untrusted(label),
            escape_untrusted(why)
        ),
    )
    .with_hint("see docs/design/014-templates-and-merging.md for what a template may say")
}

fn too_much(label: &str, error: &minijinja::Error) -> Failure {
    Failure::new(
        ErrorCode::Limit,
        format!(
            "the template's {} gives too much: {}",
            escape_untrusted(label),
            error.kind()
        ),
    )
}

/// Writes a string literal that Python, JavaScript, Rust, TOML and JSON read alike; invisible characters are shown escaped.
fn quoted(text: &str) -> String {
    let visible = escape_untrusted(text);
    format!("\"{}\"", visible.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Writes a path as a glob that matches nothing else.
fn glob(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '*' | '?' | '[' | ']' | '{' | '}' | '!' => format!("[{character}]"),
            other => other.to_string(),
        })
        .collect()
}

/// Writes a path as a regular expression that matches it and what lies below it.
fn regex(text: &str) -> String {
    let mut written = String::from("^");
    for character in text.chars() {
        if character.is_ascii_punctuation() && !matches!(character, '/' | '_' | '-') {
            written.push('\\');
        }
        written.push(character);
    }
    written.push_str("(/|$)");
    written
}

/// Gives the dotted name of the Python module or package at a path, the folder `src` apart.
fn module(path: &str) -> String {
    let path = path.strip_prefix("src/").unwrap_or(path);
    let path = path.strip_suffix(".py").unwrap_or(path);
    path.strip_suffix("/__init__")
        .unwrap_or(path)
        .replace('/', ".")
}

/// Gives the last name of a Rust path.
fn last(path: &str) -> String {
    path.rsplit("::").next().unwrap_or(path).to_owned()
}

/// Gives a reference from the project's top as a file one folder below has to write it; the name of a package stays.
fn up(reference: &str) -> String {
    match reference.strip_prefix("./") {
        Some(path) => format!("../{path}"),
        None => reference.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn filled(text: &str) -> Result<String, ErrorCode> {
        let many: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
        let values = BTreeMap::from([
            ("a", Value::from("{{ b }}")),
            ("b", Value::from("x\"y")),
            ("path", Value::from("src/a/b[1].py")),
            ("many", Value::from(Serde(many))),
            ("none", Value::from(Serde(Vec::<String>::new()))),
        ]);
        let engine = Engine::new().expect("an engine");
        engine
            .fill("text", text, &values)
            .map_err(|failure| failure.code)
    }

    #[test]
    fn values_are_filled_in_once_and_unknown_ones_are_refused() {
        let check = |text: &str, expected: Result<&str, ErrorCode>| {
            assert_eq!(filled(text), expected.map(str::to_owned), "{text}");
        };
        check("1 {{ a }} {{b}}\n", Ok("1 {{ b }} x\"y\n"));
        check("{{ b | quoted }}", Ok("\"x\\\"y\""));
        check("{{ path | glob }}", Ok("src/a/b[[]1[]].py"));
        check("{{ path | regex }}", Ok("^src/a/b\\[1\\]\\.py(/|$)"));
        check(
            "{{ path | module }} {{ path | members }}",
            Ok("a.b[1] a.b[1].*"),
        );
        check("{% for one in none %}\nx\n{% endfor %}\ny\n", Ok("y\n"));
        check("{{ c }}", Err(ErrorCode::Argument));
        check("{% if c %}x{% endif %}", Err(ErrorCode::Argument));
        check("{% for one in c %}x{% endfor %}", Err(ErrorCode::Argument));
        check("{{ a.c }}", Err(ErrorCode::Argument));
        check("{{ a", Err(ErrorCode::Argument));
        check("{{ a ~ a }}", Err(ErrorCode::Argument));
        check("{{ a | upper }}", Err(ErrorCode::Argument));
        check("plain", Ok("plain"));
    }

    #[test]
    fn a_text_that_gives_too_much_is_refused() {
        let nested = "{% for a in many %}{% for b in many %}{% for c in many %}{% endfor %}{% endfor %}{% endfor %}";
        assert_eq!(filled(nested), Err(ErrorCode::Limit));
        let long = format!("{{% for a in many %}}{}{{% endfor %}}", "x".repeat(10_000));
        assert_eq!(filled(&long), Err(ErrorCode::Limit));
        let deep = format!(
            "{}{}",
            "{% for a in many %}".repeat(5_000),
            "{% endfor %}".repeat(5_000)
        );
        assert!(filled(&deep).is_err());
    }
}
