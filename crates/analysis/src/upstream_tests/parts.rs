//! Cuts the files for testing that lack something to what stands, with all that follows for the files that use them. Decides nothing of
//! one text: `cutting` does.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{python::SymbolKind, tree::TreePath};

use super::{
    choosing::Candidate,
    cutting::{self, Cut, Lacking},
    layout::{Layout, conftests_of, is_conftest},
    plugins,
    reading::{Lack, LackAt},
};

/// How often a cut may lead to the next one.
const MOST_ROUNDS: usize = 20;

/// What became of a file that lacks something.
#[derive(Debug, Clone)]
pub(super) enum Part {
    /// What is left of it; all of it where nothing that it uses is lacking.
    Cut(Cut),
    /// It cannot come along: where it could not be decided, and why.
    Left(u32, &'static str),
    /// It stays whole: only calls lack something, and it cannot be decided of what.
    Whole,
}

/// What became of the files that lack something, and what each needs that is lacking.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// By file.
    pub(super) files: BTreeMap<TreePath, Part>,
    needs: BTreeMap<TreePath, Needs>,
}

/// What a file lacks, for the cut and for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Needs {
    lacking: Lacking,
    /// Whether it lacks something as soon as it is imported or collected.
    at_once: bool,
    /// The files through which it lacks something.
    through: BTreeSet<TreePath>,
}

/// Cuts every file that lacks something.
pub(super) fn cut_all(layout: &Layout<'_>, candidates: &BTreeMap<TreePath, Candidate>) -> Parts {
    let mut parts = Parts::default();
    let mut fixtures: BTreeMap<TreePath, BTreeSet<String>> = BTreeMap::new();
    for (path, candidate) in candidates {
        if is_conftest(path.as_str()) {
            fixtures.insert(path.clone(), cutting::fixtures(candidate.text()));
        }
    }
    for round in 0..=MOST_ROUNDS {
        let mut changed = false;
        for (path, candidate) in candidates {
            let needs = parts.needs_of(layout, &fixtures, candidates, path, candidate);
            if needs.lacking.is_empty() || parts.needs.get(path) == Some(&needs) {
                continue;
            }
            let part = if round == MOST_ROUNDS {
                Part::Left(0, "too much follows from it")
            } else {
                part_of(candidate, &needs)
            };
            parts.files.insert(path.clone(), part);
            parts.needs.insert(path.clone(), needs);
            changed = true;
        }
        if !changed {
            break;
        }
    }
    parts
}

fn part_of(candidate: &Candidate, needs: &Needs) -> Part {
    match cutting::cut(candidate.text(), &needs.lacking) {
        Ok(cut) => Part::Cut(cut),
        Err(undecided) if needs.at_once => Part::Left(undecided.line, undecided.why),
        Err(_) => Part::Whole,
    }
}

impl Parts {
    /// Lists what a file lacks by name, itself or through others.
    pub(super) fn lacks(
        &self,
        candidates: &BTreeMap<TreePath, Candidate>,
        path: &TreePath,
    ) -> Vec<Lack> {
        let mut lacks = Vec::new();
        let mut seen = BTreeSet::from([path]);
        let mut queue = vec![path];
        while let Some(next) = queue.pop() {
            if let Some(candidate) = candidates.get(next) {
                let wants = &candidate.wants;
                lacks.extend(
                    wants
                        .lacks_at_once
                        .iter()
                        .chain(&wants.lacks_in_functions)
                        .cloned(),
                );
            }
            let through = self.needs.get(next).map(|needs| &needs.through);
            queue.extend(
                through
                    .into_iter()
                    .flatten()
                    .filter(|path| seen.insert(path)),
            );
        }
        lacks
    }

    fn needs_of(
        &self,
        layout: &Layout<'_>,
        fixtures: &BTreeMap<TreePath, BTreeSet<String>>,
        candidates: &BTreeMap<TreePath, Candidate>,
        path: &TreePath,
        candidate: &Candidate,
    ) -> Needs {
        let wants = &candidate.wants;
        let mut needs = Needs {
            at_once: !wants.lacks_at_once.is_empty(),
            ..Needs::default()
        };
        for lack in wants.lacks_at_once.iter().chain(&wants.lacks_in_functions) {
            match &lack.at {
                LackAt::Alias(start) => needs.lacking.aliases.insert(*start),
                LackAt::Use(start) => needs.lacking.uses.insert(*start),
                LackAt::Attribute(bound, name) => {
                    let attribute = (bound.clone(), name.clone());
                    needs.lacking.attributes.insert(attribute)
                }
            };
        }
        self.through_supports(&mut needs, candidate);
        if !is_conftest(path.as_str()) || candidate.has_fixtures() {
            self.through_conftests(&mut needs, layout, fixtures, candidates, path, candidate);
        }
        needs
    }

    fn through_supports(&self, needs: &mut Needs, candidate: &Candidate) {
        for taken in &candidate.wants.support_names {
            let lost = match (self.files.get(&taken.path), &taken.name) {
                (Some(Part::Left(..)), _) => {
                    needs.lacking.aliases.insert(taken.alias);
                    true
                }
                (Some(Part::Cut(cut)), None) => {
                    let gone = cut.gone.iter();
                    let attributes = gone.map(|name| (taken.bound.clone(), name.clone()));
                    needs.lacking.attributes.extend(attributes);
                    !cut.gone.is_empty()
                }
                (Some(Part::Cut(cut)), Some(name)) if name == "*" => {
                    needs.lacking.names.extend(cut.gone.iter().cloned());
                    !cut.gone.is_empty()
                }
                (Some(Part::Cut(cut)), Some(name)) if cut.gone.contains(name) => {
                    needs.lacking.aliases.insert(taken.alias);
                    true
                }
                _ => false,
            };
            if lost {
                needs.at_once |= taken.name.is_some()
                    || matches!(self.files.get(&taken.path), Some(Part::Left(..)));
                needs.through.insert(taken.path.clone());
            }
        }
    }

    /// Fixtures that are gone from the `conftest.py` beside a file and those above; the nearest that has one of a name counts.
    fn through_conftests(
        &self,
        needs: &mut Needs,
        layout: &Layout<'_>,
        fixtures: &BTreeMap<TreePath, BTreeSet<String>>,
        candidates: &BTreeMap<TreePath, Candidate>,
        path: &TreePath,
        candidate: &Candidate,
    ) {
        let mut kept: BTreeSet<&String> = BTreeSet::new();
        for conftest in conftests_of(layout, path) {
            if conftest == *path {
                continue;
            }
            let known = fixtures.get(&conftest);
            let gone: BTreeSet<String> = match self.files.get(&conftest) {
                Some(Part::Left(..)) => functions_of(candidates.get(&conftest)),
                Some(Part::Cut(cut)) => cut.gone_fixtures.clone(),
                Some(Part::Whole) | None => BTreeSet::new(),
            };
            let asked: Vec<&String> = gone
                .iter()
                .filter(|name| !kept.contains(name) && plugins::has_word(candidate.text(), name))
                .collect();
            if !asked.is_empty() {
                needs.at_once = true;
                needs.through.insert(conftest.clone());
                needs.lacking.fixtures.extend(asked.into_iter().cloned());
            }
            kept.extend(
                known
                    .into_iter()
                    .flatten()
                    .filter(|name| !gone.contains(*name)),
            );
        }
    }
}

/// Lists the functions of a file, which may all be fixtures of a kind that is not known here.
fn functions_of(candidate: Option<&Candidate>) -> BTreeSet<String> {
    let facts = candidate.and_then(|candidate| candidate.parsed.facts.as_ref());
    let symbols = facts.into_iter().flat_map(|facts| &facts.symbols);
    symbols
        .filter(|symbol| symbol.kind == SymbolKind::Function)
        .map(|symbol| symbol.name.clone())
        .collect()
}
