//! The import graph between the files of a tree: where every import leads, and which files import each other in a circle.
//! Languages decide what an import means; this counts, joins and follows.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;
use synthesizer_model::{
    analysis::{ImportEdge, ImportedPackage, Imports},
    code::{Import, ImportForm},
    dependency::{Dependency, Ecosystem, normalize_distribution},
    failure::Failure,
    finding::Problem,
    progress::Progress,
    project::Project,
    text::escape_untrusted,
};

use crate::languages::{self, LANGUAGES, Resolved, Resolver, SourceFiles};

/// How many unresolved imports are listed.
const MOST_UNRESOLVED: usize = 100;
/// How many circles are listed, and how many files of each.
const MOST_CYCLES: (usize, usize) = (20, 40);

/// One edge, from the file under whose index it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// The imported file's index.
    pub to: usize,
    /// The line of the first import.
    pub line: u32,
    /// Whether every import is for a type checker only.
    pub types_only: bool,
    /// Whether the file is read as data.
    pub resource: bool,
}

/// An import of a package from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalUse {
    /// The package, as the resolver names it.
    pub package: String,
    /// The line.
    pub line: u32,
    /// Whether only a type checker needs it.
    pub types_only: bool,
}

/// Where the imports of one file lead.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileImports {
    /// Edges to other files, by their index, sorted; no file twice, not to itself.
    pub edges: Vec<Edge>,
    /// Packages from elsewhere, in source order, each once.
    pub external: Vec<ExternalUse>,
    /// Imports by where they lead: files, standard library, elsewhere, nowhere.
    pub counts: [usize; 4],
    /// What led nowhere: line, target, reason.
    pub unresolved: Vec<(u32, String, &'static str)>,
}

/// The import graph of a tree.
#[derive(Debug, Default)]
pub struct FileGraph {
    /// One entry per file, by its index.
    pub files: Vec<FileImports>,
}

impl FileGraph {
    /// Resolves the imports of all files.
    ///
    /// # Errors
    /// `E_CANCELLED`.
    pub fn of(files: &SourceFiles<'_>, progress: &dyn Progress) -> Result<Self, Failure> {
        let resolvers: HashMap<&str, Box<dyn Resolver + '_>> = resolvers(files);
        let found: Vec<FileImports> = (0..files.files().len())
            .into_par_iter()
            .map(|index| {
                let resolver = files
                    .file(index)
                    .language
                    .and_then(languages::reader)
                    .and_then(|reader| resolvers.get(reader.descriptor().names[0]));
                match resolver {
                    Some(resolver) if !progress.is_cancelled() => {
                        of_file(files, index, resolver.as_ref())
                    }
                    _ => FileImports::default(),
                }
            })
            .collect();
        if progress.is_cancelled() {
            return Err(Failure::cancelled());
        }
        Ok(Self { files: found })
    }

    /// Groups the files by the circles that they are in, in an order in which every group comes after those that it imports.
    ///
    /// Tarjan's strongly connected components, without recursion. Imports for a type checker only are left out: they make no circle
    /// that runs.
    pub fn condensed(&self) -> Vec<Vec<usize>> {
        condense(self.files.len(), |file| {
            self.files[file]
                .edges
                .iter()
                .filter(|edge| !edge.types_only)
                .map(|edge| edge.to)
        })
    }
}

/// Makes one resolver per language that the tree has files of, by the first of its names.
fn resolvers<'a>(files: &'a SourceFiles<'a>) -> HashMap<&'static str, Box<dyn Resolver + 'a>> {
    LANGUAGES
        .iter()
        .filter(|language| {
            let names = language.descriptor().names;
            files.files().iter().any(|file| {
                file.code.is_some() && file.language.is_some_and(|of| names.contains(&of))
            })
        })
        .map(|language| (language.descriptor().names[0], language.resolver(files)))
        .collect()
}

fn of_file(files: &SourceFiles<'_>, index: usize, resolver: &dyn Resolver) -> FileImports {
    let mut found = FileImports::default();
    let Some(code) = files.file(index).code else {
        return found;
    };
    let mut edges: BTreeMap<usize, Edge> = BTreeMap::new();
    let mut external: HashMap<String, usize> = HashMap::new();
    for import in &code.imports {
        match resolver.resolve(index, import) {
            Resolved::Files(targets) => {
                found.counts[0] += 1;
                for to in targets.into_iter().filter(|to| *to != index) {
                    join(&mut edges, to, import);
                }
            }
            Resolved::StandardLibrary => found.counts[1] += 1,
            Resolved::External(package) => {
                found.counts[2] += 1;
                let types_only = import.circumstances.type_checking;
                match external.get(&package) {
                    Some(place) => found.external[*place].types_only &= types_only,
                    None => {
                        external.insert(package.clone(), found.external.len());
                        found.external.push(ExternalUse {
                            package,
                            line: import.line,
                            types_only,
                        });
                    }
                }
            }
            Resolved::Unresolved(reason) => {
                found.counts[3] += 1;
                let target = import.target.chars().take(120).collect();
                found.unresolved.push((import.line, target, reason));
            }
            Resolved::Nothing => {}
        }
    }
    found.edges = edges.into_values().collect();
    found
}

fn join(edges: &mut BTreeMap<usize, Edge>, to: usize, import: &Import) {
    let types_only = import.circumstances.type_checking;
    let resource = import.form == ImportForm::Resource;
    edges
        .entry(to)
        .and_modify(|edge| {
            edge.types_only &= types_only;
            edge.resource &= resource;
        })
        .or_insert(Edge {
            to,
            line: import.line,
            types_only,
            resource,
        });
}

/// Finds strongly connected components of a graph of `count` nodes; each comes after those that it leads to.
pub fn condense<I: Iterator<Item = usize>>(
    count: usize,
    edges: impl Fn(usize) -> I,
) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let mut order = vec![UNSEEN; count];
    let mut low = vec![0; count];
    let mut on_stack = vec![false; count];
    let mut stack = Vec::new();
    let mut groups = Vec::new();
    let mut next = 0;
    let mut work: Vec<(usize, I)> = Vec::new();
    for root in 0..count {
        if order[root] != UNSEEN {
            continue;
        }
        work.push((root, edges(root)));
        while let Some((node, successors)) = work.last_mut() {
            let node = *node;
            if order[node] == UNSEEN {
                order[node] = next;
                low[node] = next;
                next += 1;
                stack.push(node);
                on_stack[node] = true;
            }
            if let Some(successor) = successors.next() {
                if order[successor] == UNSEEN {
                    work.push((successor, edges(successor)));
                } else if on_stack[successor] {
                    low[node] = low[node].min(order[successor]);
                }
                continue;
            }
            work.pop();
            if let Some((parent, _)) = work.last() {
                low[*parent] = low[*parent].min(low[node]);
            }
            if low[node] == order[node] {
                let start = stack
                    .iter()
                    .rposition(|other| *other == node)
                    .unwrap_or_default();
                let mut group = stack.split_off(start);
                for member in &group {
                    on_stack[*member] = false;
                }
                group.sort_unstable();
                groups.push(group);
            }
        }
    }
    groups
}

/// Sums up where imports lead.
pub fn summary(files: &SourceFiles<'_>, graph: &FileGraph, with_edges: bool) -> Imports {
    let mut imports = Imports::default();
    let mut packages: BTreeMap<(Ecosystem, String), ImportedPackage> = BTreeMap::new();
    let mut unresolved = 0;
    for (index, found) in graph.files.iter().enumerate() {
        let file = files.file(index);
        if !file.role.is_own() {
            continue;
        }
        let [internal, standard, external, nowhere] = found.counts;
        imports.internal += internal;
        imports.standard_library += standard;
        imports.external += external;
        imports.unresolved += nowhere;
        unresolved += found.unresolved.len();
        for (line, target, reason) in &found.unresolved {
            if imports.unresolved_imports.len() < MOST_UNRESOLVED {
                let place = format!("{}:{line}", file.path);
                let what = escape_untrusted(&format!("{target}: {reason}"));
                imports.unresolved_imports.push(Problem::new(place, what));
            }
        }
        let ecosystem = file
            .language
            .and_then(languages::reader)
            .and_then(|reader| reader.descriptor().ecosystem);
        let Some(ecosystem) = ecosystem else {
            continue;
        };
        for used in &found.external {
            note_package(&mut packages, files, index, ecosystem, used);
        }
    }
    if unresolved > imports.unresolved_imports.len() {
        let what = format!("{} more", unresolved - imports.unresolved_imports.len());
        imports.unresolved_imports.push(Problem::new("", what));
    }
    imports.packages = packages.into_values().collect();
    imports
        .packages
        .sort_by(|left, right| (right.files, &left.package).cmp(&(left.files, &right.package)));
    imports.cycles = cycles(files, graph);
    if with_edges {
        imports.edges = edges(files, graph);
    }
    imports
}

fn note_package(
    packages: &mut BTreeMap<(Ecosystem, String), ImportedPackage>,
    files: &SourceFiles<'_>,
    index: usize,
    ecosystem: Ecosystem,
    used: &ExternalUse,
) {
    let file = files.file(index);
    let declared = || {
        let project = files.project_of(file.path, ecosystem)?;
        let dependency = declaration(files.projects(), project, &used.package)?;
        Some(format!("{}:{}", dependency.manifest, dependency.line))
    };
    let entry = packages
        .entry((ecosystem, used.package.clone()))
        .or_insert_with(|| ImportedPackage {
            package: escape_untrusted(&used.package),
            ecosystem,
            declared: None,
            files: 0,
            first: format!("{}:{}", file.path, used.line),
            role: file.role,
        });
    entry.files += 1;
    entry.role = entry.role.max(file.role);
    if entry.declared.is_none() {
        entry.declared = declared();
    }
}

/// Finds what declares a package: the project itself, else the workspace that it belongs to.
fn declaration<'a>(
    projects: &'a [Project],
    project: &'a Project,
    package: &str,
) -> Option<&'a Dependency> {
    let own = project
        .dependencies
        .iter()
        .find(|dependency| is_same(dependency, package));
    own.or_else(|| {
        let folder = project.workspace.as_deref()?;
        let root = projects
            .iter()
            .find(|other| other.folder == folder && other.ecosystem == project.ecosystem)?;
        root.dependencies
            .iter()
            .find(|dependency| is_same(dependency, package))
    })
}

fn is_same(dependency: &Dependency, package: &str) -> bool {
    match dependency.ecosystem {
        Ecosystem::Python => {
            normalize_distribution(&dependency.name) == normalize_distribution(package)
        }
        Ecosystem::Cargo => {
            let same = |name: &str| name.replace('-', "_") == package.replace('-', "_");
            same(&dependency.name) || dependency.imported_as.as_deref().is_some_and(same)
        }
        Ecosystem::Npm | Ecosystem::Go | Ecosystem::Maven => {
            dependency.name == package || dependency.imported_as.as_deref() == Some(package)
        }
    }
}

fn cycles(files: &SourceFiles<'_>, graph: &FileGraph) -> Vec<Vec<String>> {
    let mut groups: Vec<Vec<usize>> = graph
        .condensed()
        .into_iter()
        .filter(|group| group.len() > 1)
        .collect();
    groups.sort_by_key(|group| (std::cmp::Reverse(group.len()), group[0]));
    groups
        .iter()
        .take(MOST_CYCLES.0)
        .map(|group| {
            group
                .iter()
                .take(MOST_CYCLES.1)
                .map(|file| files.file(*file).path.to_string())
                .collect()
        })
        .collect()
}

fn edges(files: &SourceFiles<'_>, graph: &FileGraph) -> Vec<ImportEdge> {
    let mut listed = Vec::new();
    for (index, found) in graph.files.iter().enumerate() {
        for edge in &found.edges {
            listed.push(ImportEdge {
                from: files.file(index).path.to_string(),
                to: files.file(edge.to).path.to_string(),
                line: edge.line,
                types_only: edge.types_only,
            });
        }
    }
    listed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(edges: &[(usize, usize)], count: usize, expected: &[&[usize]]) {
        let of = |node: usize| {
            edges
                .iter()
                .filter(move |edge| edge.0 == node)
                .map(|edge| edge.1)
        };
        let groups = condense(count, of);
        assert_eq!(groups, expected, "{edges:?}");
    }

    #[test]
    fn circles_are_groups_and_come_after_what_they_import() {
        check(&[], 2, &[&[0], &[1]]);
        check(&[(0, 1), (1, 2)], 3, &[&[2], &[1], &[0]]);
        check(&[(0, 1), (1, 0), (1, 2), (3, 0)], 4, &[&[2], &[0, 1], &[3]]);
        check(
            &[(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 3)],
            5,
            &[&[3, 4], &[0, 1, 2]],
        );
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let last = 200_000;
        let groups = condense(last + 1, |node| {
            (node < last).then_some(node + 1).into_iter()
        });
        assert_eq!(groups.len(), last + 1);
        assert_eq!(groups[0], [last]);
    }
}
