//! How many public symbols have documentation of their own.

use synthesizer_model::code::SymbolKind;

use crate::{
    known::Known,
    quality::{Check, Outcome, share},
};

pub(super) const CHECK: Check = Check {
    name: "documentation",
    weight: 2.0,
    meaning: "Share of public classes, types, functions and methods with documentation of their own.",
    run,
};

fn run(known: &Known<'_>) -> Outcome {
    let (mut public, mut documented) = (0, 0);
    let mut first_without = None;
    for (path, symbol) in known.own_symbols() {
        let counts =
            symbol.public && !matches!(symbol.kind, SymbolKind::Constant | SymbolKind::Module);
        if !counts {
            continue;
        }
        public += 1;
        documented += usize::from(symbol.documented);
        if !symbol.documented && first_without.is_none() {
            first_without = Some(format!("{path}:{}", symbol.lines.0));
        }
    }
    if public == 0 {
        return Outcome::Unknown("no language with public symbols was parsed".to_owned());
    }
    let result = format!("{documented} of {public} public symbols are documented");
    Outcome::scored(share(documented, public), result, first_without)
}
