//! Module and distribution names in strings: resolved where they are literals, reported where only running could tell.

use std::collections::BTreeSet;

use synthesizer_model::{
    dependency::normalize_distribution,
    finding::Severity,
    python::{ModuleNameRole, ModuleNameUse},
    text::ByteRange,
};

use super::{
    names::Standing,
    rewriting::{PythonRewrite, shortened},
};
use crate::rewriting::Transform;

impl PythonRewrite<'_> {
    /// Goes through every module name that is given to the import machinery or its relatives.
    pub(super) fn rewrite_module_names(&mut self) {
        let facts = self.facts;
        for usage in &facts.module_names {
            match usage.role {
                ModuleNameRole::ImportModule => self.import_module(usage),
                ModuleNameRole::DunderImport => self.dunder_import(usage),
                ModuleNameRole::SysModules => self.sys_modules(usage),
                ModuleNameRole::Logger => self.logger(usage),
                ModuleNameRole::MetadataVersion => self.metadata_version(usage),
                ModuleNameRole::MetadataOther => self.metadata_other(usage),
                ModuleNameRole::Resources => self.resources(usage),
            }
        }
    }

    /// Renames modules that strings name: in tables of plugins and the like, from which code of the source imports by computed
    /// names, and in a statement `from package.module import …` that code writes.
    pub(super) fn rewrite_named_modules(&mut self) {
        let facts = self.facts;
        let names = self.moved.names;
        let handled: BTreeSet<ByteRange> =
            facts.module_names.iter().map(|usage| usage.range).collect();
        // Tests give objects by their names to code that imports them.
        let own_table = facts.computes_imports() || self.moved.tests.is_some();
        for literal in &facts.path_literals {
            let Some(inside) = literal.inside.filter(|inside| !handled.contains(inside)) else {
                continue;
            };
            let named = match literal.statement_module() {
                Some(named) => Some(named),
                None if names.computes_imports() => names
                    .named_module(&literal.text, own_table)
                    .map(|module| (0, module)),
                None => None,
            };
            let Some((start, module)) = named else {
                continue;
            };
            let standing = names.standing(module);
            let Some(new) = standing.new_name() else {
                continue;
            };
            let start = inside.start + start;
            let range = ByteRange::new(start, start + module.len());
            if !self.edits.cover(range) {
                self.edit(range, new, Transform::NamesRewritten, literal.line);
            }
        }
    }

    fn import_module(&mut self, usage: &ModuleNameUse) {
        let Some(literal) = &usage.literal else {
            if let Some((package, range)) = &usage.package {
                self.rename_literal(usage, package, *range);
            }
            self.rename_prefixes(usage);
            self.report_computed(usage, "import_module");
            return;
        };
        if literal.starts_with('.') {
            // Positions within a source are kept, so only the package has a new name.
            if let Some((package, range)) = &usage.package {
                self.rename_literal(usage, package, *range);
            }
        } else {
            self.rename_literal(usage, literal, usage.range);
        }
    }

    fn dunder_import(&mut self, usage: &ModuleNameUse) {
        let Some(literal) = &usage.literal else {
            self.report_computed(usage, "__import__");
            return;
        };
        if self.standing(literal) != Standing::Elsewhere && !self.edits.cover(usage.range) {
            let what = format!(
                "__import__ of {} was not rewritten, because its value is the module's first package",
                shortened(literal)
            );
            self.report(Severity::Warning, "dunder-import", what, usage.line);
        }
    }

    fn sys_modules(&mut self, usage: &ModuleNameUse) {
        let named = match &usage.literal {
            Some(literal) => match self.standing(literal) {
                Standing::Elsewhere => None,
                Standing::Missing(_) | Standing::Virtual(_) => Some(literal.clone()),
                Standing::Placed(_) | Standing::Empty(_) | Standing::Namespace(_) => {
                    self.rename_literal(usage, literal, usage.range);
                    None
                }
            },
            None => self.own_name_in(usage),
        };
        if let Some(named) = named {
            let what = format!(
                "sys.modules is given a name of the original package, {}, which was not rewritten",
                shortened(&named)
            );
            self.report(Severity::Warning, "sys-modules-name", what, usage.line);
        }
    }

    /// Finds a name of the source itself among what a computed name is made of.
    fn own_name_in(&self, usage: &ModuleNameUse) -> Option<String> {
        let candidate = usage.candidates.iter().find(|candidate| {
            let module = candidate.trim_end_matches('.');
            self.standing(module) != Standing::Elsewhere
        });
        if let Some(candidate) = candidate {
            return Some(candidate.clone());
        }
        let text = usage.range.of(self.text)?;
        let names_own = self.moved.source.original_packages.iter().any(|package| {
            ['"', '\''].iter().any(|quote| {
                text.contains(&format!("{quote}{package}."))
                    || text.contains(&format!("{quote}{package}{quote}"))
            })
        });
        names_own.then(|| text.to_owned())
    }

    fn logger(&mut self, usage: &ModuleNameUse) {
        let Some(literal) = &usage.literal else {
            return;
        };
        let first = literal.split('.').next().unwrap_or(literal);
        let is_own = self
            .moved
            .source
            .original_packages
            .iter()
            .any(|package| package == first);
        if is_own || self.standing(literal) != Standing::Elsewhere {
            let what = format!("the logger keeps its original name, {}", shortened(literal));
            self.report(Severity::Info, "logger-name", what, usage.line);
        }
    }

    fn metadata_version(&mut self, usage: &ModuleNameUse) {
        let call = usage.range.of(self.text).unwrap_or_default();
        match &usage.literal {
            Some(literal) if self.is_own_distribution(literal) => self.resolve_version(usage, call),
            Some(literal) => self.metadata_of_other(usage, literal),
            None if asks_for_own_package(call) => {
                let top_level = self
                    .moved
                    .file
                    .module
                    .as_deref()
                    .and_then(|module| module.split('.').next());
                if top_level.is_some_and(|top_level| self.is_own_distribution(top_level)) {
                    self.resolve_version(usage, call);
                } else {
                    self.report_own_metadata(usage);
                }
            }
            None => {
                let what = format!(
                    "the distribution whose version is asked for is computed: {}",
                    shortened(call)
                );
                self.report(Severity::Info, "computed-metadata", what, usage.line);
            }
        }
    }

    fn resolve_version(&mut self, usage: &ModuleNameUse, call: &str) {
        let version = self
            .moved
            .source
            .record
            .distribution
            .as_ref()
            .map(|(_, version)| version.as_str())
            .filter(|version| is_plain_version(version));
        match version {
            Some(version) => {
                // The call's own quotes also fit within an f-string.
                let quote = if call
                    .find('\'')
                    .is_some_and(|single| !call[..single].contains('"'))
                {
                    '\''
                } else {
                    '"'
                };
                let literal = format!("{quote}{version}{quote}");
                self.edit(usage.range, literal, Transform::VersionResolved, usage.line);
            }
            None => self.report_own_metadata(usage),
        }
    }

    fn metadata_other(&mut self, usage: &ModuleNameUse) {
        match &usage.literal {
            Some(literal) if self.is_own_distribution(literal) => self.report_own_metadata(usage),
            Some(literal) => self.metadata_of_other(usage, literal),
            None => {}
        }
    }

    fn metadata_of_other(&mut self, usage: &ModuleNameUse, literal: &str) {
        let name = normalize_distribution(literal);
        if !self
            .moved
            .source
            .needed
            .iter()
            .any(|needed| needed.name == name)
        {
            let what = format!(
                "asks for metadata of {}, which is not a dependency of the project",
                shortened(literal)
            );
            self.report(Severity::Info, "metadata-of-other", what, usage.line);
        }
    }

    fn report_own_metadata(&mut self, usage: &ModuleNameUse) {
        self.report(
            Severity::Warning,
            "own-metadata",
            "asks for metadata of the original distribution, which the project does not install"
                .to_owned(),
            usage.line,
        );
    }

    fn is_own_distribution(&self, name: &str) -> bool {
        let name = normalize_distribution(name);
        let source = self.moved.source;
        match &source.record.distribution {
            Some((own, _)) => normalize_distribution(own) == name,
            None => source
                .original_packages
                .iter()
                .any(|package| normalize_distribution(package) == name),
        }
    }

    fn resources(&mut self, usage: &ModuleNameUse) {
        if let Some(literal) = &usage.literal {
            self.rename_literal(usage, literal, usage.range);
            return;
        }
        let argument = usage.range.of(self.text).unwrap_or_default();
        let is_own = argument.is_empty() || argument.starts_with("__") || argument.ends_with(')');
        if !is_own {
            let what = format!(
                "data is read from a package whose name is computed, {}; a name of the original package there was not rewritten",
                shortened(argument)
            );
            self.report(Severity::Warning, "computed-resource", what, usage.line);
        }
    }

    /// Gives a literal its module's new name; a name that the project lacks too, so that the original is never taken in its stead.
    fn rename_literal(&mut self, usage: &ModuleNameUse, literal: &str, range: ByteRange) {
        let standing = self.standing(literal);
        let Some(new) = standing.new_name() else {
            return;
        };
        if range.of(self.text) != Some(literal) {
            let what = format!(
                "the name {} is written with escapes or in pieces and was not rewritten",
                shortened(literal)
            );
            self.report(Severity::Warning, "literal-not-editable", what, usage.line);
            return;
        }
        self.edit(range, new, Transform::NamesRewritten, usage.line);
        if let Standing::Missing(_) = standing {
            let what = format!(
                "{} is named but is not part of the project",
                shortened(literal)
            );
            self.report(Severity::Warning, "missing-named-module", what, usage.line);
        }
    }

    /// Gives the literal beginning of a computed name its package's new name: `pkg.plugins` of `f"pkg.plugins.{name}"`.
    fn rename_prefixes(&mut self, usage: &ModuleNameUse) {
        for prefix in &usage.prefixes {
            let package = prefix.text.rsplit_once('.').map(|(package, _)| package);
            let named = package.zip(prefix.inside).and_then(|(package, inside)| {
                let new = self.standing(package).new_name()?.to_owned();
                Some((
                    ByteRange::new(inside.start, inside.start + package.len()),
                    new,
                ))
            });
            if let Some((range, new)) = named
                && !self.edits.cover(range)
            {
                self.edit(range, new, Transform::NamesRewritten, usage.line);
            }
        }
    }

    fn report_computed(&mut self, usage: &ModuleNameUse, function: &str) {
        let argument = usage.range.of(self.text).unwrap_or_default();
        let mut what = format!(
            "{function}({}) computes the module's name and was not rewritten",
            shortened(argument)
        );
        if !usage.candidates.is_empty() {
            what.push_str("; it can be ");
            what.push_str(&shortened(&usage.candidates.join(", ")));
        }
        self.report(Severity::Warning, "computed-import", what, usage.line);
    }
}

/// Says whether a call asks by `__name__` or `__package__`, and by nothing that needs more than their first part.
fn asks_for_own_package(call: &str) -> bool {
    call.contains("(__name__") || call.contains("(__package__")
}

/// Says whether a version is made of the characters of PEP 440 alone, so that it can stand in a string as it is.
fn is_plain_version(version: &str) -> bool {
    !version.is_empty()
        && version.len() <= 128
        && version
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || ".+-_!".contains(character))
}
