//! Which components, from which sources.

use crate::{
    facts::{ReadmeComponent, ReadmeFacts, ReadmeSource},
    markdown::{code_cell, markdown_escape, table},
};

/// How much of a revision is shown, in characters; the whole is in `synthesis.lock`.
const SHOWN_REVISION: usize = 12;

pub(super) fn body(facts: &ReadmeFacts<'_>) -> Option<String> {
    if facts.components.is_empty() {
        return None;
    }
    let head = [
        "Component",
        "Source",
        "Version",
        "Revision",
        "License",
        "Files",
    ];
    let rows: Vec<Vec<String>> = facts
        .components
        .iter()
        .map(|component| row(facts, component))
        .collect();
    Some(table(&head, &rows))
}

fn row(facts: &ReadmeFacts<'_>, component: &ReadmeComponent) -> Vec<String> {
    let source = facts
        .sources
        .iter()
        .find(|source| source.id == component.source);
    let of_source = |show: fn(&ReadmeSource) -> String| source.map(show).unwrap_or_default();
    vec![
        match component.name.as_str() {
            "" => "whole package".to_owned(),
            name => code_cell(name),
        },
        source.map_or_else(
            || markdown_escape(&component.source),
            |source| code_cell(&source.url),
        ),
        of_source(|source| code_cell(source.version.as_deref().unwrap_or_default())),
        of_source(|source| code_cell(&short(&source.revision))),
        of_source(|source| markdown_escape(&source.license)),
        component.files.to_string(),
    ]
}

fn short(revision: &str) -> String {
    revision.chars().take(SHOWN_REVISION).collect()
}
