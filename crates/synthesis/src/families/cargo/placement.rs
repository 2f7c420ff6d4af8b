//! Where packages go: one folder each below `crates`, and the name that each has there.

use std::collections::BTreeMap;

use synthesizer_model::{ErrorCode, Failure, text::escape_untrusted, tree::TreePath};

use super::{
    input::{CargoInput, CargoPackage, CargoSource},
    name,
};

/// The folder of all packages.
pub(super) const CRATES: &str = "crates";

/// A package with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    /// The source's place in the input.
    pub(super) source: usize,
    /// The package's place in the source.
    pub(super) package: usize,
    /// Its folder in the new project.
    pub(super) folder: String,
    /// Its name there.
    pub(super) name: String,
    /// The name that the project's own code has for its library; `None` without one.
    pub(super) library: Option<String>,
}

/// Places all packages, in the order of the input.
///
/// # Errors
/// `E_ARGUMENT` for two packages of one name or place, and for one with a name that no package can have; `E_PATH` for a place that is refused.
pub(super) fn place(input: &CargoInput<'_>) -> Result<Vec<Placed>, Failure> {
    let mut placed = Vec::new();
    for (index, source) in input.sources.iter().enumerate() {
        for (package, found) in source.packages.iter().enumerate() {
            placed.push(placed_package(source, found, index, package)?);
        }
    }
    refuse_twins(input, &placed)?;
    Ok(placed)
}

fn placed_package(
    source: &CargoSource,
    package: &CargoPackage,
    index: usize,
    place: usize,
) -> Result<Placed, Failure> {
    let destination = source.record.destination.as_ref();
    let is_only = source.packages.len() == 1;
    let name = match &package.part {
        None => package.name.clone(),
        Some(part) => match destination.filter(|_| is_only) {
            Some(destination) => destination.file_name().to_owned(),
            None => part.name.clone(),
        },
    };
    if let Some(why) = name::refusal(&name) {
        let shown = escape_untrusted(&name);
        return Err(Failure::new(
            ErrorCode::Argument,
            format!(
                "the package `{shown}` of {} cannot be placed: its name {why}",
                source.record.id
            ),
        )
        .with_hint("take other packages; a destination names the new package of a module"));
    }
    let folder = match destination {
        None => format!("{CRATES}/{name}"),
        Some(destination) if is_only => format!("{CRATES}/{destination}"),
        Some(destination) => format!("{CRATES}/{destination}/{name}"),
    };
    let library = match &package.part {
        None => package.library.clone(),
        Some(_) => Some(name.replace('-', "_")),
    };
    Ok(Placed {
        source: index,
        package: place,
        folder,
        name,
        library,
    })
}

/// Refuses packages that cannot be in one workspace.
fn refuse_twins(input: &CargoInput<'_>, placed: &[Placed]) -> Result<(), Failure> {
    let project = input.project_name.distribution();
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    names.insert(
        project.replace('-', "_").to_ascii_lowercase(),
        "the project itself",
    );
    let mut folders: BTreeMap<String, &str> = BTreeMap::new();
    folders.insert(
        folded(&format!("{CRATES}/{project}"))?,
        "the project itself",
    );
    for one in placed {
        let id = input.sources[one.source].record.id.as_str();
        let key = one.name.replace('-', "_").to_ascii_lowercase();
        if let Some(other) = names.insert(key, id) {
            let shown = escape_untrusted(&one.name);
            return Err(Failure::new(
                ErrorCode::Argument,
                format!("two packages would be called `{shown}`: that of {id} and that of {other}"),
            )
            .with_hint("a workspace has each name once: take one of them, or give the project another name"));
        }
        if let Some(other) = folders.insert(folded(&one.folder)?, id) {
            return Err(Failure::new(
                ErrorCode::Argument,
                format!(
                    "two packages would be placed at {}: one of {id} and one of {other}",
                    one.folder
                ),
            )
            .with_hint("give one of the repositories another destination"));
        }
    }
    let nested = folders.keys().find(|folder| {
        let mut above = folder.match_indices('/').map(|(at, _)| &folder[..at]);
        above.any(|above| folders.contains_key(above))
    });
    match nested {
        None => Ok(()),
        Some(folder) => Err(Failure::new(
            ErrorCode::Argument,
            format!("the package at {folder} would lie in the folder of another one"),
        )
        .with_hint("give one of the repositories another destination")),
    }
}

fn folded(folder: &str) -> Result<String, Failure> {
    let path = TreePath::new(folder).map_err(|refusal| {
        let shown = escape_untrusted(folder);
        Failure::new(
            ErrorCode::Path,
            format!("a package cannot be placed at {shown}: {refusal}"),
        )
    })?;
    Ok(path.folded())
}

/// Writes a folder of the project as another one sees it; both are relative to its top, which is empty.
pub(super) fn relative(from: &str, to: &str) -> String {
    let parts = |path: &str| -> Vec<String> {
        path.split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (from, to) = (parts(from), parts(to));
    let common = from
        .iter()
        .zip(&to)
        .take_while(|(one, other)| one == other)
        .count();
    let mut path = vec!["..".to_owned(); from.len() - common];
    path.extend_from_slice(&to[common..]);
    if path.is_empty() {
        ".".to_owned()
    } else {
        path.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_written_as_others_see_them() {
        let check = |from: &str, to: &str, expected: &str| assert_eq!(relative(from, to), expected);
        check("crates/a", "crates/b", "../b");
        check("", "crates/b", "crates/b");
        check("crates/x/a", "crates/b", "../../b");
        check("crates/a", "crates/a", ".");
    }
}
