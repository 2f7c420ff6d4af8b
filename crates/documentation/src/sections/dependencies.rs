//! What the project depends on, and why.

use synthesizer_model::synthesis::PlannedPackage;

use crate::{
    facts::ReadmeFacts,
    markdown::{code, item, markdown_escape, paragraph},
};

pub(super) fn body(facts: &ReadmeFacts<'_>) -> Option<String> {
    if facts.packages.is_empty() {
        return Some(paragraph(facts.family.no_packages));
    }
    Some(
        facts
            .packages
            .iter()
            .map(|package| item(&line(package, facts.family.group)))
            .collect(),
    )
}

fn line(package: &PlannedPackage, group: &str) -> String {
    let requirements: Vec<String> = package.requirements.iter().map(|one| code(one)).collect();
    let mut text = if requirements.is_empty() {
        code(&package.name)
    } else {
        requirements.join(", ")
    };
    if !package.imported_by.is_empty() {
        let sources: Vec<String> = package
            .imported_by
            .iter()
            .map(|source| markdown_escape(source))
            .collect();
        text.push_str(&format!(", imported by {}", sources.join(", ")));
    }
    if let Some(extra) = &package.extra {
        text.push_str(&format!("; {group} {}", code(extra)));
    }
    text
}
