//! Every operation as seen from outside: its correlation id, its duration, its outcome. Must not know any operation.

use std::future::Future;

use synthesizer_infrastructure::telemetry::{
    correlation,
    events::{self, OperationInFlight},
};
use synthesizer_model::Failure;

use crate::Call;

/// Runs an operation under the call's correlation id, and logs and counts its beginning and its end.
pub(crate) async fn observed<T>(
    call: &Call,
    operation: &'static str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
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
