//! Merges into `Cargo.toml`: all of a template's part; of a source nothing, for its own manifest comes along with its crate. What counts only
//! at the top of a workspace, and is therefore lost, is reported; profiles are [`super::cargo_profiles`].

use synthesizer_model::finding::{Finding, Severity};
use toml_edit::{DocumentMut, Item};

use super::{
    merged::{Extent, MergeSource, Merged, finding, listed},
    toml_lines::{self, Part, line_of},
    toml_structure::Step,
};

/// Tables that Cargo reads only at the top of a workspace, and what is lost without them.
const OF_THE_TOP: &[(&str, &str)] = &[
    (
        "patch",
        "the crate was built with other versions of these packages",
    ),
    (
        "replace",
        "the crate was built with other versions of these packages",
    ),
];

pub(super) fn merge(base: &str, sources: &[MergeSource<'_>]) -> Merged {
    let mut findings = Vec::new();
    let mut parts = Vec::new();
    for source in sources {
        match source.text.parse::<DocumentMut>() {
            Ok(document) if source.extent == Extent::Template => parts.push(Part {
                source: *source,
                document,
            }),
            Ok(document) => tell_lost(source, &document, &mut findings),
            Err(_) => {
                let what = "the file is not valid TOML, so nothing of it is merged";
                findings.push(finding(
                    Severity::Warning,
                    "merge-unreadable",
                    source,
                    None,
                    what,
                ));
            }
        }
    }
    toml_lines::merge(base, &parts, is_dependencies, findings)
}

fn tell_lost(source: &MergeSource<'_>, document: &DocumentMut, findings: &mut Vec<Finding>) {
    for (table, loss) in OF_THE_TOP {
        let Some(found) = document.get(table).and_then(Item::as_table_like) else {
            continue;
        };
        let names: Vec<String> = found
            .iter()
            .flat_map(|(name, item)| match (*table, item.as_table_like()) {
                ("patch", Some(packages)) => packages
                    .iter()
                    .map(|(package, _)| package.to_owned())
                    .collect(),
                _ => vec![name.to_owned()],
            })
            .collect();
        let what = format!(
            "[{table}] of {} is not taken: {loss}; copy it into the project's Cargo.toml to keep it",
            listed(&names)
        );
        let line = line_of(source.text, &[table]);
        findings.push(finding(
            Severity::Warning,
            "settings-not-taken",
            source,
            line,
            &what,
        ));
    }
}

/// Says whether a table lists packages: `dependencies` and its kin, for all targets or one, of the package or the workspace.
fn is_dependencies(place: &[Step]) -> bool {
    matches!(
        place.last(),
        Some(Step::Key(name)) if matches!(name.as_str(), "dependencies" | "dev-dependencies" | "build-dependencies")
    )
}
