//! Parses untrusted text within bounds of size and work, with one parser a thread. Knows nothing of what is done with the tree.

use std::{
    cell::{Cell, RefCell},
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use synthesizer_model::code::CodeFacts;
use tree_sitter::{ParseOptions, ParseState, Parser};

use super::{
    errors,
    node::{Context, Node},
    vocabulary::{Grammar, Vocabulary},
    walk,
};

/// Largest text that is parsed.
const MAX_TEXT_BYTES: usize = 16 << 20;

/// The parser calls back once in about a hundred of its steps. Code needs one call for 30 to 100 bytes; text that makes the parser try
/// and retry is given up when it needs more than one for each byte. Counted in steps, not in time, so the same text always gives
/// the same facts.
const CALLS_PER_BYTE: usize = 1;

/// Calls that any text may have, however short.
const FREE_CALLS: usize = 10_000;

const TOO_COSTLY: &str = "too costly to parse, not parsed";
const CANCELLED: &str = "cancelled, not parsed";

thread_local! {
    static PARSER: RefCell<Option<Parser>> = const { RefCell::new(None) };
    static CANCELLATION: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
    static CANCELLED_HERE: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` so that every parse and walk in it, on this thread, ends soon after the flag is set. What was read by then is worthless.
pub(crate) fn cancellable<T>(flag: &Arc<AtomicBool>, work: impl FnOnce() -> T) -> T {
    let before = CANCELLATION.replace(Some(Arc::clone(flag)));
    let outcome = work();
    CANCELLATION.set(before);
    outcome
}

/// Says whether the work on this thread is no longer wanted.
pub(super) fn is_cancelled() -> bool {
    CANCELLATION.with_borrow(|flag| {
        flag.as_ref()
            .is_some_and(|flag| flag.load(Ordering::Relaxed))
    })
}

/// A parsed text.
pub(crate) struct Tree<'t, V: Vocabulary> {
    tree: &'t tree_sitter::Tree,
    context: &'t Context<'t, V>,
}

impl<'t, V: Vocabulary> Tree<'t, V> {
    /// Gives the root.
    pub(crate) fn root(&self) -> Node<'t, V> {
        Node::new(self.tree.root_node(), self.context)
    }

    /// Gives the text.
    pub(crate) fn text(&self) -> &'t str {
        self.context.text
    }

    /// Walks the whole tree.
    pub(crate) fn walk(&self, visitor: &mut impl walk::Visitor<'t, V>) {
        walk::walk(self.root(), visitor);
    }
}

/// Parses a text and gives what `work` makes of the tree, with the tree's syntax errors added; for a text that is refused, only a
/// syntax error that says why.
pub(crate) fn read<V: Vocabulary>(
    grammar: &Grammar<V>,
    text: &str,
    work: impl FnOnce(Tree<'_, V>) -> CodeFacts,
) -> CodeFacts {
    let tree = match parse(grammar.language(), text) {
        Ok(tree) => tree,
        Err(refusal) => {
            return CodeFacts {
                syntax_errors: vec![(1, refusal)],
                ..CodeFacts::default()
            };
        }
    };
    let context = Context { text, grammar };
    let parsed = Tree {
        tree: &tree,
        context: &context,
    };
    let root = parsed.root();
    let mut facts = work(parsed);
    facts.syntax_errors.extend(errors::list(root));
    facts.syntax_errors.sort_by_key(|(line, _)| *line);
    facts.syntax_errors.truncate(errors::MOST);
    facts
}

fn parse(language: &tree_sitter::Language, text: &str) -> Result<tree_sitter::Tree, String> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(format!(
            "larger than {} MiB, not parsed",
            MAX_TEXT_BYTES >> 20
        ));
    }
    PARSER.with_borrow_mut(|slot| {
        let parser = slot.get_or_insert_with(Parser::new);
        if parser.language().is_none_or(|set| *set != *language) {
            parser
                .set_language(language)
                .map_err(|error| format!("no parser for this language: {error}"))?;
        }
        parse_with(parser, text.as_bytes())
    })
}

fn parse_with(parser: &mut Parser, bytes: &[u8]) -> Result<tree_sitter::Tree, String> {
    let mut calls_left = FREE_CALLS + CALLS_PER_BYTE * bytes.len();
    let mut refusal = TOO_COSTLY;
    let mut progress = |_: &ParseState| {
        if is_cancelled() {
            refusal = CANCELLED;
            return ControlFlow::Break(());
        }
        match calls_left.checked_sub(1) {
            Some(left) => {
                calls_left = left;
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break(()),
        }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    let tree = parser.parse_with_options(
        &mut |offset, _| bytes.get(offset..).unwrap_or_default(),
        None,
        Some(options),
    );
    tree.ok_or_else(|| {
        // The parser would go on with this text at its next call.
        parser.reset();
        refusal.to_owned()
    })
}
