//! A published Python package as a tree: located by `uv` with the user's own registry configuration, fetched through the
//! door, hash-checked, unpacked in memory. Executes nothing of it and names no registry.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    secret::MaskedUrl,
    text::escape_untrusted,
    tree::{Origin, SourceTree, sha256_hex},
};
use url::Url;

use super::{
    credentials::{credentials_for, index_settings},
    pylock::{self, Located, normalised},
    store::{Kept, Note, Store},
    wanted::{NEWEST, Wanted, unpack_kept},
};
use crate::{
    config::{Config, Tool, variables_of},
    http::{DownloadRequest, Trust},
    process::{self, ChildOutput, ChildProgram},
    sources::cache,
    tools,
};

/// A lower bound that every Python version passes, so that a package for a newer Python than the installed one is found.
const ANY_PYTHON: &str = "3.99";
/// The largest lock that is read.
const MOST_LOCK_BYTES: u64 = 4 << 20;

/// Opens a package; the newest version when none is named.
///
/// # Errors
/// `E_NOT_FOUND` for an unknown package or version, or one without source archive and pure wheel; the failures of
/// [`Door::download`](crate::http::Door::download) and of [`unpack`](crate::sources::archive::unpack); `E_TOOL_MISSING` without uv.
pub(super) async fn open(wanted: &Wanted<'_>) -> Result<Arc<dyn SourceTree>, Failure> {
    let config = wanted.config;
    let name = normalised(wanted.name);
    let store = Store::new(
        config,
        "pypi",
        index_settings(&variables_of(Tool::Uv, &config.tool_environment)),
    );
    // A pinned version never changes; the newest one is asked for anew, unless nobody can be asked.
    let known = wanted.version.or(config.offline.then_some(NEWEST));
    if let Some(kept) = known.and_then(|known| store.recall(&name, known)) {
        return open_kept(wanted, kept).await;
    }
    wanted.progress.step(0, &format!("locating {name}"));
    let located = locate(wanted, &name).await?;
    let archive = match store.archive(&located.sha256) {
        Some(archive) => archive,
        None => {
            let file_name = escape_untrusted(&located.file_name);
            wanted
                .progress
                .step(30, &format!("downloading {file_name}"));
            fetch(wanted, &located).await?
        }
    };
    let note = Note {
        name: name.clone(),
        version: located.version,
        file_name: located.file_name,
        sha256: located.sha256,
    };
    let keys = [note.version.clone(), wanted.key().to_owned()];
    let kept = store.keep(&name, &keys, note, archive)?;
    open_kept(wanted, kept).await
}

async fn open_kept(wanted: &Wanted<'_>, kept: Kept) -> Result<Arc<dyn SourceTree>, Failure> {
    let origin = Origin {
        slug: kept.note.name.clone(),
        url: format!("pypi:{}@{}", kept.note.name, kept.note.version),
        revision: format!("sha256:{}", kept.note.sha256),
        version: Some(kept.note.version.clone()),
        platform: "pypi".to_owned(),
    };
    unpack_kept(wanted, kept, origin).await
}

/// Asks uv where the package's files are.
///
/// The package's metadata is given to uv as a setting, because all that is wanted is addresses and hashes: so uv neither
/// builds nor downloads anything, also for packages that publish only an old source archive.
async fn locate(wanted: &Wanted<'_>, name: &str) -> Result<Located, Failure> {
    let (config, version) = (wanted.config, wanted.version);
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
    let output = process::run(child, wanted.cancellation).await?;
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
    let environment = variables_of(Tool::Uv, &config.tool_environment);
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
    child.environment = environment;
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

async fn fetch(wanted: &Wanted<'_>, located: &Located) -> Result<Bytes, Failure> {
    let config = wanted.config;
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
    wanted.door.download(request, wanted.cancellation).await
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

#[cfg(test)]
#[path = "pypi_tests.rs"]
mod tests;
