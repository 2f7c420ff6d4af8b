//! What tools other than Poetry and Flit add to a project in their own tables of `pyproject.toml`: groups for development of uv, Rye,
//! PDM and Hatch, uv's sources and workspaces, and the places of what setuptools, Hatch and PDM take from elsewhere.

use synthesizer_model::dependency::Ecosystem;

use super::{
    facts::{
        LocalRequirement, ManifestFacts, Section, SourceOverride, VersionSource, WorkspacePatterns,
    },
    pyproject::require_all,
    requirement, requirements_txt,
    toml_text::{Document, Value},
};

/// How many members and exclusions of a workspace are kept.
const MOST_PATTERNS: usize = 2_000;

/// Adds what the tools' tables state.
pub(super) fn read(facts: &mut ManifestFacts, document: &Document<'_>) {
    debug_assert_eq!(facts.ecosystem, Ecosystem::Python);
    read_uv(facts, document);
    read_pdm(facts, document);
    read_hatch(facts, document);
    read_setuptools(facts, document);
    if is_dynamic(facts, "version") && facts.version_source.is_none() {
        let pdm = ["tool", "pdm", "version", "path"];
        let hatch = ["tool", "hatch", "version", "path"];
        let path = document.text(&hatch).or_else(|| document.text(&pdm));
        facts.version_source = path.map(|(path, _)| VersionSource::Definition {
            path: path.to_owned(),
            names: vec!["__version__".to_owned(), "VERSION".to_owned()],
        });
    }
}

fn is_dynamic(facts: &ManifestFacts, field: &str) -> bool {
    facts.dynamic.iter().any(|name| name == field)
}

/// uv, and Rye, which it came from.
fn read_uv(facts: &mut ManifestFacts, document: &Document<'_>) {
    for tool in ["uv", "rye"] {
        facts.declares_project |= document.table(&["tool", tool]).is_some();
        if let Some(list) = document.value(&["tool", tool, "dev-dependencies"]) {
            require_all(facts, document, Section::Development, Some("dev"), list);
        }
        let table = ["tool", tool, "workspace"];
        if facts.workspace.is_none() && document.table(&table).is_some() {
            let members = document.texts(&["tool", tool, "workspace", "members"]);
            let exclude = document.texts(&["tool", tool, "workspace", "exclude"]);
            let owned = |(text, line): (&str, u32)| (text.to_owned(), line);
            facts.workspace = Some(WorkspacePatterns {
                members: members.into_iter().take(MOST_PATTERNS).map(owned).collect(),
                exclude: exclude
                    .into_iter()
                    .take(MOST_PATTERNS)
                    .map(|(text, _)| text.to_owned())
                    .collect(),
            });
        }
    }
    let is_package = document.value(&["tool", "uv", "package"]);
    facts.private |= is_package.and_then(|flag| flag.get_ref().as_bool()) == Some(false);
    for (name, value) in document.entries(&["tool", "uv", "sources"]) {
        // Of several for different environments the first stands for all.
        let first = value.get_ref().as_array().and_then(|list| list.first());
        if let Some(source) = source_of(first.unwrap_or(value)) {
            facts.add_source(name, source);
        }
    }
}

fn source_of(value: &Value<'_>) -> Option<SourceOverride> {
    let table = value.get_ref().as_table()?;
    let text = |key: &str| table.get(key)?.get_ref().as_str();
    if let Some(git) = text("git") {
        let revision = ["rev", "tag", "branch"].iter().find_map(|key| text(key));
        let revision = revision.map(|revision| format!("@{revision}"));
        let url = format!("git+{git}{}", revision.unwrap_or_default());
        return requirement::without_credentials(&url)
            .ok()
            .map(SourceOverride::Url);
    }
    if let Some(url) = text("url") {
        return requirement::without_credentials(url)
            .ok()
            .map(SourceOverride::Url);
    }
    if let Some(path) = text("path") {
        return Some(SourceOverride::Folder(path.to_owned()));
    }
    let is_member = table.get("workspace")?.get_ref().as_bool()?;
    is_member.then_some(SourceOverride::Member)
}

fn read_pdm(facts: &mut ManifestFacts, document: &Document<'_>) {
    facts.declares_project |= document
        .table(&["tool", "pdm", "dev-dependencies"])
        .is_some();
    for (group, list) in document.entries(&["tool", "pdm", "dev-dependencies"]) {
        for item in list.get_ref().as_array().into_iter().flatten() {
            let line = document.line(item);
            match item.get_ref().as_str() {
                Some(text) if text.starts_with("-e ") => {
                    read_editable(facts, group, text, line);
                }
                Some(text) => facts.require(Section::Development, Some(group), text, line),
                None => facts.problem(line, "a requirement that is no text"),
            }
        }
    }
}

/// PDM writes what it installs in place as pip does.
fn read_editable(facts: &mut ManifestFacts, group: &str, text: &str, line: u32) {
    let text = text.replace("file:///${PROJECT_ROOT}/", "./");
    if let Some((path, name)) = text.split_once("#egg=")
        && let Some(path) = path.strip_prefix("-e ")
        && path.starts_with("./")
    {
        let name = name.split('[').next().unwrap_or(name);
        facts.require(Section::Development, Some(group), name, line);
        facts.add_source(name, SourceOverride::Folder(path.to_owned()));
        return;
    }
    let mut read = requirements_txt::parse(&facts.path, &text, Section::Development, Some(group));
    for dependency in &mut read.development {
        dependency.line = line;
    }
    let local: Vec<LocalRequirement> = std::mem::take(&mut read.local);
    facts.absorb(read);
    for mut requirement in local {
        requirement.line = line;
        facts.require_folder(requirement);
    }
}

fn read_hatch(facts: &mut ManifestFacts, document: &Document<'_>) {
    for (environment, _) in document.entries(&["tool", "hatch", "envs"]) {
        for key in ["dependencies", "extra-dependencies"] {
            if let Some(list) = document.value(&["tool", "hatch", "envs", environment, key]) {
                require_all(
                    facts,
                    document,
                    Section::Development,
                    Some(environment),
                    list,
                );
            }
        }
    }
    let hooks = ["tool", "hatch", "metadata", "hooks"];
    for (hook, value) in document.entries(&hooks) {
        if hook == "requirements_txt" {
            read_hatch_requirements(facts, document);
            continue;
        }
        // These compute nothing but versions and descriptions.
        if matches!(
            hook,
            "fancy-pypi-readme" | "vcs" | "nodejs" | "docstring-description"
        ) {
            continue;
        }
        for field in ["dependencies", "optional-dependencies"] {
            if is_dynamic(facts, field) {
                facts.problem(
                    document.line(value),
                    format_args!("{field} are computed by the metadata hook {hook} of Hatch"),
                );
            }
        }
    }
}

/// The hook that takes dependencies from requirements files.
fn read_hatch_requirements(facts: &mut ManifestFacts, document: &Document<'_>) {
    let hook = ["tool", "hatch", "metadata", "hooks", "requirements_txt"];
    if is_dynamic(facts, "dependencies") {
        let files = [hook[0], hook[1], hook[2], hook[3], hook[4], "files"];
        for (path, line) in document.texts(&files) {
            facts.include(path, line, Section::Runtime, None);
        }
    }
    if is_dynamic(facts, "optional-dependencies") {
        let extras = [
            hook[0],
            hook[1],
            hook[2],
            hook[3],
            hook[4],
            "optional-dependencies",
        ];
        for (extra, list) in document.entries(&extras) {
            facts.add_extra(extra);
            for (path, line) in document.texts_of(list) {
                facts.include(path, line, Section::Optional, Some(extra));
            }
        }
    }
}

/// Notes the files from which setuptools takes what the project says to be dynamic, and where it looks for packages.
fn read_setuptools(facts: &mut ManifestFacts, document: &Document<'_>) {
    let dynamic = ["tool", "setuptools", "dynamic"];
    let below = |key: &'static str| [dynamic[0], dynamic[1], dynamic[2], key];
    if is_dynamic(facts, "dependencies")
        && let Some(value) = document.value(&below("dependencies"))
    {
        include_files(facts, document, Section::Runtime, None, value);
    }
    if is_dynamic(facts, "optional-dependencies") {
        for (extra, value) in document.entries(&below("optional-dependencies")) {
            facts.add_extra(extra);
            include_files(facts, document, Section::Optional, Some(extra), value);
        }
    }
    if is_dynamic(facts, "version") {
        let field = |key: &'static str| [dynamic[0], dynamic[1], dynamic[2], "version", key];
        if let Some((attribute, _)) = document.text(&field("attr"))
            && let Some((module, name)) = attribute.rsplit_once('.')
        {
            facts.version_source = Some(VersionSource::Attribute {
                module: module.to_owned(),
                name: name.to_owned(),
            });
        }
        let first = document.texts(&field("file")).first().copied();
        if let Some((path, _)) = document.text(&field("file")).or(first) {
            facts.version_source = Some(VersionSource::File(path.to_owned()));
        }
    }
    let folders = document.entries(&["tool", "setuptools", "package-dir"]);
    let root = folders.into_iter().find(|(package, _)| package.is_empty());
    let root = root.and_then(|(_, folder)| folder.get_ref().as_str());
    let found = document.texts(&["tool", "setuptools", "packages", "find", "where"]);
    facts.import_roots = root
        .into_iter()
        .chain(found.into_iter().map(|(folder, _)| folder))
        .take(16)
        .map(str::to_owned)
        .collect();
}

/// Notes the files of `{file = "a"}` or `{file = ["a", "b"]}`.
fn include_files(
    facts: &mut ManifestFacts,
    document: &Document<'_>,
    section: Section,
    group: Option<&str>,
    value: &Value<'_>,
) {
    let table = value.get_ref().as_table();
    let Some(file) = table.and_then(|table| table.get("file")) else {
        return;
    };
    if let Some(path) = file.get_ref().as_str() {
        facts.include(path, document.line(file), section, group);
    }
    for (path, line) in document.texts_of(file) {
        facts.include(path, line, section, group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> ManifestFacts {
        let document = Document::parse(text).expect("valid TOML");
        let mut facts = ManifestFacts::new("pyproject.toml");
        let dynamic = document.texts(&["project", "dynamic"]);
        facts.dynamic = dynamic
            .into_iter()
            .map(|(field, _)| field.to_owned())
            .collect();
        read(&mut facts, &document);
        facts
    }

    fn check(text: &str, expected: &[(&str, &str, u32)]) -> ManifestFacts {
        let facts = read_text(text);
        let found: Vec<(&str, &str, u32)> = facts
            .development
            .iter()
            .map(|dependency| {
                let group = dependency.group.as_deref().unwrap_or("-");
                (dependency.name.as_str(), group, dependency.line)
            })
            .collect();
        assert_eq!(found, expected, "{text}");
        facts
    }

    #[test]
    fn groups_of_tools_are_groups() {
        check(
            "[tool.uv]\ndev-dependencies=['a']\n[tool.rye]\ndev-dependencies=['r']\n[tool.pdm.dev-dependencies]\ntest=['b',\n\
             '-e file:///${PROJECT_ROOT}/sub#egg=sub']\n[tool.hatch.envs.docs]\ndependencies=['c']\nextra-dependencies=['d']\n",
            &[
                ("a", "dev", 2),
                ("r", "dev", 4),
                ("b", "test", 6),
                ("sub", "test", 7),
                ("c", "docs", 9),
                ("d", "docs", 10),
            ],
        );
    }

    #[test]
    fn sources_and_members_of_uv_are_noted() {
        let facts = check(
            "[tool.uv.sources]\nA_b={git='https://u:word@h.example/a', tag='v1'}\nc={workspace=true}\nd=[{path='../d', marker='x'}]\n\
             e={index='i'}\n[tool.uv.workspace]\nmembers=['packages/*']\nexclude=['packages/x']\n",
            &[],
        );
        let url = SourceOverride::Url("git+https://h.example/a@v1".to_owned());
        let expected = [
            ("a-b".to_owned(), url),
            ("c".to_owned(), SourceOverride::Member),
            ("d".to_owned(), SourceOverride::Folder("../d".to_owned())),
        ];
        assert_eq!(facts.sources, expected);
        let workspace = facts.workspace.expect("a workspace");
        assert_eq!(workspace.members, [("packages/*".to_owned(), 7)]);
        assert_eq!(workspace.exclude, ["packages/x"]);
    }

    #[test]
    fn what_is_dynamic_names_its_place_or_is_told() {
        let facts = read_text(
            "[project]\ndynamic=['version','dependencies','optional-dependencies']\n[tool.setuptools.dynamic]\n\
             version={attr='x.y.__version__'}\ndependencies={file=['a.txt']}\noptional-dependencies.e={file='b.txt'}\n",
        );
        let module = "x.y".to_owned();
        let name = "__version__".to_owned();
        assert_eq!(
            facts.version_source,
            Some(VersionSource::Attribute { module, name })
        );
        let paths: Vec<&str> = facts
            .includes
            .iter()
            .map(|include| include.path.as_str())
            .collect();
        assert_eq!(paths, ["a.txt", "b.txt"]);
        let facts = read_text(
            "[project]\ndynamic=['dependencies','version']\n[tool.hatch.metadata.hooks.custom]\nx=1\n[tool.hatch.version]\npath='v.py'\n",
        );
        assert_eq!(facts.problems.len(), 1);
        assert!(facts.version_source.is_some());
        let facts = read_text(
            "[project]\ndynamic=['dependencies']\n[tool.hatch.metadata.hooks.requirements_txt]\nfiles=['r.txt']\n",
        );
        assert_eq!(facts.includes.len(), 1);
    }
}
