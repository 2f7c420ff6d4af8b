//! Everything that is known of a tree when its components are listed and its quality is checked. Values only.

use synthesizer_model::{
    analysis::Imports, code::Symbol, discovery::RepositoryFacts, license::Licenses,
    source_file::FileRole, tree::SourceTree,
};

use crate::{
    file_graph::FileGraph, languages::SourceFiles, manifests::inventory::Inventory,
    python_source::PythonSource, reading::FileRecord,
};

/// A tree, read and resolved.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The tree.
    pub tree: &'a dyn SourceTree,
    /// Its files as resolvers see them, by index.
    pub files: &'a SourceFiles<'a>,
    /// The same files, by the same index, with all their facts; those of Python files are in [`Known::python`].
    pub records: &'a [FileRecord],
    /// Where their imports lead, by the same index.
    pub graph: &'a FileGraph,
    /// The same, summed up.
    pub imports: &'a Imports,
    /// Its packages and lock files.
    pub inventory: &'a Inventory,
    /// Its Python modules.
    pub python: &'a PythonSource,
    /// Its licenses.
    pub licenses: &'a Licenses,
    /// What the platform tells of the repository, where one was asked.
    pub platform: Option<&'a RepositoryFacts>,
}

impl<'a> Known<'a> {
    /// Lists the files of a role by their index.
    pub fn of_role(&self, role: FileRole) -> impl Iterator<Item = usize> + use<'a> {
        let files = self.files.files();
        (0..files.len()).filter(move |index| files[*index].role == role)
    }

    /// Lists the symbols of the project's own code with the path of their file.
    pub fn own_symbols(&self) -> impl Iterator<Item = (&'a str, &'a Symbol)> + use<'a> {
        let records = self.records;
        self.of_role(FileRole::Source).flat_map(move |index| {
            let record = &records[index];
            let code = record.facts.code.iter();
            code.flat_map(|code| &code.symbols)
                .map(move |symbol| (record.path.as_str(), symbol))
        })
    }

    /// Says whether the tree is a published archive, which leaves out much of what its repository has.
    pub fn is_archive(&self) -> bool {
        matches!(
            self.tree.origin().platform.as_str(),
            "pypi" | "npm" | "cargo"
        )
    }
}
