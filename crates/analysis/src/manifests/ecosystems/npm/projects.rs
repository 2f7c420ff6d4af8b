//! One package with everything that other files of the tree decide about it: its role, the ranges of catalogs, the versions of the
//! workspace's own packages, the files behind its targets. Reads no manifest.

use std::collections::{BTreeMap, HashMap};

use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    project::{Project, ProjectRole, Target},
    tree::SourceTree,
};

use super::{Manifest, Settings};
use crate::manifests::{
    allowance::Allowance,
    npm_specifier::{Elsewhere, parsed},
    package_json::{Asked, PackageJson},
    pnpm_workspace::Catalogs,
    problem_list::ProblemList,
    tree_reading::{folder_of, in_folder, join, name_of},
};

/// What Node tries after a path that names no file.
const SUFFIXES: [&str; 9] = [
    "",
    ".js",
    ".json",
    ".node",
    ".mjs",
    ".cjs",
    "/index.js",
    "/index.json",
    "/index.d.ts",
];

/// How many files are looked at for commands in folders of commands, for a whole tree.
const MOST_LOOKED_AT: usize = 50_000;

/// The manifests of a tree by what other ones look for.
struct Surroundings<'m> {
    manifests: &'m [Manifest],
    settings: &'m BTreeMap<String, Vec<Settings>>,
    workspaces: &'m [Option<String>],
    by_folder: HashMap<&'m str, usize>,
    /// Versions of the packages of a workspace, by its folder and the package's name.
    versions: HashMap<(&'m str, &'m str), Option<&'m str>>,
}

/// Puts the packages together, sorted by folder.
pub(super) fn build(
    tree: &dyn SourceTree,
    mut manifests: Vec<Manifest>,
    settings: &BTreeMap<String, Vec<Settings>>,
    workspaces: &[Option<String>],
    problems: &mut ProblemList,
) -> Vec<Project> {
    let asked: Vec<Vec<Asked>> = manifests
        .iter_mut()
        .map(|manifest| std::mem::take(&mut manifest.json.dependencies))
        .collect();
    let surroundings = Surroundings::of(&manifests, settings, workspaces);
    let mut allowance = Allowance::default();
    let dependencies: Vec<Vec<Dependency>> = (0..)
        .zip(asked)
        .map(|(index, asked)| surroundings.complete(index, asked, &mut allowance, problems))
        .collect();
    let named: Vec<Vec<String>> = manifests
        .iter()
        .map(|manifest| listed_manifests(manifest, settings))
        .collect();
    let parts = manifests.into_iter().zip(workspaces).zip(dependencies);
    let parts = parts.zip(named);
    let mut left = MOST_LOOKED_AT;
    parts
        .map(|(((mut manifest, workspace), dependencies), listed)| {
            let targets = targets(tree, &manifest.folder, &mut manifest.json, &mut left);
            project(manifest, workspace.clone(), listed, targets, dependencies)
        })
        .collect()
}

fn listed_manifests(
    manifest: &Manifest,
    settings: &BTreeMap<String, Vec<Settings>>,
) -> Vec<String> {
    let settings = settings.get(&manifest.folder).into_iter().flatten();
    let alone = std::iter::once(manifest.path.clone());
    alone
        .chain(settings.map(|known| known.path.clone()))
        .collect()
}

fn project(
    manifest: Manifest,
    workspace: Option<String>,
    manifests: Vec<String>,
    targets: Vec<Target>,
    dependencies: Vec<Dependency>,
) -> Project {
    let role = match (&workspace, manifest.folder.as_str()) {
        (Some(_), _) => ProjectRole::Member,
        (None, "") => ProjectRole::Root,
        (None, _) => ProjectRole::Nested,
    };
    let json = manifest.json;
    Project {
        folder: manifest.folder,
        ecosystem: Ecosystem::Npm,
        role,
        manifests,
        workspace,
        facts: json.facts,
        targets,
        dependencies,
        extras: Vec::new(),
        runtimes: json.runtimes,
        license: json.license.spdx,
        license_as_written: json.license.as_written,
        license_files: json.license.files,
        private: json.private,
    }
}

impl<'m> Surroundings<'m> {
    fn of(
        manifests: &'m [Manifest],
        settings: &'m BTreeMap<String, Vec<Settings>>,
        workspaces: &'m [Option<String>],
    ) -> Self {
        let by_folder = manifests
            .iter()
            .enumerate()
            .map(|(index, manifest)| (manifest.folder.as_str(), index))
            .collect();
        let mut versions = HashMap::new();
        for (manifest, workspace) in manifests.iter().zip(workspaces) {
            let workspace = workspace.as_deref().unwrap_or(&manifest.folder);
            if let Some(name) = &manifest.json.facts.name {
                let version = manifest.json.facts.version.as_deref();
                versions.insert((workspace, name.as_str()), version);
            }
        }
        Self {
            manifests,
            settings,
            workspaces,
            by_folder,
            versions,
        }
    }

    /// The folder of the workspace that a package belongs to or is.
    fn workspace(&self, index: usize) -> &'m str {
        let own = &self.manifests[index].folder;
        self.workspaces[index].as_deref().unwrap_or(own)
    }

    /// The catalogs that a package refers to: those of its own folder, then those of its workspace.
    fn catalogs(&self, index: usize) -> impl Iterator<Item = &'m Catalogs> {
        let own: &'m str = &self.manifests[index].folder;
        let folders = [
            Some(own),
            Some(self.workspace(index)).filter(|folder| *folder != own),
        ];
        folders.into_iter().flatten().flat_map(|folder| {
            let settings = self.settings.get(folder).into_iter().flatten();
            let json = self.by_folder.get(folder);
            let json = json.map(|index| &self.manifests[*index].json.catalogs);
            settings.map(|known| &known.workspace.catalogs).chain(json)
        })
    }

    /// Gives the requirements of a package with what other files decide.
    fn complete(
        &self,
        index: usize,
        asked: Vec<Asked>,
        allowance: &mut Allowance,
        problems: &mut ProblemList,
    ) -> Vec<Dependency> {
        let manifest = &self.manifests[index];
        let member = self.workspaces[index].is_some().then(|| {
            let name = manifest.json.facts.name.clone();
            name.unwrap_or_else(|| manifest.folder.clone())
        });
        let mut complete = Vec::with_capacity(asked.len());
        let count = asked.len();
        for asked in asked {
            let mut dependency = asked.dependency;
            match &asked.elsewhere {
                Elsewhere::Nothing => {}
                Elsewhere::Catalog(catalog) => {
                    self.follow_catalog(index, catalog, &mut dependency, problems);
                }
                Elsewhere::Workspace(manner) => {
                    self.follow_workspace(index, manner, &mut dependency, problems);
                }
            }
            dependency.member.clone_from(&member);
            if !allowance.admits(&dependency) {
                let what = format_args!(
                    "{} dependencies are left out: the tree has too many",
                    count - complete.len()
                );
                problems.tell(&manifest.path, what);
                break;
            }
            complete.push(dependency);
        }
        complete
    }

    fn follow_catalog(
        &self,
        index: usize,
        catalog: &str,
        dependency: &mut Dependency,
        problems: &mut ProblemList,
    ) {
        let key = dependency.imported_as.as_deref();
        let key = key.unwrap_or(&dependency.name);
        let range = self
            .catalogs(index)
            .find_map(|known| known.get(catalog, key));
        match range {
            Some(range) => {
                let specifier = crate::manifests::npm_specifier::read(range);
                dependency.parsed = specifier.parsed;
                dependency.url = specifier.url;
                if let Some(real) = specifier.real_name.filter(|real| *real != dependency.name) {
                    let written = std::mem::replace(&mut dependency.name, real);
                    dependency.imported_as.get_or_insert(written);
                }
            }
            None => problems.tell_line(
                &dependency.manifest,
                dependency.line,
                format_args!("{} is in no catalog named {catalog}", dependency.name),
            ),
        }
    }

    /// `workspace:*`, `^` and `~` mean the version that the workspace's own package has now.
    fn follow_workspace(
        &self,
        index: usize,
        manner: &str,
        dependency: &mut Dependency,
        problems: &mut ProblemList,
    ) {
        let workspace = self.workspace(index);
        match self.versions.get(&(workspace, dependency.name.as_str())) {
            Some(Some(version)) => {
                let operator = manner.trim_start_matches('*');
                dependency.parsed = parsed(&format!("{operator}{version}"));
            }
            Some(None) => {}
            None => problems.tell_line(
                &dependency.manifest,
                dependency.line,
                format_args!("{} is no package of this workspace", dependency.name),
            ),
        }
    }
}

/// Gives the targets with the files that Node would take for them.
fn targets(
    tree: &dyn SourceTree,
    folder: &str,
    json: &mut PackageJson,
    left: &mut usize,
) -> Vec<Target> {
    let mut targets = std::mem::take(&mut json.targets);
    for target in &mut targets {
        if matches!(
            target.kind.as_str(),
            "main" | "module" | "types" | "browser" | "bin"
        ) && let Some(path) = &target.path
            && let Some(found) = file_of(tree, path)
        {
            target.path = Some(found);
        }
    }
    let has_own = targets
        .iter()
        .any(|target| matches!(target.kind.as_str(), "main" | "export"));
    if !has_own && let Some(path) = file_of(tree, &in_folder(folder, "index")) {
        targets.push(Target {
            kind: "main".to_owned(),
            name: ".".to_owned(),
            path: Some(path),
        });
    }
    if let Some(bin_folder) = &json.bin_folder
        && let Some(bin_folder) = join(folder, bin_folder)
    {
        targets.extend(bins_in(tree, &bin_folder, left));
    }
    targets
}

fn file_of(tree: &dyn SourceTree, path: &str) -> Option<String> {
    let entries = tree.entries();
    let is_file = |path: &str| {
        let found = entries.binary_search_by(|entry| entry.path.as_str().cmp(path));
        found.is_ok_and(|index| entries[index].is_file())
    };
    SUFFIXES
        .iter()
        .map(|suffix| format!("{path}{suffix}"))
        .find(|path| is_file(path.trim_start_matches('/')))
}

/// Every file directly in the folder of `directories.bin` is a command.
fn bins_in(tree: &dyn SourceTree, folder: &str, left: &mut usize) -> Vec<Target> {
    let entries = tree.entries();
    let prefix = format!("{folder}/");
    let start = entries.partition_point(|entry| entry.path.as_str() < prefix.as_str());
    let below = entries[start..]
        .iter()
        .take_while(|entry| entry.path.as_str().starts_with(&prefix))
        .take(*left)
        .inspect(|_| *left -= 1);
    let paths = below
        .filter(|entry| entry.is_file() && folder_of(entry.path.as_str()) == folder)
        .map(|entry| entry.path.as_str())
        .filter(|path| !name_of(path).starts_with('.'));
    let targets = paths.map(|path| Target {
        kind: "bin".to_owned(),
        name: name_of(path).to_owned(),
        path: Some(path.to_owned()),
    });
    targets.collect()
}
