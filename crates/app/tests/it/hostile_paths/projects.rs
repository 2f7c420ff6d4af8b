//! What a hostile project, and a hostile template, say of paths.

use std::{fs, os::unix::fs::symlink, process::Command};

use super::{CANARY, World, assert_same};
use crate::{
    crafted::{assert_nothing_left, folder, synthesize},
    project::Project,
};

/// Paths as a lock or a template may have them, none of which is one of a project. `@` stands for the folder of all folders.
const BAD: &[&str] = &[
    "../x",
    "../../outside/canary.py",
    "a/../../x",
    "/etc/passwd",
    "@/outside/canary.py",
    "..\\x",
    "a\\b",
    "C:x",
    "\\\\host\\x",
    ".git/config",
    "a/.GIT/hooks/x",
    "git~1/config",
    "con",
    "a/NUL.py",
    "a./b",
    "a /b",
    "a//b",
    "./a",
    "a\\u0000b",
    "a\\u001bb",
    "a\\u202eb",
];

fn spelled(path: &str, world: &World) -> String {
    let path = path.replace('@', world.program.world().to_str().expect("UTF-8"));
    // Backslashes are doubled for TOML, but for those of an escape.
    path.replace('\\', "\\\\").replace("\\\\u", "\\u")
}

/// Makes the project `out` of the sample, as it is verified and updated.
fn project(world: &World) -> Project {
    synthesize(&world.program, &["./sample"], &["--no-verify"]).expect_status(0);
    let work = world.program.work();
    fs::write(work.join("sample/sample.py"), "VALUE = 2\n").expect("written");
    Project::at(work.join("out"))
}

#[test]
fn no_path_of_a_lock_or_request_leads_out() {
    let world = World::new();
    let project = project(&world);
    let lock = project.text("synthesis.lock");
    let request = project.text("synthesis.toml");
    let write = |name: &str, text: &str| {
        fs::write(project.root().join(name), text).expect("written");
    };
    let mut cases: Vec<(String, &str, String)> = Vec::new();
    for path in BAD.iter().map(|path| spelled(path, &world)) {
        let mut replace = |name: &'static str, old: &str, new: String| {
            let text = if name == "synthesis.lock" {
                &lock
            } else {
                &request
            };
            assert!(text.contains(old), "{name} has {old}: {text}");
            cases.push((new.clone(), name, text.replacen(old, &new, 1)));
        };
        replace(
            "synthesis.lock",
            "path = \"README.md\"",
            format!("path = \"{path}\""),
        );
        replace(
            "synthesis.lock",
            "lock = \"uv.lock\"",
            format!("lock = \"{path}\""),
        );
        replace(
            "synthesis.toml",
            "name = \"fresh\"",
            format!("name = \"{path}\""),
        );
        replace(
            "synthesis.toml",
            "url = \"../sample\"",
            format!("url = \"../sample\"\ndestination = \"{path}\""),
        );
        replace(
            "synthesis.toml",
            "url = \"../sample\"",
            format!("url = \"../sample\"\ncomponents = [\"../{path}\"]"),
        );
        replace(
            "synthesis.toml",
            "template = \"python-default\"",
            format!("template = \"./{path}/.\""),
        );
    }
    let endless = "x/".repeat(4 << 20);
    for (name, text, old, new) in [
        (
            "synthesis.toml",
            &request,
            "template = \"python-default\"",
            format!("template = \"{endless}\""),
        ),
        (
            "synthesis.toml",
            &request,
            "url = \"../sample\"",
            format!("url = \"../{endless}\""),
        ),
        (
            "synthesis.lock",
            &lock,
            "path = \"README.md\"",
            format!("path = \"{endless}\""),
        ),
    ] {
        cases.push((
            format!("an endless path in {name}"),
            name,
            text.replacen(old, &new, 1),
        ));
    }
    let before = world.everything();
    for (case, name, text) in cases {
        write(name, &text);
        for arguments in [
            &["verify", "out", "--json", "--locked", "--level", "parse"][..],
            &["update", "out", "--json"],
        ] {
            let run = world.program.run(arguments);
            let case: String = case.chars().take(100).collect();
            let case = format!("{case}: {arguments:?}: {:?} {}", run.status, run.stderr);
            assert!(matches!(run.status, Some(1..=6)), "{case} {}", run.stdout);
            assert!(
                !run.stdout.contains(CANARY) && !case.contains("panicked"),
                "{case}"
            );
        }
        write("synthesis.lock", &lock);
        write("synthesis.toml", &request);
    }
    assert_same(&world.everything_but_git(), &but_git(before), "in the end");
    assert_nothing_left(&world.program);
}

/// Links where the project's own files are: read by nobody, replaced by nobody.
#[test]
fn no_link_of_a_project_is_followed() {
    for name in [
        "synthesis.lock",
        "synthesis.toml",
        "uv.lock",
        "pyproject.toml",
        "src",
        "src/fresh",
        "src/fresh/sample.py",
        "LICENSES",
        ".git",
        ".git/objects",
        ".git/refs",
    ] {
        let world = World::new();
        let project = project(&world);
        let place = project.root().join(name);
        let moved = world.outside("outside/moved");
        fs::rename(&place, &moved).expect("moved");
        symlink(&moved, &place).expect("linked");
        if moved.is_dir() {
            fs::write(moved.join("canary.py"), format!("{CANARY} = 1\n")).expect("written");
        }
        let before = world.everything();
        for arguments in [
            &["verify", "out", "--json", "--locked", "--level", "parse"][..],
            &["update", "out", "--json"],
        ] {
            let run = world.program.run(arguments);
            let case = format!(
                "{name}: {arguments:?}: {:?} {}{}",
                run.status, run.stdout, run.stderr
            );
            assert!(matches!(run.status, Some(0..=6)), "{case}");
            assert!(
                !case.contains(CANARY) && !case.contains("panicked"),
                "{case}"
            );
            let outside = |all: All| -> All {
                let place = world.outside("outside").to_string_lossy().into_owned();
                let below = all.into_iter().filter(|(path, _)| path.starts_with(&place));
                below.collect()
            };
            assert_same(
                &outside(world.everything()),
                &outside(before.clone()),
                &case,
            );
        }
        assert!(place.is_symlink(), "{name} is replaced");
        assert_nothing_left(&world.program);
    }
}

#[test]
fn no_path_of_a_template_leads_out() {
    let world = World::new();
    let head = "name = \"mine\"\ndescription = \"Mine\"\necosystems = [\"python\"]\n";
    let file = |path: &str, text: &str| {
        format!("{head}[[file]]\npath = \"{path}\"\ntext = \"{text}\"\nreason = \"x\"\n")
    };
    let mut rows: Vec<(String, String)> = Vec::new();
    for path in BAD.iter().map(|path| spelled(path, &world)) {
        rows.push((format!("a file at {path}"), file(&path, "own.txt")));
        rows.push((format!("a text of {path}"), file("own.txt", &path)));
        rows.push((
            format!("a part at {path}"),
            format!("{head}[[part]]\npath = \"{path}\"\ntext = \"own.txt\"\n"),
        ));
        rows.push((
            format!("a manifest at {path}"),
            format!("package-manifest = \"{path}\"\n{head}"),
        ));
    }
    for linked in ["linked.txt", "linked/canary.py", "fifo"] {
        rows.push((format!("a text of {linked}"), file("own.txt", linked)));
    }
    for twins in [
        ["a.txt", "A.txt"],
        ["caf\u{e9}", "cafe\u{301}"],
        ["a", "a/b"],
        ["A/b", "a"],
    ] {
        let [one, other] = twins.map(|path| file(path, "own.txt"));
        let second = other.strip_prefix(head).expect("the head");
        rows.push((format!("{twins:?}"), format!("{one}{second}")));
    }
    let template = folder(
        &world.program,
        "mine",
        &[("own.txt", "mine\n"), ("template.toml", head)],
    );
    symlink(
        world.outside("outside/canary.py"),
        template.join("linked.txt"),
    )
    .expect("linked");
    symlink(world.outside("outside"), template.join("linked")).expect("linked");
    let fifo = Command::new("mkfifo").arg(template.join("fifo")).status();
    assert!(fifo.expect("mkfifo runs").success());
    for (case, descriptor) in rows {
        fs::write(template.join("template.toml"), descriptor).expect("written");
        let before = world.everything();
        let more = ["--template", "./mine", "--no-verify"];
        let run = synthesize(&world.program, &["./sample"], &more);
        let case = format!("{case}: {:?} {}{}", run.status, run.stdout, run.stderr);
        assert!(matches!(run.status, Some(2 | 4 | 5)), "{case}");
        assert!(
            !case.contains(CANARY) && !case.contains("panicked"),
            "{case}"
        );
        assert_same(&world.everything(), &before, &case);
    }
    assert_nothing_left(&world.program);
}

type All = std::collections::BTreeMap<String, String>;

/// What an update keeps for itself lies in the project's repository.
fn but_git(all: All) -> All {
    let is_git = |path: &str| path.contains("/.git/");
    all.into_iter().filter(|(path, _)| !is_git(path)).collect()
}

impl World {
    fn everything_but_git(&self) -> All {
        but_git(self.everything())
    }
}
