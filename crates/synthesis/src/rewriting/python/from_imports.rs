//! `from … import` statements: new module names, and `Any` for names that only type checking needs and the project lacks.

use synthesizer_model::{
    finding::Severity,
    python::{FromName, ImportStatement},
    text::ByteRange,
};

use super::{names::Standing, rewriting::PythonRewrite};
use crate::rewriting::Transform;

/// What becomes of one imported name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    /// It is imported as before.
    Kept,
    /// It is imported from the module's new name.
    Moved(String),
    /// It becomes an alias of `Any`.
    TypeOnly,
}

impl PythonRewrite<'_> {
    /// Rewrites one statement; `origin` is its level, module and the range of both.
    pub(super) fn rewrite_from_import(
        &mut self,
        statement: &ImportStatement,
        origin: (u32, &str, ByteRange),
        names: &[FromName],
    ) {
        let (level, module, module_range) = origin;
        let mut missing = Vec::new();
        let fates: Vec<Fate> = names
            .iter()
            .map(|name| self.fate_of(statement, level, module, name, &mut missing))
            .collect();
        let type_only = fates.contains(&Fate::TypeOnly);
        if type_only {
            self.report_type_only(statement, &missing);
            self.report_lost_stars(statement, names, &fates);
        } else if let Some(first) = missing.first() {
            self.report_missing(statement, first);
        }
        match fates.as_slice() {
            [Fate::Kept, rest @ ..] if rest.iter().all(|fate| *fate == Fate::Kept) => {}
            [Fate::Moved(new), rest @ ..]
                if rest.iter().all(|fate| *fate == Fate::Moved(new.clone())) =>
            {
                let old = format!("{}{module}", ".".repeat(level.min(256) as usize));
                self.edit_name(module_range, &old, new, statement.line);
            }
            _ => self.split_from_import(statement, (level, module), names, &fates),
        }
    }

    fn fate_of(
        &self,
        statement: &ImportStatement,
        level: u32,
        module: &str,
        name: &FromName,
        missing: &mut Vec<String>,
    ) -> Fate {
        let Some(target) = self.target_of(level, module) else {
            missing.push(format!("{}{module}", ".".repeat(level.min(16) as usize)));
            return fate_of_missing(statement, level > 0, String::new());
        };
        let full = if target.is_empty() {
            name.name.clone()
        } else {
            format!("{target}.{}", name.name)
        };
        let stays = level > 0 && self.moves_along(&target);
        match self.standing(&target) {
            Standing::Placed(new) | Standing::Virtual(new) => {
                let type_checking = statement.circumstances.type_checking;
                if type_checking
                    && name.name != "*"
                    && self.moved.names.lacks_name(&target, &name.name)
                {
                    missing.push(full);
                    return Fate::TypeOnly;
                }
                present(stays, new)
            }
            Standing::Empty(new) => {
                // A star import of an empty package brings nothing, as it would at run time.
                let lacks = if name.name == "*" {
                    statement.circumstances.type_checking
                } else {
                    self.moved.names.lacks_name(&target, &name.name)
                };
                if !lacks {
                    return present(stays, new);
                }
                missing.push(full);
                fate_of_missing(statement, stays, new)
            }
            Standing::Namespace(new) => match self.standing(&full) {
                Standing::Elsewhere if level == 0 => Fate::Kept,
                Standing::Elsewhere | Standing::Missing(_) => {
                    missing.push(full);
                    fate_of_missing(statement, stays, new)
                }
                // A linked module may be placed elsewhere than its namespace.
                Standing::Placed(moved)
                | Standing::Empty(moved)
                | Standing::Namespace(moved)
                | Standing::Virtual(moved) => {
                    let parent = moved
                        .rsplit_once('.')
                        .map_or(new.as_str(), |(parent, _)| parent);
                    present(stays, parent.to_owned())
                }
            },
            Standing::Missing(new) => {
                missing.push(full);
                fate_of_missing(statement, stays, new)
            }
            Standing::Elsewhere if level == 0 => Fate::Kept,
            Standing::Elsewhere => {
                missing.push(full);
                fate_of_missing(statement, true, String::new())
            }
        }
    }

    fn report_lost_stars(
        &mut self,
        statement: &ImportStatement,
        names: &[FromName],
        fates: &[Fate],
    ) {
        let lost = names
            .iter()
            .zip(fates)
            .any(|(name, fate)| name.name == "*" && *fate == Fate::TypeOnly);
        if lost {
            self.report(
                Severity::Warning,
                "type-only-star-import",
                "a star import for type checking leads outside the project and was removed"
                    .to_owned(),
                statement.line,
            );
        }
    }

    fn split_from_import(
        &mut self,
        statement: &ImportStatement,
        (level, module): (u32, &str),
        names: &[FromName],
        fates: &[Fate],
    ) {
        let old_module = format!("{}{module}", ".".repeat(level.min(256) as usize));
        let mut groups: Vec<(&Fate, Vec<&FromName>)> = Vec::new();
        for (name, fate) in names.iter().zip(fates) {
            match groups.iter_mut().find(|(present, _)| *present == fate) {
                Some((_, members)) => members.push(name),
                None => groups.push((fate, vec![name])),
            }
        }
        let mut statements = Vec::new();
        for (fate, members) in groups {
            match fate {
                Fate::Kept => statements.push(from_statement(&old_module, &members)),
                Fate::Moved(new) => {
                    self.note(Transform::ImportsRewritten);
                    statements.push(from_statement(new, &members));
                }
                Fate::TypeOnly => statements.extend(any_statement(
                    members
                        .iter()
                        .filter(|name| name.name != "*")
                        .map(|name| name.alias.as_ref().unwrap_or(&name.name).as_str()),
                )),
            }
        }
        let transform = if fates.contains(&Fate::TypeOnly) {
            Transform::TypeImportsAliased
        } else {
            Transform::ImportsRewritten
        };
        self.edit_statement(statement, &statements, transform);
    }
}

/// A missing module keeps its place among the new names, so that the original distribution is never imported in its stead.
fn fate_of_missing(statement: &ImportStatement, stays: bool, new: String) -> Fate {
    if statement.circumstances.type_checking {
        Fate::TypeOnly
    } else {
        present(stays, new)
    }
}

/// Relative imports of what moves along stay as they are, because positions within a source are kept.
fn present(stays: bool, new: String) -> Fate {
    if stays { Fate::Kept } else { Fate::Moved(new) }
}

fn from_statement(module: &str, names: &[&FromName]) -> String {
    let names: Vec<String> = names
        .iter()
        .map(|name| match &name.alias {
            Some(alias) => format!("{} as {alias}", name.name),
            None => name.name.clone(),
        })
        .collect();
    format!("from {module} import {}", names.join(", "))
}

/// Gives the one statement that binds all the names to `Any`; nothing for no names.
pub(super) fn any_statement<'n>(names: impl Iterator<Item = &'n str>) -> Option<String> {
    let aliases: Vec<String> = names.map(|name| format!("Any as {name}")).collect();
    (!aliases.is_empty()).then(|| format!("from typing import {}", aliases.join(", ")))
}
