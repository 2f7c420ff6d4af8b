//! Where each dotted module name of a source leads in the new project. Decides names only; edits nothing.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    python::{ImportKind, PythonFile},
    tree::TreePath,
};

use crate::families::python::input::{SourceInput, SynthesisInput};

/// What a dotted module name is to the source that imports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// A placed file has it; its new name.
    Placed(String),
    /// An empty package that is generated; its new name.
    Empty(String),
    /// A folder without `__init__.py` (PEP 420) above placed modules; its new name.
    Namespace(String),
    /// Below a placed module that is no package or that writes to `sys.modules`, so that only code can provide it; its new name.
    Virtual(String),
    /// The source's own, but not in the closure; the name that it would have.
    Missing(String),
    /// Not of this source.
    Elsewhere,
}

impl Standing {
    /// Gives the new name of what belongs to the project.
    pub(crate) fn new_name(&self) -> Option<&str> {
        match self {
            Self::Placed(name)
            | Self::Empty(name)
            | Self::Namespace(name)
            | Self::Virtual(name)
            | Self::Missing(name) => Some(name),
            Self::Elsewhere => None,
        }
    }
}

/// A module that the project has.
#[derive(Debug)]
enum Known<'a> {
    File {
        facts: Option<&'a PythonFile>,
        is_package: bool,
        /// Whether its code may make modules below it.
        makes_modules: bool,
    },
    Empty,
}

/// The new names of one source's modules.
#[derive(Debug)]
pub(crate) struct NewNames<'a> {
    prefix: String,
    modules: BTreeMap<String, Known<'a>>,
    namespaces: BTreeSet<String>,
    own_top_levels: BTreeSet<&'a str>,
    external: BTreeSet<&'a str>,
    linked: BTreeMap<&'a str, String>,
    linked_namespaces: BTreeMap<String, String>,
    taken_names: BTreeSet<(String, &'a str)>,
    computes_imports: bool,
}

impl<'a> NewNames<'a> {
    /// Reads the names of the source from its closure.
    pub(crate) fn of(input: &'a SynthesisInput<'_>, source: &'a SourceInput) -> Self {
        let package = input.project_name.package();
        let modules = known_modules(source);
        let mut namespaces = BTreeSet::new();
        for module in modules.keys() {
            namespaces.extend(
                parents(module)
                    .filter(|parent| !modules.contains_key(*parent))
                    .map(str::to_owned),
            );
        }
        let own_top_levels = source
            .original_packages
            .iter()
            .map(String::as_str)
            .filter(|top_level| !namespaces.contains(*top_level))
            .collect();
        let external = source
            .closure
            .external_imports
            .iter()
            .map(|import| import.module.as_str())
            .collect();
        let linked = linked_modules(input, source);
        let mut linked_namespaces = BTreeMap::new();
        for (module, prefix) in &linked {
            for parent in parents(module).filter(|parent| !linked.contains_key(parent)) {
                linked_namespaces
                    .entry(parent.to_owned())
                    .or_insert_with(|| prefix.clone());
            }
        }
        Self {
            prefix: dotted_prefix(package, source.record.destination.as_ref()),
            modules,
            namespaces,
            own_top_levels,
            external,
            linked,
            linked_namespaces,
            taken_names: taken_names(source),
            computes_imports: computes_imports(source),
        }
    }

    /// Says what a dotted absolute module name is.
    pub(crate) fn standing(&self, module: &str) -> Standing {
        let new_name = || format!("{}.{module}", self.prefix);
        match self.modules.get(module) {
            Some(Known::File { .. }) => return Standing::Placed(new_name()),
            Some(Known::Empty) => return Standing::Empty(new_name()),
            None => {}
        }
        if self.namespaces.contains(module) {
            return Standing::Namespace(new_name());
        }
        if let Some(prefix) = self.linked.get(module) {
            return Standing::Placed(format!("{prefix}.{module}"));
        }
        if let Some(prefix) = self.linked_namespaces.get(module) {
            return Standing::Namespace(format!("{prefix}.{module}"));
        }
        if self.external.contains(module) {
            return Standing::Elsewhere;
        }
        if let Some(known) = parents(module).find_map(|parent| self.modules.get(parent)) {
            let makes_modules = matches!(
                known,
                Known::File {
                    makes_modules: true,
                    ..
                }
            );
            return if makes_modules {
                Standing::Virtual(new_name())
            } else {
                Standing::Missing(new_name())
            };
        }
        let top_level = module.split('.').next().unwrap_or(module);
        if self.own_top_levels.contains(top_level) {
            return Standing::Missing(new_name());
        }
        Standing::Elsewhere
    }

    /// Says whether the project surely does not have the name in the module: it is no module, and the package's file does not bind it.
    pub(crate) fn lacks_name(&self, module: &str, name: &str) -> bool {
        let full = format!("{module}.{name}");
        if self.modules.contains_key(&full) || self.namespaces.contains(&full) {
            return false;
        }
        match self.modules.get(module) {
            Some(Known::Empty) => !EVERY_MODULE_HAS.contains(&name),
            Some(Known::File {
                facts: Some(facts),
                is_package: true,
                ..
            }) => {
                let has_star = facts.imports.iter().any(|import| match &import.kind {
                    ImportKind::From { names, .. } => names.iter().any(|name| name.name == "*"),
                    ImportKind::Plain(_) => false,
                });
                !(facts.bindings.contains_key(name)
                    || facts.has_module_getattr
                    || has_star
                    || !facts.syntax_errors.is_empty()
                    || EVERY_MODULE_HAS.contains(&name))
            }
            Some(Known::File { .. }) | None => false,
        }
    }

    /// Says whether code of the source imports modules by computed names.
    pub(crate) const fn computes_imports(&self) -> bool {
        self.computes_imports
    }

    /// Gives the module that a text names: a placed module below a package; with `objects`, also the module before an object,
    /// as in `package.module:name` and `package.module.name`.
    pub(crate) fn named_module<'t>(&self, text: &'t str, objects: bool) -> Option<&'t str> {
        let before = text.split(':').next().filter(|_| objects).unwrap_or(text);
        if self.modules.contains_key(before) {
            return (before.contains('.') || before != text).then_some(before);
        }
        let (module, name) = before.rsplit_once('.').filter(|_| objects)?;
        match self.modules.get(module)? {
            Known::File {
                facts: Some(facts), ..
            } => facts.bindings.contains_key(name).then_some(module),
            Known::File { facts: None, .. } | Known::Empty => None,
        }
    }

    /// Says whether another file of the source imports the name from the module, so that the name must stay bound there.
    pub(crate) fn is_taken_from(&self, module: &str, name: &str) -> bool {
        self.taken_names.contains(&(module.to_owned(), name))
            || self.taken_names.contains(&(module.to_owned(), "*"))
    }
}

/// Names that the import system gives to every package.
const EVERY_MODULE_HAS: &[&str] = &[
    "__name__",
    "__doc__",
    "__file__",
    "__path__",
    "__package__",
    "__spec__",
    "__loader__",
    "__dict__",
];

/// Gives the package of the new project below which a source's import root is placed, such as `toolbox.vendor`.
pub(crate) fn dotted_prefix(package: &str, destination: Option<&TreePath>) -> String {
    destination.map_or_else(
        || package.to_owned(),
        |destination| format!("{package}.{}", destination.as_str().replace('/', ".")),
    )
}

/// Gives the dotted module of an import path such as `flask/json/__init__.py`.
pub(crate) fn module_of(import_path: &str) -> String {
    let stem = import_path.strip_suffix(".py").unwrap_or(import_path);
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    stem.replace('/', ".")
}

/// Gives the absolute name of a relative import, or `None` when it leads above the top.
///
/// `level` counts the dots and is at least 1.
pub(super) fn absolute_name(
    importer: &str,
    importer_is_package: bool,
    level: u32,
    module: &str,
) -> Option<String> {
    let mut parts: Vec<&str> = importer.split('.').collect();
    let drop = usize::try_from(level)
        .ok()?
        .checked_sub(usize::from(importer_is_package))?;
    if drop >= parts.len() {
        return None;
    }
    parts.truncate(parts.len() - drop);
    if !module.is_empty() {
        parts.push(module);
    }
    Some(parts.join("."))
}

/// Gives the packages above a module, the nearest first.
pub(crate) fn parents(module: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(module.rsplit_once('.').map(|(parent, _)| parent), |child| {
        child.rsplit_once('.').map(|(parent, _)| parent)
    })
}

fn known_modules(source: &SourceInput) -> BTreeMap<String, Known<'_>> {
    let mut modules = BTreeMap::new();
    for module in &source.closure.modules {
        let known = Known::File {
            facts: None,
            is_package: true,
            makes_modules: false,
        };
        modules.insert(module.clone(), known);
    }
    for package in &source.closure.generated_packages {
        modules.insert(module_of(package), Known::Empty);
    }
    for file in &source.closure.files {
        let Some(module) = &file.module else { continue };
        let contents = source.files.get(&file.path);
        let is_package = is_package_file(&file.import_path);
        let known = Known::File {
            facts: source.python.get(&file.path),
            is_package,
            makes_modules: !is_package
                || contents.is_some_and(|contents| writes_modules(&contents.bytes)),
        };
        modules.insert(module.clone(), known);
    }
    modules
}

fn writes_modules(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| text.contains("sys.modules"))
}

/// Says whether an import path is that of a package's own file.
pub(super) fn is_package_file(import_path: &str) -> bool {
    import_path == "__init__.py" || import_path.ends_with("/__init__.py")
}

fn linked_modules<'a>(
    input: &'a SynthesisInput<'_>,
    source: &'a SourceInput,
) -> BTreeMap<&'a str, String> {
    let mut linked = BTreeMap::new();
    for (module, id) in &source.linked_modules {
        if let Some(other) = input.sources.iter().find(|other| other.record.id == *id) {
            let prefix = dotted_prefix(
                input.project_name.package(),
                other.record.destination.as_ref(),
            );
            linked.insert(module.as_str(), prefix);
        }
    }
    linked
}

fn computes_imports(source: &SourceInput) -> bool {
    let mut facts = source
        .closure
        .files
        .iter()
        .filter_map(|file| source.python.get(&file.path));
    facts.any(PythonFile::computes_imports)
}

fn taken_names(source: &SourceInput) -> BTreeSet<(String, &str)> {
    let mut taken = BTreeSet::new();
    for file in &source.closure.files {
        let facts = source.python.get(&file.path);
        let Some((facts, importer)) = facts.zip(file.module.as_deref()) else {
            continue;
        };
        for import in &facts.imports {
            let ImportKind::From {
                level,
                module,
                names,
                ..
            } = &import.kind
            else {
                continue;
            };
            let from = if *level == 0 {
                Some(module.clone())
            } else {
                absolute_name(importer, is_package_file(&file.import_path), *level, module)
            };
            if let Some(from) = from {
                taken.extend(names.iter().map(|name| (from.clone(), name.name.as_str())));
            }
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_names_count_packages_one_level_less() {
        let check = |importer: &str, is_package, level, module: &str, expected: Option<&str>| {
            assert_eq!(
                absolute_name(importer, is_package, level, module).as_deref(),
                expected,
                "{importer} {level} {module}"
            );
        };
        check(
            "flask.json.tag",
            false,
            1,
            "provider",
            Some("flask.json.provider"),
        );
        check("flask.json.tag", false, 2, "", Some("flask"));
        check("flask.json", true, 1, "", Some("flask.json"));
        check("flask.json", true, 2, "app", Some("flask.app"));
        check("flask", true, 2, "x", None);
        check("six", false, 1, "x", None);
        check("flask.app", false, 4_000_000_000, "x", None);
    }

    #[test]
    fn import_paths_give_modules() {
        assert_eq!(module_of("flask/json/__init__.py"), "flask.json");
        assert_eq!(module_of("six.py"), "six");
    }
}
