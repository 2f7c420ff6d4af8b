//! How many functions have too many branches to be read at once.

use crate::{
    known::Known,
    quality::{Check, Outcome, share},
};

/// The bound that McCabe proposed.
const BOUND: u32 = 10;
/// From this share of functions over the bound on, the score is 0.
const WORST_SHARE: f64 = 0.2;

pub(super) const CHECK: Check = Check {
    name: "complexity",
    weight: 1.0,
    meaning: "Share of functions with a cyclomatic complexity of at most 10; none from a fifth over it.",
    run,
};

fn run(known: &Known<'_>) -> Outcome {
    let (mut all, mut complex) = (0, 0);
    let mut worst: Option<(u32, String)> = None;
    for (path, symbol) in known.own_symbols() {
        let Some(complexity) = symbol.complexity else {
            continue;
        };
        all += 1;
        complex += usize::from(complexity > BOUND);
        if worst.as_ref().is_none_or(|(known, _)| complexity > *known) {
            worst = Some((complexity, format!("{path}:{}", symbol.lines.0)));
        }
    }
    let Some((most, place)) = worst else {
        return Outcome::Unknown("no functions were parsed".to_owned());
    };
    let result = format!(
        "{complex} of {all} functions have a cyclomatic complexity over {BOUND}; the most is {most}"
    );
    Outcome::scored(1.0 - share(complex, all) / WORST_SHARE, result, Some(place))
}
