//! Tests of the sections about other services.

use std::time::Duration;

use super::*;
use crate::config::{Config, LoadOptions, Problems, SETTINGS, ServicePolicy, load};

fn attempt(text: &str, named: bool, variables: &[(&str, &str)]) -> Result<Config, Problems> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("synthesizer.toml");
    std::fs::write(&file, text).expect("writes");
    std::fs::write(folder.path().join("secret"), "from-a-file\n").expect("writes");
    let mut environment: BTreeMap<String, String> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    environment.insert("HOME".to_owned(), "/home/person".to_owned());
    load(LoadOptions {
        file: named.then_some(file),
        environment,
        working_directory: folder.path().to_owned(),
        platforms: vec!["github", "gitlab", "kaggle"],
        services: vec!["github", "gitlab", "git"],
        aliases: vec![("git_hub", "github")],
        ..LoadOptions::default()
    })
}

fn token_of(config: &Config, platform: &str) -> Option<String> {
    let settings = config.platforms.get(platform)?;
    Some(settings.token.as_ref()?.expose().to_owned())
}

#[test]
fn a_policy_is_the_services_own_then_the_general_then_the_named() {
    let text = "[resilience]\ntries = 2\nopen = '250 ms'\n[resilience.github]\nopen = '1 s'\nbreaker = false\n";
    let config = attempt(
        text,
        false,
        &[("SYNTHESIZER__RESILIENCE__GITLAB__BURST", "7")],
    )
    .expect("loads");
    let own = ServicePolicy {
        burst: 3,
        tries: 9,
        ..ServicePolicy::default()
    };
    let check = |service: &str, expected: (u32, u32, Duration, bool)| {
        let policy = config.resilience.policy(service, own);
        let found = (policy.tries, policy.burst, policy.open, policy.breaker);
        assert_eq!(found, expected, "{service}");
    };
    check("github", (2, 3, Duration::from_secs(1), false));
    check("gitlab", (2, 7, Duration::from_millis(250), true));
    check("arxiv", (2, 3, Duration::from_millis(250), true));
}

#[test]
fn every_setting_of_a_policy_changes_it() {
    let keys = SETTINGS
        .iter()
        .filter_map(|setting| Some((setting.path.strip_prefix("resilience.*.")?, setting.kind)));
    for (key, kind) in keys {
        let value = match kind {
            crate::config::Kind::Boolean => "false",
            crate::config::Kind::Duration { .. } => "'77 s'",
            _ => "7",
        };
        let config =
            attempt(&format!("[resilience.git]\n{key} = {value}\n"), false, &[]).expect(key);
        let changed = config.resilience.policy("git", ServicePolicy::default());
        assert_ne!(changed, ServicePolicy::default(), "{key}");
        assert_eq!(
            config.resilience.policy("other", ServicePolicy::default()),
            ServicePolicy::default()
        );
    }
}

#[test]
fn unknown_platforms_services_and_keys_are_problems() {
    let text = "[platforms.githbu]\nenabled = true\n[resilience.gitlabb]\ntries = 1\n[platforms.github]\nbase_uri = 'x'\nbase_url = 'https://u:p@h'\n";
    let problems = attempt(text, false, &[]).expect_err("problems").0;
    let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "synthesizer.toml:2: platforms.githbu.enabled: unknown setting, did you mean platforms.github.enabled?",
            "synthesizer.toml:6: platforms.github.base_uri: unknown setting, did you mean platforms.github.base_url?",
            "synthesizer.toml:7: platforms.github.base_url: expected an http or https URL without user, password, query and fragment",
            "synthesizer.toml:4: resilience.gitlabb.tries: unknown setting, did you mean resilience.gitlab.tries?",
        ]
    );
}

#[test]
fn credentials_come_from_the_file_then_from_the_well_known_variables() {
    let text =
        "[platforms.gitlab]\ntoken = { file = 'secret' }\n[platforms.github]\nenabled = false\n";
    let variables = [
        ("GITHUB_TOKEN", "of-the-environment"),
        ("GITLAB_TOKEN", "not-used"),
        ("KAGGLE_USERNAME", "me"),
        ("KAGGLE_KEY", "the-key"),
    ];
    let config = attempt(text, true, &variables).expect("loads");
    assert_eq!(
        token_of(&config, "github").as_deref(),
        Some("of-the-environment")
    );
    assert_eq!(token_of(&config, "gitlab").as_deref(), Some("from-a-file"));
    let kaggle = &config.platforms["kaggle"];
    assert_eq!(kaggle.username.as_deref(), Some("me"));
    assert_eq!(kaggle.key.as_ref().map(Secret::expose), Some("the-key"));
    assert!(!format!("{config:?}").contains("the-key"));
}

#[test]
fn another_name_of_a_platform_means_the_platform() {
    let text = "[platforms.git_hub]\ntoken = 'abc'\n[resilience.git_hub]\ntries = 1\n";
    let config = attempt(text, true, &[]).expect("loads");
    assert_eq!(token_of(&config, "github").as_deref(), Some("abc"));
    assert_eq!(config.resilience.services["github"].tries, Some(1));
}

#[test]
fn a_checkout_cannot_send_the_users_credentials_elsewhere() {
    let check = |text: &str, named: bool, expected: Option<&str>| {
        let config = attempt(text, named, &[("GITHUB_TOKEN", "mine")]).expect("loads");
        assert_eq!(token_of(&config, "github").as_deref(), expected, "{text}");
        assert_eq!(
            config.platforms["github"].withheld.is_some(),
            expected.is_none(),
            "{text}"
        );
    };
    check(
        "[platforms.github]\nbase_url = 'https://evil.example'\n",
        false,
        None,
    );
    check(
        "[platforms.github]\nbase_url = 'https://evil.example'\ntoken = { file = 'secret' }\n",
        false,
        None,
    );
    check(
        "[platforms.github]\nbase_url = 'https://corp.example'\n",
        true,
        Some("mine"),
    );
    check(
        "[platforms.github]\nbase_url = 'http://127.0.0.1:1'\n",
        false,
        Some("mine"),
    );
    check(
        "[platforms.github]\nbase_url = 'http://127.0.0.1.evil.example'\n",
        false,
        None,
    );
    check("", false, Some("mine"));
}

#[test]
fn a_file_of_a_secret_must_hold_one() {
    for text in [
        "[platforms.github]\ntoken = { file = 'absent' }\n",
        "[platforms.github]\ntoken = { file = '.' }\n",
    ] {
        let problems = attempt(text, true, &[]).expect_err("problems").0;
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].path, "platforms.github.token");
    }
}

#[test]
fn listeners_and_caches_have_defaults_and_bounds() {
    let config = attempt("[cache]\ndisk = false\nsearch = '2 m'\n[server]\nallowed_origins = ['https://a.example']\n", false, &[]).expect("loads");
    assert_eq!(config.server.listen, ServerSettings::default().listen);
    assert_eq!(config.admin.listen, AdminSettings::default().listen);
    assert_eq!(config.server.allowed_origins, ["https://a.example"]);
    let expected = CacheSettings {
        disk: false,
        search: Duration::from_secs(120),
        ..CacheSettings::default()
    };
    assert_eq!(config.cache, expected);
}
