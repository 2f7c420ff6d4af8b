//! Repositories as trees, whatever they come from. Executes nothing of them and writes no working tree.
//!
//! Map:
//! - `git`, `git_store`, `git_tree`: a git repository, fetched bare, kept and read from its object database
//! - `packages`: a package's published source, brought by the user's own client of its registry
//! - `archive`, `tar_members`, `zip_members`, `memory_tree`: an archive in memory
//! - `local`, `local_walk`, `local_order`, `local_file`, `stat_cache`, `ignore_rules`, `tree_hash`: a folder of this machine
//! - `collector`: names and bounds of every untrusted tree
//! - `cache`: files of the cache; `room`: what of them goes when there is no more

mod archive;
mod cache;
mod collector;
mod git;
mod git_command;
mod git_store;
mod git_tree;
mod ignore_rules;
mod local;
mod local_file;
mod local_order;
mod local_walk;
mod memory_tree;
mod packages;
mod room;
mod slug;
mod stat_cache;
mod tar_members;
#[cfg(test)]
pub(crate) mod testing;
mod tree_hash;
mod zip_members;

use std::{path::Path, sync::Arc};

use synthesizer_model::{
    failure::Failure, progress::Progress, reference::Location, tree::SourceTree,
};
use tokio_util::sync::CancellationToken;

use self::packages::Wanted;
use crate::{config::Config, http::Door};

/// Removes what processes that are dead left in the cache while they read sources.
pub fn remove_left_behind(cache: &Path) {
    cache::remove_scratch_of_the_dead(cache);
}

/// Opens repositories with one configuration and one door.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    config: &'a Config,
    door: &'a Door,
}

impl<'a> Sources<'a> {
    /// Takes the configuration and the door.
    pub fn new(config: &'a Config, door: &'a Door) -> Self {
        Self { config, door }
    }

    /// Opens a repository; local folders are relative to `base`.
    ///
    /// Whether a caller may name a local path is the caller's check.
    ///
    /// # Errors
    /// `E_NOT_FOUND`, `E_AUTH`, `E_FORBIDDEN`, `E_LIMIT`, `E_TIMEOUT`, `E_UPSTREAM`, `E_RATE_LIMITED`, `E_OFFLINE`, `E_TOOL_MISSING`,
    /// `E_CANCELLED`, `E_PATH` (not a folder).
    pub async fn open(
        &self,
        location: &Location,
        base: &Path,
        cancellation: &CancellationToken,
        progress: &dyn Progress,
    ) -> Result<Arc<dyn SourceTree>, Failure> {
        match location {
            Location::Git { url, revision } => {
                git::open(
                    self.config,
                    self.door,
                    url,
                    revision.as_deref(),
                    cancellation,
                    progress,
                )
                .await
            }
            Location::Package {
                registry,
                name,
                version,
            } => {
                let wanted = Wanted {
                    config: self.config,
                    door: self.door,
                    name,
                    version: version.as_deref(),
                    cancellation,
                    progress,
                };
                packages::open(*registry, &wanted).await
            }
            Location::Local(written) => {
                let place = base
                    .join(written)
                    .canonicalize()
                    .map_err(|error| local::cannot_open(&error, written))?;
                self.open_folder(&place, (written, base), cancellation, progress)
                    .await
            }
        }
    }

    /// Opens the local folder at a path whose links were resolved when the caller's permission was checked; a link on the way now is
    /// refused. `named` is how it was written and what that is relative to.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_folder(
        &self,
        place: &Path,
        named: (&str, &Path),
        cancellation: &CancellationToken,
        progress: &dyn Progress,
    ) -> Result<Arc<dyn SourceTree>, Failure> {
        local::open(self.config, place, named, cancellation, progress).await
    }
}
