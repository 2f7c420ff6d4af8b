//! What dependency-cruiser tells of the imports of a folder. The tool decides; nothing is corrected here.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use synthesizer_testkit::scratch;

use crate::place::{Import, Place};

/// The imports of one tree as the tool sees them.
pub(crate) struct Oracle {
    /// The files that it looked at.
    pub(crate) files: Vec<String>,
    /// Imports.
    pub(crate) imports: Vec<Import>,
}

/// Reads what the tool says of a folder; `name` tells the package with its version.
pub(crate) fn read(tool: &Path, name: &str, folder: &Path) -> Oracle {
    let told: Value = serde_json::from_str(&told(tool, name, folder)).expect("JSON");
    let texts = |value: &Value| -> Vec<String> {
        let values = value.as_array().expect("an array");
        let texts = values.iter().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    };
    let imports = told["imports"].as_array().expect("an array");
    Oracle {
        files: texts(&told["files"]),
        imports: imports
            .iter()
            .map(|import| {
                let text = |key: &str| import[key].as_str().expect("a text").to_owned();
                let specifier = text("specifier");
                let place = match text("place").as_str() {
                    "file" => Place::File(text("to")),
                    "builtin" => Place::builtin(&specifier),
                    _ => Place::elsewhere(&specifier),
                };
                Import {
                    from: text("from"),
                    specifier,
                    place,
                    at: None,
                    kind: texts(&import["kinds"]).join(" "),
                }
            })
            .collect(),
    }
}

/// Runs the tool over a folder. What it says is kept in a folder that outlives the run, under a name that changes with the package, the
/// script and the tool, because it takes longer than everything else here.
fn told(tool: &Path, name: &str, folder: &Path) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/dependency_cruiser.mjs");
    let mut hasher = DefaultHasher::new();
    fs::read(&script).expect("the script").hash(&mut hasher);
    for part in ["dependency-cruiser", "typescript"] {
        let manifest = tool.join("node_modules").join(part).join("package.json");
        fs::read(manifest).expect("installed").hash(&mut hasher);
    }
    let name = name.replace(['/', ' '], "+");
    let kept = scratch::lasting_folder("dependency-cruiser");
    let path = kept.join(format!("{name}-{:016x}.json", hasher.finish()));
    if let Ok(told) = fs::read_to_string(&path) {
        return told;
    }
    let output = Command::new("node")
        .args([script.as_path(), tool, folder])
        .output()
        .expect("node starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", folder.display());
    let mut making = tempfile::NamedTempFile::new_in(&kept).expect("a file");
    making.write_all(&output.stdout).expect("the disk has room");
    making.persist(&path).expect("a rename within one folder");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Gives the folder in which the tool is installed, if it is.
pub(crate) fn tool() -> Option<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let folder = top.join(".cache/tools/dependency-cruiser");
    let is_there = |name: &str| folder.join("node_modules").join(name).is_dir();
    (is_there("dependency-cruiser") && is_there("typescript")).then_some(folder)
}
