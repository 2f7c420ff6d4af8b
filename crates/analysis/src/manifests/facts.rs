//! What every manifest format gives, within bounds, and how a format describes itself. Knows no format.

use synthesizer_model::{
    analysis::ProjectFacts,
    dependency::{Dependency, Ecosystem, normalize_distribution},
    finding::Problem,
    text::escape_untrusted,
};

pub(super) use super::stated::{
    EntryPoint, Include, LocalRequirement, Section, SourceOverride, VersionSource,
    WorkspacePatterns,
};
use super::{
    allowance::{LONGEST_NAME, LONGEST_TEXT, cut},
    marker::{Marker, Residual},
    requirement::{self, Requirement},
    specifier_range,
};
use crate::licenses;

/// How many requirements of one manifest are kept.
const MOST_DEPENDENCIES: usize = 20_000;
/// How many problems of one manifest are told one by one.
const MOST_PROBLEMS: usize = 100;

/// How many requirements on folders of one manifest are kept.
const MOST_FOLDERS: usize = 1_000;

/// A manifest format: the one place that knows its name, its documentation and how it is read.
pub struct ManifestFormat {
    /// The usual file name.
    pub name: &'static str,
    /// The specification.
    pub documentation: &'static str,
    /// The family.
    pub ecosystem: Ecosystem,
    /// Whether people would call such a file a manifest; only those are listed.
    pub listed: bool,
    /// Says whether a file of the root project, by its path, has this format.
    pub matches: fn(path: &str) -> bool,
    /// Reads a file of this format; the text is untrusted.
    pub parse: fn(path: &str, text: &str) -> ManifestFacts,
}

/// The facts of one manifest.
#[derive(Debug, Clone)]
pub struct ManifestFacts {
    /// Its path.
    pub path: String,
    /// Its family.
    pub ecosystem: Ecosystem,
    /// What it tells of the project.
    pub project: ProjectFacts,
    /// What is needed to run; `None` when the manifest does not state it.
    pub runtime: Option<Vec<Dependency>>,
    /// What the extras bring; `None` when the manifest does not state them.
    pub optional: Option<Vec<Dependency>>,
    /// What is needed to build or to work on the project.
    pub development: Vec<Dependency>,
    /// Names of the extras, as written; also those that bring nothing.
    pub extras: Vec<String>,
    /// Names of fields that are computed when the project is built.
    pub dynamic: Vec<String>,
    /// Whether dependencies that it does not name do not exist, by the rules of its format.
    pub absent_is_empty: bool,
    /// SPDX expression, when the manifest declares one that SPDX knows.
    pub license: Option<String>,
    /// Paths or glob patterns of license files.
    pub license_files: Vec<String>,
    /// The license as written, when SPDX does not know it.
    pub license_as_written: Option<String>,
    /// Requirements files to read as part of it.
    pub includes: Vec<Include>,
    /// Requirements on folders of the tree.
    pub local: Vec<LocalRequirement>,
    /// What the installed package offers by name.
    pub entry_points: Vec<EntryPoint>,
    /// Where the name is written, when the manifest only names the place.
    pub name_source: Option<VersionSource>,
    /// Where the version is written, when the manifest only names the place.
    pub version_source: Option<VersionSource>,
    /// Where a tool takes dependencies from, by normalised name.
    pub sources: Vec<(String, SourceOverride)>,
    /// The workspace that it is the root of.
    pub workspace: Option<WorkspacePatterns>,
    /// Folders below the manifest's that are put on the path for imports.
    pub import_roots: Vec<String>,
    /// Whether it is not to be published.
    pub private: bool,
    /// Whether it has a `[project]` table, whose fields are certain unless it calls them dynamic.
    pub has_project_table: bool,
    /// Whether it has a `[build-system]` table, so that a package is built from it.
    pub has_build_system: bool,
    /// Whether it makes its folder a package or an environment of its own.
    pub declares_project: bool,
    /// Whether nothing of it could be read, so that it is not known whether it makes a package.
    pub is_unreadable: bool,
    /// Whether what it states of dependencies may lack some, so that any other manifest which states them goes before it.
    pub is_incomplete: bool,
    /// The files that were read as part of it.
    pub included: Vec<String>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    untold: usize,
    told_full: bool,
}

impl ManifestFacts {
    /// Makes the facts of a Python manifest that states nothing yet.
    pub fn new(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            ecosystem: Ecosystem::Python,
            project: ProjectFacts::default(),
            runtime: None,
            optional: None,
            development: Vec::new(),
            extras: Vec::new(),
            dynamic: Vec::new(),
            absent_is_empty: false,
            license: None,
            license_files: Vec::new(),
            license_as_written: None,
            includes: Vec::new(),
            local: Vec::new(),
            entry_points: Vec::new(),
            name_source: None,
            version_source: None,
            sources: Vec::new(),
            workspace: None,
            import_roots: Vec::new(),
            private: false,
            has_project_table: false,
            has_build_system: false,
            declares_project: false,
            is_unreadable: false,
            is_incomplete: false,
            included: Vec::new(),
            problems: Vec::new(),
            untold: 0,
            told_full: false,
        }
    }

    /// Adds a problem of the given line; past a bound, problems are only counted.
    pub fn problem(&mut self, line: u32, what: impl std::fmt::Display) {
        if self.problems.len() < MOST_PROBLEMS {
            let what = escape_untrusted(&format!("line {line}: {what}"));
            self.problems.push(Problem::new(&self.path, what));
        } else {
            self.untold += 1;
        }
    }

    /// Adds a problem, or only counts it once there are so many.
    pub(super) fn problem_within(&mut self, most: usize, line: u32, what: impl std::fmt::Display) {
        if self.problems.len() < most {
            self.problem(line, what);
        } else {
            self.untold += 1;
        }
    }

    /// Says that the section is stated, so that no other manifest is asked for it.
    pub(super) fn state(&mut self, section: Section) {
        match section {
            Section::Runtime => drop(self.runtime.get_or_insert_default()),
            Section::Optional => drop(self.optional.get_or_insert_default()),
            Section::Development => {}
        }
    }

    /// Parses a requirement and adds it; a text that is none becomes a problem.
    pub(super) fn require(&mut self, section: Section, group: Option<&str>, text: &str, line: u32) {
        if self.is_full(line) {
            return;
        }
        match requirement::parse(text) {
            Ok(parsed) => self.add(section, group, parsed, line),
            Err(error) => self.problem(line, error),
        }
    }

    /// Adds a requirement with the hashes that its archive must have.
    pub(super) fn require_hashed(
        &mut self,
        section: Section,
        group: Option<&str>,
        text: &str,
        line: u32,
        hashes: Vec<String>,
    ) {
        let before = self.count_of(section);
        self.require(section, group, text, line);
        if hashes.is_empty() {
            return;
        }
        let list = match section {
            Section::Runtime => self.runtime.as_mut(),
            Section::Optional => self.optional.as_mut(),
            Section::Development => Some(&mut self.development),
        };
        for dependency in list.into_iter().flatten().skip(before) {
            dependency.hashes.clone_from(&hashes);
        }
    }

    fn count_of(&self, section: Section) -> usize {
        match section {
            Section::Runtime => self.runtime.as_ref().map_or(0, Vec::len),
            Section::Optional => self.optional.as_ref().map_or(0, Vec::len),
            Section::Development => self.development.len(),
        }
    }

    /// Adds a requirement. In the runtime section, a condition on `extra` moves it to that extra.
    pub(super) fn add(
        &mut self,
        section: Section,
        group: Option<&str>,
        requirement: Requirement,
        line: u32,
    ) {
        let extras = requirement
            .marker
            .as_ref()
            .map(Marker::extras)
            .unwrap_or_default();
        if section != Section::Runtime || extras.is_empty() {
            let marker = requirement.marker_text.clone();
            self.push(
                section,
                group.map(str::to_owned),
                &requirement,
                marker,
                line,
            );
            return;
        }
        let Some(marker) = &requirement.marker else {
            return;
        };
        let without = marker.with_extra(None);
        match &without {
            Residual::Never => {}
            left => self.push(Section::Runtime, None, &requirement, text_of(left), line),
        }
        for extra in extras {
            let left = marker.with_extra(Some(&extra));
            if left == Residual::Never || left == without {
                continue;
            }
            self.push(
                Section::Optional,
                Some(extra),
                &requirement,
                text_of(&left),
                line,
            );
        }
    }

    fn push(
        &mut self,
        section: Section,
        group: Option<String>,
        requirement: &Requirement,
        marker: Option<String>,
        line: u32,
    ) {
        if self.is_full(line) {
            return;
        }
        let dependency = Dependency {
            name: requirement.name.clone(),
            ecosystem: self.ecosystem,
            specifier: requirement.specifier.clone(),
            extras: requirement.extras.clone(),
            marker,
            group: group.map(|group| cut(&group, LONGEST_NAME).to_owned()),
            manifest: self.path.clone(),
            line,
            url: requirement.url.clone(),
            parsed: requirement
                .range
                .clone()
                .or_else(|| specifier_range::plain(&requirement.specifier)),
            imported_as: None,
            member: None,
            hashes: Vec::new(),
        };
        match section {
            Section::Runtime => self.runtime.get_or_insert_default().push(dependency),
            Section::Optional => self.optional.get_or_insert_default().push(dependency),
            Section::Development => self.development.push(dependency),
        }
    }

    /// Says whether no more requirements are kept; the first time, that becomes a problem.
    fn is_full(&mut self, line: u32) -> bool {
        let stated = [
            self.runtime.as_ref(),
            self.optional.as_ref(),
            Some(&self.development),
        ];
        let count: usize = stated.into_iter().flatten().map(Vec::len).sum();
        let full = count >= MOST_DEPENDENCIES;
        if full && !self.told_full {
            self.told_full = true;
            self.problem(
                line,
                format_args!("more than {MOST_DEPENDENCIES} requirements; the rest is left out"),
            );
        }
        full
    }

    /// Takes the requirements and problems of a file that this manifest includes.
    pub(super) fn absorb(&mut self, included: Self) {
        if let Some(runtime) = included.runtime {
            self.runtime.get_or_insert_default().extend(runtime);
        }
        if let Some(optional) = included.optional {
            self.optional.get_or_insert_default().extend(optional);
        }
        self.development.extend(included.development);
        self.local.extend(included.local);
        let room = MOST_PROBLEMS.saturating_sub(self.problems.len());
        self.untold += included.untold + included.problems.len().saturating_sub(room);
        self.problems
            .extend(included.problems.into_iter().take(room));
        let lists = [
            self.runtime.as_mut(),
            self.optional.as_mut(),
            Some(&mut self.development),
        ];
        for list in lists
            .into_iter()
            .flatten()
            .filter(|list| list.len() > MOST_DEPENDENCIES)
        {
            list.truncate(MOST_DEPENDENCIES);
            let what = format!(
                "more than {MOST_DEPENDENCIES} requirements with the files that it names; the rest is left out"
            );
            self.problems.push(Problem::new(&self.path, what));
        }
    }

    /// Sets the Python versions, if the text is a specifier; else it becomes a problem.
    pub(super) fn set_requires_python(&mut self, text: &str, line: u32) {
        match requirement::clean_specifier(text) {
            Ok(specifier) if specifier.is_empty() => {}
            Ok(specifier) => self.project.requires_python = Some(specifier),
            Err(_) => self.problem(line, "the Python versions are not written by PEP 440"),
        }
    }

    /// Adds a console script; what follows the function, such as extras, is left out.
    pub(super) fn add_script(&mut self, name: &str, target: &str) {
        self.add_entry_point("console_scripts", name, target);
    }

    /// Adds something that the installed package offers; what follows the object, such as extras, is left out.
    pub(super) fn add_entry_point(&mut self, group: &str, name: &str, object: &str) {
        let object = object.split('[').next().unwrap_or(object).trim();
        let name = name.trim();
        if name.is_empty() || object.is_empty() || self.entry_points.len() >= MOST_DEPENDENCIES {
            return;
        }
        let (name, object) = (cut(name, LONGEST_NAME), cut(object, LONGEST_NAME));
        if matches!(group, "console_scripts" | "gui_scripts") {
            self.project
                .entry_points
                .insert(name.to_owned(), object.to_owned());
        }
        self.entry_points.push(EntryPoint {
            group: cut(group, LONGEST_NAME).to_owned(),
            name: name.to_owned(),
            object: object.to_owned(),
        });
    }

    /// Adds the name of an extra.
    pub(super) fn add_extra(&mut self, name: &str) {
        if self.extras.len() < MOST_DEPENDENCIES {
            self.extras.push(cut(name, LONGEST_NAME).to_owned());
        }
    }

    /// Notes a requirements file to read as part of the manifest.
    pub(super) fn include(&mut self, path: &str, line: u32, section: Section, group: Option<&str>) {
        if self.includes.len() < MOST_DEPENDENCIES {
            self.includes.push(Include {
                path: cut(path, LONGEST_TEXT).to_owned(),
                line,
                section,
                group: group.map(|group| cut(group, LONGEST_NAME).to_owned()),
                constrains: false,
            });
        }
    }

    /// Adds a requirement on a folder of the tree.
    pub(super) fn require_folder(&mut self, requirement: LocalRequirement) {
        if self.local.len() < MOST_FOLDERS {
            self.local.push(requirement);
        } else {
            self.untold += 1;
        }
    }

    /// Notes where a tool takes a dependency from.
    pub(super) fn add_source(&mut self, name: &str, source: SourceOverride) {
        if self.sources.len() < MOST_DEPENDENCIES {
            self.sources
                .push((normalize_distribution(cut(name, LONGEST_NAME)), source));
        }
    }

    /// Sets the license that the manifest declares: what SPDX knows of it, else what is written.
    ///
    /// Of several forms the expression is what is written, else the first line of the text, else the names of the classifiers.
    pub(super) fn declare_license(
        &mut self,
        expression: Option<&str>,
        text: Option<&str>,
        classifiers: &[String],
    ) {
        self.license = licenses::normalize_declared(expression, text, classifiers);
        if self.license.is_some() {
            return;
        }
        let from_classifiers = || {
            let names: Vec<&str> = classifiers
                .iter()
                .filter(|classifier| classifier.trim().starts_with("License ::"))
                .filter_map(|classifier| classifier.rsplit("::").next())
                .map(str::trim)
                .filter(|name| *name != "OSI Approved")
                .collect();
            (!names.is_empty()).then(|| names.join(", "))
        };
        let written = expression
            .or(text)
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let first_line = written
            .and_then(|text| text.lines().next())
            .map(str::to_owned);
        self.license_as_written = first_line
            .or_else(from_classifiers)
            .map(|text| cut(&text, LONGEST_NAME).to_owned());
    }

    /// Notes what trove classifiers say about publishing.
    pub(super) fn note_classifiers(&mut self, classifiers: &[String]) {
        self.private |= classifiers
            .iter()
            .any(|classifier| classifier.trim().starts_with("Private ::"));
    }

    /// Gives the facts with the count of problems that were not told one by one.
    #[must_use]
    pub(super) fn finished(mut self) -> Self {
        if self.untold > 0 {
            let what = format!("{} more problems are not listed", self.untold);
            self.problems.push(Problem::new(&self.path, what));
            self.untold = 0;
        }
        self.extras.sort();
        self.extras.dedup();
        self
    }
}

fn text_of(left: &Residual) -> Option<String> {
    match left {
        Residual::When(marker) => Some(marker.to_string()),
        Residual::Always | Residual::Never => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(Option<&str>, Option<&str>)]) {
        let mut facts = ManifestFacts::new("PKG-INFO");
        facts.require(Section::Runtime, None, text, 1);
        let mut found = facts.runtime.unwrap_or_default();
        found.extend(facts.optional.unwrap_or_default());
        let found: Vec<(Option<&str>, Option<&str>)> = found
            .iter()
            .map(|dependency| (dependency.group.as_deref(), dependency.marker.as_deref()))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_condition_on_an_extra_becomes_its_group() {
        check("a; os_name == 'nt'", &[(None, Some("os_name == 'nt'"))]);
        check("a; extra == 'x'", &[(Some("x"), None)]);
        check(
            "a; os_name == 'nt' and extra == 'x'",
            &[(Some("x"), Some("os_name == \"nt\""))],
        );
        check(
            "a; extra == 'x' or extra == 'y'",
            &[(Some("x"), None), (Some("y"), None)],
        );
        check(
            "a; os_name == 'nt' or extra == 'x'",
            &[(None, Some("os_name == \"nt\"")), (Some("x"), None)],
        );
    }

    #[test]
    fn requirements_and_problems_are_bounded() {
        let mut facts = ManifestFacts::new("requirements.txt");
        for line in 0..30_000 {
            facts.require(Section::Runtime, None, "a", line);
        }
        assert_eq!(
            facts.runtime.as_ref().map(Vec::len),
            Some(MOST_DEPENDENCIES)
        );
        assert_eq!(facts.problems.len(), 1);
        let mut facts = ManifestFacts::new("requirements.txt");
        for line in 0..30_000 {
            facts.require(Section::Runtime, None, "?", line);
        }
        assert_eq!(facts.finished().problems.len(), MOST_PROBLEMS + 1);
    }
}
