//! What stands in the place of a module, by the `replace` lines of `go.mod` and of the workspace. Reads no folder.

use std::collections::HashMap;

use super::{
    super::super::{
        go_mod::{GoMod, Replace},
        tree_reading::join,
    },
    Files,
};

/// What stands in the place of a module.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place<'r> {
    /// Another module, or another version of it.
    Module(&'r str, &'r str),
    /// A folder: from the top of the tree, or as written where it leads out of it.
    Folder {
        shown: String,
        /// Whether a module of the tree lies there.
        is_own: bool,
    },
}

/// The `replace` lines that hold for one module.
pub(super) struct Replacing<'r> {
    files: &'r Files,
    /// By module and version, each with the folder of the file that has it.
    by_module: HashMap<(&'r str, Option<&'r str>), (&'r Replace, &'r str)>,
}

impl<'r> Replacing<'r> {
    /// Takes the lines of the workspace, then those of the module.
    pub(super) fn new(
        files: &'r Files,
        folder: &'r str,
        module: &'r GoMod,
        workspace: Option<&'r str>,
    ) -> Self {
        let shared = workspace.and_then(|folder| Some((files.workspaces.get(folder)?, folder)));
        let shared = shared.into_iter().flat_map(|(file, folder)| {
            let lines = file.replaces.iter();
            lines.map(move |replace| (replace, folder))
        });
        let own = module.replaces.iter().map(|replace| (replace, folder));
        let mut by_module = HashMap::new();
        for (replace, folder) in shared.chain(own) {
            let key = (replace.module.as_str(), replace.version.as_deref());
            by_module.entry(key).or_insert((replace, folder));
        }
        Self { files, by_module }
    }

    /// Gives what stands in the place of a module.
    pub(super) fn place_of<'q>(&'q self, module: &'q str, version: &'q str) -> Option<Place<'q>> {
        let by_module: &HashMap<(&'q str, Option<&'q str>), (&'q Replace, &'q str)> =
            &self.by_module;
        let (replace, folder) = by_module
            .get(&(module, Some(version)))
            .or_else(|| by_module.get(&(module, None)))?;
        self.place(replace, folder)
    }

    /// Gives what a line puts in the place of a module; `None` when it is neither a module with a version nor a folder.
    pub(super) fn place<'q>(&self, replace: &'q Replace, folder: &str) -> Option<Place<'q>> {
        if let Some(version) = &replace.by_version {
            return Some(Place::Module(&replace.by, version));
        }
        replace.is_folder().then(|| {
            let inside = join(folder, &replace.by);
            let modules = &self.files.modules;
            Place::Folder {
                is_own: inside
                    .as_ref()
                    .is_some_and(|inside| modules.contains_key(inside)),
                shown: inside.unwrap_or_else(|| replace.by.clone()),
            }
        })
    }
}
