//! One moved Rust file: the kept parts with their replacements. What cannot be changed as asked is an error finding, never half done.

use std::collections::BTreeSet;

use bytes::Bytes;
use synthesizer_model::{
    finding::{Finding, Severity},
    text::{ByteRange, escape_untrusted},
    tree::TreePath,
};

use crate::{
    rewriting::{Rewritten, Transform, edits::Edits, mark},
    source::{SourceFile, SourceRecord},
};

/// A Rust file on its way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MovedRust<'a> {
    /// Its source.
    pub(crate) record: &'a SourceRecord,
    /// Its path in the source.
    pub(crate) path: &'a TreePath,
    /// It as it is.
    pub(crate) contents: &'a SourceFile,
    /// Replacements, sorted by place.
    pub(crate) edits: &'a [(ByteRange, String)],
    /// The parts to keep; `None` for the whole file.
    pub(crate) kept: Option<&'a [ByteRange]>,
    /// What stands before the kept parts.
    pub(crate) header: &'a str,
}

/// Rewrites one file. Total: what it cannot do becomes a finding.
pub(crate) fn rewrite(moved: &MovedRust<'_>) -> Rewritten {
    let unchanged = |findings| Rewritten {
        contents: moved.contents.bytes.clone(),
        transforms: BTreeSet::from([Transform::Moved]),
        findings,
    };
    if moved.edits.is_empty() && moved.kept.is_none() {
        return unchanged(Vec::new());
    }
    let Some((text, transforms)) = changed(moved) else {
        let finding = Finding::new(
            Severity::Error,
            "not-rewritten",
            "the file could not be changed as it has to be",
        );
        let finding = finding.at(moved.path.as_str(), None).of(&moved.record.id);
        return unchanged(vec![finding]);
    };
    Rewritten {
        contents: Bytes::from(text),
        transforms,
        findings: Vec::new(),
    }
}

fn changed(moved: &MovedRust<'_>) -> Option<(String, BTreeSet<Transform>)> {
    let text = std::str::from_utf8(&moved.contents.bytes).ok()?;
    let mut transforms = BTreeSet::from([Transform::Moved]);
    let mut edits = Edits::new(text);
    for (range, replacement) in moved.edits {
        edits.replace(*range, replacement.as_str()).ok()?;
        transforms.insert(Transform::PathsRewritten);
    }
    if let Some(kept) = moved.kept {
        let beginning = leading_comments(text);
        let mut position = beginning;
        for range in kept {
            range.of(text)?;
            // What is between two kept parts goes, but for the line's end.
            let gap = ByteRange::new(position, range.start);
            let between = gap.of(text)?;
            if !between.trim().is_empty() {
                let joint = if position == beginning { "" } else { "\n\n" };
                edits.replace(gap, joint).ok()?;
            }
            position = range.end;
        }
        let rest = ByteRange::new(position, text.len());
        if !rest.of(text)?.trim().is_empty() {
            edits.replace(rest, "\n").ok()?;
        }
        transforms.insert(Transform::ItemsLeftOut);
    }
    let mut text = edits.apply();
    if !moved.header.is_empty() {
        text = format!("{}\n{}", moved.header, text.trim_start_matches('\u{feff}'));
    }
    if moved.record.marks_changes {
        transforms.insert(Transform::MarkedChanged);
        text = mark::insert(&text, &marked(moved, &transforms));
    }
    Some((text, transforms))
}

/// Gives the end of the comments at a file's top, which tell its license.
fn leading_comments(text: &str) -> usize {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        let line_text = line.trim_start_matches('\u{feff}').trim();
        let is_comment = line_text.starts_with("//") && !line_text.starts_with("//!");
        if !is_comment || line_text.starts_with("///") {
            break;
        }
        end += line.len();
    }
    end
}

fn marked(moved: &MovedRust<'_>, transforms: &BTreeSet<Transform>) -> String {
    let done: Vec<&str> = transforms.iter().filter_map(|one| one.describe()).collect();
    let license = moved.record.license.as_deref().unwrap_or("unknown license");
    let text = format!(
        "Changed from {} of {} ({license}): {}.",
        moved.path,
        moved.record.title(),
        done.join(", ")
    );
    format!("// {}", escape_untrusted(&text).replace(['\n', '\r'], " "))
}

#[cfg(test)]
mod tests {
    use synthesizer_model::tree::{Blob, Origin};

    use super::*;

    fn check(text: &str, kept: Option<&[&str]>, edits: &[(&str, &str)], expected: &str) {
        let range = |part: &str| {
            let start = text.find(part).expect(part);
            ByteRange::new(start, start + part.len())
        };
        let blob = Blob::new(Bytes::copy_from_slice(text.as_bytes()));
        let record = SourceRecord {
            id: "a".to_owned(),
            origin: Origin {
                slug: "a".to_owned(),
                url: "./a".to_owned(),
                revision: "tree:0".to_owned(),
                version: None,
                platform: "local".to_owned(),
            },
            distribution: None,
            license: Some("MIT".to_owned()),
            marks_changes: false,
            destination: None,
            texts: Vec::new(),
        };
        let kept: Option<Vec<ByteRange>> =
            kept.map(|kept| kept.iter().map(|part| range(part)).collect());
        let edits: Vec<(ByteRange, String)> = edits
            .iter()
            .map(|(part, new)| (range(part), (*new).to_owned()))
            .collect();
        let rewritten = rewrite(&MovedRust {
            record: &record,
            path: &TreePath::new("src/lib.rs").expect("a path"),
            contents: &SourceFile {
                bytes: blob.bytes,
                blob: blob.id,
                executable: false,
                spdx_header: None,
            },
            edits: &edits,
            kept: kept.as_deref(),
            header: "",
        });
        assert_eq!(rewritten.findings, [], "{text}");
        assert_eq!(String::from_utf8_lossy(&rewritten.contents), expected);
    }

    #[test]
    fn only_the_kept_parts_stay_with_their_changes() {
        let text = "//! Docs.\n#![no_std]\nmod a;\nmod b;\n/// C.\nmod c;\n";
        check(text, None, &[], text);
        check(
            text,
            Some(&["#![no_std]", "mod a;", "/// C.\nmod c;"]),
            &[("mod c", "pub mod c")],
            "#![no_std]\nmod a;\n\n/// C.\npub mod c;\n",
        );
        check(text, Some(&[]), &[], "\n");
        let licensed = "// SPDX-License-Identifier: MIT\n//! Docs.\nmod a;\nmod b;\n";
        check(
            licensed,
            Some(&["mod b;"]),
            &[],
            "// SPDX-License-Identifier: MIT\nmod b;\n",
        );
        check(
            "include_str!(\"../x\")",
            None,
            &[("../x", "y")],
            "include_str!(\"y\")",
        );
    }
}
