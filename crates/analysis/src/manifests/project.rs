//! All manifests of the root project put together. Manifests of examples, documentation, tests and nested projects are not read.

use synthesizer_model::{
    analysis::{ManifestSummary, ProjectFacts},
    dependency::{Dependency, Ecosystem},
    finding::Problem,
    project::ProjectRole,
    text::escape_untrusted,
    tree::{SourceTree, TreePath},
};

use super::{
    FORMATS,
    folder_manifests::{FolderManifests, Together},
    tree_reading::TreeReading,
};

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
/// For every field the first manifest in the order of [`FORMATS`] that states it decides. Nothing is executed: of `setup.py` counts
/// what its text alone tells, and where it is all there is and tells nothing, that is a problem.
pub fn read_manifests(tree: &dyn SourceTree) -> (ProjectManifests, Vec<Problem>) {
    let mut reading = TreeReading::new(tree);
    let mut files: Vec<&TreePath> = Vec::new();
    for entry in tree.entries() {
        let path = entry.path.as_str();
        if !FORMATS.iter().any(|format| (format.matches)(path)) {
            continue;
        }
        if entry.is_file() {
            files.push(&entry.path);
        } else {
            let what = "a manifest that is no regular file is not read";
            reading.problems.tell(path, what);
        }
    }
    let mut manifests = FolderManifests::read(&mut reading, "", &files);
    manifests.tell_problems(&mut reading, true);
    let listed = manifests.listed();
    let merged = merge(manifests.together(), listed);
    (merged, reading.finish("python"))
}

fn merge(together: Together, listed: Vec<String>) -> ProjectManifests {
    let summary = |path: String| ManifestSummary {
        path: escape_untrusted(&path),
        ecosystem: Ecosystem::Python,
        role: ProjectRole::Root,
        name: None,
        dependencies: 0,
    };
    let mut dependencies = together.runtime.unwrap_or_default();
    dependencies.extend(together.optional);
    dependencies.extend(together.development);
    ProjectManifests {
        manifests: listed.into_iter().map(summary).collect(),
        project: together.project,
        dependencies,
        extras: together.extras,
        license_declared: together.license,
        license_files: together.license_files,
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
