//! Merges texts of several sources into one file, one format a module: by structure, comments kept, order stable, each line's origin known.
//!
//! Pure. What contradicts is a finding that names the choices; it is never decided silently. What is worth taking of a source is said in
//! `docs/design/014-templates-and-merging.md`.

mod cargo_manifest;
mod cargo_profiles;
mod gitignore;
mod go_mod;
mod merged;
mod package_json;
#[cfg(test)]
mod properties;
mod pyproject;
mod pytest_options;
mod python_declared;
mod shared;
mod test_settings;
mod toml_lines;
mod toml_structure;
mod tool_configuration;
mod workflows;

use synthesizer_model::finding::{Finding, Severity};

pub use merged::{Extent, GENERATED, LARGEST, LineOrigin, MOST_SOURCES, MergeSource, Merged};
pub use shared::SharedText;
pub(crate) use shared::{record, retold};
pub use workflows::place as place_workflow;

/// A kind of file in which sources meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `pyproject.toml`, with what pytest's own files say of it.
    Pyproject,
    /// `Cargo.toml`.
    CargoManifest,
    /// `package.json`.
    PackageJson,
    /// `go.mod`.
    GoMod,
    /// `.gitignore`.
    Gitignore,
    /// Workflows of continuous integration; each is a file of its own.
    Workflow,
    /// Configuration of linters, formatters and type checkers.
    ToolConfiguration,
}

/// How files of one kind are merged.
struct Format {
    kind: Kind,
    /// Says whether a file of a source, by its path there, is read for it.
    is_read: fn(&str) -> bool,
    /// Merges the texts of sources, sorted by id and path, into a base text.
    merge: fn(&str, &[MergeSource<'_>]) -> Merged,
}

/// Every format.
static FORMATS: &[Format] = &[
    Format {
        kind: Kind::Pyproject,
        is_read: pyproject::is_read,
        merge: pyproject::merge,
    },
    Format {
        kind: Kind::CargoManifest,
        is_read: |path| path == "Cargo.toml",
        merge: cargo_manifest::merge,
    },
    Format {
        kind: Kind::PackageJson,
        is_read: |path| path == "package.json",
        merge: package_json::merge,
    },
    Format {
        kind: Kind::GoMod,
        is_read: |path| path == "go.mod",
        merge: go_mod::merge,
    },
    Format {
        kind: Kind::Gitignore,
        is_read: |path| path == ".gitignore",
        merge: gitignore::merge,
    },
    Format {
        kind: Kind::Workflow,
        is_read: workflows::is_workflow,
        merge: workflows::merge,
    },
    Format {
        kind: Kind::ToolConfiguration,
        is_read: tool_configuration::is_configuration,
        merge: tool_configuration::merge,
    },
];

/// Says which merge a file of a source's top belongs to; `None` when it is not merged.
pub fn kind_of(path: &str) -> Option<Kind> {
    let format = FORMATS.iter().find(|format| (format.is_read)(path));
    format.map(|format| format.kind)
}

/// Merges the texts of sources into a generated text.
///
/// The order of the sources does not matter. A text that adds nothing changes nothing, byte for byte. A text that cannot be read is left
/// out and reported.
pub fn merge(kind: Kind, base: &str, sources: &[MergeSource<'_>]) -> Merged {
    let mut sorted: Vec<MergeSource<'_>> = sources.to_vec();
    // What the template says of the project comes before what sources say.
    sorted.sort_by(|one, other| {
        (
            one.extent != Extent::Template,
            one.id,
            one.path,
            one.text,
            one.folder,
        )
            .cmp(&(
                other.extent != Extent::Template,
                other.id,
                other.path,
                other.text,
                other.folder,
            ))
    });
    sorted.dedup();
    let mut findings: Vec<Finding> = Vec::new();
    if sorted.len() > MOST_SOURCES {
        findings.push(Finding::new(
            Severity::Warning,
            "merge-too-much",
            format!(
                "{} texts would be merged into one file; only the first {MOST_SOURCES} are",
                sorted.len()
            ),
        ));
        sorted.truncate(MOST_SOURCES);
    }
    sorted.retain(|source| {
        let fits = source.text.len() <= LARGEST;
        if !fits {
            let what = "the file is larger than 1 MiB and is not merged";
            findings.push(merged::finding(
                Severity::Warning,
                "merge-too-large",
                source,
                None,
                what,
            ));
        }
        fits
    });
    let format = FORMATS
        .iter()
        .find(|format| format.kind == kind)
        .expect("every kind is in the list");
    let mut merged = (format.merge)(base, &sorted);
    findings.append(&mut merged.findings);
    merged.findings = findings;
    merged
}
