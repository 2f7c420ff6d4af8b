//! A solver's text in the words of the user: members become the repositories as named, and disagreements are listed.
//!
//! Works on the text alone; what it cannot find there it does not invent.

use std::collections::{BTreeMap, BTreeSet};

use pep440_rs::Version;
use synthesizer_model::{
    dependency::normalize_distribution,
    resolution::{Conflict, ImposedRequirement},
    text::escape_untrusted,
};
use version_ranges::Ranges;

use crate::requirement::SolverRequirement;

/// The name under which a user's own constraint takes part in a conflict.
const CONSTRAINT: &str = "constraint";

/// The requirements of one repository, as far as they can take part in a conflict.
pub(crate) struct Party<'a> {
    /// The name in the solver's text.
    pub(crate) member: &'a str,
    /// Its requirements and the place of each.
    pub(crate) requirements: Vec<(&'a SolverRequirement, ImposedRequirement)>,
}

/// Replaces every member's name in a text, and the solver's word for the whole.
pub(crate) fn in_users_words(text: &str, labels: &BTreeMap<String, String>) -> String {
    let mut renamed = String::with_capacity(text.len());
    for piece in pieces(text) {
        match labels.get(piece.trim_end_matches('.')) {
            Some(label) => {
                renamed.push_str(label);
                renamed.push_str(&piece[piece.trim_end_matches('.').len()..]);
            }
            None => renamed.push_str(piece),
        }
    }
    renamed
        .replace("your workspace", "the combination")
        .replace("your project", "the combination")
}

/// Removes from a derivation that the whole asks for each of its members, which goes without saying.
pub(crate) fn without_trivia(text: &str) -> String {
    let sentences: Vec<String> = text.lines().map(without_membership).collect();
    sentences.join("\n")
}

/// Shortens "And because M depends on P and your workspace requires M, we can conclude …", and the sentence that says only the latter.
fn without_membership(line: &str) -> String {
    const WHOLE: &str = "your workspace requires ";
    let Some((before, rest)) = line.split_once(WHOLE) else {
        return line.to_owned();
    };
    let Some((_, conclusion)) = rest.split_once(", we can conclude") else {
        return line.to_owned();
    };
    match before.strip_suffix(" and ") {
        Some(premise) => format!("{premise}, we can conclude{conclusion}"),
        None if before == "And because " => {
            "So there is no set of packages for the combination.".to_owned()
        }
        None => line.to_owned(),
    }
}

/// Lists what the repositories named in a text disagree about.
///
/// First choice: packages that two of them, or one and a constraint, ask for. Second: packages of which the text says
/// that two different things depend on them. Last: what the named repositories ask for and the text names.
pub(crate) fn conflicts(
    text: &str,
    parties: &[Party<'_>],
    constraints: &[SolverRequirement],
) -> Vec<Conflict> {
    let words: BTreeSet<String> = words(text).map(normalize_distribution).collect();
    let named: Vec<&Party<'_>> = parties
        .iter()
        .filter(|party| words.contains(party.member))
        .collect();
    let asked: BTreeSet<&str> = named
        .iter()
        .flat_map(|party| party.requirements.iter())
        .map(|(requirement, _)| requirement.name.as_str())
        .filter(|name| words.contains(*name))
        .collect();
    let direct: Vec<Conflict> = asked
        .iter()
        .map(|name| conflict_about(name, &named, constraints))
        .filter(|conflict| conflict.requirements.len() > 1 && differ(&conflict.requirements))
        .collect();
    if !direct.is_empty() {
        return direct;
    }
    let all: Vec<ImposedRequirement> = asked
        .iter()
        .flat_map(|name| conflict_about(name, &named, constraints).requirements)
        .collect();
    let Some(what) = wanted_twice(text).or_else(|| asked.first().map(|name| (*name).to_owned()))
    else {
        return Vec::new();
    };
    vec![Conflict {
        what,
        environment: None,
        repositories: repositories(&all),
        requirements: all,
    }]
}

/// Lists packages of which no version satisfies all repositories, found without a solver.
///
/// Only requirements that hold in every environment count, so that every conflict found is one.
pub(crate) fn certain_conflicts(parties: &[Party<'_>]) -> Vec<Conflict> {
    let mut allowed: BTreeMap<&str, Ranges<Version>> = BTreeMap::new();
    for (requirement, _) in parties.iter().flat_map(|party| party.requirements.iter()) {
        if let Some(versions) = &requirement.always {
            let whole = allowed
                .entry(&requirement.name)
                .or_insert_with(Ranges::full);
            *whole = whole.intersection(versions);
        }
    }
    let everybody: Vec<&Party<'_>> = parties.iter().collect();
    allowed
        .into_iter()
        .filter(|(_, versions)| versions.is_empty())
        .map(|(name, _)| conflict_about(name, &everybody, &[]))
        .collect()
}

fn conflict_about(
    name: &str,
    parties: &[&Party<'_>],
    constraints: &[SolverRequirement],
) -> Conflict {
    let mut requirements: Vec<ImposedRequirement> = parties
        .iter()
        .flat_map(|party| party.requirements.iter())
        .filter(|(requirement, _)| requirement.name == name)
        .map(|(_, imposed)| imposed.clone())
        .collect();
    let own = constraints
        .iter()
        .filter(|constraint| constraint.name == name);
    requirements.extend(own.map(|constraint| ImposedRequirement {
        repository: CONSTRAINT.to_owned(),
        specifier: escape_untrusted(&constraint.text),
        manifest: String::new(),
        line: 0,
    }));
    Conflict {
        what: name.to_owned(),
        environment: None,
        repositories: repositories(&requirements),
        requirements,
    }
}

fn repositories(requirements: &[ImposedRequirement]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for requirement in requirements
        .iter()
        .filter(|requirement| requirement.repository != CONSTRAINT)
    {
        if !names.contains(&requirement.repository) {
            names.push(requirement.repository.clone());
        }
    }
    names
}

fn differ(requirements: &[ImposedRequirement]) -> bool {
    requirements
        .windows(2)
        .any(|pair| pair[0].specifier != pair[1].specifier)
}

/// Gives the package of which the text says that two different things depend on it: "S depends on P" twice.
fn wanted_twice(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut subjects: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (at, window) in words.windows(4).enumerate() {
        if let [subject, "depends" | "depend", "on", object] = window {
            let name = normalize_distribution(leading_name(object));
            subjects.entry(name.clone()).or_default().insert(subject);
            // "S depends on one of: P1, P2" names no single package; the word is harmless, since nothing is called so twice.
            if name == "one" {
                subjects.remove(&name);
            }
            // "S depends on P1 and P2": the second half is a package only when nobody is its subject.
            if let (Some(&"and"), Some(other)) = (words.get(at + 4), words.get(at + 5))
                && !matches!(words.get(at + 6), Some(&("depends" | "depend")))
            {
                subjects
                    .entry(normalize_distribution(leading_name(other)))
                    .or_default()
                    .insert(subject);
            }
        }
    }
    subjects
        .into_iter()
        .find(|(_, subjects)| subjects.len() > 1)
        .map(|(name, _)| name)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
        .map(leading_name)
        .filter(|word| !word.is_empty())
}

fn leading_name(word: &str) -> &str {
    let word = word.trim_start_matches(['`', '(']);
    let end = word
        .find(|character| !is_name_character(character))
        .unwrap_or(word.len());
    // An apostrophe belongs to "NAME's requirements"; a full stop at the end to the sentence.
    word[..end].trim_end_matches('.')
}

fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
}

/// Cuts a text into runs of name characters and what lies between them.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let inside = is_name_character(first);
        let end = rest
            .find(|character| is_name_character(character) != inside)
            .unwrap_or(rest.len());
        let (piece, remaining) = rest.split_at(end);
        rest = remaining;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requirement::read_text;

    fn parties(
        all: &[(&'static str, &str, &[&str])],
    ) -> Vec<(&'static str, String, Vec<SolverRequirement>)> {
        let read = |text: &&str| read_text(text, None).expect("a requirement");
        all.iter()
            .map(|(member, shown, texts)| {
                (
                    *member,
                    (*shown).to_owned(),
                    texts.iter().map(read).collect(),
                )
            })
            .collect()
    }

    fn borrowed<'a>(all: &'a [(&'static str, String, Vec<SolverRequirement>)]) -> Vec<Party<'a>> {
        all.iter()
            .map(|(member, shown, requirements)| Party {
                member,
                requirements: requirements
                    .iter()
                    .map(|requirement| {
                        let imposed = ImposedRequirement {
                            repository: shown.clone(),
                            specifier: requirement.text.clone(),
                            manifest: "pyproject.toml".to_owned(),
                            line: 7,
                        };
                        (requirement, imposed)
                    })
                    .collect(),
            })
            .collect()
    }

    fn check(
        text: &str,
        all: &[(&'static str, &str, &[&str])],
        constraints: &[&str],
        expected: &[&str],
    ) {
        let all = parties(all);
        let constraints: Vec<SolverRequirement> = constraints
            .iter()
            .map(|text| read_text(text, None).expect("a constraint"))
            .collect();
        let found: Vec<String> = conflicts(text, &borrowed(&all), &constraints)
            .iter()
            .map(|conflict| {
                let requirements: Vec<String> = conflict
                    .requirements
                    .iter()
                    .map(|one| format!("{} {}", one.repository, one.specifier))
                    .collect();
                format!(
                    "{}: {} | {}",
                    conflict.what,
                    conflict.repositories.join(", "),
                    requirements.join(", ")
                )
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_package_that_two_repositories_ask_for_is_the_conflict() {
        check(
            "Because repo-1-a depends on click==7.0 and repo-2-b depends on click>=8.1, we can conclude that repo-1-a and repo-2-b are incompatible.",
            &[
                ("repo-1-a", "./a", &["Click==7.0", "six"]),
                ("repo-2-b", "./b", &["click>=8.1", "six"]),
                ("repo-3-c", "./c", &["click"]),
            ],
            &[],
            &["click: ./a, ./b | ./a Click==7.0, ./b click>=8.1"],
        );
    }

    #[test]
    fn a_constraint_takes_part() {
        check(
            "Because repo-1-a depends on click>=8.1 and click<8, we can conclude that repo-1-a's requirements are unsatisfiable.",
            &[("repo-1-a", "./a", &["click>=8.1"])],
            &["click<8"],
            &["click: ./a | ./a click>=8.1, constraint click<8"],
        );
    }

    #[test]
    fn a_transitive_conflict_is_about_what_two_things_depend_on() {
        check(
            "Because requests==2.20.0 depends on urllib3>=1.21.1,<1.25 and repo-2-b depends on urllib3>=2, we can conclude X.\nAnd because repo-1-a depends on requests==2.20.0, we can conclude Y.",
            &[
                ("repo-1-a", "./a", &["requests==2.20.0"]),
                ("repo-2-b", "./b", &["urllib3>=2"]),
            ],
            &[],
            &["urllib3: ./a, ./b | ./a requests==2.20.0, ./b urllib3>=2"],
        );
    }

    #[test]
    fn members_become_repositories_and_nothing_else_does() {
        let labels = BTreeMap::from([
            ("repo-1-a".to_owned(), "./a".to_owned()),
            ("repo-1".to_owned(), "wrong".to_owned()),
        ]);
        let text = "repo-1-a's: `repo-1-a` repo-1-a.\nrepo-1-ab x-repo-1-a repo-11-a é; your workspace requires repo-1-a";
        assert_eq!(
            in_users_words(text, &labels),
            "./a's: `./a` ./a.\nrepo-1-ab x-repo-1-a repo-11-a é; the combination requires ./a"
        );
    }

    #[test]
    fn that_the_whole_asks_for_its_members_goes_without_saying() {
        let check = |line: &str, expected: &str| assert_eq!(without_trivia(line), expected);
        check(
            "And because your workspace requires a and b, we can conclude that your workspace's requirements are unsatisfiable.",
            "So there is no set of packages for the combination.",
        );
        check(
            "And because a depends on c and your workspace requires a, we can conclude that your workspace's requirements are unsatisfiable.",
            "And because a depends on c, we can conclude that your workspace's requirements are unsatisfiable.",
        );
        check(
            "Because your workspace requires",
            "Because your workspace requires",
        );
    }

    #[test]
    fn a_conflict_is_certain_only_without_conditions() {
        let sure = parties(&[("m", "./a", &["click==7.0"]), ("n", "./b", &["click>=8.1"])]);
        let found: Vec<String> = certain_conflicts(&borrowed(&sure))
            .into_iter()
            .map(|one| one.what)
            .collect();
        assert_eq!(found, ["click"]);
        let unsure = parties(&[
            ("m", "./a", &["click==7.0; os_name == 'nt'"]),
            ("n", "./b", &["click>=8.1"]),
        ]);
        assert!(certain_conflicts(&borrowed(&unsure)).is_empty());
    }
}
