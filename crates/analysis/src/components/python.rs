//! The parts of a repository that can be taken, with what each needs. Lists; the closure decides.

use rayon::prelude::*;
use synthesizer_model::{
    analysis::ProjectFacts,
    component::{Closure, Component, ComponentKind},
    dependency::Dependency,
    failure::Failure,
    progress::Progress,
    python::{PythonFile, Symbol, SymbolKind},
};

use crate::{
    closure::Taker,
    module_graph::ModuleNode,
    needed::{self, Provided},
    python_source::PythonSource,
};

/// What listing needs to know besides the code.
pub(super) struct Context<'a> {
    /// The parsed source.
    pub(super) source: &'a PythonSource,
    /// What the manifests declare.
    pub(super) dependencies: &'a [Dependency],
    /// The project.
    pub(super) project: &'a ProjectFacts,
    /// The license of the whole, when known.
    pub(super) license: Option<&'a str>,
    /// Whether classes and functions are listed too.
    pub(super) symbols: bool,
    /// The one component to list, by its id or path; all when `None`.
    pub(super) only: Option<&'a str>,
}

/// How many entries the lists of all components may have together; the lists of a chain of modules grow with the square of its length.
const LISTED: usize = 100_000;

/// How many modules are looked at together before their lists are counted.
const CHUNK: usize = 128;

/// Lists packages and modules of what the project installs, and their public symbols where asked, sorted by id.
///
/// The second value says how many components are listed with nothing but their own files, because the lists would be too long.
///
/// # Errors
/// `E_CANCELLED`.
pub(super) fn list(
    taker: &Taker<'_>,
    context: &Context<'_>,
    progress: &dyn Progress,
) -> Result<(Vec<Component>, usize), Failure> {
    let graph = &context.source.graph;
    let indices: Vec<usize> = (0..graph.nodes().len())
        .filter(|index| graph.node(*index).primary)
        .filter(|index| context.wants(graph.node(*index)))
        .collect();
    let mut components: Vec<Component> = Vec::new();
    let (mut listed, mut shortened) = (0, 0);
    for chunk in indices.chunks(CHUNK) {
        let whole = listed < LISTED;
        let found: Vec<Vec<Component>> = chunk
            .par_iter()
            .filter(|_| !progress.is_cancelled())
            .map(|index| of_module(taker, context, *index, whole))
            .collect();
        if progress.is_cancelled() {
            return Err(Failure::cancelled());
        }
        for component in found.into_iter().flatten() {
            listed += component.files.len() + component.internal_dependencies.len();
            shortened += usize::from(!whole);
            components.push(component);
        }
    }
    components.sort_by(|left, right| left.id.cmp(&right.id));
    Ok((components, shortened))
}

impl Context<'_> {
    /// Says whether a module is the one component that was asked for, if one was.
    fn wants(&self, node: &ModuleNode) -> bool {
        self.only.is_none_or(|only| {
            let module = only.split(':').next().unwrap_or(only);
            module == node.name
                || only == node.path.as_str()
                || (node.is_package && only == node.path.parent())
        })
    }
}

fn of_module(
    taker: &Taker<'_>,
    context: &Context<'_>,
    index: usize,
    whole: bool,
) -> Vec<Component> {
    let node = context.source.graph.node(index);
    let Ok(selection) = taker.select(&node.name) else {
        return Vec::new();
    };
    let closure = if whole {
        taker.take(std::slice::from_ref(&selection))
    } else {
        taker.own_files(&selection)
    };
    let own: Vec<&PythonFile> = selection
        .modules
        .iter()
        .filter_map(|module| context.source.facts(context.source.graph.index(module)?))
        .collect();
    let public: Vec<&Symbol> = own
        .iter()
        .flat_map(|facts| &facts.symbols)
        .filter(|symbol| symbol.public && symbol.kind != SymbolKind::Constant)
        .collect();
    let facts = context.source.facts(index);
    let whole = Component {
        id: node.name.clone(),
        name: node
            .name
            .rsplit('.')
            .next()
            .unwrap_or(&node.name)
            .to_owned(),
        kind: if node.is_package {
            ComponentKind::Package
        } else {
            ComponentKind::Module
        },
        path: if node.is_package {
            node.path.parent().to_owned()
        } else {
            node.path.to_string()
        },
        language: "python".to_owned(),
        file_count: closure.files.len(),
        resources: Vec::new(),
        cycle: Vec::new(),
        internal_dependency_count: 0,
        public_api: Vec::new(),
        reuse: None,
        files: closure
            .files
            .iter()
            .map(|file| file.path.to_string())
            .collect(),
        entry_points: entry_points(context.project, &node.name),
        internal_dependencies: internal_dependencies(&closure, &selection.modules),
        external_dependencies: external_dependencies(&closure, context.dependencies),
        lines_of_code: lines_of_code(context.source, &closure),
        license: context.license.map(str::to_owned),
        public_api_count: public.len(),
        documented_share: documented_share(&public),
        description: facts.and_then(|facts| first_line(facts.docstring.as_deref())),
    };
    let mut components = Vec::new();
    if let Some(facts) = facts.filter(|_| context.symbols) {
        components.extend(symbols_of(&whole, &node.name, facts));
    }
    components.push(whole);
    components
}

/// Public top-level classes and functions of a module; each brings what its module brings.
fn symbols_of(module: &Component, name: &str, facts: &PythonFile) -> Vec<Component> {
    facts
        .symbols
        .iter()
        .filter(|symbol| {
            symbol.public && matches!(symbol.kind, SymbolKind::Class | SymbolKind::Function)
        })
        .filter(|symbol| !symbol.name.contains('.'))
        .map(|symbol| Component {
            id: format!("{name}:{}", symbol.name),
            name: symbol.name.clone(),
            kind: if symbol.kind == SymbolKind::Class {
                ComponentKind::Class
            } else {
                ComponentKind::Function
            },
            entry_points: Vec::new(),
            public_api_count: 1,
            documented_share: Some(if symbol.documented { 1.0 } else { 0.0 }),
            description: None,
            ..module.clone()
        })
        .collect()
}

fn entry_points(project: &ProjectFacts, module: &str) -> Vec<String> {
    project
        .entry_points
        .values()
        .filter(|target| target.split(':').next() == Some(module))
        .cloned()
        .collect()
}

fn internal_dependencies(closure: &Closure, own: &[String]) -> Vec<String> {
    closure
        .files
        .iter()
        .filter_map(|file| file.module.clone())
        .filter(|module| !own.contains(module))
        .collect()
}

fn external_dependencies(closure: &Closure, declared: &[Dependency]) -> Vec<String> {
    let matched =
        needed::match_distributions(&closure.external_imports, declared, &Provided::default());
    let mut names: Vec<String> = matched
        .distributions
        .into_iter()
        .map(|needed| needed.name)
        .collect();
    names.extend(
        matched
            .unknown
            .iter()
            .map(|import| import.top_level().to_owned()),
    );
    names.sort();
    names.dedup();
    names
}

fn lines_of_code(source: &PythonSource, closure: &Closure) -> usize {
    closure
        .files
        .iter()
        .filter_map(|file| source.files.get(&file.path)?.facts.as_ref())
        .map(|facts| facts.lines_of_code)
        .sum()
}

fn documented_share(public: &[&Symbol]) -> Option<f64> {
    let documented = public.iter().filter(|symbol| symbol.documented).count();
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of symbols are far below 2^52"
    )]
    let share = documented as f64 / public.len() as f64;
    (!public.is_empty()).then(|| (share * 100.0).round() / 100.0)
}

/// Gives the first line of a docstring, without the underline that some headings have.
fn first_line(docstring: Option<&str>) -> Option<String> {
    let line = docstring?
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())?;
    let heading = line
        .split_whitespace()
        .take_while(|word| !is_underline(word));
    let heading = heading.collect::<Vec<_>>().join(" ");
    Some(synthesizer_model::text::escape_untrusted(&heading)).filter(|heading| !heading.is_empty())
}

fn is_underline(word: &str) -> bool {
    let mut characters = word.chars();
    let first = characters.next();
    word.len() >= 3
        && first.is_some_and(|first| "~=-^*#+`\"'".contains(first))
        && characters.all(|character| Some(character) == first)
}
