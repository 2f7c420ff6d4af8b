//! How many functions say the types of their parameters and results, where the language leaves it open.

use crate::{
    known::Known,
    quality::{Check, Outcome, share},
};

pub(super) const CHECK: Check = Check {
    name: "types",
    weight: 1.0,
    meaning: "Share of functions with all types written, in languages where types are optional.",
    run,
};

fn run(known: &Known<'_>) -> Outcome {
    let (mut all, mut typed) = (0, 0);
    let mut first_without = None;
    for (path, symbol) in known.own_symbols() {
        let Some(is_typed) = symbol.typed else {
            continue;
        };
        all += 1;
        typed += usize::from(is_typed);
        if !is_typed && first_without.is_none() {
            first_without = Some(format!("{path}:{}", symbol.lines.0));
        }
    }
    if all == 0 {
        return Outcome::Unknown("no language with optional types was parsed".to_owned());
    }
    let result = format!("{typed} of {all} functions have all their types written");
    Outcome::scored(share(typed, all), result, first_without)
}
