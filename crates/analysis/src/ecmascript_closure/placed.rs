//! Whether a JavaScript project holds together by its text alone: files parse, imports lead somewhere, manifests are manifests; and which of
//! its modules can be imported and which of its files are tests.

use std::collections::BTreeSet;

use synthesizer_model::{
    code::ImportForm, component::Reason, finding::Severity, progress::Progress,
    project::ProjectRole, source_file::FileRole, tree::SourceTree,
};

use super::{
    moved_tests::{RUNNERS, is_named, needs_runner},
    needs::declared,
    source::EcmaScriptSource,
    taking::Taking,
    walking::{self, Reach, Walk, package_of, shortened},
    wholes,
};
use crate::languages::Resolved;

/// Packages whose import makes a file a test.
const FRAMEWORKS: &[&str] = &[
    "tape",
    "tap",
    "test",
    "mocha",
    "ava",
    "vitest",
    "@jest/globals",
    "uvu",
    "assert",
];

/// A test and what runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedTest {
    /// Its path.
    pub path: String,
    /// `node`, `mocha`, `jest`, `vitest` or `ava`.
    pub runner: String,
}

/// What a project's text tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlacedProject {
    /// How many files were parsed.
    pub files: usize,
    /// What does not parse, with places.
    pub broken: Vec<String>,
    /// Imports that lead nowhere and would fail when the module is loaded, with places.
    pub unresolved: Vec<String>,
    /// Modules of the project's own folder of sources, by path.
    pub modules: Vec<String>,
    /// Packages that are members of its workspace and have a main module, by name.
    pub members: Vec<String>,
    /// Tests.
    pub tests: Vec<PlacedTest>,
    /// Whether it has TypeScript that has to be compiled.
    pub has_typescript: bool,
}

/// Reads a project.
pub fn placed_project(
    tree: &dyn SourceTree,
    read: &EcmaScriptSource,
    progress: &dyn Progress,
) -> PlacedProject {
    let files = read.files(tree);
    let taking = Taking::new(tree, read, &files, progress);
    let mut project = PlacedProject::default();
    for manifest in files
        .files()
        .iter()
        .filter(|file| file.path.file_name() == "package.json")
    {
        let folder = manifest.path.parent();
        let is_own =
            manifest.role == FileRole::Source && !manifest.path.as_str().contains("node_modules/");
        if is_own && taking.manifest(folder).is_none() {
            project
                .broken
                .push(format!("{}: is no JSON object", manifest.path));
        }
    }
    let members: BTreeSet<&str> = read
        .projects
        .iter()
        .filter(|project| project.role == ProjectRole::Member)
        .map(|project| project.folder.as_str())
        .collect();
    let in_member =
        |path: &str| super::taking::ancestors(path).any(|folder| members.contains(folder));
    for file in 0..files.files().len() {
        let about = files.file(file);
        let path = about.path.as_str();
        if !taking.is_code(file) || path.contains("node_modules/") {
            continue;
        }
        if about.role == FileRole::Test || path.starts_with("test/") || path.starts_with("tests/") {
            project.tests.extend(test(&taking, file));
            continue;
        }
        if in_member(about.path.parent()) {
            continue;
        }
        project.files += 1;
        check_file(&taking, file, &mut project);
        if path.starts_with("src/") && is_module(&taking, file) {
            project.modules.push(path.to_owned());
        }
        let compiled = taking.is_typed(file) && !taking.is_declaration(file);
        project.has_typescript |= compiled;
    }
    for member in members {
        check_member(&taking, member, &mut project);
    }
    project
}

fn check_file(taking: &Taking<'_>, file: usize, project: &mut PlacedProject) {
    let path = taking.files.file(file).path.as_str();
    let Some(code) = taking.files.file(file).code else {
        project.broken.push(format!("{path}: was not parsed"));
        return;
    };
    if let Some((line, problem)) = code.syntax_errors.first() {
        project
            .broken
            .push(format!("{path}:{line}: {}", shortened(problem)));
    }
    for import in &code.imports {
        let circumstances = import.circumstances;
        let is_later = circumstances.guarded
            || circumstances.fallback
            || circumstances.in_function
            || circumstances.conditional
            || circumstances.type_checking;
        if is_later
            || matches!(
                import.form,
                ImportForm::Computed | ImportForm::Resource | ImportForm::Dynamic
            )
        {
            continue;
        }
        let target = shortened(&import.target);
        let why = match taking.resolver.resolve(file, import) {
            Resolved::Unresolved(why) => why,
            Resolved::External(_)
                if declared(taking, file, package_of(&import.target)).is_none() =>
            {
                "no manifest asks for it"
            }
            _ => continue,
        };
        project
            .unresolved
            .push(format!("{path}:{}: {target}: {why}", import.line));
    }
}

fn is_module(taking: &Taking<'_>, file: usize) -> bool {
    let path = taking.files.file(file).path.as_str();
    let suffixes = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"];
    suffixes.iter().any(|suffix| path.ends_with(suffix))
        && !taking.is_declaration(file)
        && !taking.text(file).is_some_and(|text| text.starts_with("#!"))
}

/// A member is looked at from what its name leads to.
fn check_member(taking: &Taking<'_>, folder: &str, project: &mut PlacedProject) {
    let Some(manifest) = taking.manifest(folder) else {
        return;
    };
    let mains = wholes::main_modules(taking, folder);
    let seeds: Vec<(usize, Reason)> = mains
        .iter()
        .map(|file| (*file, Reason::Requested))
        .collect();
    let mut walk = Walk::default();
    walking::walk(taking, &seeds, Reach::Runtime, &mut walk);
    project.files += walk.taken.len();
    for finding in walk.findings {
        let place = format!(
            "{}:{}: {}",
            finding.path.unwrap_or_default(),
            finding.line.unwrap_or(0),
            finding.what
        );
        match finding.kind.as_str() {
            "syntax-error" | "not-parsed" => project.broken.push(place),
            "missing-module" if finding.severity == Severity::Error => {
                project.unresolved.push(place)
            }
            _ => {}
        }
    }
    if let (Some(name), false) = (manifest.name(), mains.is_empty()) {
        project.members.push(name.to_owned());
    }
}

/// Says what runs a file, if it is a test and no help for tests.
fn test(taking: &Taking<'_>, file: usize) -> Option<PlacedTest> {
    let path = taking.files.file(file).path.as_str();
    if ["fixtures/", "__fixtures__/", "node_modules/"]
        .iter()
        .any(|part| path.contains(part))
    {
        return None;
    }
    let code = taking.files.file(file).code?;
    let runnable = [".js", ".mjs", ".cjs", ".test.ts", ".test.mts"]
        .iter()
        .any(|suffix| path.ends_with(suffix));
    if !runnable || !is_named(taking, file) {
        return None;
    }
    let imports: Vec<&str> = code
        .imports
        .iter()
        .filter(|import| !matches!(import.form, ImportForm::Computed | ImportForm::Resource))
        .map(|import| import.target.as_str())
        .collect();
    let text = taking.text(file).unwrap_or_default();
    let by_globals = needs_runner(&text);
    let framework = imports
        .iter()
        .any(|target| FRAMEWORKS.contains(&target.strip_prefix("node:").unwrap_or(target)));
    let reaches_code =
        code.imports
            .iter()
            .any(|import| match taking.resolver.resolve(file, import) {
                Resolved::Files(files) => files.iter().any(|target| {
                    taking.is_code(*target) && taking.files.file(*target).role != FileRole::Test
                }),
                _ => false,
            });
    if !(framework || by_globals || reaches_code) {
        return None;
    }
    let imported = RUNNERS.iter().find(|runner| {
        imports.iter().any(|target| package_of(target) == **runner)
            || (**runner == "jest" && imports.contains(&"@jest/globals"))
    });
    let runner = imported.or_else(|| {
        by_globals
            .then(|| {
                RUNNERS
                    .iter()
                    .find(|runner| declared(taking, file, runner).is_some())
            })
            .flatten()
    });
    Some(PlacedTest {
        path: path.to_owned(),
        runner: runner.copied().unwrap_or("node").to_owned(),
    })
}
