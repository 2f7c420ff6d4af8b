//! The server over HTTP: MCP on one listener, administration on another, an orderly end.
//!
//! Map:
//! - [`run`](mod@run): start, signals, drain
//! - [`connections`]: accepts within bounds
//! - [`mcp`]: the Model Context Protocol over streamable HTTP
//! - [`admin`]: `/livez`, `/readyz`, `/healthz`, `/metrics`
//! - [`gate`]: what every request passes: host names, rate limit, correlation id, count
//! - [`body`]: bodies of requests within bounds, bodies of answers as work in flight

mod admin;
mod body;
mod connections;
mod gate;
mod mcp;
mod run;

pub(crate) use gate::CorrelationId;
pub(crate) use run::serve;
