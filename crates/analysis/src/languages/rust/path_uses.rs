//! Paths that are used without being imported, each kept once a file. Decides by spelling alone what can be a module or a crate.

use std::collections::{HashMap, HashSet};

use synthesizer_model::{
    code::{Circumstances, Import, ImportForm},
    text::ByteRange,
};

/// Longest path that is kept, in bytes.
const MAX_PATH_BYTES: usize = 500;

/// Names that begin paths of tools and of types, which lead to no file.
static NO_MODULES: &[&str] = &[
    "bool",
    "char",
    "clippy",
    "diagnostic",
    "f128",
    "f16",
    "f32",
    "f64",
    "i128",
    "i16",
    "i32",
    "i64",
    "i8",
    "isize",
    "miri",
    "rust_analyzer",
    "rustdoc",
    "rustfmt",
    "str",
    "u128",
    "u16",
    "u32",
    "u64",
    "u8",
    "usize",
];

/// One path as it is used.
pub(super) struct PathUse<'t> {
    /// The path, in one piece of text or without the white space between its parts.
    pub(super) path: std::borrow::Cow<'t, str>,
    /// Its bytes.
    pub(super) range: ByteRange,
    /// Its line.
    pub(super) line: u32,
    /// When it runs.
    pub(super) circumstances: Circumstances,
}

/// The paths of a file and the names that its imports bind.
#[derive(Default)]
pub(super) struct PathUses<'t> {
    places: HashMap<String, usize>,
    uses: Vec<PathUse<'t>>,
    bound: HashSet<&'t str>,
}

impl<'t> PathUses<'t> {
    /// Notes a name that an import binds: paths that begin with it lead where the import leads.
    pub(super) fn bind(&mut self, name: &'t str) {
        self.bound.insert(name);
    }

    /// Takes a path of two names or more.
    pub(super) fn note(&mut self, found: PathUse<'t>) {
        let path = found.path.as_ref();
        if path.len() > MAX_PATH_BYTES || !can_lead_to_a_file(path) {
            return;
        }
        if let Some(place) = self.places.get(key(path)).copied() {
            if let Some(known) = self.uses.get_mut(place) {
                known.circumstances = both(known.circumstances, found.circumstances);
            }
            return;
        }
        self.places.insert(key(path).to_owned(), self.uses.len());
        self.uses.push(found);
    }

    /// Gives the paths that no import of the file explains, in the order in which they were met first.
    pub(super) fn into_imports(self) -> impl Iterator<Item = Import> {
        let bound = self.bound;
        self.uses
            .into_iter()
            .filter(move |found| !bound.contains(first_name(&found.path)))
            .map(|found| Import {
                target: found.path.into_owned(),
                form: ImportForm::Path,
                names: Vec::new(),
                range: found.range,
                line: found.line,
                circumstances: found.circumstances,
            })
    }
}

/// Gives what tells two uses apart: paths within the crate by all names, others by the first two.
fn key(path: &str) -> &str {
    if matches!(first_name(path), "crate" | "self" | "super" | "$crate") {
        return path;
    }
    let skipped = path.len() - path.trim_start_matches("::").len();
    let mut separators = path[skipped..].match_indices("::").map(|(at, _)| at);
    separators
        .nth(1)
        .map_or(path, |second| &path[..skipped + second])
}

fn first_name(path: &str) -> &str {
    let path = path.trim_start_matches("::");
    path.split("::").next().unwrap_or(path)
}

/// Modules and crates are written in small letters by custom, types are not.
fn can_lead_to_a_file(path: &str) -> bool {
    if path.starts_with("::") {
        return true;
    }
    let first = first_name(path);
    if first == "$crate" {
        return true;
    }
    let begins_small = first
        .trim_start_matches("r#")
        .starts_with(|letter: char| letter.is_lowercase() || letter == '_');
    begins_small && NO_MODULES.binary_search(&first).is_err()
}

/// Gives the circumstances that hold for both of two uses.
fn both(one: Circumstances, other: Circumstances) -> Circumstances {
    Circumstances {
        in_function: one.in_function && other.in_function,
        type_checking: one.type_checking && other.type_checking,
        guarded: one.guarded && other.guarded,
        fallback: one.fallback && other.fallback,
        conditional: one.conditional && other.conditional,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_apart_by_what_they_lead_to() {
        assert!(NO_MODULES.is_sorted());
        assert_eq!(key("a::b::c::d"), "a::b");
        assert_eq!(key("::a::b::c"), "::a::b");
        assert_eq!(key("crate::a::b::c"), "crate::a::b::c");
        assert_eq!(key("a::b"), "a::b");
        assert!(can_lead_to_a_file("serde::Deserialize"));
        assert!(can_lead_to_a_file("r#type::X"));
        assert!(!can_lead_to_a_file("Vec::new"));
        assert!(!can_lead_to_a_file("u8::MAX"));
        assert!(!can_lead_to_a_file("clippy::all"));
    }
}
