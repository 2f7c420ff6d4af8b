//! What goes into a merge and what comes out. Values only.

use synthesizer_model::{
    finding::{Finding, Severity},
    text::escape_untrusted,
};

/// The origin of every line that the synthesis itself wrote.
pub const GENERATED: &str = "generated";
/// The largest text that is merged, in bytes; a larger one is left out and reported.
pub const LARGEST: usize = 1 << 20;
/// The most texts that are merged into one file; more are left out and reported.
pub const MOST_SOURCES: usize = 1000;

/// How much of a source stands behind a text that is merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// It is a template's: everything in it is meant for the new project.
    Template,
    /// The whole repository is taken.
    Whole,
    /// Only components are taken.
    Component,
}

/// A text that is merged into a file of the new project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MergeSource<'a> {
    /// The source's id.
    pub id: &'a str,
    /// The path of the text in the source.
    pub path: &'a str,
    /// The text.
    pub text: &'a str,
    /// How much of the source is taken.
    pub extent: Extent,
    /// The folder of the new project that stands for the source's top; empty for the project's own top.
    pub folder: &'a str,
}

/// Consecutive lines of one origin.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineOrigin {
    /// The first line, counted from 1.
    pub first: u32,
    /// The last line.
    pub last: u32,
    /// The source's id, or [`GENERATED`].
    pub source: String,
}

/// What a merge gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    /// The file.
    pub text: String,
    /// Where its lines come from, by first line. A line to which several contributed lies in several ranges; none lies in no range.
    pub origins: Vec<LineOrigin>,
    /// What was not taken and what contradicts what.
    pub findings: Vec<Finding>,
}

/// Origins while they are gathered, one set of sources a line.
#[derive(Debug, Default)]
pub(super) struct Lines(Vec<Vec<String>>);

impl Lines {
    /// Begins with lines of no origin.
    pub(super) fn of(text: &str) -> Self {
        Self(vec![Vec::new(); text.lines().count()])
    }

    /// Adds an origin to lines, counted from 0; those behind the end are none.
    pub(super) fn mark(&mut self, first: usize, last: usize, source: &str) {
        let end = self.0.len().min(last.saturating_add(1));
        for sources in self.0.get_mut(first..end).unwrap_or_default() {
            if !sources.iter().any(|known| known == source) {
                sources.push(source.to_owned());
            }
        }
    }

    /// Gives the ranges. A line without an origin has that of the next line that has one: a comment or a heading belongs to what follows.
    pub(super) fn origins(mut self) -> Vec<LineOrigin> {
        let mut following: Vec<String> = Vec::new();
        for sources in self.0.iter_mut().rev() {
            if sources.is_empty() {
                sources.clone_from(&following);
            }
            following.clone_from(sources);
        }
        let mut previous = vec![GENERATED.to_owned()];
        for sources in &mut self.0 {
            if sources.is_empty() {
                sources.clone_from(&previous);
            }
            sources.sort();
            previous.clone_from(sources);
        }
        let mut origins: Vec<LineOrigin> = Vec::new();
        let mut open: Vec<LineOrigin> = Vec::new();
        for (number, sources) in (1..).zip(&self.0) {
            let (kept, closed) = open
                .into_iter()
                .partition(|origin: &LineOrigin| sources.contains(&origin.source));
            open = kept;
            origins.extend::<Vec<_>>(closed);
            for source in sources {
                match open.iter_mut().find(|origin| origin.source == *source) {
                    Some(origin) => origin.last = number,
                    None => open.push(LineOrigin {
                        first: number,
                        last: number,
                        source: source.clone(),
                    }),
                }
            }
        }
        origins.extend(open);
        origins.sort();
        origins
    }
}

/// Gives the origins of a text that is all of one source.
pub(super) fn all_of(text: &str, source: &str) -> Vec<LineOrigin> {
    let last = u32::try_from(text.lines().count()).unwrap_or(u32::MAX);
    if last == 0 {
        return Vec::new();
    }
    vec![LineOrigin {
        first: 1,
        last,
        source: source.to_owned(),
    }]
}

/// Makes a finding about a place in a source; `what` may hold text of the source.
pub(super) fn finding(
    severity: Severity,
    kind: &str,
    source: &MergeSource<'_>,
    line: Option<u32>,
    what: &str,
) -> Finding {
    Finding::new(severity, kind, escape_untrusted(what))
        .of(escape_untrusted(source.id))
        .at(escape_untrusted(source.path), line)
}

/// Shortens a value for a message.
pub(super) fn short(text: &str) -> String {
    const SHOWN: usize = 60;
    let mut shown: String = text.chars().take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// Lists names for a message, at most ten.
pub(super) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 10;
    let mut list: Vec<String> = names.iter().take(SHOWN).map(|name| short(name)).collect();
    if names.len() > SHOWN {
        list.push(format!("{} more", names.len() - SHOWN));
    }
    list.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_an_origin() {
        let mut lines = Lines::of("a\nb\nc\nd\ne\n");
        lines.mark(1, 1, "x");
        lines.mark(1, 2, "y");
        lines.mark(9, 12, "z");
        let origins: Vec<(u32, u32, String)> = lines
            .origins()
            .into_iter()
            .map(|origin| (origin.first, origin.last, origin.source))
            .collect();
        let own = |first, last, source: &str| (first, last, source.to_owned());
        assert_eq!(origins, [own(1, 2, "x"), own(1, 5, "y")]);
        assert_eq!(Lines::of("").origins(), []);
        assert_eq!(Lines::of("a\n\n").origins(), all_of("a\n\n", GENERATED));
    }
}
