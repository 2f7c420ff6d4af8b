//! The processes of a sandbox, seen from outside through `/proc` (Linux, proc(5)).

use std::collections::HashSet;

/// What one sample found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Processes, those of the sandbox program itself not counted.
    pub(super) processes: usize,
    /// Threads of all of them.
    pub(super) threads: usize,
    /// Resident memory of all of them in bytes; shared memory counts once for each.
    pub(super) resident_bytes: u64,
}

/// The facts of `/proc/PID/stat` that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    parent: u32,
    threads: usize,
    resident_pages: u64,
}

/// All processes of a namespace but the first, which belongs to the sandbox program.
///
/// Nothing in a process namespace can leave the tree: whoever loses its parent becomes a child of the first process.
#[derive(Debug)]
pub(super) struct Processes {
    inside: Vec<(u32, Stat)>,
}

impl Processes {
    /// Samples the processes below the first of a namespace; stops when there are more than `at_most`.
    ///
    /// Stopping is what makes it end while a program makes processes faster than they can be looked at.
    pub(super) fn below(first: u32, at_most: usize) -> Self {
        let mut tree = HashSet::from([first]);
        let mut inside = Vec::new();
        let mut others = Vec::new();
        // The list is sorted, and a process mostly has a higher number than its parent.
        for (process, stat) in all() {
            if !tree.contains(&stat.parent) {
                others.push((process, stat));
                continue;
            }
            tree.insert(process);
            inside.push((process, stat));
            if inside.len() > at_most {
                return Self { inside };
            }
        }
        // Where numbers have begun again from the start, children come before their parents.
        loop {
            let (found, rest): (Vec<_>, Vec<_>) = others
                .into_iter()
                .partition(|(_, stat)| tree.contains(&stat.parent));
            if found.is_empty() || inside.len() > at_most {
                return Self { inside };
            }
            tree.extend(found.iter().map(|(process, _)| *process));
            inside.extend(found);
            others = rest;
        }
    }

    /// Sums up.
    pub(super) fn usage(&self) -> Usage {
        let page = rustix::param::page_size() as u64;
        let mut usage = Usage {
            processes: self.inside.len(),
            ..Usage::default()
        };
        for (_, stat) in &self.inside {
            usage.threads += stat.threads;
            usage.resident_bytes = usage
                .resident_bytes
                .saturating_add(stat.resident_pages.saturating_mul(page));
        }
        usage
    }

    /// Sums up the memory with each shared page counted once; slower. A process that cannot be asked counts in full.
    pub(super) fn proportional_bytes(&self) -> u64 {
        let page = rustix::param::page_size() as u64;
        let bytes = |(process, stat): &(u32, Stat)| {
            let rollup = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"));
            let proportional = rollup
                .ok()
                .and_then(|rollup| proportional_kibibytes(&rollup));
            proportional.map_or(stat.resident_pages.saturating_mul(page), |kibibytes| {
                kibibytes.saturating_mul(1024)
            })
        };
        self.inside.iter().map(bytes).fold(0, u64::saturating_add)
    }
}

fn all() -> impl Iterator<Item = (u32, Stat)> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten();
    entries.filter_map(|entry| {
        let process: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        Some((process, stat_of(process)?))
    })
}

/// Reads the facts of one process; `None` when it is gone.
fn stat_of(process: u32) -> Option<Stat> {
    // The name may hold any bytes.
    let stat = std::fs::read(format!("/proc/{process}/stat")).ok()?;
    parse_stat(&String::from_utf8_lossy(&stat))
}

fn parse_stat(stat: &str) -> Option<Stat> {
    // The program's name is in parentheses and may hold spaces and parentheses.
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    // The first of them is field 3 of proc_pid_stat(5).
    let field = |number: usize| fields.get(number - 3);
    Some(Stat {
        parent: field(4)?.parse().ok()?,
        threads: field(20)?.parse().ok()?,
        resident_pages: field(24)?.parse().ok()?,
    })
}

fn proportional_kibibytes(rollup: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_programs_cannot_forge_fields() {
        let stat = "7 (a) R 1 (x) S 42 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 3 0 100 2000 55 18446744073709551615";
        let expected = Stat {
            parent: 42,
            threads: 3,
            resident_pages: 55,
        };
        assert_eq!(parse_stat(stat), Some(expected));
        assert_eq!(parse_stat("7 (a) R"), None);
    }

    #[test]
    fn shared_memory_is_read_from_the_rollup() {
        let rollup =
            "5500-7ffc ---p 0 00:00 0 [rollup]\nRss:  884 kB\nPss:     385 kB\nPss_Dirty: 1 kB\n";
        assert_eq!(proportional_kibibytes(rollup), Some(385));
        assert_eq!(proportional_kibibytes("Rss: 1 kB"), None);
    }
}
