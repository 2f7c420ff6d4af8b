//! Builds the sections about other services out of checked settings. Must not know any service by name.

use std::{collections::BTreeMap, fs::File, io::Read as _, time::Duration};

use synthesizer_model::secret::Secret;
use url::{Host, Url};

use super::{
    AdminSettings, CacheSettings, JobSettings, PlatformSettings, PolicyChanges, Resilience,
    ServerSettings, Synthesis,
    environment::{self, Role},
    load::{Chosen, Problem, Settings, expand, user_folder},
    values::{SecretValue, Value, is_token},
};

/// The longest file of a secret that is read.
const SECRET_LIMIT: u64 = 64 << 10;

/// Why credentials of the environment are not sent to an address.
const WITHHELD: &str = "the address comes from a synthesizer.toml of the working directory";

/// Builds `[resilience]`.
pub(super) fn resilience(settings: &Settings) -> Resilience {
    let mut resilience = Resilience::default();
    for (path, chosen) in &settings.0 {
        let Some(rest) = path.strip_prefix("resilience.") else {
            continue;
        };
        match rest.split_once('.') {
            None => change(&mut resilience.all, rest, &chosen.value),
            Some((service, key)) => {
                let changes = resilience.services.entry(service.to_owned()).or_default();
                change(changes, key, &chosen.value);
            }
        }
    }
    resilience
}

fn change(changes: &mut PolicyChanges, key: &str, value: &Value) {
    match value {
        Value::Duration(time) => change_time(changes, key, *time),
        Value::Number(number) => {
            change_count(changes, key, u32::try_from(*number).unwrap_or(u32::MAX))
        }
        Value::Boolean(value) => changes.breaker = Some(*value),
        Value::Text(_)
        | Value::List(_)
        | Value::Hosts(_)
        | Value::Listen(_)
        | Value::Address(_)
        | Value::Secret(_) => {}
    }
}

fn change_time(changes: &mut PolicyChanges, key: &str, time: Duration) {
    let field = match key {
        "deadline" => &mut changes.deadline,
        "backoff" => &mut changes.backoff,
        "backoff_longest" => &mut changes.backoff_longest,
        "window" => &mut changes.window,
        "slow_call" => &mut changes.slow_call,
        "open" => &mut changes.open,
        "open_longest" => &mut changes.open_longest,
        other => unreachable!("{other} is no time of a policy, which a test holds"),
    };
    *field = Some(time);
}

fn change_count(changes: &mut PolicyChanges, key: &str, count: u32) {
    let field = match key {
        "requests_per_minute" => &mut changes.requests_per_minute,
        "burst" => &mut changes.burst,
        "tries" => &mut changes.tries,
        "retry_percent" => &mut changes.retry_percent,
        "retry_reserve" => &mut changes.retry_reserve,
        "consecutive_failures" => &mut changes.consecutive_failures,
        "minimum_calls" => &mut changes.minimum_calls,
        "failure_percent" => &mut changes.failure_percent,
        "slow_percent" => &mut changes.slow_percent,
        "half_open_calls" => &mut changes.half_open_calls,
        other => unreachable!("{other} is no count of a policy, which a test holds"),
    };
    *field = Some(count);
}

/// Builds `[platforms.NAME]`, with the credentials of the well-known variables where the file has none.
///
/// Those of the environment are withheld from an address that only a file of the working directory names: whoever wrote a
/// checkout would otherwise get them. Loopback addresses are the user's own.
pub(super) fn platforms(
    settings: &Settings,
    environment: &BTreeMap<String, String>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, PlatformSettings> {
    let mut platforms: BTreeMap<String, PlatformSettings> = BTreeMap::new();
    let untrusted = addresses_of_others(settings);
    for (path, chosen) in &settings.0 {
        let Some((name, key)) = path
            .strip_prefix("platforms.")
            .and_then(|rest| rest.split_once('.'))
        else {
            continue;
        };
        let platform = platforms.entry(name.to_owned()).or_default();
        match (key, &chosen.value) {
            ("enabled", Value::Boolean(enabled)) => platform.enabled = Some(*enabled),
            ("base_url", Value::Address(url)) => platform.base_url = Some(url.clone()),
            ("username", Value::Text(text)) => platform.username = Some(text.clone()),
            // A file of secrets belongs to this machine, as the environment does.
            ("token" | "key", Value::Secret(SecretValue::File(_))) if untrusted.contains(&name) => {
                platform.withheld = Some(WITHHELD);
            }
            ("token", Value::Secret(secret)) => {
                platform.token = read_secret(path, secret, chosen, environment, problems);
            }
            ("key", Value::Secret(secret)) => {
                platform.key = read_secret(path, secret, chosen, environment, problems);
            }
            _ => {}
        }
    }
    for (name, role, secret) in environment::platform_credentials(environment) {
        let platform = platforms.entry(name.to_owned()).or_default();
        if untrusted.contains(&name) {
            platform.withheld = Some(WITHHELD);
            continue;
        }
        match role {
            Role::Token => platform.token.get_or_insert(secret),
            Role::Key => platform.key.get_or_insert(secret),
            Role::Username => {
                platform
                    .username
                    .get_or_insert_with(|| secret.expose().to_owned());
                continue;
            }
        };
    }
    platforms
}

/// Gives the platforms whose address only a file of the working directory names, unless it is this machine.
fn addresses_of_others(settings: &Settings) -> Vec<&str> {
    let names = settings.0.iter().filter_map(|(path, chosen)| {
        let name = path.strip_prefix("platforms.")?.strip_suffix(".base_url")?;
        let elsewhere = matches!(&chosen.value, Value::Address(url) if !is_loopback(url));
        (chosen.of_working_directory && elsewhere).then_some(name)
    });
    names.collect()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn read_secret(
    path: &str,
    secret: &SecretValue,
    chosen: &Chosen,
    environment: &BTreeMap<String, String>,
    problems: &mut Vec<Problem>,
) -> Option<Secret> {
    let file = match secret {
        SecretValue::Written(secret) => return Some(secret.clone()),
        SecretValue::File(file) => expand(file, &chosen.folder, environment),
    };
    let mut text = String::new();
    let read = std::fs::metadata(&file)
        .and_then(|data| match data.is_file() {
            true => File::open(&file),
            false => Err(std::io::Error::other("not a regular file")),
        })
        .and_then(|file| file.take(SECRET_LIMIT).read_to_string(&mut text));
    let message = match read {
        Ok(_) if is_token(text.trim()) => return Some(Secret::new(text.trim())),
        Ok(_) => "the file holds no text of printable ASCII characters".to_owned(),
        Err(error) => format!("the file of the secret cannot be read: {error}"),
    };
    problems.push(Problem {
        path: path.to_owned(),
        message,
        origin: chosen.origin.clone(),
    });
    None
}

/// Builds `[cache]`.
pub(super) fn cache(settings: &Settings) -> CacheSettings {
    CacheSettings {
        disk: settings.boolean("cache.disk"),
        memory_bytes: settings.number("cache.memory_bytes"),
        disk_bytes: settings.number("cache.disk_bytes"),
        facts_bytes: settings.number("cache.facts_bytes"),
        packages_bytes: settings.number("cache.packages_bytes"),
        git_bytes: settings.number("cache.git_bytes"),
        search: settings.duration("cache.search"),
        repository: settings.duration("cache.repository"),
        resolution: settings.duration("cache.resolution"),
        stale: settings.duration("cache.stale"),
    }
}

/// Builds `[server]`.
pub(super) fn server(settings: &Settings) -> ServerSettings {
    ServerSettings {
        listen: settings.listen("server.listen"),
        allowed_hosts: settings.texts("server.allowed_hosts"),
        allowed_origins: settings.texts("server.allowed_origins"),
        requests_per_minute: settings.small("server.requests_per_minute"),
        burst: settings.small("server.burst"),
        sessions: settings.count("server.sessions"),
        connections: settings.count("server.connections"),
        drain_delay: settings.duration("server.drain_delay"),
        shutdown_timeout: settings.duration("server.shutdown_timeout"),
    }
}

/// Builds `[admin]`.
pub(super) fn admin(settings: &Settings) -> AdminSettings {
    AdminSettings {
        listen: settings.listen("admin.listen"),
        health_interval: settings.duration("admin.health_interval"),
    }
}

/// Builds `[jobs]`.
pub(super) fn jobs(settings: &Settings) -> JobSettings {
    JobSettings {
        at_once: settings.count("jobs.at_once"),
        queued: settings.count("jobs.queued"),
        keep: settings.count("jobs.keep"),
        keep_for: settings.duration("jobs.keep_for"),
        take: settings.boolean("jobs.take"),
    }
}

/// Builds `[synthesis]`.
pub(super) fn synthesis(settings: &Settings, environment: &BTreeMap<String, String>) -> Synthesis {
    let written = settings.0.get("synthesis.templates");
    let written = written.and_then(|chosen| match &chosen.value {
        Value::Text(text) => Some(expand(text, &chosen.folder, environment)),
        _ => None,
    });
    let usual = || {
        let folder = user_folder(environment, "XDG_CONFIG_HOME", ".config")?;
        Some(folder.join("synthesizer/templates"))
    };
    Synthesis {
        templates: written.or_else(usual),
    }
}

#[cfg(test)]
#[path = "sections_tests.rs"]
mod tests;
