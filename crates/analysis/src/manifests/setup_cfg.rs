//! The static part of setuptools' `setup.cfg`. Values that setuptools would compute (`attr:`) are left to other manifests.

use synthesizer_model::dependency::Ecosystem;

use super::{
    facts::{Include, ManifestFacts, ManifestFormat, Section},
    ini::{self, Entry},
};
use crate::licenses;

pub(super) static FORMAT: ManifestFormat = ManifestFormat {
    name: "setup.cfg",
    documentation: "https://setuptools.pypa.io/en/latest/userguide/declarative_config.html",
    ecosystem: Ecosystem::Python,
    listed: true,
    matches: |path| path == "setup.cfg",
    parse,
};

fn parse(path: &str, text: &str) -> ManifestFacts {
    let mut facts = ManifestFacts::new(path);
    let mut license = None;
    let mut classifiers = Vec::new();
    for entry in ini::entries(text) {
        match (entry.section, entry.key) {
            ("metadata", "name") => facts.project.name = fixed(&entry),
            ("metadata", "version") => facts.project.version = fixed(&entry),
            ("metadata", "description" | "summary") => facts.project.description = fixed(&entry),
            ("metadata", "license") => license = fixed(&entry),
            ("metadata", "license_file" | "license_files") => {
                facts.license_files.extend(
                    entry
                        .items(',')
                        .into_iter()
                        .map(|(_, item)| item.to_owned()),
                );
            }
            ("metadata", "classifiers" | "classifier") => {
                classifiers.extend(
                    entry
                        .items(',')
                        .into_iter()
                        .map(|(_, item)| item.to_owned()),
                );
            }
            ("options", "python_requires") => facts.set_requires_python(&entry.text(), entry.line),
            ("options", "install_requires") => {
                read_list(&mut facts, Section::Runtime, None, &entry)
            }
            ("options", "setup_requires") => {
                read_list(&mut facts, Section::Development, Some("build"), &entry)
            }
            ("options.extras_require", extra) => {
                facts.add_extra(extra);
                read_list(&mut facts, Section::Optional, Some(extra), &entry);
            }
            ("options.entry_points", "console_scripts" | "gui_scripts") => {
                read_scripts(&mut facts, &entry)
            }
            _ => {}
        }
    }
    facts.license = licenses::normalize_declared(None, license.as_deref(), &classifiers);
    facts.finished()
}

fn fixed(entry: &Entry<'_>) -> Option<String> {
    let text = entry.text();
    let is_computed = text.starts_with("attr:") || text.starts_with("file:");
    (!is_computed && !text.is_empty()).then_some(text)
}

fn read_list(facts: &mut ManifestFacts, section: Section, group: Option<&str>, entry: &Entry<'_>) {
    facts.state(section);
    let text = entry.text();
    if let Some(files) = text.strip_prefix("file:") {
        let files = files
            .split([',', '\n'])
            .map(str::trim)
            .filter(|file| !file.is_empty());
        facts.includes.extend(files.map(|file| Include {
            path: file.to_owned(),
            line: entry.line,
            section,
            group: group.map(str::to_owned),
        }));
        return;
    }
    for (line, item) in entry.items(';') {
        facts.require(section, group, item, line);
    }
}

fn read_scripts(facts: &mut ManifestFacts, entry: &Entry<'_>) {
    for (_, item) in entry.items(',') {
        if let Some((name, target)) = item.split_once('=') {
            facts.add_script(name, target);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn static_values_are_read() {
        let text = "[metadata]\nname = x\nversion = attr: x.__version__\nlicense = MIT\nlicense_files = LICENSE*, NOTICE\n\
            [options]\npython_requires = >= 3.7\ninstall_requires =\n    a>=1\n    # no\n    b; os_name == 'nt'\n\
            [options.extras_require]\nfast = c>=2; d\nfile = file: fast.txt\n[options.entry_points]\nconsole_scripts =\n  x = x.cli:main [fast]\n";
        let facts = parse("setup.cfg", text);
        let lines: Vec<(String, u32)> = facts
            .runtime
            .iter()
            .flatten()
            .chain(facts.optional.iter().flatten())
            .map(|dependency| (dependency.requirement(), dependency.line))
            .collect();
        let expected = [
            ("a>=1", 9),
            ("b; os_name == 'nt'", 11),
            ("c>=2", 13),
            ("d", 13),
        ];
        assert_eq!(lines, expected.map(|(text, line)| (text.to_owned(), line)));
        assert_eq!(facts.includes[0].path, "fast.txt");
        assert_eq!(
            (facts.project.version.as_deref(), facts.license.as_deref()),
            (None, Some("MIT"))
        );
        assert_eq!(facts.license_files, ["LICENSE*", "NOTICE"]);
        assert_eq!(
            facts.project.entry_points.get("x").map(String::as_str),
            Some("x.cli:main")
        );
    }
}
