//! The tests of taken modules: those that import one, and need nothing of the source that is not taken.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use synthesizer_model::{
    code::ImportForm,
    component::Reason,
    ecmascript::{ImportTarget, TakenAs, TakenImport},
    finding::{Finding, Severity},
    source_file::FileRole,
};

use crate::licenses::fits_glob;

use super::{
    needs::{declared, is_name},
    taking::Taking,
    walking::{self, Reach, Walk},
};

/// The most tests that are looked at.
const MOST_TESTS: usize = 2_000;
/// The most files that one test may bring.
const MOST_FILES: usize = 500;
/// The most patterns of scripts that a test is compared with.
const MOST_PATTERNS: usize = 16;
/// What runs tests that import no such package, in the order of preference.
pub(super) const RUNNERS: &[&str] = &["vitest", "jest", "mocha", "ava"];

/// Takes the tests of what is taken; gives the packages that they import, with a file that does.
pub(super) fn of_modules(taking: &Taking<'_>, walk: &mut Walk) -> BTreeSet<(usize, String)> {
    let mut packages = BTreeSet::new();
    let modules: BTreeSet<usize> = walk
        .taken
        .iter()
        .filter(|(_, (_, taken_as))| *taken_as == TakenAs::Module)
        .map(|(file, _)| *file)
        .collect();
    if modules.is_empty() {
        return packages;
    }
    let tests = (0..taking.files.files().len()).filter(|file| {
        taking.files.file(*file).role == FileRole::Test
            && taking.is_code(*file)
            && is_named(taking, *file)
    });
    for test in tests.take(MOST_TESTS) {
        let mut own = Walk::default();
        let imports_one = imports_directly(taking, test, &modules);
        if !imports_one {
            continue;
        }
        match needed(taking, test, &modules, &mut own) {
            Ok(brought) => {
                packages.extend(brought.packages);
                for finding in own.findings {
                    walk.find(finding);
                }
                for (file, (reason, imports)) in brought.files {
                    walk.taken.entry(file).or_insert((reason, TakenAs::Test));
                    if let Some(imports) = imports {
                        walk.imports.entry(file).or_insert(imports);
                    }
                }
            }
            Err(why) => {
                let path = taking.files.file(test).path.as_str();
                let what = format!("the test was left out: {why}");
                walk.find(Finding::new(Severity::Info, "test-left-out", what).at(path, None));
            }
        }
    }
    packages
}

fn imports_directly(taking: &Taking<'_>, test: usize, modules: &BTreeSet<usize>) -> bool {
    let Some(code) = taking.files.file(test).code else {
        return false;
    };
    code.imports
        .iter()
        .filter(|import| !matches!(import.form, ImportForm::Computed | ImportForm::Resource))
        .any(|import| match taking.resolver.resolve(test, import) {
            crate::languages::Resolved::Files(files) => {
                files.iter().any(|file| modules.contains(file))
            }
            _ => false,
        })
}

/// What a test brings.
struct Brought {
    files: BTreeMap<usize, (Reason, Option<Vec<TakenImport>>)>,
    packages: BTreeSet<(usize, String)>,
}

/// Gathers a test and what it needs beside the taken modules.
fn needed(
    taking: &Taking<'_>,
    test: usize,
    modules: &BTreeSet<usize>,
    own: &mut Walk,
) -> Result<Brought, String> {
    let mut brought = Brought {
        files: BTreeMap::new(),
        packages: BTreeSet::new(),
    };
    let mut queue = VecDeque::from([(test, Reason::Requested)]);
    while let Some((file, reason)) = queue.pop_front() {
        if brought.files.contains_key(&file) || modules.contains(&file) {
            continue;
        }
        if brought.files.len() >= MOST_FILES {
            return Err(format!("it needs more than {MOST_FILES} files"));
        }
        if !taking.is_code(file) {
            brought.files.insert(file, (reason, None));
            continue;
        }
        let mut one = Walk::default();
        walking::walk_one(taking, file, Reach::Runtime, &mut one);
        let imports = one.imports.remove(&file).unwrap_or_default();
        if let Some(bundle) = one.bundled.keys().next() {
            let path = &taking.files.file(*bundle).path;
            return Err(format!("it needs {path}, which is minified or bundled"));
        }
        for import in &imports {
            if import.target == ImportTarget::Nowhere && import.form != ImportForm::Computed {
                return Err(format!("line {} imports what is not there", import.line));
            }
        }
        for (target, (reason, _)) in one.taken {
            if target != file {
                queue.push_back((target, reason));
            }
        }
        for used in &one.uses {
            let known = declared(taking, file, &used.name).is_some();
            if known || named_by_script(taking, test, &used.name) {
                brought.packages.insert((file, used.name.clone()));
            } else if !used.may_be_missing || !is_name(&used.name) {
                return Err(format!(
                    "it imports {}, which the manifest does not ask for",
                    walking::shortened(&used.name)
                ));
            }
        }
        own.findings.extend(one.findings);
        brought.files.insert(file, (reason, Some(imports)));
    }
    if let Some(runner) = runner_of(taking, test, &brought.packages)? {
        brought.packages.insert((test, runner));
    }
    let reads_types = brought.packages.iter().any(|(_, name)| name == "vitest");
    if taking.is_typed(test) && !reads_types {
        return Err("it is TypeScript, which only vitest reads here".to_owned());
    }
    if let Some(first) = brought.files.get_mut(&test) {
        first.0 = Reason::Requested;
    }
    Ok(brought)
}

/// Gives what runs a test that takes `describe` or `it` from its surroundings.
///
/// # Errors
/// When nothing does that the manifest asks for.
fn runner_of(
    taking: &Taking<'_>,
    test: usize,
    packages: &BTreeSet<(usize, String)>,
) -> Result<Option<String>, String> {
    let text = taking.text(test).unwrap_or_default();
    if packages.iter().any(|(_, name)| {
        RUNNERS.contains(&name.as_str()) || matches!(name.as_str(), "tape" | "tap")
    }) || !needs_runner(&text)
    {
        return Ok(None);
    }
    RUNNERS
        .iter()
        .find(|runner| {
            declared(taking, test, runner).is_some() || named_by_script(taking, test, runner)
        })
        .map(|runner| Some((*runner).to_owned()))
        .ok_or_else(|| "the manifest asks for nothing that runs it".to_owned())
}

/// Says whether a package runs tests, and the script of the package's own tests names it: published manifests may lack what
/// development needs.
pub(super) fn named_by_script(taking: &Taking<'_>, test: usize, package: &str) -> bool {
    let known = RUNNERS.contains(&package) || matches!(package, "tape" | "tap");
    known
        && taking
            .nearest_manifest(test)
            .and_then(|(_, manifest)| manifest.script("test"))
            .is_some_and(|script| script.split_whitespace().any(|word| word == package))
}

/// Says whether a test is one of those that the scripts of its package run, where these name them by patterns.
pub(super) fn is_named(taking: &Taking<'_>, test: usize) -> bool {
    let folder = taking.package_folder(test, &BTreeSet::new());
    let Some(manifest) = taking.manifest(&folder) else {
        return true;
    };
    let path = taking.files.file(test).path.as_str();
    let below = path
        .strip_prefix(folder.as_str())
        .unwrap_or(path)
        .trim_start_matches('/');
    let patterns: Vec<&str> = manifest
        .scripts()
        .flat_map(str::split_whitespace)
        .map(|word| word.trim_matches(['"', '\'']).trim_start_matches("./"))
        .filter(|word| word.contains('*') && word.starts_with("test"))
        .take(MOST_PATTERNS)
        .collect();
    let is_read = |pattern: &&str| !pattern.contains(['{', '(', '!', '$']);
    patterns.is_empty()
        || !patterns.iter().all(is_read)
        || patterns.iter().any(|pattern| fits_glob(pattern, below))
}

/// Says whether a test calls `describe` or `it` that it does not import.
pub(super) fn needs_runner(text: &str) -> bool {
    let calls = text.lines().any(|line| {
        let line = line.trim_start();
        ["describe(", "it(", "suite(", "describe.", "test("]
            .iter()
            .any(|start| line.starts_with(start))
    });
    calls && !text.contains("node:test") && !text.contains("'tape'") && !text.contains("\"tape\"")
}
