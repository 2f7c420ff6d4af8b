//! Every family keeps the promise of its lock: made again of the sources alone, in another folder, with another cache, on a day when the
//! registry has other packages, and when the packages that were locked have gone from it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use synthesizer_testkit::{
    archives::tarball,
    package_index::{Package, PackageIndex},
    program::Program,
    registries::{
        cargo::{CargoRegistry, CrateRelease},
        npm::{NpmRegistry, NpmRelease},
    },
};

use super::world::{copy, with_tools};
use crate::{crafted, project::Project, real_sets};

/// A family, and what the test takes of its package `liba`, which needs `leaf`.
#[derive(Clone, Copy)]
struct Family {
    name: &'static str,
    source: &'static str,
    /// A moved file of it.
    file: &'static str,
}

const PYTHON: Family = Family {
    name: "python",
    source: "pypi:liba@1.0.0",
    file: "src/fresh/liba/one.py",
};
const CARGO: Family = Family {
    name: "cargo",
    source: "cargo:liba@1.0.0",
    file: "crates/liba/src/lib.rs",
};
const NPM: Family = Family {
    name: "npm",
    source: "npm:liba@1.0.0",
    file: "packages/liba/index.js",
};

/// A registry that runs as long as it is held, and how a program reaches it.
struct Registry {
    _running: Box<dyn std::any::Any>,
    family: Family,
    /// The user's configuration, or the address.
    reached_by: String,
}

impl Registry {
    /// Serves `liba`, and `leaf` in these versions.
    fn start(family: Family, leaves: &[&str]) -> Self {
        let (running, reached_by): (Box<dyn std::any::Any>, String) = match family.name {
            "python" => {
                let index = PackageIndex::start(with_tools(python_packages(leaves)));
                let url = index.index_url();
                (Box::new(index), url)
            }
            "cargo" => {
                let registry = CargoRegistry::start(crates(leaves));
                let configuration = registry.replacing_configuration();
                (Box::new(registry), configuration)
            }
            _ => {
                let registry = NpmRegistry::start(npm_packages(leaves));
                let configuration = registry.user_configuration();
                (Box::new(registry), configuration)
            }
        };
        Self {
            _running: running,
            family,
            reached_by,
        }
    }

    /// Gives a program with caches of its own that reaches this registry and no other.
    fn program(&self) -> Program {
        let program = match self.family.name {
            "python" => crafted::program().with_env("UV_DEFAULT_INDEX", &self.reached_by),
            "cargo" => real_sets::with_tools(),
            _ => crafted::program(),
        };
        let world = program.world().to_owned();
        match self.family.name {
            "python" => program.with_env("UV_CACHE_DIR", world.join("uv-cache")),
            "cargo" => {
                let home = world.join("cargo-home");
                fs::create_dir(&home).expect("made");
                fs::write(home.join("config.toml"), &self.reached_by).expect("written");
                program.with_env("CARGO_HOME", home)
            }
            _ => {
                fs::write(world.join("home/.npmrc"), &self.reached_by).expect("written");
                program
            }
        }
    }
}

/// `liba` imports a module of `leaf` that goes by another name, which only a look into its wheel tells.
fn python_packages(leaves: &[&str]) -> Vec<Package> {
    let manifest = b"[project]\nname = \"liba\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\nrequires-python = \">=3.9\"\ndependencies = [\"leaf>=1\"]\n";
    let liba = Package::new("liba", "1.0.0").with_sdist(&[
        ("pyproject.toml", manifest),
        ("liba/__init__.py", b""),
        (
            "liba/one.py",
            b"import leaf\nimport leaf_parts\n\nVALUE = 1\n",
        ),
    ]);
    let leaf = |version: &&str| {
        let files: [(&str, &[u8]); 2] = [("leaf.py", b""), ("leaf_parts.py", b"")];
        Package::new("leaf", version).with_wheel(&files, &[])
    };
    // Every project has it for its tests.
    let pytest = Package::new("pytest", "8.0").with_wheel(&[("pytest.py", b"")], &[]);
    leaves.iter().map(leaf).chain([liba, pytest]).collect()
}

fn crates(leaves: &[&str]) -> Vec<CrateRelease> {
    let manifest = b"[package]\nname = \"liba\"\nversion = \"1.0.0\"\nedition = \"2021\"\nlicense = \"MIT\"\n[dependencies]\nleaf = \"1\"\n";
    let files: [(&str, &[u8]); 3] = [
        ("Cargo.toml", manifest),
        ("src/lib.rs", b"pub mod one;\npub const VALUE: u32 = 1;\n"),
        ("src/one.rs", b"pub fn one() -> u32 {\n    leaf::one()\n}\n"),
    ];
    let liba = CrateRelease::new("liba", "1.0.0", &[])
        .with_archive(tarball("liba-1.0.0", &files))
        .needing("leaf", "^1");
    let leaf = |version: &&str| {
        CrateRelease::new(
            "leaf",
            version,
            &[("src/lib.rs", b"pub fn one() -> u32 { 1 }\n")],
        )
    };
    leaves.iter().map(leaf).chain([liba]).collect()
}

fn npm_packages(leaves: &[&str]) -> Vec<NpmRelease> {
    let manifest = serde_json::json!({
        "name": "liba", "version": "1.0.0", "license": "MIT", "main": "index.js", "dependencies": { "leaf": "^1.0.0" },
    });
    let files: [(&str, &[u8]); 1] = [(
        "index.js",
        b"const leaf = require('leaf');\nmodule.exports = 1;\n",
    )];
    let liba = NpmRelease::with_manifest(manifest, "package", &files);
    let leaf = |version: &&str| {
        NpmRelease::new("leaf", version, &[("index.js", b"module.exports = 1;\n")])
    };
    leaves.iter().map(leaf).chain([liba]).collect()
}

/// Makes a project at a place below the folder that runs start in; gives its tree, or what went wrong.
fn synthesize(
    program: &Program,
    family: Family,
    component: &str,
    output: &str,
) -> Result<String, String> {
    let source = format!("{}{component}", family.source);
    let arguments = [
        "synthesize",
        "--json",
        "--no-verify",
        "--template",
        "minimal",
        "--ecosystem",
        family.name,
        "--name",
        "fresh",
        "--output",
        output,
        "--repo",
        &source,
    ];
    let run = program.run(arguments);
    let said = format!("{}{}", run.stdout, run.stderr);
    if run.status != Some(0) {
        return Err(said);
    }
    Ok(run.json()["tree"].as_str().expect(&said).to_owned())
}

/// Runs `verify --locked`; gives result and detail of its two checks.
fn verify(program: &Program, project: &Path) -> BTreeMap<String, (String, String)> {
    let project = project.to_string_lossy();
    let arguments = ["verify", "--locked", "--level", "parse", "--json", &project];
    let answer: Value = program.run(arguments).json();
    let checks = answer["verification"]["checks"].as_array().expect("checks");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let named = checks.iter().map(|check| {
        let found = (text(&check["result"]), text(&check["detail"]));
        (text(&check["name"]), found)
    });
    named
        .filter(|(name, _)| name == "locked" || name == "recreated")
        .collect()
}

fn assert_passed(program: &Program, project: &Path, when: &str) {
    let checks = verify(program, project);
    for name in ["locked", "recreated"] {
        assert_eq!(checks[name].0, "passed", "{when}: {checks:#?}");
    }
    let compared = &checks["recreated"].1;
    assert!(!compared.contains("not compared"), "{when}: {compared}");
}

/// Copies a project to where another program runs, some folders deeper.
fn carried(project: &Path, program: &Program) -> PathBuf {
    let place = program.work().join("deep/er/elsewhere");
    fs::create_dir_all(place.parent().expect("a folder")).expect("made");
    copy(project, &place);
    place
}

fn check(family: Family, component: &str) {
    let registry = Registry::start(family, &["1.0.0"]);
    let program = registry.program();
    let tree = synthesize(&program, family, component, "out").expect("made");
    let project = program.work().join("out");
    let lock = Project::at(&project).lock();
    assert!(
        lock.resolution.is_some(),
        "{}: its packages are locked",
        family.name
    );
    assert!(
        lock.solved.is_some(),
        "{}: what was solved is recorded",
        family.name
    );

    // Another cache, another folder.
    let other = registry.program();
    let again = synthesize(&other, family, component, "some/where/out");
    assert_eq!(again.as_deref(), Ok(tree.as_str()), "{}", family.name);
    assert_passed(&other, &carried(&project, &other), "elsewhere");

    // Another day: there is a newer package, which a new lock would have.
    let later = Registry::start(family, &["1.0.0", "1.1.0"]);
    let newer = later.program();
    let place = carried(&project, &newer);
    assert_passed(&newer, &place, "later");
    assert_eq!(Project::at(&place).tree(), tree);
    let fresh = synthesize(&newer, family, component, "out").expect("made");
    assert_ne!(fresh, tree, "{}: a new synthesis locks anew", family.name);

    // The package has gone.
    let gone = Registry::start(family, &[]);
    let without = gone.program();
    let fresh = synthesize(&without, family, component, "out");
    assert_ne!(fresh.as_deref(), Ok(tree.as_str()), "{}", family.name);
    assert_passed(&without, &carried(&project, &without), "gone");
}

#[test]
fn a_python_project_is_made_again_when_its_packages_have_gone() {
    check(PYTHON, "");
}

#[test]
fn a_rust_project_is_made_again_when_its_packages_have_gone() {
    check(CARGO, "");
}

#[test]
fn a_module_that_was_compiled_once_is_made_again_without_its_packages() {
    check(CARGO, "#liba::one");
}

#[test]
fn a_javascript_project_is_made_again_when_its_packages_have_gone() {
    check(NPM, "");
}

/// Changes a byte, removes a file, adds one, and puts a changed file's hash into the lock: each is named.
fn differences(family: Family) {
    let registry = Registry::start(family, &["1.0.0"]);
    let program = registry.program();
    synthesize(&program, family, "", "out").expect("made");
    let project = program.work().join("out");
    let path = |name: &str| project.join(name);
    let check = |name: &str, expected: [&str; 2], named: &str| {
        let checks = verify(&program, &project);
        let results = [checks["locked"].0.as_str(), checks["recreated"].0.as_str()];
        assert_eq!(results, expected, "{}: {name}: {checks:#?}", family.name);
        let said = format!("{} {}", checks["locked"].1, checks["recreated"].1);
        assert!(said.contains(named), "{}: {name}: {said}", family.name);
    };
    let original = fs::read(path(family.file)).expect("is");
    let mut changed = original.clone();
    let at = changed
        .iter()
        .rposition(|byte| *byte == b'1')
        .expect("a digit");
    changed[at] = b'2';
    fs::write(path(family.file), &changed).expect("written");
    let differs = format!("{} differs", family.file);
    check("a changed byte", ["failed", "passed"], &differs);
    let lock = fs::read_to_string(path("synthesis.lock")).expect("is");
    let hash = synthesizer_model::tree::sha256_hex;
    let lying = lock.replace(&hash(&original), &hash(&changed));
    assert_ne!(lying, lock);
    fs::write(path("synthesis.lock"), lying).expect("written");
    let made = format!("{} is made with other contents", family.file);
    check("a lock that agrees", ["passed", "failed"], &made);
    fs::write(path("synthesis.lock"), &lock).expect("written");
    fs::remove_file(path(family.file)).expect("removed");
    let missing = format!("{} is missing", family.file);
    check("a missing file", ["failed", "passed"], &missing);
    fs::write(path(family.file), &original).expect("written");
    fs::write(path("added.txt"), "1").expect("written");
    check(
        "an added file",
        ["failed", "passed"],
        "added.txt is not in the lock",
    );
    fs::remove_file(path("added.txt")).expect("removed");
    check("nothing", ["passed", "passed"], "as the lock says");
    // What was solved counts too: with another answer other files come of it, or the record is of another project.
    let packages_lock = Project::at(&project)
        .lock()
        .resolution
        .expect("locked")
        .lock;
    let text = fs::read_to_string(path(&packages_lock)).expect("is");
    fs::write(path(&packages_lock), format!("{text}\n")).expect("written");
    let differs = format!("{packages_lock} differs");
    check("a changed lock of packages", ["failed", "passed"], &differs);
}

#[test]
fn differences_of_a_python_project_are_named() {
    differences(PYTHON);
}

#[test]
fn differences_of_a_rust_project_are_named() {
    differences(CARGO);
}

#[test]
fn differences_of_a_javascript_project_are_named() {
    differences(NPM);
}
