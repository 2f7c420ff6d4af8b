//! What packages name and do not have: path dependencies and files of modules. For projects that should be complete.

use std::collections::BTreeSet;

use synthesizer_model::{
    project::Project,
    text::escape_untrusted,
    tree::{SourceTree, TreePath},
};

use super::{modules::Modules, packages::Packages};
use crate::languages::rust::outline::ItemKind;

/// What was looked at, and what is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unresolved {
    /// How many modules were found.
    pub modules: usize,
    /// What is missing, one sentence each with file and line.
    pub missing: Vec<String>,
}

/// Looks for the path dependencies and modules of all packages of a tree. Modules that only some builds have may be missing.
pub fn unresolved(tree: &dyn SourceTree, projects: &[Project]) -> Unresolved {
    let packages = Packages::of(projects);
    let mut found = Unresolved::default();
    let mut seen: BTreeSet<TreePath> = BTreeSet::new();
    for project in &packages.list {
        for dependency in &project.dependencies {
            let path = dependency
                .url
                .as_deref()
                .and_then(|url| url.strip_prefix("path+"));
            let Some(path) = path else { continue };
            if packages.in_folder(path.trim_end_matches('/')).is_none() {
                found.missing.push(format!(
                    "{}:{}: no package at `{}`",
                    dependency.manifest,
                    dependency.line,
                    escape_untrusted(path)
                ));
            }
        }
        let edition = project
            .runtimes
            .get("edition")
            .map_or("2015", String::as_str);
        let roots = project
            .targets
            .iter()
            .filter_map(|target| target.path.as_deref());
        for root in roots.filter_map(|root| TreePath::new(root).ok()) {
            if !seen.insert(root.clone()) {
                continue;
            }
            match Modules::of(tree, &root, edition) {
                Some(modules) => add(&modules, &mut found),
                None => found
                    .missing
                    .push(format!("{root}: the file of a target cannot be read")),
            }
        }
    }
    found
}

fn add(modules: &Modules, found: &mut Unresolved) {
    found.modules += modules.list.len();
    for (name, path, line) in &modules.missing {
        let declares = modules.list.iter().filter(|module| module.path == *path);
        let is_certain = declares
            .flat_map(|module| &module.outline.items)
            .any(|item| {
                let plain = item.kind == ItemKind::ModuleFile && !item.conditional;
                plain
                    && item
                        .modules
                        .iter()
                        .any(|declared| declared.line == *line && declared.path.is_none())
            });
        if is_certain {
            let name = escape_untrusted(name);
            found
                .missing
                .push(format!("{path}:{line}: no file for the module `{name}`"));
        }
    }
}
