//! Use cases: wires the capabilities. Knows no MCP, no command line, no HTTP server.
//!
//! Map:
//! - [`call`]: who asks, how long they wait, how they are told
//! - [`operations`]: one file per use case
//! - [`jobs`]: work that outlives the call
//! - [`paths`]: which local paths a caller may name

pub mod call;
pub mod jobs;
mod opening;
pub mod operations;
pub mod paths;
mod synthesis;
mod tools;
mod verification;

use std::sync::{Arc, OnceLock};

use synthesizer_infrastructure::{config::Config, http::Door};
use synthesizer_model::Failure;

pub use call::{Call, Caller};

/// The use cases over one configuration. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    config: Arc<Config>,
    jobs: jobs::Jobs,
    door: Arc<OnceLock<Door>>,
}

impl Engine {
    /// Makes an engine; touches nothing yet.
    pub fn new(config: Config) -> Self {
        let config = Arc::new(config);
        let jobs = jobs::Jobs::new(&config.paths.data);
        Self {
            config,
            jobs,
            door: Arc::default(),
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

    /// Gives the door out; made at the first need, because it reads the system's certificates.
    fn door(&self) -> Result<Door, Failure> {
        if let Some(door) = self.door.get() {
            return Ok(door.clone());
        }
        let door = Door::new(&self.config)?;
        Ok(self.door.get_or_init(|| door).clone())
    }
}
