//! Asking a solver many times within one budget. Must not judge what it answers.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
    time::{Duration, Instant},
};

use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    failure::{ErrorCode, Failure},
    resolution::{Resolution, ResolutionRequest, ResolutionStatus},
};
use tokio_util::sync::CancellationToken;

use crate::solvers::{Effort, Solver, SolverEnvironment};

/// How many times a solver is asked for one explanation, unless told otherwise.
const USUAL_SOLVES: usize = 96;
/// The share of the time left that one try may take: one that hangs leaves time for others.
const SHARE_OF_TIME: u32 = 3;
/// A try that cannot have this much time is not begun.
const LEAST_TIME: Duration = Duration::from_millis(50);

/// A solver with a budget of questions and time, and the answers that it gave.
pub(crate) struct Tries<'a> {
    solver: &'a dyn Solver,
    environment: SolverEnvironment<'a>,
    cancellation: &'a CancellationToken,
    started: Instant,
    most_solves: usize,
    /// Until when one part of the search may ask, counted from the start; past it, its questions are "unknown".
    share_ends: Option<Duration>,
    solves: usize,
    unknown: usize,
    ended: Option<Failure>,
    known: HashMap<[u64; 2], Arc<Resolution>>,
    hashers: [RandomState; 2],
}

impl<'a> Tries<'a> {
    /// Makes a budget of the usual size; its time is `environment.deadline`, from now on.
    pub(crate) fn new(
        solver: &'a dyn Solver,
        environment: SolverEnvironment<'a>,
        cancellation: &'a CancellationToken,
    ) -> Self {
        Self {
            solver,
            environment,
            cancellation,
            started: Instant::now(),
            most_solves: USUAL_SOLVES,
            share_ends: None,
            solves: 0,
            unknown: 0,
            ended: None,
            known: HashMap::new(),
            hashers: [RandomState::new(), RandomState::new()],
        }
    }

    /// Sets how many times the solver is asked at most.
    #[cfg(test)]
    pub(crate) fn with_most_solves(mut self, most: usize) -> Self {
        self.most_solves = most;
        self
    }

    /// Gives the next of so many remaining parts of a search its share of the time left, so that one that is slow leaves time for the others.
    pub(crate) fn share(&mut self, remaining_parts: usize) {
        let parts = u32::try_from(remaining_parts).unwrap_or(u32::MAX).max(1);
        let passed = self.started.elapsed();
        let left = self.environment.deadline.saturating_sub(passed);
        self.share_ends = Some(passed.saturating_add(left / parts));
    }

    /// Takes in an answer that the solver gave before, so that it is not asked for again.
    pub(crate) fn remember(&mut self, request: &ResolutionRequest, answer: &Resolution) {
        let mut answer = answer.clone();
        answer.lock = None;
        answer.requirements_txt = None;
        let key = self.key(request);
        self.known.insert(key, Arc::new(answer));
    }

    /// Gives the family that is solved.
    pub(crate) fn ecosystem(&self) -> Ecosystem {
        self.solver.description().ecosystem
    }

    /// Gives the solver.
    pub(crate) fn solver(&self) -> &'a dyn Solver {
        self.solver
    }

    /// Gives how often the solver was asked.
    #[cfg(test)]
    pub(crate) fn solves(&self) -> usize {
        self.solves
    }

    /// Gives how many of the answers were "unknown".
    pub(crate) fn unknown(&self) -> usize {
        self.unknown
    }

    /// Gives why no more is asked, once the budget is spent or the solver failed.
    pub(crate) fn ended(&self) -> Option<Failure> {
        self.ended.clone()
    }

    /// Solves a request for its versions; `None` once the budget is spent or the solver has failed.
    ///
    /// A try that takes too much of the time left is "unknown".
    ///
    /// # Errors
    /// `E_CANCELLED` alone: any other failure of the solver ends the tries, and [`Self::ended`] gives it.
    pub(crate) async fn ask(
        &mut self,
        request: &ResolutionRequest,
    ) -> Result<Option<Arc<Resolution>>, Failure> {
        let key = self.key(request);
        if let Some(answer) = self.known.get(&key) {
            return Ok(Some(Arc::clone(answer)));
        }
        let passed = self.started.elapsed();
        let left = self.environment.deadline.saturating_sub(passed);
        if self.ended.is_none() && (self.solves >= self.most_solves || left < LEAST_TIME) {
            self.ended = Some(Failure::new(
                ErrorCode::Timeout,
                "the time or the number of tries for finding the smallest conflict ended",
            ));
        }
        if self.ended.is_some() {
            return Ok(None);
        }
        let (ecosystem, name) = (self.ecosystem(), self.solver.description().name);
        let unanswered = || Resolution::unanswered(ecosystem, name);
        let share = self
            .share_ends
            .map_or(left, |end| end.saturating_sub(passed));
        if share < LEAST_TIME {
            let answer = Arc::new(unanswered());
            self.unknown += 1;
            return Ok(Some(answer));
        }
        self.solves += 1;
        let answer = match self.solve(request, share.min(left) / SHARE_OF_TIME).await {
            Ok(answer) => answer,
            Err(failure) if failure.code == ErrorCode::Cancelled => return Err(failure),
            Err(failure) if failure.code == ErrorCode::Timeout => unanswered(),
            Err(failure) => {
                tracing::debug!(code = failure.code.as_str(), "a try failed");
                self.ended = Some(failure);
                return Ok(None);
            }
        };
        self.unknown += usize::from(answer.status == ResolutionStatus::Unknown);
        let answer = Arc::new(answer);
        self.known.insert(key, Arc::clone(&answer));
        Ok(Some(answer))
    }

    /// Runs the solver in a fresh folder below the scratch folder, which is deleted afterwards.
    async fn solve(
        &self,
        request: &ResolutionRequest,
        deadline: Duration,
    ) -> Result<Resolution, Failure> {
        let scratch = self
            .environment
            .scratch
            .join(format!("try-{}", self.solves));
        let unwritten = |error| synthesizer_infrastructure::project::cannot_write_scratch(error);
        tokio::fs::create_dir(&scratch).await.map_err(unwritten)?;
        let environment = SolverEnvironment {
            scratch: &scratch,
            deadline,
            ..self.environment
        };
        let mut answer = self
            .solver
            .solve(request, Effort::Versions, environment, self.cancellation)
            .await;
        if let Err(error) = tokio::fs::remove_dir_all(&scratch).await {
            // The caller deletes the whole folder later.
            tracing::debug!(%error, "a try's folder stays");
        }
        if let Ok(answer) = &mut answer {
            answer.lock = None;
            answer.requirements_txt = None;
        }
        answer
    }

    /// Gives what stands for everything of a request that a solver sees: two hashes with keys of this process.
    fn key(&self, request: &ResolutionRequest) -> [u64; 2] {
        [0, 1].map(|index| {
            let hasher = &self.hashers[index];
            let repositories: Vec<(&str, Vec<u64>)> = request
                .repositories
                .iter()
                .map(|repository| {
                    let requirements = repository.requirements.iter();
                    (
                        repository.requires_python.as_deref().unwrap_or_default(),
                        requirements
                            .map(|requirement| hasher.hash_one(what_is_seen(requirement)))
                            .collect(),
                    )
                })
                .collect();
            hasher.hash_one((
                repositories,
                &request.constraints,
                &request.python_version,
                request.offline,
            ))
        })
    }
}

fn what_is_seen(dependency: &Dependency) -> impl std::hash::Hash + '_ {
    (
        (&dependency.name, &dependency.specifier, &dependency.marker),
        (&dependency.extras, &dependency.group, &dependency.url),
        (&dependency.imported_as, &dependency.member),
        &dependency.manifest,
    )
}
