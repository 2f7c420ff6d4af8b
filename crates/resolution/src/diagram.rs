//! A Mermaid picture of what contradicts what. Text of repositories is only ever a quoted label in it.

use std::collections::BTreeMap;

use synthesizer_model::{
    compatibility::{Dimensions, Verdict},
    mermaid::label,
};

/// The most arrows of a picture; more are a tangle.
const MOST_ARROWS: usize = 30;
/// The longest label of an arrow or a repository, in characters.
const LONGEST_LABEL: usize = 80;
/// The longest text of a finding, in characters; the renderer breaks it into lines.
const LONGEST_FINDING: usize = 240;

/// Draws the findings that are not compatible: repositories on the left, what they contradict each other about on the right.
///
/// Gives `None` when there is nothing to draw.
pub(crate) fn of_conflicts(dimensions: &Dimensions) -> Option<String> {
    let mut picture = Picture::default();
    for (name, dimension) in dimensions.named() {
        let findings = dimension.findings.iter();
        for finding in findings.filter(|finding| finding.verdict == Verdict::Incompatible) {
            let about = picture.finding(name, &finding.what);
            for requirement in &finding.requirements {
                let place = requirement.place();
                let label = match place.as_str() {
                    "" => requirement.specifier.clone(),
                    place => format!("{} ({place})", requirement.specifier),
                };
                picture.arrow(&requirement.repository, &about, &label);
            }
            if finding.requirements.is_empty() {
                for repository in &finding.repositories {
                    picture.arrow(repository, &about, "");
                }
            }
        }
    }
    picture.into_text()
}

#[derive(Default)]
struct Picture {
    /// Identifiers of repositories by their name.
    repositories: BTreeMap<String, String>,
    nodes: Vec<String>,
    arrows: Vec<String>,
    findings: usize,
    left_out: usize,
}

impl Picture {
    fn finding(&mut self, dimension: &str, what: &str) -> String {
        self.findings += 1;
        let identifier = format!("f{}", self.findings);
        let text = format!("{dimension}: {what}");
        self.nodes.push(format!(
            "    {identifier}[/\"{}\"/]",
            label(&text, LONGEST_FINDING)
        ));
        identifier
    }

    fn arrow(&mut self, repository: &str, to: &str, text: &str) {
        if self.arrows.len() >= MOST_ARROWS {
            self.left_out += 1;
            return;
        }
        let next = format!("r{}", self.repositories.len() + 1);
        let nodes = &mut self.nodes;
        let from = self
            .repositories
            .entry(repository.to_owned())
            .or_insert_with(|| {
                nodes.push(format!(
                    "    {next}[\"{}\"]",
                    label(repository, LONGEST_LABEL)
                ));
                next
            });
        self.arrows.push(match text {
            "" => format!("    {from} --- {to}"),
            text => format!("    {from} -- \"{}\" --> {to}", label(text, LONGEST_LABEL)),
        });
    }

    fn into_text(self) -> Option<String> {
        if self.findings == 0 {
            return None;
        }
        let mut lines = vec!["flowchart LR".to_owned()];
        lines.extend(self.nodes);
        lines.extend(self.arrows);
        if self.left_out > 0 {
            lines.push(format!("    more[\"{} more\"]", self.left_out));
        }
        lines.push(String::new());
        Some(lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use synthesizer_model::{
        compatibility::{CompatibilityFinding, Dimension},
        resolution::ImposedRequirement,
    };

    use super::*;

    fn dimensions(findings: Vec<CompatibilityFinding>) -> Dimensions {
        let none = || Dimension::new(Vec::new());
        Dimensions {
            dependencies: Dimension::new(findings),
            runtime: none(),
            licenses: none(),
            names: none(),
        }
    }

    fn finding(repository: &str, what: &str) -> CompatibilityFinding {
        CompatibilityFinding {
            what: what.to_owned(),
            verdict: Verdict::Incompatible,
            repositories: vec![repository.to_owned()],
            requirements: vec![ImposedRequirement {
                repository: repository.to_owned(),
                specifier: "click>=8".to_owned(),
                manifest: "setup.py".to_owned(),
                line: 2,
            }],
            fix: None,
        }
    }

    #[test]
    fn repositories_point_at_what_they_contradict_each_other_about() {
        let picture = of_conflicts(&dimensions(vec![finding("./a", "No version.")]));
        assert_eq!(
            picture.as_deref(),
            Some(
                "flowchart LR\n    f1[/\"dependencies: No version.\"/]\n    r1[\"./a\"]\n    r1 -- \"click#62;=8 (setup.py:2)\" --> f1\n"
            )
        );
        assert_eq!(of_conflicts(&dimensions(Vec::new())), None);
    }

    #[test]
    fn text_of_a_repository_stays_a_label() {
        let hostile = "x\"]; click r1 \"javascript:alert(1)\"\n%%{init: {}}%%";
        let picture = of_conflicts(&dimensions(vec![finding(hostile, hostile)])).expect("drawn");
        assert_eq!(picture.lines().count(), 4);
        assert!(!picture.contains("%%"));
        assert_eq!(picture.matches('"').count(), 6);
    }
}
