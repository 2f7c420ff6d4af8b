//! The packages of one npm lock file and which asks for which, whatever the format: put together by the readers of the formats,
//! given out merged and sorted. Knows no format.

use std::collections::HashMap;

use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    project::{LockFile, LockedPackage},
};

use super::{npm_specifier::shown, problem_list::ProblemList};

/// How many packages of one lock file are kept, copies in several places counted each.
const MOST_PACKAGES: usize = 300_000;
/// How many pairs of packages of one lock file are kept.
const MOST_PAIRS: usize = 1_500_000;
/// How many bytes the names of those that ask may have, told once for each package that they ask for.
const MOST_NAMED: usize = 32 << 20;

/// A package of the repository that a lock file may speak of.
pub(super) struct OwnPackage<'p> {
    /// Its folder, from the lock file's; empty for that folder itself.
    pub folder: &'p str,
    /// Its name; its folder's where it has none.
    pub name: &'p str,
    /// Its version; empty where it has none.
    pub version: &'p str,
    /// What it asks for.
    pub asks: &'p [Dependency],
}

/// The key under which a manifest asks for a dependency, and whether for development alone.
pub(super) fn key_of(dependency: &Dependency) -> (&str, bool) {
    let key = dependency.imported_as.as_deref();
    (
        key.unwrap_or(&dependency.name),
        dependency.group.as_deref() == Some("dev"),
    )
}

/// One package in one place.
pub(super) struct Locked<'t> {
    /// Its real name.
    pub name: &'t str,
    /// Its version.
    pub version: &'t str,
    /// `registry`, `git`, `path`, `url`.
    pub source: &'static str,
    /// Whether it is one of the repository's own.
    pub own: bool,
    /// Whether only development asks for it; `None` where the format leaves that to be found out.
    pub development: Option<bool>,
    /// Its license, where the format tells.
    pub license: Option<&'t str>,
}

/// The packages of one lock file.
#[derive(Default)]
pub(super) struct LockGraph<'t> {
    packages: Vec<Locked<'t>>,
    /// Who asks, for whom, and whether for development alone.
    pairs: Vec<(u32, u32, bool)>,
    full: bool,
}

impl<'t> LockGraph<'t> {
    /// Adds a package; `None` past the bound.
    pub(super) fn add(&mut self, package: Locked<'t>) -> Option<u32> {
        let index = u32::try_from(self.packages.len()).ok()?;
        if self.packages.len() >= MOST_PACKAGES {
            self.full = true;
            return None;
        }
        self.packages.push(package);
        Some(index)
    }

    /// Says that a package asks for another one.
    pub(super) fn ask(&mut self, asking: u32, asked: u32, development: bool) {
        if self.pairs.len() >= MOST_PAIRS {
            self.full = true;
            return;
        }
        self.pairs.push((asking, asked, development));
    }

    /// Gives a package that was added.
    pub(super) fn package_mut(&mut self, index: u32) -> &mut Locked<'t> {
        &mut self.packages[index as usize]
    }

    /// Adds the repository's own packages, and gives their indices by folder.
    pub(super) fn add_own<'p: 't>(&mut self, own: &[OwnPackage<'p>]) -> HashMap<&'p str, u32> {
        let mut by_folder = HashMap::new();
        for package in own {
            let index = self.add(Locked {
                name: package.name,
                version: package.version,
                source: "path",
                own: true,
                development: None,
                license: None,
            });
            if let Some(index) = index {
                by_folder.insert(package.folder, index);
            }
        }
        by_folder
    }

    /// Puts copies of one package together and gives all of them, sorted.
    pub(super) fn finish(mut self, path: &str, problems: &mut ProblemList) -> LockFile {
        self.find_development();
        let order = self.sorted();
        let merged = self.merged(&order);
        let required_by = self.required_by(&merged);
        if self.full {
            problems.tell(path, "names more packages than are kept; some of them, or who asks for them, are left out");
        }
        let mut packages: Vec<LockedPackage> = Vec::with_capacity(required_by.len());
        for index in order {
            let package = &self.packages[index as usize];
            let development = package.development == Some(true);
            if merged[index as usize] as usize == packages.len() {
                packages.push(LockedPackage {
                    name: shown(package.name),
                    version: shown(package.version),
                    source: package.source.to_owned(),
                    required_by: Vec::new(),
                    own: package.own,
                    development,
                    license: package.license.map(shown),
                });
            } else if let Some(last) = packages.last_mut() {
                last.own |= package.own;
                last.development &= development;
                if last.license.is_none() {
                    last.license = package.license.map(shown);
                }
            }
        }
        for (package, names) in packages.iter_mut().zip(required_by) {
            package.required_by = names;
        }
        // Names that had to be made readable may stand elsewhere than as they are written.
        packages
            .sort_by(|left, right| (&left.name, &left.version).cmp(&(&right.name, &right.version)));
        LockFile {
            path: path.to_owned(),
            ecosystem: Ecosystem::Npm,
            packages,
        }
    }

    fn sorted(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..).take(self.packages.len()).collect();
        let key = |index: &u32| {
            let package = &self.packages[*index as usize];
            (package.name, package.version, package.source, !package.own)
        };
        order.sort_by(|left, right| key(left).cmp(&key(right)));
        order
    }

    /// Gives for every package its place among the merged ones.
    fn merged(&self, order: &[u32]) -> Vec<u32> {
        let mut merged = vec![0; self.packages.len()];
        let mut place = 0;
        let mut before: Option<&Locked<'_>> = None;
        for index in order {
            let package = &self.packages[*index as usize];
            if let Some(before) = before
                && (before.name, before.version, before.source)
                    != (package.name, package.version, package.source)
            {
                place += 1;
            }
            merged[*index as usize] = place;
            before = Some(package);
        }
        merged
    }

    /// Gives for every merged package the names of those that ask for it.
    fn required_by(&mut self, merged: &[u32]) -> Vec<Vec<String>> {
        let count = merged.iter().max().map_or(0, |most| *most as usize + 1);
        let mut asking: Vec<Vec<&str>> = vec![Vec::new(); count];
        for (from, to, _) in &self.pairs {
            let (from, to) = (*from as usize, *to as usize);
            if merged[from] != merged[to] {
                asking[merged[to] as usize].push(self.packages[from].name);
            }
        }
        let mut left = MOST_NAMED;
        let mut full = false;
        let mut distinct = Vec::with_capacity(count);
        for mut names in asking {
            names.sort_unstable();
            names.dedup();
            let admitted = names.iter().take_while(|name| {
                let room = left.checked_sub(name.len());
                full |= room.is_none();
                left = room.unwrap_or(0);
                room.is_some()
            });
            distinct.push(admitted.map(|name| shown(name)).collect());
        }
        self.full |= full;
        distinct
    }

    /// Finds out what only development asks for, where the format does not tell: what the own packages reach by way of their
    /// development dependencies and in no other way.
    fn find_development(&mut self) {
        let count = self.packages.len();
        let mut asked: Vec<Vec<(u32, bool)>> = vec![Vec::new(); count];
        for (from, to, development) in &self.pairs {
            asked[*from as usize].push((*to, *development));
        }
        let reach = |with_development: bool| {
            let own = (0..).zip(&self.packages).filter(|(_, known)| known.own);
            let mut waiting: Vec<u32> = own.map(|(index, _)| index).collect();
            let mut reached = vec![false; count];
            while let Some(index) = waiting.pop() {
                let is_new = !std::mem::replace(&mut reached[index as usize], true);
                if is_new {
                    let next = asked[index as usize].iter();
                    let next = next.filter(|(_, development)| with_development || !development);
                    waiting.extend(next.map(|(to, _)| *to));
                }
            }
            reached
        };
        let needed = reach(false);
        let reached = reach(true);
        for (index, package) in self.packages.iter_mut().enumerate() {
            let found = reached[index] && !needed[index];
            package.development.get_or_insert(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &'static str, version: &'static str, own: bool) -> Locked<'static> {
        Locked {
            name,
            version,
            source: if own { "path" } else { "registry" },
            own,
            development: None,
            license: None,
        }
    }

    #[test]
    fn the_names_of_those_that_ask_are_bounded() {
        let name: &'static str = "x".repeat(4_000).leak();
        let mut graph = LockGraph::default();
        let asking = graph.add(package(name, "1.0.0", false)).expect("room");
        for _ in 0..10_000 {
            let version: &'static str = graph.packages.len().to_string().leak();
            let asked = graph.add(package("a", version, false)).expect("room");
            graph.ask(asking, asked, false);
        }
        let mut problems = ProblemList::default();
        let lock = graph.finish("yarn.lock", &mut problems);
        let told = lock
            .packages
            .iter()
            .filter(|known| !known.required_by.is_empty());
        assert_eq!(told.count(), MOST_NAMED / 4_000);
        assert_eq!(problems.texts().len(), 1);
    }

    #[test]
    fn copies_are_merged_and_development_is_found() {
        let mut graph = LockGraph::default();
        let names = [
            ("root", "", true),
            ("b", "1.0.0", false),
            ("a", "1.0.0", false),
            ("b", "1.0.0", false),
            ("only-dev", "2.0.0", false),
            ("lost", "3.0.0", false),
        ];
        let indices: Vec<u32> = names
            .iter()
            .map(|(name, version, own)| graph.add(package(name, version, *own)).expect("room"))
            .collect();
        graph.ask(indices[0], indices[2], false);
        graph.ask(indices[2], indices[1], false);
        graph.ask(indices[0], indices[4], true);
        graph.ask(indices[4], indices[3], false);
        graph.ask(indices[4], indices[3], false);
        let mut problems = ProblemList::default();
        let lock = graph.finish("yarn.lock", &mut problems);
        let shown: Vec<String> = lock
            .packages
            .iter()
            .map(|package| {
                let flag = if package.development { " dev" } else { "" };
                let by = package.required_by.join(",");
                format!("{}@{} by {by}{flag}", package.name, package.version)
            })
            .collect();
        assert_eq!(
            shown,
            [
                "a@1.0.0 by root",
                "b@1.0.0 by a,only-dev",
                "lost@3.0.0 by ",
                "only-dev@2.0.0 by root dev",
                "root@ by "
            ]
        );
        assert!(problems.texts().is_empty());
    }
}
