//! Changes moved Rust files by exact ranges that the analysis gives: items that are left out, visibilities, names of files.

mod cutting;

pub(crate) use cutting::{MovedRust, rewrite};
