//! Tests of loading the configuration.

use super::*;

/// Loads a file's text with variables and flags in a folder of its own.
fn attempt(
    text: &str,
    variables: &[(&str, &str)],
    flags: &[(&str, &str)],
) -> (tempfile::TempDir, Result<Config, Problems>) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("synthesizer.toml"), text).expect("writes");
    let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    let mut environment: BTreeMap<String, String> = owned(variables).into_iter().collect();
    environment
        .entry("HOME".to_owned())
        .or_insert_with(|| "/home/person".to_owned());
    let options = LoadOptions {
        file: None,
        environment,
        flags: owned(flags),
        working_directory: folder.path().to_owned(),
        ..LoadOptions::default()
    };
    let result = load(options);
    (folder, result)
}

fn problems(text: &str, variables: &[(&str, &str)], flags: &[(&str, &str)]) -> Vec<String> {
    let (_folder, result) = attempt(text, variables, flags);
    result
        .expect_err("has problems")
        .0
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn loaded(text: &str, variables: &[(&str, &str)], flags: &[(&str, &str)]) -> Config {
    attempt(text, variables, flags).1.expect("loads")
}

#[test]
fn without_any_configuration_the_defaults_hold() {
    let (folder, result) = attempt("", &[], &[]);
    let config = result.expect("loads");
    assert_eq!(
        format!("{:?}", config.limits),
        format!("{:?}", Limits::default())
    );
    assert_eq!(
        format!("{:?}", config.sandbox),
        format!("{:?}", Sandbox::default())
    );
    assert_eq!(
        (config.telemetry.log.as_str(), config.telemetry.format),
        ("warn", LogFormat::Text)
    );
    assert_eq!(
        config.paths.data,
        Path::new("/home/person/.local/share/synthesizer")
    );
    assert_eq!(
        config.paths.cache,
        Path::new("/home/person/.cache/synthesizer")
    );
    let canonical = folder.path().canonicalize().expect("canonical");
    assert_eq!(config.paths.roots, [canonical]);
    assert!(config.network.allow_hosts.is_empty());
}

#[test]
fn flags_win_over_variables_and_variables_over_the_file() {
    let text = "[telemetry]\nlog = 'info'\n[limits]\nfile_bytes = '1 MiB'\nsource_files = 7\n";
    let variables = [
        ("SYNTHESIZER__LIMITS__FILE_BYTES", "2 MiB"),
        ("SYNTHESIZER__TELEMETRY__LOG", "error"),
    ];
    let config = loaded(text, &variables, &[("telemetry.log", "trace")]);
    assert_eq!(config.telemetry.log, "trace");
    assert_eq!(
        (config.limits.file_bytes, config.limits.source_files),
        (2 << 20, 7)
    );
}

#[test]
fn every_problem_is_reported_with_its_origin() {
    let text = "stray = 1\n\n[limits]\nfile_byte = 1\nsource_files = '7'\n\n[sandbox]\nmemory_bytes = 1\n\n[server]\nlisten = 'x'\n";
    let variables = [
        ("SYNTHESIZER__SANDBOX__ENABLED", "yes"),
        ("SYNTHESIZER__SANDBOX__PROCESSS", "1"),
    ];
    let reported = problems(text, &variables, &[("telemetry.format", "s3cret")]);
    assert_eq!(
        reported,
        [
            "synthesizer.toml:4: limits.file_byte: unknown setting, did you mean limits.file_bytes?",
            "synthesizer.toml:5: limits.source_files: expected a whole number from 1 to 10000000",
            "synthesizer.toml:8: sandbox.memory_bytes: expected a size from 64 MiB to 1 TiB, such as 512 MiB, or a number of bytes",
            "synthesizer.toml:11: server.listen: expected an address and port to listen on, such as 127.0.0.1:8400",
            "synthesizer.toml:1: stray: unknown setting",
            "SYNTHESIZER__SANDBOX__ENABLED: sandbox.enabled: expected true or false",
            "SYNTHESIZER__SANDBOX__PROCESSS: sandbox.processs: unknown setting, did you mean sandbox.processes?",
            "flag: telemetry.format: expected one of text, json, ecs",
        ]
    );
}

#[test]
fn a_file_that_does_not_parse_is_reported_by_line() {
    let reported = problems(
        "[limits]\nfile_bytes = = 1\n\n[sandbox]\nprocesses = 0\n",
        &[],
        &[],
    );
    assert!(
        reported[0].starts_with("synthesizer.toml:2: synthesizer.toml: not valid TOML"),
        "{reported:?}"
    );
    assert!(
        reported
            .iter()
            .any(|problem| problem.contains("sandbox.processes: expected")),
        "{reported:?}"
    );
}

#[test]
fn a_named_file_must_exist() {
    let reported = problems("", &[("SYNTHESIZER_CONFIG", "absent.toml")], &[]);
    assert_eq!(reported.len(), 1);
    assert!(
        reported[0].starts_with("absent.toml: absent.toml: the file cannot be read"),
        "{reported:?}"
    );
}

#[test]
fn roots_are_canonical_and_must_exist() {
    let folder = tempfile::tempdir().expect("a folder");
    let real = folder
        .path()
        .canonicalize()
        .expect("canonical")
        .join("real");
    std::fs::create_dir(&real).expect("creates");
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&real, &link).expect("links");
    let link = link.to_str().expect("text");
    let config = loaded("", &[("SYNTHESIZER__PATHS__ROOTS", link)], &[]);
    assert_eq!(config.paths.roots, [real]);
    let reported = problems("[paths]\nroots = ['absent']\n", &[], &[]);
    assert!(
        reported[0].starts_with("synthesizer.toml:2: paths.roots: "),
        "{reported:?}"
    );
}

#[test]
fn without_a_home_the_folders_must_be_named() {
    let reported = problems("", &[("HOME", ""), ("XDG_CACHE_HOME", "relative")], &[]);
    assert_eq!(reported.len(), 2, "{reported:?}");
    let named = [("paths.data", "a"), ("paths.cache", "/b")];
    let config = loaded("", &[("HOME", "")], &named);
    assert!(config.paths.data.is_absolute() && config.paths.data.ends_with("a"));
    assert_eq!(config.paths.cache, Path::new("/b"));
}

#[test]
fn a_checkout_does_not_choose_where_answers_and_state_are_kept() {
    let text = "[paths]\ndata = 'a'\ncache = '/b'\n";
    let reported = problems(text, &[], &[]);
    assert_eq!(reported.len(), 2, "{reported:?}");
    assert!(
        reported[0]
            .starts_with("synthesizer.toml:2: paths.data: a synthesizer.toml of the working"),
        "{reported:?}"
    );
    // The user's own word wins, and a file that was named is the user's own.
    let named = [("paths.data", "c"), ("paths.cache", "/d")];
    assert_eq!(loaded(text, &[], &named).paths.cache, Path::new("/d"));
    let (folder, _) = attempt(text, &[], &[]);
    let options = LoadOptions {
        file: Some(folder.path().join("synthesizer.toml")),
        working_directory: folder.path().to_owned(),
        ..LoadOptions::default()
    };
    let config = load(options).expect("loads");
    assert_eq!(config.paths.cache, Path::new("/b"));
}

#[test]
fn problems_become_one_failure_with_all_details() {
    let (_folder, result) = attempt("a = 1\nb = 2\n", &[], &[]);
    let failure = Failure::from(result.expect_err("has problems"));
    assert_eq!(failure.code, ErrorCode::Config);
    let details = failure.details.expect("details");
    assert_eq!(details["problems"].as_array().map(Vec::len), Some(2));
}

#[test]
fn every_setting_has_a_name_of_section_and_key_once() {
    for (index, setting) in SETTINGS.iter().enumerate() {
        let parts: Vec<&str> = setting.path.split('.').collect();
        let named = matches!(parts.as_slice(), ["platforms" | "resilience", "*", _]);
        assert!(parts.len() == 2 || named, "{}", setting.path);
        assert!(
            SETTINGS[..index]
                .iter()
                .all(|other| other.path != setting.path),
            "{}",
            setting.path
        );
    }
}
