//! The faults that jobs must survive, each caused on purpose, from the outside: signals, clients that go away, kills, full disks and limits.
//! Those of other services are tested beside the door.

mod clients;
mod killed;
mod limits;
mod meeting;
mod signals;

use std::sync::Arc;

use serde_json::{Value, json};
use synthesizer_testkit::{package_index::PackageIndex, program::Program};

use crate::{
    crafted::{package, program, program_with_index},
    gate::{Gate, until},
};

/// A program with a gate, a small local package, and an index of its own, so that a synthesis needs nothing else.
struct Local {
    gate: Gate,
    program: Program,
    // Serves as long as the program runs.
    index: Arc<PackageIndex>,
}

impl Local {
    fn new() -> Self {
        Self::with_config("")
    }

    /// The folder that runs start in is open to clients of servers.
    fn with_config(more: &str) -> Self {
        let (index, program) = program_with_index(Vec::new());
        Self::of(program, Arc::new(index), more)
    }

    /// Another one with the same index, which the lock of a project names.
    fn again(&self) -> Self {
        let program = program().with_env("UV_DEFAULT_INDEX", self.index.index_url());
        Self::of(program, Arc::clone(&self.index), "")
    }

    fn of(program: Program, index: Arc<PackageIndex>, more: &str) -> Self {
        package(
            &program,
            "sample",
            "",
            &[("sample.py", "def double(number):\n    return number * 2\n")],
        );
        let roots = program.work();
        let program = program.with_config(&format!(
            "{more}\n[paths]\nroots = [\"{}\"]\n",
            roots.display()
        ));
        let (gate, program) = Gate::install(program);
        Self {
            gate,
            program,
            index,
        }
    }

    /// Names a folder below the one that runs start in.
    fn path(&self, name: &str) -> String {
        self.program
            .work()
            .join(name)
            .to_string_lossy()
            .into_owned()
    }

    /// The arguments of the tool for the same synthesis.
    fn arguments(&self, output: &str, wait_seconds: u32) -> Value {
        json!({
            "repositories": [{ "repo_url": self.path("sample") }],
            "project_name": "fresh",
            "output_path": self.path(output),
            "wait_seconds": wait_seconds,
        })
    }

    /// Waits until so many calls of programs hold a word.
    fn wait_for_calls(&self, word: &str, count: usize) {
        until(word, || {
            let calls = self.gate.calls();
            calls.iter().filter(|call| call.contains(word)).count() >= count
        });
    }

    /// Checks that at once or soon no program of the run lives.
    fn assert_no_program(&self) {
        until("the end of every program", || {
            self.program.left_processes().is_empty()
        });
    }
}

/// A synthesis of the local package into `./out`.
const SYNTHESIS: [&str; 9] = [
    "synthesize",
    "--json",
    "--no-verify",
    "--name",
    "fresh",
    "--output",
    "out",
    "--repo",
    "./sample",
];
