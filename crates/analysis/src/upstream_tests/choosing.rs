//! Which files for testing come along: tests that import a taken module directly and lack nothing at once, and what they use.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use synthesizer_model::{
    component::{Closure, Reason},
    dependency::Dependency,
    finding::Severity,
    text::escape_untrusted,
    tree::{SourceTree, TreePath},
};

use super::{
    FileUse, UpstreamTestFile, UpstreamTests,
    cutting::Cut,
    data::TestData,
    file_uses,
    layout::{Layout, conftests_of, folders_above, is_collected, is_conftest, join},
    parts::{self, Part},
    plugins,
    reading::{self, Lack, Wants},
    requirements,
    taken::TakenModules,
    telling::listed,
};
use crate::{
    distributions,
    languages::python,
    licenses,
    python_source::{ParsedFile, PythonSource},
};

/// The most files for testing that are looked at.
const MOST_FILES: usize = 10_000;
/// How many modules or names a finding or a reason lists.
pub(super) const NAMED: usize = 5;

/// Why a file cannot come along.
pub(super) type Refusal = Vec<Lack>;

/// A file for testing that was read.
pub(super) struct Candidate {
    pub(super) parsed: ParsedFile,
    pub(super) wants: Wants,
    /// Whether only a part of it is left.
    is_cut: bool,
    /// Where it looks for data from the place of a taken module; known when it is chosen.
    file_uses: Vec<FileUse>,
}

impl Candidate {
    /// Gives its text.
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.parsed.bytes).unwrap_or_default()
    }

    /// Says whether it may define fixtures.
    pub(super) fn has_fixtures(&self) -> bool {
        self.text().contains("fixture")
    }
}

pub(super) struct Choosing<'a> {
    layout: Layout<'a>,
    candidates: BTreeMap<TreePath, Candidate>,
    /// Files that lack something as soon as they are imported, themselves or through others.
    pub(super) broken: BTreeMap<TreePath, Refusal>,
    /// Where and why files could not be cut.
    undecided: BTreeMap<TreePath, (u32, &'static str)>,
    /// Of files that were cut: how many tests are left of how many, the first line that is gone, and what it lacked.
    pub(super) cuts: BTreeMap<TreePath, ((usize, usize), u32, Refusal)>,
    pub(super) tests: UpstreamTests,
}

/// Finds what comes along.
pub(super) fn choose(
    tree: &dyn SourceTree,
    source: &PythonSource,
    closure: &Closure,
    declared: &[Dependency],
) -> UpstreamTests {
    let layout = Layout::new(tree, &source.graph);
    let taken = TakenModules::new(source, closure);
    let in_closure: BTreeSet<&TreePath> = closure.files.iter().map(|file| &file.path).collect();
    let mut choosing = Choosing {
        candidates: BTreeMap::new(),
        broken: BTreeMap::new(),
        undecided: BTreeMap::new(),
        cuts: BTreeMap::new(),
        tests: UpstreamTests::default(),
        layout,
    };
    choosing.read(tree, source, &taken, &in_closure);
    choosing.cut(&taken);
    choosing.spread_refusals();
    let chosen = choosing.chosen();
    if !chosen.is_empty() {
        let beside = requirements::beside_manifests(tree, &choosing.layout);
        let declared: Vec<Dependency> = declared.iter().cloned().chain(beside).collect();
        choosing.find_file_uses(source, &taken);
        choosing.gather(tree, source, chosen, &declared, &in_closure);
        choosing.tests.declared = declared;
        let used: BTreeSet<String> = choosing
            .tests
            .files
            .iter()
            .flat_map(|file| file.views.iter().cloned())
            .collect();
        for package in used {
            let view = taken.view(&package);
            choosing.tests.views.insert(package, (*view).clone());
        }
    }
    choosing.tests
}

impl Choosing<'_> {
    /// Reads every file for testing, and what those import beside them.
    fn read(
        &mut self,
        tree: &dyn SourceTree,
        source: &PythonSource,
        taken: &TakenModules<'_>,
        in_closure: &BTreeSet<&TreePath>,
    ) {
        let mut queue: VecDeque<TreePath> = self
            .layout
            .files
            .iter()
            .filter(|(path, _)| path.ends_with(".py"))
            .filter(|(path, file)| self.layout.is_test(path) && !in_closure.contains(*file))
            .map(|(_, file)| (*file).clone())
            .collect();
        if queue.len() > MOST_FILES {
            let what = format!(
                "the source has {} files for testing; only the first {MOST_FILES} are looked at",
                queue.len()
            );
            self.tell(Severity::Warning, "tests-too-many", what, None, 0);
            queue.truncate(MOST_FILES);
        }
        let mut known: BTreeSet<TreePath> = queue.iter().cloned().collect();
        while let Some(path) = queue.pop_front() {
            let Some(parsed) = parsed(tree, source, &path) else {
                continue;
            };
            let facts = parsed
                .facts
                .as_ref()
                .filter(|facts| facts.syntax_errors.is_empty());
            let Some(facts) = facts else {
                continue;
            };
            let wants = reading::read(&self.layout, taken, &path, facts);
            for (support, _, _) in &wants.supports {
                if known.len() < 2 * MOST_FILES
                    && !in_closure.contains(support)
                    && known.insert(support.clone())
                {
                    queue.push_back(support.clone());
                }
            }
            let candidate = Candidate {
                parsed,
                wants,
                is_cut: false,
                file_uses: Vec::new(),
            };
            self.candidates.insert(path, candidate);
        }
    }

    /// Cuts files that lack something to what stands without it.
    fn cut(&mut self, taken: &TakenModules<'_>) {
        let parts = parts::cut_all(&self.layout, &self.candidates);
        // All of them first: a file that is cut no longer says what it lacked.
        let lacks: Vec<Refusal> = parts
            .files
            .keys()
            .map(|path| parts.lacks(&self.candidates, path))
            .collect();
        for ((path, part), lacks) in parts.files.iter().zip(lacks) {
            match part {
                Part::Whole => {}
                Part::Left(line, why) => {
                    self.undecided.insert(path.clone(), (*line, *why));
                    self.broken.insert(path.clone(), lacks);
                }
                Part::Cut(cut) => self.take_part(taken, path, cut, lacks),
            }
        }
    }

    fn take_part(&mut self, taken: &TakenModules<'_>, path: &TreePath, cut: &Cut, lacks: Refusal) {
        let Some(candidate) = self.candidates.get_mut(path) else {
            return;
        };
        let no_tests = is_collected(path.as_str()) && cut.tests.0 == 0;
        let is_cut = cut.text != candidate.text();
        if no_tests && (is_cut || !candidate.wants.lacks_at_once.is_empty()) {
            self.broken.insert(path.clone(), lacks);
            return;
        }
        if !is_cut {
            return;
        }
        let facts = python::parse(&cut.text);
        let wants = reading::read(&self.layout, taken, path, &facts);
        if !facts.syntax_errors.is_empty() || !wants.lacks_at_once.is_empty() {
            self.broken.insert(path.clone(), lacks);
            return;
        }
        candidate.parsed.bytes = cut.text.clone().into_bytes().into();
        candidate.parsed.facts = Some(facts);
        candidate.wants = wants;
        candidate.is_cut = true;
        self.cuts.insert(path.clone(), (cut.tests, cut.line, lacks));
    }

    /// A file that needs a file at once which cannot come along cannot either.
    fn spread_refusals(&mut self) {
        let mut needed_by: BTreeMap<&TreePath, Vec<(&TreePath, u32)>> = BTreeMap::new();
        let mut queue: VecDeque<TreePath> = self.broken.keys().cloned().collect();
        for (path, candidate) in &self.candidates {
            for (support, line, at_once) in &candidate.wants.supports {
                if *at_once {
                    needed_by.entry(support).or_default().push((path, *line));
                }
            }
            let mut lacks = candidate.wants.lacks_at_once.clone();
            if is_conftest(path.as_str()) {
                lacks.extend(lacks_of_every_run(candidate));
            }
            if !lacks.is_empty() && !self.broken.contains_key(path) {
                self.broken.insert(path.clone(), lacks);
                queue.push_back(path.clone());
            }
        }
        while let Some(path) = queue.pop_front() {
            let lacks = self.broken.get(&path).cloned().unwrap_or_default();
            for (user, line) in needed_by.get(&path).into_iter().flatten() {
                if self.broken.contains_key(*user) {
                    continue;
                }
                let through = lacks.iter().map(|lack| Lack {
                    name: lack.name.clone(),
                    line: *line,
                    at: lack.at.clone(),
                });
                self.broken.insert((*user).clone(), through.collect());
                queue.push_back((*user).clone());
            }
        }
    }

    /// Lists the tests that come along, and tells of those that do not.
    fn chosen(&mut self) -> Vec<TreePath> {
        let mut chosen = Vec::new();
        let mut refused = Vec::new();
        for (path, candidate) in &self.candidates {
            if !is_collected(path.as_str()) || candidate.wants.tested.is_empty() {
                continue;
            }
            match self.broken.get(path) {
                None => chosen.push(path.clone()),
                Some(lacks) => refused.push((path.clone(), lacks.clone())),
            }
        }
        for (path, lacks) in refused {
            let first = lacks.first().map_or(0, |lack| lack.line);
            let (line, why) = match self.undecided.get(&path) {
                Some((line, why)) if *line > 0 => (
                    first,
                    format!("; the rest cannot be told apart: {why} (line {line})"),
                ),
                _ => (first, String::new()),
            };
            let what = format!(
                "the test does not come along: it needs {}, which the project does not have{why}",
                listed(&lacks)
            );
            self.tell(Severity::Warning, "test-left-out", what, Some(&path), line);
        }
        chosen
    }

    fn packages_of(&self, path: &TreePath) -> Vec<TreePath> {
        folders_above(path)
            .take_while(|folder| !folder.is_empty() && self.layout.is_package(folder))
            .filter_map(|folder| {
                let own = join(folder, "__init__.py");
                self.layout
                    .files
                    .get(own.as_str())
                    .map(|path| (*path).clone())
            })
            .collect()
    }

    fn find_file_uses(&mut self, source: &PythonSource, taken: &TakenModules<'_>) {
        for candidate in self.candidates.values_mut() {
            let found = match &candidate.parsed.facts {
                Some(facts) => file_uses::of_file(&source.graph, taken, facts, candidate.text()),
                None => Vec::new(),
            };
            candidate.file_uses = found;
        }
    }

    /// Takes the tests and everything that they use.
    fn gather(
        &mut self,
        tree: &dyn SourceTree,
        source: &PythonSource,
        chosen: Vec<TreePath>,
        declared: &[Dependency],
        in_closure: &BTreeSet<&TreePath>,
    ) {
        let mut reasons: BTreeMap<TreePath, Reason> = BTreeMap::new();
        let mut queue: VecDeque<TreePath> = VecDeque::new();
        for path in chosen {
            let modules = &self.candidates[&path].wants.tested;
            let mut modules: Vec<String> = modules.iter().take(NAMED).cloned().collect();
            modules.sort();
            reasons.insert(path.clone(), Reason::Tests { modules });
            queue.push_back(path);
        }
        let mut data = TestData::default();
        let mut left: BTreeSet<TreePath> = BTreeSet::new();
        while let Some(path) = queue.pop_front() {
            let mut wanted: Vec<(TreePath, u32)> = Vec::new();
            if let Some(candidate) = self.candidates.get(&path) {
                let supports = candidate.wants.supports.iter();
                wanted.extend(supports.map(|(support, line, _)| (support.clone(), *line)));
                if let Some(facts) = &candidate.parsed.facts {
                    data.add(&self.layout, &path, facts);
                }
                for usage in &candidate.file_uses {
                    let found = (path.to_string(), usage.line);
                    data.add_place(&self.layout, &usage.place, found);
                }
            }
            let beside = conftests_of(&self.layout, &path)
                .into_iter()
                .chain(self.packages_of(&path));
            wanted.extend(beside.map(|path| (path, 0)));
            for (other, line) in wanted {
                let is_of_source = source
                    .graph
                    .at_path(&other)
                    .is_some_and(|index| self.layout.is_of_source(index));
                if in_closure.contains(&other) || is_of_source || reasons.contains_key(&other) {
                    continue;
                }
                if self.broken.contains_key(&other) {
                    left.insert(other);
                    continue;
                }
                let path = path.to_string();
                reasons.insert(other.clone(), Reason::SupportOfTests { path, line });
                queue.push_back(other);
            }
        }
        self.tell_left(&left);
        self.finish(tree, source, reasons, data, declared, in_closure);
    }

    fn finish(
        &mut self,
        tree: &dyn SourceTree,
        source: &PythonSource,
        reasons: BTreeMap<TreePath, Reason>,
        data: TestData,
        declared: &[Dependency],
        in_closure: &BTreeSet<&TreePath>,
    ) {
        let graph = &source.graph;
        for folder in &data.too_large {
            let what = format!(
                "only a part of {} comes along, which has too many files",
                escape_untrusted(folder)
            );
            self.tell(Severity::Warning, "test-data-too-large", what, None, 0);
        }
        let mut texts: Vec<String> = Vec::new();
        for (path, reason) in &reasons {
            let candidate = self.candidates.remove(path);
            let (parsed, wants, is_cut, file_uses) = match candidate {
                Some(Candidate {
                    parsed,
                    wants,
                    is_cut,
                    file_uses,
                }) => (Some(parsed), wants, is_cut, file_uses),
                None => {
                    let parsed = parsed(tree, source, path);
                    (parsed, Wants::default(), false, Vec::new())
                }
            };
            self.tell_cut(path);
            self.tell_lacks(path, &wants.lacks_in_functions);
            // What the closure has moves with it.
            let own = wants.names.into_iter().filter(|(_, place)| {
                let place = TreePath::new(place);
                place.is_ok_and(|place| !in_closure.contains(&place))
            });
            let names = own.map(|(name, place)| {
                let place = TreePath::new(&place).map(|place| graph.import_path(&place));
                (name, place.unwrap_or_default())
            });
            if let Some(parsed) = &parsed {
                texts.push(String::from_utf8_lossy(&parsed.bytes).into_owned());
            }
            self.tests.external.extend(wants.external);
            self.tests.files.push(UpstreamTestFile {
                import_path: graph.import_path(path),
                module: Some(self.layout.name_of(path)),
                reason: reason.clone(),
                names: names.filter(|(_, place)| !place.is_empty()).collect(),
                views: wants.views.into_iter().collect(),
                path: path.clone(),
                parsed,
                is_cut,
                file_uses,
            });
        }
        let is_free = |path: &TreePath| {
            let index = graph.at_path(path);
            let is_of_source = index.is_some_and(|index| self.layout.is_of_source(index));
            !reasons.contains_key(path) && !in_closure.contains(path) && !is_of_source
        };
        let data: Vec<_> = data
            .files
            .into_iter()
            .filter(|(path, _)| is_free(path))
            .collect();
        for (path, (user, line)) in data {
            self.tests.files.push(UpstreamTestFile {
                import_path: graph.import_path(&path),
                module: None,
                reason: Reason::DataOf { path: user, line },
                names: BTreeMap::new(),
                views: Vec::new(),
                parsed: None,
                is_cut: false,
                file_uses: Vec::new(),
                path,
            });
        }
        self.tests
            .files
            .sort_by(|one, other| one.path.cmp(&other.path));
        self.tests.plugins = plugins::used(declared, texts.iter().map(String::as_str));
        let imported = &self.tests.external;
        self.tests.plugins.retain(|name| {
            let is_imported = imported.iter().any(|import| {
                let declarations = distributions::declared_for(&import.module, declared);
                declarations.iter().any(|one| {
                    synthesizer_model::dependency::normalize_distribution(&one.name) == *name
                })
            });
            !is_imported
        });
        self.tests.findings.sort_by(|one, other| {
            (&one.path, one.line, &one.what).cmp(&(&other.path, other.line, &other.what))
        });
    }
}

/// Lists what functions of a `conftest.py` lack that run for every test: hooks, and with fixtures that nobody has to name any.
fn lacks_of_every_run(candidate: &Candidate) -> Vec<Lack> {
    let text = std::str::from_utf8(&candidate.parsed.bytes).unwrap_or_default();
    let is_automatic = text.contains("autouse=True");
    let symbols = candidate
        .parsed
        .facts
        .iter()
        .flat_map(|facts| &facts.symbols);
    let hooks: Vec<(u32, u32)> = symbols
        .filter(|symbol| symbol.name.starts_with("pytest_"))
        .map(|symbol| symbol.lines)
        .collect();
    let in_hook = |line: u32| {
        hooks
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&line))
    };
    let lacks = candidate.wants.lacks_in_functions.iter();
    lacks
        .filter(|lack| is_automatic || in_hook(lack.line))
        .cloned()
        .collect()
}

fn parsed(tree: &dyn SourceTree, source: &PythonSource, path: &TreePath) -> Option<ParsedFile> {
    if let Some(parsed) = source.files.get(path) {
        return Some(parsed.clone());
    }
    let blob = tree.read(path).ok()?;
    let text = std::str::from_utf8(&blob.bytes).ok();
    Some(ParsedFile {
        facts: text.map(python::parse),
        spdx_header: text.and_then(licenses::spdx_header),
        bytes: blob.bytes,
        blob: blob.id,
    })
}
