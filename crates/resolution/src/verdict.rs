//! Puts the four sides of "can these live together?" into one answer: verdicts, the table of pairs, sentences. Judges nothing by itself.

use synthesizer_model::{
    compatibility::{
        Compatibility, CompatibilityFinding, Dimension, Dimensions, PairVerdict, Verdict,
    },
    dependency::Ecosystem,
    failure::{ErrorCode, Failure},
    resolution::{Conflict, Relaxation, Resolution, ResolutionStatus},
};

use crate::{diagram, sentences::sentence};

/// How many findings the explanation names in full.
const MOST_TOLD: usize = 12;
/// How many licenses the explanation names.
const MOST_LICENSES: usize = 6;
/// How the solver of Cargo says that two packages bring the same native library; see `solvers/cargo_explanation.rs`.
const BOTH_LINK: &str = "Both link to the native library";
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
        ResolutionStatus::Resolved => Vec::new(),
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
        what: "Whether the Python packages fit together could not be told: no version of Python suits all, as the runtimes say."
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
mod tests {
    use synthesizer_model::resolution::ImposedRequirement;

    use super::*;

    fn names(repositories: &[&str]) -> Vec<String> {
        repositories.iter().map(|name| (*name).to_owned()).collect()
    }

    fn finding(verdict: Verdict, repositories: &[&str]) -> CompatibilityFinding {
        CompatibilityFinding {
            what: "It clashes.".to_owned(),
            verdict,
            repositories: names(repositories),
            requirements: Vec::new(),
            fix: None,
        }
    }

    fn judged(repositories: &[&str]) -> Judged {
        Judged {
            repositories: names(repositories),
            resolutions: Vec::new(),
            runtime: Vec::new(),
            licenses: Vec::new(),
            names: Vec::new(),
            possible_outbound_licenses: Vec::new(),
            warnings: Vec::new(),
        }
    }

    #[test]
    fn a_finding_counts_for_the_pairs_that_take_part() {
        let answer = compose(Judged {
            licenses: vec![finding(Verdict::Unknown, &["c"])],
            names: vec![finding(Verdict::Incompatible, &["a", "b"])],
            ..judged(&["a", "b", "c"])
        });
        let pairs: Vec<String> = answer
            .pairs
            .iter()
            .map(|pair| {
                format!(
                    "{} {} {}",
                    pair.repositories.join("+"),
                    pair.verdict,
                    pair.because_of.join(",")
                )
            })
            .collect();
        assert_eq!(
            pairs,
            [
                "a+b incompatible names",
                "a+c unknown licenses",
                "b+c unknown licenses"
            ]
        );
        assert_eq!(answer.verdict, Verdict::Incompatible);
        assert_eq!(answer.code, Some(ErrorCode::Incompatible));
    }

    fn contradiction() -> Resolution {
        let imposed = |repository: &str, specifier: &str| ImposedRequirement {
            repository: repository.to_owned(),
            specifier: specifier.to_owned(),
            manifest: "pyproject.toml".to_owned(),
            line: 4,
        };
        Resolution {
            status: ResolutionStatus::Unsatisfiable,
            conflicts: vec![Conflict {
                what: "click".to_owned(),
                environment: None,
                repositories: names(&["a", "b"]),
                requirements: vec![imposed("a", "click==7.0"), imposed("b", "click>=8.1")],
            }],
            relaxations: vec![Relaxation {
                option: 1,
                repository: "a".to_owned(),
                requirement: "click==7.0".to_owned(),
                becomes: Some("click>=7.0,<8.2".to_owned()),
                manifest: "pyproject.toml".to_owned(),
                line: 4,
                what: "a may take click 8: click==7.0 becomes click>=7.0,<8.2".to_owned(),
                constraint: None,
                takes: Vec::new(),
            }],
            ..Resolution::unanswered(Ecosystem::Python, "uv 1")
        }
    }

    #[test]
    fn a_conflict_comes_with_its_requirements_and_the_mildest_way_out() {
        let answer = compose(Judged {
            resolutions: vec![Ok(contradiction())],
            ..judged(&["a", "b"])
        });
        assert_eq!(
            answer.explanation,
            "The 2 repositories cannot live together as they are.\n\
             dependencies: a needs click==7.0 and b needs click>=8.1, and no version of click satisfies both. \
             A way out: a may take click 8: click==7.0 becomes click>=7.0,<8.2."
        );
        let findings = &answer.dimensions.dependencies.findings;
        assert_eq!(findings[0].requirements[1].line, 4);
    }

    #[test]
    fn no_common_python_is_told_once_with_the_solved_way_out_and_the_packages_stay_unknown() {
        let mut resolution = contradiction();
        resolution.conflicts[0].what = "python".to_owned();
        let answer = compose(Judged {
            resolutions: vec![Ok(resolution)],
            runtime: vec![finding(Verdict::Incompatible, &["a", "b"])],
            ..judged(&["a", "b", "c"])
        });
        let dimensions = &answer.dimensions;
        assert_eq!(
            (
                dimensions.dependencies.verdict,
                dimensions.dependencies.findings.len()
            ),
            (Verdict::Unknown, 1)
        );
        assert_eq!(
            dimensions.runtime.findings[0].fix.as_deref(),
            Some("a may take click 8: click==7.0 becomes click>=7.0,<8.2.")
        );
        assert_eq!(answer.verdict, Verdict::Incompatible);
    }

    #[test]
    fn cargo_says_why_two_versions_cannot_stand_beside_each_other() {
        let check = |explanation: &str, expected: bool| {
            let answer = compose(Judged {
                resolutions: vec![Ok(Resolution {
                    ecosystem: Ecosystem::Cargo,
                    explanation: explanation.to_owned(),
                    ..contradiction()
                })],
                ..judged(&["a", "b"])
            });
            let what = &answer.dimensions.dependencies.findings[0].what;
            assert_eq!(what.contains("native library `z`"), expected, "{what}");
        };
        let reason = "Both link to the native library `z`, and only one package may.";
        check(
            &format!("a needs click 7.\nb needs click 8. {reason}"),
            true,
        );
        check(
            &format!("a needs other 7.\nb needs other 8. {reason}"),
            false,
        );
    }

    #[test]
    fn every_finding_is_a_sentence() {
        let mut name = finding(Verdict::Conditional, &["a", "b"]);
        name.what = "both are named `x`".to_owned();
        name.fix = Some("rename one".to_owned());
        let answer = compose(Judged {
            names: vec![name],
            ..judged(&["a", "b"])
        });
        assert_eq!(
            answer.explanation,
            "The 2 repositories can live together, if what follows is settled.\n\
             names: both are named `x`. A way out: rename one."
        );
    }

    #[test]
    fn a_solver_that_could_not_be_asked_leaves_it_unknown() {
        let missing = Failure::new(ErrorCode::ToolMissing, "the program uv is not installed")
            .with_hint("install it");
        let answer = compose(Judged {
            resolutions: vec![Err((Ecosystem::Python, missing))],
            ..judged(&["a", "b"])
        });
        assert_eq!(answer.verdict, Verdict::Unknown);
        assert_eq!(answer.code, None);
        assert_eq!(
            answer.dimensions.dependencies.findings[0].what,
            "Whether the python requirements can be met together could not be told: the program uv is not installed."
        );
    }
}
