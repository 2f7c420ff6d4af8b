//! What a tree offers to be taken, before it is known what each needs: packages that manifests declare, folders that are packages by
//! their language, and modules. Python's own are listed in `python`.

use std::collections::BTreeMap;

use synthesizer_model::{
    component::ComponentKind,
    dependency::Ecosystem,
    project::{Project, ProjectRole},
    source_file::FileRole,
};

use crate::{known::Known, languages};

/// Something that can be taken.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: ComponentKind,
    pub(super) path: String,
    pub(super) language: String,
    /// Its own files, by index, sorted.
    pub(super) own: Vec<usize>,
    /// Programs and the like that it offers.
    pub(super) entry_points: Vec<String>,
    /// Its license, where it has one apart from the repository's.
    pub(super) license: Option<String>,
    /// What it says it is.
    pub(super) description: Option<String>,
    /// Packages that its manifest asks for.
    pub(super) asks_for: Vec<String>,
}

impl Candidate {
    /// Says whether it, or a symbol of it, is what somebody asked for by id or path.
    pub(super) fn is_named(&self, asked: &str) -> bool {
        let module = asked.split(':').next().unwrap_or(asked);
        self.id == module || (!self.path.is_empty() && self.path == module)
    }
}

/// Lists everything but what is Python.
pub(super) fn of_tree(known: &Known<'_>) -> Vec<Candidate> {
    let mut found = packages(known);
    found.extend(folders(known));
    found.extend(modules(known));
    found
}

/// Lists Rust and JavaScript packages of the repository, and the members of their workspaces.
fn packages(known: &Known<'_>) -> Vec<Candidate> {
    let projects: Vec<&Project> = known
        .inventory
        .own()
        .filter(|project| matches!(project.ecosystem, Ecosystem::Cargo | Ecosystem::Npm))
        .filter(|project| project.facts.name.is_some())
        .collect();
    let mut by_folder: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for project in &projects {
        by_folder.insert(&project.folder, Vec::new());
    }
    let taken = [FileRole::Source, FileRole::Generated];
    for (index, file) in known.files.files().iter().enumerate() {
        let manifest = projects.iter().any(|project| {
            project
                .manifests
                .iter()
                .any(|path| path == file.path.as_str())
        });
        if !(taken.contains(&file.role) || manifest) {
            continue;
        }
        let mut folder = file.path.parent();
        loop {
            if let Some(files) = by_folder.get_mut(folder) {
                files.push(index);
                break;
            }
            if folder.is_empty() {
                break;
            }
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }
    projects
        .into_iter()
        .filter_map(|project| {
            let own = by_folder.get(project.folder.as_str())?;
            let of_family = |file: &&usize| family(known, **file);
            // A manifest of tools alone, in a project of another language, is no package to take.
            let has_code = own
                .iter()
                .any(|file| family(known, *file) == Some(project.ecosystem));
            let own = own
                .iter()
                .filter(|file| of_family(file).is_none_or(|family| family == project.ecosystem))
                .copied()
                .collect();
            has_code.then(|| package(project, own))
        })
        .collect()
}

/// Gives the family of packages that a file's language belongs to.
fn family(known: &Known<'_>, file: usize) -> Option<Ecosystem> {
    let language = known.files.file(file).language?;
    languages::reader(language)?.descriptor().ecosystem
}

fn package(project: &Project, own: Vec<usize>) -> Candidate {
    let name = project.facts.name.clone().unwrap_or_default();
    let is_member = project.role == ProjectRole::Member;
    let kind = match project.ecosystem {
        _ if is_member => ComponentKind::WorkspaceMember,
        Ecosystem::Cargo => ComponentKind::Crate,
        _ => ComponentKind::NpmPackage,
    };
    let programs = project
        .targets
        .iter()
        .filter(|target| matches!(target.kind.as_str(), "bin" | "script"));
    Candidate {
        id: if project.folder.is_empty() {
            name.clone()
        } else {
            project.folder.clone()
        },
        name,
        kind,
        path: project.folder.clone(),
        language: project.ecosystem.as_str().to_owned(),
        own,
        entry_points: programs.map(|target| target.name.clone()).collect(),
        license: project.license.clone(),
        description: project.facts.description.clone(),
        asks_for: project
            .dependencies
            .iter()
            .filter(|dependency| dependency.group.is_none())
            .map(|dependency| dependency.name.clone())
            .collect(),
    }
}

/// Lists folders that are packages by the rules of Go and Java.
fn folders(known: &Known<'_>) -> Vec<Candidate> {
    let mut by_folder: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for index in known.of_role(FileRole::Source) {
        let file = known.files.file(index);
        if let Some(language @ ("Go" | "Java")) = file.language {
            by_folder
                .entry((language, file.path.parent()))
                .or_default()
                .push(index);
        }
    }
    by_folder
        .into_iter()
        .map(|((language, folder), own)| {
            let code = own.first().and_then(|file| known.files.file(*file).code);
            let namespace = code.and_then(|code| code.namespace.clone());
            let last = folder.rsplit('/').next().unwrap_or(folder).to_owned();
            let name = namespace.unwrap_or(last);
            Candidate {
                id: if folder.is_empty() {
                    name.clone()
                } else {
                    folder.to_owned()
                },
                name,
                kind: ComponentKind::Package,
                path: folder.to_owned(),
                language: language.to_lowercase(),
                description: own
                    .iter()
                    .filter_map(|file| known.files.file(*file).code?.documentation.clone())
                    .next(),
                own,
                entry_points: Vec::new(),
                license: None,
                asks_for: Vec::new(),
            }
        })
        .collect()
}

/// Lists the files of parsed languages but Python.
fn modules(known: &Known<'_>) -> Vec<Candidate> {
    known
        .of_role(FileRole::Source)
        .filter_map(|index| {
            let file = known.files.file(index);
            let code = file.code?;
            let reader = languages::reader(file.language?)?;
            let language = reader.descriptor().names[0];
            if language == "Python" {
                return None;
            }
            let name = file.path.file_name();
            let stem = name.split('.').next().unwrap_or(name);
            Some(Candidate {
                id: file.path.to_string(),
                name: stem.to_owned(),
                kind: ComponentKind::Module,
                path: file.path.to_string(),
                language: language.to_lowercase(),
                own: vec![index],
                entry_points: Vec::new(),
                license: None,
                description: code.documentation.clone(),
                asks_for: Vec::new(),
            })
        })
        .collect()
}
