//! Which package belongs to which workspace, by the rules of Cargo: a package has at most one root, which it names or which is the
//! nearest above it that does not exclude it; a workspace's members are what it lists, its own package, and the packages that members
//! require by their path.

use std::collections::{HashMap, HashSet};

use super::{
    super::super::{
        cargo_toml::{Specification, Workspace},
        problem_list::ProblemList,
        tree_reading::{folder_of, join},
    },
    Manifest,
};
use crate::licenses::fits_glob;

/// How many steps the matching of patterns may take in one tree.
const MOST_STEPS: usize = 50_000_000;

/// What is known of the workspaces of a tree, by the index of the manifest.
pub(super) struct Workspaces {
    /// The manifest whose workspace gives what a package inherits.
    pub root: Vec<Option<usize>>,
    /// The manifest whose workspace has the package as a member; for a root with a package, itself.
    pub member_of: Vec<Option<usize>>,
    shared: Vec<HashMap<String, usize>>,
}

impl Workspaces {
    /// Finds a requirement that a workspace gives.
    pub(super) fn shared<'m>(
        &self,
        manifests: &'m [Manifest],
        root: usize,
        key: &str,
    ) -> Option<&'m Specification> {
        let index = self.shared[root].get(key)?;
        let workspace = manifests[root].toml.workspace.as_ref()?;
        Some(&workspace.dependencies.get(*index)?.1)
    }
}

/// Finds the workspaces; the manifests are sorted by folder.
pub(super) fn find(manifests: &[Manifest], problems: &mut ProblemList) -> Workspaces {
    let finder = Finder::new(manifests);
    let root = (0..manifests.len())
        .map(|index| finder.root_of(index))
        .collect();
    let shared = manifests.iter().map(shared_of).collect();
    let mut workspaces = Workspaces {
        root,
        member_of: vec![None; manifests.len()],
        shared,
    };
    let mut steps = MOST_STEPS;
    for (index, manifest) in manifests.iter().enumerate() {
        if let Some(workspace) = &manifest.toml.workspace {
            finder.find_members(index, workspace, &mut workspaces, &mut steps, problems);
        }
    }
    if steps == 0 {
        let what =
            "the workspace patterns of this tree take too many steps; some members are not known";
        problems.tell("", what);
    }
    workspaces
}

fn shared_of(manifest: &Manifest) -> HashMap<String, usize> {
    let shared = manifest.toml.workspace.iter();
    shared
        .flat_map(|workspace| workspace.dependencies.iter().enumerate())
        .map(|(index, (key, _))| (key.clone(), index))
        .collect()
}

/// What one workspace lists, as folders from the top of the tree.
#[derive(Default)]
struct Lists {
    members: HashSet<String>,
    excluded: HashSet<String>,
}

struct Finder<'m> {
    manifests: &'m [Manifest],
    by_folder: HashMap<&'m str, usize>,
    lists: Vec<Lists>,
}

impl<'m> Finder<'m> {
    fn new(manifests: &'m [Manifest]) -> Self {
        let by_folder = manifests
            .iter()
            .enumerate()
            .map(|(index, manifest)| (manifest.folder.as_str(), index))
            .collect();
        let lists = manifests.iter().map(lists_of).collect();
        Self {
            manifests,
            by_folder,
            lists,
        }
    }

    /// Gives the manifest with the workspace that a package counts itself to.
    fn root_of(&self, index: usize) -> Option<usize> {
        let manifest = &self.manifests[index];
        if manifest.toml.workspace.is_some() {
            return Some(index);
        }
        if let Some(pointed) = self.pointed_root(index) {
            return pointed;
        }
        let mut folder = manifest.folder.as_str();
        while !folder.is_empty() {
            folder = folder_of(folder);
            let Some(&above) = self.by_folder.get(folder) else {
                continue;
            };
            if self.manifests[above].toml.workspace.is_some() {
                if !self.excludes(above, &manifest.folder) {
                    return Some(above);
                }
            } else if let Some(pointed) = self.pointed_root(above) {
                return pointed;
            }
        }
        None
    }

    /// Follows `package.workspace`; the inner value is absent when it leads to no workspace.
    fn pointed_root(&self, index: usize) -> Option<Option<usize>> {
        let manifest = &self.manifests[index];
        let pointer = manifest.toml.package.as_ref()?.workspace.as_ref()?;
        let root = join(&manifest.folder, pointer)
            .and_then(|folder| self.by_folder.get(folder.as_str()).copied())
            .filter(|root| self.manifests[*root].toml.workspace.is_some());
        Some(root)
    }

    /// Says whether a workspace excludes a folder, and lists none around it.
    fn excludes(&self, root: usize, folder: &str) -> bool {
        let lists = &self.lists[root];
        let is_around = |folders: &HashSet<String>| {
            let mut around = folder;
            loop {
                if folders.contains(around) {
                    return true;
                }
                if around.is_empty() {
                    return false;
                }
                around = folder_of(around);
            }
        };
        !lists.excluded.is_empty() && is_around(&lists.excluded) && !is_around(&lists.members)
    }

    fn find_members(
        &self,
        root: usize,
        workspace: &Workspace,
        workspaces: &mut Workspaces,
        steps: &mut usize,
        problems: &mut ProblemList,
    ) {
        let path = &self.manifests[root].path;
        let mut open = vec![root];
        for (pattern, line) in &workspace.members {
            let found = self.expand(root, pattern, steps);
            if found.is_empty() && !pattern.contains(['*', '?', '[']) {
                let what = format!("the member `{pattern}` is not in the tree");
                problems.tell_line(path, *line, what);
            }
            open.extend(found);
        }
        for (pattern, line) in &workspace.default_members {
            let is_literal = !pattern.contains(['*', '?', '[']);
            if is_literal && self.expand(root, pattern, steps).is_empty() {
                let what = format!("the default member `{pattern}` is not in the tree");
                problems.tell_line(path, *line, what);
            }
        }
        // Each package joins at most one workspace, so that all workspaces together take linear time.
        while let Some(index) = open.pop() {
            let belongs = workspaces.root[index] == Some(root)
                && workspaces.member_of[index].is_none()
                && !self.excludes(root, &self.manifests[index].folder);
            if belongs {
                workspaces.member_of[index] = Some(root);
                open.extend(self.required_by_path(index, root, workspaces));
            }
        }
    }

    /// Gives the packages whose folders fit a pattern.
    fn expand(&self, root: usize, pattern: &str, steps: &mut usize) -> Vec<usize> {
        let Some(pattern) = join(&self.manifests[root].folder, pattern) else {
            return Vec::new();
        };
        if let Some(index) = self.by_folder.get(pattern.as_str()) {
            return vec![*index];
        }
        let Some(first) = pattern.find(['*', '?', '[']) else {
            return Vec::new();
        };
        let before = &pattern[..first];
        let begin = self
            .manifests
            .partition_point(|manifest| manifest.folder.as_str() < before);
        let mut found = Vec::new();
        for (offset, manifest) in self.manifests[begin..].iter().enumerate() {
            if !manifest.folder.starts_with(before) {
                break;
            }
            *steps = steps.saturating_sub(pattern.len() * (manifest.folder.len() + 1));
            if *steps == 0 {
                break;
            }
            if fits_glob(&pattern, &manifest.folder) {
                found.push(begin + offset);
            }
        }
        found
    }

    /// Gives the packages that a package requires by their path.
    fn required_by_path(&self, index: usize, root: usize, workspaces: &Workspaces) -> Vec<usize> {
        let manifest = &self.manifests[index];
        let mut found = Vec::new();
        for declaration in &manifest.toml.dependencies {
            let specification = &declaration.specification;
            let (folder, specification) = if specification.inherited {
                match workspaces.shared(self.manifests, root, &declaration.key) {
                    Some(shared) => (&self.manifests[root].folder, shared),
                    None => continue,
                }
            } else {
                (&manifest.folder, specification)
            };
            let required = specification
                .path
                .as_ref()
                .and_then(|path| join(folder, path))
                .and_then(|folder| self.by_folder.get(folder.as_str()));
            found.extend(required);
        }
        found
    }
}

fn lists_of(manifest: &Manifest) -> Lists {
    let Some(workspace) = &manifest.toml.workspace else {
        return Lists::default();
    };
    let folder = |relative: &String| join(&manifest.folder, relative);
    let members = workspace.members.iter().map(|(pattern, _)| pattern);
    Lists {
        members: members.filter_map(folder).collect(),
        excluded: workspace.exclude.iter().filter_map(folder).collect(),
    }
}
