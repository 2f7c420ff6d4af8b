//! Which file a path without its whole name means: suffixes are tried, then the index of a folder. Looks names up in the tree alone.

use crate::languages::SourceFiles;

/// Suffixes in the order in which an import of a TypeScript file tries them.
static OF_TYPESCRIPT: &[&str] = &[
    ".ts", ".tsx", ".d.ts", ".mts", ".d.mts", ".cts", ".d.cts", ".js", ".jsx", ".mjs", ".cjs",
    ".json", ".vue", ".svelte",
];

/// Suffixes in the order in which an import of a JavaScript file tries them.
static OF_JAVASCRIPT: &[&str] = &[
    ".js", ".mjs", ".cjs", ".jsx", ".json", ".ts", ".tsx", ".d.ts", ".mts", ".d.mts", ".cts",
    ".d.cts", ".node", ".vue", ".svelte",
];

/// What compiled names stand for before compilation, in the order of trial.
static SOURCES_OF: &[(&str, &[&str])] = &[
    (".js", &[".ts", ".tsx", ".d.ts", ".jsx"]),
    (".jsx", &[".tsx", ".d.ts"]),
    (".mjs", &[".mts", ".d.mts"]),
    (".cjs", &[".cts", ".d.cts"]),
];

/// What a name of TypeScript stands for where its source has been compiled away: declarations keep the names of the sources.
static COMPILED_OF: &[(&str, &[&str])] = &[
    (".ts", &[".d.ts", ".js"]),
    (".tsx", &[".d.ts", ".js", ".jsx"]),
    (".mts", &[".d.mts", ".mjs"]),
    (".cts", &[".d.cts", ".cjs"]),
];

/// What build tools for several platforms put before the suffix.
static PLATFORMS: &[&str] = &[
    ".ios", ".android", ".native", ".web", ".windows", ".macos", ".server", ".client",
];

/// Suffixes of files for one of several platforms.
static OF_PLATFORMS: &[&str] = &[".ts", ".tsx", ".js", ".jsx"];

/// Which file imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Importer {
    /// JavaScript: names mean what they say.
    JavaScript,
    /// TypeScript: a compiled name means its source first.
    TypeScript,
}

/// Looks up names.
#[derive(Clone, Copy)]
pub(super) struct Candidates<'a> {
    files: &'a SourceFiles<'a>,
}

impl<'a> Candidates<'a> {
    /// Looks names up in these files.
    pub(super) fn new(files: &'a SourceFiles<'a>) -> Self {
        Self { files }
    }

    /// Finds the file by its whole name.
    pub(super) fn exact(self, path: &str) -> Option<usize> {
        self.files.index(path)
    }

    /// Finds the file that a path means, or the index of the folder that it means.
    pub(super) fn file_or_folder(self, path: &str, importer: Importer) -> Option<usize> {
        self.file(path, importer)
            .or_else(|| self.index_of(path, importer))
    }

    /// Finds the file that a path means.
    pub(super) fn file(self, path: &str, importer: Importer) -> Option<usize> {
        if path.is_empty() {
            return None;
        }
        let found = match importer {
            Importer::TypeScript => self.other_of(path, SOURCES_OF).or_else(|| self.exact(path)),
            Importer::JavaScript => self.exact(path),
        };
        found
            .or_else(|| self.with_suffix(path, importer))
            .or_else(|| match importer {
                Importer::TypeScript => self.other_of(path, COMPILED_OF),
                Importer::JavaScript => self.other_of(path, SOURCES_OF),
            })
            .or_else(|| self.declaration_of(path))
    }

    /// Finds the index of a folder.
    pub(super) fn index_of(self, folder: &str, importer: Importer) -> Option<usize> {
        let mut index = String::with_capacity(folder.len() + 16);
        index.push_str(folder);
        if !folder.is_empty() {
            index.push('/');
        }
        index.push_str("index");
        self.with_suffix(&index, importer)
    }

    /// Finds the files that stand for one path on several platforms.
    pub(super) fn of_platforms(self, path: &str) -> Vec<usize> {
        let mut found = Vec::new();
        let mut name = path.to_owned();
        for platform in PLATFORMS {
            for suffix in OF_PLATFORMS {
                name.truncate(path.len());
                name.push_str(platform);
                name.push_str(suffix);
                found.extend(self.exact(&name));
            }
        }
        found
    }

    fn with_suffix(self, path: &str, importer: Importer) -> Option<usize> {
        let suffixes = match importer {
            Importer::TypeScript => OF_TYPESCRIPT,
            Importer::JavaScript => OF_JAVASCRIPT,
        };
        self.first_of(path, suffixes)
    }

    fn first_of(self, stem: &str, suffixes: &[&str]) -> Option<usize> {
        let mut name = String::with_capacity(stem.len() + 12);
        name.push_str(stem);
        suffixes.iter().find_map(|suffix| {
            name.truncate(stem.len());
            name.push_str(suffix);
            self.exact(&name)
        })
    }

    /// Finds what stands for a name by another suffix.
    fn other_of(self, path: &str, suffixes: &[(&str, &[&str])]) -> Option<usize> {
        suffixes.iter().find_map(|(written, others)| {
            let stem = path.strip_suffix(written)?;
            if stem.ends_with('/') {
                return None;
            }
            self.first_of(stem, others)
        })
    }

    /// Finds the JavaScript that a declaration speaks of, where it lies beside it.
    pub(super) fn declared_by(self, declaration: &str) -> Option<usize> {
        let (stem, suffixes): (&str, &[&str]) =
            if let Some(stem) = declaration.strip_suffix(".d.ts") {
                (stem, &[".js", ".jsx"])
            } else if let Some(stem) = declaration.strip_suffix(".d.mts") {
                (stem, &[".mjs"])
            } else {
                (declaration.strip_suffix(".d.cts")?, &[".cjs"])
            };
        self.first_of(stem, suffixes)
    }

    /// Finds the declaration of a file of another kind: `x.d.css.ts` or `x.css.d.ts` for `x.css`.
    fn declaration_of(self, path: &str) -> Option<usize> {
        let (stem, suffix) = path.rsplit_once('.')?;
        if suffix.contains('/') {
            return None;
        }
        self.exact(&format!("{stem}.d.{suffix}.ts"))
    }
}
