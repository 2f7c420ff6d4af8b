//! Counts what was asked in fixed windows. Must not decide what a refusal looks like.

use std::{collections::BTreeMap, sync::Mutex};

/// How much may be asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    /// Calls in a window.
    pub(super) limit: u64,
    /// Seconds in a window.
    pub(super) window: u64,
}

/// Where a caller stands after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// Calls in a window.
    pub(super) limit: u64,
    /// Calls in this window so far, never above the limit.
    pub(super) used: u64,
    /// Calls that are left.
    pub(super) remaining: u64,
    /// When the window ends, in seconds since 1970.
    pub(super) reset: u64,
    /// Whether this call was still within the limit.
    pub(super) allowed: bool,
}

/// The windows of all callers.
#[derive(Debug, Default)]
pub(super) struct Quotas(Mutex<Windows>);

#[derive(Debug, Default)]
struct Windows {
    by_caller: BTreeMap<String, Window>,
    limit: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    end: u64,
    used: u64,
}

impl Quotas {
    /// Puts another limit in the place of all documented ones, and begins new windows.
    pub(super) fn set_limit(&self, limit: Option<u64>) {
        let mut windows = self.0.lock().expect("no holder panics");
        windows.limit = limit;
        windows.by_caller.clear();
    }

    /// Counts a call that costs so much, which may be nothing.
    pub(super) fn charge(
        &self,
        caller: &str,
        allowance: Allowance,
        cost: u64,
        now: u64,
    ) -> Standing {
        let mut windows = self.0.lock().expect("no holder panics");
        let limit = windows.limit.unwrap_or(allowance.limit);
        let fresh = Window {
            end: now + allowance.window,
            used: 0,
        };
        let window = windows.by_caller.entry(caller.to_owned()).or_insert(fresh);
        if window.end <= now {
            *window = fresh;
        }
        let allowed = cost == 0 || window.used + cost <= limit;
        window.used = (window.used + cost).min(limit);
        Standing {
            limit,
            used: window.used,
            remaining: limit - window.used,
            reset: window.end,
            allowed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_counts_down_and_begins_anew() {
        let quotas = Quotas::default();
        let allowance = Allowance {
            limit: 2,
            window: 60,
        };
        let check = |now: u64, cost: u64, expected: (u64, u64, bool)| {
            let standing = quotas.charge("nobody", allowance, cost, now);
            let found = (standing.remaining, standing.reset, standing.allowed);
            assert_eq!(found, expected, "at {now}");
        };
        check(100, 1, (1, 160, true));
        check(110, 0, (1, 160, true));
        check(120, 1, (0, 160, true));
        check(159, 1, (0, 160, false));
        check(160, 1, (1, 220, true));
        assert_eq!(quotas.charge("somebody", allowance, 1, 160).remaining, 1);
    }
}
