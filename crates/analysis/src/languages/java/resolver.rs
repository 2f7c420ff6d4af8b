//! From an import of Java to a file of the tree, the JDK, or a dependency. Knows no class path: what is not in the tree is named by
//! the declared dependency that its package probably comes from, else by the package.

use std::collections::{BTreeSet, HashMap};

use synthesizer_model::{
    code::{Import, ImportForm},
    dependency::Ecosystem,
    project::Project,
};

use super::{
    super::{Resolved, Resolver, SourceFiles},
    maven_packages::{DeclaredPackages, by_itself},
    standard_library::{is_standard, was_standard_until_10, without_type},
    type_index::TypeIndex,
};

const NOT_DECLARED: &str = "the package is the tree's own, and none of its files declares the type: it is written by the build or lies in another repository";
const FOREIGN: &str = "the package is written in another language of the JVM, which is not read";

/// First parts of package names by which a name in code is surely one of a package.
const TOP_DOMAINS: &[&str] = &[
    "android", "androidx", "au", "ca", "ch", "cn", "co", "com", "de", "dev", "edu", "eu", "fr",
    "gov", "io", "it", "jakarta", "javafx", "javax", "jp", "kotlin", "me", "net", "nl", "org",
    "ru", "scala", "se", "uk", "us",
];

/// Resolves the imports of one tree.
pub(super) struct JavaResolver<'a> {
    files: &'a SourceFiles<'a>,
    types: TypeIndex<'a>,
    /// What each package of the ecosystem declares, with what it inherits, by its folder.
    declared: HashMap<&'a str, DeclaredPackages<'a>>,
    /// What all of them declare.
    declared_anywhere: DeclaredPackages<'a>,
}

impl<'a> JavaResolver<'a> {
    /// Looks at all files and packages.
    pub(super) fn new(files: &'a SourceFiles<'a>) -> Self {
        let projects: Vec<&Project> = files
            .projects()
            .iter()
            .filter(|project| project.ecosystem == Ecosystem::Maven)
            .collect();
        let declared = projects
            .iter()
            .map(|project| {
                let above = project.workspace.as_deref();
                let above = projects
                    .iter()
                    .filter(|other| above == Some(other.folder.as_str()));
                let known = DeclaredPackages::new([project].into_iter().chain(above).copied());
                (project.folder.as_str(), known)
            })
            .collect();
        Self {
            files,
            types: TypeIndex::new(files),
            declared,
            declared_anywhere: DeclaredPackages::new(projects),
        }
    }

    /// A type that is named without its package: of the same package, or inherited, or from an import on demand.
    fn simple_name(&self, from: usize, name: &str) -> Resolved {
        match self.types.find_in(from, self.package_of(from), name) {
            Some(file) if file != from => Resolved::Files(vec![file]),
            _ => Resolved::Nothing,
        }
    }

    fn package_of(&self, file: usize) -> &'a str {
        let code = self.files.file(file).code;
        code.and_then(|code| code.namespace.as_deref())
            .unwrap_or_default()
    }

    fn module(&self, from: usize, name: &str) -> Resolved {
        if let Some(file) = self.types.find_module(from, name) {
            return Resolved::Files(vec![file]);
        }
        if name.starts_with("java.") || name.starts_with("jdk.") {
            return Resolved::StandardLibrary;
        }
        self.elsewhere(from, name)
    }

    fn on_demand(&self, from: usize, import: &Import) -> Resolved {
        if let Some(file) = self.types.find(from, &import.target) {
            return Resolved::Files(vec![file]);
        }
        if !self.types.has_package(&import.target) {
            return self.elsewhere(from, &import.target);
        }
        let used: BTreeSet<usize> = self
            .files
            .file(from)
            .code
            .into_iter()
            .flat_map(|code| &code.imports)
            .filter(|other| other.form == ImportForm::Path && !other.target.contains('.'))
            .filter(|other| self.simple_name(from, &other.target) == Resolved::Nothing)
            .filter_map(|other| self.types.find_in(from, &import.target, &other.target))
            .collect();
        if used.is_empty() {
            return Resolved::Nothing;
        }
        Resolved::Files(used.into_iter().collect())
    }

    /// What is in no file of the tree. `name` may end with types.
    fn elsewhere(&self, from: usize, name: &str) -> Resolved {
        let package = match without_type(name) {
            "" => name,
            package => package,
        };
        if self.types.has_package(package) {
            return Resolved::Unresolved(NOT_DECLARED);
        }
        if is_standard(package) {
            return Resolved::StandardLibrary;
        }
        let project = self
            .files
            .project_of(self.files.file(from).path, Ecosystem::Maven);
        let known = project
            .and_then(|project| self.declared.get(project.folder.as_str()))
            .and_then(|declared| declared.find(package))
            .or_else(|| self.declared_anywhere.find(package));
        if let Some(dependency) = known {
            return Resolved::External(dependency.to_owned());
        }
        if was_standard_until_10(package) && project.is_some_and(asks_for_java_until_10) {
            return Resolved::StandardLibrary;
        }
        if self.types.is_foreign(package) {
            return Resolved::Unresolved(FOREIGN);
        }
        if self.types.is_own(package) {
            return Resolved::Unresolved(NOT_DECLARED);
        }
        Resolved::External(by_itself(package).to_owned())
    }
}

impl Resolver for JavaResolver<'_> {
    fn resolve(&self, from: usize, import: &Import) -> Resolved {
        let is_on_demand = import.names.iter().any(|name| name == "*");
        let is_module = || {
            let file = self.files.file(from);
            file.path.file_name() == "module-info.java" && import.form == ImportForm::Static
        };
        if import.form == ImportForm::Path {
            if !import.target.contains('.') {
                return self.simple_name(from, &import.target);
            }
            // A chain of variables looks like a qualified name; only what begins like one is believed to be elsewhere.
            let first = import.target.split('.').next().unwrap_or_default();
            return match self.types.find(from, &import.target) {
                Some(file) if file == from => Resolved::Nothing,
                Some(file) => Resolved::Files(vec![file]),
                None if TOP_DOMAINS.contains(&first) || is_standard(&import.target) => {
                    self.elsewhere(from, &import.target)
                }
                None => Resolved::Nothing,
            };
        }
        if is_module() {
            return self.module(from, &import.target);
        }
        if is_on_demand {
            return self.on_demand(from, import);
        }
        match self.types.find(from, &import.target) {
            Some(file) => Resolved::Files(vec![file]),
            None => self.elsewhere(from, &import.target),
        }
    }
}

/// Says whether a package asks for a Java that still had the modules that Java 11 took out.
fn asks_for_java_until_10(project: &Project) -> bool {
    let version = project.runtimes.get("java").map_or("", String::as_str);
    let version = version.strip_prefix("1.").unwrap_or(version);
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse::<u32>().is_ok_and(|release| release <= 10)
}
