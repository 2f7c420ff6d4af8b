//! What each repository of a call asks for, by family of packages: the part of its manifests that counts when repositories are combined.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use synthesizer_analysis::manifests::{self, inventory::Inventory};
use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    failure::Failure,
    progress::Progress,
    project::Project,
    reference::RepositoryReference,
    resolution::RepositoryRequirements,
    text::escape_untrusted,
    tree::SourceTree,
};
use synthesizer_resolution::package_key;

use crate::{Call, Engine, opening};

/// The manifests of one repository.
pub(crate) struct ReadRepository {
    /// The repository as the user named it.
    pub(crate) name: String,
    pub(crate) tree: Arc<dyn SourceTree>,
    pub(crate) inventory: Inventory,
}

impl Engine {
    /// Opens repositories together and reads their manifests; also says what of these could not be read.
    pub(crate) async fn read_repositories(
        &self,
        call: &Call,
        references: &[RepositoryReference],
    ) -> Result<(Vec<ReadRepository>, Vec<String>), Failure> {
        let base = self.config().paths.working_directory.clone();
        let trees = self
            .open_all(call, &opening::locations(references), &base)
            .await?;
        call.progress.step(75, "reading manifests");
        let mut repositories = Vec::with_capacity(trees.len());
        let mut warnings = Vec::new();
        for (reference, tree) in references.iter().zip(trees) {
            let name = reference.location.to_string();
            let progress = call.blocking_progress();
            let read =
                opening::compute_until_cancelled(call, move || read(name, tree, progress.as_ref()))
                    .await?;
            let shown = escape_untrusted(&read.name);
            let problems = &read.inventory.problems;
            warnings.extend(
                problems
                    .iter()
                    .map(|problem| format!("{shown}: {}: {}", problem.path, problem.what)),
            );
            repositories.push(read);
        }
        Ok((repositories, warnings))
    }
}

fn read(
    name: String,
    tree: Arc<dyn SourceTree>,
    progress: &dyn Progress,
) -> Result<ReadRepository, Failure> {
    let inventory = manifests::inventory::read(tree.as_ref(), progress)?;
    Ok(ReadRepository {
        name,
        tree,
        inventory,
    })
}

impl ReadRepository {
    /// Gives the families of its own packages with what they ask for together.
    ///
    /// What one package of the repository asks of another is left out: the repository brings it along.
    pub(crate) fn requirements(&self) -> BTreeMap<Ecosystem, RepositoryRequirements> {
        let mut families: BTreeMap<Ecosystem, RepositoryRequirements> = BTreeMap::new();
        for project in self.inventory.own() {
            let family =
                families
                    .entry(project.ecosystem)
                    .or_insert_with(|| RepositoryRequirements {
                        repository: self.name.clone(),
                        slug: self.tree.origin().slug.clone(),
                        ..RepositoryRequirements::default()
                    });
            let runtimes = manifests::runtimes::of(project, self.tree.as_ref());
            if project.ecosystem == Ecosystem::Python {
                family.requires_python = joined(
                    family.requires_python.take(),
                    project.runtimes.get("python"),
                );
            }
            family.runtimes.extend(runtimes);
            let wanted = project.dependencies.iter().filter(|known| counts(known));
            family.requirements.extend(wanted.cloned());
        }
        for (ecosystem, family) in &mut families {
            let own = self.own_packages(*ecosystem);
            let mut seen: HashSet<(String, u32, String, Option<String>)> = HashSet::new();
            family.requirements.retain(|known| {
                // What a parent's manifest asks for is listed with each of its children.
                let place = (
                    known.manifest.clone(),
                    known.line,
                    known.requirement(),
                    known.group.clone(),
                );
                !own.contains(&package_key(known)) && seen.insert(place)
            });
        }
        families
    }

    fn own_packages(&self, ecosystem: Ecosystem) -> HashSet<String> {
        let of_family = |project: &&Project| project.ecosystem == ecosystem;
        self.inventory
            .own()
            .filter(of_family)
            .filter_map(|project| project.facts.name.as_deref())
            .map(|name| package_key(&Dependency::new(ecosystem, name, "", 0)))
            .collect()
    }
}

/// Says whether a requirement counts when the repository is used by others: not what only its development needs.
fn counts(dependency: &Dependency) -> bool {
    let group = dependency.group.as_deref();
    match dependency.ecosystem {
        Ecosystem::Python | Ecosystem::Go | Ecosystem::Maven => group.is_none(),
        // A lock of Cargo holds what features turn on, and what build scripts need.
        Ecosystem::Cargo => group != Some("dev"),
        Ecosystem::Npm => matches!(group, None | Some("optional" | "peer")),
    }
}

/// Joins two version specifiers that both have to hold.
fn joined(known: Option<String>, further: Option<&String>) -> Option<String> {
    match (known, further) {
        (Some(known), Some(further)) if known != *further => Some(format!("{known},{further}")),
        (Some(known), _) => Some(known),
        (None, further) => further.cloned(),
    }
}

#[cfg(test)]
mod tests {
    use synthesizer_analysis::memory_tree::MemoryTree;
    use synthesizer_model::progress::Unwatched;

    use super::*;

    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let owned = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
        let tree: Arc<dyn SourceTree> = Arc::new(MemoryTree::of_files(owned));
        let repository = read("./a".to_owned(), tree, &Unwatched).expect("read");
        let found: Vec<String> = repository
            .requirements()
            .into_iter()
            .flat_map(|(ecosystem, family)| {
                let python = family.requires_python.unwrap_or_default();
                let place = |known: Dependency| {
                    format!(
                        "{ecosystem} {python} {}:{} {} {}",
                        known.manifest,
                        known.line,
                        known.name,
                        known.group.unwrap_or_default()
                    )
                };
                family
                    .requirements
                    .into_iter()
                    .map(place)
                    .collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_others_need_counts_and_own_packages_do_not() {
        check(
            &[
                (
                    "pyproject.toml",
                    "[project]\nname = \"a\"\nversion = \"1\"\nrequires-python = \">=3.9\"\ndependencies = [\"click>=8\"]\n[project.optional-dependencies]\nx = [\"six\"]\n",
                ),
                (
                    "package.json",
                    "{\"name\": \"a\",\n\"dependencies\": {\"ms\": \"^2\"},\n\"devDependencies\": {\"vite\": \"1\"},\n\"peerDependencies\": {\"react\": \"^18\"}}",
                ),
            ],
            &[
                "python >=3.9 pyproject.toml:5 click ",
                "npm  package.json:2 ms ",
                "npm  package.json:4 react peer",
            ],
        );
        check(
            &[
                ("Cargo.toml", "[workspace]\nmembers = [\"x\", \"y\"]\n"),
                (
                    "x/Cargo.toml",
                    "[package]\nname = \"x\"\nversion = \"1.0.0\"\n[dependencies]\ny = { path = \"../y\", version = \"1\" }\nlibc = \"0.2\"\n[dev-dependencies]\nserde = \"1\"\n",
                ),
                (
                    "y/Cargo.toml",
                    "[package]\nname = \"y\"\nversion = \"1.0.0\"\n[build-dependencies]\ncc = \"1\"\n",
                ),
            ],
            &[
                "cargo  x/Cargo.toml:6 libc ",
                "cargo  y/Cargo.toml:5 cc build",
            ],
        );
    }
}
