//! Cargo's manifests beside `cargo metadata`: requirements, targets, features, fields and the locked set of this workspace, and of crates
//! that lie unpacked on this machine because this workspace needs them, and of crates that `scripts/draw-trees` drew.

#![expect(
    clippy::disallowed_methods,
    reason = "asks cargo, which is the independent answer here"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use synthesizer_analysis::{
    manifests::ecosystems::{ECOSYSTEMS, EcosystemFacts, NO_DEFAULT_FEATURES},
    memory_tree::MemoryTree,
};
use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    project::{Project, Target},
    tree::{SourceTree as _, TreePath},
};
use synthesizer_testkit::real_trees;

/// How many unpacked crates are compared, evenly drawn from all in the order of their names.
const DRAWN: usize = 40;

fn workspace() -> PathBuf {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    crates.expect("the crate lies in crates/").to_path_buf()
}

fn cargo(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("cargo starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", folder.display());
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn metadata(folder: &Path, arguments: &[&str]) -> Value {
    let general = ["metadata", "--format-version", "1", "--offline"];
    let output = cargo(folder, &[&general, arguments].concat());
    serde_json::from_str(&output).expect("JSON")
}

/// Asks for the resolved packages of a folder with a lock, on this platform: for this workspace those alone are sure to lie on this
/// machine.
fn resolved(folder: &Path) -> Value {
    let version = cargo(folder, &["-vV"]);
    let mut lines = version.lines();
    let host = lines.find_map(|line| line.strip_prefix("host: "));
    let platform = ["--locked", "--filter-platform", host.expect("a platform")];
    metadata(folder, &platform)
}

/// Takes the manifests, locks and Rust files of a folder into memory, without what builds leave.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("readable") {
        let entry = entry.expect("readable");
        let name = entry.file_name().into_string().expect("UTF-8");
        let path = format!("{prefix}{name}");
        if entry.file_type().expect("readable").is_dir() {
            let is_built = prefix.is_empty() && name == "target";
            if !is_built && !name.starts_with('.') {
                collect(&entry.path(), &format!("{path}/"), files);
            }
        } else if name == "Cargo.toml" || name == "Cargo.lock" {
            files.push((path, fs::read(entry.path()).expect("readable")));
        } else if name.ends_with(".rs") {
            files.push((path, Vec::new()));
        }
    }
}

fn read(folder: &Path) -> EcosystemFacts {
    let mut files = Vec::new();
    collect(folder, "", &mut files);
    let tree = MemoryTree::of_files(files);
    let mut families = ECOSYSTEMS.iter();
    let cargo = families
        .find(|family| family.ecosystem() == Ecosystem::Cargo)
        .expect("a reader of crates");
    let paths = tree.entries().iter().map(|entry| entry.path.clone());
    let relevant: Vec<TreePath> = paths
        .filter(|path| cargo.is_relevant(path.as_str()))
        .collect();
    cargo.read(&tree, &relevant)
}

/// What is compared of one package, one line each.
type Lines = BTreeSet<String>;

fn lines_of_cargo(package: &Value, top: &Path) -> Lines {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let mut lines = Lines::new();
    for field in [
        "name",
        "version",
        "description",
        "license_file",
        "edition",
        "rust_version",
    ] {
        lines.insert(format!("{field} {}", text(&package[field])));
    }
    let publish = package["publish"].as_array();
    lines.insert(format!("private {}", publish.is_some_and(Vec::is_empty)));
    for feature in package["features"].as_object().expect("features").keys() {
        lines.insert(format!("feature {feature}"));
    }
    for dependency in package["dependencies"].as_array().expect("dependencies") {
        let is_optional = dependency["optional"] == true;
        let kind = match dependency["kind"].as_str() {
            _ if is_optional => "optional",
            kind => kind.unwrap_or("normal"),
        };
        let features = dependency["features"].as_array().expect("features");
        let features: BTreeSet<&str> = features.iter().filter_map(Value::as_str).collect();
        let name = text(&dependency["name"]);
        let rename = dependency["rename"].as_str();
        let rename = rename.filter(|rename| *rename != name).unwrap_or("-");
        let source = match (dependency["path"].as_str(), dependency["source"].as_str()) {
            (Some(path), _) => {
                let path = Path::new(path).strip_prefix(top);
                format!("path+{}", path.expect("within the tree").display())
            }
            (None, Some(source)) if source.starts_with("git+") => source.to_owned(),
            _ => "-".to_owned(),
        };
        lines.insert(format!(
            "needs {name} {} {kind} as {rename} features {features:?} default {} target {} from {source}",
            text(&dependency["req"]),
            dependency["uses_default_features"],
            without_spaces(dependency["target"].as_str()),
        ));
    }
    for target in package["targets"].as_array().expect("targets") {
        let kinds = target["kind"].as_array().expect("kinds");
        let kind = match kinds[0].as_str().expect("a kind") {
            "rlib" | "dylib" | "cdylib" | "staticlib" => "lib",
            "custom-build" => "build-script",
            kind => kind,
        };
        let path = Path::new(target["src_path"].as_str().expect("a path"));
        let path = path.strip_prefix(top).expect("within the tree").display();
        lines.insert(format!("{kind} {} {path}", text(&target["name"])));
    }
    lines
}

fn lines_of_ours(project: &Project) -> Lines {
    let mut lines = Lines::new();
    let text = |text: Option<&String>| text.map_or("-", String::as_str).to_owned();
    let facts = &project.facts;
    let edition = project.runtimes.get("edition");
    let edition = edition.map_or("2015", String::as_str);
    let version = facts.version.as_deref().unwrap_or("0.0.0");
    lines.insert(format!("name {}", text(facts.name.as_ref())));
    lines.insert(format!("version {version}"));
    lines.insert(format!("description {}", text(facts.description.as_ref())));
    lines.insert(format!(
        "license_file {}",
        text(project.license_files.first())
    ));
    lines.insert(format!("edition {edition}"));
    let rust = project.runtimes.get("rust");
    lines.insert(format!("rust_version {}", text(rust)));
    lines.insert(format!("private {}", project.private));
    for feature in &project.extras {
        lines.insert(format!("feature {feature}"));
    }
    for dependency in &project.dependencies {
        lines.insert(line_of_dependency(dependency));
    }
    for target in &project.targets {
        let Target { kind, name, path } = target;
        lines.insert(format!("{kind} {name} {}", text(path.as_ref())));
    }
    lines
}

fn line_of_dependency(dependency: &Dependency) -> String {
    let kind = match dependency.group.as_deref() {
        None => "normal",
        Some(group @ ("dev" | "build")) => group,
        Some(_) => "optional",
    };
    let required = match dependency.specifier.as_str() {
        "" => semver::VersionReq::STAR,
        specifier => specifier.parse().expect("a requirement"),
    };
    let extras = dependency.extras.iter().map(String::as_str);
    let mut features: BTreeSet<&str> = extras.collect();
    let is_default = !features.remove(NO_DEFAULT_FEATURES);
    let registries = |url: &&String| !url.starts_with("registry+");
    format!(
        "needs {} {required} {kind} as {} features {features:?} default {is_default} target {} from {}",
        dependency.name,
        dependency.imported_as.as_deref().unwrap_or("-"),
        without_spaces(dependency.marker.as_deref()),
        dependency
            .url
            .as_ref()
            .filter(registries)
            .map_or("-", String::as_str),
    )
}

/// Cargo writes conditions with its own spaces.
fn without_spaces(condition: Option<&str>) -> String {
    let condition = condition.unwrap_or("-").replace(char::is_whitespace, "");
    condition.replace(",)", ")")
}

/// Compares the packages that Cargo lists with ours, by the folder of their manifest; gives how many lines were compared.
fn compare(packages: &Value, top: &Path, facts: &EcosystemFacts) -> usize {
    let ours: BTreeMap<&str, &Project> = facts
        .projects
        .iter()
        .map(|project| (project.manifests[0].as_str(), project))
        .collect();
    let mut compared = 0;
    for package in packages.as_array().expect("packages") {
        let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
        let manifest = manifest.strip_prefix(top).expect("within the tree");
        let manifest = manifest.to_str().expect("UTF-8");
        let expected = lines_of_cargo(package, top);
        let found = lines_of_ours(ours[manifest]);
        let missing: Vec<&String> = expected.difference(&found).collect();
        let surplus: Vec<&String> = found.difference(&expected).collect();
        assert!(
            missing.is_empty() && surplus.is_empty(),
            "{}/{manifest}\nmissing: {missing:#?}\nsurplus: {surplus:#?}",
            top.display()
        );
        compared += expected.len();
    }
    compared
}

#[test]
fn this_workspace_is_read_as_cargo_reads_it() {
    let top = workspace();
    let facts = read(&top);
    let expected = metadata(&top, &["--no-deps"]);
    assert!(compare(&expected["packages"], &top, &facts) > 150);
    let members = expected["workspace_members"].as_array().expect("members");
    let ours = facts.projects.iter();
    let ours = ours.filter(|project| project.workspace.is_some() && project.facts.name.is_some());
    assert_eq!(ours.count(), members.len());
}

/// Compares a lock with what cargo resolves by it: cargo tells what this platform takes, the lock file what all of them take, so the first
/// must be within the second. Gives the number of packages in the lock and of pairs that were compared.
fn compare_lock(folder: &Path) -> (usize, usize) {
    let facts = read(folder);
    let lock = facts.locks.iter().find(|lock| lock.path == "Cargo.lock");
    let found: BTreeMap<String, BTreeSet<&str>> = lock
        .expect("a lock at the top")
        .packages
        .iter()
        .map(|package| {
            let line = format!("{} {} {}", package.name, package.version, package.source);
            let asking = package.required_by.iter().map(String::as_str);
            (line, asking.collect())
        })
        .collect();
    let text = fs::read_to_string(folder.join("Cargo.lock")).expect("readable");
    assert_eq!(found.len(), text.matches("[[package]]").count());

    let resolved = resolved(folder);
    let mut by_id: BTreeMap<&str, (&str, String)> = BTreeMap::new();
    for package in resolved["packages"].as_array().expect("packages") {
        let text = |key: &str| package[key].as_str().expect("a text");
        let source = match package["source"].as_str() {
            None => "path",
            Some(source) if source.starts_with("git+") => "git",
            Some(_) => "registry",
        };
        let line = format!("{} {} {source}", text("name"), text("version"));
        assert!(found.contains_key(&line), "{line}");
        by_id.insert(text("id"), (text("name"), line));
    }
    let mut pairs = 0;
    for node in resolved["resolve"]["nodes"].as_array().expect("nodes") {
        let (asking, _) = &by_id[node["id"].as_str().expect("an id")];
        for asked in node["dependencies"].as_array().expect("dependencies") {
            let (_, asked) = &by_id[asked.as_str().expect("an id")];
            assert!(found[asked].contains(asking), "{asking} asks for {asked}");
            pairs += 1;
        }
    }
    (found.len(), pairs)
}

#[test]
fn the_lock_of_this_workspace_has_what_cargo_resolves() {
    let (_, pairs) = compare_lock(&workspace());
    assert!(pairs > 300, "{pairs}");
}

/// Puts a drawn crate outside of this workspace, with the lock that cargo makes for it. The lock is kept beside the source, so that only the
/// first run asks the registry for versions; what it names is downloaded where it is missing, as for every build of this user.
fn locked_copy(tree: &real_trees::RealTree) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, contents) in real_trees::files(&tree.folder) {
        let target = folder.path().join(path);
        fs::create_dir_all(target.parent().expect("below the folder")).expect("the disk has room");
        fs::write(target, contents).expect("the disk has room");
    }
    let lock = folder.path().join("Cargo.lock");
    let kept = tree.folder.with_file_name("Cargo.lock");
    if kept.is_file() {
        fs::copy(&kept, lock).expect("the disk has room");
    } else {
        // What a crate brings along may name versions that its registry no longer has.
        if lock.is_file() {
            fs::remove_file(&lock).expect("a copy");
        }
        cargo(folder.path(), &["generate-lockfile", "--quiet"]);
        fs::copy(lock, kept).expect("the disk has room");
    }
    cargo(folder.path(), &["fetch", "--quiet", "--locked"]);
    folder
}

#[test]
fn drawn_crates_are_read_as_cargo_reads_them() {
    let trees = real_trees::fetch_all("crates");
    assert!(trees.len() >= 6);
    for tree in &trees {
        let folder = locked_copy(tree);
        let facts = read(folder.path());
        let expected = metadata(folder.path(), &["--no-deps"]);
        let lines = compare(&expected["packages"], folder.path(), &facts);
        let asked = expected["packages"][0]["dependencies"].as_array();
        let asked = asked.expect("dependencies").len();
        let (locked, pairs) = compare_lock(folder.path());
        eprintln!(
            "{} {}: {asked} requirements, {lines} lines, {locked} locked packages, {pairs} pairs, all equal",
            tree.drawn.name, tree.drawn.version
        );
    }
}

#[test]
fn unpacked_crates_are_read_as_cargo_reads_them() {
    let resolved = resolved(&workspace());
    let mut folders: Vec<PathBuf> = resolved["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .filter(|package| !package["source"].is_null())
        .map(|package| PathBuf::from(package["manifest_path"].as_str().expect("a path")))
        .map(|manifest| manifest.parent().expect("a folder").to_path_buf())
        .collect();
    folders.sort();
    assert!(folders.len() >= DRAWN);
    let mut compared = 0;
    for folder in folders.iter().step_by(folders.len() / DRAWN) {
        let facts = read(folder);
        let expected = metadata(folder, &["--no-deps"]);
        compared += compare(&expected["packages"], folder, &facts);
    }
    assert!(compared > DRAWN * 10);
}
