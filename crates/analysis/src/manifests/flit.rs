//! Flit's own table of `pyproject.toml` from before PEP 621: `[tool.flit.metadata]` with its scripts and entry points.

use super::{
    facts::{ManifestFacts, Section, VersionSource},
    toml_text::Document,
};

const TABLE: [&str; 3] = ["tool", "flit", "metadata"];

/// Adds what Flit's table states, unless there is a `[project]` table, which Flit then reads instead.
///
/// Name, version and description are those of the module: its name, its `__version__` and its documentation; only the first two are
/// looked for.
pub(super) fn read(facts: &mut ManifestFacts, document: &Document<'_>) {
    if document.table(&["project"]).is_some() {
        read_dynamic_version(facts, document);
        return;
    }
    if document.table(&TABLE).is_none() {
        return;
    }
    facts.declares_project = true;
    let field = |key: &'static str| [TABLE[0], TABLE[1], TABLE[2], key];
    let text = |key| document.text(&field(key));
    let module = text("module").map(|(module, _)| module.to_owned());
    facts.project.name = text("dist-name")
        .map(|(name, _)| name.to_owned())
        .or_else(|| module.clone());
    if let Some(module) = module {
        facts.version_source = Some(version_of(&module));
    }
    if let Some((specifier, line)) = text("requires-python") {
        facts.set_requires_python(specifier, line);
    }
    facts.state(Section::Runtime);
    facts.state(Section::Optional);
    for (requirement, line) in document.texts(&field("requires")) {
        facts.require(Section::Runtime, None, requirement, line);
    }
    for (requirement, line) in document.texts(&field("dev-requires")) {
        facts.add_extra("dev");
        facts.require(Section::Optional, Some("dev"), requirement, line);
    }
    for (extra, list) in document.entries(&field("requires-extra")) {
        // What the extra `.none` asks for is asked for without an extra.
        let is_extra = extra != ".none";
        if is_extra {
            facts.add_extra(extra);
        }
        for (requirement, line) in document.texts_of(list) {
            if is_extra {
                facts.require(Section::Optional, Some(extra), requirement, line);
            } else {
                facts.require(Section::Runtime, None, requirement, line);
            }
        }
    }
    let classifiers: Vec<String> = document
        .texts(&field("classifiers"))
        .into_iter()
        .map(|(text, _)| text.to_owned())
        .collect();
    facts.note_classifiers(&classifiers);
    facts.declare_license(None, text("license").map(|(text, _)| text), &classifiers);
    for (name, target) in document.entries(&["tool", "flit", "scripts"]) {
        facts.add_script(name, target.get_ref().as_str().unwrap_or(""));
    }
    for (group, _) in document.entries(&["tool", "flit", "entrypoints"]) {
        for (name, target) in document.entries(&["tool", "flit", "entrypoints", group]) {
            facts.add_entry_point(group, name, target.get_ref().as_str().unwrap_or(""));
        }
    }
}

/// With a `[project]` table, a dynamic version is still that of the module.
fn read_dynamic_version(facts: &mut ManifestFacts, document: &Document<'_>) {
    let backend = document.text(&["build-system", "build-backend"]);
    let is_flit = backend.is_some_and(|(backend, _)| backend.starts_with("flit"));
    let is_dynamic = facts.dynamic.iter().any(|field| field == "version");
    let module = document
        .text(&["tool", "flit", "module", "name"])
        .map(|(module, _)| module.to_owned())
        .or_else(|| {
            facts
                .project
                .name
                .as_deref()
                .map(|name| name.replace('-', "_"))
        });
    if let (true, true, Some(module)) = (is_flit, is_dynamic, module) {
        facts.version_source = Some(version_of(&module));
    }
}

fn version_of(module: &str) -> VersionSource {
    VersionSource::Attribute {
        module: module.to_owned(),
        name: "__version__".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_table_is_read_as_flit_reads_it() {
        let text = "[tool.flit.metadata]\nmodule='x'\ndist-name='x-tool'\nlicense='MIT'\nrequires-python='>=3.6'\n\
            requires=['a>=1']\ndev-requires=['d']\n[tool.flit.metadata.requires-extra]\ntest=['t']\n\".none\"=['b']\n\
            [tool.flit.scripts]\nx='x:main'\n[tool.flit.entrypoints.\"g\"]\np='x:plugin'\n";
        let document = Document::parse(text).expect("valid TOML");
        let mut facts = ManifestFacts::new("pyproject.toml");
        read(&mut facts, &document);
        let all = facts
            .runtime
            .iter()
            .flatten()
            .chain(facts.optional.iter().flatten());
        let found: Vec<(String, Option<&str>, u32)> = all
            .map(|dependency| {
                (
                    dependency.requirement(),
                    dependency.group.as_deref(),
                    dependency.line,
                )
            })
            .collect();
        let expected = [
            ("a>=1", None, 6),
            ("b", None, 10),
            ("d", Some("dev"), 7),
            ("t", Some("test"), 9),
        ];
        assert_eq!(
            found,
            expected.map(|(text, group, line)| (text.to_owned(), group, line))
        );
        assert_eq!(facts.project.name.as_deref(), Some("x-tool"));
        assert_eq!(facts.entry_points.len(), 2);
        assert_eq!(facts.license.as_deref(), Some("MIT"));
        assert_eq!(facts.version_source, Some(version_of("x")));
    }
}
