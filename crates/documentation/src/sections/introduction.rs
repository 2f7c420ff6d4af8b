//! The first paragraph: what this project is.

use crate::{
    facts::ReadmeFacts,
    markdown::{code, counted, paragraph},
};

pub(super) fn body(facts: &ReadmeFacts<'_>) -> Option<String> {
    Some(paragraph(&format!(
        "A {} project put together by Synthesizer from {} of {}, with the template {}. The origin of every file is \
         on record in {}.",
        facts.family.name,
        counted(facts.components.len(), "component"),
        counted(facts.sources.len(), "source"),
        code(&facts.template),
        code("synthesis.lock"),
    )))
}
