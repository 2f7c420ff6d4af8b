//! End-to-end tests of the built program: one binary, each file one subject.

#![expect(
    clippy::disallowed_methods,
    reason = "tests start programs and read the environment; the rule is for the program itself"
)]

mod analysis;
mod bad_input;
mod bad_sources;
mod cli;
mod crafted;
mod hostile;
mod listener;
mod mcp;
mod oracle;
mod project;
mod resolution;
mod rules;
mod sources;
mod synthesis;
mod untrusted_projects;
