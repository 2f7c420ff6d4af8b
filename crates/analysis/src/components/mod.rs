//! The parts of a repository that can be taken, with what each needs. Lists; closures decide.
//!
//! Map:
//! - `python`: packages, modules, classes and functions of Python

mod python;

use synthesizer_model::{
    component::Component, dependency::Ecosystem, failure::Failure, finding::Problem,
    progress::Progress,
};

use crate::{closure::Taker, known::Known, manifests::inventory::names_extra, repository::Options};

/// Lists what can be taken, sorted by id; what could not be listed whole is a problem.
///
/// # Errors
/// `E_CANCELLED`.
pub fn list(
    known: &Known<'_>,
    options: &Options,
    progress: &dyn Progress,
    problems: &mut Vec<Problem>,
) -> Result<Vec<Component>, Failure> {
    let taker = Taker::new(known.tree, known.python);
    let root = known
        .inventory
        .roots()
        .find(|project| project.ecosystem == Ecosystem::Python);
    let declared: Vec<_> = root
        .into_iter()
        .flat_map(|project| {
            let asked = project.dependencies.iter();
            asked.filter(move |dependency| {
                let group = dependency.group.as_deref();
                group.is_none_or(|group| names_extra(project, group))
            })
        })
        .cloned()
        .collect();
    let facts = root
        .map(|project| project.facts.clone())
        .unwrap_or_default();
    let license = known.licenses.effective();
    let context = python::Context {
        source: known.python,
        dependencies: &declared,
        project: &facts,
        license: license.as_deref(),
        symbols: options.symbols,
        only: options.only.as_deref(),
    };
    let (components, shortened) = python::list(&taker, &context, progress)?;
    if shortened > 0 {
        let what =
            format!("{shortened} are listed without what they need; ask for one by REPO#COMPONENT");
        problems.push(Problem::new("components", what));
    }
    Ok(components)
}

/// Keeps the components in which every word of the query occurs, the nearest first: in the id, the description, then the files.
pub fn find(components: Vec<Component>, query: &str) -> Vec<Component> {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let mut scored: Vec<(usize, Component)> = components
        .into_iter()
        .filter_map(|component| score(&component, &words).map(|score| (score, component)))
        .collect();
    scored.sort_by(|left, right| {
        right
            .0
            .cmp(&left.0)
            .then_with(|| left.1.id.cmp(&right.1.id))
    });
    scored.into_iter().map(|(_, component)| component).collect()
}

fn score(component: &Component, words: &[String]) -> Option<usize> {
    let id = component.id.to_lowercase();
    let name = component.name.to_lowercase();
    let description = component
        .description
        .as_deref()
        .unwrap_or("")
        .to_lowercase();
    words
        .iter()
        .map(|word| {
            let points = usize::from(name == *word) * 8
                + usize::from(name.contains(word)) * 4
                + usize::from(id.contains(word)) * 2
                + usize::from(description.contains(word));
            (points > 0).then_some(points)
        })
        .sum()
}
