//! What the project declares: what moved modules import, what member packages ask of their users, what tests need.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    ErrorCode, Failure,
    ecmascript::NpmNeedKind,
    finding::{Finding, Severity},
    synthesis::PlannedPackage,
    text::escape_untrusted,
};

use super::{input::NpmInput, ranges};

/// A package to declare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) range: String,
    pub(crate) kind: NpmNeedKind,
    pub(crate) imported_by: Vec<String>,
}

/// Merges what the sources need, sorted by name.
///
/// # Errors
/// `E_ARGUMENT` when the project would depend on its own name.
pub(crate) fn merge(
    input: &NpmInput<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Declared>, Failure> {
    #[derive(Default)]
    struct Asked<'i> {
        ranges: BTreeSet<&'i str>,
        kind: Option<NpmNeedKind>,
        by: BTreeSet<String>,
    }
    let members: BTreeSet<&str> = input
        .sources
        .iter()
        .flat_map(|source| &source.closure.packages)
        .filter(|package| package.whole)
        .filter_map(|package| package.name.as_deref())
        .collect();
    let mut asked: BTreeMap<&str, Asked<'_>> = BTreeMap::new();
    for source in &input.sources {
        for need in &source.closure.needs {
            let entry = asked.entry(&need.name).or_default();
            entry.ranges.insert(&need.range);
            entry.kind = Some(entry.kind.map_or(need.kind, |kind| kind.min(need.kind)));
            entry.by.insert(source.record.id.clone());
        }
    }
    let mut declared = Vec::new();
    for (name, asked) in asked {
        if name == input.project_name.distribution() {
            return Err(Failure::new(
                ErrorCode::Argument,
                format!(
                    "the project is called {}, and a source needs the package of that name",
                    escape_untrusted(name)
                ),
            )
            .with_hint("choose another name for the project"));
        }
        if members.contains(name) {
            findings.push(Finding::new(
                Severity::Info,
                "member-used",
                format!(
                    "{} is a member of the workspace; {} uses it where its version is in the range that is asked for",
                    escape_untrusted(name),
                    asked.by.iter().cloned().collect::<Vec<_>>().join(", ")
                ),
            ));
        }
        let range = ranges::together(asked.ranges.iter().copied());
        let range = range.unwrap_or_else(|| {
            let held = input.solved.get(name).cloned();
            let what = format!(
                "{} is asked for as {}, which cannot be written as one range; the project asks for {}",
                escape_untrusted(name),
                escape_untrusted(&asked.ranges.iter().copied().collect::<Vec<_>>().join(" and ")),
                held.as_deref().unwrap_or("the first of them")
            );
            findings.push(Finding::new(Severity::Warning, "ranges-held", what));
            held.unwrap_or_else(|| asked.ranges.first().copied().unwrap_or("*").to_owned())
        });
        declared.push(Declared {
            name: name.to_owned(),
            range,
            kind: asked.kind.unwrap_or(NpmNeedKind::Required),
            imported_by: asked.by.into_iter().collect(),
        });
    }
    Ok(declared)
}

/// Tells the packages as a plan does.
pub(crate) fn planned(declared: &[Declared]) -> Vec<PlannedPackage> {
    declared
        .iter()
        .map(|package| PlannedPackage {
            name: package.name.clone(),
            requirements: vec![format!("{}@{}", package.name, package.range)],
            extra: match package.kind {
                NpmNeedKind::Required => None,
                NpmNeedKind::Optional => Some("optionalDependencies".to_owned()),
                NpmNeedKind::Development => Some("devDependencies".to_owned()),
            },
            imported_by: package.imported_by.clone(),
        })
        .collect()
}
