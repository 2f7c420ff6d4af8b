//! The changes of one requirement that are worth a try, the mildest first. Must not solve.

use synthesizer_model::{
    dependency::Dependency,
    resolution::{Resolution, ResolutionRequest},
};

use super::{
    bounds::{Bounds, moves},
    changes::{Becomes, Change},
    dialect::{self, Dialect},
    python::Python,
};
use crate::{
    constraints::package_key,
    python_demands,
    python_range::PythonRange,
    shrinking::{Element, SmallestConflict, dependency, package},
    solvers::Solver,
};

/// A range of Python versions gets narrower: nothing of the requirements changes, but fewer people can use the result.
const NARROWER: u8 = 3;
/// Another version of Python than the one that was asked for.
const OTHER_PYTHON: u8 = 4;
/// An extra goes.
const WITHOUT_EXTRA: u8 = 5;
/// A requirement goes.
const GONE: u8 = 7;
/// How many changes of one requirement's versions are tried.
const MOST_MOVES: usize = 6;

/// Lists changes of one element of a conflict.
///
/// `freed` is what the solver says when the element asks for any version; without a solution there no other version will do.
pub(super) fn candidates(
    request: &ResolutionRequest,
    conflict: &SmallestConflict,
    element: Element,
    freed: Option<&Resolution>,
    solver: &dyn Solver,
) -> Vec<Change> {
    let change = |severity: u8, becomes: Becomes| Change {
        element,
        severity,
        becomes,
    };
    match element {
        Element::Requirement { .. } => {
            let Some(own) = dependency(request, element) else {
                return Vec::new();
            };
            let mut found: Vec<Change> = others(request, conflict, element, own, freed)
                .into_iter()
                .map(|(severity, wanted)| change(severity, Becomes::Requirement(Box::new(wanted))))
                .collect();
            found.push(change(GONE, Becomes::Gone));
            found
        }
        Element::Constraint(index) => {
            let mut found = Vec::new();
            let text = request.constraints.get(index).map(|one| &one.requirement);
            if let Some(Ok(own)) = text.map(|text| solver.read_constraint(text)) {
                let others = others(request, conflict, element, &own, freed);
                found.extend(others.into_iter().filter_map(|(severity, wanted)| {
                    let text = constraint(&wanted)?;
                    Some(change(severity, Becomes::Constraint(text)))
                }));
            }
            found.push(change(GONE, Becomes::Gone));
            found
        }
        Element::Python(index) => pythons(request, conflict, index)
            .into_iter()
            .map(|(severity, range)| change(severity, Becomes::Python(range)))
            .collect(),
        Element::ChosenPython => python_versions(request)
            .into_iter()
            .map(|version| change(OTHER_PYTHON, Becomes::ChosenPython(version)))
            .collect(),
    }
}

fn constraint(wanted: &Dependency) -> Option<String> {
    let text = dialect::of(wanted.ecosystem)?.constraint(wanted);
    let plain = text
        .strip_prefix(wanted.ecosystem.as_str())
        .and_then(|rest| rest.strip_prefix(':'))
        .unwrap_or(&text);
    Some(match &wanted.marker {
        Some(marker) => format!("{plain}; {marker}"),
        None => plain.to_owned(),
    })
}

/// Gives a requirement that asks for any version of the same package.
pub(super) fn freed(own: &Dependency) -> Option<Dependency> {
    let dialect = dialect::of(own.ecosystem)?;
    Some(Dependency {
        specifier: dialect.any().to_owned(),
        parsed: None,
        ..own.clone()
    })
}

/// Lists other requirements of the same package.
fn others(
    request: &ResolutionRequest,
    conflict: &SmallestConflict,
    element: Element,
    own: &Dependency,
    freed: Option<&Resolution>,
) -> Vec<(u8, Dependency)> {
    let Some(dialect) = dialect::of(own.ecosystem) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if let (Some(freed), Some(bounds)) = (freed, dialect.read(&own.specifier)) {
        let needs = needs(request, conflict, element, dialect);
        let taken = taken(freed, &package_key(own), dialect);
        let ends = |release: &[u64]| dialect.ends(release);
        let moves = moves(&bounds, &needs, &taken, &ends);
        found.extend(moves.into_iter().take(MOST_MOVES).map(|one| {
            let specifier = dialect.write(&one.bounds);
            let wanted = Dependency {
                specifier,
                parsed: None,
                ..own.clone()
            };
            (one.severity, wanted)
        }));
    } else if let (Some(_), Some(wanted)) = (freed, self::freed(own)) {
        // The versions are no interval, so they can only be left open.
        found.push((GONE - 1, wanted));
    }
    let single = own.extras.iter().filter(|extra| *extra != "-default");
    let without = |extra: &String| Dependency {
        extras: own
            .extras
            .iter()
            .filter(|one| *one != extra)
            .cloned()
            .collect(),
        ..own.clone()
    };
    found.extend(single.map(|extra| (WITHOUT_EXTRA, without(extra))));
    found
}

/// Lists what others of the conflict, and the packages of the solver's derivation, ask of the element's package.
fn needs(
    request: &ResolutionRequest,
    conflict: &SmallestConflict,
    element: Element,
    dialect: &dyn Dialect,
) -> Vec<Bounds> {
    let name = package(request, element);
    let direct = conflict
        .elements
        .iter()
        .filter(|other| **other != element && package(request, **other) == name)
        .filter_map(|other| dependency(request, *other))
        .filter_map(|other| dialect.read(&other.specifier));
    let own_name = element
        .repository()
        .map(|index| crate::shrinking::shown(request, index));
    let derived = conflict
        .answer
        .derivation
        .iter()
        .filter(|step| Some(&step.package) == name.as_ref())
        .filter(|step| !step.is_repository && Some(&step.subject) != own_name.as_ref())
        .filter_map(|step| dialect.read(&step.versions));
    direct.chain(derived).collect()
}

/// Gives the release numbers of the versions that were taken of a package.
fn taken(answer: &Resolution, name: &str, dialect: &dyn Dialect) -> Vec<Vec<u64>> {
    answer
        .packages
        .iter()
        .filter(|package| package.name == name)
        .filter_map(|package| dialect.read(&format!(">={}", package.version))?.lower)
        .map(|end| end.release)
        .collect()
}

/// Lists other ranges of Python versions for a repository: wider ones where ranges have no overlap, else the part that has a solution.
fn pythons(
    request: &ResolutionRequest,
    conflict: &SmallestConflict,
    index: usize,
) -> Vec<(u8, String)> {
    let demands = python_demands::read(request, &mut Vec::new()).unwrap_or_default();
    let own = demands
        .iter()
        .find(|demand| demand.repository == Some(index));
    if let Some(part) = conflict
        .solvable_python
        .as_deref()
        .and_then(PythonRange::parse)
    {
        let narrower = match own {
            Some(own) => own.range.intersect(&part),
            None => part,
        };
        return vec![(NARROWER, narrower.specifier())];
    }
    let Some(own) = own else {
        return Vec::new();
    };
    let of_conflict = |repository: Option<usize>| {
        let element = repository.map_or(Element::ChosenPython, Element::Python);
        repository != Some(index) && conflict.elements.contains(&element)
    };
    let parties = demands
        .iter()
        .filter(|demand| of_conflict(demand.repository));
    let needs: Vec<Bounds> = parties
        .clone()
        .filter_map(|demand| Python.read(&demand.range.specifier()))
        .collect();
    let Some(bounds) = Python.read(&own.text) else {
        return Vec::new();
    };
    let lowest = python_demands::intersection(parties)
        .lowest()
        .map(|version| version.release().to_vec());
    let taken: Vec<Vec<u64>> = lowest
        .or_else(|| needs.iter().find_map(last_series))
        .into_iter()
        .collect();
    moves(&bounds, &needs, &taken, &|release| Python.ends(release))
        .into_iter()
        .take(MOST_MOVES)
        .map(|one| (one.severity, Python.write(&one.bounds)))
        .filter(|(_, range)| !range.is_empty())
        .collect()
}

/// Gives the last series `X.Y` of an interval without a lower end.
fn last_series(bounds: &Bounds) -> Option<Vec<u64>> {
    let upper = bounds.upper.as_ref()?;
    match upper.release.as_slice() {
        [major, minor] if !upper.included && *minor > 0 => Some(vec![*major, minor - 1]),
        [major, minor, ..] => Some(vec![*major, *minor]),
        _ => None,
    }
}

/// Lists versions of Python that all repositories run on, the lowest alone.
fn python_versions(request: &ResolutionRequest) -> Vec<String> {
    let demands = python_demands::read(request, &mut Vec::new()).unwrap_or_default();
    let theirs = demands.iter().filter(|demand| demand.repository.is_some());
    let common = python_demands::intersection(theirs);
    let series = common.lowest().map(|lowest| {
        let numbers: Vec<String> = lowest
            .release()
            .iter()
            .take(2)
            .map(u64::to_string)
            .collect();
        numbers.join(".")
    });
    series.into_iter().collect()
}
