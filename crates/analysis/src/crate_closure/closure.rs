//! The packages to take with their files: what was asked for, and the packages of the tree that those name by their paths.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use synthesizer_model::{
    failure::Failure,
    finding::{Finding, Severity},
    progress::Progress,
    project::Project,
    text::escape_untrusted,
    tree::{SourceTree, TreePath},
};

use super::{
    files::{self, PackageFiles},
    named_files,
    packages::{FileRules, Packages},
    part,
    selection::{Selected, select},
    taken::{CrateClosure, CrateReason, TakenComponent, TakenCrate},
};

/// How many packages one closure may have.
const MOST_CRATES: usize = 2_000;

/// Takes components of a tree; the package at its top, or the default members of its workspace, when none is named.
///
/// `projects` are those of the tree's manifests. Integration tests come along unless `with_tests` says no; unit tests are part of the code.
///
/// # Errors
/// `E_NOT_FOUND` for what the tree does not have, `E_INCOMPATIBLE` for a module that cannot be taken alone, `E_LIMIT` for too many packages,
/// `E_CANCELLED`.
pub fn take(
    tree: &dyn SourceTree,
    projects: &[Project],
    components: &[String],
    with_tests: bool,
    progress: &dyn Progress,
) -> Result<CrateClosure, Failure> {
    let packages = Packages::of(projects);
    let everything = [String::new()];
    let wanted = if components.is_empty() {
        &everything[..]
    } else {
        components
    };
    let selected = wanted
        .iter()
        .map(|text| Ok((text.as_str(), select(tree, &packages, text)?)))
        .collect::<Result<Vec<_>, Failure>>()?;
    let mut taking = Taking {
        tree,
        packages,
        crates: BTreeMap::new(),
        findings: Vec::new(),
        components: Vec::new(),
        with_tests,
    };
    let parts = part::wanted(tree, &taking.packages, &selected)?;
    let roots = selected.iter().flat_map(|(_, selected)| match selected {
        Selected::Packages(list) => list.clone(),
        Selected::Inside(index, names) if names.is_empty() => vec![*index],
        _ => Vec::new(),
    });
    let whole: BTreeSet<usize> = roots.chain(parts.whole.iter().copied()).collect();
    let first = whole
        .iter()
        .map(|index| (*index, CrateReason::Requested))
        .collect();
    taking.follow(first, progress)?;
    for (index, wanted) in &parts.by_package {
        if taking.crates.contains_key(index) {
            continue;
        }
        let (taken, findings) = part::take(tree, &taking.packages, *index, wanted, progress)?;
        taking.findings.extend(findings);
        let needed = taking.packages.path_dependencies(*index);
        let needed = needed
            .into_iter()
            .filter(|target| part::needs(&taken, projects, &taking.packages, *index, *target));
        let needed: VecDeque<_> = needed
            .map(|target| (target, CrateReason::PathDependencyOf(taken.name.clone())))
            .collect();
        taking.crates.insert(*index, taken);
        taking.follow(needed, progress)?;
    }
    for (text, selected) in &selected {
        taking.component(text, selected, &parts);
    }
    Ok(taking.finish())
}

struct Taking<'a> {
    tree: &'a dyn SourceTree,
    packages: Packages<'a>,
    /// By the package's place.
    crates: BTreeMap<usize, TakenCrate>,
    findings: Vec<Finding>,
    /// With the package's place instead of the crate's.
    components: Vec<TakenComponent>,
    with_tests: bool,
}

impl Taking<'_> {
    fn follow(
        &mut self,
        mut open: VecDeque<(usize, CrateReason)>,
        progress: &dyn Progress,
    ) -> Result<(), Failure> {
        while let Some((index, reason)) = open.pop_front() {
            // A part of a package that another one needs whole becomes whole.
            let is_known = self
                .crates
                .get(&index)
                .is_some_and(|known| known.part.is_none());
            if is_known {
                continue;
            }
            if progress.is_cancelled() {
                return Err(Failure::cancelled());
            }
            if self.crates.len() >= MOST_CRATES {
                let message = format!("the components bring more than {MOST_CRATES} packages");
                return Err(Failure::new(synthesizer_model::ErrorCode::Limit, message)
                    .with_hint("name the packages to take"));
            }
            let taken = self.whole(index, reason);
            let name = taken.name.clone();
            self.crates.insert(index, taken);
            for target in self.packages.path_dependencies(index) {
                open.push_back((target, CrateReason::PathDependencyOf(name.clone())));
            }
        }
        Ok(())
    }

    /// Takes a whole package.
    fn whole(&mut self, index: usize, reason: CrateReason) -> TakenCrate {
        let project = self.packages.list[index];
        let mut rules = FileRules::read(self.tree, &project.manifests[0]);
        rules.without_tests = !self.with_tests;
        let mut chosen = files::of_package(self.tree, &self.packages, index, &rules);
        add_named(self.tree, project, &rules, &mut chosen);
        named_files::add(self.tree, &project.folder, &mut chosen);
        self.findings.append(&mut chosen.findings);
        let mut taken = described(project, reason);
        taken.files = chosen.files.into_values().collect();
        self.findings.extend(warnings(project, &taken, &rules));
        taken
    }

    fn component(&mut self, text: &str, selected: &Selected, parts: &part::Parts) {
        let mut add = |krate: usize, path: Vec<String>, crates: &BTreeMap<usize, TakenCrate>| {
            let shown = if text.is_empty() {
                crates[&krate].name.clone()
            } else {
                text.to_owned()
            };
            self.components.push(TakenComponent {
                text: shown,
                krate,
                path,
                files: crates[&krate].files.len() + 1,
            });
        };
        match selected {
            Selected::Packages(list) => {
                for index in list {
                    add(*index, Vec::new(), &self.crates);
                }
            }
            Selected::Inside(index, _) | Selected::File(index, _) => {
                let path = parts.path_of(text).unwrap_or_default();
                add(*index, path, &self.crates);
            }
        }
    }

    fn finish(self) -> CrateClosure {
        let mut crates: Vec<(usize, TakenCrate)> = self.crates.into_iter().collect();
        crates.sort_by(|(_, one), (_, other)| {
            (&one.name, &one.folder).cmp(&(&other.name, &other.folder))
        });
        let place = |index: usize| crates.iter().position(|(known, _)| *known == index);
        let components = self
            .components
            .into_iter()
            .filter_map(|component| {
                let krate = place(component.krate)?;
                Some(TakenComponent { krate, ..component })
            })
            .collect();
        CrateClosure {
            components,
            crates: crates.into_iter().map(|(_, taken)| taken).collect(),
            findings: self.findings,
        }
    }
}

/// Describes a package without its files.
pub(super) fn described(project: &Project, reason: CrateReason) -> TakenCrate {
    let target = |kinds: &[&str]| {
        project
            .targets
            .iter()
            .find(|target| kinds.contains(&target.kind.as_str()))
    };
    let library = target(&["lib", "proc-macro"]);
    let path = |text: &str| TreePath::new(text).ok();
    let manifest = path(&project.manifests[0]).expect("a manifest that was read has a path");
    let workspace = project.workspace.as_ref().and_then(|folder| {
        path(&if folder.is_empty() {
            "Cargo.toml".to_owned()
        } else {
            format!("{folder}/Cargo.toml")
        })
    });
    TakenCrate {
        name: project.facts.name.clone().unwrap_or_default(),
        version: project.facts.version.clone(),
        folder: project.folder.clone(),
        workspace: workspace.filter(|workspace| *workspace != manifest),
        manifest,
        reason,
        library: library.map(|library| library.name.replace('-', "_")),
        proc_macro: library.is_some_and(|library| library.kind == "proc-macro"),
        build_script: target(&["build-script"]).and_then(|target| target.path.clone()),
        files: Vec::new(),
        part: None,
    }
}

/// Adds the files that the manifest names; those of other folders keep their names.
fn add_named(
    tree: &dyn SourceTree,
    project: &Project,
    rules: &FileRules,
    chosen: &mut PackageFiles,
) {
    for (named, reason) in &rules.named {
        let Some(path) = named_files::followed(&project.folder, named) else {
            continue;
        };
        let Ok(path) = TreePath::new(&path) else {
            continue;
        };
        let entries = tree.entries();
        let is_there = entries
            .binary_search_by(|entry| entry.path.cmp(&path))
            .is_ok_and(|at| entries[at].is_file());
        if is_there {
            let inside = path.is_below(&project.folder);
            let place = match path.as_str().strip_prefix(project.folder.as_str()) {
                Some(place) if inside => place.trim_start_matches('/'),
                // `cargo package` copies it to the package's top.
                _ => path.file_name(),
            };
            let place = place.to_owned();
            chosen.add(&path, &place, *reason);
        }
    }
}

/// Tells what of a package runs while others are built, and what is missing.
pub(super) fn warnings(project: &Project, taken: &TakenCrate, rules: &FileRules) -> Vec<Finding> {
    let mut findings = Vec::new();
    let name = escape_untrusted(&taken.name);
    let manifest = taken.manifest.as_str();
    let mut warn = |kind: &str, what: String, path: &str| {
        findings.push(Finding::new(Severity::Warning, kind, what).at(path, None));
    };
    if let Some(script) = &taken.build_script {
        warn(
            "runs-when-building",
            format!("the build script of {name} runs when building"),
            script,
        );
    }
    if taken.proc_macro {
        warn(
            "runs-when-building",
            format!("{name} is a procedural macro, which runs when building"),
            manifest,
        );
    }
    if let Some(links) = &rules.links {
        let links = escape_untrusted(links);
        warn(
            "links",
            format!("{name} links the native library `{links}`, which must be installed"),
            manifest,
        );
    }
    let places: BTreeSet<&str> = taken.files.iter().map(|file| file.path.as_str()).collect();
    let targets = project.targets.iter();
    let missing = targets
        .filter(|target| matches!(target.kind.as_str(), "lib" | "proc-macro"))
        .filter(|target| {
            !target
                .path
                .as_deref()
                .is_some_and(|path| places.contains(path))
        });
    for target in missing {
        let what = format!(
            "the library `{}` has no file that can be taken",
            escape_untrusted(&target.name)
        );
        findings.push(Finding::new(Severity::Error, "target-missing", what).at(manifest, None));
    }
    let mut targets = project.targets.iter();
    let builds = targets.any(|target| {
        matches!(target.kind.as_str(), "lib" | "proc-macro" | "bin")
            && target
                .path
                .as_deref()
                .is_some_and(|path| places.contains(path))
    });
    if !builds {
        let what =
            format!("{name} has neither a library nor a program with a file that can be taken");
        findings.push(Finding::new(Severity::Error, "target-missing", what).at(manifest, None));
    }
    findings
}
