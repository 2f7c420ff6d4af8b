//! `analyze` of repositories that are made to hurt, through the program itself: what a file system, an archive and a git server can hold.
//! Bounded in time and memory, told in `problems` or by one error, nothing run, nothing left behind. Hostile texts are tried in the
//! tests of the analysis crate.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read as _,
    os::unix::{
        ffi::OsStrExt as _,
        fs::{PermissionsExt as _, symlink},
        net::UnixListener,
    },
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use synthesizer_testkit::{
    archives::{RawTarEntry, metadata, raw_tar},
    git_repository::{FILE, GitRepository},
    git_server::GitServer,
    package_index::Package,
    program::{Program, Run},
};
use wait4::Wait4 as _;

use crate::{
    bad_input::assert_refused,
    crafted::{assert_nothing_left, folder, program, program_with_index},
    mcp::assert_work_is_gone,
};

/// Far more than any of these takes in a build without optimisation on a busy machine.
const LONG: Duration = Duration::from_secs(120);
/// The most memory that a run may take, in KiB.
const MEMORY: u64 = 1_500 << 10;

/// Makes the command `analyze --json`, whose process can be watched.
fn command(program: &Program, repository: &str, more: &[&str]) -> Command {
    let mut command = Command::new(program.binary());
    command
        .args(["analyze", repository, "--no-transitive", "--json"])
        .args(more)
        .current_dir(program.work())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", program.world().join("home"))
        .env("TMPDIR", program.world().join("tmp"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for (variable, folder) in [
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_DATA_HOME", "data"),
        ("XDG_STATE_HOME", "state"),
    ] {
        command.env(variable, program.world().join(folder));
    }
    command
}

/// Runs `analyze --json` and checks its time and its memory.
#[expect(clippy::print_stdout, reason = "the figures are read by hand")]
fn analyze(program: &Program, case: &str, repository: &str, more: &[&str]) -> Run {
    let mut command = command(program, repository, more);
    let began = Instant::now();
    let mut child = command.spawn().expect("the program can be started");
    let mut errors = child.stderr.take().expect("stderr is piped");
    let errors = std::thread::spawn(move || {
        let mut text = String::new();
        errors.read_to_string(&mut text).map(|_| text)
    });
    let mut stdout = String::new();
    let mut output = child.stdout.take().expect("stdout is piped");
    output.read_to_string(&mut stdout).expect("UTF-8");
    let used = child.wait4().expect("the child is ours");
    let took = began.elapsed();
    let memory = used.rusage.maxrss >> 10;
    println!("{case}: {took:.1?}, {} MiB", memory >> 10);
    assert!(took < LONG, "{case}: {took:?}");
    assert!(memory < MEMORY, "{case}: {memory} KiB");
    Run {
        status: used.status.code(),
        stdout,
        stderr: errors
            .join()
            .expect("reading does not panic")
            .expect("UTF-8"),
    }
}

fn problems(answer: &Value) -> BTreeMap<String, String> {
    let problems = answer["problems"].as_array().expect("problems");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    problems
        .iter()
        .map(|problem| (text(&problem["path"]), text(&problem["what"])))
        .collect()
}

/// Lists everything below a folder with what a change would change; links are not followed.
fn listing(root: &Path) -> BTreeMap<Vec<u8>, (u32, u64, std::time::SystemTime)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let status = path.symlink_metadata().expect("it is there");
            if status.is_dir() {
                folders.push(path.clone());
            }
            let modified = status.modified().expect("a time");
            let mode = status.permissions().mode();
            found.insert(
                path.as_os_str().as_bytes().to_vec(),
                (mode, status.len(), modified),
            );
        }
    }
    found
}

#[test]
fn a_folder_of_traps_is_read_and_left_as_it_was() {
    let program = program();
    let secret = program.world().join("secret.py");
    fs::write(&secret, "password = 'open sesame'\n").expect("a file");
    let root = folder(
        &program,
        "traps",
        &[
            ("honest.py", "import os\n\n\ndef honest():\n    return 1\n"),
            ("nul.py", "x = 1\n"),
            ("back\\slash.py", "x = 1\n"),
            ("co:lon.py", "x = 1\n"),
            ("new\nline.py", "x = 1\n"),
            ("\u{202e}yp.x.py", "x = 1\n"),
            ("Case.py", "x = 1\n"),
            ("case.py", "x = 2\n"),
            ("caf\u{e9}.py", "x = 1\n"),
            ("cafe\u{301}.py", "x = 2\n"),
            ("nested/.git", "gitdir: ../../../secret\n"),
            (".git/config", "[core]\n\tbare = false\n"),
            (
                ".gitmodules",
                "[submodule \"x\"]\n\tpath = x\n\turl = --upload-pack=touch ran\n",
            ),
            ("GIT~1/config", "x\n"),
            ("deep.py", "x = 1\n"),
        ],
    );
    symlink("/etc/passwd", root.join("passwd.py")).expect("a link");
    symlink(&secret, root.join("secret.py")).expect("a link");
    symlink("nowhere", root.join("dangling.py")).expect("a link");
    symlink("loop_b.py", root.join("loop_a.py")).expect("a link");
    symlink("loop_a.py", root.join("loop_b.py")).expect("a link");
    symlink("..", root.join("around")).expect("a link");
    symlink("/", root.join("everything")).expect("a link");
    fs::hard_link(root.join("honest.py"), root.join("hard.py")).expect("a link");
    let odd_name = std::ffi::OsStr::from_bytes(b"\xff.py");
    fs::write(root.join(odd_name), "x = 1\n").expect("a file");
    fs::write(root.join(format!("{}.py", "n".repeat(252))), "x = 1\n").expect("a file");
    let fifo = Command::new("mkfifo").arg(root.join("pipe.py")).status();
    assert!(fifo.expect("mkfifo runs").success());
    let _socket = UnixListener::bind(root.join("socket.py")).expect("a socket");
    let sparse = File::create(root.join("sparse.py")).expect("a file");
    sparse.set_len(2 << 30).expect("a sparse file");
    fs::write(root.join("line.py"), vec![b'x'; 10 << 20]).expect("a file");
    let deepest = root.join("d/".repeat(1_200));
    fs::create_dir_all(&deepest).expect("folders");
    fs::write(root.join("deep.py"), "x = 1\n").expect("a file");
    let before = listing(&root);

    let run = analyze(&program, "traps", "./traps", &["--detail", "full"]).expect_status(0);
    assert_eq!(listing(&root), before, "nothing in the folder changes");
    let answer = run.json();
    let told = problems(&answer);
    for (path, words) in [
        ("nul.py", "reserved"),
        ("back\\slash.py", "backslash"),
        ("co:lon.py", "colon"),
        ("new\\u{a}line.py", "control"),
        ("\\u{202e}yp.x.py", "control"),
        ("\u{fffd}.py", "UTF-8"),
        ("pipe.py", ""),
        ("socket.py", ""),
        ("sparse.py", ""),
        ("line.py", "not parsed"),
    ] {
        let what = told.get(path);
        assert!(
            what.is_some_and(|what| what.contains(words)),
            "{path}: {words}: {told:#?}"
        );
    }
    assert!(
        told.keys().any(|path| path.starts_with("d/d/d/")),
        "{told:#?}"
    );
    assert!(
        told.keys().any(|path| path.eq_ignore_ascii_case("case.py")),
        "{told:#?}"
    );
    assert!(told.keys().any(|path| path.starts_with("caf")), "{told:#?}");
    for text in ["open sesame", "root:x:0", "/etc"] {
        assert!(
            !run.stdout.contains(text),
            "{text} of the machine is in the answer"
        );
    }
    // Links are neither read nor told: they are no contents of the folder.
    let files = answer["files"].as_array().expect("files");
    let links = [
        "passwd.py",
        "secret.py",
        "dangling.py",
        "loop_a.py",
        "loop_b.py",
    ];
    assert!(
        !files
            .iter()
            .any(|file| links.iter().any(|link| file["path"] == *link))
    );
    assert!(
        files
            .iter()
            .any(|file| file["path"] == "honest.py" && file["public_symbols"] == 1)
    );
    assert_nothing_left(&program);
}

#[test]
fn nothing_of_a_repository_runs() {
    let (_index, program) = program_with_index(Vec::new());
    let mark = program.world().join("ran");
    let touch = format!("touch {}", mark.display());
    let python = format!(
        "import pathlib\npathlib.Path({:?}).touch()\n",
        mark.display().to_string()
    );
    let setup = format!(
        "{python}from setuptools import setup\nsetup(name='p', version='1', install_requires=['q'])\n"
    );
    let scripts: String = [
        "preinstall",
        "install",
        "postinstall",
        "prepare",
        "prepack",
        "version",
    ]
    .map(|name| format!("{name:?}: {touch:?}"))
    .join(", ");
    let root = folder(
        &program,
        "eager",
        &[
            ("setup.py", &setup),
            ("conftest.py", &python),
            ("sitecustomize.py", &python),
            (
                "backend.py",
                &format!("{python}def build_wheel(*a, **k): return ''\n"),
            ),
            (
                "pyproject.toml",
                "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n\
                 [project]\nname = \"p\"\ndynamic = [\"version\", \"dependencies\"]\n",
            ),
            (
                "package.json",
                &format!("{{\"name\": \"p\", \"scripts\": {{{scripts}}}}}"),
            ),
            (
                ".npmrc",
                &format!("script-shell={touch}\nonload-script=./evil.js\n"),
            ),
            (".yarnrc.yml", "yarnPath: ./evil.js\nplugins: [./evil.js]\n"),
            (
                ".pnpmfile.cjs",
                &format!("require('child_process').execSync({touch:?})\n"),
            ),
            (
                "evil.js",
                &format!("require('child_process').execSync({touch:?})\n"),
            ),
            (
                "Cargo.toml",
                "[package]\nname = \"p\"\nversion = \"1.0.0\"\nbuild = \"build.rs\"\n",
            ),
            (
                "build.rs",
                &format!(
                    "fn main() {{ std::fs::write({:?}, \"\").unwrap(); }}\n",
                    mark.display().to_string()
                ),
            ),
            (
                ".cargo/config.toml",
                &format!("[build]\nrustc-wrapper = {touch:?}\n"),
            ),
            ("go.mod", "module p\n"),
            ("gen.go", &format!("package p\n//go:generate {touch}\n")),
            (
                "pom.xml",
                "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version></project>",
            ),
            (".mvn/extensions.xml", "<extensions/>"),
            ("Makefile", &format!("all:\n\t{touch}\n$(shell {touch})\n")),
            (".envrc", &touch),
            (".gitattributes", "* filter=evil diff=evil\n"),
            (".git/HEAD", "ref: refs/heads/main\n"),
            (
                ".git/config",
                &format!(
                    "[core]\n\tfsmonitor = {touch}\n\thooksPath = hooks\n[filter \"evil\"]\n\tclean = {touch}\n\tsmudge = {touch}\n"
                ),
            ),
            (".git/hooks/post-checkout", &format!("#!/bin/sh\n{touch}\n")),
            ("p/__init__.py", &format!("{python}__version__ = '1'\n")),
        ],
    );
    let hook = root.join(".git/hooks/post-checkout");
    fs::set_permissions(hook, fs::Permissions::from_mode(0o755)).expect("our file");
    let before = listing(&root);
    // With the solver, which is asked where no lock tells what a dependency brings.
    for more in [
        &["--detail", "full"][..],
        &["--detail", "full", "--no-transitive"],
    ] {
        let arguments = ["analyze", "./eager", "--json"].iter().chain(more);
        program.run(arguments).expect_status(0);
        assert!(!mark.exists(), "something ran");
    }
    assert_eq!(listing(&root), before, "nothing in the folder changes");
    assert_nothing_left(&program);
}

#[test]
fn archives_that_unfold_are_refused() {
    let sdist = |more: Vec<RawTarEntry>| {
        let mut entries = vec![
            RawTarEntry::file("hostile-1/PKG-INFO", metadata("hostile", "1", &[])),
            RawTarEntry::file("hostile-1/hostile.py", "value = 1\n"),
        ];
        entries.extend(more);
        raw_tar(&entries)
    };
    let zeros = sdist(vec![RawTarEntry::zeros("hostile-1/zeros", 256 << 20)]);
    let many = sdist(
        (0..30_000)
            .map(|number| RawTarEntry::file(format!("hostile-1/f/{number}"), ""))
            .collect(),
    );
    let small = "[limits]\nsource_files = 20000\n";
    for (case, archive, configuration, status) in [
        ("zeros", zeros, "", 2),
        ("many entries", many.clone(), small, 2),
        ("many entries, allowed", many, "", 0),
    ] {
        let package = Package::new("hostile", "1").with_file("hostile-1.tar.gz", archive);
        let (index, program) = program_with_index(vec![package]);
        let program = program.with_config(configuration);
        let run = program.run(["analyze", "pypi:hostile@1", "--no-transitive", "--json"]);
        if status == 0 {
            assert_eq!(run.expect_status(0).json()["problems"], json!([]), "{case}");
        } else {
            assert_refused(&program, run, status, "E_LIMIT", case);
        }
        assert_nothing_left(&program);
        drop(index);
    }
    // An archive inside an archive is a file like others.
    let inner = sdist(vec![RawTarEntry::zeros("hostile-1/zeros", 8 << 20)]);
    let outer = sdist(vec![RawTarEntry::file("hostile-1/inner.tar.gz", inner)]);
    let package = Package::new("hostile", "1").with_file("hostile-1.tar.gz", outer);
    let (_index, program) = program_with_index(vec![package]);
    let answer = program
        .run(["analyze", "pypi:hostile@1", "--no-transitive", "--json"])
        .expect_status(0)
        .json();
    assert_eq!(answer["files_analyzed"], 3, "{answer:#}");
    assert_nothing_left(&program);
}

#[test]
fn more_files_than_allowed_are_an_error_at_once() {
    let root = tempfile::tempdir().expect("a folder");
    let repository = GitRepository::create(root.path(), "many");
    let names: Vec<String> = (0..30_000)
        .map(|number| format!("f{}/m{number}.py", number % 300))
        .collect();
    let files: Vec<(&str, &[u8], u32)> = names
        .iter()
        .map(|name| (name.as_str(), &b"x = 1\n"[..], FILE))
        .collect();
    repository.commit_files(&files);
    let server = GitServer::start(root.path());
    let allowed = format!("[network]\nallow_hosts = [\"{}\"]\n", server.authority());
    let url = server.url("many");

    let program = program().with_config(&format!("{allowed}[limits]\nsource_files = 10000\n"));
    assert_refused(
        &program,
        analyze(&program, "git, refused", &url, &[]),
        2,
        "E_LIMIT",
        "git",
    );
    let flat = program.work().join("flat");
    fs::create_dir(&flat).expect("a folder");
    for number in 0..20_000 {
        File::create(flat.join(format!("m{number}.py"))).expect("a file");
    }
    assert_refused(
        &program,
        analyze(&program, "folder, refused", "./flat", &[]),
        2,
        "E_LIMIT",
        "folder",
    );
    assert_nothing_left(&program);

    let program = program.with_config(&allowed);
    let answer = analyze(&program, "git, allowed", &url, &[])
        .expect_status(0)
        .json();
    assert_eq!(answer["lines_of_code"], 30_000);
    let answer = analyze(&program, "folder, allowed", "./flat", &[])
        .expect_status(0)
        .json();
    assert_eq!(answer["files_analyzed"], 20_000);
    assert_nothing_left(&program);
}

#[test]
fn deep_folders_of_git_are_left_out_and_told() {
    let root = tempfile::tempdir().expect("a folder");
    let deep = format!("{}x.py", "d/".repeat(1_500));
    let files: [(&str, &[u8], u32); 2] =
        [("honest.py", b"x = 1\n", FILE), (&deep, b"x = 1\n", FILE)];
    GitRepository::create(root.path(), "deep").commit_files(&files);
    let server = GitServer::start(root.path());
    let program = program().with_config(&format!(
        "[network]\nallow_hosts = [\"{}\"]\n",
        server.authority()
    ));
    let answer = analyze(&program, "deep git", &server.url("deep"), &[])
        .expect_status(0)
        .json();
    assert_eq!(answer["lines_of_code"], 1);
    let told = problems(&answer);
    assert!(
        told.keys().any(|path| path.starts_with("d/d/")),
        "{told:#?}"
    );
    assert_nothing_left(&program);
}

/// Writes a folder whose analysis takes long enough to be stopped in the middle.
fn large(program: &Program) {
    let body = "def function(a, b):\n    if a and b:\n        return [x for x in a]\n    return None\n\n\n".repeat(200);
    for number in 0..3_000 {
        let text = format!("import m{}\n{body}x = {number}\n", (number + 1) % 3_000);
        let path = program
            .work()
            .join(format!("large/f{}/m{number}.py", number % 50));
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
}

#[test]
fn an_analysis_that_is_interrupted_ends_soon() {
    let program = program();
    large(&program);
    let child = command(&program, "./large", &[])
        .spawn()
        .expect("the program can be started");
    // It is in the middle of its work when it has worked for a while.
    let status = format!("/proc/{}/stat", child.id());
    let has_worked = || {
        let status = fs::read_to_string(&status).unwrap_or_default();
        let ticks = status
            .split_whitespace()
            .nth(13)
            .and_then(|ticks| ticks.parse::<u64>().ok());
        ticks.is_none_or(|ticks| ticks >= 30)
    };
    while !has_worked() {
        std::thread::yield_now();
    }
    let process = Pid::from_child(&child);
    kill_process(process, Signal::INT).expect("the program still works");
    let began = Instant::now();
    let output = child.wait_with_output().expect("the child is ours");
    let took = began.elapsed();
    println!("interrupted: {took:.1?}");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let run = Run {
        status: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    };
    assert_refused(&program, run, 130, "E_CANCELLED", "interrupted");
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert_nothing_left(&program);
}

#[test]
fn a_cancelled_analysis_of_a_client_ends_and_the_server_lives() {
    let program = program();
    large(&program);
    let mut client = program.mcp([""; 0]);
    client.initialize();
    let call = json!({
        "name": "analyze_repository", "arguments": { "repo_url": "./large", "include_transitive_deps": false },
        "_meta": { "progressToken": "token" },
    });
    let id = client.send_request("tools/call", call);
    client.notification("notifications/progress");
    client.notify(
        "notifications/cancelled",
        json!({ "requestId": id, "reason": "changed my mind" }),
    );
    let began = Instant::now();
    assert_eq!(client.request("ping", json!({}))["result"], json!({}));
    client.close_stdin();
    assert_eq!(client.wait(), Some(0));
    let took = began.elapsed();
    println!("cancelled by a client: {took:.1?}");
    assert!(took < Duration::from_secs(20), "{took:?}");
    let answers: Vec<String> = client
        .remaining_lines()
        .into_iter()
        .filter(|line| !line.contains("notifications/progress"))
        .collect();
    assert_eq!(answers, [""; 0], "a cancelled request has no answer");
    assert_work_is_gone(&program);
}
