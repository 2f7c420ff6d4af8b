//! Parses untrusted text within bounds: size, nesting, stack, work and panics. Knows nothing of what is found in the tree.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use oxc_allocator::Allocator;
use oxc_span::SourceType;
use synthesizer_model::code::CodeFacts;

use super::{
    dialect::Dialect,
    syntax,
    tokens::{self, Effort, Refusal, Syntax},
    unread, walker,
};

/// Largest text that is parsed. The tree of a text takes up to sixty times its size.
const MAX_TEXT_BYTES: usize = 16 << 20;

/// Deepest nesting that is parsed and walked.
pub(super) const MAX_DEPTH: usize = 10_000;

/// Most tokens that a parser may read, those counted again that it reads again. Each takes up to ninety bytes of memory.
const MAX_WORK: u64 = 8_000_000;

/// Deepest nesting that any caller's stack (at least one mebibyte free) can hold.
const MAX_DEPTH_ON_CALLERS_STACK: usize = 100;

/// Stack for a level of deeper text, more than any level needs.
const STACK_BYTES_OF_A_LEVEL: usize = 40 << 10;

const GAVE_UP: &str = "the parser gave up";
const TOO_DEEP: &str = "nested too deeply, not parsed";
const TOO_MUCH: &str = "too ambiguous to be parsed within bounds";
const BREAKS_OFF: &str = "something is missing or unexpected here";

/// Facts and how well the text was read.
struct Attempt {
    facts: CodeFacts,
    errors: Vec<(usize, String)>,
    error_count: usize,
    /// Whether there is a tree behind the facts.
    is_parsed: bool,
}

/// Reads the facts of one text.
pub(super) fn facts(text: &str, dialect: Dialect) -> CodeFacts {
    if text.len() > MAX_TEXT_BYTES {
        let refusal = format!("larger than {} MiB, not parsed", MAX_TEXT_BYTES >> 20);
        return CodeFacts {
            syntax_errors: vec![(1, refusal)],
            ..CodeFacts::default()
        };
    }
    let first = attempt(text, dialect, dialect.grammar);
    if first.is_parsed && first.error_count == 0 {
        return first.facts;
    }
    if let Some(grammar) = dialect.fallback {
        let second = attempt(text, dialect, grammar);
        if second.is_parsed && (second.error_count == 0 || !first.is_parsed) {
            return with_errors(text, second);
        }
    }
    if first.is_parsed {
        return with_errors(text, first);
    }
    let grammar = dialect.fallback.unwrap_or(dialect.grammar);
    let seen = guarded(|| unread::facts(text, syntax_of(grammar))).unwrap_or_default();
    with_errors(
        text,
        Attempt {
            facts: seen,
            ..first
        },
    )
}

fn with_errors(text: &str, attempt: Attempt) -> CodeFacts {
    let mut facts = attempt.facts;
    let errors = syntax::by_line(text, attempt.errors, attempt.error_count);
    facts.syntax_errors.extend(errors);
    facts
}

fn syntax_of(grammar: SourceType) -> Syntax {
    Syntax {
        types: !grammar.is_javascript(),
        jsx: grammar.is_jsx(),
        module: grammar.is_module(),
    }
}

fn attempt(text: &str, dialect: Dialect, grammar: SourceType) -> Attempt {
    let most = Effort {
        depth: MAX_DEPTH,
        work: MAX_WORK,
    };
    let effort = guarded(|| tokens::effort(text, syntax_of(grammar), most));
    let parsed = match effort {
        Err(message) => Err((0, message)),
        Ok(Err(Refusal::TooDeep)) => Err((0, TOO_DEEP.to_owned())),
        Ok(Err(Refusal::TooMuch)) => Err((0, TOO_MUCH.to_owned())),
        Ok(Err(Refusal::BreaksOff(place))) => Err((place, BREAKS_OFF.to_owned())),
        Ok(Ok(effort)) => {
            let parse = || guarded(|| parse(text, dialect, grammar));
            let parsed = if effort.depth > MAX_DEPTH_ON_CALLERS_STACK {
                on_large_stack(effort.depth, parse)
            } else {
                parse()
            };
            parsed.map_err(|message| (0, message))
        }
    };
    parsed.unwrap_or_else(|refusal| Attempt {
        facts: CodeFacts::default(),
        errors: vec![refusal],
        error_count: 1,
        is_parsed: false,
    })
}

fn parse(text: &str, dialect: Dialect, grammar: SourceType) -> Attempt {
    let allocator = Allocator::default();
    let parsed = syntax::parse(&allocator, text, grammar);
    Attempt {
        facts: walker::facts(text, dialect, &parsed.program),
        errors: parsed.errors,
        error_count: parsed.error_count,
        is_parsed: !parsed.gave_up,
    }
}

fn on_large_stack<T: Send>(
    depth: usize,
    work: impl FnOnce() -> Result<T, String> + Send,
) -> Result<T, String> {
    thread::scope(|scope| {
        let worker = thread::Builder::new()
            .name("ecmascript-parser".to_owned())
            .stack_size(depth * STACK_BYTES_OF_A_LEVEL)
            .spawn_scoped(scope, work)
            .map_err(|error| format!("no stack to parse it on: {error}"))?;
        worker.join().unwrap_or_else(|_| Err(GAVE_UP.to_owned()))
    })
}

/// A panic of the parser on odd text becomes a syntax error of that text alone.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| GAVE_UP.to_owned())
}
