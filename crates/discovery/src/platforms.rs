//! Connects the platforms of a configuration: which are used, where they are, and what the user should know. Asks nothing.

use std::{sync::Arc, time::Duration};

use synthesizer_infrastructure::{
    config::{Config, PlatformSettings},
    http::{Door, Service},
};
use synthesizer_model::{ErrorCode, Failure};
use url::Url;

use crate::client::{Connection, Freshness, PlatformClient, PlatformDescriptor};

/// One platform, connected or not.
pub(crate) struct Platform {
    /// What it is.
    pub(crate) descriptor: &'static PlatformDescriptor,
    /// Where its API is.
    pub(crate) base_url: Option<Url>,
    /// Whether credentials are sent.
    pub(crate) authenticated: bool,
    /// Why credentials are not sent.
    pub(crate) withheld: Option<&'static str>,
    /// How it is asked.
    pub(crate) access: Access,
    /// What the door knows of it.
    pub(crate) service: Option<Service>,
}

/// Whether and how a platform is asked.
pub(crate) enum Access {
    /// It is enabled.
    Enabled {
        /// Asks it.
        client: Arc<dyn PlatformClient>,
        /// Asks it without the use of fresh answers of a cache, to see whether it is there.
        checking: Arc<dyn PlatformClient>,
    },
    /// It is not enabled.
    Disabled {
        /// Why.
        reason: &'static str,
        /// How to change that.
        hint: String,
    },
}

impl Platform {
    /// Connects a platform by its settings.
    ///
    /// # Errors
    /// `E_CONFIG` for an address that cannot be the base of an API, or a platform that is enabled without any address.
    pub(crate) fn connect(
        descriptor: &'static PlatformDescriptor,
        config: &Config,
        door: &Door,
    ) -> Result<Self, Failure> {
        let settings = config.platforms.get(descriptor.name).cloned();
        let settings = settings.unwrap_or_default();
        let configured = settings.base_url.is_some();
        let base_url = match (&settings.base_url, descriptor.public_url) {
            (Some(url), _) => Some(usable_base(url, descriptor.name)?),
            (None, Some(url)) => Some(public_base(url, descriptor.name)?),
            (None, None) => None,
        };
        let authenticated = settings.token.is_some() || settings.key.is_some();
        let service = door.service(descriptor.service);
        let access = match (choice(descriptor, &settings, authenticated), &base_url) {
            (Choice::Disabled { reason, hint }, _) => Access::Disabled { reason, hint },
            (Choice::Enabled, None) => {
                return Err(no_address(descriptor.name));
            }
            (Choice::Enabled, Some(base_url)) => {
                let connection = |fresh| Connection {
                    service: service.clone(),
                    base_url: base_url.clone(),
                    configured,
                    settings: settings.clone(),
                    fresh,
                    answer_bytes: config.limits.answer_bytes,
                };
                let fresh = Freshness {
                    search: config.cache.search,
                    repository: config.cache.repository,
                };
                let never = Freshness {
                    search: Duration::ZERO,
                    repository: Duration::ZERO,
                };
                Access::Enabled {
                    client: Arc::from((descriptor.connect)(connection(fresh))),
                    checking: Arc::from((descriptor.connect)(connection(never))),
                }
            }
        };
        Ok(Self {
            descriptor,
            base_url,
            authenticated,
            withheld: settings.withheld,
            access,
            service: Some(service),
        })
    }

    /// Gives its name.
    pub(crate) fn name(&self) -> &'static str {
        self.descriptor.name
    }

    /// Says whether a name that a user wrote means it.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        let name = name.trim();
        name.eq_ignore_ascii_case(self.name())
            || self
                .descriptor
                .aliases
                .iter()
                .any(|alias| name.eq_ignore_ascii_case(alias))
    }

    /// Says whether it is a server of the user's own choice and not the public one.
    pub(crate) fn is_self_hosted(&self) -> bool {
        let public = self.descriptor.public_url;
        let public = public.and_then(|address| Url::parse(address).ok());
        match (public, &self.base_url) {
            (Some(public), Some(base_url)) => public.origin() != base_url.origin(),
            _ => true,
        }
    }

    /// Gives its client.
    ///
    /// # Errors
    /// `E_CONFIG`, with how to enable it.
    pub(crate) fn client(&self) -> Result<&Arc<dyn PlatformClient>, Failure> {
        match &self.access {
            Access::Enabled { client, .. } => Ok(client),
            Access::Disabled { reason, hint } => Err(Failure::new(
                ErrorCode::Config,
                format!("{} is not enabled: {reason}", self.name()),
            )
            .with_hint(hint.clone())),
        }
    }

    /// Says what the user should know beside the answers.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let withheld = self
            .withheld
            .map(|reason| format!("credentials were not used: {reason}"));
        withheld.into_iter().collect()
    }
}

enum Choice {
    Enabled,
    Disabled { reason: &'static str, hint: String },
}

/// Decides whether a platform is used: as the user says, else where it can be reached without further settings.
fn choice(
    descriptor: &PlatformDescriptor,
    settings: &PlatformSettings,
    authenticated: bool,
) -> Choice {
    let name = descriptor.name;
    let has_address = settings.base_url.is_some() || descriptor.public_url.is_some();
    match settings.enabled {
        Some(true) => Choice::Enabled,
        Some(false) => Choice::Disabled {
            reason: "the configuration switches it off",
            hint: format!("set platforms.{name}.enabled = true"),
        },
        None if !has_address => Choice::Disabled {
            reason: "it has no public address",
            hint: format!("set platforms.{name}.base_url to the address of your server"),
        },
        None if !descriptor.anonymous && !authenticated && settings.base_url.is_none() => {
            Choice::Disabled {
                reason: "it answers nobody without credentials",
                hint: format!(
                    "set platforms.{name}.token or its well-known variable, see `synthesizer platforms --help` and {}",
                    descriptor.documentation
                ),
            }
        }
        None => Choice::Enabled,
    }
}

fn public_base(url: &str, name: &str) -> Result<Url, Failure> {
    let url = Url::parse(url)
        .map_err(|error| Failure::internal(format!("the address of {name} is wrong: {error}")))?;
    usable_base(&url, name)
}

/// Gives the address without a slash at its end (a bare host keeps its own), query and fragment.
fn usable_base(url: &Url, name: &str) -> Result<Url, Failure> {
    let refuse = |what: &str| {
        Failure::new(
            ErrorCode::Config,
            format!("platforms.{name}.base_url {what}"),
        )
        .with_hint("give an address such as https://git.example.com/api/v1")
    };
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(refuse("is not an http or https address"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("holds a user name or password").with_hint(format!(
            "credentials have settings of their own below platforms.{name}"
        )));
    }
    let mut base = url.clone();
    base.set_query(None);
    base.set_fragment(None);
    base.set_path(url.path().trim_end_matches('/'));
    Ok(base)
}

fn no_address(name: &str) -> Failure {
    Failure::new(
        ErrorCode::Config,
        format!("{name} is enabled but has no address"),
    )
    .with_hint(format!(
        "set platforms.{name}.base_url to the address of your server"
    ))
}

#[cfg(test)]
#[path = "platforms_tests.rs"]
mod tests;
