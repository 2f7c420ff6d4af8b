//! The settings of servers and of jobs, a part of the one list. Must not read anything.

use super::{
    settings::{COUNT, COUNT_OR_NONE, SHORT, Setting, duration},
    values::Kind,
};

/// `[server]`, `[admin]` and `[jobs]`.
pub(super) const OF_SERVERS: &[Setting] = &[
    Setting {
        path: "server.listen",
        kind: Kind::Listen,
        default: "127.0.0.1:8400",
        documentation: "Where the MCP server over HTTP listens.",
    },
    Setting {
        path: "server.allowed_hosts",
        kind: Kind::Texts,
        default: "[]",
        documentation: "Host names that requests may be addressed to, besides the loopback ones.",
    },
    Setting {
        path: "server.allowed_origins",
        kind: Kind::Texts,
        default: "[]",
        documentation: "Origins of web pages that may call the server.",
    },
    Setting {
        path: "server.requests_per_minute",
        kind: COUNT_OR_NONE,
        default: "60000",
        documentation: "Requests per minute that are let through on average, of all clients together; no limit when 0.",
    },
    Setting {
        path: "server.burst",
        kind: COUNT,
        default: "2000",
        documentation: "Requests that may follow each other at once.",
    },
    Setting {
        path: "server.sessions",
        kind: COUNT,
        default: "1000",
        documentation: "The most sessions at once.",
    },
    Setting {
        path: "server.connections",
        kind: COUNT,
        default: "512",
        documentation: "The most connections at once; more are told to come again.",
    },
    Setting {
        path: "server.drain_delay",
        kind: SHORT,
        default: "1 s",
        documentation: "How long calls are still taken after the server has become unready.",
    },
    Setting {
        path: "server.shutdown_timeout",
        kind: duration(3600),
        default: "60 s",
        documentation: "How long calls in flight may take to finish when the server ends.",
    },
    Setting {
        path: "admin.listen",
        kind: Kind::Listen,
        default: "127.0.0.1:8401",
        documentation: "Where the administration listener listens.",
    },
    Setting {
        path: "admin.health_interval",
        kind: duration(24 * 3600),
        default: "30 s",
        documentation: "How long the state of an external service is reported without asking it again.",
    },
    Setting {
        path: "jobs.at_once",
        kind: Kind::Count {
            minimum: 1,
            maximum: 1_000,
        },
        default: "16",
        documentation: "How many jobs run at once, of all processes that share the data folder.",
    },
    Setting {
        path: "jobs.queued",
        kind: COUNT,
        default: "1000",
        documentation: "How many jobs may wait; more are refused.",
    },
    Setting {
        path: "jobs.keep",
        kind: COUNT_OR_NONE,
        default: "200",
        documentation: "How many jobs that have ended are remembered.",
    },
    Setting {
        path: "jobs.keep_for",
        kind: duration(10 * 365 * 24 * 3600),
        default: "720 h",
        documentation: "How long a job is remembered after its end.",
    },
    Setting {
        path: "jobs.take",
        kind: Kind::Boolean,
        default: "true",
        documentation: "Whether a server takes up jobs that wait, such as those that an earlier one parked at its end.",
    },
];
