//! Where includes lead in small trees.

use synthesizer_model::{code::CodeFacts, source_file::FileRole, tree::SourceTree as _};

use super::{
    super::super::{Language as _, Resolved, SourceFile, SourceFiles, c::C, cpp::Cpp},
    read,
};
use crate::memory_tree::MemoryTree;

fn language_of(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "c" => Some("C"),
        "h" => Some("C Header"),
        "cpp" => Some("C++"),
        "cppm" => Some("C++ Module"),
        _ => None,
    }
}

/// Resolves the includes of the first file of the list.
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let tree = MemoryTree::of_texts(files.iter().copied());
    let facts: Vec<Option<CodeFacts>> = tree
        .entries()
        .iter()
        .map(|entry| {
            let text = String::from_utf8(tree.read(&entry.path).unwrap().bytes.to_vec()).unwrap();
            language_of(entry.path.as_str()).map(|language| read(language, &text))
        })
        .collect();
    let sources = tree
        .entries()
        .iter()
        .zip(&facts)
        .map(|(entry, code)| SourceFile {
            path: &entry.path,
            language: language_of(entry.path.as_str()),
            role: FileRole::Source,
            code: code.as_ref(),
        })
        .collect();
    let sources = SourceFiles::new(&tree, sources, &[]);
    let is_c = language_of(files[0].0).is_some_and(|language| !language.starts_with("C++"));
    let resolver = if is_c {
        C.resolver(&sources)
    } else {
        Cpp.resolver(&sources)
    };
    let from = sources.index(files[0].0).expect("is there");
    let told: Vec<String> = sources
        .file(from)
        .code
        .expect("was read")
        .imports
        .iter()
        .map(|import| {
            let target = &import.target;
            match resolver.resolve(from, import) {
                Resolved::Files(places) => format!("{target} -> {}", sources.file(places[0]).path),
                Resolved::StandardLibrary => format!("{target} standard"),
                Resolved::External(library) => format!("{target} external {library}"),
                Resolved::Unresolved(reason) => format!("{target} unresolved: {reason}"),
                Resolved::Nothing => format!("{target} nothing"),
            }
        })
        .collect();
    assert_eq!(told, expected);
}

#[test]
fn quoted_names_lead_beside_the_file_first() {
    check(
        &[
            (
                "src/a/x.c",
                "#include \"y.h\"\n#include \"../b/z.h\"\n#include \"b/z.h\"\n#include \"./x.inc\"\n#include <y.h>\n",
            ),
            ("src/a/y.h", ""),
            ("src/a/x.inc", ""),
            ("include/y.h", ""),
            ("src/b/z.h", ""),
        ],
        &[
            "y.h -> src/a/y.h",
            "../b/z.h -> src/b/z.h",
            "b/z.h -> src/b/z.h",
            "./x.inc -> src/a/x.inc",
            "y.h -> src/a/y.h",
        ],
    );
}

#[test]
fn of_several_files_the_nearest_is_taken() {
    check(
        &[
            ("one/src/x.c", "#include <lib/api.h>\n#include \"util.h\"\n"),
            ("one/include/lib/api.h", ""),
            ("two/include/lib/api.h", ""),
            ("one/deps/util.h", ""),
            ("util.h", ""),
        ],
        &[
            "lib/api.h -> one/include/lib/api.h",
            "util.h -> one/deps/util.h",
        ],
    );
}

#[test]
fn headers_of_the_system_are_the_systems() {
    check(
        &[
            (
                "src/x.c",
                "#include <string.h>\n#include \"string.h\"\n#include <getopt.h>\n#include \"getopt.h\"\n#include <sys/epoll.h>\n",
            ),
            ("compat/string.h", ""),
            ("compat/getopt.h", ""),
        ],
        &[
            "string.h standard",
            "string.h standard",
            "getopt.h standard",
            "getopt.h -> compat/getopt.h",
            "sys/epoll.h standard",
        ],
    );
    check(
        &[
            ("libc/src/x.c", "#include <string.h>\n"),
            ("libc/include/string.h", ""),
        ],
        &["string.h -> libc/include/string.h"],
    );
}

#[test]
fn what_is_not_in_the_tree_is_a_library_or_written_by_the_build() {
    check(
        &[
            (
                "x.c",
                "#include <openssl/ssl.h>\n#include <Python.h>\n#include \"zlib.h\"\n#include \"absl/base/attributes.h\"\n#include \"config.h\"\n#include <foo/version.h>\n#include \"gone.h\"\n#include \"made.h\"\n#include <stdmade.h>\n#include MACRO\n#if __has_include(<a.h>)\n#endif\n#include \"/etc/passwd\"\n#include \"../../up.h\"\n",
            ),
            ("made.h.in", ""),
            ("lib/stdmade.in.h", ""),
        ],
        &[
            "openssl/ssl.h external openssl",
            "Python.h external python",
            "zlib.h external zlib",
            "absl/base/attributes.h external absl",
            "config.h unresolved: not in the tree; by its name the build writes it",
            "foo/version.h external foo",
            "gone.h unresolved: no file of the tree has this name",
            "made.h unresolved: the build writes it from a template of the tree",
            "stdmade.h unresolved: the build writes it from a template of the tree",
            "MACRO unresolved: a macro gives its name",
            "__has_include(<a.h>) nothing",
            "/etc/passwd unresolved: no file of the tree has this name",
            "../../up.h unresolved: no file of the tree has this name",
        ],
    );
}

#[test]
fn modules_lead_to_their_interfaces() {
    let interface = (
        "m.cppm",
        "export module a.m;\nexport import :part;\nimport std;\nimport gone;\n",
    );
    check(
        &[interface, ("part.cppm", "export module a.m:part;\n")],
        &[
            ":part -> part.cppm",
            "std standard",
            "gone unresolved: no file of the tree declares this module",
        ],
    );
    check(&[("m.cpp", "module a.m;\n"), interface], &["a.m -> m.cppm"]);
}
