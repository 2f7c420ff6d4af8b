//! Reads what the runner inside the sandbox reports. Its lines come from a process that untrusted code shares.

use std::collections::BTreeSet;

use serde::Deserialize;
use synthesizer_infrastructure::sandbox::{Kill, SandboxOutcome};
use synthesizer_model::{text::escape_untrusted, verification::Check};

use crate::verification::{failed, list, passed};

/// The program that runs inside.
pub(super) const PROGRAM: &str = include_str!("runner.py");

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line {
    Begin { module: String },
    Imported { module: String },
    Failed { module: String, error: String },
    Witness { what: String, detail: String },
    End,
}

/// Makes the checks `import` and `behaviour` of a run.
///
/// A module of `elsewhere` is made for another system or needs a compiled part; that it does not import here is told, and no failure.
pub(super) fn checks(
    outcome: &SandboxOutcome,
    nonce: &str,
    modules: &[String],
    elsewhere: &BTreeSet<String>,
) -> Vec<Check> {
    let stdout = String::from_utf8_lossy(&outcome.stdout);
    let mut imported = BTreeSet::new();
    let mut failures = Vec::new();
    let mut foreign = Vec::new();
    let mut witnessed = Vec::new();
    let mut last = None;
    let mut ended = false;
    let lines = stdout
        .lines()
        .filter_map(|line| serde_json::from_str(line.strip_prefix(nonce)?).ok());
    for line in lines {
        match line {
            Line::Begin { module } => last = Some(module),
            Line::Imported { module } => {
                imported.insert(module);
            }
            Line::Failed { module, error } => {
                let text = format!("{module}: {error}");
                if elsewhere.contains(&module) {
                    foreign.push(text);
                    imported.insert(module);
                } else {
                    failures.push(text);
                }
            }
            Line::Witness { what, detail } => witnessed.push(format!("{what} {detail}")),
            Line::End => ended = true,
        }
    }
    let missing = modules
        .iter()
        .filter(|module| !imported.contains(*module))
        .count();
    if let Some(kill) = outcome.killed {
        let during = last.map_or_else(
            || "at the start".to_owned(),
            |module| format!("importing {module}"),
        );
        failures.insert(0, format!("stopped {during}: {}", reason(kill)));
    } else if !ended {
        let during = last.unwrap_or_else(|| "the first module".to_owned());
        let said = String::from_utf8_lossy(&outcome.stderr);
        let said = said
            .lines()
            .next_back()
            .unwrap_or("")
            .chars()
            .take(200)
            .collect::<String>();
        failures.insert(0, format!("the process ended importing {during} {said}"));
    }
    let import = if failures.is_empty() && missing == 0 {
        let mut detail = format!(
            "{} modules import in the sandbox",
            modules.len() - foreign.len()
        );
        if !foreign.is_empty() {
            detail.push_str(&format!(
                "; not made for this system or not built, and not imported: {}",
                list(foreign)
            ));
        }
        passed("import", detail)
    } else {
        let text = list(failures);
        failed(
            "import",
            format!(
                "{missing} of {} modules did not import: {text}",
                modules.len()
            ),
        )
    };
    vec![import, behaviour(&witnessed, outcome.killed)]
}

/// What importing tried beyond its own files. All of it was refused by the sandbox.
fn behaviour(witnessed: &[String], killed: Option<Kill>) -> Check {
    let mut tried: Vec<String> = witnessed
        .iter()
        .map(|line| escape_untrusted(line))
        .collect();
    tried.extend(killed.map(|kill| reason(kill).to_owned()));
    if tried.is_empty() {
        passed(
            "behaviour",
            "importing opened no connection, read no home folder, wrote outside no scratch folder",
        )
    } else {
        failed(
            "behaviour",
            format!("importing tried and was refused: {}", list(tried)),
        )
    }
}

fn reason(kill: Kill) -> &'static str {
    match kill {
        Kill::Timeout => "it ran longer than the limit",
        Kill::Memory => "it used more memory than the limit",
        Kill::Processes => "it started more processes than the limit",
        Kill::Output => "it wrote more output than the limit",
    }
}

#[cfg(test)]
mod tests {
    use synthesizer_model::verification::Outcome;

    use super::*;

    fn check(stdout: &str, killed: Option<Kill>, expected: [Outcome; 2]) {
        let outcome = SandboxOutcome {
            status: Some(0),
            stdout: stdout.as_bytes().to_vec(),
            stderr: Vec::new(),
            truncated: false,
            killed,
        };
        let modules = ["a".to_owned(), "b".to_owned()];
        let elsewhere = BTreeSet::from(["b".to_owned()]);
        let found: Vec<Outcome> = checks(&outcome, "N", &modules, &elsewhere)
            .iter()
            .map(|check| check.result)
            .collect();
        assert_eq!(found, expected, "{stdout}");
    }

    #[test]
    fn only_a_full_report_passes() {
        use Outcome::{Failed, Passed};
        let a = "N{\"kind\":\"imported\",\"module\":\"a\"}\n";
        let b = "N{\"kind\":\"imported\",\"module\":\"b\"}\n";
        let end = "N{\"kind\":\"end\"}\n";
        check(&format!("{a}{b}{end}"), None, [Passed, Passed]);
        check(&format!("{a}{end}"), None, [Failed, Passed]);
        check(&format!("{a}{b}"), None, [Failed, Passed]);
        let no_a = "N{\"kind\":\"failed\",\"module\":\"a\",\"error\":\"E\"}\n";
        let no_b = "N{\"kind\":\"failed\",\"module\":\"b\",\"error\":\"E\"}\n";
        check(&format!("{a}{no_b}{end}"), None, [Passed, Passed]);
        check(&format!("{no_a}{b}{end}"), None, [Failed, Passed]);
        check(
            &format!("{a}{{}}\nN garbage\n{b}{end}"),
            None,
            [Passed, Passed],
        );
        check(a, Some(Kill::Processes), [Failed, Failed]);
        check(
            &format!(
                "{a}{b}N{{\"kind\":\"witness\",\"what\":\"network\",\"detail\":\"x\"}}\n{end}"
            ),
            None,
            [Passed, Failed],
        );
    }
}
