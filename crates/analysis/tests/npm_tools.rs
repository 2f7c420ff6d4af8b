//! npm's manifests and lock files beside npm itself: ranges beside the `semver` that npm brings, requirements beside its tree of
//! dependencies, the locked set beside `npm query`. The packages are real; they and their locks come through npm with the user's own
//! configuration, and are kept below Cargo's target folder, so that only the first run needs the network. Without npm the tests say so
//! and end.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "asks npm, which is the independent answer here, prints the figures and says when it is missing"
)]

#[path = "npm_tools/ranges.rs"]
mod ranges;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

use serde_json::Value;
use synthesizer_analysis::{
    manifests::ecosystems::{ECOSYSTEMS, EcosystemFacts},
    memory_tree::MemoryTree,
};
use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    project::{LockFile, ProjectRole},
    tree::{SourceTree as _, TreePath},
};
use synthesizer_testkit::{real_trees, scratch};

/// Real packages, with dependencies of all kinds.
const PACKAGES: [(&str, &str); 8] = [
    ("express", "4.19.2"),
    ("ws", "8.17.0"),
    ("inquirer", "8.2.6"),
    ("vue", "3.4.27"),
    ("@babel/core", "7.24.5"),
    ("react-dom", "18.3.1"),
    ("chokidar", "4.0.1"),
    ("socket.io-adapter", "2.5.4"),
];
/// Those that are put together as one workspace.
const MEMBERS: [&str; 3] = ["ws", "react-dom", "chokidar"];

/// What npm itself knows of a folder, without its `node_modules`: who asks for what in which manner. A folder without a lock tells it too.
const EDGES: &str = r"
const Arborist = require(process.argv[1] + '/npm/node_modules/@npmcli/arborist');
const folder = process.argv[2];
const arborist = new Arborist({ path: folder });
arborist.loadVirtual().catch(() => arborist.loadActual()).then(tree => {
  const own = [tree, ...tree.inventory.values()].filter(node => node.isProjectRoot || node.isWorkspace && !node.isLink);
  const asked = node => [...node.edgesOut.values()].map(edge => [edge.name, edge.type, edge.rawSpec ?? edge.spec]);
  console.log(JSON.stringify(own.map(node => ({ location: node.location, name: node.packageName, asked: asked(node) }))));
});
";
fn run(program: &str, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("cannot start {program}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    let shown = arguments.join(" ");
    assert!(output.status.success(), "{program} {shown}: {said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// Gives the folder in which npm itself lies, if it is on this machine.
fn installed() -> Option<String> {
    let found = Command::new("npm").args(["root", "--global"]).output();
    let root = found.ok().filter(|output| output.status.success());
    let root = root.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let has_parts = |root: &String| {
        let parts = ["semver", "@npmcli/arborist"];
        let modules = Path::new(root).join("npm/node_modules");
        parts.iter().all(|part| modules.join(part).is_dir())
    };
    let root = root.filter(has_parts);
    if root.is_none() {
        eprintln!("not run: npm, with semver and arborist inside, is not on this machine");
    }
    root
}

fn read(files: Vec<(String, Vec<u8>)>) -> EcosystemFacts {
    let tree = MemoryTree::of_files(files);
    let mut families = ECOSYSTEMS.iter();
    let npm = families.find(|family| family.ecosystem() == Ecosystem::Npm);
    let npm = npm.expect("npm is a family");
    let relevant: Vec<TreePath> = tree
        .entries()
        .iter()
        .map(|entry| entry.path.clone())
        .filter(|path| npm.is_relevant(path.as_str()))
        .collect();
    npm.read(&tree, &relevant)
}

/// The `package.json` of a package and the lock that npm makes for it.
struct Locked {
    manifest: String,
    lock: String,
}

/// Gives what is kept in a folder that outlives the run, or makes it in another one.
fn kept(name: &str, make: impl FnOnce(&Path)) -> Locked {
    let folder = scratch::lasting_folder("npm").join(name.replace('/', "+"));
    if !folder.join("package-lock.json").is_file() {
        let parent = folder.parent().expect("below the lasting folder");
        let making = tempfile::tempdir_in(parent).expect("a folder");
        make(making.path());
        // Another process may have been faster; then its folder stays.
        if fs::rename(making.path(), &folder).is_ok() {
            drop(making.keep());
        }
    }
    let text = |name: &str| fs::read_to_string(folder.join(name)).expect("kept");
    Locked {
        manifest: text("package.json"),
        lock: text("package-lock.json"),
    }
}

const LOCK: [&str; 6] = [
    "install",
    "--package-lock-only",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--fetch-retries=1",
];

fn lock(folder: &Path) {
    run("npm", &LOCK, folder);
}

/// Locks a drawn package, whatever versions of tools it wants its developers to have. Where npm cannot get what they use, the package is
/// locked as its users have it, without `devDependencies`.
fn lock_as_far_as_npm_can(folder: &Path) {
    let output = Command::new("npm")
        .args(LOCK)
        .arg("--force")
        .current_dir(folder)
        .output()
        .expect("npm starts");
    if output.status.success() {
        return;
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let cannot_be_had = ["E404", "ETARGET", "EUNSUPPORTEDPROTOCOL"];
    let is_known = |line: &str| cannot_be_had.iter().any(|code| line.ends_with(code));
    assert!(said.lines().any(is_known), "npm: {said}");
    let path = folder.join("package.json");
    let mut manifest = json(&fs::read_to_string(&path).expect("just written"));
    let fields = manifest.as_object_mut().expect("a manifest");
    fields.remove("devDependencies");
    fs::write(path, manifest.to_string()).expect("the disk has room");
    run("npm", &[&LOCK[..], &["--force"]].concat(), folder);
}

/// Takes the manifest out of the published archive.
fn fetch_manifest(name: &str, version: &str, folder: &Path) {
    let wanted = format!("{name}@{version}");
    let scratch = tempfile::tempdir().expect("a folder");
    let target = scratch.path().to_str().expect("UTF-8");
    let arguments = [
        "pack",
        &wanted,
        "--silent",
        "--ignore-scripts",
        "--pack-destination",
        target,
    ];
    run("npm", &arguments, scratch.path());
    let mut archives = fs::read_dir(scratch.path()).expect("readable");
    let archive = archives
        .next()
        .expect("npm packed it")
        .expect("readable")
        .path();
    let archive = archive.to_str().expect("UTF-8");
    let unpacked = tempfile::tempdir().expect("a folder");
    run("tar", &["xzf", archive], unpacked.path());
    let mut tops = fs::read_dir(unpacked.path()).expect("readable");
    let top = tops.next().expect("one folder").expect("readable").path();
    let manifest = fs::read_to_string(top.join("package.json")).expect("a package");
    fs::write(folder.join("package.json"), manifest).expect("the disk has room");
}

fn locked(name: &str, version: &str) -> Locked {
    kept(&format!("{name}-{version}"), |folder| {
        fetch_manifest(name, version, folder);
        lock(folder);
    })
}

/// Writes a folder for npm to look at, and gives the same files to ours.
struct Folder {
    place: tempfile::TempDir,
    files: Vec<(String, Vec<u8>)>,
}

impl Folder {
    fn of(files: Vec<(String, String)>) -> Self {
        let place = tempfile::tempdir().expect("a folder");
        for (path, text) in &files {
            let path = place.path().join(path);
            fs::create_dir_all(path.parent().expect("below the folder"))
                .expect("the disk has room");
            fs::write(path, text).expect("the disk has room");
        }
        let files = files
            .into_iter()
            .map(|(path, text)| (path, text.into_bytes()));
        Self {
            place,
            files: files.collect(),
        }
    }

    fn path(&self) -> &Path {
        self.place.path()
    }
}

/// Compares everything that npm knows of a folder with what is read from it.
fn compare(what: &str, root: &str, folder: &Folder) {
    let facts = read(folder.files.clone());
    compare_requirements(what, root, folder.path(), &facts);
    let locks: Vec<&LockFile> = facts.locks.iter().collect();
    let [lock] = locks[..] else {
        panic!("{what}: one lock file, not {}", locks.len());
    };
    compare_locked(what, folder.path(), lock);
    let asked: usize = facts
        .projects
        .iter()
        .map(|project| project.dependencies.len())
        .sum();
    let locked = lock.packages.len();
    eprintln!("{what}: {asked} requirements and {locked} locked packages, all equal");
}

/// Names of requirements with their manner and specifier, by folder.
type Asked = BTreeMap<String, BTreeMap<String, (String, String)>>;

fn compare_requirements(what: &str, root: &str, folder: &Path, facts: &EcosystemFacts) {
    let path = folder.to_str().expect("UTF-8");
    let told = json(&run("node", &["-e", EDGES, root, path], folder));
    let mut expected = Asked::new();
    for node in told.as_array().expect("a list") {
        let asked = expected.entry(text(node, "location")).or_default();
        for edge in node["asked"].as_array().expect("a list") {
            let [name, manner, specifier] =
                [0, 1, 2].map(|part| edge[part].as_str().unwrap_or_default().to_owned());
            // That a root uses its own members is told by no manifest.
            if manner != "workspace" {
                asked.insert(name, (manner, specifier));
            }
        }
    }
    let mut found = Asked::new();
    for project in facts
        .projects
        .iter()
        .filter(|project| project.role != ProjectRole::Nested)
    {
        let asked = found.entry(project.folder.clone()).or_default();
        // Where a name is asked for in several manners, npm takes the last of these.
        for manner in ["peer", "peerOptional", "prod", "optional", "dev"] {
            for known in project
                .dependencies
                .iter()
                .filter(|known| manner_of(known) == manner)
            {
                let key = known.imported_as.as_ref().unwrap_or(&known.name);
                let specifier = match known.specifier.as_str() {
                    "" => "*",
                    specifier => specifier,
                };
                asked.insert(key.clone(), (manner.to_owned(), specifier.to_owned()));
            }
        }
    }
    assert_same(what, &found, &expected);
}

fn manner_of(dependency: &Dependency) -> &'static str {
    let is_optional = dependency.marker.as_deref() == Some("optional");
    match dependency.group.as_deref() {
        None => "prod",
        Some("dev") => "dev",
        Some("optional") => "optional",
        Some("peer") if is_optional => "peerOptional",
        Some("peer") => "peer",
        Some(other) => panic!("no manner of npm: {other}"),
    }
}

fn text(node: &Value, key: &str) -> String {
    node[key].as_str().unwrap_or_default().to_owned()
}

/// Name and version of a package, and whether it is one of the folder's own.
type Known = (String, String, bool);
/// Whether only development asks for a package, and who does.
type Use = (bool, BTreeSet<String>);

fn compare_locked(what: &str, folder: &Path, lock: &LockFile) {
    let nodes = json(&run(
        "npm",
        &["query", "*", "--package-lock-only", "--force"],
        folder,
    ));
    let nodes = nodes.as_array().expect("a list");
    let name_of: BTreeMap<String, String> = nodes
        .iter()
        .map(|node| (text(node, "location"), text(node, "name")))
        .collect();
    let mut expected: BTreeMap<Known, Use> = BTreeMap::new();
    for node in nodes {
        let known = expected
            .entry((
                text(node, "name"),
                text(node, "version"),
                is_own(&text(node, "location")),
            ))
            .or_insert_with(|| (true, BTreeSet::new()));
        known.0 &= node["dev"].as_bool() == Some(true);
        // Who asks for a member npm tells of the link to it, which it leaves out here.
        if is_own(&text(node, "location")) {
            continue;
        }
        for from in node["from"].as_array().into_iter().flatten() {
            let from = from.as_str().unwrap_or_default();
            known.1.extend(name_of.get(from).cloned());
        }
    }
    for ((name, ..), (_, required_by)) in &mut expected {
        required_by.remove(name);
    }
    let found: BTreeMap<Known, Use> = lock
        .packages
        .iter()
        .map(|package| {
            let required_by = package.required_by.iter().filter(|_| !package.own);
            let required_by = required_by.cloned().collect();
            let known = (package.name.clone(), package.version.clone(), package.own);
            (known, (package.development, required_by))
        })
        .collect();
    assert_eq!(found.len(), lock.packages.len(), "{what}: no package twice");
    assert_same(what, &found, &expected);
}

/// Compares entry by entry, so that a difference can be read.
fn assert_same<K: Ord + std::fmt::Debug, V: PartialEq + std::fmt::Debug>(
    what: &str,
    found: &BTreeMap<K, V>,
    expected: &BTreeMap<K, V>,
) {
    let keys: BTreeSet<&K> = found.keys().chain(expected.keys()).collect();
    let differences: Vec<String> = keys
        .into_iter()
        .filter(|key| found.get(key) != expected.get(key))
        .map(|key| {
            format!(
                "{key:?}: {:?}, by npm {:?}",
                found.get(key),
                expected.get(key)
            )
        })
        .collect();
    assert!(differences.is_empty(), "{what}: {}", differences.join("\n"));
}

fn is_own(location: &str) -> bool {
    !location.contains("node_modules/")
}

/// Compares packages, several at once.
fn compare_all(packages: &[(String, String)], locked: impl Fn(&str, &str) -> Locked + Sync) {
    let Some(root) = installed() else { return };
    let waiting = Mutex::new(packages.to_vec());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().expect("no thread has failed").pop();
                    let Some((name, version)) = next else { break };
                    let locked = locked(&name, &version);
                    let folder = Folder::of(vec![
                        ("package.json".to_owned(), locked.manifest),
                        ("package-lock.json".to_owned(), locked.lock),
                    ]);
                    compare(&name, &root, &folder);
                }
            });
        }
    });
}

#[test]
fn manifests_and_locks_are_what_npm_reads() {
    let packages = PACKAGES.map(|(name, version)| (name.to_owned(), version.to_owned()));
    compare_all(&packages, locked);
}

/// The packages that `scripts/draw-trees` drew, beside those above, which were chosen for what they ask for.
#[test]
fn drawn_packages_are_what_npm_reads() {
    let trees = real_trees::fetch_all("npm");
    assert!(trees.len() >= 6);
    let manifest_of = |name: &str| {
        let tree = trees.iter().find(|tree| tree.drawn.name == name);
        let path = tree.expect("drawn").folder.join("package.json");
        fs::read_to_string(path).expect("a package")
    };
    let packages: Vec<(String, String)> = trees
        .iter()
        .map(|tree| (tree.drawn.name.clone(), tree.drawn.version.clone()))
        .collect();
    compare_all(&packages, |name, version| {
        kept(&format!("drawn+{name}-{version}"), |folder| {
            fs::write(folder.join("package.json"), manifest_of(name)).expect("the disk has room");
            lock_as_far_as_npm_can(folder);
        })
    });
    // What was locked without its developers' packages is compared once more as it is published.
    let Some(root) = installed() else { return };
    for (name, version) in &packages {
        let published = manifest_of(name);
        let locked = kept(&format!("drawn+{name}-{version}"), |_| {});
        if locked.manifest == published {
            continue;
        }
        let folder = Folder::of(vec![("package.json".to_owned(), published)]);
        let facts = read(folder.files.clone());
        compare_requirements(name, &root, folder.path(), &facts);
        let asked = facts.projects[0].dependencies.len();
        eprintln!("{name}: {asked} requirements as published, all equal");
    }
}

#[test]
fn a_workspace_of_real_packages_is_what_npm_reads() {
    let Some(root) = installed() else { return };
    let members: Vec<(String, String)> = PACKAGES
        .iter()
        .filter(|(name, _)| MEMBERS.contains(name))
        .map(|(name, version)| {
            let kept = locked(name, version);
            (format!("packages/{name}/package.json"), kept.manifest)
        })
        .collect();
    let own = [
        (
            "package.json",
            r#"{"name": "together", "version": "1.0.0", "private": true, "workspaces": ["packages/*", "!packages/left-*"],
                "dependencies": {"old-ms": "npm:ms@2.0.0"}, "devDependencies": {"react": "^18.3.1"}}"#,
        ),
        (
            "packages/app/package.json",
            r#"{"name": "app", "version": "0.1.0", "dependencies": {"ws": "^8.0.0", "chokidar": "4.0.1"},
                "optionalDependencies": {"react-dom": "*"}, "peerDependencies": {"scheduler": ">=0.23"}}"#,
        ),
        (
            "packages/left-out/package.json",
            r#"{"name": "left-out", "dependencies": {"ms": "1"}}"#,
        ),
    ];
    let own = own.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let mut files: Vec<(String, String)> = members.into_iter().chain(own).collect();
    let whole = kept("workspace-1", |folder| {
        for (path, text) in &files {
            let path: PathBuf = folder.join(path);
            fs::create_dir_all(path.parent().expect("below the folder"))
                .expect("the disk has room");
            fs::write(path, text).expect("the disk has room");
        }
        lock(folder);
    });
    files.push(("package-lock.json".to_owned(), whole.lock));
    compare("workspace", &root, &Folder::of(files));
}
