//! A package of npm as a tree: `npm pack` downloads its tarball with the user's own configuration and checks it against the hash that
//! the registry announces. No script of the package runs, npm writes into a scratch folder alone, and no registry is named.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use sha2::Digest as _;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    tree::{Origin, SourceTree, sha256_hex},
};

use super::{
    npm_failure::explain,
    store::{Kept, Note, Store},
    wanted::{Wanted, is_whole, unpack_kept},
};
use crate::{
    config::{Tool, variables_of},
    http::certificate_file,
    process::{self, ChildProgram},
    sources::{cache, slug::slug},
    tools,
};

/// The largest configuration file that is looked at.
const MOST_SETTINGS_BYTES: u64 = 1 << 20;

/// What npm does whatever the user's configuration says.
///
/// A registry may name anything as a tarball's address. Left alone, npm would clone a git repository or take a folder of this machine,
/// and before version 11 run the `prepare` script that it finds there, `ignore-scripts` or not. So [`GUARD`] is loaded into it.
const FORCED: &[(&str, &str)] = &[
    ("NODE_OPTIONS", "--require ./guard.cjs"),
    ("npm_config_ignore_scripts", "true"),
    ("npm_config_allow_git", "none"),
    ("npm_config_allow_file", "none"),
    ("npm_config_allow_directory", "none"),
    ("npm_config_audit", "false"),
    ("npm_config_fund", "false"),
    ("npm_config_update_notifier", "false"),
    ("npm_config_logs_max", "0"),
    ("npm_config_cache", "cache"),
];

/// Keeps npm from starting programs and from every place but registries and HTTP.
const GUARD: &str = include_str!("npm_guard.cjs");

/// How long npm waits before it asks again, in milliseconds, unless the user's environment says otherwise: somebody is waiting.
const DEFAULTS: &[(&str, &str)] = &[
    ("npm_config_fetch_retry_mintimeout", "1000"),
    ("npm_config_fetch_retry_maxtimeout", "5000"),
];

/// Opens a package: a version, a tag, or what the tag `latest` is.
///
/// # Errors
/// `E_NOT_FOUND` for an unknown package, version or tag; `E_AUTH`, `E_RATE_LIMITED`, `E_UPSTREAM` as the registry answers (a hash that
/// is not the announced one is `E_UPSTREAM`); `E_FORBIDDEN` when it names a place that is no download; `E_LIMIT`, `E_TIMEOUT`,
/// `E_OFFLINE`, `E_CANCELLED`; `E_TOOL_MISSING` without npm; the failures of [`unpack`](crate::sources::archive::unpack).
pub(super) async fn open(wanted: &Wanted<'_>) -> Result<Arc<dyn SourceTree>, Failure> {
    let environment = variables_of(Tool::Npm, &wanted.config.tool_environment);
    let store = Store::new(wanted.config, "npm", registries(&environment));
    let known = wanted.known_key();
    if let Some(kept) = known.and_then(|known| store.recall(wanted.name, known)) {
        return open_kept(wanted, kept).await;
    }
    if wanted.config.offline {
        return Err(wanted.not_cached());
    }
    wanted
        .progress
        .step(0, &format!("downloading {}", wanted.shown()));
    let (version, archive) = pack(wanted, environment).await?;
    let note = Note {
        name: wanted.name.to_owned(),
        file_name: format!("{}-{version}.tgz", file_stem(wanted.name)),
        sha256: sha256_hex(&archive),
        version,
    };
    let keys = [note.version.clone(), wanted.key().to_owned()];
    let kept = store.keep(wanted.name, &keys, note, archive)?;
    open_kept(wanted, kept).await
}

async fn open_kept(wanted: &Wanted<'_>, kept: Kept) -> Result<Arc<dyn SourceTree>, Failure> {
    let hash = STANDARD.encode(sha2::Sha512::digest(&kept.archive));
    let origin = Origin {
        slug: slug(&kept.note.name),
        url: format!("npm:{}@{}", kept.note.name, kept.note.version),
        revision: format!("sha512-{hash}"),
        version: Some(kept.note.version.clone()),
        platform: "npm".to_owned(),
    };
    unpack_kept(wanted, kept, origin).await
}

/// Lets npm download the tarball; gives the version that it chose and the bytes.
async fn pack(
    wanted: &Wanted<'_>,
    mut environment: BTreeMap<String, String>,
) -> Result<(String, Bytes), Failure> {
    let program = tools::find("npm", &environment)?;
    let scratch = cache::scratch_folder(&wanted.config.paths.cache)?;
    let folder = scratch.path();
    // Without it npm would take a folder above the cache for its project, and that project's configuration.
    cache::write_atomically(&folder.join("package.json"), b"{}\n")?;
    cache::write_atomically(&folder.join("guard.cjs"), GUARD.as_bytes())?;
    let forced = FORCED.iter();
    environment.extend(forced.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    for (name, value) in DEFAULTS {
        let variable = (*name).to_owned();
        environment.entry(variable).or_insert((*value).to_owned());
    }
    environment.insert("TMPDIR".to_owned(), folder.to_string_lossy().into_owned());
    // Node has certificates of its own and reads none of the system's; what the user names for other programs counts for it too.
    if let Some(file) = certificate_file(&environment) {
        let file = file.to_string_lossy().into_owned();
        let variable = "NODE_EXTRA_CA_CERTS".to_owned();
        environment.entry(variable).or_insert(file);
    }
    // Without a tag npm would prefer an older version that fits the Node which happens to be installed.
    let specification = format!("{}@{}", wanted.name, wanted.version.unwrap_or("latest"));
    let child = ChildProgram::new(program, folder).args([
        "pack",
        specification.as_str(),
        "--ignore-scripts",
        "--pack-destination=.",
        "--no-dry-run",
        "--no-json",
        "--loglevel=error",
    ]);
    let output = process::run(wanted.bounded(child, environment), wanted.cancellation).await?;
    if !output.success() {
        return Err(explain(&output, wanted));
    }
    let file_name = packed(folder, wanted)?;
    let prefix = format!("{}-", file_stem(wanted.name));
    let version = file_name
        .strip_prefix(&prefix)
        .and_then(|rest| rest.strip_suffix(".tgz"))
        .filter(|version| is_whole(version))
        .ok_or_else(|| another(wanted))?;
    let same = |asked: &str| asked.split('+').next() == version.split('+').next();
    if wanted
        .version
        .is_some_and(|asked| is_whole(asked) && !same(asked))
    {
        return Err(another(wanted));
    }
    let archive = cache::read_bounded(
        &folder.join(&file_name),
        wanted.config.limits.download_bytes,
    )
    .ok_or_else(|| wanted.too_large())?;
    Ok((version.to_owned(), archive))
}

/// Gives the name of the one archive that npm wrote.
fn packed(folder: &Path, wanted: &Wanted<'_>) -> Result<String, Failure> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names = files
        .filter_map(|file| file.file_name().into_string().ok())
        .filter(|name| name.ends_with(".tgz"));
    match (names.next(), names.next()) {
        (Some(name), None) => Ok(name),
        _ => Err(another(wanted)),
    }
}

fn another(wanted: &Wanted<'_>) -> Failure {
    Failure::new(
        ErrorCode::Upstream,
        format!("npm brought something else than {}", wanted.shown()),
    )
}

/// Gives the beginning of the file name that npm chooses: `@scope/name` is `scope-name`.
fn file_stem(name: &str) -> String {
    name.trim_start_matches('@').replace('/', "-")
}

/// Gives every setting that names a registry, from the environment and the user's configuration file.
fn registries(environment: &BTreeMap<String, String>) -> String {
    let names_registry = |name: &str| name.trim_end().to_ascii_lowercase().ends_with("registry");
    let mut settings: String = environment
        .iter()
        .filter(|(name, _)| names_registry(name))
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect();
    let named = environment
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("npm_config_userconfig"))
        .map(|(_, path)| path.into());
    let usual = || {
        environment
            .get("HOME")
            .map(|home| Path::new(home).join(".npmrc"))
    };
    let file = named
        .or_else(usual)
        .and_then(|path| cache::read_bounded(&path, MOST_SETTINGS_BYTES));
    let text = String::from_utf8_lossy(file.as_deref().unwrap_or_default()).into_owned();
    for line in text.lines() {
        if line
            .split_once('=')
            .is_some_and(|(name, _)| names_registry(name))
        {
            settings.push_str(line);
            settings.push('\n');
        }
    }
    settings
}

#[cfg(test)]
#[path = "npm_tests.rs"]
mod tests;
