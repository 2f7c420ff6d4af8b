//! What the question "can these live together?" is answered with. Knows no ecosystem.

use serde::{Deserialize, Serialize};

use crate::resolution::{ImposedRequirement, Resolution};

/// Whether things go together. Unknown is never compatible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// They do.
    Compatible,
    /// They do when something is decided or done that the findings name.
    Conditional,
    /// It could not be told.
    Unknown,
    /// They do not.
    Incompatible,
}

impl Verdict {
    /// Gives its name, as results write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::Conditional => "conditional",
            Self::Unknown => "unknown",
            Self::Incompatible => "incompatible",
        }
    }

    /// Gives the verdict over both: the worse one, in the order of the variants.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        if (other as u8) > (self as u8) {
            other
        } else {
            self
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One reason for a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompatibilityFinding {
    /// What is the matter, in one or two plain sentences.
    pub what: String,
    /// What it means for the verdict of its dimension.
    pub verdict: Verdict,
    /// The repositories that take part, as the user named them.
    pub repositories: Vec<String>,
    /// What they ask for and where; for licenses the expression and the file that states it.
    pub requirements: Vec<ImposedRequirement>,
    /// What would mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// What a name is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnedNameKind {
    /// A Python distribution.
    Distribution,
    /// A Python module or package, by the dotted name under which it is imported; below a namespace that several may share, the first name
    /// that only one can have.
    Module,
    /// A Rust package.
    Crate,
    /// The name under which code uses a Rust library.
    Library,
    /// A package of npm.
    NpmPackage,
    /// A program that is put where programs lie: a console script, a binary.
    Program,
    /// What other packages look a package up by, as `group:name`.
    EntryPoint,
    /// A Python distribution that is asked for and not owned.
    NeededDistribution,
    /// A crate that is asked for and not owned.
    NeededCrate,
    /// A package of npm that is asked for and not owned.
    NeededNpmPackage,
}

/// A name that a repository has, or asks for, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnedName {
    /// What it names.
    pub kind: OwnedNameKind,
    /// As written.
    pub name: String,
    /// The manifest, or the module's file.
    pub manifest: String,
    /// The line, counted from 1; 0 when it is not known.
    pub line: u32,
}

/// One of the four sides of the question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimension {
    /// The worst of its findings; compatible without any.
    pub verdict: Verdict,
    /// The reasons, the worst first.
    pub findings: Vec<CompatibilityFinding>,
}

impl Dimension {
    /// Makes a dimension of its findings.
    pub fn new(mut findings: Vec<CompatibilityFinding>) -> Self {
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.verdict as u8));
        let verdict = findings
            .iter()
            .fold(Verdict::Compatible, |all, one| all.and(one.verdict));
        Self { verdict, findings }
    }
}

/// The four sides of the question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimensions {
    /// Versions of packages.
    pub dependencies: Dimension,
    /// Versions of languages and runtimes.
    pub runtime: Dimension,
    /// Licenses of the repositories and, where known, of their packages.
    pub licenses: Dimension,
    /// Names of modules, packages, binaries.
    pub names: Dimension,
}

impl Dimensions {
    /// Gives the verdict over all four: the worst.
    pub fn verdict(&self) -> Verdict {
        self.dependencies
            .verdict
            .and(self.runtime.verdict)
            .and(self.licenses.verdict)
            .and(self.names.verdict)
    }

    /// Gives each with its name, in the order of results.
    pub fn named(&self) -> [(&'static str, &Dimension); 4] {
        [
            ("dependencies", &self.dependencies),
            ("runtime", &self.runtime),
            ("licenses", &self.licenses),
            ("names", &self.names),
        ]
    }
}

/// Two repositories beside each other: the worst finding of each dimension in which both take part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairVerdict {
    /// The two, as the user named them.
    pub repositories: [String; 2],
    /// Over all dimensions.
    pub verdict: Verdict,
    /// The dimensions that are not compatible.
    pub because_of: Vec<String>,
}

/// The whole answer.
#[derive(Debug, Clone, Serialize)]
pub struct Compatibility {
    /// Over all dimensions.
    pub verdict: Verdict,
    /// `E_INCOMPATIBLE` when the answer is no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<crate::failure::ErrorCode>,
    /// How many repositories were compared.
    pub repositories_checked: usize,
    /// The four sides.
    pub dimensions: Dimensions,
    /// Every pair, in the order given.
    pub pairs: Vec<PairVerdict>,
    /// SPDX expressions under which the combined work may be passed on, the freest first.
    pub possible_outbound_licenses: Vec<String>,
    /// What the solvers said, one per ecosystem, without locks.
    pub resolutions: Vec<Resolution>,
    /// The answer in plain sentences.
    pub explanation: String,
    /// A Mermaid picture of what contradicts what; absent when nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagram: Option<String>,
    /// What to know.
    pub warnings: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(verdict: Verdict) -> CompatibilityFinding {
        CompatibilityFinding {
            what: verdict.to_string(),
            verdict,
            repositories: Vec::new(),
            requirements: Vec::new(),
            fix: None,
        }
    }

    #[test]
    fn the_worst_finding_decides_and_comes_first() {
        use Verdict::{Compatible, Conditional, Incompatible, Unknown};
        let check = |verdicts: &[Verdict], expected: Verdict| {
            let dimension = Dimension::new(verdicts.iter().copied().map(finding).collect());
            assert_eq!(dimension.verdict, expected);
            if let Some(first) = dimension.findings.first() {
                assert_eq!(first.verdict, expected);
            }
        };
        check(&[], Compatible);
        check(&[Conditional, Unknown], Unknown);
        check(&[Unknown, Incompatible, Compatible], Incompatible);
        check(&[Compatible, Conditional], Conditional);
    }
}
