//! What a source's `pyproject.toml` declares for those who install the whole of it, and what the new project does not have of that: entry
//! points by which other programs find it, and pins of the packages that it was made with. Takes nothing.

use synthesizer_model::finding::{Finding, Severity};
use toml_edit::{DocumentMut, Item};

use super::{
    merged::{MergeSource, finding, listed},
    toml_lines::line_of,
};

/// Settings of uv that choose versions of packages, for the project that they stand in alone (uv, "Settings").
const PINS: &[&str] = &["constraint-dependencies", "override-dependencies"];

/// Lists what is not taken.
pub(super) fn told(source: &MergeSource<'_>) -> Vec<Finding> {
    let Ok(document) = source.text.parse::<DocumentMut>() else {
        // A manifest that cannot be read is told where it is read for what it asks for.
        return Vec::new();
    };
    let mut findings = Vec::new();
    let groups = item(&document, &["project", "entry-points"]).and_then(Item::as_table_like);
    for (group, entries) in groups.into_iter().flat_map(|groups| groups.iter()) {
        let names = entries
            .as_table_like()
            .into_iter()
            .flat_map(|entries| entries.iter());
        let names: Vec<String> = names.map(|(name, _)| name.to_owned()).collect();
        if !names.is_empty() {
            let what = format!(
                "the entry points {} of {group} are not taken, so what looks for them does not find the project: declare them under [project.entry-points] with the new module names if it should",
                listed(&names)
            );
            let line = line_of(source.text, &["project", "entry-points", group]);
            findings.push(finding(
                Severity::Info,
                "entry-points-left-out",
                source,
                line,
                &what,
            ));
        }
    }
    for pin in PINS {
        let pinned = item(&document, &["tool", "uv", pin]).and_then(Item::as_array);
        let pinned = pinned.into_iter().flat_map(|list| list.iter());
        let names: Vec<String> = pinned
            .filter_map(|entry| entry.as_str().map(str::to_owned))
            .collect();
        if !names.is_empty() {
            let what = format!(
                "{pin} of {} is not taken: the source was made with these versions; copy it into [tool.uv] of the project's pyproject.toml to keep it",
                listed(&names)
            );
            let line = line_of(source.text, &["tool", "uv", pin]);
            findings.push(finding(
                Severity::Warning,
                "settings-not-taken",
                source,
                line,
                &what,
            ));
        }
    }
    findings
}

fn item<'d>(document: &'d DocumentMut, path: &[&str]) -> Option<&'d Item> {
    path.iter()
        .try_fold(document.as_item(), |item, name| item.get(name))
}

#[cfg(test)]
mod tests {
    use super::super::Extent;
    use super::*;

    fn check(text: &str, expected: &[(&str, Option<u32>)]) {
        let source = MergeSource {
            id: "x",
            path: "pyproject.toml",
            text,
            extent: Extent::Whole,
            folder: "",
        };
        let findings = told(&source);
        let found: Vec<(&str, Option<u32>)> = findings
            .iter()
            .map(|one| (one.kind.as_str(), one.line))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_is_lost_of_a_manifest_is_told_with_its_line() {
        check(
            "[project.entry-points.pytest11]\nx = \"x.plugin\"\n[project.entry-points.empty]\n[tool.uv]\noverride-dependencies = [\"a==1\"]\n",
            &[
                ("entry-points-left-out", Some(1)),
                ("settings-not-taken", Some(5)),
            ],
        );
        check(
            "[project.scripts]\nx = \"x:main\"\n[tool.uv]\ndev-dependencies = [\"a\"]\n",
            &[],
        );
        check("project = 1\ntool = 2\n", &[]);
        check("[project]\nentry-points = { g = 1 }\n", &[]);
        check("[", &[]);
    }
}
