//! Everything that the manifests of a tree declare, over all families of packages: packages with their roles, lock files, and the
//! lists that results show. Decides which package counts as the repository's own; knows no format.

use std::collections::{BTreeMap, HashSet};

use rayon::prelude::*;
use synthesizer_model::{
    analysis::{Dependencies, DependencyCounts, ManifestSummary, TransitiveDependency},
    dependency::{Dependency, Ecosystem, normalize_distribution},
    failure::Failure,
    finding::Problem,
    progress::Progress,
    project::{LockFile, Project, ProjectRole},
    tree::{SourceTree, TreePath},
};

use super::{
    ecosystems::{ECOSYSTEMS, EcosystemFacts},
    stoppable::Stoppable,
};
use crate::roles;

/// What the manifests of a tree declare.
#[derive(Debug, Default)]
pub struct Inventory {
    /// Every package, by family and folder.
    pub projects: Vec<Project>,
    /// Every lock file.
    pub locks: Vec<LockFile>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Reads every manifest and lock file of a tree.
///
/// # Errors
/// `E_CANCELLED`.
pub fn read(tree: &dyn SourceTree, progress: &dyn Progress) -> Result<Inventory, Failure> {
    let tree = &Stoppable::new(tree, progress);
    let found: Vec<EcosystemFacts> = ECOSYSTEMS
        .par_iter()
        .filter(|_| !progress.is_cancelled())
        .map(|family| {
            let relevant: Vec<TreePath> = tree
                .entries()
                .iter()
                .filter(|entry| entry.is_file() && family.is_relevant(entry.path.as_str()))
                .map(|entry| entry.path.clone())
                .collect();
            if relevant.is_empty() {
                EcosystemFacts::default()
            } else {
                family.read(tree, &relevant)
            }
        })
        .collect();
    if progress.is_cancelled() {
        return Err(Failure::cancelled());
    }
    let mut inventory = Inventory::default();
    for family in found {
        inventory.projects.extend(family.projects);
        inventory.locks.extend(family.locks);
        inventory.problems.extend(family.problems);
    }
    for project in &mut inventory.projects {
        place(project);
    }
    Ok(inventory)
}

/// A package that no workspace names has the role that its place tells.
fn place(project: &mut Project) {
    if project.role == ProjectRole::Nested
        && let Some(role) = roles::of_project_place(&project.folder)
    {
        project.role = role;
    }
}

impl Inventory {
    /// Lists the packages that the repository is made of: the roots and the members of their workspaces.
    pub fn own(&self) -> impl Iterator<Item = &Project> {
        self.projects.iter().filter(|project| is_own(project))
    }

    /// Gives the packages at the top of the tree, one per family.
    pub fn roots(&self) -> impl Iterator<Item = &Project> {
        self.projects
            .iter()
            .filter(|project| project.role == ProjectRole::Root)
    }

    /// Lists the manifests.
    pub fn manifests(&self) -> Vec<ManifestSummary> {
        let mut listed = Vec::new();
        for project in &self.projects {
            for path in &project.manifests {
                let asked = project.dependencies.iter();
                listed.push(ManifestSummary {
                    path: path.clone(),
                    ecosystem: project.ecosystem,
                    role: project.role,
                    name: project.facts.name.clone(),
                    dependencies: asked.filter(|known| known.manifest == *path).count(),
                });
            }
        }
        listed.sort_by(|left, right| (left.role, &left.path).cmp(&(right.role, &right.path)));
        listed
    }

    /// Sums up what the repository's own packages ask for, and what the lock files beside them add.
    pub fn dependencies(&self) -> Dependencies {
        let mut direct: Vec<Dependency> = Vec::new();
        let mut summary = DependencyCounts::default();
        let mut seen: HashSet<Asked<'_>> = HashSet::new();
        for project in self.own() {
            let extras: HashSet<String> = project
                .extras
                .iter()
                .map(|extra| canonical(project.ecosystem, extra).1)
                .collect();
            for dependency in &project.dependencies {
                // What a parent's manifest asks for is told once, not for each child.
                if seen.insert(asked(dependency)) {
                    count(&mut summary, &extras, dependency);
                    direct.push(dependency.clone());
                }
            }
        }
        let transitive = self.transitive(&direct);
        if !self.locks.is_empty() {
            summary.transitive_count = Some(transitive.len());
        }
        Dependencies {
            summary,
            direct,
            transitive,
            conflicts: Vec::new(),
        }
    }

    /// Lists what the lock files of the repository's own folders name and no manifest asks for.
    fn transitive(&self, direct: &[Dependency]) -> Vec<TransitiveDependency> {
        let asked: HashSet<(Ecosystem, String)> = direct
            .iter()
            .map(|dependency| canonical(dependency.ecosystem, &dependency.name))
            .collect();
        let mut found: BTreeMap<(Ecosystem, String, String), TransitiveDependency> =
            BTreeMap::new();
        for lock in self.locks.iter().filter(|lock| self.is_own_lock(lock)) {
            for package in lock.packages.iter().filter(|package| !package.own) {
                if asked.contains(&canonical(lock.ecosystem, &package.name)) {
                    continue;
                }
                let key = (
                    lock.ecosystem,
                    package.name.clone(),
                    package.version.clone(),
                );
                found.entry(key).or_insert_with(|| TransitiveDependency {
                    name: package.name.clone(),
                    version: package.version.clone(),
                    required_by: package.required_by.clone(),
                    ecosystem: lock.ecosystem,
                    known_from: lock.path.clone(),
                });
            }
        }
        found.into_values().collect()
    }

    fn is_own_lock(&self, lock: &LockFile) -> bool {
        let folder = lock.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        folder.is_empty()
            || self
                .own()
                .any(|project| project.ecosystem == lock.ecosystem && project.folder == folder)
    }
}

/// What tells two requirements of one repository apart.
type Asked<'a> = (
    &'a str,
    u32,
    &'a str,
    &'a str,
    Option<&'a str>,
    Option<&'a str>,
);

fn asked(dependency: &Dependency) -> Asked<'_> {
    (
        &dependency.manifest,
        dependency.line,
        &dependency.name,
        &dependency.specifier,
        dependency.group.as_deref(),
        dependency.marker.as_deref(),
    )
}

fn is_own(project: &Project) -> bool {
    matches!(project.role, ProjectRole::Root | ProjectRole::Member)
}

fn count(summary: &mut DependencyCounts, extras: &HashSet<String>, dependency: &Dependency) {
    match dependency.group.as_deref() {
        None | Some("peer" | "provided" | "system") => summary.direct_count += 1,
        Some("dev" | "build") => summary.dev_count += 1,
        Some("optional") => summary.optional_count += 1,
        Some(group) if extras.contains(&canonical(dependency.ecosystem, group).1) => {
            summary.optional_count += 1;
        }
        Some(_) => summary.dev_count += 1,
    }
}

/// Gives the form under which a package's name is compared.
fn canonical(ecosystem: Ecosystem, name: &str) -> (Ecosystem, String) {
    let name = match ecosystem {
        Ecosystem::Python => normalize_distribution(name),
        Ecosystem::Cargo | Ecosystem::Npm | Ecosystem::Go | Ecosystem::Maven => name.to_owned(),
    };
    (ecosystem, name)
}
