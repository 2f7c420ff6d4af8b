//! Real packages from an older release to a newer one, edited in between. Our merge is compared with the one that plain git makes of the
//! same three trees. Needs the network when it runs for the first time.

use std::{collections::BTreeMap, fs, ops::Range, path::Path};

use serde_json::Value;
use synthesizer_testkit::program::Program;

use super::world::{commit, copy, git, is_wholly_generated, results, write};
use crate::{project::Project, real_sets::with_tools};

/// A package, its older and its newer release, and what is taken of it.
struct Pair {
    registry: &'static str,
    name: &'static str,
    old: &'static str,
    new: &'static str,
    component: &'static str,
}

/// Makes one test of each pair.
macro_rules! pairs {
    ($registry:literal; $($test:ident: $name:literal $old:literal $new:literal $component:literal;)*) => {
        $(#[test]
        fn $test() {
            let registry = $registry;
            check(&Pair { registry, name: $name, old: $old, new: $new, component: $component });
        })*
    };
}

pairs! { "pypi";
    click: "click" "8.1.3" "8.1.7" "click.formatting";
    itsdangerous: "itsdangerous" "2.1.2" "2.2.0" "itsdangerous.timed";
    requests: "requests" "2.28.0" "2.32.3" "requests.structures";
    packaging: "packaging" "23.0" "24.2" "packaging.version";
    werkzeug: "werkzeug" "3.0.0" "3.1.3" "werkzeug.datastructures";
    jinja: "jinja2" "3.1.2" "3.1.5" "jinja2.lexer";
    tomlkit: "tomlkit" "0.12.0" "0.13.2" "";
    pluggy: "pluggy" "1.3.0" "1.5.0" "";
    h11: "h11" "0.13.0" "0.14.0" "";
    more_itertools: "more-itertools" "10.1.0" "10.5.0" "more_itertools.recipes";
    boltons: "boltons" "23.0.0" "24.1.0" "boltons.strutils";
    attrs: "attrs" "23.1.0" "24.2.0" "attr";
    starlette: "starlette" "0.37.0" "0.41.0" "starlette.datastructures";
}

pairs! { "cargo";
    itoa: "itoa" "1.0.10" "1.0.11" "";
    semver_crate: "semver" "1.0.17" "1.0.23" "";
    hex: "hex" "0.4.2" "0.4.3" "";
    smallvec: "smallvec" "1.11.0" "1.13.2" "";
    heck: "heck" "0.4.1" "0.5.0" "";
}

pairs! { "npm";
    ms: "ms" "2.1.2" "2.1.3" "";
    minimist: "minimist" "1.2.5" "1.2.8" "";
    qs: "qs" "6.11.0" "6.13.0" "lib/utils.js";
    semver: "semver" "7.5.0" "7.6.3" "functions/satisfies.js";
    immer: "immer" "10.0.3" "10.1.1" "src/immer.ts";
}

impl Pair {
    /// What files of code end with, and what every edit writes: a comment.
    fn language(&self) -> (&'static [&'static str], &'static str) {
        match self.registry {
            "pypi" => (&[".py"], "# mine"),
            "cargo" => (&[".rs"], "// mine"),
            _ => (&[".js", ".mjs", ".cjs", ".ts"], "// mine"),
        }
    }
}

fn synthesize(program: &Program, pair: &Pair, version: &str, output: &str) -> Project {
    let part = if pair.component.is_empty() {
        String::new()
    } else {
        format!("#{}", pair.component)
    };
    let repository = format!("{}:{}@{version}{part}", pair.registry, pair.name);
    let arguments = [
        "synthesize",
        "--json",
        "--no-verify",
        "--name",
        "fresh",
        "--output",
        output,
        "--repo",
        &repository,
    ];
    program.run(arguments).expect_status(0);
    Project::at(program.work().join(output))
}

fn check(pair: &Pair) {
    let program = with_tools();
    let (_, mine) = pair.language();
    let old = synthesize(&program, pair, pair.old, "old");
    let new = synthesize(&program, pair, pair.new, "new");
    let (old, new) = (merged_files(&old), merged_files(&new));
    let world = Compared {
        program: &program,
        pair,
        old: &old,
        new: &new,
    };
    let far = edits(pair, &old, &new, far_from);
    assert!(!far.is_empty(), "nothing of {} changed", pair.name);
    let answer = world.update("far", &far, 0);
    let told = results(&answer);
    for (path, text) in &far {
        assert!(text.contains(mine), "{path}");
        let now = fs::read_to_string(program.work().join("far").join(path)).expect("is");
        assert!(now.contains(mine), "the edit of {path} is lost");
        let expected = if old.get(path) == new.get(path) {
            "kept"
        } else {
            "merged"
        };
        assert_eq!(told[path], expected, "{path}");
    }
    let near = edits(pair, &old, &new, near_to);
    assert!(!near.is_empty(), "nothing of {} changed", pair.name);
    world.update("near", &near, 1);
}

/// Gives the files of a project that are merged, those apart that are no text: test data in other encodings.
fn merged_files(project: &Project) -> BTreeMap<String, String> {
    let files = project.files().into_iter();
    files
        .filter(|(path, _)| !is_wholly_generated(path))
        .filter_map(|(path, contents)| Some((path, String::from_utf8(contents).ok()?)))
        .collect()
}

/// One pair, both of whose states are known.
struct Compared<'a> {
    program: &'a Program,
    pair: &'a Pair,
    old: &'a BTreeMap<String, String>,
    new: &'a BTreeMap<String, String>,
}

impl Compared<'_> {
    /// Updates an edited copy of the old project, and compares what comes of it with what plain git makes of the same.
    fn update(&self, name: &str, edits: &BTreeMap<String, String>, status: i32) -> Value {
        let (program, pair) = (self.program, self.pair);
        let root = program.work().join(name);
        copy(&program.work().join("old"), &root);
        for (path, text) in edits {
            write(&root, path, text);
        }
        let to = format!("{}={}", slug(&root), pair.new);
        let run = program.run(["update", name, "--json", "--to", &to]);
        let answer = run.expect_status(status).json();
        let expected = self.merged_by_git(&program.work().join(format!("{name}-git")), edits);
        let ours = merged_files(&Project::at(&root));
        let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&ours), names(&expected.files), "{}", pair.name);
        for (path, text) in &expected.files {
            assert_eq!(&ours[path], text, "{} {path}", pair.name);
        }
        let conflicts: Vec<String> = results(&answer)
            .into_iter()
            .filter(|(_, result)| result.starts_with("conflict"))
            .map(|(path, _)| path)
            .collect();
        assert_eq!(conflicts, expected.conflicts, "{}", pair.name);
        assert_eq!(conflicts.is_empty(), status == 0);
        let marked = expected
            .files
            .values()
            .any(|text| text.contains("<<<<<<< yours\n"));
        assert_eq!(marked, status == 1);
        answer
    }

    /// Merges the same three trees by `git merge` in a repository of its own.
    fn merged_by_git(&self, folder: &Path, edits: &BTreeMap<String, String>) -> ByGit {
        fs::create_dir(folder).expect("made");
        git(folder, &["init", "--quiet", "--initial-branch=yours"]);
        let put = |files: &BTreeMap<String, String>| {
            git(folder, &["rm", "-rq", "--ignore-unmatch", "."]);
            for (path, text) in files {
                write(folder, path, text);
            }
        };
        // Ignore rules of a source may name files that it published.
        let commit = |message: &str| {
            git(folder, &["add", "--all", "--force"]);
            commit(folder, message);
        };
        put(self.old);
        commit("base");
        git(folder, &["checkout", "--quiet", "-b", "upstream"]);
        put(self.new);
        commit("upstream");
        git(folder, &["checkout", "--quiet", "yours"]);
        for (path, text) in edits {
            write(folder, path, text);
        }
        commit("yours");
        let merge = [
            "-c",
            "user.name=x",
            "-c",
            "user.email=x@example.invalid",
            "merge",
            "--quiet",
            "--no-edit",
            "upstream",
        ];
        // A conflict is an answer too.
        let _ = synthesizer_testkit::git_repository::run_git(folder, &merge, b"");
        let unmerged = git(folder, &["diff", "--name-only", "--diff-filter=U"]);
        let listed = git(folder, &["ls-files", "--cached", "--deduplicate"]);
        let files = listed.lines().filter_map(|path| {
            let text = fs::read_to_string(folder.join(path)).ok()?;
            Some((
                path.to_owned(),
                text.replace("<<<<<<< HEAD\n", "<<<<<<< yours\n"),
            ))
        });
        ByGit {
            files: files.collect(),
            conflicts: unmerged.lines().map(str::to_owned).collect(),
        }
    }
}

struct ByGit {
    files: BTreeMap<String, String>,
    conflicts: Vec<String>,
}

/// Gives the id of the only source.
fn slug(root: &Path) -> String {
    Project::at(root).lock().sources[0].id.clone()
}

/// Edits every file of code that both states have and that changes in between.
fn edits(
    pair: &Pair,
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
    edit: impl Fn(&[&str], &[Range<usize>], &str) -> Option<String>,
) -> BTreeMap<String, String> {
    let (suffixes, mine) = pair.language();
    let is_code = |path: &str| suffixes.iter().any(|suffix| path.ends_with(suffix));
    let both = old
        .iter()
        .filter(|(path, text)| is_code(path) && !text.contains('\r'))
        .filter_map(|(path, text)| Some((path, text, new.get(path)?)))
        .filter(|(_, text, new)| text != new);
    both.filter_map(|(path, text, new)| {
        let lines: Vec<&str> = text.lines().collect();
        let edited = edit(&lines, &changed_lines(text, new), mine)?;
        Some((path.clone(), edited))
    })
    .collect()
}

/// Adds a line at least four lines away from every change.
fn far_from(lines: &[&str], changed: &[Range<usize>], mine: &str) -> Option<String> {
    let place = (0..=lines.len()).find(|place| {
        changed
            .iter()
            .all(|range| *place + 4 < range.start || *place > range.end + 4)
    })?;
    let mut lines = lines.to_vec();
    lines.insert(place, mine);
    Some(lines.join("\n") + "\n")
}

/// Changes a line that upstream changes or removes too.
fn near_to(lines: &[&str], changed: &[Range<usize>], mine: &str) -> Option<String> {
    let range = changed.iter().find(|range| !range.is_empty())?;
    let line = format!("{}  {mine}", lines[range.start]);
    let mut lines = lines.to_vec();
    lines[range.start] = &line;
    Some(lines.join("\n") + "\n")
}

/// Gives the lines of the old text that `git diff` calls changed, counted from 0.
fn changed_lines(old: &str, new: &str) -> Vec<Range<usize>> {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "old", old);
    write(folder.path(), "new", new);
    let said = std::process::Command::new("git")
        .args([
            "diff",
            "--no-index",
            "--unified=0",
            "--no-color",
            "old",
            "new",
        ])
        .current_dir(folder.path())
        .output()
        .expect("git starts");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let heads = said.lines().filter_map(|line| line.strip_prefix("@@ -"));
    heads
        .map(|head| {
            let numbers = head.split(' ').next().expect("numbers");
            let (start, count) = numbers.split_once(',').unwrap_or((numbers, "1"));
            let start: usize = start.parse().expect("a number");
            let count: usize = count.parse().expect("a number");
            // With no line of the old text, the number is that of the line before.
            let from = if count == 0 { start } else { start - 1 };
            from..from + count
        })
        .collect()
}
