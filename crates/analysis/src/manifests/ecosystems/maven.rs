//! Maven projects: every `pom.xml` of a tree with what it takes from parents, properties and managed versions that are in the tree. Runs no
//! Maven and asks no repository; build files of Gradle are only named.
//!
//! How a requirement is told:
//! - `name` is `groupId:artifactId`, with properties filled in; `specifier` is the version with properties filled in, and what the
//!   management gives when the requirement names none; a property that the tree does not define stays as written.
//! - `parsed` has plain comparators for ranges such as `[1,2)`; a single version is a recommendation by Maven's rules and has none.
//! - `group` is absent for the scopes `compile` and `runtime`, `dev` for `test`, else `provided` or `system`; `optional` for optional ones.
//! - `extras` are the classifier, and `@TYPE` when the type is not `jar`.
//! - `marker` is `profile:ID` for what a profile adds. The management of a profile holds for its own requirements alone.
//! - What a parent in the tree requires, its children require too, with the parent's manifest and line.
//! - Exclusions are not kept: they say what others bring.
//!
//! A license is known by its name or address; several are alternatives. `runtimes` has `java` from the compiler's settings.
//!
//! Map:
//! - `models`: parents, properties and managed versions
//! - `requirements`: what one project asks for
//! - `projects`: one project with everything that it inherits

mod models;
mod projects;
mod requirements;

use std::collections::HashSet;

use synthesizer_model::{
    dependency::Ecosystem,
    tree::{SourceTree, TreePath},
};

use super::{
    super::{
        pom_xml::{self, Pom},
        tree_reading::{TreeReading, folder_of, in_folder, join, name_of},
    },
    EcosystemFacts, EcosystemReader,
};

/// Build files that are named and not read.
const OTHER_BUILDS: [&str; 2] = ["build.gradle", "build.gradle.kts"];

/// Reads the files of Maven's projects.
pub(super) struct Maven;

/// A project's file with its place.
struct PomFile {
    path: String,
    folder: String,
    pom: Pom,
}

impl EcosystemReader for Maven {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Maven
    }

    fn is_relevant(&self, path: &str) -> bool {
        let name = name_of(path);
        name == "pom.xml" || OTHER_BUILDS.contains(&name)
    }

    fn read(&self, tree: &dyn SourceTree, relevant: &[TreePath]) -> EcosystemFacts {
        let mut reading = TreeReading::new(tree);
        let files = read_files(tree, &mut reading, relevant);
        let projects = projects::build(&files, &mut reading.problems);
        EcosystemFacts {
            projects,
            locks: Vec::new(),
            problems: reading.finish("maven"),
        }
    }
}

/// Reads the files of that name, and those of other names that modules point to; sorted by folder.
fn read_files(
    tree: &dyn SourceTree,
    reading: &mut TreeReading<'_>,
    relevant: &[TreePath],
) -> Vec<PomFile> {
    let mut files = Vec::new();
    let mut open: Vec<TreePath> = relevant.iter().rev().cloned().collect();
    let mut seen: HashSet<TreePath> = open.iter().cloned().collect();
    while let Some(path) = open.pop() {
        let name = path.file_name();
        if OTHER_BUILDS.contains(&name) {
            let what = format!("{name} is not read");
            reading.problems.tell(path.as_str(), what);
            continue;
        }
        let Some(bytes) = reading.bytes(&path) else {
            continue;
        };
        let Some(pom) = pom_xml::parse(path.as_str(), &bytes, &mut reading.problems) else {
            continue;
        };
        let folder = folder_of(path.as_str()).to_owned();
        for (module, _) in modules_of(&pom) {
            let pointed = place_of_module(&folder, module).filter(|path| path.ends_with(".xml"));
            let pointed = pointed.and_then(|path| TreePath::new(&path).ok());
            let Some(pointed) = pointed.filter(|path| is_file(tree, path)) else {
                continue;
            };
            if seen.insert(pointed.clone()) {
                open.push(pointed);
            }
        }
        files.push(PomFile {
            path: path.as_str().to_owned(),
            folder,
            pom,
        });
    }
    files.sort_by(|left, right| (&left.folder, &left.path).cmp(&(&right.folder, &right.path)));
    files
}

fn is_file(tree: &dyn SourceTree, path: &TreePath) -> bool {
    let entries = tree.entries();
    let found = entries.binary_search_by(|entry| entry.path.cmp(path));
    found.is_ok_and(|index| entries[index].is_file())
}

/// Lists the modules of a project, those of its profiles among them.
fn modules_of(pom: &Pom) -> impl Iterator<Item = (&str, u32)> {
    let of_profiles = pom.profiles.iter().flat_map(|profile| &profile.modules);
    let all = pom.modules.iter().chain(of_profiles);
    all.map(|(module, line)| (module.as_str(), *line))
}

/// Gives the path of a module's file when it is a file of its own, else of `pom.xml` in its folder.
fn place_of_module(folder: &str, module: &str) -> Option<String> {
    let place = join(folder, &module.replace('\\', "/"))?;
    if place.ends_with(".xml") {
        return Some(place);
    }
    Some(in_folder(&place, "pom.xml"))
}

#[cfg(test)]
#[path = "maven/tests.rs"]
mod tests;
