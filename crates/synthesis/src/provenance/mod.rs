//! Where everything came from: `synthesis.lock`, `NOTICE`, `LICENSES/`, `REUSE.toml` and `sbom.cdx.json`. No times, no paths of this machine.

mod reuse;
mod sbom;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use synthesizer_model::{
    finding::{Finding, Severity},
    resolution::ResolvedPackage,
    synthesis::{LockedFile, LockedResolution, LockedSource, Solved, SynthesisLock},
    tree::{TreePath, sha256_hex},
};

use crate::{
    assembly::{OutputFile, Synthesis},
    source::SourceRecord,
};

/// What the lock says where a license is not known.
pub(crate) const UNKNOWN: &str = "unknown";

/// The license of what the synthesis itself writes: nobody's rights are reserved in it.
pub(crate) const GENERATED_LICENSE: &str = "CC0-1.0";

/// The license that the lock records for copied license and notice texts.
pub(crate) const TEXT_LICENSE: &str = "LicenseRef-license-text";

/// What stands beside the other license texts under that name, so that every name has its text.
const TEXT_LICENSE_TEXT: &str = "Files under this name hold texts of licenses and notices of the sources. They are passed on unchanged, as those licenses ask.\n";

/// The parsed licenses of the sources and their files.
#[derive(Debug, Default)]
pub(crate) struct LicenseTexts {
    /// `LICENSES/…`: file name and text.
    pub(crate) files: BTreeMap<String, String>,
    /// The SPDX expression of the whole; `None` when a license is unknown.
    pub(crate) expression: Option<String>,
    /// What to know.
    pub(crate) findings: Vec<Finding>,
}

/// Gathers the license texts that travel with the project: the canonical ones of SPDX, upstream's where SPDX has none.
///
/// `file_licenses` holds the expressions of files that name their own.
pub(crate) fn license_texts(
    sources: &[&SourceRecord],
    file_licenses: &BTreeSet<&str>,
) -> LicenseTexts {
    let mut texts = LicenseTexts::default();
    let mut expressions = BTreeSet::new();
    let mut all_known = true;
    for source in sources {
        let license = source.license.as_deref();
        let known = license.is_some_and(|license| texts.add_expression(license, Some(source)));
        if known {
            expressions.extend(license);
            continue;
        }
        all_known = false;
        texts.findings.push(
            Finding::new(
                Severity::Warning,
                "license-unknown",
                format!(
                    "the license of {} is unknown; find out whether it may be copied",
                    source.title()
                ),
            )
            .of(&source.id),
        );
        if let Some(text) = joined_texts(source) {
            texts
                .files
                .insert(format!("LicenseRef-{}.txt", source.id), text);
        }
    }
    for license in file_licenses {
        if texts.add_expression(license, None) {
            expressions.insert(license);
        } else {
            all_known = false;
        }
    }
    texts.add_expression(GENERATED_LICENSE, None);
    texts.add(TEXT_LICENSE, TEXT_LICENSE_TEXT);
    if all_known {
        texts.expression = combine(&expressions);
    }
    texts
}

impl LicenseTexts {
    /// Adds the texts of an expression; gives false when it is none that SPDX knows.
    fn add_expression(&mut self, license: &str, source: Option<&SourceRecord>) -> bool {
        let Ok(expression) = spdx::Expression::parse(license) else {
            return false;
        };
        for requirement in expression.requirements() {
            let license = &requirement.req.license;
            match license.id() {
                Some(id) => {
                    let name = if id.is_gnu() {
                        license.to_string()
                    } else {
                        id.name.to_owned()
                    };
                    self.add(&name, id.text());
                }
                None => {
                    if let Some(text) = source.and_then(joined_texts) {
                        self.add(&license.to_string().replace(':', "-"), &text);
                    }
                }
            }
            let exception = requirement
                .req
                .addition
                .as_ref()
                .and_then(spdx::AdditionItem::id);
            if let Some(exception) = exception {
                self.add(exception.name, exception.text());
            }
        }
        true
    }

    fn add(&mut self, name: &str, text: &str) {
        self.files
            .entry(format!("{name}.txt"))
            .or_insert_with(|| ending_with_newline(text));
    }
}

/// Combines expressions that all hold.
pub(crate) fn combine(expressions: &BTreeSet<&str>) -> Option<String> {
    if expressions.len() < 2 {
        return expressions.first().map(|only| (*only).to_owned());
    }
    let parts: Vec<String> = expressions
        .iter()
        .map(|expression| {
            if expression.contains(' ') {
                format!("({expression})")
            } else {
                (*expression).to_owned()
            }
        })
        .collect();
    Some(parts.join(" AND "))
}

fn joined_texts(source: &SourceRecord) -> Option<String> {
    (!source.texts.is_empty()).then(|| {
        source
            .texts
            .iter()
            .map(|(_, text)| ending_with_newline(text))
            .collect::<Vec<_>>()
            .join("\n")
    })
}

fn ending_with_newline(text: &str) -> String {
    if text.ends_with('\n') {
        text.to_owned()
    } else {
        format!("{text}\n")
    }
}

/// Counts of one source's files.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FileCounts {
    /// All of them.
    pub(crate) placed: usize,
    /// Those whose contents differ from the source's.
    pub(crate) changed: usize,
}

/// Writes `NOTICE`: what each source is, and its own license and notice texts as they are.
pub(crate) fn notice(project: &str, sources: &[&SourceRecord], counts: &[FileCounts]) -> String {
    let mut notice = format!(
        "{}\n\nThis project has parts of the projects below. synthesis.lock records where each file comes from.\nFiles that it records as generated are under {GENERATED_LICENSE}.\n",
        project
    );
    for (source, counts) in sources.iter().zip(counts) {
        let origin = &source.origin;
        let rule = "=".repeat(78);
        notice.push_str(&format!(
            "\n{rule}\n{}\n\n  From:      {}\n  Revision:  {}\n  License:   {}\n  Files:     {}, of which {} changed\n",
            source.title(),
            origin.url,
            origin.revision,
            source.license.as_deref().unwrap_or(UNKNOWN),
            counts.placed,
            counts.changed,
        ));
        for (name, text) in &source.texts {
            let name = synthesizer_model::text::escape_untrusted(name);
            notice.push_str(&format!(
                "\n{}\n{name} of {}:\n\n",
                "-".repeat(78),
                source.id
            ));
            notice.push_str(&ending_with_newline(text));
        }
    }
    notice
}

/// Gives the source as the lock records it.
pub(crate) fn locked_source(source: &SourceRecord) -> LockedSource {
    LockedSource {
        id: source.id.clone(),
        url: source.origin.url.clone(),
        revision: source.origin.revision.clone(),
        license: source.license.clone().unwrap_or_else(|| UNKNOWN.to_owned()),
    }
}

/// Gives a file of the synthesis itself as the lock records it.
pub(crate) fn locked_generated(path: &TreePath, contents: &[u8], license: &str) -> LockedFile {
    LockedFile {
        path: path.to_string(),
        source: "generated".to_owned(),
        origin: String::new(),
        blob: String::new(),
        license: license.to_owned(),
        transforms: vec!["generated".to_owned()],
        sha256: sha256_hex(contents),
        lines: Vec::new(),
    }
}

/// What only the caller can add to a planned project.
#[derive(Debug, Clone, Default)]
pub struct Completion {
    /// Paths and texts of `README.md` and the ecosystem's locks. One at a path that the synthesis has too takes its place.
    pub files: Vec<(TreePath, Bytes)>,
    /// What the lock says of the resolution; `None` when nothing was resolved.
    pub resolution: Option<LockedResolution>,
    /// The packages that the ecosystem's lock holds, sorted by name and version.
    pub packages: Vec<ResolvedPackage>,
    /// What the lock says of what was solved.
    pub solved: Option<Solved>,
}

/// Adds what only the caller can make, then `REUSE.toml`, `sbom.cdx.json`, and `synthesis.lock`, which lists every file but itself.
pub fn finish(synthesis: Synthesis, completion: Completion) -> Vec<OutputFile> {
    let files = synthesis.files.into_iter();
    let mut files: BTreeMap<TreePath, OutputFile> =
        files.map(|file| (file.path.clone(), file)).collect();
    let locked = synthesis.locked_files.into_iter();
    let mut locked: BTreeMap<String, LockedFile> =
        locked.map(|file| (file.path.clone(), file)).collect();
    let mut add = |locked: &mut BTreeMap<String, LockedFile>, path: TreePath, contents: Bytes| {
        let entry = locked_generated(&path, &contents, GENERATED_LICENSE);
        locked.insert(entry.path.clone(), entry);
        let file = OutputFile {
            path: path.clone(),
            contents,
            executable: false,
        };
        files.insert(path, file);
    };
    for (path, contents) in completion.files {
        add(&mut locked, path, contents);
    }
    let mut sources = synthesis.sources;
    sources.sort_by(|one, other| one.id.cmp(&other.id));
    let bill = sbom::write(&sbom::Materials {
        project: &synthesis.project,
        sources: &sources,
        files: &locked,
        packages: &completion.packages,
    });
    add(&mut locked, plain_path("sbom.cdx.json"), Bytes::from(bill));
    // The lock is not in itself, and still a file with a license.
    let mut annotated = locked.clone();
    let own = locked_generated(&plain_path("synthesis.lock"), b"", GENERATED_LICENSE);
    annotated.insert(own.path.clone(), own);
    let reuse = reuse::write(&annotated, &sources, &synthesis.project.name);
    add(&mut locked, plain_path("REUSE.toml"), Bytes::from(reuse));
    let lock = SynthesisLock {
        version: 1,
        project: synthesis.project,
        sources,
        files: locked.values().cloned().collect(),
        resolution: completion.resolution,
        solved: completion.solved,
    };
    let text =
        toml::to_string(&lock).expect("strings, numbers and lists of tables are always TOML");
    let path = plain_path("synthesis.lock");
    files.insert(
        path.clone(),
        OutputFile {
            path,
            contents: Bytes::from(text),
            executable: false,
        },
    );
    files.into_values().collect()
}

fn plain_path(name: &str) -> TreePath {
    TreePath::new(name).expect("a plain name is a path")
}
