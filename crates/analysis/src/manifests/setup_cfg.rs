//! The static part of setuptools' `setup.cfg`. Values that setuptools would compute (`attr:`) are left to other manifests.

use synthesizer_model::dependency::Ecosystem;

use super::{
    facts::{ManifestFacts, ManifestFormat, Section, VersionSource},
    ini::{self, Entry},
};

pub(super) static FORMAT: ManifestFormat = ManifestFormat {
    name: "setup.cfg",
    documentation: "https://setuptools.pypa.io/en/latest/userguide/declarative_config.html",
    ecosystem: Ecosystem::Python,
    listed: true,
    matches: |path| path == "setup.cfg",
    parse,
};

/// How many times one key of a file may name another one.
const MOST_REFERENCES: usize = 200;
/// How many lines one key may have by naming others.
const MOST_LINES: usize = 20_000;

fn parse(path: &str, text: &str) -> ManifestFacts {
    let mut facts = ManifestFacts::new(path);
    let mut license = None;
    let mut classifiers = Vec::new();
    let entries = ini::entries(text);
    let mut left = MOST_REFERENCES;
    for entry in &entries {
        let mut entry = entry.clone();
        if entry.lines.iter().any(|(_, text)| text.starts_with("%(")) {
            entry.lines = interpolated(&entry, &entries, &mut left);
        }
        // The spelling with hyphens is the older one.
        let key = entry.key.replace('-', "_");
        match (entry.section, key.as_str()) {
            ("metadata", "name") => {
                facts.project.name = fixed(&entry);
                facts.declares_project = true;
            }
            ("metadata", "version") => read_version(&mut facts, &entry),
            ("metadata", "description" | "summary") => facts.project.description = fixed(&entry),
            ("metadata", "license") => license = fixed(&entry),
            ("metadata", "license_file" | "license_files") => {
                facts.license_files.extend(owned_items(&entry));
            }
            ("metadata", "classifiers" | "classifier") => classifiers.extend(owned_items(&entry)),
            ("options" | "metadata", "python_requires" | "requires_python") => {
                facts.set_requires_python(&entry.text(), entry.line);
            }
            ("options", "install_requires") => {
                read_list(&mut facts, Section::Runtime, None, &entry)
            }
            ("options", "setup_requires") => {
                read_list(&mut facts, Section::Development, Some("build"), &entry)
            }
            ("options", "tests_require") => {
                read_list(&mut facts, Section::Development, Some("test"), &entry)
            }
            ("options", "package_dir") => read_package_dir(&mut facts, &entry),
            ("options.packages.find", "where") => facts.import_roots.push(entry.text()),
            ("options.extras_require", _) => {
                facts.add_extra(entry.key);
                read_list(&mut facts, Section::Optional, Some(entry.key), &entry);
            }
            ("options.entry_points", _) => read_entry_points(&mut facts, &entry),
            _ => {}
        }
        facts.declares_project |= entry.section == "options";
    }
    facts.note_classifiers(&classifiers);
    facts.declare_license(None, license.as_deref(), &classifiers);
    facts.finished()
}

fn owned_items(entry: &Entry<'_>) -> Vec<String> {
    let items = entry.items(',').into_iter();
    items.map(|(_, item)| item.to_owned()).collect()
}

fn read_version(facts: &mut ManifestFacts, entry: &Entry<'_>) {
    let text = entry.text();
    if let Some(attribute) = text.strip_prefix("attr:")
        && let Some((module, name)) = attribute.trim().rsplit_once('.')
    {
        facts.version_source = Some(VersionSource::Attribute {
            module: module.to_owned(),
            name: name.to_owned(),
        });
    } else if let Some(path) = text.strip_prefix("file:") {
        facts.version_source = Some(VersionSource::File(path.trim().to_owned()));
    } else {
        facts.project.version = fixed(entry);
    }
}

/// Notes the folder of all packages: the entry with an empty name.
fn read_package_dir(facts: &mut ManifestFacts, entry: &Entry<'_>) {
    for (_, item) in entry.items(',') {
        if let Some((package, folder)) = item.split_once('=')
            && package.trim().is_empty()
        {
            facts.import_roots.push(folder.trim().to_owned());
        }
    }
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
        let files = files.split([',', '\n']).map(str::trim);
        for file in files.filter(|file| !file.is_empty()) {
            facts.include(file, entry.line, section, group);
        }
        return;
    }
    for (line, item) in entry.items(';') {
        facts.require(section, group, item, line);
    }
}

/// Replaces `%(key)s` in the lines of a list by the lines of that key of the same section, as configparser does; other uses of `%` stay.
fn interpolated<'t>(
    entry: &Entry<'t>,
    entries: &[Entry<'t>],
    left: &mut usize,
) -> Vec<(u32, &'t str)> {
    let mut lines = Vec::new();
    for (line, text) in &entry.lines {
        if lines.len() > MOST_LINES {
            break;
        }
        let key = text
            .strip_prefix("%(")
            .and_then(|rest| rest.strip_suffix(")s"));
        let referred = key.and_then(|key| {
            entries.iter().find(|other| {
                other.section == entry.section && other.key == key && other.key != entry.key
            })
        });
        match referred {
            Some(other) if *left > 0 => {
                *left -= 1;
                lines.extend(interpolated(other, entries, left));
            }
            _ => lines.push((*line, *text)),
        }
    }
    lines
}

fn read_entry_points(facts: &mut ManifestFacts, entry: &Entry<'_>) {
    for (_, item) in entry.items(',') {
        if let Some((name, object)) = item.split_once('=') {
            facts.add_entry_point(entry.key, name, object);
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
        let shared = "[options.extras_require]\na =\n  x\n  y\nb =\n  %(a)s\n  z\nloop = %(pool)s\npool = %(loop)s\n";
        let facts_of_shared = parse("setup.cfg", shared);
        let names: Vec<&str> = facts_of_shared
            .optional
            .iter()
            .flatten()
            .map(|known| known.name.as_str())
            .collect();
        assert_eq!(names, ["x", "y", "x", "y", "z"]);
        assert_eq!(
            facts.version_source,
            Some(VersionSource::Attribute {
                module: "x".to_owned(),
                name: "__version__".to_owned()
            })
        );
        assert_eq!(
            facts.project.entry_points.get("x").map(String::as_str),
            Some("x.cli:main")
        );
    }
}
