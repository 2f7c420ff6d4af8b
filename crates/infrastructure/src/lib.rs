//! Everything that touches the machine and the network: the only place that opens sockets, starts programs, reads the environment.
//!
//! Map:
//! - [`config`]: the typed configuration, read from file, environment and flags
//! - [`telemetry`]: tracing to stderr, correlation ids, masking
//! - [`http`]: the one door out
//! - [`process`]: child programs with a deadline, bounds and a process group
//! - [`tools`]: finding the programs that we start
//! - [`sources`]: repositories as trees: git, packages, local folders
//! - [`sandbox`]: running untrusted code
//! - [`clock`], [`records`]: times as text, small durable records
//! - [`project`]: writing a project into place, old or new, never torn
//! - `folders`: opening folders without following links

pub mod clock;
pub mod config;
mod folders;
pub mod http;
pub mod process;
pub mod project;
pub mod records;
pub mod sandbox;
pub mod sources;
pub mod telemetry;
pub mod tools;
