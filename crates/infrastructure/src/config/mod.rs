//! The typed configuration. Built once at start by [`load`], passed explicitly; never read from globals.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use synthesizer_model::secret::Secret;

mod environment;
mod file;
mod load;
mod sections;
mod server_settings;
mod services;
mod settings;
mod values;

pub use environment::{Tool, environment, variables_of};
pub use load::{LoadOptions, Problem, Problems, load};
pub use services::{
    AdminSettings, CacheSettings, JobSettings, PlatformSettings, PolicyChanges, Resilience,
    ServerSettings, ServicePolicy,
};
pub use settings::{SETTINGS, Setting};
pub use values::Kind;

/// Every setting, validated.
#[derive(Debug, Clone)]
pub struct Config {
    /// `[paths]`
    pub paths: Paths,
    /// `[network]`
    pub network: Network,
    /// `[limits]`
    pub limits: Limits,
    /// `[sandbox]`
    pub sandbox: Sandbox,
    /// `[telemetry]`
    pub telemetry: Telemetry,
    /// `[resilience]`
    pub resilience: Resilience,
    /// `[platforms.NAME]`, by name
    pub platforms: BTreeMap<String, PlatformSettings>,
    /// `[cache]`
    pub cache: CacheSettings,
    /// `[server]`
    pub server: ServerSettings,
    /// `[admin]`
    pub admin: AdminSettings,
    /// `[jobs]`
    pub jobs: JobSettings,
    /// `[synthesis]`
    pub synthesis: Synthesis,
    /// Tokens of git hosts by host name, from the well-known variables.
    pub tokens: BTreeMap<String, Secret>,
    /// The environment that child programs of the user's own tools (uv, git, npm, cargo) may see: registry configuration, certificates, proxies.
    /// What one tool sees of it is [`variables_of`].
    pub tool_environment: BTreeMap<String, String>,
    /// Answer from caches alone.
    pub offline: bool,
}

/// `[paths]`: where things are.
#[derive(Debug, Clone)]
pub struct Paths {
    /// Folders below which an MCP client may name local paths; canonical.
    pub roots: Vec<PathBuf>,
    /// Durable data, `$XDG_DATA_HOME/synthesizer` by default.
    pub data: PathBuf,
    /// What may be deleted at any time, `$XDG_CACHE_HOME/synthesizer` by default.
    pub cache: PathBuf,
    /// The folder that relative paths of the caller refer to.
    pub working_directory: PathBuf,
}

/// `[network]`: what may be reached.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// Hosts opened by name, plain HTTP and private addresses included.
    pub allow_hosts: Vec<AllowedHost>,
}

/// One entry of `network.allow_hosts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost {
    /// The host in lower case, without brackets.
    pub host: String,
    /// The port; any when `None`.
    pub port: Option<u16>,
}

impl Network {
    /// Says whether the configuration opens this host and port by name.
    pub fn allows(&self, host: &str, port: u16) -> bool {
        let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
        self.allow_hosts
            .iter()
            .any(|allowed| allowed.host == host && allowed.port.is_none_or(|open| open == port))
    }
}

/// `[limits]`: bounds on untrusted input and on time.
#[derive(Debug, Clone)]
pub struct Limits {
    /// One file of a source, in bytes.
    pub file_bytes: u64,
    /// All files of a source together, unpacked, in bytes.
    pub source_bytes: u64,
    /// Number of files of a source.
    pub source_files: usize,
    /// The largest file that analysis parses, in bytes.
    pub parsed_bytes: u64,
    /// Reading the files of a source for analysis.
    pub analysis_time: Duration,
    /// One download, in bytes.
    pub download_bytes: u64,
    /// One HTTP call.
    pub http_timeout: Duration,
    /// One search over all platforms; what has answered by then is the answer.
    pub search_timeout: Duration,
    /// One answer of a platform's API, in bytes.
    pub answer_bytes: u64,
    /// One git fetch.
    pub clone_timeout: Duration,
    /// One solver run.
    pub solver_timeout: Duration,
    /// The least time for finding the smallest conflict and the ways out of it.
    pub explanation_time: Duration,
    /// One synthesis, analysis, resolution or verification as a whole.
    pub synthesis_timeout: Duration,
}

/// `[sandbox]`: bounds on untrusted code.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// Whether a sandbox may be used at all; without one, nothing that needs it runs.
    pub enabled: bool,
    /// Wall time of one run.
    pub timeout: Duration,
    /// Memory of all processes together, in bytes.
    pub memory_bytes: u64,
    /// Number of processes.
    pub processes: usize,
    /// Output that is kept, in bytes.
    pub output_bytes: usize,
    /// Scratch space, in bytes.
    pub scratch_bytes: u64,
}

/// `[synthesis]`: what projects are made with.
#[derive(Debug, Clone, Default)]
pub struct Synthesis {
    /// The folder with the user's own templates, each in a folder of its name; it need not be there.
    pub templates: Option<PathBuf>,
}

/// `[telemetry]`: what is logged and how.
#[derive(Debug, Clone)]
pub struct Telemetry {
    /// A `tracing` filter, such as `warn` or `synthesizer=debug`.
    pub log: String,
    /// The form of log lines.
    pub format: LogFormat,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
    /// One JSON object a line, by the Elastic Common Schema.
    Ecs,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 16 << 20,
            source_bytes: 1 << 30,
            source_files: 200_000,
            parsed_bytes: 4 << 20,
            analysis_time: Duration::from_secs(120),
            download_bytes: 512 << 20,
            http_timeout: Duration::from_secs(30),
            search_timeout: Duration::from_secs(10),
            answer_bytes: 16 << 20,
            clone_timeout: Duration::from_secs(300),
            solver_timeout: Duration::from_secs(120),
            explanation_time: Duration::from_secs(40),
            synthesis_timeout: Duration::from_secs(600),
        }
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Self {
            enabled: true,
            timeout: Duration::from_secs(60),
            memory_bytes: 2 << 30,
            processes: 64,
            output_bytes: 1 << 20,
            scratch_bytes: 256 << 20,
        }
    }
}
