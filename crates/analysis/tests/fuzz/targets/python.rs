//! The reader of Python files.

use crate::{
    facts,
    session::{self, Target},
};

#[test]
fn python_files() {
    session::run(&Target {
        name: "python",
        inputs: 400,
        words: &[
            "import ",
            "from . import ",
            "from __future__ import annotations\n",
            "def f():\n    ",
            "async ",
            "class A(B):\n",
            "lambda x: ",
            "yield ",
            "await ",
            "if TYPE_CHECKING:\n    ",
            "try:\n    ",
            "except ImportError:\n    ",
            "match x:\n case ",
            "with a as b:\n ",
            "@property\n",
            "f\"{",
            "f'''{x!r:{y}}'''",
            "rb'",
            "\\N{BULLET}",
            "__all__ = [",
            "global x\n",
            "nonlocal x\n",
            "del x\n",
            "...",
            ":=",
            "->",
            "**",
            "*args, **kwargs",
            "type X[T] = ",
            "import_module(",
            "__import__(",
            "sys.modules[",
            "getattr(",
            "\"a.b.c\"",
            "# type: ignore\n",
            "# SPDX-License-Identifier: MIT\n",
            "    ",
            "\tif 1:\n",
            "0x",
            "1_0j",
            "else:\n",
            "elif x:\n",
        ],
        check: facts::check_file,
    });
}
