//! Packages whose code does harm when it is imported or installed, and interruptions. Nothing is reached and nothing stays.

use std::{
    fs,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::Value;
use synthesizer_testkit::{
    archives::{metadata, wheel},
    package_index::{IndexBehaviour, Package, PackageIndex},
    program::Program,
};

use crate::{
    bad_input::{assert_refused, names},
    crafted::{assert_nothing_left, checks, package, program, program_with_index, synthesize},
    listener::{Answer, Scripted, Trap, http},
};

/// What the home folder of the run holds, and what must not come out.
const SECRET: &str = "the-secret-of-the-home-folder";

/// Tries a thing and keeps quiet about failure, as such packages do; what it got would show in the error of the import.
fn attempt(statements: &str) -> String {
    let body = statements.replace('\n', "\n    ");
    format!(
        "got = None\ntry:\n    {body}\nexcept BaseException:\n    pass\nif got is not None:\n    raise RuntimeError(f'reached: {{got}}')\n"
    )
}

/// Verifies a package that consists of one module and gives the answer; the run must be bounded and leave nothing.
fn verify_module(program: &Program, trap: &Trap, text: &str) -> Value {
    package(program, "evil", "", &[("evil.py", text)]);
    let home = program.world().join("home");
    fs::write(home.join("secret"), SECRET).expect("the home folder can be written");
    let begin = Instant::now();
    let run = synthesize(program, &["./evil"], &[]).expect_status(1);
    assert!(
        begin.elapsed() < Duration::from_secs(60),
        "it took {:?}",
        begin.elapsed()
    );
    trap.assert_untouched(text);
    assert_nothing_left(program);
    assert_eq!(names(&home), ["secret"]);
    assert_eq!(names(&program.work()), ["evil", "out"]);
    let answer = run.json();
    assert_eq!(
        (&answer["status"], &answer["code"]),
        (&"verification_failed".into(), &"E_VERIFY".into())
    );
    let shown = answer.to_string();
    assert!(
        !shown.contains(SECRET) && !shown.contains("reached:"),
        "{shown}"
    );
    answer
}

fn detail(answer: &Value, name: &str) -> String {
    let checks = answer["verification"]["checks"].as_array().expect("checks");
    let check = checks
        .iter()
        .find(|check| check["name"] == name)
        .unwrap_or_else(|| panic!("no check {name}: {checks:?}"));
    check["detail"].as_str().expect("text").to_owned()
}

/// What it does, its text in a program's world, and what the check `behaviour` has to tell.
type HostileModule = (&'static str, Box<dyn Fn(&Program) -> String>, &'static str);

#[test]
fn what_a_module_tries_when_it_is_imported_is_refused_and_told() {
    let trap = Trap::new();
    let port = trap.port();
    let home_of = |program: &Program| {
        program
            .world()
            .join("home/secret")
            .to_str()
            .expect("UTF-8")
            .to_owned()
    };
    let rows: Vec<HostileModule> = vec![
        (
            "opens a socket",
            Box::new(move |_| {
                attempt(&format!(
                    "import socket\nsocket.create_connection(('127.0.0.1', {port}), 2)\ngot = 'a connection'"
                ))
            }),
            "network",
        ),
        (
            "looks up a name",
            Box::new(|_| {
                attempt("import socket\ngot = socket.getaddrinfo('localhost', 80) and None")
            }),
            "network",
        ),
        (
            "sends a datagram",
            Box::new(move |_| {
                attempt(&format!(
                    "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))"
                ))
            }),
            "network",
        ),
        (
            "reads the home folder",
            Box::new(move |program| {
                let places = format!(
                    "['/root/.netrc', '/home/user/.ssh/id_ed25519', {:?}]",
                    home_of(program)
                );
                attempt(&format!(
                    "import os\nfound = [place for place in {places} if os.path.exists(place)]\ngot = found or None"
                )) + &attempt(&format!(
                    "import pathlib\nfor place in {places}:\n    try:\n        got = pathlib.Path(place).read_text()\n    except OSError:\n        pass"
                ))
            }),
            "home",
        ),
        (
            "lists the home folder",
            Box::new(|_| {
                attempt(
                    "import os\nfor name in os.listdir('/root'):\n    got = name if os.path.isfile('/root/' + name) else got",
                )
            }),
            "home",
        ),
        (
            "writes a .pth",
            Box::new(|_| {
                attempt(
                    "import sysconfig\nopen(sysconfig.get_paths()['purelib'] + '/evil.pth', 'w').write('import os')\ngot = 'written'",
                )
            }),
            "write",
        ),
        (
            "writes beside itself",
            Box::new(|_| attempt("open(__file__, 'a').write('#')\ngot = 'written'")),
            "write",
        ),
    ];
    for (case, text, told) in rows {
        let (_index, program) = program_with_index(Vec::new());
        let text = text(&program);
        let answer = verify_module(&program, &trap, &text);
        let checks = checks(&answer);
        assert_eq!(
            (checks["import"].as_str(), checks["behaviour"].as_str()),
            ("passed", "failed"),
            "{case}: {answer:#}"
        );
        let detail = detail(&answer, "behaviour");
        assert!(detail.contains(told), "{case}: {detail}");
    }
}

#[test]
fn code_that_never_ends_or_multiplies_is_stopped() {
    let trap = Trap::new();
    let rows = [
        (
            "forks for ever",
            "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n",
        ),
        (
            "starts threads for ever",
            "import threading\nwhile True:\n    try:\n        threading.Thread(target=threading.Event().wait).start()\n    except RuntimeError:\n        pass\n",
        ),
        (
            "waits for ever",
            "import threading\nthreading.Event().wait()\n",
        ),
        ("turns for ever", "while True:\n    pass\n"),
        (
            "detaches and stays",
            "import os, threading\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        threading.Event().wait()\n    os._exit(0)\nraise RuntimeError('gone')\n",
        ),
        (
            "takes all memory",
            "blocks = []\nwhile True:\n    blocks.append(bytearray(1 << 24))\n",
        ),
        (
            "talks for ever",
            "import os\nwhile True:\n    os.write(1, b'x' * 65536)\n    os.write(2, b'x' * 65536)\n",
        ),
        ("ends the process", "import os\nos._exit(0)\n"),
        (
            "kills the process",
            "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
        ),
        (
            "claims success",
            "import os, json\nfor module in ('fresh', 'fresh.evil'):\n    print(json.dumps({'kind': 'imported', 'module': module}))\nprint(json.dumps({'kind': 'end'}), flush=True)\nos._exit(0)\n",
        ),
    ];
    for (case, text) in rows {
        let (_index, program) = program_with_index(Vec::new());
        let program =
            program.with_config("[sandbox]\ntimeout = \"5 s\"\nmemory_bytes = \"256 MiB\"\n");
        let answer = verify_module(&program, &trap, text);
        let checks = checks(&answer);
        assert_eq!(checks["import"], "failed", "{case}: {answer:#}");
        assert!(
            detail(&answer, "import").contains("fresh.evil"),
            "{case}: {answer:#}"
        );
    }
}

/// A `.pth` file of a dependency would run with every start of Python in the environment, outside the sandbox too.
#[test]
fn a_start_up_file_of_a_dependency_never_runs_outside_the_sandbox() {
    let trap = Trap::new();
    let mark = tempfile::tempdir().expect("a folder");
    let tries = format!(
        "try:\\n open('{}', 'w').close()\\nexcept OSError:\\n pass\\nsocket.create_connection(('127.0.0.1', {}), 2)",
        mark.path().join("ran").display(),
        trap.port()
    );
    let line = format!("import socket; exec(\"{tries}\")\n");
    let files: [(&str, &[u8]); 2] = [
        ("helper.py", b"value = 1\n"),
        ("helper-start.pth", line.as_bytes()),
    ];
    let helper = Package::new("helper", "1").with_wheel(&files, &[]);
    let (_index, program) = program_with_index(vec![helper]);
    let manifest = "dependencies = [\"helper\"]\n";
    package(
        &program,
        "user",
        manifest,
        &[("user.py", "import helper\nvalue = helper.value\n")],
    );
    let run = synthesize(&program, &["./user"], &[]).expect_status(1);
    trap.assert_untouched("a start-up file");
    assert_eq!(names(mark.path()), [""; 0]);
    assert_nothing_left(&program);
    let answer = run.json();
    assert!(
        detail(&answer, "install").contains("helper-start.pth"),
        "{answer:#}"
    );
    assert_eq!(checks(&answer)["behaviour"], "failed", "{answer:#}");
    assert!(
        detail(&answer, "behaviour").contains("network"),
        "{answer:#}"
    );
    for level in ["install", "test"] {
        program
            .run(["verify", "out", "--json", "--level", level])
            .json();
        trap.assert_untouched(level);
        assert_eq!(names(mark.path()), [""; 0]);
    }
    assert_nothing_left(&program);
}

#[test]
fn an_interruption_while_a_source_is_fetched_leaves_nothing() {
    let host = Scripted::start(|_| Answer::Silence);
    let program = program().with_config(&format!(
        "[network]\nallow_hosts = [\"{}\"]\n",
        host.authority()
    ));
    let repository = format!("http://{}/o/n", host.authority());
    let running = program.start([
        "synthesize",
        "--json",
        "--name",
        "fresh",
        "--output",
        "out",
        "--repo",
        &repository,
    ]);
    host.wait_for_silence();
    running.signal(Signal::INT);
    assert_refused(
        &program,
        running.finish(),
        130,
        "E_CANCELLED",
        "while git waits",
    );
}

/// The wheel of a dependency never comes, so the interruption meets an installation, with the staging folder written.
#[test]
fn an_interruption_while_the_lock_is_installed_leaves_nothing() {
    let described = |name: &str, version: &str| {
        Answer::Bytes(http("200 OK", &[], metadata(name, version, &[]).as_bytes()))
    };
    let host = Scripted::start(move |path| match path {
        "/stuck-1-py3-none-any.whl.metadata" => described("stuck", "1"),
        "/pytest-8.0-py3-none-any.whl.metadata" => described("pytest", "8.0"),
        "/ruff-0.99-py3-none-any.whl.metadata" => described("ruff", "0.99"),
        "/mypy-1.99-py3-none-any.whl.metadata" => described("mypy", "1.99"),
        _ => Answer::Silence,
    });
    let files: [(&str, &[u8]); 1] = [("stuck.py", b"")];
    let stuck = Package::new("stuck", "1")
        .with_file("stuck-1-py3-none-any.whl", wheel("stuck", "1", &files, &[]));
    let tools = [("pytest", "8.0"), ("ruff", "0.99"), ("mypy", "1.99")]
        .map(|(name, version)| Package::new(name, version).with_wheel(&[("x.py", b"")], &[]));
    let behaviour = IndexBehaviour {
        redirect_files_to: Some(format!("http://{}/", host.authority())),
        ..IndexBehaviour::default()
    };
    let index = PackageIndex::start_with([vec![stuck], tools.to_vec()].concat(), behaviour);
    for signal in [Signal::INT, Signal::TERM] {
        let program = program().with_env("UV_DEFAULT_INDEX", index.index_url());
        package(
            &program,
            "user",
            "dependencies = [\"stuck\"]\n",
            &[("user.py", "import stuck\n")],
        );
        let running = program.start([
            "synthesize",
            "--json",
            "--name",
            "fresh",
            "--output",
            "out",
            "--repo",
            "./user",
        ]);
        let path = host.wait_for_silence();
        assert!(path.ends_with("stuck-1-py3-none-any.whl"), "{path}");
        running.signal(signal);
        assert_refused(
            &program,
            running.finish(),
            130,
            "E_CANCELLED",
            "while uv waits",
        );
        assert_eq!(names(&program.work()), ["user"]);
    }
}
