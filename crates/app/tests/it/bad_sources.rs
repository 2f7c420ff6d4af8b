//! Archives and git repositories that no honest tool makes. What could act is refused; what is only odd is left out and told.

use std::{fs, path::Path};

use serde_json::Value;
use synthesizer_testkit::{
    archives::{RawTarEntry, metadata, raw_tar, raw_zip},
    git_repository::{GitRepository, RawEntry},
    git_server::GitServer,
    package_index::{IndexBehaviour, Package, PackageIndex},
    program::Program,
};
use tar::EntryType;

use crate::{
    bad_input::assert_refused,
    crafted::{assert_nothing_left, program, program_with_index, synthesize, synthesized},
    project::Project,
};

/// Entries of an honest source archive.
fn honest() -> Vec<RawTarEntry> {
    vec![
        RawTarEntry::file("hostile-1/PKG-INFO", metadata("hostile", "1", &[])),
        RawTarEntry::file("hostile-1/hostile.py", "value = 1\n"),
    ]
}

fn sdist(more: Vec<RawTarEntry>) -> (String, Vec<u8>) {
    let entries: Vec<RawTarEntry> = honest().into_iter().chain(more).collect();
    ("hostile-1.tar.gz".to_owned(), raw_tar(&entries))
}

/// What it is, its file name and contents, the exit status and the code.
type HostileArchive = (&'static str, (String, Vec<u8>), i32, &'static str);

#[test]
fn archives_made_to_do_harm_are_refused() {
    let escape = tempfile::tempdir().expect("a folder");
    let absolute = escape
        .path()
        .join("escaped")
        .to_str()
        .expect("UTF-8")
        .to_owned();
    let cut = |mut archive: (String, Vec<u8>)| {
        let half = archive.1.len() / 2;
        archive.1.truncate(half);
        archive
    };
    let zip = |name: &str| {
        let files: [(&str, &[u8]); 2] = [("hostile-1/hostile.py", b"value = 1\n"), (name, b"x")];
        ("hostile-1.zip".to_owned(), raw_zip(&files))
    };
    let rows: Vec<HostileArchive> = vec![
        (
            "a parent",
            sdist(vec![RawTarEntry::file("hostile-1/../../escaped", "x")]),
            5,
            "E_FORBIDDEN",
        ),
        (
            "only a parent",
            sdist(vec![RawTarEntry::file("..", "x")]),
            5,
            "E_FORBIDDEN",
        ),
        (
            "a parent folder",
            sdist(vec![RawTarEntry::folder("hostile-1/..")]),
            5,
            "E_FORBIDDEN",
        ),
        (
            "an absolute name",
            sdist(vec![RawTarEntry::file(&absolute, "x")]),
            5,
            "E_FORBIDDEN",
        ),
        (
            "a backslash parent",
            sdist(vec![RawTarEntry::file("hostile-1\\..\\..\\x", "x")]),
            5,
            "E_FORBIDDEN",
        ),
        (
            "a drive",
            sdist(vec![RawTarEntry::file("C:/x", "x")]),
            5,
            "E_FORBIDDEN",
        ),
        (
            "a long parent",
            sdist(vec![RawTarEntry::file(
                format!("hostile-1/{}../../../x", "a/".repeat(60)),
                "x",
            )]),
            5,
            "E_FORBIDDEN",
        ),
        (
            "a link out and a file through it",
            sdist(vec![
                RawTarEntry::symbolic_link("hostile-1/way", escape.path().to_str().expect("UTF-8")),
                RawTarEntry::file("hostile-1/way/../../escaped", "x"),
            ]),
            5,
            "E_FORBIDDEN",
        ),
        (
            "one name twice",
            sdist(vec![RawTarEntry::file(
                "hostile-1/hostile.py",
                "value = 2\n",
            )]),
            5,
            "E_FORBIDDEN",
        ),
        (
            "a zip with a parent",
            zip("hostile-1/../../escaped"),
            5,
            "E_FORBIDDEN",
        ),
        (
            "a zip with an absolute name",
            zip("/escaped"),
            5,
            "E_FORBIDDEN",
        ),
        (
            "a bomb",
            sdist(vec![RawTarEntry::zeros("hostile-1/zeros", 96 << 20)]),
            2,
            "E_LIMIT",
        ),
        (
            "a bomb of small files",
            sdist(
                (0..48)
                    .map(|number| RawTarEntry::zeros(format!("hostile-1/{number}"), 1 << 20))
                    .collect(),
            ),
            2,
            "E_LIMIT",
        ),
        (
            "a promise of bytes",
            sdist(vec![RawTarEntry::truncated("hostile-1/large", 1 << 40)]),
            3,
            "E_UPSTREAM",
        ),
        ("half an archive", cut(sdist(Vec::new())), 3, "E_UPSTREAM"),
        (
            "no archive",
            (
                "hostile-1.tar.gz".to_owned(),
                b"nothing of the kind".to_vec(),
            ),
            3,
            "E_UPSTREAM",
        ),
        (
            "nothing",
            ("hostile-1.tar.gz".to_owned(), Vec::new()),
            3,
            "E_UPSTREAM",
        ),
    ];
    for (case, (name, archive), status, code) in rows {
        let (_index, program) =
            program_with_index(vec![Package::new("hostile", "1").with_file(name, archive)]);
        let run = synthesize(&program, &["pypi:hostile@1"], &[]);
        assert_refused(&program, run, status, code, case);
        assert_eq!(
            fs::read_dir(escape.path()).expect("a folder").count(),
            0,
            "{case}"
        );
    }
}

#[test]
fn a_wrong_hash_is_refused() {
    let behaviour = IndexBehaviour {
        wrong_hashes: true,
        ..IndexBehaviour::default()
    };
    let index = PackageIndex::start_with(
        vec![Package::new("hostile", "1").with_sdist(&[("hostile.py", b"")])],
        behaviour,
    );
    let program = program().with_env("UV_DEFAULT_INDEX", index.index_url());
    assert_refused(
        &program,
        synthesize(&program, &["pypi:hostile@1"], &[]),
        3,
        "E_UPSTREAM",
        "a wrong hash",
    );
}

/// Texts of warnings and findings of an answer.
fn told(answer: &Value) -> String {
    format!("{} {}", answer["warnings"], answer["plan"]["findings"])
}

/// The project holds the one honest module and nothing that could come from the odd entries.
fn assert_only_the_module(project: &Project, case: &str) {
    let moved: Vec<String> = project.moved().into_keys().collect();
    assert_eq!(moved, ["src/fresh/hostile.py"], "{case}");
    assert_eq!(
        project.text("src/fresh/hostile.py"),
        "value = 1\n",
        "{case}"
    );
    for (path, contents) in project.files() {
        let found = contents.windows(9).any(|window| window == b"root:x:0:");
        assert!(!found, "{case}: {path} holds a file of the machine");
    }
}

#[test]
fn links_and_devices_in_archives_are_left_out() {
    let rows = [
        (
            "passwd.py",
            RawTarEntry::symbolic_link("hostile-1/passwd.py", "/etc/passwd"),
        ),
        (
            "linked.py",
            RawTarEntry::symbolic_link("hostile-1/linked.py", "hostile.py"),
        ),
        (
            "hard.py",
            RawTarEntry::hard_link("hostile-1/hard.py", "/etc/passwd"),
        ),
        (
            "fifo.py",
            RawTarEntry::special("hostile-1/fifo.py", EntryType::Fifo),
        ),
        (
            "device.py",
            RawTarEntry::special("hostile-1/device.py", EntryType::Char),
        ),
        (
            "block.py",
            RawTarEntry::special("hostile-1/block.py", EntryType::Block),
        ),
        (
            "new\\u{a}line.py",
            RawTarEntry::file("hostile-1/new\nline.py", "x = 1\n"),
        ),
        (
            "\\u{1b}[31m.py",
            RawTarEntry::file("hostile-1/\u{1b}[31m.py", "x = 1\n"),
        ),
        (
            "\\u{202e}yp.x",
            RawTarEntry::file("hostile-1/\u{202e}yp.x", "x = 1\n"),
        ),
        (
            ".GIT/config",
            RawTarEntry::file("hostile-1/.GIT/config", "[core]\n"),
        ),
        (
            "HOSTILE.PY",
            RawTarEntry::file("hostile-1/HOSTILE.PY", "value = 2\n"),
        ),
        ("nul.py", RawTarEntry::file("hostile-1/nul.py", "x = 1\n")),
    ];
    for (shown, entry) in rows {
        let (name, archive) = sdist(vec![entry]);
        let (_index, program) =
            program_with_index(vec![Package::new("hostile", "1").with_file(name, archive)]);
        let (answer, project) = synthesized(&program, &["pypi:hostile@1"], &["--no-verify"]);
        assert_only_the_module(&project, shown);
        project.assert_committed();
        let told = told(&answer);
        let escaped = serde_json::to_string(shown).expect("JSON");
        assert!(
            told.contains(escaped.trim_matches('"')),
            "{shown} is not told: {told}"
        );
        assert_nothing_left(&program);
        let analysis = program
            .run(["analyze", "pypi:hostile@1", "--no-transitive", "--json"])
            .expect_status(0)
            .json();
        let problems = analysis["problems"].as_array().expect("problems");
        assert!(
            problems.iter().any(|problem| problem["path"] == shown),
            "{shown}: {problems:?}"
        );
    }
}

/// Makes a repository of hostile entries and the honest module, serves it and gives a program that may reach it.
fn serve(root: &Path, entries: Vec<RawEntry>) -> (GitServer, Program) {
    let mut all = vec![RawEntry::file("hostile.py", "value = 1\n")];
    all.extend(entries);
    GitRepository::create(root, "hostile").commit_raw_tree(&all);
    let server = GitServer::start(root);
    let program = program().with_config(&format!(
        "[network]\nallow_hosts = [\"{}\"]\n",
        server.authority()
    ));
    (server, program)
}

#[test]
fn repositories_made_to_do_harm_are_refused() {
    let inner = |name: &str| vec![RawEntry::file(name, "x")];
    let rows = vec![
        ("a parent", vec![RawEntry::folder("..", inner("x"))]),
        (
            "a deep parent",
            vec![RawEntry::folder(
                "zone",
                vec![RawEntry::folder("..", inner("x"))],
            )],
        ),
        ("a dot", vec![RawEntry::folder(".", inner("x"))]),
        (
            "a git folder",
            vec![RawEntry::folder(
                ".git",
                vec![RawEntry::file("config", "[core]\n\tfsmonitor = touch x\n")],
            )],
        ),
        (
            "a git folder in capitals",
            vec![RawEntry::folder(
                "zone",
                vec![RawEntry::folder(".GIT", inner("config"))],
            )],
        ),
        (
            "a short git name",
            vec![RawEntry::folder(
                "zone",
                vec![RawEntry::folder("git~1", inner("config"))],
            )],
        ),
        (
            "a slash in a name",
            vec![RawEntry::file("zone/../../escaped", "x")],
        ),
        (
            "linked modules",
            vec![RawEntry::link(".gitmodules", "/etc/passwd")],
        ),
        (
            "a command as a submodule",
            vec![
                RawEntry::file(
                    ".gitmodules",
                    "[submodule \"x\"]\n\tpath = x\n\turl = --upload-pack=touch x\n",
                ),
                RawEntry::submodule("x"),
            ],
        ),
    ];
    for (case, mut entries) in rows {
        let root = tempfile::tempdir().expect("a folder");
        // git wants the entries of a tree sorted; whatever begins with a dot comes before the module.
        let honest = RawEntry::file("hostile.py", "value = 1\n");
        entries.push(honest);
        GitRepository::create(root.path(), "hostile").commit_raw_tree(&entries);
        let server = GitServer::start(root.path());
        let program = program().with_config(&format!(
            "[network]\nallow_hosts = [\"{}\"]\n",
            server.authority()
        ));
        let run = synthesize(&program, &[&server.url("hostile")], &[]);
        assert_refused(&program, run, 5, "E_FORBIDDEN", case);
    }
}

#[test]
fn odd_names_and_links_in_repositories_are_left_out() {
    let rows = [
        (
            "new\\u{a}line.py",
            RawEntry::file("new\nline.py", "x = 1\n"),
        ),
        ("\u{fffd}.py", RawEntry::file(b"\xff.py", "x = 1\n")),
        (
            "zero\\u{1b}[31m.py",
            RawEntry::file("zero\u{1b}[31m.py", "x = 1\n"),
        ),
        ("z\\u{202e}yp.x", RawEntry::file("z\u{202e}yp.x", "x = 1\n")),
        ("passwd.py", RawEntry::link("passwd.py", "/etc/passwd")),
        ("module", RawEntry::submodule("module")),
        ("nul.py", RawEntry::file("nul.py", "x = 1\n")),
    ];
    for (shown, entry) in rows {
        let root = tempfile::tempdir().expect("a folder");
        let (server, program) = serve(root.path(), vec![entry]);
        let (answer, project) = synthesized(&program, &[&server.url("hostile")], &["--no-verify"]);
        assert_only_the_module(&project, shown);
        project.assert_committed();
        let told = told(&answer);
        let escaped = serde_json::to_string(shown).expect("JSON");
        assert!(
            told.contains(escaped.trim_matches('"')),
            "{shown} is not told: {told}"
        );
        assert_nothing_left(&program);
    }
}

#[test]
fn git_says_what_it_does_not_have() {
    let root = tempfile::tempdir().expect("a folder");
    let (server, program) = serve(root.path(), Vec::new());
    let url = server.url("hostile");
    for reference in [
        format!("{url}@nothing"),
        format!("{url}@{}", "1".repeat(40)),
        server.url("other"),
        format!("{url}#other"),
    ] {
        assert_refused(
            &program,
            synthesize(&program, &[&reference], &[]),
            4,
            "E_NOT_FOUND",
            &reference,
        );
    }
    let gone = server.url("hostile");
    drop(server);
    assert_refused(
        &program,
        synthesize(&program, &[&gone], &[]),
        3,
        "E_UPSTREAM",
        "a server that is gone",
    );
}

#[test]
fn files_that_steer_git_change_nothing() {
    let attributes = "* text eol=crlf ident export-subst filter=evil working-tree-encoding=UTF-16\n*.bin -text\n";
    let files: &[(&str, &[u8])] = &[
        ("hostile/__init__.py", b"value = '$Id$'\r\nother = 1\n"),
        ("hostile/.gitignore", b"*\n"),
        ("hostile/.gitattributes", attributes.as_bytes()),
        ("hostile/data.bin", b"\x00\r\n\xff"),
        (
            "hostile/.gitmodules",
            b"[submodule \"x\"]\n\tpath = x\n\turl = ../x\n",
        ),
        ("hostile/hooks/post-commit", b"#!/bin/sh\ntouch ran\n"),
    ];
    let (_index, program) =
        program_with_index(vec![Package::new("hostile", "1").with_sdist(files)]);
    let (_, project) = synthesized(&program, &["pypi:hostile@1"], &[]);
    project.assert_committed();
    let moved = project.moved();
    for (path, contents) in files
        .iter()
        .filter(|(path, _)| !path.ends_with(".gitmodules"))
    {
        assert_eq!(
            moved.get(&format!("src/fresh/{path}")).map(Vec::as_slice),
            Some(*contents),
            "{path}"
        );
    }
    assert!(!project.root().join("ran").exists());
}

#[test]
fn a_local_repository_with_hostile_settings_is_only_read() {
    let (_index, program) = program_with_index(Vec::new());
    let mark = program.world().join("ran");
    let command = format!("touch {}", mark.display());
    let settings = format!(
        "[core]\n\tfsmonitor = {command}\n\tsshCommand = {command}\n\tpager = {command}\n\thooksPath = hooks\n\
         [filter \"evil\"]\n\tclean = {command}\n\tsmudge = {command}\n[alias]\n\tstatus = !{command}\n[include]\n\tpath = /etc/passwd\n"
    );
    let folder = crate::crafted::package(
        &program,
        "hostile",
        "",
        &[
            ("hostile.py", "value = 1\n"),
            (".gitattributes", "* filter=evil\n"),
            (".git/config", &settings),
            (".git/HEAD", "ref: refs/heads/main\n"),
            (
                ".git/hooks/post-checkout",
                &format!("#!/bin/sh\n{command}\n"),
            ),
            ("nested/.git", "gitdir: ../../../home\n"),
        ],
    );
    std::os::unix::fs::symlink("/etc/passwd", folder.join("passwd.py")).expect("a link");
    std::os::unix::fs::symlink("..", folder.join("around")).expect("a link");
    let (answer, project) = synthesized(&program, &["./hostile"], &["--no-verify"]);
    assert_only_the_module(&project, "a local repository");
    project.assert_committed();
    assert!(told(&answer).contains("passwd.py"), "{answer:#}");
    assert!(!mark.exists());
    assert_nothing_left(&program);
}
