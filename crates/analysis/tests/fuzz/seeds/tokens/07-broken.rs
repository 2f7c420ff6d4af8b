fn f( { r#"unfinished
mod x; use a::{b::{c, d;
/* /* */ '
