//! Stand-ins for package registries that are reached through the user's own client configuration; Python's is
//! [`crate::package_index`].
//!
//! Map:
//! - [`npm`]: documents of packages and their tarballs
//! - [`cargo`]: a sparse index and its `.crate` files
//! - `server`: what both share: the port, the log, credentials, faults

pub mod cargo;
pub mod npm;
mod server;
