//! Asks the solver of a family of packages, and keeps what it found by its inputs. Must not know what a requirement means.

use std::{
    collections::BTreeMap,
    fs::Metadata,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use synthesizer_infrastructure::{
    cache::{CacheEntry, CacheStore},
    config::Tool,
    project::Scratch,
    telemetry::events::CacheLooked,
};
use synthesizer_model::{
    dependency::Ecosystem,
    failure::{ErrorCode, Failure},
    resolution::{Resolution, ResolutionRequest, ResolutionStatus},
};

use synthesizer_resolution::Effort;

use crate::{
    Call, Engine,
    tools::{UserTool, solver_tool},
};

/// The kind of the entries in the cache.
const KIND: &str = "resolution";
/// How often those who wait are told that a solver is at work.
const TICK: Duration = Duration::from_secs(5);
/// Changes with the shape of what is kept and with whatever makes an answer out of a solver's.
const VERSION: u32 = 1;

impl Engine {
    /// Answers for one family: from what is kept while it is fresh (of any age without the network), else from its solver.
    ///
    /// # Errors
    /// Those of the solver; `E_ARGUMENT` for a family without one. A missing program is `E_TOOL_MISSING`, unless the requirements contradict
    /// each other in a way that needs no solver to tell.
    pub(crate) async fn solve(
        &self,
        call: &Call,
        ecosystem: Ecosystem,
        request: &ResolutionRequest,
        effort: Effort,
    ) -> Result<Resolution, Failure> {
        let (Some(solver), Some((tool, name))) = (
            synthesizer_resolution::solver_of(ecosystem),
            solver_tool(ecosystem),
        ) else {
            let message = format!("there is no solver for {ecosystem}");
            return Err(Failure::new(ErrorCode::Argument, message)
                .with_hint("python, cargo and npm can be solved"));
        };
        let scratch = Scratch::create(&self.config().paths.cache)?;
        let settings = key_files(tool, &self.config().tool_environment);
        let tool = match self.user_tool(tool, name, scratch.path()) {
            Ok(tool) => tool,
            Err(missing) => {
                return synthesizer_resolution::without_solver(solver, request, missing);
            }
        };
        let key = |effort| key(ecosystem, (request, effort), &tool, &settings);
        let store = self.door()?.store();
        // What has more than was asked for will do.
        for enough in [Effort::Whole, effort] {
            if let Some(kept) = self.kept(store.as_ref(), &key(enough)).await {
                return Ok(kept);
            }
            if enough == effort {
                break;
            }
        }
        let key = key(effort);
        let solving = synthesizer_resolution::resolve(
            solver,
            request,
            effort,
            tool.environment(),
            &call.cancellation,
        );
        let resolution = told(call, name, solving).await?;
        self.keep(store.as_ref(), &key, &resolution).await;
        Ok(resolution)
    }

    async fn kept(&self, store: &dyn CacheStore, key: &str) -> Option<Resolution> {
        let now = SystemTime::now();
        let entry = store.get(KIND, key).await;
        let fresh = entry.as_ref().is_some_and(|entry| now < entry.fresh_until);
        let result = match &entry {
            Some(_) if fresh => "hit",
            Some(_) => "stale",
            None => "miss",
        };
        CacheLooked {
            layer: "any",
            kind: KIND,
            result,
        }
        .emit();
        let entry = entry.filter(|_| fresh || self.config().offline)?;
        let mut resolution: Resolution = serde_json::from_slice(&entry.value).ok()?;
        let age = now.duration_since(entry.stored_at).unwrap_or_default();
        resolution.kept_for_seconds = Some(age.as_secs());
        if !fresh {
            resolution.warnings.push(format!(
                "the network is switched off: this was found {} ago, and packages may have been released since",
                words_of(age)
            ));
        }
        Some(resolution)
    }

    /// Keeps an answer that will be the same for a while: a yes, or a no that was looked into to the end.
    async fn keep(&self, store: &dyn CacheStore, key: &str, resolution: &Resolution) {
        let may_improve = resolution.status == ResolutionStatus::Unknown || resolution.cut_short;
        if may_improve || self.config().offline {
            return;
        }
        let Ok(value) = serde_json::to_vec(resolution) else {
            return;
        };
        let now = SystemTime::now();
        let settings = &self.config().cache;
        let entry = CacheEntry {
            value: value.into(),
            stored_at: now,
            fresh_until: now + settings.resolution,
            kept_until: now + settings.resolution + settings.stale,
        };
        store.put(KIND, key, entry).await;
    }
}

/// Tells those who wait that the solver is still at work: clients give up on a call that is silent for a minute.
async fn told<T>(call: &Call, solver: &str, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    let begun = tokio::time::Instant::now();
    let mut tick = tokio::time::interval_at(begun + TICK, TICK);
    loop {
        tokio::select! {
            outcome = &mut work => return outcome,
            _ = tick.tick() => {
                let seconds = begun.elapsed().as_secs();
                call.progress.step(60, &format!("{solver} is solving ({seconds} s)"));
            }
        }
    }
}

fn words_of(age: Duration) -> String {
    let hours = age.as_secs() / 3600;
    match hours {
        0 => format!("{} minutes", age.as_secs() / 60),
        1..=48 => format!("{hours} hours"),
        _ => format!("{} days", hours / 24),
    }
}

/// Everything that an answer depends on, but for the registry itself.
#[derive(Serialize)]
struct Inputs<'a> {
    version: u32,
    ecosystem: Ecosystem,
    request: &'a ResolutionRequest,
    in_pips_form: bool,
    program: FileState,
    variables: BTreeMap<&'a str, &'a str>,
    settings: &'a [FileState],
}

/// A file as far as looking at it tells whether it was changed.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct FileState {
    path: PathBuf,
    bytes: u64,
    changed: Option<Duration>,
}

impl FileState {
    fn of(path: &Path) -> Self {
        let metadata = std::fs::metadata(path).ok();
        let since_epoch = |metadata: &Metadata| {
            let changed = metadata.modified().ok()?;
            changed.duration_since(SystemTime::UNIX_EPOCH).ok()
        };
        Self {
            path: path.to_owned(),
            bytes: metadata.as_ref().map_or(0, Metadata::len),
            changed: metadata.as_ref().and_then(since_epoch),
        }
    }
}

/// Gives the user's settings files of a program as they are now: other settings may lead to another registry.
fn key_files(tool: Tool, environment: &BTreeMap<String, String>) -> Vec<FileState> {
    let folder = |name: &str| environment.get(name).map(PathBuf::from);
    let home = || folder("HOME").unwrap_or_default();
    let settings = folder("XDG_CONFIG_HOME").unwrap_or_else(|| home().join(".config"));
    let paths = match tool {
        Tool::Uv => vec![
            settings.join("uv/uv.toml"),
            settings.join("pip/pip.conf"),
            folder("UV_CONFIG_FILE").unwrap_or_default(),
        ],
        Tool::Cargo => {
            let cargo = folder("CARGO_HOME").unwrap_or_else(|| home().join(".cargo"));
            vec![cargo.join("config.toml"), cargo.join("config")]
        }
        Tool::Npm => {
            let named = folder("npm_config_userconfig").or_else(|| folder("NPM_CONFIG_USERCONFIG"));
            vec![named.unwrap_or_else(|| home().join(".npmrc"))]
        }
    };
    paths.iter().map(|path| FileState::of(path)).collect()
}

fn key(
    ecosystem: Ecosystem,
    (request, effort): (&ResolutionRequest, Effort),
    tool: &UserTool,
    settings: &[FileState],
) -> String {
    let inputs = Inputs {
        version: VERSION,
        ecosystem,
        request,
        in_pips_form: effort == Effort::Whole,
        program: FileState::of(&tool.program),
        variables: tool
            .variables
            .iter()
            // Where temporary files go is new each time; whether the network may be used decides about the age alone.
            .filter(|(name, _)| !matches!(name.as_str(), "TMPDIR" | "UV_OFFLINE"))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect(),
        settings,
    };
    // Variables hold credentials: only their hash is kept.
    let bytes = serde_json::to_vec(&inputs).unwrap_or_default();
    let digest = Sha256::digest(&bytes);
    digest.iter().fold(String::new(), |mut text, byte| {
        use std::fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use synthesizer_model::resolution::{Constraint, RepositoryRequirements};

    use super::*;

    fn tool(variables: &[(&str, &str)]) -> UserTool {
        UserTool {
            program: PathBuf::from("uv"),
            scratch: PathBuf::new(),
            variables: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            deadline: Duration::ZERO,
            explanation_time: Duration::from_secs(1),
        }
    }

    fn request(specifier: &str, offline: bool) -> ResolutionRequest {
        ResolutionRequest {
            repositories: vec![RepositoryRequirements {
                repository: "./a".to_owned(),
                ..RepositoryRequirements::default()
            }],
            constraints: vec![Constraint::beside(specifier)],
            offline,
            ..ResolutionRequest::default()
        }
    }

    #[derive(Default)]
    struct Heard(std::sync::Mutex<Vec<String>>);

    impl synthesizer_model::progress::Progress for Heard {
        fn step(&self, _percent: u8, message: &str) {
            let mut heard = self.0.lock().expect("nobody panics while holding it");
            heard.push(message.to_owned());
        }

        fn is_cancelled(&self) -> bool {
            false
        }
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_wait_are_told_every_few_seconds() {
        let heard = std::sync::Arc::new(Heard::default());
        let call = Call::new(
            crate::Caller::CommandLine,
            std::sync::Arc::clone(&heard) as _,
            tokio_util::sync::CancellationToken::new(),
        );
        told(&call, "uv", tokio::time::sleep(Duration::from_secs(12))).await;
        let heard = heard.0.lock().expect("nobody panicked");
        assert_eq!(*heard, ["uv is solving (5 s)", "uv is solving (10 s)"]);
    }

    #[test]
    fn an_answer_is_kept_by_all_that_it_depends_on() {
        let python = Ecosystem::Python;
        let first = key(
            python,
            (&request("a", false), Effort::Lock),
            &tool(&[("TMPDIR", "x")]),
            &[],
        );
        let same = key(
            python,
            (&request("a", true), Effort::Lock),
            &tool(&[("TMPDIR", "y")]),
            &[],
        );
        assert_eq!(first, same);
        let others = [
            key(
                python,
                (&request("a>1", false), Effort::Lock),
                &tool(&[]),
                &[],
            ),
            key(
                Ecosystem::Npm,
                (&request("a", false), Effort::Lock),
                &tool(&[]),
                &[],
            ),
            key(
                python,
                (&request("a", false), Effort::Lock),
                &tool(&[("UV_INDEX_URL", "x")]),
                &[],
            ),
            key(
                python,
                (&request("a", false), Effort::Lock),
                &tool(&[]),
                &[FileState::of(Path::new("uv.toml"))],
            ),
        ];
        for other in &others {
            assert_ne!(*other, first);
        }
    }
}
