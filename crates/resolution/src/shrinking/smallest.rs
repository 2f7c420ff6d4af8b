//! The search for the smallest conflicting set. Must not know a solver, and must not take "unknown" for "no".

use std::{collections::BTreeSet, sync::Arc};

use synthesizer_model::{
    failure::Failure,
    resolution::{Conflict, Resolution, ResolutionRequest, ResolutionStatus},
};

use super::{
    elements::{self, Element, imposed, restricted},
    pythons,
    tries::Tries,
};

/// How often a set is cut down to what the solver's own text names of it.
const MOST_REFINEMENTS: usize = 4;

/// A set of requirements that cannot hold together.
#[derive(Debug, Clone)]
pub(crate) struct SmallestConflict {
    /// The set, in the request's order.
    pub(crate) elements: Vec<Element>,
    /// What the solver says of exactly this set.
    pub(crate) answer: Arc<Resolution>,
    /// The Python versions for which the set has a solution, when it conflicts for a part of the range only.
    pub(crate) solvable_python: Option<String>,
    /// The part of the environments in which alone it conflicts, as a marker, beside where its own conditions hold.
    pub(crate) part: Option<String>,
    /// What to know.
    pub(crate) warnings: Vec<String>,
}

impl SmallestConflict {
    /// Says whether each element is known to be necessary.
    #[cfg(test)]
    pub(super) fn is_minimal(&self) -> bool {
        self.warnings.is_empty()
    }

    /// Gives the conflict with the repositories' own names and places.
    pub(crate) fn conflict(&self, request: &ResolutionRequest) -> Conflict {
        let what = self.about(request);
        let mut requirements = Vec::new();
        for element in &self.elements {
            let Some(mut one) = imposed(request, *element) else {
                continue;
            };
            let is_python = matches!(element, Element::Python(_) | Element::ChosenPython);
            if is_python && what != "python" {
                one.specifier = format!("python{}", one.specifier);
            }
            requirements.push(one);
        }
        let mut repositories: Vec<String> = Vec::new();
        for element in &self.elements {
            if let Some(index) = element.repository() {
                let name = elements::shown(request, index);
                if !repositories.contains(&name) {
                    repositories.push(name);
                }
            }
        }
        Conflict {
            what,
            environment: elements::environment(request, &self.elements, self.part.as_deref()),
            repositories,
            requirements,
        }
    }

    /// Gives the package that the set is about: the one that all of it asks for, else the one that the solver names.
    pub(crate) fn about(&self, request: &ResolutionRequest) -> String {
        let names: BTreeSet<String> = self
            .elements
            .iter()
            .filter_map(|element| elements::package(request, *element))
            .collect();
        let told = self
            .answer
            .conflicts
            .first()
            .map(|first| first.what.clone());
        match names.len() {
            0 => "python".to_owned(),
            1 if self.elements.len() > 1 => names.into_iter().next().unwrap_or_default(),
            _ => told
                .or_else(|| names.into_iter().next())
                .unwrap_or_default(),
        }
    }
}

/// Finds a set of requirements that has no solution while each of its proper subsets has one, as far as the budget of `tries` goes.
///
/// Requirements and constraints take part; so do ranges of Python versions, which have no overlap or take in versions for which the
/// requirements have no solution. `None` when the solver does not say "no". A set is minimal for a solver to which fewer requirements never
/// are harder to meet. When the budget ends first, the smallest set known so far is given, with a warning; a try that the solver answers with
/// "unknown" counts as one that is not known to conflict, which is said too.
///
/// # Errors
/// `E_CANCELLED`; those of the solver, when it fails before a conflict is known.
pub(crate) async fn smallest_conflict(
    tries: &mut Tries<'_>,
    request: &ResolutionRequest,
) -> Result<Option<SmallestConflict>, Failure> {
    let unknown_before = tries.unknown();
    let Some(whole) = tries.ask(request).await? else {
        return match tries.ended() {
            Some(failure) => Err(failure),
            None => Ok(None),
        };
    };
    if whole.status != ResolutionStatus::Unsatisfiable {
        return Ok(None);
    }
    if let Some(elements) = pythons::without_overlap(request, tries.ecosystem()) {
        return Ok(Some(SmallestConflict {
            elements,
            answer: whole,
            solvable_python: None,
            part: None,
            warnings: Vec::new(),
        }));
    }
    let mut search = Search {
        tries,
        request,
        necessary: Vec::new(),
        open: Vec::new(),
        answer: whole,
    };
    let minimal = search.run().await?;
    let Search {
        mut necessary,
        open,
        answer,
        ..
    } = search;
    necessary.extend(open);
    necessary.sort_unstable();
    let mut warnings = Vec::new();
    if !minimal {
        warnings.push(
            "the conflicting set may not be the smallest: the time or the number of tries for finding it ended"
                .to_owned(),
        );
    }
    let unknown = tries.unknown() - unknown_before;
    if unknown > 0 {
        warnings.push(format!(
            "the solver could not tell {unknown} of the smaller sets apart, so the conflicting set may not be the smallest"
        ));
    }
    let solvable_python = pythons::solvable_part(tries, request, &necessary, &answer).await?;
    let part = match &solvable_python {
        Some(range) => pythons::outside(range),
        None => pythons::conflicting_part(tries, request, &necessary, &answer).await?,
    };
    if solvable_python.is_some() {
        necessary.extend(pythons::bounding(request, &necessary));
        necessary.sort_unstable();
        necessary.dedup();
    }
    Ok(Some(SmallestConflict {
        elements: necessary,
        answer,
        solvable_python,
        part,
        warnings,
    }))
}

/// What the search knows. `necessary` and `open` together were always refused by the solver.
struct Search<'s, 't, 'r> {
    tries: &'s mut Tries<'t>,
    request: &'r ResolutionRequest,
    /// Elements without which the rest is not known to conflict.
    necessary: Vec<Element>,
    /// Elements of which it is not known, what the solver names first.
    open: Vec<Element>,
    /// The solver's answer to the two together.
    answer: Arc<Resolution>,
}

/// What one try of the search says.
enum Said {
    Conflict,
    NotKnownTo,
    /// The budget is spent.
    Nothing,
}

impl Search<'_, '_, '_> {
    /// Shrinks until every element left is necessary; says whether it came to that.
    ///
    /// One element is found at a time: the last one of the shortest prefix of `open` that conflicts is necessary, and what follows it is not.
    /// The prefix is found by halving, so that a set of `k` elements out of `n` takes about `k log n` tries.
    async fn run(&mut self) -> Result<bool, Failure> {
        self.open = elements::all(self.request);
        if !self.refine().await? {
            return Ok(false);
        }
        loop {
            if self.open.is_empty() {
                return Ok(true);
            }
            if !self.necessary.is_empty() {
                match self.prefix(0).await? {
                    Said::Conflict => continue,
                    Said::NotKnownTo => {}
                    Said::Nothing => return Ok(false),
                }
            }
            let mut low = 0;
            while self.open.len() - low > 1 {
                let middle = low.midpoint(self.open.len());
                match self.prefix(middle).await? {
                    Said::Conflict => {}
                    Said::NotKnownTo => low = middle,
                    Said::Nothing => return Ok(false),
                }
            }
            self.necessary.extend(self.open.pop());
        }
    }

    /// Puts in front what the solver's answer names, and drops the rest where that alone conflicts; says whether the budget allows more.
    async fn refine(&mut self) -> Result<bool, Failure> {
        for _ in 0..MOST_REFINEMENTS {
            let named = elements::named(self.request, &self.open, &self.answer);
            let count = named.len();
            if count == 0 || count == self.open.len() {
                return Ok(true);
            }
            let rest: Vec<Element> = self
                .open
                .iter()
                .copied()
                .filter(|element| !named.contains(element))
                .collect();
            self.open = named;
            self.open.extend(rest);
            match self.prefix(count).await? {
                Said::Conflict => {}
                Said::NotKnownTo => return Ok(true),
                Said::Nothing => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Asks for the necessary elements and the first `count` open ones; a conflict drops the other open ones.
    async fn prefix(&mut self, count: usize) -> Result<Said, Failure> {
        let asked = [self.necessary.as_slice(), &self.open[..count]].concat();
        let smaller = restricted(self.request, &asked);
        Ok(match self.tries.ask(&smaller).await? {
            Some(answer) if answer.status == ResolutionStatus::Unsatisfiable => {
                self.open.truncate(count);
                self.answer = answer;
                Said::Conflict
            }
            Some(_) => Said::NotKnownTo,
            None => Said::Nothing,
        })
    }
}
