//! A file on its way into the new project and what comes out of it. Chooses the rewriter; knows no language.

use std::collections::BTreeSet;

use bytes::Bytes;
use synthesizer_model::{component::ClosureFile, finding::Finding};

use super::{NewNames, REWRITERS};
use crate::input::{SourceFile, SourceInput};

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
    /// A comment says that the file was changed.
    MarkedChanged,
    /// Written by the synthesis.
    Generated,
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
            Self::MarkedChanged => "marked-changed",
            Self::Generated => "generated",
        }
    }

    /// Says for people what a change of the contents was; `None` for what changes no contents.
    pub(crate) const fn describe(self) -> Option<&'static str> {
        match self {
            Self::ImportsRewritten => Some("imports rewritten"),
            Self::TypeImportsAliased => Some("type-only imports replaced by Any"),
            Self::VersionResolved => Some("version filled in"),
            Self::NamesRewritten => Some("module names in strings rewritten"),
            Self::Moved | Self::MarkedChanged | Self::Generated => None,
        }
    }
}

/// A file on its way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MovedFile<'a> {
    /// Its source.
    pub(crate) source: &'a SourceInput,
    /// The new names of the source's modules.
    pub(crate) names: &'a NewNames<'a>,
    /// Its place in the source.
    pub(crate) file: &'a ClosureFile,
    /// Its contents and facts.
    pub(crate) contents: &'a SourceFile,
    /// The new project's package.
    pub(crate) package: &'a str,
}

/// What comes out.
#[derive(Debug)]
pub(crate) struct Rewritten {
    /// The new contents.
    pub(crate) contents: Bytes,
    /// What was done.
    pub(crate) transforms: BTreeSet<Transform>,
    /// What to know.
    pub(crate) findings: Vec<Finding>,
}

/// A rewriter of one language.
pub(crate) struct Rewriter {
    /// Endings of the file names that it takes, with their dots.
    pub(crate) extensions: &'static [&'static str],
    /// Rewrites one file. Total: what it cannot do becomes a finding.
    pub(crate) rewrite: fn(&MovedFile<'_>) -> Rewritten,
}

/// Rewrites a file with the rewriter of its language, or leaves it byte for byte.
pub(crate) fn rewrite(moved: &MovedFile<'_>) -> Rewritten {
    let name = moved.file.path.file_name();
    REWRITERS
        .iter()
        .find(|rewriter| {
            rewriter
                .extensions
                .iter()
                .any(|extension| name.ends_with(extension))
        })
        .map_or_else(|| untouched(moved), |rewriter| (rewriter.rewrite)(moved))
}

/// Gives a file as it is.
pub(super) fn untouched(moved: &MovedFile<'_>) -> Rewritten {
    Rewritten {
        contents: moved.contents.bytes.clone(),
        transforms: BTreeSet::from([Transform::Moved]),
        findings: Vec::new(),
    }
}
