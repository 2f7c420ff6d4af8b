//! Errors for people and programs, and usage errors in the same shape. Must not decide exit statuses of codes: the model does.

use std::{ffi::OsString, io::Write as _};

use clap::error::ErrorKind;
use owo_colors::OwoColorize as _;
use synthesizer_infrastructure::telemetry::masking::mask;
use synthesizer_model::{ErrorCode, Failure};

use super::{output::write_document, session::new_correlation_id};
use crate::answer::{error_document, show, show_lines};

/// Exit status of bad usage.
const USAGE: u8 = 2;

/// Writes an error for a person: code and message, the hint, the correlation id.
pub(super) fn human(failure: &Failure, correlation_id: &str) -> String {
    let label = format!("error[{}]", failure.code.as_str());
    let mut text = format!("{}: {}\n", label.red().bold(), show_lines(&failure.message));
    if let Some(hint) = &failure.hint {
        text.push_str(&format!("  {}: {}\n", "hint".bold(), show_lines(hint)));
    }
    if let Some(seconds) = failure.retry_after_seconds {
        text.push_str(&format!("  try again in {seconds} s\n"));
    }
    text.push_str(&format!("  correlation id: {}\n", show(correlation_id)));
    text
}

/// Reports what clap found: help and version with status 0, bad usage with 2; as the error object under `--json`.
pub(super) fn report_usage(usage: &clap::Error, arguments: &[OsString]) -> u8 {
    if matches!(
        usage.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        // A reader that has seen enough of the help is no error.
        let _ = usage.print();
        return 0;
    }
    if asks_for_json(arguments) {
        let failure = usage_failure(usage);
        write_document(&error_document(&failure, &new_correlation_id()));
        return USAGE;
    }
    let rendered = usage.render();
    let mut stderr = anstream::stderr().lock();
    // What was typed may be a secret at the wrong place. Without standard error there is nobody to tell.
    let _ = stderr.write_all(mask(&rendered.ansi().to_string()).as_bytes());
    USAGE
}

fn asks_for_json(arguments: &[OsString]) -> bool {
    arguments
        .iter()
        .skip(1)
        .take_while(|argument| *argument != "--")
        .any(|argument| argument == "--json")
}

fn usage_failure(usage: &clap::Error) -> Failure {
    let rendered = usage.render().to_string();
    let message = if usage.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        "a command is missing".to_owned()
    } else {
        let lines: Vec<&str> = rendered
            .lines()
            .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"))
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        let joined = lines.join(" ");
        joined.strip_prefix("error: ").unwrap_or(&joined).to_owned()
    };
    Failure::new(ErrorCode::Argument, message).with_hint("see synthesizer --help")
}
