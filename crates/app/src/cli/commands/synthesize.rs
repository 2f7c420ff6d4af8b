//! `synthesizer synthesize`: a new project out of parts of repositories.

use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;
use serde_json::json;
use synthesizer_engine::operations::synthesize::SynthesizeRequest;
use synthesizer_model::{
    Failure,
    finding::Severity,
    synthesis::{SynthesisRequest, SynthesisResult},
};

use super::{level_argument::LevelArgument, verify::checks_table, worker};
use crate::{
    answer::document,
    cli::{
        output::{Answer, Page},
        plan_file, repository_argument,
        session::Session,
    },
};

const EXAMPLES: &str = "\
Examples:
  synthesizer synthesize examples/toolbox.toml
  synthesizer synthesize --repo 'pypi:click@8.1.7#click.formatting' \\
      --repo 'pypi:itsdangerous@2.2.0#itsdangerous.timed=>signing' --name toolbox --output toolbox
  synthesizer synthesize --repo cargo:itoa@1.0.15 --name numbers --level test
  synthesizer synthesize --repo npm:ms@2.1.3 --name times --template minimal
  synthesizer synthesize plan.toml --dry-run --json
  synthesizer synthesize plan.toml --detach

A plan has name, template, ecosystem and [[repository]] tables with url, rev, components and
destination; all but name and url may be left out. DEST is a folder below the new package;
without it, the import path is kept. Verification installs the locked packages, and imports
or compiles everything in a sandbox; --level test runs the tests as well.
Exit status 1 means that a check failed (the project is in place all the same, unless
--require-verified) or that the packages it needs cannot be together.";

const USAGE: &str = "\
synthesizer synthesize [OPTIONS] <PLAN.toml>
       synthesizer synthesize [OPTIONS] --name <NAME> --repo <REPO[#COMPONENT][=>DEST]>...";

/// The arguments of `synthesize`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, override_usage = USAGE)]
pub(crate) struct Arguments {
    /// A plan file
    #[arg(value_name = "PLAN.toml", required_unless_present = "repositories")]
    plan: Option<PathBuf>,
    /// A repository, the part to take and the folder to put it into
    #[arg(
        long = "repo",
        value_name = "REPO[#COMPONENT][=>DEST]",
        conflicts_with = "plan",
        requires = "name"
    )]
    repositories: Vec<String>,
    /// The new project's name
    #[arg(long, conflicts_with = "plan")]
    name: Option<String>,
    /// Where to put the project; a folder of its name here, if not given
    #[arg(long, value_name = "DIR")]
    output: Option<String>,
    /// The template; the usual one of the ecosystem, if not given: python-default, python-web, python-ml, python-cli, rust-workspace,
    /// rust-cli, node-typescript, minimal, one of your own by its name below synthesis.templates, or a folder with a template.toml,
    /// such as ./mine
    #[arg(long, conflicts_with = "plan")]
    template: Option<String>,
    /// The ecosystem: python, cargo or npm; that of the template or of the repositories, if not given
    #[arg(long, conflicts_with = "plan")]
    ecosystem: Option<String>,
    /// Let a part import the placed copy of another part's source instead of the published package
    #[arg(long, conflicts_with = "plan")]
    link: bool,
    /// Leave the upstream tests of the parts behind
    #[arg(long, conflicts_with = "plan")]
    no_tests: bool,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Do not check the project
    #[arg(long, conflicts_with = "require_verified")]
    no_verify: bool,
    /// How deep to check the project
    #[arg(long, value_enum, default_value_t, conflicts_with = "no_verify")]
    level: LevelArgument,
    /// Put nothing in place when a check fails
    #[arg(long)]
    require_verified: bool,
    /// Only start it, and print its id; it goes on when this command has ended
    #[arg(long, conflicts_with = "dry_run")]
    detach: bool,
}

/// Runs the command.
pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<Answer, Failure> {
    let (request, base) = requested(arguments, session)?;
    let output = match &arguments.output {
        Some(output) => output.clone(),
        None => format!("./{}", request.name),
    };
    let request = SynthesizeRequest {
        request,
        output,
        base,
        dry_run: arguments.dry_run,
        verify: (!arguments.no_verify).then(|| arguments.level.into()),
        require_verified: arguments.require_verified,
    };
    if arguments.detach {
        return detached(request, session).await;
    }
    let result = session.engine.synthesize(&session.call, request).await?;
    Ok(Answer {
        document: document(&result, &session.call.correlation_id)?,
        text: render(&result),
        status: result.code.map_or(0, |code| code.exit_status()),
    })
}

/// Enters the job, starts a worker for it, and tells its id.
async fn detached(request: SynthesizeRequest, session: &Session) -> Result<Answer, Failure> {
    let call = &session.call;
    let id = session.engine.enqueue_synthesis(call, request).await?;
    let record = worker::detach(session, &id).await?;
    let next = format!("synthesizer status {id}");
    let mut page = Page::default();
    page.line(&id);
    page.fact("next", Some(&next));
    let told = json!({
        "synthesis_id": id,
        "status": "running",
        "job_status": record.job_status,
        "next_steps": [next],
    });
    Ok(Answer {
        document: document(&told, &call.correlation_id)?,
        text: page.into_text(),
        status: 0,
    })
}

fn requested(
    arguments: &Arguments,
    session: &Session,
) -> Result<(SynthesisRequest, PathBuf), Failure> {
    if let Some(path) = &arguments.plan {
        let plan = plan_file::read(path)?;
        return Ok((plan.request, plan.folder));
    }
    let request = SynthesisRequest {
        name: arguments.name.clone().unwrap_or_default(),
        template: arguments.template.clone().unwrap_or_default(),
        ecosystem: arguments.ecosystem.clone().unwrap_or_default(),
        link: arguments.link,
        tests: !arguments.no_tests,
        repositories: repository_argument::repositories(&arguments.repositories)?,
    };
    let base = session.engine.config().paths.working_directory.clone();
    Ok((request, base))
}

/// Writes a result for people.
pub(super) fn render(result: &SynthesisResult) -> String {
    let mut page = Page::default();
    page.heading("Synthesis");
    let good = result.code.is_none();
    let verdict = match result.status.as_str() {
        "planned" => "planned; nothing was written",
        "succeeded" => "the project is in place",
        "verification_failed" => "a check failed",
        "unsatisfiable" => "the packages that it needs cannot be together; nothing was written",
        other => other,
    };
    page.verdict(good, verdict);
    page.fact("project", result.project_path.as_deref());
    page.fact("id", Some(&result.synthesis_id));
    page.fact("tree", result.tree.as_deref());
    let made_of = format!(
        "{} files, {} components of {} repositories, {} packages",
        result.files_created,
        result.components_extracted,
        result.repositories_processed,
        result.dependencies_merged
    );
    page.fact("made of", Some(&made_of));
    parts(&mut page, result);
    if result.project_path.is_none() {
        plan(&mut page, result);
    } else {
        page.list("Notes", &notes(result));
    }
    if let Some(verification) = &result.verification {
        checks_table(&mut page, verification);
    }
    page.list("Warnings", &result.warnings);
    page.list("Next", &result.next_steps);
    page.into_text()
}

fn parts(page: &mut Page, result: &SynthesisResult) {
    let imports = result
        .imports
        .iter()
        .map(|hint| {
            vec![
                match hint.component.as_str() {
                    "" => "(whole package)".to_owned(),
                    name => name.to_owned(),
                },
                hint.files.to_string(),
                hint.import_as.clone(),
            ]
        })
        .collect();
    page.table(
        "Components",
        &["component", "files", "import it as"],
        imports,
    );
    let packages = result
        .plan
        .packages
        .iter()
        .map(|package| {
            vec![
                package.name.clone(),
                package.requirements.join(", "),
                package.extra.clone().unwrap_or_default(),
                package.imported_by.join(", "),
            ]
        })
        .collect();
    page.table(
        "Packages",
        &["name", "requirement", "extra", "imported by"],
        packages,
    );
}

/// Counts what is good to know by kind; the warnings are shown apart.
fn notes(result: &SynthesisResult) -> Vec<String> {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &result.plan.findings {
        if finding.severity == Severity::Info {
            *kinds.entry(&finding.kind).or_default() += 1;
        }
    }
    kinds
        .into_iter()
        .map(|(kind, count)| format!("{kind}: {count} (--json and --dry-run list them)"))
        .collect()
}

fn plan(page: &mut Page, result: &SynthesisResult) {
    let files = result
        .plan
        .files
        .iter()
        .map(|file| {
            vec![
                file.path.to_string(),
                file.origin.clone(),
                file.reason.clone(),
            ]
        })
        .collect();
    page.table("Files", &["path", "origin", "because"], files);
    let moves = result.plan.moves.iter().map(|one| {
        let from = format!("{}:{}", one.source, one.from);
        vec![from, one.to.clone(), one.files.to_string()]
    });
    page.table("Folders", &["from", "to", "files"], moves.collect());
    let licenses = result.plan.licenses.iter();
    let licenses: Vec<String> = licenses
        .map(|one| format!("{}: {}", one.source, one.license))
        .collect();
    page.list("Licenses", &licenses);
    if !result.plan.diagram.is_empty() {
        page.heading("Picture (Mermaid)");
        page.lines(&result.plan.diagram);
    }
    let findings = result
        .plan
        .findings
        .iter()
        .map(|finding| {
            let severity = match finding.severity {
                Severity::Info => "info",
                Severity::Warning => "warning",
                Severity::Error => "error",
            };
            let place = match (&finding.path, finding.line) {
                (Some(path), Some(line)) => format!("{path}:{line}"),
                (Some(path), None) => path.clone(),
                (None, _) => String::new(),
            };
            vec![
                severity.to_owned(),
                finding.what.clone(),
                finding.source.clone().unwrap_or_default(),
                place,
            ]
        })
        .collect();
    page.table("Findings", &["severity", "what", "source", "at"], findings);
}
