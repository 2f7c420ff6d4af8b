//! The input of the plan: what was taken and needed, as the synthesis wants it. Pure; runs on a thread that computes.

use std::sync::Arc;

use synthesizer_model::{
    component::NeededDistribution,
    failure::Failure,
    finding::{Finding, Severity},
    synthesis::{Solved, SynthesisRequest},
};
use synthesizer_synthesis::{
    ProjectName, SourceInput, SourceRecord, Synthesis, SynthesisInput, templates::Template,
};

use super::{needs::Needs, taking::Taken};
use crate::synthesis::readme::SourceFacts;

/// What planning needs, moved to a thread that computes.
pub(crate) struct PlanInput {
    pub(crate) request: SynthesisRequest,
    pub(crate) template: Arc<Template>,
    pub(crate) name: ProjectName,
    pub(crate) taken: Vec<Taken>,
    pub(crate) needs: Vec<Needs>,
    pub(crate) solved: Solved,
}

impl PlanInput {
    /// Gives the plan and the Python versions that it is for.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a request that cannot be met as it is.
    pub(crate) fn plan(self) -> Result<(Synthesis, String), Failure> {
        let mut findings: Vec<Finding> = self
            .solved
            .notes
            .iter()
            .map(|note| Finding::new(Severity::Warning, "resolution", note))
            .collect();
        let mut sources = Vec::new();
        for (taken, needs) in self.taken.into_iter().zip(self.needs) {
            findings.extend(needs.findings);
            let mut source = source_input(taken, needs.distributions);
            source.tests.needed = needs.of_tests;
            sources.push(source);
        }
        let input = SynthesisInput {
            request: &self.request,
            template: &self.template,
            project_name: self.name,
            sources,
            requires_python: self.solved.runtime,
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
    let record = SourceRecord {
        id: taken.id,
        distribution: project.name.clone().zip(version),
        marks_changes: license
            .as_deref()
            .is_some_and(synthesizer_analysis::licenses::requires_change_notice),
        license,
        origin: taken.origin,
        destination: taken.destination,
        texts: taken.texts,
    };
    let scripts = taken.read.manifests.project.entry_points;
    SourceInput {
        record,
        original_packages: taken.read.python.graph.primary_top_levels(),
        closure: taken.closure,
        files: taken.files,
        python: taken.python,
        needed,
        components: taken.components,
        linked_modules: taken.linked_modules,
        scripts,
        doctest_imports: taken.doctest_imports,
        tests: taken.tests,
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
