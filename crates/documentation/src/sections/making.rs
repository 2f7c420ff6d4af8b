//! How the project was made, and how to check that it still is what was made.

use crate::{
    facts::ReadmeFacts,
    markdown::{code, code_block, paragraph},
};

const COMMANDS: [&str; 3] = [
    "synthesizer verify .",
    "synthesizer verify . --locked",
    "synthesizer update . --dry-run",
];

pub(super) fn body(_facts: &ReadmeFacts<'_>) -> Option<String> {
    let text = format!(
        "The plan is {}: it names the repositories, their revisions and the components. {} says for every file which \
         source and which file there it comes from, what was changed, and the hash of the result. The same plan and the \
         same revisions give the same files. To check the project, to make it again of its \
         sources and compare, and to see what newer sources would change:",
        code("synthesis.toml"),
        code("synthesis.lock"),
    );
    Some(format!(
        "{}\n{}",
        paragraph(&text),
        code_block("sh", &COMMANDS.map(str::to_owned))
    ))
}
