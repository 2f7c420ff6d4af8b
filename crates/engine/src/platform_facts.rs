//! What the platform tells of a repository that is analysed: stars, description, activity. Never decides whether there is an analysis.

use std::time::Duration;

use synthesizer_model::{
    ErrorCode, Failure, analysis::RepositoryAnalysis, discovery::RepositoryFacts, finding::Problem,
    reference::Location,
};

use crate::{Call, Engine};

/// How long a platform may take; what is asked here is worth no longer wait.
const PATIENCE: Duration = Duration::from_secs(3);

/// The check of quality that needs the platform.
const CHECK: &str = "activity";

/// What became of the question.
#[derive(Debug, Default)]
pub(crate) struct PlatformAnswer {
    /// What the platform tells.
    pub(crate) facts: Option<RepositoryFacts>,
    /// Why it tells nothing.
    why_unknown: Option<String>,
    problem: Option<Problem>,
}

impl PlatformAnswer {
    /// Adds to an analysis why something of it is not known.
    pub(crate) fn explain(self, analysis: &mut RepositoryAnalysis) {
        analysis.problems.extend(self.problem);
        let Some(why) = self.why_unknown else {
            return;
        };
        let unknown = analysis.quality_score.unknown.iter_mut();
        for check in unknown.filter(|check| check.path == CHECK) {
            check.what.clone_from(&why);
        }
    }

    fn unknown(why: String, problem: Option<Problem>) -> Self {
        Self {
            facts: None,
            why_unknown: Some(why),
            problem,
        }
    }
}

impl Engine {
    /// Asks the platform that a repository is on; asks nobody about folders and packages. Without network, what was kept is the answer.
    ///
    /// # Errors
    /// `E_CANCELLED` alone: any other failure is told in the answer.
    pub(crate) async fn platform_facts(
        &self,
        call: &Call,
        location: &Location,
    ) -> Result<PlatformAnswer, Failure> {
        let Location::Git { url, .. } = location else {
            return Ok(PlatformAnswer::default());
        };
        let discovery = match self.discovery() {
            Ok(discovery) => discovery,
            Err(failure) => return Ok(failed("platforms", &failure)),
        };
        let Some((platform, full_name)) = discovery.hosted_at(url) else {
            let host = url.host_str().unwrap_or_default();
            let why = format!("{host} is no platform that can be asked about it");
            return Ok(PlatformAnswer::unknown(why, None));
        };
        let asked = discovery.look_up_within(PATIENCE, platform, &full_name, &call.cancellation);
        match asked.await {
            Ok(facts) => Ok(PlatformAnswer {
                facts: Some(facts),
                ..PlatformAnswer::default()
            }),
            Err(failure) if failure.code == ErrorCode::Cancelled => Err(failure),
            // The user's own choice is no problem.
            Err(failure) if failure.code == ErrorCode::Config => {
                Ok(PlatformAnswer::unknown(failure.message, None))
            }
            Err(failure) => Ok(failed(platform, &failure)),
        }
    }
}

fn failed(platform: &str, failure: &Failure) -> PlatformAnswer {
    let why = format!("{platform} did not tell: {}", failure.message);
    let what = format!("stars and activity are not known: {}", failure.message);
    let problem = Problem::new(format!("platform {platform}"), what);
    PlatformAnswer::unknown(why, Some(problem))
}
