//! Where imports lead, on small trees in memory.
//!
//! Map: `files` (relative names, configurations), `packages` (names of packages, of Node.js and private ones).

mod files;
mod packages;

use synthesizer_model::{
    analysis::ProjectFacts,
    code::{Circumstances, Import, ImportForm},
    dependency::{Dependency, Ecosystem},
    project::{Project, ProjectRole},
    source_file::FileRole,
    text::ByteRange,
    tree::{SourceTree as _, TreePath},
};

use crate::{
    languages::{Resolved, Resolver as _, SourceFile, SourceFiles},
    memory_tree::MemoryTree,
};

use super::EcmaScriptResolver;

/// A tree in which imports are resolved.
struct Fixture {
    tree: MemoryTree,
    paths: Vec<TreePath>,
    projects: Vec<Project>,
}

impl Fixture {
    /// Makes a tree of texts; files whose text does not matter are named alone.
    fn new(texts: &[(&str, &str)], empty: &[&str]) -> Self {
        let empty = empty.iter().map(|path| (*path, ""));
        let tree = MemoryTree::of_texts(texts.iter().copied().chain(empty));
        let paths = tree
            .entries()
            .iter()
            .map(|entry| entry.path.clone())
            .collect();
        Self {
            tree,
            paths,
            projects: Vec::new(),
        }
    }

    /// Adds a package with what it asks for: name and specifier.
    fn with_project(
        mut self,
        folder: &str,
        role: ProjectRole,
        name: &str,
        asked: &[(&str, &str)],
    ) -> Self {
        let manifest = if folder.is_empty() {
            "package.json".to_owned()
        } else {
            format!("{folder}/package.json")
        };
        let dependencies = asked.iter().map(|(name, specifier)| {
            let mut dependency = Dependency::new(Ecosystem::Npm, *name, &manifest, 1);
            dependency.specifier = (*specifier).to_owned();
            if let Some(real) = specifier.strip_prefix("npm:") {
                dependency.imported_as = Some((*name).to_owned());
                dependency.name = real.to_owned();
            }
            dependency
        });
        self.projects.push(Project {
            folder: folder.to_owned(),
            ecosystem: Ecosystem::Npm,
            role,
            manifests: vec![manifest.clone()],
            workspace: None,
            facts: ProjectFacts {
                name: Some(name.to_owned()),
                ..ProjectFacts::default()
            },
            targets: Vec::new(),
            dependencies: dependencies.collect(),
            extras: Vec::new(),
            runtimes: Default::default(),
            license: None,
            license_as_written: None,
            license_files: Vec::new(),
            private: false,
        });
        self
    }

    /// Resolves a name of a form as seen from a file, and writes where it leads.
    fn resolve(&self, from: &str, target: &str, form: ImportForm, types: bool) -> String {
        let files = self.paths.iter().map(|path| SourceFile {
            path,
            language: None,
            role: FileRole::Source,
            code: None,
        });
        let files = SourceFiles::new(&self.tree, files.collect(), &self.projects);
        let import = Import {
            target: target.to_owned(),
            form,
            names: Vec::new(),
            range: ByteRange::new(0, 0),
            line: 1,
            circumstances: Circumstances {
                type_checking: types,
                ..Circumstances::default()
            },
        };
        let from = files.index(from).expect("a file of the tree");
        match EcmaScriptResolver::new(&files).resolve(from, &import) {
            Resolved::Files(found) => {
                let paths = found.iter().map(|index| files.file(*index).path.as_str());
                paths.collect::<Vec<_>>().join(" ")
            }
            Resolved::StandardLibrary => "(library)".to_owned(),
            Resolved::External(name) => format!("({name})"),
            Resolved::Unresolved(reason) => format!("!{reason}"),
            Resolved::Nothing => "(nothing)".to_owned(),
        }
    }

    fn check(&self, from: &str, target: &str, expected: &str) {
        let found = self.resolve(from, target, ImportForm::Static, false);
        assert_eq!(found, expected, "{target} from {from}");
    }

    fn check_types(&self, from: &str, target: &str, expected: &str) {
        let found = self.resolve(from, target, ImportForm::Static, true);
        assert_eq!(found, expected, "types of {target} from {from}");
    }

    fn check_require(&self, from: &str, target: &str, expected: &str) {
        let found = self.resolve(from, target, ImportForm::Require, false);
        assert_eq!(found, expected, "require of {target} from {from}");
    }
}

const NOT_THERE: &str = "!no such file in the tree";
