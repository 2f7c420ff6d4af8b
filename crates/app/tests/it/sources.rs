//! The toolbox from other kinds of sources: git over HTTP and local folders. What is placed has to be the same.

use std::path::Path;

use synthesizer_testkit::{git_repository::GitRepository, git_server::GitServer, program::Program};

use crate::{
    crafted::{assert_nothing_left, assert_verified, program},
    project::Project,
    synthesis::{TOOLBOX, originals, published_references, toolbox},
};

#[test]
fn git_and_local_folders_give_what_the_registry_gives() {
    let from_registry = program();
    toolbox(&from_registry, &published_references(), "toolbox");
    let expected = Project::at(from_registry.work().join("toolbox"));

    let root = tempfile::tempdir().expect("a folder");
    let folders = originals(root.path());
    let repositories = TOOLBOX.map(|(name, _, _)| name);
    for (name, folder) in repositories.iter().zip(&folders) {
        GitRepository::from_folder(root.path(), name, folder);
    }
    let server = GitServer::start(root.path());
    let from_git = program().with_config(&format!(
        "[network]\nallow_hosts = [\"{}\"]\n",
        server.authority()
    ));
    let urls = repositories.map(|name| server.url(name));
    check(&from_git, &urls, &expected, root.path());
    assert!(
        server
            .requests()
            .iter()
            .any(|request| request.target.contains("click.git")),
        "{:?}",
        server.requests()
    );

    let from_folders = program();
    let links = repositories.map(|name| from_folders.work().join(name));
    for (folder, link) in folders.iter().zip(&links) {
        std::fs::rename(folder, link).expect("both are temporary folders of one file system");
    }
    let references = repositories.map(|name| format!("./{name}"));
    check(&from_folders, &references, &expected, root.path());
    let project = Project::at(from_folders.work().join("toolbox"));
    for source in project.lock().sources {
        assert_eq!(
            source.url,
            format!("../{}", source.id),
            "a local source is recorded relative to the project"
        );
        assert!(source.revision.starts_with("tree:"), "{source:?}");
    }
}

fn check(program: &Program, references: &[String; 3], expected: &Project, root: &Path) {
    let answer = toolbox(program, references, "toolbox");
    assert_verified(&answer);
    assert_nothing_left(program);
    let project = Project::at(program.work().join("toolbox"));
    project.assert_committed();
    project.assert_portable(program, &[root]);
    assert_eq!(project.moved(), expected.moved());
    assert_eq!(project.dependencies(), expected.dependencies());
    assert_eq!(project.text("uv.lock"), expected.text("uv.lock"));
    let blobs = |project: &Project| {
        let files = project
            .lock()
            .files
            .into_iter()
            .filter(|file| file.source != "generated");
        files
            .map(|file| {
                (
                    file.path,
                    file.origin,
                    file.blob,
                    file.license,
                    file.transforms,
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(blobs(&project), blobs(expected));
}

#[test]
fn a_revision_chooses_what_is_taken_from_git() {
    let root = tempfile::tempdir().expect("a folder");
    let repository = GitRepository::create(root.path(), "sample");
    let manifest: &[u8] = b"[project]\nname = \"sample\"\nversion = \"1\"\nlicense = \"MIT\"\n";
    let commit = |text: &[u8]| {
        let mode = synthesizer_testkit::git_repository::FILE;
        repository.commit_files(&[
            ("pyproject.toml", manifest, mode),
            ("sample.py", text, mode),
        ])
    };
    let old = commit(b"value = 'old'\n");
    repository.set_reference("refs/tags/v1", &old);
    let new = commit(b"value = 'new'\n");
    let server = GitServer::start(root.path());
    for (revision, value, locked) in [
        ("", "new", &new),
        ("@v1", "old", &old),
        (&format!("@{old}"), "old", &old),
        ("@main", "new", &new),
    ] {
        let program = program().with_config(&format!(
            "[network]\nallow_hosts = [\"{}\"]\n",
            server.authority()
        ));
        let reference = format!("{}{revision}", server.url("sample"));
        let (_, project) = crate::crafted::synthesized(&program, &[&reference], &["--no-verify"]);
        assert_eq!(
            project.text("src/fresh/sample.py"),
            format!("value = '{value}'\n"),
            "{revision}"
        );
        assert_eq!(&project.lock().sources[0].revision, locked, "{revision}");
    }
}
