//! What the parser could not read, by line.

use synthesizer_model::text::escape_untrusted;

use super::{node::Node, vocabulary::Vocabulary};

/// Errors that are listed of one file.
pub(super) const MOST: usize = 100;

/// Longest text of an error that is quoted, in characters.
const QUOTED: usize = 40;

/// Lists errors by line, at most [`MOST`].
pub(super) fn list<V: Vocabulary>(root: Node<'_, V>) -> Vec<(u32, String)> {
    let mut errors = Vec::new();
    if !root.inner().has_error() {
        return errors;
    }
    let mut cursor = root.inner().walk();
    let mut depth = 0_u32;
    while errors.len() < MOST {
        let inner = cursor.node();
        let node = Node::new(inner, root.context());
        if inner.is_error() {
            errors.push((node.line(), unexpected(node.text())));
        } else if inner.is_missing() {
            errors.push((node.line(), format!("missing `{}`", inner.kind())));
        } else if inner.has_error() && cursor.goto_first_child() {
            depth += 1;
            continue;
        }
        loop {
            if depth == 0 {
                return errors;
            }
            if cursor.goto_next_sibling() {
                break;
            }
            cursor.goto_parent();
            depth -= 1;
        }
    }
    errors
}

fn unexpected(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let quoted: String = line.chars().take(QUOTED).collect();
    let rest = if quoted.len() < text.trim_end().len() {
        "…"
    } else {
        ""
    };
    format!("unexpected `{}`{rest}", escape_untrusted(&quoted))
}
