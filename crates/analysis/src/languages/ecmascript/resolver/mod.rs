//! Where imports of JavaScript and TypeScript lead: files of the tree, modules of Node.js, packages from elsewhere.
//!
//! A name is looked up as Node.js, TypeScript and bundlers do, in this order:
//! 1. a relative path: the file by its whole name, by a suffix that is left out, the source of a compiled name (`./x.js` for `x.ts`), a
//!    folder by its manifest or its index, other roots of `rootDirs`, variants for platforms (`x.ios.ts`)
//! 2. `paths` and `baseUrl` of the nearest `tsconfig.json` or `jsconfig.json`
//! 3. `#x` by the `imports` of the nearest manifest
//! 4. modules of Node.js, unless the manifest asks for a package of that name
//! 5. the package itself and other packages of the tree by their names; packages that are installed in the tree
//! 6. else a package from elsewhere
//!
//! A package's entry is looked up by `exports` (the targets whose conditions hold, then any other that is there), else by its main
//! fields, those of types first where only types are asked for. Where all name built files that are not in the tree, the source is
//! guessed by `built_files`. What needs types only is looked up as TypeScript does, whoever asks.
//!
//! Map: `specifier` (kinds of names), `paths`, `candidates` (names in the tree), `configuration(s)` (TypeScript's), `package`,
//! `exports_map`, `workspace` (packages), `built_files`, `builtin_modules`.

mod built_files;
mod builtin_modules;
mod candidates;
mod configuration;
mod configurations;
mod exports_map;
mod package;
mod paths;
mod specifier;
mod workspace;

#[cfg(test)]
mod tests;

use synthesizer_model::code::{Import, ImportForm};

use crate::languages::{Resolved, Resolver, SourceFiles};

pub(in crate::languages) use self::builtin_modules::is_builtin;
use self::{
    candidates::{Candidates, Importer},
    configurations::Configurations,
    exports_map::Conditions,
    package::Asker,
    specifier::Specifier,
    workspace::Workspace,
};

/// Longest name that is looked up, in bytes.
const MAX_NAME_BYTES: usize = 1000;

/// How often a name may lead to another name.
const MAX_DETOURS: usize = 4;

const NOT_THERE: &str = "no such file in the tree";
const OUTSIDE: &str = "outside the tree";
const ALIAS: &str = "an alias of the build tool";
const NOT_IN_PACKAGE: &str = "the package of the tree has no such module";
const COMPUTED: &str = "the name is computed";
const TOO_LONG: &str = "a name that is too long";

/// Finds what imports lead to, in one tree.
pub(super) struct EcmaScriptResolver<'a> {
    files: &'a SourceFiles<'a>,
    candidates: Candidates<'a>,
    configurations: Configurations<'a>,
    workspace: Workspace<'a>,
    /// Whether a package's own TypeScript means the source by the package's name, where an entry names that.
    own_sources: bool,
}

/// One question.
#[derive(Clone, Copy)]
struct Query<'q> {
    /// The folder that asks.
    folder: &'q str,
    importer: Importer,
    conditions: Conditions,
    detours: usize,
}

impl Resolver for EcmaScriptResolver<'_> {
    fn resolve(&self, from: usize, import: &Import) -> Resolved {
        if import.target.len() > MAX_NAME_BYTES && import.form != ImportForm::Computed {
            return Resolved::Unresolved(TOO_LONG);
        }
        let file = self.files.file(from);
        let path = file.path.as_str();
        let types = import.circumstances.type_checking;
        let query = Query {
            folder: file.path.parent(),
            // Types are looked up as TypeScript does, whoever asks.
            importer: if types {
                Importer::TypeScript
            } else {
                importer(path)
            },
            conditions: Conditions {
                by_require: import.form == ImportForm::Require || path.ends_with(".cts"),
                types,
            },
            detours: 0,
        };
        match import.form {
            ImportForm::Computed => Resolved::Unresolved(COMPUTED),
            ImportForm::Resource => self.resource(query, &import.target),
            ImportForm::Include => {
                let found = paths::join(query.folder, &import.target)
                    .and_then(|path| self.candidates.file(&path, query.importer));
                one(found, NOT_THERE)
            }
            _ => self.with_code(self.module(query, &import.target), path, query),
        }
    }
}

impl<'a> EcmaScriptResolver<'a> {
    /// Looks at the manifests of the tree; everything else is read when it is asked for.
    pub(super) fn new(files: &'a SourceFiles<'a>) -> Self {
        Self {
            files,
            candidates: Candidates::new(files),
            configurations: Configurations::new(files),
            workspace: Workspace::new(files),
            own_sources: false,
        }
    }

    /// Takes a package's own name in its TypeScript for the source: an entry may name that under a condition of its own, which the
    /// package's tests run with, beside what is built of it.
    pub(super) fn with_own_sources(mut self) -> Self {
        self.own_sources = true;
        self
    }

    /// TypeScript finds a declaration before the JavaScript that it speaks of; what runs needs both.
    fn with_code(&self, found: Resolved, from: &str, query: Query<'_>) -> Resolved {
        let Resolved::Files(files) = &found else {
            return found;
        };
        let runs = query.importer == Importer::TypeScript && !query.conditions.types;
        match files.as_slice() {
            [declaration] if runs && !is_declaration(from) => {
                let code = self
                    .candidates
                    .declared_by(self.files.file(*declaration).path.as_str());
                match code {
                    Some(code) => Resolved::Files(vec![code, *declaration]),
                    None => found,
                }
            }
            _ => found,
        }
    }

    fn module(&self, query: Query<'_>, name: &str) -> Resolved {
        match Specifier::of(name) {
            Specifier::Nothing => Resolved::Nothing,
            Specifier::Nowhere(reason) => self
                .by_configuration(query, name)
                .unwrap_or(Resolved::Unresolved(reason)),
            Specifier::Builtin => Resolved::StandardLibrary,
            Specifier::Registry(package) => Resolved::External(package.to_owned()),
            Specifier::Relative(path) => self.relative(query, path),
            Specifier::Absolute(path) => self.absolute(query, path),
            Specifier::Private(name) => self
                .by_configuration(query, name)
                .unwrap_or_else(|| self.private(query, name)),
            Specifier::Alias(rest) => self
                .by_configuration(query, name)
                .unwrap_or_else(|| self.alias(query, rest)),
            Specifier::Package {
                name: package,
                subpath,
            } => self
                .by_configuration(query, name)
                .unwrap_or_else(|| self.package(query, package, subpath)),
        }
    }

    fn relative(&self, query: Query<'_>, written: &str) -> Resolved {
        let Some(path) = paths::join(query.folder, written) else {
            return Resolved::Unresolved(OUTSIDE);
        };
        let only_folder = written.ends_with(['/', '.']) && !written.ends_with("./.") || {
            let last = written.rsplit('/').next().unwrap_or(written);
            matches!(last, "" | "." | "..")
        };
        let found = if only_folder {
            self.folder(query, &path)
        } else {
            self.file_or_folder(query, &path)
        };
        if let Some(found) = found.or_else(|| self.in_other_roots(query, &path)) {
            return Resolved::Files(vec![found]);
        }
        let variants = self.candidates.of_platforms(&path);
        if !variants.is_empty() {
            return Resolved::Files(variants);
        }
        match written.find(['?', '#']) {
            Some(end) if end > 1 => self.relative(query, &written[..end]),
            _ => Resolved::Unresolved(NOT_THERE),
        }
    }

    fn file_or_folder(&self, query: Query<'_>, path: &str) -> Option<usize> {
        self.candidates
            .file(path, query.importer)
            .or_else(|| self.folder(query, path))
    }

    /// Finds the module that a folder means: what its manifest names, or its index. Types are named by fields of their own, which code
    /// falls back to.
    fn folder(&self, query: Query<'_>, folder: &str) -> Option<usize> {
        let package = self.workspace.package(folder);
        let by_manifest = |asker: Asker| {
            package?.mains(asker).find_map(|main| {
                let path = paths::join(folder, main)?;
                self.candidates.file_or_folder(&path, query.importer)
            })
        };
        let code = if query.conditions.by_require {
            Asker::Require
        } else {
            Asker::Import
        };
        let by_fields = if query.conditions.types {
            by_manifest(Asker::Types).or_else(|| by_manifest(code))
        } else {
            by_manifest(code)
        };
        by_fields
            .or_else(|| self.candidates.index_of(folder, query.importer))
            .or_else(|| by_manifest(Asker::Types))
            .or_else(|| {
                let mut mains = package?.all_mains().peekable();
                mains.peek()?;
                mains.find_map(|main| built_files::source(self.candidates, folder, main, true))
            })
    }

    fn in_other_roots(&self, query: Query<'_>, path: &str) -> Option<usize> {
        let configurations = self.configurations.of_folder(query.folder);
        let roots = configurations.first()?.root_dirs.as_deref()?;
        let rest = roots.iter().find_map(|root| paths::below(path, root))?;
        roots.iter().find_map(|root| {
            let path = paths::join(root, rest)?;
            self.candidates.file_or_folder(&path, query.importer)
        })
    }

    /// A path from the top means the top of the site that is served: the package, or its folder of public files.
    fn absolute(&self, query: Query<'_>, path: &str) -> Resolved {
        let end = path.find(['?', '#']).unwrap_or(path.len());
        let package = self.workspace.nearest(query.folder);
        let folder = package.map_or("", |(folder, _)| folder);
        let found = ["", "public"].iter().find_map(|place| {
            let top = paths::join(folder, place)?;
            let path = paths::join(&top, &path[..end])?;
            self.candidates.file_or_folder(&path, query.importer)
        });
        one(found, "a path from the top of a site or a machine")
    }

    /// Finds a name by `paths` and `baseUrl`; `None` when they do not lead to a file.
    fn by_configuration(&self, query: Query<'_>, name: &str) -> Option<Resolved> {
        let end = name.find('?').unwrap_or(name.len());
        let name = &name[..end];
        let configurations = self.configurations.of_folder(query.folder);
        configurations.iter().find_map(|configuration| {
            let by_paths = configuration
                .places(name)
                .iter()
                .find_map(|path| self.file_or_folder(query, path));
            by_paths
                .or_else(|| {
                    let path = paths::join(configuration.base_url.as_deref()?, name)?;
                    self.file_or_folder(query, &path)
                })
                .map(|found| Resolved::Files(vec![found]))
        })
    }

    /// Finds `#name` by the `imports` of the nearest manifest.
    fn private(&self, query: Query<'_>, name: &str) -> Resolved {
        let imports = self
            .workspace
            .nearest(query.folder)
            .and_then(|(folder, package)| Some((folder, package.imports.as_ref()?)));
        let Some((folder, imports)) = imports else {
            return Resolved::Unresolved("the manifest has no such private name");
        };
        let targets = imports.targets(name, query.conditions);
        if let Some(found) = self.first_target(query, folder, &targets, false) {
            return Resolved::Files(vec![found]);
        }
        let other = targets.iter().find(|target| !target.starts_with('.'));
        match other {
            Some(other) if query.detours < MAX_DETOURS && !other.starts_with('#') => {
                let query = Query {
                    detours: query.detours + 1,
                    ..query
                };
                self.module(query, other)
            }
            _ => Resolved::Unresolved("the manifest has no such private name"),
        }
    }

    /// Finds the first target of an entry that is there, or whose source is.
    fn first_target(
        &self,
        query: Query<'_>,
        folder: &str,
        targets: &[String],
        is_main: bool,
    ) -> Option<usize> {
        let own = || targets.iter().filter(|target| target.starts_with("./"));
        let there = own().find_map(|target| {
            let path = paths::join(folder, target)?;
            // Node.js wants the whole name here; bundlers do not, and TypeScript wants the declaration of it.
            let exact = || self.candidates.exact(&path);
            let found = || self.candidates.file_or_folder(&path, query.importer);
            match query.importer {
                Importer::JavaScript => exact().or_else(found),
                Importer::TypeScript => found(),
            }
        });
        there.or_else(|| {
            own().find_map(|target| built_files::source(self.candidates, folder, target, is_main))
        })
    }

    /// `@/x` and `~/x` mean the sources of the package by custom where nothing says so.
    fn alias(&self, query: Query<'_>, rest: &str) -> Resolved {
        let end = rest.find('?').unwrap_or(rest.len());
        let found = paths::ancestors(query.folder)
            .filter(|folder| self.workspace.package(folder).is_some())
            .find_map(|folder| {
                ["src", "", "app"].iter().find_map(|place| {
                    let top = paths::join(folder, place)?;
                    let path = paths::join(&top, &rest[..end])?;
                    self.file_or_folder(query, &path)
                })
            });
        one(found, ALIAS)
    }

    fn package(&self, query: Query<'_>, name: &str, subpath: &str) -> Resolved {
        let asked = self.workspace.asked_for(query.folder, name);
        let is_builtin = if subpath.is_empty() {
            builtin_modules::is_builtin(name)
        } else {
            builtin_modules::is_builtin(name)
                && builtin_modules::is_builtin(&format!("{name}/{subpath}"))
        };
        if is_builtin && asked.is_none() {
            return Resolved::StandardLibrary;
        }
        let own = self
            .workspace
            .nearest(query.folder)
            .filter(|(_, package)| package.name.as_deref() == Some(name))
            .map(|(folder, _)| folder);
        if let Some(folder) = own.or_else(|| self.workspace.folder_of(name, query.folder)) {
            return one(self.entry(query, folder, subpath), NOT_IN_PACKAGE);
        }
        if let Some(folder) = self.workspace.installed(name, query.folder)
            && let Some(found) = self.entry(query, &folder, subpath)
        {
            return Resolved::Files(vec![found]);
        }
        let Some(asked) = asked else {
            return Resolved::External(self.package_of_types(query, name));
        };
        Resolved::External(asked.name.clone())
    }

    /// Types of a package that is not asked for itself come from the package of its types.
    fn package_of_types(&self, query: Query<'_>, name: &str) -> String {
        if query.conditions.types {
            let types = match name.strip_prefix('@') {
                Some(scoped) => format!("@types/{}", scoped.replacen('/', "__", 1)),
                None => format!("@types/{name}"),
            };
            if self.workspace.asked_for(query.folder, &types).is_some() {
                return types;
            }
        }
        name.to_owned()
    }

    /// Finds a module of a package of the tree.
    fn entry(&self, query: Query<'_>, folder: &str, subpath: &str) -> Option<usize> {
        let end = subpath.find('?').unwrap_or(subpath.len());
        let subpath = subpath[..end].trim_end_matches('/');
        let package = self.workspace.package(folder);
        if let Some(exports) = package.and_then(|package| package.exports.as_ref()) {
            let entry = match subpath {
                "" => ".".to_owned(),
                subpath => format!("./{subpath}"),
            };
            if exports.hides(&entry) {
                return None;
            }
            let targets = exports.targets(&entry, query.conditions);
            if let Some(source) = self.own_source(query, folder, &targets) {
                return Some(source);
            }
            if let Some(found) = self.first_target(query, folder, &targets, subpath.is_empty()) {
                return Some(found);
            }
        }
        if subpath.is_empty() {
            return self
                .folder(query, folder)
                .or_else(|| built_files::main_source(self.candidates, folder));
        }
        let path = paths::join(folder, subpath)?;
        self.file_or_folder(query, &path)
            .or_else(|| built_files::source(self.candidates, folder, subpath, false))
    }

    /// Finds the source that an entry of the asking package itself names.
    fn own_source(&self, query: Query<'_>, folder: &str, targets: &[String]) -> Option<usize> {
        let own = self.workspace.nearest(query.folder).map(|(own, _)| own);
        if !self.own_sources || query.importer != Importer::TypeScript || own != Some(folder) {
            return None;
        }
        let sources = targets
            .iter()
            .filter(|target| importer(target) == Importer::TypeScript && !is_declaration(target));
        let mut paths = sources.filter_map(|target| paths::join(folder, target));
        paths.find_map(|path| self.candidates.exact(&path))
    }

    /// A file that is read as data, relative to its module; what is not there is made later or is a folder, which says nothing.
    fn resource(&self, query: Query<'_>, name: &str) -> Resolved {
        if name.contains("://") || name.starts_with("data:") {
            return Resolved::Nothing;
        }
        let end = name.find(['?', '#']).unwrap_or(name.len());
        let found = [name, &name[..end]].iter().find_map(|name| {
            let path = paths::join(query.folder, name.trim_start_matches('/'))?;
            self.candidates.file(&path, query.importer)
        });
        found.map_or(Resolved::Nothing, |found| Resolved::Files(vec![found]))
    }
}

fn one(found: Option<usize>, reason: &'static str) -> Resolved {
    found.map_or(Resolved::Unresolved(reason), |found| {
        Resolved::Files(vec![found])
    })
}

fn is_declaration(path: &str) -> bool {
    [".d.ts", ".d.mts", ".d.cts"]
        .iter()
        .any(|suffix| path.ends_with(suffix))
}

/// Tells by its name how a file imports.
fn importer(path: &str) -> Importer {
    let is_typescript = [".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte"]
        .iter()
        .any(|suffix| path.ends_with(suffix));
    if is_typescript {
        Importer::TypeScript
    } else {
        Importer::JavaScript
    }
}
