//! From an import's name to the distribution that provides it: by declared names first, then by a vendored table. Never guesses.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use synthesizer_model::dependency::{Dependency, normalize_distribution};

/// Lines of `import name`, a tab and `distribution`; `#` starts a comment line.
const TABLE: &str = include_str!("../data/import_names.tsv");

static DISTRIBUTIONS: LazyLock<BTreeMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut distributions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        if let Some((import, distribution)) = line.split_once('\t') {
            distributions.entry(import).or_default().push(distribution);
        }
    }
    distributions
});

/// Gives the usual distribution of an import, if the table has it.
///
/// The longest dotted prefix in the table decides, so `google.protobuf.message` gives `protobuf` and `google.other` nothing.
pub fn known_distribution(import_name: &str) -> Option<&'static str> {
    table_names(import_name).first().copied()
}

/// Gives the declared dependencies that provide an imported module, in their order; empty when none is known to.
///
/// Tried in turn, and the first that finds something decides:
/// 1. the import's name, normalised, longest dotted form first (`google.cloud.storage` finds `google-cloud-storage`);
/// 2. the distributions that the table names for it (`cv2` finds `opencv-python-headless`);
/// 3. names that differ only by `python` or `py` before or after it (`docx` finds `python-docx`), when exactly one does.
pub fn declared_for<'a>(import_module: &str, declared: &'a [Dependency]) -> Vec<&'a Dependency> {
    for prefix in dotted_prefixes(import_module) {
        let found = with_name(declared, &normalize_distribution(prefix));
        if !found.is_empty() {
            return found;
        }
    }
    for distribution in table_names(import_module) {
        let found = with_name(declared, &normalize_distribution(distribution));
        if !found.is_empty() {
            return found;
        }
    }
    with_affix(import_module, declared)
}

fn table_names(import_name: &str) -> &'static [&'static str] {
    dotted_prefixes(import_name)
        .find_map(|prefix| DISTRIBUTIONS.get(prefix))
        .map_or(&[], Vec::as_slice)
}

/// Gives `a.b.c`, `a.b`, `a`, as far as a distribution's name could reach.
fn dotted_prefixes(module: &str) -> impl Iterator<Item = &str> {
    const DEEPEST: usize = 6;
    let start = module
        .match_indices('.')
        .nth(DEEPEST - 1)
        .map_or(module, |(position, _)| &module[..position]);
    std::iter::successors(Some(start), |prefix| {
        prefix.rsplit_once('.').map(|(parent, _)| parent)
    })
    .filter(|prefix| !prefix.is_empty())
}

fn with_name<'a>(declared: &'a [Dependency], normalized: &str) -> Vec<&'a Dependency> {
    declared
        .iter()
        .filter(|dependency| normalize_distribution(&dependency.name) == normalized)
        .collect()
}

fn with_affix<'a>(import_module: &str, declared: &'a [Dependency]) -> Vec<&'a Dependency> {
    let top_level = import_module.split('.').next().unwrap_or(import_module);
    let name = normalize_distribution(top_level);
    if name.is_empty() {
        return Vec::new();
    }
    let variants = [
        format!("python-{name}"),
        format!("py-{name}"),
        format!("py{name}"),
        format!("{name}-python"),
        format!("{name}-py"),
    ];
    let found: Vec<&Dependency> = declared
        .iter()
        .filter(|dependency| variants.contains(&normalize_distribution(&dependency.name)))
        .collect();
    let names: BTreeSet<String> = found
        .iter()
        .map(|dependency| normalize_distribution(&dependency.name))
        .collect();
    if names.len() == 1 { found } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use synthesizer_model::dependency::Ecosystem;

    use super::*;

    fn declared(names: &[&str]) -> Vec<Dependency> {
        names
            .iter()
            .map(|name| Dependency::new(Ecosystem::Python, *name, "pyproject.toml", 1))
            .collect()
    }

    fn check(import: &str, names: &[&str], expected: &[&str]) {
        let declared = declared(names);
        let found: Vec<&str> = declared_for(import, &declared)
            .iter()
            .map(|dependency| dependency.name.as_str())
            .collect();
        assert_eq!(found, expected, "{import}");
    }

    #[test]
    fn the_table_is_sorted_and_whole() {
        let rows: Vec<&str> = TABLE
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect();
        assert!(rows.iter().all(|row| row.split('\t').count() == 2));
        let imports = |row: &&str| row.split('\t').next().map(str::to_owned);
        assert!(rows.is_sorted_by_key(imports));
        assert!(rows.len() > 300);
    }

    #[test]
    fn the_longest_prefix_of_the_table_decides() {
        for (import, expected) in [
            ("yaml", Some("PyYAML")),
            ("google.protobuf.message", Some("protobuf")),
            ("google.cloud.storage.blob", Some("google-cloud-storage")),
            ("google.unheard.of", None),
            ("google", None),
            ("psycopg2.extras", Some("psycopg2")),
            ("", None),
            ("..", None),
        ] {
            assert_eq!(known_distribution(import), expected, "{import}");
        }
    }

    #[test]
    fn declared_names_come_before_the_table() {
        check("werkzeug.http", &["Werkzeug", "click"], &["Werkzeug"]);
        check("zope.interface", &["zope_interface"], &["zope_interface"]);
        check(
            "google.cloud.storage",
            &["google-cloud", "google.cloud-storage"],
            &["google.cloud-storage"],
        );
        check(
            "charset_normalizer",
            &["charset-normalizer"],
            &["charset-normalizer"],
        );
        check("tomli", &["tomli", "tomli"], &["tomli", "tomli"]);
    }

    #[test]
    fn the_table_and_affixes_find_other_names() {
        check(
            "cv2",
            &["numpy", "opencv-python-headless"],
            &["opencv-python-headless"],
        );
        check("psycopg2", &["psycopg2-binary"], &["psycopg2-binary"]);
        check("wonder.sub", &["python-wonder"], &["python-wonder"]);
        check("wonder", &["python-wonder", "pywonder"], &[]);
        check("wonder", &["wonderful"], &[]);
    }

    #[test]
    fn a_module_of_many_parts_is_bounded() {
        check(&"a.".repeat(100_000), &["a-a"], &["a-a"]);
    }
}
