//! How soon an analysis stops. Nothing here waits for a clock that a busy machine could upset: what is looked at is how often each phase
//! asks whether it should stop, and that it stops wherever it asks.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use synthesizer_analysis::{reading::Bounds, repository};
use synthesizer_model::{
    facts_store::Forgetful,
    failure::{ErrorCode, Failure},
    finding::Problem,
    progress::Progress,
    tree::{Blob, Origin, SourceTree, TreeEntry, TreePath},
};

use super::{generated, options, tree};

/// When the last question or step was, in which phase, and the times between them so far with the phase of each.
type Since = (Instant, String, Vec<(Duration, String)>);

/// Remembers when it was asked, and says from some question on that the work should stop.
pub(crate) struct Asked {
    /// The question from which on the answer is yes.
    stop_at: usize,
    questions: AtomicUsize,
    since: Mutex<Since>,
}

impl Asked {
    pub(crate) fn new(stop_at: usize) -> Self {
        Self {
            stop_at,
            questions: AtomicUsize::new(0),
            since: Mutex::new((Instant::now(), "beginning".to_owned(), Vec::new())),
        }
    }

    fn is_stopped(&self) -> bool {
        self.questions.load(Ordering::SeqCst) >= self.stop_at
    }

    fn note(&self, phase: Option<&str>) {
        let mut since = self.since.lock().expect("nothing panics here");
        let gap = since.0.elapsed();
        let before = since.1.clone();
        since.2.push((gap, before));
        since.0 = Instant::now();
        if let Some(phase) = phase {
            since.1 = phase.to_owned();
        }
    }

    /// Gives the longest times without a question, with the phase of each.
    pub(crate) fn longest(&self) -> Vec<(Duration, String)> {
        self.note(None);
        let mut gaps = self.since.lock().expect("nothing panics here").2.clone();
        gaps.sort();
        gaps.reverse();
        gaps.truncate(10);
        gaps
    }
}

impl Progress for Asked {
    fn step(&self, _percent: u8, message: &str) {
        self.note(Some(message));
    }

    fn is_cancelled(&self) -> bool {
        self.note(None);
        self.questions.fetch_add(1, Ordering::SeqCst) >= self.stop_at
    }
}

/// A tree that counts how often it is read after the work should have stopped.
struct Watched<'a> {
    tree: &'a dyn SourceTree,
    asked: &'a Asked,
    late: AtomicUsize,
}

impl SourceTree for Watched<'_> {
    fn origin(&self) -> &Origin {
        self.tree.origin()
    }

    fn entries(&self) -> &[TreeEntry] {
        self.tree.entries()
    }

    fn problems(&self) -> &[Problem] {
        self.tree.problems()
    }

    fn read(&self, path: &TreePath) -> Result<Blob, Failure> {
        if self.asked.is_stopped() {
            self.late.fetch_add(1, Ordering::SeqCst);
        }
        self.tree.read(path)
    }
}

fn run(tree: &dyn SourceTree, asked: &Asked) -> (Result<(), ErrorCode>, usize) {
    let watched = Watched {
        tree,
        asked,
        late: AtomicUsize::new(0),
    };
    let outcome = repository::analyze(&watched, &options(), &Forgetful, Bounds::default(), asked);
    let outcome = outcome.map(|_| ()).map_err(|failure| failure.code);
    (outcome, watched.late.into_inner())
}

#[test]
fn an_analysis_stops_wherever_it_asks() {
    let tree = tree(generated::parts(12));
    let whole = Asked::new(usize::MAX);
    assert_eq!(run(&tree, &whole).0, Ok(()));
    let questions = whole.questions.into_inner();
    assert!(
        questions > 12 * generated::FILES_OF_PART,
        "{questions} questions only"
    );
    let threads = rayon::current_num_threads() + 1;
    for stop_at in (0..questions - 8).step_by((questions / 40).max(1)) {
        let (outcome, late) = run(&tree, &Asked::new(stop_at));
        assert_eq!(
            outcome,
            Err(ErrorCode::Cancelled),
            "from question {stop_at} of {questions} on"
        );
        assert!(
            late <= threads,
            "{late} files were read after question {stop_at} of {questions}"
        );
    }
}

#[test]
fn no_phase_goes_long_without_asking() {
    // Twenty times the bound of a build with optimisation, on a machine that does other things too.
    const BOUND: Duration = Duration::from_secs(2);
    let tree = tree(generated::parts(150));
    let mut gaps = Vec::new();
    for _ in 0..3 {
        let asked = Asked::new(usize::MAX);
        assert_eq!(run(&tree, &asked).0, Ok(()));
        gaps = asked.longest();
        if gaps[0].0 < BOUND {
            return;
        }
    }
    panic!("{gaps:#?}");
}

/// Prints the longest times without a question; to be run by hand with a build with optimisation.
#[test]
#[ignore = "figures for people: a tree of 20,000 files"]
fn figures_of_a_large_tree() {
    let tree = tree(generated::parts(1_000));
    let asked = Asked::new(usize::MAX);
    let began = Instant::now();
    assert_eq!(run(&tree, &asked).0, Ok(()));
    panic!(
        "{:?} in all, {} questions: {:#?}",
        began.elapsed(),
        asked.questions.load(Ordering::SeqCst),
        asked.longest()
    );
}
