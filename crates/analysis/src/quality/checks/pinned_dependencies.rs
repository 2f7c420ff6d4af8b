//! Whether what a build brings in from elsewhere is fixed: lock files, and the actions of workflows by their commit.

use crate::{
    known::Known,
    quality::{Check, Outcome, share},
};

pub(super) const CHECK: Check = Check {
    name: "pinned-dependencies",
    weight: 1.0,
    meaning: "Share of families of packages with a lock file, and of workflow steps that name a commit.",
    run,
};

fn run(known: &Known<'_>) -> Outcome {
    let mut families: Vec<_> = known
        .inventory
        .own()
        .filter(|project| !project.dependencies.is_empty())
        .map(|project| project.ecosystem)
        .collect();
    families.sort_unstable();
    families.dedup();
    let locked: Vec<_> = families
        .iter()
        .filter(|family| {
            let mut locks = known.inventory.locks.iter();
            locks.any(|lock| lock.ecosystem == **family)
        })
        .collect();
    let (mut steps, mut pinned) = (0, 0);
    let mut first_loose = None;
    for file in known.files.files() {
        let path = file.path.as_str();
        if !path.starts_with(".github/workflows/") {
            continue;
        }
        let Some(text) = known.files.text(path) else {
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            let Some(action) = action_of(line) else {
                continue;
            };
            steps += 1;
            if is_commit(action) {
                pinned += 1;
            } else if first_loose.is_none() {
                first_loose = Some(format!("{path}:{}", number + 1));
            }
        }
    }
    if known.is_archive() && locked.is_empty() && steps == 0 {
        return Outcome::Unknown("published archives leave such files out".to_owned());
    }
    let result = format!(
        "{} of {} families of packages have a lock file; {pinned} of {steps} workflow steps name a commit",
        locked.len(),
        families.len()
    );
    let mut scores = Vec::new();
    if !families.is_empty() {
        scores.push(share(locked.len(), families.len()));
    }
    if steps > 0 {
        scores.push(share(pinned, steps));
    }
    if scores.is_empty() {
        return Outcome::Unknown("nothing is brought in from elsewhere".to_owned());
    }
    let mean = scores.iter().sum::<f64>() / f64::from(u32::try_from(scores.len()).unwrap_or(1));
    Outcome::scored(mean, result, first_loose)
}

/// Gives the action that a line of a workflow uses; local ones need no pin.
fn action_of(line: &str) -> Option<&str> {
    let rest = line.trim_start().trim_start_matches("- ").trim_start();
    let value = rest.strip_prefix("uses:")?.trim();
    let value = value.split(" #").next().unwrap_or(value).trim();
    let value = value.trim_matches(['"', '\'']);
    (!value.is_empty() && !value.starts_with("./")).then_some(value)
}

fn is_commit(action: &str) -> bool {
    if let Some(image) = action.strip_prefix("docker://") {
        return image.contains("@sha256:");
    }
    action.rsplit_once('@').is_some_and(|(_, revision)| {
        revision.len() >= 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Option<bool>) {
        assert_eq!(action_of(line).map(is_commit), expected, "{line:?}");
    }

    #[test]
    fn only_a_commit_fixes_an_action() {
        check("      - uses: actions/checkout@v4", Some(false));
        check(
            "  uses: 'actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683' # v4",
            Some(true),
        );
        check("- uses: ./local", None);
        check("- uses: docker://alpine:3", Some(false));
        check("# uses nothing", None);
        check("- run: echo uses: x", None);
    }
}
