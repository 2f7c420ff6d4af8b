//! Projects put together from trees in memory.

use synthesizer_model::project::{Project, ProjectRole};

use super::*;
use crate::{manifests::allowance::MOST_DEPENDENCIES, memory_tree::MemoryTree};

fn read(files: &[(&str, &str)]) -> EcosystemFacts {
    let tree = MemoryTree::of_texts(files.iter().copied());
    let paths = tree.entries().iter().map(|entry| entry.path.clone());
    let relevant: Vec<TreePath> = paths
        .filter(|path| Maven.is_relevant(path.as_str()))
        .collect();
    Maven.read(&tree, &relevant)
}

fn project<'f>(facts: &'f EcosystemFacts, folder: &str) -> &'f Project {
    let mut projects = facts.projects.iter();
    projects
        .find(|project| project.folder == folder)
        .expect("a project in the folder")
}

fn told(facts: &EcosystemFacts) -> Vec<String> {
    let problems = facts.problems.iter();
    problems
        .map(|problem| format!("{}: {}", problem.path, problem.what))
        .collect()
}

/// Checks the requirements of one project, each in one line.
fn check(files: &[(&str, &str)], folder: &str, expected: &[&str]) -> EcosystemFacts {
    let facts = read(files);
    let found: Vec<String> = project(&facts, folder)
        .dependencies
        .iter()
        .map(|dependency| {
            let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
            format!(
                "{}:{} {} {:?} = {} group {} extras {:?} marker {} url {} of {}",
                dependency.manifest,
                dependency.line,
                dependency.name,
                dependency.specifier,
                text(&dependency.parsed),
                text(&dependency.group),
                dependency.extras,
                text(&dependency.marker),
                text(&dependency.url),
                text(&dependency.member),
            )
        })
        .collect();
    assert_eq!(found, expected);
    facts
}

/// Writes a requirement from its parts.
fn needs(group: &str, artifact: &str, rest: &str) -> String {
    format!(
        "<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>{rest}</dependency>\n"
    )
}

#[test]
fn a_child_takes_properties_versions_and_requirements_from_its_parents() {
    let parent = [
        "<project><groupId>g</groupId><artifactId>top</artifactId><version>${revision}</version><packaging>pom</packaging>\n",
        "<properties><revision>3</revision><x.version>1</x.version><maven.compiler.release>17</maven.compiler.release></properties>\n",
        "<licenses><license><name>The Apache Software License, Version 2.0</name></license></licenses>\n",
        "<modules><module>a</module><module>gone</module><module>b/other.xml</module></modules>\n",
        "<dependencyManagement><dependencies>\n",
        &needs("o", "x", "<version>${x.version}</version>"),
        &needs("o", "y", "<version>[1,2)</version><scope>test</scope>"),
        &needs("g", "bom", "<version>${project.version}</version><type>pom</type><scope>import</scope>"),
        "</dependencies></dependencyManagement><dependencies>\n",
        &needs("o", "shared", "<version>9</version>"),
        "</dependencies></project>",
    ]
    .concat();
    let child = [
        "<project><parent><groupId>g</groupId><artifactId>top</artifactId><version>${revision}</version></parent>\n",
        "<artifactId>a</artifactId><properties><x.version>2</x.version></properties>\n<dependencies>\n",
        &needs("o", "x", ""),
        &needs("o", "y", ""),
        &needs("o", "z", ""),
        &needs("${project.groupId}", "b", "<version>${project.version}</version><type>test-jar</type><classifier>tests</classifier>"),
        &needs("o", "n", "<version>${no.where}</version><optional>true</optional>"),
        &needs("o", "p", "<version>5</version><scope>provided</scope>"),
        &needs("o", "s", "<version>5</version><scope>system</scope><systemPath>${project.basedir}/lib/s.jar</systemPath>"),
        &needs("o", "unknown", ""),
        "</dependencies><profiles><profile><id>jdk8</id><dependencies>\n",
        &needs("o", "tools", "<version>8</version>"),
        "</dependencies></profile></profiles></project>",
    ]
    .concat();
    let bom = [
        "<project><groupId>g</groupId><artifactId>bom</artifactId><version>7</version><dependencyManagement><dependencies>",
        &needs("o", "z", "<version>${project.version}</version>"),
        "</dependencies></dependencyManagement></project>",
    ]
    .concat();
    let facts = check(
        &[
            ("pom.xml", &parent),
            ("a/pom.xml", &child),
            ("bom/pom.xml", &bom),
            (
                "b/other.xml",
                "<project><groupId>g</groupId><artifactId>b</artifactId></project>",
            ),
            ("c/build.gradle", ""),
        ],
        "a",
        &[
            "a/pom.xml:4 o:x \"2\" = - group - extras [] marker - url - of g:a",
            "a/pom.xml:5 o:y \"[1,2)\" = >=1, <2 group dev extras [] marker - url - of g:a",
            "a/pom.xml:6 o:z \"7\" = - group - extras [] marker - url - of g:a",
            "a/pom.xml:7 g:b \"3\" = - group - extras [\"tests\", \"@test-jar\"] marker - url - of g:a",
            "a/pom.xml:8 o:n \"${no.where}\" = - group optional extras [] marker - url - of g:a",
            "a/pom.xml:9 o:p \"5\" = - group provided extras [] marker - url - of g:a",
            "a/pom.xml:10 o:s \"5\" = - group system extras [] marker - url path+a/lib/s.jar of g:a",
            "a/pom.xml:11 o:unknown \"\" = - group - extras [] marker - url - of g:a",
            "pom.xml:10 o:shared \"9\" = - group - extras [] marker - url - of g:a",
            "a/pom.xml:13 o:tools \"8\" = - group - extras [] marker profile:jdk8 url - of g:a",
        ],
    );
    let child = project(&facts, "a");
    assert_eq!(child.facts.version.as_deref(), Some("3"));
    assert_eq!(child.license.as_deref(), Some("Apache-2.0"));
    assert_eq!(child.runtimes.get("java").map(String::as_str), Some("17"));
    assert_eq!(child.workspace.as_deref(), Some(""));
    assert_eq!(child.targets[0].name, "a");
    let roles: Vec<(&str, ProjectRole)> = facts
        .projects
        .iter()
        .map(|project| (project.manifests[0].as_str(), project.role))
        .collect();
    assert_eq!(
        roles,
        [
            ("pom.xml", ProjectRole::Root),
            ("a/pom.xml", ProjectRole::Member),
            ("b/other.xml", ProjectRole::Member),
            ("bom/pom.xml", ProjectRole::Nested),
        ]
    );
    assert_eq!(
        told(&facts),
        [
            "c/build.gradle: build.gradle is not read",
            "pom.xml: line 4: the module `gone` is not in the tree",
            "a/pom.xml: line 8: the property `no.where` is not defined in the tree",
            "a/pom.xml: 1 requirements have no version",
        ]
    );
}

#[test]
fn a_parent_outside_of_the_tree_is_named() {
    let pom = [
        "<project><parent><groupId>org.springframework.boot</groupId><artifactId>starter</artifactId><version>3.2.0</version></parent>",
        "<artifactId>a</artifactId><properties><java.version>21</java.version></properties><dependencies>",
        &needs("o", "x", ""),
        "</dependencies></project>",
    ]
    .concat();
    // The file above has other coordinates, so it is not the parent.
    let above = "<project><groupId>g</groupId><artifactId>top</artifactId><properties><java.version>8</java.version></properties></project>";
    let facts = read(&[("a/pom.xml", &pom), ("pom.xml", above)]);
    let child = project(&facts, "a");
    assert_eq!(
        child.facts.name.as_deref(),
        Some("org.springframework.boot:a")
    );
    assert_eq!(child.runtimes.get("java").map(String::as_str), Some("21"));
    assert_eq!(
        told(&facts),
        [
            "a/pom.xml: 1 requirements have no version here; it comes from outside the tree: org.springframework.boot:starter:3.2.0"
        ]
    );
}

#[test]
fn circles_end() {
    let circle = |own: &str, other: &str| {
        format!(
            "<project><parent><groupId>g</groupId><artifactId>{other}</artifactId><relativePath>../{other}</relativePath></parent>\
             <groupId>g</groupId><artifactId>{own}</artifactId><modules><module>../{other}</module><module>.</module></modules>\
             <properties><a>${{b}}</a><b>${{a}}</b></properties><dependencyManagement><dependencies>{}</dependencies>\
             </dependencyManagement><dependencies>{}{}</dependencies></project>",
            needs("g", other, "<type>pom</type><scope>import</scope>"),
            needs("o", "x", "<version>${a}</version>"),
            needs("o", "y", ""),
        )
    };
    let facts = read(&[
        ("a/pom.xml", &circle("a", "b")),
        ("b/pom.xml", &circle("b", "a")),
    ]);
    let specifiers: Vec<&str> = facts.projects[0]
        .dependencies
        .iter()
        .map(|dependency| dependency.specifier.as_str())
        .collect();
    assert_eq!(specifiers, ["${a}", ""]);
    assert!(
        facts
            .projects
            .iter()
            .all(|project| project.role == ProjectRole::Member)
    );
}

#[test]
fn towers_of_properties_and_imports_are_bounded() {
    let mut properties = String::from("<p0></p0><q0>ha</q0>");
    for level in 1..40 {
        let before = level - 1;
        let many = format!("${{p{before}}}").repeat(10);
        properties.push_str(&format!("<p{level}>{many}</p{level}>"));
        let many = format!("${{q{before}}}").repeat(10);
        properties.push_str(&format!("<q{level}>{many}</q{level}>"));
    }
    let import = needs("g", "a", "<type>pom</type><scope>import</scope>").repeat(100);
    let pom = format!(
        "<project><groupId>g</groupId><artifactId>a</artifactId><properties>{properties}</properties>\
         <dependencyManagement><dependencies>{import}</dependencies></dependencyManagement><dependencies>{}{}{}</dependencies></project>",
        needs("o", "q", "<version>${q12}</version>"),
        needs("o", "p", "<version>${p12}</version>"),
        needs("o", "none", ""),
    );
    let facts = read(&[("pom.xml", &pom)]);
    let dependencies = &project(&facts, "").dependencies;
    assert_eq!(dependencies.len(), 3);
    assert!(
        dependencies
            .iter()
            .all(|dependency| dependency.specifier.len() <= 4_096)
    );
    assert!(
        told(&facts)
            .iter()
            .any(|problem| problem.contains("too many steps"))
    );
}

#[test]
fn what_many_children_inherit_is_bounded() {
    let many: String = (0..300)
        .map(|number| needs("o", &format!("a{number}"), "<version>1</version>"))
        .collect();
    let parent = format!(
        "<project><groupId>g</groupId><artifactId>top</artifactId><version>1</version><dependencies>{many}</dependencies></project>"
    );
    let child = "<project><parent><groupId>g</groupId><artifactId>top</artifactId><version>1</version></parent><artifactId>c</artifactId></project>";
    let paths: Vec<String> = (0..10).map(|number| format!("c{number}/pom.xml")).collect();
    let mut files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), child)).collect();
    files.push(("pom.xml", &parent));
    let facts = read(&files);
    let kept: usize = facts
        .projects
        .iter()
        .map(|project| project.dependencies.len())
        .sum();
    assert_eq!(kept, MOST_DEPENDENCIES);
    assert!(
        told(&facts)
            .iter()
            .any(|problem| problem.contains("more requirements than are kept"))
    );
}
