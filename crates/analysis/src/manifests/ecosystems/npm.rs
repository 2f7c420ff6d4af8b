//! JavaScript packages: every `package.json` of a tree with its workspaces, catalogs and lock files, put together as npm, yarn, pnpm and
//! Bun would. Runs none of them and asks no registry.
//!
//! How a requirement is told:
//! - `name` is the package's real name; where the manifest gives it another one (`npm:real@…`), `imported_as` is the key.
//! - `group` is `dev`, `peer` or `optional` by its section. What `optionalDependencies` names is not among the others, as for npm.
//! - `marker` is `optional` for a peer that may be missing, `bundled` for what the published package brings along.
//! - `specifier` is as written, without credentials; `parsed` has plain comparators, also of what a `catalog:` or `workspace:` leads to.
//! - `url` is the place of what comes from elsewhere than a registry: `github:owner/name`, `git+https://…`, `file:…`, `link:…`.
//!
//! Overrides and resolutions are told among the problems, because they change what other requirements mean and are none themselves.
//! Packages inside `node_modules` are somebody else's and are passed over, unless the tree has no others.
//!
//! Map:
//! - `globs`: the patterns by which workspaces name their members
//! - `workspaces`: which package belongs to which workspace
//! - `projects`: one package with everything that other files decide

mod globs;
mod projects;
mod workspaces;

use std::collections::{BTreeMap, HashMap};

use synthesizer_model::{
    dependency::Ecosystem,
    project::{LockFile, Project},
    tree::{SourceTree, TreePath},
};

use super::{
    super::{
        bun_lock,
        lock_graph::OwnPackage,
        npm_room::Room,
        package_json::{self, PackageJson},
        package_lock, pnpm_lock,
        pnpm_workspace::{self, PnpmWorkspace},
        tree_reading::{TreeReading, folder_of, name_of},
        yarn_lock,
    },
    EcosystemFacts, EcosystemReader,
};

/// The lock files that are read.
const LOCKS: [&str; 5] = [
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
];
/// After how many locked packages of a tree no further lock file is read.
const MOST_LOCKED: usize = 400_000;

/// Reads the files of npm, yarn, pnpm and Bun.
pub(super) struct Npm;

/// A manifest with its place.
struct Manifest {
    /// Its folder, from the top of the tree.
    folder: String,
    /// Its path.
    path: String,
    json: PackageJson,
}

/// Settings of pnpm or yarn that lie in a folder.
struct Settings {
    path: String,
    workspace: PnpmWorkspace,
}

impl EcosystemReader for Npm {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Npm
    }

    fn is_relevant(&self, path: &str) -> bool {
        let name = name_of(path);
        LOCKS.contains(&name)
            || matches!(
                name,
                "package.json" | ".yarnrc.yml" | "pnpm-workspace.yaml" | "bun.lockb"
            )
    }

    fn read(&self, tree: &dyn SourceTree, relevant: &[TreePath]) -> EcosystemFacts {
        let mut reading = TreeReading::new(tree);
        let relevant = without_installed(relevant);
        let mut room = Room::default();
        let manifests = read_manifests(&mut reading, &relevant, &mut room);
        let settings = read_settings(&mut reading, &relevant, &mut room);
        let workspaces = workspaces::find(&manifests, &settings, &mut reading.problems);
        let projects = projects::build(
            tree,
            manifests,
            &settings,
            &workspaces,
            &mut reading.problems,
        );
        let locks = read_locks(&mut reading, &relevant, &projects);
        EcosystemFacts {
            projects,
            locks,
            problems: reading.finish("npm"),
        }
    }
}

/// Leaves out what lies in `node_modules`, unless everything does.
fn without_installed(relevant: &[TreePath]) -> Vec<&TreePath> {
    let is_installed = |path: &TreePath| {
        let mut folders = folder_of(path.as_str()).split('/');
        folders.any(|folder| folder == "node_modules")
    };
    let own: Vec<&TreePath> = relevant.iter().filter(|path| !is_installed(path)).collect();
    let has_manifest = own.iter().any(|path| path.file_name() == "package.json");
    if has_manifest {
        own
    } else {
        relevant.iter().collect()
    }
}

/// Reads the manifests, sorted by folder.
fn read_manifests(
    reading: &mut TreeReading<'_>,
    relevant: &[&TreePath],
    room: &mut Room,
) -> Vec<Manifest> {
    let mut manifests = Vec::new();
    for path in relevant
        .iter()
        .filter(|path| path.file_name() == "package.json")
    {
        if let Some(text) = reading.text(path)
            && let Some(json) =
                package_json::parse(path.as_str(), &text, room, &mut reading.problems)
        {
            manifests.push(Manifest {
                folder: folder_of(path.as_str()).to_owned(),
                path: path.as_str().to_owned(),
                json,
            });
        }
    }
    manifests.sort_by(|left, right| left.folder.cmp(&right.folder));
    manifests
}

/// Reads the settings by folder: `pnpm-workspace.yaml` and, for its catalogs, `.yarnrc.yml`.
fn read_settings(
    reading: &mut TreeReading<'_>,
    relevant: &[&TreePath],
    room: &mut Room,
) -> BTreeMap<String, Vec<Settings>> {
    let mut settings: BTreeMap<String, Vec<Settings>> = BTreeMap::new();
    for path in relevant {
        let is_yarn = match path.file_name() {
            "pnpm-workspace.yaml" => false,
            ".yarnrc.yml" => true,
            _ => continue,
        };
        let Some(text) = reading.text(path) else {
            continue;
        };
        let mut workspace =
            pnpm_workspace::parse(path.as_str(), &text, room, &mut reading.problems);
        if is_yarn {
            workspace.patterns = None;
            if workspace.catalogs.is_empty() {
                continue;
            }
        }
        let folder = folder_of(path.as_str()).to_owned();
        settings.entry(folder).or_default().push(Settings {
            path: path.as_str().to_owned(),
            workspace,
        });
    }
    settings
}

/// Reads the lock files, each with the packages that it speaks of: that of its folder and the members of its workspace.
fn read_locks(
    reading: &mut TreeReading<'_>,
    relevant: &[&TreePath],
    projects: &[Project],
) -> Vec<LockFile> {
    let mut by_folder: HashMap<&str, Vec<&Project>> = HashMap::new();
    for project in projects {
        let workspace = project.workspace.as_deref();
        for folder in [Some(project.folder.as_str()), workspace]
            .into_iter()
            .flatten()
        {
            by_folder.entry(folder).or_default().push(project);
        }
    }
    let mut locks = Vec::new();
    let mut kept = 0;
    for path in relevant {
        let format = path.file_name();
        if format == "bun.lockb" {
            let what = "is Bun's lock file in its binary form, which is not read";
            reading.problems.tell(path.as_str(), what);
        }
        if !LOCKS.contains(&format) {
            continue;
        }
        if kept >= MOST_LOCKED {
            let what = "is not read: the other lock files of this tree name too many packages";
            reading.problems.tell(path.as_str(), what);
            continue;
        }
        let Some(text) = reading.text(path) else {
            continue;
        };
        let folder = folder_of(path.as_str());
        let beside = by_folder.get(folder).map_or(&[][..], Vec::as_slice);
        let own: Vec<OwnPackage<'_>> = beside.iter().map(|project| own(project, folder)).collect();
        let problems = &mut reading.problems;
        let path = path.as_str();
        let lock = match format {
            "yarn.lock" => yarn_lock::parse(path, &text, &own, problems),
            "pnpm-lock.yaml" => pnpm_lock::parse(path, &text, &own, problems),
            "bun.lock" => bun_lock::parse(path, &text, problems),
            _ => package_lock::parse(path, &text, &own, problems),
        };
        kept += lock.as_ref().map_or(0, |lock| lock.packages.len());
        locks.extend(lock);
    }
    locks
}

fn own<'p>(project: &'p Project, folder: &str) -> OwnPackage<'p> {
    let below = project.folder.strip_prefix(folder).unwrap_or_default();
    let below = below.trim_start_matches('/');
    let fallback = if below.is_empty() { "." } else { below };
    OwnPackage {
        folder: below,
        name: project.facts.name.as_deref().unwrap_or(fallback),
        version: project.facts.version.as_deref().unwrap_or_default(),
        asks: &project.dependencies,
    }
}

#[cfg(test)]
#[path = "npm/tests.rs"]
mod tests;
