//! New names in imports of moved JavaScript and TypeScript. Replaces what is between the quotes, by the ranges of the facts.

mod moved;
mod specifier;
#[cfg(test)]
mod tests;

pub(crate) use moved::{MovedFile, rewrite};
