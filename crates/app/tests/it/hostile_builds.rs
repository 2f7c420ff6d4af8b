//! Rust and JavaScript projects that do harm when they are compiled, imported or tested: they reach no home folder, no network and nothing
//! outside, do not outlive their deadline, do not fill the disk and leave no process. `hostile` has the same for Python.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use serde_json::Value;
use synthesizer_testkit::program::Program;

use crate::{
    crafted::{assert_nothing_left, checks, folder, program},
    gate::{processes_with, until},
    jobs_killed::{jobs, text},
    listener::Trap,
    real_sets::with_tools,
};

/// What the home folder holds, and what must not come out.
const SECRET: &str = "the-secret-of-the-home-folder";

/// What code that is run must not reach.
struct Bait {
    trap: Trap,
    outside: tempfile::TempDir,
    secret: PathBuf,
    /// For how long a process sleeps that is left behind; no other sleeps as long.
    sleep: String,
}

impl Bait {
    fn put(program: &Program, number: u32) -> Self {
        let secret = program.world().join("home/secret");
        fs::write(&secret, SECRET).expect("the home folder can be written");
        Self {
            trap: Trap::new(),
            outside: tempfile::tempdir().expect("a folder"),
            secret,
            sleep: format!("{}{number}", 900_000_000 + std::process::id()),
        }
    }

    /// Puts what is to be reached into a text.
    fn in_text(&self, text: &str) -> String {
        text.replace("@SECRET@", self.secret.to_str().expect("UTF-8"))
            .replace(
                "@MARK@",
                self.outside.path().join("mark").to_str().expect("UTF-8"),
            )
            .replace("@PORT@", &self.trap.port().to_string())
            .replace("@SLEEP@", &self.sleep)
    }

    fn assert_untouched(&self, program: &Program, answer: &Value, case: &str) {
        self.trap.assert_untouched(case);
        let entries = fs::read_dir(self.outside.path()).expect("is there");
        assert_eq!(entries.count(), 0, "{case}: written outside");
        assert_eq!(
            processes_with(&self.sleep),
            [0; 0],
            "{case}: a process is left"
        );
        let shown = answer.to_string();
        assert!(
            !shown.contains(SECRET) && !shown.contains("reached:"),
            "{case}: {shown}"
        );
        assert_nothing_left(program);
    }
}

/// Tries everything, and panics with what it got.
const RUST: &str = r#"
fn try_all() {
    // While others compile, a full disk would be theirs too.
    const MOST: u64 = @MOST@;
    use std::{fs, io::Write, net::TcpStream, process::Command, time::Duration};
    let mut got: Vec<String> = Vec::new();
    for place in ["@SECRET@", "/root/.netrc", "/root/.cargo/credentials.toml", "/home/user/.ssh/id_ed25519"] {
        if fs::read(place).is_ok() { got.push(format!("read {place}")); }
    }
    let address = "127.0.0.1:@PORT@".parse().unwrap();
    if TcpStream::connect_timeout(&address, Duration::from_secs(2)).is_ok() { got.push("a connection".into()); }
    if "localhost.example:80".parse::<std::net::SocketAddr>().is_ok() { got.push("a name".into()); }
    for place in ["@MARK@", "/project/mark", "/vendor/mark", "/usr/mark", "/etc/mark", "/mark"] {
        if fs::write(place, "x").is_ok() { got.push(format!("wrote {place}")); }
    }
    let mut written = 0_u64;
    if let Ok(mut file) = fs::File::create("/tmp/filler") {
        let block = vec![1_u8; 1 << 20];
        while written < MOST && file.write_all(&block).is_ok() { written += 1 << 20; }
    }
    let _ = fs::remove_file("/tmp/filler");
    if written >= 1 << 30 { got.push(format!("filled {written}")); }
    let _ = Command::new("/bin/sh").args(["-c", "setsid sleep @SLEEP@ >/dev/null 2>&1 &"]).status();
    if !got.is_empty() { panic!("reached: {got:?}"); }
}
"#;

const MANIFEST: &str =
    "[package]\nname = \"evil\"\nversion = \"1.0.0\"\nedition = \"2021\"\nlicense = \"MIT\"\n";

fn synthesized(program: &Program, ecosystem: &str, source: &str, level: &str) -> Value {
    let run = program.run([
        "synthesize",
        "--json",
        "--ecosystem",
        ecosystem,
        "--name",
        "fresh",
        "--output",
        "out",
        "--repo",
        source,
        "--level",
        level,
    ]);
    assert!(
        matches!(run.status, Some(0 | 1)),
        "{}{}",
        run.stdout,
        run.stderr
    );
    run.json()
}

#[test]
fn code_of_rust_reaches_nothing_when_it_is_compiled_and_tested() {
    let program = with_tools().with_config("[sandbox]\nscratch_bytes = \"48 MiB\"\n");
    let bait = Bait::put(&program, 1);
    let code = bait.in_text(RUST);
    let (code, filling) = (
        code.replace("@MOST@", "0"),
        code.replace("@MOST@", "4 << 30"),
    );
    let build = format!("{code}\nfn main() {{ try_all(); }}\n");
    let macros = format!(
        "{code}\n#[proc_macro]\npub fn evil(input: proc_macro::TokenStream) -> proc_macro::TokenStream {{ try_all(); input }}\n"
    );
    let library = "evil_macros::evil!(pub const ONE: u8 = 1;);\n";
    let test =
        format!("{filling}\n#[test]\nfn it_tries() {{ try_all(); assert_eq!(evil::ONE, 1); }}\n");
    let macro_manifest =
        MANIFEST.replace("\"evil\"", "\"evil-macros\"") + "[lib]\nproc-macro = true\n";
    let manifest = format!(
        "{MANIFEST}build = \"build.rs\"\n[dependencies]\nevil-macros = {{ path = \"macros\" }}\n[workspace]\nmembers = [\"macros\"]\n"
    );
    folder(
        &program,
        "evil",
        &[
            ("Cargo.toml", &manifest),
            ("build.rs", &build),
            ("src/lib.rs", library),
            ("tests/tries.rs", &test),
            ("macros/Cargo.toml", &macro_manifest),
            ("macros/src/lib.rs", &macros),
            (".cargo/config.toml", &bait.in_text("[build]\nrustc-wrapper = \"/usr/bin/touch\"\ntarget-dir = \"@MARK@\"\n[target.'cfg(all())']\nrunner = \"touch @MARK@\"\nlinker = \"touch\"\n")),
        ],
    );
    let answer = synthesized(&program, "cargo", "./evil", "test");
    let found = checks(&answer);
    for name in ["compile", "tests"] {
        assert_eq!(found[name], "passed", "{:#}", answer["verification"]);
    }
    bait.assert_untouched(&program, &answer, "a project of Rust");

    // The same of the project as it lies there: what steers cargo in its folder counts for nothing.
    let settings = bait.in_text("[build]\nrustc-wrapper = \"@MARK@\"\n[http]\nproxy = \"http://127.0.0.1:@PORT@\"\n[source.crates-io]\nreplace-with = \"x\"\n[source.x]\nregistry = \"sparse+http://127.0.0.1:@PORT@/\"\n");
    let out = program.work().join("out");
    fs::create_dir_all(out.join(".cargo")).expect("made");
    fs::write(out.join(".cargo/config.toml"), settings).expect("written");
    fs::write(
        out.join("rust-toolchain.toml"),
        "[toolchain]\npath = \"/tmp\"\n",
    )
    .expect("written");
    let run = program.run(["verify", "out", "--json", "--level", "install"]);
    let answer = run.json();
    assert_eq!(checks(&answer)["compile"], "passed", "{answer:#}");
    bait.assert_untouched(&program, &answer, "its settings");
}

#[test]
fn code_of_rust_that_never_ends_is_stopped() {
    let rows = [
        (
            "a macro",
            "compile",
            "#[proc_macro]\npub fn evil(_: proc_macro::TokenStream) -> proc_macro::TokenStream { loop { std::thread::yield_now() } }\n",
            "evil_macros::evil!();\n",
            "",
        ),
        (
            "a test",
            "tests",
            "#[proc_macro]\npub fn evil(input: proc_macro::TokenStream) -> proc_macro::TokenStream { input }\n",
            "pub const ONE: u8 = 1;\n",
            "#[test]\nfn it_stays() { loop { std::thread::park() } }\n",
        ),
    ];
    for (case, check, macros, library, test) in rows {
        let program = with_tools().with_config("[sandbox]\ntimeout = \"3 s\"\n");
        let bait = Bait::put(&program, 2);
        let macro_manifest =
            MANIFEST.replace("\"evil\"", "\"evil-macros\"") + "[lib]\nproc-macro = true\n";
        let manifest = format!(
            "{MANIFEST}[dependencies]\nevil-macros = {{ path = \"macros\" }}\n[workspace]\nmembers = [\"macros\"]\n"
        );
        let files = [
            ("Cargo.toml", manifest.as_str()),
            ("src/lib.rs", library),
            ("tests/stays.rs", test),
            ("macros/Cargo.toml", &macro_manifest),
            ("macros/src/lib.rs", macros),
        ];
        folder(&program, "evil", &files);
        let begin = Instant::now();
        let answer = synthesized(&program, "cargo", "./evil", "test");
        assert!(
            begin.elapsed() < Duration::from_secs(90),
            "{case}: {:?}",
            begin.elapsed()
        );
        assert_eq!(
            checks(&answer)[check],
            "failed",
            "{case}: {:#}",
            answer["verification"]
        );
        bait.assert_untouched(&program, &answer, case);
    }
}

/// Tries everything, and throws what it got.
const JAVASCRIPT: &str = r#"
const fs = require('node:fs'), net = require('node:net'), child = require('node:child_process');
const got = [];
for (const place of ['@SECRET@', '/root/.netrc', '/root/.npmrc', '/home/user/.ssh/id_ed25519'])
  try { fs.readFileSync(place); got.push('read ' + place); } catch {}
for (const place of ['@MARK@', '/project/mark', '/usr/mark', '/etc/mark', '/mark'])
  try { fs.writeFileSync(place, 'x'); got.push('wrote ' + place); } catch {}
let written = 0;
try { const file = fs.openSync('/tmp/filler', 'w'), block = Buffer.alloc(1 << 20, 1); while (written < 2 ** 32) { fs.writeSync(file, block); written += block.length; } } catch {}
try { fs.unlinkSync('/tmp/filler'); } catch {}
if (written >= 2 ** 30) got.push('filled ' + written);
try { child.spawn('sleep', ['@SLEEP@'], { detached: true, stdio: 'ignore' }).unref(); } catch {}
try { child.execFileSync('/bin/sh', ['-c', 'exec 3<>/dev/tcp/127.0.0.1/@PORT@'], { stdio: 'ignore' }); } catch {}
const socket = net.connect({ host: '127.0.0.1', port: @PORT@ });
socket.on('connect', () => { console.error('reached: a connection'); process.exit(7); });
socket.on('error', () => {});
if (got.length) throw new Error('reached: ' + got.join());
"#;

#[test]
fn code_of_javascript_reaches_nothing_when_it_is_imported_and_tested() {
    let program = program().with_config("[sandbox]\nscratch_bytes = \"48 MiB\"\n");
    let bait = Bait::put(&program, 3);
    let code = bait.in_text(JAVASCRIPT);
    let manifest = r#"{"name": "evil", "version": "1.0.0", "license": "MIT", "main": "index.js", "scripts": {"test": "node --test test/"}}"#;
    let module = format!("{code}\nexports.one = 1;\n");
    let test = format!("require('node:test')('it tries', () => {{ {code}\n }});\n");
    folder(
        &program,
        "evil",
        &[
            ("package.json", manifest),
            ("index.js", &module),
            ("test/tries.test.js", &test),
        ],
    );
    let answer = synthesized(&program, "npm", "./evil", "test");
    let found = checks(&answer);
    for name in ["import", "tests"] {
        assert_eq!(found[name], "passed", "{:#}", answer["verification"]);
    }
    bait.assert_untouched(&program, &answer, "a project of JavaScript");

    // The project as it lies there: its own scripts, settings of npm, and settings of the compiler that lead elsewhere.
    let out = program.work().join("out");
    let change = |name: &str, change: &dyn Fn(&mut Value)| {
        let text = fs::read_to_string(out.join(name)).expect("is there");
        let mut value: Value = serde_json::from_str(&text).expect("JSON");
        change(&mut value);
        fs::write(out.join(name), value.to_string()).expect("written");
    };
    let touch = bait.in_text("touch @MARK@");
    change("package.json", &|manifest| {
        for script in ["preinstall", "install", "postinstall", "prepare", "pretest"] {
            manifest["scripts"][script] = touch.clone().into();
        }
    });
    change("tsconfig.json", &|settings| {
        settings["compilerOptions"]["plugins"] =
            serde_json::json!([{ "name": "../../evil.js", "transform": "../../evil.js" }]);
        settings["compilerOptions"]["incremental"] = true.into();
        settings["compilerOptions"]["tsBuildInfoFile"] = bait.in_text("@MARK@").into();
        settings["compilerOptions"]["generateTrace"] = bait.in_text("@MARK@").into();
        settings["compilerOptions"]["typeRoots"] = serde_json::json!(["/root", bait.secret]);
        settings["files"] = serde_json::json!([bait.secret]);
    });
    let rc = bait.in_text("ignore-scripts=false\nscript-shell=@MARK@\nregistry=http://127.0.0.1:@PORT@/\nproxy=http://127.0.0.1:@PORT@/\nprefix=@MARK@\n");
    fs::write(out.join(".npmrc"), rc).expect("written");
    let run = program.run(["verify", "out", "--json", "--level", "test"]);
    bait.assert_untouched(&program, &run.json(), "its settings");
}

#[test]
fn code_of_javascript_that_never_ends_is_stopped() {
    let program = program().with_config("[sandbox]\ntimeout = \"8 s\"\n");
    let bait = Bait::put(&program, 4);
    let manifest = r#"{"name": "evil", "version": "1.0.0", "license": "MIT", "main": "index.js", "scripts": {"test": "node --test test/"}}"#;
    let test = "require('node:test')('it stays', () => { for (;;) {} });\n";
    folder(
        &program,
        "evil",
        &[
            ("package.json", manifest),
            ("index.js", "exports.one = 1;\n"),
            ("test/stays.test.js", test),
        ],
    );
    let begin = Instant::now();
    let answer = synthesized(&program, "npm", "./evil", "test");
    assert!(
        begin.elapsed() < Duration::from_secs(90),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(
        checks(&answer)["tests"],
        "failed",
        "{:#}",
        answer["verification"]
    );
    bait.assert_untouched(&program, &answer, "a test");
}

/// Each kind of code, while the sandbox runs it: a job that is cancelled then ends within a second, and all of it.
#[test]
fn a_job_is_cancelled_within_a_second_while_its_code_runs() {
    let package = "[project]\nname = \"evil\"\nversion = \"1\"\nlicense = \"MIT\"\n";
    let node = r#"{"name": "evil", "version": "1.0.0", "license": "MIT", "main": "index.js"}"#;
    let build = format!("{MANIFEST}build = \"build.rs\"\n");
    let wait = "fn main() { loop { std::thread::park() } }\n";
    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)]);
    let rows: [Row<'_>; 3] = [
        (
            "python",
            &[
                ("pyproject.toml", package),
                ("evil.py", "import threading\nthreading.Event().wait()\n"),
            ],
        ),
        (
            "cargo",
            &[
                ("Cargo.toml", &build),
                ("build.rs", wait),
                ("src/lib.rs", ""),
            ],
        ),
        (
            "npm",
            &[("package.json", node), ("index.js", "for (;;) {}\n")],
        ),
    ];
    for (ecosystem, files) in rows {
        let mut quickest = Duration::MAX;
        for _ in 0..2 {
            let program = with_tools();
            folder(&program, "evil", files);
            let running = program.start([
                "synthesize",
                "--json",
                "--ecosystem",
                ecosystem,
                "--name",
                "fresh",
                "--output",
                "out",
                "--repo",
                "./evil",
                "--level",
                "install",
            ]);
            // The programs of the sandbox see the scratch folder under another name.
            until(&format!("the code of {ecosystem}"), || {
                let sandboxes = program.left_processes();
                sandboxes
                    .iter()
                    .filter(|line| {
                        line.contains("--unshare-all") && !line.trim_end().ends_with("true")
                    })
                    .count()
                    >= 1
                    && jobs(&program)[0]["current_step"] == "verifying"
            });
            let id = text(&jobs(&program)[0], "synthesis_id").to_owned();
            let begin = Instant::now();
            let record = program
                .run(["jobs", "cancel", &id, "--json"])
                .expect_status(0)
                .json();
            quickest = quickest.min(begin.elapsed());
            assert_eq!(
                text(&record, "job_status"),
                "cancelled",
                "{ecosystem}: {record:#}"
            );
            assert_eq!(running.finish().status, Some(130), "{ecosystem}");
            until("the end of every process", || {
                program.left_processes().is_empty()
            });
            assert!(!program.work().join("out").exists(), "{ecosystem}");
            assert_nothing_left(&program);
        }
        assert!(
            quickest < Duration::from_secs(1),
            "{ecosystem}: {quickest:?}"
        );
    }
}
