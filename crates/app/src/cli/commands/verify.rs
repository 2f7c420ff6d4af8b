//! `synthesizer verify`: checks a synthesised project.

use clap::Args;
use synthesizer_engine::operations::verify::{VerifyAnswer, VerifyRequest};
use synthesizer_model::{
    Failure,
    verification::{Outcome, Verification},
};

use super::level_argument::LevelArgument;
use crate::{
    answer::document,
    cli::{
        output::{Answer, Page},
        session::Session,
    },
};

const EXAMPLES: &str = "\
Examples:
  synthesizer verify toolbox
  synthesizer verify toolbox --level parse
  synthesizer verify toolbox --locked --json

Nothing of the project or its packages runs outside the sandbox.
Exit status 1 means that a check failed; checks that could not run say why.";

/// The arguments of `verify`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The project
    #[arg(value_name = "DIR")]
    project: String,
    /// Also compare the files with synthesis.lock, and make them again of the locked sources and compare those
    #[arg(long)]
    locked: bool,
    /// How deep to check; each level includes the ones before
    #[arg(long, value_enum, default_value_t)]
    level: LevelArgument,
}

/// Runs the command.
pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<Answer, Failure> {
    let request = VerifyRequest {
        project: arguments.project.clone(),
        level: arguments.level.into(),
        locked: arguments.locked,
    };
    let found = session.engine.verify(&session.call, request).await?;
    Ok(Answer {
        document: document(&found, &session.call.correlation_id)?,
        text: render(&found),
        status: found.code.map_or(0, |code| code.exit_status()),
    })
}

fn render(found: &VerifyAnswer) -> String {
    let mut page = Page::default();
    page.heading("Verification");
    let verdict = if found.code.is_some() {
        "a check failed"
    } else if found.verification.incomplete() {
        "no check failed; not all of them could run"
    } else {
        "every check passed"
    };
    page.verdict(found.code.is_none(), verdict);
    page.fact("project", Some(&found.project_path));
    checks_table(&mut page, &found.verification);
    page.into_text()
}

/// Adds the checks of a verification.
pub(super) fn checks_table(page: &mut Page, verification: &Verification) {
    let rows = verification
        .checks
        .iter()
        .map(|check| {
            let result = match check.result {
                Outcome::Passed => "passed",
                Outcome::Failed => "FAILED",
                Outcome::NotRun => "not run",
            };
            vec![
                check.name.clone(),
                result.to_owned(),
                check.detail.lines().next().unwrap_or_default().to_owned(),
            ]
        })
        .collect();
    page.table("Checks", &["check", "result", "detail"], rows);
}
