//! Repositories whose manifests, names and licenses attack whoever compares them: nobody is reached, nothing breaks an answer, all is bounded.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::{Duration, Instant},
};

use serde_json::Value;
use synthesizer_testkit::program::{Program, Run};

use crate::{
    crafted::{assert_nothing_left, folder, program},
    hostile_solvers::{FAMILIES, Family, bin},
    listener::Trap,
};

/// What must never appear in an answer: a password of the tests.
pub(crate) const PASSWORD: &str = "hunter2secret";
/// Right-to-left and isolating marks, a zero-width space, and a terminal's escape.
const DECEPTIVE: [char; 5] = ['\u{202e}', '\u{2066}', '\u{200b}', '\u{1b}', '\u{9b}'];
/// How long a run may take, with a busy machine in mind.
const SOON: Duration = Duration::from_secs(30);

/// Finds an empty set, and keeps what it was given in the folder `seen`.
fn recorder(family: Family, program: Program) -> Program {
    let lock = match family.name {
        "python" => "version = 1\nrequires-python = \">=3.9\"",
        "cargo" => "version = 4",
        _ => "{\"lockfileVersion\": 3, \"packages\": {}}",
    };
    let seen = program.world().join("seen");
    fs::create_dir_all(&seen).expect("the scratch folder can be written");
    let script = format!(
        "echo \"$*\" >> {seen}/arguments\ncp -r \"$workspace\" {seen}/{}-$$\ncat > \"$lock\" <<'END'\n{lock}\nEND",
        family.name,
        seen = seen.display(),
    );
    let git = bin(&program).join("git");
    fs::write(&git, format!("#!/bin/sh\n: > {}/git\n", seen.display())).expect("written");
    fs::set_permissions(&git, fs::Permissions::from_mode(0o755)).expect("ours");
    family.replaced(program, &script)
}

pub(crate) fn recorded(families: &[Family]) -> Program {
    families
        .iter()
        .fold(program(), |program, family| recorder(*family, program))
}

/// Gives all text of all files below a folder.
pub(crate) fn text_below(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            text.push_str(&text_below(&path));
        } else {
            text.push_str(&String::from_utf8_lossy(
                &fs::read(&path).expect("readable"),
            ));
        }
    }
    text
}

/// Runs a command over repositories; it has to end soon and well, to show nothing deceptive and to leave nothing.
pub(crate) fn run(program: &Program, arguments: &[&str], status: i32) -> Run {
    let begin = Instant::now();
    let run = program.run(arguments);
    let shown = format!("{arguments:?}\n{:.4000}\n{:.4000}", run.stdout, run.stderr);
    assert!(begin.elapsed() < SOON, "{:?} {shown}", begin.elapsed());
    assert_eq!(run.status, Some(status), "{shown}");
    assert!(!run.stderr.contains("panicked"), "{shown}");
    let output = [run.stdout.as_str(), run.stderr.as_str()].concat();
    assert!(!output.contains(DECEPTIVE), "{shown}");
    assert!(!output.contains(PASSWORD), "{shown}");
    assert_nothing_left(program);
    run
}

fn dependencies(answer: &Value) -> &str {
    answer["dimensions"]["dependencies"]["verdict"]
        .as_str()
        .expect("a verdict")
}

#[test]
fn ten_thousand_requirements_are_bounded_and_what_is_cut_is_not_called_compatible() {
    let wanted: Vec<(String, String)> = (0..10_000)
        .map(|number| (format!("package-{number}"), format!(">=1.{}", number % 7)))
        .collect();
    let wanted: Vec<(&str, &str)> = wanted
        .iter()
        .map(|(name, versions)| (name.as_str(), versions.as_str()))
        .collect();
    for family in FAMILIES {
        let program = recorded(&[family]);
        family.repository(&program, "large", &wanted);
        family.repository(&program, "small", &[]);
        let answer = run(&program, &["compat", "./large", "./small", "--json"], 0).json();
        assert_eq!(dependencies(&answer), "unknown", "{answer:#}");
        let what = answer["dimensions"]["dependencies"]["findings"][0]["what"].to_string();
        assert!(what.contains("./large: only the first 5000"), "{what}");
        let answer = run(&program, &["resolve", "./large", "./small", "--json"], 0).json();
        let warnings = answer["resolutions"][0]["warnings"].to_string();
        assert!(warnings.contains("only the first 5000"), "{warnings}");
    }
}

#[test]
fn ten_thousand_requirements_of_fifty_repositories_are_compared() {
    for family in FAMILIES {
        let program = recorded(&[family]);
        let names: Vec<String> = (0..50).map(|number| format!("./r{number}")).collect();
        for (number, name) in names.iter().enumerate() {
            let wanted: Vec<(String, String)> = (0..200)
                .map(|package| (format!("package-{package}"), format!(">=1.{number}")))
                .collect();
            let wanted: Vec<(&str, &str)> = wanted
                .iter()
                .map(|(name, versions)| (name.as_str(), versions.as_str()))
                .collect();
            family.repository(&program, name, &wanted);
        }
        let arguments: Vec<&str> = ["compat", "--json"]
            .into_iter()
            .chain(names.iter().map(String::as_str))
            .collect();
        let answer = run(&program, &arguments, 0).json();
        assert_eq!(dependencies(&answer), "compatible");
        assert_eq!(answer["pairs"].as_array().map(Vec::len), Some(50 * 49 / 2));
    }
}

/// Requirements that nobody honest writes, each as a name and a version of the manifest; `PORT` is that of the trap.
fn absurd(family: Family) -> Vec<(String, String)> {
    let nines = "9".repeat(5_000);
    let long = "1".repeat(1_000_000);
    let bounds: Vec<String> = (0..100).map(|number| format!(">=0.{number}")).collect();
    let bounds = bounds.join(", ");
    let common = vec![
        ("../x", "1".to_owned()),
        ("-r x", "1".to_owned()),
        ("--index-url", "http://127.0.0.1:PORT/".to_owned()),
        ("a\u{202e}\u{2066}\u{200b}", "1".to_owned()),
        ("line\n[tool.uv]\nindex-url", "1".to_owned()),
    ];
    let own = match family.name {
        "python" => vec![
            ("many", bounds),
            ("nines", format!(">={nines}")),
            ("long", format!(">={long}")),
            ("epoch", "==1!2.0a1.post2.dev3+local".to_owned()),
            ("deceptive", "===\u{202e}\u{1b}[31m".to_owned()),
            (
                "marked",
                format!("; {}", vec!["python_version >= '3.1'"; 300].join(" and ")),
            ),
            (
                "nested",
                format!(
                    "; {}python_version >= '3'{}",
                    "(".repeat(5_000),
                    ")".repeat(5_000)
                ),
            ),
            ("file", " @ file:///etc/passwd".to_owned()),
            ("git", " @ git+ssh://git@127.0.0.1:PORT/x".to_owned()),
            (
                "wheel",
                format!(" @ http://me:{PASSWORD}@127.0.0.1:PORT/wheel-1-py3-none-any.whl"),
            ),
            ("synthesizer-resolution", ">=1".to_owned()),
            ("repo-1-evil", ">=1".to_owned()),
        ],
        "cargo" => vec![
            ("many", bounds),
            ("nines", nines),
            ("long", long),
            ("deceptive", "1\u{202e}\u{1b}[31m".to_owned()),
            ("wild", "*.*.*.*".to_owned()),
        ],
        _ => vec![
            (
                "many",
                (0..5_000)
                    .map(|major| format!("^{major}.0.0 || "))
                    .collect::<String>()
                    + "1",
            ),
            ("nines", nines),
            ("long", long),
            ("deceptive", "^1\u{202e}\u{1b}[31m".to_owned()),
            ("file", "file:/etc".to_owned()),
            ("link", "link:../../etc".to_owned()),
            ("git", "git+ssh://git@127.0.0.1:PORT/x".to_owned()),
            (
                "archive",
                format!("http://me:{PASSWORD}@127.0.0.1:PORT/x.tgz"),
            ),
            ("short", "somebody/something".to_owned()),
            ("alias-of-file", "npm:file:/etc".to_owned()),
            ("alias-of-path", "npm:../x@1".to_owned()),
            ("alias-at-file", "npm:ms@file:/etc".to_owned()),
            ("__proto__", "1".to_owned()),
            ("constructor", "1".to_owned()),
            ("@x/../y", "1".to_owned()),
            ("catalog", "catalog:".to_owned()),
        ],
    };
    common
        .into_iter()
        .chain(own)
        .map(|(name, versions)| (name.to_owned(), versions))
        .collect()
}

/// What Cargo says in tables, and what a repository puts beside its manifest for the solver to find.
fn write_surroundings(program: &Program, port: u16) {
    let evil = program.work().join("evil");
    let address = format!("http://127.0.0.1:{port}/");
    let marker = program.world().join("seen/ran");
    let tables = format!(
        "\n[dependencies.path]\npath = \"/etc\"\n[dependencies.above]\npath = \"../../../etc\"\n[dependencies.git]\ngit = \"{address}x\"\n\
         [dependencies.ssh]\ngit = \"ssh://me:{PASSWORD}@127.0.0.1:{port}/x\"\n[dependencies.index]\nversion = \"1\"\nregistry-index = \"{address}\"\n\
         [dependencies.registry]\nversion = \"1\"\nregistry = \"evil\"\n[dependencies.renamed]\nversion = \"1\"\npackage = \"../../x\"\n\
         [dependencies.featured]\nversion = \"1\"\nfeatures = [\"../x\", \"dep:y\", \"\\u202E\"]\n[patch.crates-io]\nmany = {{ path = \"/etc\" }}\n"
    );
    let manifest = evil.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).expect("there") + &tables;
    fs::write(&manifest, text).expect("written");
    let runs = format!(
        "import pathlib\npathlib.Path({:?}).touch()\n",
        marker.display().to_string()
    );
    let tools = format!("[[index]]\nurl = \"{address}simple\"\ndefault = true\n");
    let settings = format!("registry={address}\nscript-shell={}\n", marker.display());
    let cargo = format!(
        "[build]\nrustc-wrapper = {:?}\n[source.crates-io]\nreplace-with = \"e\"\n[source.e]\nregistry = \"sparse+{address}\"\n",
        marker.display().to_string()
    );
    folder(
        program,
        "evil",
        &[
            ("setup.py", runs.as_str()),
            ("uv.toml", tools.as_str()),
            (".python-version", "../../evil\n"),
            (".npmrc", settings.as_str()),
            (".cargo/config.toml", cargo.as_str()),
            ("rust-toolchain.toml", "[toolchain]\npath = \"/evil\"\n"),
            ("build.rs", "fn main() { panic!() }"),
        ],
    );
}

#[test]
fn what_a_manifest_asks_for_reaches_nobody_and_deceives_nobody() {
    let trap = Trap::new();
    let port = trap.port();
    let program = recorded(&FAMILIES);
    for family in FAMILIES {
        let wanted: Vec<(String, String)> = absurd(family)
            .into_iter()
            .map(|(name, versions)| match family.name {
                "cargo" => (serde_json::Value::from(name).to_string(), versions),
                _ => (name, versions),
            })
            .map(|(name, versions)| (name, versions.replace("PORT", &port.to_string())))
            .collect();
        let wanted: Vec<(&str, &str)> = wanted
            .iter()
            .map(|(name, versions)| (name.as_str(), versions.as_str()))
            .collect();
        // The manifest of Cargo is written with Rust's escapes, of which TOML knows all but the long form.
        family.repository(&program, "evil", &wanted);
        family.repository(&program, "other", &[]);
    }
    let manifest = program.work().join("evil/Cargo.toml");
    let text = fs::read_to_string(&manifest).expect("there");
    let text = ["202e", "2066", "200b", "1b"]
        .iter()
        .fold(text, |text, code| {
            text.replace(&format!("\\u{{{code}}}"), &format!("\\u{code:0>4}"))
        });
    fs::write(&manifest, text).expect("written");
    write_surroundings(&program, port);
    for command in [
        &["compat", "./evil", "./other"][..],
        &["compat", "./evil", "./other", "--json"],
        &["resolve", "./evil", "./other"],
        &["resolve", "./evil", "./other", "--json"],
        &["compat", "./evil", "./other", "--offline", "--json"],
    ] {
        let shown = run(&program, command, 0).stdout;
        assert!(shown.len() < 100_000, "{} bytes", shown.len());
        trap.assert_untouched("a manifest");
    }
    let answer = run(&program, &["compat", "./evil", "./other", "--json"], 0).json();
    assert_eq!(dependencies(&answer), "unknown", "{answer:#}");
    let warnings = answer["warnings"].to_string();
    for family in FAMILIES {
        assert!(
            warnings.contains(&format!("\"{}: ./evil: the requirement", family.name)),
            "{warnings}"
        );
    }
    let seen = program.world().join("seen");
    for mark in ["git", "ran"] {
        assert!(!seen.join(mark).exists(), "{mark} ran");
    }
    let given = text_below(&seen);
    for part in [
        "127.0.0.1",
        "/etc",
        "file:",
        "git+",
        "ssh://",
        "http:",
        "../",
        PASSWORD,
        "evil\"\ndefault",
    ] {
        let at = given.find(part).map(|at| {
            given[at.saturating_sub(60)..]
                .chars()
                .take(200)
                .collect::<String>()
        });
        assert_eq!(at, None, "{part}");
    }
    assert!(given.contains("epoch"), "the rest is asked for");
}

/// The names of a diagram and of a shell's word are those of strangers.
#[test]
fn names_of_repositories_are_only_names() {
    let names = [
        "--json",
        "-x",
        "a :: b",
        "it's; touch x",
        "a\u{202e}b",
        "a\nb",
        "end\"]; click x \"javascript:y\" %%{init}%%",
        "without click",
    ];
    for name in names {
        let program = program();
        for (folder_name, click) in [(name, "click==7.0"), ("second", "click>=8.1")] {
            let manifest = format!(
                "[project]\nname = \"x\"\nversion = \"1\"\nlicense = \"MIT\"\ndependencies = [\"{click}; sys_platform != \\\"';touch x;'\\\"\"]\n"
            );
            folder(&program, folder_name, &[("pyproject.toml", &manifest)]);
        }
        // Without its program, what is asked for directly decides.
        let program = program.with_env("PATH", "/nowhere");
        let reference = format!("./{name}");
        if name.contains(['\n', '\u{202e}']) {
            run(&program, &["compat", &reference, "./second"], 2);
            continue;
        }
        run(&program, &["compat", &reference, "./second"], 1);
        let answer = run(
            &program,
            &["compat", "--json", "--", &reference, "./second"],
            1,
        )
        .json();
        let diagram = answer["diagram"].as_str().expect("a picture");
        for line in diagram.lines().skip(1) {
            let quotes = line.matches('"').count();
            assert!(quotes == 2 && line.starts_with("    "), "{line}");
        }
    }
}

#[test]
fn cycles_and_thousands_of_members_are_compared() {
    std::thread::scope(|scope| {
        for family in FAMILIES {
            scope.spawn(move || compare_cycles(family));
        }
    });
}

fn compare_cycles(family: Family) {
    let program = recorded(&[family]);
    family.repository(
        &program,
        "first",
        &[("second", "*"), ("first", "*")]
            .map(|(name, any)| (name, if family.name == "python" { "" } else { any })),
    );
    family.repository(
        &program,
        "second",
        &[("first", "*")].map(|(name, any)| (name, if family.name == "python" { "" } else { any })),
    );
    for number in 0..2_000 {
        let next = format!("member-{}", (number + 1) % 2_000);
        let any = if family.name == "python" { "" } else { "*" };
        family.repository(
            &program,
            &format!("first/members/member-{number}"),
            &[(&next, any), ("first", any), ("shared", any)],
        );
    }
    match family.name {
            "cargo" => fs::write(program.work().join("first/Cargo.toml"), "[workspace]\nmembers = [\"members/*\"]\n"),
            "npm" => fs::write(program.work().join("first/package.json"), "{\"name\": \"first\", \"version\": \"1.0.0\", \"license\": \"MIT\", \"workspaces\": [\"members/*\"]}"),
            _ => Ok(()),
        }
        .expect("written");
    let answer = run(&program, &["compat", "./first", "./second", "--json"], 0).json();
    assert!(
        ["compatible", "unknown"].contains(&dependencies(&answer)),
        "{}",
        dependencies(&answer)
    );
    run(&program, &["resolve", "./first", "./second", "--json"], 0);
}

#[test]
fn expressions_of_licenses_are_bounded() {
    let expressions = [
        format!("{}MIT{}", "(".repeat(100_000), ")".repeat(100_000)),
        vec!["MIT OR GPL-2.0-only WITH Classpath-exception-2.0"; 5_000].join(" AND "),
        (0..2_000)
            .map(|number| format!("(MIT OR LicenseRef-{number}) AND "))
            .collect::<String>()
            + "MIT",
        format!("LicenseRef-{}", "x".repeat(500_000)),
        "MIT \\u202E \\u001B[31m".to_owned(),
        "MIT AND".to_owned(),
        "GPL-2.0-or-later+++".to_owned(),
    ];
    for expression in expressions {
        let program = recorded(&FAMILIES[..1]);
        for name in ["first", "second"] {
            let manifest = format!(
                "[project]\nname = \"{name}\"\nversion = \"1\"\nlicense = \"{expression}\"\n"
            );
            folder(&program, name, &[("pyproject.toml", &manifest)]);
        }
        let run = run(&program, &["compat", "./first", "./second", "--json"], 0);
        let shown: String = expression.chars().take(60).collect();
        assert!(
            run.stdout.len() < 50_000,
            "{shown}: {} bytes",
            run.stdout.len()
        );
        let verdict = &run.json()["dimensions"]["licenses"]["verdict"];
        assert_eq!(verdict, "unknown", "{shown}");
    }
}
