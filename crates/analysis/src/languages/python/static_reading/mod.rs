//! What a Python program would compute, as far as its text alone tells: literals, names bound to them, lists and tables put together,
//! small functions of the same file, and branches on the platform or the version. Runs nothing and reads no other file; what it
//! cannot tell is a gap with its line, never a guess.
//!
//! Made for `setup.py`: [`read_setup`] gives the arguments of its call of `setup`. [`module_value`] gives the value of one name of any file.
//!
//! Where it is less exact than Python: two names for one list are two lists; the body of a `try` is taken to succeed; what an unknown
//! condition leads to is left out and told; lines of a file that a loop or a comprehension selects are taken to be its requirements, since
//! that is what such code drops comments and options for.
//!
//! Map:
//! - `value`, `condition`: what expressions come to, and when
//! - `evaluator`: names and bounds
//! - `statements`, `branches`, `places`, `expressions`, `comparisons`, `comprehensions`: the language
//! - `calls`, `methods`: what it knows of functions
//! - `outcome`: the values without anything of the evaluator

mod branches;
mod calls;
mod comparisons;
mod comprehensions;
mod condition;
mod evaluator;
mod expressions;
mod methods;
mod outcome;
mod places;
mod statements;
mod value;

#[cfg(test)]
mod tests;

use super::{bounded, source::Source};
use evaluator::Evaluator;

pub(crate) use outcome::{Content, Gap, Item, List, Static};

/// The largest program that is evaluated, in bytes.
const LARGEST: usize = 1 << 19;

/// The call of `setup` in a program.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct SetupCall {
    /// The line of the call.
    pub line: u32,
    /// Its keyword arguments with their lines, in the order of the call; of two with one name the last counts.
    pub arguments: Vec<(String, u32, Static)>,
    /// Arguments that could not be told apart, such as `**kwargs` of an unknown value.
    pub gaps: Vec<Gap>,
    /// Lines of further calls of `setup` that were met.
    pub further: Vec<u32>,
}

/// Finds what a program passes to `setup`; `None` when it reaches no call of it.
///
/// # Errors
/// Says why the text could not be read: syntax errors, with the line of the first, or a text that is too large or nested too deeply.
pub(crate) fn read_setup(text: &str) -> Result<Option<SetupCall>, (u32, String)> {
    if text.len() > LARGEST {
        return Err((1, format!("larger than {LARGEST} bytes, not read")));
    }
    let read = bounded::with_tree_and_room(text, |module| {
        let source = Source::new(text);
        if let Some(error) = super::syntax::errors(module, &source).into_iter().next() {
            return Err(error);
        }
        let mut evaluator = Evaluator::new(&source, "setup.py");
        evaluator.run(&module.syntax().body);
        match evaluator.into_call() {
            (None, true) => Err((1, "too large or too deep to be evaluated".to_owned())),
            (call, _) => Ok(call),
        }
    });
    read.unwrap_or_else(|refusal| Err((1, refusal)))
}

/// Finds the value of a name at the top level of a program, after it has run; `path` is the program's own, from the folder that file
/// names in it are relative to.
///
/// `None` when the name is not bound or the text cannot be read.
pub(crate) fn module_value(text: &str, path: &str, name: &str) -> Option<Static> {
    if text.len() > LARGEST {
        return None;
    }
    bounded::with_tree_and_room(text, |module| {
        let source = Source::new(text);
        let mut evaluator = Evaluator::new(&source, path);
        evaluator.run(&module.syntax().body);
        evaluator.into_value(name)
    })
    .ok()
    .flatten()
}
