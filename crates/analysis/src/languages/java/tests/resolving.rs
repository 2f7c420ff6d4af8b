//! Where imports of Java lead in small trees.

use std::collections::BTreeMap;

use synthesizer_model::{
    analysis::ProjectFacts,
    code::CodeFacts,
    dependency::{Dependency, Ecosystem},
    project::{Project, ProjectRole},
    source_file::FileRole,
    tree::SourceTree as _,
};

use super::super::{
    super::{FileKind, Language as _, Resolved, SourceFile, SourceFiles},
    Java,
};
use crate::memory_tree::MemoryTree;

fn project(folder: &str, workspace: Option<&str>, java: &str, dependencies: &[&str]) -> Project {
    Project {
        folder: folder.to_owned(),
        ecosystem: Ecosystem::Maven,
        role: ProjectRole::Root,
        manifests: Vec::new(),
        workspace: workspace.map(str::to_owned),
        facts: ProjectFacts::default(),
        targets: Vec::new(),
        dependencies: dependencies
            .iter()
            .map(|name| Dependency::new(Ecosystem::Maven, *name, "pom.xml", 1))
            .collect(),
        extras: Vec::new(),
        runtimes: BTreeMap::from([("java".to_owned(), java.to_owned())]),
        license: None,
        license_as_written: None,
        license_files: Vec::new(),
        private: false,
    }
}

/// Resolves the imports of the first file of the list and gives `target -> where`, what is nothing left out.
fn resolved(files: &[(&str, &str)], projects: &[Project]) -> Vec<String> {
    let from = files[0].0;
    let tree = MemoryTree::of_texts(files.iter().copied());
    let facts: Vec<Option<CodeFacts>> = tree
        .entries()
        .iter()
        .map(|entry| {
            let text = String::from_utf8(tree.read(&entry.path).unwrap().bytes.to_vec()).unwrap();
            let kind = FileKind {
                language: "Java",
                suffix: "java",
            };
            entry
                .path
                .as_str()
                .ends_with(".java")
                .then(|| Java.read(&text, kind))
        })
        .collect();
    let sources = tree
        .entries()
        .iter()
        .zip(&facts)
        .map(|(entry, code)| SourceFile {
            path: &entry.path,
            language: code.as_ref().map(|_| "Java"),
            role: if entry.path.as_str().contains("/test/") {
                FileRole::Test
            } else {
                FileRole::Source
            },
            code: code.as_ref(),
        })
        .collect();
    let files = SourceFiles::new(&tree, sources, projects);
    let resolver = Java.resolver(&files);
    let from = files.index(from).expect("is there");
    let imports = &files.file(from).code.expect("was read").imports;
    imports
        .iter()
        .filter_map(|import| {
            let target = &import.target;
            match resolver.resolve(from, import) {
                Resolved::Files(places) => {
                    let paths: Vec<&str> = places
                        .iter()
                        .map(|place| files.file(*place).path.as_str())
                        .collect();
                    Some(format!("{target} -> {}", paths.join(" ")))
                }
                Resolved::StandardLibrary => Some(format!("{target} standard")),
                Resolved::External(package) => Some(format!("{target} external {package}")),
                Resolved::Unresolved(_) => Some(format!("{target} unresolved")),
                Resolved::Nothing => None,
            }
        })
        .collect()
}

fn check(files: &[(&str, &str)], projects: &[Project], expected: &[&str]) {
    assert_eq!(resolved(files, projects), expected, "{}", files[0].1);
}

#[test]
fn imports_lead_to_files_by_package_and_type() {
    check(
        &[
            (
                "src/main/java/a/Main.java",
                "package a; import a.b.C; import a.b.C.Inner; import static a.b.C.f; import static a.b.C.*; import a.b.C.*; import a.b.Gone; class Main { a.b.Second x; Near y; a.Near z; Main m; Far w; }",
            ),
            (
                "src/main/java/a/b/C.java",
                "package a.b; public class C {} class Second {}",
            ),
            ("src/main/java/a/Near.java", "package a; class Near {}"),
            ("src/main/java/a/c/Far.java", "package a.c; class Far {}"),
        ],
        &[],
        &[
            "a.b.C -> src/main/java/a/b/C.java",
            "a.b.C.Inner -> src/main/java/a/b/C.java",
            "a.b.C -> src/main/java/a/b/C.java",
            "a.b.C -> src/main/java/a/b/C.java",
            "a.b.C -> src/main/java/a/b/C.java",
            "a.b.Gone unresolved",
            "a.b.Second -> src/main/java/a/b/C.java",
            "Near -> src/main/java/a/Near.java",
            "a.Near -> src/main/java/a/Near.java",
        ],
    );
}

#[test]
fn an_import_on_demand_leads_to_what_is_used_of_it() {
    check(
        &[
            (
                "a/Main.java",
                "package a; import b.*; import c.*; import java.util.*; class Main { Used x; Both y; List z; }",
            ),
            ("a/Both.java", "package a; class Both {}"),
            ("b/Used.java", "package b; class Used {}"),
            ("b/Both.java", "package b; class Both {}"),
            ("b/Unused.java", "package b; class Unused {}"),
            ("c/Other.java", "package c; class Other {}"),
        ],
        &[],
        &[
            "b -> b/Used.java",
            "java.util standard",
            "Both -> a/Both.java",
        ],
    );
}

#[test]
fn of_several_files_the_nearest_visible_one_is_taken() {
    let main = ("x/src/main/java/p/A.java", "package p; class A { B b; }");
    check(
        &[
            main,
            ("x/src/test/java/p/B.java", "package p; class B {}"),
            ("y/src/main/java/p/B.java", "package p; class B {}"),
        ],
        &[],
        &["B -> y/src/main/java/p/B.java"],
    );
    check(
        &[
            (
                "x/src/test/java/p/ATest.java",
                "package p; class ATest { A a; B b; }",
            ),
            ("x/src/main/java/p/A.java", "package p; class A {}"),
            ("y/src/main/java/p/A.java", "package p; class A {}"),
            ("x/src/test/java/p/B.java", "package p; class B {}"),
        ],
        &[],
        &[
            "A -> x/src/main/java/p/A.java",
            "B -> x/src/test/java/p/B.java",
        ],
    );
}

#[test]
fn what_is_elsewhere_is_named_by_the_declared_dependency() {
    let declared = project(
        "",
        None,
        "17",
        &[
            "com.google.guava:guava",
            "com.google.code.gson:gson",
            "org.apache.commons:commons-text",
            "org.apache.commons:commons-lang3",
            "commons-io:commons-io",
            "org.slf4j:slf4j-simple",
            "org.slf4j:slf4j-api",
            "org.springframework:spring-web",
            "org.springframework.boot:spring-boot-starter",
            "com.fasterxml.jackson.core:jackson-databind",
            "org.projectlombok:lombok",
            "junit:junit",
            "javax.annotation:javax.annotation-api",
            "com.google.code.findbugs:jsr305",
        ],
    );
    check(
        &[(
            "A.java",
            "import com.google.common.collect.Lists; import com.google.gson.Gson; import org.apache.commons.lang3.StringUtils;
import org.apache.commons.io.IOUtils; import org.slf4j.Logger; import org.springframework.web.bind.X; import org.springframework.boot.Y;
import com.fasterxml.jackson.databind.Z; import lombok.Getter; import static org.junit.Assert.*; import javax.annotation.PostConstruct;
import com.google.protobuf.Message; import org.hamcrest.core.Is; import org.apache.commons.codec.binary.Hex; import rx.Single;
class A { request.Session x; org.slf4j.Marker y; }",
        )],
        &[declared],
        &[
            "com.google.common.collect.Lists external com.google.guava:guava",
            "com.google.gson.Gson external com.google.code.gson:gson",
            "org.apache.commons.lang3.StringUtils external org.apache.commons:commons-lang3",
            "org.apache.commons.io.IOUtils external commons-io:commons-io",
            "org.slf4j.Logger external org.slf4j:slf4j-api",
            "org.springframework.web.bind.X external org.springframework:spring-web",
            "org.springframework.boot.Y external org.springframework.boot:spring-boot-starter",
            "com.fasterxml.jackson.databind.Z external com.fasterxml.jackson.core:jackson-databind",
            "lombok.Getter external org.projectlombok:lombok",
            "org.junit.Assert external junit:junit",
            "javax.annotation.PostConstruct external javax.annotation:javax.annotation-api",
            "com.google.protobuf.Message external com.google.protobuf",
            "org.hamcrest.core.Is external org.hamcrest",
            "org.apache.commons.codec.binary.Hex external org.apache.commons.codec",
            "rx.Single external rx",
            "org.slf4j.Marker external org.slf4j:slf4j-api",
        ],
    );
}

#[test]
fn a_member_has_the_dependencies_of_its_parent() {
    let files = [(
        "m/A.java",
        "import org.slf4j.Logger; import javax.xml.bind.JAXB;",
    )];
    let parent = project("", None, "1.8", &["org.slf4j:slf4j-api"]);
    let member = project("m", Some(""), "1.8", &[]);
    check(
        &files,
        &[parent, member],
        &[
            "org.slf4j.Logger external org.slf4j:slf4j-api",
            "javax.xml.bind.JAXB standard",
        ],
    );
    let newer = project("", None, "17", &[]);
    check(
        &files,
        &[newer],
        &[
            "org.slf4j.Logger external org.slf4j",
            "javax.xml.bind.JAXB external javax.xml",
        ],
    );
}

#[test]
fn what_is_written_elsewhere_or_by_the_build_stays_unresolved() {
    check(
        &[
            (
                "app/src/main/java/com/x/app/A.java",
                "package com.x.app; import com.x.app.gen.G; import com.x.kt.K; import com.y.Z;",
            ),
            ("app/src/main/kotlin/com/x/kt/K.kt", "package com.x.kt"),
        ],
        &[],
        &[
            "com.x.app.gen.G unresolved",
            "com.x.kt.K unresolved",
            "com.y.Z external com.y",
        ],
    );
}

#[test]
fn modules_lead_to_their_declarations() {
    check(
        &[
            (
                "a/module-info.java",
                "module a.m { requires b.m; requires java.sql; requires com.google.gson; }",
            ),
            ("b/module-info.java", "module b.m {}"),
        ],
        &[],
        &[
            "b.m -> b/module-info.java",
            "java.sql standard",
            "com.google.gson external com.google.gson",
        ],
    );
}
