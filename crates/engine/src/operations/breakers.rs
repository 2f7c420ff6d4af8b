//! `breakers`: the circuit breakers of all services: their states, resetting one, forcing one open.

use serde::Serialize;
use synthesizer_infrastructure::resilience::BreakerStatus;
use synthesizer_model::Failure;

use crate::{Call, Engine, observing::observed};

/// Every breaker that is known on this machine.
#[derive(Debug, Clone, Serialize)]
pub struct BreakersAnswer {
    /// By name.
    pub breakers: Vec<BreakerStatus>,
}

/// What is done with breakers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BreakerAction {
    /// Nothing: they are shown.
    List,
    /// The named one is closed and forgets its failures and pauses.
    Reset(String),
    /// The named one lets nothing through until it is reset.
    ForceOpen(String),
}

impl Engine {
    /// Acts on the breakers and shows them. What is done here holds for every process that shares the data folder.
    ///
    /// # Errors
    /// `E_NOT_FOUND` for a service that does not exist.
    pub async fn breakers(
        &self,
        call: &Call,
        action: BreakerAction,
    ) -> Result<BreakersAnswer, Failure> {
        observed(call, "breakers", async {
            // The platforms' services are known once search is connected.
            self.discovery()?;
            let door = self.door()?;
            let registry = door.registry();
            registry.synchronise().await;
            match action {
                BreakerAction::List => {}
                BreakerAction::Reset(name) => {
                    registry.reset(&name)?;
                    registry.publish(&name).await;
                }
                BreakerAction::ForceOpen(name) => {
                    registry.force_open(&name)?;
                    registry.publish(&name).await;
                }
            }
            Ok(BreakersAnswer {
                breakers: registry.list(),
            })
        })
        .await
    }
}
