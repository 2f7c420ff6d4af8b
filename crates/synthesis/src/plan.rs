//! The way from the input to the files: place, rewrite, generate, record. Each step is its own module; this one only carries values between them.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use synthesizer_model::{
    Failure,
    finding::Finding,
    synthesis::{
        ImportHint, LockedFile, LockedProject, LockedSource, PlanSummary, PlannedFile,
        PlannedPackage,
    },
    tree::{TreePath, sha256_hex},
};

use crate::{
    components,
    input::SynthesisInput,
    pinned_request,
    placement::{self, PlacedFile, Placement},
    provenance::{self, FileCounts, GENERATED_LICENSE, LicenseTexts, TEXT_LICENSE},
    pyproject::{self, ManifestFacts},
    rewriting::{self, MovedFile, NewNames, Transform},
    templates,
};

/// A file of the new project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// Where it goes.
    pub path: TreePath,
    /// Its contents.
    pub contents: Bytes,
    /// Whether it has the executable bit.
    pub executable: bool,
}

/// A new project before its resolution, README and lock.
#[derive(Debug, Clone)]
pub struct Synthesis {
    /// The files, sorted by path.
    pub files: Vec<OutputFile>,
    /// The plan for people, with all findings. A finding of severity error means that the project would not work.
    pub plan: PlanSummary,
    /// How to import each component, in the order of the request.
    pub imports: Vec<ImportHint>,
    /// What the lock will say of the files, sorted by path.
    pub locked_files: Vec<LockedFile>,
    /// What the lock will say of the sources, sorted by id.
    pub sources: Vec<LockedSource>,
    /// What the lock will say of the project.
    pub project: LockedProject,
    /// The distributions to declare, sorted by name.
    pub packages: Vec<PlannedPackage>,
    /// The contents of `pyproject.toml`, for the resolution.
    pub pyproject: String,
    /// The same findings as the plan's, sorted: errors first.
    pub findings: Vec<Finding>,
}

/// Makes everything of the new project except what needs a solver or a writer of prose: `uv.lock`, `requirements.txt`, `README.md`
/// and `synthesis.lock`; [`crate::finish`] adds those.
///
/// # Errors
/// `E_ARGUMENT` for a request that cannot be met as it is (clashing files, names that cannot be, an unknown template); `E_PATH` for
/// a path that cannot be placed; `E_INTERNAL` when the input contradicts itself.
pub fn plan(input: &SynthesisInput<'_>) -> Result<Synthesis, Failure> {
    let template = templates::find(&input.request.template, &input.request.ecosystem)?;
    let packages = pyproject::merge_packages(input)?;
    let placement = placement::place(input)?;
    let names: Vec<NewNames<'_>> = input
        .sources
        .iter()
        .map(|source| NewNames::of(input, source))
        .collect();

    let mut output = Output::default();
    output.add_moved(input, &placement, &names)?;
    output.add_generated_packages(&placement);
    let components = components::place_components(input, &names);
    let values = components::template_values(input, &components);
    for file in templates::render(template, &values)? {
        output.add_template_file(file)?;
    }
    let counts = output.counts.clone();
    let licenses = licenses_of(input);
    output.add_texts(&licenses, provenance::notice(input, &counts))?;
    let request = pinned_request::pinned_request(input)?;
    output.add_generated(
        "synthesis.toml",
        &pinned_request::write_request(&request),
        "the request, with every source pinned",
        GENERATED_LICENSE,
    )?;
    let facts = ManifestFacts {
        description: &components::description(input),
        license: licenses.expression.as_deref(),
        has_license_texts: !licenses.files.is_empty(),
    };
    let pyproject = pyproject::write(input, &packages, &facts);
    output.add_generated(
        "pyproject.toml",
        &pyproject,
        "the project's manifest",
        GENERATED_LICENSE,
    )?;

    let findings = gather_findings(
        input,
        [output.findings, placement.findings, licenses.findings],
    );
    let mut sources: Vec<LockedSource> = input
        .sources
        .iter()
        .map(provenance::locked_source)
        .collect();
    sources.sort_by(|one, other| one.id.cmp(&other.id));
    let (files, planned, locked_files) = split(output.entries);
    Ok(Synthesis {
        files,
        plan: PlanSummary {
            files: planned,
            packages: packages.clone(),
            findings: findings.clone(),
        },
        imports: components
            .into_iter()
            .map(|component| component.hint)
            .collect(),
        locked_files,
        sources,
        project: LockedProject {
            name: input.project_name.distribution().to_owned(),
            template: input.request.template.clone(),
            ecosystem: input.request.ecosystem.clone(),
        },
        packages,
        pyproject,
        findings,
    })
}

/// One file in the three forms in which it is reported.
type Entry = (OutputFile, PlannedFile, LockedFile);

/// The files while they are gathered.
#[derive(Debug, Default)]
struct Output {
    entries: BTreeMap<TreePath, Entry>,
    counts: Vec<FileCounts>,
    findings: Vec<Finding>,
}

impl Output {
    fn add_moved(
        &mut self,
        input: &SynthesisInput<'_>,
        placement: &Placement,
        names: &[NewNames<'_>],
    ) -> Result<(), Failure> {
        self.counts = vec![FileCounts::default(); input.sources.len()];
        let mut previous: Option<&PlacedFile> = None;
        for placed in &placement.files {
            let source = &input.sources[placed.source];
            let file = &source.closure.files[placed.file];
            let contents = source.files.get(&file.path).ok_or_else(|| {
                Failure::internal(format!("the closure's file {} was not read", file.path))
            })?;
            let rewritten = rewriting::rewrite(&MovedFile {
                source,
                names: &names[placed.source],
                file,
                contents,
                package: input.project_name.package(),
            });
            self.findings.extend(rewritten.findings);
            if let Some((present, _, _)) = self.entries.get(&placed.path) {
                if present.contents != rewritten.contents {
                    let other = previous.unwrap_or(placed);
                    return Err(placement::two_files_at_one_path(input, other, placed));
                }
                continue;
            }
            let counts = &mut self.counts[placed.source];
            counts.placed += 1;
            counts.changed += usize::from(rewritten.contents != contents.bytes);
            let license = contents.spdx_header.as_ref().or(source.license.as_ref());
            let entry = (
                OutputFile {
                    path: placed.path.clone(),
                    contents: rewritten.contents.clone(),
                    executable: contents.executable,
                },
                PlannedFile {
                    path: placed.path.clone(),
                    origin: format!("{}:{}", source.id, file.path),
                    reason: file.reason.to_string(),
                },
                LockedFile {
                    path: placed.path.to_string(),
                    source: source.id.clone(),
                    origin: file.path.to_string(),
                    blob: contents.blob.clone(),
                    license: license
                        .map_or(provenance::UNKNOWN, String::as_str)
                        .to_owned(),
                    transforms: rewritten
                        .transforms
                        .iter()
                        .map(|done| done.as_str().to_owned())
                        .collect(),
                    sha256: sha256_hex(&rewritten.contents),
                },
            );
            self.entries.insert(placed.path.clone(), entry);
            previous = Some(placed);
        }
        Ok(())
    }

    fn add_generated_packages(&mut self, placement: &Placement) {
        for package in &placement.generated {
            self.add(&package.path, "", &package.reason, GENERATED_LICENSE);
        }
    }

    fn add_template_file(&mut self, file: templates::RenderedFile) -> Result<(), Failure> {
        if self.entries.contains_key(&file.path) {
            return if file.keeps_placed {
                Ok(())
            } else {
                Err(own_path(&file.path))
            };
        }
        self.add(&file.path, &file.text, &file.reason, GENERATED_LICENSE);
        Ok(())
    }

    fn add_texts(&mut self, licenses: &LicenseTexts, notice: String) -> Result<(), Failure> {
        for (name, text) in &licenses.files {
            self.add_generated(
                &format!("LICENSES/{name}"),
                text,
                "the text of a license in use",
                TEXT_LICENSE,
            )?;
        }
        self.add_generated(
            "NOTICE",
            &notice,
            "names the sources and carries their notices",
            TEXT_LICENSE,
        )
    }

    fn add_generated(
        &mut self,
        path: &str,
        text: &str,
        reason: &str,
        license: &str,
    ) -> Result<(), Failure> {
        let path = TreePath::new(path).map_err(|refusal| {
            Failure::internal(format!("a generated path is refused: {refusal}"))
        })?;
        if self.entries.contains_key(&path) {
            return Err(own_path(&path));
        }
        self.add(&path, text, reason, license);
        Ok(())
    }

    fn add(&mut self, path: &TreePath, text: &str, reason: &str, license: &str) {
        let contents = Bytes::from(text.to_owned());
        let locked = provenance::locked_generated(path, &contents, license);
        let entry = (
            OutputFile {
                path: path.clone(),
                contents,
                executable: false,
            },
            PlannedFile {
                path: path.clone(),
                origin: Transform::Generated.as_str().to_owned(),
                reason: reason.to_owned(),
            },
            locked,
        );
        self.entries.insert(path.clone(), entry);
    }
}

fn own_path(path: &TreePath) -> Failure {
    Failure::new(
        synthesizer_model::ErrorCode::Argument,
        format!("a file of a source would be placed at {path}, which the project makes itself"),
    )
    .with_hint("give the repository a destination of its own")
}

fn split(
    entries: BTreeMap<TreePath, Entry>,
) -> (Vec<OutputFile>, Vec<PlannedFile>, Vec<LockedFile>) {
    let mut files = Vec::with_capacity(entries.len());
    let mut planned = Vec::with_capacity(entries.len());
    let mut locked = Vec::with_capacity(entries.len());
    for (file, plan, lock) in entries.into_values() {
        files.push(file);
        planned.push(plan);
        locked.push(lock);
    }
    (files, planned, locked)
}

fn licenses_of(input: &SynthesisInput<'_>) -> LicenseTexts {
    let headers: BTreeSet<&str> = input
        .sources
        .iter()
        .flat_map(|source| {
            source
                .closure
                .files
                .iter()
                .filter_map(|file| source.files.get(&file.path)?.spdx_header.as_deref())
        })
        .collect();
    provenance::license_texts(&input.sources, &headers)
}

fn gather_findings(input: &SynthesisInput<'_>, own: [Vec<Finding>; 3]) -> Vec<Finding> {
    let closures = input.sources.iter().flat_map(|source| {
        source
            .closure
            .findings
            .iter()
            .cloned()
            .map(|finding| match finding.source {
                Some(_) => finding,
                None => finding.of(&source.id),
            })
    });
    let mut findings: Vec<Finding> = input
        .findings
        .iter()
        .cloned()
        .chain(closures)
        .chain(own.into_iter().flatten())
        .collect();
    findings.sort_by(|one, other| {
        let key = |finding: &Finding| {
            (
                std::cmp::Reverse(finding.severity),
                finding.source.clone(),
                finding.path.clone(),
                finding.line,
                finding.kind.clone(),
                finding.what.clone(),
            )
        };
        key(one).cmp(&key(other))
    });
    findings.dedup();
    findings
}

#[cfg(test)]
mod tests;
