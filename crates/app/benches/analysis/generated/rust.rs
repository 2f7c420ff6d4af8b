//! The Rust of a generated tree: one workspace, of which each block is a crate.

use std::fmt::Write as _;

use super::{
    MODULES, Module, Tree, UNITS,
    text::{Random, capitalised},
};

/// Writes the crate of a block.
pub(super) fn package(tree: &mut Tree<'_>, block: u64) {
    let folder = format!("rust/crates/c{block:04}");
    let mut needed = Vec::new();
    for module in Module::all_of(block) {
        let imports = tree.imports(module);
        needed.extend(imports.iter().map(|import| import.block));
        let text = module_text(tree, module, &imports);
        let path = format!("{folder}/src/u{}/m{}.rs", module.unit, module.number);
        tree.file(&path, &text);
    }
    let mut root = format!("//! {}.\n\n", tree.random.sentence());
    for unit in 0..UNITS {
        let modules: String = (0..MODULES)
            .map(|number| format!("pub mod m{number};\n"))
            .collect();
        tree.file(&format!("{folder}/src/u{unit}/mod.rs"), &modules);
        let _ = writeln!(root, "pub mod u{unit};");
    }
    tree.file(&format!("{folder}/src/lib.rs"), &root);
    needed.retain(|other| *other != block);
    needed.sort_unstable();
    needed.dedup();
    let mut manifest = format!(
        "[package]\nname = \"c{block:04}\"\nversion = \"1.0.0\"\nedition = \"2024\"\nlicense.workspace = true\n\n[dependencies]\nserde = \"1\"\n"
    );
    for other in needed {
        let _ = writeln!(manifest, "c{other:04} = {{ path = \"../c{other:04}\" }}");
    }
    tree.file(&format!("{folder}/Cargo.toml"), &manifest);
}

/// Writes the workspace's manifest.
pub(super) fn manifest(tree: &mut Tree<'_>) {
    tree.file(
        "rust/Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n\n[workspace.package]\nlicense = \"MIT\"\n",
    );
}

fn module_text(tree: &mut Tree<'_>, module: Module, imports: &[Module]) -> String {
    let length = tree.length();
    let random = &mut tree.random;
    let mut text = format!(
        "//! {}.\n\nuse std::collections::BTreeMap;\n",
        random.sentence()
    );
    if random.below(4) == 0 {
        text.push_str("\nuse serde::Serialize;\n");
    }
    text.push('\n');
    for import in imports {
        let name = import.main_type();
        let _ = match (import.block == module.block, import.unit == module.unit) {
            (true, true) => writeln!(text, "use super::m{}::{name};", import.number),
            (true, false) => writeln!(
                text,
                "use crate::u{}::m{}::{name};",
                import.unit, import.number
            ),
            _ => writeln!(
                text,
                "use c{:04}::u{}::m{}::{name};",
                import.block, import.unit, import.number
            ),
        };
    }
    let _ = writeln!(
        text,
        "\n/// {}.\nconst MOST: usize = {};\n",
        random.sentence(),
        random.below(1000)
    );
    structure(&mut text, &module.main_type(), random);
    let mut part = 0;
    while text.lines().count() < length {
        part += 1;
        text.push('\n');
        if random.below(3) == 0 {
            let name = format!("{}Part{part}", capitalised(random.noun()));
            structure(&mut text, &name, random);
        } else {
            function(&mut text, "", part, random);
        }
    }
    tests(&mut text, &module.main_type(), random);
    text
}

fn structure(text: &mut String, name: &str, random: &mut Random) {
    let (first, second) = (random.noun(), random.noun());
    let _ = writeln!(
        text,
        "/// {}.\n#[derive(Debug, Default, Clone)]\npub struct {name} {{\n    {first}_names: BTreeMap<String, usize>,\n    /// {}.\n    pub {second}_count: usize,\n}}\n",
        random.sentence(),
        random.sentence()
    );
    let _ = writeln!(text, "impl {name} {{");
    for part in 0..1 + random.below(4) {
        if part > 0 {
            text.push('\n');
        }
        function(text, "    ", part, random);
    }
    text.push_str("}\n");
}

fn function(text: &mut String, indent: &str, part: u64, random: &mut Random) {
    let (verb, noun) = (random.verb(), random.noun());
    let own = if indent.is_empty() { "" } else { "&self, " };
    let lifetime = if random.below(4) == 0 { "<'a>" } else { "" };
    let borrowed = if lifetime.is_empty() { "&" } else { "&'a " };
    let _ = writeln!(
        text,
        "{indent}/// {}.\n{indent}pub fn {verb}_{noun}_{part}{lifetime}({own}items: {borrowed}[String]) -> Result<usize, String> {{\n{indent}    let mut total = items.len();",
        random.sentence()
    );
    for _ in 0..1 + random.below(5) {
        statement(text, indent, random);
    }
    let _ = writeln!(text, "{indent}    Ok(total)\n{indent}}}");
}

fn statement(text: &mut String, indent: &str, random: &mut Random) {
    let (noun, verb, number) = (random.noun(), random.verb(), random.below(1000));
    let _ = match random.below(5) {
        0 => writeln!(text, "{indent}    // {}.", random.sentence()),
        1 => writeln!(
            text,
            "{indent}    if total > {number} {{\n{indent}        return Err(format!(\"cannot {verb} {{total}} of {noun}\"));\n{indent}    }}"
        ),
        2 => writeln!(
            text,
            "{indent}    for {noun} in items {{\n{indent}        total += {noun}.len() * {number};\n{indent}    }}"
        ),
        3 => writeln!(
            text,
            "\n{indent}    total += items.iter().filter(|{noun}| *{noun} != \"{verb}\").count();"
        ),
        _ => writeln!(
            text,
            "{indent}    total = total.max({number}) + '2'.len_utf8();"
        ),
    };
}

fn tests(text: &mut String, name: &str, random: &mut Random) {
    let _ = writeln!(
        text,
        "\n#[cfg(test)]\nmod tests {{\n    use super::*;\n\n    #[test]\n    fn a_{}_is_made() {{\n        let made = {name}::default();\n        assert!(format!(\"{{made:?}}\").len() > {});\n    }}\n}}",
        random.noun(),
        random.below(4)
    );
}
