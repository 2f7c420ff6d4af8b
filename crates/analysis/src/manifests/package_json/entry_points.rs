//! What a `package.json` offers to be run or imported. Paths are joined to the manifest's folder; whether a file is there is not asked.

use synthesizer_model::project::Target;

use super::{PackageJson, Reading, shown};
use crate::manifests::{
    allowance::{LONGEST_NAME, MOST_ITEMS},
    json_text::{Node, Value},
    tree_reading::{folder_of, join},
};

/// The fields that name one file, with the kind of their targets.
const FILES: [(&str, &str); 5] = [
    ("main", "main"),
    ("module", "module"),
    ("types", "types"),
    ("typings", "types"),
    ("browser", "browser"),
];

/// Reads every field that names what can be run or imported.
///
/// Kinds: `main`, `module`, `types`, `browser` with the name `.`; `bin` with the command's name; `export` with the subpath (`.`, `./x`,
/// `./x/*`) and `import` with the inner name (`#x`), once for each different file that their conditions lead to, in their order. A
/// path keeps the `*` of its pattern; an inner name that stands for another package has none.
pub(super) fn read(reading: &mut Reading<'_>, root: &Node<'_>, package: &mut PackageJson) {
    let mut targets = Targets {
        reading,
        found: Vec::new(),
        left_out: false,
    };
    for (key, kind) in FILES {
        if let Some(path) = root.get(key).and_then(Node::text)
            && !path.is_empty()
        {
            targets.add(kind, ".", targets.join(path));
        }
    }
    read_bins(root, package, &mut targets);
    if let Some(exports) = root.get("exports") {
        read_exports(exports, &mut targets);
    }
    for member in root.get("imports").into_iter().flat_map(Node::members) {
        targets.add_all("import", &member.key, &member.value);
    }
    package.targets = targets.found;
    if targets.left_out {
        let what =
            format_args!("more than {MOST_ITEMS} targets, or too long names; the rest is left out");
        reading.problem(1, what);
    }
}

struct Targets<'r, 'p> {
    reading: &'r mut Reading<'p>,
    found: Vec<Target>,
    left_out: bool,
}

impl Targets<'_, '_> {
    fn join(&self, path: &str) -> Option<String> {
        let folder = folder_of(self.reading.path);
        join(folder, path.trim()).map(|path| shown(&path))
    }

    fn add(&mut self, kind: &str, name: &str, path: Option<String>) {
        if self.found.len() >= MOST_ITEMS || name.len() > LONGEST_NAME {
            self.left_out = true;
            return;
        }
        let bytes = name.len() + path.as_ref().map_or(0, String::len);
        if self.reading.admits(bytes) {
            self.found.push(Target {
                kind: kind.to_owned(),
                name: shown(name),
                path,
            });
        }
    }

    /// Adds every different file that conditions and alternatives lead to.
    fn add_all(&mut self, kind: &str, name: &str, node: &Node<'_>) {
        let mut paths: Vec<Option<String>> = Vec::new();
        let mut waiting = vec![node];
        while let Some(node) = waiting.pop() {
            match &node.value {
                Value::Text(text) => {
                    let path = text.starts_with("./").then(|| self.join(text)).flatten();
                    if !paths.contains(&path) {
                        paths.push(path);
                    }
                }
                Value::List(items) => waiting.extend(items.iter().rev()),
                Value::Object(members) => {
                    waiting.extend(members.iter().rev().map(|member| &member.value));
                }
                Value::Null | Value::Boolean(_) | Value::Number(_) => {}
            }
            if paths.len() > 200 {
                self.left_out = true;
                break;
            }
        }
        for path in paths {
            self.add(kind, name, path);
        }
    }
}

/// `bin` is one file, whose command has the package's name, or an object; `directories.bin` is a folder.
fn read_bins(root: &Node<'_>, package: &mut PackageJson, targets: &mut Targets<'_, '_>) {
    let Some(node) = root.get("bin") else {
        let folder = root.get("directories").and_then(|node| node.text_of("bin"));
        package.bin_folder = folder.map(str::to_owned);
        return;
    };
    let before = targets.found.len();
    match (&node.value, root.text_of("name")) {
        (Value::Text(path), Some(name)) => {
            let name = name.rsplit('/').next().unwrap_or(name);
            targets.add("bin", name, targets.join(path));
        }
        (Value::Text(_), None) => {
            let what = "bin without a name, and the package has none";
            targets.reading.problem(node.line, what);
        }
        (Value::Object(_), _) => {
            for member in node.distinct().members {
                match member.value.text() {
                    Some(path) => targets.add("bin", &member.key, targets.join(path)),
                    None => {
                        let what = "the file of a command is no text";
                        targets.reading.problem(member.line, what);
                    }
                }
            }
        }
        _ => {
            let what = "bin is neither a text nor an object";
            targets.reading.problem(node.line, what);
        }
    }
    for bin in &targets.found[before..] {
        let path = bin.path.clone().unwrap_or_default();
        package.facts.entry_points.insert(bin.name.clone(), path);
    }
}

/// `exports` is one target, conditions of one target, or an object of subpaths.
fn read_exports(exports: &Node<'_>, targets: &mut Targets<'_, '_>) {
    let has_subpaths = exports
        .members()
        .iter()
        .any(|member| member.key.starts_with('.'));
    if !has_subpaths {
        targets.add_all("export", ".", exports);
        return;
    }
    for member in exports.members() {
        targets.add_all("export", &member.key, &member.value);
    }
}
