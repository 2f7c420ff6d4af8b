//! `synthesizer update`: a project follows its sources, with what was edited in it.

use clap::Args;
use synthesizer_engine::operations::update::{
    FileChange, FileResult, UpdateRequest, UpdateResult, UpdatedFile,
};
use synthesizer_model::Failure;

use super::{level_argument::LevelArgument, verify::checks_table};
use crate::{
    answer::document,
    cli::{
        output::{Answer, Page},
        session::Session,
    },
};

const EXAMPLES: &str = "\
Examples:
  synthesizer update toolbox --dry-run
  synthesizer update toolbox
  synthesizer update toolbox --only click
  synthesizer update toolbox --to click=8.1.7

Every source moves to its newest release or to the tip of its default branch, unless sources are
named by --only or --to; then only those do. Your edits are merged as git merges: a file that both
sides changed at one place gets markers, and the exit status is 1.
The state before is saved first: git restore --source=refs/synthesizer/before-update --worktree -- .";

/// The arguments of `update`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The project
    #[arg(value_name = "DIR")]
    project: String,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Move this source; may be repeated
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// Move this source to this version, branch, tag or commit; may be repeated
    #[arg(long, value_name = "ID=REV")]
    to: Vec<String>,
    /// Check the updated project
    #[arg(long, conflicts_with = "dry_run")]
    verify: bool,
    /// How deep to check the project
    #[arg(long, value_enum, default_value_t, requires = "verify")]
    level: LevelArgument,
}

/// Runs the command.
pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<Answer, Failure> {
    let request = UpdateRequest {
        project: arguments.project.clone(),
        dry_run: arguments.dry_run,
        only: arguments.only.clone(),
        to: arguments.to.clone(),
        verify: arguments.verify.then(|| arguments.level.into()),
    };
    let result = session.engine.update(&session.call, request).await?;
    Ok(Answer {
        document: document(&result, &session.call.correlation_id)?,
        text: render(&result),
        status: result.code.map_or(0, |code| code.exit_status()),
    })
}

fn render(result: &UpdateResult) -> String {
    let mut page = Page::default();
    page.heading("Update");
    let verdict = match result.status.as_str() {
        "planned" if result.code.is_some() => "there will be conflicts; nothing was written",
        "planned" => "planned; nothing was written",
        "updated" => "the project is updated",
        "conflicts" => "some files have conflicts",
        "unchanged" => "no source has anything newer",
        "unresolved" => "conflicts of an earlier update are not resolved; nothing was written",
        "unsatisfiable" => "the packages that it needs cannot be together; nothing was written",
        "interrupted" => "an earlier update was interrupted; nothing was written",
        "finished" => "an earlier update was interrupted and is finished now",
        other => other,
    };
    page.verdict(result.code.is_none(), verdict);
    page.fact("project", Some(&result.project_path));
    let sources = result.sources.iter().map(|source| {
        vec![
            source.id.clone(),
            source.from.clone().unwrap_or_else(|| "-".to_owned()),
            source.to.clone(),
            source.held.clone().unwrap_or_default(),
        ]
    });
    page.table(
        "Sources",
        &["source", "from", "to", "held"],
        sources.collect(),
    );
    let changed = |file: &&UpdatedFile| file.result != FileResult::Unchanged;
    let files = result.files.iter().filter(changed).map(|file| {
        vec![
            file.path.clone(),
            result_word(file.result).to_owned(),
            change_words(file),
            file.detail.clone().unwrap_or_default(),
        ]
    });
    page.table(
        "Files",
        &["file", "result", "change", "detail"],
        files.collect(),
    );
    if let Some(verification) = &result.verification {
        checks_table(&mut page, verification);
    }
    page.list("Warnings", &result.warnings);
    page.list("Next", &result.next_steps);
    page.into_text()
}

fn result_word(result: FileResult) -> &'static str {
    match result {
        FileResult::Unchanged => "unchanged",
        FileResult::Updated => "updated",
        FileResult::Merged => "merged",
        FileResult::Conflict => "CONFLICT",
        FileResult::Kept => "kept",
    }
}

fn change_words(file: &UpdatedFile) -> String {
    match (file.change, &file.from) {
        (Some(FileChange::Added), _) => "added".to_owned(),
        (Some(FileChange::Removed), _) => "removed".to_owned(),
        (Some(FileChange::Renamed), Some(from)) => format!("renamed from {from}"),
        (Some(FileChange::Renamed), None) => "renamed".to_owned(),
        (None, _) => String::new(),
    }
}
