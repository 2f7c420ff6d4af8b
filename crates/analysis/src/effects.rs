//! What one module needs of its own source and of others: its imports, resolved against the module graph by Python's rules.
//! Looks at one module at a time; following the needs is the closure's work.

use synthesizer_model::{
    component::{ExternalImport, Need, Reason},
    finding::{Finding, Severity},
    python::{
        Binding, Circumstances, DottedUse, FromName, ImportKind, ImportStatement, ModuleNameRole,
        PythonFile,
    },
    tree::TreePath,
};

use crate::{
    module_graph::ModuleNode, named_modules, placed, python_source::PythonSource, relative_names,
    standard_library,
};

/// Everything that taking one module brings directly.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// Modules to take as they are, by their index in the graph.
    pub(crate) modules: Vec<(usize, Reason)>,
    /// Data files to take, by their path in the tree.
    pub(crate) data: Vec<(String, Reason)>,
    /// Whether it imports modules by computed names, which it or what it imports may hold in strings.
    pub(crate) computes_imports: bool,
    /// Folders of data to take with all that is no module in them.
    pub(crate) data_folders: Vec<(String, Reason)>,
    /// Imports from elsewhere.
    pub(crate) external: Vec<ExternalImport>,
    /// Imports that no file provides.
    pub(crate) findings: Vec<Finding>,
}

/// Resolves what a module needs.
pub(crate) fn of_module(source: &PythonSource, index: usize) -> Effects {
    let node = source.graph.node(index);
    let Some(facts) = source.facts(index) else {
        return Effects::default();
    };
    let mut collector = Collector {
        source,
        node,
        facts,
        effects: Effects::default(),
    };
    for statement in &facts.imports {
        if !statement.circumstances.type_checking {
            collector.statement(statement);
        }
    }
    for dotted_use in &facts.uses {
        collector.dotted_use(dotted_use);
    }
    collector.module_names();
    if facts.computes_imports() {
        collector.effects.computes_imports = true;
        collector
            .effects
            .modules
            .extend(named_modules::in_strings(source, index));
    }
    collector.path_literals();
    collector.effects
}

struct Collector<'a> {
    source: &'a PythonSource,
    node: &'a ModuleNode,
    facts: &'a PythonFile,
    effects: Effects,
}

/// Where in the module a need arises.
#[derive(Clone, Copy)]
struct Site {
    line: u32,
    circumstances: Circumstances,
}

impl Collector<'_> {
    fn statement(&mut self, statement: &ImportStatement) {
        let site = Site {
            line: statement.line,
            circumstances: statement.circumstances,
        };
        match &statement.kind {
            ImportKind::Plain(names) => {
                for name in names {
                    self.module(&name.module, site);
                    if let Some(alias) = &name.alias {
                        self.attributes(&name.module, alias, site);
                    }
                }
            }
            ImportKind::From {
                level: 0,
                module,
                names,
                ..
            } => self.from(module, names, site),
            ImportKind::From {
                level,
                module,
                names,
                ..
            } => match relative_names::absolute(self.node, *level, module) {
                Some(base) => self.from(&base, names, site),
                None => self.missing(&format!("{}{module}", ".".repeat(*level as usize)), site),
            },
        }
    }

    /// `import a.b.c`: the module itself is wanted.
    fn module(&mut self, module: &str, site: Site) {
        if !self.source.graph.is_internal(module, self.node) {
            self.external(module, site, false);
        } else if let Some(index) = self.source.graph.index(module) {
            self.take(index, site);
        } else if !self.source.graph.is_namespace(module) {
            self.absent(module, site);
        }
    }

    /// `from base import names`
    fn from(&mut self, base: &str, names: &[FromName], site: Site) {
        let graph = &self.source.graph;
        if !graph.is_internal(base, self.node) {
            self.external(base, site, false);
            return;
        }
        let base_index = graph.index(base);
        if base_index.is_none() && !graph.is_namespace(base) {
            self.absent(base, site);
            return;
        }
        for name in names {
            let bound = name.alias.as_ref().unwrap_or(&name.name);
            self.attributes(&format!("{base}.{}", name.name), bound, site);
            let submodule = graph.index(&format!("{base}.{}", name.name));
            match base_index {
                None => match submodule {
                    Some(index) => self.take(index, site),
                    None if graph.is_namespace(&format!("{base}.{}", name.name)) => {}
                    None => self.missing(&format!("{base}.{}", name.name), site),
                },
                Some(package) if graph.node(package).is_package => {
                    self.name_of_package(package, &name.name, submodule, site);
                }
                Some(module) => self.take(module, site),
            }
        }
    }

    /// One name out of a package: its own, or a submodule.
    fn name_of_package(
        &mut self,
        package: usize,
        name: &str,
        submodule: Option<usize>,
        site: Site,
    ) {
        let package_name = self.source.graph.node(package).name.clone();
        let full = format!("{package_name}.{name}");
        match submodule {
            Some(index) if self.means_submodule(package, name) => self.take(index, site),
            Some(index) => {
                // As long as the package has not bound the name, as in a circle of imports, Python takes the submodule.
                self.parent(package, name, site);
                self.take(index, site);
            }
            None if name == "*" => {
                self.parent(package, name, site);
                self.exported_submodules(package, site);
            }
            None if self.source.graph.is_namespace(&full) => {}
            None if !placed::provides(self.source, &package_name, name) => {
                self.missing(&full, site);
            }
            None => self.parent(package, name, site),
        }
    }

    /// A star import also imports the submodules that `__all__` names.
    fn exported_submodules(&mut self, package: usize, site: Site) {
        let graph = &self.source.graph;
        let name = &graph.node(package).name;
        let exports = self
            .source
            .facts(package)
            .and_then(|facts| facts.exports.as_ref());
        let submodules: Vec<usize> = exports
            .into_iter()
            .flatten()
            .filter_map(|export| graph.index(&format!("{name}.{export}")))
            .collect();
        for index in submodules {
            self.take(index, site);
        }
    }

    /// `package.child` where an alias or a `from` import bound the package under a name of its own.
    fn attributes(&mut self, module: &str, bound: &str, site: Site) {
        let graph = &self.source.graph;
        let Some(package) = graph.index(module) else {
            return;
        };
        if !graph.node(package).is_package || !graph.is_internal(module, self.node) {
            return;
        }
        let attributes = self.facts.attributes.get(bound);
        for child in attributes.into_iter().flatten() {
            if let Some(submodule) = graph.index(&format!("{module}.{child}")) {
                self.child(package, submodule, child, site);
            }
        }
    }

    /// A submodule that is used as an attribute: somebody else has imported it, the package itself or one above it.
    fn child(&mut self, package: usize, submodule: usize, name: &str, site: Site) {
        let graph = &self.source.graph;
        let child = &graph.node(submodule).name;
        let package_name = &graph.node(package).name;
        let above = package_name.rmatch_indices('.').map(|(dot, _)| dot);
        let importer = std::iter::once(package_name.len())
            .chain(above)
            .filter_map(|end| graph.index(&package_name[..end]))
            .find(|index| {
                placed::imported_modules(self.source, *index)
                    .iter()
                    .any(|(module, _)| module == child)
            });
        self.take(submodule, site);
        self.parent(importer.unwrap_or(package), name, site);
    }

    /// Says whether the package's own text gives the name nothing but the submodule of that name.
    fn means_submodule(&self, package: usize, name: &str) -> bool {
        let Some(facts) = self.source.facts(package) else {
            return false;
        };
        let package_name = &self.source.graph.node(package).name;
        match facts.bindings.get(name) {
            None => true,
            Some(bindings) => bindings.iter().all(|binding| match binding {
                Binding::From {
                    level: 1,
                    module,
                    name: imported,
                    ..
                } => module.is_empty() && imported == name,
                Binding::From {
                    level: 0,
                    module,
                    name: imported,
                    ..
                } => module == package_name && imported == name,
                Binding::Import { .. } | Binding::From { .. } | Binding::Definition => false,
            }),
        }
    }

    /// `a.b.c` where `a` came from `import a…`: the longest module in it, and the name that is used of it.
    fn dotted_use(&mut self, dotted_use: &DottedUse) {
        let graph = &self.source.graph;
        if !graph.is_internal(&dotted_use.parts[0], self.node) || dotted_use.in_string {
            return;
        }
        let circumstances = Circumstances {
            in_function: dotted_use.in_function,
            ..Circumstances::default()
        };
        let site = Site {
            line: dotted_use.line,
            circumstances,
        };
        let mut module = String::new();
        for (position, part) in dotted_use.parts.iter().enumerate() {
            if position > 0 {
                module.push('.');
            }
            module.push_str(part);
            let next = dotted_use.parts.get(position + 1);
            let (Some(index), Some(next)) = (graph.index(&module), next) else {
                if graph.is_namespace(&module) {
                    continue;
                }
                return;
            };
            if !graph.node(index).is_package {
                self.take(index, site);
                return;
            }
            let child = format!("{module}.{next}");
            let imported_here = self.imports_module(&child);
            match graph.index(&child) {
                Some(_) if imported_here => {}
                Some(submodule) => self.child(index, submodule, next, site),
                None if graph.is_namespace(&child) => {}
                None => {
                    self.parent(index, next, site);
                    return;
                }
            }
        }
    }

    /// Says whether this file itself imports the module or something below it by a plain import.
    fn imports_module(&self, module: &str) -> bool {
        self.facts
            .imports
            .iter()
            .any(|statement| match &statement.kind {
                ImportKind::Plain(names) => names.iter().any(|name| {
                    name.module == module
                        || name
                            .module
                            .strip_prefix(module)
                            .is_some_and(|rest| rest.starts_with('.'))
                }),
                ImportKind::From { .. } => false,
            })
    }

    fn module_names(&mut self) {
        for name_use in &self.facts.module_names {
            let site = Site {
                line: name_use.line,
                circumstances: name_use.circumstances,
            };
            if site.circumstances.type_checking {
                continue;
            }
            match name_use.role {
                ModuleNameRole::ImportModule | ModuleNameRole::DunderImport => {
                    if let Some(literal) = &name_use.literal {
                        let package = name_use
                            .package
                            .as_ref()
                            .map(|(package, _)| package.as_str());
                        self.import_by_name(literal, package, site, false);
                    }
                    for candidate in &name_use.candidates {
                        self.import_by_name(candidate, None, site, true);
                    }
                    for index in named_modules::by_prefixes(self.source, self.node, name_use) {
                        self.take(index, site);
                    }
                }
                ModuleNameRole::Resources => {
                    self.resource(
                        name_use.literal.as_deref(),
                        name_use.resource.as_deref(),
                        site,
                    );
                }
                ModuleNameRole::SysModules
                | ModuleNameRole::Logger
                | ModuleNameRole::MetadataVersion
                | ModuleNameRole::MetadataOther => {}
            }
        }
    }

    fn import_by_name(&mut self, name: &str, package: Option<&str>, site: Site, computed: bool) {
        let relative = name.len() - name.trim_start_matches('.').len();
        let module = if relative == 0 {
            Some(name.to_owned())
        } else {
            let level = u32::try_from(relative).unwrap_or(u32::MAX);
            match package {
                Some(package) => relative_names::relative_to(package, level, &name[relative..]),
                None => relative_names::absolute(self.node, level, &name[relative..]),
            }
        };
        let Some(module) = module else { return };
        if !self.source.graph.is_internal(&module, self.node) {
            let plain = module
                .split('.')
                .all(|part| !part.is_empty() && !part.contains([' ', '/', '-']));
            if plain {
                self.external(&module, site, computed);
            }
        } else if let Some(index) = self.source.graph.index(&module) {
            self.take(index, site);
        }
    }

    fn resource(&mut self, package: Option<&str>, resource: Option<&str>, site: Site) {
        let Some(resource) = resource else { return };
        let folder = match package {
            None => Some(self.node.path.parent().to_owned()),
            Some(package) => self
                .source
                .graph
                .index(package)
                .map(|index| self.source.graph.node(index).path.parent().to_owned()),
        };
        if let Some(folder) = folder {
            self.data(&folder, resource, site.line);
        }
    }

    fn path_literals(&mut self) {
        let own = self.node.path.parent().to_owned();
        let package = self.source.graph.package_folder(self.node);
        for literal in &self.facts.path_literals {
            if let Some((_, module)) = literal.statement_module() {
                let circumstances = Circumstances {
                    in_function: true,
                    guarded: true,
                    ..Circumstances::default()
                };
                let site = Site {
                    line: literal.line,
                    circumstances,
                };
                if self.source.graph.is_internal(module, self.node) {
                    self.module(module, site);
                }
                continue;
            }
            let folders =
                std::iter::once(&own).chain(package.iter().filter(|package| **package != own));
            for folder in folders {
                self.data(folder, &literal.text, literal.line);
                if literal.inside.is_none() {
                    self.data_folder(folder, &literal.text, literal.line);
                }
            }
        }
    }

    /// Notes a data file by its name below a folder; whether it exists is the closure's question.
    fn data(&mut self, folder: &str, name: &str, line: u32) {
        let joined = if folder.is_empty() {
            name.to_owned()
        } else {
            format!("{folder}/{name}")
        };
        let python = joined.ends_with(".py") || joined.ends_with(".pyc");
        if !python && TreePath::new(&joined).is_ok() {
            let path = self.node.path.to_string();
            self.effects
                .data
                .push((joined, Reason::DataOf { path, line }));
        }
    }

    /// Notes a folder that a joined path names; whether it exists is the closure's question.
    fn data_folder(&mut self, folder: &str, name: &str, line: u32) {
        let joined = format!("{folder}/{name}");
        if !folder.is_empty() && TreePath::new(&joined).is_ok() {
            let path = self.node.path.to_string();
            self.effects
                .data_folders
                .push((joined, Reason::DataOf { path, line }));
        }
    }

    fn take(&mut self, index: usize, site: Site) {
        let reason = Reason::ImportedBy {
            path: self.node.path.to_string(),
            line: site.line,
            in_function: site.circumstances.in_function,
        };
        self.effects.modules.push((index, reason));
    }

    fn parent(&mut self, package: usize, name: &str, site: Site) {
        let path = self.node.path.to_string();
        let reason = Reason::ParentNames {
            path,
            line: site.line,
            name: name.to_owned(),
        };
        self.effects.modules.push((package, reason));
    }

    fn external(&mut self, module: &str, site: Site, computed: bool) {
        let top = module.split('.').next().unwrap_or(module);
        if top.is_empty() || top == "__main__" || standard_library::is_standard(top) {
            return;
        }
        let circumstances = site.circumstances;
        let optional = circumstances.guarded
            || circumstances.fallback
            || circumstances.conditional
            || circumstances.in_function;
        self.effects.external.push(ExternalImport {
            module: module.to_owned(),
            path: self.node.path.clone(),
            line: site.line,
            need: if optional {
                Need::Optional
            } else {
                Need::Required
            },
            computed,
        });
    }

    /// A module without a file: made by code of a module above it, or missing.
    fn absent(&mut self, module: &str, site: Site) {
        match self.source.maker_of(module) {
            Some(maker) => self.take(maker, site),
            None => self.missing(module, site),
        }
    }

    /// An import inside the package that no file provides: compiled, generated or left out.
    ///
    /// One in a function stops as well: that it fails when it is called, and not before, would be too late.
    fn missing(&mut self, module: &str, site: Site) {
        let circumstances = site.circumstances;
        // Code that looks before it imports is made to do without, and the rewriting tells of it.
        if circumstances.guarded || circumstances.fallback || circumstances.conditional {
            return;
        }
        let finding = Finding::new(
            Severity::Error,
            "missing-module",
            format!(
                "imports {module}, which no file of the source provides (compiled, generated or left out)"
            ),
        );
        self.effects
            .findings
            .push(finding.at(self.node.path.as_str(), Some(site.line)));
    }
}
