//! Stand-ins for six platforms that behave as documented, over real sockets, with scripted faults. Nothing here is reached from outside of
//! this machine, and every repository is made up.
//!
//! Map:
//! - `catalogue`: what there is to be found
//! - `site`, `quota`, `matching`: what the platforms share
//! - `github` (with its query language and its shapes), `gitlab`, `hugging_face`, `kaggle`, `arxiv` (with its query language), `gitea`
//! - `server`, `wire`: sockets, and faults on them
//! - `silent`: a listener that never answers
//! - `world`: all six at once

mod arxiv;
mod arxiv_query;
mod catalogue;
mod gitea;
mod github;
mod github_query;
mod github_shapes;
mod gitlab;
mod hugging_face;
mod kaggle;
mod matching;
mod quota;
mod server;
mod silent;
mod site;
mod wire;
mod world;

#[cfg(test)]
mod asking;
#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod github_tests;
#[cfg(test)]
mod tests;

pub use catalogue::{Catalogue, Listing, PLATFORMS};
pub use server::PlatformServer;
pub use silent::SilentListener;
pub use world::PlatformWorld;
