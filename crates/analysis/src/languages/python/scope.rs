//! Python's scopes and the resolution of names. Knows names and how they are bound, not the syntax tree.
//!
//! Rules: "Naming and binding" of the language reference; class scopes are seen from themselves and from the annotation
//! scopes (PEP 695) directly within, never from functions or comprehensions.

use foldhash::HashMap;

/// A scope of one tree; the module's is [`ScopeId::MODULE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ScopeId(usize);

impl ScopeId {
    pub(super) const MODULE: Self = Self(0);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScopeKind {
    Module,
    Class,
    /// A function or lambda.
    Function,
    Comprehension,
    /// The scope of type parameters and of a `type` statement's value.
    TypeParameters,
}

/// One name of one import statement, by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ImportName {
    pub(super) statement: usize,
    pub(super) name: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BindingEvent {
    Definition,
    /// An annotation without a value: local, but not bound by it.
    Annotation,
    Deletion,
    /// `import a.b`, which binds `a`.
    PlainImport(ImportName),
    /// `import a as b` or `from a import b`.
    NamedImport(ImportName),
}

/// How one scope binds one name.
#[derive(Debug, Default)]
pub(super) struct NameFacts {
    /// In source order; definitions, annotations and deletions once each.
    pub(super) events: Vec<BindingEvent>,
    /// Declared `global` or `nonlocal` somewhere.
    declared: bool,
}

impl NameFacts {
    fn add(&mut self, event: BindingEvent) {
        let repeatable = matches!(
            event,
            BindingEvent::PlainImport(_) | BindingEvent::NamedImport(_)
        );
        if repeatable || !self.events.contains(&event) {
            self.events.push(event);
        }
    }

    /// The plain imports that bind the name.
    pub(super) fn plain_imports(&self) -> impl Iterator<Item = ImportName> {
        self.events.iter().filter_map(|event| match event {
            BindingEvent::PlainImport(import) => Some(*import),
            _ => None,
        })
    }

    /// Whether nothing but plain imports binds the name, and no scope declares it `global` or `nonlocal`.
    fn is_only_plainly_imported(&self) -> bool {
        !self.declared && self.has_only_plain_imports()
    }

    /// Whether nothing but plain imports binds the name.
    pub(super) fn has_only_plain_imports(&self) -> bool {
        self.events
            .iter()
            .all(|event| matches!(event, BindingEvent::PlainImport(_)))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Declaration {
    Global,
    Nonlocal,
}

#[derive(Debug)]
struct Scope<'a> {
    kind: ScopeKind,
    parent: Option<ScopeId>,
    names: HashMap<&'a str, NameFacts>,
    declarations: HashMap<&'a str, Declaration>,
}

/// All scopes of a file.
#[derive(Debug)]
pub(super) struct ScopeTree<'a> {
    scopes: Vec<Scope<'a>>,
}

impl<'a> ScopeTree<'a> {
    pub(super) fn new() -> Self {
        let mut tree = Self { scopes: Vec::new() };
        tree.push(ScopeKind::Module, None);
        tree
    }

    /// Opens a scope within another.
    pub(super) fn open(&mut self, kind: ScopeKind, parent: ScopeId) -> ScopeId {
        self.push(kind, Some(parent))
    }

    fn push(&mut self, kind: ScopeKind, parent: Option<ScopeId>) -> ScopeId {
        self.scopes.push(Scope {
            kind,
            parent,
            names: HashMap::default(),
            declarations: HashMap::default(),
        });
        ScopeId(self.scopes.len() - 1)
    }

    pub(super) fn kind(&self, scope: ScopeId) -> ScopeKind {
        self.scopes[scope.0].kind
    }

    /// Records that a scope binds a name; a name of no characters (from error recovery) is ignored.
    pub(super) fn bind(&mut self, scope: ScopeId, name: &'a str, event: BindingEvent) {
        if !name.is_empty() {
            self.scopes[scope.0]
                .names
                .entry(name)
                .or_default()
                .add(event);
        }
    }

    /// Records a `global` or `nonlocal` declaration; at the module's level it means nothing.
    pub(super) fn declare(&mut self, scope: ScopeId, name: &'a str, declaration: Declaration) {
        if scope != ScopeId::MODULE {
            self.scopes[scope.0].declarations.insert(name, declaration);
        }
    }

    /// Gives the nearest scope that is no comprehension: where `:=` binds.
    pub(super) fn walrus_target(&self, scope: ScopeId) -> ScopeId {
        let mut current = scope;
        while let Scope {
            kind: ScopeKind::Comprehension,
            parent: Some(parent),
            ..
        } = self.scopes[current.0]
        {
            current = parent;
        }
        current
    }

    /// Moves what scopes bind under `global` and `nonlocal` to the scopes they mean. Called once, after the walk.
    pub(super) fn settle(&mut self) {
        for index in 0..self.scopes.len() {
            let mut declarations: Vec<(&'a str, Declaration)> = self.scopes[index]
                .declarations
                .iter()
                .map(|(name, declaration)| (*name, *declaration))
                .collect();
            declarations.sort_by_key(|(name, _)| *name);
            for (name, declaration) in declarations {
                let Some(target) = self.declared_scope(ScopeId(index), name, declaration) else {
                    continue;
                };
                let moved = self.scopes[index].names.remove(name).unwrap_or_default();
                let names = &mut self.scopes[target.0].names;
                if moved.events.is_empty() && !names.contains_key(name) {
                    continue;
                }
                let facts = names.entry(name).or_default();
                facts.declared = true;
                moved.events.into_iter().for_each(|event| facts.add(event));
            }
        }
    }

    fn declared_scope(
        &self,
        scope: ScopeId,
        name: &str,
        declaration: Declaration,
    ) -> Option<ScopeId> {
        match declaration {
            Declaration::Global => Some(ScopeId::MODULE),
            Declaration::Nonlocal => self
                .resolve_from_within(self.scopes[scope.0].parent?, name)
                .filter(|target| *target != ScopeId::MODULE),
        }
    }

    /// Finds the scope whose binding a use of the name means; none for a builtin or an unknown name.
    pub(super) fn resolve(&self, scope: ScopeId, name: &str) -> Option<ScopeId> {
        self.visible(scope)
            .find_map(|candidate| self.binder(candidate, name))
    }

    /// Like [`Self::resolve`], as seen from a function directly within the scope.
    fn resolve_from_within(&self, scope: ScopeId, name: &str) -> Option<ScopeId> {
        self.visible(scope)
            .skip_while(|candidate| self.kind(*candidate) == ScopeKind::Class)
            .find_map(|candidate| self.binder(candidate, name))
    }

    /// Like [`Self::resolve`], but from the scope's surroundings: what a class body sees before it binds the name itself.
    pub(super) fn resolve_outside(&self, scope: ScopeId, name: &str) -> Option<ScopeId> {
        self.visible(scope)
            .skip(1)
            .find_map(|candidate| self.binder(candidate, name))
    }

    /// The scope itself if it binds the name, or the one that its declaration means.
    fn binder(&self, scope: ScopeId, name: &str) -> Option<ScopeId> {
        let this = &self.scopes[scope.0];
        if this.names.contains_key(name) {
            return Some(scope);
        }
        let declaration = this.declarations.get(name)?;
        self.declared_scope(scope, name, *declaration)
            .filter(|target| self.scopes[target.0].names.contains_key(name))
    }

    /// The scopes that a use in `scope` sees, from the inside out.
    fn visible(&self, scope: ScopeId) -> impl Iterator<Item = ScopeId> {
        let mut sees_class = true;
        let mut next = Some(scope);
        std::iter::from_fn(move || {
            loop {
                let current = next?;
                let Scope { kind, parent, .. } = self.scopes[current.0];
                next = parent;
                let hidden = kind == ScopeKind::Class && !sees_class;
                sees_class = sees_class && kind == ScopeKind::TypeParameters;
                if !hidden {
                    return Some(current);
                }
            }
        })
    }

    /// Gives how a scope binds a name.
    pub(super) fn facts(&self, scope: ScopeId, name: &str) -> Option<&NameFacts> {
        self.scopes[scope.0].names.get(name)
    }

    /// Lists a scope's names with how they are bound, in no order.
    pub(super) fn names(&self, scope: ScopeId) -> impl Iterator<Item = (&'a str, &NameFacts)> {
        self.scopes[scope.0]
            .names
            .iter()
            .map(|(name, facts)| (*name, facts))
    }

    /// The plain imports of names that are also bound otherwise, deleted, or declared `global` or `nonlocal`.
    pub(super) fn ambiguous_plain_imports(&self) -> impl Iterator<Item = ImportName> {
        self.scopes
            .iter()
            .flat_map(|scope| scope.names.values())
            .filter(|facts| !facts.is_only_plainly_imported())
            .flat_map(NameFacts::plain_imports)
    }

    /// Lists the scopes seen from a use up to the one that binds its name.
    pub(super) fn between(&self, from: ScopeId, to: ScopeId) -> Vec<ScopeId> {
        let mut between = Vec::new();
        for scope in self.visible(from) {
            between.push(scope);
            if scope == to {
                break;
            }
        }
        between
    }

    /// Lists a scope's names without those that only plain imports bind, in no order; none if there are more than `limit`.
    pub(super) fn names_to_avoid(&self, scope: ScopeId, limit: usize) -> Option<Vec<&'a str>> {
        let mut names = Vec::new();
        for (name, facts) in self.names(scope) {
            if !facts.has_only_plain_imports() {
                names.push(name);
            }
            if names.len() > limit {
                return None;
            }
        }
        Some(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_seen_from_annotation_scopes_only() {
        let mut tree = ScopeTree::new();
        let class = tree.open(ScopeKind::Class, ScopeId::MODULE);
        let parameters = tree.open(ScopeKind::TypeParameters, class);
        let method = tree.open(ScopeKind::Function, parameters);
        let comprehension = tree.open(ScopeKind::Comprehension, class);
        for scope in [ScopeId::MODULE, class] {
            tree.bind(scope, "a", BindingEvent::Definition);
        }
        tree.settle();
        let resolved =
            [class, parameters, method, comprehension].map(|scope| tree.resolve(scope, "a"));
        let module = Some(ScopeId::MODULE);
        assert_eq!(resolved, [Some(class), Some(class), module, module]);
    }

    #[test]
    fn nonlocal_passes_through_functions_that_pass_it_on() {
        let mut tree = ScopeTree::new();
        let outer = tree.open(ScopeKind::Function, ScopeId::MODULE);
        let middle = tree.open(ScopeKind::Function, outer);
        let inner = tree.open(ScopeKind::Function, middle);
        tree.bind(outer, "a", BindingEvent::Definition);
        for scope in [middle, inner] {
            tree.declare(scope, "a", Declaration::Nonlocal);
            tree.bind(scope, "a", BindingEvent::Definition);
        }
        tree.settle();
        assert_eq!(tree.resolve(inner, "a"), Some(outer));
    }
}
