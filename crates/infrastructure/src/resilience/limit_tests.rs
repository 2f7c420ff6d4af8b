//! Limits and pauses with paused time: when each caller leaves the line.

use tokio::time::advance;

use super::*;
use crate::telemetry::tasks;

fn limiter(requests_per_minute: u32, burst: u32) -> Limiter {
    let policy = ServicePolicy {
        requests_per_minute,
        burst,
        ..ServicePolicy::default()
    };
    Limiter::new("github", &policy)
}

fn after(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

/// Has so many callers wait from now on, and gives after how many whole seconds each left, in order.
async fn leaving(limiter: &Limiter, callers: usize) -> Vec<u64> {
    let start = Instant::now();
    let waiters: Vec<_> = (0..callers)
        .map(|_| {
            let limiter = limiter.clone();
            tasks::spawn("test", async move {
                let waited = limiter.wait(after(10_000)).await.expect("in time");
                assert_eq!(waited, start.elapsed());
                start.elapsed().as_secs()
            })
        })
        .collect();
    let mut left = Vec::new();
    for waiter in waiters {
        left.push(waiter.await.expect("ends"));
    }
    left
}

#[tokio::test(start_paused = true)]
async fn calls_leave_at_the_pace_after_the_burst() {
    assert_eq!(leaving(&limiter(0, 1), 4).await, [0, 0, 0, 0]);
    assert_eq!(leaving(&limiter(30, 3), 6).await, [0, 0, 0, 2, 4, 6]);
    assert_eq!(leaving(&limiter(60, 0), 3).await, [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_cannot_go_in_time_is_refused_at_once_and_takes_nothing() {
    let limiter = limiter(1, 1);
    assert_eq!(limiter.wait(after(0)).await, Ok(Duration::ZERO));
    advance(Duration::from_millis(500)).await;
    let start = Instant::now();
    for _ in 0..100 {
        let failure = limiter.wait(after(59)).await.expect_err("too late");
        assert_eq!(failure.code, ErrorCode::RateLimited);
        assert_eq!(failure.retry_after_seconds, Some(60), "59.5 s, rounded up");
    }
    assert!(start.elapsed().is_zero());
    let waited = limiter.wait(after(60)).await.expect("in time");
    assert_eq!(waited.as_millis(), 59_500);
}

#[tokio::test(start_paused = true)]
async fn those_ahead_in_line_count_for_the_deadline() {
    let limiter = limiter(60, 1);
    let line = tasks::spawn("test", {
        let limiter = limiter.clone();
        async move { leaving(&limiter, 6).await }
    });
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    let failure = limiter.wait(after(5)).await.expect_err("five are ahead");
    assert_eq!(failure.retry_after_seconds, Some(6));
    let waited = limiter.wait(after(6)).await.expect("in time");
    assert_eq!(waited, Duration::from_secs(6));
    assert_eq!(line.await.expect("ends"), [0, 1, 2, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn fault_06_nothing_goes_before_seven_seconds_after_retry_after_7() {
    let limiter = limiter(0, 1);
    limiter.pause_for(Duration::from_secs(7));
    let start = Instant::now();
    limiter.wait(after(6)).await.expect_err("too late");
    assert!(start.elapsed().is_zero(), "refused at once");
    assert_eq!(leaving(&limiter, 20).await, [7; 20]);
}

#[tokio::test(start_paused = true)]
async fn fault_07_a_pause_of_sixty_seconds_holds_for_all() {
    let limiter = limiter(6_000, 100);
    limiter.pause_for(Duration::from_secs(60));
    limiter.pause_for(Duration::from_secs(2));
    let failure = limiter.wait(after(30)).await.expect_err("paused");
    assert_eq!(failure.code, ErrorCode::RateLimited);
    assert_eq!(failure.retry_after_seconds, Some(60));
    assert_eq!(leaving(&limiter, 3).await, [60, 60, 60]);
}

#[tokio::test(start_paused = true)]
async fn those_who_waited_for_a_pause_do_not_rush_out_together() {
    let limiter = limiter(60, 2);
    limiter.pause_for(Duration::from_secs(5));
    assert_eq!(leaving(&limiter, 6).await, [5, 5, 6, 7, 8, 9]);
}

#[tokio::test(start_paused = true)]
async fn the_pace_after_a_pause_counts_for_the_deadline() {
    let limiter = limiter(1, 1);
    limiter.wait(after(0)).await.expect("free");
    limiter.pause_for(Duration::from_secs(5));
    let failure = limiter.wait(after(30)).await.expect_err("free after 60 s");
    assert_eq!(failure.retry_after_seconds, Some(60));
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_begins_while_callers_wait_holds_for_them_too() {
    let limiter = limiter(60, 1);
    limiter.wait(after(0)).await.expect("free");
    let patient = tasks::spawn("test", {
        let limiter = limiter.clone();
        async move { limiter.wait(after(100)).await }
    });
    let hurried = tasks::spawn("test", {
        let limiter = limiter.clone();
        async move { limiter.wait(after(10)).await }
    });
    tokio::task::yield_now().await;
    limiter.pause_for(Duration::from_secs(20));
    let waited = patient.await.expect("ends").expect("in time");
    assert_eq!(waited, Duration::from_secs(20));
    let failure = hurried.await.expect("ends").expect_err("too late");
    assert_eq!(failure.code, ErrorCode::RateLimited);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_leaves_its_place_to_the_next() {
    let limiter = limiter(60, 1);
    limiter.wait(after(0)).await.expect("free");
    let waiter = || {
        let limiter = limiter.clone();
        tasks::spawn("test", async move { limiter.wait(after(100)).await })
    };
    let (first, second, third) = (waiter(), waiter(), waiter());
    tokio::task::yield_now().await;
    advance(Duration::from_millis(500)).await;
    first.abort();
    second.abort();
    let _ = (first.await, second.await);
    let waited = third.await.expect("ends").expect("in time");
    assert_eq!(waited, Duration::from_secs(1));
    assert_eq!(limiter.inner.lock().waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn pauses_are_bounded_and_can_be_ended() {
    let limiter = limiter(0, 1);
    limiter.pause_for(Duration::MAX);
    let failure = limiter.wait(after(100)).await.expect_err("paused");
    assert_eq!(failure.retry_after_seconds, Some(86_400));
    limiter.resume();
    assert_eq!(limiter.wait(after(0)).await, Ok(Duration::ZERO));
    let wall = SystemTime::now() + Duration::from_secs(1_000_000_000);
    limiter.adopt_pause(wall);
    let failure = limiter.wait(after(100)).await.expect_err("paused");
    assert_eq!(failure.retry_after_seconds, Some(86_400));
    limiter.resume();
    limiter.adopt_pause(SystemTime::UNIX_EPOCH);
    assert_eq!(limiter.wait(after(0)).await, Ok(Duration::ZERO));
}
