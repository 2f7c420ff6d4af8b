//! From the input to the planned files: place, normalise, cut, generate. Starts nothing.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use synthesizer_model::{
    ErrorCode, Failure,
    finding::Finding,
    synthesis::{ImportHint, PlannedPackage},
    text::escape_untrusted,
    tree::TreePath,
};

use super::{
    input::{CargoInput, CargoPackage, CargoSource},
    manifest::{External, ManifestInput, Normalised, PlacedPackage, normalise},
    placement::{self, Placed},
    project::{self, OwnDependency, ProjectFacts},
};
use crate::{
    assembly::{Assembly, Moved, Synthesis, Told},
    rewriting::{
        Rewritten, Transform,
        rust::{MovedRust, rewrite},
    },
    templates::{self, Filled, TestedComponent, Values},
};

/// Plans a Rust project.
///
/// # Errors
/// `E_ARGUMENT` for a request that cannot be met as it is (packages of one name or place, an unknown template); `E_PATH` for a path that
/// cannot be placed; `E_INTERNAL` when the input contradicts itself.
pub fn plan(input: &CargoInput<'_>) -> Result<(Synthesis, Option<String>), Failure> {
    let template = input.template;
    let placed = placement::place(input)?;
    let records = input.sources.iter().map(|source| &source.record).collect();
    let mut assembly = Assembly::new(input.request, input.project_name.distribution(), records);
    let mut planning = Planning {
        input,
        placed: &placed,
        moved: Vec::new(),
        findings: Vec::new(),
        external: Vec::new(),
        rust_version: project::later(template.requires_rust()?, Some(project::OLDEST.to_owned())),
    };
    let words: Vec<BTreeSet<&str>> = input.sources.iter().map(words_of).collect();
    for one in &placed {
        planning.move_package(&mut assembly, one, &words[one.source])?;
    }
    let mut components = planning.components();
    let filled = templates::fill(
        template,
        &Values {
            ecosystem: input.request.ecosystem.clone(),
            name: input.project_name.distribution().to_owned(),
            package: input.project_name.package().to_owned(),
            title: description(input),
            components: components.tested(),
            moved: planning.moved.clone(),
        },
    )?;
    for file in &filled.files {
        assembly.add_template_file(file)?;
    }
    components.name(input.project_name.package(), &filled);
    let licenses = assembly.licenses();
    let members: Vec<String> = placed.iter().map(|one| one.folder.clone()).collect();
    let (manifests, of_template) = project::manifests(&ProjectFacts {
        name: input.project_name.distribution(),
        description: &description(input),
        license: licenses.expression.as_deref(),
        rust_version: planning.rust_version.as_deref(),
        members: &members,
        dependencies: &components.dependencies,
        package_manifest: &filled.package_manifest,
        parts: &filled.parts,
    })?;
    for (path, text) in &manifests {
        assembly.add_generated(path, text, "a manifest of the project itself")?;
    }
    planning.findings.extend(of_template);
    let told = Told {
        imports: components.hints,
        packages: packages(&planning.external),
        manifests: vec!["Cargo.toml"],
        findings: planning.findings_of(),
    };
    let rust_version = planning.rust_version.clone();
    let mut synthesis = assembly.finish(licenses, told)?;
    // The solver needs every manifest of the workspace, not only the one at its top.
    for file in &synthesis.files {
        if file.path.file_name() == "Cargo.toml" {
            let text = String::from_utf8_lossy(&file.contents).into_owned();
            synthesis.manifests.insert(file.path.to_string(), text);
        }
    }
    Ok((synthesis, rust_version))
}

struct Planning<'a> {
    input: &'a CargoInput<'a>,
    placed: &'a [Placed],
    moved: Vec<TreePath>,
    findings: Vec<Finding>,
    /// By the id of the source that needs it.
    external: Vec<(String, External)>,
    rust_version: Option<String>,
}

impl Planning<'_> {
    fn package(&self, placed: &Placed) -> (&CargoSource, &CargoPackage) {
        let source = &self.input.sources[placed.source];
        (source, &source.packages[placed.package])
    }

    fn move_package(
        &mut self,
        assembly: &mut Assembly<'_>,
        placed: &Placed,
        words: &BTreeSet<&str>,
    ) -> Result<(), Failure> {
        let normalised = self.normalised(placed, words)?;
        let input = self.input;
        let source = &input.sources[placed.source];
        let package = &source.packages[placed.package];
        let id = source.record.id.clone();
        let findings = normalised
            .findings
            .into_iter()
            .map(|finding| finding.of(&id));
        self.findings.extend(findings);
        let external = normalised.external.into_iter().map(|one| (id.clone(), one));
        self.external.extend(external);
        let known = self.rust_version.take();
        self.rust_version = project::later(known, normalised.rust_version);

        let manifest = Rewritten {
            contents: Bytes::from(normalised.text),
            transforms: BTreeSet::from([Transform::Moved, Transform::ManifestNormalised]),
            findings: Vec::new(),
        };
        let reason = format!("the manifest of {}, {}", package.name, package.reason);
        self.place(
            assembly,
            placed,
            &package.manifest,
            "Cargo.toml",
            reason,
            manifest,
        )?;
        for file in &package.files {
            let contents = read(source, &file.path)?;
            let is_root = file.kept.is_some();
            let header = match &package.part {
                Some(part) if is_root && is_root_file(package, file.place.as_str()) => {
                    part.header.as_str()
                }
                _ => "",
            };
            let rewritten = rewrite(&MovedRust {
                record: &source.record,
                path: &file.path,
                contents,
                edits: &file.edits,
                kept: file.kept.as_deref(),
                header,
            });
            let reason = match &package.part {
                None => format!("{} ({}, {})", file.reason, package.name, package.reason),
                Some(_) => format!("{} of {}", file.reason, package.name),
            };
            self.place(assembly, placed, &file.path, &file.place, reason, rewritten)?;
        }
        Ok(())
    }

    fn place(
        &mut self,
        assembly: &mut Assembly<'_>,
        placed: &Placed,
        origin: &TreePath,
        place: &str,
        reason: String,
        rewritten: Rewritten,
    ) -> Result<(), Failure> {
        let path = format!("{}/{place}", placed.folder);
        let path = TreePath::new(&path).map_err(|refusal| {
            let shown = escape_untrusted(&path);
            Failure::new(
                ErrorCode::Path,
                format!("{shown} cannot be placed: {refusal}"),
            )
        })?;
        let file = read(&self.input.sources[placed.source], origin)?;
        let moved = Moved {
            source: placed.source,
            origin,
            path: &path,
            reason,
            file,
            rewritten,
        };
        assembly.move_file(moved).map_err(|other| {
            Failure::new(
                ErrorCode::Argument,
                format!(
                    "two files would be placed at {path}: {origin} and {}",
                    other.origin
                ),
            )
        })?;
        self.moved.push(path);
        Ok(())
    }

    fn normalised(&self, placed: &Placed, words: &BTreeSet<&str>) -> Result<Normalised, Failure> {
        let (source, package) = self.package(placed);
        let text = text_of(source, &package.manifest)?;
        let workspace = match &package.workspace {
            Some(path) => Some((text_of(source, path)?, path.parent())),
            None => None,
        };
        let files: BTreeSet<&str> = package
            .files
            .iter()
            .map(|file| file.place.as_str())
            .collect();
        let of_source = self.placed.iter().filter(|one| one.source == placed.source);
        let places = of_source
            .map(|one| {
                let package = &source.packages[one.package];
                let place = PlacedPackage {
                    folder: one.folder.clone(),
                    new_name: (one.name != package.name).then(|| one.name.clone()),
                };
                (package.folder.as_str(), place)
            })
            .collect::<BTreeMap<_, _>>();
        Ok(normalise(&ManifestInput {
            text: &text,
            path: package.manifest.as_str(),
            folder: &package.folder,
            workspace: workspace
                .as_ref()
                .map(|(text, folder)| (text.as_str(), *folder)),
            new_folder: &placed.folder,
            new_name: (placed.name != package.name).then_some(placed.name.as_str()),
            files: &files,
            placed: &places,
            library: package.library.as_deref(),
            part: package.part.as_ref().map(|part| &part.names),
            words,
        }))
    }

    fn components(&self) -> Components {
        let mut components = Components::default();
        for (index, source) in self.input.sources.iter().enumerate() {
            for component in &source.components {
                let placed = self
                    .placed
                    .iter()
                    .find(|one| one.source == index && one.package == component.package);
                let Some(placed) = placed else { continue };
                let is_part = source.packages[component.package].part.is_some();
                components.add(placed, component, is_part);
            }
        }
        components
    }

    fn findings_of(&self) -> Vec<Finding> {
        let of_sources = self.input.sources.iter().flat_map(|source| {
            let findings = source.findings.iter().cloned();
            findings.map(|finding| match finding.source {
                Some(_) => finding,
                None => finding.of(&source.record.id),
            })
        });
        let own = self.input.findings.iter().cloned();
        own.chain(of_sources)
            .chain(self.findings.iter().cloned())
            .collect()
    }
}

/// The components under their new names.
#[derive(Default)]
struct Components {
    hints: Vec<ImportHint>,
    /// The packages to depend on, by the names that code has for them.
    dependencies: BTreeMap<String, OwnDependency>,
    /// What each gives: a path below a crate; `None` for what has no library.
    paths: Vec<Option<String>>,
    folders: Vec<String>,
}

impl Components {
    fn add(&mut self, placed: &Placed, component: &super::input::CargoComponent, is_part: bool) {
        let path = placed.library.as_ref().map(|library| {
            // What is private in a whole package stays private.
            let below = if is_part {
                component.path.as_slice()
            } else {
                &[]
            };
            std::iter::once(library.clone())
                .chain(below.iter().cloned())
                .collect::<Vec<_>>()
                .join("::")
        });
        if let Some(library) = &placed.library {
            let dependency = OwnDependency {
                package: placed.name.clone(),
                folder: placed.folder.clone(),
                renamed: is_part,
            };
            self.dependencies.insert(library.clone(), dependency);
        }
        self.paths.push(path);
        self.folders.push(placed.name.clone());
        self.hints.push(ImportHint {
            component: component.text.clone(),
            import_as: String::new(),
            files: component.files,
        });
    }

    /// Gives what the project's own code names, each once; paths that end alike are named by their crates.
    fn tested(&mut self) -> Vec<TestedComponent> {
        let last = |path: &str| path.rsplit("::").next().unwrap_or(path).to_owned();
        let mut count: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for path in self.paths.iter().flatten() {
            count.entry(last(path)).or_default().insert(path.clone());
        }
        let modules: BTreeSet<String> = self
            .paths
            .iter()
            .flatten()
            .map(|path| {
                let is_alone = count.get(&last(path)).is_none_or(|paths| paths.len() == 1);
                if is_alone {
                    path.clone()
                } else {
                    path.split("::").next().unwrap_or(path).to_owned()
                }
            })
            .collect();
        modules
            .into_iter()
            .map(|module| TestedComponent {
                module,
                symbol: None,
            })
            .collect()
    }

    /// Says how each is used: from the project's library where it has one, else from the crate itself.
    fn name(&mut self, package: &str, filled: &Filled) {
        let own = filled.package_manifest.parent();
        let library = if own.is_empty() {
            "src/lib.rs".to_owned()
        } else {
            format!("{own}/src/lib.rs")
        };
        let has_library = filled
            .files
            .iter()
            .any(|file| file.path.as_str() == library);
        let given = self.tested();
        for ((hint, path), name) in self.hints.iter_mut().zip(&self.paths).zip(&self.folders) {
            hint.import_as = match path {
                None => format!("cargo run --package {name}"),
                Some(path) if has_library => {
                    let is_given = given.iter().any(|one| one.module == *path);
                    let shown = if is_given {
                        path.rsplit("::").next().unwrap_or(path)
                    } else {
                        path
                    };
                    format!("use {package}::{shown};")
                }
                Some(path) => format!("use {path};"),
            };
        }
    }
}

/// Says whether a file is the root of a part's library.
fn is_root_file(package: &CargoPackage, place: &str) -> bool {
    // The root is the only file that is cut and whose folder holds all others of the code.
    let cut = package.files.iter().filter(|file| file.kept.is_some());
    let shortest = cut
        .map(|file| file.place.as_str())
        .min_by_key(|place| place.matches('/').count());
    let of_root = package
        .files
        .iter()
        .find(|file| file.reason.ends_with("the root"));
    of_root.map_or(shortest == Some(place), |root| root.place == place)
}

fn read<'s>(
    source: &'s CargoSource,
    path: &TreePath,
) -> Result<&'s crate::source::SourceFile, Failure> {
    source
        .files
        .get(path)
        .ok_or_else(|| Failure::internal(format!("the file {path} was not read")))
}

fn text_of(source: &CargoSource, path: &TreePath) -> Result<String, Failure> {
    let file = read(source, path)?;
    Ok(String::from_utf8_lossy(&file.bytes).into_owned())
}

/// Gives every word of the code and the texts of a source.
fn words_of(source: &CargoSource) -> BTreeSet<&str> {
    let files = source.packages.iter().flat_map(|package| &package.files);
    let texts = files
        .filter(|file| file.place.ends_with(".rs") || file.place.ends_with(".md"))
        .filter_map(|file| std::str::from_utf8(&source.files.get(&file.path)?.bytes).ok());
    texts
        .flat_map(|text| {
            text.split(|character: char| !(character.is_ascii_alphanumeric() || character == '_'))
        })
        .filter(|word| !word.is_empty())
        .collect()
}

fn packages(external: &[(String, External)]) -> Vec<PlannedPackage> {
    let mut packages: BTreeMap<&str, (BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
    let mut needed: BTreeSet<&str> = BTreeSet::new();
    for (source, one) in external {
        let (requirements, sources) = packages.entry(&one.name).or_default();
        requirements.insert(&one.requirement);
        sources.insert(source);
        if !one.development {
            needed.insert(&one.name);
        }
    }
    let owned = |texts: BTreeSet<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<_>>();
    packages
        .into_iter()
        .map(|(name, (requirements, sources))| PlannedPackage {
            name: name.to_owned(),
            requirements: owned(requirements),
            extra: (!needed.contains(name)).then(|| "dev".to_owned()),
            imported_by: owned(sources),
        })
        .collect()
}

/// Gives one sentence on what the project is made of, in plain ASCII without quotes.
fn description(input: &CargoInput<'_>) -> String {
    let titles: Vec<String> = input
        .sources
        .iter()
        .map(|source| {
            let title = source.record.title();
            let plain = |character: &char| {
                character.is_ascii_alphanumeric() || " ._+!-".contains(*character)
            };
            title.chars().filter(plain).collect()
        })
        .collect();
    let list = match titles.as_slice() {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [several @ .., last] => format!("{} and {last}", several.join(", ")),
    };
    format!("Parts of {list}.")
}
