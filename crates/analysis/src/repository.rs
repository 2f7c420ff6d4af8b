//! The whole analysis of one repository, apart from what only a solver knows.

use std::collections::BTreeMap;

use synthesizer_model::{
    analysis::{FileSummary, RepositoryAnalysis, RepositorySummary, Structure},
    dependency::{Dependency, Ecosystem, normalize_distribution},
    discovery::RepositoryFacts,
    facts_store::FactsStore,
    failure::Failure,
    finding::Problem,
    progress::Progress,
    project::Project,
    source_file::FileRole,
    tree::SourceTree,
};

use crate::{
    components,
    file_graph::{self, FileGraph},
    file_roles,
    known::Known,
    languages::{self, SourceFile, SourceFiles},
    licenses, lines,
    manifests::{
        self, ProjectManifests,
        inventory::{self, Inventory},
    },
    module_graph::ModuleGraph,
    python_source::{ParsedFile, PythonSource},
    quality,
    reading::{self, Bounds, FileRecord, ReadFiles},
};

/// What to include.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// List components.
    pub components: bool,
    /// List classes and functions among them.
    pub symbols: bool,
    /// List files and import edges too.
    pub full: bool,
    /// List this component alone, by its id or path.
    pub only: Option<String>,
    /// What the platform tells of the repository, where one was asked.
    pub platform: Option<RepositoryFacts>,
}

/// A source, read: what analysis and synthesis both start from.
pub struct ReadSource {
    /// The manifests.
    pub manifests: ProjectManifests,
    /// The licenses.
    pub licenses: synthesizer_model::license::Licenses,
    /// The Python part.
    pub python: PythonSource,
    /// What was left out and why.
    pub problems: Vec<Problem>,
}

impl ReadSource {
    /// Gives what the source declares for its users: what it needs to run, and its extras; nothing for development.
    pub fn declared(&self) -> Vec<Dependency> {
        let extras = &self.manifests.extras;
        self.manifests
            .dependencies
            .iter()
            .filter(|dependency| dependency.group.is_none() || is_of_extra(dependency, extras))
            .cloned()
            .collect()
    }
}

/// Reads manifests, licenses and Python files of a tree.
///
/// # Errors
/// `E_CANCELLED`.
pub fn read(tree: &dyn SourceTree, progress: &dyn Progress) -> Result<ReadSource, Failure> {
    let mut problems = tree.problems().to_vec();
    let (manifests, of_manifests) = manifests::read_manifests(tree);
    problems.extend(of_manifests);
    let (mut licenses, of_licenses) = licenses::detect(
        tree,
        manifests.license_declared.clone(),
        &manifests.license_files,
    );
    problems.extend(of_licenses);
    let python = PythonSource::read(tree, manifests.project.name.as_deref(), progress)?;
    licenses.files_without = python
        .files
        .values()
        .filter(|file| file.spdx_header.is_none())
        .count();
    problems.extend(python.problems.iter().cloned());
    Ok(ReadSource {
        manifests,
        licenses,
        python,
        problems,
    })
}

/// Analyses a tree; facts of blobs that the store has are not read again.
///
/// # Errors
/// `E_CANCELLED`. Files that cannot be read or parsed are problems of the answer.
pub fn analyze(
    tree: &dyn SourceTree,
    options: &Options,
    store: &dyn FactsStore,
    bounds: Bounds,
    progress: &dyn Progress,
) -> Result<RepositoryAnalysis, Failure> {
    progress.step(8, "reading manifests and files");
    let (inventory, read) = rayon::join(
        || inventory::read(tree, progress),
        || reading::read_files(tree, store, bounds, progress),
    );
    let mut read = read?;
    let to_keep = read.to_keep();
    // What is kept helps the next analysis; this one does not wait for it.
    let (analysis, ()) = rayon::join(
        || analyze_read(tree, options, inventory?, read, progress),
        || to_keep.keep(store),
    );
    analysis
}

fn analyze_read(
    tree: &dyn SourceTree,
    options: &Options,
    inventory: Inventory,
    mut read: ReadFiles,
    progress: &dyn Progress,
) -> Result<RepositoryAnalysis, Failure> {
    let (roles, of_roles) = file_roles::of_files(tree, &read.files, progress);
    progress.step(62, "resolving imports and reading licenses");
    let python = python_source(tree, &inventory, &mut read.files);
    let files = source_files(tree, &read.files, &roles, &inventory.projects);
    let (graph, licenses) = rayon::join(
        || FileGraph::of(&files, progress),
        || licenses::of_repository(tree, &read.files, &roles, &inventory.projects, progress),
    );
    let graph = graph?;
    if progress.is_cancelled() {
        return Err(Failure::cancelled());
    }
    let imports = file_graph::summary(&files, &graph, options.full);
    let mut problems = tree.problems().to_vec();
    problems.extend(inventory.problems.iter().cloned());
    problems.append(&mut read.problems);
    problems.extend(of_roles);
    problems.extend(licenses.problems);
    let of_files = licenses.of_files;
    let licenses = licenses.licenses;
    let known = Known {
        tree,
        files: &files,
        records: &read.files,
        graph: &graph,
        imports: &imports,
        inventory: &inventory,
        python: &python,
        licenses: &licenses,
        platform: options.platform.as_ref(),
    };
    progress.step(75, "listing components and checking quality");
    let (components, quality_score) = rayon::join(
        || {
            let wanted = options.components;
            wanted.then(|| components::list(&known, options, progress, &mut problems))
        },
        || quality::assess(&known),
    );
    let components = components.transpose()?.unwrap_or_default();
    let structure = structure(&read.files, &roles);
    let languages = languages(&read.files, &roles);
    let root = main_project(&inventory, dominant(&languages).as_deref());
    let analysis = RepositoryAnalysis {
        repository: summary(tree, root, dominant(&languages), options.platform.as_ref()),
        lines_of_code: own_lines(&read.files, &roles),
        languages,
        files_analyzed: read.files.len(),
        structure,
        imports,
        quality_score,
        files: if options.full {
            list_files(&read.files, &roles, &of_files)
        } else {
            Vec::new()
        },
        requires_python: root.and_then(|project| project.facts.requires_python.clone()),
        dependencies: inventory.dependencies(),
        manifests: inventory.manifests(),
        licenses,
        components,
        problems,
        analysis_time_ms: 0,
    };
    drop(files);
    // Giving back the memory of so many small parts takes a while.
    rayon::spawn(move || drop((read, python, graph, inventory)));
    Ok(analysis)
}

/// Moves the facts of Python files to where closures look for them.
fn python_source(
    tree: &dyn SourceTree,
    inventory: &Inventory,
    records: &mut [FileRecord],
) -> PythonSource {
    let name = inventory
        .roots()
        .find(|project| project.ecosystem == Ecosystem::Python)
        .and_then(|project| project.facts.name.as_deref());
    let graph = ModuleGraph::of(tree, name);
    let files = records
        .iter_mut()
        .filter_map(|record| {
            let facts = record.facts.python.take()?;
            let file = ParsedFile {
                bytes: bytes::Bytes::new(),
                blob: record.blob.clone(),
                facts: Some(*facts),
                spdx_header: record.facts.license.spdx.clone(),
            };
            Some((record.path.clone(), file))
        })
        .collect();
    PythonSource {
        graph,
        files,
        problems: Vec::new(),
    }
}

fn source_files<'a>(
    tree: &'a dyn SourceTree,
    records: &'a [FileRecord],
    roles: &[FileRole],
    projects: &'a [Project],
) -> SourceFiles<'a> {
    let files = records
        .iter()
        .zip(roles)
        .map(|(record, role)| SourceFile {
            path: &record.path,
            language: record.language,
            role: *role,
            code: record.facts.code.as_ref(),
        })
        .collect();
    SourceFiles::new(tree, files, projects)
}

fn structure(records: &[FileRecord], roles: &[FileRole]) -> Structure {
    let mut structure = Structure::default();
    for (record, role) in records.iter().zip(roles) {
        if record.language.is_none() {
            structure.other_files += 1;
            continue;
        }
        for (place, part) in record.facts.lines.iter().enumerate() {
            structure
                .languages
                .entry(part.language.clone())
                .or_default()
                .add(usize::from(place == 0), part.lines);
        }
        structure
            .roles
            .entry(*role)
            .or_default()
            .add(1, record.lines());
    }
    structure
}

/// Gives each language's share of the code that people of the project wrote.
fn languages(records: &[FileRecord], roles: &[FileRole]) -> BTreeMap<String, f64> {
    let mut lines: BTreeMap<&str, u64> = BTreeMap::new();
    for (record, role) in records.iter().zip(roles) {
        let code = record.language.and_then(languages::reader).is_some();
        for part in &record.facts.lines {
            if role.is_own() && (code || lines::is_programming(&part.language)) {
                *lines.entry(part.language.as_str()).or_default() += u64::from(part.lines.code);
            }
        }
    }
    lines.retain(|_, code| *code > 0);
    let total: u64 = lines.values().sum();
    #[expect(clippy::cast_precision_loss, reason = "line counts are far below 2^52")]
    let percent = |count: u64| (count as f64 * 1000.0 / total.max(1) as f64).round() / 10.0;
    lines
        .into_iter()
        .map(|(language, code)| (language.to_owned(), percent(code)))
        .collect()
}

fn own_lines(records: &[FileRecord], roles: &[FileRole]) -> u64 {
    records
        .iter()
        .zip(roles)
        .filter(|(record, role)| {
            role.is_own() && record.language.is_some_and(lines::is_programming)
        })
        .map(|(record, _)| u64::from(record.lines().code))
        .sum()
}

fn list_files(
    records: &[FileRecord],
    roles: &[FileRole],
    licenses: &[Option<String>],
) -> Vec<FileSummary> {
    records
        .iter()
        .zip(roles)
        .zip(licenses)
        .filter_map(|((record, role), license)| {
            let lines = record.lines();
            Some(FileSummary {
                path: record.path.to_string(),
                language: record.language?.to_owned(),
                role: *role,
                code: lines.code,
                comments: lines.comments,
                blanks: lines.blanks,
                license: license.clone(),
                public_symbols: record
                    .facts
                    .code
                    .as_ref()
                    .map(|code| code.symbols.iter().filter(|symbol| symbol.public).count()),
            })
        })
        .collect()
}

/// Chooses the package that the repository is named after: the one at the top whose family has the most code, then the first.
fn main_project<'a>(inventory: &'a Inventory, language: Option<&str>) -> Option<&'a Project> {
    let of_language = language
        .and_then(languages::reader)
        .and_then(|reader| reader.descriptor().ecosystem);
    let named = |project: &&Project| project.facts.name.is_some();
    inventory
        .roots()
        .filter(named)
        .find(|project| Some(project.ecosystem) == of_language)
        .or_else(|| inventory.roots().find(named))
        .or_else(|| inventory.roots().next())
}

fn summary(
    tree: &dyn SourceTree,
    project: Option<&Project>,
    language: Option<String>,
    platform: Option<&RepositoryFacts>,
) -> RepositorySummary {
    let origin = tree.origin();
    let facts = project.map(|project| &project.facts);
    let name = facts.and_then(|facts| facts.name.clone());
    RepositorySummary {
        platform: origin.platform.clone(),
        name: name.unwrap_or_else(|| origin.slug.clone()),
        url: origin.url.clone(),
        revision: origin.revision.clone(),
        version: origin
            .version
            .clone()
            .or_else(|| facts.and_then(|facts| facts.version.clone())),
        description: facts
            .and_then(|facts| facts.description.clone())
            .or_else(|| platform.and_then(|facts| facts.description.clone())),
        stars: platform.and_then(|facts| facts.stars),
        language,
    }
}

fn dominant(languages: &BTreeMap<String, f64>) -> Option<String> {
    let best = languages
        .iter()
        .max_by(|left, right| left.1.total_cmp(right.1))?;
    Some(best.0.clone())
}

/// Says whether a dependency is needed to run the project.
pub fn is_runtime(dependency: &Dependency) -> bool {
    dependency.ecosystem == Ecosystem::Python && dependency.group.is_none()
}

/// Says whether a dependency belongs to one of the named extras.
pub fn is_of_extra(dependency: &Dependency, extras: &[String]) -> bool {
    dependency.group.as_deref().is_some_and(|group| {
        extras
            .iter()
            .any(|extra| normalize_distribution(extra) == normalize_distribution(group))
    })
}
