//! Room for what the cache keeps of sources: what was not used for the longest goes first. Must not decide whether something is in use.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Something that is kept.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Where it is.
    pub(super) place: PathBuf,
    /// How much of the room it takes.
    pub(super) size: u64,
    /// When it was used last.
    pub(super) used: SystemTime,
}

/// Lets `remove` take away what was used longest ago, until the rest has room; what it says it left counts on.
pub(super) fn make_room(mut entries: Vec<Entry>, room: u64, remove: impl Fn(&Path) -> bool) {
    let sizes = entries.iter().map(|entry| entry.size);
    let mut total = sizes.fold(0, u64::saturating_add);
    entries.sort_by_key(|entry| entry.used);
    for entry in entries {
        if total <= room {
            break;
        }
        if remove(&entry.place) {
            total = total.saturating_sub(entry.size);
        }
    }
}

/// Notes that a file was used now.
pub(super) fn touch(file: &fs::File) {
    let times = fs::FileTimes::new().set_modified(SystemTime::now());
    // A time that cannot be set makes it go earlier; nothing else.
    let _ = file.set_times(times);
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, time::Duration};

    use super::*;

    #[test]
    fn the_least_recently_used_go_until_the_rest_has_room() {
        let check = |room: u64, in_use: &str, expected: &[&str]| {
            let entry = |name: &str, size, second| Entry {
                place: name.into(),
                size,
                used: SystemTime::UNIX_EPOCH + Duration::from_secs(second),
            };
            let entries = vec![
                entry("new", 40, 3),
                entry("old", 10, 1),
                entry("middle", 30, 2),
            ];
            let removed = RefCell::new(Vec::new());
            make_room(entries, room, |place| {
                let name = place.display().to_string();
                let goes = name != in_use;
                if goes {
                    removed.borrow_mut().push(name);
                }
                goes
            });
            assert_eq!(removed.into_inner(), expected, "{room}");
        };
        check(80, "", &[]);
        check(79, "", &["old"]);
        check(69, "", &["old", "middle"]);
        check(69, "old", &["middle"]);
        check(0, "", &["old", "middle", "new"]);
        check(0, "new", &["old", "middle"]);
    }
}
