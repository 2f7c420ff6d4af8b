//! The languages whose files are parsed, one folder or file each: what a file defines and imports, and where its imports lead.
//! A new language is one new file and its line in [`LANGUAGES`].

pub mod c;
mod c_family;
pub mod cpp;
mod documentation;
mod ecmascript;
mod facts_builder;
pub mod go;
pub mod java;
pub mod javascript;
mod lexical;
pub mod python;
pub mod rust;
pub mod typescript;

use std::collections::HashMap;

use synthesizer_model::{
    code::{CodeFacts, Import},
    dependency::Ecosystem,
    project::Project,
    source_file::FileRole,
    tree::{SourceTree, TreePath},
};

/// What a language says about itself.
#[derive(Debug)]
pub struct LanguageDescriptor {
    /// The names that `tokei` gives to files of it, such as `TypeScript` and `TSX`.
    pub names: &'static [&'static str],
    /// The reference of the language or of its grammar.
    pub documentation: &'static str,
    /// The family of packages that it imports from, where there is one.
    pub ecosystem: Option<Ecosystem>,
    /// The version of the reader; raised whenever the same text gives other facts.
    pub version: u32,
}

/// A language whose files are parsed.
pub trait Language: Sync {
    /// Says what it is.
    fn descriptor(&self) -> &'static LanguageDescriptor;

    /// Reads the facts of one file from its text alone. Never fails and never panics; a text that is nested too deeply or is otherwise
    /// refused gives a syntax error that says so. `kind` is what the file's name tells.
    fn read(&self, text: &str, kind: FileKind<'_>) -> CodeFacts;

    /// Makes what finds the files that imports lead to, once per tree.
    fn resolver<'a>(&self, files: &'a SourceFiles<'a>) -> Box<dyn Resolver + 'a>;
}

/// What a file's name tells its reader; part of the key under which facts are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileKind<'a> {
    /// The language's name by `tokei`.
    pub language: &'a str,
    /// The suffix in lower case without its first dot: `py`, `tsx`, `h`; `d.ts`, `d.mts`, `d.cts` for TypeScript's declarations; empty
    /// for a file without one.
    pub suffix: &'a str,
}

/// Where an import leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// To files of the tree, by their index; several where the language's unit is a folder (Go) or several names are imported. Never empty.
    Files(Vec<usize>),
    /// To the language's own library.
    StandardLibrary,
    /// To a package from elsewhere, by its name in the ecosystem where the manifests tell it, else as it is imported.
    External(String),
    /// To nothing that is known, with the reason.
    Unresolved(&'static str),
    /// The import says nothing about files, such as `use self::x` of an inline module.
    Nothing,
}

/// Finds what imports of one language lead to, in one tree.
pub trait Resolver: Sync {
    /// Resolves one import of the file with the given index.
    fn resolve(&self, from: usize, import: &Import) -> Resolved;
}

/// One file of a tree, as resolvers see it.
#[derive(Debug)]
pub struct SourceFile<'a> {
    /// Its path.
    pub path: &'a TreePath,
    /// Its language by `tokei`'s name; `None` for data.
    pub language: Option<&'static str>,
    /// What it is for.
    pub role: FileRole,
    /// What its reader told, if it has one.
    pub code: Option<&'a CodeFacts>,
}

/// All files of a tree and its packages: what resolvers look names up in.
pub struct SourceFiles<'a> {
    tree: &'a dyn SourceTree,
    files: Vec<SourceFile<'a>>,
    by_path: HashMap<&'a str, usize>,
    projects: &'a [Project],
    by_folder: HashMap<(Ecosystem, &'a str), usize>,
}

impl<'a> SourceFiles<'a> {
    /// Takes the files, sorted by path, and the packages.
    pub fn new(
        tree: &'a dyn SourceTree,
        files: Vec<SourceFile<'a>>,
        projects: &'a [Project],
    ) -> Self {
        let by_path = files
            .iter()
            .enumerate()
            .map(|(index, file)| (file.path.as_str(), index))
            .collect();
        let by_folder = projects
            .iter()
            .enumerate()
            .rev()
            .map(|(index, project)| ((project.ecosystem, project.folder.as_str()), index))
            .collect();
        Self {
            tree,
            files,
            by_path,
            projects,
            by_folder,
        }
    }

    /// Lists the files, sorted by path.
    pub fn files(&self) -> &[SourceFile<'a>] {
        &self.files
    }

    /// Gives a file by its index.
    pub fn file(&self, index: usize) -> &SourceFile<'a> {
        &self.files[index]
    }

    /// Finds a file by its path.
    pub fn index(&self, path: &str) -> Option<usize> {
        self.by_path.get(path).copied()
    }

    /// Lists the packages that the manifests declare.
    pub fn projects(&self) -> &'a [Project] {
        self.projects
    }

    /// Gives the package of a family that a path belongs to: the one with the deepest folder above it.
    pub fn project_of(&self, path: &TreePath, ecosystem: Ecosystem) -> Option<&'a Project> {
        let mut folder = path.parent();
        loop {
            if let Some(index) = self.by_folder.get(&(ecosystem, folder)) {
                return Some(&self.projects[*index]);
            }
            if folder.is_empty() {
                return None;
            }
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }

    /// Reads a small text of the tree, such as a configuration that changes how names are found; `None` when there is none, when it is
    /// larger than a mebibyte, or when it is not UTF-8.
    pub fn text(&self, path: &str) -> Option<String> {
        let file = self.index(path)?;
        let blob = self.tree.read(self.files[file].path).ok()?;
        if blob.bytes.len() > 1 << 20 {
            return None;
        }
        String::from_utf8(blob.bytes.to_vec()).ok()
    }
}

/// Every language that is parsed, in the order in which results list them.
pub static LANGUAGES: &[&dyn Language] = &[
    &python::Python,
    &javascript::JavaScript,
    &typescript::TypeScript,
    &rust::Rust,
    &go::Go,
    &java::Java,
    &c::C,
    &cpp::Cpp,
];

/// Says whether a name without prefix is a module of Node.js.
pub fn is_node_builtin(name: &str) -> bool {
    ecmascript::is_builtin(name)
}

/// Finds what imports of JavaScript and TypeScript lead to where sources are taken: in its own TypeScript a package's name means the source.
pub(crate) fn resolver_of_sources<'a>(files: &'a SourceFiles<'a>) -> Box<dyn Resolver + 'a> {
    ecmascript::resolver_of_sources(files)
}

/// Gives the reader of a language by `tokei`'s name for it.
pub fn reader(language: &str) -> Option<&'static dyn Language> {
    LANGUAGES
        .iter()
        .copied()
        .find(|reader| reader.descriptor().names.contains(&language))
}
