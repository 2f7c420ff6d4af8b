//! From an include to a file of the tree, the standard library, or a library from elsewhere. Knows no compiler flags.
//!
//! The folders that a build searches are not known, so this is the rule, in this order:
//! 1. in quotes: the file beside the one that includes it;
//! 2. a header of the languages, and in angle brackets one of POSIX or the system, unless the tree has it in a folder `include` above
//!    the including file;
//! 3. the file of the tree whose path ends with the included name; of several the one whose path has the longest beginning in common
//!    with the including file's, and of those the shortest path;
//! 4. what looks like a file that the build writes, and in quotes everything that names no folder and no known library: unresolved;
//! 5. the library, by its well-known header or its folder.

use std::{borrow::Cow, collections::HashMap};

use synthesizer_model::code::{Import, ImportForm};

use super::{
    super::{Resolved, Resolver, SourceFiles},
    include_paths::{ending, is_generated_name, joined},
    libraries,
    standard_headers::{is_language_header, is_standard},
};

const COMPUTED: &str = "a macro gives its name";
const FROM_TEMPLATE: &str = "the build writes it from a template of the tree";
const GENERATED: &str = "not in the tree; by its name the build writes it";
const NOT_FOUND: &str = "no file of the tree has this name";
const NO_MODULE: &str = "no file of the tree declares this module";

/// How many files of one ending are compared on each side of the including one.
const NEIGHBOURS: usize = 16;

/// What is put behind the name of a header for the template that the build makes it from.
const TEMPLATE_SUFFIXES: &[&str] = &[
    ".in",
    ".cmake",
    ".cmake.in",
    ".template",
    ".tmpl",
    ".meson",
    ".generic",
];

/// Resolves the includes of one tree.
pub(in crate::languages) struct IncludeResolver<'a> {
    files: &'a SourceFiles<'a>,
    /// The endings of paths that some file includes, to the files that have them, sorted.
    by_ending: HashMap<Cow<'a, str>, Vec<usize>>,
    /// Modules of C++ to the files that declare them.
    modules: HashMap<&'a str, Vec<usize>>,
}

impl<'a> IncludeResolver<'a> {
    /// Looks at all files and their includes.
    pub(in crate::languages) fn new(files: &'a SourceFiles<'a>) -> Self {
        let mut by_ending: HashMap<Cow<'a, str>, Vec<usize>> = HashMap::new();
        let mut modules: HashMap<&'a str, Vec<usize>> = HashMap::new();
        for (place, file) in files.files().iter().enumerate() {
            let is_ours = file.language.is_some_and(|language| {
                matches!(language, "C" | "C Header") || language.starts_with("C++")
            });
            let Some(code) = file.code.filter(|_| is_ours) else {
                continue;
            };
            if let Some(module) = &code.namespace {
                modules.entry(module).or_default().push(place);
            }
            for import in &code.imports {
                if let Some(wanted) = wanted(import) {
                    by_ending.entry(wanted).or_default();
                }
            }
        }
        let templates: Vec<Cow<'a, str>> = by_ending
            .keys()
            .flat_map(|wanted| templates_of(wanted))
            .collect();
        for template in templates {
            by_ending.entry(template).or_default();
        }
        for (place, file) in files.files().iter().enumerate() {
            let path = file.path.as_str();
            let slashes = path.match_indices('/').map(|(slash, _)| slash + 1);
            for start in slashes.chain([0]) {
                if let Some(places) = by_ending.get_mut(&path[start..]) {
                    places.push(place);
                }
            }
        }
        Self {
            files,
            by_ending,
            modules,
        }
    }

    /// The file beside the including one.
    fn beside(&self, from: usize, name: &str) -> Option<usize> {
        let path = joined(self.files.file(from).path.parent(), name)?;
        self.files.index(&path)
    }

    /// The nearest file whose path ends with the name.
    fn nearest(&self, from: usize, ending: &str) -> Option<usize> {
        let places = self.by_ending.get(ending)?;
        nearest(self.files, from, places)
    }

    /// A header of the system that the tree itself brings: in a folder `include` above the including file.
    fn own_system_header(&self, from: usize, name: &str) -> Option<usize> {
        let mut folder = self.files.file(from).path.parent();
        loop {
            let path = if folder.is_empty() {
                format!("include/{name}")
            } else {
                format!("{folder}/include/{name}")
            };
            if let Some(found) = self.files.index(&path) {
                return Some(found);
            }
            if folder.is_empty() {
                return None;
            }
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }

    fn include(&self, from: usize, name: &str, in_quotes: bool) -> Resolved {
        if in_quotes && let Some(file) = self.beside(from, name) {
            return Resolved::Files(vec![file]);
        }
        let Some(wanted) = ending(name) else {
            return Resolved::Unresolved(NOT_FOUND);
        };
        // In quotes a name that only some systems have is more likely the project's own.
        let own_first = in_quotes && !is_language_header(&wanted);
        if own_first && let Some(file) = self.nearest(from, &wanted) {
            return Resolved::Files(vec![file]);
        }
        if is_standard(&wanted) {
            return match self.own_system_header(from, &wanted) {
                Some(file) => Resolved::Files(vec![file]),
                None => Resolved::StandardLibrary,
            };
        }
        if let Some(file) = self.nearest(from, &wanted) {
            return Resolved::Files(vec![file]);
        }
        self.elsewhere(from, &wanted, in_quotes)
    }

    fn elsewhere(&self, from: usize, wanted: &str, in_quotes: bool) -> Resolved {
        let has_template = templates_of(wanted)
            .iter()
            .any(|template| self.nearest(from, template).is_some());
        if has_template {
            return Resolved::Unresolved(FROM_TEMPLATE);
        }
        if let Some(library) = libraries::well_known(wanted) {
            return Resolved::External(library.to_owned());
        }
        if in_quotes && (is_generated_name(wanted) || !wanted.contains('/')) {
            return Resolved::Unresolved(if is_generated_name(wanted) {
                GENERATED
            } else {
                NOT_FOUND
            });
        }
        if !wanted.contains('/') && is_generated_name(wanted) {
            return Resolved::Unresolved(GENERATED);
        }
        Resolved::External(libraries::name_of(wanted).to_owned())
    }

    /// `import x;`, `import :part;`, and the interface of what a file implements.
    fn module(&self, from: usize, name: &str) -> Resolved {
        if name == "std" || name == "std.compat" {
            return Resolved::StandardLibrary;
        }
        let own = self
            .files
            .file(from)
            .code
            .and_then(|code| code.namespace.as_deref());
        let full = match (name.strip_prefix(':'), own) {
            (Some(part), Some(own)) => {
                let whole = own.split(':').next().unwrap_or(own);
                Cow::Owned(format!("{whole}:{part}"))
            }
            _ => Cow::Borrowed(name),
        };
        let others: Vec<usize> = self
            .modules
            .get(full.as_ref())
            .into_iter()
            .flatten()
            .copied()
            .filter(|place| *place != from)
            .take(64)
            .collect();
        // The interface rather than another file that implements it.
        let interface = others
            .iter()
            .copied()
            .find(|place| self.files.file(*place).language == Some("C++ Module"));
        match interface.or_else(|| nearest(self.files, from, &others)) {
            Some(file) => Resolved::Files(vec![file]),
            None => Resolved::Unresolved(NO_MODULE),
        }
    }
}

impl Resolver for IncludeResolver<'_> {
    fn resolve(&self, from: usize, import: &Import) -> Resolved {
        match import.form {
            ImportForm::Include => self.include(from, &import.target, true),
            ImportForm::SystemInclude => self.include(from, &import.target, false),
            ImportForm::Resource => match self.include(from, &import.target, true) {
                Resolved::Files(files) => Resolved::Files(files),
                _ => Resolved::Unresolved(NOT_FOUND),
            },
            ImportForm::Static => self.module(from, &import.target),
            // A question whether a file is there imports nothing.
            ImportForm::Computed if import.target.starts_with("__has_include") => Resolved::Nothing,
            ImportForm::Computed => Resolved::Unresolved(COMPUTED),
            _ => Resolved::Nothing,
        }
    }
}

/// How the path of an included file ends.
fn wanted(import: &Import) -> Option<Cow<'_, str>> {
    let is_path = matches!(
        import.form,
        ImportForm::Include | ImportForm::SystemInclude | ImportForm::Resource
    );
    if !is_path {
        return None;
    }
    let needs_change = import.target.contains(['\\', ':', '\0'])
        || import.target.starts_with('/')
        || import
            .target
            .split('/')
            .any(|part| matches!(part, "" | "." | ".."));
    if !needs_change {
        return Some(Cow::Borrowed(&import.target));
    }
    ending(&import.target).map(Cow::Owned)
}

/// The names that a build makes a header from: `x.h.in`, and `x.in.h` where gnulib is used.
fn templates_of(wanted: &str) -> Vec<Cow<'static, str>> {
    let behind = TEMPLATE_SUFFIXES
        .iter()
        .map(|suffix| format!("{wanted}{suffix}"));
    let within = wanted
        .rsplit_once('.')
        .map(|(stem, suffix)| format!("{stem}.in.{suffix}"));
    behind.chain(within).map(Cow::Owned).collect()
}

/// Chooses the file with the most folders in common with the including one, then the shortest path. The files are sorted by path, so
/// the nearest stand beside it.
fn nearest(files: &SourceFiles<'_>, from: usize, places: &[usize]) -> Option<usize> {
    if let [only] = places {
        return Some(*only);
    }
    let own = files.file(from).path.as_str();
    let middle = places.partition_point(|place| *place < from);
    let around = middle.saturating_sub(NEIGHBOURS)..(middle + NEIGHBOURS).min(places.len());
    places[around].iter().copied().max_by_key(|place| {
        let path = files.file(*place).path.as_str();
        let shared = own
            .split('/')
            .zip(path.split('/'))
            .take_while(|(left, right)| left == right)
            .count();
        (shared, std::cmp::Reverse((path.len(), *place)))
    })
}
