//! The lines of one file by language. Knows no file names and reads no file.

use synthesizer_model::source_file::{LanguageLines, LineCounts};
use tokei::LanguageType;

use super::{blocks, counter::Counter, encoding, notebook, rules};

/// How deeply texts may lie inside each other. Four levels are the most that honest files have: a notebook whose Markdown holds a page
/// whose script is counted.
pub(super) const MOST_LEVELS: u8 = 12;

/// What counting a file gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// Its lines by language; see [`count`].
    pub lines: Vec<LanguageLines>,
    /// Why some lines may be counted for the wrong language, one sentence.
    pub problem: Option<&'static str>,
}

/// Counts the lines of one file by language: the file's own first, then those that are written inside it, sorted by name.
///
/// Equal to `tokei`'s figures, with the lines of every level of nesting added up by language; so the second part can name the file's own
/// language again (Rust in Markdown in Rust). The lines of a notebook are those of its cells, which are in the second part once more, as
/// `tokei` has it. Empty for a name that is no language of `tokei`. Takes time and memory linear in the length of the text, whatever it
/// holds.
pub fn count(language: &str, text: &[u8]) -> Vec<LanguageLines> {
    measure(language, text).lines
}

/// Counts as [`count`] does and says what was not counted fully.
pub fn measure(language: &str, text: &[u8]) -> Counted {
    let Some(language) = rules::by_name(language) else {
        return Counted::default();
    };
    let text = encoding::as_utf8(text);
    let mut inside = Inside::default();
    let own = count_text(language, &text, 0, &mut inside);
    let mut lines = vec![LanguageLines {
        language: language.name().to_owned(),
        lines: own,
    }];
    inside.lines.retain(|(_, lines)| lines.total() > 0);
    inside.lines.sort_by_key(|(language, _)| language.name());
    lines.extend(
        inside
            .lines
            .into_iter()
            .map(|(language, lines)| LanguageLines {
                language: language.name().to_owned(),
                lines,
            }),
    );
    Counted {
        lines,
        problem: inside
            .too_deep
            .then_some("texts of other languages lie too deeply inside each other; the innermost are counted as one"),
    }
}

/// Adds up the lines of one file over its languages, each line once.
pub fn whole_file(lines: &[LanguageLines]) -> LineCounts {
    let Some((own, inside)) = lines.split_first() else {
        return LineCounts::default();
    };
    let mut whole = own.lines;
    if own.language != LanguageType::Jupyter.name() {
        for part in inside {
            whole.add(part.lines);
        }
    }
    whole
}

/// Lines that are written inside a file of another language.
#[derive(Debug, Default)]
pub(super) struct Inside {
    /// The lines by language, in the order in which the languages are met.
    pub(super) lines: Vec<(LanguageType, LineCounts)>,
    /// Whether texts lie in each other more deeply than is counted.
    pub(super) too_deep: bool,
}

impl Inside {
    /// Adds lines of a language.
    pub(super) fn add(&mut self, language: LanguageType, lines: LineCounts) {
        match self.lines.iter_mut().find(|(known, _)| *known == language) {
            Some((_, known)) => known.add(lines),
            None => self.lines.push((language, lines)),
        }
    }
}

/// Counts a UTF-8 text that lies `level` texts deep. Gives the lines of its own language; those of others are added to `inside`.
pub(super) fn count_text(
    language: LanguageType,
    text: &[u8],
    level: u8,
    inside: &mut Inside,
) -> LineCounts {
    inside.too_deep |= level > MOST_LEVELS;
    match language {
        LanguageType::Jupyter if level > MOST_LEVELS => LineCounts::default(),
        LanguageType::Jupyter => notebook::count(text, level, inside),
        LanguageType::LinguaFranca => {
            let target = blocks::target_language(text).unwrap_or(language);
            Counter::new(language, text, level, inside)
                .for_target(target)
                .count()
        }
        _ => Counter::new(language, text, level, inside).count(),
    }
}
