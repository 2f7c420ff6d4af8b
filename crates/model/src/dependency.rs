//! What a manifest asks for, as written and where.

use serde::{Deserialize, Serialize};

/// A family of packages that share names and a solver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ecosystem {
    /// Python distributions.
    Python,
    /// Rust crates.
    Cargo,
    /// JavaScript packages.
    Npm,
}

/// One requirement of one manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// The name as written.
    pub name: String,
    /// The family.
    pub ecosystem: Ecosystem,
    /// The version specifier, such as `>=2.2`; empty when any version will do.
    pub specifier: String,
    /// Extras asked for.
    pub extras: Vec<String>,
    /// The environment condition as written.
    pub marker: Option<String>,
    /// `None` for what is needed to run; else `dev`, `build`, `optional`, or the extra's or group's name.
    pub group: Option<String>,
    /// The manifest's path.
    pub manifest: String,
    /// The line, counted from 1.
    pub line: u32,
    /// A direct reference (`name @ url`), if it is one; credentials are never kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Dependency {
    /// Writes the requirement by PEP 508, without its direct reference's URL.
    pub fn requirement(&self) -> String {
        let mut text = self.name.clone();
        if !self.extras.is_empty() {
            text.push('[');
            text.push_str(&self.extras.join(","));
            text.push(']');
        }
        text.push_str(&self.specifier);
        if let Some(marker) = &self.marker {
            text.push_str("; ");
            text.push_str(marker);
        }
        text
    }
}

/// Normalises a Python distribution's name by PEP 503: lower case, runs of `-_.` become one `-`.
pub fn normalize_distribution(name: &str) -> String {
    let mut normalized = String::with_capacity(name.len());
    for character in name.trim().chars() {
        if matches!(character, '-' | '_' | '.') {
            if !normalized.ends_with('-') {
                normalized.push('-');
            }
        } else {
            normalized.extend(character.to_lowercase());
        }
    }
    normalized
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised_by_pep_503() {
        assert_eq!(normalize_distribution("Friendly-._.Bard"), "friendly-bard");
    }
}
