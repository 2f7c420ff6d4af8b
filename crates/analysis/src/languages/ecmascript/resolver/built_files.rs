//! From a built file that a manifest names, and that is not in the tree, to the source that it is built from, by common custom. Knows no
//! build tool; a guess is used only when the source that it names is there.

use super::{
    candidates::{Candidates, Importer},
    paths,
};

/// Folders that builds write to.
static BUILT_FOLDERS: &[&str] = &[
    "dist",
    "build",
    "lib",
    "es",
    "esm",
    "cjs",
    "mjs",
    "umd",
    "out",
    "output",
    "module",
    "modern",
    "legacy",
    "types",
    "typings",
    "dts",
    "_esm",
    "_cjs",
    "commonjs",
    "browser",
    "node",
    "bundles",
    "production",
    "development",
    "target",
    ".build",
    "prod",
    "dev",
    "esnext",
    "es2015",
    "es2020",
];

/// Folders that builds read from, in the order of trial; the last is the package itself.
static SOURCE_FOLDERS: &[&str] = &["src", "source", "lib", "sources", ""];

/// What builds put before the suffix of what they write.
static BUILT_MARKS: &[&str] = &[
    ".production.min",
    ".production",
    ".development",
    ".min",
    ".umd",
    ".esm",
    ".cjs",
    ".mjs",
    ".es",
    ".module",
    ".modern",
    ".legacy-esm",
    ".common",
    ".prod",
    ".dev",
    ".browser",
    ".node",
];

/// Suffixes of what is built, the longest first.
static BUILT_SUFFIXES: &[&str] = &[
    ".d.mts", ".d.cts", ".d.ts", ".mjs", ".cjs", ".js", ".jsx", ".json",
];

/// Longest target that is looked up, in bytes.
const MAX_TARGET_BYTES: usize = 1000;

/// Most folders of builds inside each other.
const MOST_BUILT_FOLDERS: usize = 4;

/// Finds the source of a built file: `dist/esm/a/b.mjs` of a package is built from `src/a/b.ts` (or `.tsx`, `.js` and so on), and what
/// its main entry names may be built from `src/index.ts`.
pub(super) fn source(
    candidates: Candidates<'_>,
    folder: &str,
    target: &str,
    is_main: bool,
) -> Option<usize> {
    let target = target.strip_prefix("./").unwrap_or(target);
    if target.len() > MAX_TARGET_BYTES {
        return None;
    }
    let components: Vec<&str> = target.split('/').collect();
    let (name, folders) = components.split_last()?;
    let built = folders
        .iter()
        .take(MOST_BUILT_FOLDERS)
        .take_while(|folder| BUILT_FOLDERS.contains(folder))
        .count();
    let stem = stem(name);
    (0..=built)
        .rev()
        .find_map(|left_out| {
            let mut inner = folders[left_out..].join("/");
            if !inner.is_empty() {
                inner.push('/');
            }
            inner.push_str(stem);
            SOURCE_FOLDERS.iter().find_map(|source| {
                let path = paths::join(folder, &format!("{source}/{inner}"))?;
                candidates.file_or_folder(&path, Importer::TypeScript)
            })
        })
        .or_else(|| is_main.then(|| main_source(candidates, folder)).flatten())
}

/// Finds the main source of a package that names none.
pub(super) fn main_source(candidates: Candidates<'_>, folder: &str) -> Option<usize> {
    [
        "src/index",
        "source/index",
        "lib/index",
        "index",
        "src/main",
        "src/mod",
        "main",
        "mod",
    ]
    .iter()
    .find_map(|name| {
        let path = paths::join(folder, name)?;
        candidates.file(&path, Importer::TypeScript)
    })
}

fn stem(name: &str) -> &str {
    let stem = BUILT_SUFFIXES
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix))
        .unwrap_or(name);
    BUILT_MARKS
        .iter()
        .find_map(|mark| stem.strip_suffix(mark))
        .filter(|stem| !stem.is_empty())
        .unwrap_or(stem)
}
