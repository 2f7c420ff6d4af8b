//! The environment: the one place that reads it, the well-known variables, and what child programs may see of it.

use std::collections::BTreeMap;

use synthesizer_model::secret::Secret;

use super::{load::Problem, values::is_token};

/// Reads the process's environment; variables that are not UTF-8 are left out.
///
/// `main` calls it once and passes the result on.
pub fn environment() -> BTreeMap<String, String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    let variables = std::env::vars_os();
    variables
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Variables that carry the token of one git host.
const TOKEN_VARIABLES: &[(&str, &str)] = &[
    ("GITHUB_TOKEN", "github.com"),
    ("GITLAB_TOKEN", "gitlab.com"),
    ("HF_TOKEN", "huggingface.co"),
];

/// What a well-known variable is to its platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Token,
    Username,
    Key,
}

/// Variables that carry the credentials of one platform, by the platform's name.
const PLATFORM_VARIABLES: &[(&str, &str, Role)] = &[
    ("GITHUB_TOKEN", "github", Role::Token),
    ("GITLAB_TOKEN", "gitlab", Role::Token),
    ("HF_TOKEN", "huggingface", Role::Token),
    ("KAGGLE_API_TOKEN", "kaggle", Role::Token),
    ("KAGGLE_USERNAME", "kaggle", Role::Username),
    ("KAGGLE_KEY", "kaggle", Role::Key),
];

/// Reads the credentials of platforms; values that cannot be sent are left out (those of git hosts are reported with [`tokens`]).
pub(super) fn platform_credentials(
    environment: &BTreeMap<String, String>,
) -> impl Iterator<Item = (&'static str, Role, Secret)> + '_ {
    PLATFORM_VARIABLES
        .iter()
        .filter_map(|(variable, name, role)| {
            let value = environment.get(*variable)?.trim();
            is_token(value).then(|| (*name, *role, Secret::new(value)))
        })
}

/// Variables that the user's own tools see: where things are, certificates, proxies.
const TOOL_VARIABLES: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
    "NODE_USE_SYSTEM_CA",
    "NETRC",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
];

/// Families of variables that all of the user's own tools see: folders.
const SHARED_PREFIXES: &[&str] = &["XDG_"];

/// A tool of the user's own whose registry configuration we honour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// `uv`
    Uv,
    /// `npm`
    Npm,
    /// `cargo`
    Cargo,
}

impl Tool {
    /// Beginnings of the variables that are this tool's alone, in lower case: registries, credentials, certificates, the network.
    const fn families(self) -> &'static [&'static str] {
        match self {
            Self::Uv => &["uv_"],
            // Of npm's settings only these: the others change what it is asked to do, or point it at another project.
            Self::Npm => &[
                "npm_config_registry",
                "npm_config_cache",
                "npm_config_@",
                "npm_config_//",
                "npm_config__auth",
                "npm_config_always_auth",
                "npm_config_userconfig",
                "npm_config_globalconfig",
                "npm_config_cafile",
                "npm_config_cert",
                "npm_config_key",
                "npm_config_strict_ssl",
                "npm_config_proxy",
                "npm_config_https_proxy",
                "npm_config_noproxy",
                "npm_config_local_address",
                "npm_config_maxsockets",
                "npm_config_fetch_",
                "npm_config_before",
                "npm_config_min_release_age",
                "npm_config_replace_registry_host",
                // What configuration files of npm name most often in the place of a token.
                "npm_token",
                "node_auth_token",
            ],
            Self::Cargo => &[
                "cargo_home",
                "cargo_http_",
                "cargo_net_",
                "cargo_registry_",
                "cargo_registries_",
                "cargo_credential_alias_",
                "rustup_home",
                "rustup_toolchain",
            ],
        }
    }

    fn owns(self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        self.families()
            .iter()
            .any(|family| name.starts_with(family))
    }
}

/// Every tool with a configuration of its own.
const TOOLS: &[Tool] = &[Tool::Uv, Tool::Npm, Tool::Cargo];

/// Picks what one tool may see of the variables of all tools: a token of one registry's client is no business of another's.
pub fn variables_of(tool: Tool, variables: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let foreign = |name: &str| TOOLS.iter().any(|other| *other != tool && other.owns(name));
    variables
        .iter()
        .filter(|(name, _)| tool.owns(name) || !foreign(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Variables of those families that would point a tool at another project, publish, or change what it is asked to do.
const WITHHELD_PREFIXES: &[&str] = &[
    "UV_PROJECT",
    "UV_NO_PROJECT",
    "UV_WORKING_DIR",
    "UV_ENV_FILE",
    "UV_FROZEN",
    "UV_LOCKED",
    "UV_ISOLATED",
    "UV_PUBLISH",
    "UV_SYSTEM_PYTHON",
    "UV_BREAK_SYSTEM_PACKAGES",
    "UV_TOOL_",
];

/// Variables that the user's own tools get unless the user says otherwise: the system's certificates count, as they do for our own
/// connections, also where a client starts us with next to no environment. The second name is that of older versions of uv.
const TOOL_DEFAULTS: &[(&str, &str)] = &[("UV_SYSTEM_CERTS", "true"), ("UV_NATIVE_TLS", "true")];

/// Picks what child programs of the user's own tools may see.
pub(super) fn for_tools(environment: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let visible = |name: &str| {
        let listed = TOOL_VARIABLES.contains(&name);
        let family = TOOLS.iter().any(|tool| tool.owns(name))
            || SHARED_PREFIXES
                .iter()
                .any(|prefix| name.starts_with(prefix));
        let withheld = WITHHELD_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix));
        listed || (family && !withheld)
    };
    let mut picked: BTreeMap<String, String> = environment
        .iter()
        .filter(|(name, _)| visible(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let chosen = TOOL_DEFAULTS
        .iter()
        .any(|(name, _)| picked.contains_key(*name));
    if !chosen {
        let defaults = TOOL_DEFAULTS.iter();
        picked.extend(defaults.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    }
    picked
}

/// Reads the tokens of git hosts by host name; empty variables are as good as absent.
pub(super) fn tokens(
    environment: &BTreeMap<String, String>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Secret> {
    let mut tokens = BTreeMap::new();
    for (variable, host) in TOKEN_VARIABLES {
        let Some(token) = environment.get(*variable).map(|value| value.trim()) else {
            continue;
        };
        if !token.chars().all(|character| character.is_ascii_graphic()) {
            problems.push(Problem {
                path: (*variable).to_owned(),
                message: "a token has printable ASCII characters only".to_owned(),
                origin: (*variable).to_owned(),
            });
        } else if !token.is_empty() {
            tokens.insert((*host).to_owned(), Secret::new(token));
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(names: &[&str]) -> BTreeMap<String, String> {
        names
            .iter()
            .map(|name| ((*name).to_owned(), "value".to_owned()))
            .collect()
    }

    #[test]
    fn tools_see_only_what_they_need() {
        let shown = [
            "HOME",
            "PATH",
            "UV_CACHE_DIR",
            "UV_INDEX_CORP_PASSWORD",
            "XDG_CACHE_HOME",
            "https_proxy",
            "NPM_CONFIG_REGISTRY",
            "npm_config_//npm.example/:_authToken",
            "npm_config_@scope:registry",
            "NODE_AUTH_TOKEN",
            "CARGO_HOME",
            "CARGO_REGISTRIES_CORP_TOKEN",
            "RUSTUP_TOOLCHAIN",
        ];
        let hidden = [
            "AWS_SECRET_ACCESS_KEY",
            "GITHUB_TOKEN",
            "LD_PRELOAD",
            "PYTHONPATH",
            "UV_FROZEN",
            "UV_PROJECT_ENVIRONMENT",
            "UV_WORKING_DIRECTORY",
            "VIRTUAL_ENV",
            "npm_config_global",
            "npm_config_pack_destination",
            "npm_config_prefix",
            "npm_config_script_shell",
            "npm_lifecycle_script",
            "NODE_OPTIONS",
            "CARGO_BUILD_RUSTC_WRAPPER",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_TARGET_DIR",
            "RUSTC_WRAPPER",
        ];
        let all = variables(&[shown.as_slice(), hidden.as_slice()].concat());
        let mut expected = variables(&shown);
        expected.insert("UV_NATIVE_TLS".to_owned(), "true".to_owned());
        expected.insert("UV_SYSTEM_CERTS".to_owned(), "true".to_owned());
        assert_eq!(for_tools(&all), expected);
    }

    #[test]
    fn a_tool_does_not_see_what_is_another_tools() {
        let all = variables(&[
            "CARGO_REGISTRIES_CORP_TOKEN",
            "HOME",
            "NODE_EXTRA_CA_CERTS",
            "UV_INDEX_CORP_PASSWORD",
            "npm_config__authToken",
        ]);
        let check = |tool: Tool, own: &str| {
            let seen = variables_of(tool, &all);
            let expected = variables(&["HOME", "NODE_EXTRA_CA_CERTS", own]);
            assert_eq!(seen, expected, "{tool:?}");
        };
        check(Tool::Uv, "UV_INDEX_CORP_PASSWORD");
        check(Tool::Npm, "npm_config__authToken");
        check(Tool::Cargo, "CARGO_REGISTRIES_CORP_TOKEN");
    }

    #[test]
    fn the_users_choice_of_certificates_stays() {
        let chosen = variables(&["UV_SYSTEM_CERTS"]);
        assert_eq!(for_tools(&chosen), chosen);
    }

    #[test]
    fn tokens_go_to_their_hosts_alone() {
        let mut environment = variables(&["GITHUB_TOKEN", "HF_TOKEN"]);
        environment.insert("GITLAB_TOKEN".to_owned(), "a\r\nX-Evil: 1".to_owned());
        environment.insert("HF_TOKEN".to_owned(), "  ".to_owned());
        let mut problems = Vec::new();
        let tokens = tokens(&environment, &mut problems);
        assert_eq!(tokens.keys().collect::<Vec<_>>(), ["github.com"]);
        assert_eq!(problems.len(), 1);
        assert!(!format!("{problems:?}").contains("Evil"));
    }
}
