//! Which names count as one, by the rules of each ecosystem, and what to call things instead.

use std::borrow::Cow;

use synthesizer_model::{compatibility::OwnedNameKind, dependency::normalize_distribution};

/// The longest proposed name, in characters.
const LONGEST_PROPOSED: usize = 40;

/// What counts as one name: names of one room with one key are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Room {
    Distributions,
    Modules,
    Crates,
    Libraries,
    NpmPackages,
    Programs,
    EntryPoints,
}

impl Room {
    /// Gives the room of a kind, and whether the name is owned there or only asked for.
    pub(super) const fn of(kind: OwnedNameKind) -> (Self, bool) {
        match kind {
            OwnedNameKind::Distribution => (Self::Distributions, true),
            OwnedNameKind::Module => (Self::Modules, true),
            OwnedNameKind::Crate => (Self::Crates, true),
            OwnedNameKind::Library => (Self::Libraries, true),
            OwnedNameKind::NpmPackage => (Self::NpmPackages, true),
            OwnedNameKind::Program => (Self::Programs, true),
            OwnedNameKind::EntryPoint => (Self::EntryPoints, true),
            OwnedNameKind::NeededDistribution => (Self::Distributions, false),
            OwnedNameKind::NeededCrate => (Self::Crates, false),
            OwnedNameKind::NeededNpmPackage => (Self::NpmPackages, false),
        }
    }

    /// Gives what one of its members is called, with its article.
    pub(super) const fn noun(self) -> &'static str {
        match self {
            Self::Distributions => "a Python distribution",
            Self::Modules => "a Python module",
            Self::Crates => "a crate",
            Self::Libraries => "a Rust library",
            Self::NpmPackages => "an npm package",
            Self::Programs => "a program",
            Self::EntryPoints => "an entry point",
        }
    }

    /// Gives the key of a name: PEP 503 for distributions, `-` and `_` alike for crates, everything else exactly.
    pub(super) fn key(self, name: &str) -> Cow<'_, str> {
        match self {
            Self::Distributions => Cow::Owned(normalize_distribution(name)),
            Self::Crates | Self::Libraries => Cow::Owned(name.to_lowercase().replace('-', "_")),
            Self::Modules | Self::NpmPackages | Self::Programs | Self::EntryPoints => {
                Cow::Borrowed(name)
            }
        }
    }

    /// Says whether its names become files, so that two that differ only in case are one on some systems.
    pub(super) const fn has_files(self) -> bool {
        matches!(self, Self::Modules | Self::NpmPackages | Self::Programs)
    }
}

/// Gives a short name for each repository, made of `[a-z0-9_]`, none twice.
pub(super) fn short_names<'n>(repositories: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut taken = std::collections::HashSet::new();
    let mut names = Vec::new();
    for (index, repository) in repositories.enumerate() {
        let mut name = short_name(repository);
        while !taken.insert(name.clone()) {
            name = format!("{name}_{}", index + 1);
        }
        names.push(name);
    }
    names
}

/// Takes the last part of a reference, without its version or revision.
fn short_name(repository: &str) -> String {
    let last = repository
        .trim_end_matches('/')
        .rsplit(['/', ':', '\\'])
        .next()
        .unwrap_or_default();
    let last = last
        .split('@')
        .find(|part| !part.is_empty())
        .unwrap_or(last);
    let last = last.strip_suffix(".git").unwrap_or(last);
    let mut name = String::new();
    for character in last.chars().take(LONGEST_PROPOSED) {
        if character.is_ascii_alphanumeric() {
            name.push(character.to_ascii_lowercase());
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    let name = name.trim_matches('_');
    match name.chars().next() {
        None => "source".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("r{name}"),
        Some(_) => name.to_owned(),
    }
}

/// Proposes what to call a thing of one repository instead.
pub(super) fn proposed(room: Room, name: &str, short: &str) -> String {
    let dashed = short.replace('_', "-");
    match room {
        Room::Modules => format!("toolbox.{short}.{name}"),
        Room::Libraries => format!("{short}_{name}"),
        Room::NpmPackages => {
            let bare = name.rsplit('/').next().unwrap_or(name);
            format!("@toolbox/{dashed}-{bare}")
        }
        Room::EntryPoints => match name.split_once(':') {
            Some((group, name)) => format!("{group}:{dashed}-{name}"),
            None => format!("{dashed}-{name}"),
        },
        Room::Distributions | Room::Crates | Room::Programs => format!("{dashed}-{name}"),
    }
}
