//! Which file goes where: packages that are taken whole below `packages`, modules below `src`, their tests below `tests`. Reads no contents.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    ErrorCode, Failure,
    ecmascript::{ModuleKind, TakenAs, TakenFile, TakenPackage},
    text::escape_untrusted,
    tree::TreePath,
};

use super::{
    input::{NpmInput, NpmSource},
    name::folder_of,
};

/// A file of a closure with its new path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlacedFile {
    /// Index of the source.
    pub(crate) source: usize,
    /// Index in the closure's files.
    pub(crate) file: usize,
    /// The new path.
    pub(crate) path: TreePath,
}

/// The folders that a package goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Home {
    /// The folder of its code.
    pub(crate) code: String,
    /// The folder of its tests.
    pub(crate) tests: String,
    /// The folder of the source whose contents go there.
    pub(crate) root: String,
    /// Whether it is a member of the workspace.
    pub(crate) whole: bool,
}

/// A manifest that says how Node.js reads the files below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KindManifest {
    pub(crate) path: TreePath,
    pub(crate) kind: ModuleKind,
}

/// Where everything goes.
#[derive(Debug, Default)]
pub(crate) struct Placement {
    /// The files, sorted by path, then source.
    pub(crate) files: Vec<PlacedFile>,
    /// The folders of each source's packages, by their folders in the source.
    pub(crate) homes: Vec<BTreeMap<String, Home>>,
    /// The new path of each file, by source and path there.
    pub(crate) by_origin: Vec<BTreeMap<TreePath, TreePath>>,
    /// Manifests to generate, sorted by path.
    pub(crate) kinds: Vec<KindManifest>,
}

impl Placement {
    /// Gives the folders of the workspace's members, sorted.
    pub(crate) fn members(&self) -> Vec<String> {
        let members: BTreeSet<&str> = self
            .homes
            .iter()
            .flat_map(BTreeMap::values)
            .filter(|home| home.whole)
            .map(|home| home.code.as_str())
            .collect();
        members.into_iter().map(str::to_owned).collect()
    }
}

/// Gives every file its place.
///
/// # Errors
/// `E_ARGUMENT` when two packages of one name are taken whole, or paths clash on a file system that ignores case; `E_PATH` for a path that
/// cannot be placed.
pub(crate) fn place(input: &NpmInput<'_>) -> Result<Placement, Failure> {
    let mut placement = Placement::default();
    check_names(input)?;
    for (index, source) in input.sources.iter().enumerate() {
        let homes = homes(source);
        let mut by_origin = BTreeMap::new();
        for (file_index, file) in source.closure.files.iter().enumerate() {
            let home = homes
                .get(&file.package)
                .ok_or_else(|| Failure::internal("a file of the closure has no package"))?;
            let path = tree_path(&new_path(home, file))?;
            by_origin.insert(file.path.clone(), path.clone());
            placement.files.push(PlacedFile {
                source: index,
                file: file_index,
                path,
            });
        }
        for package in source.closure.packages.iter().filter(|one| one.whole) {
            if let (Some(home), Ok(origin)) =
                (homes.get(&package.folder), manifest_path(&package.folder))
            {
                by_origin.insert(origin, tree_path(&format!("{}/package.json", home.code))?);
            }
        }
        placement.kinds.extend(kinds(source, &homes, &by_origin)?);
        placement.homes.push(homes);
        placement.by_origin.push(by_origin);
    }
    placement
        .files
        .sort_by(|one, other| (&one.path, one.source).cmp(&(&other.path, other.source)));
    placement
        .kinds
        .sort_by(|one, other| one.path.cmp(&other.path));
    // Two sources may ask for the same: the wider one holds for both.
    placement.kinds.dedup_by(|one, other| {
        let same = one.path == other.path;
        if same && one.kind != other.kind {
            other.kind = ModuleKind::BySyntax;
        }
        same
    });
    check_folded(input, &placement)?;
    Ok(placement)
}

/// Gives the path of the manifest of a folder.
pub(crate) fn manifest_path(folder: &str) -> Result<TreePath, Failure> {
    tree_path(&if folder.is_empty() {
        "package.json".to_owned()
    } else {
        format!("{folder}/package.json")
    })
}

fn homes(source: &NpmSource) -> BTreeMap<String, Home> {
    let packages = &source.closure.packages;
    let asked: BTreeSet<&str> = source
        .closure
        .components
        .iter()
        .filter_map(|component| component.package.as_deref())
        .collect();
    packages
        .iter()
        .map(|package| {
            let own = package
                .name
                .as_deref()
                .and_then(folder_of)
                .unwrap_or_else(|| source.record.id.clone());
            let is_only =
                packages.len() == 1 || asked.contains(package.folder.as_str()) && asked.len() == 1;
            let folder = match &source.record.destination {
                Some(destination) if is_only => destination.to_string(),
                Some(destination) => format!("{destination}/{own}"),
                None => own,
            };
            let (code, root) = if package.whole {
                (format!("packages/{folder}"), package.folder.clone())
            } else {
                (format!("src/{folder}"), root_of(source, package))
            };
            let home = Home {
                tests: if package.whole {
                    code.clone()
                } else {
                    format!("tests/{folder}")
                },
                code,
                root,
                whole: package.whole,
            };
            (package.folder.clone(), home)
        })
        .collect()
}

/// Gives the folder of the sources of a package: `src` when everything lies there.
fn root_of(source: &NpmSource, package: &TakenPackage) -> String {
    let folder = if package.folder.is_empty() {
        "src".to_owned()
    } else {
        format!("{}/src", package.folder)
    };
    let all_below = source
        .closure
        .files
        .iter()
        .filter(|file| file.package == package.folder && file.taken_as != TakenAs::Test)
        .all(|file| file.path.is_below(&folder));
    if all_below {
        folder
    } else {
        package.folder.clone()
    }
}

fn new_path(home: &Home, file: &TakenFile) -> String {
    let (folder, root) = match file.taken_as {
        TakenAs::Test if !home.whole => (&home.tests, &file.package),
        _ => (&home.code, &home.root),
    };
    let below = match file.path.as_str().strip_prefix(root.as_str()) {
        Some(below) if !root.is_empty() => below.trim_start_matches('/'),
        _ => file.path.as_str(),
    };
    format!("{folder}/{below}")
}

/// Says which manifests have to be generated, so that Node.js reads modules as it did in their package.
fn kinds(
    source: &NpmSource,
    homes: &BTreeMap<String, Home>,
    by_origin: &BTreeMap<TreePath, TreePath>,
) -> Result<Vec<KindManifest>, Failure> {
    let placed: BTreeSet<&TreePath> = by_origin.values().collect();
    let mut found: BTreeMap<String, BTreeSet<ModuleKind>> = BTreeMap::new();
    for file in &source.closure.files {
        let Some(home) = homes.get(&file.package).filter(|home| !home.whole) else {
            continue;
        };
        let told_by_name = [".mjs", ".cjs", ".mts", ".cts"]
            .iter()
            .any(|suffix| file.path.as_str().ends_with(suffix));
        let (Some(kind), false) = (file.kind, told_by_name) else {
            continue;
        };
        let top = match file.taken_as {
            TakenAs::Test => &home.tests,
            _ => &home.code,
        };
        let nested = by_origin.get(&file.path).is_some_and(|path| {
            folders_between(path.parent(), top).any(|folder| {
                TreePath::new(&format!("{folder}/package.json"))
                    .is_ok_and(|manifest| placed.contains(&manifest))
            })
        });
        if !nested {
            found.entry(top.clone()).or_default().insert(kind);
        }
    }
    found
        .into_iter()
        .filter_map(|(folder, kinds)| {
            let kind = if kinds.contains(&ModuleKind::BySyntax) || kinds.len() > 1 {
                ModuleKind::BySyntax
            } else {
                kinds.first().copied()?
            };
            (kind != ModuleKind::Module).then(|| {
                let path = tree_path(&format!("{folder}/package.json"))?;
                Ok(KindManifest { path, kind })
            })
        })
        .collect()
}

/// Lists the folders from one up to another, both included.
fn folders_between<'f>(from: &'f str, top: &'f str) -> impl Iterator<Item = &'f str> {
    std::iter::successors(Some(from), move |folder| {
        (*folder != top).then(|| folder.rsplit_once('/').map(|(above, _)| above))?
    })
}

fn tree_path(path: &str) -> Result<TreePath, Failure> {
    TreePath::new(path).map_err(|refusal| {
        Failure::new(
            ErrorCode::Path,
            format!(
                "a file cannot be placed at {}: {refusal}",
                escape_untrusted(path)
            ),
        )
    })
}

/// Refuses two whole packages of one name: a workspace has each name once.
fn check_names(input: &NpmInput<'_>) -> Result<(), Failure> {
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();
    for source in &input.sources {
        for package in source.closure.packages.iter().filter(|one| one.whole) {
            let Some(name) = package.name.as_deref() else {
                continue;
            };
            let shown = escape_untrusted(name);
            if name == input.project_name.distribution() {
                return Err(Failure::new(
                    ErrorCode::Argument,
                    format!(
                        "the project is called {shown}, and {} has the package of that name",
                        source.record.id
                    ),
                )
                .with_hint("choose another name for the project"));
            }
            if let Some(other) = known.insert(name, &source.record.id) {
                return Err(Failure::new(
                    ErrorCode::Argument,
                    format!("{other} and {} both have the package {shown}; a workspace has each name once", source.record.id),
                )
                .with_hint("take one of them, or name modules of one of them"));
            }
        }
    }
    Ok(())
}

/// Says that two different files want one path, and the way out.
pub(crate) fn clash(input: &NpmInput<'_>, one: &PlacedFile, other: &PlacedFile) -> Failure {
    let describe = |placed: &PlacedFile| {
        let source = &input.sources[placed.source];
        format!(
            "{} of {}",
            source.closure.files[placed.file].path, source.record.id
        )
    };
    let message = format!(
        "{} and {} would clash in the new project at {}",
        describe(one),
        describe(other),
        other.path
    );
    Failure::new(ErrorCode::Argument, message).with_hint(
        "give one of the repositories a destination of its own, such as --repo 'REPO=>vendor/NAME'",
    )
}

/// Refuses paths that differ only by case or normal form, also of their folders.
fn check_folded(input: &NpmInput<'_>, placement: &Placement) -> Result<(), Failure> {
    let mut spelled: BTreeMap<String, (&str, &PlacedFile)> = BTreeMap::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for placed in &placement.files {
        let text = placed.path.as_str();
        let ends = text
            .match_indices('/')
            .map(|(end, _)| end)
            .chain([text.len()]);
        for end in ends {
            let part = &text[..end];
            if !seen.insert(part) {
                continue;
            }
            let folded = tree_path(part)?.folded();
            let (present, other) = *spelled.entry(folded).or_insert((part, placed));
            if present != part {
                return Err(clash(input, other, placed));
            }
        }
    }
    Ok(())
}
