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
    (!statements.is_empty()).then(|| code_block("python", &statements))
}

pub(super) fn commands(facts: &ReadmeFacts<'_>) -> Option<String> {
    let mut needs = String::from("It needs [uv](https://docs.astral.sh/uv/)");
    if !facts.requires_python.is_empty() {
        needs.push_str(&format!(" and Python {}", code(&facts.requires_python)));
    }
    needs.push_str(&format!(
        "; the versions of all dependencies are in {}.",
        code("uv.lock")
    ));
    let mut lines = vec!["uv sync".to_owned()];
    if facts.tests {
        lines.push("uv run pytest".to_owned());
    }
    Some(format!(
        "{}\n{}",
        paragraph(&needs),
        code_block("sh", &lines)
    ))
}
