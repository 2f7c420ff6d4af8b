//! What each candidate needs: the files of the tree that its files lead to, and the packages from elsewhere. One graph over files,
//! packages and candidates; what a language calls a need is decided by its closure or its resolver.

use std::collections::{BTreeSet, HashMap};

use rayon::prelude::*;
use synthesizer_model::{
    component::Component, dependency::normalize_distribution, failure::Failure, progress::Progress,
};

use super::{candidates::Candidate, reach::Reach};
use crate::{closure::Taker, known::Known};

/// What one candidate needs.
#[derive(Debug, Clone, Default)]
pub(super) struct Needs {
    /// Files, by index, its own first; at most as many as asked for.
    pub(super) files: Vec<usize>,
    /// How many files there are in all.
    pub(super) file_count: usize,
    /// Lines of code in all of them.
    pub(super) lines: u64,
    /// Packages from elsewhere, sorted.
    pub(super) packages: Vec<String>,
    /// Whether it was found out at all.
    pub(super) known: bool,
}

/// The graph of needs of a tree.
pub(super) struct NeedGraph {
    edges: Vec<Vec<usize>>,
    packages: Vec<String>,
    files: usize,
    candidates: usize,
}

impl NeedGraph {
    /// Puts the graph together.
    ///
    /// # Errors
    /// `E_CANCELLED`.
    pub(super) fn of(
        known: &Known<'_>,
        taker: &Taker<'_>,
        candidates: &[Candidate],
        progress: &dyn Progress,
    ) -> Result<Self, Failure> {
        let files = known.files.files().len();
        let mut edges = file_edges(known, taker, progress)?;
        let mut packages: Vec<String> = Vec::new();
        let mut numbers: HashMap<String, usize> = HashMap::new();
        for (index, leads_to) in edges.iter_mut().enumerate() {
            let is_python = known.files.file(index).language == Some("Python");
            for used in &known.graph.files[index].external {
                if used.types_only {
                    continue;
                }
                let name = if is_python {
                    normalize_distribution(&used.package)
                } else {
                    used.package.clone()
                };
                let number = *numbers.entry(name).or_insert_with_key(|name| {
                    packages.push(name.clone());
                    packages.len() - 1
                });
                leads_to.push(files + number);
            }
        }
        let first = files + packages.len();
        edges.resize(first, Vec::new());
        let by_name: HashMap<(&str, &str), usize> = candidates
            .iter()
            .enumerate()
            .filter(|(_, candidate)| !candidate.asks_for.is_empty() || candidate.own.len() > 1)
            .map(|(number, candidate)| {
                let key = (candidate.language.as_str(), candidate.name.as_str());
                (key, first + number)
            })
            .collect();
        for candidate in candidates {
            let mut leads_to = candidate.own.clone();
            for name in &candidate.asks_for {
                match by_name.get(&(candidate.language.as_str(), name.as_str())) {
                    Some(own) => leads_to.push(*own),
                    None => {
                        if let Some(number) = numbers.get(name) {
                            leads_to.push(files + number);
                        }
                    }
                }
            }
            edges.push(leads_to);
        }
        Ok(Self {
            edges,
            packages,
            files,
            candidates: candidates.len(),
        })
    }

    /// Follows the needs of some candidates to the end: `numbers` says which they were when the graph was made, `listed` bounds the list of
    /// files of each. Gives with them the other files of the circles that they are in.
    ///
    /// # Errors
    /// `E_CANCELLED`.
    pub(super) fn follow(
        &self,
        candidates: &[Candidate],
        numbers: &[usize],
        lines: &[u32],
        listed: usize,
        progress: &dyn Progress,
    ) -> Result<(Vec<Needs>, Vec<Vec<usize>>), Failure> {
        let reach = Reach::of(&self.edges);
        let first = self.edges.len() - self.candidates;
        let starts: Vec<usize> = numbers.iter().map(|number| first + number).collect();
        let mut needs: Vec<Needs> = candidates
            .iter()
            .map(|candidate| Needs {
                files: candidate.own.iter().copied().take(listed).collect(),
                ..Needs::default()
            })
            .collect();
        let own: Vec<BTreeSet<usize>> = candidates
            .iter()
            .map(|candidate| candidate.own.iter().copied().collect())
            .collect();
        let done = reach.visit(&starts, progress, |start, node| {
            let found = &mut needs[start];
            if node < self.files {
                found.file_count += 1;
                found.lines += u64::from(lines[node]);
                if found.files.len() < listed && !own[start].contains(&node) {
                    found.files.push(node);
                }
            } else if node < first {
                found
                    .packages
                    .push(self.packages[node - self.files].clone());
            }
        })?;
        for found in &mut needs[..done] {
            found.known = true;
            found.packages.sort();
        }
        let circles = candidates
            .iter()
            .map(|candidate| match candidate.own.as_slice() {
                [only] => reach
                    .circle(*only)
                    .filter(|node| *node < self.files)
                    .take(Component::LISTED)
                    .collect(),
                _ => Vec::new(),
            })
            .collect();
        Ok((needs, circles))
    }
}

/// Gives the files that each file needs.
fn file_edges(
    known: &Known<'_>,
    taker: &Taker<'_>,
    progress: &dyn Progress,
) -> Result<Vec<Vec<usize>>, Failure> {
    let graph = &known.python.graph;
    let edges = (0..known.files.files().len())
        .into_par_iter()
        .map(|index| {
            if progress.is_cancelled() {
                return Vec::new();
            }
            let module = graph.at_path(known.files.file(index).path);
            let mut leads_to: Vec<usize> = match module {
                Some(module) => {
                    let (modules, data) = taker.direct(module);
                    let of_modules = modules
                        .into_iter()
                        .filter_map(|module| known.files.index(graph.node(module).path.as_str()));
                    let of_data = data
                        .iter()
                        .filter_map(|path| known.files.index(path.as_str()));
                    of_modules.chain(of_data).collect()
                }
                None => known.graph.files[index]
                    .edges
                    .iter()
                    .filter(|edge| !edge.types_only)
                    .map(|edge| edge.to)
                    .collect(),
            };
            leads_to.retain(|to| *to != index);
            leads_to
        })
        .collect();
    if progress.is_cancelled() {
        return Err(Failure::cancelled());
    }
    Ok(edges)
}
