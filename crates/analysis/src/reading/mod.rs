//! The files of a tree, read once: language, lines, facts. In parallel, within bounds, and from the store where a blob was seen
//! before. Keeps no file's bytes.
//!
//! Map:
//! - [`blob`]: the facts of one file's bytes
//! - [`kept`]: under which keys facts are kept, and in which form
//! - this file: all files of a tree

pub mod blob;
pub mod kept;

use std::collections::HashMap;

use bytes::Bytes;
use rayon::prelude::*;
use synthesizer_model::{
    facts_store::{FactsKey, FactsStore, KeptFacts},
    failure::Failure,
    finding::Problem,
    progress::Progress,
    source_file::{FileFacts, LineCounts},
    tree::{SourceTree, TreePath},
};

use crate::{licenses, lines};

/// How many files are looked up and kept together.
const CHUNK: usize = 2048;
/// How many problems of one kind are told one by one.
const MOST_PROBLEMS: usize = 200;

/// Bounds of one analysis, apart from those that the tree holds already.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Larger files are counted, not parsed, in bytes.
    pub parsed_bytes: usize,
    /// How many files are looked at; the rest is told.
    pub files: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            parsed_bytes: 4 << 20,
            files: 200_000,
        }
    }
}

/// One file with a known language.
#[derive(Debug, Clone)]
pub struct FileRecord {
    /// Its path.
    pub path: TreePath,
    /// Its git blob id; empty when the file could not be read.
    pub blob: String,
    /// Its language by `tokei`'s name; `None` for data.
    pub language: Option<&'static str>,
    /// What its bytes tell.
    pub facts: FileFacts,
}

impl FileRecord {
    /// Gives the lines of the file, those of other languages inside it included.
    pub fn lines(&self) -> LineCounts {
        lines::whole_file(&self.facts.lines)
    }
}

/// All files of a tree.
#[derive(Debug, Default)]
pub struct ReadFiles {
    /// The files, sorted by path; those without a known language too.
    pub files: Vec<FileRecord>,
    /// What was left out.
    pub problems: Vec<Problem>,
    /// How many files were read and parsed now, because nothing was kept of them.
    pub read_now: usize,
    /// What [`ReadFiles::keep`] hands to the store, unless nothing is new.
    unkept: Option<Unkept>,
}

/// Facts that the store is to keep.
#[derive(Debug)]
struct Unkept {
    source: String,
    facts: Vec<KeptFacts>,
}

/// Facts of a source on their way to the store.
#[derive(Debug, Default)]
pub struct ToKeep(Option<Unkept>);

impl ToKeep {
    /// Hands the facts to the store, if any are new.
    pub fn keep(self, store: &dyn FactsStore) {
        if let Some(Unkept { source, facts }) = self.0 {
            store.save(&source, facts);
        }
    }
}

/// Reads every file of a tree. What is new is kept when [`ReadFiles::to_keep`] is used.
///
/// # Errors
/// `E_CANCELLED`. What cannot be read is a problem, not an error.
pub fn read_files(
    tree: &dyn SourceTree,
    store: &dyn FactsStore,
    bounds: Bounds,
    progress: &dyn Progress,
) -> Result<ReadFiles, Failure> {
    let paths: Vec<&TreePath> = tree
        .entries()
        .iter()
        .filter(|entry| entry.is_file())
        .map(|entry| &entry.path)
        .collect();
    let mut read = ReadFiles::default();
    if paths.len() > bounds.files {
        let left = paths.len() - bounds.files;
        let what = format!("{left} more files were not looked at: more than limits.source_files");
        read.problems.push(Problem::new("files", what));
    }
    let paths = &paths[..paths.len().min(bounds.files)];
    let source = kept::source_key(tree.origin());
    let known = store.of_source(&source);
    read.files.reserve(paths.len());
    let mut of_source: Vec<KeptFacts> = Vec::new();
    let chunks = paths.len().div_ceil(CHUNK).max(1);
    for (number, chunk) in paths.chunks(CHUNK).enumerate() {
        if progress.time_is_up() {
            let left = paths.len() - number * CHUNK;
            let what = format!("{left} more files were not looked at: the time was up");
            read.problems.push(Problem::new("files", what));
            break;
        }
        let percent = 10 + u8::try_from(number * 50 / chunks).unwrap_or(50);
        progress.step(percent, "reading files");
        let found = read_chunk(tree, store, &known, chunk, bounds, progress);
        if progress.is_cancelled() {
            return Err(Failure::cancelled());
        }
        for one in found {
            read.take(one, &mut of_source);
        }
    }
    if of_source.len() != known.len() || of_source.iter().any(|facts| facts.new) {
        read.unkept = Some(Unkept {
            source,
            facts: of_source,
        });
    }
    read.shorten_problems();
    Ok(read)
}

/// What became of one file.
struct Outcome {
    record: FileRecord,
    problem: Option<Problem>,
    /// Its facts in the form in which they are kept, unless nothing can be kept.
    kept: Option<KeptFacts>,
    /// Whether it was read now.
    now: bool,
}

impl ReadFiles {
    /// Gives what the store is to keep; nothing the second time.
    pub fn to_keep(&mut self) -> ToKeep {
        ToKeep(self.unkept.take())
    }

    fn take(&mut self, outcome: Outcome, of_source: &mut Vec<KeptFacts>) {
        self.read_now += usize::from(outcome.now);
        self.problems.extend(outcome.problem);
        of_source.extend(outcome.kept);
        self.files.push(outcome.record);
    }

    fn shorten_problems(&mut self) {
        let all = self.problems.len();
        if all > MOST_PROBLEMS {
            self.problems.truncate(MOST_PROBLEMS);
            let what = format!("{} more files have problems", all - MOST_PROBLEMS);
            self.problems.push(Problem::new("files", what));
        }
    }
}

/// A file with what its name tells.
struct Named<'a> {
    path: &'a TreePath,
    language: Option<&'static str>,
    suffix: &'a str,
    /// The blob's id and the key of its facts, where the id is known without reading.
    known: Option<(String, FactsKey)>,
}

fn read_chunk(
    tree: &dyn SourceTree,
    store: &dyn FactsStore,
    of_source: &HashMap<FactsKey, Bytes>,
    chunk: &[&TreePath],
    bounds: Bounds,
    progress: &dyn Progress,
) -> Vec<Outcome> {
    let named: Vec<Named<'_>> = chunk.par_iter().map(|path| name(tree, path)).collect();
    let wanted: Vec<FactsKey> = named
        .iter()
        .filter_map(|file| file.known.as_ref())
        .map(|(_, key)| *key)
        .filter(|key| !of_source.contains_key(key))
        .collect();
    let stored: HashMap<FactsKey, Bytes> = if wanted.is_empty() {
        HashMap::new()
    } else {
        let loaded = store.load(&wanted);
        wanted
            .into_iter()
            .zip(loaded)
            .filter_map(|(key, bytes)| Some((key, bytes?)))
            .collect()
    };
    named
        .into_par_iter()
        .filter(|_| !progress.is_cancelled())
        .map(|file| {
            let kept = file.known.as_ref().and_then(|(_, key)| {
                let bytes = of_source.get(key).or_else(|| stored.get(key))?.clone();
                let facts = kept::decode(&bytes)?;
                let new = !of_source.contains_key(key);
                Some((
                    facts,
                    KeptFacts {
                        key: *key,
                        bytes,
                        new,
                    },
                ))
            });
            match (kept, &file.known) {
                (Some((facts, kept)), Some((blob, _))) => recall(&file, blob.clone(), facts, kept),
                _ => read_now(tree, &file, bounds),
            }
        })
        .collect()
}

fn name<'a>(tree: &dyn SourceTree, path: &'a TreePath) -> Named<'a> {
    let language = lines::language_of(path.as_str(), &[]);
    let suffix = suffix(path);
    let known = tree.blob_id(path).map(|blob| {
        let key = kept::key(&blob, language, suffix);
        (blob, key)
    });
    Named {
        path,
        language,
        suffix,
        known,
    }
}

/// Gives what a file's name tells beside its language.
fn suffix(path: &TreePath) -> &str {
    if licenses::is_license_file(path.as_str()) {
        blob::LICENSE_SUFFIX
    } else {
        lines::suffix_of(path.as_str())
    }
}

/// Makes the outcome of a file whose facts were kept.
fn recall(file: &Named<'_>, blob: String, facts: FileFacts, kept: KeptFacts) -> Outcome {
    let problem = problem_of(file, &facts);
    Outcome {
        record: record(file, blob, facts),
        problem,
        kept: Some(kept),
        now: false,
    }
}

fn read_now(tree: &dyn SourceTree, file: &Named<'_>, bounds: Bounds) -> Outcome {
    let contents = match tree.read(file.path) {
        Ok(contents) => contents,
        Err(failure) => {
            return Outcome {
                record: FileRecord {
                    path: file.path.clone(),
                    blob: String::new(),
                    language: file.language,
                    facts: FileFacts::default(),
                },
                problem: Some(Problem::new(file.path.as_str(), failure.message)),
                kept: None,
                now: true,
            };
        }
    };
    let facts = blob::facts(
        &contents.bytes,
        file.language,
        file.suffix,
        bounds.parsed_bytes,
    );
    let key = kept::key(&contents.id, file.language, file.suffix);
    let kept = kept::encode(&facts).map(|bytes| KeptFacts {
        key,
        bytes,
        new: true,
    });
    let problem = problem_of(file, &facts);
    Outcome {
        record: record(file, contents.id, facts),
        problem,
        kept,
        now: true,
    }
}

fn record(file: &Named<'_>, blob: String, facts: FileFacts) -> FileRecord {
    FileRecord {
        path: file.path.clone(),
        blob,
        language: file.language.or_else(|| blob::language_by_contents(&facts)),
        facts,
    }
}

fn problem_of(file: &Named<'_>, facts: &FileFacts) -> Option<Problem> {
    let what = facts.problem.as_ref()?;
    Some(Problem::new(file.path.as_str(), what.clone()))
}
