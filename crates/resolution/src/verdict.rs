//! Puts the four sides of "can these live together?" into one answer: verdicts, the table of pairs, sentences. Judges nothing by itself.

use synthesizer_model::{
    compatibility::{
        Compatibility, CompatibilityFinding, Dimension, Dimensions, PairVerdict, Verdict,
    },
    dependency::Ecosystem,
    failure::{ErrorCode, Failure},
    resolution::{Conflict, Relaxation, Resolution, ResolutionStatus},
    text::escape_untrusted,
};

use crate::{diagram, sentences::sentence};

/// How many findings the explanation names in full.
const MOST_TOLD: usize = 12;
/// How many licenses the explanation names.
const MOST_LICENSES: usize = 6;
/// How the solver of Cargo says that two packages bring the same native library; see `solvers/cargo_explanation.rs`.
const BOTH_LINK: &str = "Both link to the native library";
/// How the solvers' warnings say that a requirement was not asked for: what is not compared is not known to fit.
const NOT_COMPARED: &[&str] = &[") was left out: ", " requirements were taken"];
/// Ends a warning of one that npm itself passes over too.
const NAMED_TWICE: &str = "its manifest names it twice";
/// How many of such warnings a finding repeats.
const MOST_NOT_COMPARED: usize = 3;
/// What a conflict about Python versions is about.
const PYTHON: &str = "python";

/// What was found out about several repositories.
#[derive(Debug)]
pub struct Judged {
    /// The repositories as the user named them.
    pub repositories: Vec<String>,
    /// What the solvers said, one per ecosystem; or why one could not be asked.
    pub resolutions: Vec<Result<Resolution, (Ecosystem, Failure)>>,
    /// What was found about versions of languages and runtimes.
    pub runtime: Vec<CompatibilityFinding>,
    /// What was found about licenses.
    pub licenses: Vec<CompatibilityFinding>,
    /// What was found about names.
    pub names: Vec<CompatibilityFinding>,
    /// SPDX expressions under which the whole may be passed on.
    pub possible_outbound_licenses: Vec<String>,
    /// What to know.
    pub warnings: Vec<String>,
}

/// Makes the answer.
pub fn compose(judged: Judged) -> Compatibility {
    let Judged {
        repositories,
        resolutions,
        runtime,
        licenses,
        names,
        possible_outbound_licenses,
        mut warnings,
    } = judged;
    let mut runtime = Dimension::new(runtime);
    let mut findings = Vec::new();
    let mut answered = Vec::new();
    for resolution in resolutions {
        match resolution {
            Ok(mut resolution) => {
                findings.extend(of_resolution(&resolution, &repositories, &mut runtime));
                let family = resolution.ecosystem;
                let told = std::mem::take(&mut resolution.warnings);
                warnings.extend(
                    told.into_iter()
                        .map(|warning| format!("{family}: {warning}")),
                );
                answered.push(without_files(resolution));
            }
            Err((ecosystem, failure)) => {
                findings.push(not_asked(ecosystem, &failure, &repositories))
            }
        }
    }
    let dimensions = Dimensions {
        dependencies: dimension(findings),
        runtime: dimension(runtime.findings),
        licenses: dimension(licenses),
        names: dimension(names),
    };
    let verdict = dimensions.verdict();
    Compatibility {
        verdict,
        code: (verdict == Verdict::Incompatible).then_some(ErrorCode::Incompatible),
        repositories_checked: repositories.len(),
        pairs: pairs(&repositories, &dimensions),
        explanation: explanation(&repositories, &dimensions, &possible_outbound_licenses),
        diagram: diagram::of_conflicts(&dimensions),
        dimensions,
        possible_outbound_licenses,
        resolutions: answered,
        warnings,
    }
}

/// Makes a dimension whose findings are whole sentences.
fn dimension(mut findings: Vec<CompatibilityFinding>) -> Dimension {
    let texts = findings
        .iter_mut()
        .flat_map(|finding| std::iter::once(&mut finding.what).chain(finding.fix.as_mut()));
    for text in texts {
        if !text.ends_with(['.', '!', '?', '\u{2026}']) {
            text.push('.');
        }
    }
    Dimension::new(findings)
}

/// Leaves the verdict's part of a solver's answer: packages, locks and manifests are what resolving gives.
fn without_files(mut resolution: Resolution) -> Resolution {
    resolution.lock = None;
    resolution.requirements_txt = None;
    resolution.manifests.clear();
    resolution.packages.clear();
    resolution
}

fn of_resolution(
    resolution: &Resolution,
    repositories: &[String],
    runtime: &mut Dimension,
) -> Vec<CompatibilityFinding> {
    match resolution.status {
        ResolutionStatus::Resolved => not_compared(resolution, repositories).into_iter().collect(),
        ResolutionStatus::Unknown => vec![CompatibilityFinding {
            what: format!(
                "{}: {}",
                resolution.ecosystem,
                resolution
                    .explanation
                    .lines()
                    .next()
                    .unwrap_or("it could not be told")
            ),
            verdict: Verdict::Unknown,
            repositories: repositories.to_vec(),
            requirements: Vec::new(),
            fix: None,
        }],
        ResolutionStatus::Unsatisfiable => {
            if resolution.conflicts.is_empty() {
                return vec![CompatibilityFinding {
                    what: format!("{}: {}", resolution.ecosystem, resolution.explanation),
                    verdict: Verdict::Incompatible,
                    repositories: repositories.to_vec(),
                    requirements: Vec::new(),
                    fix: fix(&resolution.relaxations),
                }];
            }
            let mut told: Vec<CompatibilityFinding> = resolution
                .conflicts
                .iter()
                .enumerate()
                .filter(|(_, conflict)| !told_as_runtime(resolution, conflict, runtime))
                .map(|(index, conflict)| CompatibilityFinding {
                    what: reasoned(resolution, conflict),
                    verdict: Verdict::Incompatible,
                    repositories: conflict.repositories.clone(),
                    requirements: conflict.requirements.clone(),
                    // The ways out are for all conflicts together.
                    fix: fix(&resolution.relaxations).filter(|_| index == 0),
                })
                .collect();
            if told.is_empty() {
                told.push(not_solved(&resolution.conflicts));
            }
            told
        }
    }
}

/// Finds what a set was solved without: it is not known whether that can be met too.
fn not_compared(resolution: &Resolution, repositories: &[String]) -> Option<CompatibilityFinding> {
    let told: Vec<&str> = (resolution.warnings.iter().map(String::as_str))
        .filter(|warning| NOT_COMPARED.iter().any(|phrase| warning.contains(phrase)))
        .filter(|warning| !warning.ends_with(NAMED_TWICE))
        .collect();
    let count = told.len();
    let shown = told.get(..MOST_NOT_COMPARED).unwrap_or(&told).join("; ");
    let more = match count.saturating_sub(MOST_NOT_COMPARED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let of_it = |repository: &&String| {
        let start = format!("{}: ", escape_untrusted(repository));
        told.iter().any(|warning| warning.starts_with(&start))
    };
    (count > 0).then(|| CompatibilityFinding {
        what: format!(
            "{}: a set was found without all that is asked for: {shown}{more}",
            resolution.ecosystem
        ),
        verdict: Verdict::Unknown,
        repositories: repositories.iter().filter(of_it).cloned().collect(),
        requirements: Vec::new(),
        fix: Some("correct these requirements, or ask for the packages as constraints".to_owned()),
    })
}

/// Says whether a conflict is about versions of Python and stands with the runtimes already; these then get the solved way out.
fn told_as_runtime(resolution: &Resolution, conflict: &Conflict, runtime: &mut Dimension) -> bool {
    if conflict.what != PYTHON || resolution.ecosystem != Ecosystem::Python {
        return false;
    }
    let is_it = |finding: &&mut CompatibilityFinding| {
        finding.verdict == Verdict::Incompatible
            && (finding.repositories.iter()).all(|one| conflict.repositories.contains(one))
    };
    match runtime.findings.iter_mut().find(is_it) {
        Some(finding) => {
            if let Some(fix) = fix(&resolution.relaxations) {
                finding.fix = Some(fix);
            }
            true
        }
        None => runtime.verdict == Verdict::Incompatible,
    }
}

fn not_solved(conflicts: &[Conflict]) -> CompatibilityFinding {
    let repositories = conflicts.iter().flat_map(|one| &one.repositories);
    let mut named: Vec<String> = Vec::new();
    for repository in repositories {
        if !named.contains(repository) {
            named.push(repository.clone());
        }
    }
    CompatibilityFinding {
        what: "Whether the Python packages fit together could not be told: no version of Python suits all (see runtime)."
            .to_owned(),
        verdict: Verdict::Unknown,
        repositories: named,
        requirements: Vec::new(),
        fix: None,
    }
}

/// Says what contradicts what, and for Cargo why one version beside the other would not do.
fn reasoned(resolution: &Resolution, conflict: &Conflict) -> String {
    let said = sentence(conflict);
    let is_link = resolution.ecosystem == Ecosystem::Cargo
        && resolution.explanation.contains(conflict.what.as_str());
    let mut lines = resolution.explanation.lines();
    let reason = lines.find_map(|line| line.find(BOTH_LINK).and_then(|at| line.get(at..)));
    match reason.filter(|_| is_link) {
        Some(reason) => format!("{said} {reason}"),
        None => said,
    }
}

/// Says the mildest way out in words.
fn fix(relaxations: &[Relaxation]) -> Option<String> {
    let first = relaxations.first()?.option;
    let changes: Vec<&str> = relaxations
        .iter()
        .filter(|change| change.option == first)
        .map(|change| change.what.trim_end_matches('.'))
        .collect();
    Some(changes.join("; and "))
}

fn not_asked(
    ecosystem: Ecosystem,
    failure: &Failure,
    repositories: &[String],
) -> CompatibilityFinding {
    CompatibilityFinding {
        what: format!(
            "Whether the {ecosystem} requirements can be met together could not be told: {}.",
            failure.message.trim_end_matches('.')
        ),
        verdict: Verdict::Unknown,
        repositories: repositories.to_vec(),
        requirements: Vec::new(),
        fix: failure.hint.clone(),
    }
}

/// Judges every pair by the findings in which both take part; a finding about one repository alone counts for all its pairs.
fn pairs(repositories: &[String], dimensions: &Dimensions) -> Vec<PairVerdict> {
    let mut pairs = Vec::new();
    for (index, first) in repositories.iter().enumerate() {
        for second in &repositories[index + 1..] {
            let mut pair = PairVerdict {
                repositories: [first.clone(), second.clone()],
                verdict: Verdict::Compatible,
                because_of: Vec::new(),
            };
            for (name, dimension) in dimensions.named() {
                let takes_part = |finding: &&CompatibilityFinding| {
                    let has = |wanted: &String| finding.repositories.contains(wanted);
                    match finding.repositories.as_slice() {
                        [only] => only == first || only == second,
                        _ => has(first) && has(second),
                    }
                };
                let worst = dimension
                    .findings
                    .iter()
                    .filter(takes_part)
                    .fold(Verdict::Compatible, |all, one| all.and(one.verdict));
                if worst != Verdict::Compatible {
                    pair.because_of.push(name.to_owned());
                }
                pair.verdict = pair.verdict.and(worst);
            }
            pairs.push(pair);
        }
    }
    pairs
}

fn explanation(repositories: &[String], dimensions: &Dimensions, outbound: &[String]) -> String {
    let count = repositories.len();
    let mut sentences = vec![match dimensions.verdict() {
        Verdict::Compatible => format!("The {count} repositories can live together."),
        Verdict::Conditional => {
            format!("The {count} repositories can live together, if what follows is settled.")
        }
        Verdict::Unknown => {
            format!("Whether the {count} repositories can live together could not be told.")
        }
        Verdict::Incompatible => {
            format!("The {count} repositories cannot live together as they are.")
        }
    }];
    let all: Vec<(&str, &CompatibilityFinding)> = dimensions
        .named()
        .into_iter()
        .flat_map(|(name, dimension)| {
            dimension
                .findings
                .iter()
                .map(move |finding| (name, finding))
        })
        .filter(|(_, finding)| finding.verdict != Verdict::Compatible)
        .collect();
    for (name, finding) in all.iter().take(MOST_TOLD) {
        let fix = finding.fix.as_ref().map_or_else(String::new, |fix| {
            format!(" A way out: {}.", fix.trim_end_matches('.'))
        });
        sentences.push(format!("{name}: {}{fix}", finding.what));
    }
    if all.len() > MOST_TOLD {
        sentences.push(format!(
            "{} more findings are listed.",
            all.len() - MOST_TOLD
        ));
    }
    if let Some(first) = outbound.get(..outbound.len().min(MOST_LICENSES))
        && !first.is_empty()
    {
        let more = match outbound.len() - first.len() {
            0 => String::new(),
            more => format!(" and {more} more licenses"),
        };
        sentences.push(format!(
            "By the licenses that are known, the combined work could be passed on under {}{more}.",
            first.join(", ")
        ));
    }
    sentences.join("\n")
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
