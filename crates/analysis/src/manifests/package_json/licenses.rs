//! The license that a `package.json` declares: `license` as a text or an object, and the `licenses` of old packages. Guesses nothing.

use super::{Reading, shown};
use crate::{licenses::normalize_declared, manifests::json_text::Node};

/// How many entries of `licenses` are read.
const MOST: usize = 20;

/// What a manifest says of its license.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::manifests) struct License {
    /// As an SPDX expression, where SPDX knows it.
    pub spdx: Option<String>,
    /// As written, where SPDX does not know it.
    pub as_written: Option<String>,
    /// The file that `SEE LICENSE IN` names, from the manifest's folder.
    pub files: Vec<String>,
}

/// Reads the license. Of the several of `licenses`, the user may choose: they are joined with `OR`.
pub(super) fn read(reading: &mut Reading<'_>, root: &Node<'_>) -> License {
    let declared = root.get("license").and_then(text_of);
    let written = match declared {
        Some(text) => vec![text],
        None => listed(root),
    };
    if written.is_empty() {
        if let Some(node) = root.get("license").or_else(|| root.get("licenses"))
            && !node.items().is_empty()
        {
            reading.problem(node.line, "the license is in a form that is not known");
        }
        return License::default();
    }
    let see = |text: &str| {
        let start = text.get(..15)?;
        start
            .eq_ignore_ascii_case("see license in ")
            .then(|| text[15..].trim().trim_matches(['<', '>']).to_owned())
    };
    let files: Vec<String> = written.iter().filter_map(|text| see(text)).collect();
    let spdx: Option<Vec<String>> = written
        .iter()
        .map(|text| normalize_declared(Some(text), Some(text), &[]))
        .collect();
    match spdx {
        Some(expressions) => License {
            spdx: Some(joined(&expressions)),
            as_written: None,
            files,
        },
        None => License {
            spdx: None,
            as_written: Some(shown(&written.join(", "))),
            files: files.iter().map(|file| shown(file)).collect(),
        },
    }
}

/// A text, or the `type` of an object.
fn text_of<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    let text = node
        .text()
        .or_else(|| node.text_of("type"))
        .or_else(|| node.text_of("name"))?
        .trim();
    (!text.is_empty()).then_some(text)
}

fn listed<'n>(root: &'n Node<'_>) -> Vec<&'n str> {
    let lists = [root.get("licenses"), root.get("license")];
    let list = lists
        .into_iter()
        .flatten()
        .find(|node| !node.items().is_empty() || text_of(node).is_some());
    let Some(list) = list else {
        return Vec::new();
    };
    let alone = text_of(list);
    let items = list.items().iter().take(MOST).filter_map(text_of);
    alone.into_iter().chain(items).collect()
}

fn joined(expressions: &[String]) -> String {
    match expressions {
        [alone] => alone.clone(),
        several => {
            let parts: Vec<String> = several
                .iter()
                .map(|part| match part.contains(' ') && !part.starts_with('(') {
                    true => format!("({part})"),
                    false => part.clone(),
                })
                .collect();
            parts.join(" OR ")
        }
    }
}
