//! Node and its package managers: `engines` of `package.json` advise, and npm only warns where they do not fit.

use synthesizer_model::compatibility::Verdict;

use super::judging::{Demand, RuntimeJudgement, finding, sentence, unreadable};
use crate::first_look::{contradiction::contradicting, npm_range::NpmRange};

/// The names of `engines` that are programs with versions.
pub(super) const ENGINES: [&str; 5] = ["node", "npm", "yarn", "pnpm", "bun"];

/// Compares the ranges of one engine.
pub(super) fn judge(engine: &str, demands: &[Demand<'_>], judgement: &mut RuntimeJudgement) {
    let mut ranges: Vec<NpmRange> = Vec::new();
    let mut readable: Vec<Demand<'_>> = Vec::new();
    for demand in demands {
        match NpmRange::read(demand.requirement.specifier.trim()) {
            Some(range) => {
                ranges.push(range);
                readable.push(*demand);
            }
            None => judgement.findings.push(unreadable(engine, demand)),
        }
    }
    let Some(common) = ranges
        .iter()
        .cloned()
        .reduce(|common, range| meet(&common, &range))
    else {
        return;
    };
    if !common.is_empty() {
        judgement
            .ranges
            .insert(engine.to_owned(), common.to_string());
        return;
    }
    let parties: Vec<Demand<'_>> = contradicting(&ranges, NpmRange::is_empty, meet)
        .into_iter()
        .filter_map(|member| readable.get(member))
        .copied()
        .collect();
    let what = format!(
        "{}: no version of {engine} is in all of these ranges, which npm only warns about",
        sentence(engine, &parties)
    );
    let fix = format!("choose a version of {engine} and test the others with it");
    judgement
        .findings
        .push(finding(Verdict::Conditional, what, &parties, Some(fix)));
}

/// What two ranges have in common; the first one where their alternatives multiply out of bounds.
fn meet(one: &NpmRange, other: &NpmRange) -> NpmRange {
    let both = one.meet(other);
    if both.is_simple() { both } else { one.clone() }
}
