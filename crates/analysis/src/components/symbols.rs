//! Public symbols of components: how many, how well documented, and the classes and functions that can be taken by name.

use synthesizer_model::{
    code::{Symbol, SymbolKind},
    component::{Component, ComponentKind},
    text::escape_untrusted,
};

use super::{candidates::Candidate, python, ranking::Place};
use crate::{known::Known, quality::share};

/// The public symbols of some files.
#[derive(Debug, Default)]
pub(super) struct Public {
    /// How many there are, constants apart.
    pub(super) count: usize,
    documented: usize,
    /// The names of the first.
    pub(super) names: Vec<String>,
}

impl Public {
    /// Gives the share that is documented, with two decimals.
    pub(super) fn documented_share(&self) -> Option<f64> {
        let share = share(self.documented, self.count);
        (self.count > 0).then(|| (share * 100.0).round() / 100.0)
    }
}

/// Counts the public symbols of files.
pub(super) fn public(known: &Known<'_>, files: &[usize]) -> Public {
    let mut public = Public::default();
    for file in files {
        let Some(code) = known.files.file(*file).code else {
            continue;
        };
        for symbol in code.symbols.iter().filter(|symbol| counts(symbol)) {
            public.count += 1;
            public.documented += usize::from(symbol.documented);
            if public.names.len() < Component::LISTED && !symbol.name.contains('.') {
                public.names.push(escape_untrusted(&symbol.name));
            }
        }
    }
    public
}

fn counts(symbol: &Symbol) -> bool {
    symbol.public && !matches!(symbol.kind, SymbolKind::Constant | SymbolKind::Module)
}

/// Adds the public classes, types and functions of every module; each brings what its module brings.
pub(super) fn add(
    known: &Known<'_>,
    candidates: &[Candidate],
    components: &mut Vec<Component>,
    places: &mut Vec<Place>,
) {
    for (index, candidate) in candidates.iter().enumerate() {
        let Some(file) = symbols_file(known, candidate) else {
            continue;
        };
        let Some(code) = known.files.file(file).code else {
            continue;
        };
        for symbol in code.symbols.iter().filter(|symbol| counts(symbol)) {
            let kind = match symbol.kind {
                SymbolKind::Class | SymbolKind::Type => ComponentKind::Class,
                SymbolKind::Function => ComponentKind::Function,
                SymbolKind::Method | SymbolKind::Module | SymbolKind::Constant => continue,
            };
            if symbol.name.contains('.') {
                continue;
            }
            let name = escape_untrusted(&symbol.name);
            components.push(Component {
                id: format!("{}:{name}", candidate.id),
                public_api: vec![name.clone()],
                name,
                kind,
                entry_points: Vec::new(),
                public_api_count: 1,
                documented_share: Some(if symbol.documented { 1.0 } else { 0.0 }),
                description: None,
                ..components[index].clone()
            });
            places.push(places[index]);
        }
    }
}

/// Gives the file whose symbols a candidate's id can name: a module's own, a package's `__init__.py`.
fn symbols_file(known: &Known<'_>, candidate: &Candidate) -> Option<usize> {
    match candidate.kind {
        ComponentKind::Module => candidate.own.first().copied(),
        ComponentKind::Package => python::file_of(known, &candidate.id),
        ComponentKind::Class
        | ComponentKind::Function
        | ComponentKind::Crate
        | ComponentKind::WorkspaceMember
        | ComponentKind::NpmPackage => None,
    }
}

/// Gives the first line of a documentation, without the underline that some headings have.
pub(super) fn first_line(documentation: &str) -> Option<String> {
    let line = documentation
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())?;
    let heading = line
        .split_whitespace()
        .take_while(|word| !is_underline(word));
    let heading: String = heading.collect::<Vec<_>>().join(" ");
    let heading: String = heading.chars().take(200).collect();
    Some(escape_untrusted(&heading)).filter(|heading| !heading.is_empty())
}

fn is_underline(word: &str) -> bool {
    let mut characters = word.chars();
    let first = characters.next();
    word.len() >= 3
        && first.is_some_and(|first| "~=-^*#+`\"'".contains(first))
        && characters.all(|character| Some(character) == first)
}
