//! What one file for testing needs: modules of the source, files beside it, distributions. Looks at one file at a time.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    component::{ExternalImport, Need},
    python::{Circumstances, DottedUse, FromName, ImportKind, ImportStatement, PythonFile},
    tree::TreePath,
};

use super::{
    layout::{Layout, Target},
    taken::TakenModules,
    views::ViewedName,
};
use crate::standard_library;

/// The most things that one file lacks that are kept.
const MOST_LACKS: usize = 10_000;

/// Something that a file needs and the project lacks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lack {
    /// A module of the source, or a name of one.
    pub(super) name: String,
    /// The line that needs it.
    pub(super) line: u32,
    /// What of the text needs it.
    pub(super) at: LackAt,
}

/// What of a text needs something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LackAt {
    /// The name of an import statement that begins there.
    Alias(usize),
    /// The use of a name that begins there.
    Use(usize),
    /// Wherever it takes this attribute of the module that has this name.
    Attribute(String, String),
}

/// What an import statement takes of a file beside the tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SupportName {
    /// The file.
    pub(super) path: TreePath,
    /// The name of it, `*` for all; `None` for the module itself.
    pub(super) name: Option<String>,
    /// The name that the statement binds.
    pub(super) bound: String,
    /// Where the name begins in the statement.
    pub(super) alias: usize,
}

/// What one file needs.
#[derive(Debug, Default)]
pub(super) struct Wants {
    /// Taken modules that it imports, by name.
    pub(super) tested: Vec<String>,
    /// What it lacks as soon as it is imported.
    pub(super) lacks_at_once: Vec<Lack>,
    /// What only some of its functions lack.
    pub(super) lacks_in_functions: Vec<Lack>,
    /// Files beside the tests that it imports, each with its line and whether it needs it at once.
    pub(super) supports: Vec<(TreePath, u32, bool)>,
    /// What it takes of them.
    pub(super) support_names: Vec<SupportName>,
    /// Imports from elsewhere.
    pub(super) external: Vec<ExternalImport>,
    /// Names of modules beside the tests as the file knows them, with the file or folder each is.
    pub(super) names: BTreeMap<String, String>,
    /// Packages without their own file of which it uses names that taken modules have.
    pub(super) views: BTreeSet<String>,
}

#[derive(Clone, Copy)]
struct Site {
    line: u32,
    circumstances: Circumstances,
    /// Where the name or the use begins.
    start: usize,
    /// Whether it is a use and no name of an import statement.
    is_use: bool,
}

/// Reads what a file needs.
pub(super) fn read(
    layout: &Layout<'_>,
    taken: &TakenModules<'_>,
    path: &TreePath,
    facts: &PythonFile,
) -> Wants {
    let mut reader = Reader {
        layout,
        taken,
        path,
        facts,
        wants: Wants::default(),
        known: BTreeSet::new(),
    };
    for statement in &facts.imports {
        if !statement.circumstances.type_checking {
            reader.statement(statement);
        }
    }
    for dotted_use in &facts.uses {
        reader.dotted_use(dotted_use);
    }
    reader.named_modules();
    reader.wants.tested.sort();
    reader.wants.tested.dedup();
    reader.wants
}

struct Reader<'a> {
    layout: &'a Layout<'a>,
    taken: &'a TakenModules<'a>,
    path: &'a TreePath,
    facts: &'a PythonFile,
    wants: Wants,
    known: BTreeSet<Lack>,
}

impl Reader<'_> {
    fn statement(&mut self, statement: &ImportStatement) {
        let site = Site {
            line: statement.line,
            circumstances: statement.circumstances,
            start: statement.range.start,
            is_use: false,
        };
        match &statement.kind {
            ImportKind::Plain(names) => {
                for name in names {
                    let start = name.range.start;
                    let site = Site { start, ..site };
                    let target = self.layout.absolute(self.path.as_str(), &name.module);
                    self.takes(
                        &target,
                        None,
                        name.alias.as_ref().unwrap_or(&name.module),
                        site,
                    );
                    self.module(&name.module, &target, site);
                    if let (Some(alias), Target::Source(index)) = (&name.alias, target) {
                        self.attributes(index, alias, site);
                    }
                }
            }
            ImportKind::From {
                level,
                module,
                names,
                ..
            } => {
                let from = self.path.as_str();
                let base = match *level {
                    0 => self.layout.absolute(from, module),
                    level => self.layout.relative(from, level, module),
                };
                let written = match (*level, &base) {
                    (0, _) => module.clone(),
                    (_, Target::Support(path)) => self.layout.name_of(path),
                    (_, Target::Folder(folder)) => folder.replace('/', "."),
                    _ => String::new(),
                };
                self.from(&written, &base, names, site);
            }
        }
    }

    fn from(&mut self, written: &str, base: &Target, names: &[FromName], site: Site) {
        match base {
            Target::Source(index) => {
                for name in names {
                    let site = at(name, site);
                    self.name_of_module(*index, &name.name, site);
                    let bound = name.alias.as_ref().unwrap_or(&name.name);
                    if let Some(Target::Source(child)) = self.layout.member(base, &name.name) {
                        self.attributes(child, bound, site);
                    }
                }
            }
            Target::Namespace(_) => {
                for name in names {
                    let site = at(name, site);
                    if let Some(member) = self.layout.member(base, &name.name) {
                        self.takes(&member, None, bound_by(name), site);
                        self.module(&name.name, &member, site);
                    }
                }
            }
            Target::Support(_) | Target::Folder(_) => {
                self.module(written, base, site);
                for name in names {
                    let site = at(name, site);
                    let member = self.layout.member(base, &name.name);
                    match &member {
                        Some(member) => self.takes(member, None, bound_by(name), site),
                        None => self.takes(base, Some(&name.name), bound_by(name), site),
                    }
                    if let Some(member) = member {
                        self.module(&format!("{written}.{}", name.name), &member, site);
                    }
                }
            }
            Target::Missing(_) => {
                for name in names {
                    self.module(written, base, at(name, site));
                }
            }
            Target::Elsewhere(_) => self.module(written, base, site),
        }
    }

    /// Notes what a name of a statement is of a file beside the tests.
    fn takes(&mut self, target: &Target, name: Option<&str>, bound: &str, site: Site) {
        if let Target::Support(path) = target {
            self.wants.support_names.push(SupportName {
                path: path.clone(),
                name: name.map(str::to_owned),
                bound: bound.to_owned(),
                alias: site.start,
            });
        }
    }

    /// A module that is wanted as a whole, under the name that the file has for it.
    fn module(&mut self, written: &str, target: &Target, site: Site) {
        match target {
            Target::Source(index) => {
                let name = self.taken.name(*index);
                if self.taken.has_file(name) {
                    self.wants.tested.push(name.to_owned());
                } else if !self.taken.has(name) {
                    self.lacks(name.to_owned(), site);
                }
            }
            Target::Support(path) => {
                self.wants
                    .names
                    .insert(written.to_owned(), path.to_string());
                let at_once = is_at_once(site.circumstances);
                self.wants.supports.push((path.clone(), site.line, at_once));
            }
            Target::Folder(folder) => {
                self.wants.names.insert(written.to_owned(), folder.clone());
            }
            Target::Namespace(_) => {}
            Target::Missing(name) => self.lacks(name.clone(), site),
            Target::Elsewhere(module) => self.external(module, site),
        }
    }

    /// `from module import name`
    fn name_of_module(&mut self, index: usize, name: &str, site: Site) {
        let module = self.taken.name(index).to_owned();
        let child = format!("{module}.{name}");
        if self.taken.has_file(&child) {
            self.wants.tested.push(child);
        } else if self.taken.has_file(&module) {
            self.wants.tested.push(module.clone());
            if name != "*" && self.taken.lacks_name(index, name) {
                self.lacks(child, site);
            }
        } else if !self.viewed(&module, name)
            && !(self.taken.has(&module) && (self.taken.has(&child) || is_implicit(name)))
        {
            self.lacks(child, site);
        }
    }

    /// Notes a name that a package without its own file has of a taken module; says whether it has it.
    fn viewed(&mut self, package: &str, name: &str) -> bool {
        if !self.taken.has(package) || self.taken.has_file(package) {
            return false;
        }
        let view = self.taken.view(package);
        let module = match view.get(name) {
            Some(ViewedName::Module(module) | ViewedName::Of { module, .. }) => module,
            None => return false,
        };
        self.wants.tested.push(module.clone());
        for (dot, _) in package.match_indices('.') {
            if self.taken.has(&package[..dot]) && !self.taken.has_file(&package[..dot]) {
                self.wants.views.insert(package[..dot].to_owned());
            }
        }
        self.wants.views.insert(package.to_owned());
        true
    }

    /// Names that are used of a module which an alias or a `from` import bound.
    fn attributes(&mut self, index: usize, bound: &str, site: Site) {
        let module = self.taken.name(index).to_owned();
        if !self.taken.has(&module) || self.taken.has_file(&module) {
            return;
        }
        let later = Site {
            circumstances: Circumstances {
                in_function: true,
                ..site.circumstances
            },
            ..site
        };
        for name in self.facts.attributes.get(bound).into_iter().flatten() {
            if !self.taken.has(&format!("{module}.{name}"))
                && !is_implicit(name)
                && !self.viewed(&module, name)
            {
                let at = LackAt::Attribute(bound.to_owned(), name.clone());
                self.lacks_at(format!("{module}.{name}"), later, at);
            }
        }
    }

    /// `a.b.c` where `a` came from `import a…`.
    fn dotted_use(&mut self, dotted_use: &DottedUse) {
        let site = Site {
            line: dotted_use.line,
            circumstances: Circumstances {
                in_function: dotted_use.in_function,
                ..Circumstances::default()
            },
            start: dotted_use.ranges.first().map_or(0, |range| range.start),
            is_use: true,
        };
        let mut module = String::new();
        for (position, part) in dotted_use.parts.iter().enumerate() {
            if position > 0 {
                module.push('.');
            }
            module.push_str(part);
            if self.taken.has_file(&module) {
                self.wants.tested.push(module.clone());
                // What else it is made of, its own file knows.
                let next = dotted_use.parts.get(position + 1);
                let child = next.map(|next| format!("{module}.{next}"));
                if child.is_none_or(|child| !self.taken.has(&child)) {
                    return;
                }
            } else if !self.taken.has(&module) {
                let above = module.rsplit_once('.').map(|(above, _)| above.to_owned());
                if above.is_some_and(|above| self.viewed(&above, part)) {
                    return;
                }
                if position > 0 && !is_implicit(part) && self.taken.has_above(&module) {
                    self.lacks(module, site);
                }
                return;
            }
        }
    }

    /// Modules beside the tests that strings name, such as plugins of the test runner.
    fn named_modules(&mut self) {
        let facts = self.facts;
        for literal in &facts.path_literals {
            let is_dotted = literal.text.contains('.')
                && literal.text.split('.').all(|part| {
                    !part.is_empty()
                        && part
                            .chars()
                            .all(|character| character == '_' || character.is_alphanumeric())
                });
            if !is_dotted {
                continue;
            }
            let target = self.layout.absolute(self.path.as_str(), &literal.text);
            if let Target::Support(_) = target {
                let circumstances = Circumstances {
                    in_function: true,
                    ..Circumstances::default()
                };
                let line = literal.line;
                let site = Site {
                    line,
                    circumstances,
                    start: 0,
                    is_use: true,
                };
                self.module(&literal.text, &target, site);
            }
        }
    }

    fn lacks(&mut self, name: String, site: Site) {
        let at = if site.is_use {
            LackAt::Use(site.start)
        } else {
            LackAt::Alias(site.start)
        };
        self.lacks_at(name, site, at);
    }

    fn lacks_at(&mut self, name: String, site: Site, at: LackAt) {
        let circumstances = site.circumstances;
        if circumstances.guarded || circumstances.fallback {
            return;
        }
        let line = site.line;
        let lacks = if is_at_once(circumstances) {
            &mut self.wants.lacks_at_once
        } else {
            &mut self.wants.lacks_in_functions
        };
        let lack = Lack { name, line, at };
        if lacks.len() < MOST_LACKS && self.known.insert(lack.clone()) {
            lacks.push(lack);
        }
    }

    fn external(&mut self, module: &str, site: Site) {
        let top = module.split('.').next().unwrap_or(module);
        if top.is_empty() || top == "__main__" || standard_library::is_standard(top) {
            return;
        }
        let circumstances = site.circumstances;
        let optional = circumstances.guarded || circumstances.fallback || circumstances.conditional;
        self.wants.external.push(ExternalImport {
            module: module.to_owned(),
            path: self.path.clone(),
            line: site.line,
            need: if optional {
                Need::Optional
            } else {
                Need::Required
            },
            computed: false,
        });
    }
}

fn is_at_once(circumstances: Circumstances) -> bool {
    !(circumstances.in_function || circumstances.guarded || circumstances.fallback)
}

fn is_implicit(name: &str) -> bool {
    name.starts_with("__") && name.ends_with("__")
}

fn bound_by(name: &FromName) -> &str {
    name.alias.as_ref().unwrap_or(&name.name)
}

fn at(name: &FromName, site: Site) -> Site {
    let start = name.range.start;
    Site { start, ..site }
}
