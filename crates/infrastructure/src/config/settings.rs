//! The one list of settings: names, kinds, defaults and documentation. Must not read anything.

use super::values::Kind;

/// One setting of the configuration file, of `SYNTHESIZER__SECTION__KEY` and of the flags.
#[derive(Debug)]
pub struct Setting {
    /// Its name: section and key, such as `limits.file_bytes`.
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

const fn duration(maximum_seconds: u64) -> Kind {
    Kind::Duration {
        minimum: 1,
        maximum: maximum_seconds,
    }
}

/// Every setting, by section.
pub const SETTINGS: &[Setting] = &[
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
        documentation: "How long one HTTP call may take.",
    },
    Setting {
        path: "limits.clone_timeout",
        kind: duration(24 * 3600),
        default: "5 m",
        documentation: "How long one git fetch may take.",
    },
    Setting {
        path: "limits.solver_timeout",
        kind: duration(24 * 3600),
        default: "2 m",
        documentation: "How long one run of a solver may take.",
    },
    Setting {
        path: "limits.synthesis_timeout",
        kind: duration(24 * 3600),
        default: "10 m",
        documentation: "How long one synthesis, analysis, resolution or verification may take.",
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
        kind: Kind::Choice(&["text", "json"]),
        default: "text",
        documentation: "The form of log lines.",
    },
];
