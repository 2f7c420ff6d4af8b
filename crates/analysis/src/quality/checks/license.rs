//! Whether it is clear under which license the project may be used.

use crate::{
    known::Known,
    quality::{Check, Outcome},
};

pub(super) const CHECK: Check = Check {
    name: "license",
    weight: 1.0,
    meaning: "A license is declared, its text is there and recognized, and nothing contradicts it.",
    run,
};

fn run(known: &Known<'_>) -> Outcome {
    let licenses = known.licenses;
    let text = licenses
        .detected
        .iter()
        .find(|found| found.confidence >= 0.9);
    let path = text.map(|found| found.path.clone());
    let (score, result) = match (&licenses.declared, text, licenses.disagreements.first()) {
        (_, _, Some(disagreement)) => (0.5, disagreement.clone()),
        (Some(declared), Some(_), None) => (1.0, format!("{declared}, declared and with its text")),
        (Some(declared), None, None) => (
            0.7,
            format!("{declared} is declared; its text is not there"),
        ),
        (None, Some(found), None) => (
            0.7,
            format!(
                "the text of {} is there; no manifest declares it",
                found.spdx
            ),
        ),
        (None, None, None) => (
            0.0,
            "no license is declared, and no license text is recognized".to_owned(),
        ),
    };
    Outcome::scored(score, result, path)
}
