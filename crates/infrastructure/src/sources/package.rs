//! A published Python package as a tree: located by `uv` with the user's own registry configuration, fetched through the
//! door, hash-checked, unpacked in memory. Executes nothing of it and names no registry.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    progress::Progress,
    secret::MaskedUrl,
    text::escape_untrusted,
    tree::{Origin, SourceTree, sha256_hex},
};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    archive::{ArchiveFormat, unpack},
    cache,
    credentials::{credentials_for, index_settings},
    pylock::{self, Located, is_sha256, normalised},
};
use crate::{
    config::Config,
    http::{Door, DownloadRequest, Trust},
    process::{self, ChildOutput, ChildProgram},
    telemetry::tasks,
    tools,
};

/// A lower bound that every Python version passes, so that a package for a newer Python than the installed one is found.
const ANY_PYTHON: &str = "3.99";
/// Under which key the newest version seen is remembered; no version is written like this.
const NEWEST: &str = "";
/// The largest lock that is read.
const MOST_LOCK_BYTES: u64 = 4 << 20;

/// What the cache remembers of a pinned version.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    version: String,
    file_name: String,
    sha256: String,
}

/// Opens a package; the newest version when none is named.
///
/// # Errors
/// `E_NOT_FOUND` for an unknown package or version, or one without source archive and pure wheel; the failures of
/// [`Door::download`] and of [`unpack`]; `E_TOOL_MISSING` without uv.
pub(super) async fn open(
    config: &Config,
    door: &Door,
    name: &str,
    version: Option<&str>,
    cancellation: &CancellationToken,
    progress: &dyn Progress,
) -> Result<Arc<dyn SourceTree>, Failure> {
    let name = normalised(name);
    let store = Store::new(config);
    // A pinned version never changes; the newest one is asked for anew, unless nobody can be asked.
    let known = version.or(config.offline.then_some(NEWEST));
    if let Some(known) = known
        && let Some((remembered, archive)) =
            store.recall(&name, known, config.limits.download_bytes)
    {
        return open_archive(config, &name, remembered, archive).await;
    }
    progress.step(0, &format!("locating {name}"));
    let located = locate(config, &name, version, cancellation).await?;
    let remembered = Remembered {
        version: located.version.clone(),
        file_name: located.file_name.clone(),
        sha256: located.sha256.clone(),
    };
    let archive = match store.archive(&located.sha256, config.limits.download_bytes) {
        Some(archive) => archive,
        None => {
            progress.step(
                30,
                &format!("downloading {}", escape_untrusted(&located.file_name)),
            );
            let archive = fetch(config, door, &located, cancellation).await?;
            store.keep_archive(&located.sha256, &archive)?;
            archive
        }
    };
    for key in [located.version.as_str(), version.unwrap_or(NEWEST)] {
        store.remember(&name, key, &remembered)?;
    }
    progress.step(
        70,
        &format!("unpacking {}", escape_untrusted(&located.file_name)),
    );
    open_archive(config, &name, remembered, archive).await
}

async fn open_archive(
    config: &Config,
    name: &str,
    remembered: Remembered,
    archive: Bytes,
) -> Result<Arc<dyn SourceTree>, Failure> {
    let format = ArchiveFormat::of(&remembered.file_name)
        .ok_or_else(|| Failure::internal("a file of an unknown format was chosen"))?;
    let origin = Origin {
        slug: name.to_owned(),
        url: format!("pypi:{name}@{}", remembered.version),
        revision: format!("sha256:{}", remembered.sha256),
        version: Some(remembered.version),
        platform: "pypi".to_owned(),
    };
    let limits = config.limits.clone();
    let tree = tasks::spawn_blocking("unpack_package", move || {
        unpack(&archive, format, origin, &limits)
    })
    .await
    .map_err(|error| Failure::internal(format!("unpacking failed: {error}")))??;
    Ok(Arc::new(tree))
}

/// Asks uv where the package's files are.
///
/// The package's metadata is given to uv as a setting, because all that is wanted is addresses and hashes: so uv neither
/// builds nor downloads anything, also for packages that publish only an old source archive.
async fn locate(
    config: &Config,
    name: &str,
    version: Option<&str>,
    cancellation: &CancellationToken,
) -> Result<Located, Failure> {
    let program = tools::find("uv", &config.tool_environment)?;
    let scratch = cache::scratch_folder(&config.paths.cache)?;
    let requirement = version.map_or_else(
        || format!("{name}\n"),
        |version| format!("{name}=={version}\n"),
    );
    cache::write_atomically(
        &scratch.path().join("requirements.in"),
        requirement.as_bytes(),
    )?;
    let metadata = format!("dependency-metadata = [{{ name = \"{name}\", requires-dist = [] }}]\n");
    cache::write_atomically(&scratch.path().join("uv.toml"), metadata.as_bytes())?;
    let child = uv_call(config, program, scratch.path());
    let output = process::run(child, cancellation).await?;
    if !output.success() {
        return Err(explain(&output, name, version, config.offline));
    }
    let lock = cache::read_bounded(&scratch.path().join("pylock.toml"), MOST_LOCK_BYTES)
        .ok_or_else(|| {
            Failure::new(
                ErrorCode::Upstream,
                format!("uv gave no answer about {name}"),
            )
        })?;
    pylock::choose(&String::from_utf8_lossy(&lock), name)
}

fn uv_call(config: &Config, program: PathBuf, scratch: &Path) -> ChildProgram {
    let mut child = ChildProgram::new(program, scratch).args([
        "pip",
        "compile",
        // Else uv would run the Python of a virtual environment in any folder above the cache.
        "--system",
        "--no-deps",
        "--no-header",
        "--no-annotate",
        "--quiet",
        "--color",
        "never",
        "--universal",
        "--resolution",
        "highest",
        "--python-version",
        ANY_PYTHON,
        "--format",
        "pylock.toml",
        "--output-file",
        "pylock.toml",
    ]);
    // With a configuration file of the user's choice uv does not read ours; then building has to be forbidden outright.
    let environment: &BTreeMap<String, String> = &config.tool_environment;
    if ["UV_CONFIG_FILE", "UV_NO_CONFIG"]
        .iter()
        .any(|name| environment.contains_key(*name))
    {
        child = child.args(["--no-build"]);
    }
    if config.offline {
        child = child.args(["--offline"]);
    }
    child = child.args(["requirements.in"]);
    child.environment.clone_from(environment);
    child.deadline = config.limits.solver_timeout;
    child.env("UV_PYTHON_DOWNLOADS", "never")
}

/// Turns uv's explanation into a failure. Nothing of uv's text is repeated: it may hold addresses of the user's mirror.
fn explain(output: &ChildOutput, name: &str, version: Option<&str>, offline: bool) -> Failure {
    let text = output.stderr_text();
    let wanted = version.map_or_else(|| name.to_owned(), |version| format!("{name} {version}"));
    let has = |part: &str| text.contains(part);
    if offline || has("network was disabled") || has("network connectivity is disabled") {
        return Failure::new(
            ErrorCode::Offline,
            format!("{wanted} is not cached and the network is switched off"),
        )
        .with_hint("run it once without --offline");
    }
    if has("401 Unauthorized") || has("403 Forbidden") {
        return Failure::new(
            ErrorCode::Authentication,
            format!("the package index refuses to answer about {wanted}"),
        )
        .with_hint("check the credentials of the index in your uv configuration");
    }
    if has("No interpreter found") || has("No Python") {
        return Failure::new(ErrorCode::ToolMissing, "uv finds no Python interpreter")
            .with_hint("install Python: apt-get install python3");
    }
    if has("Failed to fetch") || has("error sending request") || has("Failed to read") {
        let reason = [
            "UnknownIssuer",
            "Connection refused",
            "dns error",
            "timed out",
            "status server error",
        ]
        .iter()
        .find(|reason| has(reason))
        .map_or_else(String::new, |reason| format!(" ({reason})"));
        return Failure::new(
            ErrorCode::Upstream,
            format!("the package index cannot be reached for {wanted}{reason}"),
        )
        .with_hint("check the network and the index in your uv configuration");
    }
    if has("no usable wheels") {
        return Failure::new(
            ErrorCode::NotFound,
            format!("{wanted} publishes no wheel that uv can read without building"),
        )
        .with_hint("unset UV_CONFIG_FILE and UV_NO_CONFIG, or name its git repository instead");
    }
    if has("No solution found") || has("not found") {
        return Failure::new(
            ErrorCode::NotFound,
            format!("the package index has no {wanted}"),
        )
        .with_hint("check the spelling of the name and the version");
    }
    Failure::new(ErrorCode::Upstream, format!("uv cannot locate {wanted}"))
        .with_hint("run `uv pip compile` with this requirement to see why")
}

async fn fetch(
    config: &Config,
    door: &Door,
    located: &Located,
    cancellation: &CancellationToken,
) -> Result<Bytes, Failure> {
    if located.url.scheme() == "file" {
        return read_local(&located.url, &located.sha256, config.limits.download_bytes);
    }
    let request = DownloadRequest {
        url: MaskedUrl::new(located.url.clone()),
        trust: Trust::ConfiguredByUser,
        expected_sha256: Some(located.sha256.clone()),
        size_limit: config.limits.download_bytes,
        deadline: config.limits.clone_timeout,
        credentials: credentials_for(&located.url, &config.tool_environment),
    };
    door.download(request, cancellation).await
}

/// Reads a file of an index that the user keeps in a folder of this machine.
fn read_local(url: &Url, sha256: &str, limit: u64) -> Result<Bytes, Failure> {
    let unreadable = || {
        Failure::new(
            ErrorCode::Upstream,
            "a file of the local package index cannot be read",
        )
    };
    let path = url.to_file_path().map_err(|()| unreadable())?;
    let bytes = cache::read_bounded(&path, limit).ok_or_else(unreadable)?;
    if sha256_hex(&bytes) == sha256 {
        Ok(bytes)
    } else {
        Err(unreadable().with_hint("its SHA-256 is not the announced one"))
    }
}

/// Archives by their hash, and what pinned versions are.
#[derive(Debug)]
struct Store {
    folder: PathBuf,
    indexes: String,
}

impl Store {
    fn new(config: &Config) -> Self {
        Self {
            folder: config.paths.cache.join("packages"),
            indexes: index_settings(&config.tool_environment),
        }
    }

    fn archive(&self, sha256: &str, limit: u64) -> Option<Bytes> {
        let bytes = cache::read_bounded(&self.folder.join(sha256), limit)?;
        (sha256_hex(&bytes) == sha256).then_some(bytes)
    }

    fn keep_archive(&self, sha256: &str, bytes: &[u8]) -> Result<(), Failure> {
        cache::write_atomically(&self.folder.join(sha256), bytes)
    }

    fn note(&self, name: &str, version: &str) -> PathBuf {
        let key = sha256_hex(format!("{name}@{version}\n{}", self.indexes).as_bytes());
        self.folder.join("versions").join(format!("{key}.json"))
    }

    fn recall(&self, name: &str, version: &str, limit: u64) -> Option<(Remembered, Bytes)> {
        let text = cache::read_bounded(&self.note(name, version), 4096)?;
        let remembered: Remembered = serde_json::from_slice(&text).ok()?;
        if !is_sha256(&remembered.sha256) || ArchiveFormat::of(&remembered.file_name).is_none() {
            return None;
        }
        let archive = self.archive(&remembered.sha256, limit)?;
        Some((remembered, archive))
    }

    fn remember(&self, name: &str, version: &str, remembered: &Remembered) -> Result<(), Failure> {
        let text =
            serde_json::to_vec(remembered).map_err(|error| Failure::internal(error.to_string()))?;
        cache::write_atomically(&self.note(name, version), &text)
    }
}

#[cfg(test)]
#[path = "package_tests.rs"]
mod tests;
