//! What an attempt found out is there for the next one; what was stopped, parked or dropped ends as it should; no secret is kept.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use synthesizer_infrastructure::{
    config::{self, Config, LoadOptions},
    storage::jobs::Wanted,
    telemetry::{metrics::Recording, tasks},
};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    job::{JobRecord, JobStatus},
    progress::Unwatched,
};
use tokio_util::sync::CancellationToken;

use super::{Attendance, Jobs, Keep, NewWork, RunningJob};

const STEPS: &[(&str, u32)] = &[("one", 50), ("two", 50)];

fn config(folder: &Path) -> Config {
    let home = folder.to_string_lossy().into_owned();
    config::load(LoadOptions {
        environment: BTreeMap::from([("HOME".to_owned(), home)]),
        working_directory: folder.to_owned(),
        ..LoadOptions::default()
    })
    .expect("a configuration")
}

fn work(request: Value) -> NewWork<'static> {
    NewWork {
        owner: "local",
        kind: "test",
        request,
        target: None,
        correlation_id: "c",
        steps: STEPS,
    }
}

async fn begin(jobs: &Jobs, attendance: Attendance) -> RunningJob {
    let work = work(json!({ "of": "everything" }));
    jobs.begin(
        &work,
        attendance,
        CancellationToken::new(),
        Arc::new(Unwatched),
    )
    .await
    .expect("admitted")
}

async fn claim(jobs: &Jobs, id: &str) -> RunningJob {
    let wanted = Wanted::Job(id.to_owned());
    let claimed = jobs.claim(
        &wanted,
        STEPS,
        CancellationToken::new(),
        Arc::new(Unwatched),
    );
    claimed.await.expect("claims").expect("waits")
}

async fn ended(jobs: &Jobs, id: &str) -> JobRecord {
    jobs.wait("local", id, Duration::from_secs(30))
        .await
        .expect("known")
}

#[tokio::test]
async fn a_step_that_was_recorded_is_not_done_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let jobs = Jobs::new(&config(folder.path()));
    let done = AtomicUsize::new(0);
    let step = async |job: &RunningJob, name: &str, found: &str| {
        let work = async {
            done.fetch_add(1, Ordering::Relaxed);
            Ok(found.to_owned())
        };
        job.steps().recorded(name, Keep::UnlessSecret, work).await
    };
    let secret = format!("gh{}_{}", "p", "a1B2".repeat(9));
    let job = begin(&jobs, Attendance::Unattended).await;
    let id = job.id().to_owned();
    assert_eq!(step(&job, "one", "first").await, Ok("first".to_owned()));
    assert_eq!(step(&job, "two", &secret).await, Ok(secret.clone()));
    let end = async {
        jobs.shut_down(Duration::from_secs(5)).await;
    };
    let finish = async {
        job.cancellation().cancelled().await;
        job.finish(Err::<&(), _>(&Failure::cancelled())).await;
    };
    tokio::join!(end, finish);
    let parked = jobs.record("local", &id).await.expect("known");
    assert_eq!(parked.job_status, JobStatus::Queued);

    let job = claim(&jobs, &id).await;
    assert!(job.steps().is_resumed());
    assert_eq!(step(&job, "one", "other").await, Ok("first".to_owned()));
    assert_eq!(step(&job, "two", "again").await, Ok("again".to_owned()));
    assert_eq!(done.load(Ordering::Relaxed), 3, "the secret was not kept");
    job.finish(Ok(&"all")).await;
    let record = ended(&jobs, &id).await;
    assert_eq!((record.result, record.attempt), (Some(json!("all")), 2));
    assert_eq!(record.steps_completed, ["one", "two"]);
}

#[tokio::test]
async fn a_step_that_must_be_the_same_again_says_when_it_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let jobs = Jobs::new(&config(folder.path()));
    let step = async |job: &RunningJob, found: u32| {
        job.steps().repeated("one", async { Ok(((), found)) }).await
    };
    let job = begin(&jobs, Attendance::Unattended).await;
    let id = job.id().to_owned();
    step(&job, 7).await.expect("done");
    job.finish(Err::<&(), _>(&Failure::internal("x"))).await;
    jobs.requeue("local", &id).await.expect("failed before");
    let job = claim(&jobs, &id).await;
    let failure = step(&job, 8).await.expect_err("another");
    assert_eq!(failure.code, ErrorCode::Internal);
    job.finish(Err::<&(), _>(&failure)).await;
}

#[tokio::test]
async fn who_cancels_need_not_be_who_works() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = config(folder.path());
    let (here, elsewhere) = (Jobs::new(&config), Jobs::new(&config));
    let job = begin(&here, Attendance::Attended).await;
    let id = job.id().to_owned();
    elsewhere.cancel("local", &id).await.expect("known");
    let heard = tokio::time::timeout(Duration::from_secs(1), job.cancellation().cancelled_owned());
    heard.await.expect("within a second");
    let refused = job
        .steps()
        .recorded("one", Keep::AsItIs, async { Ok(1) })
        .await;
    assert_eq!(refused.expect_err("stopped").code, ErrorCode::Cancelled);
    job.finish(Err::<&(), _>(&Failure::cancelled())).await;
    assert_eq!(
        ended(&elsewhere, &id).await.job_status,
        JobStatus::Cancelled
    );
    for jobs in [&here, &elsewhere] {
        let other = jobs.cancel("other", &id).await.expect_err("another's");
        let absent = uuid::Uuid::new_v4().to_string();
        let absent = jobs.cancel("local", &absent).await.expect_err("absent");
        assert_eq!(
            (other.code, &other.message),
            (ErrorCode::NotFound, &absent.message)
        );
    }
}

#[tokio::test]
async fn work_that_breaks_fails_its_job_and_a_person_takes_theirs_along() {
    let folder = tempfile::tempdir().expect("a folder");
    let jobs = Jobs::new(&config(folder.path()));
    let job = begin(&jobs, Attendance::Unattended).await;
    let id = job.id().to_owned();
    drop(job);
    let record = ended(&jobs, &id).await;
    assert_eq!(record.job_status, JobStatus::Failed);
    assert_eq!(record.error.expect("an error")["code"], "E_INTERNAL");

    let job = begin(&jobs, Attendance::Attended).await;
    let id = job.id().to_owned();
    let end = jobs.shut_down(Duration::from_secs(5));
    let finish = async {
        job.cancellation().cancelled().await;
        job.finish(Err::<&(), _>(&Failure::cancelled())).await;
    };
    tokio::join!(end, finish);
    assert_eq!(ended(&jobs, &id).await.job_status, JobStatus::Cancelled);
}

/// A job whose work panics fails and says so, the panic is counted, and what else the process works on goes on.
#[tokio::test]
async fn fault_24_a_job_that_panics_fails_and_the_others_go_on() {
    let recording = Recording::new();
    let _recorder = recording.enter();
    let folder = tempfile::tempdir().expect("a folder");
    let jobs = Jobs::new(&config(folder.path()));
    let (other, broken) = (
        begin(&jobs, Attendance::Unattended).await,
        begin(&jobs, Attendance::Unattended).await,
    );
    let (id, broken_id) = (other.id().to_owned(), broken.id().to_owned());
    let work = tasks::spawn("synthesis", async move {
        let steps = broken.steps();
        let panicking = async { panic!("a defect") };
        let _: Result<u8, Failure> = steps.recorded("one", Keep::AsItIs, panicking).await;
        broken.finish(Ok(&"never")).await;
    });
    assert!(work.await.expect_err("panics").is_panic());
    let record = ended(&jobs, &broken_id).await;
    assert_eq!(record.job_status, JobStatus::Failed);
    assert_eq!(record.error.expect("an error")["code"], "E_INTERNAL");
    assert!(record.resumable && record.steps_completed.is_empty());
    let counted = "synthesizer_task_panics_total{task=\"synthesis\"} 1\n";
    assert!(
        recording.render().contains(counted),
        "{}",
        recording.render()
    );

    let steps = other.steps();
    let found = steps.recorded("one", Keep::AsItIs, async { Ok(7) });
    assert_eq!(found.await, Ok(7));
    other.finish(Ok(&"all")).await;
    assert_eq!(ended(&jobs, &id).await.job_status, JobStatus::Succeeded);
    // The broken one can be taken up again.
    jobs.requeue("local", &broken_id).await.expect("it failed");
    claim(&jobs, &broken_id).await.finish(Ok(&"now")).await;
    let record = ended(&jobs, &broken_id).await;
    assert_eq!(record.result, Some(json!("now")));
}

#[tokio::test]
async fn no_secret_of_a_job_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let jobs = Jobs::new(&config(folder.path()));
    let request = work(json!({ "url": "https://me:hunter2@host.example/x" }));
    let refused = jobs.enqueue(&request).await.expect_err("cannot wait");
    assert_eq!(refused.code, ErrorCode::Argument);
    let job = jobs
        .begin(
            &request,
            Attendance::Attended,
            CancellationToken::new(),
            Arc::new(Unwatched),
        )
        .await
        .expect("admitted");
    let id = job.id().to_owned();
    let failure = Failure::internal("cannot read https://me:hunter2@host.example/x");
    job.finish(Err::<&(), _>(&failure)).await;
    let record = ended(&jobs, &id).await;
    let error = record.error.expect("an error").to_string();
    assert!(error.contains("https://****@host.example/x"), "{error}");
    assert!(!record.resumable);
    let refused = jobs
        .requeue("local", &id)
        .await
        .expect_err("nothing to go on with");
    assert_eq!(refused.code, ErrorCode::Argument);
    for file in ["state.db", "state.db-wal"] {
        let path = folder.path().join(".local/share/synthesizer").join(file);
        let bytes = std::fs::read(path).expect("is there");
        assert!(
            !bytes.windows(7).any(|window| window == b"hunter2"),
            "{file}"
        );
    }
}
