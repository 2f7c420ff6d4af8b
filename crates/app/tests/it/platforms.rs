//! `platforms`, its tool, and the part of `doctor` that asks each platform.

use serde_json::{Value, json};
use synthesizer_testkit::{faults::Fault, platforms::PLATFORMS};

use crate::{
    crafted::program,
    search::{list, searching, world},
};

fn platform<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let mut all = list(answer, "platforms").iter();
    all.find(|platform| platform["name"] == name)
        .unwrap_or_else(|| panic!("{name} is shown: {answer}"))
}

fn assert_shape(answer: &Value) {
    let names: Vec<&Value> = list(answer, "platforms")
        .iter()
        .map(|platform| &platform["name"])
        .collect();
    assert_eq!(names, PLATFORMS);
    for platform in list(answer, "platforms") {
        for field in ["enabled", "authenticated"] {
            assert!(platform[field].is_boolean(), "{field}: {platform}");
        }
        for field in ["title", "description", "documentation", "breaker"] {
            let text = platform[field].as_str();
            assert!(
                text.is_some_and(|text| !text.is_empty()),
                "{field}: {platform}"
            );
        }
        assert!(
            platform["healthy"].is_null() || platform["healthy"].is_boolean(),
            "{platform}"
        );
        if !platform["quota"].is_null() {
            for field in ["limit", "remaining", "reset_at"] {
                assert!(platform["quota"].get(field).is_some(), "{platform}");
            }
        }
    }
}

#[test]
fn every_platform_says_how_it_is() {
    let world = world();
    let program = searching(&world, "[resilience]\ntries = 1\n");
    let unknown = program
        .run(["platforms", "--no-check", "--json"])
        .expect_status(0)
        .json();
    assert_shape(&unknown);
    assert!(
        list(&unknown, "platforms")
            .iter()
            .all(|platform| platform["healthy"].is_null())
    );
    assert_eq!(world.connections(), 0, "nobody is asked");
    world.kill("gitlab");
    world
        .server("gitea")
        .faults()
        .always(Fault::Status(401, Vec::new()));
    let known = program.run(["platforms", "--json"]).expect_status(0).json();
    assert_shape(&known);
    for (name, authenticated) in [
        ("github", true),
        ("huggingface", true),
        ("kaggle", true),
        ("arxiv", false),
    ] {
        let shown = platform(&known, name);
        assert_eq!(shown["enabled"], true, "{shown}");
        assert_eq!(shown["authenticated"], authenticated, "{shown}");
        assert_eq!(shown["healthy"], true, "{shown}");
        assert_eq!(shown["breaker"], "closed", "{shown}");
        assert!(shown["last_error"].is_null(), "{shown}");
    }
    assert!(platform(&known, "github")["quota"]["remaining"].is_u64());
    for (name, code) in [("gitlab", "E_UPSTREAM"), ("gitea", "E_AUTH")] {
        let shown = platform(&known, name);
        assert_eq!(shown["healthy"], false, "{shown}");
        assert_eq!(shown["last_error"]["code"], code, "{shown}");
        assert!(shown["last_error_at"].is_string(), "{shown}");
    }
    let people = program.run(["platforms"]).expect_status(0).stdout;
    for name in PLATFORMS {
        assert!(people.contains(name), "{people}");
    }
}

/// Leaves Kaggle to its public address, which answers nobody without credentials and is therefore not asked.
fn without_kaggle(config: &str) -> String {
    let start = config.find("[platforms.kaggle]").expect("it is there");
    let end = config[start..]
        .find("\n\n")
        .map_or(config.len(), |length| start + length);
    format!("{}{}", &config[..start], &config[end..])
}

#[test]
fn a_platform_that_lacks_something_is_off_and_says_what_it_lacks() {
    let world = world();
    let config = without_kaggle(&world.config_toml()).replace(
        "[platforms.gitea]\nenabled = true",
        "[platforms.gitea]\nenabled = false",
    );
    let program = program().with_config(&config);
    let shown = program.run(["platforms", "--json"]).expect_status(0).json();
    for (name, needed) in [
        ("kaggle", "credentials"),
        ("gitea", "platforms.gitea.enabled"),
    ] {
        let off = platform(&shown, name);
        assert_eq!(
            (&off["enabled"], &off["healthy"]),
            (&json!(false), &Value::Null),
            "{off}"
        );
        let remarks = off["remarks"].to_string();
        assert!(
            remarks.contains("not enabled") && remarks.contains(needed),
            "{off}"
        );
        assert_eq!(world.server(name).connections(), 0, "{name}");
    }
    assert_eq!(platform(&shown, "github")["authenticated"], false);
    let offline = program
        .run(["platforms", "--offline", "--json"])
        .expect_status(0)
        .json();
    assert_shape(&offline);
}

#[test]
fn the_doctor_asks_each_platform() {
    let world = world();
    let config = without_kaggle(&world.config_toml());
    let program = program().with_config(&format!("{config}\n[resilience]\ntries = 1\n"));
    world.kill("gitlab");
    let report = program.run(["doctor", "--json"]).expect_status(0).json();
    assert_eq!(
        report["healthy"], true,
        "a platform is only missed: {report}"
    );
    let check = |report: &Value, name: &str| {
        let name = format!("platform {name}");
        let mut checks = list(report, "checks").iter();
        checks
            .find(|check| check["name"] == name.as_str())
            .cloned()
            .expect("it is checked")
    };
    for (name, status) in [
        ("github", "ok"),
        ("gitlab", "failed"),
        ("huggingface", "ok"),
        ("kaggle", "disabled"),
        ("arxiv", "ok"),
        ("gitea", "ok"),
    ] {
        let shown = check(&report, name);
        assert_eq!(shown["status"], status, "{shown}");
        assert!(
            shown["detail"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{shown}"
        );
    }
    let connections = world.connections();
    let report = program
        .run(["doctor", "--offline", "--json"])
        .expect_status(0)
        .json();
    for name in ["github", "arxiv"] {
        assert_eq!(check(&report, name)["status"], "unknown", "{report}");
    }
    let people = program.run(["doctor", "--offline"]).expect_status(0).stdout;
    assert!(people.contains("platform github"), "{people}");
    assert_eq!(
        world.connections(),
        connections,
        "nobody is asked without a network"
    );
}
