//! Reading what npm says when it does not lock. Knows its codes and phrases; knows nothing of repositories.
//!
//! Phrases: lib/utils/explain-dep.js, explain-eresolve.js and error-message.js of npm/cli.

use serde::Deserialize;
use synthesizer_model::failure::{ErrorCode, Failure};

use super::solver_text::one_line;

/// The most lines of a report that are read.
const MOST_LINES: usize = 5_000;
/// The most steps of one way.
const LONGEST_WAY: usize = 50;
/// The most ways to the version that was found.
const MOST_WAYS: usize = 50;

/// Why npm did not lock.
#[derive(Debug, Clone)]
pub(super) enum Refusal {
    /// npm found no version that suits; it does not try every combination.
    Clash(Clash),
    /// The registry has no such package or version: its name, and the range unless there is no such package at all.
    Lack(String, Option<String>),
    /// It cannot be told; the reason, as a sentence without its full stop.
    Unknown(String),
    /// The cache cannot be written.
    Cache(Failure),
    /// npm could not do its work.
    Failed(Failure),
}

/// Something that asks for a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edge {
    /// `peer`, `peerOptional`, `dev`, `optional`, or empty.
    pub(super) kind: String,
    /// The name asked for.
    pub(super) package: String,
    /// The versions asked for.
    pub(super) range: String,
    /// Who asks, by name and version; the root when `None`.
    pub(super) asker: Option<(String, String)>,
}

/// A way from a requirement up to the member that it is there for.
pub(super) type Way = Vec<Edge>;

/// A contradiction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clash {
    /// The package, and the version that was taken before.
    pub(super) found: Option<(String, String)>,
    /// Who asked for that.
    pub(super) found_for: Vec<Way>,
    /// What could not be met beside it.
    pub(super) failing: Way,
}

#[derive(Debug, Deserialize)]
struct Answer {
    error: Told,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Told {
    code: Option<String>,
    summary: String,
    detail: String,
}

/// Codes by which npm says that the network or a registry failed.
const UPSTREAM: &[&str] = &[
    "ECONN",
    "ENOTFOUND",
    "ETIMEDOUT",
    "ESOCKET",
    "EAI_",
    "EHOST",
    "ENET",
    "EPIPE",
    "EPROTO",
    "ERR_",
    "CERT_",
    "SELF_SIGNED",
    "DEPTH_ZERO",
    "UNABLE_TO",
    "EINTEGRITY",
    "E429",
    "E5",
    "EBADTLS",
];

/// Reads what npm wrote after it ended with a status other than 0.
pub(super) fn read(stdout: &str, stderr: &str, offline: bool) -> Refusal {
    let told = told(stdout).unwrap_or_else(|| from_lines(stderr));
    let code = told.code.as_deref().unwrap_or("");
    let first = one_line(&told.summary);
    match code {
        "ERESOLVE" => match clash(&told.detail) {
            Some(clash) => Refusal::Clash(clash),
            None => Refusal::Unknown("npm found no set, and its report cannot be read".to_owned()),
        },
        "ETARGET" | "E404" => read_lack(code, &told, offline),
        "ENOTCACHED" => Refusal::Unknown(
            "the network is switched off and the cache does not have what is needed".to_owned(),
        ),
        "EBADPLATFORM" => Refusal::Unknown(format!(
            "npm refuses a package that is for another platform than this one: {first}"
        )),
        "EALLOWGIT"
        | "EALLOWREMOTE"
        | "EUNSUPPORTEDPROTOCOL"
        | "EINVALIDTAGNAME"
        | "EINVALIDPACKAGENAME" => Refusal::Unknown(format!(
            "a package asks for something that does not come from a registry, which is not fetched: {first}"
        )),
        "E401" | "E403" | "ENEEDAUTH" => Refusal::Failed(
            Failure::new(
                ErrorCode::Authentication,
                "the package registry refuses the credentials of npm",
            )
            .with_hint("check the registry credentials in npm's own configuration"),
        ),
        "EACCES" | "EPERM" | "EROFS" => Refusal::Cache(
            Failure::new(
                ErrorCode::Config,
                format!("npm cannot write its cache: {first}"),
            )
            .with_hint("make the folder that npm's own `cache` setting names writable"),
        ),
        code if UPSTREAM.iter().any(|start| code.starts_with(start)) => match offline {
            true => Refusal::Unknown(
                "the network is switched off and the cache does not have what is needed".to_owned(),
            ),
            false => Refusal::Failed(upstream(code)),
        },
        "" if first.is_empty() => Refusal::Failed(Failure::internal("npm ended without an answer")),
        "" => Refusal::Failed(Failure::internal(format!("npm could not lock: {first}"))),
        _ => Refusal::Failed(Failure::internal(format!(
            "npm could not lock: {}: {first}",
            one_line(code)
        ))),
    }
}

fn told(stdout: &str) -> Option<Told> {
    let start = stdout.find('{')?;
    let answer: Answer = serde_json::from_str(stdout[start..].trim()).ok()?;
    Some(answer.error)
}

/// Reads the code and the text of an npm that did not come to write JSON.
fn from_lines(stderr: &str) -> Told {
    let lines: Vec<&str> = stderr
        .lines()
        .filter_map(|line| {
            line.strip_prefix("npm error")
                .or_else(|| line.strip_prefix("npm ERR!"))
        })
        .take(MOST_LINES)
        .collect();
    let code = lines
        .iter()
        .find_map(|line| line.strip_prefix(" code "))
        .map(|code| code.trim().to_owned());
    let rest: Vec<&str> = lines
        .iter()
        .filter(|line| !line.starts_with(" code "))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    Told {
        code,
        summary: rest.first().copied().unwrap_or("").to_owned(),
        detail: rest.join("\n"),
    }
}

/// npm's own text names the host, so that only the code is told.
fn upstream(code: &str) -> Failure {
    let hint = if code.contains("CERT") || code.starts_with("UNABLE_TO") {
        "set NODE_EXTRA_CA_CERTS or npm's `cafile` to your certificates"
    } else {
        "check the network and npm's own registry configuration, or work from the cache with --offline"
    };
    Failure::new(
        ErrorCode::Upstream,
        format!(
            "npm could not reach the package registry: {}",
            one_line(code)
        ),
    )
    .with_hint(hint)
}

fn read_lack(code: &str, told: &Told, offline: bool) -> Refusal {
    let text = if code == "ETARGET" {
        told.summary
            .split_once("No matching version found for ")
            .map(|(_, rest)| rest.split(" with a date before").next().unwrap_or(rest))
            .map(|rest| rest.trim_end_matches('.'))
    } else {
        let after = told.detail.split_once("The requested resource '");
        after.and_then(|(_, rest)| rest.split('\'').next())
    };
    let split = text.and_then(|text| {
        let scope = usize::from(text.starts_with('@'));
        let at = scope + text.get(scope..)?.find('@')?;
        Some((text[..at].to_owned(), text[at + 1..].to_owned()))
    });
    let Some((package, range)) = split else {
        let first = one_line(&told.summary);
        return Refusal::Unknown(format!("npm does not find a package: {first}"));
    };
    if offline {
        return Refusal::Unknown(format!(
            "the network is switched off and the cache does not have the versions of {} that are needed",
            one_line(&package)
        ));
    }
    Refusal::Lack(package, (code == "ETARGET").then_some(range))
}

/// Reads the report of a contradiction.
fn clash(detail: &str) -> Option<Clash> {
    let lines: Vec<&str> = detail.lines().take(MOST_LINES).collect();
    let start = |heading: &str| lines.iter().position(|line| line.starts_with(heading));
    let found_at = start("Found: ");
    let failing_at = start("Could not resolve dependency:")?;
    let failing_edges = edges(section(&lines, failing_at + 1));
    let mut failing = way(&failing_edges, 0)?;
    let found = found_at
        .and_then(|at| lines[at].strip_prefix("Found: "))
        .and_then(|text| text.split(' ').next())
        .and_then(split_version);
    // What could not be taken may stand behind what was asked for; then the version that conflicts says what it is about.
    if let Some((found, _)) = &found
        && failing.first().is_some_and(|edge| edge.package != *found)
        && let Some(at) = start("Conflicting peer dependency: ")
    {
        let edges = edges(section(&lines, at + 1));
        let ways = (0..edges.len().min(MOST_WAYS)).filter_map(|at| way(&edges, at));
        let about = |way: &Way| {
            way.first().is_some_and(|edge| edge.package == *found)
                && failing.first().is_some_and(|edge| way.contains(edge))
        };
        failing = ways.into_iter().find(about).unwrap_or(failing);
    }
    let found_edges = found_at.map_or_else(Vec::new, |at| edges(section(&lines, at + 1)));
    let top = found_edges.iter().map(|(indent, _)| *indent).min();
    let found_for = found_edges
        .iter()
        .enumerate()
        .filter(|(_, (indent, _))| Some(*indent) == top)
        .filter_map(|(at, _)| way(&found_edges, at))
        .take(MOST_WAYS)
        .collect();
    Some(Clash {
        found,
        found_for,
        failing,
    })
}

/// Gives the lines up to the next blank one.
fn section<'a>(lines: &'a [&'a str], start: usize) -> &'a [&'a str] {
    let rest = lines.get(start..).unwrap_or_default();
    let end = rest.iter().position(|line| line.trim().is_empty());
    &rest[..end.unwrap_or(rest.len())]
}

fn edges(lines: &[&str]) -> Vec<(usize, Edge)> {
    let read = |line: &&str| Some((line.len() - line.trim_start().len(), edge(line.trim())?));
    lines.iter().filter_map(read).collect()
}

/// `[KIND ]NAME@"RANGE" from ASKER@VERSION`, where the asker may be the root project.
fn edge(line: &str) -> Option<Edge> {
    let (before, rest) = line.split_once("@\"")?;
    let (range, rest) = rest.split_once('"')?;
    let (_, asker) = rest.split_once(" from ")?;
    let (kind, package) = before.rsplit_once(' ').unwrap_or(("", before));
    let asker = match asker.trim() {
        "the root project" => None,
        asker => Some(split_version(asker.split(' ').next()?)?),
    };
    // An alias stands as `npm:NAME@RANGE`.
    let aliased = range.strip_prefix("npm:").and_then(split_version);
    let (package, range) = aliased.unwrap_or_else(|| (package.to_owned(), range.to_owned()));
    Some(Edge {
        kind: kind.to_owned(),
        package,
        range,
        asker,
    })
}

fn split_version(text: &str) -> Option<(String, String)> {
    let (name, version) = text.rsplit_once('@').filter(|(name, _)| !name.is_empty())?;
    Some((name.to_owned(), version.to_owned()))
}

/// Gives the way upwards from an edge: what asks for its asker stands deeper below it.
fn way(edges: &[(usize, Edge)], at: usize) -> Option<Way> {
    let (mut indent, first) = edges.get(at).map(|(indent, edge)| (*indent, edge))?;
    let mut way = vec![first.clone()];
    let mut next = at + 1;
    while let Some((deeper, edge)) = edges.get(next)
        && *deeper > indent
        && way.len() < LONGEST_WAY
    {
        let asker = way.last().and_then(|last| last.asker.as_ref());
        if asker.is_some_and(|(name, _)| *name == edge.package) {
            way.push(edge.clone());
            indent = *deeper;
        }
        next += 1;
    }
    Some(way)
}

#[cfg(test)]
#[path = "npm_answer_tests.rs"]
mod tests;
