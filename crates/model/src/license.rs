//! What is known of a source's licenses. Unknown is `None`, never a guess.

use serde::{Deserialize, Serialize};

/// A license found in the text of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DetectedLicense {
    /// The file.
    pub path: String,
    /// SPDX identifier.
    pub spdx: String,
    /// 0 to 1.
    pub confidence: f32,
}

/// A license that a text was recognized as.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecognizedLicense {
    /// SPDX identifier.
    pub spdx: String,
    /// Share of the text that fits, 0 to 1.
    pub confidence: f32,
}

/// A license that several files state for themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileLicense {
    /// SPDX expression.
    pub spdx: String,
    /// How many files state it.
    pub files: usize,
    /// One of them.
    pub example: String,
    /// What states it: `header`, `reuse` (a `REUSE.toml`, `.reuse/dep5` or `.license` file).
    pub stated_by: String,
}

/// The licenses of one source.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Licenses {
    /// The SPDX expression that the manifest declares; `None` when it declares none that SPDX knows.
    pub declared: Option<String>,
    /// License files, by their text.
    pub detected: Vec<DetectedLicense>,
    /// How many source files carry no license of their own (no SPDX header).
    pub files_without: usize,
    /// Names of license and notice files, whose texts travel with copied code.
    pub texts: Vec<String>,
    /// License files of folders below the top; each holds for its folder alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nested: Vec<DetectedLicense>,
    /// What files state for themselves, the most frequent first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stated: Vec<FileLicense>,
    /// Where manifest, license texts and files contradict each other, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disagreements: Vec<String>,
}

impl Licenses {
    /// Gives the SPDX expression that holds for the source: the declared one, else the single detected one.
    pub fn effective(&self) -> Option<String> {
        if let Some(declared) = &self.declared {
            return Some(declared.clone());
        }
        let mut found: Vec<&str> = self
            .detected
            .iter()
            .filter(|license| license.confidence >= 0.9)
            .map(|license| license.spdx.as_str())
            .collect();
        found.sort_unstable();
        found.dedup();
        match found.as_slice() {
            [] => None,
            several => Some(several.join(" AND ")),
        }
    }
}
