//! Finds entries of several platforms that are one project. A false merge hides a repository, so evidence must be strong and unambiguous.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use synthesizer_model::discovery::{AlsoOn, RepositoryFacts};

use crate::{
    links::{keys_on_the_way, page_key, repository_key},
    precedence::{Edge, Evidence, Leader, Standing},
    words::squashed,
};

/// How many links of one entry count; the rest could be anything.
const LINKS_THAT_COUNT: usize = 5;
/// How long a description must be before an equal one says anything.
const TELLING_DESCRIPTION: usize = 12;
/// From how many stars on close numbers of them say anything.
const TELLING_STARS: u64 = 10;
/// The shortest name that may be the beginning of another one.
const TELLING_NAME: usize = 4;

/// One entry of a platform.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The platform's place in the list of platforms.
    pub(crate) platform: usize,
    /// Whether that is a server of the user's own choice, whose numbers nobody checks.
    pub(crate) self_hosted: bool,
    /// What it knows.
    pub(crate) facts: RepositoryFacts,
}

/// One project: what its main platform knows, and the rest.
#[derive(Debug)]
pub(crate) struct Project {
    /// The entry that stands for the project.
    pub(crate) main: Entry,
    /// The other entries, in the order of platforms.
    pub(crate) others: Vec<Entry>,
}

impl Project {
    /// Says where else the project is.
    pub(crate) fn also_on(&self) -> Vec<AlsoOn> {
        self.others
            .iter()
            .map(|Entry { facts, .. }| AlsoOn {
                platform: facts.platform.clone(),
                full_name: facts.full_name.clone(),
                url: facts.url.clone(),
            })
            .collect()
    }
}

/// What one round brought.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    /// The projects that no earlier round had, in the order of their first entries.
    pub(crate) projects: Vec<Project>,
    /// How many entries of each platform belong to projects of earlier rounds, which are not listed twice.
    pub(crate) seen_before: BTreeMap<usize, usize>,
}

/// Merges round after round; what an earlier round gave stays as it was.
#[derive(Debug, Default)]
pub(crate) struct Merger {
    known: Vec<Known>,
    by_identity: HashMap<(usize, String), usize>,
    by_key: HashMap<String, Vec<usize>>,
    by_full_name: HashMap<String, Vec<usize>>,
}

/// What is kept of an entry to compare others with.
#[derive(Debug)]
struct Known {
    platform: usize,
    full_name: String,
    kind: String,
    name: String,
    description: String,
    stars: Option<u64>,
    standing: Standing,
    pages: Vec<String>,
    /// The project of an earlier round, by the entry that leads it.
    project: Option<usize>,
}

impl Merger {
    /// Merges the entries of the next round; the result depends on their order, never on when they came.
    pub(crate) fn merge(&mut self, entries: Vec<Entry>) -> Merged {
        let mut merged = Merged::default();
        let first_new = self.known.len();
        let mut fresh = Vec::new();
        for entry in entries {
            let identity = (entry.platform, entry.facts.full_name.clone());
            if self.by_identity.contains_key(&identity) {
                *merged.seen_before.entry(entry.platform).or_default() += 1;
                continue;
            }
            self.by_identity.insert(identity, self.known.len());
            self.remember(&entry);
            fresh.push(entry);
        }
        let edges = self.edges(&fresh, first_new);
        let groups = self.groups(first_new, &edges);
        let mut fresh: Vec<Option<Entry>> = fresh.into_iter().map(Some).collect();
        for group in groups {
            let mut main = None;
            let mut others = Vec::new();
            for member in &group.members {
                self.known[*member].project = Some(group.leader);
                match fresh.get_mut(member - first_new).and_then(Option::take) {
                    Some(entry) if *member == group.leader => main = Some(entry),
                    Some(entry) => others.push(entry),
                    None => {}
                }
            }
            others.sort_by_key(|entry| entry.platform);
            if let Some(main) = main {
                merged.projects.push(Project { main, others });
            } else {
                // The leader is of an earlier round.
                for entry in others {
                    *merged.seen_before.entry(entry.platform).or_default() += 1;
                }
            }
        }
        merged
    }

    fn remember(&mut self, entry: &Entry) {
        let facts = &entry.facts;
        let index = self.known.len();
        if let Some(key) = repository_key(&facts.url) {
            self.by_key.entry(key).or_default().push(index);
        }
        let full_name = facts.full_name.to_lowercase();
        let same_name = self.by_full_name.entry(full_name.clone()).or_default();
        same_name.push(index);
        let links = facts.links.iter().take(LINKS_THAT_COUNT);
        self.known.push(Known {
            platform: entry.platform,
            full_name,
            kind: facts.kind.clone(),
            name: squashed(&facts.name),
            description: squashed(facts.description.as_deref().unwrap_or_default()),
            stars: facts.stars,
            standing: Standing::of(facts, entry.self_hosted),
            pages: links.filter_map(|link| page_key(link)).collect(),
            project: None,
        });
    }

    /// Gives the pairs that may be one, the strongest evidence first.
    fn edges(&self, fresh: &[Entry], first_new: usize) -> BTreeSet<Edge> {
        let mut claims = BTreeSet::new();
        for (position, entry) in fresh.iter().enumerate() {
            let from = first_new + position;
            let links = entry.facts.links.iter().take(LINKS_THAT_COUNT);
            claims.extend(links.filter_map(|link| Some((from, self.target(from, link)?))));
        }
        let mut edges = BTreeSet::new();
        for &(from, to) in &claims {
            let (evidence, linking) = if claims.contains(&(to, from)) {
                (Evidence::MutualLinks, None)
            } else if self.is_believable(from, to, &claims) {
                (Evidence::Link, Some(from))
            } else {
                continue;
            };
            edges.insert(Edge {
                evidence,
                new: from.max(to),
                other: from.min(to),
                linking,
            });
        }
        for from in first_new..self.known.len() {
            let same_name = &self.by_full_name[&self.known[from].full_name];
            let earlier = same_name.iter().take_while(|other| **other < from);
            edges.extend(
                earlier
                    .filter(|other| self.are_namesakes(from, **other))
                    .map(|other| Edge {
                        evidence: Evidence::Name,
                        new: from,
                        other: *other,
                        linking: None,
                    }),
            );
        }
        edges
    }

    /// Gives the entry of another platform to which a link leads, if there is exactly one.
    fn target(&self, from: usize, link: &str) -> Option<usize> {
        let keys = keys_on_the_way(link);
        let found = keys.iter().find_map(|key| self.by_key.get(key))?;
        match found.as_slice() {
            [only] if self.known[*only].platform != self.known[from].platform => Some(*only),
            _ => None,
        }
    }

    /// Says whether a link of one side means "this is me" and not "I use that".
    fn is_believable(&self, from: usize, to: usize, claims: &BTreeSet<(usize, usize)>) -> bool {
        let (linking, linked) = (&self.known[from], &self.known[to]);
        let named_alike = |known: &Known| !known.name.is_empty() && known.name == linked.name;
        let itself = named_alike(linking);
        // Several entries of one platform that link to the same place use it; only the one with its very name may be it.
        let rivals = claims.iter().any(|&(other, target)| {
            let other = (other != from).then(|| &self.known[other]);
            target == to
                && other.is_some_and(|other| {
                    other.platform == linking.platform && (!itself || named_alike(other))
                })
        });
        if rivals {
            return linking.full_name == linked.full_name;
        }
        if itself {
            return true;
        }
        // An entry that links to several places of one platform uses them.
        let alternatives = claims.iter().any(|&(source, other)| {
            source == from && other != to && self.known[other].platform == linked.platform
        });
        if alternatives {
            return false;
        }
        // Papers name their code, and code its paper; models and datasets cite the papers of others.
        let told = match (linking.kind.as_str(), linked.kind.as_str()) {
            ("paper", _) | ("repository", "paper") => true,
            _ => linking.kind == linked.kind,
        };
        told || begins_alike(&linking.name, &linked.name)
    }

    /// Says whether two repositories with equal owner and name are one project.
    fn are_namesakes(&self, left: usize, right: usize) -> bool {
        let (left, right) = (&self.known[left], &self.known[right]);
        let hosts = left.kind == "repository" && right.kind == "repository";
        if !hosts || left.platform == right.platform || !left.full_name.contains('/') {
            return false;
        }
        let described = left.description.chars().count() >= TELLING_DESCRIPTION
            && left.description == right.description;
        let linked = left.pages.iter().any(|page| right.pages.contains(page));
        let stars = match (left.stars, right.stars) {
            (Some(left), Some(right)) => {
                left.min(right) >= TELLING_STARS && left.abs_diff(right) <= left.max(right) / 10
            }
            _ => false,
        };
        described || linked || stars
    }

    /// Joins what the evidence allows. A group never holds two entries of one platform, nor parts of two earlier projects.
    fn groups(&self, first_new: usize, edges: &BTreeSet<Edge>) -> Vec<Group> {
        let mut groups: Vec<Option<Group>> = (first_new..self.known.len())
            .map(|index| {
                Some(Group {
                    members: vec![index],
                    platforms: BTreeSet::from([self.known[index].platform]),
                    leader: index,
                    attached: false,
                })
            })
            .collect();
        let mut place: Vec<usize> = (0..groups.len()).collect();
        for edge in edges {
            let home = place[edge.new - first_new];
            if edge.other < first_new {
                let earlier = self.known[edge.other].project.unwrap_or(edge.other);
                if let Some(group) = groups[home].as_mut().filter(|group| !group.attached) {
                    self.attach(group, earlier, edge);
                }
                continue;
            }
            let away = place[edge.other - first_new];
            let leader = match (&groups[home], &groups[away]) {
                (Some(left), Some(right)) if home != away => self.joined_leader(left, right, edge),
                _ => None,
            };
            if let Some(leader) = leader
                && let Some(joining) = groups[home.max(away)].take()
            {
                for member in &joining.members {
                    place[member - first_new] = home.min(away);
                }
                if let Some(group) = groups[home.min(away)].as_mut() {
                    group.absorb(joining, leader);
                }
            }
        }
        groups.into_iter().flatten().collect()
    }

    /// Puts a group below a project of an earlier round, which keeps its leader: what was listed never changes.
    fn attach(&self, group: &mut Group, earlier: usize, edge: &Edge) {
        let members = self.platforms_of(earlier);
        let leader = edge.leader(self.leader(group.leader), self.leader(earlier));
        if leader == Some(earlier) && group.platforms.is_disjoint(&members) {
            group.leader = earlier;
            group.attached = true;
            group.platforms.extend(members);
        }
    }

    /// Gives who leads two groups of this round together, if they may be joined; `left` holds the edge's new entry.
    fn joined_leader(&self, left: &Group, right: &Group, edge: &Edge) -> Option<usize> {
        let joinable =
            !(left.attached && right.attached) && left.platforms.is_disjoint(&right.platforms);
        let leader = edge.leader(self.leader(left.leader), self.leader(right.leader))?;
        let keeps = |group: &Group| !group.attached || group.leader == leader;
        (joinable && keeps(left) && keeps(right)).then_some(leader)
    }

    fn leader(&self, entry: usize) -> Leader {
        let known = &self.known[entry];
        Leader {
            entry,
            standing: known.standing,
            platform: known.platform,
        }
    }

    fn platforms_of(&self, project: usize) -> BTreeSet<usize> {
        let members = self
            .known
            .iter()
            .enumerate()
            .filter(|(index, known)| known.project == Some(project) || *index == project);
        members.map(|(_, known)| known.platform).collect()
    }
}

/// Entries of this round that are one project.
#[derive(Debug)]
struct Group {
    members: Vec<usize>,
    platforms: BTreeSet<usize>,
    /// The entry that stands for the project; of an earlier round when it is attached to one.
    leader: usize,
    attached: bool,
}

impl Group {
    fn absorb(&mut self, other: Self, leader: usize) {
        self.members.extend(other.members);
        self.members.sort_unstable();
        self.platforms.extend(other.platforms);
        self.leader = leader;
        self.attached |= other.attached;
    }
}

/// Says whether one name is the other one's beginning.
fn begins_alike(left: &str, right: &str) -> bool {
    let shorter = left.chars().count().min(right.chars().count());
    shorter >= TELLING_NAME && (left.starts_with(right) || right.starts_with(left))
}

#[cfg(test)]
#[path = "merging_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "merging_hostile_tests.rs"]
mod hostile_tests;
