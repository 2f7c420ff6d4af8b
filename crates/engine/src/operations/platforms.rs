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
