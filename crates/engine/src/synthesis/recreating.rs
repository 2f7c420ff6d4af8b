//! From what a project records of itself, its request and its lock, to the files that its synthesis would write. Writes nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use bytes::Bytes;
use synthesizer_infrastructure::tools;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    reference::Location,
    resolution::ResolvedPackage,
    synthesis::{LockedResolution, RequestedRepository, Solved, SynthesisLock, SynthesisRequest},
    text::escape_untrusted,
    tree::{TreePath, sha256_hex},
};
use synthesizer_synthesis::{Completion, OutputFile, Synthesis};

use super::{answer, left_behind, planning, readme, request, request::Wanted, sources::unique_ids};
use crate::{
    Call, Engine,
    families::{self, Planned, Preparation, Prepared},
    opening,
};

/// The name of the request in a project.
pub(crate) const REQUEST: &str = "synthesis.toml";
/// The name of the lock in a project.
pub(crate) const LOCK: &str = "synthesis.lock";

/// The longest request or lock that is read, in bytes.
const LONGEST: usize = 32 << 20;

/// What a project records of itself.
#[derive(Debug, Clone)]
pub(crate) struct ProjectRecord {
    /// What was asked for, every source pinned; a person may have edited it since.
    pub(crate) request: SynthesisRequest,
    /// What came of it.
    pub(crate) lock: SynthesisLock,
    /// The hash of every file that the lock names, by path.
    pub(crate) hashes: BTreeMap<String, String>,
    /// Whether the request is the one that the lock was made of.
    pub(crate) request_is_locked: bool,
}

impl ProjectRecord {
    /// Reads request and lock, both untrusted.
    ///
    /// # Errors
    /// `E_ARGUMENT` for what is neither, `E_PATH` for a path that leads out, `E_LIMIT` for one that is too long.
    pub(crate) fn read(request: &str, lock: &str) -> Result<Self, Failure> {
        if request.len() > LONGEST || lock.len() > LONGEST {
            let message = format!("{REQUEST} or {LOCK} is longer than {LONGEST} bytes");
            return Err(Failure::new(ErrorCode::Limit, message));
        }
        let locked = sha256_hex(request.as_bytes());
        let request: SynthesisRequest = parse(REQUEST, request)?;
        let lock: SynthesisLock = parse(LOCK, lock)?;
        if lock.version != 1 {
            return Err(refused(LOCK, "is of a version that is not known"));
        }
        let hashes = hashes(&lock)?;
        let resolution = lock.resolution.as_ref();
        if resolution.is_some_and(|one| TreePath::new(&one.lock).is_err()) {
            let message = format!("{LOCK} names a lock of packages that is no path of a project");
            return Err(Failure::new(ErrorCode::Path, message));
        }
        let request_is_locked = hashes.get(REQUEST) == Some(&locked);
        Ok(Self {
            request,
            lock,
            hashes,
            request_is_locked,
        })
    }

    /// Gives what the project was solved and locked to, with the packages' lock when these are its bytes.
    pub(crate) fn kept(&self, packages_lock: Option<&str>) -> Kept {
        let resolution = self.lock.resolution.clone();
        let is_locked = |text: &&str| {
            let hash = sha256_hex(text.as_bytes());
            resolution.as_ref().is_some_and(|one| one.sha256 == hash)
        };
        Kept {
            project: self.lock.project.name.clone(),
            packages_lock: packages_lock.filter(is_locked).map(str::to_owned),
            resolution,
            solved: self.lock.solved.clone(),
            template_hash: self.lock.project.template_hash.clone(),
        }
    }
}

/// What a project was solved and locked to, in place of asking anew.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    project: String,
    resolution: Option<LockedResolution>,
    packages_lock: Option<String>,
    /// `None` of a lock by an older version: then the solver is asked.
    solved: Option<Solved>,
    /// What the template was, when it is none of the program.
    template_hash: Option<String>,
}

impl Kept {
    /// Says whether the packages' lock is the recorded one, or there was none.
    pub(crate) fn has_packages(&self) -> bool {
        self.packages_lock.is_some() || self.resolution.is_none()
    }

    /// Says whether packages have to be locked anew to tell what the project was.
    fn locks_anew(&self) -> bool {
        self.solved.is_none() && self.packages_lock.is_none()
    }
}

/// A project as its synthesis gives it.
pub(crate) struct Derived {
    /// Its files, sorted by path, the lock among them.
    pub(crate) files: Vec<OutputFile>,
    /// Its lock.
    pub(crate) lock: SynthesisLock,
    /// Its request, every source pinned.
    pub(crate) request: SynthesisRequest,
    /// The ids of the sources, in the order of the request.
    pub(crate) ids: Vec<String>,
    /// It before packages were locked.
    pub(crate) synthesis: Synthesis,
    /// What to know.
    pub(crate) warnings: Vec<String>,
}

/// What came of deriving a project.
pub(crate) enum Derivation {
    /// Its files.
    Made(Box<Derived>),
    /// The packages that it needs cannot be had together.
    Unsatisfiable(String),
}

impl Engine {
    /// Makes the files of a project of its request; its local sources are relative to the project's folder.
    ///
    /// With `kept` it is made as it was: of its sources and of what is recorded of solver and packages, without asking either again. The
    /// packages' lock and what is made of that are then only as good as what was kept of them.
    ///
    /// # Errors
    /// Those of the sources, of the family and of the solver.
    pub(crate) async fn derive(
        &self,
        call: &Call,
        request: &SynthesisRequest,
        project: &Path,
        kept: Option<&Kept>,
    ) -> Result<Derivation, Failure> {
        let request = request::completed(request.clone())?;
        let family = families::family(&request.ecosystem)?;
        let found = self.template(call, &request, project, project).await?;
        found.refuse_other(kept.and_then(|kept| kept.template_hash.as_deref()))?;
        let solved = kept.and_then(|kept| kept.solved.clone());
        if solved.is_none() {
            for program in family.programs() {
                tools::find(program, &self.config().tool_environment)?;
            }
        }
        let name = family.project_name(&request.name)?;
        let wanted: Vec<Wanted> = request::read(&request)?
            .into_iter()
            .map(|wanted| located(wanted, project))
            .collect();
        let repositories: Vec<RequestedRepository> =
            wanted.iter().map(Wanted::as_requested).collect();
        let opened = self.open_sources(call, wanted, project, project).await?;
        let ids = unique_ids(&opened);
        let (opened, shared) = opening::compute(move || {
            let texts = left_behind::texts(&opened);
            Ok((opened, texts))
        })
        .await?;
        let merged = planning::merged_request(&request, &repositories);
        let preparation = Preparation {
            request: merged.clone(),
            template: Arc::clone(&found.template),
            name,
            opened,
            solved,
        };
        let Planned {
            mut synthesis,
            sources,
            runtime,
            solved,
        } = match family.prepare(self, call, preparation).await? {
            Prepared::Unsatisfiable(solved) => {
                return Ok(Derivation::Unsatisfiable(solved.explanation));
            }
            Prepared::Planned(planned) => *planned,
        };
        found.pin(&mut synthesis);
        synthesis.merge_shared(&shared);
        answer::refuse_errors(&synthesis.findings)?;
        let readme = readme::write(&synthesis, &merged, &found.template, &sources, &runtime);
        let (files, warnings) = match kept.filter(|kept| !kept.locks_anew()) {
            Some(kept) => {
                let packages = match &kept.packages_lock {
                    Some(text) => family.locked_packages(&kept.project, text)?,
                    None => Vec::new(),
                };
                let files = complete_with(synthesis.clone(), readme, kept, packages, solved)?;
                (files, Vec::new())
            }
            None => {
                let built = self
                    .complete(call, family, synthesis.clone(), readme, solved)
                    .await?;
                (built.files, built.warnings)
            }
        };
        derived(files, ids, synthesis, warnings)
    }
}

/// A local source is looked for from the project, wherever the program was started.
fn located(wanted: Wanted, project: &Path) -> Wanted {
    let location = match wanted.location {
        Location::Local(written) => {
            let place = project.join(&written);
            let place = place.canonicalize().unwrap_or(place);
            Location::Local(place.to_string_lossy().into_owned())
        }
        other => other,
    };
    Wanted { location, ..wanted }
}

fn complete_with(
    synthesis: Synthesis,
    readme: String,
    kept: &Kept,
    packages: Vec<ResolvedPackage>,
    solved: Solved,
) -> Result<Vec<OutputFile>, Failure> {
    let path = |path: &str| {
        TreePath::new(path).map_err(|_| refused(LOCK, "names a lock of packages that is no path"))
    };
    let mut files = vec![(path("README.md")?, Bytes::from(readme))];
    if let Some(resolution) = &kept.resolution {
        // Without its text it stands there empty, so that what lists the files is as it was.
        let text = kept.packages_lock.clone().unwrap_or_default();
        files.push((path(&resolution.lock)?, Bytes::from(text)));
    }
    let completion = Completion {
        files,
        resolution: kept.resolution.clone(),
        packages,
        // A lock of an older version had none.
        solved: kept.solved.is_some().then_some(solved),
    };
    Ok(synthesizer_synthesis::finish(synthesis, completion))
}

fn derived(
    files: Vec<OutputFile>,
    ids: Vec<String>,
    synthesis: Synthesis,
    warnings: Vec<String>,
) -> Result<Derivation, Failure> {
    let text = |name: &str| {
        let file = files.iter().find(|file| file.path.as_str() == name);
        let text = file.and_then(|file| std::str::from_utf8(&file.contents).ok());
        text.ok_or_else(|| Failure::internal(format!("the synthesis gives no {name}")))
    };
    let lock: SynthesisLock = parse(LOCK, text(LOCK)?)?;
    let request: SynthesisRequest = parse(REQUEST, text(REQUEST)?)?;
    Ok(Derivation::Made(Box::new(Derived {
        lock,
        request,
        files,
        ids,
        synthesis,
        warnings,
    })))
}

fn parse<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> Result<T, Failure> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let why = escape_untrusted(error.message());
        Failure::new(ErrorCode::Argument, format!("{name} cannot be read: {why}"))
    })
}

/// Checks what a lock says of its files, and gives their hashes.
fn hashes(lock: &SynthesisLock) -> Result<BTreeMap<String, String>, Failure> {
    let mut ids = BTreeSet::from(["generated"]);
    for source in &lock.sources {
        if !ids.insert(&source.id) {
            return Err(refused(LOCK, "names a source twice"));
        }
    }
    let mut hashes = BTreeMap::new();
    for file in &lock.files {
        let shown = escape_untrusted(&file.path);
        if let Err(refusal) = TreePath::new(&file.path) {
            return Err(Failure::new(
                ErrorCode::Path,
                format!("{LOCK} names {shown}, which has {refusal}"),
            ));
        }
        if !ids.contains(file.source.as_str()) {
            return Err(refused(LOCK, &format!("names no source for {shown}")));
        }
        if hashes
            .insert(file.path.clone(), file.sha256.clone())
            .is_some()
        {
            return Err(refused(LOCK, &format!("names {shown} twice")));
        }
    }
    Ok(hashes)
}

fn refused(name: &str, why: &str) -> Failure {
    Failure::new(ErrorCode::Argument, format!("{name} {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST_TEXT: &str =
        "name = \"x\"\n[[repository]]\nurl = \"pypi:click\"\nrev = \"8.1.7\"\n";

    fn lock(files: &[(&str, &str)]) -> String {
        let mut text = "version = 1\n[project]\nname = \"x\"\ntemplate = \"t\"\necosystem = \"python\"\n[[source]]\nid = \"click\"\nurl = \"u\"\nrevision = \"r\"\nlicense = \"MIT\"\n".to_owned();
        for (path, source) in files {
            text.push_str(&format!(
                "[[file]]\npath = '{path}'\nsource = \"{source}\"\norigin = \"\"\nblob = \"\"\nlicense = \"MIT\"\ntransforms = []\nsha256 = \"00\"\n"
            ));
        }
        text
    }

    #[test]
    fn a_record_is_read_or_refused() {
        let check = |lock: &str, expected: Result<usize, ErrorCode>| {
            let read = ProjectRecord::read(REQUEST_TEXT, lock);
            let read = read
                .map(|record| record.hashes.len())
                .map_err(|failure| failure.code);
            assert_eq!(read, expected, "{lock}");
        };
        check(&lock(&[("a", "click"), ("b", "generated")]), Ok(2));
        check(&lock(&[("../a", "click")]), Err(ErrorCode::Path));
        check(&lock(&[("/etc/x", "click")]), Err(ErrorCode::Path));
        check(&lock(&[(".git/config", "click")]), Err(ErrorCode::Path));
        check(&lock(&[("a", "other")]), Err(ErrorCode::Argument));
        check(
            &lock(&[("a", "click"), ("a", "click")]),
            Err(ErrorCode::Argument),
        );
        check("version = 1", Err(ErrorCode::Argument));
        check(
            &lock(&[]).replace("version = 1", "version = 2"),
            Err(ErrorCode::Argument),
        );
        check(&"#\n".repeat(LONGEST), Err(ErrorCode::Limit));
    }
}
