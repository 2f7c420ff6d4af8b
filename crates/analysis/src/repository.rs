//! The whole analysis of one repository, apart from what only a solver knows.

use std::collections::BTreeMap;

use rayon::prelude::*;
use synthesizer_model::{
    analysis::{Dependencies, DependencyCounts, RepositoryAnalysis, RepositorySummary},
    dependency::{Dependency, Ecosystem, normalize_distribution},
    failure::Failure,
    finding::Problem,
    progress::Progress,
    tree::{SourceTree, TreePath},
};

use crate::{
    closure::Taker,
    components::{self, Context},
    languages_by_extension, licenses,
    manifests::{self, ProjectManifests},
    python_source::PythonSource,
};

/// What to include.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// List components.
    pub components: bool,
    /// List classes and functions among them.
    pub symbols: bool,
    /// List this component alone, by its id or path.
    pub only: Option<String>,
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

/// Analyses a tree.
///
/// # Errors
/// `E_CANCELLED`. Files that cannot be read or parsed are problems of the answer.
pub fn analyze(
    tree: &dyn SourceTree,
    options: Options,
    progress: &dyn Progress,
) -> Result<RepositoryAnalysis, Failure> {
    progress.step(30, "reading manifests and Python files");
    let read = read(tree, progress)?;
    progress.step(60, "counting languages");
    let (languages, files_analyzed, other_problems) = count_languages(tree, progress)?;
    let lines_of_code = read
        .python
        .files
        .values()
        .filter_map(|file| Some(file.facts.as_ref()?.lines_of_code))
        .sum();
    let license = read.licenses.effective();
    let (found, shortened) = if options.components {
        progress.step(70, "listing components");
        let taker = Taker::new(tree, &read.python);
        let declared = read.declared();
        let context = Context {
            source: &read.python,
            dependencies: &declared,
            project: &read.manifests.project,
            license: license.as_deref(),
            symbols: options.symbols,
            only: options.only.as_deref(),
        };
        components::list(&taker, &context, progress)?
    } else {
        (Vec::new(), 0)
    };
    let origin = tree.origin();
    let project = &read.manifests.project;
    let mut problems = read.problems;
    problems.extend(other_problems);
    if shortened > 0 {
        let what =
            format!("{shortened} are listed without what they need; ask for one by REPO#COMPONENT");
        problems.push(Problem::new("components", what));
    }
    Ok(RepositoryAnalysis {
        repository: RepositorySummary {
            platform: origin.platform.clone(),
            name: project.name.clone().unwrap_or_else(|| origin.slug.clone()),
            url: origin.url.clone(),
            revision: origin.revision.clone(),
            version: origin.version.clone().or_else(|| project.version.clone()),
            description: project.description.clone(),
            stars: None,
            language: dominant(&languages),
        },
        languages,
        files_analyzed,
        lines_of_code,
        requires_python: project.requires_python.clone(),
        dependencies: dependencies(read.manifests.dependencies, &read.manifests.extras),
        manifests: read.manifests.manifests,
        licenses: read.licenses,
        components: found,
        problems,
        analysis_time_ms: 0,
    })
}

fn dominant(languages: &BTreeMap<String, f64>) -> Option<String> {
    let best = languages
        .iter()
        .max_by(|left, right| left.1.total_cmp(right.1))?;
    Some(best.0.clone())
}

fn dependencies(direct: Vec<Dependency>, extras: &[String]) -> Dependencies {
    let direct_count = direct.iter().filter(|known| known.group.is_none()).count();
    let optional_count = direct
        .iter()
        .filter(|known| is_of_extra(known, extras))
        .count();
    let summary = DependencyCounts {
        direct_count,
        dev_count: direct.len() - direct_count - optional_count,
        optional_count,
        transitive_count: None,
        conflict_count: 0,
    };
    Dependencies {
        summary,
        direct,
        ..Dependencies::default()
    }
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

type Counted = (BTreeMap<String, f64>, usize, Vec<Problem>);

/// Counts lines per language over all text files that have a known one.
fn count_languages(tree: &dyn SourceTree, progress: &dyn Progress) -> Result<Counted, Failure> {
    let files: Vec<(&TreePath, &'static str)> = tree
        .entries()
        .iter()
        .filter(|entry| entry.is_file())
        .filter_map(|entry| {
            Some((
                &entry.path,
                languages_by_extension::language(entry.path.as_str())?,
            ))
        })
        .collect();
    let counts: Vec<(&'static str, Result<usize, Problem>)> = files
        .par_iter()
        .filter(|_| !progress.is_cancelled())
        .map(|(path, language)| {
            let lines = tree
                .read(path)
                .map(|blob| blob.bytes.iter().filter(|byte| **byte == b'\n').count())
                .map_err(|failure| Problem::new(path.as_str(), failure.message));
            (*language, lines)
        })
        .collect();
    if progress.is_cancelled() {
        return Err(Failure::cancelled());
    }
    let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
    let mut problems = Vec::new();
    for (language, result) in counts {
        match result {
            Ok(count) => *lines.entry(language).or_default() += count,
            // Python files were read before; their problems are known.
            Err(_) if language == "Python" => {}
            Err(problem) => problems.push(problem),
        }
    }
    let total: usize = lines.values().sum();
    #[expect(clippy::cast_precision_loss, reason = "line counts are far below 2^52")]
    let percent = |count: usize| (count as f64 * 1000.0 / total.max(1) as f64).round() / 10.0;
    let languages = lines
        .iter()
        .map(|(language, count)| ((*language).to_owned(), percent(*count)))
        .collect();
    Ok((languages, files.len() - problems.len(), problems))
}
