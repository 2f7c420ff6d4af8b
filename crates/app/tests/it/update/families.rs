//! Rust and JavaScript projects follow their sources as Python ones do: only what is named moves, edits stay, a conflict is told.

use std::fs;

use serde_json::Value;
use synthesizer_testkit::{
    archives::tarball,
    program::Program,
    registries::{
        cargo::{CargoRegistry, CrateRelease},
        npm::{NpmRegistry, NpmRelease},
    },
};

use super::world::{commit, git, lines, results};
use crate::{crafted, project::Project, real_sets};

/// Twenty lines of code, of which some are others.
fn code(changed: &[(usize, &str)]) -> String {
    lines(changed).replace("VALUE_", "// ")
}

/// What the second release of each package changes.
fn second() -> String {
    code(&[(2, "// new")])
}

fn crate_release(name: &str, version: &str, text: &str) -> CrateRelease {
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\nlicense = \"MIT\"\n"
    );
    let files = [
        ("Cargo.toml", manifest.as_bytes()),
        ("src/lib.rs", text.as_bytes()),
    ];
    let archive = tarball(&format!("{name}-{version}"), &files);
    CrateRelease::new(name, version, &[]).with_archive(archive)
}

fn npm_release(name: &str, version: &str, text: &str) -> NpmRelease {
    let manifest = serde_json::json!({
        "name": name, "version": version, "license": "MIT", "main": "index.js",
    });
    NpmRelease::with_manifest(manifest, "package", &[("index.js", text.as_bytes())])
}

/// A project of `liba` and `libb` in their first releases.
struct Made {
    _registry: Box<dyn std::any::Any>,
    program: Program,
}

impl Made {
    fn cargo() -> Self {
        let releases = ["liba", "libb"].into_iter().flat_map(|name| {
            let of = |version, text: &str| crate_release(name, version, text);
            [of("1.0.0", &code(&[])), of("2.0.0", &second())]
        });
        let registry = CargoRegistry::start(releases.collect());
        let program = real_sets::with_tools();
        let home = program.world().join("cargo-home");
        fs::create_dir(&home).expect("made");
        let configuration = registry.replacing_configuration();
        fs::write(home.join("config.toml"), configuration).expect("written");
        let program = program.with_env("CARGO_HOME", home);
        Self::of(Box::new(registry), program, "cargo")
    }

    fn npm() -> Self {
        let releases = ["liba", "libb"].into_iter().flat_map(|name| {
            let of = |version, text: &str| npm_release(name, version, text);
            [of("1.0.0", &code(&[])), of("2.0.0", &second())]
        });
        let registry = NpmRegistry::start(releases.collect());
        let program = crafted::program();
        let configuration = registry.user_configuration();
        fs::write(program.world().join("home/.npmrc"), configuration).expect("written");
        Self::of(Box::new(registry), program, "npm")
    }

    fn of(registry: Box<dyn std::any::Any>, program: Program, ecosystem: &str) -> Self {
        let arguments = [
            "synthesize",
            "--json",
            "--no-verify",
            "--template",
            "minimal",
            "--ecosystem",
            ecosystem,
            "--name",
            "fresh",
            "--output",
            "out",
            "--repo",
            &format!("{ecosystem}:liba@1.0.0"),
            "--repo",
            &format!("{ecosystem}:libb@1.0.0"),
        ];
        program.run(arguments).expect_status(0);
        Self {
            _registry: registry,
            program,
        }
    }

    fn update(&self, more: &[&str], status: i32) -> Value {
        let arguments = ["update", "out", "--json"].iter().chain(more);
        self.program.run(arguments).expect_status(status).json()
    }

    fn urls(&self) -> Vec<String> {
        let lock = Project::at(self.program.work().join("out")).lock();
        lock.sources.into_iter().map(|source| source.url).collect()
    }
}

fn check(made: &Made, registry: &str, file_of: impl Fn(&str) -> String) {
    let root = made.program.work().join("out");
    let (a, b) = (file_of("liba"), file_of("libb"));
    let read = |path: &str| fs::read_to_string(root.join(path)).expect("is");
    let edited = code(&[(15, "// mine")]);
    for path in [&a, &b] {
        fs::write(root.join(path), &edited).expect("written");
    }
    commit(&root, "mine");
    let url = |name: &str, version: &str| format!("{registry}:{name}@{version}");
    let answer = made.update(&["--only", "liba"], 0);
    assert_eq!(
        made.urls(),
        [url("liba", "2.0.0"), url("libb", "1.0.0")],
        "only what is named moves"
    );
    let told = results(&answer);
    assert_eq!(told[&a], "merged", "{told:#?}");
    assert_eq!(read(&a), code(&[(2, "// new"), (15, "// mine")]));
    assert_eq!(told[&b], "kept", "{told:#?}");
    assert_eq!(read(&b), edited);
    // What moved is what its sources give now.
    let arguments = ["verify", "--locked", "--level", "parse", "--json", "out"];
    let verified = made.program.run(arguments).json();
    let checks = crafted::checks(&verified);
    assert_eq!(checks["recreated"], "passed", "{verified:#}");

    commit(&root, "moved");
    fs::write(root.join(&b), code(&[(2, "// mine")])).expect("written");
    commit(&root, "another edit");
    let answer = made.update(&[], 1);
    let told = results(&answer);
    assert_eq!(told[&b], "conflict", "{told:#?}");
    let text = read(&b);
    for line in ["<<<<<<< yours", "// mine", "// new", ">>>>>>> upstream"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert_eq!(read(&a), code(&[(2, "// new"), (15, "// mine")]));
    assert_eq!(made.urls(), [url("liba", "2.0.0"), url("libb", "2.0.0")]);
    let undo = "--source=refs/synthesizer/before-update";
    git(&root, &["restore", undo, "--worktree", "--", "."]);
    assert_eq!(read(&b), code(&[(2, "// mine")]));
}

#[test]
fn a_rust_project_follows_its_sources() {
    check(&Made::cargo(), "cargo", |name| {
        format!("crates/{name}/src/lib.rs")
    });
}

#[test]
fn a_javascript_project_follows_its_sources() {
    check(&Made::npm(), "npm", |name| {
        format!("packages/{name}/index.js")
    });
}
