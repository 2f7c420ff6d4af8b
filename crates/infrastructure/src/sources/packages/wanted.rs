//! One package that is asked for, and what the registries have in common. Knows no registry.

use std::{collections::BTreeMap, sync::Arc};

use synthesizer_model::{
    failure::{ErrorCode, Failure},
    progress::Progress,
    text::escape_untrusted,
    tree::{Origin, SourceTree},
};
use tokio_util::sync::CancellationToken;

use super::store::Kept;
use crate::{
    config::Config,
    http::Door,
    process::ChildProgram,
    sources::archive::{ArchiveFormat, unpack},
    telemetry::tasks,
};

/// Under which key the newest version seen is remembered; no version is written like this.
pub(super) const NEWEST: &str = "";
/// The most memory of its own that a client may have. A client holds a whole archive, and a list of all versions, in memory.
const CLIENT_MEMORY: u64 = 4 << 30;
/// The smallest bound on a file that a client writes: lists of all versions are files too, and some are larger than any archive.
const CLIENT_FILE: u64 = 64 << 20;

/// A package that is asked for, and by whom.
pub(in crate::sources) struct Wanted<'a> {
    /// Limits, folders, the environment of the clients.
    pub(in crate::sources) config: &'a Config,
    /// The door out, for clients that do not download themselves.
    pub(in crate::sources) door: &'a Door,
    /// The package's name, as the user writes it.
    pub(in crate::sources) name: &'a str,
    /// The version; the newest when `None`.
    pub(in crate::sources) version: Option<&'a str>,
    /// Ends the work.
    pub(in crate::sources) cancellation: &'a CancellationToken,
    /// Is told what is being done.
    pub(in crate::sources) progress: &'a dyn Progress,
}

impl Wanted<'_> {
    /// Gives name and version for messages.
    pub(super) fn shown(&self) -> String {
        match self.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.to_owned(),
        }
    }

    /// Gives the key under which the store remembers what was asked for.
    pub(super) fn key(&self) -> &str {
        self.version.unwrap_or(NEWEST)
    }

    /// Gives the key under which the store may be asked: a whole version never changes; a tag, a part of a version and the newest one
    /// are asked for anew, unless nobody can be asked.
    pub(super) fn known_key(&self) -> Option<&str> {
        let whole = self.version.is_some_and(is_whole);
        (whole || self.config.offline).then_some(self.key())
    }

    /// Makes the failure of a package that would have to be fetched.
    pub(super) fn not_cached(&self) -> Failure {
        Failure::new(
            ErrorCode::Offline,
            format!(
                "{} is not cached and the network is switched off",
                self.shown()
            ),
        )
        .with_hint("run it once without --offline")
    }

    /// Makes the failure of an archive over the limit.
    pub(super) fn too_large(&self) -> Failure {
        Failure::new(
            ErrorCode::Limit,
            format!(
                "what the registry sends for {} is larger than {} bytes",
                self.shown(),
                self.config.limits.download_bytes
            ),
        )
        .with_hint("raise limits.download_bytes if you trust it")
    }

    /// Bounds a client that downloads: in time, in memory and in each file that it writes.
    pub(super) fn bounded(
        &self,
        mut child: ChildProgram,
        environment: BTreeMap<String, String>,
    ) -> ChildProgram {
        let download = self.config.limits.download_bytes.saturating_add(1);
        child.environment = environment;
        child.deadline = self.config.limits.clone_timeout;
        child.output_limit = 1 << 20;
        child.file_limit = Some(download.max(CLIENT_FILE));
        child.memory_limit = Some(download.saturating_mul(2).max(CLIENT_MEMORY));
        child
    }
}

/// Says whether a version names one release: three numbers, and what may follow them (Semantic Versioning 2.0.0).
pub(super) fn is_whole(version: &str) -> bool {
    let core = version.split(['-', '+']).next().unwrap_or_default();
    let mut numbers = core.split('.');
    let count = numbers.clone().count();
    count == 3
        && numbers.all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Unpacks what the store has.
///
/// # Errors
/// Those of [`unpack`].
pub(super) async fn unpack_kept(
    wanted: &Wanted<'_>,
    kept: Kept,
    origin: Origin,
) -> Result<Arc<dyn SourceTree>, Failure> {
    let Kept { note, archive } = kept;
    let format = ArchiveFormat::of(&note.file_name)
        .ok_or_else(|| Failure::internal("a file of an unknown format was chosen"))?;
    let file_name = escape_untrusted(&note.file_name);
    wanted.progress.step(70, &format!("unpacking {file_name}"));
    let limits = wanted.config.limits.clone();
    let tree = tasks::spawn_blocking("unpack_package", move || {
        unpack(&archive, format, origin, &limits)
    })
    .await
    .map_err(|error| Failure::internal(format!("unpacking failed: {error}")))??;
    Ok(Arc::new(tree))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_version_has_three_numbers() {
        let check = |version: &str, expected: bool| {
            assert_eq!(is_whole(version), expected, "{version}");
        };
        check("1.2.3", true);
        check("1.2.3-rc.1", true);
        check("0.3.70+meta-1.x", true);
        check("1", false);
        check("1.2", false);
        check("1.x.3", false);
        check("next", false);
        check("1..3", false);
        check("1.2.3.4", false);
        check("-1.2.3", false);
    }
}
