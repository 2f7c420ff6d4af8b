//! Published packages as trees. Bytes come by the registries' own clients, with the user's configuration of them; no registry is
//! named here and nothing of a package runs.
//!
//! Map:
//! - `pypi`, `pylock`, `credentials`: Python's, located by `uv`
//! - `npm`, `npm_failure`: JavaScript's, brought by `npm pack`
//! - `cargo`, `cargo_home`, `cargo_failure`: Rust's, brought by `cargo info`
//! - `wanted`: one package that is asked for, and what the registries have in common
//! - `store`: archives by their hash, and which one a version is

mod cargo;
mod cargo_failure;
mod cargo_home;
mod credentials;
mod npm;
mod npm_failure;
mod pylock;
mod pypi;
mod store;
#[cfg(test)]
mod testing;
mod wanted;

use std::sync::Arc;

use synthesizer_model::{failure::Failure, reference::Registry, tree::SourceTree};

pub(super) use wanted::Wanted;

/// Opens a package of a registry; the newest version when none is named.
///
/// # Errors
/// `E_NOT_FOUND`, `E_AUTH`, `E_FORBIDDEN`, `E_LIMIT`, `E_TIMEOUT`, `E_UPSTREAM`, `E_RATE_LIMITED`, `E_OFFLINE`, `E_TOOL_MISSING`,
/// `E_CANCELLED`; see each registry.
pub(super) async fn open(
    registry: Registry,
    wanted: &Wanted<'_>,
) -> Result<Arc<dyn SourceTree>, Failure> {
    match registry {
        Registry::Pypi => pypi::open(wanted).await,
        Registry::Npm => npm::open(wanted).await,
        Registry::Cargo => cargo::open(wanted).await,
    }
}
