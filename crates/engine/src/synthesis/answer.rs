//! What a synthesis answers: the result of a plan, of a conflict, of a verification. Makes values only.

use std::collections::BTreeSet;

use synthesizer_documentation::FamilyFacts;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    finding::{Finding, Severity},
    resolution::Resolution,
    synthesis::{ImportHint, PlanSummary, PlannedFile, SynthesisRequest, SynthesisResult},
    tree::TreePath,
    verification::{Level, Outcome, Verification},
};
use synthesizer_synthesis::{OutputFile, templates};

use super::readme::SourceFacts;

/// A project whose files are known.
pub(crate) struct Built {
    pub(crate) files: Vec<OutputFile>,
    pub(crate) plan: PlanSummary,
    pub(crate) imports: Vec<ImportHint>,
    pub(crate) packages: usize,
    pub(crate) warnings: Vec<String>,
}

impl Built {
    /// Makes the result of a project that was planned and not yet placed.
    pub(crate) fn result(&self, id: &str, sources: &[SourceFacts]) -> SynthesisResult {
        let mut warnings = self.warnings.clone();
        let notable = self
            .plan
            .findings
            .iter()
            .filter(|finding| finding.severity >= Severity::Warning);
        warnings.extend(notable.map(sentence));
        SynthesisResult {
            synthesis_id: id.to_owned(),
            plan: self.plan.clone(),
            imports: self.imports.clone(),
            next_steps: self.next_steps(),
            status: "succeeded".to_owned(),
            code: None,
            project_path: None,
            repositories_processed: sources.len(),
            components_extracted: sources.iter().map(|source| source.components).sum(),
            dependencies_merged: self.packages,
            files_created: self.files.len(),
            tree: None,
            verification: None,
            documentation: vec!["README.md".to_owned()],
            warnings,
        }
    }
}

impl Built {
    /// Says what to do with the project: what its template installs and tests it with, or what its family of packages does.
    fn next_steps(&self) -> Vec<String> {
        let request = self
            .files
            .iter()
            .find(|file| file.path.as_str() == "synthesis.toml")
            .and_then(|file| std::str::from_utf8(&file.contents).ok())
            .and_then(|text| toml::from_str::<SynthesisRequest>(text).ok());
        let of_template = request.as_ref().and_then(|request| {
            let template = templates::find(&request.template, &request.ecosystem).ok()?;
            let commands = template.commands(&request.ecosystem, &request.name).ok()?;
            let wanted = |name: &str| matches!(name, "install" | "test");
            let lines = commands.into_iter().filter(|command| wanted(&command.name));
            Some(lines.map(|command| command.run).collect::<Vec<String>>())
        });
        let ecosystem = request.map(|request| request.ecosystem).unwrap_or_default();
        let usual = || {
            let lines = FamilyFacts::of(&ecosystem).commands.iter();
            lines.map(|line| (*line).to_owned()).collect()
        };
        let mut steps = of_template
            .filter(|lines| !lines.is_empty())
            .unwrap_or_else(usual);
        steps.push("read README.md, NOTICE and synthesis.lock".to_owned());
        steps
    }
}

/// Adds the files to the plan that came to the project after it was made.
pub(crate) fn plan_added_files(plan: &mut PlanSummary, files: &[OutputFile]) {
    let planned: BTreeSet<TreePath> = plan.files.iter().map(|file| file.path.clone()).collect();
    for file in files.iter().filter(|file| !planned.contains(&file.path)) {
        let reason = match file.path.as_str() {
            "README.md" => "tells what the project is made of",
            "synthesis.lock" => "records where every file comes from",
            "sbom.cdx.json" => "lists the sources, their files and the packages, for tools",
            "REUSE.toml" => "tells the license of every file, for tools",
            _ => "locks the packages",
        };
        plan.files.push(PlannedFile {
            path: file.path.clone(),
            origin: "generated".to_owned(),
            reason: reason.to_owned(),
            merged_from: Vec::new(),
        });
    }
    plan.files.sort_by(|one, other| one.path.cmp(&other.path));
}

/// Makes the result of requirements without a solution.
pub(crate) fn unsatisfiable(id: &str, solved: Resolution, repositories: usize) -> SynthesisResult {
    let findings = solved
        .conflicts
        .iter()
        .map(|conflict| {
            let imposed: Vec<String> = conflict
                .requirements
                .iter()
                .map(|one| {
                    let wants = format!("{} wants {}", one.repository, one.specifier);
                    match one.place() {
                        place if place.is_empty() => wants,
                        place => format!("{wants} ({place})"),
                    }
                })
                .collect();
            Finding::new(
                Severity::Error,
                "conflict",
                format!("{}: {}", conflict.what, imposed.join("; ")),
            )
        })
        .collect();
    SynthesisResult {
        synthesis_id: id.to_owned(),
        plan: PlanSummary {
            findings,
            ..Default::default()
        },
        imports: Vec::new(),
        next_steps: vec!["take other versions of the repositories, or fewer components".to_owned()],
        status: "unsatisfiable".to_owned(),
        code: Some(ErrorCode::Unsatisfiable),
        project_path: None,
        repositories_processed: repositories,
        components_extracted: 0,
        dependencies_merged: 0,
        files_created: 0,
        tree: None,
        verification: None,
        documentation: Vec::new(),
        warnings: vec![solved.explanation],
    }
}

/// A plan with an error finding would not work.
///
/// # Errors
/// `E_INCOMPATIBLE` with every such finding in the details.
pub(crate) fn refuse_errors(findings: &[Finding]) -> Result<(), Failure> {
    let errors: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .collect();
    let Some(first) = errors.first() else {
        return Ok(());
    };
    let details =
        serde_json::json!({ "findings": serde_json::to_value(&errors).unwrap_or_default() });
    let failure = Failure::new(
        ErrorCode::Incompatible,
        format!("the project cannot be built: {}", sentence(first)),
    );
    Err(failure
        .with_hint("take other components; details lists every reason")
        .with_details(details))
}

/// Says whether every check ran and passed.
pub(crate) fn fully_verified(verification: Option<&Verification>) -> bool {
    verification.is_some_and(|verification| !verification.failed() && !verification.incomplete())
}

/// Tells in the result what the verification found, or that there was none.
pub(crate) fn tell_verification(result: &mut SynthesisResult, level: Option<Level>) {
    let Some(verification) = &result.verification else {
        if level.is_none() {
            result
                .warnings
                .push("the project was not verified, as asked".to_owned());
        }
        return;
    };
    for check in &verification.checks {
        if check.result == Outcome::NotRun {
            result
                .warnings
                .push(format!("{} was not run: {}", check.name, check.detail));
        }
    }
    if verification.failed() {
        result.status = "verification_failed".to_owned();
        result.code = Some(ErrorCode::Verify);
        let failed = failed_steps(verification);
        result.next_steps.splice(0..0, failed);
    }
}

/// Says what to look at after checks that failed; nothing when none did.
pub(crate) fn failed_steps(verification: &Verification) -> Vec<String> {
    let failed = verification
        .checks
        .iter()
        .filter(|check| check.result == Outcome::Failed);
    let names: Vec<&str> = failed.map(|check| check.name.as_str()).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let level = match verification.level {
        Level::Parse => "parse",
        Level::Install => "install",
        Level::Test => "test",
    };
    vec![
        format!(
            "see why {} failed: its detail in verification.checks (--json) has what it said",
            names.join(", ")
        ),
        format!(
            "mend that in the project, then check it again: synthesizer verify DIR --level {level}"
        ),
    ]
}

/// Writes a finding with its place.
fn sentence(finding: &Finding) -> String {
    let place = match (&finding.source, &finding.path, finding.line) {
        (Some(source), Some(path), Some(line)) => format!("{source} {path}:{line}: "),
        (Some(source), Some(path), None) => format!("{source} {path}: "),
        (Some(source), None, _) => format!("{source}: "),
        (None, Some(path), _) => format!("{path}: "),
        (None, None, _) => String::new(),
    };
    format!("{place}{}", finding.what)
}
