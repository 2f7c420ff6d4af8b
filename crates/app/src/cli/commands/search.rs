//! `synthesizer search`: one ranked list of repositories out of the answers of all platforms.

use clap::Args;
use synthesizer_engine::{platform_aliases, platform_names};
use synthesizer_infrastructure::telemetry::masking::mask;
use synthesizer_model::{
    Failure,
    discovery::{FoundRepository, SearchAnswer, SearchRequest, SourceReport, SourceState},
};

use crate::{
    answer::document,
    cli::{
        output::{Answer, Page},
        session::Session,
    },
};

const EXAMPLES: &str = "\
Examples:
  synthesizer search 'http client'
  synthesizer search 'date picker' --platform github --platform gitlab --language TypeScript
  synthesizer search 'http client' --min-stars 100 --limit 50 --json
  synthesizer search 'http client' --cursor CURSOR

Each platform's state is in the answer: one that is away, slow or limited costs its own results
alone. Exit status 3 means that none of them answered.";

/// The arguments of `search`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The words to look for
    #[arg(value_name = "QUERY")]
    query: String,
    /// Ask this platform only; repeat for several
    #[arg(long = "platform", value_name = "PLATFORM", value_parser = clap::builder::PossibleValuesParser::new(platform_values()))]
    platforms: Vec<String>,
    /// Only repositories in this programming language
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<String>,
    /// Only repositories with at least so many stars, likes or votes
    #[arg(long, value_name = "N", default_value_t = 0)]
    min_stars: u64,
    /// How many repositories to show
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=100))]
    limit: u16,
    /// Show the page that begins at this next_cursor of an earlier answer
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

/// Gives the names of the platforms, with their other names.
fn platform_values() -> Vec<clap::builder::PossibleValue> {
    let aliases = platform_aliases();
    let value = |name: &'static str| {
        let others = aliases.iter().filter(move |(_, real)| *real == name);
        clap::builder::PossibleValue::new(name).aliases(others.map(|(alias, _)| *alias))
    };
    platform_names().into_iter().map(value).collect()
}

/// Runs the command.
pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<Answer, Failure> {
    let request = SearchRequest {
        platforms: arguments.platforms.clone(),
        language: arguments.language.clone(),
        min_stars: arguments.min_stars,
        limit: usize::from(arguments.limit),
        cursor: arguments.cursor.clone(),
        ..SearchRequest::new(&arguments.query)?
    };
    let found = session.engine.search(&session.call, &request).await?;
    Ok(Answer {
        document: document(&found, &session.call.correlation_id)?,
        text: render(&found),
        status: 0,
    })
}

fn render(found: &SearchAnswer) -> String {
    let mut page = Page::default();
    let noun = match found.total_count {
        1 => "repository",
        _ => "repositories",
    };
    page.heading(&format!("{} {noun} for {}", found.total_count, found.query));
    if found.offline {
        page.line("The network is switched off: these are earlier answers.");
    }
    let rows = found.repositories.iter().map(repository_row).collect();
    let columns = [
        "score",
        "repository",
        "platform",
        "stars",
        "language",
        "license",
        "description",
    ];
    page.table("Repositories", &columns, rows);
    let rows = found.sources.iter().map(source_row).collect();
    page.table("Sources", &["platform", "state", "results", "detail"], rows);
    if let Some(cursor) = &found.next_cursor {
        page.heading("More");
        page.line(&format!("add --cursor {cursor}"));
    }
    page.into_text()
}

fn repository_row(found: &FoundRepository) -> Vec<String> {
    let facts = &found.facts;
    let mut platforms = vec![facts.platform.clone()];
    platforms.extend(found.also_on.iter().map(|other| other.platform.clone()));
    let marks = [
        (facts.archived, "archived"),
        (facts.fork, "fork"),
        (facts.gated, "gated"),
    ];
    let marks: Vec<&str> = marks
        .iter()
        .filter(|(is, _)| *is)
        .map(|(_, mark)| *mark)
        .collect();
    let description = facts.description.clone().unwrap_or_default();
    let description = match marks.as_slice() {
        [] => description,
        marks => format!("[{}] {description}", marks.join(", ")),
    };
    vec![
        format!("{:.2}", found.score),
        facts.reference.clone().unwrap_or_else(|| facts.url.clone()),
        platforms.join(", "),
        facts
            .stars
            .map(|stars| stars.to_string())
            .unwrap_or_default(),
        facts.language.clone().unwrap_or_default(),
        facts.license.clone().unwrap_or_default(),
        // Masked before it is cut: of half a secret nobody can tell what it is.
        mask(&description).chars().take(80).collect(),
    ]
}

fn source_row(source: &SourceReport) -> Vec<String> {
    let mut detail: Vec<String> = Vec::new();
    if let Some(error) = &source.error {
        detail.push(error.message.clone());
        detail.extend(error.hint.clone());
    }
    if let Some(seconds) = source.retry_after_seconds {
        detail.push(format!("try again in {seconds} s"));
    }
    if let Some(age) = source.age_seconds {
        detail.push(format!("{age} s old"));
    }
    if source.filtered_out > 0 {
        detail.push(format!("{} did not fit the filters", source.filtered_out));
    }
    detail.extend(source.remarks.iter().cloned());
    vec![
        source.platform.clone(),
        state_name(source.status).to_owned(),
        source.count.to_string(),
        detail.join("; "),
    ]
}

fn state_name(state: SourceState) -> &'static str {
    match state {
        SourceState::Ok => "ok",
        SourceState::Partial => "partial",
        SourceState::Stale => "stale",
        SourceState::Timeout => "timeout",
        SourceState::RateLimited => "rate limited",
        SourceState::CircuitOpen => "breaker open",
        SourceState::Unauthorized => "unauthorized",
        SourceState::Offline => "offline",
        SourceState::Failed => "failed",
        SourceState::Disabled => "disabled",
    }
}
