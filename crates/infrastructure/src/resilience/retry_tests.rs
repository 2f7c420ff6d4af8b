//! Retries with paused time: how many, when, and within which budget.

use std::cell::{Cell, RefCell};

use tokio::time::advance;

use super::*;

fn policy() -> ServicePolicy {
    ServicePolicy {
        backoff: Duration::from_millis(100),
        backoff_longest: Duration::from_millis(250),
        ..ServicePolicy::default()
    }
}

fn retrier(policy: ServicePolicy) -> Retrier {
    Retrier::new("github", policy, RetryBudget::new(&policy))
}

fn failed(code: ErrorCode, retry_after: Option<u64>) -> FailedAttempt {
    FailedAttempt {
        failure: Failure::new(code, "failed"),
        retryable: true,
        retry_after: retry_after.map(Duration::from_secs),
    }
}

fn later(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

/// Runs a call whose every try fails alike; gives its failure and after how many seconds each try began.
async fn run(
    retrier: &Retrier,
    deadline: u64,
    code: ErrorCode,
    retry_after: Option<u64>,
) -> (Failure, Vec<u64>) {
    let start = Instant::now();
    let begun = RefCell::new(Vec::new());
    let result: Result<(), Failure> = retrier
        .run(later(deadline), |number| {
            begun.borrow_mut().push(start.elapsed().as_secs());
            assert_eq!(number as usize, begun.borrow().len());
            async move { Err(failed(code, retry_after)) }
        })
        .await;
    let failure = result.expect_err("every try fails");
    (failure, begun.into_inner())
}

#[test]
fn the_bound_of_a_wait_doubles_to_its_own_bound() {
    let check = |attempt: u32, random: f64, expected: u64| {
        let wait = backoff(&policy(), attempt, random);
        assert_eq!(
            wait,
            Duration::from_millis(expected),
            "{attempt} with {random}"
        );
    };
    check(0, 1.0, 100);
    check(0, 0.5, 50);
    check(0, 0.0, 0);
    check(1, 1.0, 200);
    check(2, 1.0, 250);
    check(u32::MAX, 1.0, 250);
    check(0, 7.0, 100);
    check(0, -1.0, 0);
    check(0, f64::NAN, 100);
    for _ in 0..1_000 {
        assert!((0.0..=1.0).contains(&random_share()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_tried_as_often_as_the_policy_says_and_no_more() {
    let retrier = retrier(policy());
    let (failure, begun) = run(&retrier, 30, ErrorCode::Upstream, None).await;
    assert_eq!(failure.code, ErrorCode::Upstream);
    assert_eq!(begun.len(), 3);
    let tries = Cell::new(0);
    let answer = retrier.run(later(30), |number| {
        tries.set(number);
        async move {
            match number {
                1 => Err(failed(ErrorCode::Timeout, None)),
                _ => Ok("an answer"),
            }
        }
    });
    assert_eq!(answer.await, Ok("an answer"));
    assert_eq!(tries.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_another_try_cannot_help_is_not_tried_again() {
    let retrier = retrier(policy());
    for code in [ErrorCode::CircuitOpen, ErrorCode::Cancelled] {
        let (failure, begun) = run(&retrier, 30, code, Some(3)).await;
        assert_eq!((failure.code, begun.len()), (code, 1));
        assert_eq!(failure.retry_after_seconds, Some(3));
    }
    let tries = Cell::new(0);
    let result: Result<(), Failure> = retrier
        .run(later(30), |_| {
            tries.set(tries.get() + 1);
            let mut failed = failed(ErrorCode::Upstream, None);
            failed.retryable = false;
            async move { Err(failed) }
        })
        .await;
    assert_eq!((result.is_err(), tries.get()), (true, 1));
}

#[tokio::test(start_paused = true)]
async fn fault_06_a_retry_waits_as_long_as_retry_after_says() {
    let retrier = retrier(policy());
    let (_, begun) = run(&retrier, 30, ErrorCode::Upstream, Some(7)).await;
    assert_eq!(begun, [0, 7, 14]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_deadline_ends_the_call_at_once() {
    let retrier = retrier(policy());
    let start = Instant::now();
    let (failure, begun) = run(&retrier, 7, ErrorCode::Upstream, Some(7)).await;
    assert_eq!(begun, [0]);
    assert_eq!(failure.retry_after_seconds, Some(7));
    assert!(start.elapsed().is_zero());
    let (_, begun) = run(&retrier, 8, ErrorCode::Upstream, Some(u64::MAX)).await;
    assert_eq!(begun, [0]);
}

/// Counts the tries of so many calls that all fail, one each `distance`.
async fn tries_of(policy: ServicePolicy, calls: u32, distance: Duration) -> u32 {
    let retrier = retrier(policy);
    let mut tries = 0;
    for _ in 0..calls {
        let (_, begun) = run(&retrier, 30, ErrorCode::Upstream, None).await;
        tries += u32::try_from(begun.len()).expect("few");
        advance(distance).await;
    }
    tries
}

#[tokio::test(start_paused = true)]
async fn fault_09_when_all_fails_retries_add_a_fifth_at_most() {
    let strict = ServicePolicy {
        retry_reserve: 0,
        backoff: Duration::ZERO,
        ..policy()
    };
    assert_eq!(tries_of(strict, 1_000, Duration::ZERO).await, 1_200);
    for (retry_percent, expected) in [
        (0, 1_000),
        (1, 1_010),
        (30, 1_300),
        (60, 1_600),
        (100, 2_000),
    ] {
        let policy = ServicePolicy {
            retry_percent,
            ..strict
        };
        let tries = tries_of(policy, 1_000, Duration::ZERO).await;
        assert_eq!(tries, expected, "{retry_percent} %");
    }
    for distance in [3, 90, 700, 1_900, 11_000].map(Duration::from_millis) {
        let tries = tries_of(strict, 1_000, distance).await;
        assert!(tries <= 1_200, "{tries} with {distance:?} between calls");
        let waiting = ServicePolicy {
            retry_reserve: 0,
            ..policy()
        };
        let tries = tries_of(waiting, 1_000, distance).await;
        assert!(tries <= 1_200, "{tries} with {distance:?} and waits");
    }
}

#[tokio::test(start_paused = true)]
async fn fault_09_the_reserve_allows_ten_a_second_beside_it() {
    let policy = ServicePolicy {
        backoff: Duration::ZERO,
        ..policy()
    };
    // A burst may use the reserve of ten seconds.
    assert_eq!(tries_of(policy, 1_000, Duration::ZERO).await, 1_300);
    let budget = RetryBudget::new(&policy);
    let mut taken = 0;
    for _ in 0..600 {
        taken += (0..100).filter(|_| budget.withdraw()).count();
        advance(Duration::from_millis(100)).await;
    }
    assert!((600..=700).contains(&taken), "{taken} in a minute");
}
