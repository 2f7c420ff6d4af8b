//! The Python manifests of one folder of a tree: which are read, with the files that they include, and what they say together. Reads no
//! other folder's manifests.

use std::collections::HashMap;

use synthesizer_model::{
    analysis::ProjectFacts,
    dependency::{Dependency, normalize_distribution},
    tree::TreePath,
};

use super::{
    FORMATS,
    facts::{
        EntryPoint, Include, LocalRequirement, ManifestFacts, ManifestFormat, Section,
        SourceOverride, VersionSource, WorkspacePatterns,
    },
    requirements_txt, specifier_range,
    tree_reading::{TreeReading, folder_of, join},
};

/// The largest manifest that is read, in bytes.
const LARGEST: usize = 4 << 20;
/// How many files of one format are read.
const MOST_FILES: usize = 8;
/// How many requirements files one manifest may bring in.
const MOST_INCLUDES: usize = 256;
/// How many license files, and how many other things of a kind, are kept of one folder.
const MOST_KEPT: usize = 1_000;

/// The manifests of one folder, in the order of precedence.
pub(super) struct FolderManifests {
    read: Vec<(&'static ManifestFormat, ManifestFacts)>,
}

/// What the manifests of one folder say together: for every field the first that states it decides.
#[derive(Debug, Default)]
pub(super) struct Together {
    /// Name, version and so on.
    pub project: ProjectFacts,
    /// What is needed to run; `None` when no manifest states it.
    pub runtime: Option<Vec<Dependency>>,
    /// Whether what is needed to run is known for certain, be it nothing.
    pub is_certain: bool,
    /// What the extras bring.
    pub optional: Vec<Dependency>,
    /// What is needed to build or to work on the project.
    pub development: Vec<Dependency>,
    /// What other manifests list as needed to run, each list with its manifest's path.
    pub other_lists: Vec<(String, Vec<Dependency>)>,
    /// Names of the extras, sorted.
    pub extras: Vec<String>,
    /// The SPDX expression.
    pub license: Option<String>,
    /// The license as written.
    pub license_as_written: Option<String>,
    /// Paths or patterns of license files.
    pub license_files: Vec<String>,
    /// Requirements on folders, each with the path of its manifest.
    pub local: Vec<(String, LocalRequirement)>,
    /// What the installed package offers.
    pub entry_points: Vec<EntryPoint>,
    /// Where the name is written.
    pub name_source: Option<VersionSource>,
    /// Where the version is written.
    pub version_source: Option<VersionSource>,
    /// Where tools take dependencies from.
    pub sources: HashMap<String, SourceOverride>,
    /// The workspace that it is the root of.
    pub workspace: Option<WorkspacePatterns>,
    /// Folders that are put on the path for imports.
    pub import_roots: Vec<String>,
    /// Whether it is not to be published.
    pub private: bool,
    /// Paths of the manifests that people would call so, and of the requirements files that they include.
    pub manifests: Vec<String>,
}

impl FolderManifests {
    /// Reads the manifests of a folder among the given files; an empty folder is the top.
    pub(super) fn read(reading: &mut TreeReading<'_>, folder: &str, files: &[&TreePath]) -> Self {
        let mut read: Vec<(&'static ManifestFormat, ManifestFacts)> = Vec::new();
        for format in FORMATS.iter().copied() {
            for path in files_of(reading, folder, files, format) {
                let Some(text) = read_text(reading, path) else {
                    continue;
                };
                let mut facts = (format.parse)(path.as_str(), &text);
                read_includes(reading, &mut facts);
                read.push((format, facts));
            }
        }
        Self { read }
    }

    /// Tells the problems of all manifests; those of a program only if what it states counts, which of a folder that is no package it
    /// never does.
    pub(super) fn tell_problems(&mut self, reading: &mut TreeReading<'_>, is_project: bool) {
        let is_stated = self.read.iter().any(|(format, facts)| {
            !is_program(format) && !facts.is_incomplete && facts.runtime.is_some()
        });
        let is_closed = self.closes(Section::Runtime) && self.closes(Section::Optional);
        for (format, facts) in &mut self.read {
            let problems = std::mem::take(&mut facts.problems);
            let counts = (is_project || facts.is_unreadable) && !is_stated && !is_closed;
            if is_program(format) && !counts {
                continue;
            }
            for problem in problems {
                reading.problems.tell(&problem.path, problem.what);
            }
        }
        if let Some((path, what)) = self.unstated().filter(|_| is_project) {
            reading.problems.tell(&path, what);
        }
    }

    /// Says whether `pyproject.toml` states for certain that a section has nothing but what it lists itself.
    fn closes(&self, section: Section) -> bool {
        let field = match section {
            Section::Runtime => "dependencies",
            Section::Optional => "optional-dependencies",
            Section::Development => return false,
        };
        self.read.iter().any(|(format, facts)| {
            format.name == "pyproject.toml"
                && facts.has_project_table
                && !facts.dynamic.iter().any(|name| name == field)
        })
    }

    /// Says why no manifest states what is needed to run.
    fn unstated(&self) -> Option<(String, String)> {
        let states =
            |(_, facts): &(_, ManifestFacts)| facts.runtime.is_some() || facts.absent_is_empty;
        if self.read.iter().any(states) {
            return None;
        }
        let program = self.read.iter().find(|(format, _)| is_program(format));
        if let Some((_, facts)) = program {
            let what = "no manifest states what is needed to run, as far as the text of this program tells; it is not run";
            return Some((facts.path.clone(), what.to_owned()));
        }
        let dynamic = self
            .read
            .iter()
            .find(|(_, facts)| facts.dynamic.iter().any(|field| field == "dependencies"));
        dynamic.map(|(_, facts)| {
            let what =
                "the dependencies are computed when the project is built; no manifest states them";
            (facts.path.clone(), what.to_owned())
        })
    }

    /// Says whether the package is built from manifests which state for certain what it needs to run, be it nothing; then what
    /// requirements files list is an environment.
    fn is_built(&self) -> bool {
        self.read.iter().any(|(format, facts)| {
            facts.absent_is_empty && (is_program(format) || facts.has_build_system)
        })
    }

    /// Says whether the manifests make the folder a package or an environment of its own.
    pub(super) fn declares_project(&self) -> bool {
        self.read.iter().any(|(_, facts)| facts.declares_project)
    }

    /// Lists the manifests that people would call so.
    pub(super) fn listed(&self) -> Vec<String> {
        let listed = self.read.iter().filter(|(format, _)| format.listed);
        listed.map(|(_, facts)| facts.path.clone()).collect()
    }

    /// Says whether a program is among the manifests.
    pub(super) fn has_program(&self) -> bool {
        self.read.iter().any(|(format, _)| is_program(format))
    }

    /// Puts the manifests together.
    pub(super) fn together(self) -> Together {
        let closed = [Section::Runtime, Section::Optional].map(|section| self.closes(section));
        let is_built = self.is_built();
        let mut merged = Together::default();
        let mut partial_runtime = None;
        let mut optional = None;
        let mut partial_optional = None;
        for (format, mut facts) in self.read {
            if format.listed {
                merged.manifests.push(facts.path.clone());
            }
            merged.manifests.append(&mut facts.included);
            let built = format.name == "setup.cfg" || is_program(format);
            if let Some(stated) = facts.runtime.take().filter(|_| !(built && closed[0])) {
                if facts.is_incomplete {
                    partial_runtime = partial_runtime.or(Some(stated));
                } else if merged.runtime.is_none() && !(is_built && is_environment(format)) {
                    merged.runtime = Some(stated);
                } else if is_environment(format) {
                    merged.other_lists.push((facts.path.clone(), stated));
                }
            }
            if let Some(stated) = facts.optional.take().filter(|_| !(built && closed[1])) {
                let extras = std::mem::take(&mut facts.extras);
                if facts.is_incomplete {
                    partial_optional = partial_optional.or(Some((stated, extras)));
                } else {
                    optional = optional.or(Some((stated, extras)));
                }
            }
            merged.development.append(&mut facts.development);
            merged.take_rest(facts);
        }
        merged.runtime = merged.runtime.or(partial_runtime);
        merged.is_certain = is_built || merged.runtime.is_some();
        (merged.optional, merged.extras) = optional.or(partial_optional).unwrap_or_default();
        merged
    }
}

impl Together {
    fn take_rest(&mut self, facts: ManifestFacts) {
        let project = &mut self.project;
        project.name = project.name.take().or(facts.project.name);
        project.version = project.version.take().or(facts.project.version);
        project.description = project.description.take().or(facts.project.description);
        let requires_python = facts.project.requires_python;
        project.requires_python = project.requires_python.take().or(requires_python);
        if project.entry_points.is_empty() {
            project.entry_points = facts.project.entry_points;
        }
        if self.entry_points.is_empty() {
            self.entry_points = facts.entry_points;
        }
        // What SPDX knows of any manifest goes before what only one of them writes.
        self.license = self.license.take().or(facts.license);
        self.license_as_written = self.license_as_written.take().or(facts.license_as_written);
        for file in facts.license_files {
            if self.license_files.len() < MOST_KEPT && !self.license_files.contains(&file) {
                self.license_files.push(file);
            }
        }
        let path = facts.path;
        let local = facts.local.into_iter();
        self.local
            .extend(local.map(|requirement| (path.clone(), requirement)));
        self.name_source = self.name_source.take().or(facts.name_source);
        self.version_source = self.version_source.take().or(facts.version_source);
        for (name, source) in facts.sources {
            self.sources.entry(name).or_insert(source);
        }
        self.workspace = self.workspace.take().or(facts.workspace);
        if self.import_roots.len() < MOST_KEPT {
            self.import_roots.extend(facts.import_roots);
        }
        self.private |= facts.private;
    }
}

fn is_program(format: &ManifestFormat) -> bool {
    format.name == "setup.py"
}

/// Formats that list what an environment has rather than what a package asks for.
fn is_environment(format: &ManifestFormat) -> bool {
    matches!(format.name, "requirements.txt" | "Pipfile")
}

fn files_of<'t>(
    reading: &mut TreeReading<'_>,
    folder: &str,
    files: &[&'t TreePath],
    format: &ManifestFormat,
) -> Vec<&'t TreePath> {
    let below = |path: &'t TreePath| match folder {
        "" => Some(path.as_str()),
        folder => path.as_str().strip_prefix(folder)?.strip_prefix('/'),
    };
    let mut found = Vec::new();
    for path in files {
        if !below(path).is_some_and(format.matches) {
            continue;
        }
        if found.len() == MOST_FILES {
            let what = format_args!("more than {MOST_FILES} files named {}", format.name);
            reading.problems.tell(path.as_str(), what);
            break;
        }
        found.push(*path);
    }
    found
}

/// Reads a file as UTF-8 without a byte order mark; bytes that are not UTF-8 are replaced and told.
pub(super) fn read_text(reading: &mut TreeReading<'_>, path: &TreePath) -> Option<String> {
    let text = reading.text(path)?;
    if text.len() > LARGEST {
        let what = format_args!("larger than {LARGEST} bytes, not read");
        reading.problems.tell(path.as_str(), what);
        return None;
    }
    Some(text)
}

/// Reads the requirements files that a manifest names, and those that they name; each once per section and group.
pub(super) fn read_includes(reading: &mut TreeReading<'_>, facts: &mut ManifestFacts) {
    let mut waiting = with_folder(&facts.path.clone(), std::mem::take(&mut facts.includes));
    let mut met: Vec<(TreePath, Option<String>, bool)> = Vec::new();
    let mut constraints: HashMap<String, String> = HashMap::new();
    while let Some((folder, include)) = waiting.pop() {
        let path = join(&folder, &include.path).and_then(|path| TreePath::new(&path).ok());
        let Some(path) = path else {
            let what = format_args!("the file {} lies outside the project", include.path);
            facts.problem(include.line, what);
            continue;
        };
        let key = (path, include.group.clone(), include.constrains);
        if key.0.as_str() == facts.path || met.contains(&key) {
            continue;
        }
        if met.len() == MOST_INCLUDES {
            let what =
                format_args!("more than {MOST_INCLUDES} included files; the rest is left out");
            facts.problem(include.line, what);
            break;
        }
        match read_included(reading, &key.0) {
            Some(text) => {
                let group = include.group.as_deref();
                let path = key.0.as_str();
                let mut included = requirements_txt::parse(path, &text, include.section, group);
                let mut further = std::mem::take(&mut included.includes);
                further
                    .iter_mut()
                    .for_each(|further| further.constrains |= include.constrains);
                waiting.extend(with_folder(path, further));
                if include.constrains {
                    take_constraints(&mut constraints, &included);
                } else {
                    facts.included.push(path.to_owned());
                    facts.absorb(included);
                }
            }
            None => {
                let what = format_args!("the file {} cannot be read", include.path);
                facts.problem(include.line, what);
            }
        }
        met.push(key);
    }
    constrain(facts, &constraints);
}

/// Reads a file that is named; that it is missing is told where it is named.
fn read_included(reading: &mut TreeReading<'_>, path: &TreePath) -> Option<String> {
    reading.has(path).then(|| read_text(reading, path))?
}

fn with_folder(path: &str, includes: Vec<Include>) -> Vec<(String, Include)> {
    let folder = folder_of(path);
    let pair = |include| (folder.to_owned(), include);
    includes.into_iter().rev().map(pair).collect()
}

fn take_constraints(constraints: &mut HashMap<String, String>, read: &ManifestFacts) {
    let lists = [
        read.runtime.as_ref(),
        read.optional.as_ref(),
        Some(&read.development),
    ];
    for dependency in lists.into_iter().flatten().flatten() {
        if !dependency.specifier.is_empty() && dependency.marker.is_none() {
            let name = normalize_distribution(&dependency.name);
            constraints
                .entry(name)
                .or_insert_with(|| dependency.specifier.clone());
        }
    }
}

/// Narrows what the requirements mean to what the constraints allow; what is written stays.
fn constrain(facts: &mut ManifestFacts, constraints: &HashMap<String, String>) {
    if constraints.is_empty() {
        return;
    }
    let lists = [
        facts.runtime.as_mut(),
        facts.optional.as_mut(),
        Some(&mut facts.development),
    ];
    for dependency in lists.into_iter().flatten().flatten() {
        if let Some(constraint) = constraints.get(&normalize_distribution(&dependency.name)) {
            let separator = if dependency.specifier.is_empty() {
                ""
            } else {
                ","
            };
            let both = format!("{}{separator}{constraint}", dependency.specifier);
            dependency.parsed = specifier_range::plain(&both);
        }
    }
}
