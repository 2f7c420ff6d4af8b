//! Which files for testing come along: tests that import a taken module directly and lack nothing at once, and what they use.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use synthesizer_model::{
    component::{Closure, Reason},
    dependency::Dependency,
    finding::{Finding, Severity},
    python::SymbolKind,
    text::escape_untrusted,
    tree::{SourceTree, TreePath},
};

use super::{
    UpstreamTestFile, UpstreamTests,
    data::TestData,
    layout::{Layout, is_collected, is_conftest, join},
    plugins,
    reading::{self, Lack, Wants},
    requirements,
    taken::TakenModules,
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
const NAMED: usize = 5;

/// Why a file cannot come along.
type Refusal = Vec<Lack>;

struct Candidate {
    parsed: ParsedFile,
    wants: Wants,
}

struct Choosing<'a> {
    layout: Layout<'a>,
    candidates: BTreeMap<TreePath, Candidate>,
    /// Files that lack something as soon as they are imported, themselves or through others.
    broken: BTreeMap<TreePath, Refusal>,
    tests: UpstreamTests,
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
        tests: UpstreamTests::default(),
        layout,
    };
    choosing.read(tree, source, &taken, &in_closure);
    choosing.spread_refusals();
    let chosen = choosing.chosen();
    if !chosen.is_empty() {
        let beside = requirements::beside_manifests(tree, &choosing.layout);
        let declared: Vec<Dependency> = declared.iter().cloned().chain(beside).collect();
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
            self.candidates.insert(path, Candidate { parsed, wants });
        }
    }

    /// A file that needs a file at once which cannot come along cannot either.
    fn spread_refusals(&mut self) {
        let mut needed_by: BTreeMap<&TreePath, Vec<(&TreePath, u32)>> = BTreeMap::new();
        let mut queue: VecDeque<TreePath> = VecDeque::new();
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
            if !lacks.is_empty() {
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
            match self.refusal_of(path, candidate) {
                None => chosen.push(path.clone()),
                Some((how, lacks)) => refused.push((path.clone(), how, lacks)),
            }
        }
        for (path, how, lacks) in refused {
            let line = lacks.first().map_or(0, |lack| lack.line);
            let what = format!(
                "the test does not come along: {how} {}, which the project does not have",
                listed(&lacks)
            );
            self.tell(Severity::Warning, "test-left-out", what, Some(&path), line);
        }
        chosen
    }

    fn refusal_of(&self, path: &TreePath, candidate: &Candidate) -> Option<(String, Refusal)> {
        if let Some(lacks) = self.broken.get(path) {
            return Some(("it imports".to_owned(), lacks.clone()));
        }
        // Fixtures of a file that cannot come along.
        let text = std::str::from_utf8(&candidate.parsed.bytes).unwrap_or_default();
        for conftest in self.conftests_of(path) {
            let (Some(lacks), Some(of_conftest)) =
                (self.broken.get(&conftest), self.candidates.get(&conftest))
            else {
                continue;
            };
            let symbols = of_conftest
                .parsed
                .facts
                .iter()
                .flat_map(|facts| &facts.symbols);
            let fixture = symbols
                .filter(|symbol| symbol.kind == SymbolKind::Function)
                .find(|symbol| plugins::has_word(text, &symbol.name));
            if let Some(fixture) = fixture {
                let how = format!(
                    "it uses {} of {conftest}, which imports",
                    escape_untrusted(&fixture.name)
                );
                return Some((how, lacks.clone()));
            }
        }
        None
    }

    /// Lists the files that a test runner reads for a file: beside it and in every folder above.
    fn conftests_of(&self, path: &TreePath) -> Vec<TreePath> {
        folders_above(path)
            .filter_map(|folder| {
                let conftest = join(folder, "conftest.py");
                self.layout
                    .files
                    .get(conftest.as_str())
                    .map(|path| (*path).clone())
            })
            .collect()
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
            }
            let beside = self
                .conftests_of(&path)
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

    fn tell_left(&mut self, left: &BTreeSet<TreePath>) {
        for path in left {
            let lacks = self.broken.get(path).cloned().unwrap_or_default();
            let line = lacks.first().map_or(0, |lack| lack.line);
            let what = if is_conftest(path.as_str()) {
                "its fixtures and hooks do not come along"
            } else {
                "it does not come along, and tests that use it will fail"
            };
            let what = format!(
                "{what}: it imports {}, which the project does not have",
                listed(&lacks)
            );
            self.tell(
                Severity::Warning,
                "test-support-left-out",
                what,
                Some(path),
                line,
            );
        }
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
            let (parsed, wants) = match candidate {
                Some(Candidate { parsed, wants }) => (Some(parsed), wants),
                None => (parsed(tree, source, path), Wants::default()),
            };
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

    fn tell_lacks(&mut self, path: &TreePath, lacks: &[Lack]) {
        let Some(first) = lacks.first() else { return };
        let lines: BTreeSet<u32> = lacks.iter().map(|lack| lack.line).collect();
        let what = format!(
            "tests that need {} will fail, because the project does not have it; {} lines name it",
            listed(lacks),
            lines.len()
        );
        self.tell(
            Severity::Warning,
            "test-will-fail",
            what,
            Some(path),
            first.line,
        );
    }

    fn tell(
        &mut self,
        severity: Severity,
        kind: &str,
        what: String,
        path: Option<&TreePath>,
        line: u32,
    ) {
        let finding = Finding::new(severity, kind, what);
        self.tests.findings.push(match path {
            Some(path) => finding.at(path.as_str(), (line > 0).then_some(line)),
            None => finding,
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

/// Gives the folders above a file, the nearest first; the empty one is the top.
fn folders_above(path: &TreePath) -> impl Iterator<Item = &str> {
    let text = path.as_str();
    let folders = text.rmatch_indices('/').map(|(end, _)| &text[..end]);
    folders.chain([""])
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

/// Lists what is lacking, the first few by name.
fn listed(lacks: &[Lack]) -> String {
    let names: BTreeSet<&str> = lacks.iter().map(|lack| lack.name.as_str()).collect();
    let rest = names.len().saturating_sub(NAMED);
    let first: Vec<&str> = names.into_iter().take(NAMED).collect();
    let mut text = escape_untrusted(&first.join(", "));
    if rest > 0 {
        text.push_str(&format!(" and {rest} more"));
    }
    text
}
