//! Well-known libraries by the headers that they are included with. Knows nothing of the tree.
//!
//! Source: the libraries' own documentation. What is not listed is named by the first folder of the included name.

/// Headers without a folder, without their suffix, to the library.
const BY_HEADER: &[(&str, &str)] = &[
    ("Python", "python"),
    ("Windows", "windows"),
    ("archive", "libarchive"),
    ("bzlib", "bzip2"),
    ("cblas", "blas"),
    ("cublas_v2", "cuda"),
    ("cuda", "cuda"),
    ("cuda_runtime", "cuda"),
    ("curses", "ncurses"),
    ("descrobject", "python"),
    ("event", "libevent"),
    ("expat", "expat"),
    ("ffi", "libffi"),
    ("fftw3", "fftw"),
    ("frameobject", "python"),
    ("ft2build", "freetype"),
    ("gd", "libgd"),
    ("git2", "libgit2"),
    ("glib", "glib"),
    ("gmp", "gmp"),
    ("hwloc", "hwloc"),
    ("idn2", "libidn2"),
    ("jni", "jdk"),
    ("jpeglib", "libjpeg"),
    ("lauxlib", "lua"),
    ("libpq-fe", "postgresql"),
    ("libssh2", "libssh2"),
    ("longintrepr", "python"),
    ("lua", "lua"),
    ("lualib", "lua"),
    ("lz4", "lz4"),
    ("lzma", "xz"),
    ("mpi", "mpi"),
    ("mysql", "mysql"),
    ("ncurses", "ncurses"),
    ("node_api", "node"),
    ("pcre", "pcre"),
    ("pcre2", "pcre2"),
    ("php", "php"),
    ("png", "libpng"),
    ("pngconf", "libpng"),
    ("postgres", "postgresql"),
    ("pyconfig", "python"),
    ("pythread", "python"),
    ("ruby", "ruby"),
    ("sndfile", "libsndfile"),
    ("sqlite3", "sqlite"),
    ("sqlite3ext", "sqlite"),
    ("structmember", "python"),
    ("tcl", "tcl"),
    ("tiffio", "libtiff"),
    ("tk", "tk"),
    ("unwind", "libunwind"),
    ("uv", "libuv"),
    ("valgrind", "valgrind"),
    ("windows", "windows"),
    ("winsock", "windows"),
    ("winsock2", "windows"),
    ("ws2tcpip", "windows"),
    ("yaml", "libyaml"),
    ("zconf", "zlib"),
    ("zlib", "zlib"),
    ("zmq", "zeromq"),
    ("zstd", "zstd"),
];

/// Folders to the library, where it is not called like the folder.
const BY_FOLDER: &[(&str, &str)] = &[
    ("CL", "opencl"),
    ("Eigen", "eigen"),
    ("GL", "opengl"),
    ("asm", "linux"),
    ("asm-generic", "linux"),
    ("curl", "libcurl"),
    ("event2", "libevent"),
    ("gmock", "googletest"),
    ("google", "protobuf"),
    ("gtest", "googletest"),
    ("libpng16", "libpng"),
    ("libxml", "libxml2"),
    ("lua5.1", "lua"),
    ("scsi", "linux"),
    ("unicode", "icu"),
];

/// Headers of Windows that are included by their own name, without `.h`, in lower case.
const WINDOWS: &[&str] = &[
    "accctrl",
    "aclapi",
    "atlbase",
    "bcrypt",
    "combaseapi",
    "commctrl",
    "commdlg",
    "comdef",
    "d3d11",
    "d3d12",
    "dbghelp",
    "dwmapi",
    "dxgi",
    "fileapi",
    "guiddef",
    "handleapi",
    "initguid",
    "iphlpapi",
    "iptypes",
    "knownfolders",
    "lm",
    "lmcons",
    "memoryapi",
    "minwinbase",
    "minwindef",
    "mmsystem",
    "mstcpip",
    "mswsock",
    "ntdef",
    "ntsecapi",
    "ntstatus",
    "objbase",
    "ole2",
    "oleauto",
    "powrprof",
    "processenv",
    "processthreadsapi",
    "profileapi",
    "psapi",
    "rpc",
    "sddl",
    "sdkddkver",
    "security",
    "setupapi",
    "shellapi",
    "shlobj",
    "shlwapi",
    "shobjidl",
    "sspi",
    "synchapi",
    "sysinfoapi",
    "timeapi",
    "timezoneapi",
    "tlhelp32",
    "unknwn",
    "userenv",
    "versionhelpers",
    "wbemidl",
    "wchar",
    "winapifamily",
    "wincon",
    "wincrypt",
    "windef",
    "windns",
    "windowsx",
    "winbase",
    "wininet",
    "winerror",
    "winhttp",
    "winioctl",
    "winldap",
    "winnls",
    "winnt",
    "winreg",
    "winsvc",
    "winternl",
    "winuser",
    "winver",
    "wtypes",
];

/// Names the library of an included file, if it is a well-known one.
pub(super) fn well_known(name: &str) -> Option<&'static str> {
    if let Some((folder, _)) = name.split_once('/') {
        return BY_FOLDER
            .iter()
            .find_map(|(known, library)| (*known == folder).then_some(*library));
    }
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let known = BY_HEADER
        .binary_search_by_key(&stem, |(header, _)| header)
        .ok()
        .map(|place| BY_HEADER[place].1);
    known.or_else(|| {
        let is_windows = WINDOWS
            .iter()
            .any(|header| stem.eq_ignore_ascii_case(header));
        (is_windows && name.len() == stem.len() + 2).then_some("windows")
    })
}

/// Names the library of an included file: a well-known one, else its first folder, else its own name without the suffix.
pub(super) fn name_of(name: &str) -> &str {
    if let Some(library) = well_known(name) {
        return library;
    }
    let first = name
        .split('/')
        .find(|part| !matches!(*part, "" | "." | ".."))
        .unwrap_or(name);
    if first.len() < name.len() && name.contains('/') && !name.ends_with(first) {
        return first;
    }
    first.rsplit_once('.').map_or(first, |(stem, _)| stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_named_by_header_or_folder() {
        let check = |name: &str, expected: &str| assert_eq!(name_of(name), expected, "{name}");
        assert!(BY_HEADER.is_sorted_by_key(|(header, _)| header));
        check("Python.h", "python");
        check("zlib.h", "zlib");
        check("WinSock2.h", "WinSock2");
        check("winnt.h", "windows");
        check("boost/any.hpp", "boost");
        check("gmock/gmock.h", "googletest");
        check("linux/if.h", "linux");
        check("unknown.h", "unknown");
        check("../x/y.h", "x");
    }
}
