//! Jobs survive their workers, are worked on once, belong to their owners, and are never half written.

use std::{
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    time::UNIX_EPOCH,
};

use futures_util::future::join_all;
use serde_json::json;
use synthesizer_model::job::JobStatus;

use super::{super::record::StepState, *};

const HOUR: Duration = Duration::from_secs(3600);

fn store(folder: &Path) -> SqliteJobStore {
    store_at(folder, Clock::system())
}

fn store_at(folder: &Path, clock: Clock) -> SqliteJobStore {
    SqliteJobStore {
        database: Database::below(folder),
        folder: folder.to_owned(),
        clock,
        most_running: 4,
        most_queued: 50,
    }
}

fn job(number: u32) -> NewJob {
    NewJob {
        id: format!("00000000-0000-4000-8000-{number:012}"),
        owner: "local".to_owned(),
        kind: "synthesis".to_owned(),
        request: Some(json!({ "number": number })),
        target: Some("/somewhere/out".into()),
        unattended: true,
        reserved: Duration::ZERO,
        time: HOUR,
        correlation_id: "c".to_owned(),
        steps: vec!["one".to_owned(), "two".to_owned()],
    }
}

/// A process that lived before this machine was started.
fn dead() -> Worker {
    "17.4.another-boot.1".parse().unwrap()
}

fn own() -> &'static Worker {
    Worker::of_this_process()
}

async fn claimed(store: &SqliteJobStore, wanted: Wanted, worker: &Worker) -> Option<ClaimedJob> {
    store.claim(&wanted, worker, HOUR).await.unwrap()
}

async fn found(store: &SqliteJobStore, id: &str) -> JobRow {
    store.find("local", id).await.unwrap().expect("is there")
}

#[tokio::test]
async fn a_step_that_is_told_late_does_not_take_the_place_of_the_one_that_runs() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let new = job(1);
    assert_eq!(store.create(&new, None).await.unwrap(), None);
    let states = async || {
        let row = found(&store, &new.id).await;
        row.steps.iter().map(|step| step.state).collect::<Vec<_>>()
    };
    let first = claimed(&store, Wanted::Next, own()).await.unwrap();
    store.begin_step(&first.claim, 1, 50).await.unwrap();
    store.begin_step(&first.claim, 0, 50).await.unwrap();
    assert_eq!(states().await, [StepState::Done, StepState::Running]);
    // Another attempt may begin before that step again.
    store.end(&first.claim, &End::Parked).await.unwrap();
    let again = Wanted::Job(new.id.clone());
    let second = claimed(&store, again, own()).await.unwrap();
    store.begin_step(&second.claim, 0, 5).await.unwrap();
    assert_eq!(states().await[0], StepState::Running);
}

#[tokio::test]
async fn a_job_goes_through_its_states_and_keeps_what_its_steps_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let new = job(1);
    assert_eq!(store.create(&new, None).await.unwrap(), None);
    let first = claimed(&store, Wanted::Next, own()).await.unwrap();
    assert_eq!(
        (first.row.attempt, first.row.request.clone()),
        (1, new.request.clone())
    );
    assert_eq!(first.artifacts, [None, None]);
    let small = Artifact(b"{\"small\":1}".to_vec());
    assert_eq!(
        store.begin_step(&first.claim, 0, 5).await.unwrap(),
        Tick::Go
    );
    let finished = store.finish_step(&first.claim, 0, Some(&small), 50).await;
    assert_eq!(finished.unwrap(), Tick::Go);
    store.begin_step(&first.claim, 1, 50).await.unwrap();
    store
        .tell(&first.claim, 40, Some("half of it"))
        .await
        .unwrap();
    let row = found(&store, &new.id).await;
    let states: Vec<StepState> = row.steps.iter().map(|step| step.state).collect();
    assert_eq!(states, [StepState::Done, StepState::Running]);
    assert_eq!(
        (row.progress, row.message.as_deref()),
        (50, Some("half of it"))
    );
    // Parked, and taken up again with what is known.
    store.end(&first.claim, &End::Parked).await.unwrap();
    assert_eq!(found(&store, &new.id).await.status, JobStatus::Queued);
    let large = Artifact(vec![b'7'; 200_000]);
    let second = claimed(&store, Wanted::Job(new.id.clone()), own())
        .await
        .unwrap();
    assert_eq!(
        (second.row.attempt, second.artifacts),
        (2, vec![Some(small), None])
    );
    store
        .finish_step(&second.claim, 1, Some(&large), 90)
        .await
        .unwrap();
    store.end(&second.claim, &End::Parked).await.unwrap();
    let third = claimed(&store, Wanted::Next, own()).await.unwrap();
    assert_eq!(third.artifacts[1], Some(large));
    store
        .end(&third.claim, &End::Succeeded(json!("done")))
        .await
        .unwrap();
    let row = found(&store, &new.id).await;
    assert_eq!((row.status, row.progress), (JobStatus::Succeeded, 100));
    assert_eq!(row.result, Some(json!("done")));
    assert!(row.ended_at.is_some() && row.worker.is_none());
}

#[tokio::test]
async fn of_many_that_claim_a_job_one_gets_it() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path()).create(&job(1), None).await.unwrap();
    let claims = (0..20).map(|number| {
        // Each a store of its own, as other processes have.
        let store = store(folder.path());
        let wanted = match number % 2 {
            0 => Wanted::Next,
            _ => Wanted::Job(job(1).id),
        };
        crate::telemetry::tasks::spawn("test", async move { claimed(&store, wanted, own()).await })
    });
    let claims = join_all(claims).await;
    let taken = claims.into_iter().filter_map(|claim| claim.unwrap());
    assert_eq!(taken.count(), 1);
}

#[tokio::test]
async fn a_claim_that_was_lost_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    store.create(&job(1), None).await.unwrap();
    let lost = claimed(&store, Wanted::Next, &dead()).await.unwrap().claim;
    let abandoned = store.abandoned().await.unwrap();
    assert_eq!(abandoned.len(), 1);
    store.put_back(&abandoned[0], &json!("died")).await.unwrap();
    store.put_back(&abandoned[0], &json!("died")).await.unwrap();
    let claim = claimed(&store, Wanted::Next, own()).await.unwrap().claim;
    assert_eq!(store.ask(&lost).await.unwrap(), Tick::Lost);
    assert_eq!(store.tell(&lost, 90, None).await.unwrap(), Tick::Lost);
    assert_eq!(store.begin_step(&lost, 0, 90).await.unwrap(), Tick::Lost);
    let artifact = Artifact(b"1".to_vec());
    assert_eq!(
        store
            .finish_step(&lost, 0, Some(&artifact), 90)
            .await
            .unwrap(),
        Tick::Lost
    );
    store.end(&lost, &End::Succeeded(json!(1))).await.unwrap();
    let row = found(&store, &job(1).id).await;
    assert_eq!(
        (row.status, row.progress, row.deaths),
        (JobStatus::Running, 0, 1)
    );
    assert_eq!(row.steps[0].state, StepState::Waiting);
    assert_eq!(row.claim, Some(claim.token));
    assert_eq!(
        store.abandoned().await.unwrap().len(),
        0,
        "this process lives"
    );
}

#[tokio::test]
async fn a_job_that_kills_its_workers_ends_and_one_of_a_person_is_not_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let mut attended = job(2);
    attended.unattended = false;
    store.create(&attended, Some(&dead())).await.unwrap();
    store.create(&job(1), None).await.unwrap();
    for _ in 0..MOST_DEATHS {
        let taken = claimed(&store, Wanted::Next, &dead()).await.unwrap();
        assert_eq!(taken.row.id, job(1).id);
        for row in store.abandoned().await.unwrap() {
            store.put_back(&row, &json!("died")).await.unwrap();
        }
    }
    for number in [1, 2] {
        let row = found(&store, &job(number).id).await;
        assert_eq!(
            (row.status, row.error),
            (JobStatus::Failed, Some(json!("died")))
        );
    }
    assert!(claimed(&store, Wanted::Next, own()).await.is_none());
    // A person may try again.
    let again = store.requeue("local", &job(2).id, HOUR).await.unwrap();
    assert!(
        again && !store.has_waiting().await.unwrap(),
        "it is reserved"
    );
    let taken = claimed(&store, Wanted::Job(job(2).id), own())
        .await
        .unwrap();
    assert_eq!((taken.row.attempt, taken.row.error), (2, None));
}

#[tokio::test]
async fn another_owners_job_is_as_an_absent_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let id = job(1).id;
    store.create(&job(1), None).await.unwrap();
    let absent = "00000000-0000-4000-8000-999999999999";
    for (owner, id) in [("other", id.as_str()), ("local", absent)] {
        assert!(store.find(owner, id).await.unwrap().is_none());
        let cancelled = store.request_cancel(owner, id, &json!("x")).await.unwrap();
        let requeued = store.requeue(owner, id, HOUR).await.unwrap();
        assert!(!cancelled && !requeued, "{owner}");
    }
    assert_eq!(store.list("other", 10).await.unwrap().len(), 0);
    assert_eq!(store.list("local", 10).await.unwrap().len(), 1);
    assert_eq!(found(&store, &id).await.status, JobStatus::Queued);
}

#[tokio::test]
async fn a_waiting_job_is_cancelled_at_once_and_a_running_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let cancel = async |number| {
        let id = job(number).id;
        store
            .request_cancel("local", &id, &json!("stopped"))
            .await
            .unwrap()
    };
    store.create(&job(1), None).await.unwrap();
    assert!(cancel(1).await);
    let row = found(&store, &job(1).id).await;
    assert_eq!(
        (row.status, row.error),
        (JobStatus::Cancelled, Some(json!("stopped")))
    );
    let claim = store.create(&job(2), Some(own())).await.unwrap().unwrap();
    assert_eq!(store.ask(&claim).await.unwrap(), Tick::Go);
    assert!(cancel(2).await);
    assert_eq!(found(&store, &job(2).id).await.status, JobStatus::Running);
    assert_eq!(store.ask(&claim).await.unwrap(), Tick::Cancel);
    store
        .end(&claim, &End::Cancelled(json!("stopped")))
        .await
        .unwrap();
    assert!(cancel(2).await, "again is no error");
    assert_eq!(found(&store, &job(2).id).await.status, JobStatus::Cancelled);
}

#[tokio::test]
async fn a_job_that_is_to_stop_is_not_parked() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let claim = store.create(&job(1), Some(own())).await.unwrap().unwrap();
    let id = job(1).id;
    let error = json!("stopped");
    assert!(store.request_cancel("local", &id, &error).await.unwrap());
    store.end(&claim, &End::Parked).await.unwrap();
    let row = found(&store, &id).await;
    let code = row.error.as_ref().map(|error| error["code"].clone());
    assert_eq!(
        (row.status, code),
        (JobStatus::Cancelled, Some(json!("E_CANCELLED")))
    );
    assert!(row.ended_at.is_some() && !store.has_waiting().await.unwrap());
}

#[tokio::test]
async fn only_so_many_run_and_wait() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    for number in 0..4 {
        store.create(&job(number), Some(own())).await.unwrap();
    }
    let refused = store.create(&job(4), Some(own())).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Limit);
    assert!(store.find("local", &job(4).id).await.unwrap().is_none());
    for number in 10..60 {
        store.create(&job(number), None).await.unwrap();
    }
    let refused = store.create(&job(60), None).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Limit);
    assert!(claimed(&store, Wanted::Next, own()).await.is_none());
}

#[tokio::test]
async fn old_and_many_jobs_are_forgotten_and_their_room_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let seconds = Arc::new(AtomicU64::new(1_000_000));
    let clock = {
        let seconds = Arc::clone(&seconds);
        Clock::of(move || UNIX_EPOCH + Duration::from_secs(seconds.load(Ordering::Relaxed)))
    };
    let store = store_at(folder.path(), clock);
    let large = Value::String("x".repeat(2 << 20));
    for number in 1..=8 {
        let claim = store
            .create(&job(number), Some(own()))
            .await
            .unwrap()
            .unwrap();
        store
            .end(&claim, &End::Succeeded(large.clone()))
            .await
            .unwrap();
        seconds.fetch_add(100, Ordering::Relaxed);
    }
    store.create(&job(9), None).await.unwrap();
    let size = || SqliteFileSize::of(folder.path());
    let ids = async || {
        let rows = store.list("local", 100).await.unwrap();
        rows.iter()
            .filter_map(|row| row.id.chars().last())
            .collect::<String>()
    };
    let retention = |keep, seconds| Retention {
        keep,
        keep_for: Duration::from_secs(seconds),
    };
    store.forget(&retention(100, 10_000)).await.unwrap();
    assert_eq!(ids().await, "987654321");
    let before = size();
    store.forget(&retention(5, 10_000)).await.unwrap();
    assert_eq!(ids().await, "987654");
    store.forget(&retention(5, 250)).await.unwrap();
    assert_eq!(ids().await, "987", "what waits is never forgotten");
    store.database.close().await;
    assert!(size() < before / 2, "{} of {before}", size());
}

struct SqliteFileSize;

impl SqliteFileSize {
    fn of(folder: &Path) -> u64 {
        std::fs::metadata(folder.join("state.db")).unwrap().len()
    }
}

#[tokio::test]
async fn a_full_disk_is_a_failure_that_loses_no_job() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let claim = store.create(&job(1), Some(own())).await.unwrap().unwrap();
    let pool = store.pool().await.unwrap();
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count")
        .fetch_one(pool)
        .await
        .unwrap();
    let mut connections = Vec::new();
    for _ in 0..pool.options().get_max_connections() {
        let mut connection = pool.acquire().await.unwrap();
        // SQLite says "full" by this bound of a connection as it does for a disk.
        sqlx::raw_sql(AssertSqlSafe(format!("PRAGMA max_page_count = {pages}")))
            .execute(&mut *connection)
            .await
            .unwrap();
        connections.push(connection);
    }
    drop(connections);
    let large = End::Succeeded(Value::String("x".repeat(200_000)));
    let full = store.end(&claim, &large).await.unwrap_err();
    assert_eq!(full.code, ErrorCode::Limit);
    let row = found(&store, &job(1).id).await;
    assert_eq!((row.status, row.result), (JobStatus::Running, None));
    // The connections that failed are gone, and with them the bound.
    while store.end(&claim, &large).await.is_err() {}
    assert_eq!(found(&store, &job(1).id).await.status, JobStatus::Succeeded);
}

#[tokio::test]
async fn an_artifact_without_bounds_is_refused_and_its_step_is_not_done() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let claim = store.create(&job(1), Some(own())).await.unwrap().unwrap();
    let huge = Artifact(vec![0; super::super::LARGEST_ARTIFACT + 1]);
    let refused = store
        .finish_step(&claim, 0, Some(&huge), 1)
        .await
        .unwrap_err();
    assert_eq!(refused.code, ErrorCode::Limit);
    assert_eq!(
        found(&store, &job(1).id).await.steps[0].state,
        StepState::Waiting
    );
}
