//! `synthesizer platforms`: which platforms are searched, with which credentials, and how they are.

use clap::Args;
use synthesizer_engine::operations::platforms::PlatformsAnswer;
use synthesizer_model::{Failure, discovery::PlatformStatus};

use crate::{
    answer::document,
    cli::{
        output::{Answer, Page},
        session::Session,
    },
};

const EXAMPLES: &str = "\
Examples:
  synthesizer platforms
  synthesizer platforms --no-check --json

A platform is set up in [platforms.NAME] of the configuration, or by its well-known variables:
GITHUB_TOKEN, GITLAB_TOKEN, HF_TOKEN, KAGGLE_API_TOKEN, or KAGGLE_USERNAME and KAGGLE_KEY.";

/// The arguments of `platforms`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Ask no platform; show only what is known
    #[arg(long)]
    no_check: bool,
}

/// Runs the command.
pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<Answer, Failure> {
    let check = !arguments.no_check && !session.engine.config().offline;
    let answer = session.engine.platforms(&session.call, check).await?;
    Ok(Answer {
        document: document(&answer, &session.call.correlation_id)?,
        text: render(&answer),
        status: 0,
    })
}

fn render(answer: &PlatformsAnswer) -> String {
    let mut page = Page::default();
    let columns = [
        "platform",
        "enabled",
        "authenticated",
        "healthy",
        "breaker",
        "quota",
        "detail",
    ];
    let rows = answer.platforms.iter().map(row).collect();
    page.table("Platforms", &columns, rows);
    page.into_text()
}

fn row(platform: &PlatformStatus) -> Vec<String> {
    let yes_or_no = |value: bool| if value { "yes" } else { "no" }.to_owned();
    let mut detail: Vec<String> = platform.remarks.clone();
    if let Some(error) = &platform.last_error {
        detail.push(format!("{}: {}", error.code.as_str(), error.message));
    }
    vec![
        platform.name.clone(),
        yes_or_no(platform.enabled),
        yes_or_no(platform.authenticated),
        platform
            .healthy
            .map_or_else(|| "unknown".to_owned(), yes_or_no),
        platform.breaker.clone(),
        quota(platform),
        detail.join("; "),
    ]
}

fn quota(platform: &PlatformStatus) -> String {
    let Some(quota) = &platform.quota else {
        return String::new();
    };
    let number =
        |value: Option<u64>| value.map_or_else(|| "?".to_owned(), |value| value.to_string());
    let mut text = format!("{} of {}", number(quota.remaining), number(quota.limit));
    if let Some(reset) = &quota.reset_at {
        text.push_str(&format!(" until {reset}"));
    }
    text
}
