//! All manifests of the root project put together. Manifests of examples, documentation, tests and nested projects are not read.

use synthesizer_model::{
    analysis::{ManifestSummary, ProjectFacts},
    dependency::Dependency,
    finding::Problem,
    text::escape_untrusted,
    tree::{SourceTree, TreePath},
};

use super::{
    FORMATS,
    facts::{Include, ManifestFacts, ManifestFormat},
    requirements_txt,
};

/// The largest manifest that is read, in bytes.
const LARGEST: usize = 4 << 20;
/// How many files of one format are read.
const MOST_FILES: usize = 8;
/// How many requirements files one manifest may bring in.
const MOST_INCLUDES: usize = 32;

/// What the root project's manifests say together.
#[derive(Debug, Clone, Default)]
pub struct ProjectManifests {
    /// The manifests that were read, in the order of precedence.
    pub manifests: Vec<ManifestSummary>,
    /// What they tell of the project.
    pub project: ProjectFacts,
    /// Requirements: those to run, then those of extras, then those of groups for development.
    pub dependencies: Vec<Dependency>,
    /// Names of the extras, as written, sorted; any other group of [`Self::dependencies`] is for building or development.
    pub extras: Vec<String>,
    /// The SPDX expression of the first manifest that declares one.
    pub license_declared: Option<String>,
    /// Paths or glob patterns of the license files that the manifests name.
    pub license_files: Vec<String>,
}

/// Reads the manifests at the top of a tree and puts them together.
///
/// For every field the first manifest in the order of [`FORMATS`] that states it decides. Nothing is executed: where only
/// `setup.py` knows the dependencies, that is a problem.
pub fn read_manifests(tree: &dyn SourceTree) -> (ProjectManifests, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut read: Vec<(&ManifestFormat, ManifestFacts)> = Vec::new();
    for format in FORMATS {
        for path in files_of(tree, format, &mut problems) {
            let Some(text) = read_text(tree, path, &mut problems) else {
                continue;
            };
            let mut facts = (format.parse)(path.as_str(), &text);
            read_includes(tree, &mut facts);
            problems.append(&mut facts.problems);
            read.push((*format, facts));
        }
    }
    let states_runtime = read.iter().any(|(_, facts)| facts.runtime.is_some());
    if !states_runtime {
        problems.extend(unstated(tree, &read));
    }
    (merge(read), problems)
}

fn files_of<'t>(
    tree: &'t dyn SourceTree,
    format: &ManifestFormat,
    problems: &mut Vec<Problem>,
) -> Vec<&'t TreePath> {
    let mut files = Vec::new();
    for entry in tree
        .entries()
        .iter()
        .filter(|entry| (format.matches)(entry.path.as_str()))
    {
        if !entry.is_file() {
            problems.push(Problem::new(
                entry.path.as_str(),
                "a manifest that is no regular file is not read",
            ));
        } else if files.len() == MOST_FILES {
            problems.push(Problem::new(
                entry.path.as_str(),
                format!("more than {MOST_FILES} files named {}", format.name),
            ));
            break;
        } else {
            files.push(&entry.path);
        }
    }
    files
}

/// Reads a file as UTF-8 without a byte order mark; bytes that are not UTF-8 are replaced and told.
fn read_text(
    tree: &dyn SourceTree,
    path: &TreePath,
    problems: &mut Vec<Problem>,
) -> Option<String> {
    let blob = match tree.read(path) {
        Ok(blob) => blob,
        Err(failure) => {
            problems.push(Problem::new(path.as_str(), failure.message));
            return None;
        }
    };
    if blob.bytes.len() > LARGEST {
        problems.push(Problem::new(
            path.as_str(),
            format!("larger than {LARGEST} bytes, not read"),
        ));
        return None;
    }
    let text = String::from_utf8_lossy(&blob.bytes);
    if matches!(text, std::borrow::Cow::Owned(_)) {
        problems.push(Problem::new(path.as_str(), "not all of it is UTF-8"));
    }
    Some(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}

/// Reads the requirements files that a manifest names, and those that they name; each once per section and group.
fn read_includes(tree: &dyn SourceTree, facts: &mut ManifestFacts) {
    let mut waiting: Vec<(String, Include)> =
        with_folder(&facts.path.clone(), std::mem::take(&mut facts.includes));
    let mut met: Vec<(TreePath, Option<String>)> = Vec::new();
    while let Some((folder, include)) = waiting.pop() {
        let Some(path) = resolve(&folder, &include.path) else {
            facts.problem(
                include.line,
                format_args!("the file {} lies outside the project", include.path),
            );
            continue;
        };
        let key = (path, include.group.clone());
        if key.0.as_str() == facts.path || met.contains(&key) {
            continue;
        }
        if met.len() == MOST_INCLUDES {
            facts.problem(
                include.line,
                format_args!("more than {MOST_INCLUDES} included files; the rest is left out"),
            );
            return;
        }
        let mut problems = Vec::new();
        match read_text(tree, &key.0, &mut problems) {
            Some(text) => {
                let group = include.group.as_deref();
                let mut included =
                    requirements_txt::parse(key.0.as_str(), &text, include.section, group);
                waiting.extend(with_folder(
                    key.0.as_str(),
                    std::mem::take(&mut included.includes),
                ));
                facts.absorb(included);
            }
            None => facts.problem(
                include.line,
                format_args!("the file {} cannot be read", include.path),
            ),
        }
        met.push(key);
    }
}

fn with_folder(path: &str, includes: Vec<Include>) -> Vec<(String, Include)> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let pair = |include| (folder.to_owned(), include);
    includes.into_iter().rev().map(pair).collect()
}

/// Joins a folder of the tree with a relative path; `None` when the result would leave the tree.
fn resolve(folder: &str, relative: &str) -> Option<TreePath> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    if relative.starts_with('/') {
        return None;
    }
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    TreePath::new(&parts.join("/")).ok()
}

/// Says why no manifest states what is needed to run.
fn unstated(tree: &dyn SourceTree, read: &[(&ManifestFormat, ManifestFacts)]) -> Option<Problem> {
    if read.iter().any(|(_, facts)| facts.absent_is_empty) {
        return None;
    }
    let has_setup_py = tree
        .entries()
        .iter()
        .any(|entry| entry.path.as_str() == "setup.py");
    if has_setup_py {
        let what = "setup.py is not read, because reading it would mean to run it; dependencies that only it declares are missing";
        return Some(Problem::new("setup.py", what));
    }
    let dynamic = read
        .iter()
        .find(|(_, facts)| facts.dynamic.iter().any(|field| field == "dependencies"));
    dynamic.map(|(_, facts)| {
        Problem::new(
            &facts.path,
            "the dependencies are computed when the project is built; no manifest states them",
        )
    })
}

fn merge(read: Vec<(&ManifestFormat, ManifestFacts)>) -> ProjectManifests {
    let mut merged = ProjectManifests::default();
    let mut runtime = None;
    let mut optional = None;
    let mut development = Vec::new();
    for (format, facts) in read {
        if format.listed {
            merged.manifests.push(ManifestSummary {
                path: escape_untrusted(&facts.path),
                ecosystem: format.ecosystem,
            });
        }
        merge_project(&mut merged.project, facts.project);
        runtime = runtime.or(facts.runtime);
        if let (None, Some(stated)) = (&optional, facts.optional) {
            optional = Some(stated);
            merged.extras = facts.extras;
        }
        development.extend(facts.development);
        merged.license_declared = merged.license_declared.or(facts.license);
        for file in facts.license_files {
            if !merged.license_files.contains(&file) && merged.license_files.len() < 1000 {
                merged.license_files.push(file);
            }
        }
    }
    merged.dependencies = runtime.unwrap_or_default();
    merged.dependencies.extend(optional.unwrap_or_default());
    merged.dependencies.extend(development);
    merged
}

fn merge_project(merged: &mut ProjectFacts, facts: ProjectFacts) {
    merged.name = merged.name.take().or(facts.name);
    merged.version = merged.version.take().or(facts.version);
    merged.description = merged.description.take().or(facts.description);
    merged.requires_python = merged.requires_python.take().or(facts.requires_python);
    if merged.entry_points.is_empty() {
        merged.entry_points = facts.entry_points;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_tree::MemoryTree;

    fn check(files: &[(&str, &str)], expected: &[&str], problems: &[&str]) -> ProjectManifests {
        let tree = MemoryTree::of_texts(files.iter().copied());
        let (manifests, found) = read_manifests(&tree);
        let write = |dependency: &Dependency| {
            let group = dependency.group.as_deref().unwrap_or("-");
            format!(
                "{} {group} {}:{}",
                dependency.requirement(),
                dependency.manifest,
                dependency.line
            )
        };
        let dependencies: Vec<String> = manifests.dependencies.iter().map(write).collect();
        assert_eq!(dependencies, expected);
        let paths: Vec<&str> = found.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, problems, "{found:?}");
        manifests
    }

    const METADATA: &str = "Metadata-Version: 2.1\nName: x\nVersion: 1\nRequires-Dist: a>=2\nRequires-Dist: b ; extra == 'fast'\nProvides-Extra: fast\n\nText\n";

    #[test]
    fn what_pyproject_states_metadata_does_not_change() {
        let project = "[project]\nname = 'x'\ndynamic = ['version']\ndependencies = ['a']\noptional-dependencies.fast = ['b']\n";
        let files = [
            ("pyproject.toml", project),
            ("PKG-INFO", METADATA),
            ("requirements.txt", "z"),
        ];
        let manifests = check(
            &files,
            &["a - pyproject.toml:4", "b fast pyproject.toml:5"],
            &[],
        );
        assert_eq!(manifests.project.version.as_deref(), Some("1"));
        assert_eq!(manifests.manifests.len(), 3);
        assert_eq!(manifests.extras, ["fast"]);
    }

    #[test]
    fn metadata_supplies_what_is_dynamic() {
        let project = "[project]\nname = 'x'\ndynamic = ['dependencies']\n[dependency-groups]\ntest = ['t']\n";
        let expected = [
            "a>=2 - PKG-INFO:4",
            "b fast PKG-INFO:5",
            "t test pyproject.toml:5",
        ];
        check(
            &[("pyproject.toml", project), ("PKG-INFO", METADATA)],
            &expected,
            &[],
        );
        check(
            &[("pyproject.toml", project)],
            &["t test pyproject.toml:5"],
            &["pyproject.toml"],
        );
    }

    #[test]
    fn setup_py_alone_is_a_problem() {
        check(&[("setup.py", "setup()")], &[], &["setup.py"]);
        check(
            &[
                ("setup.py", ""),
                ("setup.cfg", "[options]\ninstall_requires = a"),
            ],
            &["a - setup.cfg:2"],
            &[],
        );
        let bare = "Metadata-Version: 2.1\nName: x\n";
        let requires = "\n[:os_name == \"nt\"]\ncolorama\n";
        check(
            &[
                ("setup.py", ""),
                ("PKG-INFO", bare),
                ("src/x.egg-info/requires.txt", requires),
            ],
            &["colorama; os_name == \"nt\" - src/x.egg-info/requires.txt:3"],
            &[],
        );
        check(
            &[
                ("setup.py", ""),
                ("PKG-INFO", bare),
                ("x.egg-info/SOURCES.txt", "setup.py"),
            ],
            &[],
            &[],
        );
        check(&[("setup.py", ""), ("PKG-INFO", bare)], &[], &["setup.py"]);
        check(
            &[
                ("setup.py", ""),
                ("pyproject.toml", "[project]\nname = 'x'\n"),
            ],
            &[],
            &[],
        );
    }

    #[test]
    fn only_the_root_project_counts() {
        check(
            &[
                ("docs/requirements.txt", "sphinx"),
                (
                    "examples/a/pyproject.toml",
                    "[project]\nname='a'\ndependencies=['flask']\n",
                ),
                ("requirements.txt", "a\n-r requirements/base.txt\n"),
                (
                    "requirements/base.txt",
                    "-r ../requirements.txt\nb\n-r ../../x.txt\n-r none.txt\n",
                ),
                ("requirements-dev.txt", "c\n"),
            ],
            &[
                "a - requirements.txt:1",
                "b - requirements/base.txt:2",
                "c dev requirements-dev.txt:1",
            ],
            &["requirements.txt", "requirements.txt"],
        );
    }

    #[test]
    fn dynamic_requirements_come_from_the_named_files() {
        let project = "[project]\nname = 'x'\ndynamic = ['dependencies']\n[tool.setuptools.dynamic]\ndependencies = {file = ['needs.txt']}\n";
        check(
            &[("pyproject.toml", project), ("needs.txt", "a==1\n")],
            &["a==1 - needs.txt:1"],
            &[],
        );
    }
}
