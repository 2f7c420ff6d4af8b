//! What a synthesis of Python is made of. Values only: names are checked here once, everything else was read by the caller.

use std::collections::BTreeMap;

use synthesizer_model::{
    ErrorCode, Failure,
    component::{Closure, NeededDistribution},
    finding::Finding,
    python::{ImportStatement, PythonFile},
    synthesis::SynthesisRequest,
    tree::TreePath,
};

use crate::templates::Template;

use super::{
    identifier::{is_builtin, is_module_name},
    upstream_tests::SourceTests,
};
use crate::source::{SourceFile, SourceRecord};

/// Python's own package of its regression tests: `sys.stdlib_module_names`, which is the list of the others, leaves it out.
const UNLISTED_MODULE: &str = "test";

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
        if let Err(refusal) = TreePath::new(&package) {
            return Err(refuse_name(&format!(
                "the project's package would be called {package}, which is {refusal}"
            )));
        }
        if !is_module_name(&package) {
            return Err(refuse_name(&format!(
                "the project's package would be called {package}, which Python cannot import"
            )));
        }
        if is_builtin(&package) || is_taken(&package) || package == UNLISTED_MODULE {
            return Err(refuse_name(&format!(
                "the project's package would be called {package} and hide Python's own"
            )));
        }
        Ok(Self {
            distribution: name.to_owned(),
            package,
        })
    }

    /// Takes a name that another family has checked, and what code calls it.
    pub(crate) fn of(distribution: String, package: String) -> Self {
        Self {
            distribution,
            package,
        }
    }

    /// Takes a name that a family has checked, and what it is called in code.
    pub(crate) fn of_parts(distribution: &str, package: &str) -> Self {
        Self {
            distribution: distribution.to_owned(),
            package: package.to_owned(),
        }
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
    /// The template, whose name the request has.
    pub template: &'a Template,
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
#[derive(Debug, Clone)]
pub struct SourceInput {
    /// What every family knows of it.
    pub record: SourceRecord,
    /// What to take.
    pub closure: Closure,
    /// Every file of the closure, by its path in the source.
    pub files: BTreeMap<TreePath, SourceFile>,
    /// The facts of those that are Python and UTF-8, with ranges of the contents as they are (a byte order mark included).
    pub python: BTreeMap<TreePath, PythonFile>,
    /// Distributions that the closure imports.
    pub needed: Vec<NeededDistribution>,
    /// The components as they were asked for.
    pub components: Vec<RequestedComponent>,
    /// Dotted modules of other sources that this one's imports are to be linked to, with those sources' ids.
    pub linked_modules: BTreeMap<String, String>,
    /// Top-level import names that the source provides.
    pub original_packages: Vec<String>,
    /// Console scripts that the source declares: name to `module:function`.
    pub scripts: BTreeMap<String, String>,
    /// Import statements in examples of docstrings, by the path of their file.
    pub doctest_imports: BTreeMap<TreePath, Vec<ImportStatement>>,
    /// What comes along of its tests.
    pub tests: SourceTests,
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
        check("test", None);
        check("Test", None);
        check("tester", Some("tester"));
        check(&"a".repeat(101), None);
    }

    #[test]
    fn a_refusal_tells_the_right_reason() {
        let check = |name: &str, reason: &str| {
            let failure = ProjectName::parse(name, |_| false).expect_err(name);
            assert!(failure.message.contains(reason), "{}", failure.message);
        };
        check("CON", "con, which is a name reserved by some system");
        check("import", "which Python cannot import");
        check("test", "hide Python's own");
    }
}
