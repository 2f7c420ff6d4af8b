//! Builds what every command needs: configuration, logging, engine. Must not know any command.

use std::path::PathBuf;

use synthesizer_engine::Engine;
use synthesizer_infrastructure::{
    config::{self, LoadOptions},
    telemetry,
};
use synthesizer_model::{ErrorCode, Failure};
use tracing::level_filters::LevelFilter;

/// What the global flags say about the configuration.
#[derive(Debug, Clone, Default)]
pub(crate) struct StartOptions {
    /// The file named by `--config`.
    pub(crate) config: Option<PathBuf>,
    /// `--offline`.
    pub(crate) offline: bool,
    /// Whether callers are on the network: no local paths unless the configuration opens some.
    pub(crate) over_network: bool,
    /// How often `-v` was given.
    pub(crate) verbosity: u8,
    /// `--quiet`.
    pub(crate) quiet: bool,
}

/// Chooses the cryptography of TLS for the whole process; needed before the first connection.
pub(crate) fn install_cryptography() {
    // It only fails when a provider is installed already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Reads the configuration, starts logging and makes the engine.
///
/// # Errors
/// `E_CONFIG` with every problem of the configuration; `E_PATH` when the working directory is gone.
pub(crate) fn engine(options: &StartOptions) -> Result<Engine, Failure> {
    let working_directory = std::env::current_dir().map_err(|error| {
        Failure::new(
            ErrorCode::Path,
            format!("cannot find the working directory: {error}"),
        )
    })?;
    let loaded = config::load(LoadOptions {
        file: options.config.clone(),
        environment: config::environment(),
        flags: log_flag(options),
        working_directory,
        offline: options.offline,
        no_default_roots: options.over_network,
        platforms: synthesizer_engine::platform_names(),
        services: synthesizer_engine::service_names(),
        aliases: synthesizer_engine::platform_aliases(),
    })?;
    telemetry::init_within(&loaded, &fixed_levels(&loaded.telemetry.log));
    log_panics();
    Ok(Engine::new(loaded))
}

/// Gives the levels that the configuration does not change.
///
/// The protocol's library logs whole requests, with the ids of sessions, by which anybody could go on with them. What the server
/// over HTTP says of its own start and end is seen at the usual level, which is that of warnings.
fn fixed_levels(log: &str) -> Vec<(&'static str, LevelFilter)> {
    let mut levels = vec![
        ("rmcp", LevelFilter::ERROR),
        ("rmcp::transport::streamable_http_server", LevelFilter::OFF),
    ];
    if log.trim().eq_ignore_ascii_case("warn") {
        levels.push(("synthesizer::serve", LevelFilter::INFO));
    }
    levels
}

/// Has panics logged like everything else: masked, on one line. The default prints their text as it is.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        let reason = panic.payload_as_str().unwrap_or("of no text");
        tracing::error!(place, reason, "a defect: the program panicked");
    }));
}

fn log_flag(options: &StartOptions) -> Vec<(String, String)> {
    let level = match (options.quiet, options.verbosity) {
        (true, _) => "error",
        (false, 0) => return Vec::new(),
        (false, 1) => "info",
        (false, 2) => "debug",
        (false, _) => "trace",
    };
    vec![("telemetry.log".to_owned(), level.to_owned())]
}
