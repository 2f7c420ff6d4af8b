//! In which environments a requirement of Python holds: markers read within bounds, and whether two hold at once on a real platform.
//!
//! The algebra of markers takes every combination of values for possible, such as Windows with `os_name == 'posix'`. So a conflict counts only
//! where a platform of the list here has it.

use std::collections::{HashMap, HashSet};

use pep440_rs::Version;
use pep508_rs::{ExtraName, MarkerTree, MarkerTreeKind, MarkerValueString, MarkerWarningKind};
use version_ranges::Ranges;

use crate::requirement::is_computable;

/// The longest marker that is read, in bytes.
const LONGEST_MARKER: usize = 512;
/// How many conditions a marker may combine, and how many parentheses it may open.
const MOST_CONDITIONS: usize = 16;
/// How many edges the normal form of a marker may have.
const MOST_EDGES: usize = 256;
/// How many ways through a marker may lead to "yes" for it to be written out.
const MOST_WAYS: usize = 16;

/// What a platform answers to the variables of markers.
struct Platform {
    os_name: &'static str,
    sys_platform: &'static str,
    system: &'static str,
    machine: &'static str,
    /// `platform_python_implementation`, `implementation_name`.
    implementation: (&'static str, &'static str),
}

const CPYTHON: (&str, &str) = ("CPython", "cpython");

const fn platform(
    os_name: &'static str,
    sys_platform: &'static str,
    system: &'static str,
    machine: &'static str,
    implementation: (&'static str, &'static str),
) -> Platform {
    Platform {
        os_name,
        sys_platform,
        system,
        machine,
        implementation,
    }
}

/// Platforms for which Python itself and PyPy are made (PEP 11, PyPy's downloads).
static PLATFORMS: &[Platform] = &[
    platform("posix", "linux", "Linux", "x86_64", CPYTHON),
    platform("posix", "linux", "Linux", "aarch64", CPYTHON),
    platform("posix", "darwin", "Darwin", "arm64", CPYTHON),
    platform("posix", "darwin", "Darwin", "x86_64", CPYTHON),
    platform("nt", "win32", "Windows", "AMD64", CPYTHON),
    platform("nt", "win32", "Windows", "x86", CPYTHON),
    platform("nt", "win32", "Windows", "ARM64", CPYTHON),
    platform("posix", "linux", "Linux", "x86_64", ("PyPy", "pypy")),
    platform("nt", "win32", "Windows", "AMD64", ("PyPy", "pypy")),
    platform("posix", "linux", "Linux", "i686", CPYTHON),
    platform("posix", "linux", "Linux", "ppc64le", CPYTHON),
    platform("posix", "linux", "Linux", "s390x", CPYTHON),
    platform("posix", "linux", "Linux", "armv7l", CPYTHON),
    platform("posix", "emscripten", "Emscripten", "wasm32", CPYTHON),
];

impl Platform {
    /// Gives the answer; `None` for what differs from machine to machine.
    const fn answer(&self, key: MarkerValueString) -> Option<&'static str> {
        Some(match key {
            MarkerValueString::OsName | MarkerValueString::OsNameDeprecated => self.os_name,
            MarkerValueString::SysPlatform | MarkerValueString::SysPlatformDeprecated => {
                self.sys_platform
            }
            MarkerValueString::PlatformSystem => self.system,
            MarkerValueString::PlatformMachine | MarkerValueString::PlatformMachineDeprecated => {
                self.machine
            }
            MarkerValueString::PlatformPythonImplementation
            | MarkerValueString::PlatformPythonImplementationDeprecated
            | MarkerValueString::PythonImplementationDeprecated => self.implementation.0,
            MarkerValueString::ImplementationName => self.implementation.1,
            MarkerValueString::PlatformRelease
            | MarkerValueString::PlatformVersion
            | MarkerValueString::PlatformVersionDeprecated => return None,
        })
    }
}

/// Reads the marker of a requirement, with its extra taken as asked for; `None` for what cannot be read for certain within bounds.
pub(super) fn read(text: &str, extra: Option<&str>) -> Option<MarkerTree> {
    if text.len() > LONGEST_MARKER || !is_simple(text) || !is_computable(text) {
        return None;
    }
    let mut is_certain = true;
    let mut doubt = |_: MarkerWarningKind, _: String| is_certain = false;
    let tree = MarkerTree::parse_reporter(text, &mut doubt).ok()?;
    if !is_certain {
        return None;
    }
    let extra: Option<ExtraName> = extra.and_then(|extra| extra.parse().ok());
    let tree = tree.simplify_extras_with(|name| Some(name) == extra.as_ref());
    (edges(&tree) <= MOST_EDGES && !asks_for_extras(&tree)).then_some(tree)
}

/// Says whether a text is short and plain enough: the parser recurses, and the normal form can double with every two conditions.
fn is_simple(text: &str) -> bool {
    let words = text
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| matches!(*word, "and" | "or"))
        .count();
    words <= MOST_CONDITIONS && text.matches('(').count() <= MOST_CONDITIONS
}

/// The nodes that follow a node.
fn children(tree: &MarkerTree) -> Vec<MarkerTree> {
    match tree.kind() {
        MarkerTreeKind::True | MarkerTreeKind::False => Vec::new(),
        MarkerTreeKind::Version(node) => node.edges().map(|(_, child)| child).collect(),
        MarkerTreeKind::String(node) => node.children().map(|(_, child)| child).collect(),
        MarkerTreeKind::In(node) => node.children().map(|(_, child)| child).collect(),
        MarkerTreeKind::Contains(node) => node.children().map(|(_, child)| child).collect(),
        MarkerTreeKind::Extra(node) => node.children().map(|(_, child)| child).collect(),
    }
}

/// Counts the edges of a marker, no further than a little past the bound.
fn edges(tree: &MarkerTree) -> usize {
    let mut met: HashSet<MarkerTree> = HashSet::from([tree.clone()]);
    let mut waiting = vec![tree.clone()];
    let mut count = 0;
    while let Some(node) = waiting.pop() {
        for child in children(&node) {
            count += 1;
            if count > MOST_EDGES {
                return count;
            }
            if met.insert(child.clone()) {
                waiting.push(child);
            }
        }
    }
    count
}

fn asks_for_extras(tree: &MarkerTree) -> bool {
    if matches!(tree.kind(), MarkerTreeKind::Extra(_)) {
        return true;
    }
    children(tree).iter().any(asks_for_extras)
}

/// The versions of Python that a question is about; never none.
#[derive(Debug, Clone)]
pub(super) struct Pythons(Ranges<Version>);

impl Pythons {
    /// Takes a range of releases, if there is any version in it.
    pub(super) fn new(releases: Ranges<Version>) -> Option<Self> {
        (!releases.is_empty()).then_some(Self(releases))
    }

    /// Says whether a marker holds somewhere: on a platform of the list, with one of the Pythons.
    pub(super) fn hold_somewhere(&self, tree: &MarkerTree) -> bool {
        PLATFORMS
            .iter()
            .any(|platform| self.may_hold(tree, Some(platform), &mut HashMap::new()))
    }

    /// Says whether a marker may hold on a platform, or on any at all.
    fn may_hold(
        &self,
        tree: &MarkerTree,
        platform: Option<&Platform>,
        known: &mut HashMap<MarkerTree, bool>,
    ) -> bool {
        if let Some(answer) = known.get(tree) {
            return *answer;
        }
        let answer = |key| platform.and_then(|platform| platform.answer(key));
        let mut follow = |child: MarkerTree| self.may_hold(&child, platform, known);
        let holds = match tree.kind() {
            MarkerTreeKind::True => true,
            MarkerTreeKind::False => false,
            MarkerTreeKind::Version(node) => {
                let is_python = *node.key() != pep508_rs::MarkerValueVersion::ImplementationVersion;
                node.edges().any(|(range, child)| {
                    let is_met = !is_python || !range.intersection(&self.0).is_empty();
                    is_met && follow(child)
                })
            }
            MarkerTreeKind::String(node) => {
                let value = answer(node.key().clone()).map(str::to_owned);
                node.children().any(|(range, child)| {
                    let is_met = value.as_ref().is_none_or(|value| range.contains(value));
                    is_met && follow(child)
                })
            }
            MarkerTreeKind::In(node) => match answer(node.key().clone()) {
                Some(value) => follow(node.edge(node.value().contains(value))),
                None => node.children().any(|(_, child)| follow(child)),
            },
            MarkerTreeKind::Contains(node) => match answer(node.key().clone()) {
                Some(value) => follow(node.edge(value.contains(node.value()))),
                None => node.children().any(|(_, child)| follow(child)),
            },
            MarkerTreeKind::Extra(node) => follow(node.edge(false)),
        };
        known.insert(tree.clone(), holds);
        holds
    }

    /// Writes where a marker holds, as far as the Pythons leave it open; `None` for everywhere. `written` is taken where it is shorter to say.
    pub(super) fn told(
        &self,
        tree: &MarkerTree,
        written: impl FnOnce() -> String,
    ) -> Option<String> {
        if !self.may_hold(&tree.negate(), None, &mut HashMap::new()) {
            return None;
        }
        if edges(tree) > MOST_EDGES || ways(tree) > MOST_WAYS {
            return Some(written());
        }
        let (lower, upper) = self.0.bounding_range()?;
        tree.clone()
            .simplify_python_versions(lower, upper)
            .try_to_string()
    }
}

/// Counts the ways through a marker that lead to "yes".
fn ways(tree: &MarkerTree) -> usize {
    fn count(tree: &MarkerTree, known: &mut HashMap<MarkerTree, usize>) -> usize {
        if let Some(ways) = known.get(tree) {
            return *ways;
        }
        let ways = if tree.is_true() {
            1
        } else {
            children(tree).iter().fold(0_usize, |all, child| {
                all.saturating_add(count(child, known))
            })
        };
        known.insert(tree.clone(), ways);
        ways
    }
    count(tree, &mut HashMap::new())
}
