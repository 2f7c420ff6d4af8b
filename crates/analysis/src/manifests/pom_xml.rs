//! `pom.xml` as it is written, with lines: coordinates, parent, properties, requirements, modules, licenses. Fills in no property and looks
//! at no other file.
//! Specification: <https://maven.apache.org/pom.html>, <https://maven.apache.org/xsd/maven-4.0.0.xsd>
//!
//! Map:
//! - `version_range`: ranges of versions as plain comparators
//! - `license_names`: names and addresses of licenses that projects write

mod license_names;
mod version_range;

use std::collections::HashMap;

use super::{
    allowance::{LONGEST_NAME, MOST_ITEMS},
    problem_list::ProblemList,
    xml_tree::{self, Element},
};
pub(super) use license_names::spdx;
pub(super) use version_range::{Versions, plain_comparators};

/// A project's file. Texts may hold properties `${…}`.
#[derive(Debug, Default)]
pub(super) struct Pom {
    pub group: Option<String>,
    pub artifact: Option<String>,
    pub version: Option<String>,
    pub packaging: Option<String>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub parent: Option<Parent>,
    pub properties: HashMap<String, String>,
    pub dependencies: Vec<PomDependency>,
    /// What `dependencyManagement` gives to requirements without a version or scope.
    pub managed: Vec<PomDependency>,
    pub modules: Vec<(String, u32)>,
    pub licenses: Vec<PomLicense>,
    pub profiles: Vec<Profile>,
    pub compiler: Compiler,
}

/// The project whose fields are inherited.
#[derive(Debug, Default)]
pub(super) struct Parent {
    pub group: Option<String>,
    pub artifact: Option<String>,
    pub version: Option<String>,
    /// Where its file is, relative to the folder of this one; empty when it is in a repository only.
    pub relative_path: String,
}

/// One requirement.
#[derive(Debug, Default)]
pub(super) struct PomDependency {
    /// The line of its start tag.
    pub line: u32,
    pub group: Option<String>,
    pub artifact: Option<String>,
    pub version: Option<String>,
    pub kind: Option<String>,
    pub classifier: Option<String>,
    pub scope: Option<String>,
    pub optional: Option<String>,
    pub system_path: Option<String>,
}

/// A license as a project names it.
#[derive(Debug)]
pub(super) struct PomLicense {
    pub name: Option<String>,
    pub url: Option<String>,
}

/// What holds under a condition only.
#[derive(Debug, Default)]
pub(super) struct Profile {
    pub id: String,
    pub properties: HashMap<String, String>,
    pub dependencies: Vec<PomDependency>,
    pub managed: Vec<PomDependency>,
    pub modules: Vec<(String, u32)>,
}

/// The versions of Java that the configuration of the compiler's plugin names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Compiler {
    pub release: Option<String>,
    pub target: Option<String>,
    pub source: Option<String>,
}

/// Reads a file; what is not right in it becomes a problem. `None` when it has no element `project`.
pub(super) fn parse(path: &str, bytes: &[u8], problems: &mut ProblemList) -> Option<Pom> {
    let document = xml_tree::parse(bytes);
    for (line, what) in document.remarks {
        problems.tell_line(path, line, what);
    }
    let Some(root) = document.root.filter(|root| root.name == "project") else {
        problems.tell(path, "has no element `project`");
        return None;
    };
    let mut reader = Reader {
        path,
        problems,
        kept: 0,
    };
    let pom = Pom {
        group: owned(&root, "groupId"),
        artifact: owned(&root, "artifactId"),
        version: owned(&root, "version"),
        packaging: owned(&root, "packaging"),
        name: owned(&root, "name"),
        description: owned(&root, "description"),
        parent: root.child("parent").map(parent),
        properties: reader.properties(&root),
        dependencies: reader.dependencies(Some(&root)),
        managed: reader.dependencies(root.child("dependencyManagement")),
        modules: reader.modules(&root),
        licenses: reader.licenses(&root),
        profiles: reader.profiles(&root),
        compiler: compiler(&root),
    };
    if reader.kept > MOST_ITEMS {
        let what = format!("more than {MOST_ITEMS} entries; the rest is left out");
        reader.problems.tell(path, what);
    }
    if pom.artifact.is_none() {
        reader
            .problems
            .tell_line(path, root.line, "the project has no artifactId");
    }
    Some(pom)
}

fn owned(element: &Element, name: &str) -> Option<String> {
    element.text_of(name).map(str::to_owned)
}

fn parent(element: &Element) -> Parent {
    let relative_path = element.child("relativePath");
    Parent {
        group: owned(element, "groupId"),
        artifact: owned(element, "artifactId"),
        version: owned(element, "version"),
        relative_path: relative_path
            .map_or("../pom.xml", |path| &path.text)
            .to_owned(),
    }
}

/// Gives what the compiler's plugin is configured with, for builds or for those who inherit it.
fn compiler(root: &Element) -> Compiler {
    let Some(build) = root.child("build") else {
        return Compiler::default();
    };
    let managed = build.child("pluginManagement");
    let plugins = [Some(build), managed].into_iter().flatten();
    let mut found = Compiler::default();
    for plugin in plugins.flat_map(|holder| holder.list("plugins", "plugin")) {
        if plugin.text_of("artifactId") != Some("maven-compiler-plugin") {
            continue;
        }
        if let Some(configuration) = plugin.child("configuration") {
            let text = |name| owned(configuration, name);
            found.release = found.release.or_else(|| text("release"));
            found.target = found.target.or_else(|| text("target"));
            found.source = found.source.or_else(|| text("source"));
        }
    }
    found
}

struct Reader<'r> {
    path: &'r str,
    problems: &'r mut ProblemList,
    /// How many entries of lists were kept.
    kept: usize,
}

impl Reader<'_> {
    /// Takes the place of one entry.
    fn admits(&mut self) -> bool {
        self.kept += 1;
        self.kept <= MOST_ITEMS
    }

    fn properties(&mut self, element: &Element) -> HashMap<String, String> {
        let list = element.child("properties");
        let mut properties = HashMap::new();
        for property in list.iter().flat_map(|list| &list.children) {
            if self.admits() && property.name.len() <= LONGEST_NAME {
                properties.insert(property.name.clone(), property.text.clone());
            }
        }
        properties
    }

    fn dependencies(&mut self, holder: Option<&Element>) -> Vec<PomDependency> {
        let mut dependencies = Vec::new();
        let items = holder.into_iter();
        for item in items.flat_map(|holder| holder.list("dependencies", "dependency")) {
            let names = [item.text_of("groupId"), item.text_of("artifactId")];
            if names.contains(&None) {
                let what = "a requirement without a groupId or an artifactId";
                self.problems.tell_line(self.path, item.line, what);
                continue;
            }
            let is_long = |text: &str| text.len() > LONGEST_NAME;
            if names.into_iter().flatten().any(is_long) {
                let what = format!("a requirement's name is longer than {LONGEST_NAME} bytes");
                self.problems.tell_line(self.path, item.line, what);
                continue;
            }
            if self.admits() {
                dependencies.push(dependency(item));
            }
        }
        dependencies
    }

    /// Reads the modules; version 4.1 of the format calls them subprojects.
    fn modules(&mut self, element: &Element) -> Vec<(String, u32)> {
        let lists = [("modules", "module"), ("subprojects", "subproject")];
        let mut modules = Vec::new();
        for (list, name) in lists {
            for module in element.list(list, name) {
                if self.admits() && !module.text.is_empty() {
                    modules.push((module.text.clone(), module.line));
                }
            }
        }
        modules
    }

    fn licenses(&mut self, element: &Element) -> Vec<PomLicense> {
        let mut licenses = Vec::new();
        for license in element.list("licenses", "license") {
            if self.admits() {
                licenses.push(PomLicense {
                    name: owned(license, "name"),
                    url: owned(license, "url"),
                });
            }
        }
        licenses
    }

    fn profiles(&mut self, element: &Element) -> Vec<Profile> {
        let mut profiles = Vec::new();
        for profile in element.list("profiles", "profile") {
            if self.admits() {
                profiles.push(Profile {
                    id: owned(profile, "id").unwrap_or_else(|| "default".to_owned()),
                    properties: self.properties(profile),
                    dependencies: self.dependencies(Some(profile)),
                    managed: self.dependencies(profile.child("dependencyManagement")),
                    modules: self.modules(profile),
                });
            }
        }
        profiles
    }
}

fn dependency(item: &Element) -> PomDependency {
    PomDependency {
        line: item.line,
        group: owned(item, "groupId"),
        artifact: owned(item, "artifactId"),
        version: owned(item, "version"),
        kind: owned(item, "type"),
        classifier: owned(item, "classifier"),
        scope: owned(item, "scope"),
        optional: owned(item, "optional"),
        system_path: owned(item, "systemPath"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> (Option<Pom>, Vec<String>) {
        let mut problems = ProblemList::default();
        let pom = parse("pom.xml", text.as_bytes(), &mut problems);
        let told = problems.texts().into_iter().map(str::to_owned).collect();
        (pom, told)
    }

    #[test]
    fn every_part_that_counts_is_read_with_its_line() {
        let (pom, problems) = read(
            "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n<parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version>\n\
             <relativePath/></parent>\n<artifactId>a</artifactId><packaging>pom</packaging>\n<properties><x.version>2</x.version></properties>\n\
             <dependencies>\n <dependency>\n  <groupId>o</groupId><artifactId>x</artifactId><version>${x.version}</version><scope>test</scope>\n\
             <exclusions><exclusion><groupId>e</groupId></exclusion></exclusions>\n </dependency>\n</dependencies>\n\
             <dependencyManagement><dependencies><dependency><groupId>o</groupId><artifactId>y</artifactId></dependency></dependencies>\n\
             </dependencyManagement><modules><module>m</module></modules>\n\
             <licenses><license><name>MIT</name></license></licenses>\n\
             <profiles><profile><id>jdk</id><modules><module>n</module></modules></profile></profiles>\n\
             <build><pluginManagement><plugins><plugin><artifactId>maven-compiler-plugin</artifactId>\n\
             <configuration><release>17</release></configuration></plugin></plugins></pluginManagement></build></project>",
        );
        assert!(problems.is_empty(), "{problems:?}");
        let pom = pom.expect("a project");
        assert_eq!(
            pom.parent.map(|parent| parent.relative_path),
            Some(String::new())
        );
        assert_eq!(pom.properties["x.version"], "2");
        assert_eq!(pom.dependencies[0].line, 7);
        assert_eq!(pom.dependencies[0].scope.as_deref(), Some("test"));
        assert_eq!(pom.managed[0].artifact.as_deref(), Some("y"));
        assert_eq!(pom.modules, [("m".to_owned(), 13)]);
        assert_eq!(pom.profiles[0].modules, [("n".to_owned(), 15)]);
        assert_eq!(pom.compiler.release.as_deref(), Some("17"));
    }

    #[test]
    fn what_is_wrong_is_a_problem() {
        let (pom, problems) = read("<html/>");
        assert!(pom.is_none());
        assert_eq!(problems, ["has no element `project`"]);
        let (_, problems) =
            read("<project>\n<dependencies>\n<dependency/></dependencies></project>");
        assert_eq!(
            problems,
            [
                "line 3: a requirement without a groupId or an artifactId",
                "line 1: the project has no artifactId",
            ]
        );
        let many = "<dependency><groupId>g</groupId><artifactId>a</artifactId></dependency>"
            .repeat(30_000);
        let (pom, problems) = read(&format!(
            "<project><artifactId>a</artifactId><dependencies>{many}</dependencies></project>"
        ));
        assert_eq!(pom.expect("a project").dependencies.len(), MOST_ITEMS);
        assert_eq!(problems, ["more than 20000 entries; the rest is left out"]);
    }

    proptest! {
        #[test]
        fn any_bytes_end_well(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            parse("pom.xml", &bytes, &mut ProblemList::default());
        }

        #[test]
        fn any_elements_end_well(
            pieces in proptest::collection::vec(
                prop_oneof![
                    Just("<dependencies>"), Just("<dependency>"), Just("<groupId>g</groupId>"), Just("<artifactId>a</artifactId>"),
                    Just("</dependency>"), Just("</dependencies>"), Just("<parent>"), Just("</parent>"), Just("<properties><a/>"),
                    Just("<modules><module>x</module></modules>"), Just("<profiles><profile>"), Just("${a}"), Just("<build><plugins>"),
                ],
                0..16,
            ),
        ) {
            read(&format!("<project>{}", pieces.concat()));
        }
    }
}
