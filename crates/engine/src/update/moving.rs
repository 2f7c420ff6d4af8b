//! Which sources of a project move and to what. Tries all at once; where that cannot be, as many as can be had together, one after the other.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use synthesizer_model::{
    failure::{ErrorCode, Failure},
    reference::{Location, RepositoryReference},
    synthesis::{LockedSource, RequestedRepository, SynthesisRequest},
    text::escape_untrusted,
};

use crate::{
    Call, Engine,
    synthesis::{
        recreating::{Derivation, Derived, ProjectRecord},
        request::MOST_REPOSITORIES,
    },
};

/// What the caller wants moved.
#[derive(Debug, Clone, Default)]
pub(crate) struct Choice {
    /// Ids of sources; all when empty and nothing is named by `to`.
    pub(crate) only: BTreeSet<String>,
    /// Revisions by ids of sources.
    pub(crate) to: BTreeMap<String, String>,
}

/// One repository of the request and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// The id in the lock; `None` for one that was added to the request since.
    pub(crate) id: Option<String>,
    /// The state in the lock, for people.
    pub(crate) from: Option<String>,
    /// Whether it is asked to move.
    pub(crate) moves: bool,
    /// Where to; the newest when `None`.
    to: Option<String>,
}

/// A project with its sources moved.
pub(crate) struct Moved {
    pub(crate) derived: Box<Derived>,
    /// Why a source was not moved, by its place in the request.
    pub(crate) held: BTreeMap<usize, String>,
}

/// What came of moving the sources.
pub(crate) enum Moving {
    Made(Box<Moved>),
    /// No source can move; why.
    Unsatisfiable(String),
}

/// Gives the state that a locked source has, as people name it: a version, else the revision.
pub(crate) fn shown_state(source: &LockedSource) -> String {
    match RepositoryReference::parse(&source.url).map(|reference| reference.location) {
        Ok(Location::Package {
            version: Some(version),
            ..
        }) => version,
        _ => source.revision.clone(),
    }
}

/// Matches the repositories of a request with the sources of its lock.
///
/// # Errors
/// `E_ARGUMENT` for an id that is not in the lock, and for more repositories or sources than a synthesis takes.
pub(crate) fn targets(record: &ProjectRecord, choice: &Choice) -> Result<Vec<Target>, Failure> {
    let counts = [record.request.repositories.len(), record.lock.sources.len()];
    if counts.into_iter().any(|count| count > MOST_REPOSITORIES) {
        return Err(Failure::new(
            ErrorCode::Argument,
            format!("the project names more than {MOST_REPOSITORIES} repositories"),
        ));
    }
    let ids: BTreeSet<&str> = record
        .lock
        .sources
        .iter()
        .map(|source| source.id.as_str())
        .collect();
    for named in choice.only.iter().chain(choice.to.keys()) {
        if !ids.contains(named.as_str()) {
            let shown = escape_untrusted(named);
            let known: Vec<&str> = ids.iter().copied().collect();
            return Err(
                Failure::new(ErrorCode::Argument, format!("there is no source {shown}")).with_hint(
                    format!("the sources are: {}", escape_untrusted(&known.join(", "))),
                ),
            );
        }
    }
    let mut used: BTreeSet<&str> = BTreeSet::new();
    let all = choice.only.is_empty() && choice.to.is_empty();
    let targets = record.request.repositories.iter().map(|repository| {
        let key = key(&repository.url);
        let source = record
            .lock
            .sources
            .iter()
            .find(|source| self::key(&source.url) == key && !used.contains(source.id.as_str()));
        if let Some(source) = source {
            used.insert(&source.id);
        }
        let id = source.map(|source| source.id.clone());
        let to = id.as_ref().and_then(|id| choice.to.get(id).cloned());
        let named = id.as_ref().is_some_and(|id| choice.only.contains(id));
        Target {
            from: source.map(shown_state),
            moves: id.is_some() && (all || named || to.is_some()),
            to,
            id,
        }
    });
    Ok(targets.collect())
}

/// Gives what a reference and a pinned form of it have in common.
fn key(url: &str) -> String {
    match RepositoryReference::parse(url).map(|reference| reference.location) {
        Ok(Location::Package { registry, name, .. }) => format!("{}:{name}", registry.as_str()),
        Ok(Location::Git { url, .. }) => url.to_string(),
        Ok(Location::Local(path)) => path.trim_start_matches("./").to_owned(),
        Err(_) => url.to_owned(),
    }
}

/// Gives the request with those sources moved whose places are named.
fn moved_request(
    request: &SynthesisRequest,
    targets: &[Target],
    moving: &BTreeSet<usize>,
) -> SynthesisRequest {
    let repositories = request.repositories.iter().zip(targets).enumerate();
    let repositories = repositories.map(|(place, (repository, target))| {
        if !moving.contains(&place) {
            return repository.clone();
        }
        RequestedRepository {
            url: open_ended(&repository.url),
            rev: target.to.clone(),
            ..repository.clone()
        }
    });
    SynthesisRequest {
        repositories: repositories.collect(),
        ..request.clone()
    }
}

/// Gives a reference without its revision.
fn open_ended(url: &str) -> String {
    match RepositoryReference::parse(url).map(|reference| reference.location) {
        Ok(Location::Package { registry, name, .. }) => format!("{}:{name}", registry.as_str()),
        Ok(Location::Git { url, .. }) => url.to_string(),
        Ok(Location::Local(_)) | Err(_) => url.to_owned(),
    }
}

/// Makes the project with its sources moved.
///
/// # Errors
/// Those of [`Engine::derive`].
pub(crate) async fn derive_moved(
    engine: &Engine,
    call: &Call,
    record: &ProjectRecord,
    targets: &[Target],
    project: &Path,
) -> Result<Moving, Failure> {
    let attempt = async |moving: &BTreeSet<usize>| {
        let request = moved_request(&record.request, targets, moving);
        let mut derivation = engine.derive(call, &request, project, None).await?;
        let older = match &derivation {
            Derivation::Made(derived) => older(derived, targets, moving),
            Derivation::Unsatisfiable(_) => BTreeSet::new(),
        };
        if !older.is_empty() {
            let moving = moving.difference(&older).copied().collect();
            let request = moved_request(&record.request, targets, &moving);
            derivation = engine.derive(call, &request, project, None).await?;
        }
        Ok::<_, Failure>((derivation, older))
    };
    let told = |older: BTreeSet<usize>| {
        older.into_iter().map(|place| {
            (
                place,
                "the newest release is older than the locked one".to_owned(),
            )
        })
    };
    let all: BTreeSet<usize> = places(targets).collect();
    let refusal = match attempt(&all).await {
        Ok((Derivation::Made(derived), older)) => {
            let held = told(older).collect();
            return Ok(Moving::Made(Box::new(Moved { derived, held })));
        }
        Ok((Derivation::Unsatisfiable(why), _)) => Ok(why),
        Err(failure) if is_refusal(&failure) => Err(failure),
        Err(failure) => return Err(failure),
    };
    let mut accepted = BTreeSet::new();
    let mut best = None;
    let mut held = BTreeMap::new();
    for place in all.iter().copied().filter(|_| all.len() > 1) {
        let mut next: BTreeSet<usize> = accepted.clone();
        next.insert(place);
        match attempt(&next).await {
            Ok((Derivation::Made(derived), older)) => {
                held.extend(told(older));
                accepted = next;
                best = Some(derived);
            }
            Ok((Derivation::Unsatisfiable(why), _)) => drop(held.insert(place, why)),
            Err(failure) if is_refusal(&failure) => drop(held.insert(place, failure.message)),
            Err(failure) => return Err(failure),
        }
    }
    match (best, refusal) {
        (Some(derived), _) => Ok(Moving::Made(Box::new(Moved { derived, held }))),
        (None, Ok(why)) => Ok(Moving::Unsatisfiable(why)),
        (None, Err(failure)) => Err(failure),
    }
}

/// Says whether a failure is about what a newer state of a source is, not about reaching it.
fn is_refusal(failure: &Failure) -> bool {
    matches!(
        failure.code,
        ErrorCode::Incompatible
            | ErrorCode::Unsatisfiable
            | ErrorCode::NotFound
            | ErrorCode::Argument
    )
}

fn places(targets: &[Target]) -> impl Iterator<Item = usize> {
    targets
        .iter()
        .enumerate()
        .filter(|(_, target)| target.moves)
        .map(|(place, _)| place)
}

/// Finds those that moved to an older release though no release was named: the locked one is a pre-release, or was withdrawn.
fn older(derived: &Derived, targets: &[Target], moving: &BTreeSet<usize>) -> BTreeSet<usize> {
    let is_older = |place: &usize| {
        let target = targets.get(*place)?;
        let repository = derived.request.repositories.get(*place)?;
        let is_package = matches!(
            RepositoryReference::parse(&repository.url).ok()?.location,
            Location::Package { .. }
        );
        let (from, to) = (target.from.as_deref()?, repository.rev.as_deref()?);
        Some(target.to.is_none() && is_package && release(to) < release(from))
    };
    let places = moving.iter().filter(|place| is_older(place) == Some(true));
    places.copied().collect()
}

/// Reads the numbers before any letter: `2.0.0rc1` is 2, 0, 0; zeros at the end do not count.
fn release(version: &str) -> Vec<u64> {
    let end = version.find(|character: char| !character.is_ascii_digit() && character != '.');
    let numbers = version.get(..end.unwrap_or(version.len())).unwrap_or("");
    let mut numbers: Vec<u64> = numbers
        .split('.')
        .filter(|number| !number.is_empty())
        .map(|number| number.parse().unwrap_or(u64::MAX))
        .collect();
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> ProjectRecord {
        let request = "name = \"x\"\n[[repository]]\nurl = \"pypi:click\"\nrev = \"8.1.3\"\n[[repository]]\nurl = \"https://host.example/o/n.git\"\nrev = \"0123456789abcdef0123456789abcdef01234567\"\n[[repository]]\nurl = \"pypi:h11\"\n";
        let lock = "version = 1\n[project]\nname = \"x\"\ntemplate = \"t\"\necosystem = \"python\"\n[[source]]\nid = \"click\"\nurl = \"pypi:click@8.1.3\"\nrevision = \"sha256:00\"\nlicense = \"MIT\"\n[[source]]\nid = \"n\"\nurl = \"https://host.example/o/n.git\"\nrevision = \"0123456789abcdef0123456789abcdef01234567\"\nlicense = \"MIT\"\n";
        ProjectRecord::read(request, lock).expect("a record")
    }

    fn moving(only: &[&str], to: &[(&str, &str)]) -> Result<Vec<String>, ErrorCode> {
        let choice = Choice {
            only: only.iter().map(|id| (*id).to_owned()).collect(),
            to: to
                .iter()
                .map(|(id, to)| ((*id).to_owned(), (*to).to_owned()))
                .collect(),
        };
        let record = record();
        let targets = targets(&record, &choice).map_err(|failure| failure.code)?;
        let request = moved_request(&record.request, &targets, &places(&targets).collect());
        let revisions = request.repositories.iter();
        Ok(revisions
            .map(|one| format!("{} {}", one.url, one.rev.as_deref().unwrap_or("-")))
            .collect())
    }

    #[test]
    fn named_sources_move_or_all_do() {
        let git = "https://host.example/o/n.git";
        let pinned = format!("{git} 0123456789abcdef0123456789abcdef01234567");
        let open = format!("{git} -");
        let check = |only: &[&str], to: &[(&str, &str)], expected: [&str; 2]| {
            let moved = moving(only, to).expect("known ids");
            assert_eq!(moved[..2], expected, "{only:?} {to:?}");
            assert_eq!(moved[2], "pypi:h11 -");
        };
        check(&[], &[], ["pypi:click -", &open]);
        check(&["click"], &[], ["pypi:click -", &pinned]);
        check(&[], &[("click", "8.1.7")], ["pypi:click 8.1.7", &pinned]);
        check(&["n"], &[("click", "8.1.7")], ["pypi:click 8.1.7", &open]);
        assert_eq!(moving(&["h11"], &[]), Err(ErrorCode::Argument));
        assert_eq!(moving(&[], &[("x", "1")]), Err(ErrorCode::Argument));
    }

    #[test]
    fn a_project_of_more_sources_than_a_synthesis_takes_is_refused() {
        let check = |repositories: usize, sources: usize, expected: Option<ErrorCode>| {
            let mut record = record();
            let repository = record.request.repositories[0].clone();
            let source = record.lock.sources[0].clone();
            record.request.repositories = vec![repository; repositories];
            record.lock.sources = vec![source; sources];
            let refused = targets(&record, &Choice::default()).err();
            assert_eq!(refused.map(|failure| failure.code), expected);
        };
        check(MOST_REPOSITORIES, MOST_REPOSITORIES, None);
        check(100_000, 1, Some(ErrorCode::Argument));
        check(1, 100_000, Some(ErrorCode::Argument));
    }

    #[test]
    fn releases_are_compared_by_their_numbers() {
        let check = |one: &str, other: &str, expected: std::cmp::Ordering| {
            assert_eq!(release(one).cmp(&release(other)), expected, "{one} {other}");
        };
        check("8.1.10", "8.1.9", std::cmp::Ordering::Greater);
        check("8.1", "8.1.0", std::cmp::Ordering::Equal);
        check("2.0.0rc1", "1.9", std::cmp::Ordering::Greater);
        check("1.0", "2.0.0b1", std::cmp::Ordering::Less);
        check("x", "0", std::cmp::Ordering::Equal);
    }
}
