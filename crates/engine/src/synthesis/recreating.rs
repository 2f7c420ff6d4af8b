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
    synthesis::{RequestedRepository, SynthesisLock, SynthesisRequest},
    text::escape_untrusted,
    tree::{TreePath, sha256_hex},
};
use synthesizer_synthesis::{Completion, OutputFile, Synthesis};

use super::{answer, planning, readme, request, request::Wanted, sources::unique_ids};
use crate::{
    Call, Engine,
    families::{self, Planned, Preparation, Prepared},
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
        let request_is_locked = hashes.get(REQUEST) == Some(&locked);
        Ok(Self {
            request,
            lock,
            hashes,
            request_is_locked,
        })
    }

    /// Gives the packages' lock when these are its bytes.
    pub(crate) fn kept_lock(&self, text: Option<&str>) -> Option<KeptLock> {
        let resolution = self.lock.resolution.as_ref()?;
        let text = text.filter(|text| sha256_hex(text.as_bytes()) == resolution.sha256)?;
        Some(KeptLock {
            project: self.lock.project.name.clone(),
            resolution: resolution.clone(),
            text: text.to_owned(),
        })
    }
}

/// The lock of the packages as it is, in place of a new one.
#[derive(Debug, Clone)]
pub(crate) struct KeptLock {
    project: String,
    resolution: synthesizer_model::synthesis::LockedResolution,
    text: String,
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
    /// With `kept` no packages are locked anew: the lock is taken as it is.
    ///
    /// # Errors
    /// Those of the sources, of the family and of the solver.
    pub(crate) async fn derive(
        &self,
        call: &Call,
        request: &SynthesisRequest,
        project: &Path,
        kept: Option<&KeptLock>,
    ) -> Result<Derivation, Failure> {
        let request = request::completed(request.clone())?;
        let family = families::family(&request.ecosystem)?;
        let found = self.template(call, &request, project, project).await?;
        for program in family.programs() {
            tools::find(program, &self.config().tool_environment)?;
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
        let merged = planning::merged_request(&request, &repositories);
        let preparation = Preparation {
            request: merged.clone(),
            template: Arc::clone(&found.template),
            name,
            opened,
        };
        let Planned {
            synthesis,
            sources,
            runtime,
        } = match family.prepare(self, call, preparation).await? {
            Prepared::Unsatisfiable(solved) => {
                return Ok(Derivation::Unsatisfiable(solved.explanation));
            }
            Prepared::Planned(planned) => *planned,
        };
        answer::refuse_errors(&synthesis.findings)?;
        let readme = readme::write(&synthesis, &merged, &found.template, &sources, &runtime);
        let packages = match kept {
            Some(kept) => family.locked_packages(&kept.project, &kept.text)?,
            None => None,
        };
        let (files, warnings) = match kept.zip(packages) {
            Some((kept, packages)) => {
                let files = complete_with(synthesis.clone(), readme, kept, packages)?;
                (files, Vec::new())
            }
            None => {
                let built = self
                    .complete(call, family, synthesis.clone(), readme)
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
    kept: &KeptLock,
    packages: Vec<ResolvedPackage>,
) -> Result<Vec<OutputFile>, Failure> {
    let path = |path: &str| {
        TreePath::new(path).map_err(|_| refused(LOCK, "names a lock of packages that is no path"))
    };
    let completion = Completion {
        files: vec![
            (path(&kept.resolution.lock)?, Bytes::from(kept.text.clone())),
            (path("README.md")?, Bytes::from(readme)),
        ],
        resolution: Some(kept.resolution.clone()),
        packages,
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
