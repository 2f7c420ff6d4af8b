//! Under which licenses the parts are, and where the texts are. Gives no legal advice.

use crate::{
    facts::ReadmeFacts,
    markdown::{code, item, markdown_escape, paragraph},
};

pub(super) fn body(facts: &ReadmeFacts<'_>) -> Option<String> {
    if facts.sources.is_empty() {
        return None;
    }
    let mut text = paragraph(&format!(
        "Each part keeps the license of its source. The texts are in {}, the notices in {}, and the license of each file \
         is in {}.",
        code("LICENSES/"),
        code("NOTICE"),
        code("synthesis.lock"),
    ));
    text.push('\n');
    for source in &facts.sources {
        let license = markdown_escape(&source.license);
        let remark = if source.license == "unknown" {
            "; ask its authors before you pass it on"
        } else {
            ""
        };
        text.push_str(&item(&format!(
            "{} ({}): {license}{remark}",
            markdown_escape(&source.id),
            code(&source.url)
        )));
    }
    Some(text)
}
