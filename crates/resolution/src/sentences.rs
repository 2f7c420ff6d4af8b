//! What contradicts what, in plain words. Judges nothing; texts of repositories are passed on as the conflict has them.

use synthesizer_model::resolution::{Conflict, ImposedRequirement};

use crate::shrinking::CONSTRAINT;

/// What a conflict about Python versions is about, and how requirements name these versions.
const PYTHON: &str = "python";
/// How many requirements a sentence tells; the conflict lists all.
const MOST_TOLD: usize = 6;

/// Says in one or two sentences what contradicts what.
///
/// Where a conflict holds in one environment alone, that stands first, and the conditions of the requirements are left out.
pub fn sentence(conflict: &Conflict) -> String {
    let about_python = conflict.what == PYTHON;
    let (pythons, requirements): (Vec<_>, Vec<_>) = conflict
        .requirements
        .iter()
        .partition(|one| !about_python && is_about(&one.specifier, PYTHON));
    let is_local = conflict.environment.is_some();
    let needs: Vec<String> = requirements
        .iter()
        .take(MOST_TOLD)
        .map(|one| need(one, is_local))
        .collect();
    let mut needs = needs.join(" and ");
    if requirements.len() > MOST_TOLD {
        needs.push_str(&format!(
            " and {} more requirements",
            requirements.len() - MOST_TOLD
        ));
    }
    let place = conflict
        .environment
        .as_ref()
        .map_or_else(String::new, |environment| format!("Where {environment}, "));
    let all = match requirements.len() {
        0 | 1 => "that",
        2 => "both",
        _ => "all",
    };
    let is_direct = |one: &&ImposedRequirement| is_about(&one.specifier, &conflict.what);
    let outcome = match conflict.what.as_str() {
        "" => "these cannot hold together".to_owned(),
        what if requirements.iter().all(is_direct) => {
            format!("no version of {} satisfies {all}", shown(what))
        }
        what => format!(
            "with the packages that this brings along no version of {} satisfies {all}",
            shown(what)
        ),
    };
    let sentence = if needs.is_empty() {
        format!("{place}{outcome}.")
    } else {
        format!("{place}{needs}, and {outcome}.")
    };
    match allowed(&pythons) {
        Some(allowed) => format!("{sentence} {allowed}"),
        None => sentence,
    }
}

fn need(one: &ImposedRequirement, is_local: bool) -> String {
    let specifier = match one.specifier.split_once(';') {
        Some((before, _)) if is_local => before.trim_end(),
        _ => one.specifier.as_str(),
    };
    match one.repository.as_str() {
        CONSTRAINT => format!("a constraint asks for {specifier}"),
        repository => format!("{repository} needs {specifier}"),
    }
}

/// Says whose Python versions let the conflict in: narrower ones would keep it out.
fn allowed(pythons: &[&ImposedRequirement]) -> Option<String> {
    if pythons.is_empty() {
        return None;
    }
    let who: Vec<String> = pythons
        .iter()
        .take(MOST_TOLD)
        .map(|one| {
            let range = one.specifier.get(PYTHON.len()..).unwrap_or_default();
            format!("{} ({})", one.repository, range.trim())
        })
        .collect();
    Some(format!(
        "The Python versions that count are those of {}.",
        who.join(" and ")
    ))
}

fn shown(what: &str) -> &str {
    match what {
        PYTHON => "Python",
        what => what,
    }
}

/// Says whether a requirement, in the form of any family, asks for the package of that name.
fn is_about(specifier: &str, package: &str) -> bool {
    let specifier = specifier.trim_start();
    let is_end = |(at, letter): &(usize, char)| {
        *at > 0 && !(letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.' | '/'))
    };
    let end = specifier
        .char_indices()
        .find(is_end)
        .map_or(specifier.len(), |(at, _)| at);
    let name = specifier.get(..end).unwrap_or_default();
    let folded = |text: &str| text.to_lowercase().replace(['_', '.'], "-");
    folded(name) == folded(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(what: &str, environment: Option<&str>, requirements: &[(&str, &str)], expected: &str) {
        let imposed = |(repository, specifier): &(&str, &str)| ImposedRequirement {
            repository: (*repository).to_owned(),
            specifier: (*specifier).to_owned(),
            manifest: "pyproject.toml".to_owned(),
            line: 3,
        };
        let conflict = Conflict {
            what: what.to_owned(),
            environment: environment.map(str::to_owned),
            repositories: Vec::new(),
            requirements: requirements.iter().map(imposed).collect(),
        };
        assert_eq!(sentence(&conflict), expected);
    }

    #[test]
    fn direct_requirements_contradict_each_other() {
        check(
            "click",
            None,
            &[("./a", "Click==7.0"), ("./b", "click>=8.1")],
            "./a needs Click==7.0 and ./b needs click>=8.1, and no version of click satisfies both.",
        );
        check(
            "@x/y",
            None,
            &[
                ("./a", "@x/y ^1"),
                ("./b", "@x/y ^2"),
                ("constraint", "@x/y@3"),
            ],
            "./a needs @x/y ^1 and ./b needs @x/y ^2 and a constraint asks for @x/y@3, and no version of @x/y satisfies all.",
        );
        check(
            "python",
            None,
            &[("./a", "python>=3.12"), ("./b", "python<3.10")],
            "./a needs python>=3.12 and ./b needs python<3.10, and no version of Python satisfies both.",
        );
        check(
            "gone",
            None,
            &[("./a", "gone>=1")],
            "./a needs gone>=1, and no version of gone satisfies that.",
        );
    }

    #[test]
    fn what_packages_ask_for_in_turn_is_told() {
        check(
            "urllib3",
            None,
            &[("./a", "botocore>=1.23,<1.24"), ("./b", "urllib3>=2")],
            "./a needs botocore>=1.23,<1.24 and ./b needs urllib3>=2, and with the packages that this brings along no version of \
             urllib3 satisfies both.",
        );
        check(
            "",
            None,
            &[("./a", "x"), ("./b", "y")],
            "./a needs x and ./b needs y, and these cannot hold together.",
        );
    }

    #[test]
    fn an_environment_stands_first_and_ranges_of_python_last() {
        check(
            "numpy",
            Some("python_full_version >= '3.13'"),
            &[
                ("./a", "numpy<2.0"),
                ("./b", "numpy>=2.1; python_version>='3.13'"),
                ("./a", "python>=3.9"),
                ("./b", "python >=3.8"),
            ],
            "Where python_full_version >= '3.13', ./a needs numpy<2.0 and ./b needs numpy>=2.1, and no version of numpy satisfies both. \
             The Python versions that count are those of ./a (>=3.9) and ./b (>=3.8).",
        );
    }

    #[test]
    fn hostile_texts_are_no_panic() {
        for text in ["", ";", "é;", "pythoné", "@", "python"] {
            let conflict = Conflict {
                what: text.to_owned(),
                environment: Some(text.to_owned()),
                repositories: Vec::new(),
                requirements: vec![ImposedRequirement {
                    repository: text.to_owned(),
                    specifier: text.to_owned(),
                    manifest: String::new(),
                    line: 0,
                }],
            };
            assert!(sentence(&conflict).ends_with('.'));
        }
    }
}
