//! Where the imports of Python files lead: to files of the tree, to the standard library, or to a distribution. Reads no file.
//!
//! `from a import b` leads to the module `a.b` where there is one, else to `a`; `from a import *` to `a`; `import a.b` to `a.b` alone,
//! though Python runs `a` on the way.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    sync::{PoisonError, RwLock},
};

use synthesizer_model::{
    code::{Import, ImportForm},
    dependency::Dependency,
};

use super::module_index::{ModuleIndex, Viewpoint, joined};
use crate::{
    distributions,
    languages::{Resolved, Resolver, SourceFiles},
    standard_library,
};

const NO_FILE: &str = "no file of the tree provides this module";
const COMPUTED: &str = "the name is computed";
const OUTSIDE: &str = "a relative import that leaves the tree";

/// Resolves the imports of one tree.
pub(super) struct PythonResolver<'a> {
    files: &'a SourceFiles<'a>,
    index: ModuleIndex<'a>,
    /// Distributions by the importing package and the module, as far as they were asked for.
    distributions: RwLock<HashMap<(Option<usize>, String), Distribution>>,
}

#[derive(Debug, Clone)]
struct Distribution {
    name: String,
    certainty: Certainty,
}

/// How a distribution's name is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Certainty {
    /// A manifest of the importing package, or of one above it, asks for it.
    Declared,
    /// The table has it.
    Known,
    /// It is the import's own name.
    Assumed,
}

impl<'a> PythonResolver<'a> {
    /// Indexes the modules of a tree.
    pub(super) fn new(files: &'a SourceFiles<'a>) -> Self {
        Self {
            files,
            index: ModuleIndex::of(files),
            distributions: RwLock::new(HashMap::new()),
        }
    }

    fn module(&self, from: usize, import: &Import) -> Resolved {
        let name = import.target.trim_start_matches('.');
        let level = import.target.len() - name.len();
        if level > 0 {
            return self.relative(from, import, level, name);
        }
        let viewpoint = self.index.viewpoint(from);
        let top = name.split('.').next().unwrap_or(name);
        if top.is_empty() {
            return Resolved::Unresolved(NO_FILE);
        }
        if standard_library::is_standard(top) && !self.shadows(top, viewpoint) {
            return Resolved::StandardLibrary;
        }
        let find = |name: &str| self.index.find(name, viewpoint);
        let found = self.files_of(from, name, import, &find);
        if let Some(found) = found {
            let elsewhere = self.is_elsewhere(top, &found, viewpoint);
            return elsewhere.unwrap_or(found);
        }
        let mut distribution = self.distribution(name, viewpoint);
        // `from google.cloud import storage` is only known by both.
        if distribution.certainty == Certainty::Assumed
            && let Some(first) = import.names.first()
            && first != "*"
        {
            distribution = self.distribution(&format!("{name}.{first}"), viewpoint);
        }
        // What lies below a package without a file of its own may as well come from elsewhere.
        let is_missing = match distribution.certainty {
            Certainty::Declared => false,
            Certainty::Known => find(top).is_some(),
            Certainty::Assumed => find(top).is_some() || self.index.is_own(top),
        };
        if is_missing {
            return Resolved::Unresolved(NO_FILE);
        }
        Resolved::External(distribution.name)
    }

    /// Says whether a module of the tree is meant although the standard library has one of that name: only one beside the importing
    /// file, or the one that gives the package its name.
    fn shadows(&self, top: &str, from: Viewpoint<'_>) -> bool {
        let Some(file) = self.index.find(top, from) else {
            return false;
        };
        let path = self.files.file(file).path;
        let names_package = || {
            let project = from
                .package()
                .map(|package| &self.files.projects()[package]);
            project
                .and_then(|project| project.facts.name.as_deref())
                .is_some_and(|name| name.replace(['-', '.'], "_").eq_ignore_ascii_case(top))
        };
        (path.parent() == from.path().parent() && !path.as_str().ends_with("/__init__.py"))
            || names_package()
    }

    /// A module of another package of the tree is not meant where the importing package declares a distribution of that name that is none of the tree's.
    fn is_elsewhere(&self, top: &str, found: &Resolved, from: Viewpoint<'_>) -> Option<Resolved> {
        let Resolved::Files(files) = found else {
            return None;
        };
        let target = self.index.viewpoint(*files.first()?);
        if target.package() == from.package() {
            return None;
        }
        let distribution = self.distribution(top, from);
        let is_own = target.package().is_some_and(|package| {
            let name = self.files.projects()[package].facts.name.as_deref();
            name.is_some_and(|name| same_name(name, &distribution.name))
        });
        (distribution.certainty == Certainty::Declared && !is_own)
            .then_some(Resolved::External(distribution.name))
    }

    /// Resolves a name within the importing file's package, by its place.
    fn relative(&self, from: usize, import: &Import, level: usize, name: &str) -> Resolved {
        let mut folder = self.files.file(from).path.parent();
        for _ in 1..level {
            if folder.is_empty() {
                return Resolved::Unresolved(OUTSIDE);
            }
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
        let place = joined(folder, &name.replace('.', "/"));
        let within = |member: &str| self.index.at_place(&joined(&place, member));
        let found = match import.names.as_slice() {
            [] => within("").map(|file| vec![file]),
            names => {
                let base = within("");
                collect(names.iter().map(|name| {
                    let module = (name != "*").then(|| within(name)).flatten();
                    module.or(base)
                }))
            }
        };
        match found {
            Some(files) => without_self(files, from),
            None if self.index.is_folder(&place) => Resolved::Nothing,
            None => Resolved::Unresolved(NO_FILE),
        }
    }

    /// Gives the files of an absolute import; `None` when there is none.
    fn files_of(
        &self,
        from: usize,
        name: &str,
        import: &Import,
        find: &dyn Fn(&str) -> Option<usize>,
    ) -> Option<Resolved> {
        let base = find(name);
        if import.names.is_empty() {
            // What a package makes itself, or is built from elsewhere, is had by importing the package.
            let above = || find(name.rsplit_once('.')?.0);
            return Some(without_self(vec![base.or_else(above)?], from));
        }
        let files = collect(import.names.iter().map(|member| {
            let module = (member != "*").then(|| find(&format!("{name}.{member}")));
            module.flatten().or(base)
        }));
        files.map(|files| without_self(files, from))
    }

    /// Gives the distribution of a module: as it is declared, else as the table knows it, else by the import's own name.
    fn distribution(&self, module: &str, from: Viewpoint<'_>) -> Distribution {
        let key = (from.package(), module.to_owned());
        let known = self
            .distributions
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&key) {
            return known.clone();
        }
        drop(known);
        let found = self.look_up(module, from.package());
        let mut known = self
            .distributions
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        known.entry(key).or_insert(found).clone()
    }

    fn look_up(&self, module: &str, package: Option<usize>) -> Distribution {
        for dependencies in self.declarations(package) {
            if let Some(first) = distributions::declared_for(module, dependencies).first() {
                return Distribution {
                    name: first.name.clone(),
                    certainty: Certainty::Declared,
                };
            }
        }
        let top = module.split('.').next().unwrap_or(module);
        let known = distributions::known_distribution(module);
        Distribution {
            name: known.unwrap_or(top).to_owned(),
            certainty: known.map_or(Certainty::Assumed, |_| Certainty::Known),
        }
    }

    /// Lists the dependencies of a package, then those of the packages above it, whose development may need them.
    fn declarations(&self, package: Option<usize>) -> Vec<&'a [Dependency]> {
        let projects = self.files.projects();
        let Some(package) = package.map(|package| &projects[package]) else {
            return Vec::new();
        };
        let mut above: Vec<&'a synthesizer_model::project::Project> = projects
            .iter()
            .filter(|project| {
                let folder = project.folder.as_str();
                project.ecosystem == package.ecosystem
                    && (folder.is_empty()
                        || package.folder == folder
                        || package
                            .folder
                            .strip_prefix(folder)
                            .is_some_and(|rest| rest.starts_with('/')))
            })
            .collect();
        above.sort_by_key(|project| std::cmp::Reverse(project.folder.len()));
        above
            .into_iter()
            .map(|project| project.dependencies.as_slice())
            .collect()
    }

    /// Finds a data file: beside the importing file, or from a folder above it within its package, or from the top.
    fn resource(&self, from: usize, target: &str) -> Resolved {
        let target = target.trim_start_matches("./");
        if target.starts_with('/') || target.split('/').any(|part| part == "..") {
            return Resolved::Nothing;
        }
        let mut folder: Cow<'_, str> = Cow::Borrowed(self.files.file(from).path.parent());
        loop {
            if let Some(file) = self.index.file(&joined(&folder, target)) {
                return Resolved::Files(vec![file]);
            }
            if folder.is_empty() {
                return Resolved::Nothing;
            }
            folder = Cow::Owned(
                folder
                    .rsplit_once('/')
                    .map_or("", |(above, _)| above)
                    .to_owned(),
            );
        }
    }
}

impl Resolver for PythonResolver<'_> {
    fn resolve(&self, from: usize, import: &Import) -> Resolved {
        match import.form {
            ImportForm::Computed => Resolved::Unresolved(COMPUTED),
            ImportForm::Resource => self.resource(from, &import.target),
            _ => self.module(from, import),
        }
    }
}

/// Gives each file once, in the order found; `None` when a name has none and so have all.
fn collect(files: impl Iterator<Item = Option<usize>>) -> Option<Vec<usize>> {
    let mut met = BTreeSet::new();
    let found: Vec<usize> = files.flatten().filter(|file| met.insert(*file)).collect();
    (!found.is_empty()).then_some(found)
}

/// A package that imports a name of its own imports no file.
fn without_self(mut files: Vec<usize>, from: usize) -> Resolved {
    files.retain(|file| *file != from);
    if files.is_empty() {
        Resolved::Nothing
    } else {
        Resolved::Files(files)
    }
}

fn same_name(left: &str, right: &str) -> bool {
    let normalized = synthesizer_model::dependency::normalize_distribution;
    normalized(left) == normalized(right)
}
