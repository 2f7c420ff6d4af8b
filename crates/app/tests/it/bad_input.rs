//! Input that must be refused: the right code and status, nothing written, nothing left, nobody reached, no secret repeated.

use std::{fs, path::Path};

use serde_json::{Value, json};
use synthesizer_testkit::{
    package_index::{IndexBehaviour, Package, PackageIndex},
    program::{Program, Run},
};

use crate::{
    crafted::{assert_nothing_left, package, program, program_with_index, synthesize},
    listener::{Answer, Scripted, Trap, http},
};

/// What must never appear in an answer: a password in the tests' URLs.
const PASSWORD: &str = "hunter2secret";

/// Checks that a run was refused as it should be and left no trace.
pub(crate) fn assert_refused(
    program: &Program,
    run: Run,
    status: i32,
    code: &str,
    case: &str,
) -> Value {
    let shown = format!("{case}\nstdout: {}\nstderr: {}", run.stdout, run.stderr);
    assert_eq!(run.status, Some(status), "{shown}");
    let error = run.json()["error"].clone();
    assert_eq!(error["code"], code, "{shown}");
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|message| !message.is_empty()),
        "{shown}"
    );
    assert!(
        error["correlation_id"]
            .as_str()
            .is_some_and(|id| id.len() >= 16),
        "{shown}"
    );
    assert!(
        !shown.contains("panicked")
            && !run.stdout.contains(PASSWORD)
            && !run.stderr.contains(PASSWORD),
        "{shown}"
    );
    assert!(
        program.work().join("out").symlink_metadata().is_err(),
        "written: {shown}"
    );
    assert_nothing_left(program);
    error
}

#[test]
fn what_is_no_repository_is_refused_before_anything_is_reached() {
    let trap = Trap::new();
    let port = trap.port();
    let program = program();
    let rows = [
        "file:///etc/passwd".to_owned(),
        "file://localhost/etc".to_owned(),
        "FILE:///etc".to_owned(),
        format!("file://127.0.0.1:{port}/x/y"),
        "ext::sh -c id".to_owned(),
        "ext::sh%20-c%20touch%20x".to_owned(),
        "fd::17".to_owned(),
        "ssh://-oProxyCommand=x".to_owned(),
        "ssh://-oProxyCommand=touch%20x/o/n".to_owned(),
        format!("ssh://git@127.0.0.1:{port}/o/n"),
        "git@127.0.0.1:o/n".to_owned(),
        format!("git://127.0.0.1:{port}/o/n"),
        format!("ftp://127.0.0.1:{port}/o/n"),
        format!("rsync://127.0.0.1:{port}/o/n"),
        format!("http+unix://127.0.0.1:{port}/o/n"),
        format!("HTTPS:127.0.0.1:{port}/o/n"),
        format!("//127.0.0.1:{port}/o/n\u{7f}"),
        "-x".to_owned(),
        "--upload-pack=touch x".to_owned(),
        String::new(),
        "name".to_owned(),
        "~/x".to_owned(),
        "C:\\x".to_owned(),
        "\\\\127.0.0.1\\share".to_owned(),
        format!("https://user:{PASSWORD}@127.0.0.1:{port}/o/n"),
        format!("https://{PASSWORD}@127.0.0.1:{port}/o/n"),
        format!("https://user%3A{PASSWORD}@127.0.0.1:{port}/o/n"),
        format!("https://127.0.0.1:{port}/o/n%0aevil"),
        format!("https://127.0.0.1:{port}/o/n%0D%0AX:%20y"),
        format!("https://127.0.0.1:{port}/o/n%00"),
        format!("https://127.0.0.1:{port}/o\nn"),
        format!("https://127.0.0.1:{port}/o\rn"),
        format!("https://127.0.0.1:{port}/o/n\u{202e}"),
        format!("https://127.0.0.1:{port}/%2e%2e/n"),
        format!("https://127.0.0.1:{port}\\o\\n"),
        format!("https://127.0.0.1:{port}/-o/n"),
        format!("https://127.0.0.1:{port}/o/n@-x"),
        format!("https://127.0.0.1:{port}/o/n@--upload-pack=x"),
        format!("https://127.0.0.1:{port}/o/n@a..b"),
        format!("https://127.0.0.1:{port}/o/n@x.lock"),
        format!("https://127.0.0.1:{port}/o/n?token={PASSWORD}"),
        format!("https://127.0.0.1:{port}"),
        format!("https://127.0.0.1:{port}/"),
        "https://".to_owned(),
        "https:///o/n".to_owned(),
        format!("https://127.0.0.1:{port}:80/o/n"),
        "https://host:99999/o/n".to_owned(),
        "github:o".to_owned(),
        "github:../../etc".to_owned(),
        "github:-o/n".to_owned(),
        "gitlab:o".to_owned(),
        "pypi:".to_owned(),
        "pypi:../x".to_owned(),
        "pypi:-x".to_owned(),
        "pypi:x@".to_owned(),
        "pypi:x@1 --index-url=x".to_owned(),
        "pypi:x[extra]".to_owned(),
        "pypi:x==1".to_owned(),
        "x".repeat(3000),
    ];
    for reference in &rows {
        let run = synthesize_from(&program, reference);
        assert_refused(&program, run, 2, "E_URL", reference);
        trap.assert_untouched(reference);
    }
}

/// The reference goes behind an equals sign, so that it may begin with a dash.
fn synthesize_from(program: &Program, reference: &str) -> Run {
    let repository = format!("--repo={reference}");
    program.run([
        "synthesize",
        "--json",
        "--name",
        "fresh",
        "--output",
        "out",
        &repository,
    ])
}

#[test]
fn addresses_that_are_not_public_are_never_reached() {
    let trap = Trap::new();
    let port = trap.port();
    let program = program();
    let hosts = [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "127.255.255.254",
        "0.0.0.0",
        "0",
        "%31%32%37.0.0.1",
        "１２７.０.０.１",
        "127。0。0。1",
        "10.0.0.1",
        "0xa000001",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "168.63.129.16",
        "192.0.0.192",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2002:7f00:0001::1]",
        "[2001:0:53aa:64c:0:0:80ff:fffe]",
        "[fe80::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "sub.localhost",
        "ⓛocalhost",
        "localhost.localdomain",
        "metadata.google.internal",
        "metadata.google.internal.",
        "printer.local",
        "nas.lan",
    ];
    for host in hosts {
        let reference = format!("https://{host}:{port}/o/n");
        let run = synthesize_from(&program, &reference);
        assert_refused(&program, run, 5, "E_FORBIDDEN", &reference);
        trap.assert_untouched(&reference);
    }
    let plain = format!("http://127.0.0.1:{port}/o/n");
    assert_refused(
        &program,
        synthesize_from(&program, &plain),
        5,
        "E_FORBIDDEN",
        &plain,
    );
    trap.assert_untouched(&plain);
}

#[test]
fn an_opened_host_opens_no_other() {
    let trap = Trap::new();
    let target = format!("http://127.0.0.1:{}/o/n.git/info/refs", trap.port());
    let opened =
        Scripted::start(move |_| Answer::Bytes(http("302 Found", &[("Location", &target)], b"")));
    let program = program().with_config(&format!(
        "[network]\nallow_hosts = [\"{}\"]\n",
        opened.authority()
    ));
    let redirected = format!("http://{}/o/n", opened.authority());
    assert_refused(
        &program,
        synthesize_from(&program, &redirected),
        3,
        "E_UPSTREAM",
        &redirected,
    );
    trap.assert_untouched("a redirect of git");
    for host in ["127.0.0.1", "localhost", "127.1"] {
        let other = format!("http://{host}:{}/o/n", trap.port());
        assert_refused(
            &program,
            synthesize_from(&program, &other),
            5,
            "E_FORBIDDEN",
            &other,
        );
        trap.assert_untouched(&other);
    }
}

#[test]
fn a_redirect_of_the_index_to_a_private_address_is_refused() {
    let trap = Trap::new();
    let behaviour = IndexBehaviour {
        redirect_files_to: Some(format!("http://127.0.0.1:{}/", trap.port())),
        ..IndexBehaviour::default()
    };
    let index = PackageIndex::start_with(
        vec![Package::new("elsewhere", "1").with_sdist(&[("elsewhere.py", b"")])],
        behaviour,
    );
    let program = program().with_env("UV_DEFAULT_INDEX", index.index_url());
    let run = synthesize(&program, &["pypi:elsewhere@1"], &[]);
    assert_refused(&program, run, 5, "E_FORBIDDEN", "a redirect of the index");
    trap.assert_untouched("a redirect of the index");
}

#[test]
fn destinations_outside_the_package_are_refused() {
    let program = program();
    package(&program, "sample", "", &[("sample.py", "value = 1\n")]);
    let forbidden = [
        "../x",
        "a/../../x",
        "..",
        "/abs",
        "//x",
        "/",
        "..\\x",
        "a\\b",
        "C:\\x",
        "C:x",
        "\\\\host\\share",
        ".git",
        "a/.git/hooks",
        "a/.GIT",
        "git~1",
        "con",
        "a/NUL.py",
        "a./b",
        "a/b.",
        "x\u{202e}y",
        "a\u{200b}b",
        "a/./b",
        "./a",
        "a//b",
    ];
    for destination in forbidden {
        let run = synthesize(
            &program,
            &[&format!("./sample=>{destination}")],
            &["--no-verify"],
        );
        assert_refused(&program, run, 5, "E_PATH", destination);
    }
    // Harmless as paths; Python could not import from there.
    for destination in [
        "%2e%2e/x", "~", "~/x", "a b", "a-b", "class", "1a", "$HOME/x",
    ] {
        let run = synthesize(
            &program,
            &[&format!("./sample=>{destination}")],
            &["--no-verify"],
        );
        assert_refused(&program, run, 2, "E_ARGUMENT", destination);
    }
    assert_eq!(names(&program.work()), ["sample"]);
}

#[test]
fn names_that_cannot_be_a_project_are_refused() {
    let program = program();
    package(&program, "sample", "", &[("sample.py", "value = 1\n")]);
    let long = "x".repeat(300);
    for name in [
        "",
        "../x",
        "a/b",
        "-x",
        ".",
        "a\nb",
        "json",
        "os",
        "sample",
        "con",
        "é",
        "a b",
        "1",
        "class",
        long.as_str(),
    ] {
        let name = format!("--name={name}");
        let run = program.run([
            "synthesize",
            "--json",
            "--output",
            "out",
            "--no-verify",
            "--repo",
            "./sample",
            &name,
        ]);
        assert_refused(&program, run, 2, "E_ARGUMENT", &name);
    }
}

#[test]
fn what_is_there_already_is_never_overwritten() {
    let program = program();
    package(&program, "sample", "", &[("sample.py", "value = 1\n")]);
    let place = program.work().join("there");
    let run = |output: &str| {
        let output = format!("--output={output}");
        program.run([
            "synthesize",
            "--json",
            "--name",
            "fresh",
            "--no-verify",
            "--repo",
            "./sample",
            &output,
        ])
    };
    fs::create_dir(&place).expect("a folder");
    assert_refused(&program, run("there"), 6, "E_EXISTS", "an empty folder");
    assert_refused(
        &program,
        run("there/"),
        6,
        "E_EXISTS",
        "an empty folder with a slash",
    );
    fs::write(place.join("mine"), "mine").expect("a file");
    assert_refused(&program, run("there"), 6, "E_EXISTS", "a folder");
    assert_refused(&program, run("."), 6, "E_EXISTS", "the working directory");
    assert_refused(&program, run("there/mine"), 6, "E_EXISTS", "a file");
    std::os::unix::fs::symlink("there", program.work().join("link")).expect("a link");
    assert_refused(&program, run("link"), 6, "E_EXISTS", "a link to a folder");
    std::os::unix::fs::symlink("nowhere", program.work().join("dangling")).expect("a link");
    assert_refused(&program, run("dangling"), 5, "E_PATH", "a link to nowhere");
    assert_refused(
        &program,
        run("there/mine/below"),
        5,
        "E_PATH",
        "below a file",
    );
    assert_refused(&program, run(""), 2, "E_ARGUMENT", "nothing");
    assert_refused(&program, run("a\nb"), 5, "E_PATH", "a newline");
    assert_eq!(
        fs::read_to_string(place.join("mine")).expect("still there"),
        "mine"
    );
    assert_eq!(
        names(&program.work()),
        ["dangling", "link", "sample", "there"]
    );
    assert_eq!(names(&place), ["mine"]);
}

#[test]
fn what_does_not_exist_is_not_found() {
    let (_index, program) = program_with_index(vec![
        Package::new("known", "1").with_sdist(&[("known.py", b"")]),
    ]);
    package(&program, "sample", "", &[("sample.py", "value = 1\n")]);
    for reference in [
        "./sample#sample.nothing",
        "./sample#sample:nothing",
        "./sample#nothing.py",
        "./sample#other",
        "./nowhere",
        "pypi:unknown",
        "pypi:unknown@1",
        "pypi:known@2",
        "pypi:known@1#other",
    ] {
        assert_refused(
            &program,
            synthesize(&program, &[reference], &[]),
            4,
            "E_NOT_FOUND",
            reference,
        );
    }
    assert_refused(
        &program,
        synthesize(&program, &["./sample#"], &[]),
        2,
        "E_ARGUMENT",
        "nothing after #",
    );
    for reference in [
        "./sample#../x",
        "./sample#/etc/passwd",
        "./sample#-x",
        "./sample#a/..\\b",
    ] {
        assert_refused(
            &program,
            synthesize(&program, &[reference], &[]),
            5,
            "E_PATH",
            reference,
        );
    }
    assert_refused(
        &program,
        synthesize(&program, &["./sample/sample.py"], &[]),
        5,
        "E_PATH",
        "a file for a folder",
    );
    for registry in ["npm:left-pad@1.3.0", "cargo:itoa@1"] {
        assert_refused(
            &program,
            synthesize(&program, &[registry], &["--ecosystem", "python"]),
            2,
            "E_ARGUMENT",
            registry,
        );
    }
}

#[test]
fn the_registry_itself_does_not_know_a_made_up_package() {
    let program = program();
    let name = "pypi:synthesizer-has-no-such-package-5d1c";
    assert_refused(
        &program,
        synthesize(&program, &[name], &[]),
        4,
        "E_NOT_FOUND",
        name,
    );
}

#[test]
fn over_mcp_nothing_outside_the_roots_can_be_named() {
    let program = program();
    package(&program, "sample", "", &[("sample.py", "value = 1\n")]);
    let outside = tempfile::tempdir().expect("a folder");
    fs::write(outside.path().join("module.py"), "value = 1\n").expect("a file");
    let work = program.work();
    let twin = program.world().join("work-evil");
    fs::create_dir(&twin).expect("a folder");
    std::os::unix::fs::symlink(outside.path(), work.join("link")).expect("a link");
    let mut client = program.mcp([] as [&str; 0]);
    client.initialize();
    let mut refused = |tool: &str, arguments: Value| {
        let answer = client.call_tool(tool, arguments.clone());
        assert_eq!(answer["isError"], true, "{arguments} {answer}");
        assert_eq!(
            answer["structuredContent"]["error"]["code"], "E_PATH",
            "{arguments} {answer}"
        );
    };
    let outside_text = outside.path().to_str().expect("UTF-8").to_owned();
    let twin_text = twin.to_str().expect("UTF-8").to_owned();
    for path in [
        outside_text.as_str(),
        &format!("{outside_text}/x"),
        &format!("{twin_text}/x"),
        "../x",
        "../work-evil/x",
        "a/../../x",
        "/etc/x",
        "~/x",
        "%2e%2e/x",
        "..\\x",
        "link/x",
        "link",
        "a\u{202e}b",
    ] {
        let repositories = json!([{ "repo_url": "./sample" }]);
        refused(
            "synthesize_project",
            json!({ "repositories": repositories, "project_name": "fresh", "output_path": path }),
        );
        refused("verify_project", json!({ "project_path": path }));
    }
    for path in [
        outside_text.as_str(),
        "../work-evil",
        "./link",
        "./../work-evil",
        "/etc",
    ] {
        let repositories = json!([{ "repo_url": path }]);
        refused(
            "synthesize_project",
            json!({ "repositories": repositories, "project_name": "fresh", "output_path": "out" }),
        );
        refused("analyze_repository", json!({ "repo_url": path }));
        refused("resolve_dependencies", json!({ "repositories": [path] }));
    }
    client.close_stdin();
    assert_eq!(client.wait(), Some(0), "{}", client.stderr());
    assert_eq!(names(&work), ["link", "sample"]);
    assert_eq!(names(outside.path()), ["module.py"]);
    assert_eq!(names(&twin), [""; 0]);
    assert_nothing_left(&program);
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("the folder can be read")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}
