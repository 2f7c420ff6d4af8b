//! Tests that look for data from the place of a taken module, above its package: `Path(pkg.__file__).parent.parent / "data"`. There, the
//! data lies beside the tests.

use synthesizer_model::{python::PythonFile, text::ByteRange};

use super::{layout::join, taken::TakenModules};
use crate::module_graph::ModuleGraph;

/// A use of `module.__file__` to get to the folder in which the module's top-level package lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileUse {
    /// `module.__file__`.
    pub range: ByteRange,
    /// Line of its first byte, counted from 1.
    pub line: u32,
    /// The module's path below its import root.
    pub import_path: String,
    /// What is looked for, by its path in the source.
    pub place: String,
}

/// Finds them by the text after each use; a place that is computed is none.
pub(super) fn of_file(
    graph: &ModuleGraph,
    taken: &TakenModules<'_>,
    facts: &PythonFile,
    text: &str,
) -> Vec<FileUse> {
    let uses = facts.uses.iter().filter(|usage| !usage.in_string);
    uses.filter_map(|usage| {
        let (last, parts) = usage.parts.split_last()?;
        let range = ByteRange::new(usage.ranges.first()?.start, usage.ranges.last()?.end);
        let module = parts.join(".");
        if last != "__file__" || !taken.has_file(&module) {
            return None;
        }
        let node = graph.node(graph.index(&module)?);
        let (parents, name) = place_after(text.get(range.end..)?)?;
        if parents != node.import_path.split('/').count() {
            return None;
        }
        let root = node.path.as_str().strip_suffix(&node.import_path)?;
        Some(FileUse {
            range,
            line: usage.line,
            place: join(root.trim_end_matches('/'), name),
            import_path: node.import_path.clone(),
        })
    })
    .collect()
}

/// Reads `).parent.parent / "name"`: how many parents, and the name.
fn place_after(text: &str) -> Option<(usize, &str)> {
    let mut rest = text.trim_start().strip_prefix(')')?.trim_start();
    let mut parents = 0;
    loop {
        if let Some(after) = rest.strip_prefix(".parent") {
            parents += 1;
            rest = after.trim_start();
        } else if let Some(after) = [".resolve()", ".absolute()"]
            .iter()
            .find_map(|call| rest.strip_prefix(call))
        {
            rest = after.trim_start();
        } else {
            break;
        }
    }
    let rest = rest.strip_prefix('/')?.trim_start();
    let quote = rest
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))?;
    let (name, _) = rest[1..].split_once(quote)?;
    let is_plain = !name.is_empty()
        && name.len() <= 100
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        && !name.starts_with('.');
    is_plain.then_some((parents, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(usize, &str)>) {
        assert_eq!(place_after(text), expected, "{text}");
    }

    #[test]
    fn the_place_is_read_from_the_text_after_the_use() {
        check(").parent.parent / \"json\"\n", Some((2, "json")));
        check(").resolve().parent / 'a.b'", Some((1, "a.b")));
        check(").parents[1] / 'a'", None);
        check(").parent / name", None);
        check(").parent / '../a'", None);
        check(").parent / 'é'", None);
        check(".x", None);
        check("", None);
    }
}
