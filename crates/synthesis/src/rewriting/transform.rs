//! What was done to a file of a source, as the lock records it. One list for all languages.

/// What was done to a file, in the order in which it is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Transform {
    /// Placed at its new path.
    Moved,
    /// Imports, and uses of names that they bind, have new module names.
    ImportsRewritten,
    /// Imports for type checking alone became aliases of `Any`.
    TypeImportsAliased,
    /// A question for the own distribution's version became its answer.
    VersionResolved,
    /// Module names in strings have new names.
    NamesRewritten,
    /// It is no source: a build wrote it, one file for each of the source. Nothing was done.
    Built,
    /// Imports in examples of docstrings have new names.
    DoctestsRewritten,
    /// A comment says that the file was changed.
    MarkedChanged,
    /// Written by the synthesis.
    Generated,
    /// Lines of sources were added to it.
    Merged,
    /// What it takes from a workspace is filled in, and what counts elsewhere is left out.
    ManifestNormalised,
    /// Only some items were taken.
    ItemsLeftOut,
    /// Visibilities and names of files are changed.
    PathsRewritten,
}

impl Transform {
    /// Gives the name that the lock records.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::ImportsRewritten => "imports-rewritten",
            Self::TypeImportsAliased => "type-imports-aliased",
            Self::VersionResolved => "version-resolved",
            Self::NamesRewritten => "names-rewritten",
            Self::DoctestsRewritten => "doctests-rewritten",
            Self::Built => "built",
            Self::MarkedChanged => "marked-changed",
            Self::Generated => "generated",
            Self::Merged => "merged",
            Self::ManifestNormalised => "manifest-normalised",
            Self::ItemsLeftOut => "items-left-out",
            Self::PathsRewritten => "paths-rewritten",
        }
    }

    /// Says for people what a change of the contents was; `None` for what changes no contents.
    pub(crate) const fn describe(self) -> Option<&'static str> {
        match self {
            Self::ImportsRewritten => Some("imports rewritten"),
            Self::TypeImportsAliased => Some("type-only imports replaced by Any"),
            Self::VersionResolved => Some("version filled in"),
            Self::NamesRewritten => Some("module names in strings rewritten"),
            Self::DoctestsRewritten => Some("imports of examples rewritten"),
            Self::ItemsLeftOut => Some("some items left out"),
            Self::PathsRewritten => Some("visibilities and file names changed"),
            Self::ManifestNormalised => Some("manifest normalised"),
            Self::Moved | Self::Built | Self::MarkedChanged | Self::Generated | Self::Merged => {
                None
            }
        }
    }
}
