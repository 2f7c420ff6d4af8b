//! Where an import leads, in the words that both sides are brought to. Decides nothing.

/// Where an import leads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Place {
    /// To a file of the tree.
    File(String),
    /// To a module of Node.js, without `node:`.
    Builtin(String),
    /// To a package from elsewhere, by its name.
    Package(String),
    /// Nowhere: the name as it is written.
    Nowhere(String),
}

impl Place {
    /// Names a module of Node.js.
    pub(crate) fn builtin(specifier: &str) -> Self {
        let name = specifier.strip_prefix("node:").unwrap_or(specifier);
        Self::Builtin(name.trim_end_matches('/').to_owned())
    }

    /// Names a package from elsewhere. A package and the package of its types are one: which of them is meant depends on the manifest,
    /// which the tool does not ask.
    pub(crate) fn package(name: &str) -> Self {
        let Some(name) = name.strip_prefix("@types/") else {
            return Self::Package(name.to_owned());
        };
        Self::Package(match name.split_once("__") {
            Some((scope, name)) => format!("@{scope}/{name}"),
            None => name.to_owned(),
        })
    }

    /// Names what lies in no file: the package, if the name is one of a package.
    pub(crate) fn elsewhere(specifier: &str) -> Self {
        match package_name(specifier) {
            Some(name) => Self::package(name),
            None => Self::Nowhere(specifier.to_owned()),
        }
    }
}

/// Gives the package that a name begins with.
pub(crate) fn package_name(specifier: &str) -> Option<&str> {
    let is_other = specifier.starts_with(['.', '/', '#']) || specifier.contains(['\\', ':', '!']);
    if is_other || specifier.is_empty() {
        return None;
    }
    let slashes = usize::from(specifier.starts_with('@'));
    let end = specifier.match_indices('/').nth(slashes);
    Some(end.map_or(specifier, |(end, _)| &specifier[..end]))
}

/// One import.
#[derive(Debug, Clone)]
pub(crate) struct Import {
    /// The file that imports.
    pub(crate) from: String,
    /// The name as written.
    pub(crate) specifier: String,
    /// Where it leads.
    pub(crate) place: Place,
    /// Where the name stands in the file, in bytes; our side alone knows it.
    pub(crate) at: Option<usize>,
    /// How it is written, in the words of the side that found it.
    pub(crate) kind: String,
}
