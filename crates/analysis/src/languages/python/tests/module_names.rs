//! Module names given to the import machinery.

use synthesizer_model::python::ModuleNameRole as Role;

use super::{letters, parsed};

/// Notation: `role 'literal'|text of the range`, then `package=`, `resource=`, `[candidates]`, `{letters}` where there are any.
fn shown(text: &str) -> Vec<String> {
    let name = |role: Role| match role {
        Role::ImportModule => "import",
        Role::DunderImport => "dunder",
        Role::SysModules => "modules",
        Role::Logger => "logger",
        Role::MetadataVersion => "version",
        Role::MetadataOther => "metadata",
        Role::Resources => "resources",
    };
    parsed(text)
        .module_names
        .iter()
        .map(|found| {
            let range = found.range.of(text).unwrap();
            let literal = found.literal.as_deref().unwrap_or("-");
            let mut shown = format!("{} {literal}|{range}", name(found.role));
            if let Some((package, range)) = &found.package {
                assert_eq!(range.of(text), Some(package.as_str()));
                shown.push_str(&format!(" package={package}"));
            }
            if let Some(resource) = &found.resource {
                shown.push_str(&format!(" resource={resource}"));
            }
            if !found.candidates.is_empty() {
                shown.push_str(&format!(" [{}]", found.candidates.join(",")));
            }
            let letters = letters(found.circumstances);
            if !letters.is_empty() {
                shown.push_str(&format!(" {{{letters}}}"));
            }
            shown
        })
        .collect()
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(shown(text), expected, "in {text}");
}

#[test]
fn import_module_by_any_name() {
    check(
        "import importlib\nimportlib.import_module('a.b')",
        &["import a.b|a.b"],
    );
    check(
        "import importlib.metadata\nimportlib.import_module('a.b')",
        &["import a.b|a.b"],
    );
    check(
        "import importlib as il\nil.import_module(name='a.b')",
        &["import a.b|a.b"],
    );
    check(
        "from importlib import import_module as im\ndef f(): im(r'a.b')",
        &["import a.b|a.b {f}"],
    );
    check("__import__('a.b')", &["dunder a.b|a.b"]);
    check(
        "import builtins\nbuiltins.__import__('a.b')",
        &["dunder a.b|a.b"],
    );
    check(
        "def f(__import__): __import__('a.b')\nimport_module('a.b')\nx.import_module('a')",
        &[],
    );
    check(
        "try:\n from importlib import import_module\n import_module('a')\nexcept ImportError: pass",
        &["import a|a {g}"],
    );
}

#[test]
fn relative_names_and_packages() {
    let text = |arguments: &str| {
        format!("from importlib import import_module\nimport_module({arguments})")
    };
    check(&text("'.x', package='p.q'"), &["import .x|.x package=p.q"]);
    check(&text("'.x', 'p'"), &["import .x|.x package=p"]);
    check(&text("'.x', __package__"), &["import .x|.x"]);
    check(&text("'.x', package=__name__"), &["import .x|.x"]);
    check(&text("f'.{x}', __package__"), &["import -|f'.{x}'"]);
    check(&text("*names"), &["import -|import_module(*names)"]);
}

#[test]
fn computed_names_have_the_candidates_that_loops_tell() {
    let head = "from importlib import import_module as im\n";
    for (body, expected) in [
        ("for m in ('a', 'b'): im(m)", "import -|m [a,b]"),
        ("for m in ['a', 'b']: __import__(m)", "dunder -|m [a,b]"),
        ("[im(m) for m in {'a', 'b'}]", "import -|m [a,b]"),
        ("m = 'a'\nim(m)", "import -|m [a]"),
        ("ALL = ('a', 'b')\nfor m in ALL: im(m)", "import -|m [a,b]"),
        (
            "ALL = ['a']\ndef f():\n for m in ALL:\n  n = m\n  im(n)",
            "import -|n [a] {f}",
        ),
        ("for m in ('a', x): im(m)", "import -|m [a]"),
        ("for m in f(): im(m)", "import -|m"),
        ("m = 'a'\ndef f(m): im(m)", "import -|m {f}"),
        ("im('a' + x)", "import -|'a' + x"),
        ("im('a' '.b')", "import -|'a' '.b' [a.b]"),
        ("m = m\nim(m)", "import -|m"),
    ] {
        check(&format!("{head}{body}"), &[expected]);
    }
}

#[test]
fn entries_of_sys_modules() {
    check(
        "import sys\nsys.modules['a.b']\nsys.modules['c'] = 1",
        &["modules a.b|a.b", "modules c|c"],
    );
    check(
        "from sys import modules as m\nm.get('a')\nm.pop('b', None)",
        &["modules a|a", "modules b|b"],
    );
    check(
        "import sys\n'a.b' in sys.modules\n'c' not in sys.modules",
        &["modules a.b|a.b", "modules c|c"],
    );
    check(
        "import sys\nsys.modules[__name__]\nsys.modules[x]\nmodules['a']",
        &[],
    );
    check(
        "import sys\nsys.modules[f'p.q.{m}'] = sys.modules[m]\nsys.modules['p.' + m]\nsys.modules[f'{m}.x']\nsys.modules[f'p{m}']",
        &["modules -|f'p.q.{m}' [p.q.]", "modules -|'p.' + m [p.]"],
    );
}

#[test]
fn loggers_with_literal_names() {
    check(
        "import logging\nlogging.getLogger('a.b')\nlogging.getLogger(__name__)\nlogging.getLogger()",
        &["logger a.b|a.b"],
    );
    check(
        "from logging import getLogger as g\ng(name='a')",
        &["logger a|a"],
    );
}

#[test]
fn metadata_of_distributions() {
    for (head, call) in [
        ("import importlib.metadata as md", "md.version('d')"),
        (
            "import importlib.metadata",
            "importlib.metadata.version('d')",
        ),
        ("from importlib import metadata", "metadata.version('d')"),
        ("from importlib.metadata import version as v", "v('d')"),
        (
            "import importlib_metadata",
            "importlib_metadata.version('d')",
        ),
        (
            "from ._compat import importlib_metadata",
            "importlib_metadata.version(distribution_name='d')",
        ),
        (
            "try:\n import importlib.metadata as m\nexcept ImportError:\n import importlib_metadata as m",
            "m.version('d')",
        ),
    ] {
        check(&format!("{head}\n{call}"), &[&format!("version d|{call}")]);
    }
    check(
        "from importlib.metadata import version\nversion(__name__)",
        &["version -|version(__name__)"],
    );
    check(
        "from importlib.metadata import distribution, entry_points, metadata\ndistribution('d')\nmetadata('e')\nentry_points(group='g')",
        &[
            "metadata d|d",
            "metadata e|e",
            "metadata -|entry_points(group='g')",
        ],
    );
    check(
        "import pkg_resources\npkg_resources.get_distribution('d').version",
        &["metadata d|d"],
    );
    check(
        "def f():\n from importlib import metadata\n metadata.version('d')\nmetadata.version('no')",
        &["version d|metadata.version('d') {f}"],
    );
}

#[test]
fn resources_of_packages() {
    let head = "from importlib.resources import files, read_text\nimport importlib.resources as ir\nimport pkgutil, pkg_resources\n";
    for (body, expected) in [
        ("files('p.q') / 'x.txt'", "resources p.q|p.q resource=x.txt"),
        (
            "(files('p') / 'd' / 'x.txt').read_text()",
            "resources p|p resource=d/x.txt",
        ),
        (
            "files('p').joinpath('d', 'x.txt').open()",
            "resources p|p resource=d/x.txt",
        ),
        (
            "ir.files('p').joinpath('d') / 'x.txt'",
            "resources p|p resource=d/x.txt",
        ),
        ("files('p') / 'd' / name", "resources p|p"),
        ("files('p')", "resources p|p"),
        (
            "files(__package__) / 'x.txt'",
            "resources -|__package__ resource=x.txt",
        ),
        (
            "files(package=__name__) / 'x.txt'",
            "resources -|__name__ resource=x.txt",
        ),
        ("read_text('p', 'x.txt')", "resources p|p resource=x.txt"),
        (
            "ir.open_binary(package='p', resource='x')",
            "resources p|p resource=x",
        ),
        (
            "pkgutil.get_data(__name__, 'd/x')",
            "resources -|__name__ resource=d/x",
        ),
        (
            "pkg_resources.resource_filename('p', 'x')",
            "resources p|p resource=x",
        ),
        ("read_text('p', name)", "resources p|p"),
    ] {
        check(&format!("{head}{body}"), &[expected]);
    }
}
