//! Text that a bundler put together, of which no module can be taken, and text that a build wrote file by file. Reads marks, not programs.

/// Marks of a bundler's runtime, anywhere in a text.
const RUNTIMES: &[&str] = &[
    "function __webpack_require__(",
    "__webpack_modules__ = (",
    "function webpackUniversalModuleDefinition(",
    "parcelRequire = (function",
    "parcelRequire=function",
    "installedModules[moduleId]",
];

/// How the output of `browserify` begins.
const PRELUDES: &[&str] = &[
    "(function e(t,n,r){function s(o,u)",
    "(function(){function r(e,n,t){function o(i,f)",
    "require=(function e(t,n,r)",
    "require=(function(){function r(e,n,t)",
];

/// How many modules a text must name at the beginning of lines to be one of several, as `esbuild` does.
const LEAST_BANNERS: usize = 2;
/// How much of a text is looked at, in bytes.
const MOST_BYTES: usize = 8 << 20;

/// Says whether a text is several modules in one file.
pub fn is_bundle(text: &str) -> bool {
    let text = &text[..text.floor_char_boundary(MOST_BYTES)];
    let beginning = &text[..text.floor_char_boundary(4096)];
    RUNTIMES.iter().any(|mark| text.contains(mark))
        || PRELUDES.iter().any(|mark| beginning.contains(mark))
        || text
            .lines()
            .filter(|line| is_banner(line))
            .take(LEAST_BANNERS)
            .count()
            >= LEAST_BANNERS
}

/// Says whether a line is nothing but a comment with the path of a module: `// src/a/b.ts`.
fn is_banner(line: &str) -> bool {
    let Some(path) = line.strip_prefix("// ") else {
        return false;
    };
    let suffixes = [
        ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".json",
    ];
    path.len() < 300
        && path.contains('/')
        && !path.contains([' ', ':', '*', '(', '`', '\''])
        && suffixes.iter().any(|suffix| path.ends_with(suffix))
}

/// Says whether a build wrote the text for one file of its source: it names its map, or begins as compilers write modules.
pub(super) fn is_built(text: &str) -> bool {
    let beginning = &text[..text.floor_char_boundary(1500)];
    let end = &text[text.ceil_char_boundary(text.len().saturating_sub(300))..];
    end.contains("//# sourceMappingURL=")
        || beginning.contains("Object.defineProperty(exports, \"__esModule\"")
        || beginning.contains("exports.__esModule = true")
        || beginning.contains("_interopRequireDefault(require(")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundles_are_told_by_their_marks() {
        let check = |text: &str, expected: bool| assert_eq!(is_bundle(text), expected, "{text}");
        check("function __webpack_require__(id) {}", true);
        check("// src/a.ts\nvar a;\n// src/b.ts\nvar b;", true);
        check("// src/a.ts\nvar a;", false);
        check("// see src/a.ts\n// and src/b.ts for more\n", false);
        check("  // src/a.ts\n  // src/b.ts", false);
        check("export const a = 1;", false);
    }

    #[test]
    fn built_files_name_their_map_or_begin_as_compilers_write() {
        let check = |text: &str, expected: bool| assert_eq!(is_built(text), expected, "{text}");
        check(
            "\"use strict\";\nObject.defineProperty(exports, \"__esModule\", { value: true });",
            true,
        );
        check("let a;\n//# sourceMappingURL=a.js.map\n", true);
        check("module.exports = 1;", false);
        check("é", false);
    }
}
