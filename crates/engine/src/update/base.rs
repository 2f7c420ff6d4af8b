//! The project as its lock gives it, without anybody's edits: out of git's objects by the lock's hashes, else made again of the sources.

use std::{collections::BTreeMap, path::Path};

use synthesizer_infrastructure::project::update::{BASE, ObjectStore, Original};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    synthesis::SynthesisRequest,
    tree::sha256_hex,
};

use super::generated::is_wholly_generated;
use crate::{
    Call, Engine,
    synthesis::recreating::{Derivation, LOCK, ProjectRecord, REQUEST},
};

/// The base of a merge.
pub(crate) struct Base {
    /// The files that are merged, by path; those that are written wholly are not among them.
    pub(crate) files: BTreeMap<String, Original>,
    /// `git`, `sources`, or `git and sources`.
    pub(crate) origin: &'static str,
    /// What to know.
    pub(crate) warnings: Vec<String>,
}

/// Finds or makes the base of a project whose request has this text.
///
/// # Errors
/// `E_INCOMPATIBLE` when it can be had neither way.
pub(crate) async fn find(
    engine: &Engine,
    call: &Call,
    store: &ObjectStore,
    record: &ProjectRecord,
    request: &str,
    project: &Path,
) -> Result<Base, Failure> {
    let pristine = store.reference(BASE).await;
    let first: Vec<String> = pristine.into_iter().collect();
    let mut found = store.originals(&record.hashes, &first, LOCK).await?;
    let is_missing = |found: &BTreeMap<String, Original>| {
        record
            .hashes
            .keys()
            .any(|path| !is_wholly_generated(path) && !found.contains_key(path))
    };
    let (mut origin, mut warnings) = ("git", Vec::new());
    if is_missing(&found) {
        origin = if found.is_empty() {
            "sources"
        } else {
            "git and sources"
        };
        let inexact = recreate(engine, call, record, request, project, &mut found).await?;
        if inexact > 0 {
            warnings.push(format!(
                "{inexact} files are not made as the lock says any more; their base is what this version of the program makes of the locked sources"
            ));
        }
    }
    found.retain(|path, _| !is_wholly_generated(path));
    Ok(Base {
        files: found,
        origin,
        warnings,
    })
}

/// Adds what is missing by making the locked project again; gives the number of files that are not exactly those of the lock.
async fn recreate(
    engine: &Engine,
    call: &Call,
    record: &ProjectRecord,
    request: &str,
    project: &Path,
    found: &mut BTreeMap<String, Original>,
) -> Result<usize, Failure> {
    let text = |path: &str| {
        let original = found.get(path)?;
        std::str::from_utf8(&original.contents)
            .ok()
            .map(str::to_owned)
    };
    let locked = record.request_is_locked.then(|| request.to_owned());
    let request = locked.or_else(|| text(REQUEST)).ok_or_else(|| {
        unknown("synthesis.toml was edited, and git has no commit with the one that synthesis.lock was made of")
    })?;
    let request: SynthesisRequest = toml::from_str(&request)
        .map_err(|_| unknown("the locked synthesis.toml cannot be read"))?;
    let lock = record.lock.resolution.as_ref().map(|one| one.lock.clone());
    let kept = record.kept(lock.and_then(|lock| text(&lock)).as_deref());
    let derived = match engine.derive(call, &request, project, Some(&kept)).await? {
        Derivation::Made(derived) => derived,
        Derivation::Unsatisfiable(why) => return Err(unknown(&why)),
    };
    for source in &record.lock.sources {
        let same = derived
            .lock
            .sources
            .iter()
            .any(|made| made.id == source.id && made.revision == source.revision);
        if !same {
            let id = synthesizer_model::text::escape_untrusted(&source.id);
            return Err(unknown(&format!(
                "the source {id} does not give the locked revision any more"
            )));
        }
    }
    let mut inexact = 0;
    for file in derived.files {
        let path = file.path.to_string();
        let Some(hash) = record.hashes.get(&path) else {
            continue;
        };
        if found.contains_key(&path) {
            continue;
        }
        let exact = sha256_hex(&file.contents) == *hash;
        inexact += usize::from(!exact && !is_wholly_generated(&path));
        let original = Original {
            contents: file.contents,
            executable: file.executable,
        };
        found.insert(path, original);
    }
    Ok(inexact)
}

fn unknown(why: &str) -> Failure {
    let message = format!("the state that the project was made as cannot be had: {why}");
    Failure::new(ErrorCode::Incompatible, message).with_hint(
        "commit the project as it is synthesised; git restore the synthesis.toml of that commit, or keep refs/synthesizer/base",
    )
}
