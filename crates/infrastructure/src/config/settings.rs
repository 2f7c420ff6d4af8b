//! The one list of settings: names, kinds, defaults and documentation. Must not read anything.

use super::{server_settings::OF_SERVERS, values::Kind};

/// One setting of the configuration file, of `SYNTHESIZER__SECTION__KEY` and of the flags.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its name: section and key, such as `limits.file_bytes`; `*` stands for the name of a service or platform.
    pub path: &'static str,
    /// What its value looks like.
    pub kind: Kind,
    /// The value without any configuration, as it would be written.
    pub default: &'static str,
    /// What it does; one sentence.
    pub documentation: &'static str,
}

const MEBIBYTE: u64 = 1 << 20;
const GIBIBYTE: u64 = 1 << 30;

const fn size(maximum: u64) -> Kind {
    Kind::Size {
        minimum: 1024,
        maximum,
    }
}

pub(super) const fn duration(maximum_seconds: u64) -> Kind {
    Kind::Duration {
        minimum: 1,
        maximum: maximum_seconds,
    }
}

/// A time that may be a fraction of a second.
pub(super) const SHORT: Kind = Kind::Duration {
    minimum: 0,
    maximum: 3600,
};
pub(super) const COUNT: Kind = Kind::Count {
    minimum: 1,
    maximum: 1_000_000,
};
pub(super) const COUNT_OR_NONE: Kind = Kind::Count {
    minimum: 0,
    maximum: 1_000_000,
};
const PERCENT: Kind = Kind::Count {
    minimum: 0,
    maximum: 100,
};

/// Every setting, by section.
pub const SETTINGS: &[Setting] = &{
    // Two slices as one array, because each has a file of its own.
    let mut all = [GENERAL[0]; GENERAL.len() + OF_SERVERS.len()];
    let mut index = 0;
    while index < all.len() {
        all[index] = if index < GENERAL.len() {
            GENERAL[index]
        } else {
            OF_SERVERS[index - GENERAL.len()]
        };
        index += 1;
    }
    all
};

/// The settings that every command has.
const GENERAL: &[Setting] = &[
    Setting {
        path: "paths.roots",
        kind: Kind::Folders,
        default: "the working directory",
        documentation: "Folders below which an MCP client may name local paths.",
    },
    Setting {
        path: "paths.data",
        kind: Kind::Path,
        default: "$XDG_DATA_HOME/synthesizer",
        documentation: "Where durable data is kept.",
    },
    Setting {
        path: "paths.cache",
        kind: Kind::Path,
        default: "$XDG_CACHE_HOME/synthesizer",
        documentation: "Where data is kept that may be deleted at any time.",
    },
    Setting {
        path: "network.allow_hosts",
        kind: Kind::Hosts,
        default: "[]",
        documentation: "Hosts opened by name, as `host` or `host:port`, plain HTTP and private addresses included.",
    },
    Setting {
        path: "limits.file_bytes",
        kind: size(GIBIBYTE),
        default: "16 MiB",
        documentation: "The largest file of a source that is read.",
    },
    Setting {
        path: "limits.source_bytes",
        kind: size(1024 * GIBIBYTE),
        default: "1 GiB",
        documentation: "The largest source, unpacked.",
    },
    Setting {
        path: "limits.source_files",
        kind: Kind::Count {
            minimum: 1,
            maximum: 10_000_000,
        },
        default: "200000",
        documentation: "The largest number of files of a source.",
    },
    Setting {
        path: "limits.download_bytes",
        kind: size(1024 * GIBIBYTE),
        default: "512 MiB",
        documentation: "The largest download.",
    },
    Setting {
        path: "limits.http_timeout",
        kind: duration(3600),
        default: "30 s",
        documentation: "How long one call to another service may take, unless [resilience] says otherwise.",
    },
    Setting {
        path: "limits.search_timeout",
        kind: duration(3600),
        default: "10 s",
        documentation: "How long one search over all platforms may take; what has answered by then is the answer.",
    },
    Setting {
        path: "limits.answer_bytes",
        kind: size(GIBIBYTE),
        default: "16 MiB",
        documentation: "The largest answer of a platform that is read.",
    },
    Setting {
        path: "limits.clone_timeout",
        kind: duration(24 * 3600),
        default: "5 m",
        documentation: "How long one git fetch or one download may take.",
    },
    Setting {
        path: "limits.solver_timeout",
        kind: duration(24 * 3600),
        default: "2 m",
        documentation: "How long one run of a solver may take.",
    },
    Setting {
        path: "limits.explanation_time",
        kind: duration(24 * 3600),
        default: "40 s",
        documentation: "How long the smallest conflict and the ways out of it are looked for at least; forty times the solver's first run where that is longer, up to limits.solver_timeout.",
    },
    Setting {
        path: "limits.parsed_bytes",
        kind: size(64 * MEBIBYTE),
        default: "4 MiB",
        documentation: "The largest file that analysis parses; larger ones are counted only.",
    },
    Setting {
        path: "limits.analysis_time",
        kind: duration(24 * 3600),
        default: "2 m",
        documentation: "How long analysis may read the files of a source; what is left then is told instead.",
    },
    Setting {
        path: "limits.synthesis_timeout",
        kind: duration(24 * 3600),
        default: "10 m",
        documentation: "How long one synthesis, analysis, resolution or verification may take.",
    },
    Setting {
        path: "synthesis.templates",
        kind: Kind::Path,
        default: "$XDG_CONFIG_HOME/synthesizer/templates",
        documentation: "The folder with your own templates, each in a folder of its name.",
    },
    Setting {
        path: "sandbox.enabled",
        kind: Kind::Boolean,
        default: "true",
        documentation: "Whether code of sources may run, inside a sandbox; without one it never runs.",
    },
    Setting {
        path: "sandbox.timeout",
        kind: duration(24 * 3600),
        default: "60 s",
        documentation: "How long one run inside the sandbox may take.",
    },
    Setting {
        path: "sandbox.memory_bytes",
        kind: Kind::Size {
            minimum: 64 * MEBIBYTE,
            maximum: 1024 * GIBIBYTE,
        },
        default: "2 GiB",
        documentation: "Memory of all processes of a sandbox together.",
    },
    Setting {
        path: "sandbox.processes",
        kind: Kind::Count {
            minimum: 1,
            maximum: 10_000,
        },
        default: "64",
        documentation: "The largest number of processes of a sandbox.",
    },
    Setting {
        path: "sandbox.output_bytes",
        kind: size(GIBIBYTE),
        default: "1 MiB",
        documentation: "How much of each output stream of a sandbox is kept.",
    },
    Setting {
        path: "sandbox.scratch_bytes",
        kind: Kind::Size {
            minimum: MEBIBYTE,
            maximum: 1024 * GIBIBYTE,
        },
        default: "256 MiB",
        documentation: "Space for temporary files inside a sandbox.",
    },
    Setting {
        path: "telemetry.log",
        kind: Kind::LogFilter,
        default: "warn",
        documentation: "What is logged to standard error: a level, or `target=level` pairs separated by commas.",
    },
    Setting {
        path: "telemetry.format",
        kind: Kind::Choice(&["text", "json", "ecs"]),
        default: "text",
        documentation: "The form of log lines: for people, JSON, or JSON by the Elastic Common Schema.",
    },
    Setting {
        path: "resilience.deadline",
        kind: duration(3600),
        default: "the service's own",
        documentation: "How long one call to the service may take, with its waits and tries.",
    },
    Setting {
        path: "resilience.requests_per_minute",
        kind: COUNT_OR_NONE,
        default: "the service's own",
        documentation: "Calls per minute that are let through on average; no limit when 0.",
    },
    Setting {
        path: "resilience.burst",
        kind: COUNT,
        default: "the service's own",
        documentation: "Calls that may follow each other at once.",
    },
    Setting {
        path: "resilience.tries",
        kind: Kind::Count {
            minimum: 1,
            maximum: 10,
        },
        default: "the service's own",
        documentation: "Tries of an idempotent call, the first one included.",
    },
    Setting {
        path: "resilience.backoff",
        kind: SHORT,
        default: "the service's own",
        documentation: "The bound of the random wait before the second try; it doubles with each.",
    },
    Setting {
        path: "resilience.backoff_longest",
        kind: SHORT,
        default: "the service's own",
        documentation: "The largest bound of such a wait.",
    },
    Setting {
        path: "resilience.retry_percent",
        kind: PERCENT,
        default: "the service's own",
        documentation: "Further tries per hundred calls.",
    },
    Setting {
        path: "resilience.retry_reserve",
        kind: COUNT_OR_NONE,
        default: "the service's own",
        documentation: "Further tries per second that are allowed in any case.",
    },
    Setting {
        path: "resilience.breaker",
        kind: Kind::Boolean,
        default: "the service's own",
        documentation: "Whether the circuit breaker may open by itself.",
    },
    Setting {
        path: "resilience.consecutive_failures",
        kind: COUNT,
        default: "the service's own",
        documentation: "Failures in a row that open the breaker.",
    },
    Setting {
        path: "resilience.window",
        kind: SHORT,
        default: "the service's own",
        documentation: "The window over which failures and slow calls are counted.",
    },
    Setting {
        path: "resilience.minimum_calls",
        kind: COUNT,
        default: "the service's own",
        documentation: "Calls that the window must hold before its rates count.",
    },
    Setting {
        path: "resilience.failure_percent",
        kind: PERCENT,
        default: "the service's own",
        documentation: "The share of failures in the window that opens the breaker.",
    },
    Setting {
        path: "resilience.slow_call",
        kind: SHORT,
        default: "the service's own",
        documentation: "From when on a call counts as slow.",
    },
    Setting {
        path: "resilience.slow_percent",
        kind: PERCENT,
        default: "the service's own",
        documentation: "The share of slow calls in the window that opens the breaker.",
    },
    Setting {
        path: "resilience.open",
        kind: SHORT,
        default: "the service's own",
        documentation: "How long the breaker stays open the first time; it doubles with each further time.",
    },
    Setting {
        path: "resilience.open_longest",
        kind: duration(24 * 3600),
        default: "the service's own",
        documentation: "The longest that it stays open.",
    },
    Setting {
        path: "resilience.half_open_calls",
        kind: COUNT,
        default: "the service's own",
        documentation: "Calls that a half-open breaker lets through at once.",
    },
    Setting {
        path: "resilience.*.deadline",
        kind: duration(3600),
        default: "that of [resilience]",
        documentation: "How long one call to the service may take, with its waits and tries.",
    },
    Setting {
        path: "resilience.*.requests_per_minute",
        kind: COUNT_OR_NONE,
        default: "that of [resilience]",
        documentation: "Calls per minute that are let through on average; no limit when 0.",
    },
    Setting {
        path: "resilience.*.burst",
        kind: COUNT,
        default: "that of [resilience]",
        documentation: "Calls that may follow each other at once.",
    },
    Setting {
        path: "resilience.*.tries",
        kind: Kind::Count {
            minimum: 1,
            maximum: 10,
        },
        default: "that of [resilience]",
        documentation: "Tries of an idempotent call, the first one included.",
    },
    Setting {
        path: "resilience.*.backoff",
        kind: SHORT,
        default: "that of [resilience]",
        documentation: "The bound of the random wait before the second try; it doubles with each.",
    },
    Setting {
        path: "resilience.*.backoff_longest",
        kind: SHORT,
        default: "that of [resilience]",
        documentation: "The largest bound of such a wait.",
    },
    Setting {
        path: "resilience.*.retry_percent",
        kind: PERCENT,
        default: "that of [resilience]",
        documentation: "Further tries per hundred calls.",
    },
    Setting {
        path: "resilience.*.retry_reserve",
        kind: COUNT_OR_NONE,
        default: "that of [resilience]",
        documentation: "Further tries per second that are allowed in any case.",
    },
    Setting {
        path: "resilience.*.breaker",
        kind: Kind::Boolean,
        default: "that of [resilience]",
        documentation: "Whether the circuit breaker may open by itself.",
    },
    Setting {
        path: "resilience.*.consecutive_failures",
        kind: COUNT,
        default: "that of [resilience]",
        documentation: "Failures in a row that open the breaker.",
    },
    Setting {
        path: "resilience.*.window",
        kind: SHORT,
        default: "that of [resilience]",
        documentation: "The window over which failures and slow calls are counted.",
    },
    Setting {
        path: "resilience.*.minimum_calls",
        kind: COUNT,
        default: "that of [resilience]",
        documentation: "Calls that the window must hold before its rates count.",
    },
    Setting {
        path: "resilience.*.failure_percent",
        kind: PERCENT,
        default: "that of [resilience]",
        documentation: "The share of failures in the window that opens the breaker.",
    },
    Setting {
        path: "resilience.*.slow_call",
        kind: SHORT,
        default: "that of [resilience]",
        documentation: "From when on a call counts as slow.",
    },
    Setting {
        path: "resilience.*.slow_percent",
        kind: PERCENT,
        default: "that of [resilience]",
        documentation: "The share of slow calls in the window that opens the breaker.",
    },
    Setting {
        path: "resilience.*.open",
        kind: SHORT,
        default: "that of [resilience]",
        documentation: "How long the breaker stays open the first time; it doubles with each further time.",
    },
    Setting {
        path: "resilience.*.open_longest",
        kind: duration(24 * 3600),
        default: "that of [resilience]",
        documentation: "The longest that it stays open.",
    },
    Setting {
        path: "resilience.*.half_open_calls",
        kind: COUNT,
        default: "that of [resilience]",
        documentation: "Calls that a half-open breaker lets through at once.",
    },
    Setting {
        path: "platforms.*.enabled",
        kind: Kind::Boolean,
        default: "whether it can be used without further settings",
        documentation: "Whether the platform is searched.",
    },
    Setting {
        path: "platforms.*.base_url",
        kind: Kind::Address,
        default: "the public service",
        documentation: "Where the platform's API is, for a self-hosted one.",
    },
    Setting {
        path: "platforms.*.token",
        kind: Kind::Secret,
        default: "the well-known variable",
        documentation: "The token for the platform's API.",
    },
    Setting {
        path: "platforms.*.username",
        kind: Kind::Text,
        default: "the well-known variable",
        documentation: "The user name that belongs to the key.",
    },
    Setting {
        path: "platforms.*.key",
        kind: Kind::Secret,
        default: "the well-known variable",
        documentation: "The key, where a platform takes user name and key.",
    },
    Setting {
        path: "cache.disk",
        kind: Kind::Boolean,
        default: "true",
        documentation: "Whether answers of other services are kept on disk too.",
    },
    Setting {
        path: "cache.memory_bytes",
        kind: size(64 * GIBIBYTE),
        default: "64 MiB",
        documentation: "Room for answers in memory.",
    },
    Setting {
        path: "cache.disk_bytes",
        kind: size(1024 * GIBIBYTE),
        default: "512 MiB",
        documentation: "Room for answers on disk.",
    },
    Setting {
        path: "cache.facts_bytes",
        kind: Kind::Size {
            minimum: 0,
            maximum: 1024 * GIBIBYTE,
        },
        default: "1 GiB",
        documentation: "Room on disk for what analysis read of files, so that only what changed is read again; 0 keeps nothing.",
    },
    Setting {
        path: "cache.packages_bytes",
        kind: Kind::Size {
            minimum: 0,
            maximum: 1024 * GIBIBYTE,
        },
        default: "2 GiB",
        documentation: "Room on disk for archives of packages; what was not used for the longest goes first.",
    },
    Setting {
        path: "cache.git_bytes",
        kind: Kind::Size {
            minimum: 0,
            maximum: 1024 * GIBIBYTE,
        },
        default: "4 GiB",
        documentation: "Room on disk for fetched commits; what was not used for the longest goes first, and none that is being read.",
    },
    Setting {
        path: "cache.search",
        kind: duration(30 * 24 * 3600),
        default: "10 m",
        documentation: "How long an answer to a search counts as fresh.",
    },
    Setting {
        path: "cache.repository",
        kind: duration(30 * 24 * 3600),
        default: "1 h",
        documentation: "How long the facts of one repository count as fresh.",
    },
    Setting {
        path: "cache.resolution",
        kind: duration(30 * 24 * 3600),
        default: "1 h",
        documentation: "How long what a solver found counts as fresh.",
    },
    Setting {
        path: "cache.stale",
        kind: duration(365 * 24 * 3600),
        default: "168 h",
        documentation: "How long an answer is kept after that, for use while its service is away or the network is off.",
    },
];
