//! Crates of a stand-in registry, brought by the real cargo.

use synthesizer_model::reference::Registry;
use synthesizer_testkit::{
    archives::{RawTarEntry, raw_tar},
    faults::{Fault, Gate},
    registries::cargo::{CargoRegistry, CrateRelease},
};

use super::*;
use crate::sources::{packages::testing::Client, testing::paths};

const SOURCE: (&str, &[u8]) = ("src/lib.rs", b"pub fn f() {}\n");

fn releases() -> Vec<CrateRelease> {
    let release = |name: &str, version: &str| CrateRelease::new(name, version, &[SOURCE]);
    vec![
        release("demo", "1.0.0").needing_rust("1.60"),
        release("demo", "1.1.0"),
        release("demo", "2.0.0")
            .needing_rust("9.99")
            .needing("heavy", "^1"),
        release("demo", "2.1.0").yanked(),
        release("demo", "3.0.0-rc.1"),
        release("heavy", "1.0.0"),
        release("my-dash", "0.1.0+build.7"),
        release("early", "1.0.0-alpha.1"),
        release("early", "1.0.0-alpha.2"),
        release("gone", "1.0.0").yanked(),
    ]
}

fn client(configuration: &str) -> Client {
    let mut client = Client::new(Registry::Cargo);
    client.write_home(".cargo/config.toml", configuration);
    client.set("CARGO_NET_RETRY", "0");
    client
}

#[tokio::test]
async fn a_version_and_the_newest_are_opened_and_kept() {
    let all = releases();
    let sha256 = all[1].sha256();
    let registry = CargoRegistry::start(all);
    let mut client = client(&registry.replacing_configuration());
    let tree = client.open("demo", Some("1.1.0")).await.expect("opens");
    assert_eq!(paths(&*tree), ["Cargo.toml", "src/lib.rs"]);
    let origin = tree.origin();
    assert_eq!(
        (origin.url.as_str(), origin.slug.as_str()),
        ("cargo:demo@1.1.0", "demo")
    );
    assert_eq!(origin.platform, "cargo");
    assert_eq!(origin.revision, format!("sha256:{sha256}"));
    // Not the version that fits the installed Rust, nor a pre-release, nor a yanked one.
    assert_eq!(client.opened("demo", None).await.0, "2.0.0");
    let pre_release = client.opened("demo", Some("3.0.0-rc.1")).await;
    assert_eq!(pre_release.0, "3.0.0-rc.1");
    let written_otherwise = client.open("My_Dash", None).await.expect("opens");
    assert_eq!(
        written_otherwise.origin().url,
        "cargo:my-dash@0.1.0+build.7"
    );
    assert_eq!(client.opened("early", None).await.0, "1.0.0-alpha.2");
    let asked = registry.requests();
    let of_heavy = asked
        .iter()
        .filter(|request| request.target.contains("heavy"));
    assert_eq!(of_heavy.count(), 0, "a dependency is not asked for");
    let again = client.open("demo", Some("1.1.0")).await.expect("opens");
    assert_eq!(again.origin(), origin);
    client.config.offline = true;
    assert_eq!(client.opened("demo", None).await.0, "2.0.0");
    assert_eq!(client.opened("my-dash", None).await.0, "0.1.0+build.7");
    assert_eq!(client.code("heavy", None).await, Some(ErrorCode::Offline));
    assert_eq!(registry.requests().len(), asked.len());
}

#[tokio::test]
async fn the_newest_is_downloaded_once() {
    let registry = CargoRegistry::start(releases());
    let client = client(&registry.replacing_configuration());
    for _ in 0..2 {
        assert_eq!(client.opened("demo", None).await.0, "2.0.0");
    }
    let asked = registry.requests();
    let downloads = asked
        .iter()
        .filter(|request| request.target.starts_with("/crates/"));
    assert_eq!(downloads.count(), 1);
}

#[tokio::test]
async fn what_is_not_there_has_its_code() {
    let registry = CargoRegistry::start(releases());
    let client = client(&registry.default_configuration());
    let check = async |name: &str, version: Option<&str>| {
        let failure = client.open(name, version).await.err().expect("refused");
        assert_eq!(failure.code, ErrorCode::NotFound, "{name} {failure:?}");
        assert!(!format!("{failure:?}").contains("127.0.0.1"), "{failure:?}");
    };
    check("absent", None).await;
    check("absent", Some("1.0.0")).await;
    check("demo", Some("9.0.0")).await;
    check("demo", Some("2.1.0")).await;
    check("demo", Some("2")).await;
    check("gone", None).await;
}

#[tokio::test]
async fn credentials_of_the_configuration_are_sent_and_stay_where_they_are() {
    let registry = CargoRegistry::start_with_token(releases(), "hidden-word");
    let mut client = client(&registry.default_configuration());
    assert_eq!(client.opened("demo", None).await.0, "2.0.0");
    let configuration = registry.default_configuration();
    let without = configuration.replace("token = \"hidden-word\"\n", "");
    client.write_home(".cargo/config.toml", &without);
    let failure = client.open("early", None).await.err().expect("refused");
    assert_eq!(failure.code, ErrorCode::Authentication, "{failure:?}");
    let credentials = "[registries.stand-in]\ntoken = \"hidden-word\"\n";
    client.write_home(".cargo/credentials.toml", credentials);
    assert_eq!(client.opened("early", None).await.0, "1.0.0-alpha.2");
    client.write_home(".cargo/credentials.toml", "");
    client.set("CARGO_REGISTRIES_STAND_IN_TOKEN", "hidden-word");
    assert_eq!(client.opened("my-dash", None).await.0, "0.1.0+build.7");
    client.set("CARGO_REGISTRIES_STAND_IN_TOKEN", "wrong-word");
    let failure = client.open("heavy", None).await.err().expect("refused");
    assert_eq!(failure.code, ErrorCode::Authentication, "{failure:?}");
    let text = format!("{failure:?}");
    assert!(
        !text.contains("word") && !text.contains("127.0.0.1"),
        "{text}"
    );
}

#[tokio::test]
async fn a_registry_of_the_environment_is_used() {
    let registry = CargoRegistry::start(releases());
    let mut client = client("");
    client.set("CARGO_REGISTRIES_CORP_INDEX", registry.index_url());
    client.set("CARGO_REGISTRY_DEFAULT", "corp");
    assert_eq!(client.opened("demo", None).await.0, "2.0.0");
    // Of another registry it is another crate, also when the version is the same.
    let other = vec![CrateRelease::new("demo", "2.0.0", &[("other.rs", b"")])];
    let other = CargoRegistry::start(other);
    client.set("CARGO_REGISTRIES_CORP_INDEX", other.index_url());
    let found = client.opened("demo", Some("2.0.0")).await.1;
    assert_eq!(found, ["Cargo.toml", "other.rs"]);
}

#[tokio::test]
async fn a_crate_that_cargo_cannot_read_is_opened_all_the_same() {
    let manifest = "[package]\nname = \"new\"\nversion = \"1.0.0\"\nedition = \"2099\"\n";
    let archive = synthesizer_testkit::archives::tarball(
        "new-1.0.0",
        &[("Cargo.toml", manifest.as_bytes()), SOURCE],
    );
    let release = CrateRelease::new("new", "1.0.0", &[]).with_archive(archive);
    let registry = CargoRegistry::start(vec![release]);
    let client = client(&registry.replacing_configuration());
    assert_eq!(
        client.opened("new", None).await.1,
        ["Cargo.toml", "src/lib.rs"]
    );
}

#[tokio::test]
async fn an_archive_with_another_checksum_is_refused_and_not_kept() {
    let release = CrateRelease::new("demo", "1.0.0", &[SOURCE]).with_wrong_checksum();
    let registry = CargoRegistry::start(vec![release]);
    let client = client(&registry.replacing_configuration());
    let failure = client.open("demo", None).await.err().expect("refused");
    assert_eq!(failure.code, ErrorCode::Upstream);
    assert!(failure.message.contains("checksum"), "{failure:?}");
    assert!(!client.config.paths.cache.join("packages").exists());
}

#[tokio::test]
async fn a_crate_made_to_do_harm_is_refused() {
    let check = async |entries: &[RawTarEntry], expected: ErrorCode| {
        let release = CrateRelease::new("demo", "1.0.0", &[]).with_archive(raw_tar(entries));
        let registry = CargoRegistry::start(vec![release]);
        let client = client(&registry.replacing_configuration());
        assert_eq!(client.code("demo", None).await, Some(expected));
    };
    let outside = RawTarEntry::file("demo-1.0.0/../../escape", "x");
    check(&[outside], ErrorCode::Forbidden).await;
    let bomb = RawTarEntry::zeros("demo-1.0.0/zeros", 300 << 20);
    check(&[bomb], ErrorCode::Limit).await;
}

#[tokio::test]
async fn what_goes_wrong_on_the_way_has_its_code() {
    let check = async |path: &str, fault: Fault, expected: ErrorCode| {
        let registry = CargoRegistry::start(releases());
        registry.faults().on(path).always(fault.clone());
        let client = client(&registry.replacing_configuration());
        let failure = client.open("demo", None).await.err();
        let failure = failure.unwrap_or_else(|| panic!("{fault:?}"));
        assert_eq!(failure.code, expected, "{fault:?} {failure:?}");
        assert!(!format!("{failure:?}").contains("127.0.0.1"), "{failure:?}");
    };
    let status = |status: u16| Fault::Status(status, Vec::new());
    check("/index/", status(401), ErrorCode::Authentication).await;
    check("/index/de/", status(403), ErrorCode::Authentication).await;
    check("/index/de/", status(500), ErrorCode::Upstream).await;
    check("/index/de/", status(429), ErrorCode::RateLimited).await;
    check("/index/de/", Fault::Truncate(10), ErrorCode::Upstream).await;
    check(
        "/index/config.json",
        Fault::GarbageBytes,
        ErrorCode::Upstream,
    )
    .await;
    check("/crates/", status(403), ErrorCode::Authentication).await;
    check("/crates/", status(404), ErrorCode::NotFound).await;
    check("/crates/", status(500), ErrorCode::Upstream).await;
    check("/crates/", Fault::Truncate(20), ErrorCode::Upstream).await;
    check("/crates/", Fault::GarbageBytes, ErrorCode::Upstream).await;
}

#[tokio::test]
async fn a_redirect_is_followed() {
    let target = CargoRegistry::start(releases());
    let registry = CargoRegistry::start(releases());
    let moved = target
        .index_url()
        .replace("sparse+", "")
        .replace("/index/", "/crates/demo/2.0.0/download");
    registry
        .faults()
        .on("/crates/")
        .always(Fault::RedirectTo(moved));
    let client = client(&registry.replacing_configuration());
    assert_eq!(client.opened("demo", None).await.0, "2.0.0");
    assert_eq!(target.requests().len(), 1);
}

#[tokio::test]
async fn too_large_an_archive_and_too_long_a_wait_end_in_time() {
    let registry = CargoRegistry::start(releases());
    let mut client = client(&registry.replacing_configuration());
    client.config.limits.download_bytes = 64;
    assert_eq!(client.code("demo", None).await, Some(ErrorCode::Limit));
    // More than a client may write into one file, whatever the limit on archives.
    registry
        .faults()
        .on("/crates/")
        .next(1, Fault::HugeBody(80 << 20));
    assert!(client.code("demo", None).await.is_some());
    let gate = Gate::default();
    registry
        .faults()
        .on("/crates/")
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
async fn a_folder_of_crates_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().display();
    let configuration = format!(
        "[source.crates-io]\nreplace-with = \"own\"\n[source.own]\ndirectory = \"{place}\"\n"
    );
    let client = client(&configuration);
    let failure = client.open("demo", Some("1.0.0")).await.err();
    let failure = failure.expect("refused");
    assert_eq!(failure.code, ErrorCode::NotFound, "{failure:?}");
    assert!(!format!("{failure:?}").contains(&place.to_string()));
}

#[tokio::test]
async fn without_cargo_its_install_command_is_told() {
    let mut client = client("");
    client.set("PATH", "/nonexistent");
    let failure = client.open("demo", None).await.err().expect("refused");
    assert_eq!(failure.code, ErrorCode::ToolMissing);
    assert!(failure.hint.expect("a hint").contains("install it"));
}

#[test]
fn the_version_that_cargo_adds_is_read() {
    let check = |text: &str, expected: Option<&str>| {
        assert_eq!(added(text, "my_demo").as_deref(), expected, "{text}");
    };
    check(
        "    Updating index\n      Adding my-demo v1.2.3 to dependencies\n",
        Some("1.2.3"),
    );
    check(
        "      Adding my-demo v1.0.0-rc.1 to dependencies",
        Some("1.0.0-rc.1"),
    );
    check("      Adding other v1.2.3 to dependencies", None);
    check("      Adding my-demo =1.2.3 to dependencies", None);
    check("", None);
}
