//! The steps of a synthesis, each recorded: what an earlier attempt at the job found out is not found out again.
//!
//! Sources are pinned by the first step, so that a resumed job reads exactly the same. Once the project's files are known they are kept
//! as they are, and nothing before is done again.

use std::{path::PathBuf, sync::Arc};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use synthesizer_infrastructure::{
    project::{self, ProjectFile, Staging},
    tools,
};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    reference::Location,
    synthesis::{RequestedRepository, SynthesisRequest, SynthesisResult},
    text::escape_untrusted,
    tree::{Origin, TreePath},
};
use synthesizer_synthesis::OutputFile;

use super::{
    answer, left_behind, planning, readme,
    request::{self, Wanted},
    sources::Opened,
};
use crate::{
    Call, Engine,
    families::{self, Planned, Preparation, Prepared},
    jobs::{Keep, Steps, changed_since, parts},
    opening,
    operations::synthesize::{Checked, output_exists},
    verification::Subject,
};

const FETCH: &str = "fetching the repositories";
const ANALYSE: &str = "analysing";
const RESOLVE: &str = "resolving dependencies";
const PLAN: &str = "planning";
const LOCK: &str = "locking";
const WRITE: &str = "writing";
const VERIFY: &str = "verifying";
const PLACE: &str = "placing";

/// The steps in order, with their shares of the whole: measured on a few repositories of usual size.
pub(crate) const STEPS: &[(&str, u32)] = &[
    (FETCH, 25),
    (ANALYSE, 10),
    (RESOLVE, 20),
    (PLAN, 3),
    (LOCK, 10),
    (WRITE, 2),
    (VERIFY, 28),
    (PLACE, 2),
];

/// Exactly which state of a source was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Pin {
    url: String,
    revision: String,
    version: Option<String>,
}

impl Pin {
    fn of(origin: &Origin) -> Self {
        Self {
            url: origin.url.clone(),
            revision: origin.revision.clone(),
            version: origin.version.clone(),
        }
    }

    /// Gives where exactly this state is found again; a folder is what it is.
    fn locate(&self, location: &Location) -> Location {
        let mut pinned = location.clone();
        match &mut pinned {
            Location::Git { revision, .. } => *revision = Some(self.revision.clone()),
            Location::Package { version, .. } => {
                if let Some(found) = &self.version {
                    *version = Some(found.clone());
                }
            }
            Location::Local(_) => {}
        }
        pinned
    }
}

/// A project whose every byte is known, as the job keeps it.
#[derive(Debug, Serialize, Deserialize)]
struct Finished {
    files: Vec<KeptFile>,
    result: SynthesisResult,
}

/// One of its files: as text where it is one.
#[derive(Debug, Serialize, Deserialize)]
struct KeptFile {
    path: TreePath,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    executable: bool,
}

/// A project that is written and verified, or an answer that places nothing.
pub(crate) struct Ready {
    result: SynthesisResult,
    place: Option<Place>,
}

struct Place {
    /// `None` when the project is in place already, by an earlier attempt that died right after.
    staging: Option<Staging>,
    output: PathBuf,
    tree: String,
}

impl Ready {
    fn answer(result: SynthesisResult) -> Self {
        Self {
            result,
            place: None,
        }
    }

    /// Puts the project into place.
    ///
    /// # Errors
    /// `E_EXISTS` when the target has come to exist, `E_CANCELLED` before it began; nothing is in place then.
    pub(crate) async fn place(self, steps: &Steps) -> Result<SynthesisResult, Failure> {
        let mut result = self.result;
        let Some(Place {
            staging,
            output,
            tree,
        }) = self.place
        else {
            return Ok(result);
        };
        let placing = async {
            match staging {
                Some(staging) => opening::compute(move || staging.place()).await,
                None => Ok(()),
            }
        };
        steps.last(PLACE, placing).await?;
        result.tree = Some(tree);
        result.project_path = Some(output.to_string_lossy().into_owned());
        Ok(result)
    }
}

/// Does every step but the last.
///
/// # Errors
/// Those of the repositories and of the request.
pub(crate) async fn build(
    engine: &Engine,
    call: &Call,
    steps: &Steps,
    id: &str,
    checked: Checked,
) -> Result<Ready, Failure> {
    if !checked.request.dry_run && !steps.is_resumed() && checked.output.symlink_metadata().is_ok()
    {
        return Err(output_exists());
    }
    let finished = match steps.known(LOCK) {
        Some(finished) => finished,
        None => match find_out(engine, call, steps, id, &checked).await? {
            Outcome::Answer(result) => return Ok(Ready::answer(*result)),
            Outcome::Finished(finished) => *finished,
        },
    };
    let Finished { files, mut result } = finished;
    if checked.request.dry_run {
        result.status = "planned".to_owned();
        result.next_steps =
            vec!["run the same without --dry-run (dry_run: false) to write the project".to_owned()];
        return Ok(Ready::answer(result));
    }
    let files = files.into_iter().map(read_kept).collect::<Result<_, _>>()?;
    write_and_verify(engine, call, steps, &checked, files, result).await
}

enum Outcome {
    Answer(Box<SynthesisResult>),
    Finished(Box<Finished>),
}

/// From the request to the files.
async fn find_out(
    engine: &Engine,
    call: &Call,
    steps: &Steps,
    id: &str,
    checked: &Checked,
) -> Result<Outcome, Failure> {
    let request = &checked.request;
    let family = families::family(&request.request.ecosystem)?;
    let found = engine
        .template(call, &request.request, &request.base, &checked.output)
        .await?;
    // A missing program is told before the work, not after it.
    for program in family.programs() {
        tools::find(program, &engine.config().tool_environment)?;
    }
    let opened = fetch(engine, call, steps, checked).await?;
    call.progress.step(0, ANALYSE);
    let repositories: Vec<RequestedRepository> =
        checked.wanted.iter().map(Wanted::as_requested).collect();
    let merged = SynthesisRequest {
        template: found.named.clone(),
        ..planning::merged_request(&request.request, &repositories)
    };
    let (opened, shared) = opening::compute(move || {
        let texts = left_behind::texts(&opened);
        Ok((opened, texts))
    })
    .await?;
    let preparation = Preparation {
        request: merged.clone(),
        template: Arc::clone(&found.template),
        name: checked.name.clone(),
        opened,
        solved: None,
    };
    let prepared = family.prepare(engine, call, preparation).await;
    let planned = match prepared.map_err(|failure| request::explained(failure, &merged))? {
        Prepared::Unsatisfiable(solved) => {
            let answer = answer::unsatisfiable(id, *solved, repositories.len());
            return Ok(Outcome::Answer(Box::new(answer)));
        }
        Prepared::Planned(planned) => *planned,
    };
    let Planned {
        mut synthesis,
        sources,
        runtime,
        solved,
    } = planned;
    found.pin(&mut synthesis);
    synthesis.merge_shared(&shared);
    answer::refuse_errors(&synthesis.findings)?;
    let readme = readme::write(&synthesis, &merged, &found.template, &sources, &runtime);
    let locking = async {
        let built = engine
            .complete(call, family, synthesis, readme, solved)
            .await?;
        Ok(Finished {
            result: built.result(id, &sources),
            files: built.files.into_iter().map(kept).collect(),
        })
    };
    // The files are what the job places for its owner.
    let finished = steps.recorded(LOCK, Keep::AsItIs, locking).await?;
    Ok(Outcome::Finished(Box::new(finished)))
}

/// Opens the sources: those of the request, or exactly what an earlier attempt read.
async fn fetch(
    engine: &Engine,
    call: &Call,
    steps: &Steps,
    checked: &Checked,
) -> Result<Vec<Opened>, Failure> {
    let mut opened = None;
    let fetching = async {
        let places = checked.wanted.iter().map(|source| source.location.clone());
        let sources = open_at(engine, call, checked, places.collect()).await?;
        let pins = sources.iter().map(|source| Pin::of(source.tree.origin()));
        let pins: Vec<Pin> = pins.collect();
        opened = Some(sources);
        Ok(pins)
    };
    let pins = steps.recorded(FETCH, Keep::UnlessSecret, fetching).await?;
    if let Some(opened) = opened {
        return Ok(opened);
    }
    let pinned = checked.wanted.iter().zip(&pins);
    let places = pinned.map(|(source, pin)| pin.locate(&source.location));
    let opened = open_at(engine, call, checked, places.collect()).await?;
    for (source, pin) in opened.iter().zip(&pins) {
        if source.tree.origin().revision != pin.revision {
            let location = source.wanted.location.to_string();
            return Err(changed_since(&escape_untrusted(&location)));
        }
    }
    Ok(opened)
}

/// Opens the sources at these places at once, each with its own part of the step.
async fn open_at(
    engine: &Engine,
    call: &Call,
    checked: &Checked,
    places: Vec<Location>,
) -> Result<Vec<Opened>, Failure> {
    let parts = parts(&call.progress, places.len());
    let wanted = checked.wanted.iter().zip(places).zip(parts);
    let opening = wanted.map(|((source, location), progress)| {
        let call = Call {
            progress,
            ..call.clone()
        };
        let placed = Wanted {
            location,
            ..source.clone()
        };
        async move {
            let (base, output) = (&checked.request.base, &checked.output);
            let mut opened = engine
                .open_sources(&call, vec![placed], base, output)
                .await?;
            call.progress.step(100, "read a repository");
            // What is told of it is what was asked for.
            opened
                .iter_mut()
                .for_each(|opened| opened.wanted = source.clone());
            Ok::<_, Failure>(opened)
        }
    });
    let opened = futures_util::future::try_join_all(opening).await?;
    Ok(opened.into_iter().flatten().collect())
}

async fn write_and_verify(
    engine: &Engine,
    call: &Call,
    steps: &Steps,
    checked: &Checked,
    files: Vec<ProjectFile>,
    mut result: SynthesisResult,
) -> Result<Ready, Failure> {
    let request = &checked.request;
    let (staging, tree) = write(engine, call, steps, checked, files.clone()).await?;
    if let Some(level) = request.verify {
        let subject = Subject::new(
            files
                .iter()
                .map(|file| (file.path.to_string(), file.contents.to_vec())),
        );
        let verifying = engine.verify_subject(call, subject, level);
        let verified = steps
            .recorded(VERIFY, Keep::UnlessSecret, verifying)
            .await?;
        result.verification = Some(verified);
    }
    answer::tell_verification(&mut result, request.verify);
    if request.require_verified && !answer::fully_verified(result.verification.as_ref()) {
        result
            .warnings
            .push("the project was not placed, because it was not fully verified".to_owned());
        result.code = Some(ErrorCode::Verify);
        result.status = "verification_failed".to_owned();
        return Ok(Ready::answer(result));
    }
    Ok(Ready {
        result,
        place: Some(Place {
            staging,
            output: checked.output.clone(),
            tree,
        }),
    })
}

/// Writes the project beside its target, again in each attempt: what a dead one wrote is removed, and the bytes are the same. Gives no
/// staging folder when an earlier attempt has put exactly this project into place.
async fn write(
    engine: &Engine,
    call: &Call,
    steps: &Steps,
    checked: &Checked,
    files: Vec<ProjectFile>,
) -> Result<(Option<Staging>, String), Failure> {
    let output = checked.output.clone();
    if steps.is_resumed() && output.symlink_metadata().is_ok() {
        let same = opening::compute(move || Ok(project::holds_exactly(&output, &files))).await?;
        let tree: Option<String> = steps.known(WRITE);
        return match tree.filter(|_| same) {
            Some(tree) => Ok((None, tree)),
            None => Err(output_exists()),
        };
    }
    let variables = &engine.config().tool_environment;
    let git = tools::find("git", variables)?;
    let message = format!("Synthesize {}", checked.request.request.name);
    let writing = async {
        let staging = Staging::create(&output)?;
        let stop = call.cancellation.clone();
        let staging =
            opening::compute(move || staging.write_until(&files, &stop).map(|()| staging)).await?;
        let tree = staging
            .commit_git(&git, variables, &message, &call.cancellation)
            .await?;
        Ok((Some(staging), tree))
    };
    steps.repeated(WRITE, writing).await
}

fn kept(file: OutputFile) -> KeptFile {
    let text = std::str::from_utf8(&file.contents).ok().map(str::to_owned);
    let base64 = text
        .is_none()
        .then(|| BASE64_STANDARD.encode(&file.contents));
    KeptFile {
        path: file.path,
        text,
        base64,
        executable: file.executable,
    }
}

fn read_kept(file: KeptFile) -> Result<ProjectFile, Failure> {
    let contents = match (file.text, file.base64) {
        (Some(text), _) => Bytes::from(text),
        (None, Some(encoded)) => BASE64_STANDARD
            .decode(encoded)
            .map_err(|_| Failure::internal("a file that the job kept cannot be read"))?
            .into(),
        (None, None) => Bytes::new(),
    };
    Ok(ProjectFile {
        path: file.path,
        contents,
        executable: file.executable,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_survive_being_kept() {
        for contents in [&b""[..], b"text \xe2\x82\xac\r\n", b"\xff\x00\xfe"] {
            let file = OutputFile {
                path: TreePath::new("a/b").expect("a path"),
                contents: Bytes::copy_from_slice(contents),
                executable: true,
            };
            let json = serde_json::to_string(&kept(file)).expect("JSON");
            let read = read_kept(serde_json::from_str(&json).expect("reads")).expect("reads");
            assert_eq!((&read.contents[..], read.executable), (contents, true));
        }
    }

    #[test]
    fn a_pin_finds_the_same_state_again() {
        let pin = Pin {
            url: "u".to_owned(),
            revision: "0123456789abcdef0123456789abcdef01234567".to_owned(),
            version: Some("1.2".to_owned()),
        };
        let check = |written: &str, expected: &str| {
            let reference = synthesizer_model::reference::RepositoryReference::parse(written);
            let pinned = pin.locate(&reference.expect("a reference").location);
            assert_eq!(pinned.to_string(), expected);
        };
        check("pypi:click", "pypi:click@1.2");
        check(
            "https://host.example/o/n@main",
            "https://host.example/o/n@0123456789abcdef0123456789abcdef01234567",
        );
        check("./folder", "./folder");
    }
}
