//! Reading what uv says when it does not lock. Knows its phrases; knows nothing of repositories.
//!
//! Phrases: crates/uv-resolver/src/{pubgrub/report.rs, resolver/availability.rs} and
//! crates/uv-distribution-types/src/prioritized_distribution.rs of astral-sh/uv.

use synthesizer_model::{
    failure::{ErrorCode, Failure},
    text::is_deceptive,
};

/// How much of uv's text is read, in characters.
const LONGEST_TEXT: usize = 200_000;
/// How much of uv's text is shown, in characters.
const LONGEST_SHOWN: usize = 16_000;

/// Why uv did not lock.
#[derive(Debug, Clone)]
pub(super) enum Refusal {
    /// There is no solution; the derivation.
    Unsatisfiable(Derivation),
    /// It cannot be told: the derivation, and one sentence for each reason.
    Unknown(Derivation, Vec<String>),
    /// uv found no interpreter that it may use.
    Interpreter,
    /// uv could not do its work.
    Failed(Failure),
}

/// uv's own reasoning, safe to show: no colours, addresses, paths or control characters except line ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Derivation {
    /// The reasoning, from "Because" on.
    pub(super) text: String,
    /// Where alone it holds, as a marker; everywhere when `None`.
    pub(super) environment: Option<String>,
    /// What uv suggests, one sentence each.
    pub(super) hints: Vec<String>,
}

/// uv takes a package that an index does not show without credentials for one that is not there.
const REFUSED_CREDENTIALS: &str =
    "a package index refuses the credentials of uv, so what it has is not known";

/// Phrases in a derivation after which nobody knows whether there is a solution.
const OPEN_ENDS: &[(&str, &str)] = &[
    (
        "no usable wheels",
        "a package has no usable wheel, and nothing is built from source",
    ),
    (
        "building from source is disabled",
        "a package has no usable wheel, and nothing is built from source",
    ),
    (
        "compatible wheels",
        "a package has no wheel for some environments, and nothing is built from source",
    ),
    ("no wheels with", "a package has no wheel that can be used"),
    (
        "no available distributions",
        "a package offers no file that can be used",
    ),
    (
        "not found in the cache",
        "a package is not in the cache, and the network is switched off",
    ),
    (
        "to be downloaded from a registry",
        "a package is not in the cache, and the network is switched off",
    ),
    (
        "no publish time",
        "the registry does not tell when a package was published, which uv is configured to ask",
    ),
    (
        "lack of valid authentication credentials",
        REFUSED_CREDENTIALS,
    ),
    ("403 Forbidden", REFUSED_CREDENTIALS),
    (
        "invalid metadata",
        "the metadata of a package cannot be read",
    ),
    (
        "inconsistent metadata",
        "the metadata of a package contradicts its file name",
    ),
    (
        "an invalid package format",
        "the file of a package cannot be read",
    ),
    (
        "not include a `METADATA` file",
        "the file of a package holds no metadata",
    ),
];

/// Phrases by which uv says that the network or a registry failed.
const UPSTREAM: &[&str] = &[
    "Failed to fetch",
    "Failed to download",
    "error sending request",
    "client error",
    "Request failed after",
    "HTTP status",
    "operation timed out",
];

/// Reads uv's standard error after it ended with a status other than 0.
pub(super) fn read(stderr: &str, offline: bool) -> Refusal {
    let text: String = without_ansi(stderr).chars().take(LONGEST_TEXT).collect();
    if let Some((_, answer)) = text.split_once("No solution found") {
        return read_derivation(answer);
    }
    let first = first_error(&text);
    if UPSTREAM.iter().any(|phrase| text.contains(phrase)) {
        if offline {
            let sentence = "the network is switched off and the cache does not have what is needed";
            let nothing = Derivation {
                text: String::new(),
                environment: None,
                hints: Vec::new(),
            };
            return Refusal::Unknown(nothing, vec![sentence.to_owned()]);
        }
        return Refusal::Failed(upstream(&text, &first));
    }
    if text.contains("Hash mismatch") {
        let what = "the package registry gave a file that is not the one it announced";
        return Refusal::Failed(Failure::new(
            ErrorCode::Upstream,
            format!("{what}: {first}"),
        ));
    }
    let lowered = first.to_lowercase();
    if lowered.contains("interpreter") || lowered.contains("python requirement") {
        return Refusal::Interpreter;
    }
    if text.contains("uv.toml") {
        return Refusal::Failed(
            Failure::new(
                ErrorCode::Config,
                format!("uv refuses its configuration: {first}"),
            )
            .with_hint("correct uv's own configuration file, uv.toml"),
        );
    }
    Refusal::Failed(Failure::internal(format!("uv could not lock: {first}")))
}

fn upstream(text: &str, first: &str) -> Failure {
    let denied = ["401", "403"]
        .iter()
        .any(|status| text.contains(&format!("({status} ")));
    if denied {
        return Failure::new(
            ErrorCode::Authentication,
            "the package registry refuses the credentials of uv",
        )
        .with_hint("check the registry credentials in uv's own configuration");
    }
    let hint = if text.contains("certificate") {
        "set SSL_CERT_FILE to your certificates, or let uv use those of the system"
    } else {
        "check the network and uv's own registry configuration, or work from the cache with --offline"
    };
    Failure::new(
        ErrorCode::Upstream,
        format!("uv could not reach the package registry: {first}"),
    )
    .with_hint(hint)
}

fn read_derivation(answer: &str) -> Refusal {
    let (heading, body) = match answer.find("Because") {
        Some(at) => answer.split_at(at),
        None => ("", answer),
    };
    let base = heading
        .chars()
        .rev()
        .take_while(|character| *character != '\n')
        .count();
    let mut lines = Vec::new();
    let mut hints = Vec::new();
    for line in body.lines() {
        if let Some(hint) = line.trim_start().strip_prefix("hint:") {
            hints.push(shown(hint.trim()));
        } else if hints.is_empty() {
            lines.push(without_frame(line, if lines.is_empty() { 0 } else { base }));
        }
    }
    let text = shown(lines.join("\n").trim());
    let environment = between(heading, "for split (", ")\n")
        .or_else(|| between(heading, "for split (", "):\n"))
        .map(|split| marker_of(&shown(split)));
    let derivation = Derivation {
        text,
        environment,
        hints,
    };
    let whole = format!("{}\n{}", derivation.text, derivation.hints.join("\n"));
    let mut reasons: Vec<String> = without_wheels(&whole)
        .into_iter()
        .map(|name| format!("{name} has no usable wheel, and nothing is built from source"))
        .collect();
    if reasons.is_empty() {
        let open = OPEN_ENDS.iter().find(|(phrase, _)| whole.contains(phrase));
        reasons.extend(open.map(|(_, sentence)| (*sentence).to_owned()));
    }
    if reasons.is_empty() {
        Refusal::Unsatisfiable(derivation)
    } else {
        Refusal::Unknown(derivation, reasons)
    }
}

/// Gives the marker of a split, which uv writes as `markers: M` or `included: M; excluded: M`.
fn marker_of(split: &str) -> String {
    let split = split.trim_start_matches("markers: ");
    split
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// Gives the packages of "Wheels are required for `NAME`" and "NAME==1 has no usable wheels", in order, each once.
fn without_wheels(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let quoted = text
        .split("Wheels are required for `")
        .skip(1)
        .filter_map(|rest| rest.split('`').next());
    let stated = [" has no usable wheels", " have no usable wheels"]
        .into_iter()
        .flat_map(|phrase| {
            let before = text.split(phrase).collect::<Vec<_>>();
            let count = before.len().saturating_sub(1);
            before
                .into_iter()
                .take(count)
                .filter_map(|part| part.split_whitespace().next_back())
        });
    for candidate in quoted.chain(stated) {
        let name: String = candidate
            .chars()
            .take_while(|character| character.is_ascii_alphanumeric() || "-_.".contains(*character))
            .collect();
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Gives the first error with its causes, on one line, safe to show.
fn first_error(text: &str) -> String {
    let start = text.find("error:").map_or(0, |at| at + "error:".len());
    let lines: Vec<&str> = text[start..]
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty() && !line.starts_with("hint:"))
        .take(6)
        .map(|line| line.strip_prefix("cause:").unwrap_or(line).trim())
        .collect();
    let mut joined = shown(&lines.join(": ").replace("::", ":"));
    joined.truncate(
        joined
            .char_indices()
            .nth(600)
            .map_or(joined.len(), |(at, _)| at),
    );
    joined
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?
        .1
        .split_once(end)
        .map(|(inside, _)| inside)
}

/// Removes the frame that some versions of uv draw around the derivation, and its indentation.
fn without_frame(line: &str, base: usize) -> String {
    let plain = line.replace(['│', '╰', '├', '─', '▶', '×'], " ");
    let indentation = plain
        .chars()
        .take_while(|character| *character == ' ')
        .count();
    plain
        .chars()
        .skip(indentation.min(base))
        .collect::<String>()
        .trim_end()
        .to_owned()
}

/// Removes terminal colours and styles (ECMA-48 control sequences).
pub(super) fn without_ansi(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '\u{1b}' {
            plain.push(character);
        } else if characters.next_if_eq(&'[').is_some() {
            while characters
                .next()
                .is_some_and(|one| !('@'..='~').contains(&one))
            {}
        }
    }
    plain
}

/// Makes a text safe to show: addresses and absolute paths become placeholders, control characters are escaped, the length is bounded.
fn shown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for (index, word) in text.split_inclusive(is_separator).enumerate() {
        let (bare, separator) = match word.char_indices().next_back() {
            Some((at, last)) if is_separator(last) => word.split_at(at),
            _ => (word, ""),
        };
        let after_space = index == 0 || safe.ends_with(is_separator);
        if bare.contains("://") {
            safe.push_str("[address]");
        } else if after_space && bare.starts_with('/') && bare.len() > 1 {
            safe.push_str("[path]");
        } else {
            safe.push_str(bare);
        }
        safe.push_str(separator);
    }
    let mut escaped = String::with_capacity(safe.len());
    for character in safe.chars().take(LONGEST_SHOWN) {
        if is_deceptive(character) && character != '\n' {
            escaped.extend(character.escape_unicode());
        } else {
            escaped.push(character);
        }
    }
    escaped
}

fn is_separator(character: char) -> bool {
    character.is_whitespace() || matches!(character, '`' | '"' | '\'' | '(' | ')' | '<' | '>' | ',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(stderr: &str) -> String {
        match read(stderr, false) {
            Refusal::Unsatisfiable(derivation) => {
                let environment = derivation.environment.unwrap_or_default();
                format!("unsatisfiable {environment}\n{}", derivation.text)
            }
            Refusal::Unknown(derivation, reasons) => {
                format!("unknown {reasons:?}\n{}", derivation.text)
            }
            Refusal::Interpreter => "interpreter".to_owned(),
            Refusal::Failed(failure) => format!("{} {}", failure.code.as_str(), failure.message),
        }
    }

    fn check(stderr: &str, expected: &str) {
        assert_eq!(summary(stderr), expected);
    }

    #[test]
    fn a_contradiction_is_unsatisfiable_in_both_styles_of_uv() {
        check(
            "Using CPython 3.11.7 interpreter at: /opt/python\nerror: No solution found when resolving dependencies\n  cause: Because a depends on c==1 and b depends on c>=2, we can conclude X.\n         And because all of:\n             c<1\n             c>3\n          cannot be used, Y.\n",
            "unsatisfiable \nBecause a depends on c==1 and b depends on c>=2, we can conclude X.\nAnd because all of:\n    c<1\n    c>3\n cannot be used, Y.",
        );
        check(
            "\u{1b}[31m  × No solution found when resolving dependencies:\u{1b}[0m\n  ╰─▶ Because a depends on c==1, X.\n      And because Y, Z.\n",
            "unsatisfiable \nBecause a depends on c==1, X.\nAnd because Y, Z.",
        );
    }

    #[test]
    fn the_environments_of_a_split_are_kept() {
        check(
            "error: No solution found when resolving dependencies for split (markers: python_full_version < '3.11')\n  cause: Because X, Y.\n\nhint: Consider.\n",
            "unsatisfiable python_full_version < '3.11'\nBecause X, Y.",
        );
    }

    #[test]
    fn a_missing_wheel_is_unknown_and_named() {
        check(
            "error: No solution found when resolving dependencies\n  cause: Because docopt==0.6.2 has no usable wheels and a depends on docopt==0.6.2, X.\n\nhint: Wheels are required for `docopt` because building from source is disabled for all packages (i.e., with `--no-build`)\n",
            "unknown [\"docopt has no usable wheel, and nothing is built from source\"]\nBecause docopt==0.6.2 has no usable wheels and a depends on docopt==0.6.2, X.",
        );
        check(
            "error: No solution found\n  cause: Because flask was not found in the cache and a depends on flask, X.\n",
            "unknown [\"a package is not in the cache, and the network is switched off\"]\nBecause flask was not found in the cache and a depends on flask, X.",
        );
    }

    #[test]
    fn an_index_that_refuses_does_not_prove_that_it_has_nothing() {
        for hint in [
            "An index URL (http://127.0.0.1/simple) could not be queried due to a lack of valid authentication credentials (401 Unauthorized)",
            "An index (http://127.0.0.1/simple) returned a 403 Forbidden error. Check that the index URL is correct and the credentials are valid.",
        ] {
            check(
                &format!(
                    "error: No solution found when resolving dependencies\n  cause: Because six was not found in the package registry, X.\n\nhint: {hint}\n"
                ),
                "unknown [\"a package index refuses the credentials of uv, so what it has is not known\"]\nBecause six was not found in the package registry, X.",
            );
        }
    }

    #[test]
    fn failures_name_neither_addresses_nor_paths() {
        check(
            "error: Failed to fetch: `https://user:word@host.example/simple/x/`\n  cause: error sending request for url (https://host.example/simple/x/)\n  cause: client error (Connect)\n",
            "E_UPSTREAM uv could not reach the package registry: Failed to fetch: `[address]`: error sending request for url ([address]): client error (Connect)",
        );
        check(
            "error: Failed to fetch: `https://host.example/x`\n  cause: HTTP status client error (401 Unauthorized) for url (https://host.example/x)\n",
            "E_AUTH the package registry refuses the credentials of uv",
        );
        check(
            "error: Hash mismatch for package metadata at `https://host.example/x`\n",
            "E_UPSTREAM the package registry gave a file that is not the one it announced: Hash mismatch for package metadata at `[address]`",
        );
        check(
            "error: Failed to parse: `/tmp/secret/uv.toml`\n",
            "E_CONFIG uv refuses its configuration: Failed to parse: `[path]`",
        );
        check(
            "error: something else\u{7}\n",
            "E_INTERNAL uv could not lock: something else\\u{7}",
        );
        check("", "E_INTERNAL uv could not lock: ");
    }

    #[test]
    fn a_missing_interpreter_is_recognised() {
        for text in [
            "error: No interpreter found for Python >=3.13 in managed installations or search path\n",
            "error: Failed to inspect Python interpreter from search path at `/x`\n",
            "Using CPython\nerror: The requested interpreter resolved to Python 3.11.7, which is incompatible with the project's Python requirement: `>=3.13`.\n",
        ] {
            check(text, "interpreter");
        }
    }
}
