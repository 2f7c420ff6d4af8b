//! Ranges of Python versions as part of a conflict. Other ecosystems have none that can conflict.
//!
//! A set is looked for that holds for every Python of the common range. So ranges conflict in two ways: they have no overlap, which needs no
//! solver to tell; or their overlap takes in versions for which the requirements have no solution.

use std::collections::BTreeSet;

use synthesizer_model::{
    dependency::Ecosystem,
    failure::Failure,
    resolution::{Resolution, ResolutionRequest, ResolutionStatus},
};

use super::{Element, Tries, elements, restricted};
use crate::{
    python_demands::{self, PythonDemand},
    python_range::{PythonRange, parse_specifiers},
};

/// How many parts of the range, or of the environments, are tried.
const MOST_PARTS: usize = 3;

/// Gives the smallest set of ranges without overlap, if the request has one.
pub(super) fn without_overlap(
    request: &ResolutionRequest,
    ecosystem: Ecosystem,
) -> Option<Vec<Element>> {
    if ecosystem != Ecosystem::Python {
        return None;
    }
    let demands = python_demands::read(request, &mut Vec::new()).ok()?;
    let parties = python_demands::contradiction(&demands)?;
    Some(parties.into_iter().map(element).collect())
}

fn element(demand: &PythonDemand) -> Element {
    demand
        .repository
        .map_or(Element::ChosenPython, Element::Python)
}

/// Gives the ranges that keep the common one from being smaller at its lower end, or its upper one where none does.
pub(super) fn bounding(request: &ResolutionRequest, conflict: &[Element]) -> Vec<Element> {
    let demands = python_demands::read(request, &mut Vec::new()).unwrap_or_default();
    let concerned: BTreeSet<usize> = conflict.iter().filter_map(|one| one.repository()).collect();
    demands
        .iter()
        .filter(|demand| {
            demand
                .repository
                .is_some_and(|index| concerned.contains(&index))
        })
        .map(element)
        .collect()
}

/// Gives a part of the common range of Python versions for which a conflicting set has a solution.
///
/// Only parts that the solver or a condition of the set points at are tried. `None` for other ecosystems and when the user has chosen one
/// version.
pub(super) async fn solvable_part(
    tries: &mut Tries<'_>,
    request: &ResolutionRequest,
    conflict: &[Element],
    answer: &Resolution,
) -> Result<Option<String>, Failure> {
    if tries.ecosystem() != Ecosystem::Python || request.python_version.is_some() {
        return Ok(None);
    }
    let Some(common) = python_demands::common(request) else {
        return Ok(None);
    };
    for part in parts(request, conflict, answer, &common) {
        let mut narrower = restricted(request, conflict);
        let Some(first) = narrower.repositories.first_mut() else {
            return Ok(None);
        };
        first.requires_python = Some(common.intersect(&part).specifier());
        match tries.ask(&narrower).await? {
            Some(answer) if answer.status == ResolutionStatus::Resolved => {
                return Ok(Some(part.specifier()));
            }
            Some(_) => {}
            None => return Ok(None),
        }
    }
    Ok(None)
}

/// Writes the versions of Python that are not in a range as a marker.
pub(super) fn outside(range: &str) -> Option<String> {
    let conditions: Vec<String> = parse_specifiers(range)?
        .iter()
        .map(|one| format!("python_full_version {} '{}'", one.operator(), one.version()))
        .collect();
    let inside = elements::marker(&conditions.join(" and "))?;
    inside.negate().try_to_string()
}

/// Gives the part of the environments in which alone a conflicting set conflicts, of those that the solver's derivation names.
///
/// A solver stops at the first part in which it finds no solution, so each is tried: outside of it the set must have one.
pub(super) async fn conflicting_part(
    tries: &mut Tries<'_>,
    request: &ResolutionRequest,
    conflict: &[Element],
    answer: &Resolution,
) -> Result<Option<String>, Failure> {
    if tries.ecosystem() != Ecosystem::Python {
        return Ok(None);
    }
    let own = elements::environment(request, conflict, None);
    let own = own.as_deref().and_then(elements::marker);
    let mut named: Vec<&str> = Vec::new();
    for part in answer
        .derivation
        .iter()
        .filter_map(|step| step.environment.as_deref())
    {
        if named.len() < MOST_PARTS && !named.contains(&part) {
            named.push(part);
        }
    }
    for part in named {
        let Some(read) = elements::marker(part) else {
            continue;
        };
        let says_nothing = own.as_ref().is_some_and(|own| {
            let mut both = own.clone();
            both.and(read.clone());
            both == *own
        });
        if says_nothing {
            continue;
        }
        let Some(outside) = elements::outside(&restricted(request, conflict), part) else {
            continue;
        };
        let answer = tries.ask(&outside).await?;
        if answer.is_some_and(|answer| answer.status == ResolutionStatus::Resolved) {
            return Ok(Some(part.to_owned()));
        }
    }
    Ok(None)
}

/// Lists parts of the range to try: those that packages ask for, then those that conditions divide it into, newer versions first.
fn parts(
    request: &ResolutionRequest,
    conflict: &[Element],
    answer: &Resolution,
    common: &PythonRange,
) -> Vec<PythonRange> {
    let mut asked: Vec<PythonRange> = answer
        .derivation
        .iter()
        .filter(|step| step.package == "python")
        .filter_map(|step| PythonRange::parse(&step.versions))
        .collect();
    // The one that leaves out least comes first.
    asked.sort_by_key(PythonRange::lowest);
    let markers = conflict
        .iter()
        .filter_map(|element| elements::dependency(request, *element)?.marker.as_deref());
    let told = answer
        .derivation
        .iter()
        .filter_map(|step| step.environment.as_deref());
    let bounds: BTreeSet<(u64, u64)> = markers.chain(told).flat_map(series).collect();
    let from = bounds
        .iter()
        .map(|(major, minor)| format!(">={major}.{minor}"));
    let after = bounds
        .iter()
        .map(|(major, minor)| format!(">={major}.{}", minor.saturating_add(1)));
    let before = bounds
        .iter()
        .rev()
        .map(|(major, minor)| format!("<{major}.{minor}"));
    let divided = from.chain(after).chain(before);
    asked.extend(divided.filter_map(|text| PythonRange::parse(&text)));
    let mut met = BTreeSet::new();
    asked.retain(|part| {
        let narrower = common.intersect(part);
        !narrower.is_empty()
            && narrower.specifier() != common.specifier()
            && met.insert(narrower.specifier())
    });
    asked.truncate(MOST_PARTS);
    asked
}

/// Gives the series `X.Y` of Python that a marker names.
fn series(marker: &str) -> Vec<(u64, u64)> {
    if !marker.contains("python") {
        return Vec::new();
    }
    marker
        .split(['\'', '"'])
        .skip(1)
        .step_by(2)
        .filter_map(|version| {
            let mut numbers = version.split('.');
            let major = numbers.next()?.parse().ok()?;
            let minor = numbers.next()?.parse().ok()?;
            (major <= 4 && minor <= 99).then_some((major, minor))
        })
        .take(16)
        .collect()
}
