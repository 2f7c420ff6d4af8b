//! The one door out: every outbound HTTP call of the program goes through [`Door`]. Knows no platform and no registry.
//!
//! Map:
//! - [`addresses`]: which addresses are public
//! - `hosts`: whether a host may be reached, and at which addresses
//! - `proxy`: the proxies of the user's environment
//! - `tls`: certificates and the cryptography provider
//! - `door`: requests, redirects, retries, deadlines
//! - `response`: statuses to failures, bodies within bounds

pub mod addresses;
mod door;
mod hosts;
mod proxy;
mod response;
mod tls;

pub use door::{Credentials, Door, DownloadRequest, Trust};
pub use hosts::CheckedHost;
pub(crate) use tls::certificate_file;
pub use tls::install_crypto_provider;
