//! The real published source of a package, on disk, for tests on real input. Runs no code of the package: the archive's address
//! comes from uv and the user's own registry configuration, and the archive is unpacked by us.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use synthesizer_model::tree::sha256_hex;

use crate::scratch;

/// Downloads one URL with the machine's certificates and proxies (`SSL_CERT_FILE`, `HTTPS_PROXY`).
const DOWNLOAD: &str = "import shutil, sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=60) as answer, open(sys.argv[2], 'wb') as file:
    shutil.copyfileobj(answer, file)
";

/// Unpacks the published source of `name` at `version` below `into` and gives the folder that holds it.
///
/// The archive is kept below Cargo's target folder, so only the first run of all needs the network; several processes
/// may ask at once. Panics when the package has no source archive.
pub fn fetch_source(name: &str, version: &str, into: &Path) -> PathBuf {
    let archive = fetch_archive(name, version);
    let file = fs::File::open(archive).expect("the archive was just found");
    // `unpack` leaves out whatever would lie outside of the folder.
    tar::Archive::new(flate2::read::GzDecoder::new(file))
        .unpack(into)
        .unwrap_or_else(|error| panic!("cannot unpack {name} {version}: {error}"));
    let mut folders = fs::read_dir(into)
        .expect("the folder exists")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| top_folder_is_of(path, name, version));
    folders
        .next()
        .expect("a source archive has one top folder, NAME-VERSION")
}

/// Brings the source archive of a package and gives its path.
pub fn fetch_archive(name: &str, version: &str) -> PathBuf {
    let kept = scratch::lasting_folder("published").join(format!("{name}-{version}.tar.gz"));
    if kept.is_file() {
        return kept;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (url, sha256) = locate(name, version, folder.path());
    let download = folder.path().join("archive");
    let output = Command::new("python3")
        .args(["-I", "-c", DOWNLOAD, &url])
        .arg(&download)
        .output()
        .expect("python3 is installed");
    assert!(
        output.status.success(),
        "cannot download {name} {version}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let contents = fs::read(&download).expect("the download was written");
    assert_eq!(
        sha256_hex(&contents),
        sha256,
        "the hash of {name} {version}"
    );
    scratch::put(&kept, &contents);
    kept
}

/// Asks uv for the address and the hash of a source archive.
fn locate(name: &str, version: &str, folder: &Path) -> (String, String) {
    let input = folder.join("requirements.in");
    fs::write(&input, format!("{name}=={version}\n")).expect("a temporary file");
    let output = Command::new("uv")
        .args([
            "pip",
            "compile",
            "--quiet",
            "--no-deps",
            "--no-header",
            "--format",
            "pylock.toml",
        ])
        .arg(&input)
        .env("UV_PYTHON_DOWNLOADS", "never")
        .current_dir(folder)
        .output()
        .expect("uv is installed");
    assert!(
        output.status.success(),
        "uv cannot find {name} {version}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lock: toml::Table =
        toml::from_str(&String::from_utf8_lossy(&output.stdout)).expect("uv prints TOML");
    let archive = &lock["packages"][0]
        .get("sdist")
        .unwrap_or_else(|| panic!("{name} {version} has no source archive"));
    let text = |value: &toml::Value| {
        value
            .as_str()
            .expect("the lock's shape (PEP 751)")
            .to_owned()
    };
    (text(&archive["url"]), text(&archive["hashes"]["sha256"]))
}

fn top_folder_is_of(path: &Path, name: &str, version: &str) -> bool {
    let folded = |text: &str| synthesizer_model::dependency::normalize_distribution(text);
    let top = path
        .file_name()
        .and_then(|top| top.to_str())
        .unwrap_or_default();
    path.is_dir() && folded(top) == folded(&format!("{name}-{version}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Needs the network when it runs for the first time.
    #[test]
    fn a_published_source_is_unpacked() {
        let folder = tempfile::tempdir().expect("a folder");
        let source = fetch_source("itsdangerous", "2.2.0", folder.path());
        assert!(source.join("src/itsdangerous/timed.py").is_file());
        assert!(source.join("PKG-INFO").is_file());
    }
}
