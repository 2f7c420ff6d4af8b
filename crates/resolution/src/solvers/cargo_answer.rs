//! Reading what cargo says when it does not lock. Knows its phrases; knows nothing of repositories.
//!
//! Phrases: src/cargo/core/resolver/errors.rs and src/cargo/sources/registry of rust-lang/cargo.

use synthesizer_model::failure::{ErrorCode, Failure};

use super::{cargo_program::missing, solver_text::one_line};

/// How much of cargo's text is read, in characters.
const LONGEST_TEXT: usize = 1_000_000;
/// The most lines of one way that are read; a real one is as deep as a graph of packages.
const LONGEST_WAY: usize = 200;
/// The most reasons that are read.
const MOST_REASONS: usize = 50;

/// Why cargo did not lock.
#[derive(Debug, Clone)]
pub(super) enum Refusal {
    /// Requirements contradict each other; cargo tried everything.
    Clash(Clash),
    /// The registry has no such package, or none of its versions will do.
    Lack(Lack),
    /// It cannot be told; the reason, as a sentence without its full stop.
    Unknown(String),
    /// cargo could not do its work.
    Failed(Failure),
}

/// A package in one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) name: String,
    pub(super) version: String,
}

/// A way from a package up to the member that it is there for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    /// The package at its end.
    pub(super) package: Taken,
    /// Who asks for it, and so on up to the member: the key and the versions asked for, and the asker.
    pub(super) askers: Vec<(String, String, Taken)>,
}

/// A contradiction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clash {
    /// The package of which no version could be taken.
    pub(super) package: String,
    /// The versions asked for.
    pub(super) versions: String,
    /// Who asks for it.
    pub(super) asker: Way,
    /// What stands against it.
    pub(super) reasons: Vec<Reason>,
}

/// What stands against a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    /// Another package links to the same native library.
    Links(String, Way),
    /// The package has no such feature.
    Feature(String),
    /// Another version was taken before.
    Selected(Way),
}

/// A package or a version that is not to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lack {
    /// The package.
    pub(super) package: String,
    /// The versions asked for; `None` when there is no such package at all.
    pub(super) versions: Option<String>,
    /// Who asks for it.
    pub(super) asker: Way,
    /// Whether versions that would do were withdrawn.
    pub(super) yanked: bool,
}

/// Phrases by which cargo says that the network or a registry failed.
const UPSTREAM: &[&str] = &[
    "failed to download",
    "download of",
    "Could not connect",
    "Could not resolve",
    "Couldn't connect",
    "Couldn't resolve",
    "network failure",
    "spurious network error",
    "Timeout was reached",
    "timed out",
    "failed to get successful HTTP response",
    "failed to fetch",
    "SSL",
    "certificate",
    "unable to update registry",
    "failed to query replaced source",
    "attempting to make an HTTP request",
];

/// Phrases after which nobody knows whether a newer cargo would find a version.
const TOO_NEW: &[&str] = &[
    "requires a Cargo version that supports",
    "requires cargo",
    "index entry is invalid",
    "invalid index entry",
];

/// Reads cargo's standard error after it ended with a status other than 0.
pub(super) fn read(stderr: &str, offline: bool) -> Refusal {
    let text: String = stderr.chars().take(LONGEST_TEXT).collect();
    let offline = offline || text.contains("you're using offline mode");
    let text = text
        .split("As a reminder, you're using offline mode")
        .next()
        .unwrap_or("");
    let error = match text.find("error: ") {
        Some(at) => &text[at + "error: ".len()..],
        None => text,
    };
    let answer = if error.starts_with("failed to select a version for the requirement") {
        read_lack(error).map(Refusal::Lack)
    } else if error.starts_with("failed to select a version for") {
        read_clash(error).map(Refusal::Clash)
    } else if error.starts_with("no matching package") {
        read_absence(error).map(Refusal::Lack)
    } else {
        None
    };
    let Some(answer) = answer else {
        return read_failure(error, offline);
    };
    // Without the network, cargo knows only what it has downloaded before.
    if offline {
        let about = match &answer {
            Refusal::Lack(lack) => format!(" of {}", lack.package),
            _ => String::new(),
        };
        return Refusal::Unknown(format!(
            "the network is switched off and the cache does not have the versions{about} that are needed"
        ));
    }
    if let Refusal::Lack(lack) = &answer
        && TOO_NEW.iter().any(|phrase| error.contains(phrase))
    {
        return Refusal::Unknown(format!(
            "versions of {} need a newer cargo, or their entries cannot be read",
            lack.package
        ));
    }
    answer
}

fn read_failure(error: &str, offline: bool) -> Refusal {
    let first = one_line(error);
    if error.contains("could not execute process") && error.contains("rustc") {
        return Refusal::Failed(missing(
            "cargo cannot start rustc, which it asks for its version",
        ));
    }
    let of_rustup = [
        "rustup ",
        "toolchain ",
        "override toolchain ",
        "no override",
    ];
    if of_rustup.iter().any(|phrase| error.starts_with(phrase)) {
        return Refusal::Failed(missing(format!("cargo cannot be started: {first}")));
    }
    if UPSTREAM.iter().any(|phrase| error.contains(phrase)) {
        if offline {
            let reason = "the network is switched off and the cache does not have what is needed";
            return Refusal::Unknown(reason.to_owned());
        }
        return Refusal::Failed(upstream(error));
    }
    if error.contains("config.toml") || error.contains("configuration") {
        let failure = Failure::new(
            ErrorCode::Config,
            format!("cargo refuses its configuration: {first}"),
        );
        return Refusal::Failed(failure.with_hint("correct cargo's own configuration file"));
    }
    Refusal::Failed(Failure::internal(format!("cargo could not lock: {first}")))
}

fn upstream(error: &str) -> Failure {
    // The last cause says what went wrong; what stands behind it in parentheses names the host.
    let last = error.rsplit("Caused by:").next().unwrap_or(error);
    let line = last.lines().map(str::trim).find(|line| !line.is_empty());
    let reason = line.unwrap_or("").split(" (").next().unwrap_or("");
    let denied = [
        "got 401",
        "got 403",
        "[401]",
        "[403]",
        "no token found",
        "credential",
    ];
    if denied.iter().any(|phrase| error.contains(phrase)) {
        return Failure::new(
            ErrorCode::Authentication,
            "the package registry refuses the credentials of cargo",
        )
        .with_hint("check the registry credentials in cargo's own configuration");
    }
    let hint = if error.contains("certificate") {
        "set SSL_CERT_FILE or CARGO_HTTP_CAINFO to your certificates"
    } else {
        "check the network and cargo's own registry configuration, or work from the cache with --offline"
    };
    Failure::new(
        ErrorCode::Upstream,
        format!(
            "cargo could not reach the package registry: {}",
            one_line(reason)
        ),
    )
    .with_hint(hint)
}

/// "failed to select a version for `NAME`."
fn read_clash(error: &str) -> Option<Clash> {
    let lines: Vec<&str> = error.lines().collect();
    let package = quoted(lines.first()?)?.to_owned();
    let asker = way(&lines, 1)?;
    let versions = lines
        .iter()
        .find_map(|line| line.strip_prefix("versions that meet the requirements "))
        .and_then(quoted)
        .unwrap_or_default()
        .to_owned();
    let mut reasons = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if reasons.len() == MOST_REASONS {
            break;
        }
        if line.contains("` links to the native library `") {
            if let (Some(library), Some(way)) = (nth_quoted(line, 1), way(&lines, at + 1)) {
                reasons.push(Reason::Links(library.to_owned(), way));
            }
        } else if line.contains("` with feature `") {
            let feature = line.split("` with feature `").nth(1);
            if let Some(feature) = feature.and_then(|rest| rest.split('`').next()) {
                reasons.push(Reason::Feature(feature.to_owned()));
            }
        } else if line
            .trim_start()
            .starts_with("previously selected package ")
            && let Some(way) = way(&lines, at)
        {
            reasons.push(Reason::Selected(way));
        }
    }
    Some(Clash {
        package,
        versions,
        asker,
        reasons,
    })
}

/// "failed to select a version for the requirement `NAME = "VERSIONS"`"
fn read_lack(error: &str) -> Option<Lack> {
    let lines: Vec<&str> = error.lines().collect();
    let (package, versions) = requirement(quoted(lines.first()?)?)?;
    let at = required_by(&lines)?;
    Some(Lack {
        package,
        versions: Some(versions),
        asker: way(&lines, at)?,
        yanked: lines.iter().any(|line| line.ends_with(" is yanked")),
    })
}

/// "no matching package named `NAME` found", and the form with suggestions.
fn read_absence(error: &str) -> Option<Lack> {
    let lines: Vec<&str> = error.lines().collect();
    let named = lines.iter().find(|line| {
        line.starts_with("no matching package named") || line.starts_with("searched package name")
    })?;
    let at = required_by(&lines)?;
    Some(Lack {
        package: quoted(named)?.to_owned(),
        versions: None,
        asker: way(&lines, at)?,
        yanked: false,
    })
}

fn required_by(lines: &[&str]) -> Option<usize> {
    lines
        .iter()
        .position(|line| line.starts_with("required by package "))
}

/// Reads the way whose first package stands on the given line, and the lines after it that go further up.
fn way(lines: &[&str], at: usize) -> Option<Way> {
    let package = taken(quoted(lines.get(at)?)?)?;
    let mut askers = Vec::new();
    for line in lines.iter().skip(at + 1).take(LONGEST_WAY) {
        let Some(rest) = line.trim_start().strip_prefix("... which satisfies ") else {
            break;
        };
        let (key, versions) = requirement(quoted(rest)?)?;
        let asker = taken(nth_quoted(rest, 1)?)?;
        askers.push((key, versions, asker));
    }
    Some(Way { package, askers })
}

/// `NAME vVERSION (PLACE)`
fn taken(text: &str) -> Option<Taken> {
    let mut words = text.split(' ');
    let name = words.next().filter(|name| !name.is_empty())?;
    let version = words.next()?.strip_prefix('v')?;
    Some(Taken {
        name: name.to_owned(),
        version: version.to_owned(),
    })
}

/// `NAME = "VERSIONS"`, or a name alone.
fn requirement(text: &str) -> Option<(String, String)> {
    let (name, versions) = match text.split_once(" = ") {
        Some((name, versions)) => (name, versions.trim_matches('"')),
        None => (text, ""),
    };
    (!name.is_empty()).then(|| (name.to_owned(), versions.to_owned()))
}

fn quoted(text: &str) -> Option<&str> {
    nth_quoted(text, 0)
}

/// Gives what stands between the given pair of backticks, counted from 0.
fn nth_quoted(text: &str, index: usize) -> Option<&str> {
    let mut parts = text.split('`').skip(1 + 2 * index);
    let inside = parts.next()?;
    // Without a part behind it, its backtick is not closed.
    parts.next().map(|_| inside)
}

/// Lists the packages that cargo took although they need a newer Rust than the members name, as `NAME VERSION needs Rust RUST`.
pub(super) fn needing_newer_rust(stderr: &str) -> Vec<String> {
    let entry = |line: &str| {
        let rest = line.trim_start().strip_prefix("Adding ")?;
        let (package, rust) = rest.split_once(" (requires Rust ")?;
        let package = taken(package)?;
        let rust = rust.strip_suffix(')')?;
        Some(one_line(&format!(
            "{} {} needs Rust {rust}",
            package.name, package.version
        )))
    };
    stderr.lines().filter_map(entry).collect()
}

#[cfg(test)]
#[path = "cargo_answer_tests.rs"]
mod tests;
