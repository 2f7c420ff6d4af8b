//! How calls to other services are guarded: circuit breakers, rate limits, retries. Knows no HTTP and no service by name.
//!
//! Map:
//! - `breaker`, `states`: the circuit breaker, and its state machine without clock or events
//! - `limit`, `pace`: the rate limit with its shared pause, and the arithmetic of the waiting line
//! - `retry`: further tries within a budget
//! - `registry`, `record`: one guard a service in this process, and what processes tell each other
//! - `turnstile`: one call at a time over all processes of the user
//! - `waits`: what headers say about waiting
//! - `ring`: sums over the last seconds

mod breaker;
mod limit;
mod pace;
pub mod record;
mod registry;
mod retry;
mod ring;
mod states;
mod turnstile;
mod waits;

pub use breaker::{Breaker, BreakerStatus, Permit, Rejected};
pub use limit::Limiter;
pub use record::{ServiceRecord, ServiceRecords};
pub use registry::{Guard, Registry};
pub use retry::{FailedAttempt, Retrier, RetryBudget, backoff};
pub use turnstile::{Passage, Turnstile};
pub use waits::{retry_after, wait_of_reset};
