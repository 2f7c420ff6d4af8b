//! Languages by file name alone, for counting; contents are not looked at.

/// Gives the language of a file by its name or extension; `None` for what is not source text.
///
/// Names are those of GitHub's Linguist. Letter case of the extension does not matter.
pub fn language(path: &str) -> Option<&'static str> {
    let file_name = path.rsplit('/').next().unwrap_or(path);
    if let Some(language) = by_file_name(file_name) {
        return Some(language);
    }
    let (stem, extension) = file_name.rsplit_once('.')?;
    if stem.is_empty() || extension.len() > 10 {
        return None;
    }
    by_extension(&extension.to_ascii_lowercase())
}

fn by_file_name(file_name: &str) -> Option<&'static str> {
    let language = match file_name {
        "Dockerfile" | "Containerfile" => "Dockerfile",
        "Makefile" | "makefile" | "GNUmakefile" => "Makefile",
        "CMakeLists.txt" => "CMake",
        "SConstruct" | "SConscript" | "wscript" => "Python",
        "Rakefile" | "Gemfile" => "Ruby",
        "Jenkinsfile" => "Groovy",
        "meson.build" => "Meson",
        "BUILD.bazel" => "Starlark",
        _ => return None,
    };
    Some(language)
}

fn by_extension(extension: &str) -> Option<&'static str> {
    let language = match extension {
        "py" | "pyi" | "pyw" => "Python",
        "pyx" | "pxd" | "pxi" => "Cython",
        "ipynb" => "Jupyter Notebook",
        "rs" => "Rust",
        "js" | "mjs" | "cjs" | "jsx" => "JavaScript",
        "ts" | "mts" | "cts" | "tsx" => "TypeScript",
        "go" => "Go",
        "java" => "Java",
        "kt" | "kts" => "Kotlin",
        "scala" => "Scala",
        "groovy" | "gradle" => "Groovy",
        "c" | "h" => "C",
        "cc" | "cpp" | "cxx" | "hh" | "hpp" | "hxx" => "C++",
        "cs" => "C#",
        "fs" => "F#",
        "swift" => "Swift",
        "m" => "Objective-C",
        "rb" => "Ruby",
        "php" => "PHP",
        "pl" | "pm" => "Perl",
        "lua" => "Lua",
        "r" => "R",
        "jl" => "Julia",
        "ex" | "exs" => "Elixir",
        "erl" | "hrl" => "Erlang",
        "hs" => "Haskell",
        "ml" | "mli" => "OCaml",
        "clj" | "cljs" => "Clojure",
        "dart" => "Dart",
        "zig" => "Zig",
        "nim" => "Nim",
        "f90" | "f95" | "for" => "Fortran",
        "asm" | "s" => "Assembly",
        "cu" | "cuh" => "Cuda",
        "sh" | "bash" | "zsh" => "Shell",
        "ps1" => "PowerShell",
        "bat" | "cmd" => "Batchfile",
        "sql" => "SQL",
        "html" | "htm" => "HTML",
        "css" => "CSS",
        "scss" => "SCSS",
        "vue" => "Vue",
        "svelte" => "Svelte",
        "jinja" | "jinja2" | "j2" => "Jinja",
        "proto" => "Protocol Buffer",
        "tf" => "HCL",
        "cmake" => "CMake",
        "mk" => "Makefile",
        "nix" => "Nix",
        _ => return None,
    };
    Some(language)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: Option<&str>) {
        assert_eq!(language(path), expected, "{path:?}");
    }

    #[test]
    fn names_and_extensions_tell_the_language() {
        check("src/flask/app.py", Some("Python"));
        check("src/flask/app.PYI", Some("Python"));
        check("native/Dockerfile", Some("Dockerfile"));
        check("CMakeLists.txt", Some("CMake"));
        check("a.tar.gz", None);
        check(".py", None);
        check("README", None);
        check("notes.md", None);
        check("", None);
    }
}
