//! Rust, Go and Java: what is asked for is a lower bound, so the largest one suits all.

use std::collections::BTreeSet;

use synthesizer_model::{compatibility::Verdict, text::escape_untrusted};

use super::judging::{Demand, RuntimeJudgement, finding, shown, unreadable};

/// The Rust that an edition needs at least (the Rust edition guide).
const EDITIONS: &[(&str, Level)] = &[
    ("2015", [1, 0, 0]),
    ("2018", [1, 31, 0]),
    ("2021", [1, 56, 0]),
    ("2024", [1, 85, 0]),
];

/// A version as three numbers.
type Level = [u64; 3];

/// What is asked of Rust.
pub(super) struct Rust<'a> {
    /// `rust-version`.
    pub(super) versions: &'a [Demand<'a>],
    /// `edition`.
    pub(super) editions: &'a [Demand<'a>],
    /// Pinned toolchains.
    pub(super) toolchains: &'a [Demand<'a>],
}

/// Takes the largest lower bound.
pub(super) fn judge(
    runtime: &str,
    language: &str,
    demands: &[Demand<'_>],
    judgement: &mut RuntimeJudgement,
) {
    let mut largest: Option<(Level, &str)> = None;
    for demand in demands {
        let text = demand.requirement.specifier.trim();
        match level(runtime, text) {
            Some(level) if largest.is_none_or(|(known, _)| known < level) => {
                largest = Some((level, text));
            }
            Some(_) => {}
            None => judgement.findings.push(unreadable(language, demand)),
        }
    }
    if let Some((_, text)) = largest {
        judgement
            .ranges
            .insert(runtime.to_owned(), format!(">={}", shown(text)));
    }
}

/// Takes the largest lower bound, also that of editions, and compares pinned toolchains with what the others need.
pub(super) fn judge_rust(rust: &Rust<'_>, judgement: &mut RuntimeJudgement) {
    let mut needs: Vec<(Level, Demand<'_>)> = Vec::new();
    for demand in rust.versions {
        match level("rust", demand.requirement.specifier.trim()) {
            Some(level) => needs.push((level, *demand)),
            None => judgement.findings.push(unreadable("Rust", demand)),
        }
    }
    let mut editions: BTreeSet<&str> = BTreeSet::new();
    for demand in rust.editions {
        let text = demand.requirement.specifier.trim();
        match EDITIONS.iter().find(|(edition, _)| *edition == text) {
            Some((edition, level)) => {
                editions.insert(edition);
                needs.push((*level, *demand));
            }
            None => judgement
                .findings
                .push(unreadable("the Rust edition", demand)),
        }
    }
    if let Some((level, _)) = needs.iter().max_by_key(|(level, _)| *level) {
        judgement
            .ranges
            .insert("rust".to_owned(), format!(">={}", written(*level)));
    }
    if !editions.is_empty() {
        let editions: Vec<&str> = editions.into_iter().collect();
        judgement
            .ranges
            .insert("edition".to_owned(), editions.join(", "));
    }
    for pin in rust.toolchains {
        judge_toolchain(pin, &needs, rust.toolchains, judgement);
    }
}

fn judge_toolchain(
    pin: &Demand<'_>,
    needs: &[(Level, Demand<'_>)],
    pins: &[Demand<'_>],
    judgement: &mut RuntimeJudgement,
) {
    let channel = pin.requirement.specifier.trim();
    let named = escape_untrusted(pin.named);
    let (version, _) = channel.split_once('-').unwrap_or((channel, ""));
    if version == "nightly" || version == "beta" {
        let what = format!(
            "{named} pins the Rust toolchain {}: its code may need what no release has",
            pin.text()
        );
        let fix = "build everything with that toolchain, or find out whether its code builds with a release";
        judgement.findings.push(finding(
            Verdict::Conditional,
            what,
            &[*pin],
            Some(fix.to_owned()),
        ));
        return;
    }
    if version == "stable" {
        return;
    }
    let Some(pinned) = level("rust", version) else {
        judgement
            .findings
            .push(unreadable("the Rust toolchain", pin));
        return;
    };
    let others = pins.iter().filter_map(|other| {
        let channel = other.requirement.specifier.trim();
        let version = channel.split('-').next().unwrap_or(channel);
        Some((level("rust", version)?, *other))
    });
    let newest = needs
        .iter()
        .copied()
        .chain(others)
        .filter(|(_, other)| other.repository != pin.repository)
        .max_by_key(|(level, _)| *level)
        .filter(|(level, _)| is_newer(*level, pinned, version));
    if let Some((needed, other)) = newest {
        let what = format!(
            "{named} pins the Rust toolchain {}, and {} needs Rust {} or later",
            pin.text(),
            escape_untrusted(other.named),
            written(needed)
        );
        let fix = format!(
            "build everything with Rust {} or later; a pin says what was used, not what is needed",
            written(needed)
        );
        judgement.findings.push(finding(
            Verdict::Conditional,
            what,
            &[*pin, other],
            Some(fix),
        ));
    }
}

/// Compares as many numbers as the pin has: `1.70` is the newest of its series.
fn is_newer(needed: Level, pinned: Level, text: &str) -> bool {
    if text.split('.').count() < 3 {
        return needed[..2] > pinned[..2];
    }
    needed > pinned
}

/// Reads a version: of Rust `1.70` and `1.70.0`, of Go also `1.21rc2`, of Java also `1.8` for 8.
fn level(runtime: &str, text: &str) -> Option<Level> {
    let text = match runtime {
        "java" => text.strip_prefix("1.").unwrap_or(text),
        _ => text,
    };
    let end = match runtime {
        "go" => text
            .find(|character: char| !character.is_ascii_digit() && character != '.')
            .unwrap_or(text.len()),
        _ => text.len(),
    };
    let (numbers, rest) = text.split_at(end);
    let is_pre_release = ["rc", "beta", "alpha"]
        .iter()
        .any(|word| rest.starts_with(word));
    if !(rest.is_empty() || is_pre_release) {
        return None;
    }
    let mut level = [0; 3];
    let mut parts = numbers.split('.');
    for (slot, part) in level.iter_mut().zip(&mut parts) {
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        *slot = is_number.then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(level)
}

fn written([major, minor, patch]: Level) -> String {
    match patch {
        0 => format!("{major}.{minor}"),
        _ => format!("{major}.{minor}.{patch}"),
    }
}
