//! Roles by place and name.

use synthesizer_model::{
    project::ProjectRole,
    source_file::{FileRole, RoleMarks},
};

use super::super::{AttributeMarks, Places, of_project_place, role};
use FileRole::{Documentation, Example, Generated, Minified, Source, Test, Vendored};

/// Checks roles by path alone.
fn check(expected: FileRole, paths: &[&str]) {
    for path in paths {
        assert_eq!(role(path, &RoleMarks::default()), expected, "{path}");
    }
}

/// Checks the roles of the files of a tree.
fn check_tree(files: &[(&str, FileRole)]) {
    let places = Places::new(files.iter().map(|(path, _)| *path));
    for (path, expected) in files {
        let found = places.role(path, &RoleMarks::default(), AttributeMarks::default());
        assert_eq!(found, *expected, "{path}");
    }
}

#[test]
fn others_code_is_vendored() {
    check(
        Vendored,
        &[
            "node_modules/a/index.js",
            "web/node_modules/a/README.md",
            "vendor/github.com/a/b/b.go",
            "src/pip/_vendor/six.py",
            "sklearn/externals/_arff.py",
            "third_party/zlib/zlib.c",
            "cpp/3rdparty/x.h",
            "src/external/catch.hpp",
            "external/a/b.py",
            "deps/jemalloc/a.c",
            "django/contrib/admin/static/admin/js/vendor/jquery/jquery.js",
            "static/js/jquery-3.7.1.js",
            "static/bootstrap-4.3.1.min.css",
            "ios/Pods/A/a.m",
            "gradlew",
            ".yarn/releases/yarn-3.0.0.cjs",
            "vendor/x/x_test.go",
            "lib/python3.12/site-packages/a.py",
            "versioneer.py",
        ],
    );
    check(
        Source,
        &[
            "sympy/external/gmpy.py",
            "src/external/client.ts",
            "spring/src/main/java/org/springframework/orm/jpa/vendor/Adapter.java",
            "java/com/shop/vendor/Vendor.java",
            "lib/deps/a.js",
            "deps.py",
            "src/vendor.rs",
            "js/point-2.js",
            "src/utf-8.js",
        ],
    );
}

#[test]
fn written_by_programs_is_generated() {
    check(
        Generated,
        &[
            "package-lock.json",
            "web/yarn.lock",
            "Cargo.lock",
            "api/a_pb2.py",
            "api/a_pb2_grpc.py",
            "pkg/a.pb.go",
            "lib/a.g.dart",
            "pkg/zz_generated.deepcopy.go",
            "src/__generated__/a.ts",
            "target/generated-sources/A.java",
            "a.js.map",
            "Form.Designer.cs",
            "schema_generated.h",
        ],
    );
    check(
        Source,
        &[
            "src/generator.py",
            "generated.py",
            "pb2.py",
            "_pb2.py",
            "a_generator.go",
        ],
    );
}

#[test]
fn made_small_is_minified() {
    check(
        Minified,
        &["static/a.min.js", "dist/app.bundle.js", "x/a.min.css"],
    );
    check(Source, &["src/bundle.js", "src/min.js"]);
}

#[test]
fn tests_are_told_by_place_and_name() {
    check(
        Test,
        &[
            "tests/model/models.py",
            "tests/README.md",
            "sklearn/utils/tests/test_a.py",
            "sklearn/conftest.py",
            "a/test_b.py",
            "a/b_test.py",
            "pkg/a/a_test.go",
            "pkg/a/testdata/x.json",
            "src/a.test.ts",
            "src/a.spec.jsx",
            "src/__tests__/a.js",
            "src/test/java/a/B.java",
            "module/src/test/resources/a.xml",
            "app/src/androidTest/java/A.kt",
            "test/index.js",
            "packages/a/test/b.js",
            "src/a/tests.rs",
            "crates/a/tests/all.rs",
            "src/a/tests/mod.rs",
            "lib/a_unittest.cc",
            "test/all.cpp",
            "jest.config.js",
            "e2e/a.ts",
            "spec/a_spec.rb",
            "spec/helper.rb",
            "Foo.Tests/Bar.cs",
            "java/a/FooTest.java",
            "Tests/FooTests/FooTests.swift",
            "fuzz/fuzz_targets/a.rs",
            "test.py",
            "t/0001-basic.sh",
            "tests.py",
            "scripts/x.bats",
        ],
    );
    check(
        Source,
        &[
            "django/test/client.py",
            "numpy/testing/__init__.py",
            "sklearn/utils/_testing.py",
            "pandas/util/_test_decorators.py",
            "src/actix/test/mod.rs",
            "setuptools/command/test.py",
            "jinja2/tests.py",
            "src/main/java/org/junit/Test.java",
            "src/main/java/org/spring/test/MockTest.java",
            "src/main/java/a/tests/B.java",
            "testing.go",
            "src/testing.ts",
            "src/latest.js",
            "contest.py",
            "spec/openapi.md.py",
            "internal/testutil/a.go",
            "cmd/go/internal/test/test.go",
            "packages/test-utils/src/index.ts",
            "app/fixtures/data.py",
        ],
    );
}

#[test]
fn examples_and_documentation_are_told_by_place() {
    check(
        Example,
        &[
            "examples/a.py",
            "crates/a/examples/b.rs",
            "benches/a.rs",
            "docs/examples/a.py",
            "examples/README.md",
            "demo/index.html",
            "samples/a/b.cs",
            "asv_benchmarks/benchmarks/a.py",
            "src/jmh/java/A.java",
            "src/Button.stories.tsx",
            "_examples/a.go",
            "example/main.go",
            "pkg/_examples/a.go",
        ],
    );
    check(
        Documentation,
        &[
            "docs/conf.py",
            "doc/Makefile",
            "README.md",
            "src/a/README.rst",
            "docs/_ext/djangodocs.py",
            "CHANGES",
            "LICENSE.txt",
            "mkdocs.yml",
        ],
    );
    check(
        Source,
        &[
            "src/pages/docs/index.tsx",
            "torch/utils/benchmark/timer.py",
            "trace/sample/a.go",
            "src/demo/a.ts",
            "numpy/doc/a.py",
            "setup.py",
            "docs.py",
            "src/examples.rs",
            "LICENSE.py",
            "requirements.txt",
        ],
    );
}

#[test]
fn vendored_goes_before_generated_and_that_before_the_rest() {
    check(
        Vendored,
        &[
            "vendor/a.pb.go",
            "node_modules/a/a.min.js",
            "third_party/tests/a.py",
        ],
    );
    check(Generated, &["tests/a_pb2.py", "docs/yarn.lock"]);
    check(Minified, &["tests/a.min.js"]);
    check(Test, &["tests/examples/a.py", "docs/tests/a.py"]);
    check(Example, &["docs/examples/README.md"]);
}

#[test]
fn the_tree_tells_packages_from_folders() {
    check_tree(&[
        ("setup.py", Source),
        ("django/__init__.py", Source),
        ("django/test/__init__.py", Source),
        ("django/test/client.py", Source),
        ("django/test/data/a.json", Source),
        ("tests/__init__.py", Test),
        ("tests/a/models.py", Test),
        ("twisted/__init__.py", Source),
        ("twisted/test/__init__.py", Test),
        ("twisted/test/test_a.py", Test),
        ("twisted/test/helper.py", Test),
        ("shop/__init__.py", Source),
        ("shop/tests.py", Test),
        ("shop/models.py", Source),
        ("shop/vendor/__init__.py", Source),
        ("shop/vendor/models.py", Source),
        ("shop/other/vendor/six.py", Vendored),
        ("jinja2/__init__.py", Source),
        ("jinja2/tests.py", Source),
        ("scripts/test/run.py", Test),
        ("scripts/tests.py", Test),
        ("sympy/__init__.py", Source),
        ("sympy/external/__init__.py", Source),
        ("sympy/benchmarks/__init__.py", Source),
        ("packages/a/package.json", Source),
        ("packages/a/docs/index.ts", Documentation),
        ("packages/a/spec/a.js", Test),
        ("packages/a/src/docs/index.ts", Source),
        ("packages/a/src/spec/a.js", Source),
        ("docs/conf.py", Documentation),
        ("docs/a.py", Documentation),
    ]);
    check_tree(&[
        ("pyproject.toml", Source),
        ("docs/__init__.py", Source),
        ("docs/render.py", Source),
        ("docs/README.md", Documentation),
    ]);
    check_tree(&[
        ("docs/__init__.py", Documentation),
        ("docs/conf.py", Documentation),
    ]);
}

#[test]
fn contents_and_attributes_count_beside_the_place() {
    let generated = RoleMarks {
        generated: Some("Generated by x".to_owned()),
        minified: false,
    };
    let minified = RoleMarks {
        generated: None,
        minified: true,
    };
    assert_eq!(role("src/a.py", &generated), Generated);
    assert_eq!(role("tests/a.py", &generated), Generated);
    assert_eq!(role("vendor/a.py", &generated), Vendored);
    assert_eq!(role("src/a.js", &minified), Minified);
    let places = Places::default();
    let told = |path: &str, marks: &RoleMarks, attributes| places.role(path, marks, attributes);
    let denied = AttributeMarks {
        generated: Some(false),
        vendored: Some(false),
        documentation: Some(false),
    };
    assert_eq!(told("vendor/a.py", &generated, denied), Source);
    assert_eq!(told("docs/a.py", &minified, denied), Source);
    let said = AttributeMarks {
        generated: Some(true),
        ..AttributeMarks::default()
    };
    assert_eq!(told("src/a.py", &RoleMarks::default(), said), Generated);
    let said = AttributeMarks {
        documentation: Some(true),
        ..AttributeMarks::default()
    };
    assert_eq!(told("src/a.py", &RoleMarks::default(), said), Documentation);
}

#[test]
fn packages_are_placed_by_their_folder() {
    for (folder, expected) in [
        ("", None),
        ("crates/a", None),
        ("packages/test-utils", None),
        ("src/generated", None),
        ("examples/a", Some(ProjectRole::Example)),
        ("crates/a/benches/b", Some(ProjectRole::Example)),
        ("tests/fixtures/a", Some(ProjectRole::Test)),
        ("src/test/resources/a", Some(ProjectRole::Test)),
        ("docs", Some(ProjectRole::Documentation)),
        ("docs/examples/a", Some(ProjectRole::Example)),
        ("third_party/a", Some(ProjectRole::Vendored)),
        ("examples/a/node_modules/b", Some(ProjectRole::Vendored)),
    ] {
        assert_eq!(of_project_place(folder), expected, "{folder}");
    }
}

#[test]
fn odd_paths_are_source() {
    check(
        Source,
        &["", "/", "a//b", "\u{130}/\u{131}", ".", "..", "test"],
    );
    let deep = "tests/".repeat(600);
    assert_eq!(role(&format!("{deep}a"), &RoleMarks::default()), Test);
}
