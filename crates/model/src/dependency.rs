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
    /// Go modules.
    Go,
    /// Java packages of Maven repositories.
    Maven,
}

impl Ecosystem {
    /// Every family.
    pub const ALL: [Self; 5] = [Self::Python, Self::Cargo, Self::Npm, Self::Go, Self::Maven];

    /// Gives its name, as results write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Cargo => "cargo",
            Self::Npm => "npm",
            Self::Go => "go",
            Self::Maven => "maven",
        }
    }
}

impl std::fmt::Display for Ecosystem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One requirement of one manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// The name as written.
    pub name: String,
    /// The family.
    pub ecosystem: Ecosystem,
    /// The version specifier as written, such as `>=2.2`; empty when any version will do.
    pub specifier: String,
    /// The versions that the specifier means, in plain comparators: `>=1.2.0, <2.0.0` for Cargo's `1.2`; alternatives are joined with `||`.
    /// Absent when any version will do and when it is no range of versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parsed: Option<String>,
    /// The name under which code imports it, where the manifest gives it another (Cargo's `package =`, npm's `npm:` aliases).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported_as: Option<String>,
    /// The workspace member whose manifest asks for it; absent for the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// Hashes that the manifest demands, such as `sha256:…`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hashes: Vec<String>,
    /// Extras (Python) or features (Cargo) asked for; `-default` stands for Cargo's `default-features = false`. For Maven the classifier, and
    /// `@TYPE` where it is not `jar`.
    pub extras: Vec<String>,
    /// The environment condition as written: a PEP 508 marker, a Cargo target, `profile:ID` of Maven.
    pub marker: Option<String>,
    /// `None` for what is needed to run; else `dev`, `build`, `peer`, `optional`, or the extra's or group's name. A Python group that has the
    /// name of an extra is `group:NAME`.
    pub group: Option<String>,
    /// The manifest's path.
    pub manifest: String,
    /// The line, counted from 1.
    pub line: u32,
    /// A direct reference (`name @ url`), if it is one; credentials are never kept. For Cargo, Go and Maven `path+FOLDER` from the top of the
    /// tree, `git+URL` or `registry+NAME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Dependency {
    /// Makes a requirement of any version, needed to run, without anything else.
    pub fn new(
        ecosystem: Ecosystem,
        name: impl Into<String>,
        manifest: impl Into<String>,
        line: u32,
    ) -> Self {
        Self {
            name: name.into(),
            ecosystem,
            specifier: String::new(),
            parsed: None,
            imported_as: None,
            member: None,
            hashes: Vec::new(),
            extras: Vec::new(),
            marker: None,
            group: None,
            manifest: manifest.into(),
            line,
            url: None,
        }
    }

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
