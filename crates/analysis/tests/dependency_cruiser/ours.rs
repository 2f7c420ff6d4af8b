//! What our own analysis tells of the imports of a folder. Compares nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use synthesizer_analysis::{
    languages::{self, Resolved, Resolver, SourceFile, SourceFiles},
    manifests::inventory,
    memory_tree::MemoryTree,
    reading::{self, Bounds},
};
use synthesizer_model::{
    code::ImportForm, dependency::Ecosystem, facts_store::Forgetful, progress::Unwatched,
    source_file::FileRole,
};
use synthesizer_testkit::real_trees;

use crate::place::{Import, Place};

/// The imports of the JavaScript and TypeScript of one tree.
pub(crate) struct Ours {
    /// Texts of all files that are UTF-8, by path.
    pub(crate) texts: BTreeMap<String, String>,
    /// Files of the two languages that were read.
    pub(crate) read: BTreeSet<String>,
    /// Those that were not, with the reason.
    pub(crate) unread: BTreeMap<String, String>,
    /// Imports, as far as they name modules: neither computed names nor files that are read as data.
    pub(crate) imports: Vec<Import>,
    /// Where an import of TypeScript leads to code and to the declaration beside it: the importing file and the code, and the
    /// declaration, which alone is listed.
    pub(crate) declared: BTreeMap<(String, String), String>,
}

/// Reads files as analysis does, and resolves every import.
pub(crate) fn read(contents: Vec<(String, Vec<u8>)>) -> Ours {
    let texts = contents.iter().filter_map(|(path, bytes)| {
        let text = String::from_utf8(bytes.clone()).ok()?;
        Some((path.clone(), text))
    });
    let mut ours = Ours {
        texts: texts.collect(),
        read: BTreeSet::new(),
        unread: BTreeMap::new(),
        imports: Vec::new(),
        declared: BTreeMap::new(),
    };
    let tree = MemoryTree::of_files(contents);
    let inventory = inventory::read(&tree, &Unwatched).expect("not cancelled");
    let read = reading::read_files(&tree, &Forgetful, Bounds::default(), &Unwatched);
    let read = read.expect("not cancelled");
    let files = read.files.iter().map(|record| SourceFile {
        path: &record.path,
        language: record.language,
        role: FileRole::Source,
        code: record.facts.code.as_ref(),
    });
    let files = SourceFiles::new(&tree, files.collect(), &inventory.projects);
    let resolver = languages::reader("TypeScript").map(|reader| reader.resolver(&files));
    let resolver = resolver.expect("TypeScript is read");
    for (index, record) in read.files.iter().enumerate() {
        let reader = record.language.and_then(languages::reader);
        if reader.is_none_or(|reader| reader.descriptor().ecosystem != Some(Ecosystem::Npm)) {
            continue;
        }
        let path = record.path.to_string();
        if record.facts.code.is_some() {
            ours.read.insert(path);
            ours.take_imports(&files, index, resolver.as_ref());
        } else {
            let minified = record.facts.marks.minified.then(|| "minified".to_owned());
            let generated = record.facts.marks.generated.clone();
            let reason = record.facts.problem.clone().or(minified).or(generated);
            ours.unread.insert(path, reason.expect("there is a reason"));
        }
    }
    ours
}

/// Reads a folder, without what is installed in it.
pub(crate) fn read_folder(folder: &Path) -> Ours {
    let mut contents = real_trees::files(folder);
    contents.retain(|(path, _)| !path.split('/').any(|name| name == "node_modules"));
    read(contents)
}

impl Ours {
    fn take_imports(&mut self, files: &SourceFiles<'_>, index: usize, resolver: &dyn Resolver) {
        let file = files.file(index);
        for import in file.code.iter().flat_map(|code| &code.imports) {
            if matches!(import.form, ImportForm::Computed | ImportForm::Resource) {
                continue;
            }
            let specifier = import.target.as_str();
            let from = file.path.to_string();
            let places = match resolver.resolve(index, import) {
                Resolved::Files(found) => {
                    let paths = found.iter().map(|found| files.file(*found).path.as_str());
                    let mut paths: Vec<&str> = paths.collect();
                    if let [code, declaration] = paths[..]
                        && declares(declaration, code)
                    {
                        let key = (from.clone(), code.to_owned());
                        self.declared.insert(key, declaration.to_owned());
                        paths.remove(0);
                    }
                    let paths = paths.into_iter().map(str::to_owned);
                    paths.map(Place::File).collect()
                }
                Resolved::StandardLibrary => vec![Place::builtin(specifier)],
                Resolved::External(name) => vec![Place::package(&name)],
                Resolved::Unresolved(_) => vec![Place::Nowhere(specifier.to_owned())],
                Resolved::Nothing => Vec::new(),
            };
            self.imports.extend(places.into_iter().map(|place| Import {
                from: from.clone(),
                specifier: specifier.to_owned(),
                place,
                at: Some(import.range.start),
                kind: format!("{:?}, line {}", import.form, import.line),
            }));
        }
    }
}

/// Says whether a declaration lies beside the code that it speaks of. What runs needs both, so that an import leads to both; the tool
/// tells one of them.
pub(crate) fn declares(declaration: &str, code: &str) -> bool {
    let stems = [("ts", "js"), ("ts", "jsx"), ("mts", "mjs"), ("cts", "cjs")];
    stems.iter().any(|(types, runs)| {
        let stem = declaration.strip_suffix(&format!(".d.{types}"));
        stem.is_some_and(|stem| code.strip_prefix(stem) == Some(&format!(".{runs}")))
    })
}
