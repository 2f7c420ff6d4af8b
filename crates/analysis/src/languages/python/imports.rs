//! Import statements: their facts, and what the module's top level binds. Follows no import.

use std::collections::BTreeMap;

use foldhash::HashSet;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Alias, Identifier, StmtImport, StmtImportFrom};
use ruff_text_size::{Ranged, TextRange};
use synthesizer_model::python::{Binding, FromName, ImportKind, ImportStatement, PlainName};
use synthesizer_model::text::ByteRange;

use super::scope::{BindingEvent, ImportName, ScopeId};
use super::source::byte_range;
use super::walker::{Facts, Walker};

impl<'a> Walker<'a> {
    pub(super) fn import(&mut self, import: &'a StmtImport) {
        self.known_names.learn_plain(import);
        let aliases = || import.names.iter().filter(|alias| is_module(&alias.name));
        let names: Vec<PlainName> = aliases().map(plain_name).collect();
        for (position, alias) in aliases().enumerate() {
            let name = ImportName {
                statement: self.facts.imports.len(),
                name: position,
            };
            match &alias.asname {
                Some(local) => self.bind(local.as_str(), BindingEvent::NamedImport(name)),
                None => {
                    let module = alias.name.as_str();
                    let bound = module.split_once('.').map_or(module, |(first, _)| first);
                    self.bind(bound, BindingEvent::PlainImport(name));
                }
            }
        }
        if !names.is_empty() {
            self.import_statement(import.range(), ImportKind::Plain(names));
        }
    }

    pub(super) fn import_from(&mut self, import: &'a StmtImportFrom) {
        self.known_names.learn_from(import);
        let has_module = import.module.as_ref().is_some_and(is_module);
        let is_complete = import.level > 0 || has_module;
        let aliases = || import.names.iter().filter(|alias| !alias.name.is_empty());
        let names: Vec<FromName> = aliases().map(from_name).collect();
        if !is_complete || names.is_empty() {
            return;
        }
        for (position, alias) in aliases().enumerate() {
            let local = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            if local == "*" {
                continue;
            }
            if local == "__all__" && self.scope == ScopeId::MODULE {
                self.facts.exports.give_up();
            }
            let name = ImportName {
                statement: self.facts.imports.len(),
                name: position,
            };
            self.bind(local, BindingEvent::NamedImport(name));
        }
        let kind = ImportKind::From {
            level: import.level,
            module: import
                .module
                .as_ref()
                .map_or_else(String::new, |module| module.as_str().to_owned()),
            module_range: self.module_range(import),
            names,
        };
        self.import_statement(import.range(), kind);
    }

    fn import_statement(&mut self, range: TextRange, kind: ImportKind) {
        let range = byte_range(range);
        self.facts.imports.push(ImportStatement {
            range,
            line: self.source.line(range.start),
            circumstances: self.circumstances,
            kind,
        });
    }

    /// From the first dot to the end of the module's name, or of the last dot.
    fn module_range(&self, import: &StmtImportFrom) -> ByteRange {
        let module = import
            .module
            .as_ref()
            .map(|module| byte_range(module.range()));
        let first = self
            .tokens
            .partition_point(|token| token.start() < import.start());
        let mut dots = self.tokens[first..]
            .iter()
            .take_while(|token| token.start() < import.end() && token.kind() != TokenKind::Import)
            .filter(|token| matches!(token.kind(), TokenKind::Dot | TokenKind::Ellipsis))
            .map(|token| byte_range(token.range()));
        match (import.level, module) {
            (0, Some(module)) => module,
            (_, Some(module)) => {
                let start = dots.next().map_or(module.start, |dot| dot.start);
                ByteRange::new(start.min(module.start), module.end)
            }
            (_, None) => {
                let statement = byte_range(import.range());
                let start = dots.next().unwrap_or(statement);
                let end = dots.last().unwrap_or(start);
                ByteRange::new(start.start, end.end)
            }
        }
    }
}

/// Error recovery leaves names with empty parts.
fn is_module(name: &Identifier) -> bool {
    name.as_str()
        .split('.')
        .all(|part| !part.is_empty() && part != "*")
}

fn plain_name(alias: &Alias) -> PlainName {
    PlainName {
        module: alias.name.as_str().to_owned(),
        module_range: byte_range(alias.name.range()),
        range: byte_range(alias.range()),
        alias: alias.asname.as_ref().map(|name| name.as_str().to_owned()),
        uses_are_exact: true,
    }
}

fn from_name(alias: &Alias) -> FromName {
    FromName {
        name: alias.name.as_str().to_owned(),
        range: byte_range(alias.range()),
        alias: alias.asname.as_ref().map(|name| name.as_str().to_owned()),
    }
}

/// Clears `uses_are_exact` of the names listed.
pub(super) fn mark_exactness(facts: &mut Facts<'_>, inexact: &HashSet<ImportName>) {
    for ImportName { statement, name } in inexact {
        if let Some(ImportStatement {
            kind: ImportKind::Plain(names),
            ..
        }) = facts.imports.get_mut(*statement)
            && let Some(name) = names.get_mut(*name)
        {
            name.uses_are_exact = false;
        }
    }
}

/// Gives what the module's top level binds, and how.
pub(super) fn module_bindings(facts: &Facts<'_>) -> BTreeMap<String, Vec<Binding>> {
    let mut bindings = BTreeMap::new();
    for (name, how) in facts.scopes.names(ScopeId::MODULE) {
        let mut distinct: Vec<Binding> = Vec::new();
        for binding in how.events.iter().filter_map(|event| binding(facts, *event)) {
            if !distinct.contains(&binding) {
                distinct.push(binding);
            }
        }
        if !distinct.is_empty() {
            bindings.insert(name.to_owned(), distinct);
        }
    }
    bindings
}

fn binding(facts: &Facts<'_>, event: BindingEvent) -> Option<Binding> {
    let import = match event {
        BindingEvent::Definition => return Some(Binding::Definition),
        BindingEvent::Annotation | BindingEvent::Deletion => return None,
        BindingEvent::PlainImport(import) | BindingEvent::NamedImport(import) => import,
    };
    let statement = facts.imports.get(import.statement)?;
    let type_checking = statement.circumstances.type_checking;
    Some(match &statement.kind {
        ImportKind::Plain(names) => Binding::Import {
            module: names.get(import.name)?.module.clone(),
            type_checking,
        },
        ImportKind::From {
            level,
            module,
            names,
            ..
        } => Binding::From {
            level: *level,
            module: module.clone(),
            name: names.get(import.name)?.name.clone(),
            type_checking,
        },
    })
}
