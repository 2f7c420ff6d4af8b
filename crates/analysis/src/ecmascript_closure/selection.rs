//! From the text of a component to a package that is taken as a whole, or to modules.

use synthesizer_model::{
    code::{Circumstances, Import, ImportForm},
    failure::{ErrorCode, Failure},
    project::{Project, ProjectRole},
    source_file::FileRole,
    text::{ByteRange, escape_untrusted},
};

use super::taking::Taking;
use crate::languages::Resolved;

/// What a component is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// The package of a folder.
    Package(String),
    /// Files, by index.
    Modules(Vec<usize>),
}

/// A component that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selection {
    /// As it was asked for.
    pub(super) text: String,
    pub(super) what: What,
    pub(super) symbol: Option<String>,
}

/// Suffixes that a component may leave out.
const SUFFIXES: &[&str] = &[
    ".ts",
    ".js",
    ".mjs",
    ".cjs",
    ".mts",
    ".cts",
    ".tsx",
    ".jsx",
    "/index.ts",
    "/index.js",
    "/index.mjs",
];

/// Finds a component; an empty text is the package at the top.
///
/// # Errors
/// `E_NOT_FOUND` with what there is.
pub(super) fn select(taking: &Taking<'_>, text: &str) -> Result<Selection, Failure> {
    let found = |what, symbol| Selection {
        text: text.to_owned(),
        what,
        symbol,
    };
    if text.is_empty() {
        return top(taking).map(|what| found(what, None));
    }
    if let Some(what) = of_name(taking, text) {
        return Ok(found(what, None));
    }
    if let Some((path, symbol)) = text.rsplit_once(':')
        && let Some(What::Modules(modules)) = of_name(taking, path)
        && let [module] = modules.as_slice()
    {
        if has_symbol(taking, *module, symbol) {
            return Ok(found(What::Modules(modules), Some(symbol.to_owned())));
        }
        let message = format!(
            "{} has no symbol {}",
            escape_untrusted(path),
            escape_untrusted(symbol)
        );
        return Err(Failure::new(ErrorCode::NotFound, message).with_hint(
            "analyze lists the symbols of a module; without a symbol the module is taken",
        ));
    }
    Err(not_found(taking, text))
}

fn top(taking: &Taking<'_>) -> Result<What, Failure> {
    let root = taking
        .read
        .root()
        .filter(|project| taking.manifest(&project.folder).is_some());
    let Some(root) = root else {
        return Err(Failure::new(
            ErrorCode::NotFound,
            "the repository has no package.json at its top",
        )
        .with_hint(format!("name a part of it: {}", listed(taking))));
    };
    let is_workspace = taking
        .manifest(&root.folder)
        .is_some_and(|manifest| manifest.is_workspace() && manifest.main_targets() == ["index.js"]);
    let has_main = taking.files.index("index.js").is_some();
    if is_workspace && !has_main {
        return Err(Failure::new(
            ErrorCode::NotFound,
            "the package at the top only holds the packages of its workspace together",
        )
        .with_hint(format!("name one of them: {}", listed(taking))));
    }
    Ok(What::Package(root.folder.clone()))
}

fn of_name(taking: &Taking<'_>, text: &str) -> Option<What> {
    let text = text.strip_prefix("./").unwrap_or(text);
    let text = text.trim_end_matches('/');
    let own = |project: &&Project| taking.manifest(&project.folder).is_some();
    let named = taking
        .read
        .projects
        .iter()
        .filter(own)
        .find(|project| project.facts.name.as_deref() == Some(text) || project.folder == text);
    if let Some(project) = named.filter(|project| !text.is_empty() && is_package(project)) {
        return Some(What::Package(project.folder.clone()));
    }
    if let Some(file) = taking.files.index(text) {
        return Some(What::Modules(vec![file]));
    }
    let with_suffix = SUFFIXES
        .iter()
        .find_map(|suffix| taking.files.index(&format!("{text}{suffix}")));
    if let Some(file) = with_suffix {
        return Some(What::Modules(vec![file]));
    }
    of_folder(taking, text).or_else(|| of_exports(taking, text))
}

fn is_package(project: &Project) -> bool {
    project.facts.name.is_some() || matches!(project.role, ProjectRole::Root | ProjectRole::Member)
}

/// Takes every module of a folder.
fn of_folder(taking: &Taking<'_>, folder: &str) -> Option<What> {
    let below = taking
        .files
        .files()
        .iter()
        .enumerate()
        .filter(|(index, file)| {
            file.role == FileRole::Source && taking.is_code(*index) && file.path.is_below(folder)
        });
    let modules: Vec<usize> = below.map(|(index, _)| index).collect();
    (!modules.is_empty() && !folder.is_empty()).then_some(What::Modules(modules))
}

/// Finds a module by the name under which others import it: `name/part`, `./part` of `exports`.
fn of_exports(taking: &Taking<'_>, text: &str) -> Option<What> {
    let name = taking.read.root()?.facts.name.clone()?;
    let manifest = taking.files.index("package.json")?;
    let target = if text.starts_with(&format!("{name}/")) {
        text.to_owned()
    } else {
        format!("{name}/{text}")
    };
    let import = Import {
        target,
        form: ImportForm::Static,
        names: Vec::new(),
        range: ByteRange::new(0, 0),
        line: 0,
        circumstances: Circumstances::default(),
    };
    match taking.resolver.resolve(manifest, &import) {
        Resolved::Files(files) => {
            let first = files.into_iter().find(|file| taking.is_code(*file))?;
            Some(What::Modules(vec![first]))
        }
        _ => None,
    }
}

fn has_symbol(taking: &Taking<'_>, module: usize, symbol: &str) -> bool {
    let Some(code) = taking.files.file(module).code else {
        return false;
    };
    code.exports_more
        || symbol == "default"
        || code.symbols.iter().any(|known| known.name == symbol)
        || code
            .imports
            .iter()
            .any(|import| import.names.iter().any(|name| name == symbol))
}

fn not_found(taking: &Taking<'_>, text: &str) -> Failure {
    let last = text.rsplit(['/', ':']).next().unwrap_or(text);
    let alike: Vec<String> = taking
        .files
        .files()
        .iter()
        .filter(|file| file.code.is_some() && file.path.file_name().starts_with(last))
        .take(5)
        .map(|file| file.path.to_string())
        .collect();
    let message = format!("the repository has no component {}", escape_untrusted(text));
    let hint = if alike.is_empty() {
        format!(
            "name a package, a folder or a file of it: {}",
            listed(taking)
        )
    } else {
        format!("there is: {}", escape_untrusted(&alike.join(", ")))
    };
    Failure::new(ErrorCode::NotFound, message).with_hint(hint)
}

/// Names some packages of the repository.
fn listed(taking: &Taking<'_>) -> String {
    let projects = taking.read.projects.iter();
    let names: Vec<String> = projects
        .filter(|project| matches!(project.role, ProjectRole::Root | ProjectRole::Member))
        .map(|project| match project.folder.as_str() {
            "" => project.facts.name.clone().unwrap_or_default(),
            folder => folder.to_owned(),
        })
        .filter(|name| !name.is_empty())
        .take(8)
        .collect();
    if names.is_empty() {
        "it has no package; a file such as lib/index.js can be named".to_owned()
    } else {
        escape_untrusted(&names.join(", "))
    }
}
