//! Large trees with some of everything: code of every language that imports across files, manifests of every family, statements of
//! licenses, attributes.

use super::{File, file};

/// How many folders' worth of files one part has.
pub(crate) const FILES_OF_PART: usize = 20;

/// Makes a tree of so many parts, of [`FILES_OF_PART`] files each.
pub(crate) fn parts(count: usize) -> Vec<File> {
    let mut files = vec![
        file("package.json", r#"{"name":"top","workspaces":["part*"]}"#),
        file("Cargo.toml", "[workspace]\nmembers = [\"part*\"]\n"),
        file(
            "pyproject.toml",
            "[project]\nname = \"top\"\nversion = \"1\"\n[tool.uv.workspace]\nmembers = [\"part*\"]\n",
        ),
        file("go.mod", "module example.com/top\n"),
        file(
            "tsconfig.json",
            r#"{"compilerOptions":{"baseUrl":".","paths":{"@/*":["./*"]}}}"#,
        ),
        file("LICENSE", "MIT License\n"),
        file("REUSE.toml", reuse()),
        file(
            ".gitattributes",
            "**/gen*.py linguist-generated\n*.min.js linguist-vendored\n".repeat(20),
        ),
    ];
    for part in 0..count {
        add_part(part, (part + 1) % count.max(1), &mut files);
    }
    files
}

fn reuse() -> String {
    let statement = |number: usize| {
        format!(
            "[[annotations]]\npath = \"part{number}/*/**.md\"\nSPDX-License-Identifier = \"MIT\"\n"
        )
    };
    (0..50).map(statement).collect()
}

fn add_part(part: usize, next: usize, files: &mut Vec<File>) {
    let folder = format!("part{part}");
    let mut add = |name: &str, text: String| files.push(file(format!("{folder}/{name}"), text));
    add(
        "pyproject.toml",
        format!(
            "[project]\nname = \"part{part}\"\nversion = \"1\"\ndependencies = [\"part{next}\", \"requests>=2\"]\n"
        ),
    );
    add(
        "package.json",
        format!(r#"{{"name":"part{part}","dependencies":{{"part{next}":"*","react":"^18"}}}}"#),
    );
    add(
        "Cargo.toml",
        format!(
            "[package]\nname = \"part{part}\"\nversion = \"1.0.0\"\n[dependencies]\nserde = \"1\"\n"
        ),
    );
    add("__init__.py", format!("from part{next} import one\n"));
    for (name, other) in [("one", "two"), ("two", "three"), ("three", "one")] {
        let body = "\n\ndef function(a, b):\n    \"\"\"Doc.\"\"\"\n    if a and b:\n        return [x for x in a]\n    return None\n".repeat(8);
        add(
            &format!("{name}.py"),
            format!(
                "import os\nimport requests\nfrom . import {other}\nimport part{next}.{name}\n{body}"
            ),
        );
        let body = "export function f(a) { return a ? [a] : null; }\n".to_owned()
            + &"const g = (a) => a && f(a);\n".repeat(20);
        add(
            &format!("{name}.ts"),
            format!(
                "import './{other}';\nimport x from '@/part{next}/{name}';\nimport 'react';\n{body}"
            ),
        );
        add(
            &format!("src/{name}.rs"),
            format!(
                "use crate::{other};\nuse serde::Serialize;\n{}",
                "fn f() { if true { g(); } }\n".repeat(20)
            ),
        );
    }
    add(
        "src/lib.rs",
        "pub mod one;\npub mod two;\npub mod three;\n".to_owned(),
    );
    add(
        "main.go",
        format!(
            "package part{part}\nimport \"example.com/top/part{next}\"\nfunc F() {{ part{next}.F() }}\n"
        ),
    );
    add(
        "Main.java",
        format!("package part{part};\nimport part{next}.Main;\nclass Main {{ void f() {{ }} }}\n"),
    );
    add(
        "main.c",
        format!("#include \"../part{next}/main.h\"\nint f(void) {{ return 1; }}\n"),
    );
    add("main.h", "int f(void);\n".to_owned());
    add("README.md", "# Part\n\n```python\nx = 1\n```\n".to_owned());
    add(
        "LICENSE",
        format!("License of part {part}: do what you want with it.\n"),
    );
}
