//! Puts the four sides of "can these live together?" into one answer: verdicts, the table of pairs, sentences. Judges nothing by itself.

use synthesizer_model::{
    compatibility::{
        Compatibility, CompatibilityFinding, Dimension, Dimensions, PairVerdict, Verdict,
    },
    dependency::Ecosystem,
    failure::{ErrorCode, Failure},
    resolution::{Conflict, Relaxation, Resolution, ResolutionStatus},
};

use crate::{diagram, resolving::sentence};

/// How many findings the explanation names in full.
const MOST_TOLD: usize = 12;
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
    let runtime = Dimension::new(runtime);
    let told_already = runtime.verdict == Verdict::Incompatible;
    let mut findings = Vec::new();
    let mut answered = Vec::new();
    for resolution in resolutions {
        match resolution {
            Ok(mut resolution) => {
                findings.extend(of_resolution(&resolution, &repositories, told_already));
                let family = resolution.ecosystem;
                let told = std::mem::take(&mut resolution.warnings);
                warnings.extend(
                    told.into_iter()
                        .map(|warning| format!("{family}: {warning}")),
                );
                resolution.lock = None;
                resolution.requirements_txt = None;
                answered.push(resolution);
            }
            Err((ecosystem, failure)) => {
                findings.push(not_asked(ecosystem, &failure, &repositories))
            }
        }
    }
    let dimensions = Dimensions {
        dependencies: Dimension::new(findings),
        runtime,
        licenses: Dimension::new(licenses),
        names: Dimension::new(names),
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

fn of_resolution(
    resolution: &Resolution,
    repositories: &[String],
    runtime_told: bool,
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
            let about_runtime = |conflict: &Conflict| {
                conflict.what == PYTHON && resolution.ecosystem == Ecosystem::Python
            };
            if resolution.conflicts.is_empty() {
                return vec![CompatibilityFinding {
                    what: format!("{}: {}", resolution.ecosystem, resolution.explanation),
                    verdict: Verdict::Incompatible,
                    repositories: repositories.to_vec(),
                    requirements: Vec::new(),
                    fix: fix(&resolution.relaxations),
                }];
            }
            resolution
                .conflicts
                .iter()
                .enumerate()
                .filter(|(_, conflict)| !(runtime_told && about_runtime(conflict)))
                .map(|(index, conflict)| CompatibilityFinding {
                    what: sentence(conflict),
                    verdict: Verdict::Incompatible,
                    repositories: conflict.repositories.clone(),
                    requirements: conflict.requirements.clone(),
                    // The ways out are for all conflicts together.
                    fix: fix(&resolution.relaxations).filter(|_| index == 0),
                })
                .collect()
        }
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
    if !outbound.is_empty() {
        sentences.push(format!(
            "The combined work could be passed on under {}.",
            outbound.join(", ")
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
             dependencies: a needs click==7.0 and b needs click>=8.1, and no version of click satisfies that. \
             A way out: a may take click 8: click==7.0 becomes click>=7.0,<8.2."
        );
        let findings = &answer.dimensions.dependencies.findings;
        assert_eq!(findings[0].requirements[1].line, 4);
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
