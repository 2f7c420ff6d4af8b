//! `verify --locked`: the same lock gives the same files elsewhere and later; what is not so is named.

use std::{collections::BTreeMap, fs};

use serde_json::Value;
use synthesizer_model::tree::sha256_hex;
use synthesizer_testkit::package_index::Package;

use super::world::{World, copy, release, two_releases, with_tools};
use crate::crafted::program_with_index;

/// What `liba` needs, in these versions.
fn leaf(versions: &[&str]) -> Vec<Package> {
    let leaf = |version: &&str| Package::new("leaf", version).with_wheel(&[("leaf.py", b"")], &[]);
    versions.iter().map(leaf).collect()
}

/// `liba` needs `leaf`.
fn liba() -> Package {
    let manifest = "[project]\nname = \"liba\"\nversion = \"1.0\"\nlicense = \"MIT\"\nrequires-python = \">=3.9\"\ndependencies = [\"leaf>=1\"]\n";
    Package::new("liba", "1.0").with_sdist(&[
        ("pyproject.toml", manifest.as_bytes()),
        ("liba/__init__.py", b""),
        ("liba/one.py", b"import leaf\n"),
    ])
}

fn checks(answer: &Value) -> BTreeMap<String, (String, String)> {
    let checks = answer["verification"]["checks"].as_array().expect("checks");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    checks
        .iter()
        .map(|check| {
            (
                text(&check["name"]),
                (text(&check["result"]), text(&check["detail"])),
            )
        })
        .collect()
}

const VERIFY: [&str; 5] = ["verify", "--locked", "--level", "parse", "--json"];

/// Gives the results of the two checks of a lock, and what the second says.
fn locked(world: &World, more: &[&str]) -> (String, String, String) {
    let arguments = VERIFY.iter().chain(["out"].iter()).chain(more);
    let answer = world.program.run(arguments).json();
    let checks = checks(&answer);
    let (hashes, recreated) = (&checks["locked"], &checks["recreated"]);
    let said = format!("{} {}", hashes.1, recreated.1);
    (hashes.0.clone(), recreated.0.clone(), said)
}

#[test]
fn a_lock_gives_the_same_files_with_another_cache_in_another_folder_on_another_day() {
    let mut packages = leaf(&["1.0"]);
    packages.push(liba());
    let world = World::new(packages.clone());
    let tree = world.project().tree();
    // On the other day there is a newer package, which a new lock would have.
    packages.extend(leaf(&["1.1"]));
    let (_index, other) = program_with_index(with_tools(packages));
    let cache = other.world().join("uv-cache");
    let other = other.with_env("UV_CACHE_DIR", cache);
    let place = other.work().join("deep/er");
    fs::create_dir_all(&place).expect("made");
    copy(&world.root(), &place.join("elsewhere"));
    let arguments = VERIFY.iter().copied().chain(["deep/er/elsewhere"]);
    let answer = other.run(arguments).expect_status(0).json();
    for name in ["locked", "recreated"] {
        assert_eq!(checks(&answer)[name].0, "passed", "{answer:#}");
    }
    let again = crate::project::Project::at(place.join("elsewhere"));
    assert_eq!(again.tree(), tree);
    assert_eq!(
        locked(&world, &[]).1,
        "passed",
        "and at the first place still"
    );
    // A new synthesis of the same request is another one.
    let plan = place.join("elsewhere/synthesis.toml");
    let plan = plan.to_string_lossy();
    let fresh = [
        "synthesize",
        &plan,
        "--output",
        "new",
        "--no-verify",
        "--json",
    ];
    let fresh = other.run(fresh).expect_status(0).json();
    assert_ne!(fresh["tree"], tree);
}

#[test]
fn a_changed_byte_and_a_lock_that_lies_are_named() {
    let world = World::new(two_releases());
    let check = |change: &dyn Fn(), expected: (&str, &str), named: &str| {
        change();
        let (hashes, recreated, said) = locked(&world, &[]);
        assert_eq!((hashes.as_str(), recreated.as_str()), expected, "{said}");
        assert!(said.contains(named), "{said}");
        world.git(&["reset", "--hard", "--quiet"]);
    };
    let replace = |path: &str, old: &str, new: &str| {
        let text = world.text(path).expect("is");
        assert!(text.contains(old), "{path} has no {old}");
        world.write(path, &text.replacen(old, new, 1));
    };
    let one = "src/fresh/liba/one.py";
    check(&|| {}, ("passed", "passed"), "1 sources");
    check(
        &|| replace(one, "VALUE_7 = 7", "VALUE_7 = 8"),
        ("failed", "passed"),
        "src/fresh/liba/one.py differs",
    );
    check(
        &|| {
            let hash = |text: &str| sha256_hex(text.as_bytes());
            let old = world.text(one).expect("is");
            replace(one, "VALUE_7 = 7", "VALUE_7 = 8");
            let new = world.text(one).expect("is");
            replace("synthesis.lock", &hash(&old), &hash(&new));
        },
        ("passed", "failed"),
        "src/fresh/liba/one.py is made with other contents",
    );
    check(
        &|| {
            replace(
                "synthesis.lock",
                "revision = \"sha256:",
                "revision = \"sha256:0",
            )
        },
        ("passed", "failed"),
        "the source liba has the revision",
    );
    check(
        &|| replace("synthesis.lock", "license = \"MIT\"", "license = \"ISC\""),
        ("passed", "failed"),
        "license",
    );
    check(
        &|| replace("synthesis.toml", "rev = \"1.0\"", "rev = \"2.0\""),
        ("failed", "not_run"),
        "synthesis.toml is not the one",
    );
    check(
        &|| replace("uv.lock", "version = 1", "version  = 1"),
        ("failed", "passed"),
        "not compared: sbom.cdx.json, uv.lock",
    );
    check(
        &|| {
            let text = world.text("synthesis.lock").expect("is");
            world.write(
                "synthesis.lock",
                &text.replace("path = \"src/", "path = \"../src/"),
            );
        },
        ("failed", "failed"),
        "../src/",
    );
}

#[test]
fn without_network_and_cache_the_lock_is_not_made_again() {
    let (_index, program) = program_with_index(vec![release(
        "liba",
        "1.0",
        &[("liba/__init__.py".to_owned(), String::new())],
    )]);
    let cache = program.world().join("uv-cache");
    let program = program.with_env("UV_CACHE_DIR", cache);
    let made = World::new(two_releases());
    copy(&made.root(), &program.work().join("out"));
    let answer = program
        .run([
            "verify",
            "--locked",
            "--level",
            "parse",
            "--json",
            "--offline",
            "out",
        ])
        .expect_status(0)
        .json();
    let checks = checks(&answer);
    assert_eq!(checks["locked"].0, "passed");
    assert_eq!(checks["recreated"].0, "not_run", "{answer:#}");
    assert!(!checks["recreated"].1.is_empty());
}
