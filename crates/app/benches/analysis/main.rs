//! How long the analysis of a repository takes and how much memory it needs, beside programs that count its lines (`tokei`), pack it for a
//! model (`repomix`) or only read it (`cat`): each a new process, in turn within one run, so that all see the same load of the machine.
//!
//! Two parts, chosen by name (`real`, `growth`; both by default):
//! - `real`: published trees, fetched once into `.cache/trees`.
//! - `growth`: trees that a seeded generator writes, 10 thousand to 5 million lines, and the exponent of time over lines.
//!
//! Further words: `quick` (two rounds, small trees), `--rounds=N`, `--only=WORD` (trees with that word in their name), `--no-repomix`.
//! `fetch` alone only fetches the trees. `SYNTHESIZER_BENCH_BINARY` measures another build of the program. Programs to compare with come from `.cache/tools/bin`
//! (`scripts/setup bench`), else from `PATH`; one that is missing is left out and named.
//!
//! Ends with 1 when an answer is empty or incomplete, or when time grows faster than lines: aims are printed, not enforced.

#![expect(clippy::print_stdout, reason = "the figures are what this is for")]
#![expect(
    clippy::disallowed_methods,
    reason = "programs are started as a user would start them, and their environment is made here"
)]

mod copies;
mod generated;
mod growth;
mod measuring;
mod programs;
mod published;
mod real;
mod rounds;

use std::{env, path::PathBuf, process::ExitCode};

use programs::Programs;

/// What was asked for.
#[derive(Debug)]
struct Choice {
    real: bool,
    growth: bool,
    quick: bool,
    rounds: Option<usize>,
    only: Option<String>,
    repomix: bool,
}

impl Choice {
    /// Reads the arguments; `--bench` comes from Cargo.
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut choice = Self {
            real: false,
            growth: false,
            quick: false,
            rounds: None,
            only: None,
            repomix: true,
        };
        for argument in arguments {
            match argument.as_str() {
                "real" => choice.real = true,
                "growth" => choice.growth = true,
                "quick" => choice.quick = true,
                "--no-repomix" => choice.repomix = false,
                "--bench" => {}
                other => match other.split_once('=') {
                    Some(("--rounds", number)) => {
                        let number: usize =
                            number.parse().map_err(|_| format!("no number: {other}"))?;
                        choice.rounds = Some(number.max(1));
                    }
                    Some(("--only", word)) => choice.only = Some(word.to_owned()),
                    _ => return Err(format!("unknown argument: {other}")),
                },
            }
        }
        if !choice.real && !choice.growth {
            (choice.real, choice.growth) = (true, true);
        }
        Ok(choice)
    }

    /// Gives how many rounds to run where `usual` are enough and `quick` at least.
    fn rounds(&self, usual: usize) -> usize {
        let chosen = if self.quick { 2 } else { usual };
        self.rounds.unwrap_or(chosen)
    }
}

fn main() -> ExitCode {
    if env::args().nth(1).as_deref() == Some("fetch") {
        return match published::fetch_all() {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => {
                println!("{message}");
                ExitCode::FAILURE
            }
        };
    }
    let choice = match Choice::parse(env::args().skip(1)) {
        Ok(choice) => choice,
        Err(message) => {
            println!("{message}");
            return ExitCode::from(2);
        }
    };
    let programs = Programs::find(choice.repomix);
    println!("{}", programs.told());
    let mut failures = Vec::new();
    if choice.real {
        failures.extend(real::run(&choice, &programs));
    }
    if choice.growth {
        failures.extend(growth::run(&choice, &programs));
    }
    for failure in &failures {
        println!("\nfailed: {failure}");
    }
    if failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Gives the folder `.cache` of the work tree, whose contents may be deleted at any time.
fn cache_folder() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.cache");
    std::fs::create_dir_all(&root).expect("the work tree can be written");
    root.canonicalize().expect("the folder was just made")
}
