//! Merges TOML documents and tells the origin of every line of the result. Knows no manifest.

use synthesizer_model::finding::{Finding, Severity};
use toml_edit::{Array, Document, DocumentMut, Item, TableLike, Value};

use super::{
    merged::{GENERATED, LineOrigin, Lines, MergeSource, Merged, all_of, finding, short},
    toml_structure::{Added, Adding, Step},
};

/// A document to add, as far as it is to be taken.
pub(super) struct Part<'a> {
    /// Where it comes from.
    pub(super) source: MergeSource<'a>,
    /// What of it is taken.
    pub(super) document: DocumentMut,
}

/// Adds documents to a text, in their order.
pub(super) fn merge(
    base: &str,
    parts: &[Part<'_>],
    is_dependencies: fn(&[Step]) -> bool,
    mut findings: Vec<Finding>,
) -> Merged {
    let unchanged = |findings| Merged {
        text: base.to_owned(),
        origins: all_of(base, GENERATED),
        findings,
    };
    let mut document: DocumentMut = match base.parse() {
        Ok(document) => document,
        Err(_) => {
            findings.push(Finding::new(
                Severity::Error,
                "merge-unreadable",
                "the generated file is not valid TOML, so nothing is merged into it",
            ));
            return unchanged(findings);
        }
    };
    let mut added = Added::new();
    for part in parts {
        let mut adding = Adding {
            source: part.source.id,
            added: &mut added,
            clashes: Vec::new(),
            is_dependencies,
        };
        adding.add(
            document.as_table_mut(),
            part.document.as_table(),
            &mut Vec::new(),
        );
        for clash in adding.clashes {
            let what = format!(
                "{} is {} in the project and {} here; the project keeps its own: set it by hand if the other is meant",
                short(&clash.place),
                short(&clash.kept),
                short(&clash.refused)
            );
            findings.push(finding(
                Severity::Warning,
                "merge-clash",
                &part.source,
                None,
                &what,
            ));
        }
    }
    if added.is_empty() {
        return unchanged(findings);
    }
    let text = document.to_string();
    let Some(origins) = origins(&text, &added) else {
        findings.push(Finding::new(
            Severity::Warning,
            "merge-unreadable",
            "what sources would add makes the file unreadable, so nothing is added",
        ));
        return unchanged(findings);
    };
    Merged {
        text,
        origins,
        findings,
    }
}

/// Gives the line of a byte, counted from 0.
struct LineStarts(Vec<usize>);

impl LineStarts {
    fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    fn line(&self, byte: usize) -> usize {
        self.0.partition_point(|end| *end < byte)
    }
}

/// Gives the line of a key path in a text, counted from 1.
pub(super) fn line_of(text: &str, path: &[&str]) -> Option<u32> {
    let document = Document::parse(text).ok()?;
    let mut table: &dyn TableLike = document.as_table();
    let (last, above) = path.split_last()?;
    for name in above {
        table = table.get(name)?.as_table_like()?;
    }
    let start = match table.get(last)? {
        Item::Table(inner) if !inner.is_implicit() => inner.span()?.start,
        _ => table.key(last)?.span()?.start,
    };
    u32::try_from(LineStarts::of(text).line(start) + 1).ok()
}

fn origins(text: &str, added: &Added) -> Option<Vec<LineOrigin>> {
    let document = Document::parse(text).ok()?;
    let mut marking = Marking {
        starts: LineStarts::of(text),
        lines: Lines::of(text),
        added,
    };
    marking.table(document.as_table(), &mut Vec::new(), GENERATED);
    Some(marking.lines.origins())
}

struct Marking<'a> {
    starts: LineStarts,
    lines: Lines,
    added: &'a Added,
}

impl<'a> Marking<'a> {
    fn owner(&self, place: &[Step], above: &'a str) -> &'a str {
        self.added.get(place).map_or(above, String::as_str)
    }

    fn mark(&mut self, bytes: Option<std::ops::Range<usize>>, owner: &str) {
        if let Some(bytes) = bytes {
            let (first, last) = (
                self.starts.line(bytes.start),
                self.starts.line(bytes.end.max(bytes.start + 1) - 1),
            );
            self.lines.mark(first, last, owner);
        }
    }

    fn mark_first(&mut self, bytes: Option<std::ops::Range<usize>>, owner: &str) {
        self.mark(bytes.map(|bytes| bytes.start..bytes.start + 1), owner);
    }

    fn table(&mut self, table: &dyn TableLike, place: &mut Vec<Step>, above: &'a str) {
        for (name, item) in table.iter() {
            place.push(Step::Key(name.to_owned()));
            let owner = self.owner(place, above);
            match item {
                Item::None => {}
                Item::Value(value) => {
                    self.mark_first(table.key(name).and_then(|key| key.span()), owner);
                    self.value(value, place, owner);
                }
                Item::Table(inner) => {
                    if !inner.is_implicit() && !inner.is_dotted() {
                        self.mark_first(inner.span(), owner);
                    }
                    self.table(inner, place, owner);
                }
                Item::ArrayOfTables(tables) => {
                    for (number, inner) in tables.iter().enumerate() {
                        place.push(Step::Entry(number));
                        let owner = self.owner(place, owner);
                        self.mark_first(inner.span(), owner);
                        self.table(inner, place, owner);
                        place.pop();
                    }
                }
            }
            place.pop();
        }
    }

    fn value(&mut self, value: &Value, place: &mut Vec<Step>, owner: &'a str) {
        match value {
            Value::Array(array) => self.array(array, place, owner),
            Value::InlineTable(table) => self.table(table, place, owner),
            _ => self.mark(value.span(), owner),
        }
    }

    fn array(&mut self, array: &Array, place: &mut Vec<Step>, owner: &'a str) {
        let span = array.span();
        self.mark_first(span.clone(), owner);
        self.mark(
            span.map(|bytes| bytes.end.saturating_sub(1)..bytes.end),
            owner,
        );
        for (number, value) in array.iter().enumerate() {
            place.push(Step::Entry(number));
            let owner = self.owner(place, owner);
            self.value(value, place, owner);
            place.pop();
        }
    }
}
