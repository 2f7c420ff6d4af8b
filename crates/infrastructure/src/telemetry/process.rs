//! What the operating system says of this process, read when it is asked for (Linux, proc(5)). Elsewhere there is nothing to say.

use std::fmt::Write as _;

/// One figure with its description; names and meanings are those of Prometheus' own client libraries.
struct Figure {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    value: Option<f64>,
}

/// Gives the figures in Prometheus' text format; one that cannot be read is left out with its description.
pub(super) fn render() -> String {
    let mut text = String::new();
    for Figure {
        name,
        kind,
        help,
        value,
    } in figures()
    {
        if let Some(value) = value {
            // Writing to a string does not fail.
            let _ = write!(
                text,
                "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n"
            );
        }
    }
    text
}

fn figures() -> [Figure; 7] {
    let stat = std::fs::read("/proc/self/stat").unwrap_or_default();
    let stat = Stat::parse(&String::from_utf8_lossy(&stat));
    let of_stat = |figure: fn(&Stat) -> f64| stat.as_ref().map(figure);
    let started = boot_time().zip(stat.as_ref()).map(|(boot, stat)| {
        // Whole hundredths are what the kernel counts.
        boot + stat.started_seconds
    });
    [
        Figure {
            name: "process_cpu_seconds_total",
            kind: "counter",
            help: "Processor time used, in user and system mode.",
            value: of_stat(|stat| stat.processor_seconds),
        },
        Figure {
            name: "process_max_fds",
            kind: "gauge",
            help: "File descriptors that may be open at once.",
            value: rustix::process::getrlimit(rustix::process::Resource::Nofile)
                .current
                .map(|limit| limit as f64),
        },
        Figure {
            name: "process_open_fds",
            kind: "gauge",
            help: "File descriptors that are open.",
            value: open_descriptors(),
        },
        Figure {
            name: "process_resident_memory_bytes",
            kind: "gauge",
            help: "Memory that is resident.",
            value: of_stat(|stat| stat.resident_bytes),
        },
        Figure {
            name: "process_start_time_seconds",
            kind: "gauge",
            help: "When the process began, in seconds since 1970.",
            value: started,
        },
        Figure {
            name: "process_threads",
            kind: "gauge",
            help: "Threads of the process.",
            value: of_stat(|stat| stat.threads),
        },
        Figure {
            name: "process_virtual_memory_bytes",
            kind: "gauge",
            help: "Memory that is reserved.",
            value: of_stat(|stat| stat.virtual_bytes),
        },
    ]
}

/// The facts of `/proc/self/stat` that are used.
#[derive(Debug, PartialEq)]
struct Stat {
    processor_seconds: f64,
    threads: f64,
    /// Since the machine began.
    started_seconds: f64,
    virtual_bytes: f64,
    resident_bytes: f64,
}

impl Stat {
    fn parse(stat: &str) -> Option<Self> {
        // The program's name is in parentheses and may hold spaces and parentheses; after it comes field 3.
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
        let ticks = rustix::param::clock_ticks_per_second() as f64;
        Some(Self {
            processor_seconds: (field(14)? + field(15)?) / ticks,
            threads: field(20)?,
            started_seconds: field(22)? / ticks,
            virtual_bytes: field(23)?,
            resident_bytes: field(24)? * rustix::param::page_size() as f64,
        })
    }
}

/// Gives when the machine began, in seconds since 1970.
fn boot_time() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let line = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    line.trim().parse().ok()
}

/// Counts the open descriptors, without the one that counting takes.
fn open_descriptors() -> Option<f64> {
    let entries = std::fs::read_dir("/proc/self/fd").ok()?;
    Some(entries.count().saturating_sub(1) as f64)
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;

    #[test]
    fn names_of_programs_cannot_forge_fields() {
        let stat = "7 (a) R 1 (x) S 42 7 7 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 3 0 100 2000 55 1";
        let parsed = Stat::parse(stat).expect("parses");
        assert_eq!(
            (
                parsed.threads,
                parsed.processor_seconds,
                parsed.virtual_bytes
            ),
            (3.0, 2.0, 2000.0)
        );
        assert_eq!(Stat::parse("7 (a) R"), None);
    }

    #[test]
    fn this_process_is_seen() {
        let value = |name: &str| {
            let figure = figures().into_iter().find(|figure| figure.name == name);
            figure.and_then(|figure| figure.value).expect("a value")
        };
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("a time");
        let age = now.as_secs_f64() - value("process_start_time_seconds");
        assert!((-2.0..3_600.0).contains(&age), "{age}");
        assert!(value("process_resident_memory_bytes") > 1_000_000.0);
        assert!(value("process_open_fds") >= 3.0);
        assert!(value("process_threads") >= 1.0);
    }
}
