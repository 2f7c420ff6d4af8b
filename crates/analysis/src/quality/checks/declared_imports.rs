//! Whether the packages that the code imports are declared.

use synthesizer_model::source_file::FileRole;

use crate::{
    known::Known,
    quality::{Check, Outcome, share},
};

pub(super) const CHECK: Check = Check {
    name: "declared-imports",
    weight: 1.0,
    meaning: "Share of the packages from elsewhere that the project's own code imports and some manifest of it declares.",
    run,
};

fn run(known: &Known<'_>) -> Outcome {
    if known.inventory.own().next().is_none() {
        return Outcome::Unknown("no manifest was read".to_owned());
    }
    let families: Vec<_> = known
        .inventory
        .own()
        .map(|project| project.ecosystem)
        .collect();
    let imported: Vec<_> = known
        .imports
        .packages
        .iter()
        .filter(|package| package.role == FileRole::Source)
        .filter(|package| families.contains(&package.ecosystem))
        .collect();
    if imported.is_empty() {
        return Outcome::Unknown("the code imports nothing from elsewhere".to_owned());
    }
    let missing: Vec<_> = imported
        .iter()
        .filter(|package| package.declared.is_none())
        .collect();
    let names: Vec<&str> = missing
        .iter()
        .take(5)
        .map(|package| package.package.as_str())
        .collect();
    let mut result = format!(
        "{} of {} imported packages are declared",
        imported.len() - missing.len(),
        imported.len()
    );
    if !names.is_empty() {
        result.push_str(&format!("; not: {}", names.join(", ")));
    }
    let place = missing.first().map(|package| package.first.clone());
    Outcome::scored(
        share(imported.len() - missing.len(), imported.len()),
        result,
        place,
    )
}
