//! Every operation as seen from outside: its correlation id, its duration, its outcome. Must not know any operation.

use std::future::Future;

use synthesizer_infrastructure::telemetry::{
    correlation,
    events::{self, OperationInFlight},
};
use synthesizer_model::Failure;

use crate::{Call, Engine};

impl Engine {
    /// Brings what is measured of services up to date, before somebody reads it: every service has its series, breakers are as other
    /// processes left them, and the windows of their rates have moved on.
    pub async fn measure_services(&self) {
        // Settings that are wrong are told to who calls a service.
        if self.discovery().is_ok()
            && let Ok(door) = self.door()
        {
            door.registry().synchronise().await;
            door.registry().measure();
        }
    }
}

/// Runs an operation under the call's correlation id, and logs and counts its beginning and its end.
pub(crate) async fn observed<T>(
    call: &Call,
    operation: &'static str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    // The work of a whole operation is large, and is moved once more for each layer around it.
    let work = Box::pin(work);
    correlation::scope(&call.correlation_id, async {
        let in_flight = OperationInFlight::begin(operation);
        let outcome = work.await;
        let name = match &outcome {
            Ok(_) => "ok",
            Err(failure) => events::outcome(failure.code),
        };
        in_flight.finish(name);
        outcome
    })
    .await
}
