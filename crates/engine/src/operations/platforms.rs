//! `platforms`: which platforms are used, with which credentials, and how they are.

use serde::Serialize;
use synthesizer_model::{Failure, discovery::PlatformStatus};

use crate::{Call, Engine, observing::observed};

/// Every platform.
#[derive(Debug, Clone, Serialize)]
pub struct PlatformsAnswer {
    /// In the order in which they are searched.
    pub platforms: Vec<PlatformStatus>,
}

impl Engine {
    /// Says how every platform is. With `check` the enabled ones are asked for something small, at most once in `admin.health_interval`.
    ///
    /// # Errors
    /// `E_CONFIG` for settings that a platform cannot work with.
    pub async fn platforms(&self, call: &Call, check: bool) -> Result<PlatformsAnswer, Failure> {
        observed(call, "platforms", async {
            let discovery = self.discovery()?;
            // What other processes did to breakers counts also where nothing is asked.
            self.door()?.registry().synchronise().await;
            let platforms = if check {
                discovery.check_platforms(&call.cancellation).await
            } else {
                discovery.platforms()
            };
            Ok(PlatformsAnswer { platforms })
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use synthesizer_infrastructure::config::{Config, LoadOptions, load};
    use synthesizer_model::progress::Unwatched;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{Caller, operations::breakers::BreakerAction};

    fn config(folder: &tempfile::TempDir, offline: bool) -> Config {
        let path = folder.path().display().to_string();
        load(LoadOptions {
            environment: BTreeMap::from([("HOME".to_owned(), path)]),
            working_directory: folder.path().to_owned(),
            offline,
            ..LoadOptions::default()
        })
        .expect("valid")
    }

    #[tokio::test]
    async fn what_another_process_did_to_a_breaker_is_shown_without_asking_anybody() {
        let folder = tempfile::tempdir().expect("a folder");
        let watched = Arc::new(Unwatched);
        let call = Call::new(Caller::CommandLine, watched, CancellationToken::new());
        let force = BreakerAction::ForceOpen("github".to_owned());
        let first = Engine::new(config(&folder, false));
        first.breakers(&call, force).await.expect("known");
        let next = Engine::new(config(&folder, true));
        let answer = next.platforms(&call, false).await.expect("an answer");
        let states: Vec<(&str, &str)> = answer
            .platforms
            .iter()
            .map(|platform| (platform.name.as_str(), platform.breaker.as_str()))
            .filter(|(_, breaker)| *breaker != "closed")
            .collect();
        assert_eq!(states, [("github", "forced_open")]);
    }
}
