//! The tests of a source that come along: their contents, and which distributions they need. Pure; runs on a thread that computes.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_analysis::{
    needed::{self, Provided},
    repository::ReadSource,
    upstream_tests::{self, UpstreamTestFile, View, ViewedName},
};
use synthesizer_model::{
    component::{Closure, ClosureFile, ExternalImport, Need, NeededDistribution},
    dependency::{Dependency, Ecosystem, normalize_distribution},
    failure::Failure,
    finding::{Finding, Severity},
    tree::{EntryKind, SourceTree, TreePath},
};
use synthesizer_synthesis::{SourceFile, SourceTestFile, SourceTests};

use super::taking::Taken;

/// Files with options of the test runner, and what begins them there; the first one that has any counts, as for the runner itself.
const OPTIONS: &[(&str, &str)] = &[
    ("pytest.ini", ""),
    (".pytest.ini", ""),
    ("pyproject.toml", "[tool.pytest"),
    ("tox.ini", "[pytest]"),
    ("setup.cfg", "[tool:pytest]"),
];

/// What comes along of a source's tests, and what they import.
#[derive(Default)]
pub(super) struct TakenTests {
    pub(super) tests: SourceTests,
    pub(super) imports: Vec<ExternalImport>,
    pub(super) plugins: Vec<String>,
    pub(super) declared: Vec<Dependency>,
}

/// Finds and reads the tests of a closure; tells in the closure's findings what does not come along.
///
/// # Errors
/// Those of reading the tree.
pub(super) fn taken_tests(
    tree: &dyn SourceTree,
    read: &ReadSource,
    closure: &mut Closure,
) -> Result<TakenTests, Failure> {
    let declared = &read.manifests.dependencies;
    let found = upstream_tests::find(tree, &read.python, closure, declared);
    closure.findings.extend(found.findings);
    let executable: BTreeSet<&TreePath> = tree
        .entries()
        .iter()
        .filter(|entry| entry.kind == EntryKind::Executable)
        .map(|entry| &entry.path)
        .collect();
    let mut files = Vec::new();
    for file in found.files {
        let is_executable = executable.contains(&file.path);
        files.push(test_file(tree, file, is_executable)?);
    }
    let options = if files.is_empty() {
        Vec::new()
    } else {
        options_of(tree)
    };
    Ok(TakenTests {
        tests: SourceTests {
            files,
            views: found.views.into_iter().map(view).collect(),
            needed: Vec::new(),
            options,
        },
        imports: found.external,
        plugins: found.plugins,
        declared: found.declared,
    })
}

type NamesOfView = BTreeMap<String, (String, Option<String>)>;

fn view((package, view): (String, View)) -> (String, NamesOfView) {
    let names = view.into_iter().map(|(name, viewed)| match viewed {
        ViewedName::Module(module) => (name, (module, None)),
        ViewedName::Of { module, name: of } => (name, (module, Some(of))),
    });
    (package, names.collect())
}

fn test_file(
    tree: &dyn SourceTree,
    file: UpstreamTestFile,
    executable: bool,
) -> Result<SourceTestFile, Failure> {
    let (contents, facts) = match file.parsed {
        Some(parsed) => {
            let contents = SourceFile {
                bytes: parsed.bytes,
                blob: parsed.blob,
                executable,
                spdx_header: parsed.spdx_header,
            };
            (contents, parsed.facts)
        }
        None => {
            let blob = tree.read(&file.path)?;
            let text = std::str::from_utf8(&blob.bytes).ok();
            let contents = SourceFile {
                spdx_header: text.and_then(synthesizer_analysis::licenses::spdx_header),
                bytes: blob.bytes,
                blob: blob.id,
                executable,
            };
            (contents, None)
        }
    };
    Ok(SourceTestFile {
        file: ClosureFile {
            path: file.path,
            module: file.module,
            import_path: file.import_path,
            reason: file.reason,
        },
        contents,
        facts,
        names: file.names,
        views: file.views,
        is_cut: file.is_cut,
        above: file
            .file_uses
            .into_iter()
            .map(|usage| (usage.range.start, (usage.range.end, usage.import_path)))
            .collect(),
    })
}

fn options_of(tree: &dyn SourceTree) -> Vec<(String, String)> {
    let found = OPTIONS.iter().find_map(|(name, beginning)| {
        let path = TreePath::new(name).ok()?;
        tree.entries()
            .iter()
            .find(|entry| entry.path == path && entry.is_file())?;
        let blob = tree.read(&path).ok()?;
        let text = String::from_utf8(blob.bytes.to_vec()).ok()?;
        text.contains(beginning).then(|| (path.to_string(), text))
    });
    found.into_iter().collect()
}

/// Finds the distributions that the tests of a source need: those that they import, and plugins that they use.
pub(super) fn needed_by_tests(taken: &Taken) -> (Vec<NeededDistribution>, Vec<Finding>) {
    let declared: Vec<Dependency> = taken
        .test_requirements
        .iter()
        .filter(|known| known.ecosystem == Ecosystem::Python && known.url.is_none())
        .cloned()
        .collect();
    let imports: Vec<ExternalImport> = taken
        .test_imports
        .iter()
        .filter(|import| !taken.linked_modules.contains_key(&import.module))
        .cloned()
        .collect();
    let matched = needed::match_distributions(&imports, &declared, &Provided::default());
    let mut about: Vec<Finding> = Vec::new();
    let mut needs: BTreeMap<String, NeededDistribution> = BTreeMap::new();
    for mut distribution in matched.distributions {
        let wanted: Vec<&ExternalImport> = imports
            .iter()
            .filter(|import| {
                distribution
                    .imports
                    .iter()
                    .any(|top| top == import.top_level())
            })
            .collect();
        // The test runner is the project's own. What tests import under a guard they can do without.
        if distribution.name == "pytest"
            || !wanted.iter().any(|import| import.need == Need::Required)
        {
            continue;
        }
        distribution.need = Need::Required;
        unpin(&mut distribution);
        needs.insert(distribution.name.clone(), distribution);
    }
    for plugin in &taken.test_plugins {
        let requirements: BTreeSet<String> = declared
            .iter()
            .filter(|known| normalize_distribution(&known.name) == *plugin)
            .map(Dependency::requirement)
            .collect();
        let mut need = NeededDistribution {
            name: plugin.clone(),
            requirements: requirements.into_iter().collect(),
            need: Need::Required,
            imports: Vec::new(),
            declared: true,
        };
        unpin(&mut need);
        needs.entry(plugin.clone()).or_insert(need);
    }
    if let Some((hook, path)) = old_hook(taken) {
        needs.insert(
            "pytest".to_owned(),
            NeededDistribution {
                name: "pytest".to_owned(),
                requirements: vec!["pytest<9".to_owned()],
                need: Need::Required,
                imports: Vec::new(),
                declared: true,
            },
        );
        let what =
            format!("{hook} is or has what pytest 9 does not give; the project asks for pytest<9");
        about.push(Finding::new(Severity::Info, "test-runner-bound", what).at(path.as_str(), None));
    }
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let unknown = matched
        .unknown
        .iter()
        .filter(|import| import.need == Need::Required);
    let mut findings: Vec<Finding> = unknown
        .filter(|import| told.insert(import.top_level()))
        .map(|import| {
            let what = format!(
                "the tests import {}, which the source does not declare and no known distribution provides; nothing is declared for it",
                import.module
            );
            Finding::new(Severity::Warning, "test-dependency-unknown", what)
                .at(import.path.as_str(), Some(import.line))
        })
        .collect();
    findings.extend(needs.values().filter(|need| !need.declared).map(|need| {
        let what = format!(
            "the tests need {}, which the source does not declare; it is declared for development without a version bound",
            need.name
        );
        Finding::new(Severity::Info, "test-dependency-undeclared", what)
    }));
    findings.append(&mut about);
    (needs.into_values().collect(), findings)
}

/// Hooks whose arguments of `py.path` pytest 9 no longer gives (its changelog, 9.0), with those arguments.
const OLD_HOOKS: &[(&str, &str)] = &[
    ("pytest_ignore_collect", "path"),
    ("pytest_collect_file", "path"),
    ("pytest_pycollect_makemodule", "path"),
    ("pytest_report_header", "startdir"),
    ("pytest_report_collectionfinish", "startdir"),
];

/// Private names that pytest 9 no longer has, as its source tells.
const OLD_NAMES: &[&str] = &["monkeypatch.notset"];

/// Finds a hook of the tests' own plugins that only an older test runner can call, or a name that only an older one has.
fn old_hook(taken: &Taken) -> Option<(&'static str, &TreePath)> {
    let conftests = taken
        .tests
        .files
        .iter()
        .filter(|test| test.file.path.file_name() == "conftest.py");
    conftests.into_iter().find_map(|test| {
        let text = std::str::from_utf8(&test.contents.bytes).ok()?;
        if let Some(name) = OLD_NAMES.iter().find(|name| text.contains(**name)) {
            return Some((*name, &test.file.path));
        }
        let (hook, _) = OLD_HOOKS.iter().find(|(hook, argument)| {
            let start = text.find(&format!("def {hook}("));
            let arguments =
                start.and_then(|start| text[start..].split_once('(')?.1.split_once(')'));
            arguments.is_some_and(|(arguments, _)| {
                let mut names = arguments
                    .split(',')
                    .map(|one| one.split([':', '=']).next().unwrap_or(one).trim());
                names.any(|name| name == *argument)
            })
        })?;
        Some((*hook, &test.file.path))
    })
}

/// Replaces what asks for one exact version, which fits the source's own time alone, and several lists of the same, by the name.
fn unpin(need: &mut NeededDistribution) {
    let is_pinned =
        |requirement: &String| requirement.contains("==") && !requirement.contains(".*");
    if need.requirements.len() > 1 || need.requirements.iter().any(is_pinned) {
        need.requirements = vec![need.name.clone()];
    }
}

/// Gives the needs of tests without the bounds that their source has for them.
pub(super) fn without_bounds(needed: &[NeededDistribution]) -> Vec<NeededDistribution> {
    needed
        .iter()
        .map(|need| NeededDistribution {
            requirements: vec![need.name.clone()],
            ..need.clone()
        })
        .collect()
}
