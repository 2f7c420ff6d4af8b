//! Python: facts of one file, from text alone. The only place that knows the parser's types; does no I/O.
//!
//! Map, in the order of the work:
//! - `bounded`, `depth`, `glance`: refuse what is too large or nested too deeply, and give deep text a large stack
//! - `syntax`: calls the parser
//! - `walker`, `statements`, `expressions`, `imports`: one walk that collects facts and scopes
//! - `known_names`: what a file calls the names of `typing` and `contextlib`
//! - `scope`: Python's scopes and the resolution of names
//! - `uses`, `string_annotations`: uses of names that plain imports bound
//! - `mentions`: attributes of imported names and names in quotes, by the text alone
//! - `module_names`, `qualified`: module names given to the import machinery
//! - `exports`, `literals`, `lines`: `__all__`, string literals, lines of code
//! - [`static_reading`]: what a small program computes, without running it
//! - [`outline`], `outline_reads`: statements of a module with what each binds and reads
//! - `callables`: complexity and types of functions
//! - [`code_facts()`]: the facts in the terms that all languages share
//! - `module_index`, `resolver`: where imports lead, in a whole tree

mod bounded;
mod callables;
mod code_facts;
mod depth;
mod exports;
mod expressions;
mod glance;
mod imports;
mod known_names;
mod lines;
mod literals;
mod mentions;
mod module_index;
mod module_names;
pub(crate) mod outline;
mod outline_reads;
mod qualified;
mod resolver;
mod scope;
mod source;
mod statements;
pub(crate) mod static_reading;
mod string_annotations;
mod syntax;
mod uses;
mod walker;

#[cfg(test)]
mod tests;

use synthesizer_model::{code::CodeFacts, dependency::Ecosystem, python::PythonFile};

pub use self::code_facts::code_facts;
use self::resolver::PythonResolver;
use self::source::Source;
use self::syntax::Module;
use super::{FileKind, Language, LanguageDescriptor, Resolver, SourceFiles};

/// Python.
#[derive(Debug, Clone, Copy)]
pub struct Python;

static DESCRIPTOR: LanguageDescriptor = LanguageDescriptor {
    names: &["Python"],
    documentation: "https://docs.python.org/3/reference/",
    ecosystem: Some(Ecosystem::Python),
    version: 1,
};

impl Language for Python {
    fn descriptor(&self) -> &'static LanguageDescriptor {
        &DESCRIPTOR
    }

    fn read(&self, text: &str, _kind: FileKind<'_>) -> CodeFacts {
        code_facts(&parse(text))
    }

    fn resolver<'a>(&self, files: &'a SourceFiles<'a>) -> Box<dyn Resolver + 'a> {
        Box::new(PythonResolver::new(files))
    }
}

/// Reads the facts of one Python file.
///
/// Never fails: syntax errors are listed and the other facts are then what the rest of the text shows. A text that is
/// too large or nested too deeply gives only a syntax error that says so. Ranges are byte offsets into `text`, a byte
/// order mark included.
pub fn parse(text: &str) -> PythonFile {
    bounded::with_tree(text, |module| facts(text, module)).unwrap_or_else(|refusal| PythonFile {
        syntax_errors: vec![(1, refusal)],
        ..PythonFile::default()
    })
}

/// Lists the syntax errors of a text, each with its line counted from 1; at most a hundred and a remark on the rest.
pub fn syntax_errors(text: &str) -> Vec<(u32, String)> {
    bounded::with_tree(text, |module| syntax::errors(module, &Source::new(text)))
        .unwrap_or_else(|refusal| vec![(1, refusal)])
}

fn facts(text: &str, module: &Module) -> PythonFile {
    let source = Source::new(text);
    let mut facts = walker::walk(&source, module.syntax(), module.tokens());
    facts.scopes.settle();
    let found = uses::collect(&facts, &source);
    let module_names = module_names::collect(&facts, &source);
    let bindings = imports::module_bindings(&facts);
    imports::mark_exactness(&mut facts, &found.inexact);
    PythonFile {
        uses: found.uses,
        scopes: found.scopes,
        module_names,
        has_module_getattr: bindings.contains_key("__getattr__"),
        bindings,
        attributes: mentions::attributes(text, &facts.imports),
        quoted_names: mentions::quoted_names(text),
        mentions: mentions::of(text),
        imports: facts.imports,
        path_literals: facts.path_literals,
        symbols: facts.symbols,
        exports: facts.exports.into_names(),
        docstring: literals::summary(&module.syntax().body),
        lines_of_code: lines::count(&source, module.tokens(), &facts.docstrings),
        syntax_errors: syntax::errors(module, &source),
    }
}
