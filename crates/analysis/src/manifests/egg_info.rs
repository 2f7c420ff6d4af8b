//! What setuptools wrote beside `PKG-INFO` into a source archive. Older archives have their dependencies only there.

use synthesizer_model::dependency::Ecosystem;

use super::{
    facts::{ManifestFacts, ManifestFormat, Section},
    ini,
};

const DOCUMENTATION: &str = "https://setuptools.pypa.io/en/latest/deprecated/python_eggs.html";

/// The requirements.
pub(super) static REQUIRES: ManifestFormat = ManifestFormat {
    name: "requires.txt",
    documentation: DOCUMENTATION,
    ecosystem: Ecosystem::Python,
    listed: true,
    matches: |path| is_in_egg_info(path, "requires.txt"),
    parse: parse_requires,
};

/// The list of files; it is written together with the requirements, so alone it states that there are none.
pub(super) static SOURCES: ManifestFormat = ManifestFormat {
    name: "SOURCES.txt",
    documentation: DOCUMENTATION,
    ecosystem: Ecosystem::Python,
    listed: false,
    matches: |path| is_in_egg_info(path, "SOURCES.txt"),
    parse: |path, _| {
        let mut facts = ManifestFacts::new(path);
        facts.state(Section::Runtime);
        facts.state(Section::Optional);
        facts
    },
};

/// The console scripts.
pub(super) static ENTRY_POINTS: ManifestFormat = ManifestFormat {
    name: "entry_points.txt",
    documentation: "https://packaging.python.org/en/latest/specifications/entry-points/",
    ecosystem: Ecosystem::Python,
    listed: false,
    matches: |path| is_in_egg_info(path, "entry_points.txt"),
    parse: parse_entry_points,
};

/// The folder lies at the top or in `src`, where setuptools puts that of the root project.
fn is_in_egg_info(path: &str, file_name: &str) -> bool {
    let below_top = path.strip_prefix("src/").unwrap_or(path);
    below_top
        .strip_suffix(file_name)
        .and_then(|folder| folder.strip_suffix(".egg-info/"))
        .is_some_and(|name| !name.is_empty() && !name.contains('/'))
}

fn parse_requires(path: &str, text: &str) -> ManifestFacts {
    let mut facts = ManifestFacts::new(path);
    facts.state(Section::Runtime);
    facts.state(Section::Optional);
    let mut extra = "";
    let mut condition = "";
    for (number, line) in (1_u32..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if let Some(header) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            (extra, condition) = header.split_once(':').unwrap_or((header, ""));
            if !extra.is_empty() {
                facts.add_extra(extra);
            }
            continue;
        }
        let requirement = if condition.is_empty() {
            line.to_owned()
        } else {
            format!("{line} ; {condition}")
        };
        match extra {
            "" => facts.require(Section::Runtime, None, &requirement, number),
            extra => facts.require(Section::Optional, Some(extra), &requirement, number),
        }
    }
    facts.finished()
}

fn parse_entry_points(path: &str, text: &str) -> ManifestFacts {
    let mut facts = ManifestFacts::new(path);
    for entry in ini::entries(text) {
        facts.add_entry_point(entry.section, entry.key, &entry.text());
    }
    facts.finished()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_extras_and_conditions() {
        let text = "a>=1\n\n[:platform_system == \"Windows\"]\ncolorama\n\n[fast]\nb\n\n[fast:os_name == \"nt\"]\nc\n";
        let facts = parse_requires("x.egg-info/requires.txt", text);
        let shown: Vec<(String, Option<&str>, u32)> = facts
            .runtime
            .iter()
            .flatten()
            .chain(facts.optional.iter().flatten())
            .map(|dependency| {
                (
                    dependency.requirement(),
                    dependency.group.as_deref(),
                    dependency.line,
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("a>=1".to_owned(), None, 1),
                (
                    "colorama; platform_system == \"Windows\"".to_owned(),
                    None,
                    4
                ),
                ("b".to_owned(), Some("fast"), 7),
                ("c; os_name == \"nt\"".to_owned(), Some("fast"), 10),
            ]
        );
        assert_eq!(facts.extras, ["fast"]);
    }

    #[test]
    fn only_the_root_project_counts() {
        for (path, expected) in [
            ("x.egg-info/requires.txt", true),
            ("src/x.egg-info/requires.txt", true),
            ("examples/x.egg-info/requires.txt", false),
            (".egg-info/requires.txt", false),
            ("requires.txt", false),
        ] {
            assert_eq!(is_in_egg_info(path, "requires.txt"), expected, "{path}");
        }
    }
}
