//! Checks by a project's text alone: every Python file parses, every internal import resolves.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_analysis::{placed, python_source::PythonSource, repository};
use synthesizer_model::{
    dependency::normalize_distribution, failure::Failure, finding::Finding, progress::Progress,
    verification::Check,
};

use crate::verification::{failed, list, memory_tree, not_run, passed};

/// The Python parts of a project.
pub(super) struct PythonText {
    python: PythonSource,
    declared: BTreeSet<String>,
    name: Option<String>,
}

impl PythonText {
    /// Reads a project from its files.
    ///
    /// # Errors
    /// `E_CANCELLED`.
    pub(super) fn new(
        files: &BTreeMap<String, Vec<u8>>,
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
            python: read.python,
            declared,
            name: read.manifests.project.name,
        })
    }

    /// Lists the modules that the project installs, parents first.
    pub(super) fn modules(&self) -> Vec<String> {
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
    pub(super) fn platform_modules(&self) -> BTreeSet<String> {
        placed::modules_of_other_systems(&self.python)
    }

    /// Gives the normalised name of the project.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Runs the checks.
    pub(super) fn check(&self) -> Vec<Check> {
        vec![self.check_parse(), self.check_imports()]
    }

    fn check_parse(&self) -> Check {
        let count = self.python.files.len();
        if count == 0 {
            return not_run("parse", "the project has no Python file");
        }
        let needed = placed::needed_files(&self.python);
        let is_needed =
            |path: &str| path.starts_with("src/") || needed.iter().any(|one| one.as_str() == path);
        let (broken, data): (Vec<_>, Vec<_>) = self
            .python
            .problems
            .iter()
            .partition(|problem| is_needed(problem.path.as_str()));
        if broken.is_empty() {
            let parsed = count.saturating_sub(data.len());
            let rest = match data.len() {
                0 => String::new(),
                others => format!("; {others} that nothing imports do not"),
            };
            return passed("parse", format!("{parsed} Python files parse{rest}"));
        }
        let named = broken
            .into_iter()
            .map(|problem| format!("{}: {}", problem.path, problem.what));
        failed("parse", list(named.collect()))
    }

    fn check_imports(&self) -> Check {
        let foreign = self.undeclared_originals();
        let needed = placed::needed_files(&self.python);
        let mut findings = placed::unresolved_imports(&self.python, &foreign);
        findings.retain(|finding| {
            let path = finding.path.as_deref().unwrap_or_default();
            needed.iter().any(|one| one.as_str() == path)
        });
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
            .filter(|top| !self.declares(top) && !self.shares(&package, top))
            .map(str::to_owned)
            .collect()
    }

    /// Says whether a name is a namespace, of which a declared distribution may have another part.
    fn shares(&self, package: &str, top: &str) -> bool {
        let prefix = format!("{}-", normalize_distribution(top));
        self.python.graph.is_namespace(&format!("{package}.{top}"))
            && self.declared.iter().any(|name| name.starts_with(&prefix))
    }

    fn declares(&self, top: &str) -> bool {
        let known = synthesizer_analysis::distributions::known_distribution(top)
            .map(normalize_distribution);
        self.declared.contains(&normalize_distribution(top))
            || known.is_some_and(|name| self.declared.contains(&name))
    }
}

fn describe(finding: &Finding) -> String {
    let path = finding.path.as_deref().unwrap_or("");
    let line = finding
        .line
        .map_or_else(String::new, |line| format!(":{line}"));
    format!("{path}{line}: {}", finding.what)
}

#[cfg(test)]
mod tests {
    use synthesizer_model::{progress::Unwatched, verification::Outcome};

    use super::*;

    fn check(files: &[(&str, &str)], expected: [Outcome; 2]) {
        let mut files: BTreeMap<String, Vec<u8>> = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
            .collect();
        files.insert(
            "pyproject.toml".into(),
            b"[project]\nname = \"toolbox\"\nversion = \"0\"\n".to_vec(),
        );
        files.insert("src/toolbox/__init__.py".into(), Vec::new());
        let text = PythonText::new(&files, &Unwatched).expect("not cancelled");
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
