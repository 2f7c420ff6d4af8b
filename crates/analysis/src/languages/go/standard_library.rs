//! The packages that come with Go, by the first element of their paths.

/// The first elements of the paths of Go's own packages: the folders of `src` in Go 1.19, and what the release notes of Go 1.20 to 1.26
/// add. Module paths of others have a dot in their first element, or are not fetched from anywhere.
static FIRST_ELEMENTS: &[&str] = &[
    "archive",
    "arena",
    "bufio",
    "builtin",
    "bytes",
    "cmd",
    "cmp",
    "compress",
    "container",
    "context",
    "crypto",
    "database",
    "debug",
    "embed",
    "encoding",
    "errors",
    "expvar",
    "flag",
    "fmt",
    "go",
    "hash",
    "html",
    "image",
    "index",
    "internal",
    "io",
    "iter",
    "log",
    "maps",
    "math",
    "mime",
    "net",
    "os",
    "path",
    "plugin",
    "reflect",
    "regexp",
    "runtime",
    "simd",
    "slices",
    "sort",
    "strconv",
    "strings",
    "structs",
    "sync",
    "syscall",
    "testing",
    "text",
    "time",
    "unicode",
    "unique",
    "unsafe",
    "weak",
];

/// Says whether a path names a package that comes with Go.
pub(super) fn contains(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or(path);
    FIRST_ELEMENTS.binary_search(&first).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_packages_are_told_by_their_first_element() {
        assert!(FIRST_ELEMENTS.is_sorted());
        for path in ["fmt", "net/http", "crypto/mlkem", "internal/abi", "unsafe"] {
            assert!(contains(path), "{path}");
        }
        for path in ["github.com/x/y", "example", "", "fmts"] {
            assert!(!contains(path), "{path}");
        }
    }
}
