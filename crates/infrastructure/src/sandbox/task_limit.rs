//! A bound on tasks that holds for the super-user too: a control group (Linux, cgroups(7)). Must not touch groups that are not its own.
//!
//! For other users the kernel keeps `RLIMIT_NPROC`, and most of them may not make control groups.

use std::{
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// How the names of our groups begin; the number of the process that made the group follows.
const PREFIX: &str = "synthesizer-sandbox-";

/// Where control groups are mounted.
const MOUNT: &str = "/sys/fs/cgroup";

/// Tells the groups of this process apart.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A control group for one sandbox; removed when dropped.
#[derive(Debug)]
pub(super) struct TaskLimit {
    folder: PathBuf,
}

impl TaskLimit {
    /// Makes a group that holds at most so many tasks; `None` where this process may not, or the machine has none.
    pub(super) fn create(maximum: usize) -> Option<Self> {
        let own = std::fs::read_to_string("/proc/self/cgroup").ok()?;
        parents(&own).iter().find_map(|parent| {
            remove_stale(parent);
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let folder = parent.join(format!("{PREFIX}{}-{number}", std::process::id()));
            std::fs::create_dir(&folder).ok()?;
            let group = Self { folder };
            // Where the controller is not switched on, the file is not there and must not be made.
            let bound = group.folder.join("pids.max");
            std::fs::OpenOptions::new().write(true).open(&bound).ok()?;
            std::fs::write(&bound, maximum.to_string()).ok()?;
            Some(group)
        })
    }

    /// Says whether a task was refused because of the bound.
    pub(super) fn was_reached(&self) -> bool {
        let events = std::fs::read_to_string(self.folder.join("pids.events")).unwrap_or_default();
        events
            .lines()
            .any(|line| line.strip_prefix("max ").is_some_and(|count| count != "0"))
    }

    /// Moves a process into the group; what it starts from then on is in it too.
    pub(super) fn add(&self, process: u32) -> io::Result<()> {
        std::fs::write(self.folder.join("cgroup.procs"), process.to_string())
    }
}

impl Drop for TaskLimit {
    fn drop(&mut self) {
        if std::fs::remove_dir(&self.folder).is_err() {
            // The kernel still counts a process that is ending. A later process removes what stays.
            tracing::debug!("a control group is still in use");
        }
    }
}

/// Gives the groups in which ours may be made, from `/proc/self/cgroup`.
///
/// In the second version a group with processes, such as ours, cannot have bounded groups in it; one beside it can.
fn parents(own: &str) -> Vec<PathBuf> {
    let parent = |line: &str| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (
            fields.next()?,
            Path::new(fields.next()?.trim_start_matches('/')),
        );
        if path
            .components()
            .any(|component| !matches!(component, std::path::Component::Normal(_)))
        {
            return None;
        }
        if controllers
            .split(',')
            .any(|controller| controller == "pids")
        {
            return Some(Path::new(MOUNT).join("pids").join(path));
        }
        controllers
            .is_empty()
            .then(|| Path::new(MOUNT).join(path.parent().unwrap_or(path)))
    };
    own.lines().filter_map(parent).collect()
}

/// Removes groups of processes that are gone; the kernel refuses while something is in one.
fn remove_stale(parent: &Path) {
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| {
            name.strip_prefix(PREFIX)?
                .split_once('-')?
                .0
                .parse::<u32>()
                .ok()
        });
        if owner.is_some_and(|owner| !Path::new(&format!("/proc/{owner}")).exists()) {
            let _ = std::fs::remove_dir(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_made_beside_or_below_our_own() {
        let check = |own: &str, expected: &[&str]| {
            assert_eq!(
                parents(own),
                expected.iter().map(PathBuf::from).collect::<Vec<_>>(),
                "{own}"
            );
        };
        check(
            "0::/system.slice/our.service\n",
            &["/sys/fs/cgroup/system.slice"],
        );
        check("0::/\n", &["/sys/fs/cgroup"]);
        check(
            "8:cpu,pids:/box\n4:memory:/box\n0::/a/b\n",
            &["/sys/fs/cgroup/pids/box", "/sys/fs/cgroup/a"],
        );
        check("8:pids:/../other\nnonsense\n", &[]);
    }
}
