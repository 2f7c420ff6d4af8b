//! `import a.b` statements and the uses of the names that they bind. All statements of a file that bind one name are decided together.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    finding::Severity,
    python::{Binding, DottedUse, ImportKind, ImportStatement, PlainName},
};

use super::{
    from_imports::any_statement,
    names::Standing,
    rewriting::{PythonRewrite, shortened},
};
use crate::rewriting::Transform;

/// What becomes of the names that bind one first name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    /// Nothing.
    Untouched,
    /// The imports bind the new package, and every use is rewritten.
    Uses,
    /// The imports go on binding the old first name.
    Binding,
    /// The first name becomes an alias of `Any`.
    AliasOfAny,
    /// The statements for type checking alone disappear; the name is bound elsewhere.
    Dropped,
}

/// One name of a plain import without alias.
#[derive(Debug)]
struct Member<'a> {
    name: &'a PlainName,
    standing: Standing,
    type_only: bool,
}

impl Member<'_> {
    fn is_ours(&self) -> bool {
        !self.type_only && self.standing != Standing::Elsewhere
    }

    fn is_elsewhere(&self) -> bool {
        self.standing == Standing::Elsewhere
    }

    /// Gives the new package before the module's old name, such as `toolbox`.
    fn prefix(&self) -> Option<&str> {
        let new = self.standing.new_name()?;
        new.strip_suffix(self.name.module.as_str())?
            .strip_suffix('.')
    }
}

/// What becomes of one name of one statement.
#[derive(Debug)]
enum Outcome {
    Kept,
    Replaced(String),
    AliasOfAny(String),
    Dropped,
}

impl<'a> PythonRewrite<'a> {
    /// Rewrites every plain import of the file and the uses of the names that they bind.
    pub(super) fn rewrite_plain_imports(&mut self) {
        let facts = self.facts;
        let groups = self.groups();
        let mut ways = BTreeMap::new();
        for (first, members) in &groups {
            if self.view_of(first).is_some() {
                continue;
            }
            let way = self.way_of(first, members);
            let way = if way == Way::Uses {
                self.rewrite_uses(first, members)
            } else {
                way
            };
            ways.insert(first.clone(), way);
        }
        for statement in &facts.imports {
            if let ImportKind::Plain(names) = &statement.kind {
                self.rewrite_plain_import(statement, names, &ways);
            }
        }
    }

    fn groups(&self) -> BTreeMap<String, Vec<Member<'a>>> {
        let facts = self.facts;
        let mut groups: BTreeMap<String, Vec<Member<'a>>> = BTreeMap::new();
        for statement in &facts.imports {
            let ImportKind::Plain(names) = &statement.kind else {
                continue;
            };
            for name in names.iter().filter(|name| name.alias.is_none()) {
                let standing = self.standing(&name.module);
                let type_only = is_type_only(statement, &standing);
                groups
                    .entry(first_part(&name.module).to_owned())
                    .or_default()
                    .push(Member {
                        name,
                        standing,
                        type_only,
                    });
            }
        }
        groups
    }

    fn way_of(&self, first: &str, members: &[Member<'_>]) -> Way {
        let ours = members.iter().any(Member::is_ours);
        let type_only = members.iter().any(|member| member.type_only);
        let elsewhere = members.iter().any(Member::is_elsewhere);
        if !ours {
            return match (type_only, elsewhere || self.is_bound_otherwise(first)) {
                (false, _) => Way::Untouched,
                (true, true) => Way::Dropped,
                (true, false) => Way::AliasOfAny,
            };
        }
        if elsewhere || self.uses_can_be_rewritten(first, members) {
            Way::Uses
        } else {
            Way::Binding
        }
    }

    fn is_bound_otherwise(&self, first: &str) -> bool {
        let bindings = self
            .facts
            .bindings
            .get(first)
            .map_or(&[][..], Vec::as_slice);
        bindings.iter().any(|binding| match binding {
            Binding::Import { type_checking, .. } | Binding::From { type_checking, .. } => {
                !type_checking
            }
            Binding::Definition => true,
        })
    }

    fn uses_can_be_rewritten(&self, first: &str, members: &[Member<'_>]) -> bool {
        let facts = self.facts;
        let package = self.moved.package;
        let exact = members
            .iter()
            .all(|member| member.name.uses_are_exact && member.name.module != first);
        let exported = facts
            .exports
            .as_ref()
            .is_some_and(|exports| exports.iter().any(|name| name == first));
        let taken = self
            .moved
            .file
            .module
            .as_deref()
            .is_some_and(|module| self.moved.names.is_taken_from(module, first));
        // While its own file runs, a package is no attribute of the one above it yet, but is found when it is imported.
        let may_be_too_early =
            !self.uses_of(first).is_empty() && matches!(self.standing(first), Standing::Placed(_));
        exact
            && !may_be_too_early
            && !exported
            && !taken
            && !facts.bindings.contains_key(package)
            && !self
                .uses_of(first)
                .iter()
                .any(|usage| facts.shadowing(usage).any(|name| name == package))
    }

    fn uses_of(&self, first: &str) -> Vec<&'a DottedUse> {
        let facts = self.facts;
        self.uses
            .get(first)
            .into_iter()
            .flatten()
            .filter_map(|index| facts.uses.get(*index))
            .collect()
    }

    /// Rewrites the uses of one first name; gives the way that could be gone.
    fn rewrite_uses(&mut self, first: &str, members: &[Member<'_>]) -> Way {
        let prefixes: BTreeSet<&str> = members
            .iter()
            .filter(|member| !member.type_only)
            .map(|member| member.prefix().unwrap_or_default())
            .collect();
        let mixed = prefixes.len() > 1;
        if mixed && !self.uses_can_be_rewritten(first, members) {
            let line = self.uses_of(first).first().map_or(1, |usage| usage.line);
            self.report_mixed(first, line);
            return Way::Untouched;
        }
        let mut new_names = Vec::new();
        for usage in self.uses_of(first) {
            let prefix = if mixed {
                match prefix_of_use(usage, members) {
                    Some(prefix) => prefix,
                    None => {
                        self.report_mixed(first, usage.line);
                        return Way::Untouched;
                    }
                }
            } else {
                prefixes.first().copied().unwrap_or_default()
            };
            if let (false, Some(range)) = (prefix.is_empty(), usage.ranges.first()) {
                new_names.push((*range, format!("{prefix}.{first}"), usage.line));
            }
        }
        for (range, new, line) in new_names {
            if !self.edits.cover(range) {
                self.edit_name(range, first, &new, line);
            }
        }
        Way::Uses
    }

    fn report_mixed(&mut self, first: &str, line: u32) {
        let what = format!(
            "{} is imported from the project and from elsewhere, and its uses cannot be told apart",
            shortened(first)
        );
        self.report(Severity::Error, "mixed-import-names", what, line);
    }

    fn rewrite_plain_import(
        &mut self,
        statement: &ImportStatement,
        names: &[PlainName],
        ways: &BTreeMap<String, Way>,
    ) {
        let mut missing = Vec::new();
        let mut type_only = Vec::new();
        let mut outcomes = Vec::new();
        for name in names {
            let standing = self.standing(&name.module);
            if is_type_only(statement, &standing) {
                type_only.push(name.module.clone());
            } else if let Standing::Missing(_) = standing {
                missing.push(name.module.clone());
            }
            outcomes.push(self.outcome_of(statement, name, &standing, ways));
        }
        if !type_only.is_empty() {
            self.report_type_only(statement, &type_only);
        }
        if let Some(first) = missing.first() {
            self.report_missing(statement, first);
        }
        let rebuilt = outcomes
            .iter()
            .any(|outcome| matches!(outcome, Outcome::AliasOfAny(_) | Outcome::Dropped));
        if rebuilt {
            self.rebuild_plain_import(statement, names, &outcomes);
            return;
        }
        for (name, outcome) in names.iter().zip(outcomes) {
            if let Outcome::Replaced(new) = outcome {
                match &name.alias {
                    Some(_) => {
                        self.edit_name(name.module_range, &name.module, &new, statement.line)
                    }
                    None => self.edit_name(name.range, &name.module, &new, statement.line),
                }
            }
        }
    }

    fn outcome_of(
        &self,
        statement: &ImportStatement,
        name: &PlainName,
        standing: &Standing,
        ways: &BTreeMap<String, Way>,
    ) -> Outcome {
        let type_only = is_type_only(statement, standing);
        let Some(new) = standing.new_name() else {
            return Outcome::Kept;
        };
        if let Some(alias) = &name.alias {
            return if type_only {
                Outcome::AliasOfAny(alias.clone())
            } else {
                Outcome::Replaced(new.to_owned())
            };
        }
        let first = first_part(&name.module);
        // It has the taken modules as attributes.
        if let (false, Some(view)) = (type_only, self.view_of(first)) {
            return Outcome::Replaced(format!("{view} as {first}"));
        }
        match ways.get(first).unwrap_or(&Way::Untouched) {
            Way::Untouched => Outcome::Kept,
            Way::AliasOfAny => Outcome::AliasOfAny(first.to_owned()),
            Way::Uses | Way::Binding | Way::Dropped if type_only => Outcome::Dropped,
            Way::Uses | Way::Dropped => Outcome::Replaced(new.to_owned()),
            Way::Binding if name.module == first => Outcome::Replaced(format!("{new} as {first}")),
            // The first binding is at once replaced by the second, so that no other name is bound than before.
            Way::Binding => {
                let top = new.strip_suffix(name.module.as_str()).unwrap_or_default();
                Outcome::Replaced(format!("{new} as {first}, {top}{first} as {first}"))
            }
        }
    }

    fn rebuild_plain_import(
        &mut self,
        statement: &ImportStatement,
        names: &[PlainName],
        outcomes: &[Outcome],
    ) {
        let mut imported = Vec::new();
        let mut aliases = Vec::new();
        for (name, outcome) in names.iter().zip(outcomes) {
            let with_alias = |module: &str| match &name.alias {
                Some(alias) => format!("{module} as {alias}"),
                None => module.to_owned(),
            };
            match outcome {
                Outcome::Kept => imported.push(with_alias(&name.module)),
                Outcome::Replaced(new) => {
                    self.note(Transform::ImportsRewritten);
                    imported.push(with_alias(new));
                }
                Outcome::AliasOfAny(bound) => aliases.push(bound.as_str()),
                Outcome::Dropped => {}
            }
        }
        let mut statements = Vec::new();
        if !imported.is_empty() {
            statements.push(format!("import {}", imported.join(", ")));
        }
        statements.extend(any_statement(aliases.into_iter()));
        self.edit_statement(statement, &statements, Transform::TypeImportsAliased);
    }
}

fn first_part(module: &str) -> &str {
    module.split('.').next().unwrap_or(module)
}

fn is_type_only(statement: &ImportStatement, standing: &Standing) -> bool {
    statement.circumstances.type_checking && matches!(standing, Standing::Missing(_))
}

/// Gives the prefix of the module that a use leads to: the longest imported one that begins it. Empty for one from elsewhere.
fn prefix_of_use<'m>(usage: &DottedUse, members: &'m [Member<'_>]) -> Option<&'m str> {
    let used = usage.parts.join(".");
    members
        .iter()
        .filter(|member| !member.type_only)
        .filter(|member| {
            used.strip_prefix(member.name.module.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
        .max_by_key(|member| member.name.module.len())
        .map(|member| member.prefix().unwrap_or_default())
}
