//! Packages of a stand-in registry, brought by the real npm.

use serde_json::json;
use synthesizer_model::reference::Registry;
use synthesizer_testkit::{
    archives::{RawTarEntry, raw_tar},
    faults::{Fault, Gate},
    registries::npm::{Announced, NpmRegistry, NpmRelease},
};

use super::*;
use crate::sources::{packages::testing::Client, testing::paths};

fn releases() -> Vec<NpmRelease> {
    vec![
        NpmRelease::new("demo", "1.0.0", &[("index.js", b"one")]),
        NpmRelease::new("demo", "2.1.0", &[("index.js", b"two"), ("lib/a.js", b"")]),
        NpmRelease::new("demo", "3.0.0-beta.1", &[]).tagged("next"),
        NpmRelease::new("@scope/demo", "1.5.0", &[("main.ts", b"")]),
    ]
}

fn client(registry: &NpmRegistry) -> Client {
    let mut client = Client::new(Registry::Npm);
    client.write_home(".npmrc", &registry.user_configuration());
    client.set("npm_config_fetch_retries", "0");
    client
}

#[tokio::test]
async fn a_version_a_tag_and_the_newest_are_opened_and_kept() {
    let all = releases();
    let integrity = all[0].integrity();
    let registry = NpmRegistry::start(all);
    let mut client = client(&registry);
    let tree = client.open("demo", Some("1.0.0")).await.expect("opens");
    assert_eq!(paths(&*tree), ["index.js", "package.json"]);
    let origin = tree.origin();
    assert_eq!(
        (origin.url.as_str(), origin.slug.as_str()),
        ("npm:demo@1.0.0", "demo")
    );
    assert_eq!(origin.platform, "npm");
    assert_eq!(origin.revision, integrity);
    let newest = client.open("@scope/demo", None).await.expect("opens");
    assert_eq!(newest.origin().url, "npm:@scope/demo@1.5.0");
    assert_eq!(newest.origin().slug, "scope-demo");
    for (version, found) in [(None, "2.1.0"), (Some("next"), "3.0.0-beta.1")] {
        assert_eq!(client.opened("demo", version).await.0, found, "{version:?}");
    }
    let asked = registry.requests().len();
    let again = client.open("demo", Some("1.0.0")).await.expect("opens");
    assert_eq!(again.origin(), origin);
    client.config.offline = true;
    assert_eq!(client.opened("demo", None).await.0, "2.1.0");
    assert_eq!(client.opened("demo", Some("next")).await.0, "3.0.0-beta.1");
    assert_eq!(
        client.code("demo", Some("2")).await,
        Some(ErrorCode::Offline)
    );
    assert_eq!(registry.requests().len(), asked);
}

#[tokio::test]
async fn what_is_not_there_has_its_code() {
    let registry = NpmRegistry::start(releases());
    let client = client(&registry);
    let check = async |name: &str, version: Option<&str>| {
        let failure = client.open(name, version).await.err().expect("refused");
        assert_eq!(failure.code, ErrorCode::NotFound, "{name} {failure:?}");
        assert!(!format!("{failure:?}").contains("127.0.0.1"), "{failure:?}");
    };
    check("absent", None).await;
    check("demo", Some("9.0.0")).await;
    check("demo", Some("no-such-tag")).await;
}

#[tokio::test]
async fn credentials_of_the_configuration_are_sent_and_never_shown() {
    let registry = NpmRegistry::start_with_token(releases(), "hidden-word");
    let client = client(&registry);
    assert_eq!(client.opened("demo", None).await.0, "2.1.0");
    client.write_home(".npmrc", &format!("registry={}\n", registry.url()));
    let failure = client.open("demo", None).await.err().expect("refused");
    assert_eq!(failure.code, ErrorCode::Authentication);
    assert!(!format!("{failure:?}").contains("127.0.0.1"), "{failure:?}");
}

#[tokio::test]
async fn a_registry_of_the_environment_wins() {
    let registry = NpmRegistry::start(releases());
    let mut client = Client::new(Registry::Npm);
    client.write_home(
        ".npmrc",
        "registry=http://127.0.0.1:9/\nloglevel=silent\njson=true\n",
    );
    client.set("npm_config_fetch_retries", "0");
    assert_eq!(client.code("demo", None).await, Some(ErrorCode::Upstream));
    client.set("NPM_CONFIG_REGISTRY", registry.url());
    assert_eq!(client.opened("demo", None).await.0, "2.1.0");
    // Of another registry it is another package, also when the version is the same.
    let other = vec![NpmRelease::new("demo", "2.1.0", &[("other.js", b"")])];
    let other = NpmRegistry::start(other);
    client.set("NPM_CONFIG_REGISTRY", other.url());
    let found = client.opened("demo", Some("2.1.0")).await.1;
    assert_eq!(found, ["other.js", "package.json"]);
}

#[tokio::test]
async fn a_wrong_hash_is_refused_and_not_kept_an_old_one_is_enough() {
    let all = vec![
        NpmRelease::new("wrong", "1.0.0", &[]).announcing(Announced::Wrong),
        NpmRelease::new("old", "1.0.0", &[]).announcing(Announced::OldHash),
        NpmRelease::new("bare", "1.0.0", &[]).announcing(Announced::Nothing),
    ];
    let registry = NpmRegistry::start(all);
    let client = client(&registry);
    assert_eq!(client.code("wrong", None).await, Some(ErrorCode::Upstream));
    assert!(!client.config.paths.cache.join("packages").exists());
    assert_eq!(client.opened("old", None).await.0, "1.0.0");
    assert_eq!(client.opened("bare", None).await.0, "1.0.0");
}

#[tokio::test]
async fn no_script_of_a_package_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let marker = folder.path().join("ran");
    let command = format!("touch {}", marker.display());
    let names = [
        "preinstall",
        "install",
        "postinstall",
        "prepare",
        "prepack",
        "postpack",
        "prepublish",
        "prepublishOnly",
        "preprepare",
        "postprepare",
        "dependencies",
    ];
    let scripts: serde_json::Map<_, _> = names
        .iter()
        .map(|name| ((*name).to_owned(), command.as_str().into()))
        .collect();
    let manifest = json!({ "name": "hostile", "version": "1.0.0", "scripts": scripts });
    // Its top folder has another name than usual, as some packages' have.
    let release = NpmRelease::with_manifest(manifest, "hostile", &[("binding.gyp", b"{}")]);
    let registry = NpmRegistry::start(vec![release]);
    let (_, files) = client(&registry).opened("hostile", None).await;
    assert_eq!(files, ["binding.gyp", "package.json"]);
    assert!(!marker.exists());
}

#[tokio::test]
async fn an_address_that_is_no_download_is_not_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let local = folder.path().display().to_string();
    std::fs::write(
        folder.path().join("package.json"),
        r#"{ "name": "private", "version": "1.0.0", "scripts": { "prepare": "touch ran" } }"#,
    )
    .expect("a file");
    let addresses = [
        format!("git+file://{local}"),
        format!("file:{local}"),
        "github:owner/name".to_owned(),
        "npm:other@1.0.0".to_owned(),
    ];
    let all = addresses.iter().enumerate().map(|(number, address)| {
        NpmRelease::new(&format!("demo{number}"), "1.0.0", &[]).at_address(address)
    });
    let registry = NpmRegistry::start(all.collect());
    let client = client(&registry);
    for (number, address) in addresses.iter().enumerate() {
        let opened = client.open(&format!("demo{number}"), None).await;
        let failure = opened.err().expect("refused");
        assert_eq!(failure.code, ErrorCode::Forbidden, "{address} {failure:?}");
        assert!(!format!("{failure:?}").contains(&local), "{failure:?}");
    }
    assert!(!folder.path().join("ran").exists());
}

#[tokio::test]
async fn what_goes_wrong_on_the_way_has_its_code() {
    let check = async |path: &str, fault: Fault, expected: ErrorCode| {
        let registry = NpmRegistry::start(releases());
        registry.faults().on(path).always(fault.clone());
        let failure = client(&registry).open("demo", None).await.err();
        let failure = failure.unwrap_or_else(|| panic!("{fault:?}"));
        assert_eq!(failure.code, expected, "{fault:?} {failure:?}");
        assert!(!format!("{failure:?}").contains("127.0.0.1"), "{failure:?}");
    };
    let status = |status: u16| Fault::Status(status, Vec::new());
    check("/demo", status(500), ErrorCode::Upstream).await;
    check("/demo", status(429), ErrorCode::RateLimited).await;
    check("/demo", Fault::GarbageBytes, ErrorCode::Upstream).await;
    check("/demo/-/", status(403), ErrorCode::Authentication).await;
    check("/demo/-/", status(404), ErrorCode::NotFound).await;
    check("/demo/-/", Fault::Truncate(20), ErrorCode::Upstream).await;
    check("/demo/-/", Fault::GarbageBytes, ErrorCode::Upstream).await;
}

#[tokio::test]
async fn a_redirect_is_followed() {
    let target = NpmRegistry::start(releases());
    let registry = NpmRegistry::start(releases());
    let moved = format!("{}demo/-/demo-2.1.0.tgz", target.url());
    registry
        .faults()
        .on("/demo/-/")
        .always(Fault::RedirectTo(moved));
    assert_eq!(client(&registry).opened("demo", None).await.0, "2.1.0");
    assert_eq!(target.requests().len(), 1);
}

#[tokio::test]
async fn a_tarball_made_to_do_harm_is_refused() {
    let check = async |entries: &[RawTarEntry], expected: ErrorCode| {
        let release = NpmRelease::new("demo", "1.0.0", &[]).with_tarball(raw_tar(entries));
        let registry = NpmRegistry::start(vec![release]);
        let failure = client(&registry).open("demo", None).await.err();
        assert_eq!(failure.expect("refused").code, expected);
    };
    // npm reads the manifest itself before it gives the archive away.
    let manifest = RawTarEntry::file(
        "package/package.json",
        r#"{ "name": "demo", "version": "1.0.0" }"#,
    );
    let outside = RawTarEntry::file("package/../../escape", "x");
    check(&[manifest.clone(), outside], ErrorCode::Forbidden).await;
    let bomb = RawTarEntry::zeros("package/zeros", 300 << 20);
    check(&[manifest, bomb], ErrorCode::Limit).await;
}

#[tokio::test]
async fn too_large_a_tarball_and_too_long_a_wait_end_in_time() {
    let registry = NpmRegistry::start(releases());
    let mut client = client(&registry);
    client.config.limits.download_bytes = 64;
    assert_eq!(client.code("demo", None).await, Some(ErrorCode::Limit));
    // More than a client may write into one file, whatever the limit on archives.
    let huge = || Fault::HugeBody(80 << 20);
    registry.faults().on("/demo/-/").next(1, huge());
    assert_eq!(client.code("demo", None).await, Some(ErrorCode::Limit));
    registry.faults().on("/demo").next(1, huge());
    assert_eq!(client.code("demo", None).await, Some(ErrorCode::Limit));
    let gate = Gate::default();
    registry
        .faults()
        .on("/demo/-/")
        .always(Fault::Hold(gate.clone()));
    let token = client.cancellation.clone();
    let opening = client.code("demo", Some("1.0.0"));
    let cancelling = async {
        gate.wait_for_arrivals(1).await;
        token.cancel();
    };
    let (code, ()) = tokio::join!(opening, cancelling);
    assert_eq!(code, Some(ErrorCode::Cancelled));
}

#[tokio::test]
async fn without_npm_its_install_command_is_told() {
    let mut client = Client::new(Registry::Npm);
    client.set("PATH", "/nonexistent");
    let failure = client.open("demo", None).await.err().expect("refused");
    assert_eq!(failure.code, ErrorCode::ToolMissing);
    assert!(failure.hint.expect("a hint").contains("install npm"));
}
