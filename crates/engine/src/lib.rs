//! Use cases: wires the capabilities. Knows no MCP, no command line, no HTTP server.
//!
//! Map:
//! - [`call`]: who asks, how long they wait, how they are told
//! - [`operations`]: one file per use case
//! - [`jobs`]: work that outlives the call
//! - `assembling`: from an idea in words to the components that come nearest to it
//! - `families`: what differs between families of packages when a project is made of parts of them
//! - `requirements`, `solving`: what repositories ask for together, and the solvers' answers, kept by their inputs
//! - `platform_facts`: what the platform tells of a repository that is analysed
//! - `update`: the phases of an update between the command and the files
//! - `observing`: every operation as seen from outside
//! - [`paths`]: which local paths a caller may name

pub mod assembling;
pub mod call;
mod families;
pub mod jobs;
mod observing;
mod opening;
pub mod operations;
pub mod paths;
mod platform_facts;
mod requirements;
mod solving;
mod synthesis;
mod tools;
mod update;
mod verification;

use std::sync::{Arc, OnceLock};

use synthesizer_discovery::Discovery;
use synthesizer_infrastructure::{
    cache::facts::{self, FactsFolder},
    config::Config,
    http::Door,
};
use synthesizer_model::Failure;

pub use call::{Call, Caller, LOCAL_OWNER};

/// The use cases over one configuration. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    config: Arc<Config>,
    jobs: jobs::Jobs,
    door: Arc<OnceLock<Door>>,
    discovery: Arc<OnceLock<Discovery>>,
    facts: Arc<FactsFolder>,
}

/// Gives the names that `[platforms.NAME]` may have.
pub fn platform_names() -> Vec<&'static str> {
    synthesizer_discovery::clients::PLATFORMS
        .iter()
        .map(|platform| platform.name)
        .collect()
}

/// Gives the other names that platforms may be given, each with the name that it means.
pub fn platform_aliases() -> Vec<(&'static str, &'static str)> {
    let platforms = synthesizer_discovery::clients::PLATFORMS.iter();
    let aliases = platforms.flat_map(|platform| {
        let names = platform.aliases.iter();
        names.map(|alias| (*alias, platform.name))
    });
    aliases.collect()
}

/// Gives the names that `[resilience.SERVICE]` may have: the platforms, and the services of the door itself.
pub fn service_names() -> Vec<&'static str> {
    let mut names = platform_names();
    names.extend(synthesizer_infrastructure::http::OWN_SERVICES);
    names
}

impl Engine {
    /// Makes an engine; touches nothing yet.
    pub fn new(config: Config) -> Self {
        let config = Arc::new(config);
        let jobs = jobs::Jobs::new(&config);
        let facts = FactsFolder::new(
            facts::folder_of(&config.paths.cache),
            config.cache.facts_bytes,
        );
        Self {
            config,
            jobs,
            door: Arc::default(),
            discovery: Arc::default(),
            facts: Arc::new(facts),
        }
    }

    /// Gives the configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Gives the jobs.
    pub fn jobs(&self) -> &jobs::Jobs {
        &self.jobs
    }

    /// Gives the facts of blobs that analyses read before.
    pub(crate) fn facts(&self) -> Arc<FactsFolder> {
        Arc::clone(&self.facts)
    }

    /// Gives search over the platforms.
    pub(crate) fn discovery(&self) -> Result<Discovery, Failure> {
        if let Some(discovery) = self.discovery.get() {
            return Ok(discovery.clone());
        }
        let discovery = Discovery::new(Arc::clone(&self.config), &self.door()?)?;
        Ok(self.discovery.get_or_init(|| discovery).clone())
    }

    /// Gives the door out; made at the first need, because it reads the system's certificates.
    fn door(&self) -> Result<Door, Failure> {
        if let Some(door) = self.door.get() {
            return Ok(door.clone());
        }
        let door = Door::new(&self.config)?;
        Ok(self.door.get_or_init(|| door).clone())
    }
}
