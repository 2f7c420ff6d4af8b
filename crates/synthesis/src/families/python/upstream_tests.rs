//! Tests of the sources in the new project: below `tests/<source>`, under names that no other source has. Chooses none of them.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    ErrorCode, Failure,
    component::{ClosureFile, NeededDistribution},
    dependency::normalize_distribution,
    finding::{Finding, Severity},
    python::PythonFile,
    tree::TreePath,
};

use toml_edit::{DocumentMut, Item, TableLike};

use super::{
    identifier::is_module_name,
    input::{SourceInput, SynthesisInput},
};
use crate::{
    assembly::{Assembly, Moved},
    merging::{self, Extent, Kind, MergeSource, Merged},
    rewriting::python::{self as rewriting, MovedFile, NewNames, Standing, TestNames, module_of},
    source::SourceFile,
};

/// Why an empty package file is there.
const PACKAGE_REASON: &str = "gives the tests names that no other tests have";

/// The folder of the views of packages below a source's tests.
const VIEWS: &str = "_packages";
/// Why a view is there.
const VIEW_REASON: &str = "has the names that tests use of a package whose own file is not taken";

/// What comes along of a source's tests.
#[derive(Debug, Clone, Default)]
pub struct SourceTests {
    /// The files, sorted by path.
    pub files: Vec<SourceTestFile>,
    /// Packages whose own file is not placed, with the names that the tests have of placed modules: each by the module and its name there,
    /// or by the module alone.
    pub views: BTreeMap<String, BTreeMap<String, (String, Option<String>)>>,
    /// Distributions that only the tests need.
    pub needed: Vec<NeededDistribution>,
    /// Paths and texts of the source's files that can tell the test runner's options.
    pub options: Vec<(String, String)>,
}

/// A file that comes along.
#[derive(Debug, Clone)]
pub struct SourceTestFile {
    /// Its place in the source, its name there and why it comes along.
    pub file: ClosureFile,
    /// Its contents.
    pub contents: SourceFile,
    /// Its facts, when it is Python and UTF-8.
    pub facts: Option<PythonFile>,
    /// Modules beside the tests as the file names them, each with the path of its file or folder below the import root.
    pub names: BTreeMap<String, String>,
    /// Those of [`SourceTests::views`] that it uses.
    pub views: Vec<String>,
    /// Whether a part of the source's file was left out of its contents.
    pub is_cut: bool,
    /// Where it looks for data above a taken module: from where to where `module.__file__` is, with the module's path below its import root.
    pub above: BTreeMap<usize, (usize, String)>,
}

/// Gives the folder of a source's tests below `tests`.
fn folder_of(source: &SourceInput) -> String {
    let name: String = source
        .record
        .id
        .chars()
        .map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' => character,
            _ => '_',
        })
        .collect();
    if is_module_name(&name) {
        name
    } else {
        format!("of_{name}")
    }
}

/// Places the tests of every source and makes packages of their folders; gives the paths of the moved files.
///
/// # Errors
/// `E_PATH` for a path that cannot be, `E_ARGUMENT` when the project has another file there.
pub(crate) fn move_tests(
    assembly: &mut Assembly<'_>,
    input: &SynthesisInput<'_>,
    names: &[NewNames<'_>],
) -> Result<Vec<TreePath>, Failure> {
    let mut moved = Vec::new();
    let mut packages: BTreeSet<String> = BTreeSet::new();
    let mut viewed: BTreeSet<String> = BTreeSet::new();
    for (index, (source, names)) in input.sources.iter().zip(names).enumerate() {
        let folder = folder_of(source);
        for test in &source.tests.files {
            let place = format!("tests/{folder}/{}", test.file.import_path);
            let path = TreePath::new(&place).map_err(|refusal| {
                let shown = synthesizer_model::text::escape_untrusted(&place);
                Failure::new(
                    ErrorCode::Path,
                    format!("a test cannot be placed at {shown}: {refusal}"),
                )
                .with_hint("leave the tests out")
            })?;
            if test.file.module.is_some() {
                packages.extend(packages_above(&place));
            }
            let new_names = TestNames {
                modules: new_names_of(&folder, &test.names),
                views: test
                    .views
                    .iter()
                    .map(|package| (package.clone(), view_name(&folder, package)))
                    .collect(),
                is_cut: test.is_cut,
                above: test.above.clone(),
            };
            let rewritten = rewriting::rewrite(&MovedFile {
                source,
                names,
                file: &test.file,
                contents: &test.contents,
                facts: test.facts.as_ref(),
                package: input.project_name.package(),
                tests: Some(&new_names),
            });
            let reason = test.file.reason.to_string();
            assembly
                .move_file(Moved {
                    source: index,
                    origin: &test.file.path,
                    path: &path,
                    reason,
                    file: &test.contents,
                    rewritten,
                })
                .map_err(|_| {
                    Failure::new(
                        ErrorCode::Argument,
                        format!("another file of the project is at {path}, where a test would be"),
                    )
                    .with_hint("leave the tests out")
                })?;
            moved.push(path);
        }
        for package in source.tests.views.keys() {
            let place = format!(
                "tests/{folder}/{VIEWS}/{}/__init__.py",
                package.replace('.', "/")
            );
            packages.extend(packages_above(&place).filter(|path| *path != place));
            let text = view_text(source, names, &folder, package);
            assembly.add_generated(&place, &text, VIEW_REASON)?;
            viewed.insert(place);
        }
    }
    let placed: BTreeSet<&str> = moved.iter().map(TreePath::as_str).collect();
    for package in packages
        .iter()
        .filter(|path| !placed.contains(path.as_str()) && !viewed.contains(*path))
    {
        assembly.add_generated(package, "", PACKAGE_REASON)?;
    }
    Ok(moved)
}

fn view_name(folder: &str, package: &str) -> String {
    format!("tests.{folder}.{VIEWS}.{package}")
}

/// Writes a package that has the names of placed modules which the package of the source has.
fn view_text(source: &SourceInput, names: &NewNames<'_>, folder: &str, package: &str) -> String {
    let views = &source.tests.views;
    let mut lines = vec![
        "# What the tests use of a package of the source whose own file is not part of the project.".to_owned(),
    ];
    for (name, (module, original)) in views.get(package).into_iter().flatten() {
        let (from, imported) = match original {
            Some(original) => match names.standing(module).new_name() {
                Some(new) => (new.to_owned(), original.as_str()),
                None => continue,
            },
            None => {
                let last = module.rsplit('.').next().unwrap_or(module);
                let standing = names.standing(module);
                match standing.new_name().and_then(|new| new.rsplit_once('.')) {
                    Some((parent, _)) => (parent.to_owned(), last),
                    None => continue,
                }
            }
        };
        if is_module_name(name) && is_module_name(imported) {
            lines.push(format!("from {from} import {imported} as {name}"));
        }
    }
    let prefix = format!("{package}.");
    let children = views.keys().filter_map(|view| view.strip_prefix(&prefix));
    for child in children.filter(|child| !child.contains('.')) {
        lines.push(format!(
            "from {} import {child} as {child}",
            view_name(folder, package)
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Lists the package files of the folders above a file, down to the first folder that no package can have the name of.
fn packages_above(place: &str) -> impl Iterator<Item = String> {
    place
        .match_indices('/')
        .map(|(end, _)| &place[..end])
        .take_while(|folder| is_module_name(folder.rsplit('/').next().unwrap_or(folder)))
        .map(|folder| format!("{folder}/__init__.py"))
}

/// Gives the new dotted name of each module beside the tests; those that no statement could name are left out.
fn new_names_of(folder: &str, names: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    names
        .iter()
        .map(|(name, place)| (name, module_of(place)))
        .filter(|(_, module)| module.split('.').all(is_module_name))
        .map(|(name, module)| (name.clone(), format!("tests.{folder}.{module}")))
        .collect()
}

/// Lists the requirements that only the tests have, sorted; the project itself is none.
pub(crate) fn requirements(input: &SynthesisInput<'_>) -> Vec<String> {
    let own = normalize_distribution(input.project_name.distribution());
    let mut requirements: BTreeSet<String> = BTreeSet::new();
    for needed in input.sources.iter().flat_map(|source| &source.tests.needed) {
        let name = normalize_distribution(&needed.name);
        if name == own {
            continue;
        }
        if needed.requirements.is_empty() {
            requirements.insert(name);
        } else {
            requirements.extend(needed.requirements.iter().cloned());
        }
    }
    requirements.into_iter().collect()
}

/// Merges the options of the test runner that the moved tests need into the manifest.
pub(crate) fn merge_options(
    input: &SynthesisInput<'_>,
    names: &[NewNames<'_>],
    manifest: &str,
) -> Merged {
    let sources: Vec<MergeSource<'_>> = input
        .sources
        .iter()
        .filter(|source| !source.tests.files.is_empty())
        .flat_map(|source| {
            let options = source.tests.options.iter();
            options.map(|(path, text)| MergeSource {
                id: &source.record.id,
                path,
                text,
                extent: Extent::Component,
                folder: "",
            })
        })
        .collect();
    if sources.is_empty() {
        return Merged {
            text: manifest.to_owned(),
            ..Merged::default()
        };
    }
    let mut merged = merging::merge(Kind::Pyproject, manifest, &sources);
    if let Ok(mut document) = merged.text.parse::<DocumentMut>()
        && let Some(options) = pytest_options(&mut document)
    {
        let changed = adapt_warnings(options, names, &mut merged.findings);
        if keep_own_tests(options) || changed {
            merged = merging::retold(&merged, document.to_string());
        }
    }
    merged
}

fn pytest_options(document: &mut DocumentMut) -> Option<&mut dyn TableLike> {
    let tool = document.get_mut("tool")?.as_table_like_mut()?;
    let pytest = tool.get_mut("pytest")?.as_table_like_mut()?;
    pytest.get_mut("ini_options")?.as_table_like_mut()
}

/// Gives categories of warnings their new names; the runner stops at one that it cannot import, so others are left out and told.
fn adapt_warnings(
    options: &mut dyn TableLike,
    names: &[NewNames<'_>],
    findings: &mut Vec<Finding>,
) -> bool {
    let Some(filters) = options
        .get_mut("filterwarnings")
        .and_then(Item::as_array_mut)
    else {
        return false;
    };
    let mut changed = false;
    let mut position = 0;
    while let Some(filter) = filters
        .get(position)
        .and_then(|one| one.as_str())
        .map(str::to_owned)
    {
        let mut parts: Vec<String> = filter.split(':').map(str::to_owned).collect();
        let category = parts.get(2).map(|category| category.trim().to_owned());
        let Some((module, name)) = category.as_deref().and_then(|one| one.rsplit_once('.')) else {
            position += 1;
            continue;
        };
        let new = names.iter().find_map(|names| match names.standing(module) {
            Standing::Placed(new) => Some(new),
            _ => None,
        });
        changed = true;
        match new {
            Some(new) => {
                parts[2] = format!("{new}.{name}");
                filters.replace(position, parts.join(":"));
                position += 1;
            }
            None => {
                filters.remove(position);
                let shown = synthesizer_model::text::escape_untrusted(&filter);
                let what = format!(
                    "the filter of warnings {shown} is not taken: its category may not be there to import"
                );
                findings.push(Finding::new(Severity::Info, "settings-not-taken", what));
            }
        }
    }
    changed
}

/// Keeps the names by which the runner finds the project's own tests beside those that a source has set.
fn keep_own_tests(options: &mut dyn TableLike) -> bool {
    let usual: [(&str, &[&str]); 3] = [
        ("python_files", &["test_*.py", "*_test.py"]),
        ("python_classes", &["Test"]),
        ("python_functions", &["test"]),
    ];
    let mut changed = false;
    for (option, usual) in usual {
        let Some(list) = options.get_mut(option).and_then(Item::as_array_mut) else {
            continue;
        };
        for name in usual {
            if !list.iter().any(|one| one.as_str() == Some(name)) {
                list.push(*name);
                changed = true;
            }
        }
    }
    changed
}

/// Lists the folders that the runner has to be told of: those whose `conftest.py` names plugins, which only a folder that is named may.
pub(crate) fn named_folders(input: &SynthesisInput<'_>) -> Vec<String> {
    let mut folders = BTreeSet::new();
    for source in &input.sources {
        for test in &source.tests.files {
            let is_conftest = test.file.path.file_name() == "conftest.py";
            let text = std::str::from_utf8(&test.contents.bytes).unwrap_or_default();
            if is_conftest && text.contains("pytest_plugins") {
                let folder = test.file.import_path.rsplit_once('/');
                let below = folder.map_or(String::new(), |(folder, _)| format!("/{folder}"));
                folders.insert(format!("tests/{}{below}", folder_of(source)));
            }
        }
    }
    folders.into_iter().collect()
}
