//! The program's own state in SQLite files. Knows no capability: each table has its type here.
//!
//! Map:
//! - `file`: a SQLite file that is private and prepared by one process at a time; the answer cache uses it too
//! - `database`: the state file and its migrations
//! - [`jobs`]: work that outlives the call that asked for it
//! - `services`: what is remembered about each service
//! - `errors`, `times`: what SQLite's errors mean, times as it stores them

mod database;
mod errors;
mod file;
pub mod jobs;
mod migrations;
mod services;
mod times;

pub use database::Database;
pub(crate) use errors::{Trouble, reason, trouble};
pub(crate) use file::{FileIdentity, SqliteFile, pool};
pub use services::{SqliteServiceRecords, service_records};
pub(crate) use times::{Clock, SKEW, from_millis, millis};
