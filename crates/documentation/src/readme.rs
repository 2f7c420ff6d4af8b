//! The README of a synthesised project. Says only what the facts say; the same facts give the same bytes.

use crate::{
    facts::ReadmeFacts,
    markdown::{finish, markdown_escape},
    sections::SECTIONS,
};

/// Writes the README of a project.
pub fn readme(facts: &ReadmeFacts<'_>) -> String {
    let mut parts = vec![format!("# {}\n", markdown_escape(&facts.name))];
    for section in SECTIONS {
        let heading = section
            .heading
            .map(|heading| format!("## {heading}\n\n"))
            .unwrap_or_default();
        if let Some(body) = (section.body)(facts) {
            parts.push(format!("{heading}{body}"));
        }
    }
    finish(&parts.join("\n"))
}
