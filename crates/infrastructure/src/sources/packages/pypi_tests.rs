//! Packages of a stand-in index, located by the real uv.

use synthesizer_model::reference::Registry;
use synthesizer_testkit::package_index::{IndexBehaviour, Package, PackageIndex};

use super::*;
use crate::sources::{packages::testing::Client, testing::paths};

struct Setup {
    index: PackageIndex,
    client: Client,
}

fn setup(packages: Vec<Package>, behaviour: IndexBehaviour) -> Setup {
    let index = PackageIndex::start_with(packages, behaviour);
    let mut client = Client::new(Registry::Pypi);
    client.set("UV_DEFAULT_INDEX", index.index_url());
    client.set("UV_HTTP_RETRIES", "0");
    Setup { index, client }
}

impl Setup {
    async fn open(
        &self,
        name: &str,
        version: Option<&str>,
    ) -> Result<Arc<dyn SourceTree>, Failure> {
        self.client.open(name, version).await
    }

    async fn code(&self, name: &str, version: Option<&str>) -> Option<ErrorCode> {
        self.client.code(name, version).await
    }
}

fn packages() -> Vec<Package> {
    vec![
        Package::new("demo", "1.0")
            .with_sdist(&[("demo.py", b"x = 1\n")])
            .with_wheel(&[("demo.py", b"x = 1\n")], &["nothing-there"]),
        Package::new("demo", "2.0").with_sdist(&[("demo.py", b"x = 2\n")]),
        Package::new("pure", "1.0").with_wheel(&[("pure.py", b"")], &[]),
        Package::new("compiled", "1.0").with_file(
            "compiled-1.0-cp312-cp312-manylinux_2_28_x86_64.whl",
            b"PK".to_vec(),
        ),
    ]
}

#[tokio::test]
async fn the_source_archive_is_opened_and_kept() {
    let mut setup = setup(packages(), IndexBehaviour::default());
    let tree = setup.open("Demo", Some("1.0")).await.expect("opens");
    assert_eq!(paths(&*tree), ["PKG-INFO", "demo.py"]);
    let origin = tree.origin();
    assert_eq!(
        (
            origin.url.as_str(),
            origin.slug.as_str(),
            origin.platform.as_str()
        ),
        ("pypi:demo@1.0", "demo", "pypi")
    );
    assert!(origin.revision.starts_with("sha256:"));
    assert_eq!(
        setup
            .open("demo", None)
            .await
            .expect("opens")
            .origin()
            .version
            .as_deref(),
        Some("2.0")
    );
    let asked = setup.index.requests().len();
    assert_eq!(
        setup
            .open("demo", Some("1.0"))
            .await
            .expect("opens from the cache")
            .origin(),
        origin
    );
    setup.client.config.offline = true;
    assert_eq!(
        setup
            .open("demo", None)
            .await
            .expect("opens from the cache")
            .origin()
            .version
            .as_deref(),
        Some("2.0")
    );
    assert_eq!(
        setup.code("pure", Some("1.0")).await,
        Some(ErrorCode::Offline)
    );
    assert_eq!(setup.index.requests().len(), asked);
}

#[tokio::test]
async fn a_damaged_cache_is_fetched_anew() {
    let setup = setup(packages(), IndexBehaviour::default());
    let tree = setup.open("demo", Some("1.0")).await.expect("opens");
    let hash = tree.origin().revision.trim_start_matches("sha256:");
    std::fs::write(
        setup.client.config.paths.cache.join("packages").join(hash),
        "damaged",
    )
    .expect("written");
    assert_eq!(
        setup
            .open("demo", Some("1.0"))
            .await
            .expect("opens")
            .origin(),
        tree.origin()
    );
}

#[tokio::test]
async fn a_pure_wheel_stands_in_for_a_source_archive() {
    let setup = setup(packages(), IndexBehaviour::default());
    let tree = setup.open("pure", None).await.expect("opens");
    assert!(paths(&*tree).contains(&"PKG-INFO") && paths(&*tree).contains(&"pure.py"));
    assert_eq!(
        setup.code("compiled", None).await,
        Some(ErrorCode::NotFound)
    );
}

#[tokio::test]
async fn what_is_not_there_has_its_code() {
    let setup = setup(packages(), IndexBehaviour::default());
    assert_eq!(setup.code("absent", None).await, Some(ErrorCode::NotFound));
    assert_eq!(
        setup.code("demo", Some("3.0")).await,
        Some(ErrorCode::NotFound)
    );
}

#[tokio::test]
async fn credentials_of_the_configuration_are_sent_and_never_shown() {
    let behaviour = IndexBehaviour {
        credentials: Some(("user".into(), "hidden-word".into())),
        ..IndexBehaviour::default()
    };
    let mut setup = setup(packages(), behaviour);
    let failure = setup
        .open("demo", Some("1.0"))
        .await
        .err()
        .expect("refused");
    assert!(
        matches!(
            failure.code,
            ErrorCode::Authentication | ErrorCode::NotFound
        ),
        "{failure:?}"
    );
    let url = setup.index.index_url_with_credentials();
    setup.client.set("UV_DEFAULT_INDEX", url);
    setup.open("demo", Some("1.0")).await.expect("opens");
    let missing = setup.open("absent", None).await.err().expect("absent");
    assert!(!format!("{missing:?}").contains("hidden-word"));
}

#[tokio::test]
async fn an_archive_with_another_hash_is_refused_and_not_kept() {
    let behaviour = IndexBehaviour {
        wrong_hashes: true,
        ..IndexBehaviour::default()
    };
    let setup = setup(packages(), behaviour);
    assert_eq!(
        setup.code("demo", Some("1.0")).await,
        Some(ErrorCode::Upstream)
    );
    assert!(!setup.client.config.paths.cache.join("packages").exists());
}

#[tokio::test]
async fn nothing_of_an_old_source_archive_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let marker = folder.path().join("ran");
    let script = format!("open({:?}, 'w').close()\n", marker.display().to_string());
    let archive = synthesizer_testkit::archives::sdist_with_metadata(
        "Metadata-Version: 1.0\nName: old\nVersion: 1.0\n",
        "old",
        "1.0",
        &[("setup.py", script.as_bytes())],
    );
    let package = Package::new("old", "1.0").with_file("old-1.0.tar.gz", archive);
    let setup = setup(vec![package], IndexBehaviour::default());
    assert_eq!(
        paths(&*setup.open("old", None).await.expect("opens")),
        ["PKG-INFO", "setup.py"]
    );
    assert!(!marker.exists());
}

#[tokio::test]
async fn an_index_that_is_not_there_is_an_upstream_failure() {
    let mut setup = setup(packages(), IndexBehaviour::default());
    let url = "http://user:hidden-word@127.0.0.1:9/simple/".to_owned();
    setup.client.set("UV_DEFAULT_INDEX", url);
    let failure = setup.open("demo", None).await.err().expect("refused");
    assert_eq!(failure.code, ErrorCode::Upstream);
    assert!(!format!("{failure:?}").contains("hidden-word"));
}

#[tokio::test]
async fn a_folder_of_files_is_an_index_too() {
    let mut setup = setup(Vec::new(), IndexBehaviour::default());
    let folder = setup.client.config.paths.working_directory.join("files");
    std::fs::create_dir_all(&folder).expect("a folder");
    let archive = synthesizer_testkit::archives::sdist("kept", "1.0", &[("kept.py", b"")]);
    std::fs::write(folder.join("kept-1.0.tar.gz"), archive).expect("a file");
    setup
        .client
        .set("UV_FIND_LINKS", folder.display().to_string());
    setup.client.set("UV_NO_INDEX", "1");
    let tree = setup.open("kept", Some("1.0")).await.expect("opens");
    assert_eq!(paths(&*tree), ["PKG-INFO", "kept.py"]);
    assert_eq!(tree.origin().url, "pypi:kept@1.0");
}
