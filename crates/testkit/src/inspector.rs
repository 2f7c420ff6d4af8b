//! Drives the program through the command-line client of the MCP Inspector, an independent client. Installed by `scripts/setup`.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use crate::program::{Program, Run, finish};

/// Starts `synthesizer mcp` under the Inspector, which makes one call and prints the result.
///
/// `call` is what the Inspector takes, such as `["--method", "tools/list"]`. Panics when the Inspector is not installed.
pub fn inspect(program: &Program, call: &[&str]) -> Run {
    let mut command = Command::new(find());
    command.arg("--cli");
    // The Inspector passes only a few variables on by itself.
    for (name, value) in program.environment() {
        let setting = format!("{}={}", name.to_string_lossy(), value.to_string_lossy());
        command.args(["-e", &setting]);
    }
    command.arg(program.binary()).arg("mcp").args(call);
    command
        .current_dir(program.work())
        .env("HOME", program.world().join("home"))
        .stdin(Stdio::null());
    finish(command, Duration::from_secs(180))
}

fn find() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let installed = workspace
        .expect("the crate lies in crates/")
        .join(".cache/tools/bin/mcp-inspector");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut candidates = std::iter::once(installed)
        .chain(std::env::split_paths(&path).map(|folder| folder.join("mcp-inspector")));
    candidates
        .find(|candidate| candidate.is_file())
        .expect("the MCP Inspector is installed: run scripts/setup test")
}
