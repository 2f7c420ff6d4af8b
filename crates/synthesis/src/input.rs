//! What a synthesis is made of. Values only: names are checked here once, everything else was read by the caller.

use std::collections::BTreeMap;

use bytes::Bytes;
use synthesizer_model::{
    ErrorCode, Failure,
    component::{Closure, NeededDistribution},
    finding::Finding,
    python::PythonFile,
    synthesis::SynthesisRequest,
    tree::{Origin, TreePath},
};

use crate::identifier::{is_builtin, is_module_name};

/// The new project's name, in the two forms that it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectName {
    distribution: String,
    package: String,
}

impl ProjectName {
    /// Parses a distribution name and derives the package's name: lower case, `-` and `.` become `_`.
    ///
    /// `is_taken` answers for names that the package must not have, such as modules of the standard library.
    ///
    /// # Errors
    /// `E_ARGUMENT` when the name is no valid distribution name (PEP 508, at most 100 bytes), or its package's name is no
    /// identifier, a keyword, a builtin, reserved by some file system, or taken.
    pub fn parse(name: &str, is_taken: impl Fn(&str) -> bool) -> Result<Self, Failure> {
        let at_ends = |character: char| character.is_ascii_alphanumeric();
        let valid = name.len() <= 100
            && name.starts_with(at_ends)
            && name.ends_with(at_ends)
            && name
                .chars()
                .all(|character| at_ends(character) || "._-".contains(character));
        if !valid {
            return Err(refuse_name(
                "the project's name is not a valid distribution name",
            ));
        }
        let package = name.to_ascii_lowercase().replace(['-', '.'], "_");
        if !is_module_name(&package) || TreePath::new(&package).is_err() {
            return Err(refuse_name(&format!(
                "the project's package would be called {package}, which Python cannot import"
            )));
        }
        if is_builtin(&package) || is_taken(&package) {
            return Err(refuse_name(&format!(
                "the project's package would be called {package} and hide Python's own"
            )));
        }
        Ok(Self {
            distribution: name.to_owned(),
            package,
        })
    }

    /// Gives the name as it was asked for.
    pub fn distribution(&self) -> &str {
        &self.distribution
    }

    /// Gives the name of the import package.
    pub fn package(&self) -> &str {
        &self.package
    }
}

fn refuse_name(message: &str) -> Failure {
    Failure::new(ErrorCode::Argument, message).with_hint(
        "use letters, digits and - _ . between them, begin with a letter, and avoid Python's own names; for example my-toolbox",
    )
}

/// Everything that a synthesis is made of.
#[derive(Debug)]
pub struct SynthesisInput<'a> {
    /// What was asked for.
    pub request: &'a SynthesisRequest,
    /// Its name, parsed.
    pub project_name: ProjectName,
    /// One source for each repository of the request, in the same order.
    pub sources: Vec<SourceInput>,
    /// PEP 440 specifier of the Python versions that all sources run on; empty for any.
    pub requires_python: String,
    /// What the caller found so far, the closures' own findings apart.
    pub findings: Vec<Finding>,
}

/// One source with the closure to take from it.
#[derive(Debug)]
pub struct SourceInput {
    /// Short name of `[a-z0-9-]`, unique in the input.
    pub id: String,
    /// Where it came from.
    pub origin: Origin,
    /// Name and version of its distribution, as `importlib.metadata` would tell.
    pub distribution: Option<(String, String)>,
    /// SPDX expression, when known.
    pub license: Option<String>,
    /// Whether its license asks for changed files to be marked.
    pub marks_changes: bool,
    /// A folder below the new package's folder; the package's folder itself when `None`.
    pub destination: Option<TreePath>,
    /// What to take.
    pub closure: Closure,
    /// Every file of the closure, by its path in the source.
    pub files: BTreeMap<TreePath, SourceFile>,
    /// File names and texts of its licenses and notices.
    pub texts: Vec<(String, String)>,
    /// Distributions that the closure imports.
    pub needed: Vec<NeededDistribution>,
    /// The components as they were asked for.
    pub components: Vec<RequestedComponent>,
    /// Dotted modules of other sources that this one's imports are to be linked to, with those sources' ids.
    pub linked_modules: BTreeMap<String, String>,
    /// Top-level import names that the source provides.
    pub original_packages: Vec<String>,
}

impl SourceInput {
    /// Gives name and version for people, such as `click 8.1.7`.
    pub(crate) fn title(&self) -> String {
        let title = match (&self.distribution, &self.origin.version) {
            (Some((name, version)), _) => format!("{name} {version}"),
            (None, Some(version)) => format!("{} {version}", self.id),
            (None, None) => self.id.clone(),
        };
        // A manifest may say anything; the title stands in comments of code and in NOTICE, one line each.
        synthesizer_model::text::escape_untrusted(&title)
    }
}

/// One file of a source.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its contents.
    pub bytes: Bytes,
    /// Its git blob id.
    pub blob: String,
    /// Whether it has the executable bit.
    pub executable: bool,
    /// Its facts, with ranges of the contents as they are (a byte order mark included); `None` when it is not Python or not UTF-8.
    pub python: Option<PythonFile>,
    /// The license of its `SPDX-License-Identifier` header.
    pub spdx_header: Option<String>,
}

/// A component that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedComponent {
    /// As it was written.
    pub text: String,
    /// Its modules, by their names in the source.
    pub modules: Vec<String>,
    /// The symbol in its first module, if it names one.
    pub symbol: Option<String>,
    /// Number of files of its own closure.
    pub files: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, package: Option<&str>) {
        let parsed = ProjectName::parse(name, |name| name == "json");
        assert_eq!(
            parsed.as_ref().ok().map(ProjectName::package),
            package,
            "{name:?}"
        );
    }

    #[test]
    fn a_project_name_gives_a_package_that_can_be_imported() {
        check("toolbox", Some("toolbox"));
        check("My-Tool.box", Some("my_tool_box"));
        check("", None);
        check("-x", None);
        check("x/y", None);
        check("../x", None);
        check("3d", None);
        check("import", None);
        check("json", None);
        check("Print", None);
        check("aux", None);
        check("naïve", None);
        check(&"a".repeat(101), None);
    }
}
