//! Which file goes where below `src/<package>`, and every clash that this can have. Reads no contents.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    ErrorCode, Failure,
    finding::{Finding, Severity},
    tree::TreePath,
};

use crate::{
    families::python::identifier::is_module_name,
    families::python::input::{SourceInput, SynthesisInput},
    rewriting::python::dotted_prefix,
};

/// A closure's file with its new path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlacedFile {
    /// Index of the source.
    pub(crate) source: usize,
    /// Index in the closure's files.
    pub(crate) file: usize,
    /// The new path.
    pub(crate) path: TreePath,
}

/// An empty `__init__.py` to generate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GeneratedPackage {
    /// Its path.
    pub(crate) path: TreePath,
    /// Why it is there.
    pub(crate) reason: String,
}

/// Where everything goes.
#[derive(Debug, Default)]
pub(crate) struct Placement {
    /// The files, sorted by path, then source. Two sources may give the same blob for one path.
    pub(crate) files: Vec<PlacedFile>,
    /// Packages to generate, sorted by path; none of them is placed too.
    pub(crate) generated: Vec<GeneratedPackage>,
    /// What to know.
    pub(crate) findings: Vec<Finding>,
}

/// Gives every file its place.
///
/// # Errors
/// `E_ARGUMENT` when two sources want one path, also on a file system that ignores case, or one hides the other's modules; when a
/// destination is no Python package name; when the new package would hide a package that the sources provide.
pub(crate) fn place(input: &SynthesisInput<'_>) -> Result<Placement, Failure> {
    let package = input.project_name.package();
    for source in &input.sources {
        check_destination(source)?;
        check_package_is_free(source, package)?;
    }
    let mut placement = Placement {
        files: place_files(input)?,
        ..Placement::default()
    };
    check_same_paths(input, &placement.files)?;
    placement.generated = generate_packages(input, &placement.files)?;
    check_folded_paths(input, &placement)?;
    check_hidden_modules(input, &placement.files)?;
    placement.findings = find_copies(input);
    Ok(placement)
}

fn check_destination(source: &SourceInput) -> Result<(), Failure> {
    let Some(destination) = &source.record.destination else {
        return Ok(());
    };
    let refused = destination
        .as_str()
        .split('/')
        .find(|component| !is_module_name(component));
    match refused {
        None => Ok(()),
        Some(component) => Err(Failure::new(
            ErrorCode::Argument,
            format!(
                "the destination {destination} of {} cannot be imported: {component} is not a name that Python accepts",
                source.record.id
            ),
        )
        .with_hint("use folders named by letters, digits and underscores, such as vendor/click")),
    }
}

fn check_package_is_free(source: &SourceInput, package: &str) -> Result<(), Failure> {
    let provided = source.original_packages.iter().any(|name| name == package);
    let external = source
        .closure
        .external_imports
        .iter()
        .find(|import| import.top_level() == package);
    let imported_by = match (provided, external) {
        (false, None) => return Ok(()),
        (true, _) => format!("the source {} provides", source.record.id),
        (false, Some(import)) => {
            format!(
                "{}:{} of {} imports",
                import.path, import.line, source.record.id
            )
        }
    };
    Err(Failure::new(
        ErrorCode::Argument,
        format!(
            "the new package {package} would hide the package of the same name that {imported_by}"
        ),
    )
    .with_hint("choose another name for the project"))
}

/// Gives the folder of the new project below which a source's import root is placed.
fn root_of(input: &SynthesisInput<'_>, source: &SourceInput) -> String {
    let package = input.project_name.package();
    source.record.destination.as_ref().map_or_else(
        || format!("src/{package}"),
        |destination| format!("src/{package}/{destination}"),
    )
}

fn place_files(input: &SynthesisInput<'_>) -> Result<Vec<PlacedFile>, Failure> {
    let mut placed = Vec::new();
    for (source_index, source) in input.sources.iter().enumerate() {
        let root = root_of(input, source);
        for (file_index, file) in source.closure.files.iter().enumerate() {
            placed.push(PlacedFile {
                source: source_index,
                file: file_index,
                path: tree_path(&format!("{root}/{}", file.import_path))?,
            });
        }
    }
    placed.sort_by(|one, other| (&one.path, one.source).cmp(&(&other.path, other.source)));
    Ok(placed)
}

fn tree_path(path: &str) -> Result<TreePath, Failure> {
    TreePath::new(path).map_err(|refusal| {
        Failure::new(
            ErrorCode::Path,
            format!(
                "a file cannot be placed at {}: {refusal}",
                synthesizer_model::text::escape_untrusted(path)
            ),
        )
    })
}

fn check_same_paths(input: &SynthesisInput<'_>, files: &[PlacedFile]) -> Result<(), Failure> {
    for pair in files.windows(2) {
        let [one, other] = pair else { continue };
        if one.path == other.path && blob_of(input, one)? != blob_of(input, other)? {
            return Err(two_files_at_one_path(input, one, other));
        }
    }
    Ok(())
}

/// Says that two different files want one path, and the way out.
pub(crate) fn two_files_at_one_path(
    input: &SynthesisInput<'_>,
    one: &PlacedFile,
    other: &PlacedFile,
) -> Failure {
    clash(format!(
        "{} and {} would both be placed at {}",
        describe(input, one),
        describe(input, other),
        one.path
    ))
}

fn clash(message: String) -> Failure {
    Failure::new(ErrorCode::Argument, message).with_hint(
        "give one of the repositories a destination of its own, such as --repo 'REPO=>vendor/NAME'",
    )
}

fn describe(input: &SynthesisInput<'_>, placed: &PlacedFile) -> String {
    let source = &input.sources[placed.source];
    format!(
        "{} of {}",
        source.closure.files[placed.file].path, source.record.id
    )
}

fn blob_of<'a>(input: &'a SynthesisInput<'_>, placed: &PlacedFile) -> Result<&'a str, Failure> {
    let source = &input.sources[placed.source];
    let path = &source.closure.files[placed.file].path;
    source
        .files
        .get(path)
        .map(|file| file.blob.as_str())
        .ok_or_else(|| Failure::internal(format!("the closure's file {path} was not read")))
}

fn generate_packages(
    input: &SynthesisInput<'_>,
    files: &[PlacedFile],
) -> Result<Vec<GeneratedPackage>, Failure> {
    let placed: BTreeSet<&TreePath> = files.iter().map(|file| &file.path).collect();
    let mut wanted: BTreeMap<TreePath, String> = BTreeMap::new();
    for source in &input.sources {
        let root = root_of(input, source);
        for package in &source.closure.generated_packages {
            let reason = format!(
                "makes a package of modules of {} without running its own file",
                source.record.id
            );
            wanted
                .entry(tree_path(&format!("{root}/{package}"))?)
                .or_insert(reason);
        }
        let Some(destination) = &source.record.destination else {
            continue;
        };
        let mut folder = format!("src/{}", input.project_name.package());
        for component in destination.as_str().split('/') {
            folder = format!("{folder}/{component}");
            let reason = format!("makes a package of the destination of {}", source.record.id);
            wanted
                .entry(tree_path(&format!("{folder}/__init__.py"))?)
                .or_insert(reason);
        }
    }
    Ok(wanted
        .into_iter()
        .filter(|(path, _)| !placed.contains(path))
        .map(|(path, reason)| GeneratedPackage { path, reason })
        .collect())
}

/// Refuses paths that differ only by case or normal form, and a file where another path needs a folder.
fn check_folded_paths(input: &SynthesisInput<'_>, placement: &Placement) -> Result<(), Failure> {
    let mut spelled: BTreeMap<String, (&str, bool)> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let names = |path: &str, is_file: bool| {
        placement
            .files
            .iter()
            .find(|file| file.path.is_below(path) && (file.path.as_str() == path) == is_file)
            .map_or_else(|| path.to_owned(), |file| describe(input, file))
    };
    let all = placement
        .files
        .iter()
        .map(|file| &file.path)
        .chain(placement.generated.iter().map(|package| &package.path));
    for path in all {
        let text = path.as_str();
        let ends = text
            .match_indices('/')
            .map(|(end, _)| end)
            .chain([text.len()]);
        for end in ends {
            let part = &text[..end];
            let is_file = end == text.len();
            if !seen.insert((part, is_file)) {
                continue;
            }
            let folded = TreePath::new(part)
                .map_err(|_| Failure::internal("a part of a checked path is not a path"))?
                .folded();
            let (present, was_file) = *spelled.entry(folded).or_insert((part, is_file));
            if present != part || was_file != is_file {
                return Err(clash(format!(
                    "{} and {} would clash in the new project at {present} and {part}",
                    names(present, was_file),
                    names(part, is_file)
                )));
            }
        }
    }
    Ok(())
}

/// Refuses a module of one source beside a folder with modules of another source under the same name: Python would see one of them.
fn check_hidden_modules(input: &SynthesisInput<'_>, files: &[PlacedFile]) -> Result<(), Failure> {
    let mut folders: BTreeMap<&str, BTreeMap<usize, &PlacedFile>> = BTreeMap::new();
    let modules = || {
        files
            .iter()
            .filter(|file| file.path.as_str().ends_with(".py"))
    };
    for module in modules() {
        let text = module.path.as_str();
        for (end, _) in text.match_indices('/') {
            folders
                .entry(&text[..end])
                .or_default()
                .entry(module.source)
                .or_insert(module);
        }
    }
    for module in modules() {
        let hidden = module
            .path
            .as_str()
            .strip_suffix(".py")
            .and_then(|stem| folders.get(stem))
            .and_then(|sources| sources.iter().find(|(source, _)| **source != module.source));
        if let Some((_, other)) = hidden {
            return Err(clash(format!(
                "the module {} and the folder of {} would have the same name in the new project",
                describe(input, module),
                describe(input, other)
            )));
        }
    }
    Ok(())
}

/// Warns when one package is in the project more than once, or two sources share one.
fn find_copies(input: &SynthesisInput<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut homes: BTreeMap<&str, Vec<(&SourceInput, String)>> = BTreeMap::new();
    for source in &input.sources {
        let prefix = dotted_prefix(
            input.project_name.package(),
            source.record.destination.as_ref(),
        );
        for top_level in top_levels(source) {
            homes
                .entry(top_level)
                .or_default()
                .push((source, prefix.clone()));
        }
    }
    for (top_level, sources) in &homes {
        for pair in sources.windows(2) {
            let [(one, one_prefix), (other, other_prefix)] = pair else {
                continue;
            };
            if one_prefix != other_prefix {
                findings.push(Finding::new(
                    Severity::Warning,
                    "two-live-copies",
                    format!(
                        "the project has two live copies of {top_level}: {one_prefix}.{top_level} of {} and {other_prefix}.{top_level} of {}",
                        one.record.id, other.record.id
                    ),
                ));
            } else if has_own_file(one, top_level) || has_own_file(other, top_level) {
                findings.push(Finding::new(
                    Severity::Warning,
                    "package-shared",
                    format!(
                        "{} and {} both put files into the package {one_prefix}.{top_level}",
                        one.record.id, other.record.id
                    ),
                ));
            }
        }
    }
    for source in &input.sources {
        for needed in &source.needed {
            let copied = needed
                .imports
                .iter()
                .find(|import| homes.contains_key(import.as_str()));
            if let Some(import) = copied {
                findings.push(
                    Finding::new(
                        Severity::Warning,
                        "two-live-copies",
                        format!(
                            "{} imports {import} from the distribution {}, and the project has a copy of it; link = true makes it use the copy",
                            source.record.id, needed.name
                        ),
                    )
                    .of(&source.record.id),
                );
            }
        }
    }
    findings
}

fn top_levels(source: &SourceInput) -> BTreeSet<&str> {
    source
        .closure
        .files
        .iter()
        .filter(|file| file.module.is_some())
        .filter_map(|file| file.import_path.split('/').next())
        .map(|first| first.strip_suffix(".py").unwrap_or(first))
        .collect()
}

/// Says whether the package is a regular one in this source: with an `__init__.py`, placed or generated.
fn has_own_file(source: &SourceInput, top_level: &str) -> bool {
    let own = format!("{top_level}/__init__.py");
    source.closure.generated_packages.contains(&own)
        || source
            .closure
            .files
            .iter()
            .any(|file| file.import_path == own)
}

#[cfg(test)]
mod tests;
