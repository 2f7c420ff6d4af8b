//! `[dependency-groups]` of `pyproject.toml` (PEP 735), with groups that include others. Cycles and blow-ups are bounded.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::dependency::normalize_distribution;

use super::{
    facts::{ManifestFacts, Section},
    toml_text::{Document, Value},
};

/// How many groups are read.
const MOST_GROUPS: usize = 200;
/// How many includes are followed, of all groups together.
const MOST_INCLUDES: usize = 2_000;

struct Group<'d> {
    name: &'d str,
    requirements: Vec<(&'d str, u32)>,
    includes: Vec<String>,
}

/// Adds the requirements of every group, those of included groups under the name of the including one too.
pub(super) fn read(facts: &mut ManifestFacts, document: &Document<'_>) {
    let mut groups: BTreeMap<String, Group<'_>> = BTreeMap::new();
    let mut order = Vec::new();
    for (name, value) in document.entries(&["dependency-groups"]) {
        if order.len() == MOST_GROUPS {
            facts.problem(
                document.line(value),
                format_args!("more than {MOST_GROUPS} dependency groups; the rest is left out"),
            );
            break;
        }
        let normalized = normalize_distribution(name);
        let group = read_group(facts, document, name, value);
        order.push(normalized.clone());
        groups.insert(normalized, group);
    }
    bound_includes(facts, &mut groups);
    for (normalized, group) in order
        .iter()
        .filter_map(|name| Some((name, groups.get(name)?)))
    {
        for member in reachable(facts, normalized, &groups) {
            for (requirement, line) in &member.requirements {
                facts.require(Section::Development, Some(group.name), requirement, *line);
            }
        }
    }
}

/// Drops repeated includes, and those past the bound.
fn bound_includes(facts: &mut ManifestFacts, groups: &mut BTreeMap<String, Group<'_>>) {
    let mut count = 0;
    for group in groups.values_mut() {
        let mut met = BTreeSet::new();
        group.includes.retain(|include| met.insert(include.clone()));
        let room = MOST_INCLUDES - count;
        if group.includes.len() > room {
            facts.problem(
                1,
                format_args!(
                    "more than {MOST_INCLUDES} includes of dependency groups; the rest is left out"
                ),
            );
            group.includes.truncate(room);
        }
        count += group.includes.len();
    }
}

fn read_group<'d>(
    facts: &mut ManifestFacts,
    document: &'d Document<'_>,
    name: &'d str,
    value: &'d Value<'_>,
) -> Group<'d> {
    let mut group = Group {
        name,
        requirements: Vec::new(),
        includes: Vec::new(),
    };
    let Some(items) = value.get_ref().as_array() else {
        facts.problem(document.line(value), "a dependency group that is no list");
        return group;
    };
    for item in items {
        let line = document.line(item);
        let table = item.get_ref().as_table();
        let include = table.and_then(|table| table.get("include-group")?.get_ref().as_str());
        match (item.get_ref().as_str(), include) {
            (Some(requirement), _) => group.requirements.push((requirement, line)),
            (None, Some(include)) => group.includes.push(normalize_distribution(include)),
            (None, None) => facts.problem(
                line,
                "an item of a dependency group that is neither a requirement nor an include",
            ),
        }
    }
    group
}

/// Gives the group and all that it includes, each once, in the order in which they are met.
fn reachable<'g, 'd>(
    facts: &mut ManifestFacts,
    start: &str,
    groups: &'g BTreeMap<String, Group<'d>>,
) -> Vec<&'g Group<'d>> {
    let mut met: BTreeSet<&str> = BTreeSet::new();
    let mut members = Vec::new();
    let mut waiting = vec![start];
    while let Some(name) = waiting.pop() {
        let Some((name, group)) = groups.get_key_value(name) else {
            facts.problem(
                1,
                format_args!("dependency group {start} includes {name}, which does not exist"),
            );
            continue;
        };
        if !met.insert(name) {
            continue;
        }
        members.push(group);
        if group.includes.iter().any(|include| include == start) {
            facts.problem(1, format_args!("dependency group {start} includes itself"));
        }
        waiting.extend(group.includes.iter().rev().map(String::as_str));
    }
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str, u32)], problems: usize) {
        let document = Document::parse(text).expect("valid TOML");
        let mut facts = ManifestFacts::new("pyproject.toml");
        read(&mut facts, &document);
        let found: Vec<(&str, &str, u32)> = facts
            .development
            .iter()
            .map(|dependency| {
                (
                    dependency.group.as_deref().unwrap_or(""),
                    dependency.name.as_str(),
                    dependency.line,
                )
            })
            .collect();
        assert_eq!(found, expected);
        assert_eq!(facts.problems.len(), problems, "{:?}", facts.problems);
    }

    #[test]
    fn included_groups_count_for_both() {
        check(
            "[dependency-groups]\ntest = ['pytest']\nDev_Tools = [\n {include-group = 'TEST'},\n 'ruff',\n]\n",
            &[
                ("test", "pytest", 2),
                ("Dev_Tools", "ruff", 5),
                ("Dev_Tools", "pytest", 2),
            ],
            0,
        );
    }

    #[test]
    fn cycles_unknown_groups_and_other_items_are_problems() {
        check(
            "[dependency-groups]\na = [{include-group='b'}, 'x']\nb = [{include-group='a'}, {include-group='none'}, 1]\nc = 'y'\n",
            &[("a", "x", 2), ("b", "x", 2)],
            6,
        );
    }

    #[test]
    fn groups_that_double_each_other_stay_small() {
        let mut text = "[dependency-groups]\ng0 = ['x']\n".to_owned();
        for number in 1..200 {
            let below = number - 1;
            text.push_str(&format!(
                "g{number} = [{{include-group='g{below}'}}, {{include-group='g{below}'}}]\n"
            ));
        }
        let document = Document::parse(&text).expect("valid TOML");
        let mut facts = ManifestFacts::new("pyproject.toml");
        read(&mut facts, &document);
        assert_eq!(facts.development.len(), 200);
    }
}
