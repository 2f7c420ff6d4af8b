//! How the project was made, and how to check that it still is what was made.

use crate::{
    facts::ReadmeFacts,
    markdown::{code, code_block, paragraph},
};

pub(super) fn body(_facts: &ReadmeFacts<'_>) -> Option<String> {
    let text = format!(
        "The plan is {}: it names the repositories, their revisions and the components. {} says for every file which \
         source and which file there it comes from, what was changed, and the hash of the result. The same plan and the \
         same revisions give the same files. To check the project:",
        code("synthesis.toml"),
        code("synthesis.lock"),
    );
    Some(format!(
        "{}\n{}",
        paragraph(&text),
        code_block("sh", &["synthesizer verify .".to_owned()])
    ))
}
