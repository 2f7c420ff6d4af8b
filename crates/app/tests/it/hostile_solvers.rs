//! Solvers that hang, die, flood, lie or are not there: the right code, "unknown" as a verdict, bounded time, and nothing left behind.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::Value;
use synthesizer_testkit::program::Program;

use crate::crafted::{assert_nothing_left, folder, program};

/// How long a run with a solver that ends by itself may take, with a busy machine in mind.
const SOON: Duration = Duration::from_secs(20);

/// A family, its solver, and what a script has to know of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Family {
    pub(crate) name: &'static str,
    solver: &'static str,
    version: &'static str,
    /// The shell's words for the folder of the workspace.
    pub(crate) workspace: &'static str,
    lock: &'static str,
}

pub(crate) const FAMILIES: [Family; 3] = [
    Family {
        name: "python",
        solver: "uv",
        version: "uv 0.9.0",
        workspace: "$PWD",
        lock: "uv.lock",
    },
    Family {
        name: "cargo",
        solver: "cargo",
        version: "cargo 1.95.0",
        workspace: "${3%/*}",
        lock: "Cargo.lock",
    },
    Family {
        name: "npm",
        solver: "npm",
        version: "11.0.0",
        workspace: "$PWD",
        lock: "package-lock.json",
    },
];

impl Family {
    /// Writes a repository that asks for packages, each by its name and versions in the family's own form.
    pub(crate) fn repository(self, program: &Program, name: &str, wanted: &[(&str, &str)]) {
        let (file, text) = self.manifest(name, wanted);
        let library = [("src/lib.rs", "")];
        let more = library.iter().filter(|_| self.name == "cargo").copied();
        let files: Vec<(&str, &str)> = [(file, text.as_str())].into_iter().chain(more).collect();
        folder(program, name, &files);
    }

    fn manifest(self, name: &str, wanted: &[(&str, &str)]) -> (&'static str, String) {
        match self.name {
            "python" => {
                let needs: Vec<String> = wanted
                    .iter()
                    .map(|(name, versions)| format!("{name}{versions}"))
                    .collect();
                let head =
                    format!("[project]\nname = \"{name}\"\nversion = \"1\"\nlicense = \"MIT\"\n");
                let needs = serde_json::Value::from(needs);
                (
                    "pyproject.toml",
                    format!("{head}requires-python = \">=3.9\"\ndependencies = {needs}\n"),
                )
            }
            "cargo" => {
                let needs: String = wanted
                    .iter()
                    .map(|(name, versions)| format!("{name} = {versions:?}\n"))
                    .collect();
                let head = format!(
                    "[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\nrust-version = \"1.70\"\n"
                );
                ("Cargo.toml", format!("{head}[dependencies]\n{needs}"))
            }
            _ => {
                let needs: serde_json::Map<String, Value> = wanted
                    .iter()
                    .map(|(name, versions)| ((*name).to_owned(), Value::from(*versions)))
                    .collect();
                let manifest = serde_json::json!({ "name": name, "version": "1.0.0", "license": "MIT", "dependencies": needs });
                ("package.json", manifest.to_string())
            }
        }
    }

    /// Puts a script in the place of the solver; it gets the folder of the workspace and the path of the lock as `$workspace` and `$lock`.
    pub(crate) fn replaced(self, program: Program, script: &str) -> Program {
        let text = format!(
            "#!/bin/sh\nif [ \"$1\" = --version ]; then echo '{}'; exit 0; fi\nworkspace=\"{}\"\nlock=\"$workspace/{}\"\n{script}\n",
            self.version, self.workspace, self.lock
        );
        let file = bin(&program).join(self.solver);
        // A program that is still being written by somebody cannot be started: it gets its name when it is whole.
        let unfinished = file.with_extension("new");
        fs::write(&unfinished, text).expect("the script can be written");
        fs::set_permissions(&unfinished, fs::Permissions::from_mode(0o755)).expect("ours");
        fs::rename(&unfinished, &file).expect("the script can be put in place");
        with_own_path(program)
    }
}

/// Gives the folder of the programs that stand in for others.
pub(crate) fn bin(program: &Program) -> PathBuf {
    let folder = program.world().join("bin");
    fs::create_dir_all(&folder).expect("the scratch folder can be written");
    folder
}

/// Lets programs be found among the stand-ins first.
fn with_own_path(program: Program) -> Program {
    let path = format!("{}:/usr/bin:/bin", bin(&program).display());
    program.with_env("PATH", path)
}

fn pair(family: Family, program: &Program) {
    family.repository(
        program,
        "first",
        &[("aaa", "1")].map(|one| dressed(family, one)),
    );
    family.repository(
        program,
        "second",
        &[("bbb", "1")].map(|one| dressed(family, one)),
    );
}

/// Gives a version in the form of a family: Python wants an operator.
fn dressed(
    family: Family,
    (name, version): (&'static str, &'static str),
) -> (&'static str, &'static str) {
    match (family.name, version) {
        ("python", _) => (name, ">=1"),
        _ => (name, version),
    }
}

/// Runs `resolve`, which has to end with a code, and `compat`, which has to say "unknown", both in time and without a trace.
fn check(family: Family, case: &str, script: &str, code: &str) {
    check_within(family, "30 s", case, script, code);
}

fn check_within(family: Family, timeout: &str, case: &str, script: &str, code: &str) {
    let program = family.replaced(program(), script);
    let program = program.with_env("SYNTHESIZER__LIMITS__SOLVER_TIMEOUT", timeout);
    pair(family, &program);
    check_both(&program, &format!("{}: {case}", family.name), code);
}

/// Checks that nothing is left, once what was killed has had the moment that its end takes.
fn assert_all_gone(program: &Program) {
    let end = Instant::now() + Duration::from_secs(5);
    while !program.left_processes().is_empty() && Instant::now() < end {
        std::thread::yield_now();
    }
    assert_nothing_left(program);
}

fn check_both(program: &Program, case: &str, code: &str) {
    let begin = Instant::now();
    let run = program.run(["resolve", "./first", "./second", "--json"]);
    assert!(begin.elapsed() < SOON, "{case}: {:?}", begin.elapsed());
    let shown = format!("{case}\n{}\n{}", run.stdout, run.stderr);
    assert_eq!(run.json()["error"]["code"], code, "{shown}");
    assert!(run.stdout.len() + run.stderr.len() < 20_000, "{case}");
    assert!(!shown.contains("panicked"), "{shown}");
    assert_all_gone(program);
    let begin = Instant::now();
    let run = program.run(["compat", "./first", "./second", "--json"]);
    assert!(begin.elapsed() < SOON, "{case}: {:?}", begin.elapsed());
    let shown = format!("{case}\n{}\n{}", run.stdout, run.stderr);
    assert_eq!(run.status, Some(0), "{shown}");
    let answer = run.json();
    assert_eq!(answer["verdict"], "unknown", "{shown}");
    assert_eq!(
        answer["dimensions"]["dependencies"]["verdict"], "unknown",
        "{shown}"
    );
    assert_eq!(
        answer["dimensions"]["licenses"]["verdict"], "compatible",
        "{shown}"
    );
    assert!(!shown.contains("panicked"), "{shown}");
    assert_all_gone(program);
}

#[test]
fn a_solver_that_never_ends_is_stopped_with_all_that_it_started() {
    std::thread::scope(|scope| {
        for family in FAMILIES {
            scope.spawn(move || never_ends(family));
        }
    });
}

fn never_ends(family: Family) {
    let rows = [
        ("hangs", "exec tail -f /dev/null"),
        (
            "hangs with grandchildren",
            "(tail -f /dev/null & tail -f /dev/null) & (trap '' TERM INT HUP; tail -f /dev/null) & wait",
        ),
        (
            "leaves a grandchild with its streams",
            "tail -f /dev/null &\nexit 0",
        ),
        (
            "floods",
            "while :; do head -c 1000000 /dev/zero | tr '\\0' x; head -c 1000000 /dev/zero | tr '\\0' x >&2; done",
        ),
    ];
    for (case, script) in rows {
        check_within(family, "1 s", case, script, "E_TIMEOUT");
    }
}

#[test]
fn a_solver_that_dies_is_no_answer() {
    for family in FAMILIES {
        for signal in ["KILL", "SEGV", "TERM"] {
            check(family, signal, &format!("kill -{signal} $$"), "E_UPSTREAM");
        }
    }
}

#[test]
fn a_solver_that_talks_nonsense_is_no_answer() {
    let megabytes =
        |count: u32| format!("head -c {count}000000 /dev/zero | tr '\\0' 'Because ' >&2");
    for family in FAMILIES {
        let rows = [
            ("nothing", "exit 1".to_owned()),
            ("a flood", format!("{}; exit 1", megabytes(50))),
            ("no lock", "exit 0".to_owned()),
            ("a folder as a lock", "mkdir \"$lock\"".to_owned()),
            ("a lock that is none", "echo '}{' > \"$lock\"".to_owned()),
            (
                "a lock that is not UTF-8",
                "printf '\\377\\376' > \"$lock\"".to_owned(),
            ),
            (
                "a deep lock",
                "(printf 'x = '; head -c 1000000 /dev/zero | tr '\\0' '[') > \"$lock\"".to_owned(),
            ),
            (
                "a deep document",
                "head -c 1000000 /dev/zero | tr '\\0' '[' > \"$lock\"".to_owned(),
            ),
        ];
        for (case, script) in rows {
            check(family, case, &script, "E_INTERNAL");
        }
    }
}

#[test]
fn a_lock_that_is_too_large_is_not_read() {
    for family in FAMILIES {
        let script = "truncate -s 5G \"$lock\" || truncate -s 900M \"$lock\"";
        check(family, "a large lock", script, "E_LIMIT");
    }
}

#[test]
fn a_lock_may_hold_cycles() {
    let locks = [
        "version = 1\nrequires-python = \">=3.9\"\n[manifest]\nmembers = [\"repo-1-first\", \"repo-2-second\", \"synthesizer-resolution\"]\n\
         [[package]]\nname = \"repo-1-first\"\nversion = \"0\"\nsource = { virtual = \"repo-1-first\" }\ndependencies = [{ name = \"aaa\" }]\n\
         [[package]]\nname = \"aaa\"\nversion = \"1\"\nsource = { registry = \"r\" }\ndependencies = [{ name = \"bbb\" }, { name = \"aaa\" }]\n\
         [[package]]\nname = \"bbb\"\nversion = \"1\"\nsource = { registry = \"r\" }\ndependencies = [{ name = \"aaa\" }]\n",
        "version = 4\n[[package]]\nname = \"repo-1-first\"\nversion = \"0.0.0\"\ndependencies = [\"aaa\"]\n\
         [[package]]\nname = \"aaa\"\nversion = \"1.0.0\"\nsource = \"registry+r\"\ndependencies = [\"bbb\", \"aaa\"]\n\
         [[package]]\nname = \"bbb\"\nversion = \"1.0.0\"\nsource = \"registry+r\"\ndependencies = [\"aaa\"]\n",
        "{\"lockfileVersion\": 3, \"packages\": {\"\": {\"workspaces\": [\"repo-1-first\"]}, \
         \"repo-1-first\": {\"version\": \"0.0.0\", \"dependencies\": {\"aaa\": \"1\"}}, \
         \"node_modules/repo-1-first\": {\"resolved\": \"repo-1-first\", \"link\": true}, \
         \"node_modules/aaa\": {\"version\": \"1.0.0\", \"dependencies\": {\"bbb\": \"1\", \"aaa\": \"1\"}}, \
         \"node_modules/bbb\": {\"version\": \"1.0.0\", \"dependencies\": {\"aaa\": \"1\"}}}}",
    ];
    for (family, lock) in FAMILIES.into_iter().zip(locks) {
        let program = family.replaced(program(), &format!("cat > \"$lock\" <<'END'\n{lock}\nEND"));
        pair(family, &program);
        let run = program
            .run(["resolve", "./first", "./second", "--json"])
            .expect_status(0);
        let answer = run.json();
        let resolution = &answer["resolutions"][0];
        assert_eq!(resolution["packages_resolved"], 2, "{resolution:#}");
        let names: Vec<&str> = resolution["packages"]
            .as_array()
            .expect("packages")
            .iter()
            .filter_map(|package| package["name"].as_str())
            .collect();
        assert_eq!(names, ["aaa", "bbb"], "{}", family.name);
        assert_all_gone(&program);
    }
}

#[test]
fn a_solver_that_cannot_be_started_is_missing() {
    for family in FAMILIES {
        let check = |case: &str, make: &dyn Fn(&PathBuf)| {
            let program = program();
            let folder = bin(&program);
            make(&folder.join(family.solver));
            let program = program.with_env("PATH", folder);
            pair(family, &program);
            check_both(
                &program,
                &format!("{}: {case}", family.name),
                "E_TOOL_MISSING",
            );
        };
        check("none", &|_| ());
        check("a folder", &|place| fs::create_dir(place).expect("made"));
        check("no program", &|place| {
            fs::write(place, "#!/bin/sh\n").expect("written")
        });
        check("a link to nowhere", &|place| {
            std::os::unix::fs::symlink("/nowhere/x", place).expect("linked");
        });
        check("not for this machine", &|place| {
            fs::write(place, [0x7f, b'E', b'L', b'F', 9]).expect("written");
            fs::set_permissions(place, fs::Permissions::from_mode(0o755)).expect("ours");
        });
    }
}

#[test]
fn an_interruption_while_a_solver_works_leaves_nothing() {
    for family in FAMILIES {
        for command in ["resolve", "compat"] {
            let program = program();
            let begun = program.world().join("begun");
            let script = format!("(tail -f /dev/null) & : > {}\nwait", begun.display());
            let program = family.replaced(program, &script);
            pair(family, &program);
            let running = program.start([command, "./first", "./second", "--json"]);
            let end = Instant::now() + SOON;
            while !begun.exists() {
                assert!(Instant::now() < end, "the solver does not begin");
                std::thread::yield_now();
            }
            let begin = Instant::now();
            running.signal(Signal::INT);
            let run = running.finish();
            assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
            assert_eq!(run.status, Some(130), "{} {}", run.stdout, run.stderr);
            assert_eq!(run.json()["error"]["code"], "E_CANCELLED");
            assert_all_gone(&program);
        }
    }
}
