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

use crate::{module_graph::ModuleNode, placed, python_source::PythonSource, standard_library};

/// Everything that taking one module brings directly.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// Modules to take as they are, by their index in the graph.
    pub(crate) modules: Vec<(usize, Reason)>,
    /// Data files to take, by their path in the tree.
    pub(crate) data: Vec<(String, Reason)>,
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
            } => match absolute(self.node, *level, module) {
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
            self.missing(module, site);
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
            self.missing(base, site);
            return;
        }
        for name in names {
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
        match submodule {
            Some(index) if self.means_submodule(package, name) => self.take(index, site),
            None if name != "*"
                && !placed::provides(self.source, &self.source.graph.node(package).name, name) =>
            {
                let module = format!("{}.{name}", self.source.graph.node(package).name);
                self.missing(&module, site);
            }
            _ => self.parent(package, name, site),
        }
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
                Some(submodule) => {
                    // Somebody else has to have imported the submodule: the package itself, as far as one can tell.
                    self.take(submodule, site);
                    self.parent(index, next, site);
                }
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
                Some(package) => relative_to(package, level, &name[relative..]),
                None => absolute(self.node, level, &name[relative..]),
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
            self.data(&own, &literal.text, literal.line);
            if let Some(package) = package.as_ref().filter(|package| **package != own) {
                self.data(package, &literal.text, literal.line);
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
        let optional = circumstances.guarded || circumstances.fallback || circumstances.conditional;
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

    /// An import inside the package that no file provides: compiled, generated or left out.
    fn missing(&mut self, module: &str, site: Site) {
        if site.circumstances.guarded || site.circumstances.fallback {
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

/// Makes a relative module absolute, seen from a module's file.
pub(crate) fn absolute(node: &ModuleNode, level: u32, module: &str) -> Option<String> {
    let package = if node.is_package {
        Some(node.name.as_str())
    } else {
        node.name.rsplit_once('.').map(|(package, _)| package)
    };
    relative_to(package?, level, module)
}

fn relative_to(package: &str, level: u32, module: &str) -> Option<String> {
    let mut base = package;
    for _ in 1..level {
        base = base.rsplit_once('.')?.0;
    }
    if module.is_empty() {
        Some(base.to_owned())
    } else {
        Some(format!("{base}.{module}"))
    }
}
