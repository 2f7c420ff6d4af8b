//! Edits of moved code, one rewriter per language. Lists the rewriters; the rules are in their files.

mod edits;
mod mark;
mod moved;
mod python;
mod python_from;
mod python_literals;
mod python_names;
mod python_plain;
#[cfg(test)]
mod tests;

pub(crate) use moved::{MovedFile, Rewriter, Rewritten, Transform, rewrite};
pub(crate) use python_names::{NewNames, dotted_prefix, parents};

/// Every rewriter. A file that none takes is placed as it is.
pub(crate) static REWRITERS: &[Rewriter] = &[python::REWRITER];
