//! What a person should look at: warnings and errors with their places. Good-to-know remarks are left out.

use synthesizer_model::finding::{Finding, Severity};

use crate::{
    facts::ReadmeFacts,
    markdown::{code, counted, item, markdown_escape, paragraph},
};

/// The most findings that are listed.
const MOST_FINDINGS: usize = 100;

pub(super) fn body(facts: &ReadmeFacts<'_>) -> Option<String> {
    let mut findings: Vec<&Finding> = facts
        .findings
        .iter()
        .filter(|finding| finding.severity >= Severity::Warning)
        .collect();
    if findings.is_empty() {
        return None;
    }
    findings.sort_by_key(|finding| {
        (
            std::cmp::Reverse(finding.severity),
            &finding.source,
            &finding.path,
            finding.line,
            &finding.kind,
            &finding.what,
        )
    });
    findings.dedup();
    let mut text: String = findings
        .iter()
        .take(MOST_FINDINGS)
        .map(|finding| item(&line(finding)))
        .collect();
    let left_out = findings.len().saturating_sub(MOST_FINDINGS);
    if left_out > 0 {
        let more = counted(left_out, "more finding");
        text.push_str(&format!(
            "\n{}",
            paragraph(&format!("{more} of the synthesis are not listed here."))
        ));
    }
    Some(text)
}

fn line(finding: &Finding) -> String {
    let place = [&finding.source, &finding.path]
        .into_iter()
        .flatten()
        .cloned()
        .collect::<Vec<_>>()
        .join(":");
    let place = match finding.line {
        Some(line) if finding.path.is_some() => format!("{place}:{line}"),
        Some(_) | None => place,
    };
    let what = format!(
        "{} ({})",
        markdown_escape(&finding.what),
        markdown_escape(&finding.kind)
    );
    if place.is_empty() {
        what
    } else {
        format!("{}: {what}", code(&place))
    }
}
