//! The search for ways out. Must not offer what was not solved.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::future::BoxFuture;
use synthesizer_model::{
    failure::Failure,
    resolution::{Relaxation, Resolution, ResolutionRequest, ResolutionStatus},
};

use super::{
    candidates,
    changes::{self, Becomes, Change, Changed},
    dialect,
};
use crate::shrinking::{
    Element, SmallestConflict, Tries, dependency, restricted, smallest_conflict,
};

/// How many ways out are offered.
pub(super) const MOST_OPTIONS: usize = 3;
/// How many requirements of one conflict are looked at.
const MOST_ELEMENTS: usize = 6;
/// How many changes one way out has at most.
pub(super) const MOST_CHANGES: usize = 8;
/// The severity up to which a further change is made without looking for a milder one elsewhere.
const MILD: u8 = 3;

/// Finds the fewest and mildest changes that make the whole request solvable, each solved before it is offered.
///
/// Up to three ways out are given, those with the fewest changes first, then the mildest, then those that touch the fewest repositories; each
/// begins with another requirement of the conflict, so that it can be chosen who moves. The second value is what to know, that of the conflict
/// included.
///
/// # Errors
/// `E_CANCELLED`. When the budget ends, what was found until then is given.
pub(crate) async fn ways_out(
    tries: &mut Tries<'_>,
    request: &ResolutionRequest,
    smallest: &SmallestConflict,
) -> Result<(Vec<Relaxation>, Vec<String>), Failure> {
    let mut warnings = smallest.warnings.clone();
    let Some(dialect) = dialect::of(tries.ecosystem()) else {
        return Ok((Vec::new(), warnings));
    };
    let mut search = Search {
        tries,
        request,
        others: Vec::new(),
        seen: Vec::new(),
        untold: 0,
    };
    let mut options: Vec<WayOut> = Vec::new();
    let elements = smallest.elements.len().min(MOST_ELEMENTS);
    for (index, element) in smallest.elements.iter().take(elements).enumerate() {
        search.tries.share(elements - index);
        if let Some(option) = search.by_changing(*element, smallest).await? {
            let option = search.without_needless(option).await?;
            if options.iter().all(|known| known.changes != option.changes) {
                options.push(option);
            }
        }
    }
    options.sort_by_key(|option| option.rank(request));
    options.truncate(MOST_OPTIONS);
    if let Some(failure) = search.tries.ended() {
        warnings.push(match options.is_empty() {
            true => format!("no way out was found in time: {}", failure.message),
            false => format!("there may be milder ways out: {}", failure.message),
        });
    } else if options.is_empty() && search.untold == 0 {
        warnings.push(format!(
            "no way out of at most {MOST_CHANGES} changes was found"
        ));
    }
    if search.untold > 0 {
        let untold = search.untold;
        warnings.push(match options.is_empty() {
            true => format!(
                "no way out was found, but of {untold} changes it could not be told whether they are one: the solver took too long over them, or could not tell"
            ),
            false => format!("of {untold} further changes it cannot be told whether they are a way out"),
        });
    }
    let mut relaxations = Vec::new();
    for (number, option) in (1..).zip(&options) {
        relaxations.extend(changes::relaxations(
            request,
            number,
            &option.changes,
            &option.answer,
            dialect,
        ));
    }
    Ok((relaxations, warnings))
}

/// Changes with which the whole request has a solution.
struct WayOut {
    changes: Vec<Change>,
    /// The solution.
    answer: Arc<Resolution>,
}

impl WayOut {
    /// Gives what orders ways out: the number of changes, the strongest of them, all of them, and the repositories touched.
    fn rank(&self, request: &ResolutionRequest) -> (usize, u8, u32, usize) {
        let severities = || self.changes.iter().map(|change| change.severity);
        let touched: BTreeSet<Option<&str>> = self
            .changes
            .iter()
            .map(|change| {
                let index = change.element.repository()?;
                let repository = request.repositories.get(index)?;
                Some(repository.repository.as_str())
            })
            .collect();
        (
            self.changes.len(),
            severities().max().unwrap_or_default(),
            severities().map(u32::from).sum(),
            touched.len(),
        )
    }
}

struct Search<'s, 't, 'r> {
    tries: &'s mut Tries<'t>,
    /// The request before any change.
    request: &'r ResolutionRequest,
    /// Conflicts that were left after other changes; they are likely to be met again.
    others: Vec<SmallestConflict>,
    /// Changes that were made further, so that none is tried twice.
    seen: Vec<Vec<Change>>,
    /// How many changes might be a way out, but the solver cannot tell.
    untold: usize,
}

impl Search<'_, '_, '_> {
    /// Finds the mildest change of one element with which, and with changes for further conflicts, the whole request has a solution.
    async fn by_changing(
        &mut self,
        element: Element,
        conflict: &SmallestConflict,
    ) -> Result<Option<WayOut>, Failure> {
        for change in self.candidates(&[], element, conflict).await? {
            if !self
                .settles(std::slice::from_ref(&change), conflict)
                .await?
            {
                continue;
            }
            if let Some(option) = self.completed(vec![change]).await? {
                return Ok(Some(option));
            }
        }
        Ok(None)
    }

    /// Takes back changes that others have made needless since.
    async fn without_needless(&mut self, mut option: WayOut) -> Result<WayOut, Failure> {
        let mut index = 0;
        while option.changes.len() > 1 && index < option.changes.len() {
            let mut fewer = option.changes.clone();
            fewer.remove(index);
            let changed = Changed::new(self.request, &fewer);
            match self.tries.ask(&changed.request).await? {
                Some(answer) if answer.status == ResolutionStatus::Resolved => {
                    option = WayOut {
                        changes: fewer,
                        answer,
                    };
                }
                Some(_) => index += 1,
                None => break,
            }
        }
        option
            .changes
            .sort_by_key(|change| (change.element, change.severity));
        Ok(option)
    }

    async fn candidates(
        &mut self,
        before: &[Change],
        element: Element,
        conflict: &SmallestConflict,
    ) -> Result<Vec<Change>, Failure> {
        let solver = self.tries.solver();
        let own = match element {
            Element::Constraint(index) => {
                let text = self.request.constraints.get(index);
                text.and_then(|one| solver.read_constraint(&one.requirement).ok())
            }
            _ => dependency(self.request, element).cloned(),
        };
        let free = own.as_ref().and_then(candidates::freed);
        let freed = match (element, free) {
            (Element::Requirement { .. }, Some(free)) => {
                let becomes = Becomes::Requirement(Box::new(free));
                self.with(before, element, becomes, conflict).await?
            }
            // A constraint that allows any version is none.
            (Element::Constraint(_), Some(_)) => {
                self.with(before, element, Becomes::Gone, conflict).await?
            }
            _ => None,
        };
        let freed = freed.filter(|answer| answer.status == ResolutionStatus::Resolved);
        Ok(candidates::candidates(
            self.request,
            conflict,
            element,
            freed.as_deref(),
            solver,
        ))
    }

    /// Solves the conflict's requirements alone, with changes.
    async fn with(
        &mut self,
        before: &[Change],
        element: Element,
        becomes: Becomes,
        conflict: &SmallestConflict,
    ) -> Result<Option<Arc<Resolution>>, Failure> {
        let change = Change {
            element,
            severity: 0,
            becomes,
        };
        let changes = [before, &[change]].concat();
        self.alone(&changes, &conflict.elements).await
    }

    async fn alone(
        &mut self,
        changes: &[Change],
        elements: &[Element],
    ) -> Result<Option<Arc<Resolution>>, Failure> {
        let changed = Changed::new(self.request, changes);
        let smaller = restricted(&changed.request, &changed.now(elements));
        self.tries.ask(&smaller).await
    }

    /// Says whether changes make a conflict's requirements alone solvable.
    async fn settles(
        &mut self,
        changes: &[Change],
        conflict: &SmallestConflict,
    ) -> Result<bool, Failure> {
        let answer = self.alone(changes, &conflict.elements).await?;
        Ok(answer.is_some_and(|answer| answer.status == ResolutionStatus::Resolved))
    }

    /// Adds changes for the conflicts that are left, until the whole request has a solution.
    ///
    /// `None` when the changes lead into a conflict of their own, and when it takes too many.
    fn completed(
        &mut self,
        changes: Vec<Change>,
    ) -> BoxFuture<'_, Result<Option<WayOut>, Failure>> {
        Box::pin(async move {
            let changed = Changed::new(self.request, &changes);
            let Some(answer) = self.tries.ask(&changed.request).await? else {
                return Ok(None);
            };
            match answer.status {
                ResolutionStatus::Resolved => return Ok(Some(WayOut { changes, answer })),
                ResolutionStatus::Unknown => {
                    self.untold += 1;
                    return Ok(None);
                }
                ResolutionStatus::Unsatisfiable => {}
            }
            if changes.len() == MOST_CHANGES {
                return Ok(None);
            }
            let Some(next) = self.next_conflict(&changes, &changed).await? else {
                return Ok(None);
            };
            let is_met = |change: &Change| {
                let group = changes::group(self.request, change.element);
                group.iter().any(|element| next.elements.contains(element))
            };
            match changes.iter().position(is_met) {
                Some(index) => self.changed_further(changes, index, &next).await,
                None => self.changed_too(changes, &next).await,
            }
        })
    }

    /// Changes a requirement more than before, since what it became is part of another conflict; or another one of that conflict.
    async fn changed_further(
        &mut self,
        changes: Vec<Change>,
        index: usize,
        conflict: &SmallestConflict,
    ) -> Result<Option<WayOut>, Failure> {
        let mut others = changes.clone();
        let before = others.remove(index);
        for change in self.candidates(&others, before.element, conflict).await? {
            if change.severity < before.severity || change == before {
                continue;
            }
            let further = [others.as_slice(), &[change]].concat();
            if self.seen.contains(&further) || !self.settles(&further, conflict).await? {
                continue;
            }
            self.seen.push(further.clone());
            if let Some(option) = self.completed(further).await? {
                return Ok(Some(option));
            }
        }
        self.changed_too(changes, conflict).await
    }

    /// Changes one more requirement; one of a repository that is touched already, if a mild change will do.
    async fn changed_too(
        &mut self,
        changes: Vec<Change>,
        conflict: &SmallestConflict,
    ) -> Result<Option<WayOut>, Failure> {
        let own: Vec<Element> = changes
            .iter()
            .flat_map(|change| changes::group(self.request, change.element))
            .collect();
        let touched = |element: &Element| {
            let index = element.repository();
            changes
                .iter()
                .any(|change| change.element.repository() == index)
        };
        let mut elements = conflict.elements.clone();
        elements.retain(|element| !own.contains(element));
        elements.truncate(MOST_ELEMENTS);
        elements.sort_by_key(|element| !touched(element));
        let mut later: Vec<Vec<Change>> = Vec::new();
        for element in elements {
            let Some(change) = self.settling(&changes, element, conflict).await? else {
                continue;
            };
            let is_mild = change.severity <= MILD;
            let further = [changes.as_slice(), &[change]].concat();
            if !is_mild {
                later.push(further);
            } else if let Some(option) = self.completed(further).await? {
                return Ok(Some(option));
            }
        }
        later.sort_by_key(|further| further.last().map(|change| change.severity));
        for further in later {
            if let Some(option) = self.completed(further).await? {
                return Ok(Some(option));
            }
        }
        Ok(None)
    }

    /// Finds a conflict that is left after changes, in terms of the request before them.
    async fn next_conflict(
        &mut self,
        changes: &[Change],
        changed: &Changed,
    ) -> Result<Option<SmallestConflict>, Failure> {
        for index in 0..self.others.len() {
            let elements = self.others[index].elements.clone();
            let met = self.alone(changes, &elements).await?;
            if met.is_some_and(|answer| answer.status == ResolutionStatus::Unsatisfiable) {
                return Ok(Some(self.others[index].clone()));
            }
        }
        let found = match smallest_conflict(self.tries, &changed.request).await {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(None),
            Err(failure) if self.tries.ended().is_some() => {
                tracing::debug!(code = failure.code.as_str(), "the tries ended");
                return Ok(None);
            }
            Err(failure) => return Err(failure),
        };
        let found = SmallestConflict {
            elements: changed.before(&found.elements),
            ..found
        };
        self.others.push(found.clone());
        Ok(Some(found))
    }

    /// Finds the mildest change of one element that settles a conflict.
    async fn settling(
        &mut self,
        before: &[Change],
        element: Element,
        conflict: &SmallestConflict,
    ) -> Result<Option<Change>, Failure> {
        for change in self.candidates(before, element, conflict).await? {
            let changes = [before, std::slice::from_ref(&change)].concat();
            if self.settles(&changes, conflict).await? {
                return Ok(Some(change));
            }
        }
        Ok(None)
    }
}
