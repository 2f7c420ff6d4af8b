//! How to import, install and test the project.

use crate::{
    facts::ReadmeFacts,
    markdown::{code, code_block, paragraph},
};

pub(super) fn imports(facts: &ReadmeFacts<'_>) -> Option<String> {
    let mut statements: Vec<String> = Vec::new();
    for component in &facts.components {
        if !component.import_as.is_empty() && !statements.contains(&component.import_as) {
            statements.push(component.import_as.clone());
        }
    }
    (!statements.is_empty()).then(|| code_block(facts.family.language, &statements))
}

pub(super) fn commands(facts: &ReadmeFacts<'_>) -> Option<String> {
    let family = &facts.family;
    let mut needs = family.needs.to_owned();
    if !facts.requires_python.is_empty() {
        let versions = code(&facts.requires_python);
        needs.push_str(&format!(" and {} {versions}", family.runtime));
    }
    needs.push_str(&format!(
        "; the versions of all dependencies are in {}.",
        code(family.lock)
    ));
    let mut lines = facts.commands.clone();
    if lines.is_empty() {
        let usual = family.commands.iter().map(|line| (*line).to_owned());
        lines.extend(usual.take(if facts.tests { usize::MAX } else { 1 }));
    }
    Some(format!(
        "{}\n{}",
        paragraph(&needs),
        code_block("sh", &lines)
    ))
}
