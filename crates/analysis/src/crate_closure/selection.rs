//! What a component's text means: a package, a module of one, or an item of one. Reads no code but to see which modules there are.

use synthesizer_model::{
    failure::{ErrorCode, Failure},
    text::escape_untrusted,
    tree::{SourceTree, TreePath},
};

use super::packages::Packages;

/// How many names a hint lists.
const MOST_LISTED: usize = 10;

/// What a component is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selected {
    /// Whole packages.
    Packages(Vec<usize>),
    /// Something in the library of a package, by its names below the root.
    Inside(usize, Vec<String>),
    /// The module of a file of a package.
    File(usize, TreePath),
}

/// Finds what a text means.
///
/// # Errors
/// `E_NOT_FOUND` when the tree has no such package, naming those that it has.
pub(super) fn select(
    tree: &dyn SourceTree,
    packages: &Packages<'_>,
    text: &str,
) -> Result<Selected, Failure> {
    let text = text.trim();
    if packages.list.is_empty() {
        return Err(
            Failure::new(ErrorCode::NotFound, "the repository has no Rust package")
                .with_hint("a Rust package has a Cargo.toml with a name"),
        );
    }
    if text.is_empty() || text == "." {
        let defaults = packages.defaults(tree);
        if defaults.is_empty() {
            return Err(not_found(
                packages,
                "there is no package at the top of the repository",
            ));
        }
        return Ok(Selected::Packages(defaults));
    }
    let path = text.trim_start_matches("./").trim_end_matches('/');
    let folder = path
        .strip_suffix("Cargo.toml")
        .map_or(path, |folder| folder.trim_end_matches('/'));
    if let Some(found) = packages.in_folder(folder).or_else(|| packages.named(text)) {
        return Ok(Selected::Packages(vec![found]));
    }
    if path.ends_with(".rs") {
        return file(tree, packages, path);
    }
    // A folder with modules, such as `src/parse`.
    if path.contains('/') {
        for candidate in [format!("{path}/mod.rs"), format!("{path}.rs")] {
            if let Ok(found) = file(tree, packages, &candidate) {
                return Ok(found);
            }
        }
        let shown = escape_untrusted(text);
        return Err(not_found(
            packages,
            &format!("there is no package or module at {shown}"),
        ));
    }
    let mut names: Vec<String> = text.split("::").map(str::to_owned).collect();
    if names.iter().any(String::is_empty) {
        let shown = escape_untrusted(text);
        return Err(not_found(packages, &format!("{shown} is no path of Rust")));
    }
    if let Some(found) = packages.named(&names[0]) {
        names.remove(0);
        return Ok(Selected::Inside(found, names));
    }
    if names[0] == "crate" && names.len() > 1 {
        names.remove(0);
    }
    match packages.defaults(tree).as_slice() {
        [only] => Ok(Selected::Inside(*only, names)),
        _ => {
            let shown = escape_untrusted(&names[0]);
            Err(not_found(
                packages,
                &format!("there is no package called {shown}"),
            ))
        }
    }
}

fn file(tree: &dyn SourceTree, packages: &Packages<'_>, path: &str) -> Result<Selected, Failure> {
    let shown = escape_untrusted(path);
    let missing = || not_found(packages, &format!("there is no file {shown}"));
    let path = TreePath::new(path).map_err(|_| missing())?;
    let entries = tree.entries();
    let is_there = entries
        .binary_search_by(|entry| entry.path.cmp(&path))
        .is_ok_and(|at| entries[at].is_file());
    if !is_there {
        return Err(missing());
    }
    let mut folder = path.parent();
    loop {
        if let Some(index) = packages.in_folder(folder) {
            return Ok(Selected::File(index, path));
        }
        if folder.is_empty() {
            return Err(not_found(
                packages,
                &format!("{shown} belongs to no package"),
            ));
        }
        folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
    }
}

fn not_found(packages: &Packages<'_>, message: &str) -> Failure {
    let mut names: Vec<String> = (0..packages.list.len())
        .map(|index| escape_untrusted(packages.name(index)))
        .collect();
    names.sort();
    names.dedup();
    let rest = names.len().saturating_sub(MOST_LISTED);
    names.truncate(MOST_LISTED);
    let more = if rest > 0 {
        format!(" and {rest} more")
    } else {
        String::new()
    };
    Failure::new(ErrorCode::NotFound, message).with_hint(format!(
        "the packages are: {}{more}; a module is written PACKAGE::MODULE",
        names.join(", ")
    ))
}
