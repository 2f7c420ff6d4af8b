//! Reads `template.toml`, the descriptor of a template, and checks it once. Reads no file itself: text in, values out.

use serde::Deserialize;
use synthesizer_model::{
    ErrorCode, Failure,
    dependency::Ecosystem,
    text::{escape_untrusted, is_deceptive},
};

/// The largest descriptor, in bytes.
pub(super) const LARGEST_DESCRIPTOR: usize = 64 << 10;
/// The most files, manifest parts, dependencies and commands, each.
pub(super) const MOST_ENTRIES: usize = 200;
/// The longest name, path, requirement, command or sentence, in bytes.
const LONGEST: usize = 1000;
/// The families that projects can be made for.
const FAMILIES: [Ecosystem; 3] = [Ecosystem::Python, Ecosystem::Cargo, Ecosystem::Npm];

/// What `template.toml` says. See `docs/design/014-templates-and-merging.md` for the meaning of each key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Descriptor {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) ecosystems: Vec<Ecosystem>,
    #[serde(default)]
    pub(super) requires: Requires,
    /// Where the project's own package is declared, when that is not the manifest at the top.
    #[serde(default, rename = "package-manifest")]
    pub(super) package_manifest: Option<String>,
    #[serde(default, rename = "dependency")]
    pub(super) dependencies: Vec<DescribedDependency>,
    #[serde(default, rename = "command")]
    pub(super) commands: Vec<DescribedCommand>,
    #[serde(default, rename = "part")]
    pub(super) parts: Vec<DescribedPart>,
    #[serde(default, rename = "file")]
    pub(super) files: Vec<DescribedFile>,
}

/// The versions that the template's own files and tools run on.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Requires {
    /// A PEP 440 specifier.
    pub(super) python: Option<String>,
    /// The oldest Rust release, as `rust-version` has it.
    pub(super) rust: Option<String>,
    /// A range of Node versions, as `engines` has it.
    pub(super) node: Option<String>,
}

/// A package that the template's own files or tools need.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DescribedDependency {
    pub(super) name: String,
    pub(super) requirement: String,
    #[serde(default)]
    pub(super) development: bool,
    #[serde(default)]
    pub(super) features: Vec<String>,
    pub(super) ecosystem: Option<Ecosystem>,
}

/// A command with which a person checks the project.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DescribedCommand {
    pub(super) name: String,
    pub(super) run: String,
    pub(super) ecosystem: Option<Ecosystem>,
}

/// A piece of a manifest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DescribedPart {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) ecosystem: Option<Ecosystem>,
}

/// A whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DescribedFile {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) reason: String,
    #[serde(default, rename = "keeps-placed")]
    pub(super) keeps_placed: bool,
    pub(super) ecosystem: Option<Ecosystem>,
}

impl Descriptor {
    /// Reads a descriptor.
    ///
    /// # Errors
    /// `E_ARGUMENT` when it is no valid descriptor, `E_LIMIT` when it is too large or lists too much.
    pub(super) fn read(text: &str) -> Result<Self, Failure> {
        if text.len() > LARGEST_DESCRIPTOR {
            return Err(Failure::new(
                ErrorCode::Limit,
                "a template's descriptor is larger than 64 KiB",
            ));
        }
        let descriptor: Self = toml::from_str(text)
            .map_err(|error| refuse(&format!("it is not valid: {}", error.message())))?;
        descriptor.check()?;
        Ok(descriptor)
    }

    fn check(&self) -> Result<(), Failure> {
        let lists = [
            self.files.len(),
            self.parts.len(),
            self.dependencies.len(),
            self.commands.len(),
        ];
        if lists.into_iter().any(|length| length > MOST_ENTRIES) {
            return Err(Failure::new(
                ErrorCode::Limit,
                format!(
                    "a template lists more than {MOST_ENTRIES} files, parts, dependencies or commands"
                ),
            ));
        }
        let plain = |character: char| {
            character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-'
        };
        if self.name.is_empty() || self.name.len() > 64 || !self.name.chars().all(plain) {
            return Err(refuse("its name is not made of up to 64 of a-z, 0-9 and -"));
        }
        if self.ecosystems.is_empty() || self.ecosystems.iter().any(|one| !FAMILIES.contains(one)) {
            return Err(refuse("its ecosystems are not some of python, cargo, npm"));
        }
        self.check_lines()?;
        for dependency in &self.dependencies {
            dependency.check()?;
        }
        Ok(())
    }

    /// Everything of a descriptor is written into files or shown, and nothing of it is longer than a line.
    fn check_lines(&self) -> Result<(), Failure> {
        let Requires { python, rust, node } = &self.requires;
        let mut lines: Vec<&str> = vec![&self.description];
        lines.extend(
            [python, rust, node, &self.package_manifest]
                .into_iter()
                .flatten()
                .map(String::as_str),
        );
        for command in &self.commands {
            lines.extend([command.name.as_str(), &command.run]);
        }
        for part in &self.parts {
            lines.extend([part.path.as_str(), &part.text]);
        }
        for file in &self.files {
            lines.extend([file.path.as_str(), &file.text, &file.reason]);
        }
        if lines
            .iter()
            .any(|line| line.is_empty() || line.len() > LONGEST || line.chars().any(is_deceptive))
        {
            return Err(refuse(
                "a value is empty, longer than 1000 bytes or has invisible characters",
            ));
        }
        Ok(())
    }

    /// Says whether an entry is for an ecosystem; one that names none is for all of them.
    pub(super) fn is_for(entry: Option<Ecosystem>, ecosystem: Ecosystem) -> bool {
        entry.is_none_or(|only| only == ecosystem)
    }
}

impl DescribedDependency {
    /// A requirement is a range of versions: never an address, a path or a second requirement.
    fn check(&self) -> Result<(), Failure> {
        let in_name =
            |character: char| character.is_ascii_alphanumeric() || "._-@/".contains(character);
        let in_range = |character: char| {
            character.is_ascii_alphanumeric() || " .,*+-!<>=~^|".contains(character)
        };
        let in_feature =
            |character: char| character.is_ascii_alphanumeric() || "._-+".contains(character);
        let sound = !self.name.is_empty()
            && self.name.len() <= 214
            && self.name.chars().all(in_name)
            && self.name.matches('/').count() <= usize::from(self.name.starts_with('@'))
            && !self.name.get(1..).is_some_and(|rest| rest.contains('@'))
            && !self.requirement.is_empty()
            && self.requirement.len() <= 200
            && self.requirement.chars().all(in_range)
            && self.features.len() <= 50
            && self.features.iter().all(|feature| {
                !feature.is_empty() && feature.len() <= 100 && feature.chars().all(in_feature)
            });
        if sound {
            Ok(())
        } else {
            Err(refuse(&format!(
                "the dependency {} is not a package's name and a range of versions",
                self.name.chars().take(50).collect::<String>()
            )))
        }
    }
}

fn refuse(why: &str) -> Failure {
    Failure::new(
        ErrorCode::Argument,
        format!(
            "a template's descriptor is refused: {}",
            escape_untrusted(why)
        ),
    )
    .with_hint("see docs/design/014-templates-and-merging.md for the keys of template.toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "name = \"mine\"\ndescription = \"Mine\"\necosystems = [\"python\"]\n";

    fn check(rest: &str, expected: Option<ErrorCode>) {
        let read = Descriptor::read(&format!("{HEAD}{rest}"));
        assert_eq!(read.err().map(|failure| failure.code), expected, "{rest:?}");
    }

    #[test]
    fn a_descriptor_is_checked_once() {
        let argument = Some(ErrorCode::Argument);
        check("", None);
        check("[requires]\npython = \">=3.9\"", None);
        check(
            "[[dependency]]\nname = \"@types/node\"\nrequirement = \"^22\"",
            None,
        );
        check("unknown = 1", argument);
        check("[[file]]\npath = \"a\"", argument);
        check("[[command]]\nname = \"x\"\nrun = \"a\\nb\"", argument);
        check("[[command]]\nname = \"x\"\nrun = \"a\u{202e}b\"", argument);
        for (name, requirement) in [
            ("x", "@ file:///etc"),
            ("x", "git+ssh://x"),
            ("x", "../y"),
            ("a/b", "1"),
            ("@a/b/c", "1"),
            ("x@file:y", "1"),
            ("", "1"),
            ("x", "1; python_version > '3'"),
        ] {
            check(
                &format!("[[dependency]]\nname = \"{name}\"\nrequirement = \"{requirement}\""),
                argument,
            );
        }
        let file = "[[file]]\npath = \"a\"\ntext = \"b\"\nreason = \"c\"\n";
        check(&file.repeat(200), None);
        check(&file.repeat(201), Some(ErrorCode::Limit));
        check(&"#".repeat(LARGEST_DESCRIPTOR), Some(ErrorCode::Limit));
        check(&format!("x = {}", "[".repeat(30_000)), argument);
    }

    #[test]
    fn names_and_ecosystems_are_those_that_projects_have() {
        for text in [
            "name = \"../x\"\ndescription = \"x\"\necosystems = [\"python\"]",
            "name = \"\"\ndescription = \"x\"\necosystems = [\"python\"]",
            "name = \"x\"\ndescription = \"x\"\necosystems = []",
            "name = \"x\"\ndescription = \"x\"\necosystems = [\"maven\"]",
            "name = \"x\"\ndescription = \"x\"\necosystems = [\"ruby\"]",
        ] {
            let failure = Descriptor::read(text).expect_err(text);
            assert_eq!(failure.code, ErrorCode::Argument);
        }
    }
}
