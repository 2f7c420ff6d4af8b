//! Checks by a project's text alone: every Python file parses, every internal import resolves, every file is as its lock says.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_analysis::{placed, python_source::PythonSource, repository};
use synthesizer_model::{
    dependency::normalize_distribution, failure::Failure, finding::Finding, progress::Progress,
    synthesis::SynthesisLock, tree::sha256_hex, verification::Check,
};

use super::{failed, memory_tree, not_run, passed};

/// How many items a detail names.
const NAMED: usize = 5;

/// A project's files with their Python parts parsed.
pub(crate) struct ProjectText {
    files: BTreeMap<String, Vec<u8>>,
    python: PythonSource,
    declared: BTreeSet<String>,
    name: Option<String>,
}

impl ProjectText {
    /// Reads a project from its files.
    ///
    /// # Errors
    /// `E_CANCELLED`.
    pub(crate) fn new(
        files: Vec<(String, Vec<u8>)>,
        progress: &dyn Progress,
    ) -> Result<Self, Failure> {
        let tree = memory_tree(files.clone());
        let read = repository::read(&tree, progress)?;
        let declared = read
            .manifests
            .dependencies
            .iter()
            .map(|dependency| normalize_distribution(&dependency.name))
            .collect();
        Ok(Self {
            files: files.into_iter().collect(),
            python: read.python,
            declared,
            name: read.manifests.project.name,
        })
    }

    /// Gives a file's text.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        std::str::from_utf8(self.files.get(path)?).ok()
    }

    /// Gives the contents of the files.
    pub(crate) fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// Lists the modules that the project installs, parents first.
    pub(crate) fn modules(&self) -> Vec<String> {
        self.python
            .graph
            .nodes()
            .iter()
            // What no import statement can name may be a script.
            .filter(|node| !node.name.contains('-'))
            .filter(|node| node.primary && !node.name.ends_with("__main__"))
            .map(|node| node.name.clone())
            .collect()
    }

    /// Lists the modules that other systems need and this one may lack.
    pub(crate) fn platform_modules(&self) -> BTreeSet<String> {
        placed::modules_of_other_systems(&self.python)
    }

    /// Gives the normalised name of the project.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Runs the checks.
    pub(crate) fn check(&self) -> Vec<Check> {
        vec![self.check_parse(), self.check_imports()]
    }

    fn check_parse(&self) -> Check {
        let count = self.python.files.len();
        if count == 0 {
            return not_run("parse", "the project has no Python file");
        }
        if self.python.problems.is_empty() {
            return passed("parse", format!("{count} Python files parse"));
        }
        let named = self
            .python
            .problems
            .iter()
            .map(|problem| format!("{}: {}", problem.path, problem.what));
        failed("parse", list(named.collect()))
    }

    fn check_imports(&self) -> Check {
        let foreign = self.undeclared_originals();
        let findings = placed::unresolved_imports(&self.python, &foreign);
        if findings.is_empty() {
            let statements: usize = self
                .python
                .files
                .values()
                .filter_map(|file| Some(file.facts.as_ref()?.imports.len()))
                .sum();
            return passed(
                "imports-resolve",
                format!("{statements} import statements, every internal one resolves"),
            );
        }
        failed(
            "imports-resolve",
            list(findings.iter().map(describe).collect()),
        )
    }

    /// Top-level names of the original packages, as the lock's file origins tell, that no declared dependency provides.
    fn undeclared_originals(&self) -> BTreeSet<String> {
        let Some(package) = self.name().map(|name| name.replace('-', "_")) else {
            return BTreeSet::new();
        };
        let prefix = format!("{package}.");
        self.python
            .graph
            .nodes()
            .iter()
            .filter_map(|node| node.name.strip_prefix(&prefix))
            .filter_map(|rest| rest.split('.').next())
            .filter(|top| !synthesizer_analysis::standard_library::is_standard(top))
            .filter(|top| !self.declares(top))
            .map(str::to_owned)
            .collect()
    }

    fn declares(&self, top: &str) -> bool {
        let known = synthesizer_analysis::distributions::known_distribution(top)
            .map(normalize_distribution);
        self.declared.contains(&normalize_distribution(top))
            || known.is_some_and(|name| self.declared.contains(&name))
    }

    /// Compares every file with the hash that `synthesis.lock` has for it; `left_out` says what could not be read as a file.
    pub(crate) fn check_hashes(&self, left_out: &[String]) -> Check {
        let Some(text) = self.text("synthesis.lock") else {
            return not_run("locked", "the project has no synthesis.lock");
        };
        let lock: SynthesisLock = match toml::from_str(text) {
            Ok(lock) => lock,
            Err(error) => {
                return failed(
                    "locked",
                    format!("synthesis.lock cannot be read: {}", error.message()),
                );
            }
        };
        let mut differences = Vec::new();
        for file in &lock.files {
            match self.files.get(&file.path) {
                None => differences.push(format!("{} is missing", file.path)),
                Some(contents) if sha256_hex(contents) != file.sha256 => {
                    differences.push(format!("{} differs", file.path))
                }
                Some(_) => {}
            }
        }
        let locked: BTreeSet<&str> = lock.files.iter().map(|file| file.path.as_str()).collect();
        let unknown = self
            .files
            .keys()
            .filter(|path| *path != "synthesis.lock" && !locked.contains(path.as_str()));
        differences.extend(unknown.map(|path| format!("{path} is not in the lock")));
        differences.extend_from_slice(left_out);
        if differences.is_empty() {
            passed(
                "locked",
                format!(
                    "{} files are as the lock says; files that git ignores were not looked at",
                    lock.files.len()
                ),
            )
        } else {
            failed("locked", list(differences))
        }
    }
}

fn describe(finding: &Finding) -> String {
    let path = finding.path.as_deref().unwrap_or("");
    let line = finding
        .line
        .map_or_else(String::new, |line| format!(":{line}"));
    format!("{path}{line}: {}", finding.what)
}

/// Joins items, naming the first few and counting the rest.
pub(super) fn list(items: Vec<String>) -> String {
    let rest = items.len().saturating_sub(NAMED);
    let mut text = items.into_iter().take(NAMED).collect::<Vec<_>>().join("; ");
    if rest > 0 {
        text.push_str(&format!("; and {rest} more"));
    }
    synthesizer_model::text::escape_untrusted(&text)
}

#[cfg(test)]
mod tests {
    use synthesizer_model::{progress::Unwatched, verification::Outcome};

    use super::*;

    fn check(files: &[(&str, &str)], expected: [Outcome; 2]) {
        let mut files: Vec<(String, Vec<u8>)> = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
            .collect();
        files.push((
            "pyproject.toml".into(),
            b"[project]\nname = \"toolbox\"\nversion = \"0\"\n".to_vec(),
        ));
        files.push(("src/toolbox/__init__.py".into(), Vec::new()));
        let text = ProjectText::new(files, &Unwatched).expect("not cancelled");
        let outcomes: Vec<Outcome> = text.check().iter().map(|check| check.result).collect();
        assert_eq!(outcomes, expected, "{:?}", text.check());
    }

    #[test]
    fn broken_projects_are_told_apart_from_whole_ones() {
        use Outcome::{Failed, Passed};
        let inner = ("src/toolbox/click/__init__.py", "");
        check(
            &[
                inner,
                ("src/toolbox/click/a.py", "from .b import x"),
                ("src/toolbox/click/b.py", "x = 1"),
            ],
            [Passed, Passed],
        );
        check(
            &[inner, ("src/toolbox/click/a.py", "from .b import x")],
            [Passed, Failed],
        );
        check(
            &[
                inner,
                ("src/toolbox/click/a.py", "def f():\n    from .b import y"),
                ("src/toolbox/click/b.py", "x = 1"),
            ],
            [Passed, Failed],
        );
        check(
            &[inner, ("src/toolbox/click/a.py", "import click.core")],
            [Passed, Failed],
        );
        check(
            &[inner, ("src/toolbox/click/a.py", "import toolbox.click.b")],
            [Passed, Failed],
        );
        check(
            &[inner, ("src/toolbox/click/a.py", "def (")],
            [Failed, Passed],
        );
    }
}
