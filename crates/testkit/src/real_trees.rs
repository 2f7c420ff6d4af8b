//! The published sources that `scripts/draw-trees` drew and pinned, on disk, for comparisons with independent tools. Runs no code of a
//! package: uv, npm and cargo tell or bring the archive with the user's own configuration, and it is unpacked by us.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

/// Names a file that is read in place of the committed draw, for a look at other packages.
const OTHER_DRAW: &str = "SYNTHESIZER_DRAWN_TREES";
/// The drawn packages.
const DRAWN: &str = include_str!("../../analysis/tests/trees/drawn.toml");
/// How many packages are brought at once.
const AT_ONCE: usize = 4;
/// The largest tree that comes out of an archive.
const MOST_BYTES: u64 = 1 << 30;

/// Downloads one URL with the machine's certificates and proxies.
const DOWNLOAD: &str = "import shutil, sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=120) as answer, open(sys.argv[2], 'wb') as file:
    shutil.copyfileobj(answer, file)
";

/// A drawn package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Drawn {
    /// `pypi`, `npm` or `crates`.
    pub ecosystem: String,
    /// The name in its registry.
    pub name: String,
    /// The pinned version.
    pub version: String,
    /// Where the package to import lies in the source, such as `src/flask`; of `pypi` alone.
    pub package: Option<String>,
}

/// A drawn package whose source is on disk.
#[derive(Debug, Clone)]
pub struct RealTree {
    /// What was drawn.
    pub drawn: Drawn,
    /// The source, without the top folder of its archive. Shared between tests: nobody writes into it.
    pub folder: PathBuf,
}

impl RealTree {
    /// Gives the `METADATA` of the wheel that was built from this source; `None` for packages of other ecosystems.
    pub fn wheel_metadata(&self) -> Option<String> {
        let beside = self.folder.parent().expect("a source lies in a folder");
        fs::read_to_string(beside.join("METADATA")).ok()
    }
}

/// Gives the seed of the draw.
pub fn seed() -> String {
    text(&drawn_table(), "seed")
}

/// Gives what was drawn of one ecosystem: `pypi`, `npm` or `crates`.
pub fn drawn(ecosystem: &str) -> Vec<Drawn> {
    let table = drawn_table();
    let trees = table["tree"].as_array().expect("a list of trees");
    trees
        .iter()
        .map(|tree| tree.as_table().expect("a table"))
        .filter(|tree| text(tree, "ecosystem") == ecosystem)
        .map(|tree| Drawn {
            ecosystem: ecosystem.to_owned(),
            name: text(tree, "name"),
            version: text(tree, "version"),
            package: tree.contains_key("package").then(|| text(tree, "package")),
        })
        .collect()
}

/// Brings every drawn package of one ecosystem, several at once, in the order of the draw.
///
/// The sources are kept in `.cache/trees` of the workspace, so only the first run needs the network; a package is fetched once, also
/// when several processes ask for it. Panics when one cannot be had.
pub fn fetch_all(ecosystem: &str) -> Vec<RealTree> {
    let waiting = Mutex::new(drawn(ecosystem).into_iter().enumerate());
    let brought = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().expect("no thread has failed").next();
                    let Some((place, drawn)) = next else { break };
                    let tree = fetch(&drawn);
                    let mut brought = brought.lock().expect("no thread has failed");
                    brought.push((place, tree));
                }
            });
        }
    });
    let mut brought = brought.into_inner().expect("no thread has failed");
    brought.sort_by_key(|(place, _)| *place);
    brought.into_iter().map(|(_, tree)| tree).collect()
}

/// Brings the source of one drawn package.
///
/// Kept and shared as [`fetch_all`] says.
pub fn fetch(drawn: &Drawn) -> RealTree {
    let trees = workspace().join(".cache/trees").join(&drawn.ecosystem);
    fs::create_dir_all(&trees).expect("the workspace can be written");
    let name = format!("{}-{}", drawn.name.replace('/', "+"), drawn.version);
    let kept = trees.join(&name);
    let lock = fs::File::create(trees.join(format!(".{name}.lock"))).expect("a lock file");
    lock.lock().expect("the lock of a tree");
    if !kept.is_dir() {
        let making = tempfile::tempdir_in(&trees).expect("a folder");
        let source = making.path().join("source");
        match drawn.ecosystem.as_str() {
            "pypi" => bring_from_pypi(drawn, making.path(), &source),
            "npm" => bring_from_npm(drawn, &source),
            "crates" => bring_from_cargo(drawn, &source),
            other => panic!("no ecosystem: {other}"),
        }
        fs::rename(making.path(), &kept).expect("a rename within one folder works");
        drop(making.keep());
    }
    RealTree {
        drawn: drawn.clone(),
        folder: kept.join("source"),
    }
}

/// Takes the files below a folder, in the order of their paths, which are relative and written with `/`. Links are left out.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    collect(folder, "", &mut files);
    files.sort();
    files
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("readable") {
        let entry = entry.expect("readable");
        let name = entry.file_name().into_string().expect("UTF-8");
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().expect("known");
        if kind.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files);
        } else if kind.is_file() {
            files.push((path, fs::read(entry.path()).expect("readable")));
        }
    }
}

fn workspace() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    workspace.expect("the crate lies in crates/").to_path_buf()
}

fn drawn_table() -> toml::Table {
    let other = std::env::var_os(OTHER_DRAW).map(fs::read_to_string);
    let text = other.unwrap_or_else(|| Ok(DRAWN.to_owned()));
    let text = text.expect("the other draw can be read");
    text.parse().expect("the drawn trees are TOML")
}

fn text(table: &toml::Table, key: &str) -> String {
    let value = table.get(key).and_then(toml::Value::as_str);
    value
        .unwrap_or_else(|| panic!("the drawn trees lack {key}"))
        .to_owned()
}

/// The wheel's metadata lies beside the source: what a build of it declares. A drawn package has a wheel, so uv builds nothing.
fn bring_from_pypi(drawn: &Drawn, folder: &Path, source: &Path) {
    let scratch = tempfile::tempdir().expect("a folder");
    let wanted = format!("{}=={}\n", drawn.name, drawn.version);
    fs::write(scratch.path().join("requirements.in"), wanted).expect("the disk has room");
    let arguments = [
        "pip",
        "compile",
        "--quiet",
        "--no-deps",
        "--no-header",
        "--python-version=3.14",
        "--format=pylock.toml",
        "requirements.in",
    ];
    let lock = run(Command::new("uv")
        .args(arguments)
        .env("UV_PYTHON_DOWNLOADS", "never")
        .current_dir(scratch.path()));
    let lock: toml::Table = lock.parse().expect("uv prints TOML");
    let known = &lock["packages"][0];
    let archive = download(&known["sdist"], &scratch.path().join("source"));
    unpack(&archive, source);
    let wheel = download(&known["wheels"][0], &scratch.path().join("wheel"));
    let mut wheel = zip::ZipArchive::new(std::io::Cursor::new(wheel)).expect("a wheel is a zip");
    let is_metadata = |name: &&str| name.ends_with(".dist-info/METADATA");
    let metadata = wheel.file_names().find(is_metadata).map(str::to_owned);
    let metadata = metadata.expect("a wheel has metadata");
    let mut text = String::new();
    let mut file = wheel.by_name(&metadata).expect("just found");
    file.read_to_string(&mut text).expect("UTF-8");
    fs::write(folder.join("METADATA"), text).expect("the disk has room");
}

/// Downloads what a lock names, and compares its hash.
fn download(place: &toml::Value, target: &Path) -> Vec<u8> {
    let text = |value: &toml::Value| value.as_str().expect("PEP 751").to_owned();
    let arguments = ["-I", "-c", DOWNLOAD, &text(&place["url"])];
    run(Command::new("python3").args(arguments).arg(target));
    let contents = fs::read(target).expect("the download was written");
    let expected = text(&place["hashes"]["sha256"]);
    assert_eq!(synthesizer_model::tree::sha256_hex(&contents), expected);
    contents
}

fn bring_from_npm(drawn: &Drawn, source: &Path) {
    let scratch = tempfile::tempdir().expect("a folder");
    let wanted = format!("{}@{}", drawn.name, drawn.version);
    let arguments = ["pack", &wanted, "--silent", "--ignore-scripts"];
    run(Command::new("npm")
        .args(arguments)
        .current_dir(scratch.path()));
    let mut packed = fs::read_dir(scratch.path()).expect("readable");
    let packed = packed.next().expect("npm packed it").expect("readable");
    unpack(&fs::read(packed.path()).expect("readable"), source);
}

/// `cargo info` downloads the one crate and none that it needs, into the home that all of cargo's downloads go to.
fn bring_from_cargo(drawn: &Drawn, source: &Path) {
    let scratch = tempfile::tempdir().expect("a folder");
    let wanted = format!("{}@{}", drawn.name, drawn.version);
    run(Command::new("cargo")
        .args(["info", "--quiet", &wanted])
        .current_dir(scratch.path()));
    let home = std::env::var_os("CARGO_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").expect("a home")).join(".cargo"),
        PathBuf::from,
    );
    let name = format!("{}-{}.crate", drawn.name, drawn.version);
    let registries = fs::read_dir(home.join("registry/cache")).expect("cargo's downloads");
    let archive = registries
        .map(|registry| registry.expect("readable").path().join(&name))
        .find(|path| path.is_file());
    let archive = archive.unwrap_or_else(|| panic!("cargo did not keep {name}"));
    unpack(&fs::read(archive).expect("readable"), source);
}

/// Unpacks a `.tar.gz` and leaves out its top folder. Takes plain files alone, and none whose name leads out.
fn unpack(archive: &[u8], target: &Path) {
    let unpacked = flate2::read::MultiGzDecoder::new(archive).take(MOST_BYTES);
    let mut archive = tar::Archive::new(unpacked);
    for entry in archive.entries().expect("an archive") {
        let mut entry = entry.expect("an entry");
        let path = entry.path().expect("a path").into_owned();
        let inner: PathBuf = path.components().skip(1).collect();
        let is_plain = inner
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        if !entry.header().entry_type().is_file() || !is_plain || inner.as_os_str().is_empty() {
            continue;
        }
        let place = target.join(inner);
        fs::create_dir_all(place.parent().expect("below the target")).expect("the disk has room");
        let mut contents = Vec::new();
        entry.read_to_end(&mut contents).expect("a whole archive");
        fs::write(&place, contents).expect("the disk has room");
    }
}

fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_trees_of_each_ecosystem_are_drawn() {
        assert!(!seed().is_empty());
        for ecosystem in ["pypi", "npm", "crates"] {
            let drawn = drawn(ecosystem);
            assert!(drawn.len() >= 6, "{ecosystem}: {}", drawn.len());
            let has_place = |drawn: &Drawn| drawn.package.is_some() == (ecosystem == "pypi");
            assert!(drawn.iter().all(has_place));
        }
    }

    #[test]
    fn an_archive_is_unpacked_without_what_leads_out() {
        use crate::archives::{RawTarEntry, raw_tar};
        let folder = tempfile::tempdir().expect("a folder");
        let archive = raw_tar(&[
            RawTarEntry::file("top/../../escape", "out"),
            RawTarEntry::symbolic_link("top/link", "/etc/passwd"),
            RawTarEntry::file("top/a/b.py", "x = 1\n"),
        ]);
        unpack(&archive, &folder.path().join("source"));
        assert_eq!(
            files(folder.path()),
            [("source/a/b.py".to_owned(), b"x = 1\n".to_vec())]
        );
    }
}
