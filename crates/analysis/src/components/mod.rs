//! The parts of a repository that can be taken, with what each needs. Lists; closures and resolvers decide.
//!
//! Map:
//! - `candidates`: packages, folders and modules of every language but Python
//! - `python`: packages and modules of Python
//! - `needs`, `reach`: what each brings along, all at once
//! - `symbols`: classes and functions, public symbols and their documentation
//! - `ranking`: how well each can be taken by itself

mod candidates;
mod needs;
mod python;
mod ranking;
mod reach;
mod symbols;

use std::collections::BTreeSet;

use synthesizer_model::{
    component::Component, failure::Failure, finding::Problem, progress::Progress,
    source_file::FileRole,
};

use self::{candidates::Candidate, needs::NeedGraph, ranking::Place};
use crate::{closure::Taker, known::Known, lines, repository::Options};

/// Lists what can be taken: whole packages first, then by how well each can be taken; what could not be listed whole is a problem.
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
    let mut candidates = python::candidates(known, &taker);
    go_on(progress)?;
    candidates.extend(candidates::of_tree(known));
    go_on(progress)?;
    let graph = NeedGraph::of(known, &taker, &candidates, progress)?;
    let wanted: Vec<usize> = (0..candidates.len())
        .filter(|index| {
            let only = options.only.as_deref();
            only.is_none_or(|only| candidates[*index].is_named(only))
        })
        .collect();
    let candidates: Vec<Candidate> = wanted
        .iter()
        .map(|index| candidates[*index].clone())
        .collect();
    let code: Vec<u32> = known
        .records
        .iter()
        .map(|record| match record.language {
            Some(language) if lines::is_programming(language) => record.lines().code,
            _ => 0,
        })
        .collect();
    let listed = if options.only.is_some() {
        usize::MAX
    } else {
        Component::LISTED
    };
    let (needs, circles) = graph.follow(&candidates, &wanted, &code, listed, progress)?;
    let unknown = needs.iter().filter(|needs| !needs.known).count();
    if unknown > 0 {
        let what =
            format!("{unknown} are listed without what they need; ask for one by REPO#COMPONENT");
        problems.push(Problem::new("components", what));
    }
    let license = known.licenses.effective();
    let mut components = Vec::with_capacity(candidates.len());
    for ((candidate, needs), circle) in candidates.iter().zip(&needs).zip(&circles) {
        go_on(progress)?;
        components.push(component(
            known,
            candidate,
            needs,
            circle,
            license.as_deref(),
        ));
    }
    let mut places = places(known, &candidates);
    go_on(progress)?;
    if let Some(only) = &options.only {
        python::complete(known, &taker, &mut components, only);
    }
    if options.symbols {
        symbols::add(known, &candidates, &mut components, &mut places);
    }
    go_on(progress)?;
    ranking::rank(&mut components, &places);
    go_on(progress)?;
    components.sort_by(|left, right| {
        let rank = |component: &Component| component.reuse.as_ref().map(|reuse| reuse.rank);
        let key = |component: &Component| (ranking::order(component.kind), rank(component));
        key(left)
            .cmp(&key(right))
            .then_with(|| left.id.cmp(&right.id))
    });
    Ok(components)
}

/// Fails once the work is cancelled.
fn go_on(progress: &dyn Progress) -> Result<(), Failure> {
    if progress.is_cancelled() {
        return Err(Failure::cancelled());
    }
    Ok(())
}

fn component(
    known: &Known<'_>,
    candidate: &Candidate,
    needs: &needs::Needs,
    circle: &[usize],
    license: Option<&str>,
) -> Component {
    let own: BTreeSet<usize> = candidate.own.iter().copied().collect();
    let path = |index: &usize| known.files.file(*index).path.to_string();
    let mut files: Vec<String> = needs.files.iter().map(path).collect();
    files.sort();
    let others = needs.files.iter().filter(|index| !own.contains(index));
    let (code, data): (Vec<&usize>, Vec<&usize>) =
        others.partition(|index| known.files.file(**index).code.is_some());
    let mut internal: Vec<String> = code
        .into_iter()
        .map(|index| python::module_name(known, *index).unwrap_or_else(|| path(index)))
        .collect();
    internal.sort();
    let public = symbols::public(known, &candidate.own);
    Component {
        id: candidate.id.clone(),
        name: candidate.name.clone(),
        kind: candidate.kind,
        path: candidate.path.clone(),
        language: candidate.language.clone(),
        file_count: needs.file_count.max(candidate.own.len()),
        files,
        resources: data.into_iter().map(path).collect(),
        cycle: circle.iter().map(path).collect(),
        entry_points: candidate.entry_points.clone(),
        internal_dependency_count: needs.file_count.saturating_sub(candidate.own.len()),
        internal_dependencies: internal,
        external_dependencies: needs.packages.clone(),
        lines_of_code: usize::try_from(needs.lines).unwrap_or(usize::MAX),
        license: candidate
            .license
            .clone()
            .or_else(|| license.map(str::to_owned)),
        public_api_count: public.count,
        documented_share: public.documented_share(),
        description: candidate
            .description
            .as_deref()
            .and_then(symbols::first_line),
        public_api: public.names,
        reuse: None,
    }
}

/// Counts who imports each candidate's own files.
fn places(known: &Known<'_>, candidates: &[Candidate]) -> Vec<Place> {
    let mut importers: Vec<Vec<usize>> = vec![Vec::new(); known.files.files().len()];
    for (from, imports) in known.graph.files.iter().enumerate() {
        for edge in &imports.edges {
            importers[edge.to].push(from);
        }
    }
    candidates
        .iter()
        .map(|candidate| {
            let own: BTreeSet<usize> = candidate.own.iter().copied().collect();
            let from: BTreeSet<usize> = candidate
                .own
                .iter()
                .flat_map(|file| importers[*file].iter().copied())
                .filter(|importer| !own.contains(importer))
                .collect();
            let of_role = |role: FileRole| {
                from.iter()
                    .filter(|importer| known.files.file(**importer).role == role)
                    .count()
            };
            Place {
                own: candidate.own.len(),
                users: of_role(FileRole::Source),
                tests: of_role(FileRole::Test),
            }
        })
        .collect()
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
