//! A plan at a glance: which folders go where, and a Mermaid picture of sources, folders and packages.

use std::collections::BTreeMap;

use synthesizer_model::{
    mermaid::label,
    synthesis::{LockedFile, LockedSource, PlannedMove, PlannedPackage},
};

/// The most folders and packages of a picture; more are a tangle.
const MOST_NODES: usize = 40;
/// The longest label, in characters.
const LONGEST_LABEL: usize = 80;

/// Counts the files of sources by old and new folder, sorted by the new one.
pub(crate) fn moves(files: &[LockedFile]) -> Vec<PlannedMove> {
    let mut counts: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for file in files.iter().filter(|file| !file.origin.is_empty()) {
        let key = (
            folder(&file.path),
            file.source.as_str(),
            folder(&file.origin),
        );
        *counts.entry(key).or_default() += 1;
    }
    let moved = counts.into_iter();
    moved
        .map(|((to, source, from), files)| PlannedMove {
            source: source.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            files,
        })
        .collect()
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

/// Draws sources on the left, the folders that they give in the middle, the packages that they need on the right.
pub(crate) fn draw(
    sources: &[LockedSource],
    moves: &[PlannedMove],
    packages: &[PlannedPackage],
) -> String {
    let mut lines = vec!["flowchart LR".to_owned()];
    let mut left_out = 0;
    let number = |id: &str| sources.iter().position(|source| source.id == id);
    for (index, source) in sources.iter().enumerate().take(MOST_NODES) {
        let text = format!("{} ({})", source.id, source.license);
        lines.push(format!("    s{index}[\"{}\"]", label(&text, LONGEST_LABEL)));
    }
    left_out += sources.len().saturating_sub(MOST_NODES);
    for (index, one) in moves.iter().enumerate() {
        match number(&one.source) {
            Some(source) if index < MOST_NODES && source < MOST_NODES => {
                let to = label(&one.to, LONGEST_LABEL);
                lines.push(format!(
                    "    s{source} -- \"{} files\" --> f{index}[/\"{to}\"/]",
                    one.files
                ));
            }
            _ => left_out += 1,
        }
    }
    for (index, package) in packages.iter().enumerate() {
        if index >= MOST_NODES {
            left_out += 1;
            continue;
        }
        // Requirements of Python begin with the name, those of others are ranges alone.
        let asked = package.requirements.join(", ");
        let named = match asked.to_lowercase().starts_with(&package.name) {
            true => asked,
            false => format!("{} {asked}", package.name),
        };
        let text = label(&named, LONGEST_LABEL);
        lines.push(format!("    p{index}([\"{text}\"])"));
        let askers = package.imported_by.iter().filter_map(|id| number(id));
        for source in askers.filter(|source| *source < MOST_NODES) {
            lines.push(format!("    s{source} -. needs .-> p{index}"));
        }
    }
    if left_out > 0 {
        lines.push(format!("    more[\"{left_out} more\"]"));
    }
    lines.push(String::new());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_named_where_their_requirements_do_not_name_them() {
        let check = |name: &str, requirement: &str, expected: &str| {
            let package = PlannedPackage {
                name: name.to_owned(),
                requirements: vec![requirement.to_owned()],
                extra: None,
                imported_by: Vec::new(),
            };
            let picture = draw(&[], &[], &[package]);
            assert_eq!(picture.lines().nth(1), Some(expected), "{name}");
        };
        check("no-panic", "0.1", "    p0([\"no-panic 0.1\"])");
        check("idna", "idna<4", "    p0([\"idna#60;4\"])");
        check("pyyaml", "PyYAML", "    p0([\"PyYAML\"])");
    }

    #[test]
    fn a_picture_shows_sources_folders_and_packages() {
        let file = |path: &str, origin: &str| LockedFile {
            path: path.to_owned(),
            source: "click".to_owned(),
            origin: origin.to_owned(),
            blob: String::new(),
            license: String::new(),
            transforms: Vec::new(),
            sha256: String::new(),
            lines: Vec::new(),
        };
        let files = [
            file("src/t/click/a.py", "src/click/a.py"),
            file("src/t/click/b.py", "src/click/b.py"),
            file("README.md", ""),
        ];
        let source = LockedSource {
            id: "click".to_owned(),
            url: String::new(),
            revision: String::new(),
            license: "MIT\"]".to_owned(),
        };
        let package = PlannedPackage {
            name: "colorama".to_owned(),
            requirements: vec!["colorama>=1".to_owned()],
            extra: None,
            imported_by: vec!["click".to_owned()],
        };
        let moves = moves(&files);
        assert_eq!(moves.len(), 1);
        let picture = draw(&[source], &moves, &[package]);
        let expected = r##"flowchart LR
    s0["click (MIT#34;#93;)"]
    s0 -- "2 files" --> f0[/"src/t/click"/]
    p0(["colorama#62;=1"])
    s0 -. needs .-> p0
"##;
        assert_eq!(picture, expected);
    }
}
