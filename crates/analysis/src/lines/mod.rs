//! The language of a file by its name, and its lines of code, comment and blank by the definitions of `tokei`, of whose table of
//! languages everything here is worked out. Holds no list of languages of its own.
//!
//! Map:
//! - `names`: languages and suffixes by file name and first line
//! - `count`: the lines of one file, by language
//! - `counter`: one pass over a text in one language
//! - `rules`: what the counter must know of a language, from `tokei`'s table
//! - `embedded`, `fences`, `tags`, `doc_comments`, `blocks`: text of one language inside another
//! - `search`: the search for a few bytes
//! - `notebook`: Jupyter notebooks
//! - `kinds`: which languages hold programs
//! - `encoding`: texts that are not UTF-8
//!
//! `tokei`'s own counter is the oracle of the tests. It is not called otherwise: it searches the rest of a file again and again for some
//! texts, and nests calls as deeply as a text wants.

mod blocks;
mod count;
mod counter;
mod doc_comments;
mod embedded;
mod encoding;
mod fences;
mod kinds;
mod names;
mod notebook;
mod rules;
mod search;
mod tags;

#[cfg(test)]
mod tests;

pub use count::{Counted, count, measure, whole_file};
pub use kinds::is_programming;
pub use names::{known_name, language_of, suffix_of};
