//! The TypeScript of a generated tree: one workspace, of which each block is a package.

use std::fmt::Write as _;

use super::{
    Module, Tree,
    text::{Random, capitalised},
};

/// Writes the package of a block, and a test of its first module.
pub(super) fn package(tree: &mut Tree<'_>, block: u64) {
    let folder = format!("web/packages/p{block:04}");
    let mut exports = String::new();
    let mut needed = Vec::new();
    for module in Module::all_of(block) {
        let imports = tree.imports(module);
        needed.extend(imports.iter().map(|import| import.block));
        let text = module_text(tree, module, &imports);
        let path = format!("{folder}/src/u{}/m{}.ts", module.unit, module.number);
        tree.file(&path, &text);
        let _ = writeln!(
            exports,
            "export {{ {} }} from \"./u{}/m{}\";",
            module.main_type(),
            module.unit,
            module.number
        );
    }
    tree.file(&format!("{folder}/src/index.ts"), &exports);
    let first = Module {
        block,
        unit: 0,
        number: 0,
    };
    let text = test(first, &mut tree.random);
    tree.file(&format!("{folder}/src/u0/m0.test.ts"), &text);
    needed.retain(|other| *other != block);
    needed.sort_unstable();
    needed.dedup();
    let mut dependencies: Vec<String> = needed
        .iter()
        .map(|other| format!("    \"@acme/p{other:04}\": \"workspace:*\""))
        .collect();
    dependencies.push("    \"zod\": \"^4.0.0\"".to_owned());
    let manifest = format!(
        "{{\n  \"name\": \"@acme/p{block:04}\",\n  \"version\": \"1.0.0\",\n  \"license\": \"MIT\",\n  \"main\": \"src/index.ts\",\n  \"dependencies\": {{\n{}\n  }}\n}}\n",
        dependencies.join(",\n")
    );
    tree.file(&format!("{folder}/package.json"), &manifest);
}

/// Writes the workspace's manifest.
pub(super) fn manifest(tree: &mut Tree<'_>) {
    tree.file(
        "web/package.json",
        "{\n  \"name\": \"acme-web\",\n  \"private\": true,\n  \"workspaces\": [\"packages/*\"]\n}\n",
    );
}

fn module_text(tree: &mut Tree<'_>, module: Module, imports: &[Module]) -> String {
    let length = tree.length();
    let random = &mut tree.random;
    let mut text = format!("/**\n * {}.\n */\n", random.sentence());
    if random.below(4) == 0 {
        text.push_str("import { z } from \"zod\";\n");
    }
    for import in imports {
        let name = import.main_type();
        let from = match (import.block == module.block, import.unit == module.unit) {
            (true, true) => format!("./m{}", import.number),
            (true, false) => format!("../u{}/m{}", import.unit, import.number),
            _ => format!("@acme/p{:04}", import.block),
        };
        let kind = if random.below(3) == 0 { "type " } else { "" };
        let _ = writeln!(text, "import {kind}{{ {name} }} from \"{from}\";");
    }
    let _ = writeln!(
        text,
        "\nconst most{} = {};\n",
        capitalised(random.noun()),
        random.below(1000)
    );
    class(&mut text, &module.main_type(), random);
    let mut part = 0;
    while text.lines().count() < length {
        part += 1;
        text.push('\n');
        match random.below(4) {
            0 => class(
                &mut text,
                &format!("{}Part{part}", capitalised(random.noun())),
                random,
            ),
            1 => interface(&mut text, part, random),
            _ => function(&mut text, part, imports, random),
        }
    }
    text
}

fn interface(text: &mut String, part: u64, random: &mut Random) {
    let _ = writeln!(
        text,
        "/** {}. */\nexport interface {}Shape{part} {{",
        random.sentence(),
        capitalised(random.noun())
    );
    for field in 0..2 + random.below(5) {
        let _ = writeln!(text, "  readonly {}{field}: string;", random.noun());
    }
    text.push_str("}\n");
}

fn class(text: &mut String, name: &str, random: &mut Random) {
    let (first, second) = (random.noun(), random.noun());
    let _ = writeln!(
        text,
        "/** {}. */\nexport class {name} {{\n  private readonly {first}Names = new Map<string, number>();\n",
        random.sentence()
    );
    let _ = writeln!(
        text,
        "  constructor(private readonly {second}Id: string) {{\n    this.{first}Names.set({second}Id, 1);\n  }}"
    );
    for part in 0..1 + random.below(4) {
        let (verb, noun) = (random.verb(), random.noun());
        let _ = writeln!(
            text,
            "\n  {verb}{}{part}(items: readonly string[]): number {{",
            capitalised(noun)
        );
        text.push_str("    let total = 0;\n");
        for _ in 0..1 + random.below(4) {
            statement(text, "    ", random);
        }
        text.push_str("    return total;\n  }\n");
    }
    text.push_str("}\n");
}

fn function(text: &mut String, part: u64, imports: &[Module], random: &mut Random) {
    let _ = writeln!(
        text,
        "/**\n * {}.\n */\nexport function {}{}{part}(items: readonly string[]): number {{\n  let total = items.length;",
        random.sentence(),
        random.verb(),
        capitalised(random.noun())
    );
    if let Some(import) = imports.last() {
        let _ = writeln!(
            text,
            "  const shown: {} | undefined = undefined;",
            import.main_type()
        );
    }
    for _ in 0..1 + random.below(6) {
        statement(text, "  ", random);
    }
    text.push_str("  return total;\n}\n");
}

fn statement(text: &mut String, indent: &str, random: &mut Random) {
    let (noun, verb, number) = (random.noun(), random.verb(), random.below(1000));
    let _ = match random.below(5) {
        0 => writeln!(text, "{indent}// {}.", random.sentence()),
        1 => writeln!(
            text,
            "{indent}if (total > {number}) {{\n{indent}  throw new Error(`cannot {verb} ${{total}} of {noun}`);\n{indent}}}"
        ),
        2 => writeln!(
            text,
            "{indent}for (const {noun} of items) {{\n{indent}  total += {noun}.length * {number};\n{indent}}}"
        ),
        3 => writeln!(
            text,
            "\n{indent}total += items.filter(({noun}) => {noun} !== \"{verb}\").length;"
        ),
        _ => writeln!(text, "{indent}total = Math.max(total, {number}) + 2;"),
    };
}

fn test(module: Module, random: &mut Random) -> String {
    let name = module.main_type();
    let mut text = format!("import {{ {name} }} from \"./m0\";\n\ndescribe(\"{name}\", () => {{\n");
    for case in 0..3 + random.below(5) {
        let _ = writeln!(
            text,
            "  it(\"{} {case}\", () => {{\n    expect(new {name}(\"x\")).toBeDefined();\n  }});",
            random.sentence()
        );
    }
    text.push_str("});\n");
    text
}
