//! Workflows of sources are not taken by themselves: they run with the rights and secrets of whoever owns the new project. Lists each with what
//! it would do, and says where one goes that a person chooses. Two workflows are never merged into one, and none is rewritten.

use std::collections::BTreeSet;

use saphyr_parser::{Event, Parser};
use synthesizer_model::{
    finding::Severity,
    tree::{PathRefusal, TreePath},
};

use super::merged::{GENERATED, MergeSource, Merged, all_of, finding, listed};

const FOLDER: &str = ".github/workflows/";
/// The largest workflow that is looked into, in bytes; the parser may look ahead to its end.
const LARGEST_READ: usize = 256 << 10;
/// How deep a workflow may nest.
const DEEPEST: usize = 64;

/// Says whether a file is a workflow.
pub(super) fn is_workflow(path: &str) -> bool {
    path.strip_prefix(FOLDER).is_some_and(|name| {
        !name.contains('/') && (name.ends_with(".yml") || name.ends_with(".yaml"))
    })
}

/// Gives the path that a workflow of a source has in the new project when a person takes it; its text stays as it is.
///
/// # Errors
/// Says which rule the path would break.
pub fn place(source: &str, path: &str) -> Result<TreePath, PathRefusal> {
    let name = path.rsplit('/').next().unwrap_or(path);
    TreePath::new(&format!("{FOLDER}{source}-{name}"))
}

pub(super) fn merge(base: &str, sources: &[MergeSource<'_>]) -> Merged {
    let findings = sources
        .iter()
        .map(|source| {
            let does = match Facts::of(source.text) {
                Some(facts) => facts.tell(),
                None => "it cannot be read as a workflow".to_owned(),
            };
            let choice = match place(source.id, source.path) {
                Ok(path) => format!("to take it, copy it to {path} and read it first"),
                Err(_) => "it has a name that no file of the project can have".to_owned(),
            };
            let what = format!("the workflow is not taken: {does}; {choice}");
            finding(Severity::Info, "workflow-not-taken", source, None, &what)
        })
        .collect();
    Merged {
        text: base.to_owned(),
        origins: all_of(base, GENERATED),
        findings,
    }
}

/// What a workflow would do, as far as its text tells.
#[derive(Debug, Default, PartialEq, Eq)]
struct Facts {
    /// When it runs.
    triggers: BTreeSet<String>,
    /// What it runs of others: `owner/name`, versions apart.
    actions: BTreeSet<String>,
    /// Names of secrets that it asks for.
    secrets: BTreeSet<String>,
    /// Rights that it asks for beyond reading.
    rights: BTreeSet<String>,
    /// Environments to which it deploys.
    environments: BTreeSet<String>,
}

/// Where the reader stands: the key of each mapping above, and whether a key or a value comes next.
struct Level {
    is_map: bool,
    key: Option<String>,
}

impl Facts {
    /// Reads a workflow; `None` when it is no YAML, too large or nested too deep.
    fn of(text: &str) -> Option<Self> {
        if text.len() > LARGEST_READ {
            return None;
        }
        let mut facts = Self::default();
        let mut levels: Vec<Level> = Vec::new();
        for event in Parser::new_from_str(text) {
            match event.ok()?.0 {
                Event::Scalar(text, ..) => match levels.last_mut() {
                    Some(level) if level.is_map && level.key.is_none() => {
                        level.key = Some(text.chars().take(100).collect());
                        facts.key(&levels);
                    }
                    Some(_) => {
                        facts.scalar(&levels, &text);
                        value_ends(&mut levels);
                    }
                    None => {}
                },
                Event::SequenceStart(..) => levels.push(Level {
                    is_map: false,
                    key: None,
                }),
                Event::MappingStart(..) => levels.push(Level {
                    is_map: true,
                    key: None,
                }),
                Event::SequenceEnd | Event::MappingEnd => {
                    levels.pop();
                    value_ends(&mut levels);
                }
                Event::Alias(_) => value_ends(&mut levels),
                _ => {}
            }
            if levels.len() > DEEPEST {
                return None;
            }
        }
        Some(facts)
    }

    fn key(&mut self, levels: &[Level]) {
        if let [
            Level { key: Some(on), .. },
            Level {
                key: Some(trigger), ..
            },
        ] = levels
            && on == "on"
        {
            self.triggers.insert(trigger.clone());
        }
    }

    fn scalar(&mut self, levels: &[Level], text: &str) {
        let keys: Vec<&str> = levels
            .iter()
            .filter_map(|level| level.key.as_deref())
            .collect();
        match keys.as_slice() {
            ["on"] => {
                self.triggers.insert(text.to_owned());
            }
            [.., "uses"] => {
                self.actions
                    .insert(text.split('@').next().unwrap_or(text).to_owned());
            }
            [.., "permissions"] if text == "write-all" => {
                self.rights.insert(text.to_owned());
            }
            [.., "permissions", right] if text == "write" => {
                self.rights.insert((*right).to_owned());
            }
            ["jobs", _, "environment"] | ["jobs", _, "environment", "name"] => {
                self.environments.insert(text.to_owned());
            }
            [.., "secrets"] if text == "inherit" => {
                self.secrets.insert("all".to_owned());
            }
            _ => {}
        }
        for (at, found) in text.match_indices("secrets.") {
            let name: String = text[at + found.len()..]
                .chars()
                .take_while(|character| character.is_ascii_alphanumeric() || *character == '_')
                .take(100)
                .collect();
            self.secrets.insert(name);
        }
    }

    fn tell(&self) -> String {
        let lists = [
            ("runs on", &self.triggers),
            ("uses", &self.actions),
            ("asks for the secrets", &self.secrets),
            ("may write", &self.rights),
            ("deploys to", &self.environments),
        ];
        let told: Vec<String> = lists
            .iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(what, names)| {
                format!(
                    "{what} {}",
                    listed(&names.iter().cloned().collect::<Vec<_>>())
                )
            })
            .collect();
        if told.is_empty() {
            "it has no triggers".to_owned()
        } else {
            format!("it {}", told.join(", "))
        }
    }
}

/// After a value, the mapping above waits for the next key.
fn value_ends(levels: &mut [Level]) {
    if let Some(level) = levels.last_mut() {
        level.key = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merging::Extent;

    #[test]
    fn a_workflow_is_not_taken_and_told() {
        let text = "name: x\non:\n  push:\n    branches: [main]\n  pull_request_target:\npermissions:\n  contents: write\njobs:\n  deploy:\n    environment: production\n    steps:\n      - uses: actions/checkout@v5\n      - uses: other/thing@main\n        with: {token: '${{ secrets.TOKEN }}'}\n";
        let source = MergeSource {
            id: "click",
            path: ".github/workflows/x.yml",
            text,
            extent: Extent::Whole,
            folder: "",
        };
        let merged = merge("ours\n", &[source]);
        assert_eq!(merged.text, "ours\n");
        assert_eq!(
            merged.findings[0].what,
            "the workflow is not taken: it runs on pull_request_target, push, uses actions/checkout, other/thing, asks for the secrets TOKEN, may write contents, deploys to production; to take it, copy it to .github/workflows/click-x.yml and read it first"
        );
    }

    #[test]
    fn what_is_no_workflow_is_told_as_such() {
        assert_eq!(
            Facts::of("on: [push, pull_request]")
                .expect("facts")
                .triggers
                .len(),
            2
        );
        assert_eq!(Facts::of("on: push").expect("facts").triggers.len(), 1);
        assert_eq!(Facts::of("a: [b"), None);
        assert_eq!(Facts::of(&"[".repeat(1000)), None);
        assert_eq!(Facts::of(&" ".repeat(LARGEST_READ + 1)), None);
        assert_eq!(
            Facts::of("").map(|facts| facts.tell()).as_deref(),
            Some("it has no triggers")
        );
        assert!(is_workflow(".github/workflows/a.yaml"));
        assert!(!is_workflow(".github/workflows/deep/a.yml"));
        assert_eq!(
            place("a", ".github/workflows/b.yml")
                .expect("a path")
                .as_str(),
            ".github/workflows/a-b.yml"
        );
        assert!(place("a", "x/b\u{202e}.yml").is_err());
    }
}
