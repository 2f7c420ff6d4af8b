//! The facts of a new project's README. No prose: that is the documentation's.

use synthesizer_documentation::{
    FamilyFacts, ReadmeComponent, ReadmeFacts, ReadmeFolder, ReadmeSource, TemplatePackage,
};
use synthesizer_model::{
    dependency::Ecosystem,
    synthesis::{ImportHint, LockedFile, SynthesisRequest},
};
use synthesizer_synthesis::{Synthesis, templates::Template};

/// What is known of a source besides what the lock has.
#[derive(Debug, Clone)]
pub(crate) struct SourceFacts {
    /// The source's id.
    pub(crate) id: String,
    /// Its version.
    pub(crate) version: Option<String>,
    /// The components as they were asked for, in the order of the plan's import hints.
    pub(crate) components: usize,
}

/// Writes the README of a plan.
pub(crate) fn write(
    synthesis: &Synthesis,
    request: &SynthesisRequest,
    template: &Template,
    sources: &[SourceFacts],
    runtime: &str,
) -> String {
    let owners = sources
        .iter()
        .flat_map(|source| std::iter::repeat_n(source, source.components));
    let components = synthesis
        .imports
        .iter()
        .zip(owners)
        .map(|(hint, source)| component(hint, source))
        .collect();
    let sources = sources
        .iter()
        .filter_map(|facts| {
            let locked = synthesis
                .sources
                .iter()
                .find(|locked| locked.id == facts.id)?;
            Some(ReadmeSource {
                id: locked.id.clone(),
                url: locked.url.clone(),
                version: facts.version.clone(),
                revision: locked.revision.clone(),
                license: locked.license.clone(),
            })
        })
        .collect();
    synthesizer_documentation::readme(&ReadmeFacts {
        name: request.name.clone(),
        template: request.template.clone(),
        components,
        sources,
        folders: folders(synthesis),
        packages: &synthesis.packages,
        template_packages: of_template(request, template),
        findings: &synthesis.findings,
        family: FamilyFacts::of(&request.ecosystem),
        requires_python: runtime.to_owned(),
        tests: true,
        commands: commands(synthesis, request, template),
    })
}

fn of_template(request: &SynthesisRequest, template: &Template) -> Vec<TemplatePackage> {
    let ecosystems = [Ecosystem::Python, Ecosystem::Cargo, Ecosystem::Npm];
    let ecosystem = ecosystems
        .into_iter()
        .find(|known| known.as_str() == request.ecosystem);
    let named = ecosystem.and_then(|ecosystem| template.dependencies(ecosystem).ok());
    let named = named.unwrap_or_default().into_iter();
    named
        .map(|one| TemplatePackage {
            name: one.name,
            requirement: one.requirement,
            development: one.development,
        })
        .collect()
}

fn folders(synthesis: &Synthesis) -> Vec<ReadmeFolder> {
    let moves = synthesis.plan.moves.iter();
    moves
        .map(|one| ReadmeFolder {
            path: one.to.clone(),
            source: one.source.clone(),
            from: one.from.clone(),
            files: one.files,
        })
        .collect()
}

/// Gives the command lines of the project's template, which its workflow runs too; and what runs the tests that came along, where the
/// template tests nothing itself.
fn commands(synthesis: &Synthesis, request: &SynthesisRequest, template: &Template) -> Vec<String> {
    let commands = template
        .commands(&request.ecosystem, &request.name)
        .unwrap_or_default();
    let is_tested = commands.iter().any(|command| command.name == "test");
    let mut lines: Vec<String> = commands.into_iter().map(|command| command.run).collect();
    let of_sources =
        |file: &LockedFile| file.source != "generated" && file.path.starts_with("tests/");
    if !is_tested && synthesis.locked_files.iter().any(of_sources) {
        // Python's runner is declared whatever the template; npm's tests have runners of their own.
        let usual = FamilyFacts::of(&request.ecosystem).commands.last();
        let runs = request.ecosystem != Ecosystem::Npm.as_str();
        lines.extend(usual.filter(|_| runs).map(|line| (*line).to_owned()));
    }
    lines
}

fn component(hint: &ImportHint, source: &SourceFacts) -> ReadmeComponent {
    ReadmeComponent {
        name: hint.component.clone(),
        source: source.id.clone(),
        import_as: hint.import_as.clone(),
        files: hint.files,
    }
}
