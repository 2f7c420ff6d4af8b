//! The correlation id of the call that is being worked on, carried through tasks, child programs and log lines. Makes no ids.

use std::{borrow::Cow, collections::BTreeMap, future::Future, sync::Arc};

use super::masking;

/// The longest id that is accepted from outside, in bytes.
const LONGEST: usize = 128;

/// The variable by which child programs get the id.
pub(crate) const VARIABLE: &str = "SYNTHESIZER_CORRELATION_ID";

tokio::task_local! {
    static CURRENT: Arc<str>;
}

/// Runs work under a correlation id: [`current`] gives it, and log lines and child programs carry it.
///
/// A task that the work spawns does not have it by itself: spawn with [`super::tasks`], or take it along with [`Carried`].
pub async fn scope<F: Future>(id: &str, work: F) -> F::Output {
    CURRENT.scope(Arc::from(id), work).await
}

/// Gives the correlation id of the work that is being done, if there is one.
pub fn current() -> Option<Arc<str>> {
    CURRENT.try_with(Arc::clone).ok()
}

/// Takes an id that came from outside, if it has the form of one: 1 to 128 characters of `A-Z a-z 0-9 . _ : -` that hold no secret.
///
/// Anything else gives `None`, and the caller makes a new id.
pub fn accept(id: &str) -> Option<String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    let accepted = (1..=LONGEST).contains(&id.len()) && id.bytes().all(fits);
    (accepted && matches!(masking::mask(id), Cow::Borrowed(_))).then(|| id.to_owned())
}

/// Gives the id of the call that this program was started for, when whoever started it says so.
pub fn inherited(environment: &BTreeMap<String, String>) -> Option<String> {
    accept(environment.get(VARIABLE)?)
}

/// What a piece of work takes along to another thread or task: its correlation id and its span.
///
/// For threads that [`super::tasks`] does not start, such as those of a thread pool: take it where the work is given away
/// and run each piece within it.
#[derive(Debug, Clone)]
pub struct Carried {
    id: Option<Arc<str>>,
    span: tracing::Span,
}

impl Carried {
    /// Takes what holds here and now.
    pub fn now() -> Self {
        Self {
            id: current(),
            span: tracing::Span::current(),
        }
    }

    /// Does work on this thread within what was taken.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        self.span.in_scope(|| match &self.id {
            Some(id) => CURRENT.sync_scope(Arc::clone(id), work),
            None => work(),
        })
    }

    /// Does work in a task within what was taken.
    pub async fn run_future<F: Future>(self, work: F) -> F::Output {
        use tracing::Instrument as _;
        match self.id {
            Some(id) => CURRENT.scope(id, work).instrument(self.span).await,
            None => work.instrument(self.span).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_from_outside_have_a_form() {
        let check = |id: &str, accepted: bool| assert_eq!(accept(id).is_some(), accepted, "{id:?}");
        check("0197-a.b_c:D", true);
        check(&"a".repeat(128), true);
        check(&"a".repeat(129), false);
        check("", false);
        check("a b", false);
        check("a\nb", false);
        check("a%0ab", false);
        check("\u{e9}", false);
        check(&format!("gh{}_{}", "p", "a1B2".repeat(9)), false);
    }

    #[tokio::test]
    async fn an_inner_scope_ends_with_its_work() {
        let seen = scope("outer", async {
            let inner = scope("inner", async { current() }).await;
            (inner, current())
        });
        let (inner, outer) = seen.await;
        assert_eq!(
            (inner.as_deref(), outer.as_deref(), current()),
            (Some("inner"), Some("outer"), None)
        );
    }
}
