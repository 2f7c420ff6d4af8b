//! The kinds of things that a manifest states, besides its requirements. Values alone; knows no format.

/// Which part of a manifest a requirement stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// What is needed to run.
    Runtime,
    /// Extras.
    Optional,
    /// What is needed to build or to work on the project.
    Development,
}

/// A requirements file that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    /// Its path, relative to the manifest's folder, as written.
    pub path: String,
    /// The line that names it.
    pub line: u32,
    /// Where its requirements belong.
    pub section: Section,
    /// The group of its requirements.
    pub group: Option<String>,
    /// Whether it only narrows the versions of what is asked for elsewhere (`-c`).
    pub constrains: bool,
}

/// A requirement on a folder of the tree, which alone knows its name: `-e ./lib`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalRequirement {
    /// The folder, relative to the manifest's, as written.
    pub path: String,
    /// The extras asked for.
    pub extras: Vec<String>,
    /// The line.
    pub line: u32,
    /// Where it belongs.
    pub section: Section,
    /// Its group.
    pub group: Option<String>,
}

/// Something that the installed package offers by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPoint {
    /// `console_scripts`, `gui_scripts`, `scripts` for files, or the group that other packages look it up in.
    pub group: String,
    /// Its name.
    pub name: String,
    /// What it leads to: `module:function`, or a file for `scripts`.
    pub object: String,
}

/// Where a version or a name is written, when the manifest only names the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionSource {
    /// A name of a module: `package.module` and `__version__`.
    Attribute {
        /// The module.
        module: String,
        /// The name.
        name: String,
    },
    /// The first of some names that a file binds.
    Definition {
        /// The file, relative to the manifest's folder.
        path: String,
        /// The names.
        names: Vec<String>,
    },
    /// The text of a file, relative to the manifest's folder.
    File(String),
}

/// Where a tool takes a dependency from, whatever the requirement says (`[tool.uv.sources]`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceOverride {
    /// A direct reference.
    Url(String),
    /// A folder, relative to the manifest's.
    Folder(String),
    /// A member of the workspace.
    Member,
}

/// The members of a workspace, as patterns of folders relative to the manifest's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkspacePatterns {
    /// Folders that belong to it, with the lines that name them.
    pub members: Vec<(String, u32)>,
    /// Folders that do not.
    pub exclude: Vec<String>,
}
