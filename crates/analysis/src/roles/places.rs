//! What the other files of a tree tell of a folder: whether it is a Python package, whether a manifest is in it, and so on. By paths
//! alone.

use std::collections::HashSet;

/// Files that make a folder the top of a project.
const MANIFESTS: &[&str] = &[
    "package.json",
    "Cargo.toml",
    "go.mod",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "composer.json",
    "Gemfile",
    "mix.exs",
    "pubspec.yaml",
    "Package.swift",
    "stack.yaml",
    "project.clj",
    "build.sbt",
    "deno.json",
];

/// Files that make a Python package a Django application.
const OF_APPLICATIONS: &[&str] = &["apps.py", "models.py", "views.py", "admin.py", "urls.py"];

/// Files that make a folder one of documentation whatever else is in it.
const OF_DOCUMENTATION: &[&str] = &[
    "conf.py",
    "index.rst",
    "index.md",
    "mkdocs.yml",
    "_config.yml",
];

/// What is known of the folders of a tree.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Whether the tree's paths are known.
    known: bool,
    manifests: HashSet<Box<str>>,
    packages: HashSet<Box<str>>,
    applications: HashSet<Box<str>>,
    documentation: HashSet<Box<str>>,
    with_tests: HashSet<Box<str>>,
}

impl Places {
    /// Looks at all paths of a tree, in any order.
    pub fn new<'a>(paths: impl IntoIterator<Item = &'a str>) -> Self {
        let mut places = Self {
            known: true,
            ..Self::default()
        };
        for path in paths {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            places.take(folder, name);
        }
        places
    }

    fn take(&mut self, folder: &str, name: &str) {
        let mark = |folders: &mut HashSet<Box<str>>| {
            if !folders.contains(folder) {
                folders.insert(folder.into());
            }
        };
        if MANIFESTS.contains(&name) {
            mark(&mut self.manifests);
        }
        if OF_DOCUMENTATION.contains(&name) {
            mark(&mut self.documentation);
        }
        let Some(stem) = name.strip_suffix(".py") else {
            if name == "__init__.pyi" {
                mark(&mut self.packages);
            }
            return;
        };
        if stem == "__init__" {
            mark(&mut self.packages);
        } else if stem.starts_with("test_") || stem.ends_with("_test") {
            mark(&mut self.with_tests);
        } else if OF_APPLICATIONS.contains(&name) {
            mark(&mut self.applications);
        }
    }

    /// Says whether a folder is the top of the tree or of a project.
    pub(super) fn is_project(&self, folder: &str) -> bool {
        folder.is_empty() || self.manifests.contains(folder)
    }

    /// Says whether a folder is a Python package. Of an unknown tree, any folder but the top may be one for a Python file.
    pub(super) fn is_package(&self, folder: &str, suffix: &str) -> bool {
        if self.known {
            self.packages.contains(folder)
        } else {
            !folder.is_empty() && matches!(suffix, "py" | "pyi" | "pyx" | "pxd")
        }
    }

    /// Says whether a folder is an application of Django.
    pub(super) fn is_application(&self, folder: &str) -> bool {
        self.applications.contains(folder) && self.packages.contains(folder)
    }

    /// Says whether a folder holds documentation, whatever its name.
    pub(super) fn has_documentation(&self, folder: &str) -> bool {
        self.documentation.contains(folder)
    }

    /// Says whether Python tests lie directly in a folder.
    pub(super) fn has_tests(&self, folder: &str) -> bool {
        self.with_tests.contains(folder)
    }
}
