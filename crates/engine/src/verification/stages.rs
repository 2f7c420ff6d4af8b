//! How far a verification is: its checks are stages, each with a share of the time that it takes on a project of usual size. Shares are
//! measured on a few projects; what counts is that the fraction grows with the work.

use std::sync::Arc;

use synthesizer_model::{progress::Progress, verification::Level};

use crate::Call;

/// One stage: what it is called when it begins, its share, and the level from which on it is done.
pub(crate) type Stage = (&'static str, u32, Level);

/// Those of Python.
pub(crate) const OF_PYTHON: &[Stage] = &[
    ("reading the project's code", 1, Level::Parse),
    ("installing the lock", 4, Level::Install),
    ("importing every module in the sandbox", 4, Level::Install),
    ("running the tests in the sandbox", 6, Level::Test),
];

/// Those of Rust.
pub(crate) const OF_CARGO: &[Stage] = &[
    ("reading the project's code", 1, Level::Parse),
    ("fetching the locked packages", 3, Level::Install),
    ("compiling in the sandbox", 8, Level::Install),
    ("running the tests in the sandbox", 12, Level::Test),
];

/// Those of JavaScript.
pub(crate) const OF_NPM: &[Stage] = &[
    ("reading the project's code", 1, Level::Parse),
    ("installing the lock", 6, Level::Install),
    ("checking types in the sandbox", 2, Level::Install),
    ("importing every module in the sandbox", 3, Level::Install),
    ("running the tests in the sandbox", 4, Level::Test),
];

/// Tells that a stage begins: all stages before it are done.
pub(crate) fn begin(call: &Call, stages: &[Stage], level: Level, name: &str) {
    call.progress.step(reached(stages, level, name), name);
}

/// Gives how much of the whole is done when a stage begins, 0 to 100; stages of deeper levels do not count.
fn reached(stages: &[Stage], level: Level, name: &str) -> u8 {
    let sum = |stages: &[Stage]| {
        let counted = stages.iter().filter(|(_, _, from)| *from <= level);
        counted.map(|(_, share, _)| *share).sum::<u32>()
    };
    let place = stages.iter().position(|(stage, _, _)| *stage == name);
    let before = stages.get(..place.unwrap_or(0)).unwrap_or(stages);
    let percent = sum(before) * 100 / sum(stages).max(1);
    u8::try_from(percent).unwrap_or(100)
}

/// Gives progress for a piece of the work that fills the whole from one fraction to another, both 0 to 100.
pub(crate) fn within(whole: &Arc<dyn Progress>, from: u8, to: u8) -> Arc<dyn Progress> {
    Arc::new(Piece {
        whole: Arc::clone(whole),
        from: from.min(100),
        to: to.min(100).max(from.min(100)),
    })
}

struct Piece {
    whole: Arc<dyn Progress>,
    from: u8,
    to: u8,
}

impl Progress for Piece {
    fn step(&self, percent: u8, message: &str) {
        let room = u32::from(self.to - self.from);
        let own = room * u32::from(percent.min(100)) / 100;
        let reached = u32::from(self.from) + own;
        self.whole
            .step(u8::try_from(reached).unwrap_or(self.to), message);
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
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_stage_begins_where_those_before_it_end() {
        let check = |stages: &[Stage], level: Level, expected: &[u8]| {
            let counted = stages.iter().filter(|(_, _, from)| *from <= level);
            let found: Vec<u8> = counted
                .map(|(name, _, _)| reached(stages, level, name))
                .collect();
            assert_eq!(found, expected, "{level:?}");
        };
        check(OF_CARGO, Level::Parse, &[0]);
        check(OF_CARGO, Level::Install, &[0, 8, 33]);
        check(OF_CARGO, Level::Test, &[0, 4, 16, 50]);
        check(OF_NPM, Level::Test, &[0, 6, 43, 56, 75]);
        check(OF_PYTHON, Level::Test, &[0, 6, 33, 60]);
    }

    #[test]
    fn a_piece_stays_within_its_bounds() {
        #[derive(Default)]
        struct Heard(Mutex<Vec<u8>>);
        impl Progress for Heard {
            fn step(&self, percent: u8, _message: &str) {
                self.0.lock().expect("nobody panics").push(percent);
            }
            fn is_cancelled(&self) -> bool {
                false
            }
        }
        let heard = Arc::new(Heard::default());
        let whole: Arc<dyn Progress> = Arc::clone(&heard) as Arc<dyn Progress>;
        let piece = within(&whole, 20, 60);
        for percent in [0, 50, 100, 200] {
            piece.step(percent, "");
        }
        within(&whole, 90, 10).step(50, "");
        let heard = heard.0.lock().expect("nobody panics");
        assert_eq!(*heard, [20, 40, 60, 60, 90]);
    }
}
