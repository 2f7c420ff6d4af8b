//! Parses untrusted text within bounds: size, nesting, stack and panics. Knows nothing of what is done with the tree.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use super::depth;
use super::syntax::{self, Module};

/// Largest text that is parsed. The tree of a text takes up to fifty times its size.
const MAX_TEXT_BYTES: usize = 32 << 20;

/// Deepest nesting that is parsed. CPython's own compiler gives up well below it.
const MAX_DEPTH: usize = 10_000;

/// Deepest nesting that any caller's stack (at least one mebibyte free) can hold.
const MAX_DEPTH_ON_CALLERS_STACK: usize = 100;

/// Stack for deeper text. It is address space; only the touched part costs memory.
const LARGE_STACK_BYTES: usize = 256 << 20;

const TOO_DEEP: &str = "nested too deeply, not parsed";
const GAVE_UP: &str = "the parser gave up";

/// Parses the text and runs `work` on the tree, or says in a few words why it was refused.
///
/// The depth of the tree is estimated from above before anything is built, so the recursion of parsing, walking and
/// dropping fits the stack. Where the parser recovered from errors the tree itself is measured too.
pub(super) fn with_tree<T: Send>(
    text: &str,
    work: impl FnOnce(&Module) -> T + Send,
) -> Result<T, String> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(format!(
            "larger than {} MiB, not parsed",
            MAX_TEXT_BYTES >> 20
        ));
    }
    let depth = guarded(|| depth::estimate(text, MAX_DEPTH_ON_CALLERS_STACK))?;
    if depth > MAX_DEPTH {
        return Err(TOO_DEEP.to_owned());
    }
    if depth > MAX_DEPTH_ON_CALLERS_STACK {
        return on_large_stack(|| measured(guarded(|| syntax::parse(text))?, work));
    }
    let module = guarded(|| syntax::parse(text))?;
    if module.errors().is_empty() {
        guarded(|| work(&module))
    } else {
        on_large_stack(|| measured(module, work))
    }
}

/// Like [`with_tree`], for work that goes deeper than the tree: always on a large stack.
pub(super) fn with_tree_and_room<T: Send>(
    text: &str,
    work: impl FnOnce(&Module) -> T + Send,
) -> Result<T, String> {
    on_large_stack(|| with_tree(text, work))
}

fn measured<T>(module: Module, work: impl FnOnce(&Module) -> T) -> Result<T, String> {
    if !module.errors().is_empty() && syntax::is_deeper_than(&module, MAX_DEPTH) {
        // Dropping the tree would overflow the stack and end the process; its memory is the lesser loss.
        std::mem::forget(module);
        return Err(TOO_DEEP.to_owned());
    }
    guarded(|| work(&module))
}

fn on_large_stack<T: Send>(work: impl FnOnce() -> Result<T, String> + Send) -> Result<T, String> {
    thread::scope(|scope| {
        let worker = thread::Builder::new()
            .name("python-parser".to_owned())
            .stack_size(LARGE_STACK_BYTES)
            .spawn_scoped(scope, work)
            .map_err(|error| format!("no stack to parse it on: {error}"))?;
        worker.join().unwrap_or_else(|_| Err(GAVE_UP.to_owned()))
    })
}

/// A panic of the parser on odd text becomes a syntax error of that text alone.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| GAVE_UP.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_refusal() {
        let outcome = with_tree("x", |_| -> u8 { panic!("on purpose") });
        assert_eq!(outcome, Err(GAVE_UP.to_owned()));
    }

    #[test]
    fn deep_text_that_looks_flat_to_a_glance_is_refused() {
        let deep = "lambda a=".repeat(60_000);
        for text in [
            format!("x = 1.e5f\"{{{deep}1}}\""),
            format!("x = 1.jrf'{{{deep}1}}'"),
            format!("x = f\"\\N{{{{{deep}1}}}}\""),
            format!("x = f\"{{{deep}1}}\""),
            format!("x = 1or f\"{{{deep}1}}\""),
        ] {
            assert_eq!(with_tree(&text, |_| ()), Err(TOO_DEEP.to_owned()));
        }
    }

    #[test]
    fn a_huge_text_is_refused_unread() {
        let text = " ".repeat(MAX_TEXT_BYTES + 1);
        let outcome = with_tree(&text, |_| ());
        assert_eq!(outcome, Err("larger than 32 MiB, not parsed".to_owned()));
    }

    #[test]
    fn a_tree_that_is_deeper_than_estimated_is_refused() {
        let nested = "[".repeat(MAX_DEPTH + 10);
        let outcome = on_large_stack(|| measured(syntax::parse(&nested), |_| ()));
        assert_eq!(outcome, Err(TOO_DEEP.to_owned()));
    }
}
