//! The Python of a generated tree: one distribution, of which each block is a package.

use std::fmt::Write as _;

use super::{
    MODULES, Module, Tree, UNITS,
    text::{Random, capitalised},
};

/// Writes the package of a block, and a test of its first module.
pub(super) fn package(tree: &mut Tree<'_>, block: u64) {
    let about = tree.random.sentence();
    let folder = format!("python/acme/b{block:04}");
    tree.file(
        &format!("{folder}/__init__.py"),
        &format!("\"\"\"{about}.\"\"\"\n"),
    );
    for unit in 0..UNITS {
        let mut text = String::from("\"\"\"The parts of the unit.\"\"\"\n\n");
        for number in 0..MODULES {
            let name = Module {
                block,
                unit,
                number,
            }
            .main_type();
            text.push_str(&format!("from .m{number} import {name}\n"));
        }
        tree.file(&format!("{folder}/u{unit}/__init__.py"), &text);
    }
    for module in Module::all_of(block) {
        let text = module_text(tree, module);
        let path = format!("{folder}/u{}/m{}.py", module.unit, module.number);
        tree.file(&path, &text);
    }
    let first = Module {
        block,
        unit: 0,
        number: 0,
    };
    let text = test(first, &mut tree.random);
    tree.file(&format!("python/tests/b{block:04}/test_m0.py"), &text);
}

/// Writes the distribution's manifest.
pub(super) fn manifest(tree: &mut Tree<'_>) {
    tree.file("python/acme/__init__.py", "\"\"\"Everything.\"\"\"\n");
    tree.file(
        "python/pyproject.toml",
        "[project]\nname = \"acme\"\nversion = \"1.0.0\"\nrequires-python = \">=3.10\"\nlicense = \"MIT\"\n\
         dependencies = [\"httpx>=0.27\", \"numpy>=1.26\", \"pydantic>=2\"]\n",
    );
}

fn module_text(tree: &mut Tree<'_>, module: Module) -> String {
    let length = tree.length();
    let imports = tree.imports(module);
    let random = &mut tree.random;
    let mut text = format!("\"\"\"{}.\"\"\"\n\n", random.sentence());
    text.push_str("from __future__ import annotations\n\nimport logging\n");
    text.push_str("from typing import Iterable, Optional\n\n");
    match random.below(6) {
        0 => text.push_str("import numpy as np\n\n"),
        1 => text.push_str("import httpx\nfrom pydantic import BaseModel\n\n"),
        _ => {}
    }
    for import in &imports {
        let name = import.main_type();
        let line = match (import.block == module.block, import.unit == module.unit) {
            (true, true) => format!("from .m{} import {name}\n", import.number),
            (true, false) => format!("from ..u{}.m{} import {name}\n", import.unit, import.number),
            _ => format!(
                "from acme.b{:04}.u{}.m{} import {name}\n",
                import.block, import.unit, import.number
            ),
        };
        text.push_str(&line);
    }
    text.push_str("\nlogger = logging.getLogger(__name__)\n");
    let limit = random.below(1000);
    let _ = writeln!(text, "MOST_{} = {limit}\n\n", random.noun().to_uppercase());
    class(&mut text, &module.main_type(), &imports, random);
    let mut part = 0;
    while text.lines().count() < length {
        part += 1;
        text.push_str("\n\n");
        if random.below(3) == 0 {
            let name = format!("{}Part{part}", capitalised(random.noun()));
            class(&mut text, &name, &imports, random);
        } else {
            function(&mut text, "", part, &imports, random);
        }
    }
    text
}

fn class(text: &mut String, name: &str, imports: &[Module], random: &mut Random) {
    let (first, second) = (random.noun(), random.noun());
    let _ = writeln!(
        text,
        "class {name}:\n    \"\"\"{}.\n\n    {}.\n    \"\"\"\n",
        random.sentence(),
        random.sentence()
    );
    let _ = writeln!(
        text,
        "    def __init__(self, {first}_: str, {second}s: Optional[list[str]] = None) -> None:"
    );
    let _ = writeln!(
        text,
        "        self._{first} = {first}_\n        self._{second}s = list({second}s or [])"
    );
    for part in 0..1 + random.below(4) {
        text.push('\n');
        function(text, "    ", part, imports, random);
    }
}

fn function(text: &mut String, indent: &str, part: u64, imports: &[Module], random: &mut Random) {
    let (verb, noun, other) = (random.verb(), random.noun(), random.noun());
    let own = if indent.is_empty() { "" } else { "self, " };
    let _ = writeln!(
        text,
        "{indent}def {verb}_{noun}_{part}({own}{other}s: Iterable[str], limit: int = {}) -> dict[str, int]:",
        random.below(100)
    );
    if random.below(4) != 0 {
        let _ = writeln!(text, "{indent}    \"\"\"{}.\"\"\"", random.sentence());
    }
    let _ = writeln!(text, "{indent}    result: dict[str, int] = {{}}");
    if let Some(import) = imports.first() {
        let _ = writeln!(
            text,
            "{indent}    {noun}_of = {}(\"{other}\")",
            import.main_type()
        );
    }
    for _ in 0..1 + random.below(5) {
        statement(text, indent, other, random);
    }
    let _ = writeln!(text, "{indent}    return result");
}

fn statement(text: &mut String, indent: &str, items: &str, random: &mut Random) {
    let (noun, verb, number) = (random.noun(), random.verb(), random.below(1000));
    let _ = match random.below(5) {
        0 => writeln!(text, "{indent}    # {}.", random.sentence()),
        1 => writeln!(
            text,
            "{indent}    if limit > {number}:\n{indent}        logger.debug(\"cannot {verb} %s of {noun}\", limit)\n{indent}        limit = {number}"
        ),
        2 => writeln!(
            text,
            "{indent}    for {noun}_item in {items}s:\n{indent}        result[{noun}_item] = len({noun}_item) + {number}"
        ),
        3 => writeln!(
            text,
            "\n{indent}    {noun}_{verb} = [f\"{{name}}:{number}\" for name in result if name != \"{noun}\"]"
        ),
        _ => writeln!(
            text,
            "{indent}    result[\"{noun}\"] = result.get(\"{verb}\", {number}) * 2"
        ),
    };
}

fn test(module: Module, random: &mut Random) -> String {
    let name = module.main_type();
    let mut text = format!(
        "from acme.b{:04}.u{}.m{} import {name}\n",
        module.block, module.unit, module.number
    );
    for case in 0..3 + random.below(5) {
        let noun = random.noun();
        let _ = writeln!(
            text,
            "\n\ndef test_{noun}_{case}():\n    made = {name}(\"{noun}\")\n    assert made is not None"
        );
    }
    text
}
