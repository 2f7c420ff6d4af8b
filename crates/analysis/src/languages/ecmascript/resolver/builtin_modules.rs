//! The modules that come with Node.js.

/// Modules without their `node:` prefix, sorted: what `module.builtinModules` of Node.js 20 lists, without the deprecated ones that begin
/// with an underscore (<https://nodejs.org/api/modules.html#built-in-modules>).
static BUILTIN_MODULES: &[&str] = &[
    "assert",
    "assert/strict",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "dns/promises",
    "domain",
    "events",
    "fs",
    "fs/promises",
    "http",
    "http2",
    "https",
    "inspector",
    "inspector/promises",
    "module",
    "net",
    "os",
    "path",
    "path/posix",
    "path/win32",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "readline/promises",
    "repl",
    "stream",
    "stream/consumers",
    "stream/promises",
    "stream/web",
    "string_decoder",
    "sys",
    "timers",
    "timers/promises",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "util/types",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
];

/// Says whether a name without prefix is a module of Node.js. Those that need the prefix (`node:test`, `node:sqlite`) are not.
pub(in crate::languages) fn is_builtin(name: &str) -> bool {
    BUILTIN_MODULES.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found() {
        assert!(BUILTIN_MODULES.is_sorted());
        assert!(is_builtin("fs") && is_builtin("fs/promises") && is_builtin("zlib"));
        assert!(!is_builtin("test") && !is_builtin("react") && !is_builtin("fs/"));
    }
}
