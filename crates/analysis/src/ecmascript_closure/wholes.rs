//! Packages that are taken as a whole: their files, what they ask of their users, and other packages of the source that they need.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    component::Reason,
    dependency::Dependency,
    ecmascript::{NpmNeedKind, TakenAs, TakenFile, TakenPackage},
    failure::{ErrorCode, Failure},
    finding::{Finding, Severity},
    source_file::FileRole,
    text::escape_untrusted,
};

use super::{
    bundles,
    moved_tests::{RUNNERS, needs_runner},
    needs::{self, Needs, of_project, range_of},
    taking::{Taking, refuse_bundles},
    walking::{self, Reach, Walk},
};
use crate::languages::Resolved;

/// The most files of one package.
const MOST_FILES: usize = 20_000;

/// A package with its files.
pub(super) struct Whole {
    pub(super) files: Vec<TakenFile>,
    pub(super) package: TakenPackage,
    /// What it asks of the project that it becomes a part of.
    pub(super) needs: Needs,
}

/// Gives the source of the main module of a package whose main module has still to be built; `None` when it is there.
pub(super) fn sources_of(taking: &Taking<'_>, folder: &str) -> Option<usize> {
    let entries = entries(taking, folder);
    if entries.iter().any(|file| !taking.is_typed(*file)) {
        return None;
    }
    let manifest = taking.manifest(folder)?;
    let name = manifest.name()?;
    let place = taking.files.index(&joined(folder, "package.json")?)?;
    let import = synthesizer_model::code::Import {
        target: name.to_owned(),
        form: synthesizer_model::code::ImportForm::Static,
        names: Vec::new(),
        range: synthesizer_model::text::ByteRange::new(0, 0),
        line: 0,
        circumstances: synthesizer_model::code::Circumstances::default(),
    };
    match taking.resolver.resolve(place, &import) {
        Resolved::Files(files) => files
            .into_iter()
            .find(|file| taking.is_code(*file) && !taking.is_declaration(*file)),
        _ => None,
    }
}

/// Says that a package was taken as modules, because what it publishes is built first.
pub(super) fn taken_as_sources(taking: &Taking<'_>, source: usize) -> Finding {
    let what = "what the package publishes is not in the repository and has to be built; its main module was taken as source, with all that it imports";
    let path = taking.files.file(source).path.as_str();
    Finding::new(Severity::Warning, "taken-as-sources", what).at(path, None)
}

/// Adds the packages of the same source that the taken ones ask for by their place.
pub(super) fn with_siblings(
    taking: &Taking<'_>,
    folders: BTreeSet<String>,
    walk: &mut Walk,
) -> BTreeSet<String> {
    let mut all = folders.clone();
    let mut open: Vec<String> = folders.into_iter().collect();
    while let Some(folder) = open.pop() {
        for (name, sibling) in siblings(taking, &folder) {
            if sources_of(taking, &sibling).is_some() {
                let what = format!(
                    "asks for {}, a package of the same source that has to be built first; name it as a component to take its sources",
                    walking::shortened(&name)
                );
                let manifest = joined(&folder, "package.json").unwrap_or_default();
                walk.find(
                    Finding::new(Severity::Warning, "sibling-not-built", what).at(manifest, None),
                );
            } else if all.insert(sibling.clone()) {
                open.push(sibling);
            }
        }
    }
    all
}

/// Gives the dependencies of a package that are others of the source, with their folders.
fn siblings(taking: &Taking<'_>, folder: &str) -> BTreeMap<String, String> {
    let Some(project) = taking.project(folder) else {
        return BTreeMap::new();
    };
    let runs = |dependency: &&Dependency| dependency.group.as_deref() != Some("dev");
    project
        .dependencies
        .iter()
        .filter(runs)
        .filter_map(|dependency| {
            let written = dependency.url.as_deref().unwrap_or(&dependency.specifier);
            let key = dependency.imported_as.as_ref().unwrap_or(&dependency.name);
            let place = ["file:", "link:", "portal:"]
                .iter()
                .find_map(|prefix| written.strip_prefix(prefix));
            let sibling = match place {
                Some(path) => joined(folder, path)?,
                None if dependency.specifier.starts_with("workspace:") => taking
                    .read
                    .projects
                    .iter()
                    .find(|other| other.facts.name.as_deref() == Some(dependency.name.as_str()))?
                    .folder
                    .clone(),
                None => return None,
            };
            (taking.manifest(&sibling).is_some() && sibling != folder)
                .then(|| (key.clone(), sibling))
        })
        .collect()
}

/// Takes a package.
///
/// # Errors
/// `E_INCOMPATIBLE` when its main module is minified or bundled, or when it has no module at all; `E_LIMIT`.
pub(super) fn take(
    taking: &Taking<'_>,
    folder: &str,
    wholes: &BTreeSet<String>,
    walk: &mut Walk,
) -> Result<Whole, Failure> {
    let entries = entries(taking, folder);
    let mut own = Walk::default();
    let seeds: Vec<(usize, Reason)> = entries
        .iter()
        .map(|entry| (*entry, Reason::Requested))
        .collect();
    walking::walk(taking, &seeds, Reach::Runtime, &mut own);
    refuse_bundles(taking, &own)?;
    if entries.is_empty() {
        let types = taking
            .files
            .files()
            .iter()
            .any(|file| file.path.is_below(folder) && file.path.as_str().ends_with(".d.ts"));
        if !types {
            let shown = taking
                .manifest(folder)
                .and_then(|manifest| manifest.name())
                .unwrap_or("at the top");
            return Err(Failure::new(
                ErrorCode::Incompatible,
                format!(
                    "the package {} names no module that is in the source",
                    escape_untrusted(shown)
                ),
            )
            .with_hint("name a module of it, or take the published package (npm:NAME)"));
        }
    }
    let mut needs = Needs::new();
    let uses = std::mem::take(&mut own.uses);
    for used in &uses {
        // What the manifest asks for comes with the package's own manifest.
        if taking.package_folder(used.file, wholes) == folder
            && needs::declared(taking, used.file, &used.name).is_none()
        {
            needs::add(taking, used, &mut own, &mut needs);
        }
    }
    let manifest = taking.manifest(folder);
    add_peers(taking, folder, &mut needs);
    let files = files(taking, folder, wholes, &own, walk)?;
    let test_packages = test_packages(taking, folder, &files);
    for finding in std::mem::take(&mut own.findings) {
        walk.find(finding);
    }
    let package = TakenPackage {
        folder: folder.to_owned(),
        name: manifest.and_then(|one| one.name()).map(str::to_owned),
        version: manifest.and_then(|one| one.version()).map(str::to_owned),
        manifest: manifest.map(|one| one.text.clone()),
        whole: true,
        engines: manifest.map(|one| one.engines()).unwrap_or_default(),
        test_packages,
        siblings: siblings(taking, folder)
            .into_iter()
            .filter(|(_, sibling)| wholes.contains(sibling))
            .collect(),
    };
    Ok(Whole {
        files,
        package,
        needs,
    })
}

/// Gives the modules that Node.js loads by the package's name.
pub(super) fn main_modules(taking: &Taking<'_>, folder: &str) -> Vec<usize> {
    let manifest = taking.manifest(folder);
    let targets = manifest.map(|manifest| manifest.main_targets());
    modules_at(taking, folder, targets.unwrap_or_default())
}

/// Gives the modules that Node.js loads by the package's name, and its programs.
fn entries(taking: &Taking<'_>, folder: &str) -> Vec<usize> {
    let Some(manifest) = taking.manifest(folder) else {
        return Vec::new();
    };
    let targets = manifest
        .main_targets()
        .into_iter()
        .chain(manifest.programs());
    modules_at(taking, folder, targets.collect())
}

/// Finds files as `require` finds what a manifest names.
fn modules_at(taking: &Taking<'_>, folder: &str, targets: Vec<String>) -> Vec<usize> {
    let mut found = BTreeSet::new();
    for target in targets {
        let Some(path) = joined(folder, &target) else {
            continue;
        };
        let names = if path.is_empty() {
            vec!["index.js".to_owned()]
        } else {
            [
                "",
                ".js",
                ".cjs",
                ".mjs",
                ".json",
                ".node",
                "/index.js",
                "/index.json",
            ]
            .iter()
            .map(|suffix| format!("{path}{suffix}"))
            .collect()
        };
        found.extend(names.iter().find_map(|name| taking.files.index(name)));
    }
    found.into_iter().collect()
}

fn add_peers(taking: &Taking<'_>, folder: &str, needs: &mut Needs) {
    let Some(project) = taking.project(folder) else {
        return;
    };
    let peers = project.dependencies.iter().filter(|dependency| {
        dependency.group.as_deref() == Some("peer")
            && dependency.marker.as_deref() != Some("optional")
    });
    for peer in peers {
        if let Some(range) = range_of(peer) {
            let key = peer.imported_as.as_ref().unwrap_or(&peer.name);
            let place = Some((peer.manifest.clone(), peer.line));
            needs::insert(needs, key, range, NpmNeedKind::Required, place);
        }
    }
}

fn files(
    taking: &Taking<'_>,
    folder: &str,
    wholes: &BTreeSet<String>,
    reached: &Walk,
    walk: &mut Walk,
) -> Result<Vec<TakenFile>, Failure> {
    let published = taking.tree.origin().platform == "npm";
    let manifest = joined(folder, "package.json").unwrap_or_default();
    let mut files = Vec::new();
    for (index, file) in taking.files.files().iter().enumerate() {
        let path = file.path.as_str();
        if !file.path.is_below(folder) || path == manifest || is_residue(path, folder) {
            continue;
        }
        if taking.package_folder(index, wholes) != folder {
            continue;
        }
        let is_reached = reached.taken.contains_key(&index);
        let is_beside = matches!(file.role, FileRole::Documentation | FileRole::Example);
        if !published && is_beside && !is_reached && !is_text_of_package(path) {
            continue;
        }
        let is_code = taking.is_code(index);
        let text = if is_code { taking.text(index) } else { None };
        let bundled = is_code
            && (file.role == FileRole::Minified || text.as_deref().is_some_and(bundles::is_bundle));
        if bundled && !is_reached {
            let what =
                "minified or bundled, and not what the package's name leads to; it was left out";
            walk.find(Finding::new(Severity::Warning, "bundled-left-out", what).at(path, None));
            continue;
        }
        if files.len() >= MOST_FILES {
            return Err(Failure::new(
                ErrorCode::Limit,
                format!("the package has more than {MOST_FILES} files"),
            )
            .with_hint("name modules of it"));
        }
        let taken_as = match (is_code, file.role) {
            (_, FileRole::Test) => TakenAs::Test,
            (true, _) => TakenAs::Module,
            (false, _) => TakenAs::Data,
        };
        files.push(TakenFile {
            path: file.path.clone(),
            package: folder.to_owned(),
            reason: Reason::PackageMember,
            taken_as,
            kind: taking.kind(index),
            built: text.as_deref().is_some_and(bundles::is_built),
            imports: Vec::new(),
        });
    }
    Ok(files)
}

/// Says whether a file is none that a package needs: maps, locks, settings of tools, packages that were installed.
fn is_residue(path: &str, folder: &str) -> bool {
    let below = path.strip_prefix(folder).unwrap_or(path);
    let name = below.rsplit('/').next().unwrap_or(below);
    let hidden = below.split('/').any(|part| part.starts_with('.'));
    // Packages within the folder of tests are what these read.
    let installed = below
        .split('/')
        .take_while(|part| !matches!(*part, "test" | "tests" | "__tests__" | "fixtures"))
        .any(|part| part == "node_modules");
    let locks = [
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "pnpm-workspace.yaml",
        "bun.lock",
        "bun.lockb",
    ];
    hidden || installed || locks.contains(&name) || name.ends_with(".map")
}

/// Says whether a file is one that every package is published with.
fn is_text_of_package(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    ["readme", "license", "licence", "notice", "copying"]
        .iter()
        .any(|start| name.starts_with(start))
}

/// Gives the development dependencies that the package's own tests import, and what runs those.
fn test_packages(taking: &Taking<'_>, folder: &str, files: &[TakenFile]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let Some(project) = taking.project(folder) else {
        return found;
    };
    let mut runner = false;
    let tests = files
        .iter()
        .filter(|file| file.taken_as == TakenAs::Test && file.kind.is_some());
    for test in tests {
        let Some(index) = taking.files.index(test.path.as_str()) else {
            continue;
        };
        let mut one = Walk::default();
        walking::walk_one(taking, index, Reach::Runtime, &mut one);
        found.extend(one.uses.into_iter().map(|used| used.name));
        runner = runner || taking.text(index).is_some_and(|text| needs_runner(&text));
    }
    if runner {
        let by_script = |name: &&&str| {
            taking
                .manifest(folder)
                .and_then(|manifest| manifest.script("test"))
                .is_some_and(|script| script.contains(**name))
        };
        let asked = |name: &&&str| of_project(project, name).is_some();
        let runners = || RUNNERS.iter().filter(asked);
        let runner = runners().find(by_script).or_else(|| runners().next());
        found.extend(runner.map(|name| (*name).to_owned()));
    }
    found.retain(|name| {
        of_project(project, name).is_some_and(|dependency| {
            dependency.group.as_deref() == Some("dev") && range_of(dependency).is_some()
        })
    });
    found
}

/// Follows a relative path from a folder; `None` when it leaves the tree.
pub(super) fn joined(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
