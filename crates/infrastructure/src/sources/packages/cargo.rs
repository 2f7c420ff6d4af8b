//! A crate as a tree: `cargo info` downloads its `.crate` file, and no dependency's, with the user's own configuration, and checks it
//! against the checksum of the registry's index. Nothing is compiled, unpacked to disk or run, and no registry is named.
//!
//! The newest version is the one that `cargo add` would take, whatever Rust it needs: no pre-release unless there is nothing else, none
//! that was yanked. A yanked version cannot be had from cargo at all, also when it is named.

use std::{fs, path::PathBuf, sync::Arc};

use bytes::Bytes;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    tree::{Origin, SourceTree, sha256_hex},
};

use super::{
    cargo_failure::{another, explain},
    cargo_home::{CargoHome, registries},
    store::{Kept, Note, Store},
    wanted::{Wanted, is_whole, unpack_kept},
};
use crate::{
    config::{Tool, variables_of},
    process::{self, ChildOutput, ChildProgram},
    sources::{cache, slug::slug},
    tools,
};

/// What cargo says when the public registry is replaced by another one and it wants to be told that this is meant.
const WANTS_REGISTRY: &str = "--registry crates-io";

/// Opens a crate.
///
/// # Errors
/// `E_NOT_FOUND` for an unknown crate or version, a yanked one, or one that cargo takes from a folder; `E_AUTH`, `E_RATE_LIMITED`,
/// `E_UPSTREAM` as the registry answers (a checksum that is not the announced one is `E_UPSTREAM`); `E_LIMIT`, `E_TIMEOUT`,
/// `E_OFFLINE`, `E_CANCELLED`; `E_TOOL_MISSING` without cargo 1.82 or newer; the failures of
/// [`unpack`](crate::sources::archive::unpack).
pub(super) async fn open(wanted: &Wanted<'_>) -> Result<Arc<dyn SourceTree>, Failure> {
    let environment = variables_of(Tool::Cargo, &wanted.config.tool_environment);
    let store = Store::new(wanted.config, "cargo", registries(&environment));
    let name = folded(wanted.name);
    let known = wanted.known_key();
    if let Some(kept) = known.and_then(|known| store.recall(&name, known)) {
        return open_kept(wanted, kept).await;
    }
    if wanted.config.offline {
        return Err(wanted.not_cached());
    }
    if wanted.version.is_some_and(|version| !is_whole(version)) {
        return Err(Failure::new(
            ErrorCode::NotFound,
            format!(
                "there is no {}: a version has three numbers",
                wanted.shown()
            ),
        )
        .with_hint("write the whole version, such as 1.0.0, or none for the newest"));
    }
    let cargo = Cargo {
        program: tools::find("cargo", &environment)?,
        home: CargoHome::new(wanted.config, environment)?,
        wanted,
    };
    let step = |percent: u8, what: &str| {
        wanted
            .progress
            .step(percent, &format!("{what} {}", wanted.shown()));
    };
    let version = match wanted.version {
        Some(version) => version.to_owned(),
        None => {
            step(0, "locating");
            cargo.newest().await?
        }
    };
    let kept = match store.recall(&name, &version) {
        Some(kept) => kept,
        None => {
            step(30, "downloading");
            let (note, archive) = cargo.download(&version).await?;
            let keys = [note.version.clone(), version];
            store.keep(&name, &keys, note, archive)?
        }
    };
    store.remember(&name, wanted.key(), &kept.note)?;
    open_kept(wanted, kept).await
}

async fn open_kept(wanted: &Wanted<'_>, kept: Kept) -> Result<Arc<dyn SourceTree>, Failure> {
    let origin = Origin {
        slug: slug(&kept.note.name),
        url: format!("cargo:{}@{}", kept.note.name, kept.note.version),
        revision: format!("sha256:{}", kept.note.sha256),
        version: Some(kept.note.version.clone()),
        platform: "cargo".to_owned(),
    };
    unpack_kept(wanted, kept, origin).await
}

/// The program with a home of its own.
struct Cargo<'a> {
    program: PathBuf,
    home: CargoHome,
    wanted: &'a Wanted<'a>,
}

impl Cargo<'_> {
    /// Asks for the newest version.
    async fn newest(&self) -> Result<String, Failure> {
        let manifest = self.home.empty_manifest()?;
        let manifest = manifest.to_string_lossy();
        let arguments = [
            "add",
            "--dry-run",
            "--ignore-rust-version",
            "--manifest-path",
            &manifest,
            self.wanted.name,
        ];
        let output = self.run(&arguments).await?;
        if !output.success() {
            return Err(explain(&output, self.wanted));
        }
        added(&output.stderr_text(), self.wanted.name).ok_or_else(|| another(self.wanted))
    }

    /// Downloads one version; gives what it is called and the bytes.
    async fn download(&self, version: &str) -> Result<(Note, Bytes), Failure> {
        let specification = format!("{}@{version}", self.wanted.name);
        let mut output = self.run(&["info", &specification]).await?;
        if self.downloaded().is_none() && output.stderr_text().contains(WANTS_REGISTRY) {
            let named = ["info", "--registry", "crates-io", &specification];
            output = self.run(&named).await?;
        }
        // Its exit status tells nothing: it is kept from unpacking, and it may be too old to read the manifest.
        let Some(path) = self.downloaded() else {
            return Err(explain(&output, self.wanted));
        };
        let file_name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let (name, found) =
            name_and_version(file_name, self.wanted.name).ok_or_else(|| another(self.wanted))?;
        if !same_release(found, version) {
            return Err(another(self.wanted));
        }
        let archive = cache::read_bounded(&path, self.wanted.config.limits.download_bytes)
            .ok_or_else(|| self.wanted.too_large())?;
        let note = Note {
            name: name.to_owned(),
            version: found.to_owned(),
            file_name: file_name.to_owned(),
            sha256: sha256_hex(&archive),
        };
        Ok((note, archive))
    }

    async fn run(&self, arguments: &[&str]) -> Result<ChildOutput, Failure> {
        // In the top folder no project of anybody's is found, nor its configuration.
        let child = ChildProgram::new(&self.program, "/").args(arguments);
        let child = self.wanted.bounded(child, self.home.environment.clone());
        process::run(child, self.wanted.cancellation).await
    }

    /// Gives the one archive that was downloaded; cargo writes it after it has compared the checksum.
    fn downloaded(&self) -> Option<PathBuf> {
        let registries = fs::read_dir(self.home.archives()).ok()?.flatten();
        let files = registries.filter_map(|registry| fs::read_dir(registry.path()).ok());
        let mut found = files.flatten().flatten().map(|file| file.path());
        found.find(|path| path.extension().is_some_and(|ending| ending == "crate"))
    }
}

/// Reads the version in `Adding NAME vVERSION to dependencies`.
fn added(text: &str, wanted: &str) -> Option<String> {
    let mut versions = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let adding = words.next()? == "Adding" && folded(words.next()?) == folded(wanted);
        let version = words.next()?.strip_prefix('v')?;
        (adding && is_whole(version)).then(|| version.to_owned())
    });
    versions.next()
}

/// Takes `NAME-VERSION.crate` apart; the name may be written otherwise than it was asked for, in as many characters.
fn name_and_version<'a>(file_name: &'a str, wanted: &str) -> Option<(&'a str, &'a str)> {
    let stem = file_name.strip_suffix(".crate")?;
    let (name, rest) = stem.split_at_checked(wanted.len())?;
    let version = rest.strip_prefix('-')?;
    (folded(name) == folded(wanted) && is_whole(version)).then_some((name, version))
}

/// Says whether two versions are one release; a registry has no two that differ in their build alone.
fn same_release(left: &str, right: &str) -> bool {
    left.split('+').next() == right.split('+').next()
}

/// Gives a name in the form in which registries compare names.
fn folded(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

#[cfg(test)]
#[path = "cargo_tests.rs"]
mod tests;
