//! `Cargo.lock` in its four versions: packages, their sources, and which package asks for which. Needs no other file, except the
//! names of the tree's own packages.
//! Specification: <https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html>; the forms of `dependencies` are those that
//! Cargo reads: `name`, `name version`, `name version (source)`.

use std::collections::{HashMap, HashSet};

use synthesizer_model::{
    dependency::Ecosystem,
    project::{LockFile, LockedPackage},
};
use toml::de::DeTable;

use super::{allowance::LONGEST_NAME, problem_list::ProblemList, toml_text::Document};

/// How many packages of one lock file are kept.
const MOST_PACKAGES: usize = 50_000;
/// How many pairs of packages of one lock file are kept.
const MOST_PAIRS: usize = 500_000;

/// A package as it is written.
struct Entry<'d> {
    name: &'d str,
    version: &'d str,
    source: Option<&'d str>,
    dependencies: Vec<&'d str>,
}

/// Reads a lock file; `None` when it is no TOML. A package is own when it has no source and a package of the tree has its name.
pub(super) fn parse(
    path: &str,
    text: &str,
    own: &HashSet<&str>,
    problems: &mut ProblemList,
) -> Option<LockFile> {
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            problems.tell_line(path, error.line, &error);
            return None;
        }
    };
    let entries = entries(path, &document, problems);
    let required_by = required_by(path, &entries, problems);
    let mut packages: Vec<LockedPackage> = entries
        .iter()
        .zip(required_by)
        .map(|(entry, required_by)| LockedPackage {
            name: entry.name.to_owned(),
            version: entry.version.to_owned(),
            source: kind_of_source(entry.source).to_owned(),
            required_by,
            own: entry.source.is_none() && own.contains(entry.name),
            development: false,
            license: None,
        })
        .collect();
    packages.sort_by(|left, right| {
        (&left.name, &left.version, &left.source).cmp(&(&right.name, &right.version, &right.source))
    });
    Some(LockFile {
        path: path.to_owned(),
        ecosystem: Ecosystem::Cargo,
        packages,
    })
}

fn entries<'d>(
    path: &str,
    document: &'d Document<'_>,
    problems: &mut ProblemList,
) -> Vec<Entry<'d>> {
    let list = document
        .value(&["package"])
        .and_then(|value| value.get_ref().as_array());
    let tables = list.into_iter().flatten().map(|item| {
        let table = item.get_ref().as_table();
        (document.line(item), table)
    });
    let root = document.value(&["root"]).map(|value| {
        let table = value.get_ref().as_table();
        (document.line(value), table)
    });
    let mut entries = Vec::new();
    for (line, table) in root.into_iter().chain(tables) {
        if entries.len() == MOST_PACKAGES {
            let what = format!("more than {MOST_PACKAGES} packages; the rest is left out");
            problems.tell_line(path, line, what);
            break;
        }
        match table.and_then(entry) {
            Some(entry) => entries.push(entry),
            None => problems.tell_line(path, line, "a package without a name and a version"),
        }
    }
    entries
}

fn entry<'d>(table: &'d DeTable<'_>) -> Option<Entry<'d>> {
    let text = |key: &str| table.get(key)?.get_ref().as_str();
    let short = |key: &str| text(key).filter(|text| text.len() <= LONGEST_NAME);
    let dependencies = table
        .get("dependencies")
        .and_then(|value| value.get_ref().as_array());
    Some(Entry {
        name: short("name")?,
        version: short("version")?,
        source: text("source"),
        dependencies: dependencies
            .into_iter()
            .flatten()
            .filter_map(|item| item.get_ref().as_str())
            .collect(),
    })
}

/// Where a package is in the list, by what `dependencies` may name.
#[derive(Default)]
struct Places<'d> {
    by_name: HashMap<&'d str, usize>,
    by_version: HashMap<(&'d str, &'d str), usize>,
    by_source: HashMap<(&'d str, &'d str, &'d str), usize>,
}

impl<'d> Places<'d> {
    fn of(entries: &[Entry<'d>]) -> Self {
        let mut places = Self::default();
        for (index, entry) in entries.iter().enumerate() {
            let (name, version) = (entry.name, entry.version);
            places.by_name.entry(name).or_insert(index);
            places.by_version.entry((name, version)).or_insert(index);
            if let Some(source) = entry.source {
                let key = (name, version, source);
                places.by_source.entry(key).or_insert(index);
            }
        }
        places
    }

    fn find(&self, asked: &'d str) -> Option<usize> {
        let mut words = asked.split_whitespace();
        let name = words.next()?;
        let Some(version) = words.next() else {
            return self.by_name.get(name).copied();
        };
        let source = words.next().map(|source| source.trim_matches(['(', ')']));
        source
            .and_then(|source| self.by_source.get(&(name, version, source)))
            .or_else(|| self.by_version.get(&(name, version)))
            .copied()
    }
}

/// Gives for each package the names of those that ask for it, sorted.
fn required_by(path: &str, entries: &[Entry<'_>], problems: &mut ProblemList) -> Vec<Vec<String>> {
    let places = Places::of(entries);
    let mut required_by = vec![Vec::new(); entries.len()];
    let mut pairs = 0;
    let mut unknown = 0;
    for entry in entries {
        for asked in &entry.dependencies {
            match places.find(asked) {
                Some(index) if pairs < MOST_PAIRS => {
                    pairs += 1;
                    required_by[index].push(entry.name);
                }
                Some(_) => pairs += 1,
                None => unknown += 1,
            }
        }
    }
    if pairs > MOST_PAIRS {
        let what = format!("more than {MOST_PAIRS} pairs of packages; the rest is left out");
        problems.tell(path, what);
    }
    if unknown > 0 {
        let what = format!("{unknown} times a package asks for one that is not listed");
        problems.tell(path, what);
    }
    required_by.into_iter().map(sorted).collect()
}

fn sorted(mut names: Vec<&str>) -> Vec<String> {
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(str::to_owned).collect()
}

/// Names the kind of a source: `registry+…` and `sparse+…` are registries, no source is a path.
fn kind_of_source(source: Option<&str>) -> &'static str {
    match source.map(|source| source.split_once('+').map_or("", |(kind, _)| kind)) {
        None | Some("path") => "path",
        Some("git") => "git",
        Some("registry" | "sparse" | "local-registry") => "registry",
        Some(_) => "url",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &[&str]) -> Vec<String> {
        let mut problems = ProblemList::default();
        let own = HashSet::from(["app", "core"]);
        let lock = parse("Cargo.lock", text, &own, &mut problems);
        let found: Vec<String> = lock
            .iter()
            .flat_map(|lock| &lock.packages)
            .map(|package| {
                format!(
                    "{} {} {} {} {:?}",
                    package.name, package.version, package.source, package.own, package.required_by
                )
            })
            .collect();
        assert_eq!(found, expected, "{text}");
        problems.texts().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn the_newest_form_is_read() {
        let problems = check(
            "version = 4\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"core\", \"a 1.0.0\", \"b\"]\n\
             [[package]]\nname = \"core\"\nversion = \"0.1.0\"\n\
             [[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"registry+https://example.test/index\"\nchecksum = \"x\"\n\
             [[package]]\nname = \"a\"\nversion = \"2.0.0\"\nsource = \"sparse+https://example.test/\"\n\
             [[package]]\nname = \"b\"\nversion = \"1.0.0\"\nsource = \"git+https://example.test/b?branch=main#abc\"\n\
             dependencies = [\"a 1.0.0\", \"gone\"]\n[[package]]\nname = \"elsewhere\"\nversion = \"1.0.0\"\n",
            &[
                "a 1.0.0 registry false [\"app\", \"b\"]",
                "a 2.0.0 registry false []",
                "app 0.1.0 path true []",
                "b 1.0.0 git false [\"app\"]",
                "core 0.1.0 path true [\"app\"]",
                "elsewhere 1.0.0 path false []",
            ],
        );
        assert_eq!(
            problems,
            ["1 times a package asks for one that is not listed"]
        );
    }

    #[test]
    fn the_oldest_form_is_read() {
        check(
            "[root]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"a 1.0.0 (git+https://example.test/a)\",\n]\n\
             [[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"registry+https://example.test/index\"\n\
             [[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"git+https://example.test/a\"\n\
             [metadata]\n\"checksum a 1.0.0 (registry+https://example.test/index)\" = \"00\"\n",
            &[
                "a 1.0.0 git false [\"app\"]",
                "a 1.0.0 registry false []",
                "app 0.1.0 path true []",
            ],
        );
    }

    #[test]
    fn what_is_wrong_is_a_problem_with_its_line() {
        let problems = check("[[package]]\nname = 1\n", &[]);
        assert_eq!(problems, ["line 1: a package without a name and a version"]);
        let problems = check("\n<<<<<<< HEAD\n", &[]);
        assert!(problems[0].starts_with("line 2: not valid TOML"));
    }

    #[test]
    fn many_packages_of_one_name_take_linear_time() {
        let one = "[[package]]\nname='a'\nversion='1.0.0'\ndependencies=['a 1.0.0', 'a']\n";
        let text = one.repeat(MOST_PACKAGES + 1);
        let mut problems = ProblemList::default();
        let lock = parse("Cargo.lock", &text, &HashSet::new(), &mut problems).expect("TOML");
        assert_eq!(lock.packages.len(), MOST_PACKAGES);
        assert_eq!(problems.texts().len(), 1);
    }

    proptest! {
        #[test]
        fn any_bytes_end_well(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let text = String::from_utf8_lossy(&bytes);
            drop(parse("Cargo.lock", &text, &HashSet::new(), &mut ProblemList::default()));
        }

        #[test]
        fn any_pieces_of_a_lock_end_well(
            pieces in proptest::collection::vec(
                prop_oneof![
                    Just("[[package]]\n"), Just("name = \"a\"\n"), Just("version = \"1\"\n"), Just("dependencies = [\"a 1 (x)\"]\n"),
                    Just("[root]\n"), Just("source = \"git+\"\n"), Just("[package]\n"), Just("dependencies = \" \"\n"),
                ],
                0..12,
            ),
        ) {
            drop(parse("Cargo.lock", &pieces.concat(), &HashSet::new(), &mut ProblemList::default()));
        }
    }
}
