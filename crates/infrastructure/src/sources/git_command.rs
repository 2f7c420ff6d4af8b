//! The `git` program as it may be started: a cleared environment, every dangerous setting off, one pinned host. Only
//! fetches into bare repositories of our own; has no way to make a working tree.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    text::escape_untrusted,
};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    config::Config,
    http::{CheckedHost, certificate_file},
    process::{self, ChildOutput, ChildProgram},
    tools,
};

/// Settings of every call; they win over the repository's own configuration.
const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.symlinks=false",
    "core.protectHFS=true",
    "core.protectNTFS=true",
    "transfer.fsckObjects=true",
    "transfer.bundleURI=false",
    // One pack whatever its size, so that the bound on a file's size bounds the whole fetch.
    "transfer.unpackLimit=1",
    "fetch.unpackLimit=1",
    "http.followRedirects=false",
    "credential.helper=",
    "gc.auto=0",
    "maintenance.auto=false",
    "safe.bareRepository=explicit",
    "advice.detachedHead=false",
];

/// The `git` program for one remote repository.
#[derive(Debug)]
pub(super) struct GitCommand {
    program: PathBuf,
    environment: BTreeMap<String, String>,
    settings: Vec<String>,
    directory: PathBuf,
    deadline: Duration,
    /// The largest file that git may write, in bytes.
    pub(super) file_limit: u64,
    shown_url: String,
}

impl GitCommand {
    /// Prepares calls for one URL whose host was checked; `directory` is an empty folder that serves as home.
    ///
    /// # Errors
    /// `E_TOOL_MISSING` without git.
    pub(super) fn new(
        config: &Config,
        url: &Url,
        host: &CheckedHost,
        directory: PathBuf,
    ) -> Result<Self, Failure> {
        let program = tools::find("git", &config.tool_environment)?;
        let mut environment = fixed_environment(config, url, &directory);
        if let Some(proxy) = &host.proxy {
            environment.insert(format!("{}_proxy", url.scheme()), proxy.to_string());
        }
        for (position, (key, value)) in secret_settings(config, url).into_iter().enumerate() {
            environment.insert(format!("GIT_CONFIG_KEY_{position}"), key);
            environment.insert(format!("GIT_CONFIG_VALUE_{position}"), value);
            environment.insert("GIT_CONFIG_COUNT".to_owned(), (position + 1).to_string());
        }
        let mut settings: Vec<String> = SETTINGS
            .iter()
            .map(|setting| (*setting).to_owned())
            .collect();
        settings.extend(pinned(host));
        Ok(Self {
            program,
            environment,
            settings,
            directory,
            deadline: config.limits.clone_timeout,
            file_limit: config.limits.download_bytes.min(config.limits.source_bytes),
            shown_url: escape_untrusted(url.as_str()),
        })
    }

    /// Runs one call and gives its standard output.
    ///
    /// # Errors
    /// See [`explain`]; `E_TIMEOUT`, `E_CANCELLED`.
    pub(super) async fn run(
        &self,
        arguments: &[&str],
        cancellation: &CancellationToken,
    ) -> Result<String, Failure> {
        let mut child = ChildProgram::new(&self.program, &self.directory);
        for setting in &self.settings {
            child = child.args(["-c", setting.as_str()]);
        }
        child = child.args(arguments.iter().copied());
        child.environment.clone_from(&self.environment);
        child.deadline = self.deadline;
        child.file_limit = Some(self.file_limit);
        let output = process::run(child, cancellation).await?;
        if output.success() && !output.truncated {
            Ok(output.stdout_text())
        } else {
            Err(explain(&output, &self.shown_url, self.file_limit))
        }
    }

    /// Makes the failure of a repository over the bound.
    pub(super) fn too_large(&self) -> Failure {
        too_large(&self.shown_url, self.file_limit)
    }
}

fn fixed_environment(
    config: &Config,
    url: &Url,
    home: &std::path::Path,
) -> BTreeMap<String, String> {
    let mut environment: BTreeMap<String, String> = [
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_ASKPASS", "/bin/true"),
        ("GIT_LFS_SKIP_SMUDGE", "1"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        // The explanation of a failure is read, so it has to be in one language.
        ("LC_ALL", "C"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect();
    // Plain HTTP gets here only for a host that the configuration opens.
    environment.insert("GIT_ALLOW_PROTOCOL".to_owned(), url.scheme().to_owned());
    environment.insert("HOME".to_owned(), home.to_string_lossy().into_owned());
    // The cache may lie inside somebody's repository, whose settings must not count.
    if let Some(above) = home.parent() {
        let above = above.to_string_lossy().into_owned();
        environment.insert("GIT_CEILING_DIRECTORIES".to_owned(), above);
    }
    let path = config
        .tool_environment
        .get("PATH")
        .map_or("/usr/bin:/bin", String::as_str);
    environment.insert("PATH".to_owned(), path.to_owned());
    if let Some(file) = certificate_file(&config.tool_environment) {
        environment.insert(
            "GIT_SSL_CAINFO".to_owned(),
            file.to_string_lossy().into_owned(),
        );
    }
    environment
}

/// Gives the token of the host as a header setting, for the environment: the command line is visible to other users.
fn secret_settings(config: &Config, url: &Url) -> Vec<(String, String)> {
    let Some(token) = url
        .host_str()
        .and_then(|host| config.tokens.get(host))
        .filter(|token| !token.is_empty())
    else {
        return Vec::new();
    };
    // Another port of the host is somebody else's door.
    if url.scheme() != "https" || url.port().is_some() {
        return Vec::new();
    }
    let authority = url.host_str().unwrap_or_default();
    let basic = STANDARD.encode(format!("x-access-token:{}", token.expose()));
    vec![(
        format!("http.https://{authority}/.extraHeader"),
        format!("Authorization: Basic {basic}"),
    )]
}

/// Makes curl connect to the checked addresses and no others.
fn pinned(host: &CheckedHost) -> Option<String> {
    if host.addresses.is_empty() || host.host.parse::<std::net::IpAddr>().is_ok() {
        return None;
    }
    let addresses: Vec<String> = host
        .addresses
        .iter()
        .map(|address| match address.ip() {
            std::net::IpAddr::V4(address) => address.to_string(),
            std::net::IpAddr::V6(address) => format!("[{address}]"),
        })
        .collect();
    Some(format!(
        "http.curloptResolve={}:{}:{}",
        host.host,
        host.port,
        addresses.join(",")
    ))
}

/// Turns git's explanation into a failure. Its text is not repeated: it holds paths of ours and bytes of the other side.
fn explain(output: &ChildOutput, url: &str, limit: u64) -> Failure {
    let text = output.stderr_text();
    let has = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    if has(&["File too large", "signal 25", "SIGXFSZ"]) || output.truncated {
        return too_large(url, limit);
    }
    if let Some(check) = failed_check(&text) {
        return Failure::new(
            ErrorCode::Forbidden,
            format!("{url} holds objects that git refuses as unsafe ({check})"),
        )
        .with_details(serde_json::json!({ "check": check }));
    }
    if has(&[
        "Authentication failed",
        "could not read Username",
        "could not read Password",
        "error: 401",
        "error: 403",
    ]) {
        return Failure::new(
            ErrorCode::Authentication,
            format!("no permission to read {url}, or it does not exist"),
        )
        .with_hint("set the host's token, such as GITHUB_TOKEN, or check the spelling");
    }
    if has(&[
        "not found",
        "error: 404",
        "does not appear to be a git repository",
        "not our ref",
        "couldn't find remote ref",
    ]) {
        return Failure::new(
            ErrorCode::NotFound,
            format!("there is no such repository or revision at {url}"),
        )
        .with_hint("check the spelling; a private repository needs a token");
    }
    if has(&["redirect"]) {
        return Failure::new(ErrorCode::Upstream, format!("{url} redirects elsewhere"))
            .with_hint("name the address that it redirects to");
    }
    let reason = [
        ("Could not resolve host", "the host cannot be found"),
        ("Failed to connect", "the connection failed"),
        ("Couldn't connect", "the connection failed"),
        ("Connection refused", "the connection was refused"),
        ("certificate", "its certificate is not trusted"),
        ("early EOF", "the answer broke off"),
        ("hung up unexpectedly", "the answer broke off"),
        ("error: 429", "too many requests"),
    ]
    .iter()
    .find(|(part, _)| text.contains(part))
    .map_or("git reports an error", |(_, reason)| reason);
    let code = if reason == "too many requests" {
        ErrorCode::RateLimited
    } else {
        ErrorCode::Upstream
    };
    Failure::new(code, format!("cannot fetch {url}: {reason}"))
}

fn too_large(url: &str, limit: u64) -> Failure {
    Failure::new(
        ErrorCode::Limit,
        format!("{url} is larger than {limit} bytes"),
    )
    .with_hint("raise limits.download_bytes and limits.source_bytes if you trust it")
}

/// Finds the name of the fsck check that a fetched object failed, as in `error: object <id>: hasDotdot: contains '..'`.
fn failed_check(text: &str) -> Option<String> {
    let named = text.lines().find_map(|line| {
        let (_, rest) = line.split_once("object ")?;
        let (object, rest) = rest.split_once(": ")?;
        let (check, _) = rest.split_once(':')?;
        let plain = object.len() >= 40
            && check.len() <= 40
            && check.bytes().all(|byte| byte.is_ascii_alphanumeric());
        plain.then(|| check.to_owned())
    });
    named.or_else(|| text.contains("fsck error").then(|| "fsck".to_owned()))
}

#[cfg(test)]
mod tests {
    use synthesizer_testkit::git_repository::run_git;

    use super::*;

    fn check(stderr: &str, expected: ErrorCode) {
        let output = ChildOutput {
            status: Some(128),
            stdout: Vec::new(),
            stderr: stderr.as_bytes().to_vec(),
            truncated: false,
        };
        let failure = explain(&output, "https://git.example/o/n", 10);
        assert_eq!(failure.code, expected, "{stderr}");
        assert!(!failure.message.contains("/cache/"), "{}", failure.message);
    }

    #[test]
    fn explanations_become_codes() {
        check(
            "fatal: repository 'https://git.example/o/n/' not found",
            ErrorCode::NotFound,
        );
        check(
            "fatal: unable to access 'x': The requested URL returned error: 403",
            ErrorCode::Authentication,
        );
        check(
            "fatal: Authentication failed for 'https://git.example/o/n/'",
            ErrorCode::Authentication,
        );
        check(
            "error: object 3c7d1e6e1e1f2b8a0f1ed8f5f1c1a7d1d0f1a111: hasDotdot: contains '..'\nfatal: fsck error in packed object",
            ErrorCode::Forbidden,
        );
        check(
            "fatal: unable to access 'x': Could not resolve host: git.example",
            ErrorCode::Upstream,
        );
        check(
            "fatal: write error: File too large in /cache/x",
            ErrorCode::Limit,
        );
        check(
            "fatal: unable to update url base from redirection:",
            ErrorCode::Upstream,
        );
        check("", ErrorCode::Upstream);
    }

    #[test]
    fn addresses_are_pinned_by_name_and_port() {
        let host = |name: &str| CheckedHost {
            host: name.to_owned(),
            port: 443,
            addresses: vec![
                "1.2.3.4:443".parse().expect("v4"),
                "[2a00::1]:443".parse().expect("v6"),
            ],
            proxy: None,
        };
        assert_eq!(
            pinned(&host("git.example")).as_deref(),
            Some("http.curloptResolve=git.example:443:1.2.3.4,[2a00::1]")
        );
        assert_eq!(pinned(&host("1.2.3.4")), None);
    }

    #[tokio::test]
    async fn settings_of_a_repository_around_the_cache_do_not_count() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("cache/scratch/work");
        std::fs::create_dir_all(&inner).expect("a folder");
        let config = crate::sources::testing::config(folder.path());
        run_git(folder.path(), &["init", "--quiet"], b"").expect("git");
        let settings = ["config", "url.https://evil.example/.insteadOf", "x"];
        run_git(folder.path(), &settings, b"").expect("git");
        let url = Url::parse("https://git.example/o/n").expect("a url");
        let host = CheckedHost {
            host: "git.example".to_owned(),
            port: 443,
            addresses: Vec::new(),
            proxy: None,
        };
        let command = GitCommand::new(&config, &url, &host, inner).expect("git");
        let listed = command
            .run(
                &["config", "--list", "--name-only"],
                &CancellationToken::new(),
            )
            .await
            .expect("lists");
        assert!(!listed.contains("insteadof"), "{listed}");
    }

    #[test]
    fn a_token_goes_to_its_host_over_https_by_the_environment_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = crate::sources::testing::config(folder.path());
        config.tokens.insert(
            "git.example".to_owned(),
            synthesizer_model::secret::Secret::new("hidden-word"),
        );
        let encoded = STANDARD.encode("x-access-token:hidden-word");
        let header_key = |url: &str| {
            let url = Url::parse(url).expect("a url");
            let host = CheckedHost {
                host: "git.example".to_owned(),
                port: 443,
                addresses: Vec::new(),
                proxy: None,
            };
            let command =
                GitCommand::new(&config, &url, &host, folder.path().to_path_buf()).expect("git");
            assert!(
                !command
                    .settings
                    .iter()
                    .any(|setting| setting.contains(&encoded))
            );
            let sent = command
                .environment
                .values()
                .any(|value| value.ends_with(&encoded));
            let key = command.environment.get("GIT_CONFIG_KEY_0").cloned();
            assert_eq!(sent, key.is_some());
            key
        };
        assert_eq!(
            header_key("https://git.example/o/n").as_deref(),
            Some("http.https://git.example/.extraHeader")
        );
        assert_eq!(header_key("https://git.example:8443/o/n"), None);
        assert_eq!(header_key("http://git.example/o/n"), None);
        assert_eq!(header_key("https://other.example/o/n"), None);
    }
}
