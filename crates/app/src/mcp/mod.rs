//! The Model Context Protocol server over standard input and output.
//!
//! Map:
//! - [`server`]: answers requests from the list of tools
//! - [`tools`]: one file per tool; parses, calls one engine operation
//! - [`schema`], [`arguments`]: what a tool takes, and all that is wrong with what it was given
//! - [`analyses`], [`resources`], [`analysis_digest`]: whole analyses that can be read again, and what of them is worth a page
//! - [`budget`], [`paging`]: results cut to the size that the client asked for, and their next pages
//! - [`progress`]: notifications while work goes on
//! - [`stdio`]: the bounded transport
//! - [`serve`]: start and orderly end

mod analyses;
mod analysis_digest;
mod arguments;
mod budget;
mod paging;
mod progress;
mod resources;
mod schema;
mod serve;
mod server;
mod stdio;
mod tools;

pub(crate) use serve::{Profile, serve, take_jobs};
pub(crate) use server::{ServerFactory, sent_in_meta};
