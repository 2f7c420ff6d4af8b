//! Who has which name, and what clashes. Every clash can be mended by a rename, so each is conditional.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    compatibility::{CompatibilityFinding, OwnedName, Verdict},
    resolution::ImposedRequirement,
    text::escape_untrusted,
};

use super::spelling::{Room, proposed, short_names};

/// How many names of one repository are looked at.
const MOST_NAMES: usize = 20_000;
/// The longest name that is looked at, in bytes.
const LONGEST_NAME: usize = 500;
/// How deep a module's name is followed upwards.
const DEEPEST: usize = 16;
/// How many repositories and places one finding tells.
const MOST_TOLD: usize = 50;

/// A name and which of the repositories has it.
#[derive(Debug, Clone, Copy)]
struct Holder<'a> {
    repository: usize,
    owned: &'a OwnedName,
}

/// The holders of each name, by its key.
type Holders<'a> = BTreeMap<(Room, String), Vec<Holder<'a>>>;

/// Everything that is looked at.
struct Names<'a> {
    projects: &'a [(String, Vec<OwnedName>)],
    short: Vec<String>,
    owned: Holders<'a>,
    needed: Holders<'a>,
}

/// Lists the names that clash when the repositories are combined into one project, each with what to call things instead.
///
/// Two of one name: modules, distributions, crates, Rust libraries, packages of npm, programs of any ecosystem, entry points of one group. A
/// module that lies below another repository's package of the same name. Names that differ only in case, where they become files. A package
/// of one repository that another asks for by its name. All are [`Verdict::Conditional`], since a rename mends each. Namespaces that packages
/// share (PEP 420, `pkgutil`) are no clash; the names given must begin below them. A name that one repository has twice is no clash.
pub fn judge(projects: &[(String, Vec<OwnedName>)]) -> Vec<CompatibilityFinding> {
    let names = Names::gather(projects);
    let mut findings = Vec::new();
    for ((room, _), holders) in &names.owned {
        findings.extend(names.same(*room, holders));
    }
    findings.extend(names.below());
    findings.extend(names.same_but_for_case());
    for (key, askers) in &names.needed {
        if let Some(owners) = names.owned.get(key) {
            findings.extend(names.asked_for(key.0, owners, askers));
        }
    }
    findings.extend(names.left_out());
    findings
}

impl<'a> Names<'a> {
    fn gather(projects: &'a [(String, Vec<OwnedName>)]) -> Self {
        let mut owned = Holders::new();
        let mut needed = Holders::new();
        for (repository, (_, names)) in projects.iter().enumerate() {
            for name in names.iter().take(MOST_NAMES) {
                if name.name.is_empty() || name.name.len() > LONGEST_NAME {
                    continue;
                }
                let (room, is_owned) = Room::of(name.kind);
                let key = (room, room.key(&name.name).into_owned());
                let holders = if is_owned { &mut owned } else { &mut needed };
                holders.entry(key).or_default().push(Holder {
                    repository,
                    owned: name,
                });
            }
        }
        let short = short_names(projects.iter().map(|(repository, _)| repository.as_str()));
        Self {
            projects,
            short,
            owned,
            needed,
        }
    }

    /// Two of one name.
    fn same(&self, room: Room, holders: &[Holder<'a>]) -> Option<CompatibilityFinding> {
        let repositories = distinct(holders);
        if repositories.len() < 2 || self.is_told_by_crate(room, holders) {
            return None;
        }
        let name = &holders.first()?.owned.name;
        let all = if repositories.len() == 2 {
            "both"
        } else {
            "all"
        };
        let what = format!(
            "{} {all} have {} named `{}`",
            self.list(&repositories, "and"),
            room.noun(),
            escape_untrusted(name)
        );
        let instead: Vec<String> = repositories
            .iter()
            .take(3)
            .map(|index| {
                format!(
                    "`{}`",
                    escape_untrusted(&proposed(room, name, &self.short[*index]))
                )
            })
            .collect();
        let fix = match room {
            Room::Modules => format!(
                "place each under a package of its own, such as {}",
                instead.join(" and ")
            ),
            _ => format!("rename all but one of them, such as to {}", instead.get(1)?),
        };
        Some(self.finding(what, holders, fix))
    }

    /// A library has its crate's name as a rule: that is told once.
    fn is_told_by_crate(&self, room: Room, holders: &[Holder<'a>]) -> bool {
        let Some(first) = holders.first().filter(|_| room == Room::Libraries) else {
            return false;
        };
        let key = Room::Crates.key(&first.owned.name).into_owned();
        let crates = self.owned.get(&(Room::Crates, key));
        crates.is_some_and(|crates| distinct(crates).is_superset(&distinct(holders)))
    }

    /// A module of one repository that lies below a package of another, which hides it.
    fn below(&self) -> Vec<CompatibilityFinding> {
        let mut findings = Vec::new();
        let modules = self
            .owned
            .iter()
            .filter(|((room, _), _)| *room == Room::Modules);
        for ((_, name), holders) in modules {
            let above = name
                .match_indices('.')
                .take(DEEPEST)
                .filter_map(|(at, _)| name.get(..at))
                .find_map(|above| self.owned.get_key_value(&(Room::Modules, above.to_owned())));
            let Some(((_, above), owners)) = above else {
                continue;
            };
            let both: Vec<Holder<'a>> = owners.iter().chain(holders).copied().collect();
            if distinct(&both).len() < 2 || distinct(owners).is_superset(&distinct(holders)) {
                continue;
            }
            let what = format!(
                "the package `{}` of {} hides the module `{}` of {}",
                escape_untrusted(above),
                self.list(&distinct(owners), "and"),
                escape_untrusted(name),
                self.list(&distinct(holders), "and")
            );
            let instead = holders
                .first()
                .map(|holder| proposed(Room::Modules, name, &self.short[holder.repository]))
                .unwrap_or_default();
            let fix = format!(
                "place the module elsewhere, such as under `{}`",
                escape_untrusted(&instead)
            );
            findings.push(self.finding(what, &both, fix));
        }
        findings
    }

    /// Names that become files and differ only in case.
    fn same_but_for_case(&self) -> Vec<CompatibilityFinding> {
        let mut folded: BTreeMap<(Room, String), Vec<&Vec<Holder<'a>>>> = BTreeMap::new();
        for ((room, name), holders) in &self.owned {
            if room.has_files() {
                folded
                    .entry((*room, name.to_lowercase()))
                    .or_default()
                    .push(holders);
            }
        }
        let mut findings = Vec::new();
        for (_, groups) in folded.into_iter().filter(|(_, groups)| groups.len() > 1) {
            let holders: Vec<Holder<'a>> = groups
                .iter()
                .flat_map(|group| group.iter().copied())
                .collect();
            if distinct(&holders).len() < 2 {
                continue;
            }
            let written: BTreeSet<String> = holders
                .iter()
                .map(|holder| format!("`{}`", escape_untrusted(&holder.owned.name)))
                .take(MOST_TOLD)
                .collect();
            let what = format!(
                "the names {} of {} are one on systems that do not tell upper from lower case",
                joined(&written.into_iter().collect::<Vec<_>>(), "and"),
                self.list(&distinct(&holders), "and")
            );
            let fix = "rename one of them so that more than its case differs".to_owned();
            findings.push(self.finding(what, &holders, fix));
        }
        findings
    }

    /// A package of one repository that another asks for: the copy and the published package would both be there.
    fn asked_for(
        &self,
        room: Room,
        owners: &[Holder<'a>],
        askers: &[Holder<'a>],
    ) -> Option<CompatibilityFinding> {
        let owning = distinct(owners);
        let asking: Vec<Holder<'a>> = askers
            .iter()
            .filter(|asker| !owning.contains(&asker.repository))
            .copied()
            .collect();
        let name = escape_untrusted(&asking.first()?.owned.name);
        let what = format!(
            "{} asks for {} named `{name}`, which {} is: the copy would stand beside the published package of the same name",
            self.list(&distinct(&asking), "and"),
            room.noun(),
            self.list(&owning, "and")
        );
        let fix = format!(
            "let {name} be a dependency and leave its repository out, or let the copy take its place under another name"
        );
        let both: Vec<Holder<'a>> = owners.iter().chain(&asking).copied().collect();
        Some(self.finding(what, &both, fix))
    }

    /// Says what was not looked at.
    fn left_out(&self) -> Vec<CompatibilityFinding> {
        let is_long = |name: &OwnedName| name.name.len() > LONGEST_NAME;
        let mut findings = Vec::new();
        for (repository, names) in self.projects {
            let repository = escape_untrusted(repository);
            let too_long = names
                .iter()
                .take(MOST_NAMES)
                .filter(|name| is_long(name))
                .count();
            let count = names.len().saturating_sub(MOST_NAMES) + too_long;
            if count > 0 {
                findings.push(CompatibilityFinding {
                    what: format!("{count} names of {repository} were not compared: there are too many, or they are too long"),
                    verdict: Verdict::Unknown,
                    repositories: vec![repository],
                    requirements: Vec::new(),
                    fix: None,
                });
            }
        }
        findings
    }

    fn finding(&self, what: String, holders: &[Holder<'a>], fix: String) -> CompatibilityFinding {
        let requirements = holders
            .iter()
            .take(MOST_TOLD)
            .map(|holder| ImposedRequirement {
                repository: self.shown(holder.repository),
                specifier: escape_untrusted(&holder.owned.name),
                manifest: escape_untrusted(&holder.owned.manifest),
                line: holder.owned.line,
            });
        CompatibilityFinding {
            what,
            verdict: Verdict::Conditional,
            repositories: distinct(holders)
                .into_iter()
                .map(|index| self.shown(index))
                .collect(),
            requirements: requirements.collect(),
            fix: Some(fix),
        }
    }

    fn shown(&self, repository: usize) -> String {
        self.projects
            .get(repository)
            .map(|(repository, _)| escape_untrusted(repository))
            .unwrap_or_default()
    }

    fn list(&self, repositories: &BTreeSet<usize>, last: &str) -> String {
        let shown: Vec<String> = repositories
            .iter()
            .map(|index| self.shown(*index))
            .collect();
        joined(&shown, last)
    }
}

fn distinct(holders: &[Holder<'_>]) -> BTreeSet<usize> {
    holders.iter().map(|holder| holder.repository).collect()
}

/// Writes `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`.
fn joined(texts: &[String], last: &str) -> String {
    match texts {
        [] => String::new(),
        [only] => only.clone(),
        [first, second] => format!("{first} {last} {second}"),
        [first, second, third] => format!("{first}, {second} {last} {third}"),
        [first, second, third, rest @ ..] => {
            format!("{first}, {second}, {third} {last} {} more", rest.len())
        }
    }
}
