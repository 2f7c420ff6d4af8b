//! Reads opened sources and takes what was asked for.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_analysis::ecmascript_closure::{self, EcmaScriptSource};
use synthesizer_model::{
    ecmascript::EcmaScriptClosure,
    failure::{ErrorCode, Failure},
    finding::{Finding, Severity},
    license::Licenses,
    progress::Progress,
    tree::{EntryKind, Origin, SourceTree, TreePath},
};
use synthesizer_synthesis::SourceFile;

use crate::synthesis::sources::{Opened, license_texts, unique_ids};

/// How many entries that were left out a plan names.
const MOST_LEFT_OUT: usize = 20;

/// What was taken of one source.
pub(super) struct Taken {
    pub(super) id: String,
    pub(super) repository: String,
    pub(super) origin: Origin,
    pub(super) destination: Option<TreePath>,
    pub(super) licenses: Licenses,
    /// Name and version of the package that most of it is of.
    pub(super) package: Option<(String, String)>,
    pub(super) closure: EcmaScriptClosure,
    pub(super) files: BTreeMap<TreePath, SourceFile>,
    pub(super) texts: Vec<(String, String)>,
}

/// Takes what was asked for of every source.
///
/// # Errors
/// `E_NOT_FOUND` for a component that a source does not have, `E_INCOMPATIBLE` for what cannot be taken, `E_CANCELLED`.
pub(super) fn take_all(
    opened: Vec<Opened>,
    progress: &dyn Progress,
) -> Result<Vec<Taken>, Failure> {
    let ids = unique_ids(&opened);
    let mut all = Vec::new();
    for (source, id) in opened.into_iter().zip(ids) {
        let tree = source.tree.as_ref();
        let read = EcmaScriptSource::read(tree, progress)?;
        let mut closure =
            ecmascript_closure::take(tree, &read, &source.wanted.components, progress)?;
        refuse_errors(&id, &closure)?;
        closure.findings.extend(left_out(tree, &read, &closure));
        let files = contents(tree, &read, &closure)?;
        let texts = license_texts(tree, &read.licenses.texts);
        let named = closure
            .components
            .first()
            .and_then(|component| component.package.as_deref());
        let package = closure
            .packages
            .iter()
            .find(|package| named.is_none_or(|named| package.folder == named))
            .and_then(|package| package.name.clone().zip(package.version.clone()));
        all.push(Taken {
            id,
            repository: source.wanted.location.to_string(),
            origin: source.origin,
            destination: source.wanted.destination,
            licenses: read.licenses,
            package,
            closure,
            files,
            texts,
        });
    }
    Ok(all)
}

/// A closure with an error finding cannot be placed.
fn refuse_errors(id: &str, closure: &EcmaScriptClosure) -> Result<(), Failure> {
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
    let message = format!(
        "the component of {id} cannot be taken: {path}{line} {}",
        first.what
    );
    Err(Failure::new(ErrorCode::Incompatible, message)
        .with_hint("take another component, or the published package that has the file")
        .with_details(serde_json::json!({
            "findings": serde_json::to_value(&errors).unwrap_or_default()
        })))
}

/// Tells what of a source was left out: entries that could not be read, and links and submodules beside the taken files. The first
/// ones by name, the others by number.
fn left_out(
    tree: &dyn SourceTree,
    read: &EcmaScriptSource,
    closure: &EcmaScriptClosure,
) -> Vec<Finding> {
    let folders: BTreeSet<&str> = closure
        .files
        .iter()
        .map(|file| file.path.parent())
        .collect();
    let unreadable = tree
        .entries()
        .iter()
        .filter(|entry| folders.contains(entry.path.parent()))
        .filter_map(|entry| match entry.kind {
            EntryKind::Symlink => Some((entry.path.as_str(), "left out: a symbolic link")),
            EntryKind::Submodule => Some((entry.path.as_str(), "left out: a submodule")),
            EntryKind::File | EntryKind::Executable => None,
        });
    let problems = read
        .problems
        .iter()
        .map(|problem| (problem.path.as_str(), problem.what.as_str()));
    let all: Vec<(&str, &str)> = problems.chain(unreadable).collect();
    let finding = |what: &str| Finding::new(Severity::Info, "left-out", what);
    let named = all.iter().take(MOST_LEFT_OUT);
    let mut findings: Vec<Finding> = named
        .map(|(path, what)| finding(what).at(*path, None))
        .collect();
    let rest = all.len().saturating_sub(MOST_LEFT_OUT);
    if rest > 0 {
        findings.push(finding(&format!(
            "{rest} more entries were left out; analyze lists them"
        )));
    }
    findings
}

fn contents(
    tree: &dyn SourceTree,
    read: &EcmaScriptSource,
    closure: &EcmaScriptClosure,
) -> Result<BTreeMap<TreePath, SourceFile>, Failure> {
    let executable: BTreeSet<&TreePath> = tree
        .entries()
        .iter()
        .filter(|entry| entry.kind == EntryKind::Executable)
        .map(|entry| &entry.path)
        .collect();
    let headers = read.license_headers();
    let manifests = closure
        .packages
        .iter()
        .filter(|package| package.whole)
        .map(|package| match package.folder.as_str() {
            "" => TreePath::new("package.json"),
            folder => TreePath::new(&format!("{folder}/package.json")),
        })
        .filter_map(Result::ok);
    let paths = closure.files.iter().map(|file| file.path.clone());
    paths
        .chain(manifests)
        .map(|path| {
            let blob = tree.read(&path)?;
            let file = SourceFile {
                bytes: blob.bytes,
                blob: blob.id,
                executable: executable.contains(&path),
                spdx_header: headers.get(&path).cloned(),
            };
            Ok((path, file))
        })
        .collect()
}
