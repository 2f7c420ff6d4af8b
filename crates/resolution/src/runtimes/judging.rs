//! All runtimes together, and what the rules of each have in common.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    compatibility::{CompatibilityFinding, Verdict},
    resolution::{ImposedRequirement, RuntimeRequirement},
    text::escape_untrusted,
};

use super::{engines, levels, pythons};

/// The longest text that is shown, in characters.
const LONGEST_SHOWN: usize = 120;
/// How many requirements of one repository are looked at.
const MOST_REQUIREMENTS: usize = 2_000;

/// What the runtimes of several repositories come to.
#[derive(Debug, Clone, Default)]
pub struct RuntimeJudgement {
    /// What does not go together, or could not be told.
    pub findings: Vec<CompatibilityFinding>,
    /// What suits all, by runtime, such as `>=3.9,<4` for `python` and `>=1.85` for `rust`. A runtime that nobody asks for is missing, and one
    /// of which nothing suits all.
    pub ranges: BTreeMap<String, String>,
}

/// A requirement and who asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demand<'a> {
    /// Which of the repositories.
    pub(super) repository: usize,
    /// Its name, as the user wrote it.
    pub(super) named: &'a str,
    /// What it asks for.
    pub(super) requirement: &'a RuntimeRequirement,
}

/// Compares the runtimes that the repositories ask for, each named as the user named it.
///
/// - `python`: the ranges must have a version in common, with the one asked for (`python_version`) among them; else incompatible.
/// - `rust`, `go`, `java`: each is a lower bound, so the largest one suits all. A repository that pins an older toolchain
///   (`rust-toolchain`) than another needs is conditional; so is one that pins a nightly toolchain. Rust editions live together.
/// - `node`, `npm`, `yarn`, `pnpm`, `bun`: npm only warns where they do not fit, so ranges with nothing in common are conditional.
/// - What cannot be read is unknown, with its text. Other runtimes are passed over.
pub fn judge(
    repositories: &[(String, Vec<RuntimeRequirement>)],
    python_version: Option<&str>,
) -> RuntimeJudgement {
    let mut demands: BTreeMap<&str, Vec<Demand<'_>>> = BTreeMap::new();
    for (repository, (named, requirements)) in repositories.iter().enumerate() {
        for requirement in requirements.iter().take(MOST_REQUIREMENTS) {
            if !requirement.specifier.trim().is_empty() {
                let runtime = requirement.runtime.as_str();
                demands.entry(runtime).or_default().push(Demand {
                    repository,
                    named,
                    requirement,
                });
            }
        }
    }
    let of = |runtime: &str| demands.get(runtime).map_or(&[][..], Vec::as_slice);
    let mut judgement = RuntimeJudgement::default();
    pythons::judge(of("python"), python_version, &mut judgement);
    let rust = levels::Rust {
        versions: of("rust"),
        editions: of("edition"),
        toolchains: of("rust-toolchain"),
    };
    levels::judge_rust(&rust, &mut judgement);
    levels::judge("go", "Go", of("go"), &mut judgement);
    levels::judge("java", "Java", of("java"), &mut judgement);
    for engine in engines::ENGINES {
        engines::judge(engine, of(engine), &mut judgement);
    }
    judgement
}

impl Demand<'_> {
    /// Gives the text as results may show it.
    pub(super) fn text(&self) -> String {
        shown(self.requirement.specifier.trim())
    }

    fn imposed(&self) -> ImposedRequirement {
        ImposedRequirement {
            repository: escape_untrusted(self.named),
            specifier: format!("{} {}", shown(&self.requirement.runtime), self.text()),
            manifest: shown(&self.requirement.manifest),
            line: self.requirement.line,
        }
    }
}

/// Makes a finding of what was asked for.
pub(super) fn finding(
    verdict: Verdict,
    what: String,
    demands: &[Demand<'_>],
    fix: Option<String>,
) -> CompatibilityFinding {
    let mut met = BTreeSet::new();
    let repositories = demands
        .iter()
        .filter(|demand| met.insert(demand.repository))
        .map(|demand| escape_untrusted(demand.named));
    CompatibilityFinding {
        what,
        verdict,
        repositories: repositories.collect(),
        requirements: demands.iter().map(Demand::imposed).collect(),
        fix,
    }
}

/// Makes the finding about what cannot be read.
pub(super) fn unreadable(language: &str, demand: &Demand<'_>) -> CompatibilityFinding {
    let what = format!(
        "{} asks for {language} `{}`, which cannot be read",
        escape_untrusted(demand.named),
        demand.text()
    );
    finding(Verdict::Unknown, what, &[*demand], None)
}

/// Writes who asks for what: `./a needs Python >=3.10 and ./b needs Python <3.9`.
pub(super) fn sentence(language: &str, demands: &[Demand<'_>]) -> String {
    let parts: Vec<String> = demands
        .iter()
        .take(4)
        .map(|demand| {
            format!(
                "{} needs {language} {}",
                escape_untrusted(demand.named),
                demand.text()
            )
        })
        .collect();
    match parts.as_slice() {
        [first, second] => format!("{first} and {second}"),
        parts => parts.join(", "),
    }
}

/// Gives a text as results may show it.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => escape_untrusted(text.get(..end).unwrap_or_default()),
        None => escape_untrusted(text),
    }
}
