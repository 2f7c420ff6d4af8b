//! Whether somebody who finds a weakness is told where to report it.

use crate::{
    known::Known,
    quality::{Check, Outcome},
};

const FOLDERS: &[&str] = &["", ".github/", "docs/", ".gitlab/"];
const NAMES: &[&str] = &["security.md", "security.rst", "security.txt", "security"];

pub(super) const CHECK: Check = Check {
    name: "security-policy",
    weight: 0.5,
    meaning: "A security policy lies where platforms look for it.",
    run,
};

fn run(known: &Known<'_>) -> Outcome {
    let found = known.files.files().iter().find(|file| {
        let path = file.path.as_str().to_lowercase();
        FOLDERS
            .iter()
            .filter_map(|folder| path.strip_prefix(folder))
            .any(|name| NAMES.contains(&name))
    });
    match found {
        Some(file) => Outcome::scored(
            1.0,
            "there is a security policy",
            Some(file.path.to_string()),
        ),
        None if known.is_archive() => {
            Outcome::Unknown("published archives leave such files out".to_owned())
        }
        None => Outcome::scored(0.0, "there is no security policy", None),
    }
}
