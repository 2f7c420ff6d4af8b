//! The packages of a tree, and what of a manifest decides about files. Reads manifests only.

use std::collections::{BTreeMap, HashMap};

use synthesizer_model::{
    dependency::Ecosystem,
    project::{Project, ProjectRole},
    tree::{SourceTree, TreePath},
};
use toml::{Table, Value};

/// The largest manifest that is read, in bytes.
const LARGEST_MANIFEST: usize = 4 << 20;

/// The packages of a tree.
pub(super) struct Packages<'a> {
    /// Those with a name, in the order of the manifests.
    pub(super) list: Vec<&'a Project>,
    by_folder: HashMap<&'a str, usize>,
    /// The folders of all manifests, nameless ones too.
    pub(super) folders: Vec<&'a str>,
}

impl<'a> Packages<'a> {
    /// Lists the Cargo packages among the projects of a tree.
    pub(super) fn of(projects: &'a [Project]) -> Self {
        let of_cargo = || {
            let projects = projects.iter();
            projects.filter(|project| project.ecosystem == Ecosystem::Cargo)
        };
        let list: Vec<&Project> = of_cargo()
            .filter(|project| project.facts.name.is_some())
            .collect();
        let by_folder = list
            .iter()
            .enumerate()
            .map(|(index, project)| (project.folder.as_str(), index))
            .collect();
        let mut folders: Vec<&str> = of_cargo().map(|project| project.folder.as_str()).collect();
        folders.sort_unstable();
        Self {
            list,
            by_folder,
            folders,
        }
    }

    /// Finds the package of a folder.
    pub(super) fn in_folder(&self, folder: &str) -> Option<usize> {
        self.by_folder.get(folder).copied()
    }

    /// Gives a package's name.
    pub(super) fn name(&self, index: usize) -> &'a str {
        self.list[index].facts.name.as_deref().unwrap_or_default()
    }

    /// Finds the package of a name; the one that is least likely a copy where there are several.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        let fits = |index: &usize| {
            let own = self.name(*index);
            own == name || own.replace('-', "_") == name
        };
        (0..self.list.len()).filter(fits).min_by_key(|index| {
            let project = self.list[*index];
            let rank = match project.role {
                ProjectRole::Root | ProjectRole::Member => 0,
                ProjectRole::Nested => 1,
                ProjectRole::Example | ProjectRole::Test | ProjectRole::Documentation => 2,
                ProjectRole::Vendored => 3,
            };
            let exact = self.name(*index) != name;
            (rank, exact, project.folder.len(), *index)
        })
    }

    /// Gives the packages that are meant when none is named: the one at the top, else the workspace's default members, else all members.
    pub(super) fn defaults(&self, tree: &dyn SourceTree) -> Vec<usize> {
        if let Some(top) = self.in_folder("") {
            return vec![top];
        }
        let members: Vec<usize> = (0..self.list.len())
            .filter(|index| self.list[*index].workspace.as_deref() == Some(""))
            .collect();
        let named = read_table(tree, "Cargo.toml").and_then(|table| {
            let workspace = table.get("workspace")?;
            let list = workspace.get("default-members")?.as_array()?.clone();
            Some(list)
        });
        let Some(named) = named else {
            return members;
        };
        let patterns: Vec<String> = named
            .iter()
            .filter_map(Value::as_str)
            .map(|pattern| {
                pattern
                    .trim_start_matches("./")
                    .trim_end_matches('/')
                    .to_owned()
            })
            .collect();
        let chosen: Vec<usize> = members
            .iter()
            .copied()
            .filter(|index| {
                let folder = &self.list[*index].folder;
                let mut patterns = patterns.iter();
                patterns.any(|pattern| crate::licenses::fits_glob(pattern, folder))
            })
            .collect();
        if chosen.is_empty() { members } else { chosen }
    }

    /// Gives the packages of the tree that a package names by their paths, each once, with the requirement's line.
    pub(super) fn path_dependencies(&self, index: usize) -> Vec<usize> {
        let mut found: BTreeMap<usize, ()> = BTreeMap::new();
        for dependency in &self.list[index].dependencies {
            let path = dependency
                .url
                .as_deref()
                .and_then(|url| url.strip_prefix("path+"));
            let Some(folder) = path else { continue };
            if let Some(target) = self.in_folder(folder.trim_end_matches('/'))
                && target != index
            {
                found.insert(target, ());
            }
        }
        found.into_keys().collect()
    }
}

/// What of a manifest decides about a package's files.
#[derive(Debug, Default)]
pub(super) struct FileRules {
    /// Patterns of `include`; `None` for all files.
    pub(super) include: Option<Vec<String>>,
    /// Patterns of `exclude`.
    pub(super) exclude: Vec<String>,
    /// Files that the manifest names: `readme`, `license-file`.
    pub(super) named: Vec<(String, &'static str)>,
    /// Whether a native library is linked, and which.
    pub(super) links: Option<String>,
    /// Whether integration tests are left out.
    pub(super) without_tests: bool,
}

impl FileRules {
    /// Reads them from a package's manifest.
    pub(super) fn read(tree: &dyn SourceTree, manifest: &str) -> Self {
        let table = read_table(tree, manifest);
        let package = table
            .as_ref()
            .and_then(|table| table.get("package").or_else(|| table.get("project")))
            .and_then(Value::as_table);
        let Some(package) = package else {
            return Self::default();
        };
        let list = |key: &str| {
            let list = package.get(key)?.as_array()?;
            let patterns = list.iter().filter_map(Value::as_str);
            Some(patterns.map(str::to_owned).collect::<Vec<_>>())
        };
        let text = |key: &str| Some(package.get(key)?.as_str()?.to_owned());
        let named = [
            ("readme", "the package's readme"),
            ("license-file", "the package's license"),
        ];
        Self {
            include: list("include").filter(|patterns| !patterns.is_empty()),
            exclude: list("exclude").unwrap_or_default(),
            named: named
                .into_iter()
                .filter_map(|(key, reason)| Some((text(key)?, reason)))
                .collect(),
            links: text("links"),
            without_tests: false,
        }
    }
}

fn read_table(tree: &dyn SourceTree, path: &str) -> Option<Table> {
    let blob = tree.read(&TreePath::new(path).ok()?).ok()?;
    if blob.bytes.len() > LARGEST_MANIFEST {
        return None;
    }
    toml::from_str(std::str::from_utf8(&blob.bytes).ok()?).ok()
}
