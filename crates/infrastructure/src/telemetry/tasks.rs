//! Tasks and blocking work that keep the correlation id and the span of who starts them, and whose panics are logged and counted.

use std::{
    any::Any,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

use futures_util::FutureExt as _;
use tokio::task::JoinHandle;

use super::{correlation::Carried, events::TaskPanicked};

/// The longest text of a panic that is logged, in characters.
const LONGEST_REASON: usize = 500;

/// Spawns a task under the correlation id and span of the caller, who owns the handle.
///
/// `task` names the kind of task in metrics: a constant, never something from outside. A panic is logged and counted, and the
/// handle gives it as usual.
pub fn spawn<F>(task: &'static str, work: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let watched = async move {
        match AssertUnwindSafe(work).catch_unwind().await {
            Ok(output) => output,
            Err(panic) => report(task, panic),
        }
    };
    #[expect(clippy::disallowed_methods, reason = "the one place that spawns")]
    tokio::spawn(Carried::now().run_future(watched))
}

/// Does blocking work on a thread for it, under the correlation id and span of the caller; see [`spawn`].
pub fn spawn_blocking<F, T>(task: &'static str, work: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let carried = Carried::now();
    #[expect(clippy::disallowed_methods, reason = "the one place that spawns")]
    tokio::task::spawn_blocking(move || {
        carried.run(|| match catch_unwind(AssertUnwindSafe(work)) {
            Ok(output) => output,
            Err(panic) => report(task, panic),
        })
    })
}

/// Reports a panic and goes on with it, so that whoever waits for the task learns of it.
fn report(task: &'static str, panic: Box<dyn Any + Send>) -> ! {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let reason: String = text
        .unwrap_or("of no text")
        .chars()
        .take(LONGEST_REASON)
        .collect();
    TaskPanicked {
        task,
        reason: &reason,
    }
    .emit();
    resume_unwind(panic)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{
        super::{
            correlation::{current, scope},
            metrics::Recording,
        },
        *,
    };

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn scopes_never_mix() {
        let works = (0..50).map(|number| async move {
            let id = format!("id-{number}");
            let seen = scope(&id, async {
                let mut seen = vec![current()];
                let task = spawn("test", async {
                    tokio::task::yield_now().await;
                    let inner = spawn_blocking("test", current).await.expect("ends");
                    vec![current(), inner]
                });
                seen.extend(task.await.expect("ends"));
                let carried = Carried::now();
                let thread = std::thread::spawn(move || carried.run(current));
                seen.push(thread.join().expect("ends"));
                seen
            });
            assert_eq!(seen.await, vec![Some(Arc::from(id)); 4]);
        });
        let tasks: Vec<_> = works.map(|work| spawn("test", work)).collect();
        for task in tasks {
            task.await.expect("no mix");
        }
        assert_eq!(current(), None);
    }

    #[tokio::test]
    async fn a_task_keeps_the_span() {
        let subscriber = tracing_subscriber::fmt()
            .with_writer(std::io::sink)
            .finish();
        let _default = tracing::subscriber::set_default(subscriber);
        let span = tracing::info_span!("outer");
        let outer = span.id();
        let task = span.in_scope(|| spawn("test", async { tracing::Span::current().id() }));
        assert_eq!(task.await.expect("ends"), outer);
        assert!(outer.is_some());
    }

    #[tokio::test]
    async fn a_panic_is_counted_and_given_on() {
        let recording = Recording::new();
        let _recorder = recording.enter();
        let error = spawn("breaking_task", async { panic!("a {}", "reason") })
            .await
            .expect_err("panics");
        assert!(error.is_panic());
        let task = spawn("breaking_task", async {});
        task.await.expect("works");
        let text = recording.render();
        let line = "synthesizer_task_panics_total{task=\"breaking_task\"} 1\n";
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn a_panic_of_blocking_work_is_counted() {
        let recording = Recording::new();
        recording.run(|| {
            let caught = catch_unwind(|| report("breaking_work", Box::new("reason")));
            assert!(caught.is_err());
        });
        let line = "synthesizer_task_panics_total{task=\"breaking_work\"} 1\n";
        assert!(recording.render().contains(line));
    }
}
