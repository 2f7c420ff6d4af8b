//! Everything that touches the machine and the network: the only place that opens sockets, starts programs, reads the environment.
//!
//! Map:
//! - [`config`]: the typed configuration, read from file, environment and flags
//! - [`telemetry`]: tracing to stderr, correlation ids, masking
//! - [`http`]: the one door out
//! - [`resilience`]: breakers, rate limits and retries of calls to other services
//! - [`cache`]: answers that may be used again, in memory and on disk
//! - [`storage`]: the program's own state in SQLite files
//! - [`process`]: child programs with a deadline, bounds and a process group
//! - [`tools`]: finding the programs that we start
//! - [`sources`]: repositories as trees: git, packages, local folders
//! - [`sandbox`]: running untrusted code
//! - [`lifecycle`]: a server that becomes ready, drains and ends
//! - [`clock`]: times as text
//! - [`project`]: writing a project into place, old or new, never torn
//! - `folders`: opening folders without following links

pub mod cache;
pub mod clock;
pub mod config;
mod folders;
pub mod http;
pub mod lifecycle;
pub mod process;
pub mod project;
pub mod resilience;
pub mod sandbox;
pub mod sources;
pub mod storage;
pub mod telemetry;
pub mod tools;
