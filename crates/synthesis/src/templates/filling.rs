//! From a template and values to files, parts of manifests and commands. Which family made the values does not matter here.

use std::collections::BTreeSet;

use serde::Serialize;
use synthesizer_model::{ErrorCode, Failure, text::escape_untrusted, tree::TreePath};

use crate::merging::{self, Extent, MergeSource, Merged};

use super::{
    descriptor::Descriptor,
    engine::Engine,
    manifest,
    template::{Template, for_ecosystem},
    values::{Seen, Values, placed},
};

/// All files and parts of a filled template together, in bytes.
const ALL_FILLED: usize = 8 << 20;

/// A command with which a person checks the project, such as `uv run pytest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Command {
    /// What it checks: `install`, `lint`, `format`, `types`, `test`.
    pub name: String,
    /// The command line, run at the project's top.
    pub run: String,
}

/// One file of a filled template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedFile {
    /// Where it goes.
    pub path: TreePath,
    /// Its contents.
    pub text: String,
    /// Why it is there.
    pub reason: String,
    /// Whether a placed file at its path stays; else that is a clash.
    pub keeps_placed: bool,
}

/// A piece of a manifest, in the manifest's own format, to be merged into what the family writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestPart {
    /// The manifest's path in the project.
    pub path: TreePath,
    /// What the template adds to it.
    pub text: String,
}

/// A filled template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// The template's name.
    pub template: String,
    /// Whole files, in the order of the descriptor.
    pub files: Vec<RenderedFile>,
    /// Parts of manifests: first the template's dependencies, then its own texts.
    pub parts: Vec<ManifestPart>,
    /// The manifest that declares the project's own package.
    pub package_manifest: TreePath,
    /// How to check the project; for its README. Its workflow runs the same.
    pub commands: Vec<Command>,
    /// The folders and files with code of others, which lints and type checks leave out.
    pub placed: Vec<String>,
}

impl Filled {
    /// Merges the template's parts into a manifest that the family wrote.
    pub fn merge_into(&self, path: &TreePath, manifest: &str) -> Merged {
        let parts: Vec<MergeSource<'_>> = self
            .parts
            .iter()
            .filter(|part| part.path == *path)
            .map(|part| MergeSource {
                id: &self.template,
                path: part.path.file_name(),
                text: &part.text,
                extent: Extent::Template,
                folder: "",
            })
            .collect();
        match merging::kind_of(path.file_name()) {
            Some(kind) => merging::merge(kind, manifest, &parts),
            None => Merged {
                text: manifest.to_owned(),
                ..Merged::default()
            },
        }
    }
}

/// Fills a template for the ecosystem of the values.
///
/// # Errors
/// `E_ARGUMENT` when the template is not made for the ecosystem, names an unknown value or gives two files at one path; `E_PATH` for a
/// path that cannot be placed; `E_LIMIT` when it gives too much.
pub fn fill(template: &Template, values: &Values) -> Result<Filled, Failure> {
    let ecosystem = for_ecosystem(template, &values.ecosystem)?;
    let descriptor = template.described()?;
    let engine = Engine::new()?;
    let commands = template.commands(&values.ecosystem, &values.name)?;
    let mut seen = Seen {
        ecosystem: &values.ecosystem,
        name: &values.name,
        package: &values.package,
        title: &values.title,
        components: &values.components,
        placed: Vec::new(),
        commands: &commands,
    };
    let files: Vec<_> = descriptor
        .files
        .iter()
        .filter(|file| Descriptor::is_for(file.ecosystem, ecosystem))
        .map(|file| Ok((filled_path(&engine, &file.path, &seen)?, file)))
        .collect::<Result<_, Failure>>()?;
    let paths: Vec<TreePath> = files.iter().map(|(path, _)| path.clone()).collect();
    refuse_twins(&paths)?;
    // Which folders are all of others is known once the template's own paths are.
    seen.placed = placed(&values.moved, &paths);

    let mut room = ALL_FILLED;
    let mut text_of = |name: &str| -> Result<String, Failure> {
        let text = engine.fill(name, template.text(name)?, &seen)?;
        room = room.checked_sub(text.len()).ok_or_else(|| {
            Failure::new(
                ErrorCode::Limit,
                "the files of the template are larger than 8 MiB together",
            )
        })?;
        Ok(text)
    };
    let files = files
        .into_iter()
        .map(|(path, file)| {
            Ok(RenderedFile {
                path,
                text: text_of(&file.text)?,
                reason: file.reason.clone(),
                keeps_placed: file.keeps_placed,
            })
        })
        .collect::<Result<_, Failure>>()?;
    let package_manifest = match &descriptor.package_manifest {
        Some(path) => filled_path(&engine, path, &seen)?,
        None => own_path(manifest::name(ecosystem))?,
    };
    let mut parts = Vec::new();
    let dependencies = template.dependencies(ecosystem)?;
    if !dependencies.is_empty() {
        let text = manifest::declaring(ecosystem, &dependencies);
        parts.push(ManifestPart {
            path: package_manifest.clone(),
            text,
        });
    }
    for part in &descriptor.parts {
        if Descriptor::is_for(part.ecosystem, ecosystem) {
            let path = filled_path(&engine, &part.path, &seen)?;
            parts.push(ManifestPart {
                path,
                text: text_of(&part.text)?,
            });
        }
    }
    let placed = std::mem::take(&mut seen.placed);
    Ok(Filled {
        template: template.name.to_string(),
        files,
        parts,
        package_manifest,
        commands,
        placed,
    })
}

fn filled_path(engine: &Engine, path: &str, seen: &Seen<'_>) -> Result<TreePath, Failure> {
    let path = engine.fill(path, path, seen)?;
    own_path(&path)
}

fn own_path(path: &str) -> Result<TreePath, Failure> {
    TreePath::new(path).map_err(|refusal| {
        Failure::new(
            ErrorCode::Path,
            format!(
                "the template gives a file at {}, which is {refusal}",
                escape_untrusted(path)
            ),
        )
    })
}

/// Refuses two files of one path, and a file that would be a folder of another one.
fn refuse_twins(paths: &[TreePath]) -> Result<(), Failure> {
    let mut folded: Vec<String> = paths.iter().map(TreePath::folded).collect();
    folded.sort();
    let known: BTreeSet<&str> = folded.iter().map(String::as_str).collect();
    let twin = folded
        .windows(2)
        .find(|pair| pair[0] == pair[1])
        .map(|pair| pair[0].as_str())
        .or_else(|| {
            folded.iter().map(String::as_str).find(|path| {
                path.match_indices('/')
                    .any(|(at, _)| known.contains(&path[..at]))
            })
        });
    match twin {
        None => Ok(()),
        Some(path) => Err(Failure::new(
            ErrorCode::Argument,
            format!(
                "the template gives two files that cannot both be at {}",
                escape_untrusted(path)
            ),
        )),
    }
}
