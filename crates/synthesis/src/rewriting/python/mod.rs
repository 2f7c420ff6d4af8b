//! The new names of moved Python modules: imports, uses of what they bind, names in strings.

mod from_imports;
mod literals;
mod moved;
mod names;
mod plain_imports;
mod rewriting;
#[cfg(test)]
mod tests;

pub(crate) use moved::{MovedFile, rewrite};
pub(crate) use names::{NewNames, dotted_prefix, parents};
