//! `synthesizer assemble`: from an idea in words to a plan and a project.

use clap::Args;
use synthesizer_engine::operations::assemble::{AssembleAnswer, AssembleRequest, Candidate};
use synthesizer_model::Failure;

use super::{level_argument::LevelArgument, synthesize};
use crate::{
    answer::document,
    cli::{
        output::{Answer, Page},
        session::Session,
    },
};

const EXAMPLES: &str = "\
Examples:
  synthesizer assemble 'format help pages and sign timed tokens in python' --dry-run
  synthesizer assemble 'retry policies and rate limits in rust' --name steady --output ./steady

The idea is taken by its words: each part between commas and `and` is searched for on all
platforms, the best repositories are analysed, and the component with most of the words is
taken. --json has the request as well, for `synthesize` after you changed it.
With --dry-run nothing is written.";

/// The arguments of `assemble`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// What the project should do
    #[arg(value_name = "IDEA")]
    idea: String,
    /// The new project's name; made of the idea's words, if not given
    #[arg(long)]
    name: Option<String>,
    /// Where to put the project; a folder of its name here, if not given
    #[arg(long, value_name = "DIR")]
    output: Option<String>,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Do not check the project
    #[arg(long)]
    no_verify: bool,
    /// How deep to check the project
    #[arg(long, value_enum, default_value_t, conflicts_with = "no_verify")]
    level: LevelArgument,
}

/// Runs the command.
pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<Answer, Failure> {
    let request = AssembleRequest {
        idea: arguments.idea.clone(),
        name: arguments.name.clone(),
        output: arguments.output.clone(),
        dry_run: arguments.dry_run,
        verify: (!arguments.no_verify).then(|| arguments.level.into()),
    };
    let answer = session.engine.assemble(&session.call, request).await?;
    Ok(Answer {
        document: document(&answer, &session.call.correlation_id)?,
        text: format!(
            "{}\n{}",
            candidates(&answer),
            synthesize::render(&answer.synthesis)
        ),
        status: answer.synthesis.code.map_or(0, |code| code.exit_status()),
    })
}

fn candidates(answer: &AssembleAnswer) -> String {
    let mut page = Page::default();
    let rows = answer.proposal.candidates.iter().map(row).collect();
    page.table(
        "Candidates",
        &["", "for", "repository", "component", "score"],
        rows,
    );
    let reasons: Vec<String> = answer
        .proposal
        .candidates
        .iter()
        .filter(|one| one.chosen)
        .map(|one| {
            let component = one.component.as_deref().unwrap_or_default();
            format!("{component} {}", one.reasons.join("; "))
        })
        .collect();
    page.list("Why", &reasons);
    page.into_text()
}

fn row(candidate: &Candidate) -> Vec<String> {
    vec![
        if candidate.chosen { "taken" } else { "" }.to_owned(),
        candidate.capability.clone(),
        candidate.repository.clone(),
        candidate.component.clone().unwrap_or_default(),
        format!("{:.2}", candidate.score),
    ]
}
