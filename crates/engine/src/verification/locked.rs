//! Whether every file of a project is as its lock says, and whether the lock says what its sources give.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use synthesizer_model::{
    failure::{ErrorCode, Failure},
    synthesis::{LockedFile, LockedSource, SynthesisLock},
    text::escape_untrusted,
    tree::sha256_hex,
    verification::Check,
};

use super::{Subject, failed, list, not_run, passed};
use crate::{
    Call, Engine,
    synthesis::recreating::{Derivation, Derived, LOCK, ProjectRecord, REQUEST},
};

/// The check of the files against the lock.
const LOCKED: &str = "locked";
/// The check of the lock against its sources.
const RECREATED: &str = "recreated";

/// Compares every file with the hash that `synthesis.lock` has for it; `left_out` says what could not be read as a file.
pub(crate) fn check_hashes(subject: &Subject, left_out: &[String]) -> Check {
    let Some(text) = subject.text(LOCK) else {
        return not_run(LOCKED, "the project has no synthesis.lock");
    };
    let lock: SynthesisLock = match toml::from_str(text) {
        Ok(lock) => lock,
        Err(error) => {
            return failed(
                LOCKED,
                format!("synthesis.lock cannot be read: {}", error.message()),
            );
        }
    };
    let mut differences = Vec::new();
    for file in &lock.files {
        match subject.files.get(&file.path) {
            None => differences.push(format!("{} is missing", file.path)),
            Some(contents) if sha256_hex(contents) != file.sha256 => {
                differences.push(format!("{} differs", file.path))
            }
            Some(_) => {}
        }
    }
    let locked: BTreeSet<&str> = lock.files.iter().map(|file| file.path.as_str()).collect();
    let unknown = subject
        .files
        .keys()
        .filter(|path| *path != LOCK && !locked.contains(path.as_str()));
    differences.extend(unknown.map(|path| format!("{path} is not in the lock")));
    differences.extend_from_slice(left_out);
    if differences.is_empty() {
        passed(
            LOCKED,
            format!(
                "{} files are as the lock says; files that git ignores were not looked at",
                lock.files.len()
            ),
        )
    } else {
        failed(LOCKED, list(differences))
    }
}

/// Makes the project again of the sources that its lock names, with the packages' lock as it is, and compares what comes of it with the
/// lock.
///
/// # Errors
/// `E_CANCELLED`. What cannot be made again is part of the answer.
pub(crate) async fn check_recreated(
    engine: &Engine,
    call: &Call,
    subject: &Subject,
    project: &Path,
) -> Result<Check, Failure> {
    let (Some(request), Some(lock)) = (subject.text(REQUEST), subject.text(LOCK)) else {
        return Ok(not_run(
            RECREATED,
            "the project has no synthesis.toml and synthesis.lock that can be read",
        ));
    };
    let record = match ProjectRecord::read(request, lock) {
        Ok(record) => record,
        Err(failure) => return Ok(failed(RECREATED, failure.message)),
    };
    if !record.request_is_locked {
        let why = "synthesis.toml is not the one that the lock was made of";
        return Ok(not_run(RECREATED, why));
    }
    let resolution = record.lock.resolution.as_ref();
    let name = resolution.map(|one| one.lock.clone()).unwrap_or_default();
    let kept = record.kept(subject.text(&name));
    let call = &quiet(call);
    let derived = match engine
        .derive(call, &record.request, project, Some(&kept))
        .await
    {
        Ok(Derivation::Made(derived)) => derived,
        Ok(Derivation::Unsatisfiable(why)) => {
            let why = format!("its packages cannot be had together now: {why}");
            return Ok(not_run(RECREATED, escape_untrusted(&why)));
        }
        Err(failure) => return told(failure),
    };
    // Without the packages' lock as it was, what is made of it is another one.
    let mut uncompared = BTreeSet::new();
    if !kept.has_packages() {
        uncompared.extend([name.as_str(), "sbom.cdx.json"]);
    }
    let differences = differences(&record.lock, &derived, &uncompared);
    if !differences.is_empty() {
        return Ok(failed(RECREATED, list(differences)));
    }
    let mut detail = format!(
        "{} files made again of {} sources are as the lock says",
        derived.lock.files.len() - uncompared.len().min(derived.lock.files.len()),
        derived.lock.sources.len()
    );
    if !uncompared.is_empty() {
        let names: Vec<&str> = uncompared.into_iter().collect();
        detail.push_str(&format!("; not compared: {}", names.join(", ")));
    }
    Ok(passed(RECREATED, detail))
}

/// The call without the steps of a job: making a project again is no part of one.
fn quiet(call: &Call) -> Call {
    Call {
        steps: None,
        ..call.clone()
    }
}

/// Tells why a project could not be made again: a lock that its sources contradict has failed, what could not be reached says nothing.
fn told(failure: Failure) -> Result<Check, Failure> {
    match failure.code {
        ErrorCode::Cancelled => Err(failure),
        ErrorCode::NotFound
        | ErrorCode::Incompatible
        | ErrorCode::Argument
        | ErrorCode::Url
        | ErrorCode::Unsatisfiable => Ok(failed(RECREATED, failure.message)),
        _ => Ok(not_run(RECREATED, failure.message)),
    }
}

/// Names what a lock says otherwise than the project that was made again.
fn differences(
    lock: &SynthesisLock,
    derived: &Derived,
    uncompared: &BTreeSet<&str>,
) -> Vec<String> {
    let mut differences = Vec::new();
    let made: BTreeMap<&str, &LockedSource> = derived
        .lock
        .sources
        .iter()
        .map(|source| (source.id.as_str(), source))
        .collect();
    let same_ids = lock.sources.iter().map(|source| &source.id);
    if !same_ids.eq(derived.lock.sources.iter().map(|source| &source.id)) {
        differences.push("the lock names other sources than synthesis.toml".to_owned());
    }
    for source in &lock.sources {
        if let Some(made) = made.get(source.id.as_str()).filter(|made| **made != source) {
            differences.push(source_difference(source, made));
        }
    }
    let made: BTreeMap<&str, &LockedFile> = derived
        .lock
        .files
        .iter()
        .map(|file| (file.path.as_str(), file))
        .collect();
    let mut seen = BTreeSet::new();
    for file in &lock.files {
        seen.insert(file.path.as_str());
        if uncompared.contains(file.path.as_str()) {
            continue;
        }
        match made.get(file.path.as_str()) {
            None => differences.push(format!("{} is not made by its sources", file.path)),
            Some(made) if made.sha256 != file.sha256 => {
                differences.push(format!("{} is made with other contents", file.path));
            }
            Some(made) if *made != file => {
                differences.push(format!("the lock's record of {} differs", file.path));
            }
            Some(_) => {}
        }
    }
    let missing = made.keys().filter(|path| !seen.contains(*path));
    differences.extend(missing.map(|path| format!("{path} is made and not in the lock")));
    if lock.project != derived.lock.project {
        differences.push("the lock's record of the project differs".to_owned());
    }
    differences
}

fn source_difference(locked: &LockedSource, made: &LockedSource) -> String {
    let what = if locked.url != made.url {
        ("url", &locked.url, &made.url)
    } else if locked.revision != made.revision {
        ("revision", &locked.revision, &made.revision)
    } else {
        ("license", &locked.license, &made.license)
    };
    format!(
        "the source {} has the {} {} and the lock says {}",
        locked.id, what.0, what.2, what.1
    )
}
