//! Source languages: each module turns the text of one file into facts with exact byte ranges.
//!
//! A language's parser and its types stay inside its own folder.

pub mod python;
