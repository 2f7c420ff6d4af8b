//! What cargo says when it fails, as a failure. Repeats nothing of its text, which may hold addresses of the user's mirror.

use synthesizer_model::failure::{ErrorCode, Failure};

use super::wanted::Wanted;
use crate::process::ChildOutput;

/// A failure, the parts of cargo's text of which any tells it, what to say of the crate, and what to do.
type Explanation = (
    ErrorCode,
    &'static [&'static str],
    fn(&str) -> String,
    &'static str,
);

/// In the order in which they are looked for.
const EXPLANATIONS: &[Explanation] = &[
    (
        ErrorCode::ToolMissing,
        &[
            "no such command: `info`",
            "no such subcommand: `info`",
            "'--ignore-rust-version'",
        ],
        |_| "cargo is older than 1.82 and cannot be asked for one crate".to_owned(),
        "update it: rustup update stable",
    ),
    (
        ErrorCode::ToolMissing,
        &[
            "could not choose a version of",
            "no default toolchain",
            "is not installed",
            "is not applicable to the",
        ],
        |_| "rustup has no toolchain with cargo".to_owned(),
        "install one: rustup default stable",
    ),
    (
        ErrorCode::Upstream,
        &["failed to verify the checksum"],
        |shown| format!("the archive of {shown} has another checksum than the registry announces"),
        "try again; if it stays so, do not use the crate from this registry",
    ),
    (
        ErrorCode::Offline,
        &["--offline", "offline mode", "`net.offline`"],
        |shown| format!("cargo is switched offline and cannot bring {shown}"),
        "remove `net.offline` from your cargo configuration",
    ),
    (
        ErrorCode::Authentication,
        &[
            "got 401",
            "got 403",
            "no token found",
            "token rejected",
            "require a credential-provider",
            "credential provider",
        ],
        |shown| format!("the registry refuses to give {shown}"),
        "check the credentials of the registry in your cargo configuration",
    ),
    (
        ErrorCode::RateLimited,
        &["got 429"],
        |shown| format!("the registry limits the rate and refuses {shown} for now"),
        "try again later",
    ),
    (
        ErrorCode::NotFound,
        &[
            "could not find `",
            "could not be found in registry index",
            "got 404",
            "got 410",
        ],
        |shown| format!("the registry has no {shown}"),
        "check the spelling of the name and the version; a yanked version cannot be had",
    ),
    (
        ErrorCode::NotFound,
        // The first when cargo had nothing to download, the others when the folder has not got it.
        &[
            "failed to unpack package",
            "directory source",
            "local registry",
        ],
        |shown| format!("cargo takes {shown} from a folder of this machine"),
        "name that folder instead",
    ),
];

/// What cargo's text tells of the network.
const REASONS: &[(&str, &str)] = &[
    ("resolve host", "the host has no address"),
    ("connect to server", "connection refused"),
    ("SSL", "no secure connection"),
    ("imeout", "timed out"),
    ("partial file", "broken off"),
    ("got 5", "failure of the server"),
];

/// Turns the end of cargo into a failure.
pub(super) fn explain(output: &ChildOutput, wanted: &Wanted<'_>) -> Failure {
    let text = output.stderr_text();
    let has = |part: &&str| text.contains(*part);
    // The bound on a file's size ends it by a signal.
    if output.status.is_none() || has(&"memory allocation of") {
        return wanted.too_large();
    }
    let found = EXPLANATIONS
        .iter()
        .find(|(_, parts, _, _)| parts.iter().any(has));
    if let Some((code, _, message, hint)) = found {
        return Failure::new(*code, message(&wanted.shown())).with_hint(*hint);
    }
    if output.success() {
        return another(wanted);
    }
    let reason = REASONS
        .iter()
        .find(|(part, _)| has(part))
        .map_or_else(String::new, |(_, reason)| format!(" ({reason})"));
    Failure::new(
        ErrorCode::Upstream,
        format!("cargo cannot download {}{reason}", wanted.shown()),
    )
    .with_hint("check the network and the registry in your cargo configuration")
}

/// Makes the failure of an answer that is not about what was asked.
pub(super) fn another(wanted: &Wanted<'_>) -> Failure {
    Failure::new(
        ErrorCode::Upstream,
        format!("cargo brought something else than {}", wanted.shown()),
    )
}
