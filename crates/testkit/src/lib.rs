//! Stand-ins and drivers for the tests of the other crates; never part of the program. Depends on no workspace crate but `model`.
//!
//! Map:
//! - [`loopback`]: an HTTP server on 127.0.0.1 that ends when dropped, and the log of what it was asked
//! - [`git_server`]: git over HTTP, answered by the real `git http-backend`
//! - [`git_repository`]: bare repositories with exact contents, hostile ones too
//! - [`archives`]: sdists, wheels and archives that no honest tool would write
//! - [`package_index`]: a Python package index
//! - [`registries`]: npm's and Cargo's
//! - [`published`]: the real published source of a package, on disk
//! - [`platforms`]: the six code platforms, each on a port of its own, with a made-up catalogue
//! - [`faults`]: what a stand-in does wrong, by script
//! - [`program`]: runs the built program in a world of its own
//! - [`served`], [`http_client`]: runs the program as a server over HTTP, and speaks to it
//! - [`front`]: one address in front of several stand-ins
//! - [`mcp_client`]: a client that speaks MCP to the program, line by line
//! - [`inspector`]: the MCP Inspector, an independent client
//! - [`prism`]: GitHub as its published description says, which validates every request
//! - [`real_trees`]: the sources that `scripts/draw-trees` drew, on disk
//! - [`scratch`]: where tests keep what they download
//!
//! Everything here panics instead of returning an error: a test that cannot set its stage has failed.

#![expect(
    clippy::disallowed_methods,
    reason = "tests start programs and read the environment; the rule is for the program itself"
)]

pub mod archives;
pub mod faults;
pub mod front;
pub mod git_repository;
pub mod git_server;
pub mod http_client;
pub mod inspector;
pub mod loopback;
pub mod mcp_client;
pub mod package_index;
pub mod platforms;
pub mod prism;
pub mod program;
pub mod published;
pub mod real_trees;
pub mod registries;
pub mod scratch;
pub mod served;
