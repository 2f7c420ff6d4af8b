//! `Cargo.toml` as it is written, with lines: the package, its workspace table, features, targets and requirements. Looks at no
//! other file, so what a package inherits from its workspace stays open here.
//! Specification: <https://doc.rust-lang.org/cargo/reference/manifest.html>
//!
//! Map:
//! - `dependencies`: the tables of requirements, `[patch]` and `[replace]`
//! - `targets`: `[lib]`, `[[bin]]`, `[[example]]`, `[[test]]`, `[[bench]]`
//! - `requirement`: version requirements as plain comparators

mod dependencies;
mod requirement;
mod targets;

use toml::de::{DeTable, DeValue};

use super::{
    allowance::{LONGEST_NAME, LONGEST_TEXT, MOST_ITEMS, cut},
    problem_list::ProblemList,
    toml_text::{Document, Value},
};
pub(super) use dependencies::{Declaration, Kind, Replacement, Specification};
pub(super) use requirement::plain_comparators;
pub(super) use targets::{TargetTable, TargetTables};

/// A manifest.
#[derive(Debug, Default)]
pub(super) struct CargoToml {
    pub package: Option<Package>,
    pub workspace: Option<Workspace>,
    /// In the order of their lines.
    pub dependencies: Vec<Declaration>,
    /// What `[patch]` and `[replace]` put in the place of other packages.
    pub replacements: Vec<Replacement>,
    /// Names of features with what each turns on, in the order of their lines.
    pub features: Vec<(String, Vec<String>)>,
    pub targets: TargetTables,
}

/// A field that a workspace can give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Field<T> {
    Written(T),
    /// `field.workspace = true`, with its line.
    Inherited(u32),
}

/// The `[package]` table.
#[derive(Debug, Default)]
pub(super) struct Package {
    pub name: Option<String>,
    pub fields: Fields,
    /// The folder of the workspace, relative to the package, where it is named.
    pub workspace: Option<String>,
    pub build: Build,
    pub autolib: Option<bool>,
    pub autobins: Option<bool>,
    pub autoexamples: Option<bool>,
    pub autotests: Option<bool>,
    pub autobenches: Option<bool>,
}

/// Fields of `[package]` that are kept and that `[workspace.package]` can give.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub version: Option<Field<String>>,
    pub edition: Option<Field<String>>,
    pub rust_version: Option<Field<String>>,
    pub description: Option<Field<String>>,
    pub license: Option<Field<String>>,
    pub license_file: Option<Field<String>>,
    /// Whether it may be published anywhere.
    pub publish: Option<Field<bool>>,
}

/// The field `build`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Build {
    /// Not written: `build.rs`, if there is one.
    #[default]
    Discovered,
    /// `false`.
    None,
    /// `true` or file names.
    Scripts(Vec<String>),
}

/// The `[workspace]` table.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    /// Folders and patterns with their lines.
    pub members: Vec<(String, u32)>,
    pub default_members: Vec<(String, u32)>,
    pub exclude: Vec<String>,
    pub fields: Fields,
    /// What `[workspace.dependencies]` gives, in the order of lines.
    pub dependencies: Vec<(String, Specification)>,
}

/// Reads a manifest; what is not right in it becomes a problem. `None` when it is no TOML.
pub(super) fn parse(path: &str, text: &str, problems: &mut ProblemList) -> Option<CargoToml> {
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            problems.tell_line(path, error.line, &error);
            return None;
        }
    };
    let mut reader = Reader {
        path,
        document: &document,
        problems,
    };
    let root = document.table(&[])?;
    let manifest = CargoToml {
        package: reader.package(root),
        workspace: reader.workspace(root),
        dependencies: dependencies::read(&mut reader, root),
        replacements: dependencies::read_replacements(&mut reader, root),
        features: reader.features(root),
        targets: targets::read(&mut reader, root),
    };
    if manifest.package.is_none() && manifest.workspace.is_none() {
        reader
            .problems
            .tell(path, "has neither a [package] nor a [workspace] table");
    }
    Some(manifest)
}

/// Reads values of one manifest and tells what is not as it should be.
struct Reader<'r, 't> {
    path: &'r str,
    document: &'r Document<'t>,
    problems: &'r mut ProblemList,
}

impl<'t> Reader<'_, 't> {
    fn problem(&mut self, line: u32, what: impl std::fmt::Display) {
        self.problems.tell_line(self.path, line, what);
    }

    fn line(&self, value: &Value<'t>) -> u32 {
        self.document.line(value)
    }

    /// Gives a text of a table; a value that is none becomes a problem.
    fn text(&mut self, table: &DeTable<'t>, key: &str) -> Option<String> {
        let value = table.get(key)?;
        match value.get_ref().as_str() {
            Some(text) => Some(cut(text, LONGEST_TEXT).to_owned()),
            None => {
                let line = self.line(value);
                self.problem(line, format_args!("`{key}` is no text"));
                None
            }
        }
    }

    /// Gives a name of a table, if it is one that can be kept.
    fn name(&mut self, table: &DeTable<'t>, key: &str) -> Option<String> {
        let name = self.text(table, key)?;
        if name.len() <= LONGEST_NAME {
            return Some(name);
        }
        let line = table.get(key).map_or(1, |value| self.line(value));
        self.problem(
            line,
            format_args!("`{key}` is longer than {LONGEST_NAME} bytes"),
        );
        None
    }

    fn boolean(&mut self, table: &DeTable<'t>, key: &str) -> Option<bool> {
        let value = table.get(key)?;
        let found = value.get_ref().as_bool();
        if found.is_none() {
            let line = self.line(value);
            self.problem(line, format_args!("`{key}` is neither true nor false"));
        }
        found
    }

    /// Gives the first of several spellings of a table.
    fn table<'d>(&mut self, table: &'d DeTable<'t>, keys: &[&str]) -> Option<&'d DeTable<'t>> {
        let value = keys.iter().find_map(|key| table.get(*key))?;
        let found = value.get_ref().as_table();
        if found.is_none() {
            let line = self.line(value);
            self.problem(line, format_args!("`{}` is no table", keys[0]));
        }
        found
    }

    /// Gives the texts of a list with their lines, at most `most`.
    fn texts(&mut self, table: &DeTable<'t>, key: &str, most: usize) -> Vec<(String, u32)> {
        let Some(value) = table.get(key) else {
            return Vec::new();
        };
        let Some(items) = value.get_ref().as_array() else {
            let line = self.line(value);
            self.problem(line, format_args!("`{key}` is no list"));
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            let line = self.line(item);
            if texts.len() == most {
                self.problem(line, format_args!("more than {most} of `{key}`"));
                break;
            }
            match item.get_ref().as_str() {
                Some(text) if text.len() <= LONGEST_TEXT => texts.push((text.to_owned(), line)),
                Some(_) => self.problem(line, format_args!("an item of `{key}` is too long")),
                None => self.problem(line, format_args!("an item of `{key}` is no text")),
            }
        }
        texts
    }

    fn package(&mut self, root: &DeTable<'t>) -> Option<Package> {
        let key = ["package", "project"]
            .into_iter()
            .find(|key| root.contains_key(*key))?;
        let table = self.table(root, &[key])?;
        let name = self.name(table, "name");
        if name.is_none() {
            let keyed = self.document.keyed(root);
            let line = keyed.iter().find(|(name, ..)| *name == key)?.1;
            self.problem(line, "the package has no name");
        }
        Some(Package {
            name,
            fields: self.fields(table),
            workspace: self.text(table, "workspace"),
            build: self.build(table),
            autolib: self.boolean(table, "autolib"),
            autobins: self.boolean(table, "autobins"),
            autoexamples: self.boolean(table, "autoexamples"),
            autotests: self.boolean(table, "autotests"),
            autobenches: self.boolean(table, "autobenches"),
        })
    }

    fn fields(&mut self, table: &DeTable<'t>) -> Fields {
        Fields {
            version: self.field(table, "version"),
            edition: self.field(table, "edition"),
            rust_version: self.field(table, "rust-version"),
            description: self.field(table, "description"),
            license: self.field(table, "license"),
            license_file: self.field(table, "license-file"),
            publish: self.publish(table),
        }
    }

    fn field(&mut self, table: &DeTable<'t>, key: &str) -> Option<Field<String>> {
        match self.inherited(table, key) {
            Some(line) => Some(Field::Inherited(line)),
            None => self.text(table, key).map(Field::Written),
        }
    }

    /// Gives the line where a field says that it comes from the workspace.
    fn inherited(&mut self, table: &DeTable<'t>, key: &str) -> Option<u32> {
        let value = table.get(key)?;
        let inner = value.get_ref().as_table()?;
        let inherits = inner.get("workspace")?.get_ref().as_bool() == Some(true);
        let keyed = self.document.keyed(table);
        let place = keyed.iter().find(|(name, ..)| *name == key);
        inherits.then(|| place.map_or(1, |(_, line, _)| *line))
    }

    fn publish(&mut self, table: &DeTable<'t>) -> Option<Field<bool>> {
        if let Some(line) = self.inherited(table, "publish") {
            return Some(Field::Inherited(line));
        }
        match table.get("publish")?.get_ref() {
            DeValue::Array(registries) => Some(Field::Written(!registries.is_empty())),
            _ => self.boolean(table, "publish").map(Field::Written),
        }
    }

    fn build(&mut self, table: &DeTable<'t>) -> Build {
        match table.get("build").map(|value| value.get_ref()) {
            None => Build::Discovered,
            Some(DeValue::Boolean(false)) => Build::None,
            Some(DeValue::Boolean(true)) => Build::Scripts(vec!["build.rs".to_owned()]),
            Some(DeValue::Array(_)) => {
                let scripts = self.texts(table, "build", MOST_ITEMS);
                Build::Scripts(scripts.into_iter().map(|(script, _)| script).collect())
            }
            Some(_) => self
                .text(table, "build")
                .map_or(Build::Discovered, |script| Build::Scripts(vec![script])),
        }
    }

    fn workspace(&mut self, root: &DeTable<'t>) -> Option<Workspace> {
        let table = self.table(root, &["workspace"])?;
        let exclude = self.texts(table, "exclude", MOST_ITEMS);
        Some(Workspace {
            members: self.texts(table, "members", MOST_ITEMS),
            default_members: self.texts(table, "default-members", MOST_ITEMS),
            exclude: exclude.into_iter().map(|(folder, _)| folder).collect(),
            fields: match self.table(table, &["package"]) {
                Some(package) => self.fields(package),
                None => Fields::default(),
            },
            dependencies: dependencies::read_shared(self, table),
        })
    }

    fn features(&mut self, root: &DeTable<'t>) -> Vec<(String, Vec<String>)> {
        let Some(table) = self.table(root, &["features"]) else {
            return Vec::new();
        };
        let mut features = Vec::new();
        for (name, line, _) in self.document.keyed(table) {
            if features.len() == MOST_ITEMS {
                self.problem(line, format_args!("more than {MOST_ITEMS} features"));
                break;
            }
            if name.len() > LONGEST_NAME {
                self.problem(
                    line,
                    format_args!("a feature's name is longer than {LONGEST_NAME} bytes"),
                );
                continue;
            }
            let items = self.texts(table, name, MOST_ITEMS);
            let items = items.into_iter().map(|(item, _)| item).collect();
            features.push((name.to_owned(), items));
        }
        features
    }
}

#[cfg(test)]
#[path = "cargo_toml/tests.rs"]
mod tests;
