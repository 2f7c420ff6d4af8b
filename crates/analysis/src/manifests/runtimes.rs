//! The versions of languages and runtimes that a package asks for, each with the manifest and the line that say so. Values are those of the
//! package's facts; the manifests are read again for the places alone.

use std::collections::HashMap;

use synthesizer_model::{
    dependency::Ecosystem, project::Project, resolution::RuntimeRequirement,
    text::escape_untrusted, tree::SourceTree,
};

use super::{
    allowance::{LONGEST_NAME, cut},
    places::{Place, Texts, in_ini, in_json, in_lines, in_toml, is_text_in_toml},
    tree_reading::{in_folder, name_of},
};

/// How many requirements of one package are told.
const MOST_TOLD: usize = 250;
/// The properties and settings of Maven that name a level of Java.
const JAVA_TAGS: [&str; 8] = [
    "<maven.compiler.release>",
    "<maven.compiler.source>",
    "<maven.compiler.target>",
    "<java.version>",
    "<release>",
    "<source>",
    "<target>",
    "<jdk.version>",
];

/// Gives the versions of languages and runtimes that a package asks for, by the names of [`Project::runtimes`], and the toolchain that its folder
/// or the top of the tree pins for Rust (`rust-toolchain`).
///
/// Lines are counted from 1. Where the place cannot be told, the manifest is the package's first one and the line 0. Reads the manifests of the
/// package and, for what it inherits, that of its workspace; nothing else.
pub fn of(project: &Project, tree: &dyn SourceTree) -> Vec<RuntimeRequirement> {
    let mut all = of_all(std::slice::from_ref(project), tree);
    all.pop().unwrap_or_default()
}

/// Does the same for several packages of one tree, in their order; what they inherit from one place is looked up once.
pub fn of_all(projects: &[Project], tree: &dyn SourceTree) -> Vec<Vec<RuntimeRequirement>> {
    let mut reader = Reader {
        texts: Texts::of(tree),
        inherited: HashMap::new(),
    };
    projects.iter().map(|project| reader.of(project)).collect()
}

fn requirement(runtime: &str, specifier: &str, (manifest, line): Place) -> RuntimeRequirement {
    RuntimeRequirement {
        runtime: runtime.to_owned(),
        specifier: specifier.to_owned(),
        manifest: escape_untrusted(&manifest),
        line,
    }
}

struct Reader<'t> {
    texts: Texts<'t>,
    /// Lines of what workspaces state, by manifest and key.
    inherited: HashMap<(String, String), Option<u32>>,
}

impl Reader<'_> {
    fn of(&mut self, project: &Project) -> Vec<RuntimeRequirement> {
        let mut found: Vec<RuntimeRequirement> = Vec::new();
        for (runtime, specifier) in project.runtimes.iter().take(MOST_TOLD) {
            let place = match project.ecosystem {
                Ecosystem::Python => self.python(project),
                Ecosystem::Cargo => self.cargo(project, runtime),
                Ecosystem::Npm => self.npm(project, runtime),
                Ecosystem::Go => self.go(project, runtime),
                Ecosystem::Maven => self.maven(project, specifier),
            };
            let unknown = || (project.manifests.first().cloned().unwrap_or_default(), 0);
            found.push(requirement(
                runtime,
                specifier,
                place.unwrap_or_else(unknown),
            ));
        }
        if project.ecosystem == Ecosystem::Cargo {
            found.extend(self.toolchain(project));
        }
        found
    }

    /// Finds the first manifest in which a line can be told.
    fn first(
        &mut self,
        project: &Project,
        line: impl Fn(&str, &str) -> Option<u32>,
    ) -> Option<Place> {
        project.manifests.iter().find_map(|manifest| {
            let text = self.texts.read(manifest)?;
            Some((manifest.clone(), line(name_of(manifest), &text)?))
        })
    }

    /// In the order of precedence: what an earlier format states, a later one does not change.
    fn python(&mut self, project: &Project) -> Option<Place> {
        let formats: [fn(&str, &str) -> Option<u32>; 5] = [
            |name, text| {
                let keys: [&[&str]; 4] = [
                    &["project", "requires-python"],
                    &["tool", "poetry", "dependencies", "python"],
                    &["tool", "flit", "metadata", "requires-python"],
                    &["tool", "poetry", "python"],
                ];
                (name == "pyproject.toml")
                    .then(|| in_toml(text, &keys))
                    .flatten()
            },
            |name, text| {
                let states = |line: &str| {
                    let key = line.split(':').next().unwrap_or_default();
                    key.eq_ignore_ascii_case("requires-python")
                };
                // The headers end at the first empty line.
                let headers = text.split("\n\n").next().unwrap_or(text);
                matches!(name, "PKG-INFO" | "METADATA")
                    .then(|| in_lines(headers, states))
                    .flatten()
            },
            |name, text| {
                let states = |line: &str| {
                    let line = line.trim_start();
                    !line.starts_with('#') && line.contains("python_requires")
                };
                (name == "setup.py")
                    .then(|| in_lines(text, states))
                    .flatten()
            },
            |name, text| {
                (name == "setup.cfg")
                    .then(|| in_ini(text, "options", "python_requires"))
                    .flatten()
            },
            |name, text| {
                let keys: [&[&str]; 2] = [
                    &["requires", "python_full_version"],
                    &["requires", "python_version"],
                ];
                (name == "Pipfile").then(|| in_toml(text, &keys)).flatten()
            },
        ];
        formats
            .iter()
            .find_map(|format| self.first(project, format))
    }

    fn cargo(&mut self, project: &Project, runtime: &str) -> Option<Place> {
        let key = if runtime == "rust" {
            "rust-version"
        } else {
            runtime
        };
        let own = in_folder(&project.folder, "Cargo.toml");
        let text = self.texts.read(&own)?;
        let line = in_toml(&text, &[&["package", key]])?;
        if is_text_in_toml(&text, &["package", key]) {
            return Some((own, line));
        }
        // It is inherited; a package can be its own workspace.
        let root = project.workspace.as_deref().unwrap_or(&project.folder);
        let root = in_folder(root, "Cargo.toml");
        let texts = &mut self.texts;
        let inherited = self
            .inherited
            .entry((root.clone(), key.to_owned()))
            .or_insert_with(|| in_toml(&texts.read(&root)?, &[&["workspace", "package", key]]));
        Some((root, (*inherited)?))
    }

    fn toolchain(&mut self, project: &Project) -> Option<RuntimeRequirement> {
        let mut folders = vec![project.folder.as_str()];
        folders.extend(project.workspace.as_deref());
        folders.push("");
        let files = folders.into_iter().flat_map(|folder| {
            ["rust-toolchain.toml", "rust-toolchain"].map(|name| in_folder(folder, name))
        });
        files.into_iter().find_map(|path| {
            let text = self.texts.read(&path)?;
            let (channel, line) = channel(&text)?;
            let channel = escape_untrusted(cut(&channel, LONGEST_NAME));
            Some(requirement(
                "rust-toolchain",
                &channel,
                (path.clone(), line),
            ))
        })
    }

    fn npm(&mut self, project: &Project, runtime: &str) -> Option<Place> {
        let (above, key) = match runtime.split_once('.') {
            Some((above @ ("volta" | "devEngines"), key)) => (above, key),
            _ => ("engines", runtime),
        };
        self.first(project, |name, text| {
            let is_manifest = name == "package.json";
            is_manifest
                .then(|| in_json(text, &[above, key]).or_else(|| in_json(text, &[runtime])))
                .flatten()
        })
    }

    fn go(&mut self, project: &Project, runtime: &str) -> Option<Place> {
        let states = |line: &str| line.split_whitespace().next() == Some(runtime);
        self.first(project, |name, text| {
            matches!(name, "go.mod" | "go.work")
                .then(|| in_lines(text, states))
                .flatten()
        })
    }

    /// The level may come from a property or a parent; a line counts where it has the setting and the value.
    fn maven(&mut self, project: &Project, specifier: &str) -> Option<Place> {
        let states = |line: &str| {
            JAVA_TAGS.iter().any(|tag| {
                let value = line.split_once(tag).map(|(_, value)| value.trim_start());
                value.is_some_and(|value| {
                    value
                        .strip_prefix(specifier)
                        .is_some_and(|rest| rest.trim_start().starts_with('<'))
                })
            })
        };
        self.first(project, |_, text| in_lines(text, states))
    }
}

/// Reads the channel of a toolchain file: TOML, or the old form of one line.
fn channel(text: &str) -> Option<(String, u32)> {
    let document = super::toml_text::Document::parse(text);
    if let Ok(document) = &document
        && let Some((channel, line)) = document.text(&["toolchain", "channel"])
    {
        return Some((channel.trim().to_owned(), line));
    }
    let mut lines = (1_u32..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty());
    let (number, line) = lines.next()?;
    let is_alone = lines.next().is_none();
    let is_channel = !line.contains(['[', '=', '"', ' ']);
    (is_alone && is_channel).then(|| (line.trim().to_owned(), number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{manifests::ecosystems::ECOSYSTEMS, memory_tree::MemoryTree};

    /// Expects `RUNTIME SPECIFIER MANIFEST:LINE` of every package of a tree.
    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let tree = MemoryTree::of_texts(files.iter().copied());
        let mut found = Vec::new();
        for ecosystem in ECOSYSTEMS {
            let entries = tree.entries().iter().map(|entry| &entry.path);
            let relevant: Vec<_> = entries
                .filter(|path| ecosystem.is_relevant(path.as_str()))
                .cloned()
                .collect();
            for project in ecosystem.read(&tree, &relevant).projects {
                let requirements = of(&project, &tree).into_iter();
                found.extend(requirements.map(|one| {
                    format!(
                        "{} {} {}:{}",
                        one.runtime, one.specifier, one.manifest, one.line
                    )
                }));
            }
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn pythons_have_places() {
        let project = "[project]\nname = 'x'\nrequires-python = '>=3.9'\n";
        check(
            &[("pyproject.toml", project)],
            &["python >=3.9 pyproject.toml:3"],
        );
        let poetry = "[tool.poetry]\nname = 'x'\nversion = '1'\n\n[tool.poetry.dependencies]\npython = '^3.9'\n";
        check(
            &[("pyproject.toml", poetry)],
            &["python >=3.9,<4.0 pyproject.toml:6"],
        );
        check(
            &[
                ("setup.py", "from setuptools import setup\nsetup()\n"),
                (
                    "setup.cfg",
                    "[metadata]\nname = x\n[options]\npython_requires = >=3.8\n",
                ),
            ],
            &["python >=3.8 setup.cfg:4"],
        );
        check(
            &[(
                "setup.py",
                "from setuptools import setup\nsetup(\n    name='x',\n    python_requires='>=3.7',\n)\n",
            )],
            &["python >=3.7 setup.py:4"],
        );
        let metadata = "Metadata-Version: 2.1\nName: x\nVersion: 1\nRequires-Python: >=3.6\n\nRequires-Python: no\n";
        check(&[("PKG-INFO", metadata)], &["python >=3.6 PKG-INFO:4"]);
    }

    #[test]
    fn rust_versions_are_inherited_from_their_place() {
        let root = "[workspace]\nmembers = ['a']\n[workspace.package]\nedition = '2024'\nrust-version = '1.85'\n";
        let member = "[package]\nname = 'a'\nversion = '1.0.0'\nedition.workspace = true\nrust-version = { workspace = true }\n";
        check(
            &[
                ("Cargo.toml", root),
                ("a/Cargo.toml", member),
                ("a/src/lib.rs", ""),
                ("rust-toolchain.toml", "[toolchain]\nchannel = '1.85.0'\n"),
            ],
            &[
                "rust-toolchain 1.85.0 rust-toolchain.toml:2",
                "edition 2024 Cargo.toml:4",
                "rust 1.85 Cargo.toml:5",
                "rust-toolchain 1.85.0 rust-toolchain.toml:2",
            ],
        );
        let alone = "[package]\nname = 'a'\nversion = '1.0.0'\nrust-version = '1.70'\n";
        check(
            &[
                ("Cargo.toml", alone),
                ("src/lib.rs", ""),
                ("rust-toolchain", "\nnightly-2026-01-01\n"),
            ],
            &[
                "rust 1.70 Cargo.toml:4",
                "rust-toolchain nightly-2026-01-01 rust-toolchain:2",
            ],
        );
    }

    #[test]
    fn engines_and_levels_have_places() {
        check(
            &[(
                "package.json",
                "{\n  \"name\": \"x\",\n  \"engines\": {\n    \"node\": \">=18\"\n  }\n}\n",
            )],
            &["node >=18 package.json:4"],
        );
        check(
            &[("go.mod", "module example.com/x\n\ngo 1.22\n")],
            &["go 1.22 go.mod:3"],
        );
        let pom = "<project>\n<groupId>g</groupId><artifactId>a</artifactId><version>1</version>\n<properties>\n<maven.compiler.release>17</maven.compiler.release>\n</properties>\n</project>\n";
        check(&[("pom.xml", pom)], &["java 17 pom.xml:4"]);
    }
}
