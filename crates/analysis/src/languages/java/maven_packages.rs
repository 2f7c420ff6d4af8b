//! From the name of a Java package to the declared dependency that it probably comes from. Java has no rule for it: coordinates and
//! package names are chosen apart, so this compares their words. Only declared dependencies are ever named.

use std::collections::HashMap;

use synthesizer_model::project::Project;

/// Packages whose coordinates share no words with them, with the coordinates, from the artifacts' own documentation.
const KNOWN: &[(&str, &str)] = &[
    ("com.google.common", "com.google.guava:guava"),
    ("com.sun.jna", "net.java.dev.jna:jna"),
    (
        "edu.umd.cs.findbugs.annotations",
        "com.github.spotbugs:spotbugs-annotations",
    ),
    ("javax.annotation", "com.google.code.findbugs:jsr305"),
    ("kotlin", "org.jetbrains.kotlin:kotlin-stdlib"),
    ("okhttp3", "com.squareup.okhttp3:okhttp"),
    ("okio", "com.squareup.okio:okio"),
    ("org.apache.http", "org.apache.httpcomponents:httpclient"),
    ("org.apache.log4j", "log4j:log4j"),
    ("org.apache.tools.ant", "org.apache.ant:ant"),
    (
        "org.codehaus.plexus.util",
        "org.codehaus.plexus:plexus-utils",
    ),
    (
        "org.eclipse.aether",
        "org.apache.maven.resolver:maven-resolver-api",
    ),
    ("org.joda.time", "joda-time:joda-time"),
    ("org.junit", "junit:junit"),
    ("org.objectweb.asm", "org.ow2.asm:asm"),
    ("retrofit2", "com.squareup.retrofit2:retrofit"),
    ("scala", "org.scala-lang:scala-library"),
];

/// Second parts of package names under which many projects live.
const SHARED_HOSTS: &[&str] = &[
    "amazonaws",
    "android",
    "apache",
    "codehaus",
    "eclipse",
    "facebook",
    "github",
    "gitlab",
    "google",
    "ibm",
    "jetbrains",
    "microsoft",
    "netflix",
    "oracle",
    "sun",
    "twitter",
];

/// The dependencies that one package of the ecosystem declares.
#[derive(Debug, Default)]
pub(super) struct DeclaredPackages<'a> {
    by_first_part: HashMap<&'a str, Vec<Coordinates<'a>>>,
    /// By artifact, for packages that are named like it.
    by_artifact: HashMap<&'a str, &'a str>,
    names: HashMap<&'a str, ()>,
}

#[derive(Debug, Clone, Copy)]
struct Coordinates<'a> {
    name: &'a str,
    group: &'a str,
    artifact: &'a str,
}

impl<'a> DeclaredPackages<'a> {
    /// Takes the dependencies of projects, the nearest first.
    pub(super) fn new(projects: impl IntoIterator<Item = &'a Project>) -> Self {
        let mut declared = Self::default();
        for dependency in projects
            .into_iter()
            .flat_map(|project| &project.dependencies)
        {
            let name = dependency.name.as_str();
            let Some((group, artifact)) = name.split_once(':') else {
                continue;
            };
            if declared.names.insert(name, ()).is_some() {
                continue;
            }
            let first = group.split('.').next().unwrap_or(group);
            let coordinates = Coordinates {
                name,
                group,
                artifact,
            };
            declared
                .by_first_part
                .entry(first)
                .or_default()
                .push(coordinates);
            declared.by_artifact.entry(artifact).or_insert(name);
        }
        declared
    }

    /// Finds the dependency that a package comes from, as `group:artifact`.
    pub(super) fn find(&self, package: &str) -> Option<&'a str> {
        self.known(package)
            .or_else(|| self.by_group(package, true))
            .or_else(|| self.by_artifact(package))
            .or_else(|| self.by_group(package, false))
    }

    fn known(&self, package: &str) -> Option<&'a str> {
        KNOWN
            .iter()
            .filter(|(known, _)| is_within(package, known))
            .find_map(|(_, name)| self.names.get_key_value(name).map(|(name, ())| *name))
            // `javax.annotation` is two artifacts; the specification's own is found by its group.
            .filter(|_| {
                package != "javax.annotation"
                    || !self.by_artifact.contains_key("javax.annotation-api")
            })
    }

    /// The best among those whose group begins like the package: the group is the beginning of the package, or shares two parts with
    /// it and a further word of the package is in the artifact's name.
    fn by_group(&self, package: &str, by_words: bool) -> Option<&'a str> {
        let first = package.split('.').next()?;
        let mut best: Option<(Score, &'a str)> = None;
        for coordinates in self.by_first_part.get(first)? {
            let Some(score) = coordinates.score(package) else {
                continue;
            };
            // The artifacts of this group have nothing in common but their makers.
            let needs_words = by_words || coordinates.group == "org.apache.commons";
            if needs_words && score.1 == 0 {
                continue;
            }
            if best.is_none_or(|(other, _)| score > other) {
                best = Some((score, coordinates.name));
            }
        }
        best.map(|(_, name)| name)
    }

    /// `org.apache.commons.io` is `commons-io`, `lombok` is `lombok`.
    fn by_artifact(&self, package: &str) -> Option<&'a str> {
        let parts: Vec<&str> = package.split('.').take(6).collect();
        for first in 0..parts.len() {
            for end in (first + 1..=parts.len()).rev() {
                // One part alone is a name only where it is the first: `core` and `api` are in every package.
                if end == first + 1 && first > 0 {
                    continue;
                }
                if let Some(name) = self.by_artifact.get(parts[first..end].join("-").as_str()) {
                    return Some(name);
                }
            }
        }
        None
    }
}

/// How well coordinates fit a package; more is better: the whole group, words of the artifact in the package, length in common, an
/// artifact that is an interface.
type Score = (bool, usize, usize, bool);

impl Coordinates<'_> {
    fn score(&self, package: &str) -> Option<Score> {
        let common = package
            .split('.')
            .zip(self.group.split('.'))
            .take_while(|(left, right)| left == right)
            .count();
        let is_whole = common == self.group.split('.').count();
        let words = package
            .split('.')
            .skip(common)
            .filter(|part| {
                self.artifact
                    .split(['-', '_', '.'])
                    .any(|word| word == *part)
            })
            .count();
        let is_main = self.artifact.ends_with("-api")
            || self.artifact.ends_with("-core")
            || self.group.rsplit('.').next() == Some(self.artifact);
        (is_whole || (common >= 2 && words > 0)).then_some((is_whole, words, common, is_main))
    }
}

/// Names a package by itself: two parts, three under a host of many projects, one where there is no more.
pub(super) fn by_itself(package: &str) -> &str {
    let mut dots = package.match_indices('.').map(|(dot, _)| dot);
    let (first, second, third) = (dots.next(), dots.next(), dots.next());
    let cut = match (first, second) {
        (Some(first), Some(second)) if SHARED_HOSTS.contains(&&package[first + 1..second]) => {
            let is_commons = package[second + 1..].starts_with("commons.");
            if is_commons { dots.next() } else { third }
        }
        _ => second,
    };
    cut.map_or(package, |cut| &package[..cut])
}

fn is_within(package: &str, outer: &str) -> bool {
    package
        .strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
