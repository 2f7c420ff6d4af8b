//! Languages by name against `tokei`'s own choice, on files that are there.

use std::{fs, path::Path};

use tokei::{Config, LanguageType};

use super::super::{known_name, language_of, rules, suffix_of};

fn check(path: &str, beginning: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(Path::new(path).file_name().unwrap());
    fs::write(&file, beginning).unwrap();
    let expected = LanguageType::from_path(&file, &Config::default());
    assert_eq!(
        language_of(path, beginning.as_bytes()),
        expected.map(LanguageType::name),
        "{path:?} {beginning:?}"
    );
}

#[test]
fn the_table_of_languages_is_the_one_that_file_names_were_taken_from() {
    // `tokei` does not tell file names and programs. When it knows more languages, look at its list again.
    assert_eq!(rules::all().count(), 333);
}

#[test]
fn names_tell_languages_as_tokei_has_it() {
    for path in [
        "a/b.py",
        "A.PY",
        "x.tar.gz",
        "x.",
        ".py",
        "..py",
        ".hidden.rs",
        "a.unknown",
        "CMakeLists.txt",
        "src/Makefile",
        "GNUmakefile",
        "BUILD",
        "BUILD.bazel",
        "WORKSPACE",
        "MODULE",
        "Dockerfile",
        "dockerfile",
        "Dockerfile.dev",
        "x.dockerfile",
        "justfile",
        "meson.build",
        "meson_options.txt",
        "nuget.config",
        "packages.config",
        "NuGetDefaults.Config",
        "PKGBUILD",
        "Rakefile",
        "SConstruct",
        "SConscript",
        "Snakefile",
        "x.blade.php",
        ".blade.php",
        "x.php",
        "x.d.ts",
        "x.h",
        "x.e",
        "x.m",
        "x.v",
        "x.\u{1f347}",
        "README",
        "README.md",
        "x.cs.st",
        "LICENSE",
        "Jenkinsfile",
        "Gemfile",
        "x.json",
        "\u{c9}.PY",
        "x.\u{130}",
    ] {
        check(path, "");
    }
}

#[test]
fn every_extension_tells_the_language_that_tokei_tells() {
    for &(_, extensions) in LanguageType::list() {
        for extension in extensions
            .iter()
            .filter(|extension| !extension.contains('.'))
        {
            assert_eq!(
                language_of(&format!("folder/x.{extension}"), b""),
                LanguageType::from_file_extension(extension).map(LanguageType::name),
                "{extension}"
            );
        }
    }
}

#[test]
fn the_first_line_tells_languages_as_tokei_has_it() {
    let long = format!("#!/bin/sh {}", "x".repeat(200));
    let split = format!("#!/bin/sh {}\u{e9}", "x".repeat(117));
    for beginning in [
        "",
        "\n#!/bin/sh",
        "#!/bin/sh",
        "#!/bin/sh -e\nx",
        "#!/bin/bash\r\n",
        "#!/bin/csh",
        "#!/bin/fish",
        "#!/bin/ksh",
        "#!/bin/zsh",
        "#!/usr/bin/perl -w",
        "#!/usr/bin/raku",
        "#!/usr/bin/perl6",
        "#!/usr/bin/crystal",
        "#!/bin/awk -f",
        "#!/usr/bin/awk",
        "#!/usr/bin/env python",
        "#!/usr/bin/env python3.12",
        "#!/usr/bin/env",
        "#!/usr/bin/env -S python",
        "#!/usr/bin/env node",
        "#!/usr/bin/env bash",
        "#!/usr/bin/env sh",
        "#!/usr/bin/env ruby",
        "#!/usr/bin/env groovy",
        "#!/usr/bin/env racket",
        "#!/usr/bin/env just --justfile",
        "#!/usr/bin/env elvish",
        "#!/usr/bin/env cython",
        "#!/usr/bin/env csh",
        "#!/usr/bin/env ksh",
        "#!/usr/bin/env crystal",
        "#!/usr/bin/env fish",
        "#!/usr/bin/env perl6",
        "#!/usr/bin/env raku",
        "#!/usr/bin/env perl",
        "#!/usr/bin/env  shell",
        "  #!/bin/sh",
        "#!/usr/bin/python3",
        &long,
        &split,
    ] {
        check("script", beginning);
        check("x.unknown", beginning);
    }
}

#[test]
fn suffixes_are_lower_case_and_long_where_that_says_more() {
    for (path, expected) in [
        ("a/b.py", "py"),
        ("A.PY", "py"),
        ("x.d.ts", "d.ts"),
        ("x.D.MTS", "d.mts"),
        ("x.d.cts", "d.cts"),
        ("d.ts", "ts"),
        ("x.d.tsx", "tsx"),
        ("x.tar.gz", "gz"),
        ("x.H", "h"),
        ("Makefile", ""),
        (".gitignore", ""),
        ("a.b/c", ""),
        ("", ""),
        ("x.", ""),
        ("x.UNKNOWN", "UNKNOWN"),
    ] {
        assert_eq!(suffix_of(path), expected, "{path}");
    }
}

#[test]
fn names_of_languages_are_known_as_they_are_shown() {
    assert_eq!(known_name("C++ Header"), Some("C++ Header"));
    assert_eq!(known_name("c++ header"), None);
    for language in rules::all() {
        assert_eq!(known_name(language.name()), Some(language.name()));
    }
}
