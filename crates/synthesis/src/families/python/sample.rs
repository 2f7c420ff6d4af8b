//! Small sources for the tests of this crate, with the facts of the real parser.

use std::collections::BTreeMap;

use bytes::Bytes;
use synthesizer_model::{
    component::{Closure, ClosureFile, Need, NeededDistribution, Reason},
    python::PythonFile,
    synthesis::{RequestedRepository, SynthesisRequest},
    tree::{Blob, Origin, TreePath},
};

use super::{
    input::{ProjectName, RequestedComponent, SourceInput, SynthesisInput},
    upstream_tests::SourceTests,
};
use crate::source::{SourceFile, SourceRecord};

pub(crate) fn path(text: &str) -> TreePath {
    TreePath::new(text).expect(text)
}

/// Makes a source called `id` with the given files below its import root, and packages to generate.
pub(crate) fn source(id: &str, files: &[(&str, &str)], generated: &[&str]) -> SourceInput {
    let mut closure = Closure {
        generated_packages: generated
            .iter()
            .map(|package| (*package).to_owned())
            .collect(),
        ..Closure::default()
    };
    let mut contents = BTreeMap::new();
    let mut facts = BTreeMap::new();
    let mut doctests = BTreeMap::new();
    let mut top_levels: Vec<String> = Vec::new();
    for package in generated {
        closure.modules.push(module_name(package));
    }
    for (import_path, text) in files {
        let is_python = import_path.ends_with(".py");
        let in_source = path(&format!("lib/{import_path}"));
        let module = is_python.then(|| module_name(import_path));
        closure.modules.extend(module.clone());
        let top_level = import_path.split('/').next().unwrap_or_default();
        top_levels.push(top_level.trim_end_matches(".py").to_owned());
        closure.files.push(ClosureFile {
            path: in_source.clone(),
            module,
            import_path: (*import_path).to_owned(),
            reason: Reason::Requested,
        });
        facts.extend(python_facts(text.as_bytes(), is_python).map(|one| (in_source.clone(), one)));
        let examples = synthesizer_analysis::doctests::imports(text);
        if !examples.is_empty() {
            doctests.insert(in_source.clone(), examples);
        }
        contents.insert(in_source, source_file(text.as_bytes()));
    }
    closure.modules.sort();
    top_levels.sort();
    top_levels.dedup();
    SourceInput {
        record: SourceRecord {
            id: id.to_owned(),
            origin: Origin {
                slug: id.to_owned(),
                url: format!("pypi:{id}@1.2.3"),
                revision: "sha256:00".to_owned(),
                version: Some("1.2.3".to_owned()),
                platform: "pypi".to_owned(),
            },
            distribution: Some((id.to_owned(), "1.2.3".to_owned())),
            license: Some("MIT".to_owned()),
            marks_changes: false,
            destination: None,
            texts: Vec::new(),
        },
        closure,
        files: contents,
        python: facts,
        needed: Vec::new(),
        components: Vec::new(),
        linked_modules: BTreeMap::new(),
        original_packages: top_levels,
        scripts: BTreeMap::new(),
        doctest_imports: doctests,
        tests: SourceTests::default(),
    }
}

pub(crate) fn source_file(bytes: &[u8]) -> SourceFile {
    let blob = Blob::new(Bytes::copy_from_slice(bytes));
    SourceFile {
        bytes: blob.bytes,
        blob: blob.id,
        executable: false,
        spdx_header: None,
    }
}

pub(crate) fn python_facts(bytes: &[u8], is_python: bool) -> Option<PythonFile> {
    std::str::from_utf8(bytes)
        .ok()
        .filter(|_| is_python)
        .map(synthesizer_analysis::languages::python::parse)
}

fn module_name(import_path: &str) -> String {
    import_path
        .trim_end_matches(".py")
        .trim_end_matches("/__init__")
        .replace('/', ".")
}

pub(crate) fn needs(name: &str, requirement: &str, need: Need) -> NeededDistribution {
    NeededDistribution {
        name: name.to_owned(),
        requirements: vec![requirement.to_owned()],
        need,
        imports: vec![name.to_owned()],
        declared: true,
    }
}

pub(crate) fn component(text: &str, module: &str, symbol: Option<&str>) -> RequestedComponent {
    RequestedComponent {
        text: text.to_owned(),
        modules: vec![module.to_owned()],
        symbol: symbol.map(str::to_owned),
        files: 1,
    }
}

/// Makes the request for the sources.
pub(crate) fn request(sources: &[SourceInput]) -> SynthesisRequest {
    SynthesisRequest {
        name: "toolbox".to_owned(),
        template: "python-default".to_owned(),
        ecosystem: "python".to_owned(),
        link: false,
        tests: true,
        repositories: sources
            .iter()
            .map(|source| RequestedRepository {
                url: source.record.origin.url.clone(),
                rev: None,
                components: source
                    .components
                    .iter()
                    .map(|component| component.text.clone())
                    .collect(),
                destination: source.record.destination.as_ref().map(TreePath::to_string),
            })
            .collect(),
    }
}

/// Makes the input for the project `toolbox`.
pub(crate) fn input(request: &SynthesisRequest, sources: Vec<SourceInput>) -> SynthesisInput<'_> {
    SynthesisInput {
        request,
        template: crate::templates::find("python-default", "python").expect("a template"),
        project_name: ProjectName::parse(&request.name, |_| false).expect("a valid name"),
        sources,
        requires_python: ">=3.9".to_owned(),
        findings: Vec::new(),
    }
}
