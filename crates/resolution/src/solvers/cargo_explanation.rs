//! Cargo's refusal in the words of the user: conflicts with their places, steps as data, and plain sentences. Runs nothing, reads no text.

use std::collections::HashMap;

use synthesizer_model::{
    resolution::{Conflict, DerivationStep, ImposedRequirement},
    text::escape_untrusted,
};

use super::{
    cargo_answer::{Clash, Lack, Reason, Taken, Way},
    cargo_workspace::{CargoRequirement, Member},
};

/// A refusal, explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Explained {
    pub(super) conflict: Conflict,
    pub(super) derivation: Vec<DerivationStep>,
    pub(super) explanation: String,
}

/// The members by their names.
pub(super) struct Members<'a>(HashMap<&'a str, &'a Member>);

/// One thing that asks for another.
struct Step<'a> {
    asker: &'a Taken,
    package: &'a str,
    /// The key in the asker's manifest, where it is told.
    key: Option<&'a str>,
    versions: &'a str,
}

impl<'a> Members<'a> {
    pub(super) fn of(members: &'a [Member]) -> Self {
        let named = |member: &'a Member| (member.name.as_str(), member);
        Self(members.iter().map(named).collect())
    }

    fn find(&self, taken: &Taken) -> Option<&'a Member> {
        self.0.get(taken.name.as_str()).copied()
    }

    /// Gives what a member's manifest says about the package of a step.
    fn imposed(&self, step: &Step<'_>) -> Vec<&'a CargoRequirement> {
        let requirements = self
            .find(step.asker)
            .map_or(&[][..], |member| &member.requirements);
        let of_package = |one: &&CargoRequirement| {
            one.name == step.package && (step.versions.is_empty() || one.versions == step.versions)
        };
        let exact: Vec<&CargoRequirement> = requirements
            .iter()
            .filter(|one| step.key.is_some_and(|key| one.key == key))
            .collect();
        if exact.is_empty() {
            requirements.iter().filter(of_package).collect()
        } else {
            exact
        }
    }

    /// Gives the requirements of the asker of a lack, when every one of them was solved by its name alone.
    pub(super) fn by_name_only(&self, lack: &Lack) -> Option<(String, Vec<String>)> {
        let step = step_of_lack(lack);
        let member = self.find(step.asker)?;
        let asked: Vec<&CargoRequirement> = member
            .requirements
            .iter()
            .filter(|one| one.name == lack.package)
            .filter(|one| lack.versions.is_none() || one.versions == step.versions)
            .collect();
        let only = !asked.is_empty() && asked.iter().all(|one| one.by_name_only);
        let keys = asked.iter().map(|one| one.key.clone()).collect();
        only.then(|| (member.name.clone(), keys))
    }

    fn shown(&self, taken: &Taken) -> String {
        match self.find(taken) {
            Some(member) => member.shown.clone(),
            None => escape_untrusted(&format!("{} {}", taken.name, taken.version)),
        }
    }

    /// Writes a way as "A needs b ^1, of which 1.2.0 needs c ^2".
    fn sentence(&self, steps: &[Step<'_>]) -> String {
        let mut sentence = String::new();
        for (index, step) in steps.iter().enumerate() {
            let what = shown_requirement(step);
            if index == 0 {
                sentence.push_str(&format!("{} needs {what}", self.shown(step.asker)));
            } else {
                let version = escape_untrusted(&step.asker.version);
                sentence.push_str(&format!(", of which {version} needs {what}"));
            }
        }
        sentence
    }

    fn derivation(&self, steps: &[Step<'_>]) -> Vec<DerivationStep> {
        let one = |step: &Step<'_>| DerivationStep {
            subject: self.shown(step.asker),
            is_repository: self.find(step.asker).is_some_and(|one| one.is_repository),
            package: escape_untrusted(step.package),
            versions: escape_untrusted(step.versions),
            environment: None,
        };
        steps.iter().map(one).collect()
    }

    fn conflict(&self, what: &str, ways: &[Vec<Step<'_>>]) -> Conflict {
        let mut requirements: Vec<ImposedRequirement> = Vec::new();
        let mut repositories: Vec<String> = Vec::new();
        for step in ways.iter().flatten() {
            for one in self.imposed(step) {
                if !requirements.contains(&one.imposed) {
                    requirements.push(one.imposed.clone());
                }
            }
            if let Some(member) = self.find(step.asker)
                && member.is_repository
                && !repositories.contains(&member.shown)
            {
                repositories.push(member.shown.clone());
            }
        }
        Conflict {
            what: escape_untrusted(what),
            environment: None,
            repositories,
            requirements,
        }
    }

    /// Explains a contradiction.
    pub(super) fn clash(&self, clash: &Clash) -> Explained {
        let package = escape_untrusted(&clash.package);
        let mut failing = steps(&clash.asker);
        failing.push(Step {
            asker: &clash.asker.package,
            package: &clash.package,
            key: None,
            versions: &clash.versions,
        });
        let mut sentences = vec![format!("{}.", self.sentence(&failing))];
        let mut ways = vec![failing];
        for reason in &clash.reasons {
            match reason {
                Reason::Feature(feature) => sentences.push(format!(
                    "No version of {package} that it allows has the feature `{}`.",
                    escape_untrusted(feature)
                )),
                Reason::Links(library, way) => {
                    let against = steps(way);
                    sentences.push(format!(
                        "{}. Both link to the native library `{}`, and only one package may.",
                        self.sentence_or_package(&against, way),
                        escape_untrusted(library)
                    ));
                    ways.push(against);
                }
                Reason::Selected(way) => {
                    let against = steps(way);
                    let taken = self.shown(&way.package);
                    let because = if way.package.name == clash.package {
                        format!(
                            "Cargo takes one version of {package} for both, since they count as compatible with each other, and none satisfies both"
                        )
                    } else {
                        format!("No version of {package} that it allows goes with {taken}")
                    };
                    sentences.push(format!(
                        "{}. {because}.",
                        self.sentence_or_package(&against, way)
                    ));
                    ways.push(against);
                }
            }
        }
        if clash.reasons.is_empty() {
            sentences.push(format!("No version of {package} goes with the others."));
        }
        self.explained(&clash.package, &ways, &sentences)
    }

    /// Explains that something is not to be had.
    pub(super) fn lack(&self, lack: &Lack) -> Explained {
        let package = escape_untrusted(&lack.package);
        let mut way = steps(&lack.asker);
        way.push(step_of_lack(lack));
        let reason = match &lack.versions {
            None => format!("The registry has no package {package}."),
            Some(_) if lack.yanked => {
                format!("Every version of {package} that it allows was withdrawn.")
            }
            Some(_) => format!("The registry has no version of {package} that it allows."),
        };
        let sentences = [format!("{}.", self.sentence(&way)), reason];
        self.explained(&lack.package, &[way], &sentences)
    }

    fn explained(&self, what: &str, ways: &[Vec<Step<'_>>], sentences: &[String]) -> Explained {
        let mut derivation: Vec<DerivationStep> = Vec::new();
        for step in ways.iter().flat_map(|way| self.derivation(way)) {
            if !derivation.contains(&step) {
                derivation.push(step);
            }
        }
        Explained {
            conflict: self.conflict(what, ways),
            derivation,
            explanation: sentences.join("\n"),
        }
    }

    fn sentence_or_package(&self, steps: &[Step<'_>], way: &Way) -> String {
        if steps.is_empty() {
            format!("{} was taken", self.shown(&way.package))
        } else {
            let version = escape_untrusted(&way.package.version);
            format!("{} ({version} was taken)", self.sentence(steps))
        }
    }
}

fn step_of_lack(lack: &Lack) -> Step<'_> {
    Step {
        asker: &lack.asker.package,
        package: &lack.package,
        key: None,
        versions: lack.versions.as_deref().unwrap_or(""),
    }
}

fn shown_requirement(step: &Step<'_>) -> String {
    let text = match step.versions {
        "" | "*" => step.package.to_owned(),
        versions => format!("{} {versions}", step.package),
    };
    escape_untrusted(&text)
}

/// Gives the steps of a way, from the member down.
fn steps(way: &Way) -> Vec<Step<'_>> {
    let mut package = &way.package;
    let mut steps: Vec<Step<'_>> = way
        .askers
        .iter()
        .map(|(key, versions, asker)| {
            let step = Step {
                asker,
                package: &package.name,
                key: Some(key),
                versions,
            };
            package = asker;
            step
        })
        .collect();
    steps.reverse();
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solvers::cargo_workspace;
    use synthesizer_model::{
        dependency::{Dependency, Ecosystem},
        resolution::{RepositoryRequirements, ResolutionRequest},
    };

    fn members(all: &[(&str, &[(&str, &str)])]) -> Vec<Member> {
        let repository = |(name, requirements): &(&str, &[(&str, &str)])| RepositoryRequirements {
            repository: format!("./{name}"),
            slug: (*name).to_owned(),
            requirements: requirements
                .iter()
                .zip(1..)
                .map(|((package, versions), line)| Dependency {
                    specifier: (*versions).to_owned(),
                    ..Dependency::new(Ecosystem::Cargo, *package, "Cargo.toml", line)
                })
                .collect(),
            ..RepositoryRequirements::default()
        };
        let request = ResolutionRequest {
            repositories: all.iter().map(repository).collect(),
            ..ResolutionRequest::default()
        };
        cargo_workspace::members(&request, &Default::default())
            .expect("members")
            .0
    }

    fn taken(name: &str, version: &str) -> Taken {
        Taken {
            name: name.to_owned(),
            version: version.to_owned(),
        }
    }

    fn check(explained: &Explained, conflict: &str, derivation: &[&str], explanation: &str) {
        let requirements: Vec<String> = explained
            .conflict
            .requirements
            .iter()
            .map(|one| format!("{} {} {}", one.repository, one.specifier, one.place()))
            .collect();
        let steps: Vec<String> = explained
            .derivation
            .iter()
            .map(|one| {
                format!(
                    "{}{} -> {} {}",
                    if one.is_repository { "repository " } else { "" },
                    one.subject,
                    one.package,
                    one.versions
                )
            })
            .collect();
        let shown = format!(
            "{} between {}: {}",
            explained.conflict.what,
            explained.conflict.repositories.join(" and "),
            requirements.join(" | ")
        );
        assert_eq!(shown, conflict);
        assert_eq!(steps, derivation);
        assert_eq!(explained.explanation, explanation);
    }

    #[test]
    fn pins_that_contradict_each_other_are_named_with_their_places() {
        let members = members(&[
            ("a", &[("serde", "1"), ("serde", "=1.0.100")]),
            ("b", &[("serde", "=1.0.200")]),
        ]);
        let clash = Clash {
            package: "serde".to_owned(),
            versions: "=1.0.200".to_owned(),
            asker: Way {
                package: taken("repo-2-b", "0.0.0"),
                askers: Vec::new(),
            },
            reasons: vec![Reason::Selected(Way {
                package: taken("serde", "1.0.100"),
                askers: vec![(
                    "serde--2".to_owned(),
                    "=1.0.100".to_owned(),
                    taken("repo-1-a", "0.0.0"),
                )],
            })],
        };
        check(
            &Members::of(&members).clash(&clash),
            "serde between ./b and ./a: ./b serde =1.0.200 Cargo.toml:1 | ./a serde =1.0.100 Cargo.toml:2",
            &[
                "repository ./b -> serde =1.0.200",
                "repository ./a -> serde =1.0.100",
            ],
            "./b needs serde =1.0.200.\n./a needs serde =1.0.100 (1.0.100 was taken). Cargo takes one version of serde for both, since they count as compatible with each other, and none satisfies both.",
        );
    }

    #[test]
    fn a_way_through_packages_leads_to_the_requirement_of_the_repository() {
        let members = members(&[
            ("a", &[("rusqlite", "0.28")]),
            ("b", &[("libsqlite3-sys", "0.28")]),
        ]);
        let clash = Clash {
            package: "libsqlite3-sys".to_owned(),
            versions: "^0.25.0".to_owned(),
            asker: Way {
                package: taken("rusqlite", "0.28.0"),
                askers: vec![(
                    "rusqlite".to_owned(),
                    "^0.28".to_owned(),
                    taken("repo-1-a", "0.0.0"),
                )],
            },
            reasons: vec![Reason::Links(
                "sqlite3".to_owned(),
                Way {
                    package: taken("libsqlite3-sys", "0.28.0"),
                    askers: vec![(
                        "libsqlite3-sys".to_owned(),
                        "^0.28".to_owned(),
                        taken("repo-2-b", "0.0.0"),
                    )],
                },
            )],
        };
        check(
            &Members::of(&members).clash(&clash),
            "libsqlite3-sys between ./a and ./b: ./a rusqlite 0.28 Cargo.toml:1 | ./b libsqlite3-sys 0.28 Cargo.toml:1",
            &[
                "repository ./a -> rusqlite ^0.28",
                "rusqlite 0.28.0 -> libsqlite3-sys ^0.25.0",
                "repository ./b -> libsqlite3-sys ^0.28",
            ],
            "./a needs rusqlite ^0.28, of which 0.28.0 needs libsqlite3-sys ^0.25.0.\n./b needs libsqlite3-sys ^0.28 (0.28.0 was taken). Both link to the native library `sqlite3`, and only one package may.",
        );
    }

    #[test]
    fn what_is_not_there_is_said_so() {
        let members = members(&[("a", &[("gone", "1")])]);
        let lack = Lack {
            package: "gone".to_owned(),
            versions: Some("^1".to_owned()),
            asker: Way {
                package: taken("repo-1-a", "0.0.0"),
                askers: Vec::new(),
            },
            yanked: true,
        };
        check(
            &Members::of(&members).lack(&lack),
            "gone between ./a: ./a gone 1 Cargo.toml:1",
            &["repository ./a -> gone ^1"],
            "./a needs gone ^1.\nEvery version of gone that it allows was withdrawn.",
        );
    }
}
