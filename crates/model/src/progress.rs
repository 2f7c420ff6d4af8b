//! How long work tells how far it is and learns that it is no longer wanted. Must not block.

/// Receives the progress of one piece of work and knows whether it was cancelled.
pub trait Progress: Send + Sync {
    /// Says what is being done now; `percent` is 0 to 100 of the whole work.
    fn step(&self, percent: u8, message: &str);

    /// Says whether the work should stop.
    fn is_cancelled(&self) -> bool;

    /// Says whether the time that may be spent on reading is over, so that what is left should be told instead of done.
    fn time_is_up(&self) -> bool {
        false
    }
}

/// Progress that nobody watches and nobody cancels.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Progress for Unwatched {
    fn step(&self, _percent: u8, _message: &str) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}
