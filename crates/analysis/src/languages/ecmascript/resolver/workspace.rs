//! The packages of one tree: which one a file belongs to, which one a name means, and what their manifests ask for.

use std::{
    collections::{HashMap, HashSet},
    sync::OnceLock,
};

use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    project::{Project, ProjectRole},
};

use crate::languages::SourceFiles;

use super::{package::Package, paths};

const MANIFEST: &str = "package.json";

/// The packages of a tree.
pub(super) struct Workspace<'a> {
    files: &'a SourceFiles<'a>,
    /// Manifests by folder, read when they are asked for.
    manifests: HashMap<&'a str, OnceLock<Option<Package>>>,
    /// What manifests ask for, by folder and by the name that code imports.
    asked_for: HashMap<&'a str, HashMap<&'a str, &'a Dependency>>,
    /// Folders of packages by name, members of workspaces before others.
    by_name: HashMap<&'a str, Vec<(&'a str, ProjectRole)>>,
    /// Folders that packages from elsewhere are installed in.
    has_installed: bool,
}

impl<'a> Workspace<'a> {
    /// Looks at the manifests of these files, and at the packages that they make.
    pub(super) fn new(files: &'a SourceFiles<'a>) -> Self {
        let mut manifests = HashMap::new();
        let mut has_installed = false;
        for file in files.files() {
            let path = file.path.as_str();
            if file.path.file_name() == MANIFEST {
                manifests.insert(file.path.parent(), OnceLock::new());
                has_installed |= path.split('/').any(|component| component == "node_modules");
            }
        }
        let mut asked_for: HashMap<&str, HashMap<&str, &Dependency>> = HashMap::new();
        let mut by_name: HashMap<&str, Vec<(&str, ProjectRole)>> = HashMap::new();
        for project in npm_projects(files) {
            let asked = asked_for.entry(&project.folder).or_default();
            for dependency in &project.dependencies {
                let name = dependency.imported_as.as_ref().unwrap_or(&dependency.name);
                asked.entry(name).or_insert(dependency);
            }
            if let Some(name) = &project.facts.name {
                by_name
                    .entry(name)
                    .or_default()
                    .push((&project.folder, project.role));
            }
        }
        for folders in by_name.values_mut() {
            folders.sort_by_key(|(_, role)| *role);
        }
        Self {
            files,
            manifests,
            asked_for,
            by_name,
            has_installed,
        }
    }

    /// Gives the package of exactly this folder.
    pub(super) fn package(&self, folder: &str) -> Option<&Package> {
        let manifest = self.manifests.get(folder)?;
        manifest
            .get_or_init(|| {
                let path = paths::join(folder, MANIFEST)?;
                Package::read(&self.files.text(&path)?)
            })
            .as_ref()
    }

    /// Gives the nearest package around a folder, with its own folder.
    pub(super) fn nearest<'f>(&self, folder: &'f str) -> Option<(&'f str, &Package)> {
        paths::ancestors(folder).find_map(|folder| Some((folder, self.package(folder)?)))
    }

    /// Gives what the manifests around a folder ask for under a name, the nearest first.
    pub(super) fn asked_for(&self, folder: &str, name: &str) -> Option<&'a Dependency> {
        paths::ancestors(folder).find_map(|folder| self.asked_for.get(folder)?.get(name).copied())
    }

    /// Gives the folder of the package of this tree that a name means when it is imported from a folder: a member of the workspace, the
    /// package itself, or one that the manifest asks for by its place.
    pub(super) fn folder_of(&self, name: &str, from: &str) -> Option<&'a str> {
        let asked = self.asked_for(from, name);
        if let Some(folder) = asked.and_then(|dependency| self.by_place(dependency)) {
            return Some(folder);
        }
        let wanted = asked.map_or(name, |dependency| dependency.name.as_str());
        let folders = self.by_name.get(wanted)?;
        let is_linked = asked.is_some_and(|dependency| is_link(&dependency.specifier));
        folders
            .iter()
            .find(|(folder, role)| {
                is_linked
                    || matches!(role, ProjectRole::Root | ProjectRole::Member)
                    || paths::below(from, folder).is_some()
            })
            .map(|(folder, _)| *folder)
    }

    /// Gives the folder that a dependency names by `file:` or `link:`.
    fn by_place(&self, dependency: &Dependency) -> Option<&'a str> {
        let specifier = dependency
            .url
            .as_deref()
            .filter(|url| is_link(url))
            .unwrap_or(&dependency.specifier);
        let path = ["file:", "link:", "portal:"]
            .iter()
            .find_map(|prefix| specifier.strip_prefix(prefix))?;
        let folder = paths::join(paths::parent(&dependency.manifest), path)?;
        self.manifests
            .get_key_value(folder.as_str())
            .map(|(folder, _)| *folder)
    }

    /// Gives the folder in which a package from elsewhere lies within the tree, as seen from a folder.
    pub(super) fn installed(&self, name: &str, from: &str) -> Option<String> {
        if !self.has_installed {
            return None;
        }
        paths::ancestors(from).find_map(|folder| {
            let folder = paths::join(folder, &format!("node_modules/{name}"))?;
            self.manifests
                .contains_key(folder.as_str())
                .then_some(folder)
        })
    }
}

fn npm_projects<'a>(files: &SourceFiles<'a>) -> impl Iterator<Item = &'a Project> {
    let mut seen = HashSet::new();
    files
        .projects()
        .iter()
        .filter(|project| project.ecosystem == Ecosystem::Npm)
        .filter(move |project| seen.insert(project.folder.as_str()))
}

fn is_link(specifier: &str) -> bool {
    ["workspace:", "file:", "link:", "portal:"]
        .iter()
        .any(|prefix| specifier.starts_with(prefix))
}
