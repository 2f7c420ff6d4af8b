//! Several registries over one store, as several processes of one machine.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::time::advance;

use super::*;
use crate::telemetry::metrics::Recording;
use crate::telemetry::tasks;

/// A store in memory.
#[derive(Debug, Default)]
struct Store {
    records: Mutex<BTreeMap<String, ServiceRecord>>,
    reads: AtomicUsize,
    writes: AtomicUsize,
    fails: AtomicBool,
    hangs: AtomicBool,
}

impl Store {
    fn record(&self, name: &str) -> Option<ServiceRecord> {
        self.records.lock().expect("lock").get(name).cloned()
    }

    fn insert(&self, record: ServiceRecord) {
        let mut records = self.records.lock().expect("lock");
        records.insert(record.name.clone(), record);
    }

    fn touched(&self) -> (usize, usize) {
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        (count(&self.reads), count(&self.writes))
    }

    async fn answer(&self, counter: &AtomicUsize) -> Result<(), Failure> {
        counter.fetch_add(1, Ordering::Relaxed);
        if self.hangs.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        if self.fails.load(Ordering::Relaxed) {
            return Err(Failure::internal("the store is broken"));
        }
        tokio::task::yield_now().await;
        Ok(())
    }
}

impl ServiceRecords for Store {
    fn all(&self) -> BoxFuture<'_, Result<Vec<ServiceRecord>, Failure>> {
        async {
            self.answer(&self.reads).await?;
            Ok(self
                .records
                .lock()
                .expect("lock")
                .values()
                .cloned()
                .collect())
        }
        .boxed()
    }

    fn put<'a>(&'a self, record: &'a ServiceRecord) -> BoxFuture<'a, Result<(), Failure>> {
        async {
            self.answer(&self.writes).await?;
            self.insert(record.clone());
            Ok(())
        }
        .boxed()
    }
}

fn process(store: &Arc<Store>) -> Registry {
    Registry::new(Some(Arc::clone(store) as Arc<dyn ServiceRecords>))
}

fn github(registry: &Registry) -> Guard {
    registry.guard("github", ServicePolicy::default())
}

fn state(guard: &Guard) -> String {
    guard.breaker.status().state
}

fn fail(guard: &Guard, times: usize) {
    for _ in 0..times {
        guard.breaker.acquire().expect("lets through").fail();
    }
}

/// Lets a second pass, and the registry look.
async fn second(registry: &Registry) {
    advance(READ_INTERVAL).await;
    registry.synchronise().await;
}

#[tokio::test(start_paused = true)]
async fn equal_names_share_a_guard_and_the_number_is_bounded() {
    let registry = Registry::new(None);
    fail(&github(&registry), 5);
    assert_eq!(state(&github(&registry)), "open");
    let held = registry.guard("held", ServicePolicy::default());
    registry.guard("forced", ServicePolicy::default());
    registry.force_open("forced").expect("known");
    for number in 0..2_000 {
        registry.guard(&format!("host-{number}"), ServicePolicy::default());
    }
    let list = registry.list();
    assert_eq!(list.len(), MOST_GUARDS);
    assert!(list.is_sorted_by(|one, two| one.name < two.name));
    let listed = |name: &str| list.iter().any(|status| status.name == name);
    assert!(listed("forced") && listed("held") && listed("host-1999"));
    assert!(!listed("host-0") && !listed("github"));
    assert_eq!(state(&held), "closed");
}

#[tokio::test(start_paused = true)]
async fn a_name_that_nobody_knows_is_not_found() {
    let registry = Registry::new(None);
    for name in ["gitlab", "github"] {
        registry.guard(name, ServicePolicy::default());
    }
    for result in [registry.reset("git\nhub"), registry.force_open("git\nhub")] {
        let failure = result.expect_err("unknown");
        assert_eq!(failure.code, ErrorCode::NotFound);
        assert_eq!(failure.message, "no service is called github");
        assert_eq!(
            failure.hint.as_deref(),
            Some("known services: github, gitlab")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_person_does_in_one_process_is_obeyed_by_another_within_a_second() {
    let store = Arc::new(Store::default());
    let (server, command) = (process(&store), process(&store));
    let guard = github(&server);
    server.synchronise().await;

    command.synchronise().await;
    github(&command);
    command.force_open("github").expect("known");
    command.publish("github").await;
    server.synchronise().await;
    assert_eq!(state(&guard), "closed", "not read again within a second");
    second(&server).await;
    assert_eq!(state(&guard), "forced_open");

    let later = process(&store);
    later.synchronise().await;
    assert_eq!(
        later.list()[0].state,
        "forced_open",
        "known by the record alone"
    );
    later.reset("github").expect("known");
    later.publish("github").await;
    assert_eq!(later.list()[0].state, "closed");
    second(&server).await;
    assert_eq!(state(&guard), "closed");
    second(&command).await;
    assert_eq!(state(&github(&command)), "closed");
    assert!(!store.record("github").expect("written").forced_open);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_just_started_remembers_that_a_service_is_dead() {
    let store = Arc::new(Store::default());
    let first = process(&store);
    let guard = github(&first);
    fail(&guard, 5);
    first.publish("github").await;

    let next = process(&store);
    let guard = github(&next);
    next.synchronise().await;
    let rejected = guard.breaker.check().expect_err("open");
    assert!(!rejected.forced && rejected.retry_after > Duration::from_secs(4));
    let status = guard.breaker.status();
    assert_eq!(status.reason.as_deref(), Some("another_process"));
    // One probe, and its failure doubles what the other process began.
    advance(Duration::from_secs(5)).await;
    guard.breaker.acquire().expect("a probe").fail();
    let rejected = guard.breaker.check().expect_err("open");
    assert_eq!(rejected.retry_after, Duration::from_secs(10));
    next.publish("github").await;
    second(&first).await;
    assert_eq!(store.record("github").expect("written").openings, 2);

    let third = process(&store);
    third.synchronise().await;
    let guard = github(&third);
    guard
        .breaker
        .check()
        .expect_err("a guard that is made later obeys too");
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_in_all_processes_until_a_reset() {
    let store = Arc::new(Store::default());
    let (one, two) = (process(&store), process(&store));
    let (own, other) = (github(&one), github(&two));
    two.synchronise().await;
    own.limiter.pause_for(Duration::from_secs(60));
    one.publish("github").await;
    second(&two).await;
    let soon = Instant::now() + Duration::from_secs(30);
    let failure = other.limiter.wait(soon).await.expect_err("paused");
    assert_eq!(failure.code, ErrorCode::RateLimited);
    two.reset("github").expect("known");
    two.publish("github").await;
    other.limiter.wait(soon).await.expect("free");
    second(&one).await;
    own.limiter.wait(soon).await.expect("free");
}

#[tokio::test(start_paused = true)]
async fn what_two_processes_write_at_once_is_joined() {
    let store = Arc::new(Store::default());
    let (one, two) = (process(&store), process(&store));
    let (own, other) = (github(&one), github(&two));
    one.force_open("github").expect("known");
    other.limiter.pause_for(Duration::from_secs(60));
    tokio::join!(one.publish("github"), two.publish("github"));
    for _ in 0..3 {
        second(&one).await;
        second(&two).await;
    }
    let record = store.record("github").expect("written");
    assert!(record.forced_open);
    assert_eq!(state(&other), "forced_open");
    assert_eq!(state(&own), "forced_open");
    // The pause holds in its process all the while, so it is told again beside what the person did.
    assert_eq!(
        one.inner.known.lock().expect("lock").heard,
        two.inner.known.lock().expect("lock").heard
    );
    let touched = store.touched().1;
    for _ in 0..5 {
        second(&one).await;
        second(&two).await;
    }
    assert_eq!(store.touched().1, touched, "nothing more to say");
}

#[tokio::test(start_paused = true)]
async fn a_record_that_was_lost_is_written_again_while_it_matters() {
    let store = Arc::new(Store::default());
    let server = process(&store);
    github(&server);
    server.force_open("github").expect("known");
    server.publish("github").await;
    store.records.lock().expect("lock").clear();
    second(&server).await;
    assert!(store.record("github").expect("again").forced_open);
    server.reset("github").expect("known");
    server.publish("github").await;
    store.records.lock().expect("lock").clear();
    second(&server).await;
    assert_eq!(store.record("github"), None);
}

#[tokio::test(start_paused = true)]
async fn the_store_is_left_alone_while_nothing_happens() {
    let store = Arc::new(Store::default());
    let registry = process(&store);
    let guard = github(&registry);
    for _ in 0..100 {
        registry.synchronise().await;
        guard.breaker.acquire().expect("closed").succeed();
        guard.breaker.acquire().expect("closed").ignore();
        registry.publish("github").await;
        registry.publish("unknown").await;
    }
    assert_eq!(store.touched(), (1, 0));
    tokio::join!(second(&registry), second(&registry), second(&registry));
    assert!(store.touched().0 <= 4 && store.touched().1 == 0);
    fail(&guard, 5);
    for _ in 0..100 {
        registry.publish("github").await;
    }
    assert_eq!(store.touched().1, 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_or_hangs_fails_no_call() {
    let store = Arc::new(Store::default());
    let registry = process(&store);
    let guard = github(&registry);
    store.fails.store(true, Ordering::Relaxed);
    registry.synchronise().await;
    fail(&guard, 5);
    registry.publish("github").await;
    assert_eq!(state(&guard), "open");

    store.hangs.store(true, Ordering::Relaxed);
    let start = Instant::now();
    second(&registry).await;
    assert!(start.elapsed() <= READ_INTERVAL + STORE_DEADLINE);
    // Nobody else waits for the one who waits for the store.
    advance(READ_INTERVAL).await;
    let stuck = tasks::spawn("test", {
        let registry = registry.clone();
        async move { registry.synchronise().await }
    });
    tokio::task::yield_now().await;
    let start = Instant::now();
    registry.synchronise().await;
    assert!(start.elapsed().is_zero());
    stuck.await.expect("ends");

    store.hangs.store(false, Ordering::Relaxed);
    store.fails.store(false, Ordering::Relaxed);
    second(&registry).await;
    let told = store.record("github").expect("what failed is told later");
    assert_eq!(told.openings, 1);
}

#[tokio::test(start_paused = true)]
async fn records_of_any_content_are_bounded() {
    let store = Arc::new(Store::default());
    for number in 0..3_000 {
        store.insert(ServiceRecord::new(&format!("host-{number}")));
    }
    let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
    store.insert(ServiceRecord {
        open_until: Some(far),
        openings: u32::MAX,
        paused_until: Some(far),
        reset_at: Some(far),
        changed_at: far,
        ..ServiceRecord::new("github")
    });
    let registry = process(&store);
    let guard = github(&registry);
    registry.synchronise().await;
    assert_eq!(registry.list().len(), MOST_RECORDS);
    assert_eq!(state(&guard), "closed", "no policy here opens for so long");
    registry.reset("github").expect("known");
    guard
        .breaker
        .acquire()
        .expect("reset, whatever the clock says")
        .fail();
    let record = ServiceRecord {
        reset_at: Some(SystemTime::UNIX_EPOCH - Duration::from_secs(5)),
        open_until: Some(SystemTime::UNIX_EPOCH),
        ..ServiceRecord::new("github")
    };
    store.insert(record);
    second(&registry).await;
    assert_eq!(state(&guard), "closed");
}

#[tokio::test(start_paused = true)]
async fn the_rates_are_measured_also_while_nobody_calls() {
    let recording = Recording::new();
    let _recording = recording.enter();
    let ratio = |service: &str| {
        recording.value(&format!(
            "synthesizer_breaker_failure_ratio{{service=\"{service}\"}}"
        ))
    };
    let registry = Registry::new(None);
    let policy = ServicePolicy {
        consecutive_failures: 100,
        failure_percent: 100,
        ..ServicePolicy::default()
    };
    let bad = registry.guard("git:bad.example", policy);
    let well = registry.guard("git:well.example", policy);
    for _ in 0..20 {
        well.breaker.acquire().expect("closed").succeed();
    }
    bad.breaker.acquire().expect("closed").succeed();
    fail(&bad, 9);
    well.breaker.acquire().expect("closed").succeed();
    assert_eq!(ratio("git"), Some(0.0), "of the one that was called last");
    registry.measure();
    assert_eq!(ratio("git"), Some(0.9), "of the worst");
    advance(policy.window * 2).await;
    registry.measure();
    assert_eq!(ratio("git"), None);
    let alone = registry.guard("github", policy);
    alone.breaker.acquire().expect("closed").succeed();
    fail(&alone, 9);
    assert_eq!(ratio("github"), Some(0.9));
    alone.breaker.reset();
    assert_eq!(ratio("github"), None, "a reset forgets");
}
