//! The way from the input to the files of a Python project: place, rewrite, generate. Each step is its own module; this one only carries
//! values between them.

use synthesizer_model::{Failure, finding::Finding};

use super::{
    components,
    input::SynthesisInput,
    placement::{self, PlacedFile, Placement},
    pyproject::{self, ManifestFacts},
    scripts, upstream_tests,
};
use crate::{
    assembly::{Assembly, Moved, Synthesis, Told},
    rewriting::python::{self as rewriting, MovedFile, NewNames},
    templates::{self, Values},
};

/// Makes everything of the new project except what needs a solver or a writer of prose: `uv.lock`, `requirements.txt`, `README.md`
/// and `synthesis.lock`; [`crate::finish`] adds those.
///
/// # Errors
/// `E_ARGUMENT` for a request that cannot be met as it is (clashing files, names that cannot be, an unknown template); `E_PATH` for
/// a path that cannot be placed; `E_INTERNAL` when the input contradicts itself.
pub fn plan(input: &SynthesisInput<'_>) -> Result<Synthesis, Failure> {
    let template = input.template;
    let packages = pyproject::merge_packages(input)?;
    let placement = placement::place(input)?;
    let names: Vec<NewNames<'_>> = input
        .sources
        .iter()
        .map(|source| NewNames::of(input, source))
        .collect();

    let records = input.sources.iter().map(|source| &source.record).collect();
    let mut assembly = Assembly::new(input.request, input.project_name.distribution(), records);
    move_files(&mut assembly, input, &placement, &names)?;
    let moved_tests = upstream_tests::move_tests(&mut assembly, input, &names)?;
    for package in &placement.generated {
        assembly.add_generated(package.path.as_str(), "", &package.reason)?;
    }
    let components = components::place_components(input, &names);
    let filled = templates::fill(
        template,
        &Values {
            ecosystem: input.request.ecosystem.clone(),
            name: input.project_name.distribution().to_owned(),
            package: input.project_name.package().to_owned(),
            title: components::description(input),
            components: components::tested_components(&components),
            moved: placement
                .files
                .iter()
                .map(|file| file.path.clone())
                .chain(moved_tests)
                .collect(),
        },
    )?;
    for file in &filled.files {
        assembly.add_template_file(file)?;
    }
    let licenses = assembly.licenses();
    let (scripts, about_scripts) = scripts::scripts(input, &names);
    let facts = ManifestFacts {
        description: &components::description(input),
        license: licenses.expression.as_deref(),
        has_license_texts: !licenses.files.is_empty(),
        scripts: &scripts,
    };
    let pyproject = pyproject::write(input, &packages, &facts);
    let manifest = filled.merge_into(&filled.package_manifest, &pyproject);
    let options = upstream_tests::merge_options(input, &names, &manifest.text);
    assembly.add_merged("pyproject.toml", &options, "the project's manifest")?;
    let told = Told {
        imports: components
            .into_iter()
            .map(|component| component.hint)
            .collect(),
        packages,
        manifests: vec!["pyproject.toml"],
        findings: findings_of(
            input,
            [
                placement.findings,
                manifest.findings,
                options.findings,
                about_scripts,
            ]
            .concat(),
        ),
    };
    assembly.finish(licenses, told)
}

fn move_files(
    assembly: &mut Assembly<'_>,
    input: &SynthesisInput<'_>,
    placement: &Placement,
    names: &[NewNames<'_>],
) -> Result<(), Failure> {
    let mut previous: Option<&PlacedFile> = None;
    for placed in &placement.files {
        let source = &input.sources[placed.source];
        let file = &source.closure.files[placed.file];
        let contents = source.files.get(&file.path).ok_or_else(|| {
            Failure::internal(format!("the closure's file {} was not read", file.path))
        })?;
        let rewritten = rewriting::rewrite(&MovedFile {
            source,
            names: &names[placed.source],
            file,
            contents,
            facts: source.python.get(&file.path),
            package: input.project_name.package(),
            tests: None,
        });
        let moved = Moved {
            source: placed.source,
            origin: &file.path,
            path: &placed.path,
            reason: file.reason.to_string(),
            file: contents,
            rewritten,
        };
        assembly.move_file(moved).map_err(|_| {
            let other = previous.unwrap_or(placed);
            placement::two_files_at_one_path(input, other, placed)
        })?;
        previous = Some(placed);
    }
    Ok(())
}

fn findings_of(input: &SynthesisInput<'_>, own: Vec<Finding>) -> Vec<Finding> {
    let closures = input.sources.iter().flat_map(|source| {
        let findings = source.closure.findings.iter().cloned();
        findings.map(|finding| match finding.source {
            Some(_) => finding,
            None => finding.of(&source.record.id),
        })
    });
    input
        .findings
        .iter()
        .cloned()
        .chain(closures)
        .chain(own)
        .collect()
}

#[cfg(test)]
mod tests;
