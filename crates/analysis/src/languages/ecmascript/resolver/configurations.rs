//! The configurations of TypeScript in one tree: which one a file belongs to, with what it builds on. Reads each one once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::languages::SourceFiles;

use super::{candidates::Candidates, configuration::Configuration, paths};

/// Names under which a folder's configuration is known, in the order of trial.
static NAMES: &[&str] = &["tsconfig.json", "jsconfig.json"];

/// How many configurations may build on each other.
const MAX_CHAIN: usize = 16;

/// Finds the configuration of a file.
pub(super) struct Configurations<'a> {
    files: &'a SourceFiles<'a>,
    by_folder: Mutex<HashMap<String, Arc<[Configuration]>>>,
}

impl<'a> Configurations<'a> {
    /// Looks for configurations in these files.
    pub(super) fn new(files: &'a SourceFiles<'a>) -> Self {
        Self {
            files,
            by_folder: Mutex::default(),
        }
    }

    /// Gives what says how names are found from a folder, the strongest first: the configuration of the nearest folder that has one, and
    /// those of its parts when it only lists parts. Empty when there is none.
    pub(super) fn of_folder(&self, folder: &str) -> Arc<[Configuration]> {
        if let Some(known) = self.known().get(folder) {
            return Arc::clone(known);
        }
        let nearest = paths::ancestors(folder).find_map(|folder| {
            NAMES.iter().find_map(|name| {
                let path = paths::join(folder, name)?;
                self.files.index(&path).map(|_| path)
            })
        });
        let found = match nearest {
            Some(path) if paths::parent(&path) == folder => self.read(&path).into(),
            Some(path) => self.of_folder(paths::parent(&path)),
            None => Arc::new([]),
        };
        self.known().insert(folder.to_owned(), Arc::clone(&found));
        found
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Arc<[Configuration]>>> {
        self.by_folder
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, path: &str) -> Vec<Configuration> {
        let Some(own) = self.complete(path, paths::parent(path), 0) else {
            return Vec::new();
        };
        let mut all = Vec::new();
        if !own.finds_names() {
            for reference in &own.references {
                let path = self.named(reference);
                let part = path.and_then(|path| self.complete(&path, paths::parent(&path), 0));
                all.extend(part.filter(Configuration::finds_names));
            }
        }
        all.insert(0, own);
        all
    }

    /// Reads a configuration and everything that it builds on.
    fn complete(&self, path: &str, leaf: &str, chain: usize) -> Option<Configuration> {
        let text = self.files.text(path)?;
        let mut configuration = Configuration::read(&text, paths::parent(path), leaf)?;
        if chain >= MAX_CHAIN {
            return Some(configuration);
        }
        // The last of several wins, so it is taken first.
        let bases = std::mem::take(&mut configuration.extends);
        let several = bases.len() > 1;
        for base in bases.iter().rev() {
            let Some(base) = self.named(base) else {
                continue;
            };
            // Several bases of several bases would grow beyond all bounds: only a chain is followed to its end.
            let next = if several { chain + 4 } else { chain + 1 };
            if let Some(base) = self.complete(&base, leaf, next) {
                configuration.build_on(&base);
            }
        }
        Some(configuration)
    }

    /// Finds the configuration that `extends` or a reference names, which may be a folder or lack its suffix.
    fn named(&self, name: &str) -> Option<String> {
        let candidates = Candidates::new(self.files);
        let name = match name.strip_prefix('/') {
            Some(package) => format!("node_modules/{package}"),
            None => name.to_owned(),
        };
        [
            name.clone(),
            format!("{name}.json"),
            format!("{name}/tsconfig.json"),
        ]
        .into_iter()
        .find(|path| candidates.exact(path).is_some())
    }
}
