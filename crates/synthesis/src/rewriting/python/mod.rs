//! The new names of moved Python modules: imports, uses of what they bind, names in strings.

mod doctests;
mod dunder_imports;
mod from_imports;
mod literals;
mod moved;
mod names;
mod plain_imports;
mod rewriting;
mod test_strings;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_upstream_tests;

pub(crate) use moved::{MovedFile, TestNames, rewrite};
pub(crate) use names::{NewNames, Standing, dotted_prefix, module_of, parents};
