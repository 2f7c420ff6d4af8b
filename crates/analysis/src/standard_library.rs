//! Which modules belong to Python's standard library, for Python 3.8 to 3.14. A table; must not look at installed interpreters.

/// A release of Python as major and minor number.
pub type Release = (u8, u8);

/// The releases between which a module is in the standard library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    /// The first release that has it; `None` when Python 3.8 has it already.
    pub added: Option<Release>,
    /// The first release without it; `None` while it is kept.
    pub removed: Option<Release>,
}

impl Versions {
    /// Says whether the given release has the module.
    pub fn includes(&self, release: Release) -> bool {
        self.added.is_none_or(|added| added <= release)
            && self.removed.is_none_or(|removed| release < removed)
    }
}

/// Says whether a module belongs to the standard library of any release of the tables (3.8 to 3.14, and what 3.8 dropped).
///
/// A dotted module counts by its first part, so `importlib.metadata` is standard.
pub fn is_standard(top_level_module: &str) -> bool {
    let top_level = top_level_of(top_level_module);
    ALWAYS.binary_search(&top_level).is_ok() || changed(top_level).is_some()
}

/// Gives the releases that have a module; `None` when it is not standard.
///
/// A dotted module has an answer of its own where it came or went apart from its package, such as `string.templatelib`.
pub fn versions(top_level: &str) -> Option<Versions> {
    let own = changed(top_level);
    if own.is_some() {
        return own;
    }
    let package = top_level_of(top_level);
    if ALWAYS.binary_search(&package).is_ok() {
        return Some(Versions {
            added: None,
            removed: None,
        });
    }
    changed(package)
}

fn top_level_of(module: &str) -> &str {
    module.split('.').next().unwrap_or(module)
}

fn changed(module: &str) -> Option<Versions> {
    let index = CHANGED
        .binary_search_by_key(&module, |(name, ..)| name)
        .ok()?;
    let (_, added, removed) = CHANGED[index];
    Some(Versions { added, removed })
}

/// Modules of every release from 3.8 to 3.14, sorted; those of one operating system too.
///
/// Source: `sys.stdlib_module_names` of 3.10 to 3.13 and the library folders of 3.8 and 3.9. `test` is left out, as there.
#[rustfmt::skip]
static ALWAYS: &[&str] = &[
    "__future__", "__main__", "_abc", "_ast", "_asyncio", "_bisect", "_blake2", "_bz2", "_codecs", "_codecs_cn",
    "_codecs_hk", "_codecs_iso2022", "_codecs_jp", "_codecs_kr", "_codecs_tw", "_collections", "_collections_abc",
    "_compat_pickle", "_contextvars", "_csv", "_ctypes", "_curses", "_curses_panel", "_datetime", "_dbm",
    "_decimal", "_elementtree", "_frozen_importlib", "_frozen_importlib_external", "_functools", "_gdbm",
    "_hashlib", "_heapq", "_imp", "_io", "_json", "_locale", "_lsprof", "_lzma", "_markupbase", "_md5",
    "_multibytecodec", "_multiprocessing", "_opcode", "_operator", "_osx_support", "_overlapped", "_pickle",
    "_posixshmem", "_posixsubprocess", "_py_abc", "_pydecimal", "_pyio", "_queue", "_random", "_scproxy", "_sha1",
    "_sha3", "_signal", "_sitebuiltins", "_socket", "_sqlite3", "_sre", "_ssl", "_stat", "_statistics", "_string",
    "_strptime", "_struct", "_symtable", "_thread", "_threading_local", "_tkinter", "_tracemalloc", "_uuid",
    "_warnings", "_weakref", "_weakrefset", "_winapi", "abc", "antigravity", "argparse", "array", "ast", "asyncio",
    "atexit", "base64", "bdb", "binascii", "bisect", "builtins", "bz2", "cProfile", "calendar", "cmath", "cmd",
    "code", "codecs", "codeop", "collections", "colorsys", "compileall", "concurrent", "configparser", "contextlib",
    "contextvars", "copy", "copyreg", "csv", "ctypes", "curses", "dataclasses", "datetime", "dbm", "decimal",
    "difflib", "dis", "doctest", "email", "encodings", "ensurepip", "enum", "errno", "faulthandler", "fcntl",
    "filecmp", "fileinput", "fnmatch", "fractions", "ftplib", "functools", "gc", "genericpath", "getopt", "getpass",
    "gettext", "glob", "grp", "gzip", "hashlib", "heapq", "hmac", "html", "http", "idlelib", "imaplib", "importlib",
    "inspect", "io", "ipaddress", "itertools", "json", "keyword", "linecache", "locale", "logging", "lzma",
    "mailbox", "marshal", "math", "mimetypes", "mmap", "modulefinder", "msvcrt", "multiprocessing", "netrc", "nt",
    "ntpath", "nturl2path", "numbers", "opcode", "operator", "optparse", "os", "pathlib", "pdb", "pickle",
    "pickletools", "pkgutil", "platform", "plistlib", "poplib", "posix", "posixpath", "pprint", "profile", "pstats",
    "pty", "pwd", "py_compile", "pyclbr", "pydoc", "pydoc_data", "pyexpat", "queue", "quopri", "random", "re",
    "readline", "reprlib", "resource", "rlcompleter", "runpy", "sched", "secrets", "select", "selectors", "shelve",
    "shlex", "shutil", "signal", "site", "smtplib", "socket", "socketserver", "sqlite3", "sre_compile",
    "sre_constants", "sre_parse", "ssl", "stat", "statistics", "string", "stringprep", "struct", "subprocess",
    "symtable", "sys", "sysconfig", "syslog", "tabnanny", "tarfile", "tempfile", "termios", "textwrap", "this",
    "threading", "time", "timeit", "tkinter", "token", "tokenize", "trace", "traceback", "tracemalloc", "tty",
    "turtle", "turtledemo", "types", "typing", "unicodedata", "unittest", "urllib", "uuid", "venv", "warnings",
    "wave", "weakref", "webbrowser", "winreg", "winsound", "wsgiref", "xml", "xmlrpc", "zipapp", "zipfile",
    "zipimport", "zlib",
];

/// Modules that came or went, sorted, with the first release that has them and the first that has not.
///
/// Source: as above; PEP 594; "What's New In Python" 3.9 to 3.14.
static CHANGED: &[(&str, Option<Release>, Option<Release>)] = &[
    ("_aix_support", Some((3, 9)), None),
    ("_android_support", Some((3, 13)), None),
    ("_apple_support", Some((3, 14)), None),
    ("_ast_unparse", Some((3, 14)), None),
    ("_bootlocale", None, Some((3, 10))),
    ("_bootsubprocess", Some((3, 9)), Some((3, 12))),
    ("_colorize", Some((3, 13)), None),
    ("_compression", None, Some((3, 14))),
    ("_crypt", None, Some((3, 13))),
    ("_dummy_thread", None, Some((3, 9))),
    ("_hmac", Some((3, 14)), None),
    ("_interpchannels", Some((3, 13)), None),
    ("_interpqueues", Some((3, 13)), None),
    ("_interpreters", Some((3, 13)), None),
    ("_ios_support", Some((3, 13)), None),
    ("_msi", None, Some((3, 13))),
    ("_opcode_metadata", Some((3, 13)), None),
    ("_peg_parser", Some((3, 9)), Some((3, 10))),
    ("_py_warnings", Some((3, 14)), None),
    ("_pydatetime", Some((3, 12)), None),
    ("_pylong", Some((3, 12)), None),
    ("_pyrepl", Some((3, 13)), None),
    ("_remote_debugging", Some((3, 14)), None),
    ("_sha2", Some((3, 12)), None),
    ("_sha256", None, Some((3, 12))),
    ("_sha512", None, Some((3, 12))),
    ("_suggestions", Some((3, 13)), None),
    ("_sysconfig", Some((3, 13)), None),
    ("_tokenize", Some((3, 11)), None),
    ("_types", Some((3, 14)), None),
    ("_typing", Some((3, 11)), None),
    ("_wmi", Some((3, 12)), None),
    ("_zoneinfo", Some((3, 9)), None),
    ("_zstd", Some((3, 14)), None),
    ("aifc", None, Some((3, 13))),
    ("annotationlib", Some((3, 14)), None),
    ("asynchat", None, Some((3, 12))),
    ("asyncio.mixins", Some((3, 10)), None),
    ("asyncio.taskgroups", Some((3, 11)), None),
    ("asyncio.threads", Some((3, 9)), None),
    ("asyncio.timeouts", Some((3, 11)), None),
    ("asyncore", None, Some((3, 12))),
    ("audioop", None, Some((3, 13))),
    ("binhex", None, Some((3, 11))),
    ("cgi", None, Some((3, 13))),
    ("cgitb", None, Some((3, 13))),
    ("chunk", None, Some((3, 13))),
    ("compression", Some((3, 14)), None),
    ("concurrent.futures.interpreter", Some((3, 14)), None),
    ("concurrent.interpreters", Some((3, 14)), None),
    ("crypt", None, Some((3, 13))),
    ("dbm.sqlite3", Some((3, 13)), None),
    ("distutils", None, Some((3, 12))),
    ("dummy_threading", None, Some((3, 9))),
    ("formatter", None, Some((3, 10))),
    ("graphlib", Some((3, 9)), None),
    ("imghdr", None, Some((3, 13))),
    ("imp", None, Some((3, 12))),
    ("importlib.metadata.diagnose", Some((3, 13)), None),
    ("importlib.readers", Some((3, 10)), None),
    ("importlib.resources.abc", Some((3, 11)), None),
    ("importlib.resources.simple", Some((3, 11)), None),
    ("importlib.simple", Some((3, 11)), None),
    ("lib2to3", None, Some((3, 13))),
    ("macpath", None, Some((3, 8))),
    ("mailcap", None, Some((3, 13))),
    ("msilib", None, Some((3, 13))),
    ("nis", None, Some((3, 13))),
    ("nntplib", None, Some((3, 13))),
    ("ossaudiodev", None, Some((3, 13))),
    ("parser", None, Some((3, 10))),
    ("pathlib.types", Some((3, 14)), None),
    ("pipes", None, Some((3, 13))),
    ("smtpd", None, Some((3, 12))),
    ("sndhdr", None, Some((3, 13))),
    ("spwd", None, Some((3, 13))),
    ("string.templatelib", Some((3, 14)), None),
    ("sunau", None, Some((3, 13))),
    ("symbol", None, Some((3, 10))),
    ("telnetlib", None, Some((3, 13))),
    ("tkinter.tix", None, Some((3, 13))),
    ("tomllib", Some((3, 11)), None),
    ("uu", None, Some((3, 13))),
    ("wsgiref.types", Some((3, 11)), None),
    ("xdrlib", None, Some((3, 13))),
    ("xml.etree.cElementTree", None, Some((3, 9))),
    ("zoneinfo", Some((3, 9)), None),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(module: &str, release: Release, expected: bool) {
        let included = versions(module).is_some_and(|versions| versions.includes(release));
        assert_eq!(included, expected, "{module} in {release:?}");
    }

    #[test]
    fn tables_are_sorted_and_disjoint() {
        assert!(ALWAYS.is_sorted_by(|left, right| left < right));
        assert!(CHANGED.is_sorted_by(|left, right| left.0 < right.0));
        for (name, ..) in CHANGED {
            assert!(ALWAYS.binary_search(name).is_err(), "{name}");
        }
    }

    #[test]
    fn modules_come_and_go_with_releases() {
        check("json", (3, 8), true);
        check("json.decoder", (3, 14), true);
        check("tomllib", (3, 10), false);
        check("tomllib", (3, 11), true);
        check("distutils.util", (3, 11), true);
        check("distutils.util", (3, 12), false);
        check("cgi", (3, 13), false);
        check("winreg", (3, 8), true);
        check("string", (3, 8), true);
        check("string.templatelib", (3, 13), false);
        check("compression.zstd", (3, 14), true);
        check("macpath", (3, 8), false);
        check("requests", (3, 12), false);
    }

    #[test]
    fn a_module_of_any_release_is_standard() {
        for module in [
            "os.path",
            "asyncore",
            "annotationlib",
            "_thread",
            "__future__",
        ] {
            assert!(is_standard(module), "{module}");
        }
        for module in ["", "click", "test", "string2", "tomli"] {
            assert!(!is_standard(module), "{module}");
        }
    }
}
