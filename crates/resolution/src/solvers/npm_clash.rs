//! npm's refusal in the words of the user, and what would prove it: conflicts with their places, steps as data, plain sentences. Runs nothing.
//!
//! npm takes the newest version that a range allows and does not go back, so a refusal proves nothing where another version could have been
//! taken. It is a proof when both sides are what repositories ask for themselves, or what follows from exact versions; else every version of
//! the package in between has to be looked at.

use std::collections::HashMap;

use serde_json::Value;
use synthesizer_model::{
    resolution::{Conflict, DerivationStep, ImposedRequirement},
    text::escape_untrusted,
};

use super::{
    member_names::CONSTRAINT,
    npm_answer::{Clash, Edge, Way},
    npm_range::NpmRange,
    npm_workspace::{Member, NpmRequirement, Workspace},
};

/// How many ways to the version that was taken are told.
const MOST_WAYS: usize = 5;
/// How many versions of one package are looked at, the newest first.
const MOST_VERSIONS: usize = 2_000;

/// A refusal, explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Explained {
    pub(super) conflict: Conflict,
    pub(super) derivation: Vec<DerivationStep>,
    pub(super) explanation: String,
}

/// What one side of a contradiction may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Side {
    /// This range, whatever is taken.
    Fixed(String),
    /// What the taken version of a package asks for: the package, and the range that it is taken from.
    Choice(String, String),
    /// More than one package could be another one.
    Open,
}

/// A possible demand of one side: the version that makes it, and the range; any version will do when `None`.
pub(super) struct Demand {
    pub(super) held: Option<(String, String)>,
    pub(super) range: Option<NpmRange>,
}

impl Demand {
    /// Says whether no version suits both.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        match (&self.range, &other.range) {
            (Some(one), Some(another)) => one.is_disjoint(another),
            _ => false,
        }
    }
}

/// The members by their names.
pub(super) struct Members<'a> {
    named: HashMap<&'a str, &'a Member>,
    constraints: &'a [NpmRequirement],
}

impl<'a> Members<'a> {
    pub(super) fn of(workspace: &'a Workspace) -> Self {
        let named = |member: &'a Member| (member.name.as_str(), member);
        Self {
            named: workspace.members.iter().map(named).collect(),
            constraints: &workspace.constraints,
        }
    }

    fn member(&self, edge: &Edge) -> Option<&'a Member> {
        let (name, _) = edge.asker.as_ref()?;
        self.named.get(name.as_str()).copied()
    }

    /// Says whether an edge is what a repository or the user asks for.
    fn is_direct(&self, edge: &Edge) -> bool {
        edge.asker.is_none() || self.member(edge).is_some()
    }

    /// Gives the requirements of manifests that an edge comes from.
    fn imposed(&self, edge: &Edge) -> Vec<&'a NpmRequirement> {
        let requirements = match self.member(edge) {
            Some(member) => &member.requirements,
            None if edge.asker.is_none() => self.constraints,
            None => &[],
        };
        let is_peer = edge.kind.starts_with("peer");
        let same = |one: &&NpmRequirement| {
            let named = one.name == edge.package || one.key == edge.package;
            named && one.range == edge.range
        };
        let all: Vec<&NpmRequirement> = requirements.iter().filter(same).collect();
        let fitting = all
            .iter()
            .filter(|one| one.is_peer() == is_peer)
            .copied()
            .collect::<Vec<_>>();
        if fitting.is_empty() { all } else { fitting }
    }

    fn shown_asker(&self, edge: &Edge) -> String {
        match (&edge.asker, self.member(edge)) {
            (_, Some(member)) => member.shown.clone(),
            (Some((name, version)), None) => escape_untrusted(&format!("{name} {version}")),
            (None, None) => CONSTRAINT.to_owned(),
        }
    }

    /// Tells what one side may ask for.
    pub(super) fn side(&self, way: &[Edge]) -> Side {
        let is_exact =
            |edge: &Edge| NpmRange::parse(&edge.range).is_some_and(|range| range.is_exact());
        // From the repository down, as long as nothing else could have been taken.
        let mut free = None;
        for (at, edge) in way.iter().enumerate().rev() {
            let from_repository = at + 1 == way.len() && self.is_direct(edge);
            let follows = at + 1 < way.len() && free == Some(at + 1);
            if !(from_repository || follows) {
                break;
            }
            // Its package can be taken in one version only, so what that one asks for is fixed too.
            free = Some(at);
            if !is_exact(edge) {
                break;
            }
        }
        match (free, way) {
            (Some(0), [bottom, ..]) => Side::Fixed(bottom.range.clone()),
            (Some(1), [_, chosen, ..]) => {
                Side::Choice(chosen.package.clone(), chosen.range.clone())
            }
            _ => Side::Open,
        }
    }

    /// Gives the ways that stand against the one that failed: those that contradict it by themselves, else all.
    pub(super) fn against<'c>(&self, clash: &'c Clash) -> Vec<&'c Way> {
        let range = |way: &Way| way.first().and_then(|edge| NpmRange::parse(&edge.range));
        let failing = range(&clash.failing);
        let contradicts = |way: &&Way| match (&failing, range(way)) {
            (Some(failing), Some(other)) => failing.is_disjoint(&other),
            _ => false,
        };
        let sure: Vec<&Way> = clash.found_for.iter().filter(contradicts).collect();
        let ways = if sure.is_empty() {
            clash.found_for.iter().collect()
        } else {
            sure
        };
        ways.into_iter().take(MOST_WAYS).collect()
    }

    /// Explains a contradiction; `proven` says whether it is one for sure.
    pub(super) fn clash(&self, clash: &Clash, proven: bool) -> Explained {
        let package = clash
            .failing
            .first()
            .map_or(String::new(), |edge| escape_untrusted(&edge.package));
        let mut ways = vec![&clash.failing];
        ways.extend(self.against(clash));
        let mut sentences: Vec<String> = ways
            .iter()
            .map(|way| format!("{}.", self.sentence(way)))
            .collect();
        let taken = clash.found.as_ref().map_or(String::new(), |(_, version)| {
            format!(
                "{} was taken, which does not suit both. ",
                escape_untrusted(version)
            )
        });
        sentences.push(match proven {
            true => format!("One version of {package} has to suit all of them, and none does."),
            false => format!("Of {package}, {taken}npm does not try other versions."),
        });
        self.explained(&package, &ways, &sentences)
    }

    /// Explains that something is not to be had.
    pub(super) fn lack(&self, package: &str, range: Option<&str>) -> Explained {
        let asks = |one: &&NpmRequirement| {
            one.name == package && range.is_none_or(|range| one.range == range)
        };
        let edge = |asker: Option<&Member>, one: &NpmRequirement| Edge {
            kind: if one.is_peer() { "peer" } else { "" }.to_owned(),
            package: one.name.clone(),
            range: one.range.clone(),
            asker: asker.map(|member| (member.name.clone(), String::new())),
        };
        let mut ways: Vec<Way> = Vec::new();
        let mut members: Vec<&&Member> = self.named.values().collect();
        members.sort_by_key(|member| member.name.as_str());
        for member in members {
            let asked = member.requirements.iter().filter(asks);
            ways.extend(asked.map(|one| vec![edge(Some(member), one)]));
        }
        let asked = self.constraints.iter().filter(asks);
        ways.extend(asked.map(|one| vec![edge(None, one)]));
        let ways: Vec<&Way> = ways.iter().collect();
        let mut sentences: Vec<String> = ways
            .iter()
            .map(|way| format!("{}.", self.sentence(way)))
            .collect();
        let shown = escape_untrusted(package);
        sentences.push(match range {
            Some(range) => format!(
                "The registry has no version of {shown} that {} allows.",
                escape_untrusted(range)
            ),
            None => {
                format!("The registry has no package {shown}, or does not show it to this user.")
            }
        });
        self.explained(package, &ways, &sentences)
    }

    /// Writes a way as "A needs b ^1, of which 1.2.0 needs c ^2 as a peer".
    fn sentence(&self, way: &[Edge]) -> String {
        let mut sentence = String::new();
        for edge in way.iter().rev() {
            let what = escape_untrusted(&format!("{} {}", edge.package, edge.range));
            let what = match edge.kind.as_str() {
                "peer" => format!("{what} as a peer"),
                "peerOptional" => format!("{what} as an optional peer"),
                _ => what,
            };
            match (&edge.asker, sentence.is_empty()) {
                (Some((_, version)), false) => {
                    let version = escape_untrusted(version);
                    sentence.push_str(&format!(", of which {version} needs {what}"));
                }
                _ => sentence = format!("{} needs {what}", self.shown_asker(edge)),
            }
        }
        sentence
    }

    fn explained(&self, what: &str, ways: &[&Way], sentences: &[String]) -> Explained {
        let mut derivation: Vec<DerivationStep> = Vec::new();
        let mut requirements: Vec<ImposedRequirement> = Vec::new();
        let mut repositories: Vec<String> = Vec::new();
        for edge in ways.iter().flat_map(|way| way.iter().rev()) {
            let step = DerivationStep {
                subject: self.shown_asker(edge),
                is_repository: self.member(edge).is_some(),
                package: escape_untrusted(&edge.package),
                versions: escape_untrusted(&edge.range),
                environment: None,
            };
            if !derivation.contains(&step) {
                derivation.push(step);
            }
            for one in self.imposed(edge) {
                if !requirements.contains(&one.imposed) {
                    requirements.push(one.imposed.clone());
                }
            }
            if let Some(member) = self.member(edge)
                && !repositories.contains(&member.shown)
            {
                repositories.push(member.shown.clone());
            }
        }
        Explained {
            conflict: Conflict {
                what: escape_untrusted(what),
                environment: None,
                repositories,
                requirements,
            },
            derivation,
            explanation: sentences.join("\n"),
        }
    }
}

/// Reads what `npm view` tells of the versions of a package: what each asks of another package; the newest first.
///
/// `None` when it cannot be read, or when there are too many versions to look at all of them.
pub(super) fn demands(json: &str, package: &str, wanted: &str) -> Option<Vec<Demand>> {
    let told: Value = serde_json::from_str(json.trim()).ok()?;
    let versions = match told {
        Value::Array(versions) => versions,
        one @ Value::Object(_) => vec![one],
        _ => return None,
    };
    if versions.is_empty() || versions.len() > MOST_VERSIONS {
        return None;
    }
    let demand = |about: &Value| {
        let version = about.get("version")?.as_str()?;
        let sections = ["dependencies", "peerDependencies"];
        let asked = sections
            .iter()
            .find_map(|section| about.get(section)?.get(wanted)?.as_str());
        let range = match asked {
            // A tag, or something from elsewhere: any version may suit.
            Some(text) => NpmRange::parse(text),
            None => None,
        };
        let order = semver::Version::parse(version).ok()?;
        let held = Some((package.to_owned(), version.to_owned()));
        Some((order, Demand { held, range }))
    };
    let read: Option<Vec<(semver::Version, Demand)>> = versions.iter().map(demand).collect();
    let mut read = read?;
    read.sort_by(|one, other| other.0.cmp(&one.0));
    Some(read.into_iter().map(|(_, demand)| demand).collect())
}

#[cfg(test)]
#[path = "npm_clash_tests.rs"]
mod tests;
