//! The one door out: every outbound HTTP call of the program goes through [`Door`]. Knows no platform and no registry.
//!
//! Map, from the outside of a call to its inside:
//! - [`Door`]: the services, downloads, the guard for other programs
//! - [`Service`]: calls to one named service, and its layers
//! - `deadline`: when a call is over
//! - `cached`, `kept`, `keepable`, `flight`: answers that are used again; equal calls that share one
//! - `retried`: further tries
//! - `guarded`: breaker, rate limit, turnstile, and what an answer says of the service
//! - `sent`: one request, its redirects by hand
//! - `pool`: clients bound to checked addresses
//! - `response`, `body`: statuses to failures, bodies within bounds
//! - `hosts`, [`addresses`], `resolver`: whether a host may be reached, and where
//! - `proxy`, `tls`: the user's proxies and certificates
//! - `exchange`, `known`: what passes between layers, what is remembered of a service

pub mod addresses;
mod body;
mod cached;
mod deadline;
mod door;
mod exchange;
mod flight;
mod guarded;
mod hosts;
mod keepable;
mod kept;
mod known;
mod pool;
mod proxy;
mod resolver;
mod response;
mod retried;
mod sent;
mod service;
mod tls;

pub use door::{Credentials, Door, DownloadRequest, OWN_SERVICES, Trust};
pub use hosts::CheckedHost;
pub use resolver::{Resolver, SystemResolver};
pub use service::{
    AnswerHead, AnswerOrigin, Authorization, Keep, LimitReading, Service, ServiceAnswer,
    ServiceDescriptor, ServiceReport, ServiceRequest,
};
pub(crate) use tls::certificate_file;
pub use tls::install_crypto_provider;

#[cfg(test)]
mod testing;

#[cfg(test)]
mod fault_tests;

#[cfg(test)]
mod cache_tests;

#[cfg(test)]
mod address_tests;

#[cfg(test)]
mod tls_tests;

#[cfg(test)]
mod service_tests;
