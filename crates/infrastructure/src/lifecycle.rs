//! The life of a server: starting, ready, draining, and never back. Knows no listener and no signal.
//!
//! At the first signal a server calls [`Lifecycle::drain`], which makes it unready at once, waits until others have seen that, tells
//! it to accept nothing more, waits for the work in flight, and in the end cancels what is left. At the second signal the program exits.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Where a server is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Not everything that it needs is there yet.
    Starting,
    /// It takes work.
    Ready,
    /// It takes no new work.
    Draining,
}

/// How a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Pieces of work that came to their end during the drain.
    pub finished: usize,
    /// Pieces of work that were cancelled.
    pub cancelled: usize,
}

/// One server's life. Clones are the same life.
#[derive(Debug, Clone)]
pub struct Lifecycle {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: watch::Sender<State>,
    work: watch::Sender<Work>,
    closing: CancellationToken,
    end: CancellationToken,
}

#[derive(Debug, Clone, Copy, Default)]
struct Work {
    in_flight: usize,
    /// Since the start.
    ended: usize,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self {
            shared: Arc::new(Shared {
                state: watch::Sender::new(State::Starting),
                work: watch::Sender::new(Work::default()),
                closing: CancellationToken::new(),
                end: CancellationToken::new(),
            }),
        }
    }
}

impl Lifecycle {
    /// Begins a life.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives where it is.
    pub fn state(&self) -> State {
        *self.shared.state.borrow()
    }

    /// Says whether it takes work, which is what `/readyz` answers.
    pub fn is_ready(&self) -> bool {
        self.state() == State::Ready
    }

    /// Makes it ready; one that drains stays so.
    pub fn ready(&self) {
        self.advance(State::Ready);
    }

    /// Makes it unready for good.
    pub fn begin_drain(&self) {
        self.advance(State::Draining);
    }

    fn advance(&self, to: State) {
        self.shared.state.send_if_modified(|state| {
            let forward = *state < to;
            if forward {
                *state = to;
            }
            forward
        });
    }

    /// Waits until it drains.
    pub async fn draining(&self) {
        let mut state = self.shared.state.subscribe();
        // The sender lives as long as this life.
        let _ = state.wait_for(|state| *state == State::Draining).await;
    }

    /// Waits until nothing more is to be accepted: a drain began and its delay is over.
    pub async fn closing(&self) {
        self.shared.closing.cancelled().await;
    }

    /// Gives a token that is cancelled at the hard end, for the work in flight.
    pub fn cancellation(&self) -> CancellationToken {
        self.shared.end.child_token()
    }

    /// Counts one piece of work until the guard is dropped.
    pub fn track(&self) -> InFlight {
        self.shared.work.send_modify(|work| work.in_flight += 1);
        InFlight {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Gives how many pieces of work there are now.
    pub fn in_flight(&self) -> usize {
        self.shared.work.borrow().in_flight
    }

    /// Waits until no work is in flight.
    pub async fn finished(&self) {
        let mut work = self.shared.work.subscribe();
        // The sender lives as long as this life.
        let _ = work.wait_for(|work| work.in_flight == 0).await;
    }

    /// Ends this life: unready at once, nothing accepted after `drain_delay`, what is not finished `shutdown_timeout` later cancelled.
    ///
    /// Returns when all is finished or right after cancelling; [`Lifecycle::finished`] then waits for the cancelled to clean up.
    pub async fn drain(&self, drain_delay: Duration, shutdown_timeout: Duration) -> Drained {
        let ended_before = self.shared.work.borrow().ended;
        self.begin_drain();
        tokio::time::sleep(drain_delay).await;
        self.shared.closing.cancel();
        // Whether it was in time is what the count says.
        let _ = tokio::time::timeout(shutdown_timeout, self.finished()).await;
        let work = *self.shared.work.borrow();
        self.shared.end.cancel();
        Drained {
            finished: work.ended - ended_before,
            cancelled: work.in_flight,
        }
    }
}

/// One piece of work in flight.
#[derive(Debug)]
pub struct InFlight {
    shared: Arc<Shared>,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.shared.work.send_modify(|work| {
            work.in_flight -= 1;
            work.ended += 1;
        });
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use tokio::time::{Instant, sleep};

    use super::*;

    const DELAY: Duration = Duration::from_secs(5);
    const TIMEOUT: Duration = Duration::from_secs(60);

    #[test]
    fn it_never_goes_back() {
        let life = Lifecycle::new();
        assert_eq!((life.state(), life.is_ready()), (State::Starting, false));
        life.ready();
        assert!(life.is_ready() && life.draining().now_or_never().is_none());
        life.clone().begin_drain();
        life.ready();
        assert_eq!((life.state(), life.is_ready()), (State::Draining, false));
        assert!(life.draining().now_or_never().is_some());
    }

    #[test]
    fn a_drain_before_it_was_ready_lasts() {
        let life = Lifecycle::new();
        life.begin_drain();
        life.ready();
        assert!(!life.is_ready());
    }

    #[tokio::test(start_paused = true)]
    async fn it_accepts_until_the_delay_is_over_and_waits_for_work() {
        let life = Lifecycle::new();
        life.ready();
        let start = Instant::now();
        let early = life.track();
        let server = async {
            life.draining().await;
            assert_eq!((start.elapsed(), life.is_ready()), (Duration::ZERO, false));
            // Work that still comes during the delay is finished too.
            let late = life.track();
            life.closing().await;
            assert_eq!(start.elapsed(), DELAY);
            drop(early);
            sleep(Duration::from_secs(20)).await;
            drop(late);
        };
        let (drained, ()) = tokio::join!(life.drain(DELAY, TIMEOUT), server);
        let expected = Drained {
            finished: 2,
            cancelled: 0,
        };
        assert_eq!(drained, expected);
        assert_eq!(start.elapsed(), DELAY + Duration::from_secs(20));
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_finish_is_cancelled() {
        let life = Lifecycle::new();
        let start = Instant::now();
        let work = |seconds: u64| {
            let (guard, token) = (life.track(), life.cancellation());
            async move {
                let _guard = guard;
                tokio::select! {
                    () = token.cancelled() => true,
                    () = sleep(Duration::from_secs(seconds)) => false,
                }
            }
        };
        let (slow, quick) = (work(1_000), work(10));
        let (drained, slow, quick) = tokio::join!(life.drain(DELAY, TIMEOUT), slow, quick);
        let expected = Drained {
            finished: 1,
            cancelled: 1,
        };
        assert_eq!((drained, slow, quick), (expected, true, false));
        assert_eq!(start.elapsed(), DELAY + TIMEOUT);
        life.finished().await;
        assert_eq!(life.in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn without_work_it_ends_with_the_delay() {
        let life = Lifecycle::new();
        let start = Instant::now();
        let drained = life.drain(DELAY, TIMEOUT).await;
        assert_eq!((drained.finished, drained.cancelled), (0, 0));
        assert_eq!(start.elapsed(), DELAY);
    }
}
