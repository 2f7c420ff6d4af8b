//! The way from the input to the files of a JavaScript project: place, rewrite, generate. Each step is its own module; this one only
//! carries values between them.

use std::collections::BTreeSet;

use bytes::Bytes;
use synthesizer_model::{
    Failure,
    ecmascript::{ModuleKind, TakenPackage},
    finding::{Finding, Severity},
};

use super::{
    components,
    input::{NpmInput, NpmSource},
    manifest::{self, ManifestFacts},
    member_manifest::{self, Siblings},
    packages,
    placement::{self, PlacedFile, Placement},
};
use crate::{
    assembly::{Assembly, Moved, Synthesis, Told},
    rewriting::{Rewritten, Transform, ecmascript},
    templates::{self, Values},
};

/// Makes everything of the new project except what needs a solver or a writer of prose: `package-lock.json`, `README.md` and
/// `synthesis.lock`; [`crate::finish`] adds those.
///
/// # Errors
/// `E_ARGUMENT` for a request that cannot be met as it is (clashing files, names that cannot be, an unknown template); `E_PATH` for
/// a path that cannot be placed; `E_INTERNAL` when the input contradicts itself.
pub fn plan(input: &NpmInput<'_>) -> Result<Synthesis, Failure> {
    let template = input.template;
    let mut findings = Vec::new();
    let declared = packages::merge(input, &mut findings)?;
    let placement = placement::place(input)?;
    let records = input.sources.iter().map(|source| &source.record).collect();
    let mut assembly = Assembly::new(input.request, input.project_name.distribution(), records);
    move_files(&mut assembly, input, &placement)?;
    move_manifests(&mut assembly, input, &placement)?;
    for kind in &placement.kinds {
        let (text, reason) = kind_manifest(kind.kind);
        assembly.add_generated(kind.path.as_str(), text, reason)?;
    }
    let components = components::place_components(input, &placement);
    let description = components::description(input);
    let moved = placement.files.iter().map(|file| file.path.clone());
    let kinds = placement.kinds.iter().map(|kind| kind.path.clone());
    let filled = templates::fill(
        template,
        &Values {
            ecosystem: input.request.ecosystem.clone(),
            name: input.project_name.distribution().to_owned(),
            package: input.project_name.package().to_owned(),
            title: description.clone(),
            components: components::tested_components(&components),
            moved: moved.chain(kinds).collect(),
        },
    )?;
    for file in &filled.files {
        assembly.add_template_file(file)?;
    }
    let licenses = assembly.licenses();
    let own = manifest::write(
        input,
        &declared,
        &ManifestFacts {
            description: &description,
            license: licenses.expression.as_deref(),
            members: placement.members(),
        },
    )?;
    let merged = filled.merge_into(&filled.package_manifest, &own);
    assembly.add_generated("package.json", &merged.text, "the project's manifest")?;
    findings.extend(merged.findings);
    findings.extend(findings_of(input));
    let told = Told {
        imports: components
            .into_iter()
            .map(|component| component.hint)
            .collect(),
        packages: packages::planned(&declared),
        manifests: vec!["package.json"],
        findings,
    };
    assembly.finish(licenses, told)
}

fn move_files(
    assembly: &mut Assembly<'_>,
    input: &NpmInput<'_>,
    placement: &Placement,
) -> Result<(), Failure> {
    let mut previous: Option<&PlacedFile> = None;
    for placed in &placement.files {
        let source = &input.sources[placed.source];
        let file = &source.closure.files[placed.file];
        let contents = source.files.get(&file.path).ok_or_else(|| {
            Failure::internal(format!("the closure's file {} was not read", file.path))
        })?;
        let is_whole = placement.homes[placed.source]
            .get(&file.package)
            .is_some_and(|home| home.whole);
        let rewritten = ecmascript::rewrite(&ecmascript::MovedFile {
            record: &source.record,
            file,
            contents,
            path: &placed.path,
            places: &placement.by_origin[placed.source],
            // The files of a whole package stand to each other as they did.
            stays: is_whole,
        });
        let moved = Moved {
            source: placed.source,
            origin: &file.path,
            path: &placed.path,
            reason: file.reason.to_string(),
            file: contents,
            rewritten,
        };
        assembly
            .move_file(moved)
            .map_err(|_| placement::clash(input, previous.unwrap_or(placed), placed))?;
        previous = Some(placed);
    }
    Ok(())
}

/// Places the manifests of packages that became members of the workspace.
fn move_manifests(
    assembly: &mut Assembly<'_>,
    input: &NpmInput<'_>,
    placement: &Placement,
) -> Result<(), Failure> {
    for (index, source) in input.sources.iter().enumerate() {
        let siblings: Siblings = source
            .closure
            .packages
            .iter()
            .filter(|package| package.whole)
            .map(|package| (package.folder.clone(), package.version.clone()))
            .collect();
        for package in source.closure.packages.iter().filter(|one| one.whole) {
            let origin = placement::manifest_path(&package.folder)?;
            let place = placement.by_origin[index]
                .get(&origin)
                .ok_or_else(|| Failure::internal("a member's manifest has no place"))?;
            let contents = source
                .files
                .get(&origin)
                .ok_or_else(|| Failure::internal("a member's manifest was not read"))?;
            let moved = Moved {
                source: index,
                origin: &origin,
                path: place,
                reason: "the manifest of a member of the workspace".to_owned(),
                file: contents,
                rewritten: manifest_of_member(source, package, &siblings, origin.as_str())?,
            };
            assembly.move_file(moved).map_err(|_| {
                Failure::new(
                    synthesizer_model::ErrorCode::Argument,
                    format!("two packages would be placed at {place}"),
                )
                .with_hint("give one of the repositories a destination of its own")
            })?;
        }
    }
    Ok(())
}

fn manifest_of_member(
    source: &NpmSource,
    package: &TakenPackage,
    siblings: &Siblings,
    path: &str,
) -> Result<Rewritten, Failure> {
    let text = package
        .manifest
        .as_deref()
        .ok_or_else(|| Failure::internal("a member has no manifest"))?;
    let (text, findings) = member_manifest::normalised(text, package, siblings)?;
    Ok(Rewritten {
        contents: Bytes::from(text),
        transforms: BTreeSet::from([Transform::Moved, Transform::ManifestNormalised]),
        findings: findings
            .into_iter()
            .map(|finding| finding.of(&source.record.id).at(path, None))
            .collect(),
    })
}

fn kind_manifest(kind: ModuleKind) -> (&'static str, &'static str) {
    match kind {
        ModuleKind::CommonJs => (
            "{\n  \"private\": true,\n  \"type\": \"commonjs\"\n}\n",
            "makes Node.js read the files below as CommonJS modules, as their package does",
        ),
        ModuleKind::Module => (
            "{\n  \"private\": true,\n  \"type\": \"module\"\n}\n",
            "makes Node.js read the files below as ECMAScript modules, as their package does",
        ),
        ModuleKind::BySyntax => (
            "{\n  \"private\": true\n}\n",
            "leaves the kind of the modules below to their syntax, as their package does",
        ),
    }
}

fn findings_of(input: &NpmInput<'_>) -> Vec<Finding> {
    let closures = input.sources.iter().flat_map(|source| {
        let findings = source.closure.findings.iter().cloned();
        let of_source = findings.map(|finding| match finding.source {
            Some(_) => finding,
            None => finding.of(&source.record.id),
        });
        of_source.chain(built(source))
    });
    input.findings.iter().cloned().chain(closures).collect()
}

/// Says how much of a source is the output of a build.
fn built(source: &NpmSource) -> Option<Finding> {
    let mut files = source.closure.files.iter().filter(|file| file.built);
    let first = files.next()?;
    let count = 1 + files.count();
    let plural = if count == 1 { "" } else { "s" };
    let what = format!(
        "{count} file{plural} of it were written by a build, one for each of the source; they were taken as they are and marked as built"
    );
    Some(
        Finding::new(Severity::Info, "built", what)
            .of(&source.record.id)
            .at(first.path.as_str(), None),
    )
}
