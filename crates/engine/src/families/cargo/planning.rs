//! The input of the plan: what was taken, as the synthesis wants it. Pure; runs on a thread that computes.

use synthesizer_analysis::{
    crate_closure::{CrateFile, TakenCrate},
    licenses,
};
use synthesizer_model::{
    failure::Failure,
    finding::{Finding, Severity},
    synthesis::SynthesisRequest,
};
use synthesizer_synthesis::{
    ProjectName, SourceRecord, Synthesis,
    families::cargo::{
        self, CargoComponent, CargoInput, CargoPackage, CargoSource, PackageFile, PackagePart,
    },
    templates::Template,
};

use super::taking::Taken;
use crate::synthesis::readme::SourceFacts;

/// Gives the plan, and the oldest Rust that builds it as far as is known.
///
/// # Errors
/// `E_ARGUMENT`, `E_PATH` for a request that cannot be met as it is.
pub(super) fn plan(
    request: &SynthesisRequest,
    template: &Template,
    project_name: ProjectName,
    taken: Vec<Taken>,
    notes: &[String],
) -> Result<(Synthesis, Option<String>), Failure> {
    let findings = notes
        .iter()
        .map(|note| Finding::new(Severity::Info, "resolution", note))
        .collect();
    cargo::plan(&CargoInput {
        request,
        template,
        project_name,
        sources: taken.into_iter().map(source).collect(),
        findings,
    })
}

fn source(taken: Taken) -> CargoSource {
    let version = version_of(&taken);
    let first = main_package(&taken);
    let name = first.map(|first| first.name.clone());
    let license = taken.licenses.effective();
    let record = SourceRecord {
        id: taken.id,
        distribution: name.zip(version),
        marks_changes: license
            .as_deref()
            .is_some_and(licenses::requires_change_notice),
        license,
        origin: taken.origin,
        destination: taken.destination,
        texts: taken.texts,
    };
    let components = taken
        .closure
        .components
        .into_iter()
        .map(|component| CargoComponent {
            text: component.text,
            package: component.krate,
            path: component.path,
            files: component.files,
        });
    CargoSource {
        record,
        components: components.collect(),
        packages: taken.closure.crates.into_iter().map(package).collect(),
        files: taken.files,
        findings: taken.closure.findings,
    }
}

fn package(taken: TakenCrate) -> CargoPackage {
    CargoPackage {
        reason: taken.reason.to_string(),
        name: taken.name,
        folder: taken.folder,
        manifest: taken.manifest,
        workspace: taken.workspace,
        library: taken.library,
        files: taken.files.into_iter().map(file).collect(),
        part: taken.part.map(|part| PackagePart {
            name: part.name,
            names: part.names,
            header: part.header,
        }),
    }
}

fn file(file: CrateFile) -> PackageFile {
    PackageFile {
        path: file.path,
        place: file.place,
        reason: file.reason,
        edits: file.edits,
        kept: file.kept,
    }
}

/// Gives the package that a source is named after: the one at the top, else the first that was asked for.
fn main_package(taken: &Taken) -> Option<&TakenCrate> {
    let crates = &taken.closure.crates;
    let top = crates.iter().find(|one| one.folder.is_empty());
    let asked = taken.closure.components.first();
    top.or_else(|| asked.and_then(|component| crates.get(component.krate)))
}

fn version_of(taken: &Taken) -> Option<String> {
    let main = main_package(taken).and_then(|main| main.version.clone());
    main.or_else(|| taken.origin.version.clone())
}

/// Keeps what the README needs of a source.
pub(super) fn source_facts(taken: &Taken) -> SourceFacts {
    SourceFacts {
        id: taken.id.clone(),
        version: taken.origin.version.clone().or_else(|| version_of(taken)),
        components: taken.closure.components.len(),
    }
}
