//! The packages of one lock file and which asks for which, whatever the format. Knows no format.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use synthesizer_model::{
    dependency::{Ecosystem, normalize_distribution},
    project::{LockFile, LockedPackage, Project},
};

use super::super::super::super::{
    allowance::{LONGEST_NAME, cut},
    problem_list::ProblemList,
};

/// How many packages of one lock file are kept.
const MOST_PACKAGES: usize = 50_000;
/// How many pairs of packages of one lock file are kept.
const MOST_PAIRS: usize = 500_000;

/// One package as a format tells it.
#[derive(Debug, Clone)]
pub(super) struct Locked {
    /// Its name as written.
    pub name: String,
    /// Its version, or the revision of a git source.
    pub version: String,
    /// `registry`, `git`, `path`, `url`.
    pub source: &'static str,
    /// Whether it is one of the repository's own.
    pub own: bool,
    /// Whether only development asks for it; `None` where the format leaves that to be found out.
    pub development: Option<bool>,
}

impl Locked {
    /// Makes a package of an index.
    pub(super) fn new(name: &str, version: &str) -> Self {
        Self {
            name: cut(name, LONGEST_NAME).to_owned(),
            version: cut(version, LONGEST_NAME).to_owned(),
            source: "registry",
            own: false,
            development: None,
        }
    }
}

/// Who asks for a package.
#[derive(Debug)]
enum Asking {
    Package(usize),
    /// A package that the lock file lists, by its normalised name.
    Name(String),
    /// A package of the repository that the lock file does not list.
    Project(String),
}

/// One request, for a package by its name and perhaps its version.
#[derive(Debug)]
struct Pair {
    asking: Asking,
    name: String,
    version: Option<String>,
    development: bool,
}

/// The packages of one lock file.
#[derive(Debug, Default)]
pub(super) struct LockGraph {
    packages: Vec<Locked>,
    pairs: Vec<Pair>,
    full: bool,
}

impl LockGraph {
    /// Adds a package; `None` past the bound.
    pub(super) fn add(&mut self, package: Locked) -> Option<usize> {
        if self.packages.len() >= MOST_PACKAGES {
            self.full = true;
            return None;
        }
        self.packages.push(package);
        Some(self.packages.len() - 1)
    }

    /// Says that a package asks for another one.
    pub(super) fn ask(
        &mut self,
        asking: usize,
        name: &str,
        version: Option<&str>,
        development: bool,
    ) {
        self.pair(Asking::Package(asking), name, version, development);
    }

    /// Says that a package asks for another one, both by name.
    pub(super) fn ask_by_name(&mut self, asking: &str, name: &str) {
        let asking = normalize_distribution(cut(asking, LONGEST_NAME));
        self.pair(Asking::Name(asking), name, None, false);
    }

    /// Says that a package of the repository that is not listed asks for one that is.
    pub(super) fn ask_for_project(&mut self, project: &str, name: &str, development: bool) {
        let project = cut(project, LONGEST_NAME).to_owned();
        self.pair(Asking::Project(project), name, None, development);
    }

    /// Says what a package of the repository asks for, by its manifests.
    pub(super) fn ask_for(&mut self, project: &Project) {
        let Some(name) = project.facts.name.as_deref() else {
            return;
        };
        for dependency in &project.dependencies {
            let development = dependency
                .group
                .as_ref()
                .is_some_and(|group| group != "optional" && !project.extras.contains(group));
            self.ask_for_project(name, &dependency.name, development);
        }
    }

    fn pair(&mut self, asking: Asking, name: &str, version: Option<&str>, development: bool) {
        if self.pairs.len() >= MOST_PAIRS {
            self.full = true;
            return;
        }
        self.pairs.push(Pair {
            asking,
            name: normalize_distribution(cut(name, LONGEST_NAME)),
            version: version.map(|version| cut(version, LONGEST_NAME).to_owned()),
            development,
        });
    }

    /// Finds out who asks for which package, and gives the packages sorted.
    pub(super) fn finish(self, path: &str, problems: &mut ProblemList) -> LockFile {
        if self.full {
            let what = format_args!(
                "more than {MOST_PACKAGES} packages or {MOST_PAIRS} pairs of them; the rest is left out"
            );
            problems.tell(path, what);
        }
        let edges = self.edges();
        let development = self.development(&edges);
        let mut merged: BTreeMap<(String, String, &'static str), LockedPackage> = BTreeMap::new();
        let mut required: Vec<BTreeSet<&str>> = vec![BTreeSet::new(); self.packages.len()];
        for (pair, asked) in &edges {
            let asking = match &self.pairs[*pair].asking {
                Asking::Package(asking) => self.packages[*asking].name.as_str(),
                Asking::Name(name) | Asking::Project(name) => name,
            };
            // An extra of a package may ask for the package.
            if normalize_distribution(asking) != normalize_distribution(&self.packages[*asked].name)
            {
                required[*asked].insert(asking);
            }
        }
        for ((package, required), development) in
            self.packages.iter().zip(required).zip(development)
        {
            let key = (
                package.name.clone(),
                package.version.clone(),
                package.source,
            );
            let known = merged.entry(key).or_insert_with(|| LockedPackage {
                name: package.name.clone(),
                version: package.version.clone(),
                source: package.source.to_owned(),
                required_by: Vec::new(),
                own: package.own,
                development: true,
                license: None,
            });
            known
                .required_by
                .extend(required.into_iter().map(str::to_owned));
            known.own |= package.own;
            known.development &= development;
        }
        let mut packages: Vec<LockedPackage> = merged.into_values().collect();
        for package in &mut packages {
            package.required_by.sort();
            package.required_by.dedup();
        }
        LockFile {
            path: path.to_owned(),
            ecosystem: Ecosystem::Python,
            packages,
        }
    }

    /// Gives for each request that can be met the packages that meet it.
    fn edges(&self) -> Vec<(usize, usize)> {
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, package) in self.packages.iter().enumerate() {
            by_name
                .entry(normalize_distribution(&package.name))
                .or_default()
                .push(place);
        }
        let mut edges = Vec::new();
        for (place, pair) in self.pairs.iter().enumerate() {
            let candidates = by_name.get(&pair.name).map_or(&[][..], Vec::as_slice);
            // Versions of one package for different environments; a request without a version may mean any.
            for candidate in candidates {
                let meets = |version: &String| *version == self.packages[*candidate].version;
                if edges.len() < 4 * MOST_PAIRS && pair.version.as_ref().is_none_or(meets) {
                    edges.push((place, *candidate));
                }
            }
        }
        edges
    }

    /// Says which packages only development asks for: those that no way leads to from the repository's own packages but by their
    /// groups for development. Where no such package is known, none.
    fn development(&self, edges: &[(usize, usize)]) -> Vec<bool> {
        let mut asked_by: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut asked_by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut waiting: Vec<usize> = Vec::new();
        for (pair, asked) in edges {
            let pair = &self.pairs[*pair];
            match &pair.asking {
                _ if pair.development => {}
                Asking::Package(asking) => asked_by.entry(*asking).or_default().push(*asked),
                Asking::Name(asking) => asked_by_name.entry(asking).or_default().push(*asked),
                Asking::Project(_) => waiting.push(*asked),
            }
        }
        let mut has_root = self
            .pairs
            .iter()
            .any(|pair| matches!(pair.asking, Asking::Project(_)));
        for (place, package) in self.packages.iter().enumerate() {
            if package.own {
                has_root = true;
                waiting.push(place);
            }
        }
        let tells_packages = self
            .pairs
            .iter()
            .any(|pair| !matches!(pair.asking, Asking::Project(_)));
        let mut needed = vec![!has_root; self.packages.len()];
        if has_root && !tells_packages {
            // Of what nobody is known to ask for it cannot be told.
            needed.fill(true);
            let asked = edges.iter().map(|(_, asked)| *asked);
            asked.for_each(|asked| needed[asked] = false);
        }
        while let Some(place) = waiting.pop() {
            if !std::mem::replace(&mut needed[place], true) {
                waiting.extend(asked_by.get(&place).into_iter().flatten());
                let name = normalize_distribution(&self.packages[place].name);
                waiting.extend(asked_by_name.get(name.as_str()).into_iter().flatten());
            }
        }
        self.packages
            .iter()
            .zip(needed)
            .map(|(package, needed)| package.development.unwrap_or(!needed))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_is_found_and_what_development_alone_needs() {
        let mut graph = LockGraph::default();
        let own = graph
            .add(Locked {
                own: true,
                ..Locked::new("Me", "1")
            })
            .expect("room");
        let a = graph.add(Locked::new("a", "1")).expect("room");
        graph.add(Locked::new("a", "2"));
        graph.add(Locked::new("b", "1"));
        graph.add(Locked::new("c", "1"));
        graph.ask(own, "A", Some("1"), false);
        graph.ask(a, "b", None, false);
        graph.ask(own, "c", None, true);
        let file = graph.finish("uv.lock", &mut ProblemList::default());
        let shown: Vec<(&str, &str, Vec<&str>, bool)> = file
            .packages
            .iter()
            .map(|package| {
                let required = package.required_by.iter().map(String::as_str).collect();
                (
                    package.name.as_str(),
                    package.version.as_str(),
                    required,
                    package.development,
                )
            })
            .collect();
        let expected = [
            ("Me", "1", vec![], false),
            ("a", "1", vec!["Me"], false),
            ("a", "2", vec![], true),
            ("b", "1", vec!["a"], false),
            ("c", "1", vec!["Me"], true),
        ];
        assert_eq!(shown, expected);
    }
}
