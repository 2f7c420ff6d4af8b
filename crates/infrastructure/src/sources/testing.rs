//! What the tests of this crate's sources and door share. Not part of the program.

use std::path::Path;

use synthesizer_model::{finding::Problem, tree::SourceTree};

use crate::config::{
    AllowedHost, Config, Limits, LogFormat, Network, Paths, Sandbox, Telemetry, environment,
};

/// Makes a configuration whose folders lie below the given one, with the environment of the test run and no registry of its own.
pub(crate) fn config(folder: &Path) -> Config {
    let mut tool_environment = environment();
    // rustup's toolchains lie in the home of whoever runs the tests.
    if let Some(home) = tool_environment.get("HOME") {
        let toolchains = format!("{home}/.rustup");
        tool_environment
            .entry("RUSTUP_HOME".to_owned())
            .or_insert(toolchains);
    }
    tool_environment.retain(|name, _| {
        let name = name.to_ascii_lowercase();
        let foreign = ["uv_", "npm_config_", "cargo_"];
        !name.contains("proxy") && !foreign.iter().any(|family| name.starts_with(family))
    });
    tool_environment.insert("HOME".to_owned(), folder.join("home").display().to_string());
    Config {
        paths: Paths {
            roots: Vec::new(),
            data: folder.join("data"),
            cache: folder.join("cache"),
            working_directory: folder.to_path_buf(),
        },
        network: Network::default(),
        limits: Limits::default(),
        sandbox: Sandbox::default(),
        telemetry: Telemetry {
            log: "warn".to_owned(),
            format: LogFormat::Text,
        },
        resilience: Default::default(),
        platforms: Default::default(),
        cache: Default::default(),
        server: Default::default(),
        admin: Default::default(),
        jobs: Default::default(),
        synthesis: Default::default(),
        tokens: std::collections::BTreeMap::new(),
        tool_environment,
        offline: false,
    }
}

/// Opens `HOST:PORT` in a configuration.
pub(crate) fn allow(config: &mut Config, authority: &str) {
    let (host, port) = authority.rsplit_once(':').expect("a port");
    config.network.allow_hosts.push(AllowedHost {
        host: host.to_owned(),
        port: port.parse().ok(),
    });
}

/// Gives the paths of a tree's entries.
pub(crate) fn paths(tree: &dyn SourceTree) -> Vec<&str> {
    tree.entries()
        .iter()
        .map(|entry| entry.path.as_str())
        .collect()
}

/// Gives the paths of a tree's problems.
pub(crate) fn problem_paths(problems: &[Problem]) -> Vec<&str> {
    problems
        .iter()
        .map(|problem| problem.path.as_str())
        .collect()
}
