//! What one item defines and imports. Reads an item's head itself and leaves bodies to `code`, nested items to the next scope.

use synthesizer_model::code::{Import, ImportForm, SymbolKind};

use super::{
    heads::{self, Head},
    reader::{Reader, Scope, ScopeKind},
    tokens::Kind,
    use_trees::{self, UseTree},
};
use crate::languages::{facts_builder::Definition, lexical::Shape};

/// An item up to its keyword.
struct Item<'t> {
    head: Head<'t>,
    /// Its first token after attributes.
    first: usize,
    /// Its keyword.
    keyword: usize,
    /// Whether it is written to be public for everybody.
    public: bool,
    scope: Scope,
}

impl<'t> Reader<'t> {
    /// Reads the item that begins with a token; gives the token after it, or the first one inside it.
    pub(super) fn item(&mut self, first: usize, scope: Scope) -> usize {
        let (head, first) = self.head(first, scope);
        let scope = self.scopes.last().copied().unwrap_or(scope);
        if first >= scope.end {
            return first;
        }
        let (public, after) = self.visibility(first);
        let keyword = self.qualifiers(after);
        let item = Item {
            head,
            first,
            keyword,
            public,
            scope,
        };
        match self.tokens.kind(keyword) {
            Kind::Use => self.use_item(&item),
            Kind::Mod => self.module(&item),
            Kind::Fn => self.function(&item),
            Kind::Struct | Kind::Enum => self.type_definition(&item),
            Kind::Trait => self.trait_definition(&item),
            Kind::Impl => self.implementation(&item),
            Kind::Type => self.alias(&item),
            Kind::Const | Kind::Static => self.constant(&item),
            Kind::Extern => self.external(&item),
            Kind::Semicolon => keyword + 1,
            Kind::Identifier => self.named_item(&item),
            Kind::PathSeparator | Kind::Crate | Kind::SelfValue | Kind::Super => {
                self.macro_call(&item)
            }
            _ => self.nothing(&item, keyword),
        }
    }

    fn named_item(&mut self, item: &Item<'t>) -> usize {
        let next = self.tokens.kind(item.keyword + 1);
        match self.tokens.text(item.keyword) {
            "union" if next == Kind::Identifier => self.type_definition(item),
            "macro_rules" if next == Kind::Bang => self.macro_definition(item, item.keyword + 2),
            "macro" if next == Kind::Identifier => self.macro_definition(item, item.keyword + 1),
            _ => self.macro_call(item),
        }
    }

    /// Passes over what begins no item, up to a token. Macros may make anything of it; groups in them may hold items again.
    fn nothing(&mut self, item: &Item<'t>, end: usize) -> usize {
        let at = item.keyword;
        if item.scope.in_macro && self.tokens.kind(at) == Kind::Open(Shape::Curly) {
            let scope = Scope {
                end: self.tokens.partner(at),
                opened: false,
                conditional: true,
                ..item.scope
            };
            self.scopes.push(scope);
            return at + 1;
        }
        // Brackets that close nothing are told already.
        let is_told = matches!(self.tokens.text(at), ")" | "]" | "}");
        if !item.scope.in_macro && !is_told {
            self.unexpected(at);
        }
        let after = end.max(self.tokens.after(at)).min(item.scope.end);
        self.outside_functions(item, at, after);
        after
    }

    /// Gives the token after a path.
    fn path_end(&self, first: usize) -> usize {
        let mut at = first + usize::from(self.tokens.kind(first) == Kind::PathSeparator);
        while self.tokens.kind(at).is_segment() {
            at += 1;
            if self.tokens.kind(at) != Kind::PathSeparator {
                break;
            }
            at += 1;
        }
        at
    }

    /// Looks through tokens that run, if at all, outside of functions.
    fn outside_functions(&mut self, item: &Item<'t>, first: usize, end: usize) {
        let circumstances = self.circumstances(item.scope, item.head.conditional);
        self.code(first, end, circumstances);
    }

    fn definition(
        &self,
        item: &Item<'t>,
        name: usize,
        end: usize,
        kind: SymbolKind,
    ) -> Definition<'t> {
        let name = if self.tokens.kind(name) == Kind::Identifier {
            self.tokens.text(name)
        } else {
            ""
        };
        let public = match item.scope.kind {
            ScopeKind::Trait => true,
            ScopeKind::TraitImplementation => false,
            ScopeKind::Module | ScopeKind::Foreign | ScopeKind::Inherent => item.public,
        };
        Definition {
            name,
            kind,
            lines: self.tokens.lines(item.first, end),
            range: self.tokens.range(item.first, end),
            public: public && item.scope.public,
            documented: item.head.documented,
            typed: None,
        }
    }

    /// Keeps a definition that nothing is defined in, unless it has no name of its own.
    fn define(&mut self, definition: Definition<'_>) {
        if !matches!(definition.name, "" | "_") {
            self.facts.add(definition);
        }
    }

    fn use_item(&mut self, item: &Item<'t>) -> usize {
        let form = if item.public {
            ImportForm::ReExport
        } else {
            ImportForm::Static
        };
        let circumstances = self.circumstances(item.scope, item.head.conditional);
        let tree = UseTree {
            first: item.keyword + 1,
            end: item.scope.end,
            form,
            circumstances,
        };
        self.take_tree(&tree)
    }

    /// Keeps the leaves of a `use` tree.
    pub(super) fn take_tree(&mut self, tree: &UseTree) -> usize {
        let (facts, paths) = (&mut self.facts, &mut self.paths);
        use_trees::flatten(&self.tokens, tree, &mut |import: Import, bound| {
            if let Some(bound) = bound {
                paths.bind(bound);
            }
            let takes_all = import.names.first().is_some_and(|name| name == "*");
            if takes_all && import.form == ImportForm::ReExport {
                facts.facts().exports_more = true;
            }
            facts.import(import);
        })
    }

    fn module(&mut self, item: &Item<'t>) -> usize {
        let name = item.keyword + 1;
        let body = name + 1;
        if self.tokens.kind(body) != Kind::Open(Shape::Curly) {
            if self.tokens.kind(name) == Kind::Identifier {
                self.declare_module(item, name);
            }
            return body + usize::from(self.tokens.kind(body) == Kind::Semicolon);
        }
        let end = self.tokens.after(body);
        let mut definition = self.definition(item, name, end, SymbolKind::Module);
        definition.documented |= self.tokens.kind(body + 1) == Kind::InnerDocumentation;
        self.facts.open(definition);
        self.push(item, body, ScopeKind::Module, definition.public)
    }

    fn declare_module(&mut self, item: &Item<'t>, name: usize) {
        let own = self.tokens.text(name);
        let declared = (
            own,
            self.tokens.range(name, name + 1),
            self.tokens.line(name),
        );
        let named = &item.head.paths;
        let always = named.iter().find(|(.., conditional)| !conditional);
        let mut targets: Vec<_> = named
            .iter()
            .filter(|(.., conditional)| *conditional)
            .map(|(path, range, line, _)| (*path, *range, *line, true))
            .collect();
        match always {
            Some((path, range, line, _)) => targets.push((*path, *range, *line, false)),
            None => targets.push((declared.0, declared.1, declared.2, !named.is_empty())),
        }
        for (target, range, line, conditional) in targets {
            let conditional = conditional || item.head.conditional;
            self.facts.import(Import {
                target: target.to_owned(),
                form: ImportForm::ModuleDeclaration,
                names: vec![own.to_owned()],
                range,
                line,
                circumstances: self.circumstances(item.scope, conditional),
            });
        }
    }

    /// Enters the brackets of an item whose contents are items.
    fn push(&mut self, item: &Item<'t>, body: usize, kind: ScopeKind, public: bool) -> usize {
        self.scopes.push(Scope {
            end: self.tokens.partner(body),
            kind,
            public,
            conditional: item.scope.conditional || item.head.conditional,
            in_macro: item.scope.in_macro,
            opened: true,
        });
        body + 1
    }

    fn function(&mut self, item: &Item<'t>) -> usize {
        let name = item.keyword + 1;
        let body = heads::head_end(&self.tokens, name + 1, item.scope.end);
        self.outside_functions(item, name + 1, body);
        let kind = item.scope.kind.function();
        if self.tokens.kind(body) != Kind::Open(Shape::Curly) || body >= item.scope.end {
            let end = body + usize::from(self.tokens.kind(body) == Kind::Semicolon);
            let definition = self.definition(item, name, end, kind);
            self.define(definition);
            return end;
        }
        let end = self.tokens.after(body);
        let definition = self.definition(item, name, end, kind);
        let mut circumstances = self.circumstances(item.scope, item.head.conditional);
        circumstances.in_function = true;
        let last = self.tokens.partner(body);
        if definition.name.is_empty() {
            self.code(body + 1, last, circumstances);
        } else {
            self.facts.open(definition);
            let branches = self.code(body + 1, last, circumstances);
            self.facts.branches(branches);
            self.facts.close();
        }
        end
    }

    fn type_definition(&mut self, item: &Item<'t>) -> usize {
        let name = item.keyword + 1;
        let body = heads::head_end(&self.tokens, name + 1, item.scope.end);
        let end = self.tokens.after(body).min(item.scope.end.max(body));
        let definition = self.definition(item, name, end, SymbolKind::Type);
        self.define(definition);
        self.outside_functions(item, name + 1, end);
        end
    }

    fn trait_definition(&mut self, item: &Item<'t>) -> usize {
        let name = item.keyword + 1;
        let body = heads::head_end(&self.tokens, name + 1, item.scope.end);
        self.outside_functions(item, name + 1, body);
        if self.tokens.kind(body) != Kind::Open(Shape::Curly) || body >= item.scope.end {
            let end = body + usize::from(self.tokens.kind(body) == Kind::Semicolon);
            let definition = self.definition(item, name, end, SymbolKind::Type);
            self.define(definition);
            return end;
        }
        let end = self.tokens.after(body);
        let definition = self.definition(item, name, end, SymbolKind::Type);
        self.facts.open(definition);
        self.push(item, body, ScopeKind::Trait, definition.public)
    }

    fn implementation(&mut self, item: &Item<'t>) -> usize {
        let first = item.keyword + 1;
        let body = heads::head_end(&self.tokens, first, item.scope.end);
        self.outside_functions(item, first, body);
        if self.tokens.kind(body) != Kind::Open(Shape::Curly) || body >= item.scope.end {
            return body + usize::from(self.tokens.kind(body) == Kind::Semicolon);
        }
        let found = heads::implementation(&self.tokens, first, body);
        self.facts.open_prefix(found.type_name);
        let kind = if found.of_trait {
            ScopeKind::TraitImplementation
        } else {
            ScopeKind::Inherent
        };
        self.push(item, body, kind, item.scope.public)
    }

    fn alias(&mut self, item: &Item<'t>) -> usize {
        let name = item.keyword + 1;
        let end = heads::statement_end(&self.tokens, name, item.scope.end);
        self.outside_functions(item, name + 1, end);
        let end = end + usize::from(self.tokens.kind(end) == Kind::Semicolon);
        if matches!(item.scope.kind, ScopeKind::Module | ScopeKind::Foreign) {
            let definition = self.definition(item, name, end, SymbolKind::Type);
            self.define(definition);
        }
        end
    }

    fn constant(&mut self, item: &Item<'t>) -> usize {
        let mut name = item.keyword + 1;
        while self.tokens.kind(name) == Kind::Word {
            name += 1; // `static mut X`, `static ref X`
        }
        let end = heads::statement_end(&self.tokens, name, item.scope.end);
        self.outside_functions(item, name + 1, end);
        let end = end + usize::from(self.tokens.kind(end) == Kind::Semicolon);
        let definition = self.definition(item, name, end, SymbolKind::Constant);
        self.define(definition);
        end
    }

    fn external(&mut self, item: &Item<'t>) -> usize {
        let next = item.keyword + 1;
        if self.tokens.kind(next) == Kind::Crate {
            let circumstances = self.circumstances(item.scope, item.head.conditional);
            return self.external_crate(next, item.public, circumstances);
        }
        let is_named = matches!(self.tokens.kind(next), Kind::Text | Kind::RawText);
        let body = next + usize::from(is_named);
        if self.tokens.kind(body) != Kind::Open(Shape::Curly) {
            return self.nothing(item, body);
        }
        self.facts.open_prefix("");
        self.push(item, body, ScopeKind::Foreign, item.scope.public)
    }

    /// Looks through the rules of a macro and keeps its name.
    fn macro_definition(&mut self, item: &Item<'t>, name: usize) -> usize {
        let mut end = name + 1;
        while end < item.scope.end {
            let kind = self.tokens.kind(end);
            end = self.tokens.after(end);
            if kind == Kind::Open(Shape::Curly) || kind == Kind::Semicolon {
                break;
            }
        }
        let mut definition = self.definition(item, name, end, SymbolKind::Function);
        definition.public = item.head.exported || definition.public;
        self.define(definition);
        self.outside_functions(item, name + 1, end);
        end
    }

    /// Reads a call of a macro: items where it holds items, else code.
    fn macro_call(&mut self, item: &Item<'t>) -> usize {
        let bang = self.path_end(item.keyword);
        if self.tokens.kind(bang) != Kind::Bang {
            return self.nothing(item, bang);
        }
        let is_named = self.tokens.kind(bang + 1) == Kind::Identifier;
        let group = bang + 1 + usize::from(is_named);
        if !matches!(self.tokens.kind(group), Kind::Open(_)) {
            return self.nothing(item, group);
        }
        let name = self.tokens.text(bang.saturating_sub(1));
        let chooses = name.starts_with("cfg");
        if !chooses && !self.begins_item(group + 1, self.tokens.partner(group)) {
            let end = self.tokens.after(group);
            self.outside_functions(item, item.keyword, end);
            return end;
        }
        self.outside_functions(item, item.keyword, group);
        self.scopes.push(Scope {
            end: self.tokens.partner(group),
            conditional: item.scope.conditional || item.head.conditional || chooses,
            in_macro: true,
            opened: false,
            ..item.scope
        });
        group + 1
    }

    /// Says whether an item seems to begin with a token.
    fn begins_item(&self, first: usize, end: usize) -> bool {
        let mut at = first;
        while at < end {
            match self.tokens.kind(at) {
                Kind::OuterDocumentation | Kind::InnerDocumentation => at += 1,
                Kind::Hash if self.tokens.kind(at + 1) == Kind::Open(Shape::Square) => {
                    at = self.tokens.after(at + 1);
                }
                _ => break,
            }
        }
        let (_, at) = self.visibility(at);
        let at = self.qualifiers(at);
        at < end
            && match self.tokens.kind(at) {
                Kind::Use
                | Kind::Mod
                | Kind::Fn
                | Kind::Struct
                | Kind::Enum
                | Kind::Trait
                | Kind::Impl
                | Kind::Type
                | Kind::Static
                | Kind::Extern => true,
                Kind::Const => self.tokens.kind(at + 1) == Kind::Identifier,
                _ => false,
            }
    }
}
