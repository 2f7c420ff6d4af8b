//! Remarks that a result carries: what was left out, unsure or worth a look. Not for failures.

use serde::{Deserialize, Serialize};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know; nothing to do.
    Info,
    /// The result is complete but a person should look.
    Warning,
    /// The synthesis cannot go on.
    Error,
}

/// One remark about a file of a source or about the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// A stable kebab-case name of the kind, such as `computed-import`.
    pub kind: String,
    /// One sentence for people.
    pub what: String,
    /// The source it belongs to, by its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The path within the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The line, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

impl Finding {
    /// Makes a finding about the whole.
    pub fn new(severity: Severity, kind: &str, what: impl Into<String>) -> Self {
        Self {
            severity,
            kind: kind.to_owned(),
            what: what.into(),
            source: None,
            path: None,
            line: None,
        }
    }

    /// Names the file and line that the finding is about.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>, line: Option<u32>) -> Self {
        self.path = Some(path.into());
        self.line = line;
        self
    }

    /// Names the source that the finding is about.
    #[must_use]
    pub fn of(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }
}

/// Something that an analysis left out or could not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The path, escaped for display.
    pub path: String,
    /// What is wrong, one sentence.
    pub what: String,
}

impl Problem {
    /// Makes a problem of the given path.
    pub fn new(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            what: what.into(),
        }
    }
}
