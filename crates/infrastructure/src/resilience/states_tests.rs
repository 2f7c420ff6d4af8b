//! Any sequence of events against the state machine: permits, transitions and times stay lawful.

use proptest::prelude::*;

use super::*;

/// What may happen to a breaker.
#[derive(Debug, Clone)]
enum Event {
    Ask,
    Take,
    Settle { which: usize, verdict: Verdict },
    Drop { which: usize },
    Pass { milliseconds: u64 },
    Reset,
    ForceOpen,
    Hear { openings: u32, milliseconds: u64 },
}

fn any_event() -> impl Strategy<Value = Event> {
    let verdict = prop_oneof![
        2 => Just(Verdict::Success),
        5 => Just(Verdict::Failure),
        1 => Just(Verdict::Limited),
        1 => Just(Verdict::Ignored),
    ];
    prop_oneof![
        2 => Just(Event::Ask),
        9 => Just(Event::Take),
        9 => (0_usize..8, verdict).prop_map(|(which, verdict)| Event::Settle { which, verdict }),
        3 => (0_usize..8).prop_map(|which| Event::Drop { which }),
        5 => (0_u64..8_000).prop_map(|milliseconds| Event::Pass { milliseconds }),
        1 => Just(Event::Reset),
        1 => Just(Event::ForceOpen),
        1 => (0_u32..5, 0_u64..20_000)
            .prop_map(|(openings, milliseconds)| Event::Hear { openings, milliseconds }),
    ]
}

fn policy(breaker: bool, half_open_calls: u32) -> ServicePolicy {
    ServicePolicy {
        breaker,
        half_open_calls,
        consecutive_failures: 3,
        minimum_calls: 4,
        open_longest: Duration::from_secs(20),
        ..ServicePolicy::default()
    }
}

/// The world around a machine: its clock, the permits that are out, what it was in before.
struct World {
    machine: Machine,
    moment: Moment,
    permits: Vec<(u64, Instant)>,
    before: &'static str,
}

impl World {
    fn new(policy: ServicePolicy) -> Self {
        let now = Instant::now();
        let machine = Machine::new(policy, now);
        Self {
            before: machine.state().name(),
            machine,
            moment: Moment {
                now,
                wall: SystemTime::now(),
            },
            permits: Vec::new(),
        }
    }

    fn happens(&mut self, event: Event) {
        let now = self.moment.now;
        match event {
            Event::Ask => {
                self.wakes();
                let before = self.machine.generation();
                let lets_through = self.machine.ask(now).is_ok();
                assert_eq!(lets_through, self.should_let_through());
                assert_eq!(before, self.machine.generation());
            }
            Event::Take => {
                self.wakes();
                let should = self.should_let_through();
                let taken = self.machine.take(now);
                assert_eq!(taken.is_ok(), should);
                if taken.is_ok() {
                    self.permits.push((self.machine.generation(), now));
                }
            }
            Event::Settle { which, verdict } => self.settles(which, verdict),
            Event::Drop { which } => {
                if which < self.permits.len() {
                    let (generation, _) = self.permits.swap_remove(which);
                    self.machine.give_back(generation);
                }
            }
            Event::Pass { milliseconds } => {
                self.moment.now += Duration::from_millis(milliseconds);
                self.moment.wall += Duration::from_millis(milliseconds);
            }
            Event::Reset => {
                let change = self.machine.reset(self.moment);
                self.changed(change);
            }
            Event::ForceOpen => {
                let change = self.machine.force_open(self.moment.wall);
                self.changed(change);
            }
            Event::Hear {
                openings,
                milliseconds,
            } => self.hears(openings, milliseconds),
        }
    }

    fn wakes(&mut self) {
        let change = self.machine.wake(self.moment.now);
        self.changed(change);
    }

    fn settles(&mut self, which: usize, verdict: Verdict) {
        if which >= self.permits.len() {
            return;
        }
        let (generation, started) = self.permits.swap_remove(which);
        let took = self.moment.now - started;
        let late = generation != self.machine.generation();
        let counted = self.machine.consecutive_failures;
        let change = self.machine.settle(generation, verdict, took, self.moment);
        if late {
            assert_eq!(change, None, "a late verdict changes nothing");
            assert_eq!(self.machine.consecutive_failures, counted);
        }
        self.changed(change);
    }

    fn hears(&mut self, openings: u32, milliseconds: u64) {
        let mut record = ServiceRecord::new("any");
        self.machine.share(&mut record);
        record.forced_open = false;
        record.openings = openings;
        record.open_until = Some(self.moment.wall + Duration::from_millis(milliseconds));
        for _ in 0..2 {
            let change = self.machine.adopt(&record, self.moment);
            self.changed(change);
            let change = self.machine.adopt_opening(&record, self.moment);
            self.changed(change);
        }
    }

    fn changed(&mut self, change: Option<Change>) {
        let state = self.machine.state().name();
        match change {
            None => assert_eq!(state, self.before, "a change without a word"),
            Some(Change { from, to, reason }) => {
                assert_eq!((from, to), (self.before, state));
                let lawful = match reason {
                    "consecutive_failures" | "failure_rate" | "slow_rate" => {
                        (from, to) == ("closed", "open")
                    }
                    "another_process" => to == "open" && matches!(from, "closed" | "half_open"),
                    "wait_over" => (from, to) == ("open", "half_open"),
                    "probe_failed" => (from, to) == ("half_open", "open"),
                    "probe_succeeded" | "probe_answered" => (from, to) == ("half_open", "closed"),
                    "forced" => to == "forced_open" && from != to,
                    "reset" => matches!(to, "closed" | "disabled") && from != to,
                    _ => false,
                };
                assert!(lawful, "{from} to {to} for {reason}");
            }
        }
        self.before = state;
    }

    fn probes_out(&self) -> u32 {
        let generation = self.machine.generation();
        let out = self.permits.iter().filter(|(own, _)| *own == generation);
        u32::try_from(out.count()).expect("few")
    }

    fn should_let_through(&self) -> bool {
        match self.machine.state() {
            State::Closed { .. } | State::Disabled => true,
            State::HalfOpen { .. } => self.probes_out() < self.machine.probes(),
            State::Open { .. } | State::ForcedOpen => false,
        }
    }

    fn holds(&self) {
        match self.machine.state() {
            State::HalfOpen { out } => {
                assert_eq!(out, self.probes_out());
                assert!(out <= self.machine.probes());
            }
            State::Open { until } => {
                let left = until.saturating_duration_since(self.moment.now);
                assert!(left <= self.machine.policy.open_longest);
                assert!(self.machine.policy.breaker);
            }
            State::Closed { .. } | State::ForcedOpen | State::Disabled => {}
        }
    }
}

#[test]
fn an_opening_longer_than_the_policy_allows_is_not_obeyed() {
    let state_after = |seconds: u64| {
        let mut world = World::new(policy(true, 1));
        world.happens(Event::Hear {
            openings: 1,
            milliseconds: seconds * 1_000,
        });
        world.machine.state().name()
    };
    assert_eq!((state_after(20), state_after(21)), ("open", "closed"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fault_03_any_sequence_of_events_is_lawful(
        breaker in proptest::bool::weighted(0.9),
        half_open_calls in 1_u32..4,
        events in proptest::collection::vec(any_event(), 0..120),
    ) {
        let mut world = World::new(policy(breaker, half_open_calls));
        for event in events {
            world.happens(event);
            world.holds();
        }
    }
}
