//! The names of files that tell what they are for. A table; `role` applies it.

use std::{collections::HashMap, sync::LazyLock};

use synthesizer_model::source_file::FileRole;

/// Where a file must lie for its name to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameWhere {
    /// Anywhere.
    Anywhere,
    /// Not below `src/main`, where everything is shipped.
    NotInMain,
    /// Not in a Python package, unless that is a Django application.
    NotInPackage,
}

/// Names of files that tell their role.
#[derive(Debug)]
pub(super) struct NameRule {
    /// The role.
    pub(super) role: FileRole,
    /// The names, in which one `*` stands for at least one character.
    names: &'static [&'static str],
    /// Where they count.
    pub(super) place: NameWhere,
    /// Why.
    #[expect(dead_code, reason = "the reason of a rule is for its reader")]
    why: &'static str,
}

/// The rules. Of several that fit a name, the role that comes first in [`FileRole::ALL`] is taken.
static NAMES: &[NameRule] = &[
    NameRule {
        role: FileRole::Vendored,
        names: &[
            "gradlew",
            "gradlew.bat",
            "gradle-wrapper.properties",
            "mvnw",
            "mvnw.cmd",
            "MavenWrapperDownloader.java",
        ],
        place: NameWhere::Anywhere,
        why: "Gradle and Maven copy themselves into projects",
    },
    NameRule {
        role: FileRole::Vendored,
        names: &[
            "ez_setup.py",
            "_version_helper.py",
            "versioneer.py",
            "config.guess",
            "config.sub",
            "ltmain.sh",
            "install-sh",
            "doctools.js",
        ],
        place: NameWhere::Anywhere,
        why: "tools that are copied into projects: setuptools, versioneer, autoconf, Sphinx",
    },
    NameRule {
        role: FileRole::Generated,
        names: &[
            "package-lock.json",
            "npm-shrinkwrap.json",
            "yarn.lock",
            "pnpm-lock.yaml",
            "bun.lock",
            "bun.lockb",
            "deno.lock",
            ".pnp.cjs",
            ".pnp.loader.mjs",
            "Cargo.lock",
            "poetry.lock",
            "uv.lock",
            "pdm.lock",
            "Pipfile.lock",
            "pylock.toml",
            "conda-lock.yml",
            "pixi.lock",
            "go.sum",
            "go.work.sum",
            "gradle.lockfile",
            "packages.lock.json",
            "project.assets.json",
            "composer.lock",
            "Gemfile.lock",
            "mix.lock",
            "pubspec.lock",
            "Podfile.lock",
            "Package.resolved",
            "flake.lock",
            "MODULE.bazel.lock",
        ],
        place: NameWhere::Anywhere,
        why: "lock files",
    },
    NameRule {
        role: FileRole::Generated,
        names: &[
            "*_pb2.py",
            "*_pb2.pyi",
            "*_pb2_grpc.py",
            "*_pb2_grpc.pyi",
            "*.pb.go",
            "*.pb.gw.go",
            "*.pb.validate.go",
            "*.pb.cc",
            "*.pb.h",
            "*.pb.c",
            "*.pb.swift",
            "*.pb.dart",
            "*.pbgrpc.dart",
            "*.pbenum.dart",
            "*.pbjson.dart",
            "*_pb.js",
            "*_pb.d.ts",
            "*_grpc_pb.js",
            "*_grpc_pb.d.ts",
            "*.pbobjc.h",
            "*.pbobjc.m",
            "*.capnp.c++",
            "*.capnp.h",
        ],
        place: NameWhere::Anywhere,
        why: "compilers of Protocol Buffers, gRPC and Cap'n Proto",
    },
    NameRule {
        role: FileRole::Generated,
        names: &[
            "*.g.dart",
            "*.freezed.dart",
            "*.gr.dart",
            "*.mocks.dart",
            "*.g.cs",
            "*.g.i.cs",
            "*.designer.cs",
            "*.Designer.cs",
            "*.Designer.vb",
            "*.generated.cs",
            "*.generated.ts",
            "*.generated.tsx",
            "*.generated.js",
            "*.generated.go",
            "*.generated.rs",
            "*.generated.h",
            "*.generated.swift",
            "*.generated.kt",
            "*.gen.go",
            "*.gen.ts",
            "*.gen.rs",
            "*_generated.h",
            "*_generated.go",
            "*_generated.rs",
            "*_generated.ts",
            "*_generated.py",
            "zz_generated.*",
            "bindata.go",
            "*_bindata.go",
            "moc_*.cpp",
            "qrc_*.cpp",
            "ui_*.h",
            "*.tab.c",
            "*.tab.h",
            "lex.yy.c",
            "R.java",
            "BuildConfig.java",
            "*.js.flow.gen",
        ],
        place: NameWhere::Anywhere,
        why: "customs of generators: Dart, .NET, Kubernetes, FlatBuffers, Qt, bison, flex, Android",
    },
    NameRule {
        role: FileRole::Generated,
        names: &[
            "*.js.map",
            "*.mjs.map",
            "*.cjs.map",
            "*.css.map",
            "*.d.ts.map",
            "*.ts.map",
        ],
        place: NameWhere::Anywhere,
        why: "source maps",
    },
    NameRule {
        role: FileRole::Minified,
        names: &[
            "*.min.js",
            "*.min.mjs",
            "*.min.cjs",
            "*.min.css",
            "*-min.js",
            "*-min.css",
            "*.bundle.js",
            "*.bundle.css",
            "*.chunk.js",
            "*.chunk.css",
        ],
        place: NameWhere::Anywhere,
        why: "minifiers and bundlers",
    },
    NameRule {
        role: FileRole::Test,
        names: &[
            "test_*.py",
            "*_test.py",
            "*_tests.py",
            "test_*.pyx",
            "conftest.py",
            "pytest.ini",
            "tox.ini",
            "noxfile.py",
        ],
        place: NameWhere::Anywhere,
        why: "pytest, unittest, tox, nox",
    },
    NameRule {
        role: FileRole::Test,
        names: &["tests.py", "test.py"],
        place: NameWhere::NotInPackage,
        why: "Django's applications and single-file projects; `jinja2/tests.py` and `setuptools/command/test.py` are source",
    },
    NameRule {
        role: FileRole::Test,
        names: &[
            "*_test.go",
            "*_test.rs",
            "*_tests.rs",
            "tests.rs",
            "*_test.dart",
            "*_test.exs",
            "*_test.rb",
            "*_spec.rb",
            "test_*.rb",
            "*_test.cr",
            "*_spec.cr",
            "*_test.lua",
            "*_spec.lua",
            "*_test.zig",
            "*.bats",
            "*.t",
        ],
        place: NameWhere::Anywhere,
        why: "Go, Rust, Dart, Elixir, Ruby, Crystal, Lua, Zig, bats, Perl",
    },
    NameRule {
        role: FileRole::Test,
        names: &[
            "*.test.js",
            "*.test.jsx",
            "*.test.ts",
            "*.test.tsx",
            "*.test.mjs",
            "*.test.cjs",
            "*.test.mts",
            "*.test.cts",
            "*.test.vue",
            "*.spec.js",
            "*.spec.jsx",
            "*.spec.ts",
            "*.spec.tsx",
            "*.spec.mjs",
            "*.spec.cjs",
            "*.spec.mts",
            "*.spec.cts",
            "*.test-d.ts",
            "*.test-d.tsx",
            "*.e2e.js",
            "*.e2e.ts",
            "*.e2e-spec.ts",
            "*.cy.js",
            "*.cy.ts",
            "*.cy.jsx",
            "*.cy.tsx",
            "*_test.ts",
            "*_test.js",
            "*-test.js",
            "*-test.jsx",
            "*-test.ts",
            "*-test.tsx",
            "*.snap",
            "setupTests.js",
            "setupTests.ts",
        ],
        place: NameWhere::Anywhere,
        why: "Jest, Vitest, Mocha, Cypress, Playwright, tsd, Deno",
    },
    NameRule {
        role: FileRole::Test,
        names: &[
            "jest.config.*",
            "jest.setup.*",
            "vitest.config.*",
            "vitest.setup.*",
            "vitest.workspace.*",
            "karma.conf.*",
            "cypress.config.*",
            "playwright.config.*",
            "protractor.conf.*",
            "wdio.conf.*",
            ".mocharc.*",
        ],
        place: NameWhere::Anywhere,
        why: "settings of test runners",
    },
    NameRule {
        role: FileRole::Test,
        names: &[
            "*Test.java",
            "*Tests.java",
            "*TestCase.java",
            "*IT.java",
            "*Test.kt",
            "*Tests.kt",
            "*Test.scala",
            "*Spec.scala",
            "*Suite.scala",
            "*Test.groovy",
            "*Spec.groovy",
            "*Test.php",
            "*Test.cs",
            "*Tests.cs",
            "*Tests.swift",
            "*Test.hs",
            "*Spec.hs",
        ],
        place: NameWhere::NotInMain,
        why: "JUnit, ScalaTest, Spock, PHPUnit, NUnit, XCTest, Hspec; below `src/main` it is a library for testing",
    },
    NameRule {
        role: FileRole::Test,
        names: &[
            "*_test.c",
            "*_test.cc",
            "*_test.cpp",
            "*_test.cxx",
            "*_test.h",
            "*_tests.c",
            "*_tests.cc",
            "*_tests.cpp",
            "*_unittest.c",
            "*_unittest.cc",
            "*_unittest.cpp",
            "*_unittests.cc",
            "test_*.c",
            "test_*.cc",
            "test_*.cpp",
            "*Test.cpp",
            "*Tests.cpp",
        ],
        place: NameWhere::Anywhere,
        why: "GoogleTest, CTest, LLVM",
    },
    NameRule {
        role: FileRole::Example,
        names: &[
            "*.stories.js",
            "*.stories.jsx",
            "*.stories.ts",
            "*.stories.tsx",
            "*.stories.mdx",
            "*.story.js",
            "*.story.tsx",
            "*_bench.py",
            "bench_*.py",
            "*_benchmark.cc",
            "*_benchmark.cpp",
            "*.bench.ts",
            "*.bench.js",
        ],
        place: NameWhere::Anywhere,
        why: "Storybook; benchmarks of Python, Google Benchmark and Vitest",
    },
    NameRule {
        role: FileRole::Documentation,
        names: &[
            "*.md",
            "*.markdown",
            "*.mdx",
            "*.rst",
            "*.adoc",
            "*.asciidoc",
            "*.org",
            "*.dj",
            "*.djot",
            "*.typ",
            "*.texi",
            "*.texinfo",
        ],
        place: NameWhere::Anywhere,
        why: "prose",
    },
    NameRule {
        role: FileRole::Documentation,
        names: &[
            "mkdocs.yml",
            "mkdocs.yaml",
            ".readthedocs.yml",
            ".readthedocs.yaml",
            "docusaurus.config.js",
            "docusaurus.config.ts",
            "book.toml",
            "Doxyfile",
            "Doxyfile.in",
            "typedoc.json",
            "typedoc.js",
            "jsdoc.json",
            "antora.yml",
        ],
        place: NameWhere::Anywhere,
        why: "settings of documentation tools",
    },
    NameRule {
        role: FileRole::Documentation,
        names: &[
            "README",
            "README.txt",
            "CHANGELOG",
            "CHANGELOG.txt",
            "CHANGES",
            "CHANGES.txt",
            "HISTORY",
            "HISTORY.txt",
            "NEWS",
            "NEWS.txt",
            "LICENSE",
            "LICENSE.txt",
            "LICENCE",
            "LICENCE.txt",
            "COPYING",
            "COPYING.txt",
            "NOTICE",
            "NOTICE.txt",
            "AUTHORS",
            "AUTHORS.txt",
            "CONTRIBUTING",
            "CONTRIBUTING.txt",
            "CONTRIBUTORS",
            "CONTRIBUTORS.txt",
            "INSTALL",
            "INSTALL.txt",
            "TODO",
            "TODO.txt",
        ],
        place: NameWhere::Anywhere,
        why: "what repositories say about themselves",
    },
];

/// A name with one `*`, taken apart.
struct Pattern {
    start: &'static str,
    end: &'static str,
    rule: &'static NameRule,
}

struct Patterns {
    whole: HashMap<&'static str, &'static NameRule>,
    /// By what follows the last dot.
    by_suffix: HashMap<&'static str, Vec<Pattern>>,
    /// Those that end with `*`.
    open: Vec<Pattern>,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let mut patterns = Patterns {
        whole: HashMap::new(),
        by_suffix: HashMap::new(),
        open: Vec::new(),
    };
    for rule in NAMES {
        for &name in rule.names {
            let Some((start, end)) = name.split_once('*') else {
                patterns.whole.insert(name, rule);
                continue;
            };
            let pattern = Pattern { start, end, rule };
            match end.rsplit_once('.') {
                Some((_, suffix)) => patterns.by_suffix.entry(suffix).or_default().push(pattern),
                None => patterns.open.push(pattern),
            }
        }
    }
    patterns
});

/// Lists the rules that a file name fits.
pub(super) fn rules_of(name: &str) -> impl Iterator<Item = &'static NameRule> {
    let suffix = name.rsplit_once('.').map_or("", |(_, suffix)| suffix);
    let by_suffix = PATTERNS.by_suffix.get(suffix).into_iter().flatten();
    PATTERNS.whole.get(name).copied().into_iter().chain(
        by_suffix
            .chain(&PATTERNS.open)
            .filter(move |pattern| pattern.fits(name))
            .map(|pattern| pattern.rule),
    )
}

impl Pattern {
    fn fits(&self, name: &str) -> bool {
        name.len() > self.start.len() + self.end.len()
            && name.starts_with(self.start)
            && name.ends_with(self.end)
    }
}

/// Says whether a script or style sheet carries a version in its name (`jquery-3.7.1.js`), which people give only to what they fetch.
pub(super) fn carries_version(name: &str) -> bool {
    let Some((stem, "js" | "css" | "mjs")) = name.rsplit_once('.') else {
        return false;
    };
    stem.match_indices('-').any(|(dash, _)| {
        let version = &stem[dash + 1..];
        let mut parts = version.split('.');
        let is_number = |part: Option<&str>| {
            part.is_some_and(|part| {
                !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
            })
        };
        is_number(parts.next()) && is_number(parts.next())
    })
}
