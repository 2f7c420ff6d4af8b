//! A template and where it is found: in the program, by name, or in a folder of the user. Fills nothing in.

use std::{borrow::Cow, collections::BTreeMap};

use synthesizer_model::{
    ErrorCode, Failure,
    dependency::Ecosystem,
    text::escape_untrusted,
    tree::{SourceTree, TreePath, sha256_hex},
};

use super::{
    BUILT_IN,
    descriptor::{Descriptor, LARGEST_DESCRIPTOR},
    engine::Engine,
    filling::Command,
};

/// The largest text of a template, in bytes.
const LARGEST_TEXT: usize = 256 << 10;
/// All texts of a template together, in bytes.
const ALL_TEXTS: usize = 4 << 20;
/// What a template's descriptor is called.
const DESCRIPTOR: &str = "template.toml";

/// A template: its descriptor and its texts.
#[derive(Debug, Clone)]
pub struct Template {
    /// What a request calls it.
    pub name: Cow<'static, str>,
    pub(super) descriptor: Cow<'static, str>,
    pub(super) texts: Texts,
}

/// The texts of a template by their names.
#[derive(Debug, Clone)]
pub(super) enum Texts {
    /// Those of the program.
    BuiltIn(&'static [(&'static str, &'static str)]),
    /// Those of a folder.
    Read(Vec<(String, String)>),
}

impl Template {
    pub(super) const fn built_in(
        name: &'static str,
        descriptor: &'static str,
        texts: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self {
            name: Cow::Borrowed(name),
            descriptor: Cow::Borrowed(descriptor),
            texts: Texts::BuiltIn(texts),
        }
    }

    /// Reads a template from a folder: `template.toml` at its top and the texts that it names.
    ///
    /// Links are not followed and nothing but the named files is read.
    ///
    /// # Errors
    /// `E_NOT_FOUND` when the folder has no descriptor, `E_ARGUMENT` when that or a text is not valid, `E_LIMIT` when there is too much.
    pub fn from_tree(tree: &dyn SourceTree) -> Result<Self, Failure> {
        let written = read_text(tree, DESCRIPTOR, LARGEST_DESCRIPTOR)?;
        let descriptor = Descriptor::read(&written)?;
        if BUILT_IN
            .iter()
            .any(|template| template.name == descriptor.name)
        {
            return Err(Failure::new(
                ErrorCode::Argument,
                format!(
                    "the template in the folder is called {}, as one of the program is",
                    descriptor.name
                ),
            )
            .with_hint("give it another name in its template.toml"));
        }
        let mut names: Vec<&str> = descriptor
            .files
            .iter()
            .map(|file| file.text.as_str())
            .chain(descriptor.parts.iter().map(|part| part.text.as_str()))
            .collect();
        names.sort_unstable();
        names.dedup();
        let mut texts = Vec::with_capacity(names.len());
        let mut left = ALL_TEXTS;
        for name in names {
            let text = read_text(tree, name, LARGEST_TEXT)?;
            left = left.checked_sub(text.len()).ok_or_else(|| {
                Failure::new(
                    ErrorCode::Limit,
                    "the texts of the template are larger than 4 MiB together",
                )
            })?;
            texts.push((name.to_owned(), text));
        }
        Ok(Self {
            name: Cow::Owned(descriptor.name),
            descriptor: Cow::Owned(written),
            texts: Texts::Read(texts),
        })
    }

    /// Gives a sentence on what the template is for.
    ///
    /// # Errors
    /// `E_INTERNAL` when the descriptor is not valid.
    pub fn description(&self) -> Result<String, Failure> {
        Ok(self.described()?.description)
    }

    /// Lists the ecosystems that the template makes projects for.
    ///
    /// # Errors
    /// `E_INTERNAL` when the descriptor is not valid.
    pub fn ecosystems(&self) -> Result<Vec<Ecosystem>, Failure> {
        Ok(self.described()?.ecosystems)
    }

    /// Gives the PEP 440 specifier of the Python versions that the template's own files and tools run on.
    ///
    /// # Errors
    /// `E_INTERNAL` when the descriptor is not valid.
    pub fn requires_python(&self) -> Result<String, Failure> {
        Ok(self.described()?.requires.python.unwrap_or_default())
    }

    /// Gives the oldest Rust release that the template's own files compile with.
    ///
    /// # Errors
    /// `E_INTERNAL` when the descriptor is not valid.
    pub fn requires_rust(&self) -> Result<Option<String>, Failure> {
        Ok(self.described()?.requires.rust)
    }

    /// Gives the range of Node versions that the template's own files run on.
    ///
    /// # Errors
    /// `E_INTERNAL` when the descriptor is not valid.
    pub fn requires_node(&self) -> Result<Option<String>, Failure> {
        Ok(self.described()?.requires.node)
    }

    /// Lists the packages that the template's own files and tools need: name, range of versions, whether for development only.
    ///
    /// # Errors
    /// `E_INTERNAL` when the descriptor is not valid.
    pub fn dependencies(&self, ecosystem: Ecosystem) -> Result<Vec<TemplateDependency>, Failure> {
        let described = self.described()?.dependencies.into_iter();
        Ok(described
            .filter(|dependency| Descriptor::is_for(dependency.ecosystem, ecosystem))
            .map(|dependency| TemplateDependency {
                name: dependency.name,
                requirement: dependency.requirement,
                development: dependency.development,
                features: dependency.features,
            })
            .collect())
    }

    /// Lists the commands with which a project of that name is installed and checked.
    ///
    /// # Errors
    /// `E_ARGUMENT` when the template is not made for the ecosystem, or a command asks for another value than the name.
    pub fn commands(&self, ecosystem: &str, name: &str) -> Result<Vec<Command>, Failure> {
        let ecosystem = for_ecosystem(self, ecosystem)?;
        let engine = Engine::new()?;
        let values = BTreeMap::from([("name", name)]);
        let described = self.described()?.commands.into_iter();
        described
            .filter(|command| Descriptor::is_for(command.ecosystem, ecosystem))
            .map(|command| {
                Ok(Command {
                    run: engine.fill("command", &command.run, &values)?,
                    name: command.name,
                })
            })
            .collect()
    }

    /// Gives a hash of everything that the template says, as a lock records a template that is not the program's own.
    pub fn fingerprint(&self) -> String {
        let mut all = self.descriptor.as_bytes().to_vec();
        let mut add = |name: &str, text: &str| {
            for part in [name, text] {
                all.extend((part.len() as u64).to_be_bytes());
                all.extend(part.as_bytes());
            }
        };
        match &self.texts {
            Texts::BuiltIn(texts) => texts.iter().for_each(|(name, text)| add(name, text)),
            Texts::Read(texts) => texts.iter().for_each(|(name, text)| add(name, text)),
        }
        sha256_hex(&all)
    }

    pub(super) fn described(&self) -> Result<Descriptor, Failure> {
        let descriptor = Descriptor::read(&self.descriptor)?;
        if descriptor.name == self.name {
            Ok(descriptor)
        } else {
            Err(Failure::internal(
                "a template's descriptor has another name",
            ))
        }
    }

    pub(super) fn text(&self, wanted: &str) -> Result<&str, Failure> {
        let found = match &self.texts {
            Texts::BuiltIn(texts) => texts
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, text)| *text),
            Texts::Read(texts) => texts
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, text)| text.as_str()),
        };
        found.ok_or_else(|| {
            Failure::internal(format!(
                "the template has no text {}",
                escape_untrusted(wanted)
            ))
        })
    }
}

/// A package that a template's own files or tools need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateDependency {
    /// The package's name.
    pub name: String,
    /// Its versions, in the words of its ecosystem.
    pub requirement: String,
    /// Whether only those who develop the project need it.
    pub development: bool,
    /// Features or extras.
    pub features: Vec<String>,
}

/// Finds a template of the program for an ecosystem.
///
/// # Errors
/// `E_ARGUMENT` naming the known ones.
pub fn find(name: &str, ecosystem: &str) -> Result<&'static Template, Failure> {
    let template = built_in(name)?;
    for_ecosystem(template, ecosystem)?;
    Ok(template)
}

/// Says whether a template of the program has this name.
pub fn is_built_in(name: &str) -> bool {
    BUILT_IN.iter().any(|template| template.name == name)
}

fn built_in(name: &str) -> Result<&'static Template, Failure> {
    BUILT_IN
        .iter()
        .find(|template| template.name == name)
        .ok_or_else(|| {
            let known: Vec<&str> = BUILT_IN.iter().map(|template| &*template.name).collect();
            Failure::new(
                ErrorCode::Argument,
                "there is no template of the requested name",
            )
            .with_hint(format!("use one of: {}", known.join(", ")))
        })
}

/// Gives the ecosystem that a template of the program is made for; `None` when it is made for several.
///
/// # Errors
/// `E_ARGUMENT` naming the known templates.
pub fn ecosystem_of(name: &str) -> Result<Option<String>, Failure> {
    match built_in(name)?.ecosystems()?.as_slice() {
        [only] => Ok(Some(only.as_str().to_owned())),
        _ => Ok(None),
    }
}

/// Checks that a template makes projects of an ecosystem.
///
/// # Errors
/// `E_ARGUMENT` naming what it is made for.
pub fn for_ecosystem(template: &Template, ecosystem: &str) -> Result<Ecosystem, Failure> {
    let ecosystems = template.ecosystems()?;
    let found = ecosystems
        .iter()
        .copied()
        .find(|one| one.as_str() == ecosystem);
    found.ok_or_else(|| {
        let listed: Vec<String> = ecosystems
            .iter()
            .map(|one| format!("\"{}\"", one.as_str()))
            .collect();
        Failure::new(
            ErrorCode::Argument,
            format!(
                "the template {} is not made for the requested ecosystem",
                template.name
            ),
        )
        .with_hint(format!("use ecosystem = {}", listed.join(" or ")))
    })
}

fn read_text(tree: &dyn SourceTree, name: &str, largest: usize) -> Result<String, Failure> {
    let shown = escape_untrusted(name);
    let too_large = || {
        Failure::new(
            ErrorCode::Limit,
            format!(
                "the template's file {shown} is larger than {} KiB",
                largest >> 10
            ),
        )
    };
    let path = TreePath::new(name).map_err(|refusal| {
        Failure::new(
            ErrorCode::Argument,
            format!("the template names {shown}, which is {refusal}"),
        )
    })?;
    let entries = tree.entries();
    let entry = entries
        .binary_search_by(|entry| entry.path.cmp(&path))
        .map(|at| &entries[at])
        .ok()
        .filter(|entry| entry.is_file())
        .ok_or_else(|| {
            Failure::new(ErrorCode::NotFound, format!("the template's folder has no file {shown}"))
                .with_hint("a template is a folder with a template.toml and the texts that it names; links are not followed")
        })?;
    if entry.size.is_some_and(|size| size > largest as u64) {
        return Err(too_large());
    }
    let blob = tree.read(&path)?;
    if blob.bytes.len() > largest {
        return Err(too_large());
    }
    String::from_utf8(blob.bytes.to_vec()).map_err(|_| {
        Failure::new(
            ErrorCode::Argument,
            format!("the template's file {shown} is not UTF-8 text"),
        )
    })
}
