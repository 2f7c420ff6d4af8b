//! Finds and reads the configuration file. Must not interpret values, nor repeat them in messages.

use std::{
    collections::BTreeMap,
    io::Read as _,
    path::{Path, PathBuf},
};

use synthesizer_model::text::LineIndex;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    load::{Entry, Problem, user_folder},
    values::Raw,
};

/// The file's name in the folders that are searched.
const FILE_NAME: &str = "synthesizer.toml";

/// The largest file that is read, in bytes.
const FILE_LIMIT: u64 = 1 << 20;

/// Sections whose keys are names with a table of their own.
const NAMED_SECTIONS: &[&str] = &["platforms", "resilience"];

/// A configuration file.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    /// Whether it lies in the working directory without having been named: others may have written it.
    pub(super) of_working_directory: bool,
}

/// Finds the file: the one named, `$SYNTHESIZER_CONFIG`, the working directory's, the user's; the first that exists.
///
/// A file that was named but does not exist is given all the same, so that reading it reports the problem.
pub(super) fn find(
    named: Option<&Path>,
    environment: &BTreeMap<String, String>,
    working_directory: &Path,
) -> Option<Found> {
    let known = |path| Found {
        path,
        of_working_directory: false,
    };
    if let Some(file) = named {
        return Some(known(working_directory.join(file)));
    }
    let variable = environment
        .get("SYNTHESIZER_CONFIG")
        .filter(|value| !value.is_empty());
    if let Some(file) = variable {
        return Some(known(working_directory.join(file)));
    }
    let own = working_directory.join(FILE_NAME);
    if own.is_file() {
        return Some(Found {
            path: own,
            of_working_directory: true,
        });
    }
    let folder = user_folder(environment, "XDG_CONFIG_HOME", ".config")?;
    let users = folder.join("synthesizer").join(FILE_NAME);
    users.is_file().then(|| known(users))
}

/// Reads the entries of a file; what does not parse is a problem and the rest is still read.
pub(super) fn read(
    found: &Found,
    working_directory: &Path,
    problems: &mut Vec<Problem>,
) -> Vec<Entry> {
    let file = found.path.as_path();
    let shown = file
        .strip_prefix(working_directory)
        .unwrap_or(file)
        .display()
        .to_string();
    match read_text(file) {
        Ok(text) => parse(
            &text,
            file.parent().unwrap_or(working_directory),
            found.of_working_directory,
            &shown,
            problems,
        ),
        Err(error) => {
            problems.push(Problem {
                path: shown.clone(),
                message: format!("the file cannot be read: {error}"),
                origin: shown,
            });
            Vec::new()
        }
    }
}

fn read_text(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    // A FIFO or a device would block or never end.
    if !std::fs::metadata(file)?.is_file() {
        return Err(std::io::Error::other("not a regular file"));
    }
    std::fs::File::open(file)?
        .take(FILE_LIMIT + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > FILE_LIMIT {
        return Err(std::io::Error::other("larger than 1 MiB"));
    }
    Ok(text)
}

fn parse(
    text: &str,
    folder: &Path,
    of_working_directory: bool,
    shown: &str,
    problems: &mut Vec<Problem>,
) -> Vec<Entry> {
    let lines = LineIndex::new(text);
    let origin = |offset: usize| format!("{shown}:{}", lines.line(offset));
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        problems.push(Problem {
            path: shown.to_owned(),
            message: format!("not valid TOML: {}", error.message()),
            origin: origin(error.span().map_or(0, |span| span.start)),
        });
    }
    let mut entries = Vec::new();
    let mut add = |path: String, key: &Spanned<std::borrow::Cow<'_, str>>, value: Raw| {
        let origin = origin(key.span().start);
        entries.push(Entry {
            path,
            value,
            origin,
            folder: folder.to_owned(),
            of_working_directory,
        });
    };
    for (section, value) in document.get_ref().iter() {
        match value.get_ref() {
            DeValue::Table(table) => {
                let is_named = NAMED_SECTIONS.contains(&section.get_ref().as_ref());
                for (key, value) in table.iter() {
                    let path = format!("{}.{}", section.get_ref(), key.get_ref());
                    match value.get_ref() {
                        DeValue::Table(named) if is_named => {
                            for (key, value) in named.iter() {
                                let path = format!("{path}.{}", key.get_ref());
                                add(path, key, raw(value.get_ref()));
                            }
                        }
                        value => add(path, key, raw(value)),
                    }
                }
            }
            other => add(section.get_ref().clone().into_owned(), section, raw(other)),
        }
    }
    entries
}

fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.clone().into_owned()),
        DeValue::Boolean(value) => Raw::Boolean(*value),
        DeValue::Integer(integer) => {
            i128::from_str_radix(integer.as_str(), integer.radix()).map_or(Raw::Other, Raw::Integer)
        }
        DeValue::Array(array) => array
            .iter()
            .map(|entry| entry.get_ref().as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
            .map_or(Raw::Other, Raw::List),
        DeValue::Table(table) => match (table.len(), table.get("file").map(Spanned::get_ref)) {
            (1, Some(DeValue::String(file))) => Raw::File(file.clone().into_owned()),
            _ => Raw::Other,
        },
        DeValue::Float(_) | DeValue::Datetime(_) => Raw::Other,
    }
}
