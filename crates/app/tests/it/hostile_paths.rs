//! Bad paths through every argument that ends in a path, of every command and tool, and links that change while a call is at work.
//! Nothing outside is read or written, whatever the spelling.
//!
//! | what names a path | commands | tools | here |
//! |---|---|---|---|
//! | the new project | `synthesize --output`, `assemble --output` | `output_path` | `tools`, `commands`, `swapped` |
//! | a project that exists | `verify`, `update` | `project_path` | `tools`, `commands`, `swapped` |
//! | a local repository | REPO of every command, plans | `repo_url`, `repo_urls`, `repositories` | `tools`, `swapped` |
//! | a component | `#COMPONENT` | `components` | `tools`, `commands` |
//! | a destination | `=>DEST` | `destination` | `tools`; on the command line `bad_input` |
//! | a template's folder, and what it names | `--template`, plans | `template` | `tools`, `swapped`, `projects` |
//! | a job | `jobs`, `status`, `worker --job` | `synthesis_id` | `tools`; on the command line `jobs` |
//! | a file to read | PLAN.toml, `--config` | – | `commands` |
//! | a folder for locks | `resolve --output` | – | `commands` |
//! | what a project says of itself | `verify`, `update` | | `projects` |
//! | members of archives, entries of git trees | | | `bad_sources` |

mod commands;
mod projects;
mod swapped;
mod tools;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use synthesizer_testkit::{package_index::PackageIndex, program::Program};

use crate::crafted::{package, program_with_index};

/// What nobody may read: it stands in files outside.
const CANARY: &str = "the_secret_of_the_outside";

/// A program, and folders beside the one that is open to its clients.
struct World {
    program: Program,
    // Serves as long as the program runs.
    _index: PackageIndex,
}

impl World {
    /// A package `sample` in the open folder; outside, a package and a template with the canary, and a folder whose name begins as that of
    /// the open one does.
    fn new() -> Self {
        let (index, program) = program_with_index(Vec::new());
        package(&program, "sample", "", &[("sample.py", "VALUE = 1\n")]);
        let world = Self {
            program,
            _index: index,
        };
        for folder in ["outside", "work-evil"] {
            let place = world.outside(folder);
            fs::create_dir_all(place.join("inner")).expect("made");
            for (name, text) in [
                (
                    "pyproject.toml",
                    format!("[project]\nname = \"{CANARY}\"\nversion = \"1\"\n"),
                ),
                ("canary.py", format!("{CANARY} = 1\n")),
                ("template.toml", format!("name = \"{CANARY}\"\n")),
            ] {
                fs::write(place.join(name), text).expect("written");
            }
        }
        world
    }

    fn outside(&self, name: &str) -> PathBuf {
        self.program.world().join(name)
    }

    /// Gives every file of the open folder and of those outside, with its bytes; links with their targets.
    fn everything(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for folder in ["work", "outside", "work-evil", "home", "config"] {
            list(&self.outside(folder), &mut found);
        }
        found
    }
}

fn list(folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = path.to_string_lossy().into_owned();
        let kind = entry.file_type().expect("a kind");
        let what = if kind.is_dir() {
            list(&path, found);
            "a folder".to_owned()
        } else if kind.is_symlink() {
            format!("a link to {:?}", fs::read_link(&path).expect("a link"))
        } else if kind.is_file() {
            let bytes = fs::read(&path).expect("a file");
            String::from_utf8_lossy(&bytes).into_owned()
        } else {
            continue;
        };
        found.insert(name, what);
    }
}

/// Checks that nothing came, went or changed.
fn assert_same(now: &BTreeMap<String, String>, before: &BTreeMap<String, String>, case: &str) {
    let names: std::collections::BTreeSet<&String> = now.keys().chain(before.keys()).collect();
    let differ = names
        .into_iter()
        .filter(|name| now.get(*name) != before.get(*name));
    let differ: Vec<&String> = differ.collect();
    assert!(differ.is_empty(), "{case}: {differ:?}");
}

/// Spellings that lead out, or that some system reads differently than it shows. `@` stands for the folder of all folders of the run.
fn bad_paths(world: &Path) -> Vec<String> {
    let world = world.to_str().expect("UTF-8");
    let mut all: Vec<String> = [
        "..",
        "../outside",
        "../work-evil",
        "a/../../outside",
        "./../outside/inner",
        "@/outside",
        "@/work-evil/inner",
        "@/work/../outside",
        "/etc",
        "//etc",
        "%2e%2e/outside",
        "%2E%2E%2Foutside",
        "..%2foutside",
        "..\\outside",
        "\\\\127.0.0.1\\share",
        "~",
        "~/x",
        "~root/x",
        "link",
        "link/inner",
        "link/inner/x",
        "dangling",
        "dangling/x",
        "loop/x",
        "a\nb",
        "a\0b",
        "a\u{1b}[31mb",
        "a\u{202e}b",
        "a\u{200b}b",
        "",
    ]
    .map(|path| path.replace('@', world))
    .to_vec();
    all.push("x/".repeat(2_100));
    all.push("x".repeat(4_097));
    all
}

/// Puts links into the open folder: to the outside, to nowhere, and to each other.
fn with_links(world: &World) {
    let link = |target: &Path, name: &str| {
        std::os::unix::fs::symlink(target, world.program.work().join(name)).expect("linked");
    };
    link(&world.outside("outside"), "link");
    link(&world.outside("nowhere"), "dangling");
    link(Path::new("loop"), "loop");
}
