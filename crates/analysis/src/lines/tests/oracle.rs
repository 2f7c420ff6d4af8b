//! `tokei`'s own counter, in the form of ours. Not for texts on which it fails or takes quadratic time.

use std::collections::BTreeMap;

use synthesizer_model::source_file::{LanguageLines, LineCounts};
use tokei::{CodeStats, Config, LanguageType};

/// Counts a text as `tokei` does.
pub(super) fn tokei_lines(language: LanguageType, text: &[u8]) -> Vec<LanguageLines> {
    of_statistics(
        language,
        &language.parse_from_slice(text, &Config::default()),
    )
}

/// Gives the statistics of one file in the form of ours.
pub(super) fn of_statistics(language: LanguageType, statistics: &CodeStats) -> Vec<LanguageLines> {
    let mut inside = BTreeMap::new();
    add_inside(statistics, &mut inside);
    let mut lines = vec![named(language.name(), own(statistics))];
    lines.extend(
        inside
            .into_iter()
            .filter(|(_, lines)| lines.total() > 0)
            .map(|(name, lines)| named(name, lines)),
    );
    lines
}

fn add_inside(statistics: &CodeStats, inside: &mut BTreeMap<&'static str, LineCounts>) {
    for (language, statistics) in &statistics.blobs {
        inside
            .entry(language.name())
            .or_default()
            .add(own(statistics));
        add_inside(statistics, inside);
    }
}

fn named(name: &str, lines: LineCounts) -> LanguageLines {
    LanguageLines {
        language: name.to_owned(),
        lines,
    }
}

fn own(statistics: &CodeStats) -> LineCounts {
    let counted = |lines: usize| u32::try_from(lines).expect("a test's text is short");
    LineCounts {
        code: counted(statistics.code),
        comments: counted(statistics.comments),
        blanks: counted(statistics.blanks),
    }
}
