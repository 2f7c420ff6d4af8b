//! The input of the plan: what was taken and needed, as the synthesis wants it. Pure; runs on a thread that computes.

use std::path::Path;

use synthesizer_model::{
    component::NeededDistribution,
    failure::Failure,
    finding::{Finding, Severity},
    reference::Location,
    resolution::Resolution,
    synthesis::{RequestedRepository, SynthesisRequest},
    tree::Origin,
};
use synthesizer_synthesis::{ProjectName, SourceInput, Synthesis, SynthesisInput};

use super::{needs::Needs, readme::SourceFacts, taking::Taken};

/// What planning needs, moved to a thread that computes.
pub(crate) struct PlanInput {
    pub(crate) request: SynthesisRequest,
    pub(crate) name: ProjectName,
    pub(crate) taken: Vec<Taken>,
    pub(crate) needs: Vec<Needs>,
    pub(crate) solved: Resolution,
}

impl PlanInput {
    /// Gives the plan and the Python versions that it is for.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a request that cannot be met as it is.
    pub(crate) fn plan(self) -> Result<(Synthesis, String), Failure> {
        let mut findings: Vec<Finding> = self
            .solved
            .warnings
            .iter()
            .map(|warning| Finding::new(Severity::Warning, "resolution", warning))
            .collect();
        let mut sources = Vec::new();
        for (taken, needs) in self.taken.into_iter().zip(self.needs) {
            findings.extend(needs.findings);
            sources.push(source_input(taken, needs.distributions));
        }
        let input = SynthesisInput {
            request: &self.request,
            project_name: self.name,
            sources,
            requires_python: self.solved.requires_python.unwrap_or_default(),
            findings,
        };
        let synthesis = synthesizer_synthesis::plan(&input)?;
        Ok((synthesis, input.requires_python))
    }
}

fn source_input(taken: Taken, needed: Vec<NeededDistribution>) -> SourceInput {
    let project = &taken.read.manifests.project;
    let version = project
        .version
        .clone()
        .or_else(|| taken.origin.version.clone());
    let license = taken.read.licenses.effective();
    SourceInput {
        distribution: project.name.clone().zip(version),
        marks_changes: license
            .as_deref()
            .is_some_and(synthesizer_analysis::licenses::requires_change_notice),
        license,
        original_packages: taken.read.python.graph.primary_top_levels(),
        id: taken.id,
        origin: taken.origin,
        destination: taken.destination,
        closure: taken.closure,
        files: taken.files,
        texts: taken.texts,
        needed,
        components: taken.components,
        linked_modules: taken.linked_modules,
    }
}

/// Keeps what the README needs of a source.
pub(crate) fn source_facts(taken: &Taken) -> SourceFacts {
    SourceFacts {
        id: taken.id.clone(),
        version: taken
            .origin
            .version
            .clone()
            .or_else(|| taken.read.manifests.project.version.clone()),
        components: taken.components.len(),
    }
}

/// The request with equal repositories merged, one for each source.
pub(crate) fn merged_request(
    request: &SynthesisRequest,
    repositories: &[RequestedRepository],
) -> SynthesisRequest {
    SynthesisRequest {
        repositories: repositories.to_vec(),
        ..request.clone()
    }
}

/// Makes the origin of a local folder relative to the new project, so that no absolute path enters it.
pub(crate) fn portable_origin(
    origin: &Origin,
    location: &Location,
    base: &Path,
    output: &Path,
) -> Origin {
    let Location::Local(written) = location else {
        return origin.clone();
    };
    let source = base.join(written);
    let source = source.canonicalize().unwrap_or(source);
    Origin {
        url: relative(&source, output),
        ..origin.clone()
    }
}

/// Writes a path relative to a folder, with at least one `../`.
fn relative(path: &Path, folder: &Path) -> String {
    let common = path
        .components()
        .zip(folder.components())
        .take_while(|(left, right)| left == right)
        .count();
    let ups = folder.components().count() - common;
    let mut parts: Vec<String> = vec!["..".to_owned(); ups.max(1)];
    if ups == 0 {
        parts = vec![".".to_owned()];
    }
    parts.extend(
        path.components()
            .skip(common)
            .map(|part| part.as_os_str().to_string_lossy().into_owned()),
    );
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_sources_are_named_relative_to_the_project() {
        let check = |path: &str, folder: &str, expected: &str| {
            assert_eq!(relative(Path::new(path), Path::new(folder)), expected);
        };
        check("/a/click", "/a/toolbox", "../click");
        check("/a/click", "/b/x/toolbox", "../../../a/click");
        check("/a", "/a/toolbox", "..");
        check("/a/toolbox/x", "/a/toolbox", "./x");
    }
}
