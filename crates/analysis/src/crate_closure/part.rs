//! A package made of modules of another one: the chosen modules, what they use, and a root that declares them.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use synthesizer_model::{
    failure::{ErrorCode, Failure},
    finding::{Finding, Severity},
    progress::Progress,
    project::Project,
    text::{ByteRange, LineIndex, escape_untrusted},
    tree::{SourceTree, TreePath},
};

use super::{
    closure,
    files::PackageFiles,
    modules::{Modules, first_name},
    named_files,
    packages::{FileRules, Packages},
    reach::{Reached, Target, reach},
    selection::Selected,
    taken::{CrateReason, ModulePart, TakenCrate},
};
use crate::languages::rust::outline::{InnerAttribute, ItemKind, OutlineItem};

/// How many names a finding or a hint lists.
const MOST_LISTED: usize = 10;

/// Attributes of a root file that its items need.
const KEPT_ATTRIBUTES: &[&str] = &[
    "allow",
    "expect",
    "no_implicit_prelude",
    "no_std",
    "recursion_limit",
    "type_length_limit",
];

/// What is wanted of the inside of packages.
#[derive(Default)]
pub(super) struct Parts {
    /// Packages of which the root itself is wanted.
    pub(super) whole: BTreeSet<usize>,
    /// What is wanted of the others.
    pub(super) by_package: BTreeMap<usize, Wanted>,
    paths: BTreeMap<String, Vec<String>>,
}

/// What is wanted of one package.
pub(super) struct Wanted {
    modules: Modules,
    targets: Vec<Target>,
}

impl Parts {
    /// Gives the names below the root that lead to a component.
    pub(super) fn path_of(&self, text: &str) -> Option<Vec<String>> {
        self.paths.get(text).cloned()
    }
}

/// Finds the modules and items that components name.
///
/// # Errors
/// `E_NOT_FOUND` for what a package does not have, `E_INCOMPATIBLE` for a package whose code cannot be taken in parts.
pub(super) fn wanted(
    tree: &dyn SourceTree,
    packages: &Packages<'_>,
    selected: &[(&str, Selected)],
) -> Result<Parts, Failure> {
    let mut parts = Parts::default();
    for (text, selected) in selected {
        let index = match selected {
            Selected::Packages(_) => continue,
            Selected::Inside(_, names) if names.is_empty() => continue,
            Selected::Inside(index, _) | Selected::File(index, _) => *index,
        };
        let wanted = match parts.by_package.entry(index) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => free.insert(Wanted {
                modules: modules_of(tree, packages, index)?,
                targets: Vec::new(),
            }),
        };
        let (target, path) = match selected {
            Selected::Inside(_, names) => (by_names(&wanted.modules, names)?, names.clone()),
            Selected::File(_, path) => by_file(&wanted.modules, path)?,
            Selected::Packages(_) => continue,
        };
        parts.paths.insert((*text).to_owned(), path);
        if target == Target::Module(0) {
            parts.whole.insert(index);
        } else if !wanted.targets.contains(&target) {
            wanted.targets.push(target);
        }
    }
    Ok(parts)
}

fn modules_of(
    tree: &dyn SourceTree,
    packages: &Packages<'_>,
    index: usize,
) -> Result<Modules, Failure> {
    let project = packages.list[index];
    let name = escape_untrusted(packages.name(index));
    let library = project
        .targets
        .iter()
        .find(|target| matches!(target.kind.as_str(), "lib" | "proc-macro"));
    let refuse = |why: &str| {
        let finding = Finding::new(Severity::Error, "module-refused", why);
        let finding = match project.manifests.first() {
            Some(manifest) => finding.at(manifest, None),
            None => finding,
        };
        Failure::new(
            ErrorCode::Incompatible,
            format!("no module of {name} can be taken: {why}"),
        )
        .with_hint("take the whole package")
        .with_details(serde_json::json!({ "findings": [finding] }))
    };
    let library = library.ok_or_else(|| refuse("the package has no library"))?;
    if library.kind == "proc-macro" {
        return Err(refuse("a procedural macro is one whole"));
    }
    let root = library
        .path
        .as_deref()
        .and_then(|path| TreePath::new(path).ok());
    let root = root.ok_or_else(|| refuse("its library has no file"))?;
    let edition = project
        .runtimes
        .get("edition")
        .map_or("2015", String::as_str);
    Modules::of(tree, &root, edition)
        .ok_or_else(|| refuse("the root of its library cannot be read"))
}

fn by_names(modules: &Modules, names: &[String]) -> Result<Target, Failure> {
    let mut at = 0;
    for (index, name) in names.iter().enumerate() {
        let file = &modules.list[at];
        if let Some(child) = file.children.get(name).and_then(|found| found.first()) {
            at = *child;
            continue;
        }
        let is_item = file.by_name.get(name).is_some_and(|items| {
            let mut items = items.iter().map(|item| &file.outline.items[*item]);
            items.any(|item| item.kind != ItemKind::ModuleFile)
        });
        // A member of a type, or something in an inline module: the item holds it.
        if is_item && (index + 1 == names.len() || names.len() - index <= 4) {
            return Ok(Target::Item(at, name.clone()));
        }
        return Err(unknown(modules, at, name));
    }
    Ok(Target::Module(at))
}

fn unknown(modules: &Modules, at: usize, name: &str) -> Failure {
    let file = &modules.list[at];
    let mut known: Vec<String> = file
        .children
        .keys()
        .map(|name| escape_untrusted(name))
        .collect();
    let rest = known.len().saturating_sub(MOST_LISTED);
    known.truncate(MOST_LISTED);
    let more = if rest > 0 {
        format!(" and {rest} more")
    } else {
        String::new()
    };
    let hint = if known.is_empty() {
        "it has no module of its own; take the whole package".to_owned()
    } else {
        format!("the modules there are: {}{more}", known.join(", "))
    };
    let (name, path) = (escape_untrusted(name), &file.path);
    Failure::new(
        ErrorCode::NotFound,
        format!("{path} has no module or item called {name}"),
    )
    .with_hint(hint)
}

fn by_file(modules: &Modules, path: &TreePath) -> Result<(Target, Vec<String>), Failure> {
    let Some(found) = modules.of_file(path) else {
        let root = &modules.list[0].path;
        let message = format!("no `mod` of the library at {root} leads to {path}");
        return Err(Failure::new(ErrorCode::NotFound, message)
            .with_hint("take the whole package, or a module of its library"));
    };
    Ok((Target::Module(found), modules.list[found].names.clone()))
}

/// Makes the package of what is wanted of another one.
///
/// # Errors
/// `E_INCOMPATIBLE` with file and line for what cannot be taken alone.
pub(super) fn take(
    tree: &dyn SourceTree,
    packages: &Packages<'_>,
    index: usize,
    wanted: &Wanted,
    progress: &dyn Progress,
) -> Result<(TakenCrate, Vec<Finding>), Failure> {
    if progress.is_cancelled() {
        return Err(Failure::cancelled());
    }
    let project = packages.list[index];
    let modules = &wanted.modules;
    let reached = reach(modules, &wanted.targets);
    let taken_modules = reached.modules();
    check(modules, &reached)?;
    let mut chosen = PackageFiles::default();
    let public = public_declarations(modules, &wanted.targets);
    for module in &taken_modules {
        add_module(modules, *module, &reached, &public, project, &mut chosen)?;
    }
    let mut taken = closure::described(project, CrateReason::Requested);
    let rules = FileRules::read(tree, &project.manifests[0]);
    if let Some(script) = taken
        .build_script
        .clone()
        .and_then(|path| TreePath::new(&path).ok())
    {
        let place = place_of(&script, &project.folder).to_owned();
        chosen.add(&script, &place, "the package's build script");
    }
    named_files::add(tree, &project.folder, &mut chosen);
    forget_cut(tree, &mut chosen);
    let mut findings = std::mem::take(&mut chosen.findings);
    taken.files = chosen.files.into_values().collect();
    findings.extend(closure::warnings(project, &taken, &rules));
    let part = described(modules, &reached, &wanted.targets, &taken);
    findings.extend(told(&part, &taken, modules, &reached));
    taken.part = Some(part);
    Ok((taken, findings))
}

/// Says whether a part needs a package that its source names by path.
pub(super) fn needs(
    taken: &TakenCrate,
    _projects: &[Project],
    packages: &Packages<'_>,
    index: usize,
    target: usize,
) -> bool {
    let Some(part) = &taken.part else { return true };
    let folder = &packages.list[target].folder;
    packages.list[index].dependencies.iter().any(|dependency| {
        let path = dependency
            .url
            .as_deref()
            .and_then(|url| url.strip_prefix("path+"));
        let key = dependency.imported_as.as_ref().unwrap_or(&dependency.name);
        path.is_some_and(|path| path.trim_end_matches('/') == folder)
            && part.names.contains(&key.replace('-', "_"))
    })
}

/// Refuses what cannot be cut.
fn check(modules: &Modules, reached: &Reached) -> Result<(), Failure> {
    let refuse = |path: &TreePath, line: u32, why: &str| {
        Failure::new(
            ErrorCode::Incompatible,
            format!("the module cannot be taken alone: {path}:{line}: {why}"),
        )
        .with_hint("take the whole package")
    };
    if reached.gave_up {
        let root = &modules.list[0].path;
        return Err(refuse(root, 1, "its paths cost too much to follow"));
    }
    for attribute in &modules.list[0].outline.attributes {
        if attribute
            .words
            .first()
            .is_some_and(|word| word == "feature")
        {
            let why = "the crate uses features of the compiler that are not stable";
            return Err(refuse(&modules.list[0].path, attribute.line, why));
        }
    }
    for module in reached.items.keys() {
        let file = &modules.list[*module];
        if file.outline.broken {
            return Err(refuse(&file.path, 1, "the file cannot be read to its end"));
        }
    }
    Ok(())
}

/// Gives the declarations that have to be public for the targets to be reached from outside, by module and item.
fn public_declarations(modules: &Modules, targets: &[Target]) -> BTreeSet<(usize, usize)> {
    let mut public = BTreeSet::new();
    for target in targets {
        let mut at = match target {
            Target::Module(module) | Target::Item(module, _) => *module,
        };
        // Of an item itself everything of its name, apart from macros, which have no such word.
        if let Target::Item(module, name) = target {
            let items = modules.list[*module].by_name.get(name);
            public.extend(items.into_iter().flatten().map(|item| (*module, *item)));
        }
        while let Some((parent, item)) = modules.list[at].parent {
            public.insert((parent, item));
            at = parent;
        }
    }
    public
}

fn place_of<'p>(path: &'p TreePath, folder: &str) -> &'p str {
    path.as_str()
        .strip_prefix(folder)
        .map_or(path.as_str(), |place| place.trim_start_matches('/'))
}

fn add_module(
    modules: &Modules,
    module: usize,
    reached: &Reached,
    public: &BTreeSet<(usize, usize)>,
    project: &Project,
    chosen: &mut PackageFiles,
) -> Result<(), Failure> {
    let file = &modules.list[module];
    if !file.path.is_below(&project.folder) {
        return Err(Failure::new(
            ErrorCode::Incompatible,
            format!(
                "the module cannot be taken alone: {} lies outside of the package",
                file.path
            ),
        ));
    }
    let place = place_of(&file.path, &project.folder).to_owned();
    let name = if file.names.is_empty() {
        "the root".to_owned()
    } else {
        file.names.join("::")
    };
    let reason = match reached.items.get(&module) {
        None => format!("module {name}"),
        Some(_) => format!("what is needed of {name}"),
    };
    chosen.add(&file.path, &place, reason);
    let Some(added) = chosen.files.get_mut(&place) else {
        return Ok(());
    };
    let items = file.outline.items.iter().enumerate();
    for (index, item) in items.clone() {
        let has_visibility = matches!(
            item.kind,
            ItemKind::ModuleFile | ItemKind::InlineModule | ItemKind::Named | ItemKind::Use
        );
        let opens = public.contains(&(module, index)) && has_visibility;
        if let Some(edit) = opens.then(|| made_public(item)).flatten() {
            added.edits.push(edit);
        }
    }
    if let Some(kept) = reached.items.get(&module) {
        let attributes = file
            .outline
            .attributes
            .iter()
            .filter(|one| is_kept_attribute(one));
        let attributes = attributes.map(|attribute| attribute.range);
        let of_root = module == 0;
        let kept_items = items.filter(|(index, item)| {
            kept.contains(index)
                || (of_root && item.kind == ItemKind::ExternCrate && !item.only_tests)
        });
        let items = kept_items.map(|(_, item)| item.range);
        let mut ranges: Vec<ByteRange> = attributes.chain(items).collect();
        ranges.sort_by_key(|range| range.start);
        added.kept = Some(ranges);
    }
    Ok(())
}

fn made_public(item: &OutlineItem) -> Option<(ByteRange, String)> {
    let visibility = item.visibility;
    if visibility.start == visibility.end {
        return Some((visibility, "pub ".to_owned()));
    }
    // `pub` alone is three bytes; anything longer narrows it.
    (visibility.end - visibility.start > 3).then(|| (visibility, "pub".to_owned()))
}

fn is_kept_attribute(attribute: &InnerAttribute) -> bool {
    match attribute.words.first().map(String::as_str) {
        Some("cfg_attr") => attribute.words.iter().any(|word| word == "no_std"),
        Some(word) => KEPT_ATTRIBUTES.contains(&word),
        None => false,
    }
}

/// Forgets what was found in parts of files that are not kept.
fn forget_cut(tree: &dyn SourceTree, chosen: &mut PackageFiles) {
    let mut cut: BTreeMap<String, Vec<(u32, u32)>> = BTreeMap::new();
    for file in chosen.files.values() {
        let Some(kept) = &file.kept else { continue };
        let Ok(blob) = tree.read(&file.path) else {
            continue;
        };
        let text = String::from_utf8_lossy(&blob.bytes);
        let lines = LineIndex::new(&text);
        let lines = kept
            .iter()
            .map(|range| (lines.line(range.start), lines.line(range.end)));
        cut.insert(file.path.to_string(), lines.collect());
    }
    chosen.findings.retain(|finding| {
        let kept = finding.path.as_ref().and_then(|path| cut.get(path));
        match (kept, finding.line) {
            (Some(kept), Some(line)) => kept
                .iter()
                .any(|(first, last)| (*first..=*last).contains(&line)),
            _ => true,
        }
    });
    for file in chosen.files.values_mut() {
        if let Some(kept) = &file.kept {
            file.edits.retain(|(range, _)| {
                kept.iter()
                    .any(|one| one.start <= range.start && range.end <= one.end)
            });
        }
        file.edits.sort_by_key(|(range, _)| range.start);
    }
}

fn described(
    modules: &Modules,
    reached: &Reached,
    targets: &[Target],
    taken: &TakenCrate,
) -> ModulePart {
    let shown = |module: usize| modules.list[module].names.join("::");
    let taken_modules = reached.modules();
    let others = (1..modules.list.len()).filter(|module| !taken_modules.contains(module));
    let mut left_out: Vec<String> = others.map(shown).collect();
    left_out.sort();
    let mut names = BTreeSet::new();
    for module in &taken_modules {
        let items = &modules.list[*module].outline.items;
        let kept = reached.items.get(module);
        let kept = items.iter().enumerate().filter(|(index, item)| {
            let is_kept = kept.is_none_or(|kept| kept.contains(index));
            is_kept || (*module == 0 && item.kind == ItemKind::ExternCrate)
        });
        for (_, item) in kept {
            names.extend(item.macros.iter().cloned());
            names.extend(item.paths.iter().map(|path| first_name(path).to_owned()));
        }
    }
    let wanted: BTreeSet<String> = targets
        .iter()
        .map(|target| match target {
            Target::Module(module) => shown(*module),
            Target::Item(module, name) => [shown(*module), name.clone()].join("::"),
        })
        .map(|name| name.trim_start_matches("::").to_owned())
        .collect();
    let base = taken.name.as_str();
    let name = match wanted.iter().collect::<Vec<_>>().as_slice() {
        [only] => {
            let last = only.rsplit("::").next().unwrap_or(only);
            format!("{base}-{}", last.to_ascii_lowercase().replace('_', "-"))
        }
        _ => format!("{base}-parts"),
    };
    let listed: Vec<String> = wanted
        .iter()
        .map(|one| format!("`{}`", escape_untrusted(one)))
        .collect();
    let header = format!(
        "//! {} of the crate `{}`, with what it uses.\n\n#![allow(dead_code, unused_imports, unused_macros)]\n",
        listed.join(", "),
        escape_untrusted(&taken.library.clone().unwrap_or_default()),
    );
    ModulePart {
        name,
        modules: taken_modules
            .iter()
            .map(|module| shown(*module))
            .filter(|name| !name.is_empty())
            .collect(),
        left_out,
        names,
        header,
    }
}

fn told(
    part: &ModulePart,
    taken: &TakenCrate,
    modules: &Modules,
    reached: &Reached,
) -> Vec<Finding> {
    let root = modules.list[0].path.as_str();
    let mut findings = Vec::new();
    if !part.left_out.is_empty() {
        let mut names: Vec<String> = part
            .left_out
            .iter()
            .map(|name| escape_untrusted(name))
            .collect();
        let rest = names.len().saturating_sub(MOST_LISTED);
        names.truncate(MOST_LISTED);
        let more = if rest > 0 {
            format!(" and {rest} more")
        } else {
            String::new()
        };
        let what = format!(
            "taken are {} of {} modules of {}; left out with what they implement: {}{more}",
            part.modules.len(),
            part.modules.len() + part.left_out.len(),
            escape_untrusted(&taken.name),
            names.join(", ")
        );
        findings.push(Finding::new(Severity::Info, "modules-left-out", what).at(root, None));
    }
    let taken_modules = reached.modules();
    for module in &taken_modules {
        let file = &modules.list[*module];
        for item in &file.outline.items {
            let declares = item.kind == ItemKind::ModuleFile;
            let named = item.modules.iter().any(|declared| declared.path.is_some());
            if declares
                && (item.conditional || named)
                && file.children.contains_key(&item.names.join("::"))
            {
                let what = format!(
                    "the module `{}` is {}",
                    escape_untrusted(&item.names.join("")),
                    if named {
                        "at a path of its own"
                    } else {
                        "there in some builds only"
                    }
                );
                let finding = Finding::new(Severity::Info, "module-conditional", what);
                findings.push(finding.at(file.path.as_str(), Some(item.line)));
            }
        }
    }
    for (name, path, line) in &modules.missing {
        let is_taken = taken_modules
            .iter()
            .any(|module| modules.list[*module].path == *path && reached.whole.contains(module));
        if is_taken {
            let what = format!(
                "the module `{}` has no file in the source",
                escape_untrusted(name)
            );
            findings.push(
                Finding::new(Severity::Warning, "module-missing", what)
                    .at(path.as_str(), Some(*line)),
            );
        }
    }
    findings.truncate(200);
    findings
}
