//! The port of all first looks, their list, and the call. Knows no ecosystem's rules.

use synthesizer_model::{
    dependency::Ecosystem,
    resolution::{Conflict, RepositoryRequirements},
};

use super::{cargo, npm, python};

/// The first look of one ecosystem.
pub trait FirstLook: Sync {
    /// Says which.
    fn ecosystem(&self) -> Ecosystem;

    /// Lists what cannot hold together for certain, sorted by package; see [`conflicts`].
    fn conflicts(
        &self,
        repositories: &[RepositoryRequirements],
        python_version: Option<&str>,
    ) -> Vec<Conflict>;
}

/// Every first look; a new one is a file of this folder and a line here.
pub static LOOKS: &[&dyn FirstLook] = &[&python::Python, &cargo::Cargo, &npm::Npm];

/// Lists direct requirements of the repositories that no set of packages can satisfy, sorted by package.
///
/// Each conflict names the requirements that contradict each other and no others. A repository can be in conflict with itself alone. An
/// empty list says nothing: a solver decides. Of a repository the first 5,000 requirements count, as for the solvers; requirements of other
/// ecosystems, direct references and what cannot be read count as any version. `python_version` is the one version to look for, such as
/// `3.12`; other ecosystems ignore it. Empty for an ecosystem without a look.
pub fn conflicts(
    ecosystem: Ecosystem,
    repositories: &[RepositoryRequirements],
    python_version: Option<&str>,
) -> Vec<Conflict> {
    LOOKS
        .iter()
        .find(|look| look.ecosystem() == ecosystem)
        .map(|look| look.conflicts(repositories, python_version))
        .unwrap_or_default()
}
