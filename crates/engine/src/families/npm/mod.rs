//! JavaScript and TypeScript: whole packages and modules, solved and locked by `npm`.

mod needs;
mod taking;

use std::collections::BTreeMap;

use futures_util::{FutureExt as _, future::BoxFuture};
use synthesizer_infrastructure::{config::Tool, project::Scratch};
use synthesizer_model::{
    dependency::Ecosystem,
    failure::Failure,
    finding::{Finding, Severity},
    resolution::{Resolution, ResolutionStatus, ResolvedPackage},
    synthesis::{LockedResolution, Solved},
    tree::sha256_hex,
    verification::{Check, Level},
};
use synthesizer_resolution::{Effort, LockProblem};
use synthesizer_synthesis::{
    ProjectName, SourceRecord, Synthesis,
    families::npm::{NpmInput, NpmSource},
    templates::Template,
};

use super::{Answer, Family, Locked, Planned, Preparation, Prepared};
use crate::{
    Call, Engine, opening,
    synthesis::readme::SourceFacts,
    verification::{self, Subject},
};

use self::taking::Taken;

/// The family.
pub(super) struct Npm;

impl Family for Npm {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Npm
    }

    fn default_template(&self) -> &'static str {
        "node-typescript"
    }

    fn programs(&self) -> &'static [&'static str] {
        &["npm", "git"]
    }

    fn project_name(&self, name: &str) -> Result<ProjectName, Failure> {
        ProjectName::for_npm(name, synthesizer_analysis::ecmascript_closure::is_builtin)
    }

    fn prepare<'a>(
        &'a self,
        engine: &'a Engine,
        call: &'a Call,
        preparation: Preparation,
    ) -> BoxFuture<'a, Result<Prepared, Failure>> {
        prepare(engine, call, preparation).boxed()
    }

    fn lock<'a>(
        &'a self,
        engine: &'a Engine,
        call: &'a Call,
        synthesis: &'a Synthesis,
    ) -> BoxFuture<'a, Result<Locked, Failure>> {
        lock(engine, call, synthesis).boxed()
    }

    fn locked_packages(&self, _project: &str, lock: &str) -> Result<Vec<ResolvedPackage>, Failure> {
        synthesizer_resolution::locked_npm_packages(lock)
    }

    fn verify<'a>(
        &'a self,
        engine: &'a Engine,
        call: &'a Call,
        subject: Subject,
        level: Level,
    ) -> BoxFuture<'a, Result<Vec<Check>, Failure>> {
        verification::npm::checks(engine, call, subject, level).boxed()
    }
}

async fn prepare(
    engine: &Engine,
    call: &Call,
    preparation: Preparation,
) -> Result<Prepared, Failure> {
    let Preparation {
        request,
        template,
        name,
        opened,
        solved: known,
    } = preparation;
    let progress = call.blocking_progress();
    let taken = opening::compute(move || taking::take_all(opened, progress.as_ref())).await?;
    call.progress.step(40, "resolving dependencies");
    let answer = match known {
        Some(solved) => Answer::Solved(solved),
        None => {
            let solving = solve(engine, call, &taken, &template);
            call.recorded("resolving dependencies", solving).await?
        }
    };
    let solved = match answer {
        Answer::Unsatisfiable(resolution) => return Ok(Prepared::Unsatisfiable(resolution)),
        Answer::Solved(solved) => solved,
    };
    call.progress.step(55, "planning");
    let node = needs::node_range(&taken, &template)?;
    let findings = findings(&solved, request.link);
    let sources: Vec<SourceFacts> = taken.iter().map(source_facts).collect();
    let runtime = node.clone();
    let versions = solved.versions.clone();
    let synthesis = opening::compute(move || {
        let input = NpmInput {
            request: &request,
            template: &template,
            project_name: name,
            sources: taken.into_iter().map(source_input).collect(),
            node,
            solved: versions,
            findings,
        };
        synthesizer_synthesis::families::npm::plan(&input)
    })
    .await?;
    Ok(Prepared::Planned(Box::new(Planned {
        synthesis,
        sources,
        runtime,
        solved,
    })))
}

async fn solve(
    engine: &Engine,
    call: &Call,
    taken: &[Taken],
    template: &Template,
) -> Result<Answer, Failure> {
    let asked = needs::request(taken, template, engine.config().offline)?;
    let resolution = engine
        .solve(call, Ecosystem::Npm, &asked, Effort::Versions)
        .await?;
    if resolution.status == ResolutionStatus::Unsatisfiable {
        return Ok(Answer::Unsatisfiable(Box::new(resolution)));
    }
    let several = needs::without_one_range(taken);
    let mut versions = versions(&resolution);
    versions.retain(|name, _| several.contains(name.as_str()));
    Ok(Answer::Solved(Solved {
        versions,
        notes: resolution.warnings,
        ..Solved::default()
    }))
}

fn findings(solved: &Solved, link: bool) -> Vec<Finding> {
    let mut findings: Vec<Finding> = solved
        .notes
        .iter()
        .map(|note| Finding::new(Severity::Warning, "resolution", note))
        .collect();
    if link {
        findings.push(Finding::new(
            Severity::Info,
            "link",
            "packages of the workspace use each other where their ranges allow it; imports of modules below src stay with the published packages",
        ));
    }
    findings
}

fn versions(solved: &Resolution) -> BTreeMap<String, String> {
    let packages = solved.packages.iter();
    packages
        .map(|package| (package.name.clone(), package.version.clone()))
        .collect()
}

fn source_input(taken: Taken) -> NpmSource {
    let license = taken.licenses.effective();
    let record = SourceRecord {
        distribution: taken.package.clone(),
        marks_changes: license
            .as_deref()
            .is_some_and(synthesizer_analysis::licenses::requires_change_notice),
        license,
        id: taken.id,
        origin: taken.origin,
        destination: taken.destination,
        texts: taken.texts,
    };
    NpmSource {
        record,
        closure: taken.closure,
        files: taken.files,
    }
}

/// Keeps what the README needs of a source.
fn source_facts(taken: &Taken) -> SourceFacts {
    let of_manifest = taken.package.as_ref().map(|(_, version)| version.clone());
    SourceFacts {
        id: taken.id.clone(),
        version: taken.origin.version.clone().or(of_manifest),
        components: taken.closure.components.len(),
    }
}

/// Locks the project's own manifests with `npm`.
async fn lock(engine: &Engine, call: &Call, synthesis: &Synthesis) -> Result<Locked, Failure> {
    let scratch = Scratch::create(&engine.config().paths.cache)?;
    let npm = engine.user_tool(Tool::Npm, "npm", scratch.path())?;
    let manifests = manifests(synthesis)?;
    let offline = engine.config().offline;
    let answer = synthesizer_resolution::lock_npm_project(
        &manifests,
        offline,
        npm.environment(),
        &call.cancellation,
    )
    .await;
    let warning = |text: String| Locked {
        warnings: vec![text],
        ..Locked::default()
    };
    match answer {
        Ok(lock) => Ok(Locked {
            resolution: Some(LockedResolution {
                ecosystem: Ecosystem::Npm.as_str().to_owned(),
                solver: lock.solver,
                lock: lock.lock.name.clone(),
                sha256: sha256_hex(lock.lock.content.as_bytes()),
            }),
            files: vec![(lock.lock.name, lock.lock.content)],
            packages: lock.packages,
            warnings: lock.warnings,
        }),
        Err(LockProblem::Failure(failure)) => Err(failure),
        Err(LockProblem::Unsatisfiable { explanation }) => Ok(warning(format!(
            "the project's requirements could not be locked: {explanation}"
        ))),
        Err(LockProblem::Unknown { reasons, .. }) => Ok(warning(format!(
            "the project was not locked: {}",
            reasons.join("; ")
        ))),
    }
}

/// Gives the manifest of the project and those of its workspace's members.
fn manifests(synthesis: &Synthesis) -> Result<BTreeMap<String, String>, Failure> {
    let own = synthesis
        .manifests
        .get("package.json")
        .ok_or_else(|| Failure::internal("the project has no package.json"))?;
    let document: serde_json::Value = serde_json::from_str(own)
        .map_err(|_| Failure::internal("the project's package.json is no JSON"))?;
    let members = document.get("workspaces").and_then(|list| list.as_array());
    let mut manifests = BTreeMap::from([("package.json".to_owned(), own.clone())]);
    for member in members.into_iter().flatten().filter_map(|one| one.as_str()) {
        let path = format!("{member}/package.json");
        let file = synthesis
            .files
            .iter()
            .find(|file| file.path.as_str() == path)
            .ok_or_else(|| Failure::internal("a member of the workspace has no manifest"))?;
        let text = String::from_utf8_lossy(&file.contents).into_owned();
        manifests.insert(path, text);
    }
    Ok(manifests)
}
