//! All six platforms at once, and how the program is told where they are.

use std::fmt::Write as _;

use super::{Catalogue, PlatformServer};
use crate::{faults::Fault, platforms::PLATFORMS};

/// Six running platforms with one catalogue; they end when it is dropped.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use synthesizer_testkit::platforms::PlatformWorld;
///
/// let world = PlatformWorld::start();
/// world.kill("gitlab");
/// world.slow("gitea", Duration::from_secs(30));
/// world.limit("github", 7);
/// world.garble("kaggle");
/// let settings = world.config_toml();
/// assert!(settings.contains("[platforms.huggingface]"));
/// ```
#[derive(Debug)]
pub struct PlatformWorld {
    catalogue: Catalogue,
    servers: Vec<PlatformServer>,
}

impl PlatformWorld {
    /// Starts all with the usual catalogue.
    pub fn start() -> Self {
        Self::start_with(Catalogue::made_up())
    }

    /// Starts all with a catalogue.
    pub fn start_with(catalogue: Catalogue) -> Self {
        let servers = vec![
            PlatformServer::github(&catalogue),
            PlatformServer::gitlab(&catalogue),
            PlatformServer::hugging_face(&catalogue),
            PlatformServer::kaggle(&catalogue),
            PlatformServer::arxiv(&catalogue),
            PlatformServer::gitea(&catalogue),
        ];
        Self { catalogue, servers }
    }

    /// Gives what there is.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Gives all servers, in the order of [`PLATFORMS`].
    pub fn servers(&self) -> &[PlatformServer] {
        &self.servers
    }

    /// Gives one by its name in the configuration.
    pub fn server(&self, name: &str) -> &PlatformServer {
        let place = PLATFORMS.iter().position(|platform| *platform == name);
        &self.servers[place.unwrap_or_else(|| panic!("no platform {name}"))]
    }

    /// Lets connections to one be refused.
    pub fn kill(&self, name: &str) {
        self.server(name).stop();
    }

    /// Brings one back on its port.
    pub fn revive(&self, name: &str) {
        self.server(name).restart();
    }

    /// Lets one answer so much later.
    pub fn slow(&self, name: &str, time: std::time::Duration) {
        self.server(name).faults().always(Fault::Delay(time));
    }

    /// Lets one refuse because of its limit, with `Retry-After` in seconds.
    pub fn limit(&self, name: &str, seconds: u64) {
        self.server(name)
            .faults()
            .always(Fault::LimitWithRetryAfter(seconds));
    }

    /// Lets one answer bytes that are no text.
    pub fn garble(&self, name: &str) {
        self.server(name).faults().always(Fault::GarbageBytes);
    }

    /// Lets one answer as usual again, after `kill` too.
    pub fn heal(&self, name: &str) {
        self.server(name).faults().clear();
        self.server(name).restart();
    }

    /// Takes away all documented limits, for tests that ask much.
    pub fn without_limits(&self) {
        for server in &self.servers {
            server.set_limit(Some(u64::from(u32::MAX)));
        }
    }

    /// Gives the requests of all together.
    pub fn requests(&self) -> usize {
        self.servers.iter().map(|server| server.log().count()).sum()
    }

    /// Gives the accepted connections of all together.
    pub fn connections(&self) -> usize {
        self.servers.iter().map(PlatformServer::connections).sum()
    }

    /// Writes a configuration file that points every client at its stand-in, without credentials, and opens exactly these ports.
    pub fn config_toml(&self) -> String {
        let hosts: Vec<String> = self
            .servers
            .iter()
            .map(|server| format!("\"{}\"", server.address()))
            .collect();
        let mut text = format!("[network]\nallow_hosts = [{}]\n", hosts.join(", "));
        for server in &self.servers {
            write!(
                text,
                "\n[platforms.{}]\nenabled = true\nbase_url = \"{}\"\n",
                server.name(),
                server.base_url()
            )
            .expect("a string takes everything");
        }
        text
    }

    /// Gives the same as variables, and Kaggle's token, without which it tells nothing.
    pub fn environment(&self) -> Vec<(String, String)> {
        let hosts: Vec<String> = self
            .servers
            .iter()
            .map(|server| server.address().to_string())
            .collect();
        let mut variables = vec![
            (
                "SYNTHESIZER__NETWORK__ALLOW_HOSTS".to_owned(),
                hosts.join(","),
            ),
            self.credential("KAGGLE_API_TOKEN", "kaggle"),
        ];
        for server in &self.servers {
            let prefix = format!("SYNTHESIZER__PLATFORMS__{}", server.name().to_uppercase());
            variables.push((format!("{prefix}__ENABLED"), "true".to_owned()));
            variables.push((format!("{prefix}__BASE_URL"), server.base_url()));
        }
        variables
    }

    /// Gives the well-known variables with tokens that the stand-ins accept.
    pub fn credentials(&self) -> Vec<(String, String)> {
        vec![
            self.credential("GITHUB_TOKEN", "github"),
            self.credential("GITLAB_TOKEN", "gitlab"),
            self.credential("HF_TOKEN", "huggingface"),
            self.credential("KAGGLE_API_TOKEN", "kaggle"),
        ]
    }

    fn credential(&self, variable: &str, platform: &str) -> (String, String) {
        (
            variable.to_owned(),
            self.server(platform).token().to_owned(),
        )
    }
}
