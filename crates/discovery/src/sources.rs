//! Says what became of the question to each platform, and makes one failure of all when none answered.

use std::time::Duration;

use serde_json::json;
use synthesizer_model::{
    ErrorCode, Failure,
    discovery::{SourceReport, SourceState},
};

use crate::{
    platforms::{Access, Platform},
    rounds::Source,
};

/// Gives the state that a failure means.
pub(crate) fn state_of(failure: &Failure) -> SourceState {
    match failure.code {
        ErrorCode::Timeout => SourceState::Timeout,
        ErrorCode::RateLimited => SourceState::RateLimited,
        ErrorCode::CircuitOpen => SourceState::CircuitOpen,
        ErrorCode::Authentication => SourceState::Unauthorized,
        ErrorCode::Offline => SourceState::Offline,
        ErrorCode::Url
        | ErrorCode::Path
        | ErrorCode::Query
        | ErrorCode::Argument
        | ErrorCode::NotFound
        | ErrorCode::Forbidden
        | ErrorCode::Upstream
        | ErrorCode::Unsatisfiable
        | ErrorCode::Incompatible
        | ErrorCode::Verify
        | ErrorCode::Exists
        | ErrorCode::Limit
        | ErrorCode::ToolMissing
        | ErrorCode::Cancelled
        | ErrorCode::Config
        | ErrorCode::Internal => SourceState::Failed,
    }
}

/// Reports on a platform that takes part.
pub(crate) fn report(source: &Source<'_>) -> SourceReport {
    let said = &source.said;
    let failure = source.failure.as_ref().map(|(_, failure)| failure.clone());
    let mut remarks = source.platform.remarks();
    remarks.extend(said.remarks.iter().cloned());
    if said.seen_before > 0 {
        remarks.push(format!(
            "{} entries belong to repositories of earlier rounds and are not listed again",
            said.seen_before
        ));
    }
    let status = match (&failure, source.ended) {
        (Some(failure), _) if source.pages == 0 => state_of(failure),
        (None, Some(ended)) => {
            remarks.push(
                "it failed on an earlier page of this search and is asked no further; start again without a cursor to ask it"
                    .to_owned(),
            );
            if ended.pages == 0 {
                ended.state
            } else {
                SourceState::Partial
            }
        }
        (Some(_), _) => SourceState::Partial,
        (None, None) if said.stale => SourceState::Stale,
        (None, None) if said.partial => SourceState::Partial,
        (None, None) => SourceState::Ok,
    };
    let service = source.platform.service.as_ref();
    SourceReport {
        platform: source.platform.name().to_owned(),
        status,
        count: said.count,
        total: said.total,
        filtered_out: said.filtered_out,
        duration_ms: milliseconds(said.time),
        retry_after_seconds: failure
            .as_ref()
            .and_then(|failure| failure.retry_after_seconds),
        error: failure,
        quota: service.and_then(|service| service.report().quota),
        age_seconds: said.age.map(|age| age.as_secs()),
        remarks,
    }
}

/// Reports on a platform that was named and is not enabled; `None` for one that is.
pub(crate) fn disabled_report(platform: &Platform) -> Option<SourceReport> {
    let Access::Disabled { .. } = &platform.access else {
        return None;
    };
    Some(SourceReport {
        platform: platform.name().to_owned(),
        status: SourceState::Disabled,
        count: 0,
        total: None,
        filtered_out: 0,
        duration_ms: 0,
        error: platform.client().err(),
        retry_after_seconds: None,
        quota: None,
        age_seconds: None,
        remarks: platform.remarks(),
    })
}

/// Makes the failure of a search to which nobody had an answer.
///
/// The code is that of all failures when they agree, else `E_UPSTREAM`; the message names each platform with its reason.
pub(crate) fn failure_of_all(reports: &[SourceReport]) -> Failure {
    let failures: Vec<(&str, &Failure)> = reports
        .iter()
        .filter(|report| report.status != SourceState::Disabled)
        .filter_map(|report| Some((report.platform.as_str(), report.error.as_ref()?)))
        .collect();
    let mut codes = failures.iter().map(|(_, failure)| failure.code);
    // Switched off is switched off, also where something else is missing besides.
    let offline = failures
        .iter()
        .any(|(_, failure)| failure.code == ErrorCode::Offline);
    let code = match codes.next() {
        _ if offline => ErrorCode::Offline,
        Some(first) if codes.all(|code| code == first) => first,
        _ => ErrorCode::Upstream,
    };
    let reasons: Vec<String> = failures
        .iter()
        .map(|(platform, failure)| format!("{platform}: {}", failure.message))
        .collect();
    let message = match reasons.as_slice() {
        [] => "no platform answered".to_owned(),
        reasons => format!("no platform answered ({})", reasons.join("; ")),
    };
    let mut failure = Failure::new(code, message).with_details(json!({ "sources": reports }));
    let mut hints = failures.iter().map(|(_, failure)| failure.hint.as_ref());
    let first = hints.next().flatten();
    failure.hint = match first.filter(|first| hints.all(|hint| hint == Some(first))) {
        Some(hint) => Some(hint.clone()),
        None if failures.len() == 1 => None,
        None => Some("see the state of each with `synthesizer platforms`".to_owned()),
    };
    failure.retry_after_seconds = failures
        .iter()
        .filter_map(|(_, failure)| failure.retry_after_seconds)
        .min();
    failure
}

/// Gives whole milliseconds.
pub(crate) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
