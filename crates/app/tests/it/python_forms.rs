//! What becomes of the forms in which Python code names modules and files: files come along, names follow, and what keeps its name is told
//! with its line. The moved tests call all of it.

use serde_json::Value;

use crate::crafted::{self, checks, findings, package};

/// A module with one form a line, and what becomes of the line.
const FORMS: &[(&str, &str)] = &[
    ("\"\"\"Forms.", "\"\"\"Forms."),
    ("", ""),
    (
        ">>> from forms.sub import part",
        ">>> from fresh.forms.sub import part",
    ),
    (">>> part.NAME", ">>> part.NAME"),
    ("'part'", "'part'"),
    ("\"\"\"", "\"\"\""),
    (
        "from __future__ import annotations",
        "from __future__ import annotations",
    ),
    (
        "import importlib.resources, logging, os, pathlib, pkgutil",
        "import importlib.resources, logging, os, pathlib, pkgutil",
    ),
    (
        "from typing import TYPE_CHECKING",
        "from typing import TYPE_CHECKING",
    ),
    (
        "import forms.sub.part",
        "import fresh.forms.sub.part as forms, fresh.forms as forms",
    ),
    (
        "from forms import sub as aliased",
        "from fresh.forms import sub as aliased",
    ),
    ("from .sub import part", "from .sub import part"),
    ("if TYPE_CHECKING:", "if TYPE_CHECKING:"),
    (
        "    from forms.typed import OnlyTyped",
        "    from typing import Any as OnlyTyped",
    ),
    (
        "__all__ = [\"Thing\", \"forms\", \"aliased\"]",
        "__all__ = [\"Thing\", \"forms\", \"aliased\"]",
    ),
    (
        "log = logging.getLogger(\"forms.core\")",
        "log = logging.getLogger(\"forms.core\")",
    ),
    ("class Thing:", "class Thing:"),
    // The name is bound as before, so a string annotation still leads there.
    (
        "    kind: \"forms.sub.part.Kind\"",
        "    kind: \"forms.sub.part.Kind\"",
    ),
    ("    other: \"OnlyTyped\"", "    other: \"OnlyTyped\""),
    ("    def __reduce__(self):", "    def __reduce__(self):"),
    ("        return (Thing, ())", "        return (Thing, ())"),
    ("def of_package():", "def of_package():"),
    (
        "    return (importlib.resources.files(\"forms\") / \"data\" / \"files.txt\").read_text()",
        "    return (importlib.resources.files(\"fresh.forms\") / \"data\" / \"files.txt\").read_text()",
    ),
    ("def of_pkgutil():", "def of_pkgutil():"),
    (
        "    return pkgutil.get_data(\"forms\", \"data/pkgutil.txt\").decode()",
        "    return pkgutil.get_data(\"fresh.forms\", \"data/pkgutil.txt\").decode()",
    ),
    ("def of_os_path():", "def of_os_path():"),
    (
        "    with open(os.path.join(os.path.dirname(__file__), \"data\", \"joined.txt\")) as file:",
        "    with open(os.path.join(os.path.dirname(__file__), \"data\", \"joined.txt\")) as file:",
    ),
    ("        return file.read()", "        return file.read()"),
    ("def of_pathlib():", "def of_pathlib():"),
    (
        "    return (pathlib.Path(__file__).parent / \"data\" / \"pathlib.txt\").read_text()",
        "    return (pathlib.Path(__file__).parent / \"data\" / \"pathlib.txt\").read_text()",
    ),
    ("def main():", "def main():"),
    (
        "    print(forms.sub.part.NAME, \"forms.core:Thing\")",
        "    print(forms.sub.part.NAME, \"forms.core:Thing\")",
    ),
];

const MANIFEST: &str = "[project.scripts]\nforms = \"forms.core:main\"\nlost = \"forms.typed:main\"\n\
    [project.entry-points.\"some.plugins\"]\nnamed = \"forms.core:Thing\"\n";

const TESTS: &str = "from forms import core\n\ndef test_files():\n    for read in (core.of_package, core.of_pkgutil, core.of_os_path, core.of_pathlib):\n        assert read() == read.__name__\n\ndef test_names():\n    assert core.log.name == 'forms.core'\n    assert eval(eval(core.Thing.__annotations__['kind']), vars(core)).__name__ == 'Kind'\n    namespace = {}\n    exec('from fresh.forms.core import *', namespace)\n    assert {'Thing', 'forms', 'aliased'} <= set(namespace)\n";

fn told(answer: &Value, kind: &str, expected: &[&str]) {
    let found = findings(answer, kind);
    let places: Vec<&str> = found
        .iter()
        .map(|one| one.split(' ').next().unwrap_or_default())
        .collect();
    assert_eq!(places, expected, "{kind}: {found:?}");
}

#[test]
fn every_form_is_followed_or_told() {
    let program = crafted::program();
    let column = |of: fn(&(&str, &str)) -> String| -> String {
        FORMS.iter().map(|form| of(form) + "\n").collect()
    };
    let core = column(|(written, _)| (*written).to_owned());
    package(
        &program,
        "forms",
        MANIFEST,
        &[
            ("forms/__init__.py", ""),
            ("forms/core.py", &core),
            ("forms/typed.py", "class OnlyTyped: ...\n"),
            ("forms/sub/__init__.py", ""),
            (
                "forms/sub/part.py",
                "NAME = 'part'\nclass Kind: ...\n__all__ = ['NAME', 'Kind']\n",
            ),
            ("forms/data/files.txt", "of_package"),
            ("forms/data/pkgutil.txt", "of_pkgutil"),
            ("forms/data/joined.txt", "of_os_path"),
            ("forms/data/pathlib.txt", "of_pathlib"),
            ("forms/data/unread.txt", ""),
            ("tests/test_core.py", TESTS),
        ],
    );
    let (answer, project) =
        crafted::synthesized(&program, &["./forms#forms.core"], &["--level", "test"]);
    assert_eq!(
        project.text("src/fresh/forms/core.py"),
        column(|(_, rewritten)| (*rewritten).to_owned())
    );
    let files = project.files();
    let data: Vec<&str> = files
        .keys()
        .filter_map(|path| path.strip_prefix("src/fresh/forms/data/"))
        .collect();
    assert_eq!(
        data,
        ["files.txt", "joined.txt", "pathlib.txt", "pkgutil.txt"]
    );
    let manifest = project.text("pyproject.toml");
    assert!(
        manifest.contains("[project.scripts]\nforms = \"fresh.forms.core:main\"\n"),
        "{manifest}"
    );
    told(&answer, "type-only-import", &["forms/core.py:14"]);
    told(&answer, "logger-name", &["forms/core.py:16"]);
    told(&answer, "pickled-names", &["forms/core.py:20"]);
    told(&answer, "module-name-kept", &["forms/core.py:32"]);
    told(&answer, "entry-points-left-out", &["pyproject.toml:8"]);
    assert_eq!(findings(&answer, "script-left-out").len(), 1);
    assert_eq!(checks(&answer)["tests"], "passed", "{answer:#}");
}

#[test]
fn data_of_a_whole_package_comes_along_whatever_reads_it() {
    let program = crafted::program();
    let manifest = "[tool.setuptools.package-data]\nforms = [\"globbed/*.tpl\", \"py.typed\"]\n";
    package(
        &program,
        "forms",
        manifest,
        &[
            ("forms/__init__.py", ""),
            ("forms/py.typed", ""),
            ("forms/globbed/one.tpl", "one"),
            ("MANIFEST.in", "include forms/globbed/*\n"),
        ],
    );
    let (_, project) = crafted::synthesized(&program, &["./forms"], &["--no-verify"]);
    assert_eq!(project.text("src/fresh/forms/globbed/one.tpl"), "one");
    assert_eq!(project.text("src/fresh/forms/py.typed"), "");
}
