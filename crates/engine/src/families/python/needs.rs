//! Which distributions the taken code needs, and whether they can be had together.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use synthesizer_analysis::{
    needed::{self, Matched, Provided},
    repository,
};
use synthesizer_infrastructure::{
    process::{self, ChildProgram},
    project::Scratch,
};
use synthesizer_model::{
    component::{ExternalImport, Need, NeededDistribution},
    dependency::{Dependency, Ecosystem, normalize_distribution},
    failure::{ErrorCode, Failure},
    finding::{Finding, Severity},
    resolution::{RepositoryRequirements, Resolution, ResolutionRequest, ResolutionStatus},
    synthesis::{PackagesOfTests, Solved, SolvedLookup},
};

use synthesizer_synthesis::templates::Template;

use super::{
    taking::Taken,
    upstream_tests::{needed_by_tests, without_bounds},
};
use crate::{Call, Engine, families::Answer};

/// The needs of one source.
pub(crate) struct Needs {
    pub(crate) distributions: Vec<NeededDistribution>,
    pub(crate) findings: Vec<Finding>,
    /// Distributions that only the tests need.
    pub(crate) of_tests: Vec<NeededDistribution>,
}

/// Gives the imports that need a distribution.
fn imports_of(taken: &Taken) -> Vec<ExternalImport> {
    let imports = taken.closure.external_imports.iter();
    imports
        .filter(|import| !taken.linked_modules.contains_key(&import.module))
        .cloned()
        .collect()
}

/// Finds the distributions of a source's external imports: declared ones first; for the others it looks at what the declared ones bring, as
/// far as that was looked up. Asks nobody.
pub(super) fn needs_of(taken: &Taken, solved: &Solved) -> Needs {
    let lookup = solved.lookups.iter().find(|one| one.source == taken.id);
    let provided = Provided {
        by_import: lookup.map(|one| one.provided.clone()).unwrap_or_default(),
    };
    let matched =
        needed::match_distributions(&imports_of(taken), &taken.read.declared(), &provided);
    let mut findings = Vec::new();
    if let Some(problem) = lookup.and_then(|one| one.problem.as_ref()) {
        let what = format!("could not look into the declared dependencies: {problem}");
        findings.push(Finding::new(Severity::Warning, "lookup-failed", what));
    }
    findings.extend(matched.findings);
    findings.extend(needed::unknown_findings(&matched.unknown));
    let (mut of_tests, about_tests) = needed_by_tests(taken);
    findings.extend(about_tests);
    let about_conflict = match solved.tests {
        _ if of_tests.is_empty() => None,
        PackagesOfTests::AsDeclared => None,
        PackagesOfTests::WithoutBounds => {
            of_tests = without_bounds(&of_tests);
            Some(
                "the packages that the tests need are declared without their source's bounds, which do not fit the project",
            )
        }
        PackagesOfTests::LeftOut => {
            of_tests.clear();
            Some(
                "the packages that the tests need cannot be together with those of the project; they are not declared",
            )
        }
    };
    findings.extend(
        about_conflict
            .map(|what| Finding::new(Severity::Warning, "test-dependencies-conflict", what)),
    );
    Needs {
        distributions: matched.distributions,
        findings: findings
            .into_iter()
            .map(|finding| finding.of(&taken.id))
            .collect(),
        of_tests,
    }
}

impl Engine {
    /// Asks what the plan needs to know of a solver: what the sources' own packages provide, and whether all needs can be had together, those
    /// of tests as far as they do not stand in the way.
    ///
    /// # Errors
    /// Those of the solver.
    pub(super) async fn ask(
        &self,
        call: &Call,
        taken: &[Taken],
        template: &Template,
    ) -> Result<Answer, Failure> {
        let mut solved = Solved::default();
        for source in taken {
            solved.lookups.extend(self.look_up(call, source).await?);
        }
        let ways = [
            PackagesOfTests::AsDeclared,
            PackagesOfTests::WithoutBounds,
            PackagesOfTests::LeftOut,
        ];
        let mut refusal = None;
        for way in ways {
            solved.tests = way;
            let needs: Vec<Needs> = taken.iter().map(|one| needs_of(one, &solved)).collect();
            let resolution = self.solve_needs(call, taken, &needs, template).await?;
            if resolution.status != ResolutionStatus::Unsatisfiable {
                solved.runtime = resolution.requires_python.unwrap_or_default();
                solved.notes = resolution.warnings;
                return Ok(Answer::Solved(solved));
            }
            refusal = Some(resolution);
            if needs.iter().all(|needs| needs.of_tests.is_empty()) {
                break;
            }
        }
        let refusal = refusal.ok_or_else(|| Failure::internal("nothing was asked"))?;
        Ok(Answer::Unsatisfiable(Box::new(refusal)))
    }

    /// Looks into the source's own packages when its code imports what it does not declare.
    async fn look_up(&self, call: &Call, taken: &Taken) -> Result<Option<SolvedLookup>, Failure> {
        let imports = imports_of(taken);
        let declared = &taken.read.declared();
        let matched = needed::match_distributions(&imports, declared, &Provided::default());
        let undeclared = matched
            .distributions
            .iter()
            .any(|distribution| !distribution.declared);
        if !undeclared && matched.unknown.is_empty() {
            return Ok(None);
        }
        let mut lookup = SolvedLookup {
            source: taken.id.clone(),
            ..SolvedLookup::default()
        };
        match self.provided_by_declared(call, taken, &matched).await {
            Ok(provided) => {
                let names: BTreeSet<&str> = imports.iter().map(ExternalImport::top_level).collect();
                lookup.provided = provided.by_import;
                lookup
                    .provided
                    .retain(|name, _| names.contains(name.as_str()));
            }
            Err(failure) if failure.code == ErrorCode::Cancelled => return Err(failure),
            Err(failure) => lookup.problem = Some(failure.message),
        }
        Ok(Some(lookup))
    }

    /// Looks into the source's own resolved dependencies for import names that it does not declare.
    async fn provided_by_declared(
        &self,
        call: &Call,
        taken: &Taken,
        matched: &Matched,
    ) -> Result<Provided, Failure> {
        let requirements: Vec<Dependency> = taken
            .read
            .manifests
            .dependencies
            .iter()
            .filter(|known| repository::is_runtime(known))
            .cloned()
            .collect();
        let mut provided = Provided::default();
        if requirements.is_empty() {
            return Ok(provided);
        }
        let request = ResolutionRequest {
            repositories: vec![RepositoryRequirements {
                repository: taken.repository.clone(),
                slug: taken.id.clone(),
                requires_python: taken.read.manifests.project.requires_python.clone(),
                requirements,
                ..RepositoryRequirements::default()
            }],
            offline: self.config().offline,
            ..ResolutionRequest::default()
        };
        let resolution = self.solve_python(call, &request).await?;
        if resolution.status != ResolutionStatus::Resolved {
            return Err(Failure::new(ErrorCode::Upstream, resolution.explanation));
        }
        for package in &resolution.packages {
            provided
                .by_import
                .insert(package.name.replace('-', "_"), package.name.clone());
        }
        let open = matched.unknown.iter().any(|import| {
            import.need == Need::Required
                && !provided
                    .by_import
                    .contains_key(&import.top_level().to_lowercase())
        });
        if open {
            self.read_records(call, &resolution, &mut provided).await?;
        }
        Ok(provided)
    }

    /// Unpacks the resolved wheels into a scratch folder and reads from their `RECORD` which import names each provides.
    async fn read_records(
        &self,
        call: &Call,
        resolution: &Resolution,
        provided: &mut Provided,
    ) -> Result<(), Failure> {
        let scratch = Scratch::create(&self.config().paths.cache)?;
        let uv = self.uv(scratch.path())?;
        let target = scratch.path().join("wheels");
        let requirements = scratch.path().join("requirements.txt");
        fs::write(
            &requirements,
            resolution.requirements_txt.as_deref().unwrap_or(""),
        )
        .map_err(synthesizer_infrastructure::project::cannot_write_scratch)?;
        let mut child = ChildProgram::new(&uv.program, scratch.path())
            .args([
                "pip",
                "install",
                "--no-deps",
                "--no-build",
                "--quiet",
                "--target",
            ])
            .args([target.as_os_str()])
            .args(["--requirement"])
            .args([requirements.as_os_str()]);
        child.environment = uv.variables.clone();
        child = child
            .env("UV_PYTHON_DOWNLOADS", "never")
            .env("UV_LINK_MODE", "copy");
        child.deadline = uv.deadline;
        let output = process::run(child, &call.cancellation).await?;
        if !output.success() {
            return Err(Failure::new(
                ErrorCode::Upstream,
                "uv could not unpack the declared dependencies",
            ));
        }
        for (import, distribution) in import_names(&target) {
            provided.by_import.entry(import).or_insert(distribution);
        }
        Ok(())
    }

    /// Solves the needs of all sources and of the template together.
    async fn solve_needs(
        &self,
        call: &Call,
        taken: &[Taken],
        needs: &[Needs],
        template: &Template,
    ) -> Result<Resolution, Failure> {
        let of_template = RepositoryRequirements {
            repository: format!("template {}", template.name),
            slug: "template".to_owned(),
            requires_python: Some(template.requires_python()?),
            requirements: template_requirements(template)?,
            ..RepositoryRequirements::default()
        };
        let repositories = taken
            .iter()
            .zip(needs)
            .map(|(source, needs)| RepositoryRequirements {
                repository: source.repository.clone(),
                slug: source.id.clone(),
                requires_python: source.read.manifests.project.requires_python.clone(),
                requirements: needs
                    .distributions
                    .iter()
                    .filter(|distribution| distribution.need == Need::Required)
                    .flat_map(|distribution| requirements(source, distribution))
                    .collect(),
                ..RepositoryRequirements::default()
            })
            .chain(taken.iter().zip(needs).filter_map(tests_of))
            .chain([of_template])
            .collect();
        let request = ResolutionRequest {
            repositories,
            offline: self.config().offline,
            ..ResolutionRequest::default()
        };
        self.solve_python(call, &request).await
    }
}

/// Asks for what the tests of a source need, if they need anything.
fn tests_of((source, needs): (&Taken, &Needs)) -> Option<RepositoryRequirements> {
    if needs.of_tests.is_empty() {
        return None;
    }
    Some(RepositoryRequirements {
        repository: format!("tests of {}", source.repository),
        slug: format!("{}-tests", source.id),
        requirements: needs
            .of_tests
            .iter()
            .flat_map(|distribution| requirements(source, distribution))
            .chain([test_runner()])
            .collect(),
        ..RepositoryRequirements::default()
    })
}

/// The test runner as every project declares it; plugins have to fit it.
fn test_runner() -> Dependency {
    Dependency {
        specifier: ">=8".to_owned(),
        ..Dependency::new(Ecosystem::Python, "pytest", "template", 0)
    }
}

/// Gives what the template's own files need to run.
fn template_requirements(template: &Template) -> Result<Vec<Dependency>, Failure> {
    let needed = template.dependencies(Ecosystem::Python)?.into_iter();
    Ok(needed
        .filter(|dependency| !dependency.development)
        .map(|dependency| {
            let mut declared =
                Dependency::new(Ecosystem::Python, dependency.name, "template.toml", 0);
            declared.specifier = dependency.requirement;
            declared.extras = dependency.features;
            declared
        })
        .collect())
}

/// Gives the declarations that a needed distribution stands for, with their places.
fn requirements(source: &Taken, distribution: &NeededDistribution) -> Vec<Dependency> {
    let declared: Vec<Dependency> = source
        .read
        .manifests
        .dependencies
        .iter()
        .filter(|known| normalize_distribution(&known.name) == distribution.name)
        .filter(|known| distribution.requirements.contains(&known.requirement()))
        .cloned()
        .collect();
    if !declared.is_empty() {
        return declared;
    }
    vec![Dependency::new(
        Ecosystem::Python,
        &distribution.name,
        "imports",
        0,
    )]
}

/// Reads the top-level import names of every distribution that was unpacked into a folder.
fn import_names(target: &Path) -> Vec<(String, String)> {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let Ok(entries) = fs::read_dir(target) else {
        return Vec::new();
    };
    let mut folders: Vec<_> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .collect();
    folders.sort();
    for folder in folders {
        let Some(name) = folder.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let Some(stem) = name.strip_suffix(".dist-info") else {
            continue;
        };
        let distribution = normalize_distribution(stem.split('-').next().unwrap_or(stem));
        let Ok(record) = fs::read_to_string(folder.join("RECORD")) else {
            continue;
        };
        for line in record.lines() {
            let path = line.split(',').next().unwrap_or("");
            let top = path.split('/').next().unwrap_or(path);
            let module = if path.contains('/') {
                top
            } else {
                top.split('.').next().unwrap_or(top)
            };
            let importable = !module.is_empty()
                && !module.ends_with(".dist-info")
                && !module.ends_with(".data")
                && module
                    .chars()
                    .all(|character| character.is_alphanumeric() || character == '_');
            if importable {
                names
                    .entry(module.to_owned())
                    .or_insert_with(|| distribution.clone());
            }
        }
    }
    names.into_iter().collect()
}
