//! Whether changes are told from one release to the next.

use crate::{
    known::Known,
    quality::{Check, Outcome},
};

const NAMES: &[&str] = &[
    "changelog",
    "changes",
    "history",
    "news",
    "releases",
    "release-notes",
    "release_notes",
    "whatsnew",
];

pub(super) const CHECK: Check = Check {
    name: "releases",
    weight: 0.5,
    meaning: "A version is known and changes are written down; half for one of the two.",
    run,
};

fn run(known: &Known<'_>) -> Outcome {
    let version = known.tree.origin().version.clone().or_else(|| {
        let versions = known.inventory.roots();
        versions
            .filter_map(|project| project.facts.version.clone())
            .next()
    });
    let notes = known.files.files().iter().find(|file| {
        let path = file.path.as_str().to_lowercase();
        let path = path
            .strip_prefix("docs/")
            .or(path.strip_prefix("doc/"))
            .unwrap_or(&path);
        let (folder, name) = path.split_once('/').unwrap_or(("", path));
        let stem = name.split('.').next().unwrap_or(name);
        (folder.is_empty() && NAMES.contains(&stem)) || NAMES.contains(&folder)
    });
    let path = notes.map(|file| file.path.to_string());
    match (version, notes) {
        (Some(version), Some(_)) => Outcome::scored(
            1.0,
            format!("version {version}, with notes on changes"),
            path,
        ),
        (Some(version), None) if known.is_archive() => Outcome::Unknown(format!(
            "version {version}; the published archive has no notes on changes, its repository may"
        )),
        (Some(version), None) => Outcome::scored(
            0.5,
            format!("version {version}; changes are not written down"),
            path,
        ),
        (None, Some(_)) => {
            Outcome::scored(0.5, "changes are written down; no version is stated", path)
        }
        (None, None) => Outcome::scored(
            0.0,
            "no version is stated and no change is written down",
            path,
        ),
    }
}
