//! A job as it is kept, and the port to where jobs are kept. Knows no storage.

use std::{
    fmt::Debug,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use futures_util::future::BoxFuture;
use serde_json::Value;
use synthesizer_model::{failure::Failure, job::JobStatus};

use super::worker::Worker;

/// A job that is to be entered.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// The unguessable handle, a random UUID.
    pub id: String,
    /// Whose job it is; for everybody else it does not exist.
    pub owner: String,
    /// What kind of work it is, such as `synthesis`.
    pub kind: String,
    /// What was asked for; `None` where it must not be kept, and then the job cannot be resumed.
    pub request: Option<Value>,
    /// The folder that the job makes.
    pub target: Option<PathBuf>,
    /// Whether any worker may take it while it is queued.
    pub unattended: bool,
    /// How long it is left to who asked for it.
    pub reserved: Duration,
    /// The most time that the first attempt may take, where it begins at once.
    pub time: Duration,
    /// The correlation id of the call that asked for it.
    pub correlation_id: String,
    /// The names of its steps, in order.
    pub steps: Vec<String>,
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// Not begun.
    Waiting,
    /// Begun and not done: somebody works on it, or died over it.
    Running,
    /// Done.
    Done,
}

/// One step of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRow {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: StepState,
    /// When it was begun last.
    pub begun_at: Option<SystemTime>,
    /// When it was done.
    pub ended_at: Option<SystemTime>,
    /// The attempt that did it, or that works on it.
    pub attempt: Option<u32>,
}

/// A job as it is kept. Times have whole milliseconds.
#[derive(Debug, Clone)]
pub struct JobRow {
    /// The handle.
    pub id: String,
    /// Whose job it is.
    pub owner: String,
    /// What kind of work it is.
    pub kind: String,
    /// What was asked for.
    pub request: Option<Value>,
    /// The folder that the job makes.
    pub target: Option<PathBuf>,
    /// Where it stands.
    pub status: JobStatus,
    /// Whether any worker may take it while it is queued.
    pub unattended: bool,
    /// Which attempt is at work, or was the last; 0 before the first.
    pub attempt: u32,
    /// How many attempts ended with the death of their process.
    pub deaths: u32,
    /// 0 to 100.
    pub progress: u8,
    /// What is being done within the step.
    pub message: Option<String>,
    /// The correlation id of the call that asked for it.
    pub correlation_id: String,
    /// Somebody wants it stopped.
    pub cancel_requested: bool,
    /// When it was entered.
    pub created_at: SystemTime,
    /// When the first attempt began.
    pub started_at: Option<SystemTime>,
    /// When it ended.
    pub ended_at: Option<SystemTime>,
    /// When the present attempt is stopped.
    pub deadline_at: Option<SystemTime>,
    /// Who works on it.
    pub worker: Option<Worker>,
    /// The claim of who works on it.
    pub claim: Option<String>,
    /// When its worker was last heard of.
    pub seen_at: Option<SystemTime>,
    /// The result of a job that succeeded.
    pub result: Option<Value>,
    /// The error object of a job that failed.
    pub error: Option<Value>,
    /// Its steps, in order.
    pub steps: Vec<StepRow>,
}

/// The right to work on a job: what is written under a claim that was lost has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The job.
    pub job: String,
    /// What tells this claim from every other.
    pub token: String,
}

/// Which job is wanted for work.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// This one, if it is queued, by whoever asked for it.
    Job(String),
    /// The one that waits the longest of those that any worker may take.
    Next,
}

/// A job that is worked on from now on, with what earlier attempts found out.
#[derive(Debug, Clone)]
pub struct ClaimedJob {
    /// The right to work on it.
    pub claim: Claim,
    /// The job.
    pub row: JobRow,
    /// What steps that are done found out, by the step's number.
    pub artifacts: Vec<Option<Artifact>>,
}

/// What a step found out, as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact(pub Vec<u8>);

/// How an attempt ends.
#[derive(Debug, Clone)]
pub enum End {
    /// The work is done; the result.
    Succeeded(Value),
    /// It cannot be done; the error object.
    Failed(Value),
    /// It was stopped on request; the error object.
    Cancelled(Value),
    /// It goes on later, in this process or another: back to the queue.
    Parked,
}

/// What a worker learns when it tells that it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tick {
    /// Go on.
    Go,
    /// Somebody wants the job stopped.
    Cancel,
    /// The claim is lost: the job was given to another worker, or is gone.
    Lost,
}

/// How many jobs are remembered, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How many jobs that have ended.
    pub keep: usize,
    /// How long after their end.
    pub keep_for: Duration,
}

/// Where jobs are kept for all processes.
///
/// Every method fails with `E_LIMIT` when the disk is full, `E_TIMEOUT` when the store is held by others for too long and `E_CONFIG` when it
/// cannot be used; nothing is half written then.
pub trait JobStore: Send + Sync + Debug {
    /// Enters a job as queued; with a worker, as one that this worker works on at once.
    ///
    /// # Errors
    /// `E_LIMIT` when too many jobs wait or run.
    fn create<'a>(
        &'a self,
        job: &'a NewJob,
        worker: Option<&'a Worker>,
    ) -> BoxFuture<'a, Result<Option<Claim>, Failure>>;

    /// Gives a queued job to a worker; `None` when there is none, when another was faster, or when as many run as may.
    fn claim<'a>(
        &'a self,
        wanted: &'a Wanted,
        worker: &'a Worker,
        time: Duration,
    ) -> BoxFuture<'a, Result<Option<ClaimedJob>, Failure>>;

    /// Notes that a step is begun; says whether the claim still holds.
    fn begin_step<'a>(
        &'a self,
        claim: &'a Claim,
        step: usize,
        progress: u8,
    ) -> BoxFuture<'a, Result<Tick, Failure>>;

    /// Notes that a step is done together with what it found out, both or neither.
    ///
    /// # Errors
    /// `E_LIMIT` for an artifact that is too large.
    fn finish_step<'a>(
        &'a self,
        claim: &'a Claim,
        step: usize,
        artifact: Option<&'a Artifact>,
        progress: u8,
    ) -> BoxFuture<'a, Result<Tick, Failure>>;

    /// Tells that the worker lives, and how far it is.
    fn tell<'a>(
        &'a self,
        claim: &'a Claim,
        progress: u8,
        message: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Tick, Failure>>;

    /// Asks what a worker should do, without telling anything.
    fn ask<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<Tick, Failure>>;

    /// Ends an attempt. Without effect when the claim is lost.
    fn end<'a>(&'a self, claim: &'a Claim, end: &'a End) -> BoxFuture<'a, Result<(), Failure>>;

    /// Gives a job of an owner; `None` when there is none, or when it is another's.
    fn find<'a>(
        &'a self,
        owner: &'a str,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<JobRow>, Failure>>;

    /// Gives the jobs of an owner, the newest first.
    fn list<'a>(
        &'a self,
        owner: &'a str,
        most: usize,
    ) -> BoxFuture<'a, Result<Vec<JobRow>, Failure>>;

    /// Gives the running jobs whose worker is gone.
    fn abandoned(&self) -> BoxFuture<'_, Result<Vec<JobRow>, Failure>>;

    /// Says whether a job waits that any worker may take.
    fn has_waiting(&self) -> BoxFuture<'_, Result<bool, Failure>>;

    /// Puts a job whose worker is gone back into the queue, or ends it with the error when nobody may take it or too many died over it.
    /// Without effect when it was put back meanwhile.
    fn put_back<'a>(
        &'a self,
        row: &'a JobRow,
        error: &'a Value,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// Stops a job: one that waits at once, one that runs as soon as its worker sees it. `false` when there is none or it is another's.
    fn request_cancel<'a>(
        &'a self,
        owner: &'a str,
        id: &'a str,
        error: &'a Value,
    ) -> BoxFuture<'a, Result<bool, Failure>>;

    /// Puts a job that failed or was cancelled into the queue again, reserved for who asks. `false` when it is in no such state.
    fn requeue<'a>(
        &'a self,
        owner: &'a str,
        id: &'a str,
        reserved: Duration,
    ) -> BoxFuture<'a, Result<bool, Failure>>;

    /// Forgets what need not be remembered, and gives its room back.
    fn forget<'a>(&'a self, retention: &'a Retention) -> BoxFuture<'a, Result<(), Failure>>;
}
