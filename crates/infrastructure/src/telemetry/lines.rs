//! Log lines on standard error: one event is one line, masked. Must not fail the work when standard error is gone.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use synthesizer_model::text::escape_untrusted;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    EnvFilter,
    fmt::{MakeWriter, format::JsonFields},
};

use super::{
    json_line::JsonLine,
    masking::{self, Masker},
    metrics,
    text_line::TextLine,
};
use crate::config::{Config, LogFormat};

/// The longest line that is written, in bytes; longer ones are cut and say so.
pub(super) const LONGEST: usize = 64 << 10;

/// Starts logging to standard error and measuring, and makes the configuration's secrets known to [`masking::mask`].
///
/// A second call replaces the known secrets and leaves the rest as it is.
pub fn init(config: &Config) {
    init_within(config, &[]);
}

/// Starts as [`init`] does, with levels that the configuration cannot change, such as `("chatty_crate", LevelFilter::WARN)`: for
/// others' code that logs what must not be seen, and for lines that are to be seen.
pub fn init_within(config: &Config, fixed: &[(&str, LevelFilter)]) {
    masking::install(Masker::of(config));
    metrics::install();
    // The filter was checked when the configuration was loaded.
    let filter = EnvFilter::builder().parse_lossy(&config.telemetry.log);
    // It tells what it does not know of a stranger's text.
    let silent = [("tokei", LevelFilter::OFF)];
    let filter = silent
        .iter()
        .chain(fixed)
        .fold(filter, |filter, (target, level)| {
            match format!("{target}={level}").parse() {
                Ok(directive) => filter.add_directive(directive),
                Err(_) => filter,
            }
        });
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(MaskedLines(io::stderr))
        .with_ansi(false);
    // Logging that is already set up stays: tests start several servers in one process.
    let _ = match config.telemetry.format {
        LogFormat::Text => lines.event_format(TextLine::default()).try_init(),
        LogFormat::Json => lines
            .fmt_fields(JsonFields::new())
            .event_format(JsonLine::Plain)
            .try_init(),
        LogFormat::Ecs => lines
            .fmt_fields(JsonFields::new())
            .event_format(JsonLine::Elastic)
            .try_init(),
    };
}

/// Makes a writer for each event.
pub(super) struct MaskedLines<M>(pub(super) M);

impl<'a, W: Write, M: Fn() -> W + 'a> MakeWriter<'a> for MaskedLines<M> {
    type Writer = MaskedLine<W>;

    fn make_writer(&'a self) -> Self::Writer {
        MaskedLine {
            output: (self.0)(),
            event: Vec::new(),
        }
    }
}

/// Collects one event and writes it as one line when dropped.
pub(super) struct MaskedLine<W: Write> {
    output: W,
    event: Vec<u8>,
}

impl<W: Write> Write for MaskedLine<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.event.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> Drop for MaskedLine<W> {
    fn drop(&mut self) {
        if self.event.is_empty() {
            return;
        }
        let line = line(&String::from_utf8_lossy(&self.event));
        // A closed standard error must not end the work.
        let _ = self.output.write_all(line.as_bytes());
        let _ = self.output.flush();
    }
}

/// Gives the line of an event: masked first, so that no cut can split a secret, then without anything that could forge a line.
fn line(event: &str) -> String {
    let masked = masking::mask(event.trim_end_matches('\n'));
    let kept = match masked
        .char_indices()
        .find(|(position, _)| *position >= LONGEST)
    {
        Some((end, _)) => Cow::Owned(format!("{} (cut)", &masked[..end])),
        None => masked,
    };
    let mut line = escape_untrusted(&kept);
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0
                .lock()
                .expect("not poisoned")
                .extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(json: bool, work: impl FnOnce()) -> String {
        let output = Output::default();
        let copy = output.clone();
        let lines = tracing_subscriber::fmt()
            .with_writer(MaskedLines(move || copy.clone()))
            .with_ansi(false);
        if json {
            let lines = lines
                .fmt_fields(JsonFields::new())
                .event_format(JsonLine::Plain);
            tracing::subscriber::with_default(lines.finish(), work);
        } else {
            let lines = lines.event_format(TextLine::default());
            tracing::subscriber::with_default(lines.finish(), work);
        }
        String::from_utf8(output.0.lock().expect("not poisoned").clone()).expect("text")
    }

    #[test]
    fn an_event_is_one_line_whatever_its_fields_hold() {
        for json in [false, true] {
            let text = logged(json, || {
                let name = "a\n INFO forged: done\r\n\u{1b}[31m\u{202e}";
                tracing::warn!(%name, "odd name");
            });
            assert_eq!(text.matches('\n').count(), 1, "{text}");
            assert!(
                text.ends_with('\n') && !text.contains(['\r', '\u{1b}', '\u{202e}']),
                "{text}"
            );
        }
    }

    #[test]
    fn secrets_do_not_reach_the_output() {
        for json in [false, true] {
            let text = logged(json, || {
                tracing::error!(
                    url = "https://me:pass@host.example/",
                    token = "abc",
                    "call failed"
                );
            });
            assert!(!text.contains("pass@") && !text.contains("abc"), "{text}");
            assert!(text.contains("host.example"), "{text}");
        }
    }

    #[tokio::test]
    async fn a_text_line_ends_with_the_correlation_id() {
        let text = super::super::correlation::scope("id-1", async {
            logged(false, || tracing::warn!(a = 1, "happened"))
        });
        let text = text.await;
        assert!(
            text.ends_with("happened a=1 correlation_id=id-1\n"),
            "{text}"
        );
        assert_eq!(text.matches('\n').count(), 1);
    }

    #[test]
    fn long_events_are_cut() {
        let line = line(&"\u{e9}".repeat(LONGEST));
        assert!(line.len() < LONGEST + 20 && line.ends_with(" (cut)\n"));
    }
}
