//! From the components of a request to the closure of one source: selected, walked, put together.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    code::ImportForm,
    component::Reason,
    ecmascript::{EcmaScriptClosure, ModuleKind, TakenAs, TakenComponent, TakenFile, TakenPackage},
    failure::{ErrorCode, Failure},
    finding::{Finding, Severity},
    progress::Progress,
    project::{Project, ProjectRole},
    text::escape_untrusted,
    tree::SourceTree,
};

use super::{
    manifest::Manifest,
    moved_tests, needs,
    selection::{self, Selection, What},
    source::EcmaScriptSource,
    walking::{self, Reach, Walk},
    wholes,
};
use crate::languages::{Resolver, SourceFiles, resolver_of_sources};

/// The most manifests of a tree that are read.
const MOST_MANIFESTS: usize = 5_000;
/// The largest text that is looked at for marks of bundlers, in bytes.
const LARGEST_TEXT: usize = 16 << 20;

/// One source while parts of it are taken.
pub(super) struct Taking<'a> {
    pub(super) tree: &'a dyn SourceTree,
    pub(super) read: &'a EcmaScriptSource,
    pub(super) files: &'a SourceFiles<'a>,
    pub(super) resolver: Box<dyn Resolver + 'a>,
    pub(super) progress: &'a dyn Progress,
    manifests: BTreeMap<String, Manifest>,
}

/// Takes components of a source; the package at the top when none is named.
///
/// # Errors
/// `E_NOT_FOUND` for a component that the source does not have, `E_INCOMPATIBLE` for what is minified or bundled, `E_CANCELLED`.
pub fn take(
    tree: &dyn SourceTree,
    read: &EcmaScriptSource,
    components: &[String],
    progress: &dyn Progress,
) -> Result<EcmaScriptClosure, Failure> {
    let files = read.files(tree);
    let taking = Taking::new(tree, read, &files, progress);
    let whole = [String::new()];
    let components = if components.is_empty() {
        whole.as_slice()
    } else {
        components
    };
    let selections = components
        .iter()
        .map(|component| selection::select(&taking, component))
        .collect::<Result<Vec<_>, _>>()?;
    let closure = of_selections(&taking, &selections)?;
    if progress.is_cancelled() {
        return Err(Failure::cancelled());
    }
    Ok(closure)
}

fn of_selections(
    taking: &Taking<'_>,
    selections: &[Selection],
) -> Result<EcmaScriptClosure, Failure> {
    let mut walk = Walk::default();
    let mut seeds: Vec<(usize, Reason)> = Vec::new();
    let mut folders: BTreeSet<String> = BTreeSet::new();
    let mut asked: Vec<(Vec<usize>, Option<String>)> = Vec::new();
    for selection in selections {
        let (modules, folder) = match &selection.what {
            What::Modules(modules) => (modules.clone(), None),
            What::Package(folder) => match wholes::sources_of(taking, folder) {
                Some(source) => {
                    walk.find(wholes::taken_as_sources(taking, source));
                    (vec![source], None)
                }
                None => (Vec::new(), Some(folder.clone())),
            },
        };
        seeds.extend(modules.iter().map(|module| (*module, Reason::Requested)));
        folders.extend(folder.clone());
        asked.push((modules, folder));
    }
    walking::walk(taking, &seeds, Reach::All, &mut walk);
    refuse_bundles(taking, &walk)?;
    let folders = wholes::with_siblings(taking, folders, &mut walk);
    walk.taken
        .retain(|file, _| !folders.contains(&taking.package_folder(*file, &folders)));
    let mut needs = needs::of_modules(taking, &mut walk);
    let tests = moved_tests::of_modules(taking, &mut walk);
    needs::add_development(taking, &tests, &mut needs);
    add_manifests_of_folders(taking, &folders, &mut walk);

    let mut closure = EcmaScriptClosure::default();
    for folder in &folders {
        let whole = wholes::take(taking, folder, &folders, &mut walk)?;
        closure.files.extend(whole.files);
        closure.packages.push(whole.package);
        needs::merge(whole.needs, &mut needs);
    }
    closure.files.extend(files_of(taking, &walk, &folders));
    closure
        .files
        .sort_by(|one, other| one.path.cmp(&other.path));
    closure.files.dedup_by(|one, other| one.path == other.path);
    add_packages_of_modules(taking, &mut closure);
    closure.components = selections
        .iter()
        .zip(asked)
        .map(|(selection, (modules, folder))| {
            component(taking, selection, &modules, folder, &closure)
        })
        .collect();
    closure.needs = needs.into_values().collect();
    walk.close();
    closure.findings = walk.findings;
    Ok(closure)
}

fn manifests(files: &SourceFiles<'_>) -> BTreeMap<String, Manifest> {
    let named = files
        .files()
        .iter()
        .filter(|file| file.path.file_name() == "package.json")
        .filter(|file| !file.path.as_str().contains("node_modules/"));
    named
        .take(MOST_MANIFESTS)
        .filter_map(|file| {
            let manifest = Manifest::read(files.text(file.path.as_str())?)?;
            Some((file.path.parent().to_owned(), manifest))
        })
        .collect()
}

impl<'a> Taking<'a> {
    /// Begins with a tree that was read.
    pub(super) fn new(
        tree: &'a dyn SourceTree,
        read: &'a EcmaScriptSource,
        files: &'a SourceFiles<'a>,
        progress: &'a dyn Progress,
    ) -> Self {
        Self {
            tree,
            read,
            files,
            resolver: resolver_of_sources(files),
            progress,
            manifests: manifests(files),
        }
    }

    /// Gives the manifest of exactly this folder.
    pub(super) fn manifest(&self, folder: &str) -> Option<&Manifest> {
        self.manifests.get(folder)
    }

    /// Gives the folder of the nearest manifest, and the manifest.
    pub(super) fn nearest_manifest(&self, file: usize) -> Option<(&str, &Manifest)> {
        let folder = self.files.file(file).path.parent();
        ancestors(folder).find_map(|folder| Some((folder, self.manifests.get(folder)?)))
    }

    /// Gives the package of a folder.
    pub(super) fn project(&self, folder: &str) -> Option<&Project> {
        self.read
            .projects
            .iter()
            .find(|project| project.folder == folder)
    }

    /// Gives the folder of the package that a file belongs to: the nearest at the top, of a workspace, or of those that are taken whole.
    pub(super) fn package_folder(&self, file: usize, wholes: &BTreeSet<String>) -> String {
        let is_own = |folder: &str| {
            wholes.contains(folder)
                || self.project(folder).is_some_and(|project| {
                    matches!(project.role, ProjectRole::Root | ProjectRole::Member)
                })
        };
        ancestors(self.files.file(file).path.parent())
            .find(|folder| is_own(folder))
            .unwrap_or("")
            .to_owned()
    }

    /// Says whether a file is JavaScript or TypeScript.
    pub(super) fn is_code(&self, file: usize) -> bool {
        matches!(
            self.files.file(file).language,
            Some("JavaScript" | "JSX" | "TypeScript" | "TSX")
        )
    }

    /// Says whether a file is TypeScript, declarations included.
    pub(super) fn is_typed(&self, file: usize) -> bool {
        matches!(self.files.file(file).language, Some("TypeScript" | "TSX"))
    }

    /// Says whether a file only declares types.
    pub(super) fn is_declaration(&self, file: usize) -> bool {
        let path = self.files.file(file).path.as_str();
        [".d.ts", ".d.mts", ".d.cts"]
            .iter()
            .any(|suffix| path.ends_with(suffix))
    }

    /// Reads the text of a file; `None` when it is none or too large.
    pub(super) fn text(&self, file: usize) -> Option<String> {
        let blob = self.tree.read(self.files.file(file).path).ok()?;
        if blob.bytes.len() > LARGEST_TEXT {
            return None;
        }
        String::from_utf8(blob.bytes.to_vec()).ok()
    }

    /// Says how Node.js reads a file.
    pub(super) fn kind(&self, file: usize) -> Option<ModuleKind> {
        if !self.is_code(file) {
            return None;
        }
        let path = self.files.file(file).path.as_str();
        if path.ends_with(".mjs") || path.ends_with(".mts") {
            return Some(ModuleKind::Module);
        }
        if path.ends_with(".cjs") || path.ends_with(".cts") {
            return Some(ModuleKind::CommonJs);
        }
        let kind = self
            .nearest_manifest(file)
            .map_or(ModuleKind::BySyntax, |(_, manifest)| manifest.kind());
        if kind != ModuleKind::BySyntax {
            return Some(kind);
        }
        // The compiler of TypeScript writes CommonJS where no manifest says more.
        let is_module = !self.is_typed(file) && self.has_module_syntax(file);
        Some(if is_module {
            ModuleKind::BySyntax
        } else {
            ModuleKind::CommonJs
        })
    }

    fn has_module_syntax(&self, file: usize) -> bool {
        let imports = self.files.file(file).code.is_some_and(|code| {
            code.imports.iter().any(|import| {
                matches!(import.form, ImportForm::Static | ImportForm::ReExport)
                    && !import.circumstances.type_checking
            })
        });
        imports
            || self.text(file).is_some_and(|text| {
                text.lines().any(|line| {
                    [
                        "export default",
                        "export const ",
                        "export function ",
                        "export class ",
                        "export {",
                        "export{",
                    ]
                    .iter()
                    .any(|start| line.starts_with(start))
                })
            })
    }

    /// Says where the sources are, for a hint.
    pub(super) fn repository(&self, file: usize) -> Option<String> {
        let (_, manifest) = self.nearest_manifest(file)?;
        manifest
            .repository()
            .or_else(|| self.manifest("")?.repository())
    }
}

/// Lists a folder and those above it, the top last.
pub(super) fn ancestors(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| {
        (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(above, _)| above))
    })
}

/// A module that was put together of others, or made small, cannot be taken.
///
/// # Errors
/// `E_INCOMPATIBLE` with a hint to the sources.
pub(super) fn refuse_bundles(taking: &Taking<'_>, walk: &Walk) -> Result<(), Failure> {
    let Some((first, _)) = walk.bundled.iter().next() else {
        return Ok(());
    };
    let findings: Vec<Finding> = walk
        .bundled
        .iter()
        .take(20)
        .map(|(file, reason)| {
            let what = format!("minified or bundled, {reason}");
            let path = taking.files.file(*file).path.as_str();
            Finding::new(Severity::Error, "bundled", what).at(path, None)
        })
        .collect();
    let message = format!(
        "{} is minified or bundled: no module of it can be taken",
        taking.files.file(*first).path
    );
    let hint = taking.repository(*first).map_or_else(
        || {
            "take the source that it was built from; its package.json names no repository"
                .to_owned()
        },
        |repository| {
            format!(
                "take the source that it was built from: {}",
                escape_untrusted(&repository)
            )
        },
    );
    Err(Failure::new(ErrorCode::Incompatible, message)
        .with_hint(hint)
        .with_details(serde_json::json!({ "findings": findings })))
}

/// Takes the manifests of folders that say how Node.js reads the files below.
fn add_manifests_of_folders(taking: &Taking<'_>, wholes: &BTreeSet<String>, walk: &mut Walk) {
    let mut found = Vec::new();
    for (file, (_, taken_as)) in &walk.taken {
        if *taken_as == TakenAs::Data {
            continue;
        }
        let Some((folder, _)) = taking.nearest_manifest(*file) else {
            continue;
        };
        if folder == taking.package_folder(*file, wholes) {
            continue;
        }
        if let Some(manifest) = taking.files.index(&format!("{folder}/package.json")) {
            found.push((manifest, taking.files.file(*file).path.to_string()));
        }
    }
    for (manifest, path) in found {
        let reason = Reason::DataOf { path, line: 1 };
        walk.taken
            .entry(manifest)
            .or_insert((reason, TakenAs::Data));
    }
}

fn files_of(taking: &Taking<'_>, walk: &Walk, wholes: &BTreeSet<String>) -> Vec<TakenFile> {
    walk.taken
        .iter()
        .map(|(file, (reason, taken_as))| TakenFile {
            path: taking.files.file(*file).path.clone(),
            package: taking.package_folder(*file, wholes),
            reason: reason.clone(),
            taken_as: *taken_as,
            kind: taking.kind(*file),
            built: walk.built.contains(file),
            imports: walk.imports.get(file).cloned().unwrap_or_default(),
        })
        .collect()
}

fn add_packages_of_modules(taking: &Taking<'_>, closure: &mut EcmaScriptClosure) {
    let known: BTreeSet<String> = closure
        .packages
        .iter()
        .map(|package| package.folder.clone())
        .collect();
    let folders: BTreeSet<String> = closure
        .files
        .iter()
        .map(|file| file.package.clone())
        .filter(|folder| !known.contains(folder))
        .collect();
    for folder in folders {
        let manifest = taking.manifest(&folder);
        closure.packages.push(TakenPackage {
            name: manifest.and_then(Manifest::name).map(str::to_owned),
            version: manifest.and_then(Manifest::version).map(str::to_owned),
            engines: manifest.map(Manifest::engines).unwrap_or_default(),
            folder,
            ..TakenPackage::default()
        });
    }
    closure
        .packages
        .sort_by(|one, other| one.folder.cmp(&other.folder));
}

fn component(
    taking: &Taking<'_>,
    selection: &Selection,
    modules: &[usize],
    folder: Option<String>,
    closure: &EcmaScriptClosure,
) -> TakenComponent {
    let files = match &folder {
        Some(folder) => closure
            .files
            .iter()
            .filter(|file| file.package == *folder)
            .count(),
        None => {
            let mut own = Walk::default();
            let seeds: Vec<(usize, Reason)> = modules
                .iter()
                .map(|module| (*module, Reason::Requested))
                .collect();
            walking::walk(taking, &seeds, Reach::All, &mut own);
            own.taken.len()
        }
    };
    TakenComponent {
        text: selection.text.clone(),
        package: folder,
        modules: modules
            .iter()
            .map(|module| taking.files.file(*module).path.clone())
            .collect(),
        symbol: selection.symbol.clone(),
        files,
    }
}
