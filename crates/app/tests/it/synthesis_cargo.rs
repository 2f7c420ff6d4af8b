//! Rust packages and modules, taken from the registry, from git and from folders; placed, compiled and tested. Needs the network when it
//! runs for the first time.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::Value;
use synthesizer_testkit::{git_repository::GitRepository, git_server::GitServer, program::Program};

use crate::{
    crafted::{self, assert_nothing_left, checks, findings, folder},
    project::Project,
};

/// Gives the program with the toolchain and the registries of the user, which lie in the home folder.
fn program() -> Program {
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    let folder =
        |name: &str, below: &str| std::env::var_os(name).unwrap_or_else(|| home.join(below).into());
    crafted::program()
        .with_env("RUSTUP_HOME", folder("RUSTUP_HOME", ".rustup"))
        .with_env("CARGO_HOME", folder("CARGO_HOME", ".cargo"))
}

/// Runs `synthesize` for a Rust project `fresh` in `./out`, which has to succeed.
fn taken(program: &Program, repositories: &[&str], more: &[&str]) -> (Value, Project) {
    let run = run(program, repositories, more).expect_status(0);
    (run.json(), Project::at(program.work().join("out")))
}

fn run(
    program: &Program,
    repositories: &[&str],
    more: &[&str],
) -> synthesizer_testkit::program::Run {
    let mut arguments = vec![
        "synthesize",
        "--json",
        "--ecosystem",
        "cargo",
        "--name",
        "fresh",
        "--output",
        "out",
    ];
    for repository in repositories {
        arguments.extend(["--repo", repository]);
    }
    arguments.extend(more);
    program.run(arguments)
}

/// Checks that a run is refused with a code and names something in its message or details.
fn refused(program: &Program, repository: &str, code: &str, named: &str) {
    let run = run(program, &[repository], &["--level", "parse"]);
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains(code), "{repository}: {code}: {said}");
    assert!(said.contains(named), "{repository}: {named}: {said}");
    assert!(!program.work().join("out").exists(), "{repository}: {said}");
    assert_nothing_left(program);
}

fn assert_passed(answer: &Value, names: &[&str]) {
    let checks = checks(answer);
    let shown = &answer["verification"]["checks"];
    for name in names {
        assert_eq!(
            checks.get(*name).map(String::as_str),
            Some("passed"),
            "{name}: {shown:#}"
        );
    }
}

fn imports(answer: &Value) -> BTreeMap<String, String> {
    let hints = answer["imports"].as_array().expect("imports");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    hints
        .iter()
        .map(|hint| (text(&hint["component"]), text(&hint["import_as"])))
        .collect()
}

/// Adds files to a package's folder.
fn package(program: &Program, name: &str, manifest: &str, files: &[(&str, &str)]) {
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2021\"\nlicense = \"MIT\"\n{manifest}"
    );
    let mut all = vec![("Cargo.toml", manifest.as_str())];
    all.extend_from_slice(files);
    folder(program, name, &all);
}

#[test]
fn published_crates_compile_and_their_own_tests_pass() {
    let program = program();
    let crates = [
        "cargo:semver@1.0.26",
        "cargo:itoa@1.0.15",
        "cargo:fnv@1.0.7",
    ];
    let (answer, project) = taken(&program, &crates, &["--level", "test"]);
    assert_passed(
        &answer,
        &["parse", "modules", "packages", "compile", "tests"],
    );
    let expected =
        ["semver", "itoa", "fnv"].map(|name| (name.to_owned(), format!("use fresh::{name};")));
    assert_eq!(imports(&answer), BTreeMap::from(expected));
    project.assert_committed();
    assert_nothing_left(&program);

    // Its own code names them as the answer says.
    let library = project.text("crates/fresh/src/lib.rs");
    for name in ["fnv", "itoa", "semver"] {
        assert!(library.contains(&format!("pub use {name};")), "{library}");
    }
    let manifest = project.text("crates/semver/Cargo.toml");
    assert!(manifest.contains("publish = false"), "{manifest}");
    assert!(!project.root().join("crates/itoa/benches").exists());
    assert!(
        !project
            .root()
            .join("crates/semver/Cargo.toml.orig")
            .exists()
    );
    let builds = findings(&answer, "runs-when-building");
    assert_eq!(
        builds,
        ["build.rs the build script of semver runs when building"]
    );

    let verified = program.run(["verify", "out", "--level", "install", "--locked", "--json"]);
    assert_passed(
        &verified.expect_status(0).json(),
        &["locked", "packages", "compile"],
    );
}

#[test]
fn the_same_request_gives_the_same_tree_anywhere() {
    let trees = [program(), program()].map(|program| {
        let (answer, project) = taken(&program, &["cargo:either@1.15.0"], &["--no-verify"]);
        assert_eq!(answer["tree"], project.tree());
        project.tree()
    });
    assert_eq!(trees[0], trees[1]);
}

#[test]
fn modules_come_with_what_they_use_when_the_compiler_agrees() {
    let program = program();
    let references = [
        "cargo:textwrap@0.16.1#textwrap::indentation",
        "cargo:indexmap@2.6.0#indexmap::set",
    ];
    let (answer, project) = taken(&program, &references, &["--level", "install"]);
    assert_passed(&answer, &["compile"]);
    let expected = [
        ("textwrap::indentation", "use fresh::indentation;"),
        ("indexmap::set", "use fresh::set;"),
    ]
    .map(|(component, import)| (component.to_owned(), import.to_owned()));
    assert_eq!(imports(&answer), BTreeMap::from(expected));
    assert!(
        project
            .root()
            .join("crates/textwrap-indentation/src/indentation.rs")
            .is_file()
    );
    assert!(
        !project
            .root()
            .join("crates/textwrap-indentation/src/wrap.rs")
            .exists()
    );
    assert_eq!(findings(&answer, "modules-left-out").len(), 2);
}

#[test]
fn a_module_that_does_not_compile_alone_is_refused_with_the_reason() {
    let program = program();
    package(
        &program,
        "broken",
        "",
        &[
            ("src/lib.rs", "pub mod a;\nmod b;\n"),
            ("src/a.rs", "pub fn x() -> u8 { \"not a number\" }\n"),
            ("src/b.rs", ""),
        ],
    );
    refused(
        &program,
        "./broken#broken::a",
        "E_INCOMPATIBLE",
        "mismatched types",
    );
    refused(
        &program,
        "./broken#broken::c",
        "E_NOT_FOUND",
        "no module or item called c",
    );
    let off = program.with_config("[sandbox]\nenabled = false\n");
    refused(&off, "./broken#broken::a", "E_INCOMPATIBLE", "sandbox");
}

/// A workspace of three packages: two are a pair, the third is none of their business.
fn workspace_files() -> Vec<(&'static str, &'static [u8], u32)> {
    const FILE: u32 = 0o100_644;
    vec![
        ("Cargo.toml", b"[workspace]\nmembers = [\"crates/*\"]\n[workspace.package]\nversion = \"0.3.0\"\nedition = \"2021\"\nlicense = \"MIT\"\n[workspace.dependencies]\nbase = { path = \"crates/base\" }\nfnv = \"1\"\n[workspace.lints.rust]\nunused = \"deny\"\n[profile.release]\nlto = true\n", FILE),
        ("LICENSE", b"MIT License\n", FILE),
        ("texts/greeting.txt", b"hello\n", FILE),
        ("crates/base/Cargo.toml", b"[package]\nname = \"base\"\nversion.workspace = true\nedition.workspace = true\nlicense.workspace = true\n[lints]\nworkspace = true\n[dependencies]\nfnv.workspace = true\n", FILE),
        ("crates/base/src/lib.rs", b"pub fn greeting() -> &'static str {\n    include_str!(\"../../../texts/greeting.txt\")\n}\npub type Hash = fnv::FnvHasher;\n", FILE),
        ("crates/tool/Cargo.toml", b"[package]\nname = \"tool\"\nversion.workspace = true\nedition.workspace = true\nlicense.workspace = true\n[dependencies]\n# The neighbour.\nbase.workspace = true\n", FILE),
        ("crates/tool/src/lib.rs", b"pub fn shout() -> String {\n    base::greeting().to_uppercase()\n}\n", FILE),
        ("crates/tool/tests/shout.rs", b"#[test]\nfn it_shouts() {\n    assert_eq!(tool::shout(), \"HELLO\\n\");\n}\n", FILE),
        ("crates/other/Cargo.toml", b"[package]\nname = \"other\"\nversion.workspace = true\n[dependencies]\nx = { git = \"https://git.example/x\" }\n", FILE),
        ("crates/other/src/lib.rs", b"", FILE),
    ]
}

#[test]
fn a_member_comes_with_the_members_that_it_needs() {
    let root = tempfile::tempdir().expect("a folder");
    let repository = GitRepository::create(root.path(), "three");
    let commit = repository.commit_files(&workspace_files());
    repository.set_reference("refs/heads/main", &commit);
    let server = GitServer::start(root.path());
    let program = program().with_config(&format!(
        "[network]\nallow_hosts = [\"{}\"]\n",
        server.authority()
    ));
    let reference = format!("{}#tool", server.url("three"));
    let (answer, project) = taken(&program, &[&reference], &["--level", "test"]);
    assert_passed(&answer, &["modules", "packages", "compile", "tests"]);
    assert!(!project.root().join("crates/other").exists());
    let manifest = project.text("crates/tool/Cargo.toml");
    assert!(
        manifest.contains("# The neighbour.\nbase = { path = \"../base\" }"),
        "{manifest}"
    );
    let base = project.text("crates/base/Cargo.toml");
    assert!(
        base.contains("version = \"0.3.0\"") && base.contains("unused = \"warn\""),
        "{base}"
    );
    assert_eq!(project.text("crates/base/outside/greeting.txt"), "hello\n");
    let code = project.text("crates/base/src/lib.rs");
    assert!(
        code.contains("include_str!(\"../outside/greeting.txt\")"),
        "{code}"
    );

    let refused_member = format!("{}#other", server.url("three"));
    let run = run_in_new_output(&program, &refused_member);
    assert!(
        run.contains("E_INCOMPATIBLE") && run.contains("git repository"),
        "{run}"
    );
}

fn run_in_new_output(program: &Program, reference: &str) -> String {
    let run = program.run([
        "synthesize",
        "--json",
        "--ecosystem",
        "cargo",
        "--name",
        "fresh",
        "--output",
        "other",
        "--repo",
        reference,
    ]);
    format!("{}{}", run.stdout, run.stderr)
}

#[test]
fn what_leads_out_of_the_repository_is_refused() {
    let program = program();
    let library = ("src/lib.rs", "");
    package(
        &program,
        "above",
        "[dependencies]\nx = { path = \"../../../x\" }\n",
        &[library],
    );
    refused(&program, "./above", "E_INCOMPATIBLE", "x");
    package(
        &program,
        "absolute",
        "",
        &[(
            "src/lib.rs",
            "pub const X: &str = include_str!(\"/etc/passwd\");\n",
        )],
    );
    refused(
        &program,
        "./absolute",
        "E_INCOMPATIBLE",
        "leads out of the repository",
    );
    package(&program, "std", "", &[library]);
    refused(&program, "./std", "E_ARGUMENT", "cannot be placed");
    let bomb = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    package(
        &program,
        "bomb",
        &format!("metadata = {bomb}\n"),
        &[library],
    );
    let said = run(&program, &["./bomb"], &["--level", "parse"]);
    assert!(!said.stderr.contains("panicked"), "{}", said.stderr);
    let _ = fs::remove_dir_all(program.work().join("out"));
    fs::create_dir_all(program.work().join("linked/real")).expect("a folder");
    fs::write(program.work().join("linked/real/lib.rs"), "").expect("a file");
    fs::write(
        program.work().join("linked/Cargo.toml"),
        "[package]\nname = \"linked\"\nversion = \"1.0.0\"\n",
    )
    .expect("a file");
    std::os::unix::fs::symlink("real", program.work().join("linked/src")).expect("a link");
    refused(
        &program,
        "./linked",
        "E_INCOMPATIBLE",
        "file that can be taken",
    );
}

#[test]
fn a_patch_is_left_out_and_told() {
    let program = program();
    package(
        &program,
        "patched",
        "[patch.crates-io]\nfnv = { path = \"../../../fnv\" }\n",
        &[("src/lib.rs", "")],
    );
    let (answer, project) = taken(&program, &["./patched"], &["--level", "parse"]);
    assert!(!project.text("crates/patched/Cargo.toml").contains("[patch"));
    let told = findings(&answer, "settings-not-taken");
    assert!(
        told.iter()
            .any(|one| one.starts_with("Cargo.toml:6 [patch]")),
        "{told:?}"
    );
}

#[test]
fn build_scripts_run_in_the_sandbox_alone() {
    let outside = tempfile::tempdir().expect("a folder");
    let mark = outside.path().join("mark");
    let script = format!(
        "fn main() {{\n    let _ = std::fs::write({mark:?}, \"x\");\n    let home = std::env::var(\"HOME\").unwrap();\n    assert_eq!(home, \"/tmp/home\");\n    assert!(std::net::TcpStream::connect(\"192.0.2.1:80\").is_err());\n}}\n"
    );
    let program = program();
    package(
        &program,
        "writes",
        "",
        &[("src/lib.rs", ""), ("build.rs", &script)],
    );
    let (answer, _) = taken(&program, &["./writes"], &["--level", "install"]);
    assert_passed(&answer, &["compile"]);
    assert!(!mark.exists());
    assert_nothing_left(&program);
}

#[test]
fn a_build_script_that_does_not_end_is_stopped() {
    let program = program().with_config("[sandbox]\ntimeout = \"2 s\"\n");
    package(
        &program,
        "sleeps",
        "",
        &[
            ("src/lib.rs", ""),
            (
                "build.rs",
                "fn main() { std::thread::sleep(std::time::Duration::from_secs(3600)); }\n",
            ),
        ],
    );
    let run = run(&program, &["./sleeps"], &["--level", "install"]).expect_status(1);
    let checks = checks(&run.json());
    assert_eq!(
        checks.get("compile").map(String::as_str),
        Some("failed"),
        "{}",
        run.stdout
    );
    assert_nothing_left(&program);
}

#[test]
fn path_dependencies_in_a_circle_come_once() {
    let program = program();
    folder(
        &program,
        "circle",
        &[
            ("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\n"),
            (
                "a/Cargo.toml",
                "[package]\nname = \"a\"\nversion = \"1.0.0\"\nedition = \"2021\"\n[dependencies]\nb = { path = \"../b\" }\n",
            ),
            ("a/src/lib.rs", ""),
            (
                "b/Cargo.toml",
                "[package]\nname = \"b\"\nversion = \"1.0.0\"\nedition = \"2021\"\n[dev-dependencies]\na = { path = \"../a\" }\n",
            ),
            ("b/src/lib.rs", "#[cfg(test)]\nmod tests { use a as _; }\n"),
        ],
    );
    let (answer, _) = taken(&program, &["./circle#a"], &["--level", "install"]);
    assert_passed(&answer, &["compile"]);
}
