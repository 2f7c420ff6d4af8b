//! How far a job is: each step has its share of the whole, and what is told within a step counts within its share. Must not block.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use synthesizer_model::progress::Progress;
use tokio_util::sync::CancellationToken;

/// A step's name and its share of the whole work.
#[derive(Debug, Clone)]
pub(super) struct Share {
    pub(super) name: String,
    pub(super) weight: u32,
}

/// Where a job is. Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct Meter(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    shares: Vec<Share>,
    /// The step that is worked on.
    step: Option<usize>,
    /// 0 to 100 of the step.
    within: u8,
    /// 0 to 100 of the whole; never falls.
    whole: u8,
    message: Option<String>,
    changed: bool,
    /// Steps that were begun by a message alone, and that the table does not know yet.
    unrecorded: Vec<usize>,
}

/// What is to be told of a job's progress.
pub(super) struct News {
    pub(super) whole: u8,
    pub(super) message: Option<String>,
    pub(super) begun: Vec<usize>,
}

impl Meter {
    pub(super) fn new(shares: Vec<Share>) -> Self {
        Self(Arc::new(Mutex::new(State {
            shares,
            step: None,
            within: 0,
            whole: 0,
            message: None,
            changed: false,
            unrecorded: Vec::new(),
        })))
    }

    /// Gives the number of a step.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        let state = self.lock();
        state.shares.iter().position(|share| share.name == name)
    }

    /// Begins a step, and gives how far the whole is.
    pub(super) fn begin(&self, step: usize) -> u8 {
        let mut state = self.lock();
        state.enter(step);
        state.whole
    }

    /// Ends a step, and gives how far the whole is.
    pub(super) fn finish(&self, step: usize) -> u8 {
        let mut state = self.lock();
        state.enter(step);
        state.within = 100;
        state.measure();
        state.whole
    }

    /// Notes what a piece of the work says: `percent` is of the step, and a message that is a step's name begins that step.
    pub(super) fn note(&self, percent: u8, message: &str) -> u8 {
        let mut state = self.lock();
        let named = state.shares.iter().position(|share| share.name == message);
        match named {
            Some(step) if state.step.is_none_or(|present| step > present) => {
                state.enter(step);
                state.unrecorded.push(step);
            }
            Some(_) => {}
            None => {
                state.within = state.within.max(percent.min(100));
                state.message = Some(message.to_owned());
                state.measure();
            }
        }
        state.changed = true;
        state.whole
    }

    /// Takes what has changed since the last time.
    pub(super) fn news(&self) -> Option<News> {
        let mut state = self.lock();
        let changed = std::mem::take(&mut state.changed);
        changed.then(|| News {
            whole: state.whole,
            message: state.message.clone(),
            begun: std::mem::take(&mut state.unrecorded),
        })
    }

    /// Gives how far the whole is, and what was said last.
    pub(super) fn now(&self) -> (u8, Option<String>) {
        let state = self.lock();
        (state.whole, state.message.clone())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn enter(&mut self, step: usize) {
        if self.step != Some(step) {
            self.step = Some(step);
            self.within = 0;
            self.message = None;
        }
        self.changed = true;
        self.measure();
    }

    fn measure(&mut self) {
        let Some(step) = self.step else { return };
        let sum = |shares: &[Share]| {
            shares
                .iter()
                .map(|share| u64::from(share.weight))
                .sum::<u64>()
        };
        let all = sum(&self.shares).max(1);
        let before = sum(&self.shares[..step.min(self.shares.len())]);
        let own = self
            .shares
            .get(step)
            .map_or(0, |share| u64::from(share.weight));
        let reached = before * 100 + own * u64::from(self.within);
        // The whole is done when its end is recorded, not before.
        let whole = u8::try_from(reached / all).unwrap_or(99).min(99);
        self.whole = self.whole.max(whole);
    }
}

/// Progress that goes to a job's record and to whoever watches the call.
pub struct JobProgress {
    meter: Meter,
    cancellation: CancellationToken,
    watcher: Arc<dyn Progress>,
}

impl JobProgress {
    pub(super) fn new(
        meter: Meter,
        cancellation: CancellationToken,
        watcher: Arc<dyn Progress>,
    ) -> Self {
        Self {
            meter,
            cancellation,
            watcher,
        }
    }
}

impl Progress for JobProgress {
    fn step(&self, percent: u8, message: &str) {
        let whole = self.meter.note(percent, message);
        self.watcher.step(whole, message);
    }

    fn is_cancelled(&self) -> bool {
        self.cancellation.is_cancelled()
    }

    fn time_is_up(&self) -> bool {
        self.watcher.time_is_up()
    }
}

/// Gives progress for pieces of one step that are done side by side: the step is as far as they are on average.
pub(crate) fn parts(whole: &Arc<dyn Progress>, count: usize) -> Vec<Arc<dyn Progress>> {
    let reached = Arc::new(Mutex::new(vec![0_u8; count]));
    let part = |index| {
        let part = Part {
            whole: Arc::clone(whole),
            reached: Arc::clone(&reached),
            index,
        };
        Arc::new(part) as Arc<dyn Progress>
    };
    (0..count).map(part).collect()
}

struct Part {
    whole: Arc<dyn Progress>,
    reached: Arc<Mutex<Vec<u8>>>,
    index: usize,
}

impl Progress for Part {
    fn step(&self, percent: u8, message: &str) {
        let mut reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = reached.get_mut(self.index) {
            *own = (*own).max(percent.min(100));
        }
        let sum: usize = reached.iter().map(|part| usize::from(*part)).sum();
        let average = sum / reached.len().max(1);
        drop(reached);
        self.whole
            .step(u8::try_from(average).unwrap_or(100), message);
    }

    fn is_cancelled(&self) -> bool {
        self.whole.is_cancelled()
    }

    fn time_is_up(&self) -> bool {
        self.whole.time_is_up()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_a_step_is_filled_by_what_is_told_within_it() {
        let share = |name: &str, weight| Share {
            name: name.to_owned(),
            weight,
        };
        let meter = Meter::new(vec![
            share("fetch", 60),
            share("build", 30),
            share("place", 10),
        ]);
        let check = |percent, message: &str, expected| {
            assert_eq!(meter.note(percent, message), expected, "{message}");
        };
        assert_eq!(meter.begin(0), 0);
        check(50, "half of it", 30);
        check(20, "another source", 30);
        check(0, "fetch", 30);
        check(7, "build", 60);
        check(200, "all of it", 90);
        check(0, "fetch", 90);
        let news = meter.news().expect("changed");
        assert_eq!((news.whole, news.begun.as_slice()), (90, [1].as_slice()));
        assert!(meter.news().is_none());
        assert_eq!(meter.finish(2), 99, "done only when that is recorded");
    }
}
