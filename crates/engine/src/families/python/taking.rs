//! Reads opened sources and takes what was asked for, following links between them where the request wants it.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_analysis::{
    closure::{Selection, Taker},
    doctests,
    repository::{self, ReadSource},
    upstream_tests,
};
use synthesizer_model::{
    component::{Closure, ExternalImport},
    dependency::Dependency,
    failure::{ErrorCode, Failure},
    finding::{Finding, Severity},
    progress::Progress,
    python::{ImportStatement, PythonFile},
    tree::{EntryKind, Origin, SourceTree, TreePath},
};
use synthesizer_synthesis::{RequestedComponent, SourceFile, SourceTests};

use super::upstream_tests::taken_tests;
use crate::synthesis::{
    request::Wanted,
    sources::{Opened, license_texts, unique_ids},
};

/// How many entries that were left out a plan names.
const MOST_LEFT_OUT: usize = 20;

/// What was taken of one source.
pub(crate) struct Taken {
    pub(crate) id: String,
    pub(crate) repository: String,
    pub(crate) origin: Origin,
    pub(crate) destination: Option<TreePath>,
    pub(crate) read: ReadSource,
    pub(crate) closure: Closure,
    pub(crate) files: BTreeMap<TreePath, SourceFile>,
    pub(crate) python: BTreeMap<TreePath, PythonFile>,
    pub(crate) texts: Vec<(String, String)>,
    pub(crate) components: Vec<RequestedComponent>,
    pub(crate) linked_modules: BTreeMap<String, String>,
    /// Import statements in examples of docstrings, of the closure and of tests.
    pub(crate) doctest_imports: BTreeMap<TreePath, Vec<ImportStatement>>,
    /// What comes along of its tests; what they need is not known yet.
    pub(crate) tests: SourceTests,
    /// What the tests import from elsewhere.
    pub(crate) test_imports: Vec<ExternalImport>,
    /// Declared plugins of the test runner that they use.
    pub(crate) test_plugins: Vec<String>,
    /// Everything that the source asks for, for any purpose, when tests come along.
    pub(crate) test_requirements: Vec<Dependency>,
}

/// How to take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// Whether an import of another source leads to its placed copy.
    pub(crate) link: bool,
    /// Whether tests come along.
    pub(crate) tests: bool,
}

/// Takes what was asked for of every source.
///
/// # Errors
/// `E_NOT_FOUND` for a component that a source does not have, `E_INCOMPATIBLE` when a closure needs what no file provides, `E_CANCELLED`.
pub(crate) fn take_all(
    opened: Vec<Opened>,
    manner: Manner,
    progress: &dyn Progress,
) -> Result<Vec<Taken>, Failure> {
    let ids = unique_ids(&opened);
    let reads = opened
        .iter()
        .map(|source| repository::read(source.tree.as_ref(), progress))
        .collect::<Result<Vec<_>, _>>()?;
    let takers: Vec<Taker<'_>> = opened
        .iter()
        .zip(&reads)
        .map(|(source, read)| Taker::new(source.tree.as_ref(), &read.python))
        .collect();
    let mut selections = opened
        .iter()
        .zip(&reads)
        .zip(&takers)
        .map(|((source, read), taker)| {
            let selections = select(taker, &source.wanted)?;
            let without = |selection| {
                upstream_tests::without_tests(source.tree.as_ref(), &read.python, selection)
            };
            Ok(selections.iter().map(without).collect())
        })
        .collect::<Result<Vec<Vec<Selection>>, Failure>>()?;
    let requested: Vec<Vec<RequestedComponent>> = takers
        .iter()
        .zip(&selections)
        .map(|(taker, selections)| requested(taker, selections))
        .collect();
    let mut closures: Vec<Closure> = takers
        .iter()
        .zip(&selections)
        .map(|(taker, selections)| taker.take(selections))
        .collect();
    let linked = if manner.link {
        follow_links(
            &takers,
            &reads,
            &mut selections,
            &mut closures,
            &ids,
            progress,
        )?
    } else {
        vec![BTreeMap::new(); takers.len()]
    };
    drop(takers);
    let mut taken = Vec::new();
    let parts = opened
        .into_iter()
        .zip(reads)
        .zip(ids)
        .zip(closures)
        .zip(requested)
        .zip(linked);
    for (((((source, read), id), mut closure), components), linked_modules) in parts {
        refuse_errors(&id, &closure)?;
        let left_out = left_out(source.tree.as_ref(), &read, &closure);
        closure.findings.extend(left_out);
        let files = contents(source.tree.as_ref(), &read, &closure)?;
        let python = facts(&read, &closure);
        let texts = license_texts(source.tree.as_ref(), &read.licenses.texts);
        let tests = if manner.tests {
            taken_tests(source.tree.as_ref(), &read, &mut closure)?
        } else {
            Default::default()
        };
        let doctest_imports = doctest_imports(&files, &tests.tests);
        taken.push(Taken {
            id,
            repository: source.wanted.location.to_string(),
            origin: source.origin,
            destination: source.wanted.destination,
            read,
            python,
            closure,
            files,
            texts,
            components,
            linked_modules,
            doctest_imports,
            tests: tests.tests,
            test_imports: tests.imports,
            test_plugins: tests.plugins,
            test_requirements: tests.declared,
        });
    }
    Ok(taken)
}

/// Tells what of a source was left out: entries that could not be read, and links and submodules beside the taken files. The first
/// ones by name, the others by number.
fn left_out(tree: &dyn SourceTree, read: &ReadSource, closure: &Closure) -> Vec<Finding> {
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

fn select(taker: &Taker<'_>, wanted: &Wanted) -> Result<Vec<Selection>, Failure> {
    if wanted.components.is_empty() {
        return Ok(vec![taker.select("")?]);
    }
    wanted
        .components
        .iter()
        .map(|component| taker.select(component))
        .collect()
}

fn requested(taker: &Taker<'_>, selections: &[Selection]) -> Vec<RequestedComponent> {
    selections
        .iter()
        .map(|selection| RequestedComponent {
            text: selection.text.clone(),
            modules: selection.modules.clone(),
            symbol: selection.symbol.clone(),
            files: taker.take(std::slice::from_ref(selection)).files.len(),
        })
        .collect()
}

/// Takes from other placed sources what a source imports of them, until nothing is added.
fn follow_links(
    takers: &[Taker<'_>],
    reads: &[ReadSource],
    selections: &mut [Vec<Selection>],
    closures: &mut [Closure],
    ids: &[String],
    progress: &dyn Progress,
) -> Result<Vec<BTreeMap<String, String>>, Failure> {
    let tops: Vec<BTreeSet<String>> = reads
        .iter()
        .map(|read| read.python.graph.primary_top_levels().into_iter().collect())
        .collect();
    let mut linked = vec![BTreeMap::new(); takers.len()];
    loop {
        if progress.is_cancelled() {
            return Err(Failure::cancelled());
        }
        let mut added: BTreeSet<(usize, String)> = BTreeSet::new();
        for (from, closure) in closures.iter().enumerate() {
            for import in &closure.external_imports {
                let provider = (0..takers.len())
                    .find(|to| *to != from && tops[*to].contains(import.top_level()));
                let Some(to) =
                    provider.filter(|to| reads[*to].python.graph.index(&import.module).is_some())
                else {
                    continue;
                };
                if linked[from]
                    .insert(import.module.clone(), ids[to].clone())
                    .is_none()
                    && !closures[to].modules.contains(&import.module)
                {
                    added.insert((to, import.module.clone()));
                }
            }
        }
        if added.is_empty() {
            return Ok(linked);
        }
        for (to, module) in added {
            selections[to].push(Selection {
                text: module.clone(),
                modules: vec![module],
                ..Selection::default()
            });
            closures[to] = takers[to].take(&selections[to]);
        }
    }
}

/// A closure with an error finding cannot be placed.
fn refuse_errors(id: &str, closure: &Closure) -> Result<(), Failure> {
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
            "the component of {id} cannot be taken: {path}{line} {}",
            first.what
        ),
    )
    .with_hint("take another component, or the source of a built distribution that has the file")
    .with_details(serde_json::json!({ "findings": details })))
}

fn contents(
    tree: &dyn SourceTree,
    read: &ReadSource,
    closure: &Closure,
) -> Result<BTreeMap<TreePath, SourceFile>, Failure> {
    let executable: BTreeSet<&TreePath> = tree
        .entries()
        .iter()
        .filter(|entry| entry.kind == EntryKind::Executable)
        .map(|entry| &entry.path)
        .collect();
    let mut files = BTreeMap::new();
    for file in &closure.files {
        let is_executable = executable.contains(&file.path);
        let contents = match read.python.files.get(&file.path) {
            Some(parsed) => SourceFile {
                bytes: parsed.bytes.clone(),
                blob: parsed.blob.clone(),
                executable: is_executable,
                spdx_header: parsed.spdx_header.clone(),
            },
            None => {
                let blob = tree.read(&file.path)?;
                let header = std::str::from_utf8(&blob.bytes)
                    .ok()
                    .and_then(synthesizer_analysis::licenses::spdx_header);
                SourceFile {
                    bytes: blob.bytes,
                    blob: blob.id,
                    executable: is_executable,
                    spdx_header: header,
                }
            }
        };
        files.insert(file.path.clone(), contents);
    }
    Ok(files)
}

/// Finds the imports in examples of what is taken.
fn doctest_imports(
    files: &BTreeMap<TreePath, SourceFile>,
    tests: &SourceTests,
) -> BTreeMap<TreePath, Vec<ImportStatement>> {
    let of_tests = tests
        .files
        .iter()
        .map(|test| (&test.file.path, &test.contents));
    files
        .iter()
        .chain(of_tests)
        .filter(|(path, _)| path.as_str().ends_with(".py"))
        .filter_map(|(path, file)| {
            let text = std::str::from_utf8(&file.bytes).ok()?;
            let found = doctests::imports(text);
            (!found.is_empty()).then(|| (path.clone(), found))
        })
        .collect()
}

/// Gives the facts of the files of a closure that were parsed.
fn facts(read: &ReadSource, closure: &Closure) -> BTreeMap<TreePath, PythonFile> {
    let parsed = closure.files.iter().filter_map(|file| {
        let parsed = read.python.files.get(&file.path)?;
        Some((file.path.clone(), parsed.facts.clone()?))
    });
    parsed.collect()
}
