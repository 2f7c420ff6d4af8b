//! How names become addresses: a port, so that answers can be made up in tests. Decides nothing about what an address may be.

use std::{fmt::Debug, io, net::SocketAddr};

use futures_util::future::BoxFuture;

/// Turns names into addresses. Never asked for literal addresses.
pub trait Resolver: Send + Sync + Debug {
    /// Gives every address of a name, each with the port.
    ///
    /// # Errors
    /// Whatever the system says; the text is not shown.
    fn resolve<'a>(
        &'a self,
        name: &'a str,
        port: u16,
    ) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>>;
}

/// The system's own resolver.
#[derive(Debug, Clone, Copy)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve<'a>(
        &'a self,
        name: &'a str,
        port: u16,
    ) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, port)).await?.collect()) })
    }
}
