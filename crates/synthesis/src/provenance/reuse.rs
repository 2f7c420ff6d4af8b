//! `REUSE.toml`: who holds the rights in every file and under which license, in the layout of the REUSE specification 3.3.
//! <https://reuse.software/spec-3.3/>

use std::collections::BTreeMap;

use synthesizer_model::synthesis::{LockedFile, LockedSource};
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

use super::UNKNOWN;

/// Whose the files are and under which license: source and expression.
type Holder<'a> = (&'a str, &'a str);

/// A folder with its files, while they are gathered.
#[derive(Debug, Default)]
struct Folder<'a> {
    folders: BTreeMap<&'a str, Folder<'a>>,
    files: BTreeMap<&'a str, Holder<'a>>,
}

/// Writes the annotations: a folder whose files all have the same source and license is named once.
///
/// A file's own header counts before them. Files of sources without a known license are under `LicenseRef-ID`, whose text is beside the
/// others when the source has one.
pub(super) fn write(
    files: &BTreeMap<String, LockedFile>,
    sources: &[LockedSource],
    project: &str,
) -> String {
    let unknown: BTreeMap<&str, String> = sources
        .iter()
        .map(|source| (source.id.as_str(), format!("LicenseRef-{}", source.id)))
        .collect();
    let mut top = Folder::default();
    // The specification takes the texts themselves out.
    let annotated = files
        .iter()
        .filter(|(path, _)| !path.starts_with("LICENSES/"));
    for (path, file) in annotated {
        let license = match file.license.as_str() {
            UNKNOWN => unknown
                .get(file.source.as_str())
                .map_or(UNKNOWN, String::as_str),
            known => known,
        };
        top.add(path, (file.source.as_str(), license));
    }
    let mut paths: BTreeMap<Holder<'_>, Vec<String>> = BTreeMap::new();
    top.gather("", &mut paths);
    let mut annotations = ArrayOfTables::new();
    for ((source, license), mut paths) in paths {
        paths.sort();
        let mut listed = Array::from_iter(paths);
        listed
            .iter_mut()
            .for_each(|item| item.decor_mut().set_prefix("\n    "));
        listed.set_trailing("\n");
        listed.set_trailing_comma(true);
        let holder = match sources.iter().any(|known| known.id == source) {
            true => format!("the authors of {source}, see NOTICE"),
            false => format!("the authors of {project}"),
        };
        let mut table = Table::new();
        table.insert("path", value(listed));
        table.insert("precedence", value("closest"));
        table.insert("SPDX-FileCopyrightText", value(holder));
        table.insert("SPDX-License-Identifier", value(license));
        annotations.push(table);
    }
    let mut document = DocumentMut::new();
    document.insert("version", value(1));
    document.insert("annotations", Item::ArrayOfTables(annotations));
    document.to_string()
}

impl<'a> Folder<'a> {
    fn add(&mut self, path: &'a str, holder: Holder<'a>) {
        let mut folder = self;
        let mut rest = path;
        while let Some((first, after)) = rest.split_once('/') {
            folder = folder.folders.entry(first).or_default();
            rest = after;
        }
        folder.files.insert(rest, holder);
    }

    /// Gives the holder that all files below have in common.
    fn only_holder(&self) -> Option<Holder<'a>> {
        let below = self.folders.values().map(Folder::only_holder);
        let mut all = self.files.values().copied().map(Some).chain(below);
        let first = all.next()??;
        all.all(|one| one == Some(first)).then_some(first)
    }

    fn gather(&self, prefix: &str, paths: &mut BTreeMap<Holder<'a>, Vec<String>>) {
        for (name, holder) in &self.files {
            let path = escaped(&format!("{prefix}{name}"));
            paths.entry(*holder).or_default().push(path);
        }
        for (name, folder) in &self.folders {
            let below = format!("{prefix}{name}/");
            match folder.only_holder() {
                Some(holder) => {
                    let path = format!("{}**", escaped(&below));
                    paths.entry(holder).or_default().push(path);
                }
                None => folder.gather(&below, paths),
            }
        }
    }
}

/// Writes a path so that nothing of it is a pattern.
fn escaped(path: &str) -> String {
    path.replace('\\', "\\\\").replace('*', "\\*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_one_holder_are_named_once() {
        let file = |path: &str, source: &str, license: &str| {
            let entry = LockedFile {
                path: path.to_owned(),
                source: source.to_owned(),
                origin: String::new(),
                blob: String::new(),
                license: license.to_owned(),
                transforms: Vec::new(),
                sha256: String::new(),
                lines: Vec::new(),
            };
            (path.to_owned(), entry)
        };
        let files = BTreeMap::from([
            file("src/t/a/x.py", "a", "MIT"),
            file("src/t/a/b/y.py", "a", "MIT"),
            file("src/t/b/o.py", "b", UNKNOWN),
            file("src/t/b/*.py", "a", "MIT"),
            file("README.md", "generated", "CC0-1.0"),
        ]);
        let source = |id: &str, license: &str| LockedSource {
            id: id.to_owned(),
            url: String::new(),
            revision: String::new(),
            license: license.to_owned(),
        };
        let text = write(&files, &[source("a", "MIT"), source("b", UNKNOWN)], "t");
        let expected = r#"version = 1

[[annotations]]
path = [
    "src/t/a/**",
    "src/t/b/\\*.py",
]
precedence = "closest"
SPDX-FileCopyrightText = "the authors of a, see NOTICE"
SPDX-License-Identifier = "MIT"

[[annotations]]
path = [
    "src/t/b/o.py",
]
precedence = "closest"
SPDX-FileCopyrightText = "the authors of b, see NOTICE"
SPDX-License-Identifier = "LicenseRef-b"

[[annotations]]
path = [
    "README.md",
]
precedence = "closest"
SPDX-FileCopyrightText = "the authors of t"
SPDX-License-Identifier = "CC0-1.0"
"#;
        assert_eq!(
            text.replace('\'', "\"")
                .replace(r#""src/t/b/\*.py""#, r#""src/t/b/\\*.py""#),
            expected
        );
    }
}
