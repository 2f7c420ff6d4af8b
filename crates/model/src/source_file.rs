//! One file of a tree as analysis sees it: its language, its lines, its role, and the facts that are kept by blob.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{code::CodeFacts, license::RecognizedLicense, python::PythonFile};

/// Lines by what is on them, by the definitions of `tokei`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LineCounts {
    /// Lines with code.
    pub code: u32,
    /// Lines with nothing but comments.
    pub comments: u32,
    /// Lines with nothing but white space.
    pub blanks: u32,
}

impl LineCounts {
    /// Gives all lines.
    pub const fn total(self) -> u32 {
        self.code
            .saturating_add(self.comments)
            .saturating_add(self.blanks)
    }

    /// Adds other lines to these.
    pub fn add(&mut self, other: Self) {
        self.code = self.code.saturating_add(other.code);
        self.comments = self.comments.saturating_add(other.comments);
        self.blanks = self.blanks.saturating_add(other.blanks);
    }
}

/// Lines of one language within one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanguageLines {
    /// The language, by the name that `tokei` gives it, such as `Python`, `TSX`, `C Header`.
    pub language: String,
    /// Its lines.
    pub lines: LineCounts,
}

/// What a file is for. Of several that fit, the first in this order is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileRole {
    /// Somebody else's code, copied in.
    Vendored,
    /// Written by a program, by its own words or name.
    Generated,
    /// Made small for a browser, or bundled.
    Minified,
    /// Tests and what they need.
    Test,
    /// Examples, demonstrations, benchmarks.
    Example,
    /// Documentation and its tooling.
    Documentation,
    /// Everything else: the project's own code.
    Source,
}

impl FileRole {
    /// Every role, in their order.
    pub const ALL: [Self; 7] = [
        Self::Vendored,
        Self::Generated,
        Self::Minified,
        Self::Test,
        Self::Example,
        Self::Documentation,
        Self::Source,
    ];

    /// Gives its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vendored => "vendored",
            Self::Generated => "generated",
            Self::Minified => "minified",
            Self::Test => "test",
            Self::Example => "example",
            Self::Documentation => "documentation",
            Self::Source => "source",
        }
    }

    /// Says whether people of this project wrote the file by hand.
    pub const fn is_own(self) -> bool {
        !matches!(self, Self::Vendored | Self::Generated | Self::Minified)
    }
}

impl fmt::Display for FileRole {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What the contents of a file alone tell of its role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleMarks {
    /// The words that say that a program wrote it, at most 120 bytes.
    pub generated: Option<String>,
    /// Whether its lines are too long and too dense for a person to have written.
    pub minified: bool,
}

/// The license statements of one file's own text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenseHeader {
    /// The SPDX expression of its `SPDX-License-Identifier` lines, joined with `AND`; `None` when it has none that SPDX knows.
    pub spdx: Option<String>,
    /// Its `SPDX-FileCopyrightText` and copyright lines, at most ten of at most 200 bytes.
    pub copyrights: Vec<String>,
}

/// Everything that the contents of one file tell. Depends on the bytes, the language and the suffix alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FileFacts {
    /// Lines by language: the file's own first, then those that are written inside it, sorted by name. Empty without a language.
    pub lines: Vec<LanguageLines>,
    /// What the reader of its language tells; `None` for a language without a reader, and for files that were not parsed.
    pub code: Option<CodeFacts>,
    /// More of a Python file.
    pub python: Option<Box<PythonFile>>,
    /// What its text says about its license.
    pub license: LicenseHeader,
    /// The licenses that its text consists of, for files whose name says that they hold one.
    pub license_text: Option<Vec<RecognizedLicense>>,
    /// What its contents tell of its role.
    pub marks: RoleMarks,
    /// Why it was not counted or not parsed, one sentence.
    pub problem: Option<String>,
}
