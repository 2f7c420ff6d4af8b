//! The files of a new project while they are gathered, and what is recorded of each. Knows no family of packages.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use synthesizer_model::{
    Failure,
    finding::Finding,
    synthesis::{
        ImportHint, LockedFile, LockedProject, LockedSource, PlanSummary, PlannedFile,
        PlannedLicense, PlannedPackage, SynthesisRequest,
    },
    tree::{TreePath, sha256_hex},
};

use crate::{
    merging::{self, Merged},
    picture, pinned_request,
    provenance::{self, FileCounts, GENERATED_LICENSE, LicenseTexts, TEXT_LICENSE},
    rewriting::{Rewritten, Transform},
    source::{SourceFile, SourceRecord},
    templates::RenderedFile,
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
    /// The packages to declare, sorted by name.
    pub packages: Vec<PlannedPackage>,
    /// The ecosystem's manifests by their paths in the project, for the solver that locks them.
    pub manifests: BTreeMap<String, String>,
    /// The same findings as the plan's, sorted: errors first.
    pub findings: Vec<Finding>,
}

impl Synthesis {
    /// Adds what was found elsewhere, in its place among the findings.
    pub fn add_findings(&mut self, more: Vec<Finding>) {
        let all = [std::mem::take(&mut self.findings), more, Vec::new()];
        self.findings = gathered(all);
        self.plan.findings.clone_from(&self.findings);
    }
}

/// One file in the three forms in which it is reported.
type Entry = (OutputFile, PlannedFile, LockedFile);

/// A file of a source on its way into the project.
#[derive(Debug)]
pub(crate) struct Moved<'a> {
    /// The source's place in the list that the assembly was made with.
    pub(crate) source: usize,
    /// Its path in the source.
    pub(crate) origin: &'a TreePath,
    /// Its new path.
    pub(crate) path: &'a TreePath,
    /// Why it is taken.
    pub(crate) reason: String,
    /// It as it was.
    pub(crate) file: &'a SourceFile,
    /// What became of it.
    pub(crate) rewritten: Rewritten,
}

/// The other file of a path at which two different ones would be placed: its source's place in the list, and its path there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Occupied {
    /// The source's place in the list.
    pub(crate) source: usize,
    /// The path in the source.
    pub(crate) origin: String,
}

/// The files while they are gathered.
#[derive(Debug)]
pub(crate) struct Assembly<'a> {
    request: &'a SynthesisRequest,
    project: &'a str,
    records: Vec<&'a SourceRecord>,
    entries: BTreeMap<TreePath, Entry>,
    counts: Vec<FileCounts>,
    headers: BTreeSet<String>,
    findings: Vec<Finding>,
}

/// What only the family knows of a project whose files are gathered.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// How to reach each component, in the order of the request.
    pub(crate) imports: Vec<ImportHint>,
    /// The packages to declare, sorted by name.
    pub(crate) packages: Vec<PlannedPackage>,
    /// The paths of the manifests among the files.
    pub(crate) manifests: Vec<&'static str>,
    /// What was found on the way; those of moved files are known already.
    pub(crate) findings: Vec<Finding>,
}

impl<'a> Assembly<'a> {
    /// Begins a project called `project` of the sources of a request, one for each of its repositories and in their order.
    pub(crate) fn new(
        request: &'a SynthesisRequest,
        project: &'a str,
        records: Vec<&'a SourceRecord>,
    ) -> Self {
        Self {
            counts: vec![FileCounts::default(); records.len()],
            request,
            project,
            records,
            entries: BTreeMap::new(),
            headers: BTreeSet::new(),
            findings: Vec::new(),
        }
    }

    /// Adds a file of a source. The same contents at the same path count once.
    ///
    /// # Errors
    /// [`Occupied`] when another file is there with other contents.
    pub(crate) fn move_file(&mut self, moved: Moved<'_>) -> Result<(), Occupied> {
        let Rewritten {
            contents,
            transforms,
            findings,
        } = moved.rewritten;
        self.findings.extend(findings);
        if let Some((present, _, locked)) = self.entries.get(moved.path) {
            if present.contents == contents {
                return Ok(());
            }
            let source = self.records.iter().position(|one| one.id == locked.source);
            return Err(Occupied {
                source: source.unwrap_or(moved.source),
                origin: locked.origin.clone(),
            });
        }
        let source = self.records[moved.source];
        let counts = &mut self.counts[moved.source];
        counts.placed += 1;
        counts.changed += usize::from(contents != moved.file.bytes);
        self.headers.extend(moved.file.spdx_header.clone());
        let license = moved.file.spdx_header.as_ref().or(source.license.as_ref());
        let entry = (
            OutputFile {
                path: moved.path.clone(),
                contents: contents.clone(),
                executable: moved.file.executable,
            },
            PlannedFile {
                path: moved.path.clone(),
                origin: format!("{}:{}", source.id, moved.origin),
                reason: moved.reason,
                merged_from: Vec::new(),
            },
            LockedFile {
                path: moved.path.to_string(),
                source: source.id.clone(),
                origin: moved.origin.to_string(),
                blob: moved.file.blob.clone(),
                license: license
                    .map_or(provenance::UNKNOWN, String::as_str)
                    .to_owned(),
                transforms: transforms
                    .iter()
                    .map(|done| done.as_str().to_owned())
                    .collect(),
                sha256: sha256_hex(&contents),
                lines: Vec::new(),
            },
        );
        self.entries.insert(moved.path.clone(), entry);
        Ok(())
    }

    /// Adds a file of the template.
    ///
    /// # Errors
    /// `E_ARGUMENT` when a file of a source is there and may not stay.
    pub(crate) fn add_template_file(&mut self, file: &RenderedFile) -> Result<(), Failure> {
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

    /// Adds a file that the synthesis writes.
    ///
    /// # Errors
    /// `E_ARGUMENT` when a file is there; `E_INTERNAL` for a path that is none.
    pub(crate) fn add_generated(
        &mut self,
        path: &str,
        text: &str,
        reason: &str,
    ) -> Result<(), Failure> {
        self.add_licensed(path, text, reason, GENERATED_LICENSE)
    }

    /// Adds a file that the synthesis writes and in which sources have lines.
    ///
    /// # Errors
    /// `E_ARGUMENT` when a file is there; `E_INTERNAL` for a path that is none.
    pub(crate) fn add_merged(
        &mut self,
        path: &str,
        merged: &Merged,
        reason: &str,
    ) -> Result<(), Failure> {
        self.add_generated(path, &merged.text, reason)?;
        let records = &self.records;
        let license = |id: &str| {
            let record = records.iter().find(|record| record.id == id)?;
            let own = || (!record.texts.is_empty()).then(|| format!("LicenseRef-{id}"));
            record.license.clone().or_else(own)
        };
        let entry = TreePath::new(path).ok();
        if let Some((_, planned, locked)) = entry.and_then(|path| self.entries.get_mut(&path)) {
            merging::record(locked, planned, merged, license);
        }
        Ok(())
    }

    /// Gathers the license texts of what is there.
    pub(crate) fn licenses(&self) -> LicenseTexts {
        let headers: BTreeSet<&str> = self.headers.iter().map(String::as_str).collect();
        provenance::license_texts(&self.records, &headers)
    }

    /// Adds license texts, NOTICE and the pinned request, and gives the whole.
    ///
    /// # Errors
    /// `E_ARGUMENT` when a file of a source is where one of them has to be; `E_INTERNAL` when the sources are not one for each repository.
    pub(crate) fn finish(
        mut self,
        licenses: LicenseTexts,
        told: Told,
    ) -> Result<Synthesis, Failure> {
        for (name, text) in &licenses.files {
            self.add_licensed(
                &format!("LICENSES/{name}"),
                text,
                "the text of a license in use",
                TEXT_LICENSE,
            )?;
        }
        let notice = provenance::notice(self.project, &self.records, &self.counts);
        self.add_licensed(
            "NOTICE",
            &notice,
            "names the sources and carries their notices",
            TEXT_LICENSE,
        )?;
        let request = pinned_request::pinned_request(self.request, &self.records)?;
        self.add_generated(
            "synthesis.toml",
            &pinned_request::write_request(&request),
            "the request, with every source pinned",
        )?;
        let findings = gathered([self.findings, told.findings, licenses.findings]);
        let mut sources: Vec<LockedSource> = self
            .records
            .iter()
            .map(|record| provenance::locked_source(record))
            .collect();
        sources.sort_by(|one, other| one.id.cmp(&other.id));
        let (files, planned, locked_files) = split(self.entries);
        let text_of = |path: &str| {
            let file = files.iter().find(|file| file.path.as_str() == path)?;
            Some(String::from_utf8_lossy(&file.contents).into_owned())
        };
        let manifests = told
            .manifests
            .into_iter()
            .filter_map(|path| Some((path.to_owned(), text_of(path)?)))
            .collect();
        let moves = picture::moves(&locked_files);
        let licenses = sources.iter().map(|source| PlannedLicense {
            source: source.id.clone(),
            license: source.license.clone(),
        });
        Ok(Synthesis {
            plan: PlanSummary {
                files: planned,
                packages: told.packages.clone(),
                licenses: licenses.collect(),
                findings: findings.clone(),
                diagram: picture::draw(&sources, &moves, &told.packages),
                moves,
            },
            files,
            imports: told.imports,
            locked_files,
            sources,
            project: LockedProject {
                name: self.project.to_owned(),
                template: self.request.template.clone(),
                ecosystem: self.request.ecosystem.clone(),
                template_hash: None,
            },
            packages: told.packages,
            manifests,
            findings,
        })
    }

    fn add_licensed(
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
                merged_from: Vec::new(),
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

/// Sorts findings, errors first, each once.
fn gathered(all: [Vec<Finding>; 3]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = all.into_iter().flatten().collect();
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
