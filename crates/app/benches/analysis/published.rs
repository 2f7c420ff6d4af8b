//! Published trees, fetched by the clients of their registries at pinned versions and kept in `.cache/trees`. Runs no code of them and
//! builds nothing.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use synthesizer_testkit::published::fetch_source;

use crate::cache_folder;

/// A tree of a package.
#[derive(Debug)]
pub(crate) struct Published {
    /// The package's name.
    pub(crate) name: &'static str,
    /// Its version.
    pub(crate) version: &'static str,
    /// The end of the names of its source files.
    pub(crate) suffix: &'static str,
    /// Gives what may stand at the end of such a file.
    pub(crate) change: fn(usize) -> String,
    /// Writes its source into an empty folder, below which it may make others; gives the tree's folder.
    fetch: fn(&Self, &Path) -> Result<PathBuf, String>,
}

/// What is measured: two Python packages as their makers publish them, TypeScript without what was compiled from it, a crate.
pub(crate) const TREES: &[Published] = &[
    Published {
        name: "django",
        version: "5.2.8",
        suffix: ".py",
        change: changed_python,
        fetch: python,
    },
    Published {
        name: "scikit-learn",
        version: "1.7.2",
        suffix: ".py",
        change: changed_python,
        fetch: python,
    },
    Published {
        name: "effect",
        version: "3.22.4",
        suffix: ".ts",
        change: |round| format!("\nexport const changedInRound{round} = {round}\n"),
        fetch: npm,
    },
    Published {
        name: "web-sys",
        version: "0.3.107",
        suffix: ".rs",
        change: |round| {
            format!("\npub fn changed_in_round_{round}() -> usize {{\n    {round}\n}}\n")
        },
        fetch: cargo,
    },
];

fn changed_python(round: usize) -> String {
    format!("\n\ndef changed_in_round_{round}():\n    return {round}\n")
}

impl Published {
    /// Gives the folder that the tree has when it was fetched.
    pub(crate) fn folder(&self) -> PathBuf {
        let trees = cache_folder().join("trees");
        trees.join(format!("{}-{}", self.name, self.version))
    }
}

/// Fetches what is missing, in a process of its own: one that had an archive in memory would pass its size on to those it measures.
///
/// # Errors
/// When that process failed, after it said why.
pub(crate) fn fetch_missing() -> Result<(), String> {
    if TREES.iter().all(|tree| tree.folder().is_dir()) {
        return Ok(());
    }
    let this = env::current_exe().map_err(|error| error.to_string())?;
    let status = Command::new(this).arg("fetch").status();
    let is_done = status.is_ok_and(|status| status.success());
    is_done
        .then_some(())
        .ok_or_else(|| "not all trees could be fetched".to_owned())
}

/// Fetches what is missing.
///
/// # Errors
/// What went wrong.
pub(crate) fn fetch_all() -> Result<(), String> {
    let trees = cache_folder().join("trees");
    fs::create_dir_all(&trees).map_err(|error| error.to_string())?;
    for tree in TREES.iter().filter(|tree| !tree.folder().is_dir()) {
        println!("fetching {} {}", tree.name, tree.version);
        let staging = tempfile::tempdir_in(&trees).map_err(|error| error.to_string())?;
        let fetched = (tree.fetch)(tree, staging.path())?;
        fs::rename(fetched, tree.folder()).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn python(tree: &Published, staging: &Path) -> Result<PathBuf, String> {
    Ok(fetch_source(tree.name, tree.version, staging))
}

fn npm(tree: &Published, staging: &Path) -> Result<PathBuf, String> {
    write(&staging.join("package.json"), "{}\n")?;
    let package = format!("{}@{}", tree.name, tree.version);
    run(Command::new("npm")
        .args(["pack", "--silent", "--ignore-scripts", &package])
        .current_dir(staging))?;
    let archive = format!("{}-{}.tgz", tree.name, tree.version);
    run(Command::new("tar")
        .args(["-xzf", &archive])
        .current_dir(staging))?;
    let whole = staging.join("package");
    let sources = staging.join("sources");
    fs::create_dir(&sources).map_err(|error| error.to_string())?;
    for name in ["package.json", "README.md", "LICENSE", "src"] {
        fs::rename(whole.join(name), sources.join(name))
            .map_err(|error| format!("{name} of {package}: {error}"))?;
    }
    Ok(sources)
}

fn cargo(tree: &Published, staging: &Path) -> Result<PathBuf, String> {
    let manifest = format!(
        "[package]\nname = \"scratch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [lib]\npath = \"lib.rs\"\n\n[dependencies]\n{} = \"={}\"\n",
        tree.name, tree.version
    );
    write(&staging.join("Cargo.toml"), &manifest)?;
    write(&staging.join("lib.rs"), "")?;
    run(Command::new("cargo")
        .args(["vendor", "--quiet", "vendored"])
        .current_dir(staging))?;
    let crate_folder = staging.join("vendored").join(tree.name);
    // It is of the copy, not of the crate.
    fs::remove_file(crate_folder.join(".cargo-checksum.json"))
        .map_err(|error| error.to_string())?;
    Ok(crate_folder)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {}: {said}", output.status))
}
