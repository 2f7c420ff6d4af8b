//! Tests of counting against `tokei`'s own counter.

mod hostile;
mod names;
mod oracle;
mod samples;
mod trees;
mod written;
