//! Tests of roles.

mod places;
mod words;
