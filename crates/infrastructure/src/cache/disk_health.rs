//! When the file of answers is left alone for a while, and how often that is said. Knows no file.

use std::{fmt::Display, sync::Mutex, time::Duration};

use tokio::time::Instant;

/// How long a file that could not be opened is left alone.
const REST: Duration = Duration::from_secs(10);

/// The time between two warnings, and between two new beginnings of a damaged file.
const MINUTE: Duration = Duration::from_secs(60);

/// What is remembered of the troubles of one file.
#[derive(Debug, Default)]
pub(super) struct Health(Mutex<Troubles>);

#[derive(Debug, Default)]
struct Troubles {
    resting_until: Option<Instant>,
    warned_at: Option<Instant>,
    unsaid: u64,
    damaged_at: Option<Instant>,
}

impl Health {
    /// Says whether the file is left alone.
    pub(super) fn rests(&self) -> bool {
        let troubles = self.troubles();
        troubles
            .resting_until
            .is_some_and(|until| Instant::now() < until)
    }

    /// Notes an error; logs it unless another was logged within the last minute.
    pub(super) fn failed(&self, action: &str, error: &dyn Display) {
        let now = Instant::now();
        let unsaid = {
            let mut troubles = self.troubles();
            let silent = troubles
                .warned_at
                .is_some_and(|warned| now.saturating_duration_since(warned) < MINUTE);
            if silent {
                troubles.unsaid += 1;
                return;
            }
            troubles.warned_at = Some(now);
            std::mem::take(&mut troubles.unsaid)
        };
        tracing::warn!(action, %error, unsaid, "the answers on disk cannot be used, so they are forgotten");
    }

    /// Notes that the file could not be opened.
    pub(super) fn not_opened(&self, error: &dyn Display) {
        self.troubles().resting_until = Some(Instant::now() + REST);
        self.failed("open", error);
    }

    /// Notes that the file is damaged. A disk that damages one file after the other is left alone.
    pub(super) fn damaged(&self) {
        let now = Instant::now();
        let mut troubles = self.troubles();
        let again = troubles
            .damaged_at
            .is_some_and(|damaged| now.saturating_duration_since(damaged) < MINUTE);
        if again {
            troubles.resting_until = Some(now + MINUTE);
        }
        troubles.damaged_at = Some(now);
    }

    fn troubles(&self) -> std::sync::MutexGuard<'_, Troubles> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_file_rests_after_a_failed_opening_or_two_damages_in_a_minute() {
        let health = Health::default();
        health.not_opened(&"no");
        assert!(health.rests());
        tokio::time::advance(REST).await;
        assert!(!health.rests());
        health.damaged();
        assert!(!health.rests());
        health.damaged();
        assert!(health.rests());
        tokio::time::advance(MINUTE).await;
        assert!(!health.rests());
    }

    #[tokio::test(start_paused = true)]
    async fn one_warning_a_minute_counts_the_others() {
        let health = Health::default();
        for expected in [0, 1, 2] {
            health.failed("read", &"no");
            assert_eq!(health.troubles().unsaid, expected);
        }
        tokio::time::advance(MINUTE).await;
        health.failed("read", &"no");
        assert_eq!(health.troubles().unsaid, 0);
    }
}
