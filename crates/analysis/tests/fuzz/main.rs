//! Fuzzing on stable Rust: eight targets, one per family of readers, each with seeds that are changed at random. An ordinary test run takes
//! a fixed number of inputs, the same every time; `SYNTHESIZER_FUZZ_SECONDS` makes each target run that long instead, from another
//! beginning every time (docs/design/010-fuzzing.md).
//!
//! Map:
//! - `targets`: what is read and what has to hold for it
//! - `session`: runs one target and tells what it found
//! - `mutation`, `random`: how inputs are made
//! - `seeds`: what they are made of
//! - `shape`: what is new about a result
//! - `watch`: inputs that hang, take all memory, or panic where nobody sees it

#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a long session is asked for by the environment and tells its figures"
)]

mod bundle;
mod facts;
mod mutation;
mod random;
mod seeds;
mod session;
mod shape;
mod targets;
mod watch;
