//! Tables for each rule of the Python rewriter, on one small package `pkg` whose modules `app` and `_speedups` are not taken.

use synthesizer_model::finding::Severity;

use super::{MovedFile, NewNames, rewrite};
use crate::rewriting::Rewritten;
use crate::{
    families::python::input::SourceInput,
    families::python::sample::{input, path, python_facts, request, source, source_file},
};

const GUARD: &str = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n";

fn sample(subject: &str) -> SourceInput {
    source(
        "pkg",
        &[
            ("pkg/subject.py", subject),
            ("pkg/a.py", "class A: ...\n"),
            ("pkg/sub/__init__.py", "from .b import B\n"),
            ("pkg/sub/b.py", "class B: ...\n"),
            ("pkg/compat.py", "import sys\n"),
            ("pkg/late/__init__.py", "import sys\nsys.modules[x] = y\n"),
            ("ns/mine/__init__.py", ""),
            ("single.py", ""),
        ],
        &["pkg/__init__.py"],
    )
}

fn moved(source: SourceInput, import_path: &str) -> Rewritten {
    let sources = vec![source];
    let request = request(&sources);
    let input = input(&request, sources);
    let source = &input.sources[0];
    let names = NewNames::of(&input, source);
    let file = source
        .closure
        .files
        .iter()
        .find(|file| file.import_path == import_path)
        .expect(import_path);
    rewrite(&MovedFile {
        source,
        names: &names,
        file,
        contents: &source.files[&file.path],
        facts: source.python.get(&file.path),
        package: "toolbox",
        tests: None,
    })
}

fn text_of(rewritten: &Rewritten) -> &str {
    std::str::from_utf8(&rewritten.contents).expect("UTF-8")
}

/// Checks text and the kinds of findings, worst first.
fn check(before: &str, after: &str, findings: &[&str]) {
    let rewritten = moved(sample(before), "pkg/subject.py");
    assert_eq!(
        text_of(&rewritten),
        after,
        "from {before:?}: {:?}",
        rewritten.findings
    );
    let mut found = rewritten.findings.clone();
    found.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.line));
    let kinds: Vec<&str> = found.iter().map(|finding| finding.kind.as_str()).collect();
    assert_eq!(kinds, findings, "from {before:?}");
}

fn unchanged(before: &str, findings: &[&str]) {
    check(before, before, findings);
}

/// Checks statements under `if TYPE_CHECKING:`.
fn check_typing(before: &str, after: &str, findings: &[&str]) {
    check(
        &format!("{GUARD}    {before}\n"),
        &format!("{GUARD}    {after}\n"),
        findings,
    );
}

#[test]
fn from_imports_take_the_new_name() {
    check(
        "from pkg.a import A\n",
        "from toolbox.pkg.a import A\n",
        &[],
    );
    check(
        "from pkg import a, sub as s\n",
        "from toolbox.pkg import a, sub as s\n",
        &[],
    );
    check(
        "from  pkg . a  import A\n",
        "from  toolbox.pkg.a  import A\n",
        &[],
    );
    check(
        "from pkg.sub import *\n",
        "from toolbox.pkg.sub import *\n",
        &[],
    );
    check(
        "from pkg.sub.b import (\n    B,  # why\n)\n",
        "from toolbox.pkg.sub.b import (\n    B,  # why\n)\n",
        &[],
    );
    check(
        "é = 1; from single import x\n",
        "é = 1; from toolbox.single import x\n",
        &[],
    );
    unchanged(
        "from os import path\nfrom pkgs import a\nfrom . import a\nfrom .sub.b import B\n",
        &[],
    );
}

#[test]
fn names_of_a_namespace_package_are_told_apart() {
    check(
        "from ns import mine\n",
        "from toolbox.ns import mine\n",
        &[],
    );
    unchanged("from ns import other\n", &[]);
    check(
        "from ns import mine, other as o\n",
        "from toolbox.ns import mine; from ns import other as o\n",
        &[],
    );
    unchanged("import ns.other\nns.other.f()\n", &[]);
    check(
        "import ns.other\nimport ns.mine\nns.other.f(ns.mine.g)\n",
        "import ns.other\nimport toolbox.ns.mine\nns.other.f(toolbox.ns.mine.g)\n",
        &[],
    );
    unchanged(
        "import ns.other\nimport ns.mine\nprint(ns)\n",
        &["mixed-import-names"],
    );
}

#[test]
fn missing_modules_fail_under_the_new_name() {
    check(
        "try:\n    from pkg._speedups import f\nexcept ImportError:\n    f = None\n",
        "try:\n    from toolbox.pkg._speedups import f\nexcept ImportError:\n    f = None\n",
        &["missing-guarded-module"],
    );
    unchanged(
        "try:\n    from ._speedups import f\nexcept ImportError:\n    f = None\n",
        &["missing-guarded-module"],
    );
    check(
        "from pkg.app import App\n",
        "from toolbox.pkg.app import App\n",
        &["missing-module"],
    );
    check(
        "from pkg import App\n",
        "from toolbox.pkg import App\n",
        &["missing-module"],
    );
    check(
        "from pkg import __name__ as n\n",
        "from toolbox.pkg import __name__ as n\n",
        &[],
    );
    // A module that is no package may provide modules by code, as six does.
    check(
        "from single.moves import range\n",
        "from toolbox.single.moves import range\n",
        &[],
    );
    // So may a package that writes to the table of modules.
    check(
        "import pkg.late.alias as alias\n",
        "import toolbox.pkg.late.alias as alias\n",
        &[],
    );
    unchanged("from .... import far\n", &["missing-module"]);
}

#[test]
fn type_only_imports_become_any() {
    check_typing(
        "from .app import App",
        "from typing import Any as App",
        &["type-only-import"],
    );
    check_typing(
        "from pkg.app import App as P, Q",
        "from typing import Any as P, Any as Q",
        &["type-only-import"],
    );
    check_typing(
        "from . import app, a",
        "from typing import Any as app; from . import a",
        &["type-only-import"],
    );
    check_typing(
        "from pkg import a, App",
        "from toolbox.pkg import a; from typing import Any as App",
        &["type-only-import"],
    );
    check_typing(
        "from .sub import B, gone",
        "from .sub import B; from typing import Any as gone",
        &["type-only-import"],
    );
    check_typing(
        "from .app import *",
        "pass",
        &["type-only-star-import", "type-only-import"],
    );
    check_typing("from .a import A", "from .a import A", &[]);
    check_typing(
        "import pkg.app as app, os",
        "import os; from typing import Any as app",
        &["type-only-import"],
    );
    check_typing(
        "import pkg.app",
        "from typing import Any as pkg",
        &["type-only-import"],
    );
    check_typing(
        "from werkzeug import Request",
        "from werkzeug import Request",
        &[],
    );
    check(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING: from .app import (\n  App,\n  Other)\nx = 1\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING: from typing import Any as App, Any as Other\nx = 1\n",
        &["type-only-import"],
    );
    check(
        &format!(
            "import pkg.a\n{GUARD}    import pkg.app\ndef f(x: 'pkg.app.App') -> 'pkg.a.A': ...\n"
        ),
        &format!(
            "import toolbox.pkg.a\n{GUARD}    pass\ndef f(x: 'toolbox.pkg.app.App') -> 'toolbox.pkg.a.A': ...\n"
        ),
        &["type-only-import"],
    );
}

#[test]
fn plain_imports_and_the_uses_of_their_names_are_rewritten() {
    check(
        "import pkg.a as a, os\n",
        "import toolbox.pkg.a as a, os\n",
        &[],
    );
    check(
        "import pkg\npkg.a.f()\n",
        "import toolbox.pkg as pkg\npkg.a.f()\n",
        &[],
    );
    check(
        "import os, pkg.a\nx = pkg.a.A(pkg.a)\n",
        "import os, toolbox.pkg.a\nx = toolbox.pkg.a.A(toolbox.pkg.a)\n",
        &[],
    );
    check(
        "import pkg.sub.b\ndef f(x: \"list[pkg.sub.b.B]\"): return pkg.sub\n",
        "import toolbox.pkg.sub.b\ndef f(x: \"list[toolbox.pkg.sub.b.B]\"): return toolbox.pkg.sub\n",
        &[],
    );
    check(
        "def f():\n    import pkg.a\n    return pkg.a\ndef g(pkg):\n    return pkg.a\n",
        "def f():\n    import toolbox.pkg.a\n    return toolbox.pkg.a\ndef g(pkg):\n    return pkg.a\n",
        &[],
    );
    unchanged("import os.path\nimport pkgs.a\nos.path.join(pkgs.a)\n", &[]);
}

#[test]
fn bindings_are_kept_where_uses_cannot_be_rewritten() {
    let kept = "import toolbox.pkg.a as pkg, toolbox.pkg as pkg";
    let check_kept = |before: &str, after: &str| {
        check(
            &format!("import pkg.a\n{before}"),
            &format!("{kept}\n{after}"),
            &[],
        );
    };
    check_kept("toolbox = 1\npkg.a.f()\n", "toolbox = 1\npkg.a.f()\n");
    check_kept("def f(toolbox): pkg.a.f()\n", "def f(toolbox): pkg.a.f()\n");
    check_kept("pkg.a.f()\ndel pkg\n", "pkg.a.f()\ndel pkg\n");
    check_kept("__all__ = ['pkg']\n", "__all__ = ['pkg']\n");
    check_kept(
        "import pkg\npkg.a.f()\n",
        "import toolbox.pkg as pkg\npkg.a.f()\n",
    );
    let package = [
        ("pkg/subject.py", "import pkg.a\npkg.a.f()\n"),
        ("pkg/a.py", ""),
        ("pkg/__init__.py", "from .subject import x\n"),
    ];
    let rewritten = moved(source("pkg", &package, &[]), "pkg/subject.py");
    assert_eq!(text_of(&rewritten), format!("{kept}\npkg.a.f()\n"));
    let mut source = sample("import pkg.a\npkg.a.f()\n");
    let other = b"from .subject import pkg\n";
    let compat = path("lib/pkg/compat.py");
    source.files.insert(compat.clone(), source_file(other));
    source
        .python
        .extend(python_facts(other, true).map(|facts| (compat, facts)));
    let rewritten = moved(source, "pkg/subject.py");
    assert_eq!(text_of(&rewritten), format!("{kept}\npkg.a.f()\n"));
}

#[test]
fn module_names_in_strings_are_rewritten_or_reported() {
    let with = |line: &str| format!("import importlib, sys, logging, pkgutil\n{line}\n");
    let change = |before: &str, after: &str, findings: &[&str]| {
        check(&with(before), &with(after), findings);
    };
    change(
        "importlib.import_module('pkg.a')",
        "importlib.import_module('toolbox.pkg.a')",
        &[],
    );
    change(
        "importlib.import_module('.a', package='pkg')",
        "importlib.import_module('.a', package='toolbox.pkg')",
        &[],
    );
    change(
        "importlib.import_module('.a', __package__)",
        "importlib.import_module('.a', __package__)",
        &[],
    );
    change(
        "importlib.import_module('json')",
        "importlib.import_module('json')",
        &[],
    );
    change(
        "importlib.import_module('pkg.app')",
        "importlib.import_module('toolbox.pkg.app')",
        &["missing-named-module"],
    );
    change(
        "importlib.import_module(name)",
        "importlib.import_module(name)",
        &["computed-import"],
    );
    change(
        "importlib.import_module(f'.{x}', 'pkg.sub')",
        "importlib.import_module(f'.{x}', 'toolbox.pkg.sub')",
        &["computed-import"],
    );
    change(
        "n = f'pkg.sub.{x}'; importlib.import_module(n)",
        "n = f'toolbox.pkg.sub.{x}'; importlib.import_module(n)",
        &["computed-import"],
    );
    change(
        "importlib.import_module('pkg.sub.' + x, 'json.' + y)",
        "importlib.import_module('toolbox.pkg.sub.' + x, 'json.' + y)",
        &["computed-import"],
    );
    let table = "T = ['pkg.a', 'pkg.a:A', 'pkg.a.A', 'pkg.a.Z', 'json.a', 'pkg.org', 'pkg/a']";
    change(table, table, &["module-name-kept"; 3]);
    change(
        &format!("{table}; __import__(T[0]); logging.getLogger('pkg.a')"),
        "T = ['toolbox.pkg.a', 'toolbox.pkg.a:A', 'toolbox.pkg.a.A', 'pkg.a.Z', 'json.a', 'pkg.org', 'pkg/a']; \
         __import__(T[0]); logging.getLogger('pkg.a')",
        &["computed-import", "logger-name"],
    );
    change(
        "x = 'from pkg.a import ' + y, 'from json.x import y'",
        "x = 'from toolbox.pkg.a import ' + y, 'from json.x import y'",
        &[],
    );
    change(
        "__import__('pkg.a')",
        "__import__('toolbox.pkg.a').pkg",
        &[],
    );
    change("sys.modules['pkg.a']", "sys.modules['toolbox.pkg.a']", &[]);
    change("sys.modules[__name__]", "sys.modules[__name__]", &[]);
    change(
        "sys.modules[f'pkg.x.{n}'] = 1",
        "sys.modules[f'pkg.x.{n}'] = 1",
        &["sys-modules-name"],
    );
    change(
        "logging.getLogger('pkg.log')",
        "logging.getLogger('pkg.log')",
        &["logger-name"],
    );
    change(
        "pkgutil.get_data('pkg', 'x.txt')",
        "pkgutil.get_data('toolbox.pkg', 'x.txt')",
        &[],
    );
    let own = "pkgutil.get_data(__name__, 'x.txt')";
    change(own, own, &[]);
    let computed = "pkgutil.get_data(self.package, 'x.txt')";
    change(computed, computed, &["computed-resource"]);
}

#[test]
fn questions_for_the_own_version_are_answered() {
    let with = |line: &str| format!("import importlib.metadata\n{line}\n");
    let change = |before: &str, after: &str, findings: &[&str]| {
        check(&with(before), &with(after), findings);
    };
    change(
        "v = importlib.metadata.version(\"pkg\")",
        "v = \"1.2.3\"",
        &[],
    );
    change("v = importlib.metadata.version('PKG')", "v = '1.2.3'", &[]);
    change(
        "v = importlib.metadata.version(__name__.split('.')[0])",
        "v = '1.2.3'",
        &[],
    );
    change(
        "v = importlib.metadata.version('attrs')",
        "v = importlib.metadata.version('attrs')",
        &["metadata-of-other"],
    );
    change(
        "v = importlib.metadata.version(x)",
        "v = importlib.metadata.version(x)",
        &["computed-metadata"],
    );
    change(
        "importlib.metadata.files('pkg')",
        "importlib.metadata.files('pkg')",
        &["own-metadata"],
    );
}

#[test]
fn changed_files_are_marked_where_the_license_asks() {
    let mut source = sample("#!/usr/bin/env python\n\"\"\"Doc.\"\"\"\nfrom pkg.a import A\n");
    source.record.marks_changes = true;
    source.record.license = Some("Apache-2.0".to_owned());
    let rewritten = moved(source, "pkg/subject.py");
    assert_eq!(
        text_of(&rewritten),
        "#!/usr/bin/env python\n# Modified by Synthesizer: imports rewritten (from pkg 1.2.3, Apache-2.0).\n\"\"\"Doc.\"\"\"\nfrom toolbox.pkg.a import A\n"
    );
    let done: Vec<&str> = rewritten
        .transforms
        .iter()
        .map(|done| done.as_str())
        .collect();
    assert_eq!(done, ["moved", "imports-rewritten", "marked-changed"]);

    let mut source = sample("x = 1\n");
    source.record.marks_changes = true;
    assert_eq!(text_of(&moved(source, "pkg/subject.py")), "x = 1\n");
}

#[test]
fn destinations_and_links_choose_the_prefix() {
    let mut one =
        sample("import pkg.a\nfrom other.x import y\nfrom other.gone import z\nprint(pkg.a)\n");
    one.record.destination = Some(path("vendor/one"));
    one.linked_modules
        .insert("other.x".to_owned(), "other".to_owned());
    let mut other = source("other", &[("other/x.py", "y = 1\n")], &[]);
    other.record.destination = Some(path("two"));
    let sources = vec![one, other];
    let request = request(&sources);
    let input = input(&request, sources);
    let names = NewNames::of(&input, &input.sources[0]);
    let file = &input.sources[0].closure.files[0];
    let rewritten = rewrite(&MovedFile {
        source: &input.sources[0],
        names: &names,
        file,
        contents: &input.sources[0].files[&file.path],
        facts: input.sources[0].python.get(&file.path),
        package: "toolbox",
        tests: None,
    });
    assert_eq!(
        text_of(&rewritten),
        "import toolbox.vendor.one.pkg.a\nfrom toolbox.two.other.x import y\nfrom other.gone import z\nprint(toolbox.vendor.one.pkg.a)\n"
    );
}

#[test]
fn files_without_facts_are_placed_or_stop_the_synthesis() {
    let check_bytes = |bytes: &[u8], kind: &str, severity: Severity| {
        let mut source = sample("");
        let subject = path("lib/pkg/subject.py");
        source.files.insert(subject.clone(), source_file(bytes));
        source.python.remove(&subject);
        let facts = python_facts(bytes, true);
        source.python.extend(facts.map(|facts| (subject, facts)));
        let rewritten = moved(source, "pkg/subject.py");
        assert_eq!(rewritten.contents, bytes);
        let found: Vec<(&str, Severity)> = rewritten
            .findings
            .iter()
            .map(|finding| (finding.kind.as_str(), finding.severity))
            .collect();
        assert_eq!(found, [(kind, severity)]);
    };
    check_bytes(
        b"# coding: latin-1\nx = '\xe9'\n",
        "not-utf8",
        Severity::Warning,
    );
    check_bytes(
        b"# coding: latin-1\nfrom pkg import a\nx = '\xe9'\n",
        "not-utf8",
        Severity::Error,
    );
    check_bytes(
        b"def (:\nfrom pkg import a\n",
        "syntax-error",
        Severity::Warning,
    );
}

#[test]
fn line_ends_and_byte_order_marks_are_kept() {
    check(
        "\u{feff}import pkg.a\r\npkg.a.f('\u{1f600}')\r\n",
        "\u{feff}import toolbox.pkg.a\r\ntoolbox.pkg.a.f('\u{1f600}')\r\n",
        &[],
    );
}
