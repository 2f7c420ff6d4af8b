//! Merges into `pyproject.toml`: all of a template's part; of a source only the pytest options that moved tests need.

use synthesizer_model::finding::{Finding, Severity};
use toml_edit::{DocumentMut, Item};

use super::{
    merged::{Extent, MergeSource, Merged, finding, listed},
    pytest_options::PytestOptions,
    toml_lines::{self, Part, line_of},
};

/// Says whether a file can tell pytest's options.
pub(super) fn is_read(path: &str) -> bool {
    matches!(
        path,
        "pyproject.toml" | "pytest.ini" | ".pytest.ini" | "tox.ini" | "setup.cfg"
    )
}

pub(super) fn merge(base: &str, sources: &[MergeSource<'_>]) -> Merged {
    let mut findings = Vec::new();
    let parts: Vec<Part<'_>> = sources
        .iter()
        .filter_map(|source| {
            let document = if source.path.ends_with(".toml") {
                of_toml(source, &mut findings)?
            } else {
                let options = PytestOptions::of_ini(source.text);
                tell_left(source, &options, &mut findings);
                options.document()
            };
            Some(Part {
                source: *source,
                document,
            })
        })
        .collect();
    toml_lines::merge(base, &parts, |_| false, findings)
}

fn of_toml(source: &MergeSource<'_>, findings: &mut Vec<Finding>) -> Option<DocumentMut> {
    let Ok(document) = source.text.parse::<DocumentMut>() else {
        let what = "the file is not valid TOML, so nothing of it is merged";
        findings.push(finding(
            Severity::Warning,
            "merge-unreadable",
            source,
            None,
            what,
        ));
        return None;
    };
    if source.extent == Extent::Template {
        return Some(document);
    }
    let options = PytestOptions::of_pyproject(&document);
    tell_left(source, &options, findings);
    let tools: Vec<String> = document
        .get("tool")
        .and_then(Item::as_table_like)
        .map(|tools| {
            tools
                .iter()
                .map(|(name, _)| name.to_owned())
                .filter(|name| name != "pytest")
                .collect()
        })
        .unwrap_or_default();
    if !tools.is_empty() {
        let what = format!(
            "the settings of {} stay with their project: moved code is not linted or built by them",
            listed(&tools)
        );
        let line = line_of(source.text, &["tool", &tools[0]]);
        findings.push(finding(
            Severity::Info,
            "settings-not-taken",
            source,
            line,
            &what,
        ));
    }
    Some(options.document())
}

fn tell_left(source: &MergeSource<'_>, options: &PytestOptions, findings: &mut Vec<Finding>) {
    if !options.left.is_empty() {
        let what = format!(
            "the pytest options {} are not taken; add them to [tool.pytest.ini_options] if moved tests need them",
            listed(&options.left)
        );
        let line = line_of(source.text, &["tool", "pytest"]);
        findings.push(finding(
            Severity::Info,
            "settings-not-taken",
            source,
            line,
            &what,
        ));
    }
}
