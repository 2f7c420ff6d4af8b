//! Ranges of Python: there must be a version in all of them.

use synthesizer_model::compatibility::{CompatibilityFinding, Verdict};

use super::judging::{Demand, RuntimeJudgement, finding, sentence, shown, unreadable};
use crate::{first_look::contradiction::contradicting, python_range::PythonRange};

/// Compares the ranges, and the version that was asked for.
pub(super) fn judge(
    demands: &[Demand<'_>],
    python_version: Option<&str>,
    judgement: &mut RuntimeJudgement,
) {
    let mut ranges: Vec<PythonRange> = Vec::new();
    let mut readable: Vec<Demand<'_>> = Vec::new();
    for demand in demands {
        match PythonRange::parse(demand.requirement.specifier.trim()) {
            Some(range) => {
                ranges.push(range);
                readable.push(*demand);
            }
            None => judgement.findings.push(unreadable("Python", demand)),
        }
    }
    let chosen = python_version.and_then(|text| {
        let range = PythonRange::of_version(text);
        if range.is_none() {
            let what = format!(
                "the Python version asked for, `{}`, cannot be read",
                shown(text)
            );
            judgement
                .findings
                .push(finding(Verdict::Unknown, what, &[], None));
        }
        range.map(|range| (text, range))
    });
    ranges.extend(chosen.iter().map(|(_, range)| range.clone()));
    let Some(common) = ranges
        .iter()
        .cloned()
        .reduce(|common, range| common.intersect(&range))
    else {
        return;
    };
    if !common.is_empty() {
        let specifier = match common.specifier() {
            specifier if specifier.is_empty() => "any".to_owned(),
            specifier => specifier,
        };
        judgement.ranges.insert("python".to_owned(), specifier);
        return;
    }
    let members = contradicting(&ranges, PythonRange::is_empty, PythonRange::intersect);
    let parties: Vec<Demand<'_>> = members
        .iter()
        .filter_map(|member| readable.get(*member))
        .copied()
        .collect();
    // The version that was asked for is the last range.
    let is_asked = |member: &usize| *member == readable.len();
    let asked = chosen
        .filter(|_| members.iter().any(is_asked))
        .map(|(text, _)| text);
    judgement.findings.push(disjoint(&parties, asked));
}

fn disjoint(parties: &[Demand<'_>], asked: Option<&str>) -> CompatibilityFinding {
    let needs = sentence("Python", parties);
    let (what, fix) = match asked {
        Some(version) => (
            format!(
                "{needs}, and Python {} was asked for: no version of Python suits all",
                shown(version)
            ),
            "ask for another version of Python, or widen the range that leaves it out",
        ),
        None => (
            format!("{needs}: no version of Python suits all"),
            "widen one of these ranges, or take another release of one of them",
        ),
    };
    finding(Verdict::Incompatible, what, parties, Some(fix.to_owned()))
}
