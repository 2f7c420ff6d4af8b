//! The seeds of a target: small files that are kept in the repository, and every input that once broke something.

use std::{fs, path::Path};

/// What one run of a target reads. The name is the seed's, so that it tells the kind of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Input {
    /// Gives the name of the file that the input stands for: the seed's without the number before it.
    pub(crate) fn file_name(&self) -> &str {
        let name = self.name.as_str();
        name.split_once('-').map_or(name, |(_, name)| name)
    }
}

/// Reads the seeds of a target, sorted by name.
pub(crate) fn of_target(target: &str) -> Vec<Input> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/seeds")
        .join(target);
    let mut seeds: Vec<Input> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("no seeds for {target}: {error}"))
        .map(|entry| {
            let entry = entry.expect("the seeds can be read");
            Input {
                name: entry.file_name().into_string().expect("a UTF-8 name"),
                bytes: fs::read(entry.path()).expect("the seeds can be read"),
            }
        })
        .collect();
    seeds.sort_by(|left, right| left.name.cmp(&right.name));
    assert!(!seeds.is_empty(), "no seeds for {target}");
    seeds
}
