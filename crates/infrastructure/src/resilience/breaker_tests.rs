//! The faults that a breaker must survive, with paused time and with real threads.

use tokio::{
    sync::Barrier,
    time::{advance, sleep},
};

use super::*;
use crate::telemetry::metrics::Recording;
use crate::telemetry::tasks;

fn policy() -> ServicePolicy {
    ServicePolicy {
        slow_call: Duration::from_secs(2),
        ..ServicePolicy::default()
    }
}

fn state(breaker: &Breaker) -> String {
    breaker.status().state
}

fn fail(breaker: &Breaker, times: u32) {
    for _ in 0..times {
        breaker.acquire().expect("lets through").fail();
    }
}

/// Gives a breaker whose open time is over: the next call finds it half-open.
async fn probing(policy: ServicePolicy) -> Breaker {
    let breaker = Breaker::new("github", policy);
    fail(&breaker, policy.consecutive_failures);
    assert_eq!(state(&breaker), "open");
    advance(policy.open).await;
    breaker
}

#[tokio::test(start_paused = true)]
async fn fault_01_opens_at_exactly_n_failures_in_a_row() {
    for limit in [1, 5, 17] {
        let breaker = Breaker::new(
            "github",
            ServicePolicy {
                consecutive_failures: limit,
                minimum_calls: 1_000,
                ..policy()
            },
        );
        fail(&breaker, limit - 1);
        assert_eq!(state(&breaker), "closed");
        breaker.acquire().expect("closed").succeed();
        fail(&breaker, limit - 1);
        assert_eq!(state(&breaker), "closed", "a success ends the row");
        fail(&breaker, 1);
        let status = breaker.status();
        assert_eq!(status.state, "open");
        assert_eq!(status.reason.as_deref(), Some("consecutive_failures"));
        assert_eq!(status.consecutive_failures, limit);
        assert_eq!(status.retry_after_seconds, Some(5));
        assert!(status.opened_at.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn fault_02_an_open_breaker_rejects_at_once_and_hands_nothing_out() {
    let breaker = Breaker::new("github", policy());
    fail(&breaker, 5);
    let started = std::time::Instant::now();
    for _ in 0..1_000 {
        let rejected = Rejected {
            retry_after: Duration::from_secs(5),
            forced: false,
        };
        assert_eq!(breaker.check(), Err(rejected));
        assert_eq!(breaker.acquire().err(), Some(rejected));
    }
    assert!(started.elapsed() < Duration::from_secs(2), "1 ms each");
    let status = breaker.status();
    assert_eq!((status.not_permitted, status.calls), (2_000, 5));

    advance(Duration::from_millis(1_200)).await;
    let failure = breaker.check().expect_err("open").into_failure("github");
    assert_eq!(failure.code, ErrorCode::CircuitOpen);
    assert_eq!(failure.retry_after_seconds, Some(4), "3.8 s, rounded up");
    let hint = failure.hint.expect("a hint");
    assert!(
        hint.contains("`synthesizer breakers reset github`"),
        "{hint}"
    );
}

/// Has a thousand callers ask at once, who keep what they got until all have asked.
async fn thousand_callers(breaker: &Breaker) -> usize {
    let barrier = Arc::new(Barrier::new(1_000));
    let callers: Vec<_> = (0..1_000)
        .map(|_| {
            let (breaker, barrier) = (breaker.clone(), Arc::clone(&barrier));
            tasks::spawn("test", async move {
                barrier.wait().await;
                let permit = breaker.check().and_then(|()| breaker.acquire());
                barrier.wait().await;
                permit.is_ok()
            })
        })
        .collect();
    let mut through = 0;
    for caller in callers {
        through += usize::from(caller.await.expect("ends"));
    }
    through
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fault_03_a_thousand_callers_on_threads_get_exactly_the_permits() {
    for half_open_calls in [1, 3, 64] {
        let breaker = Breaker::new(
            "github",
            ServicePolicy {
                open: Duration::ZERO,
                half_open_calls,
                ..policy()
            },
        );
        fail(&breaker, 5);
        for _ in 0..5 {
            let through = thousand_callers(&breaker).await;
            assert_eq!(through, half_open_calls as usize);
            assert_eq!(state(&breaker), "half_open", "all permits came back");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn fault_03_a_thousand_callers_in_one_thread_get_exactly_the_permits() {
    let breaker = probing(ServicePolicy {
        half_open_calls: 3,
        ..policy()
    })
    .await;
    assert_eq!(thousand_callers(&breaker).await, 3);
    assert_eq!(breaker.status().not_permitted, 997);
}

#[tokio::test(start_paused = true)]
async fn fault_04_a_cancelled_or_panicking_probe_gives_its_permit_back() {
    let breaker = probing(policy()).await;
    let holder = |panics: bool| {
        let breaker = breaker.clone();
        tasks::spawn("test", async move {
            let _permit = breaker.acquire().expect("the one permit");
            sleep(Duration::from_secs(1)).await;
            assert!(!panics, "the probe panics");
            std::future::pending::<()>().await;
        })
    };
    let cancelled = holder(false);
    advance(Duration::from_millis(500)).await;
    breaker.acquire().expect_err("the permit is out");
    cancelled.abort();
    assert!(cancelled.await.expect_err("ended").is_cancelled());
    breaker.check().expect("the permit is back");

    let panicking = holder(true);
    assert!(panicking.await.expect_err("ended").is_panic());
    assert_eq!(state(&breaker), "half_open");
    let permit = breaker.acquire().expect("the permit is back");
    breaker.acquire().expect_err("and there is one alone");
    permit.succeed();
    let status = breaker.status();
    assert_eq!((status.state.as_str(), status.calls), ("closed", 0));
}

#[tokio::test(start_paused = true)]
async fn fault_05_slow_successes_open_it() {
    let breaker = Breaker::new("github", policy());
    let call = async |took: u64| {
        let permit = breaker.acquire().expect("closed");
        advance(Duration::from_millis(took)).await;
        permit.succeed();
    };
    for _ in 0..3 {
        call(1_999).await;
    }
    // Eight of eleven are 73 %, eight of ten are 80 %; those before fall out of the window meanwhile.
    for slow in 1..=8 {
        assert_eq!(state(&breaker), "closed", "{slow}");
        call(2_000).await;
    }
    let status = breaker.status();
    assert_eq!(status.state, "closed");
    assert_eq!(status.failure_rate, Some(0.0));
    for _ in 0..4 {
        call(2_000).await;
    }
    let status = breaker.status();
    assert_eq!(status.state, "open");
    assert_eq!(status.reason.as_deref(), Some("slow_rate"));
}

#[tokio::test(start_paused = true)]
async fn half_of_ten_calls_failing_open_it_and_fewer_calls_do_not() {
    let breaker = Breaker::new("github", policy());
    let pair = || {
        breaker.acquire().expect("closed").succeed();
        breaker.acquire().expect("closed").fail();
    };
    (0..4).for_each(|_| pair());
    let status = breaker.status();
    assert_eq!((status.calls, status.failure_rate), (8, None));
    pair();
    let status = breaker.status();
    assert_eq!(status.state, "open");
    assert_eq!(status.reason.as_deref(), Some("failure_rate"));

    let breaker = Breaker::new("github", policy());
    for _ in 0..5 {
        breaker.acquire().expect("closed").fail();
        advance(Duration::from_secs(4)).await;
        breaker.acquire().expect("closed").succeed();
    }
    assert_eq!(state(&breaker), "open");

    let breaker = Breaker::new("github", policy());
    for _ in 0..20 {
        breaker.acquire().expect("too few in a window").fail();
        breaker.acquire().expect("too few in a window").succeed();
        advance(Duration::from_secs(8)).await;
    }
    assert_eq!(state(&breaker), "closed");
}

#[tokio::test(start_paused = true)]
async fn the_open_time_doubles_to_its_bound_and_begins_anew_after_a_while() {
    let breaker = Breaker::new("github", policy());
    fail(&breaker, 5);
    for seconds in [5, 10, 20, 40, 80, 160, 300, 300, 300] {
        let open = Duration::from_secs(seconds);
        let rejected = breaker.check().expect_err("open");
        assert_eq!(rejected.retry_after, open);
        advance(open - Duration::from_millis(1)).await;
        breaker.check().expect_err("open still");
        advance(Duration::from_millis(1)).await;
        breaker.acquire().expect("a probe").fail();
    }
    advance(Duration::from_secs(300)).await;
    breaker.acquire().expect("a probe").succeed();
    fail(&breaker, 5);
    let again = breaker.check().expect_err("open").retry_after;
    assert_eq!(again, Duration::from_secs(300), "it did not stay closed");
    advance(again).await;
    breaker.acquire().expect("a probe").succeed();
    advance(policy().window).await;
    fail(&breaker, 5);
    let first = breaker.check().expect_err("open").retry_after;
    assert_eq!(first, Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn limits_count_in_the_rate_alone_and_other_answers_not_at_all() {
    let breaker = Breaker::new("github", policy());
    for _ in 0..100 {
        breaker.acquire().expect("closed").ignore();
    }
    assert_eq!(breaker.status().calls, 0);
    for _ in 0..9 {
        breaker.acquire().expect("closed").limited();
    }
    let status = breaker.status();
    assert_eq!((status.consecutive_failures, status.calls), (0, 9));
    assert_eq!(status.state, "closed");
    breaker.acquire().expect("closed").limited();
    assert_eq!(breaker.status().reason.as_deref(), Some("failure_rate"));

    advance(Duration::from_secs(5)).await;
    breaker.acquire().expect("a probe").limited();
    assert_eq!(state(&breaker), "half_open");
    breaker.acquire().expect("the permit is back").ignore();
    let status = breaker.status();
    assert_eq!(status.state, "closed");
    assert_eq!(status.reason.as_deref(), Some("probe_answered"));
}

#[tokio::test(start_paused = true)]
async fn verdicts_of_an_earlier_state_count_nothing() {
    let breaker = Breaker::new("github", policy());
    let take = || breaker.acquire().expect("lets through");
    let (before, after) = (take(), take());
    fail(&breaker, 5);
    before.succeed();
    assert_eq!(state(&breaker), "open");
    advance(Duration::from_secs(5)).await;
    let probe = take();
    after.fail();
    assert_eq!(state(&breaker), "half_open");
    breaker
        .acquire()
        .expect_err("the late one gave nothing back");
    breaker.reset();
    probe.fail();
    let status = breaker.status();
    assert_eq!(status.state, "closed");
    assert_eq!((status.calls, status.consecutive_failures), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn by_hand_it_opens_for_good_even_when_it_is_disabled() {
    for (enabled, home) in [(true, "closed"), (false, "disabled")] {
        let breaker = Breaker::new(
            "github",
            ServicePolicy {
                breaker: enabled,
                ..policy()
            },
        );
        if !enabled {
            fail(&breaker, 100);
            assert_eq!(breaker.status().failure_rate, Some(1.0));
        }
        assert_eq!(state(&breaker), home);
        breaker.force_open();
        breaker.force_open();
        assert!(breaker.is_forced_open());
        advance(Duration::from_secs(1_000_000)).await;
        let rejected = breaker.acquire().expect_err("forced");
        assert!(rejected.forced);
        let failure = rejected.into_failure("github");
        assert_eq!(
            failure.retry_after_seconds, None,
            "no time helps, a person does"
        );
        assert!(failure.message.contains("by hand"));
        breaker.reset();
        assert_eq!(state(&breaker), home);
        breaker.acquire().expect("lets through").succeed();
    }
}

#[tokio::test(start_paused = true)]
async fn each_change_and_each_rejection_is_seen_exactly_once() {
    let recording = Recording::new();
    let _recording = recording.enter();
    let breaker = probing(policy()).await;
    let probe = breaker.acquire().expect("a probe");
    breaker.check().expect_err("the permit is out");
    breaker.acquire().expect_err("the permit is out");
    probe.succeed();
    breaker.force_open();
    breaker.force_open();
    breaker.reset();
    breaker.reset();
    let check = |series: &str, expected: f64| {
        let series = series.replace("transitions", "synthesizer_breaker_transitions_total");
        assert_eq!(recording.value(&series), Some(expected), "{series}");
    };
    for (from, to) in [
        ("closed", "open"),
        ("open", "half_open"),
        ("half_open", "closed"),
        ("closed", "forced_open"),
        ("forced_open", "closed"),
    ] {
        check(
            &format!("transitions{{service=\"github\",from=\"{from}\",to=\"{to}\"}}"),
            1.0,
        );
    }
    let text = recording.render();
    let transitions = text
        .lines()
        .filter(|line| line.starts_with("synthesizer_breaker_transitions_total{"));
    assert_eq!(transitions.count(), 5);
    check(
        "synthesizer_breaker_not_permitted_total{service=\"github\"}",
        2.0,
    );
}
