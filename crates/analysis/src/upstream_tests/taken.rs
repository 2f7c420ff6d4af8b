//! Which modules of a source a closure has: with their own file, or as an empty package. Answers questions of names only.

use std::{
    cell::{OnceCell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use synthesizer_model::component::Closure;

use super::views::{self, View};
use crate::{placed, python_source::PythonSource};

/// The modules of a closure.
pub(super) struct TakenModules<'a> {
    source: &'a PythonSource,
    with_file: BTreeSet<&'a str>,
    all: BTreeSet<&'a str>,
    views: RefCell<BTreeMap<String, Rc<View>>>,
    of_other_systems: OnceCell<BTreeSet<String>>,
}

impl<'a> TakenModules<'a> {
    /// Reads the modules of a closure.
    pub(super) fn new(source: &'a PythonSource, closure: &'a Closure) -> Self {
        let with_file = closure
            .files
            .iter()
            .filter_map(|file| file.module.as_deref());
        Self {
            source,
            with_file: with_file.collect(),
            all: closure.modules.iter().map(String::as_str).collect(),
            views: RefCell::default(),
            of_other_systems: OnceCell::new(),
        }
    }

    /// Gives the name of a module.
    pub(super) fn name(&self, index: usize) -> &'a str {
        &self.source.graph.node(index).name
    }

    /// Says whether the module's own file is taken.
    pub(super) fn has_file(&self, module: &str) -> bool {
        self.with_file.contains(module)
    }

    /// Says whether the project will have the module, if only as an empty package or a folder above taken ones.
    pub(super) fn has(&self, module: &str) -> bool {
        self.all.contains(module) || self.is_above(module)
    }

    /// Says whether a module may refuse to be imported on this system.
    pub(super) fn is_of_another_system(&self, module: &str) -> bool {
        let all = || placed::modules_of_other_systems(self.source);
        self.of_other_systems.get_or_init(all).contains(module)
    }

    /// Gives what a package without its own file has of taken modules.
    pub(super) fn view(&self, package: &str) -> Rc<View> {
        if let Some(view) = self.views.borrow().get(package) {
            return Rc::clone(view);
        }
        let view = Rc::new(views::of_package(self.source, self, package));
        let mut views = self.views.borrow_mut();
        Rc::clone(views.entry(package.to_owned()).or_insert(view))
    }

    /// Says whether the package above a dotted name is one that the project will have.
    pub(super) fn has_above(&self, name: &str) -> bool {
        name.rsplit_once('.')
            .is_some_and(|(parent, _)| self.has(parent))
    }

    fn is_above(&self, module: &str) -> bool {
        let prefix = format!("{module}.");
        self.source.graph.is_namespace(module)
            && self
                .all
                .range(prefix.as_str()..)
                .next()
                .is_some_and(|next| next.starts_with(&prefix))
    }

    /// Says whether a taken package surely lacks a name: it is a module of the source that is not taken and that nothing else binds.
    pub(super) fn lacks_name(&self, index: usize, name: &str) -> bool {
        let module = self.name(index);
        let child = format!("{module}.{name}");
        let is_module = self.source.graph.index(&child).is_some();
        let binds = || {
            let facts = self.source.facts(index);
            facts.is_none_or(|facts| facts.bindings.contains_key(name) || facts.has_module_getattr)
        };
        if is_module {
            !self.has(&child) && !binds()
        } else {
            !placed::provides(self.source, module, name)
        }
    }
}
