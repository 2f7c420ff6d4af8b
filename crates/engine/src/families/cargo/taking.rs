//! Reads opened sources and takes the packages and modules that were asked for. Runs on a thread that computes.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_analysis::{
    crate_closure::{self, CrateClosure},
    licenses,
    manifests::{inventory, runtimes},
};
use synthesizer_model::{
    dependency::Ecosystem,
    failure::{ErrorCode, Failure},
    finding::{Finding, Severity},
    license::Licenses,
    progress::Progress,
    project::Project,
    resolution::RuntimeRequirement,
    tree::{EntryKind, Origin, SourceTree, TreePath},
};
use synthesizer_synthesis::SourceFile;

use crate::synthesis::sources::{Opened, license_texts, unique_ids};

/// How many problems of a source a plan names.
const MOST_PROBLEMS: usize = 20;

/// What was taken of one source.
pub(super) struct Taken {
    pub(super) id: String,
    pub(super) repository: String,
    pub(super) origin: Origin,
    pub(super) destination: Option<TreePath>,
    pub(super) projects: Vec<Project>,
    pub(super) runtimes: Vec<RuntimeRequirement>,
    pub(super) licenses: Licenses,
    pub(super) texts: Vec<(String, String)>,
    pub(super) closure: CrateClosure,
    pub(super) files: BTreeMap<TreePath, SourceFile>,
}

impl Taken {
    /// Gives the project that a taken package is of.
    pub(super) fn project(&self, folder: &str) -> Option<&Project> {
        self.projects
            .iter()
            .find(|project| project.ecosystem == Ecosystem::Cargo && project.folder == folder)
    }

    /// Names the packages that are made of parts of others.
    pub(super) fn parts(&self) -> Vec<String> {
        let parts = self
            .closure
            .crates
            .iter()
            .filter(|taken| taken.part.is_some());
        parts
            .map(|taken| format!("{} {}", self.id, taken.name))
            .collect()
    }
}

/// Takes what was asked for of every source.
///
/// # Errors
/// `E_NOT_FOUND` for a component that a source does not have, `E_INCOMPATIBLE` for what cannot be taken, `E_CANCELLED`.
pub(super) fn take_all(
    opened: Vec<Opened>,
    with_tests: bool,
    progress: &dyn Progress,
) -> Result<Vec<Taken>, Failure> {
    let ids = unique_ids(&opened);
    opened
        .into_iter()
        .zip(ids)
        .map(|(source, id)| take(source, id, with_tests, progress))
        .collect()
}

fn take(
    source: Opened,
    id: String,
    with_tests: bool,
    progress: &dyn Progress,
) -> Result<Taken, Failure> {
    let tree = source.tree.as_ref();
    let inventory = inventory::read(tree, progress)?;
    let mut closure = crate_closure::take(
        tree,
        &inventory.projects,
        &source.wanted.components,
        with_tests,
        progress,
    )?;
    refuse_errors(&id, &closure)?;
    let manifests: BTreeSet<&str> = closure
        .crates
        .iter()
        .flat_map(|taken| [Some(&taken.manifest), taken.workspace.as_ref()])
        .flatten()
        .map(TreePath::as_str)
        .collect();
    let problems = tree.problems().iter().chain(&inventory.problems);
    let problems: Vec<Finding> = problems
        .filter(|problem| manifests.contains(problem.path.as_str()))
        .take(MOST_PROBLEMS)
        .map(|problem| {
            Finding::new(Severity::Info, "manifest", &problem.what).at(&problem.path, None)
        })
        .collect();
    closure.findings.extend(problems);
    let projects: Vec<Project> = inventory
        .projects
        .into_iter()
        .filter(|project| project.ecosystem == Ecosystem::Cargo)
        .collect();
    let taken_projects: Vec<&Project> = projects
        .iter()
        .filter(|project| {
            closure
                .crates
                .iter()
                .any(|taken| taken.folder == project.folder)
        })
        .collect();
    let license_files: Vec<String> = taken_projects
        .iter()
        .flat_map(|project| {
            let folder = project.folder.as_str();
            project.license_files.iter().map(move |file| {
                if folder.is_empty() {
                    file.clone()
                } else {
                    format!("{folder}/{file}")
                }
            })
        })
        .collect();
    let (licenses, _) = licenses::detect(tree, declared(&taken_projects), &license_files);
    let runtimes = taken_projects
        .iter()
        .flat_map(|project| runtimes::of(project, tree))
        .collect();
    Ok(Taken {
        files: contents(tree, &closure)?,
        texts: license_texts(tree, &licenses.texts),
        id,
        repository: source.wanted.location.to_string(),
        origin: source.origin,
        destination: source.wanted.destination,
        projects,
        runtimes,
        licenses,
        closure,
    })
}

/// Gives the license of all taken packages together, when each declares one.
fn declared(projects: &[&Project]) -> Option<String> {
    let licenses: Option<BTreeSet<&str>> = projects
        .iter()
        .map(|project| project.license.as_deref())
        .collect();
    let licenses = licenses?;
    if licenses.len() < 2 {
        return licenses.first().map(|only| (*only).to_owned());
    }
    let parts: Vec<String> = licenses
        .iter()
        .map(|license| {
            if license.contains(' ') {
                format!("({license})")
            } else {
                (*license).to_owned()
            }
        })
        .collect();
    Some(parts.join(" AND "))
}

/// A closure with an error finding cannot be placed.
fn refuse_errors(id: &str, closure: &CrateClosure) -> Result<(), Failure> {
    let errors: Vec<&Finding> = closure
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .collect();
    let Some(first) = errors.first() else {
        return Ok(());
    };
    let path = first.path.as_deref().unwrap_or("");
    let line = first
        .line
        .map_or_else(String::new, |line| format!(":{line}"));
    let details = serde_json::to_value(&errors).unwrap_or_default();
    Err(Failure::new(
        ErrorCode::Incompatible,
        format!(
            "what was asked for of {id} cannot be taken: {path}{line} {}",
            first.what
        ),
    )
    .with_hint("take other packages; details lists every reason")
    .with_details(serde_json::json!({ "findings": details })))
}

fn contents(
    tree: &dyn SourceTree,
    closure: &CrateClosure,
) -> Result<BTreeMap<TreePath, SourceFile>, Failure> {
    let executable: BTreeSet<&TreePath> = tree
        .entries()
        .iter()
        .filter(|entry| entry.kind == EntryKind::Executable)
        .map(|entry| &entry.path)
        .collect();
    let paths: BTreeSet<&TreePath> = closure
        .crates
        .iter()
        .flat_map(|taken| {
            let files = taken.files.iter().map(|file| &file.path);
            files
                .chain([&taken.manifest])
                .chain(taken.workspace.as_ref())
        })
        .collect();
    let mut files = BTreeMap::new();
    for path in paths {
        let blob = tree.read(path)?;
        let text = std::str::from_utf8(&blob.bytes).ok();
        let header = text.and_then(licenses::spdx_header);
        let file = SourceFile {
            bytes: blob.bytes.clone(),
            blob: blob.id,
            executable: executable.contains(path),
            spdx_header: header,
        };
        files.insert(path.clone(), file);
    }
    Ok(files)
}
