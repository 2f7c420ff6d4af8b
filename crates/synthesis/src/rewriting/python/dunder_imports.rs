//! `__import__("a.b")` in code and in texts that become code: its value is the first package, so that follows the new name.

use synthesizer_model::text::{ByteRange, LineIndex};

use super::{names::Standing, rewriting::PythonRewrite};
use crate::rewriting::Transform;

const CALL: &str = "__import__(";
/// The longest module name that is looked at, in bytes.
const LONGEST: usize = 256;

impl PythonRewrite<'_> {
    /// Rewrites calls with one literal: `__import__("a.b")` becomes `__import__("new.a.b").a`, which has the same value.
    pub(super) fn rewrite_dunder_imports(&mut self) {
        let calls: Vec<usize> = self
            .text
            .match_indices(CALL)
            .map(|(start, _)| start)
            .collect();
        if calls.is_empty() {
            return;
        }
        let lines = LineIndex::new(self.text);
        for start in calls {
            let Some(name) = only_argument(self.text, start + CALL.len()) else {
                continue;
            };
            let module = name.of(self.text).unwrap_or_default();
            let Standing::Placed(new) = self.standing(module) else {
                continue;
            };
            let first = module.split('.').next().unwrap_or(module);
            let prefix = new
                .strip_suffix(module)
                .and_then(|prefix| prefix.strip_suffix('.'));
            let (Some(prefix), Some(closing)) = (prefix, self.text[name.end..].find(')')) else {
                continue;
            };
            // The value is the first package of the new name; below it lies the old first one.
            let below = prefix
                .split_once('.')
                .map_or(String::new(), |(_, rest)| format!(".{rest}"));
            let end = name.end + closing + 1;
            let quote = self.text[name.end..end].to_owned();
            let range = ByteRange::new(name.start, end);
            if !self.edits.cover(range) {
                let line = lines.line(start);
                let replacement = format!("{new}{quote}{below}.{first}");
                self.edit(range, replacement, Transform::NamesRewritten, line);
            }
        }
    }
}

/// Gives the dotted name between quotes, escaped ones too, that is all between the parentheses.
fn only_argument(text: &str, start: usize) -> Option<ByteRange> {
    let rest = text.get(start..)?;
    let quote = ["\\\"", "\\'", "\"", "'"]
        .into_iter()
        .find(|quote| rest.starts_with(quote))?;
    let inside = start + quote.len();
    let length = text[inside..]
        .bytes()
        .take(LONGEST)
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
        .count();
    let after = text.get(inside + length..)?.strip_prefix(quote)?;
    (length > 0 && after.starts_with(')')).then(|| ByteRange::new(inside, inside + length))
}
