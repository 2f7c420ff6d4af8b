//! What the tests of package sources share: one client's world, with a home of its own. Not part of the program.

use std::{fs, path::PathBuf, sync::Arc};

use synthesizer_model::{
    failure::{ErrorCode, Failure},
    progress::Unwatched,
    reference::Registry,
    tree::SourceTree,
};
use tokio_util::sync::CancellationToken;

use super::{Wanted, open};
use crate::{config::Config, http::Door, sources::testing::config};

/// A configuration whose registries are stand-ins.
pub(super) struct Client {
    pub(super) config: Config,
    pub(super) cancellation: CancellationToken,
    registry: Registry,
    _folder: tempfile::TempDir,
}

impl Client {
    pub(super) fn new(registry: Registry) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self {
            config: config(folder.path()),
            cancellation: CancellationToken::new(),
            registry,
            _folder: folder,
        }
    }

    /// Sets a variable of the client's environment.
    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        let environment = &mut self.config.tool_environment;
        environment.insert(name.to_owned(), value.into());
    }

    /// Writes a file below the user's home and gives its path.
    pub(super) fn write_home(&self, path: &str, contents: &str) -> PathBuf {
        let path = self.config.paths.working_directory.join("home").join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, contents).expect("a file");
        path
    }

    /// Opens a package; nothing stays in the scratch folder.
    pub(super) async fn open(
        &self,
        name: &str,
        version: Option<&str>,
    ) -> Result<Arc<dyn SourceTree>, Failure> {
        let door = Door::new(&self.config).expect("a door");
        let wanted = Wanted {
            config: &self.config,
            door: &door,
            name,
            version,
            cancellation: &self.cancellation,
            progress: &Unwatched,
        };
        let opened = open(self.registry, &wanted).await;
        let scratch = self.config.paths.cache.join("scratch");
        let left = fs::read_dir(scratch).map_or(0, Iterator::count);
        assert_eq!(left, 0, "scratch is removed");
        opened
    }

    /// Gives the code with which a package cannot be opened.
    pub(super) async fn code(&self, name: &str, version: Option<&str>) -> Option<ErrorCode> {
        let opened = self.open(name, version).await;
        opened.err().map(|failure| failure.code)
    }

    /// Gives the version that is opened, and the paths of its files.
    pub(super) async fn opened(&self, name: &str, version: Option<&str>) -> (String, Vec<String>) {
        let tree = self.open(name, version).await.expect("opens");
        let paths = tree.entries().iter().map(|entry| entry.path.to_string());
        let version = tree.origin().version.clone();
        (version.expect("a version"), paths.collect())
    }
}
