//! Search over code platforms: one ranked list out of many answers, and what each platform said. Asks only through the one door.
//!
//! Map, in the order in which a search passes:
//! - [`search`]: asks all at once, with one deadline and partial results; looks up one repository
//! - `platforms`: which platforms a configuration uses; `client` and [`clients`]: what a client is, one file each
//! - `rounds`: page n of every platform is round n; `calls`: one call in a task of its own; `cursor`: where a page starts
//! - `hosting`: which repository of which platform a git address is
//! - `filtering`: holds entries against language and stars
//! - `merging`, with `links` and `precedence`: entries of several platforms that are one project
//! - `ranking`, with `words`: the order, as `docs/design/006-ranking.md` describes it
//! - `facets`, `sources`, `status`: what was found, what became of each question, what is known of each platform

mod calls;
pub mod client;
pub mod clients;
mod cursor;
mod facets;
mod filtering;
mod hosting;
mod links;
mod merging;
mod platforms;
mod precedence;
mod ranking;
mod rounds;
pub mod search;
mod sources;
mod status;
mod words;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod world_tests;

pub use search::Discovery;
