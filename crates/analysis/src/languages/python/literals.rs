//! String literals: where their text lies, which could name a file, paths joined of them, docstrings.

use ruff_python_ast::{Expr, ExprCall, ExprStringLiteral, Operator, Stmt};
use ruff_text_size::{Ranged, TextRange};
use synthesizer_model::text::ByteRange;

use super::source::{Source, byte_range};
use super::walker::docstring;

const MAX_PATH_BYTES: usize = 256;
const MAX_SUMMARY_CHARACTERS: usize = 300;

/// Gives the inside of a literal's quotes, if the text there is the value byte for byte: no escapes, one part.
pub(super) fn verbatim_range(
    literal: &ExprStringLiteral,
    text: &str,
    base: usize,
) -> Option<ByteRange> {
    let part = literal.as_single_part_string()?;
    let inside = byte_range(part.content_range());
    let is_verbatim = inside.of(text) == Some(part.as_str());
    is_verbatim.then(|| ByteRange::new(inside.start + base, inside.end + base))
}

/// A string with where to edit it.
pub(super) struct Literal<'a> {
    pub(super) text: &'a str,
    /// The inside of the quotes; none where the text cannot be edited in place.
    pub(super) inside: Option<ByteRange>,
}

/// Reads an expression as a string literal.
pub(super) fn literal<'a>(expression: &'a Expr, source: &Source<'_>) -> Option<Literal<'a>> {
    let literal = expression.as_string_literal_expr()?;
    Some(Literal {
        text: literal.value.to_str(),
        inside: verbatim_range(literal, source.text, 0),
    })
}

/// Whether a text could name a data file or a module, or is a statement that imports from one.
pub(super) fn could_name_a_file(text: &str) -> bool {
    text.len() < MAX_PATH_BYTES
        && text.contains(['.', '/'])
        && (!text.contains(char::is_whitespace) || imports(text))
}

fn imports(text: &str) -> bool {
    text.trim_start().starts_with("from ") && text.contains(" import ")
}

/// Peels `call / "a" / "b"` and `call.joinpath("a", "b")` down to the call and the joined path; the path is none where
/// a part is computed.
pub(super) fn joined_path(expression: &Expr) -> Option<(&ExprCall, Option<String>)> {
    let mut parts: Vec<Option<&str>> = Vec::new();
    let mut current = expression;
    loop {
        match current {
            Expr::BinOp(operation) if operation.op == Operator::Div => {
                parts.push(text_of(&operation.right));
                current = &operation.left;
            }
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(method) if method.attr.as_str() == "joinpath" => {
                    parts.extend(call.arguments.args.iter().rev().map(text_of));
                    current = &method.value;
                }
                _ if parts.is_empty() => return None,
                _ => {
                    let path: Option<Vec<&str>> = parts.into_iter().rev().collect();
                    return Some((call, path.map(|parts| parts.join("/"))));
                }
            },
            _ => return None,
        }
    }
}

/// The literals of a joined path, and the expressions that are inner parts of it.
pub(super) struct JoinedPath {
    /// None where none names a file or folder.
    pub(super) text: Option<String>,
    pub(super) inner: Vec<TextRange>,
}

/// Reads `x / "a" / "b"`, `x.joinpath("a", "b")` and `os.path.join(x, "a", "b")`, whatever `x` is; none for what joins nothing.
///
/// Of a path that goes on with a computed part, the literals before that part count: they name a folder.
pub(super) fn literals_of_path(expression: &Expr) -> Option<JoinedPath> {
    let mut parts: Vec<Option<&str>> = Vec::new();
    let mut inner = Vec::new();
    let mut current = expression;
    loop {
        let next = match current {
            Expr::BinOp(operation) if operation.op == Operator::Div => {
                parts.push(text_of(&operation.right));
                &*operation.left
            }
            Expr::Call(call) => match (&*call.func, &*call.arguments.args) {
                (Expr::Attribute(method), arguments) if method.attr.as_str() == "joinpath" => {
                    parts.extend(arguments.iter().rev().map(text_of));
                    &*method.value
                }
                // The method of a string takes one argument.
                (Expr::Attribute(method), [first, further @ ..])
                    if method.attr.as_str() == "join" && !further.is_empty() =>
                {
                    parts.extend(further.iter().rev().map(text_of));
                    first
                }
                _ => break,
            },
            _ => break,
        };
        inner.push(next.range());
        current = next;
    }
    if inner.is_empty() {
        return None;
    }
    let literal: Vec<&str> = parts.into_iter().rev().map_while(|part| part).collect();
    let text = literal.join("/");
    let names_a_path = text.len() < MAX_PATH_BYTES
        && !text.contains(char::is_whitespace)
        && text.contains(char::is_alphanumeric);
    Some(JoinedPath {
        text: names_a_path.then_some(text),
        inner,
    })
}

fn text_of(expression: &Expr) -> Option<&str> {
    Some(expression.as_string_literal_expr()?.value.to_str())
}

/// Gives the first paragraph of a body's docstring in one line, at most 300 characters.
pub(super) fn summary(body: &[Stmt]) -> Option<String> {
    let text = docstring(body)?.value.to_str().trim();
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let summary: String = lines
        .join(" ")
        .chars()
        .take(MAX_SUMMARY_CHARACTERS)
        .collect();
    (!summary.is_empty()).then_some(summary)
}
