//! Checks of quality with the evidence that each rests on, in the manner of OpenSSF Scorecard and CHAOSS. Looks at everything, samples
//! nothing; what is not known has no score and is told. A new check is one new file and its line in [`checks::CHECKS`].

pub mod checks;

use synthesizer_model::{
    analysis::{Evidence, QualityScore},
    finding::Problem,
};

use crate::known::Known;

/// One check.
pub struct Check {
    /// Its name in results.
    pub name: &'static str,
    /// How much it counts.
    pub weight: f64,
    /// What the score means, one sentence.
    pub meaning: &'static str,
    /// Makes it.
    pub run: fn(&Known<'_>) -> Outcome,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A score from 0 to 1 with what shows it.
    Scored {
        /// 0 to 1.
        score: f64,
        /// One sentence with figures.
        result: String,
        /// Where it shows best.
        path: Option<String>,
    },
    /// Why nothing can be said.
    Unknown(String),
}

impl Outcome {
    /// Makes a score.
    pub fn scored(score: f64, result: impl Into<String>, path: Option<String>) -> Self {
        Self::Scored {
            score: score.clamp(0.0, 1.0),
            result: result.into(),
            path,
        }
    }
}

/// Makes every check.
pub fn assess(known: &Known<'_>) -> QualityScore {
    let mut quality = QualityScore::default();
    let (mut sum, mut weights) = (0.0, 0.0);
    for check in checks::CHECKS {
        match (check.run)(known) {
            Outcome::Scored {
                score,
                result,
                path,
            } => {
                sum += score * check.weight;
                weights += check.weight;
                quality
                    .parts
                    .insert(check.name.to_owned(), (score * 1000.0).round() / 10.0);
                quality.evidence.push(Evidence {
                    check: check.name.to_owned(),
                    result,
                    score: Some((score * 1000.0).round() / 1000.0),
                    path,
                });
            }
            Outcome::Unknown(reason) => quality.unknown.push(Problem::new(check.name, reason)),
        }
    }
    if weights > 0.0 {
        let overall = (sum / weights * 1000.0).round() / 10.0;
        quality.overall = Some(overall);
        quality.grade = Some(grade(overall).to_owned());
    }
    quality
}

fn grade(overall: f64) -> &'static str {
    match overall {
        90.0.. => "A",
        80.0.. => "B",
        70.0.. => "C",
        60.0.. => "D",
        50.0.. => "E",
        _ => "F",
    }
}

/// Gives a share of two counts.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(crate) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grades_have_their_bounds() {
        for (overall, expected) in [
            (100.0, "A"),
            (90.0, "A"),
            (89.9, "B"),
            (50.0, "E"),
            (0.0, "F"),
        ] {
            assert_eq!(grade(overall), expected, "{overall}");
        }
    }

    #[test]
    fn every_check_has_its_own_name_and_a_meaning() {
        let mut names: Vec<&str> = checks::CHECKS.iter().map(|check| check.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), checks::CHECKS.len());
        for check in checks::CHECKS {
            assert!(
                check.weight > 0.0 && check.meaning.ends_with('.'),
                "{}",
                check.name
            );
        }
    }
}
