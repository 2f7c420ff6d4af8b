//! A git repository over HTTP(S): one commit, fetched bare into the cache. Writes no working tree and runs no hook.
//!
//! Each commit has a bare repository of its own in the cache (`git_store`), made under another name and moved there when it is whole.

use std::{path::Path, sync::Arc};

use synthesizer_model::{
    failure::{ErrorCode, Failure},
    progress::Progress,
    text::escape_untrusted,
    tree::{Origin, SourceTree},
};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    cache,
    git_command::GitCommand,
    git_store::{Lease, Store, is_commit_id},
    git_tree::GitTree,
    slug::slug,
};
use crate::{config::Config, http::Door, telemetry::tasks};

/// Hosts whose repositories have a platform of their own name.
const PLATFORMS: &[(&str, &str)] = &[
    ("github.com", "github"),
    ("gitlab.com", "gitlab"),
    ("huggingface.co", "huggingface"),
];

/// Opens a repository at a revision: a full commit id, else a tag, else a branch; the default branch when `None`.
///
/// A tag wins over a branch of the same name, because a release is what a pinned reference usually means.
///
/// # Errors
/// `E_NOT_FOUND` for an unknown repository or revision, `E_AUTH`, `E_FORBIDDEN` (a host that must not be reached, objects
/// that git refuses), `E_LIMIT`, `E_TIMEOUT`, `E_UPSTREAM`, `E_CIRCUIT_OPEN`, `E_OFFLINE`, `E_TOOL_MISSING`, `E_CANCELLED`.
pub(super) async fn open(
    config: &Config,
    door: &Door,
    url: &Url,
    revision: Option<&str>,
    cancellation: &CancellationToken,
    progress: &dyn Progress,
) -> Result<Arc<dyn SourceTree>, Failure> {
    let store = Store::new(config, url);
    let revision = revision.unwrap_or("HEAD");
    let pinned = is_commit_id(revision).then(|| revision.to_ascii_lowercase());
    let known = match &pinned {
        Some(commit) => Some(commit.clone()),
        None if config.offline => store.remembered(revision),
        None => None,
    };
    if let Some(commit) = known
        && let Some(lease) = store.lease(&commit)
    {
        return read(config, lease, url, &commit).await;
    }
    let host = door.check(url).await?;
    let scratch = cache::scratch_folder(&config.paths.cache)?;
    let home = scratch.path().join("home");
    cache::make_folder(&home)?;
    let git = GitCommand::new(config, url, &host, home)?;
    let commit = match pinned {
        Some(commit) => commit,
        None => {
            progress.step(
                0,
                &format!(
                    "resolving {} of {}",
                    escape_untrusted(revision),
                    escape_untrusted(url.as_str())
                ),
            );
            let resolving = resolve(&git, url, revision, cancellation);
            door.guarded("git", url, resolving).await?
        }
    };
    let lease = match store.lease(&commit) {
        Some(lease) => lease,
        None => {
            progress.step(20, &format!("fetching {}", escape_untrusted(url.as_str())));
            let bare = scratch.path().join("bare.git");
            let fetching = fetch(&git, config, url, &commit, &bare, cancellation);
            door.guarded("git", url, fetching).await?;
            store.keep(&bare, &commit)?
        }
    };
    if !is_commit_id(revision) {
        store.remember(revision, &commit)?;
    }
    progress.step(80, &format!("reading {}", escape_untrusted(url.as_str())));
    read(config, lease, url, &commit).await
}

async fn read(
    config: &Config,
    lease: Lease,
    url: &Url,
    commit: &str,
) -> Result<Arc<dyn SourceTree>, Failure> {
    let origin = origin(url, commit);
    let limits = config.limits.clone();
    let tree = tasks::spawn_blocking("open_repository", move || {
        GitTree::open(lease, origin, &limits)
    })
    .await
    .map_err(|error| Failure::internal(format!("reading the repository failed: {error}")))??;
    Ok(Arc::new(tree))
}

/// Asks the other side which commit a revision is.
async fn resolve(
    git: &GitCommand,
    url: &Url,
    revision: &str,
    cancellation: &CancellationToken,
) -> Result<String, Failure> {
    let (tag, head) = (
        format!("refs/tags/{revision}"),
        format!("refs/heads/{revision}"),
    );
    let peeled = format!("{tag}^{{}}");
    let wanted: Vec<&str> = if revision == "HEAD" {
        vec!["HEAD"]
    } else {
        vec![&peeled, &tag, &head, revision]
    };
    let mut arguments = vec!["ls-remote", "--quiet", "--", url.as_str()];
    arguments.extend(&wanted);
    let listing = git.run(&arguments, cancellation).await?;
    let found = wanted.iter().find_map(|name| {
        listing.lines().find_map(|line| {
            let (commit, reference) = line.split_once('\t')?;
            (reference == *name && is_commit_id(commit)).then(|| commit.to_owned())
        })
    });
    found.ok_or_else(|| {
        Failure::new(
            ErrorCode::NotFound,
            format!(
                "{} has no branch or tag {}",
                escape_untrusted(url.as_str()),
                escape_untrusted(revision)
            ),
        )
        .with_hint("name a branch, a tag or a full commit id of 40 digits")
    })
}

/// Fetches one commit without its history into a new bare repository.
async fn fetch(
    git: &GitCommand,
    config: &Config,
    url: &Url,
    commit: &str,
    bare: &Path,
    cancellation: &CancellationToken,
) -> Result<(), Failure> {
    let bare_text = bare.to_string_lossy().into_owned();
    git.run(
        &[
            "init",
            "--quiet",
            "--bare",
            "--template=",
            "--object-format=sha1",
            "--",
            &bare_text,
        ],
        cancellation,
    )
    .await?;
    let directory = format!("--git-dir={bare_text}");
    let filter = format!(
        "--filter=blob:limit={}",
        config.limits.file_bytes.saturating_add(1)
    );
    let arguments = [
        directory.as_str(),
        "fetch",
        "--quiet",
        "--depth=1",
        "--no-tags",
        "--no-recurse-submodules",
        "--no-auto-maintenance",
        "--no-write-commit-graph",
        filter.as_str(),
        "--",
        url.as_str(),
        commit,
    ];
    let outcome = git.run(&arguments, cancellation).await;
    let folder = bare.to_path_buf();
    let bytes = tasks::spawn_blocking("measure_repository", move || cache::folder_bytes(&folder))
        .await
        .map_err(|error| Failure::internal(format!("measuring the repository failed: {error}")))?;
    // The bound on a file's size ends git's unpacking by a signal, of which git says nothing; the full file tells.
    let full = outcome
        .as_ref()
        .is_err_and(|failure| failure.code == ErrorCode::Upstream)
        && bytes >= git.file_limit;
    if full || bytes > config.limits.source_bytes {
        return Err(git.too_large());
    }
    outcome.map(|_| ())
}

fn origin(url: &Url, commit: &str) -> Origin {
    let last = url
        .path_segments()
        .and_then(|segments| segments.rev().find(|segment| !segment.is_empty()));
    let last = last.unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    let platform = PLATFORMS
        .iter()
        .find(|(name, _)| *name == host)
        .map_or("git", |(_, platform)| platform);
    let mut plain = url.clone();
    // Both fail only for URLs without a host, which are never fetched.
    let _ = plain.set_username("");
    let _ = plain.set_password(None);
    Origin {
        slug: slug(last.strip_suffix(".git").unwrap_or(last)),
        url: plain.to_string(),
        revision: commit.to_owned(),
        version: None,
        platform: platform.to_owned(),
    }
}

#[cfg(test)]
#[path = "git_tests.rs"]
mod tests;
