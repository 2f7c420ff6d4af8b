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
