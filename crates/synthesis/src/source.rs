//! What every family of packages knows of a source, and of a file of it. Values only: everything was read by the caller.

use bytes::Bytes;
use synthesizer_model::tree::{Origin, TreePath};

/// One source: where it came from, and what its license asks for.
#[derive(Debug, Clone)]
pub struct SourceRecord {
    /// Short name of `[a-z0-9-]`, unique in the input.
    pub id: String,
    /// Where it came from.
    pub origin: Origin,
    /// Name and version of its package, as its manifest tells.
    pub distribution: Option<(String, String)>,
    /// SPDX expression, when known.
    pub license: Option<String>,
    /// Whether its license asks for changed files to be marked.
    pub marks_changes: bool,
    /// A folder below the folder that the family places sources in; that folder itself when `None`.
    pub destination: Option<TreePath>,
    /// File names and texts of its licenses and notices.
    pub texts: Vec<(String, String)>,
}

impl SourceRecord {
    /// Gives name and version for people, such as `click 8.1.7`.
    pub(crate) fn title(&self) -> String {
        let title = match (&self.distribution, &self.origin.version) {
            (Some((name, version)), _) => format!("{name} {version}"),
            (None, Some(version)) => format!("{} {version}", self.id),
            (None, None) => self.id.clone(),
        };
        // A manifest may say anything; the title stands in comments of code and in NOTICE, one line each.
        synthesizer_model::text::escape_untrusted(&title)
    }
}

/// One file of a source.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its contents.
    pub bytes: Bytes,
    /// Its git blob id.
    pub blob: String,
    /// Whether it has the executable bit.
    pub executable: bool,
    /// The license of its `SPDX-License-Identifier` header.
    pub spdx_header: Option<String>,
}
