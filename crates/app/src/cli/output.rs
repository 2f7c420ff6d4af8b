//! Standard output and standard error: one JSON document, or text for people. Colour only where a terminal is asked for.

use std::io::{self, IsTerminal as _, Write};

use anstream::{AutoStream, ColorChoice};
use comfy_table::{ContentArrangement, Table, presets};
use owo_colors::OwoColorize as _;
use serde_json::Value;
use synthesizer_model::Failure;

use super::{Color, GlobalOptions, error};
use crate::answer::{error_document, indented_json, show};

/// What a command found out, for programs and for people.
#[derive(Debug)]
pub(super) struct Answer {
    /// The document of `--json`; nothing where making it costs much and it is not asked for.
    pub(super) document: Value,
    /// The text for people; may hold our own colours. Empty where it is not asked for.
    pub(super) text: String,
    /// The exit status: 0, or 1 when the answer is no.
    pub(super) status: u8,
}

/// Where answers and failures go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    json: bool,
    color: ColorChoice,
}

impl Output {
    /// Reads the flags that concern output.
    pub(super) fn new(globals: &GlobalOptions) -> Self {
        let color = match globals.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self {
            json: globals.json,
            color,
        }
    }

    /// Says whether answers are documents.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Says whether a progress bar would be seen by a person.
    pub(super) fn progress_is_visible(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// Writes an answer and gives the exit status.
    pub(super) fn answer(&self, answer: &Answer) -> u8 {
        let written = if self.json {
            write_document(&answer.document)
        } else {
            self.write(&answer.text)
        };
        if written { answer.status } else { WRITE_FAILED }
    }

    /// Writes text as it is and gives the exit status.
    pub(super) fn plain(&self, text: &str) -> u8 {
        if self.write(text) { 0 } else { WRITE_FAILED }
    }

    /// Writes a failure, as a document under `--json`, and gives its exit status.
    pub(super) fn failure(&self, failure: &Failure, correlation_id: &str) -> u8 {
        if !self.json {
            return self.failure_text(failure, correlation_id);
        }
        write_document(&error_document(failure, correlation_id));
        failure.code.exit_status()
    }

    /// Writes a failure to standard error, whatever standard output is for, and gives its exit status.
    pub(super) fn failure_text(&self, failure: &Failure, correlation_id: &str) -> u8 {
        let stderr = AutoStream::new(io::stderr().lock(), self.color);
        // Without standard error there is nobody to tell.
        let _ = write_all(stderr, &error::human(failure, correlation_id));
        failure.code.exit_status()
    }

    fn write(&self, text: &str) -> bool {
        accept(write_all(
            AutoStream::new(io::stdout().lock(), self.color),
            text,
        ))
    }
}

/// Exit status when standard output cannot be written, such as on a full disk.
const WRITE_FAILED: u8 = 70;

/// Writes one JSON document to standard output; says whether it could be written.
pub(super) fn write_document(document: &Value) -> bool {
    let mut text = indented_json(document);
    text.push('\n');
    accept(write_all(io::stdout().lock(), &text))
}

fn write_all(mut stream: impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

/// A reader that went away has what it wanted; any other failure is one.
fn accept(written: io::Result<()>) -> bool {
    match written {
        Ok(()) => true,
        Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => true,
        Err(cause) => {
            tracing::error!(%cause, "cannot write to standard output");
            false
        }
    }
}

/// Text for people, put together line by line; everything untrusted goes through [`show`].
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    /// Adds a heading with an empty line before it.
    pub(super) fn heading(&mut self, heading: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(&format!("{}\n", show(heading).bold()));
    }

    /// Adds a named fact, if there is one.
    pub(super) fn fact(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.0.push_str(&format!("{name:<14}{}\n", show(value)));
        }
    }

    /// Adds a line.
    pub(super) fn line(&mut self, line: &str) {
        self.0.push_str(&show(line));
        self.0.push('\n');
    }

    /// Adds several lines.
    pub(super) fn lines(&mut self, lines: &str) {
        lines.lines().for_each(|line| self.line(line));
    }

    /// Adds a heading and one line per item, if there are any.
    pub(super) fn list<I: AsRef<str>>(&mut self, heading: &str, items: &[I]) {
        if items.is_empty() {
            return;
        }
        self.heading(heading);
        for item in items {
            self.line(&format!("- {}", item.as_ref()));
        }
    }

    /// Adds a heading and a table, if it has rows; every cell is untrusted.
    pub(super) fn table(&mut self, heading: &str, columns: &[&str], rows: Vec<Vec<String>>) {
        if rows.is_empty() {
            return;
        }
        self.heading(heading);
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(arrangement())
            .set_header(columns.iter().copied());
        for row in rows {
            table.add_row(row.iter().map(|cell| show(cell)));
        }
        self.0.push_str(&table.trim_fmt());
        self.0.push('\n');
    }

    /// Adds a heading and one bar per share of 0 to 1, with a remark after it; names and remarks are untrusted.
    pub(super) fn bars(&mut self, heading: &str, bars: &[(String, f64, String)]) {
        if bars.is_empty() {
            return;
        }
        self.heading(heading);
        let shown: Vec<String> = bars.iter().map(|(name, ..)| show(name)).collect();
        let width = shown.iter().map(|name| name.chars().count()).max();
        for (name, (_, share, remark)) in shown.iter().zip(bars) {
            let pad = width.unwrap_or(0) - name.chars().count();
            let filler = " ".repeat(pad);
            let bar = bar(*share);
            self.0
                .push_str(&format!("{name}{filler}  {bar}  {}\n", show(remark)));
        }
    }

    /// Adds a verdict in colour: green when it is good, red when it is not.
    pub(super) fn verdict(&mut self, good: bool, verdict: &str) {
        let shown = show(verdict);
        let coloured = if good {
            shown.green().to_string()
        } else {
            shown.red().to_string()
        };
        self.0.push_str(&coloured);
        self.0.push('\n');
    }

    /// Gives the text.
    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// Writes a text as one word of a POSIX shell (IEEE Std 1003.1, 2.2.2): what an answer offers to be typed may hold a stranger's words.
pub(super) fn shell_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// How many characters a full bar has.
const BAR_WIDTH: usize = 24;

/// Draws a share of 0 to 1, in halves of a character.
fn bar(share: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the value is clamped to a small range"
    )]
    let halves = (share.clamp(0.0, 1.0) * (BAR_WIDTH * 2) as f64).round() as usize;
    let mut drawn = "█".repeat(halves / 2);
    if halves % 2 == 1 {
        drawn.push('▌');
    }
    let used = drawn.chars().count();
    drawn.push_str(&"·".repeat(BAR_WIDTH - used));
    drawn
}

fn arrangement() -> ContentArrangement {
    if io::stdout().is_terminal() {
        ContentArrangement::Dynamic
    } else {
        ContentArrangement::Disabled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_does_not_end_a_word_of_the_shell() {
        for (text, expected) in [
            ("./a :: click>=7.0", "'./a :: click>=7.0'"),
            (
                "x; sys_platform != \"';touch y;'\"",
                r#"'x; sys_platform != "'\'';touch y;'\''"'"#,
            ),
        ] {
            assert_eq!(shell_word(text), expected);
        }
    }

    #[test]
    fn a_bar_is_as_long_as_its_share_and_always_as_wide() {
        for (share, expected) in [(0.0, 0), (0.5, 12), (1.0, 24), (7.0, 24), (f64::NAN, 0)] {
            let drawn = bar(share);
            assert_eq!(drawn.chars().count(), BAR_WIDTH, "{share}");
            assert_eq!(drawn.matches('█').count(), expected, "{share}");
        }
        assert!(bar(0.02).starts_with('▌'));
    }
}
