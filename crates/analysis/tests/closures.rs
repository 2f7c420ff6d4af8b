//! What a component brings, on small made-up packages: one case for each rule of Python's import system that decides it.

use std::collections::BTreeSet;

use synthesizer_analysis::{
    closure::Taker, memory_tree::MemoryTree, placed, python_source::PythonSource,
};
use synthesizer_model::progress::Unwatched;

fn read(files: &[(&str, &str)]) -> (MemoryTree, PythonSource) {
    let tree = MemoryTree::of_texts(files.iter().copied());
    let source = PythonSource::read(&tree, Some("pkg"), &Unwatched).expect("not cancelled");
    (tree, source)
}

/// Checks which files `pkg/use.py` brings besides itself, and the kinds of findings.
fn check(code: &str, others: &[(&str, &str)], expected: &[&str], findings: &[&str]) {
    let files: Vec<(&str, &str)> = others
        .iter()
        .copied()
        .chain([("pkg/use.py", code)])
        .collect();
    let (tree, source) = read(&files);
    let taker = Taker::new(&tree, &source);
    let closure = taker.take(&[taker.select("pkg.use").expect("it is there")]);
    let taken: Vec<&str> = closure
        .files
        .iter()
        .map(|file| file.path.as_str())
        .filter(|path| *path != "pkg/use.py")
        .collect();
    assert_eq!(taken, expected, "{code}");
    let kinds: Vec<&str> = closure
        .findings
        .iter()
        .map(|finding| finding.kind.as_str())
        .collect();
    assert_eq!(kinds, findings, "{code}");
}

#[test]
fn a_star_import_brings_the_submodules_that_the_package_exports() {
    let package = [
        ("pkg/__init__.py", "__all__ = ['a']\n"),
        ("pkg/a.py", ""),
        ("pkg/b.py", ""),
    ];
    check(
        "from pkg import *\n",
        &package,
        &["pkg/__init__.py", "pkg/a.py"],
        &[],
    );
}

#[test]
fn a_name_that_is_both_bound_and_a_submodule_brings_both() {
    let package = [
        ("pkg/__init__.py", "from .use import X\ndef helper(): ...\n"),
        ("pkg/helper.py", ""),
    ];
    check(
        "from . import helper\nX = helper.V\n",
        &package,
        &["pkg/__init__.py", "pkg/helper.py"],
        &[],
    );
}

#[test]
fn a_submodule_used_as_an_attribute_comes_with_what_imports_it() {
    let package = [
        ("pkg/__init__.py", "from .sub import child\n"),
        ("pkg/sub/__init__.py", ""),
        ("pkg/sub/child.py", ""),
        ("pkg/sub/other.py", ""),
    ];
    let all = ["pkg/__init__.py", "pkg/sub/__init__.py", "pkg/sub/child.py"];
    for code in [
        "from pkg import sub\nX = sub.child.V\n",
        "from . import sub as s\ndef f(): return s.child.V\n",
        "import pkg.sub as s\nX = s.child\n",
        "import pkg.sub\nX = pkg.sub.child\n",
    ] {
        check(code, &package, &all, &[]);
    }
    let without = "from pkg import sub\nX = my_sub.child, sub.V, x.sub.other\n";
    check(without, &package, &["pkg/sub/__init__.py"], &[]);
}

#[test]
fn a_module_that_code_makes_brings_its_maker() {
    let code = "from pkg.six.moves import range\nfrom .late.alias import V\n";
    let package = [
        ("pkg/__init__.py", ""),
        ("pkg/six.py", ""),
        (
            "pkg/late/__init__.py",
            "import sys\nsys.modules[__name__ + '.alias'] = sys\n",
        ),
    ];
    check(code, &package, &["pkg/late/__init__.py", "pkg/six.py"], &[]);
    let package = [("pkg/__init__.py", ""), ("pkg/late/__init__.py", "")];
    check(
        "import pkg.late.alias\n",
        &package,
        &[],
        &["missing-module"],
    );
}

#[test]
fn modules_imported_by_a_computed_name_come_where_literals_name_them() {
    let lazy = "import importlib\nLAZY = {'A': '.a', 'b': 'b', 'C': 'pkg.c:C', 'D': 'pkg.d.D', 'E': 'pkg.e.F'}\n\
                def __getattr__(name): return importlib.import_module(LAZY[name], __name__)\n";
    let package = [
        ("pkg/__init__.py", lazy),
        ("pkg/a.py", ""),
        ("pkg/b.py", ""),
        ("pkg/c.py", ""),
        ("pkg/d.py", "class D: ...\n"),
        ("pkg/e.py", ""),
        ("pkg/f.py", ""),
    ];
    let named = [
        "pkg/__init__.py",
        "pkg/a.py",
        "pkg/b.py",
        "pkg/c.py",
        "pkg/d.py",
    ];
    check("from pkg import A\n", &package, &named, &[]);
    let package = [
        ("pkg/__init__.py", ""),
        ("pkg/table.py", "TABLE = {'a': 'pkg.a'}\n"),
        ("pkg/a.py", ""),
    ];
    check(
        "from .table import TABLE\n",
        &package,
        &["pkg/table.py"],
        &[],
    );
    check(
        "from .table import TABLE\ndef f(n): return __import__(TABLE[n])\n",
        &package,
        &["pkg/a.py", "pkg/table.py"],
        &[],
    );
}

#[test]
fn modules_whose_names_begin_as_a_computed_name_does_come() {
    let package = [
        ("pkg/__init__.py", ""),
        ("pkg/data/__init__.py", ""),
        ("pkg/data/v-1.py", ""),
        ("pkg/data/v_2.py", ""),
        ("pkg/data/w.py", ""),
        ("pkg/text.py", ""),
    ];
    let versions = ["pkg/data/v-1.py", "pkg/data/v_2.py"];
    for code in [
        "import importlib\nf = lambda n: importlib.import_module('pkg.data.v' + n)\n",
        "import importlib\nf = lambda n: importlib.import_module('pkg.data.v%s' % n)\n",
    ] {
        check(code, &package, &versions, &[]);
    }
    let relative = "from importlib import import_module\n\
                    def f(n):\n    name = f'.v{n}'\n    return import_module(name, 'pkg.data')\n";
    let with_package = ["pkg/data/__init__.py", "pkg/data/v-1.py", "pkg/data/v_2.py"];
    check(relative, &package, &with_package, &[]);
    let any = "import importlib\nf = lambda n: importlib.import_module(f'.{n}', __package__)\n";
    check(any, &package, &[], &[]);
    check(
        "print('from pkg.text import x')\n",
        &package,
        &["pkg/text.py"],
        &[],
    );
}

#[test]
fn data_comes_by_joined_names_of_files_and_folders() {
    let package = [
        ("pkg/__init__.py", ""),
        ("pkg/data/a.json", ""),
        ("pkg/data/b.json", ""),
        ("pkg/data-2/c.json", ""),
    ];
    let one = ["pkg/data/a.json"];
    let both = ["pkg/data/a.json", "pkg/data/b.json"];
    for (code, expected) in [
        ("open(os.path.join(HERE, 'data', 'a.json'))\n", &one[..]),
        ("(HERE / 'data' / 'a.json').read_text()\n", &one[..]),
        ("HERE.joinpath('data', 'a.json')\n", &one[..]),
        (
            "os.path.join(os.path.join(HERE, 'data'), 'a.json')\n",
            &one[..],
        ),
        ("FOLDER = os.path.join(HERE, 'data')\n", &both[..]),
        ("open(HERE / 'data' / f'{name}.json')\n", &both[..]),
        ("', '.join('data')\n", &[][..]),
    ] {
        check(code, &package, expected, &[]);
    }
}

#[test]
fn a_folder_like_an_import_root_belongs_to_the_package_around_it() {
    let package = [("pkg/__init__.py", ""), ("pkg/lib/x.py", "")];
    check("from pkg.lib import x\n", &package, &["pkg/lib/x.py"], &[]);
}

#[test]
fn a_circle_that_cannot_be_entered_at_the_component_is_entered_where_its_package_does() {
    let clipboard = ("pkg/clipboard.py", "from .use import Document\n");
    let package = [
        ("pkg/__init__.py", "from .clipboard import Document\n"),
        clipboard,
    ];
    let code = "from .clipboard import Clip\nclass Document: ...\n";
    check(
        code,
        &package,
        &["pkg/__init__.py", "pkg/clipboard.py"],
        &[],
    );
    for (code, other) in [
        (
            "class Document: ...\nfrom .clipboard import Clip\n",
            clipboard.1,
        ),
        (code, "from . import use\n"),
        (code, "def f():\n    from .use import Document\n"),
        ("from .clipboard import Clip\nDocument = x\n", clipboard.1),
    ] {
        let package = [package[0], ("pkg/clipboard.py", other)];
        let package = [package[0], package[1]];
        check(code, &package, &["pkg/clipboard.py"], &[]);
    }
}

#[test]
fn what_a_guarded_module_lacks_stops_nothing() {
    let lacking = ("pkg/fast.py", "from pkg._compiled import x\n");
    let package = [("pkg/__init__.py", ""), lacking];
    let guarded = "try:\n    from .fast import *\nexcept ImportError:\n    pass\n";
    check(guarded, &package, &["pkg/fast.py"], &[]);
    let twice = format!("{guarded}def f():\n    from . import fast\n");
    check(&twice, &package, &["pkg/fast.py"], &["missing-module"]);
    let (_, source) = read(&[package[0], lacking, ("pkg/use.py", guarded)]);
    assert_eq!(placed::unresolved_imports(&source, &BTreeSet::new()), []);
    let found = placed::modules_of_other_systems(&source);
    assert!(found.iter().eq(["pkg.fast"]), "{found:?}");
    let (_, source) = read(&[package[0], lacking, ("pkg/use.py", &twice)]);
    assert_eq!(
        placed::unresolved_imports(&source, &BTreeSet::new()).len(),
        1
    );
}

#[test]
fn a_module_is_meant_before_a_folder_of_its_name() {
    let (tree, source) = read(&[("lib/yaml/__init__.py", ""), ("yaml/_yaml.h", "")]);
    let taker = Taker::new(&tree, &source);
    let selection = taker.select("yaml").expect("it is there");
    assert_eq!(
        (selection.modules, selection.data),
        (vec!["yaml".to_owned()], Vec::new())
    );
}

#[test]
fn modules_of_other_systems_are_told_from_broken_ones() {
    let (_, source) = read(&[
        (
            "pkg/console.py",
            "import sys\nif sys.platform == 'win32':\n    from ._windows import draw\nfrom . import base\n",
        ),
        ("pkg/_windows.py", "from ._win32 import handle\n"),
        (
            "pkg/_win32.py",
            "import sys\nif sys.platform != 'win32':\n    raise ImportError(__name__)\n",
        ),
        (
            "pkg/tz.py",
            "try:\n    from .win import z\nexcept ImportError:\n    z = None\n",
        ),
        ("pkg/win.py", "from six.moves import winreg\n"),
        ("pkg/base.py", "import sys\nX = sys.platform\n"),
        ("pkg/root.py", "import winreg\n"),
        ("pkg/late.py", "def f():\n    from .asserts import g\n"),
        (
            "pkg/asserts.py",
            "import sys\nassert sys.platform == 'win32'\nfrom . import base\n",
        ),
    ]);
    let found = placed::modules_of_other_systems(&source);
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(
        found,
        ["pkg._win32", "pkg._windows", "pkg.asserts", "pkg.win"]
    );
}
