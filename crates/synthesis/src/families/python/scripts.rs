//! Scripts of the sources that lead to placed modules: scripts of the new project, under names that no other has.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    finding::{Finding, Severity},
    text::escape_untrusted,
};

use super::input::SynthesisInput;
use crate::rewriting::python::{NewNames, Standing};

/// Gives the scripts by their names, and what became of those that clash or whose function is not placed.
///
/// A script is taken when its module's file is; of several with one name all have their source's id before it.
pub(crate) fn scripts(
    input: &SynthesisInput<'_>,
    names: &[NewNames<'_>],
) -> (BTreeMap<String, String>, Vec<Finding>) {
    let mut taken: Vec<(&str, &str, String)> = Vec::new();
    let mut findings = Vec::new();
    for (source, names) in input.sources.iter().zip(names) {
        let id = source.record.id.as_str();
        for (name, object) in &source.scripts {
            let Some((module, function)) = object.split_once(':') else {
                continue;
            };
            let (module, function) = (module.trim(), function.trim());
            let is_plain = !name.is_empty()
                && name
                    .chars()
                    .all(|one| one.is_ascii_alphanumeric() || "._-".contains(one))
                && function
                    .chars()
                    .all(|one| one == '_' || one == '.' || one.is_alphanumeric());
            match names.standing(module) {
                Standing::Placed(new) if is_plain => {
                    taken.push((id, name, format!("{new}:{function}")));
                }
                Standing::Placed(_) | Standing::Missing(_) | Standing::Empty(_) => {
                    let what = format!(
                        "the script {} of the source leads to {}, which the project does not have; it is left out",
                        escape_untrusted(name),
                        escape_untrusted(object)
                    );
                    findings.push(Finding::new(Severity::Info, "script-left-out", what).of(id));
                }
                Standing::Namespace(_) | Standing::Virtual(_) | Standing::Elsewhere => {}
            }
        }
    }
    let own = input.project_name.distribution();
    let mut seen: BTreeSet<&str> = BTreeSet::from([own]);
    let twice: BTreeSet<&str> = taken
        .iter()
        .filter(|(_, name, _)| !seen.insert(name))
        .map(|(_, name, _)| *name)
        .collect();
    let mut scripts = BTreeMap::new();
    for (id, name, target) in &taken {
        let new = if twice.contains(name) {
            let what = format!(
                "the script {name} is called {id}-{name} here, because another one has its name"
            );
            findings.push(Finding::new(Severity::Info, "script-renamed", what).of(*id));
            format!("{id}-{name}")
        } else {
            (*name).to_owned()
        };
        scripts.entry(new).or_insert_with(|| target.clone());
    }
    (scripts, findings)
}
