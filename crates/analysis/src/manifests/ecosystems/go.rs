//! Go modules: every `go.mod` of a tree with the workspaces of `go.work`, and the modules that their builds take. Runs no Go and asks no
//! proxy.
//!
//! How a requirement is told:
//! - Only what the module itself imports is a requirement; lines with `// indirect` are not.
//! - `specifier` is the version as written; `parsed` is what minimal version selection can take for it.
//! - A module that is replaced by another has the other's name and version, and `imported_as` its own; one that is replaced by a folder
//!   has the `url` `path+FOLDER` (from the top of the tree; as written where it leads out of it).
//! - The module that brings a command of a `tool` line has the group `tool`, unless it is required anyway.
//! - Other replacements (by more than a module of the tree), and `exclude`, are told among the problems, because they change what other
//!   modules mean.
//! - What lies below a `vendor` folder with its `modules.txt` is copied in, and no module of the tree.
//!
//! Which modules a build takes: from Go 1.17 on `go.mod` itself lists all of them, so it is the lock file. For older modules it is
//! `vendor/modules.txt`, else `go.sum`. Only `go.mod` and `vendor/modules.txt` tell which modules the main module asks for; nothing tells
//! who asks for the others.
//!
//! Map:
//! - `requirements`: what one module asks for
//! - `replacing`: what stands in the place of a module
//! - `locked`: the modules that a build takes

mod locked;
mod replacing;
mod requirements;

use std::collections::{BTreeMap, HashMap, HashSet};

use synthesizer_model::{
    analysis::ProjectFacts,
    dependency::Ecosystem,
    project::{Project, ProjectRole},
    tree::{SourceTree, TreePath},
};

use self::{replacing::Replacing, requirements::Requirer};
use super::{
    super::{
        allowance::Allowance,
        go_mod::{self, GoMod},
        go_sum::{self, UsedModule},
        go_work::{self, GoWork},
        problem_list::ProblemList,
        tree_reading::{TreeReading, folder_of, in_folder, join, name_of},
    },
    EcosystemFacts, EcosystemReader,
};

/// Files of package managers before modules; they are only named.
const OLD_MANIFESTS: [&str; 3] = ["Gopkg.toml", "Godeps.json", "glide.yaml"];

/// Reads the files of Go's modules.
pub(super) struct Go;

/// Everything that was read, by folder.
#[derive(Default)]
struct Files {
    modules: BTreeMap<String, GoMod>,
    workspaces: BTreeMap<String, GoWork>,
    sums: HashMap<String, Vec<UsedModule>>,
    vendored: HashMap<String, Vec<UsedModule>>,
}

impl EcosystemReader for Go {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Go
    }

    fn is_relevant(&self, path: &str) -> bool {
        let name = name_of(path);
        matches!(name, "go.mod" | "go.work" | "go.sum")
            || (name == "modules.txt" && name_of(folder_of(path)) == "vendor")
            || OLD_MANIFESTS.contains(&name)
    }

    fn read(&self, tree: &dyn SourceTree, relevant: &[TreePath]) -> EcosystemFacts {
        let mut reading = TreeReading::new(tree);
        let files = read_files(&mut reading, relevant);
        let problems = &mut reading.problems;
        let members = members(&files, problems);
        let mut allowance = Allowance::default();
        let mut facts = EcosystemFacts::default();
        for (folder, module) in &files.modules {
            let workspace = members.get(folder.as_str()).copied();
            let replacing = Replacing::new(&files, folder, module, workspace);
            let mut project = project(folder, workspace);
            if let Some(file) = files.workspaces.get(folder) {
                add_workspace(&mut project, file);
            }
            fill(&mut project, module);
            let mut requirer = Requirer {
                path: in_folder(folder, "go.mod"),
                module,
                replacing: &replacing,
                allowance: &mut allowance,
                problems,
            };
            requirer.require(&mut project);
            requirer.tell_the_rest();
            facts
                .locks
                .extend(locked::of_module(&files, folder, module, &replacing));
            facts.projects.push(project);
        }
        for (folder, file) in &files.workspaces {
            if !files.modules.contains_key(folder) {
                let mut project = project(folder, Some(folder));
                project.manifests.clear();
                add_workspace(&mut project, file);
                facts.projects.push(project);
            }
        }
        facts
            .projects
            .sort_by(|left, right| left.folder.cmp(&right.folder));
        facts
            .locks
            .sort_by(|left, right| left.path.cmp(&right.path));
        facts.problems = reading.finish("go");
        facts
    }
}

fn read_files(reading: &mut TreeReading<'_>, relevant: &[TreePath]) -> Files {
    let mut files = Files::default();
    let vendored: HashSet<&str> = relevant
        .iter()
        .filter(|path| path.file_name() == "modules.txt")
        .map(|path| folder_of(path.as_str()))
        .collect();
    for path in relevant {
        let (name, path_text) = (path.file_name(), path.as_str());
        if lies_in_one_of(path_text, &vendored) {
            continue;
        }
        if OLD_MANIFESTS.contains(&name) {
            reading
                .problems
                .tell(path_text, format_args!("{name} is not read"));
            continue;
        }
        let Some(text) = reading.text(path) else {
            continue;
        };
        let folder = folder_of(path_text).to_owned();
        let problems = &mut reading.problems;
        match name {
            "go.mod" => {
                let file = go_mod::parse(path_text, &text, problems);
                files.modules.insert(folder, file);
            }
            "go.work" => {
                let file = go_work::parse(path_text, &text, problems);
                files.workspaces.insert(folder, file);
            }
            "go.sum" => {
                let used = go_sum::parse_sums(path_text, &text, problems);
                files.sums.insert(folder, used);
            }
            _ => {
                let used = go_sum::parse_vendored(path_text, &text, problems);
                files.vendored.insert(folder_of(&folder).to_owned(), used);
            }
        }
    }
    files
}

/// Says whether a file lies in one of the folders, but not directly: what is vendored is no module of the tree.
fn lies_in_one_of(path: &str, folders: &HashSet<&str>) -> bool {
    let mut around = folder_of(path);
    while !around.is_empty() && !folders.is_empty() {
        around = folder_of(around);
        if folders.contains(around) {
            return true;
        }
    }
    false
}

/// Gives for the folder of each module that a workspace uses the folder of the workspace.
fn members<'f>(files: &'f Files, problems: &mut ProblemList) -> HashMap<&'f str, &'f str> {
    let mut members = HashMap::new();
    for (folder, file) in &files.workspaces {
        for (used, line) in &file.uses {
            let found = join(folder, used).and_then(|used| files.modules.get_key_value(&used));
            match found {
                Some((member, _)) => {
                    members.entry(member.as_str()).or_insert(folder.as_str());
                }
                None => {
                    let what = format!("the module `{used}` is not in the tree");
                    problems.tell_line(&in_folder(folder, "go.work"), *line, what);
                }
            }
        }
    }
    members
}

fn project(folder: &str, workspace: Option<&str>) -> Project {
    let role = match workspace {
        _ if folder.is_empty() => ProjectRole::Root,
        Some(workspace) if workspace != folder => ProjectRole::Member,
        _ => ProjectRole::Nested,
    };
    Project {
        folder: folder.to_owned(),
        ecosystem: Ecosystem::Go,
        role,
        manifests: vec![in_folder(folder, "go.mod")],
        workspace: workspace.map(str::to_owned),
        facts: ProjectFacts::default(),
        targets: Vec::new(),
        dependencies: Vec::new(),
        extras: Vec::new(),
        runtimes: BTreeMap::new(),
        license: None,
        license_as_written: None,
        license_files: Vec::new(),
        private: false,
    }
}

fn add_workspace(project: &mut Project, file: &GoWork) {
    let path = in_folder(&project.folder, "go.work");
    project.manifests.push(path);
    set_runtimes(project, file.go.as_ref(), file.toolchain.as_ref());
}

fn fill(project: &mut Project, module: &GoMod) {
    project.facts.name.clone_from(&module.module);
    set_runtimes(project, module.go.as_ref(), module.toolchain.as_ref());
}

fn set_runtimes(project: &mut Project, go: Option<&String>, toolchain: Option<&String>) {
    for (runtime, version) in [("go", go), ("toolchain", toolchain)] {
        let version = version.map(|version| (runtime.to_owned(), version.clone()));
        project.runtimes.extend(version);
    }
}

#[cfg(test)]
#[path = "go/tests.rs"]
mod tests;
