//! Repositories behind the real `git http-backend`.

use synthesizer_model::{
    progress::Unwatched,
    tree::{EntryKind, TreePath},
};
use synthesizer_testkit::{
    git_repository::{GitRepository, RawEntry},
    git_server::GitServer,
};

use super::*;
use crate::sources::testing::{allow, config, paths, problem_paths};

struct Setup {
    folder: tempfile::TempDir,
    server: GitServer,
    config: Config,
}

fn setup() -> Setup {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("served");
    std::fs::create_dir(&root).expect("a folder");
    let server = GitServer::start(&root);
    let mut config = config(folder.path());
    allow(&mut config, &server.authority());
    Setup {
        folder,
        server,
        config,
    }
}

impl Setup {
    fn repository(&self, name: &str) -> GitRepository {
        GitRepository::create(&self.folder.path().join("served"), name)
    }

    async fn open(
        &self,
        name: &str,
        revision: Option<&str>,
    ) -> Result<Arc<dyn SourceTree>, Failure> {
        let url = Url::parse(&self.server.url(name)).expect("a url");
        let door = Door::new(&self.config).expect("a door");
        let opened = open(
            &self.config,
            &door,
            &url,
            revision,
            &CancellationToken::new(),
            &Unwatched,
        )
        .await;
        let scratch = self.config.paths.cache.join("scratch");
        let left = std::fs::read_dir(scratch).map_or(0, Iterator::count);
        assert_eq!(left, 0, "scratch is removed");
        opened
    }

    async fn code(&self, name: &str, revision: Option<&str>) -> Option<ErrorCode> {
        self.open(name, revision)
            .await
            .err()
            .map(|failure| failure.code)
    }
}

#[tokio::test]
async fn revisions_are_found_and_read() {
    let setup = setup();
    let repository = setup.repository("demo");
    let first = repository.commit_files(&[("a.py", b"1", 0o100_644)]);
    let second = repository.commit_files(&[
        ("a.py", b"2", 0o100_644),
        ("bin/run", b"x", 0o100_755),
        ("l", b"a.py", 0o120_000),
    ]);
    repository.set_reference("refs/tags/v1", &first);
    repository.set_reference("refs/heads/v1", &second);
    repository.git(
        &[
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b.example",
            "tag",
            "-a",
            "-m",
            "x",
            "annotated",
            &first,
        ],
        b"",
    );
    let path = TreePath::new("a.py").expect("a path");
    for (revision, commit, contents) in [
        (None, &second, "2"),
        (Some("main"), &second, "2"),
        (Some("v1"), &first, "1"),
        (Some("annotated"), &first, "1"),
        (Some("refs/heads/v1"), &second, "2"),
        (Some(first.as_str()), &first, "1"),
    ] {
        let tree = setup.open("demo", revision).await.expect("opens");
        assert_eq!(&tree.origin().revision, commit, "{revision:?}");
        assert_eq!(
            tree.read(&path).expect("reads").bytes,
            contents,
            "{revision:?}"
        );
    }
    let tree = setup.open("demo", None).await.expect("opens");
    let kinds: Vec<EntryKind> = tree.entries().iter().map(|entry| entry.kind).collect();
    assert_eq!(paths(&*tree), ["a.py", "bin/run", "l"]);
    assert_eq!(
        kinds,
        [EntryKind::File, EntryKind::Executable, EntryKind::Symlink]
    );
    assert_eq!(
        (tree.origin().slug.as_str(), tree.origin().platform.as_str()),
        ("demo", "git")
    );
}

#[tokio::test]
async fn what_is_cached_needs_no_network() {
    let mut setup = setup();
    let repository = setup.repository("demo");
    let commit = repository.commit_files(&[("a.py", b"1", 0o100_644)]);
    setup.open("demo", Some("main")).await.expect("opens");
    let asked = setup.server.requests().len();
    setup
        .open("demo", Some(&commit))
        .await
        .expect("opens from the cache");
    setup.config.offline = true;
    setup
        .open("demo", Some("main"))
        .await
        .expect("opens from the cache");
    assert_eq!(setup.server.requests().len(), asked);
    assert_eq!(setup.code("demo", None).await, Some(ErrorCode::Offline));
}

#[tokio::test]
async fn what_is_not_there_has_its_code() {
    let setup = setup();
    setup
        .repository("demo")
        .commit_files(&[("a.py", b"1", 0o100_644)]);
    setup.repository("empty");
    assert_eq!(
        setup.code("demo", Some("nothing")).await,
        Some(ErrorCode::NotFound)
    );
    assert_eq!(
        setup.code("demo", Some(&"1".repeat(40))).await,
        Some(ErrorCode::NotFound)
    );
    assert_eq!(setup.code("absent", None).await, Some(ErrorCode::NotFound));
    assert_eq!(setup.code("empty", None).await, Some(ErrorCode::NotFound));
}

#[tokio::test]
async fn hostile_trees_are_refused_or_reported() {
    let setup = setup();
    for (name, entry) in [
        (
            "dotdot",
            RawEntry::folder("..", vec![RawEntry::file("x", "1")]),
        ),
        (
            "dotgit",
            RawEntry::folder(".git", vec![RawEntry::file("config", "1")]),
        ),
        (
            "upper",
            RawEntry::folder(".GIT", vec![RawEntry::file("config", "1")]),
        ),
        (
            "short",
            RawEntry::folder("git~1", vec![RawEntry::file("config", "1")]),
        ),
    ] {
        setup.repository(name).commit_raw_tree(&[entry]);
        assert_eq!(
            setup.code(name, None).await,
            Some(ErrorCode::Forbidden),
            "{name}"
        );
    }
    setup.repository("odd").commit_raw_tree(&[
        RawEntry::file("A.py", "1"),
        RawEntry::file("a.py", "1"),
        RawEntry::file("b\nc", "1"),
        RawEntry::link("link", "/etc/passwd"),
        RawEntry::submodule("module"),
        RawEntry::file("z\u{202e}", "1"),
    ]);
    let tree = setup.open("odd", None).await.expect("opens");
    assert_eq!(paths(&*tree), ["A.py", "link", "module"]);
    assert_eq!(
        problem_paths(tree.problems()),
        ["a.py", "b\\u{a}c", "z\\u{202e}"]
    );
}

#[tokio::test]
async fn large_files_are_left_out_and_large_repositories_refused() {
    let mut setup = setup();
    setup.config.limits.file_bytes = 10;
    let repository = setup.repository("demo");
    repository.commit_files(&[
        ("large", b"12345678901", 0o100_644),
        ("fits", b"1234567890", 0o100_644),
    ]);
    let tree = setup.open("demo", None).await.expect("opens");
    assert_eq!(
        (paths(&*tree), problem_paths(tree.problems())),
        (vec!["fits"], vec!["large"])
    );

    setup.config.limits = crate::config::Limits {
        download_bytes: 64 << 10,
        ..crate::config::Limits::default()
    };
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(200 << 10)
    .collect();
    setup
        .repository("noise")
        .commit_files(&[("noise", &noise, 0o100_644)]);
    assert_eq!(setup.code("noise", None).await, Some(ErrorCode::Limit));
}

#[tokio::test]
async fn only_an_opened_host_is_reached() {
    let mut setup = setup();
    setup
        .repository("demo")
        .commit_files(&[("a.py", b"1", 0o100_644)]);
    setup.config.network.allow_hosts.clear();
    assert_eq!(setup.code("demo", None).await, Some(ErrorCode::Forbidden));
    assert_eq!(setup.server.requests().len(), 0);
}

#[test]
fn origins_name_the_platform() {
    for (url, slug, platform) in [
        ("https://github.com/pallets/flask.git", "flask", "github"),
        (
            "https://huggingface.co/datasets/o/My_Set",
            "my-set",
            "huggingface",
        ),
        ("https://git.example/o/n/", "n", "git"),
    ] {
        let origin = origin(&Url::parse(url).expect("a url"), "c");
        assert_eq!(
            (origin.slug.as_str(), origin.platform.as_str()),
            (slug, platform),
            "{url}"
        );
    }
}
