//! Bad paths through the arguments of commands. A person may name any folder; what is no path, or no folder, or cannot be read to its end is
//! refused at once.

use std::{fs, os::unix::fs::symlink, process::Command};

use super::{CANARY, World, assert_same, with_links};
use crate::crafted::assert_nothing_left;

/// Files that would never end, or that wait for somebody.
fn with_devices(world: &World) {
    let work = world.program.work();
    let made = Command::new("mkfifo").arg(work.join("fifo")).status();
    assert!(made.expect("mkfifo runs").success());
    symlink("/dev/zero", work.join("endless")).expect("linked");
    symlink("fifo", work.join("linked-fifo")).expect("linked");
    let huge = fs::File::create(work.join("huge")).expect("a file");
    huge.set_len(8 << 30).expect("a sparse file");
}

#[test]
fn no_argument_of_a_command_is_waited_for_or_leads_out() {
    let world = World::new();
    with_links(&world);
    with_devices(&world);
    let before = world.everything_small();
    let long = "x/".repeat(40_000);
    // The words before the path and after it, what the path may be, and the statuses that refuse it.
    type Row<'a> = (&'a [&'a str], &'a [&'a str], &'a [i32]);
    let synthesize = [
        "synthesize",
        "--name",
        "fresh",
        "--no-verify",
        "--repo=./sample",
    ];
    let with = |flag: &'static str| [&synthesize[..], &[flag]].concat();
    let (output, template) = (with("--output="), with("--template=./"));
    let odd: &[&str] = &[
        "dangling",
        "loop/x",
        "fifo",
        "fifo/x",
        "endless/x",
        "huge/x",
        "a\nb",
        "a\u{1b}b",
        &long,
    ];
    let files: &[&str] = &[
        "fifo",
        "linked-fifo",
        "endless",
        "huge",
        "link",
        ".",
        "dangling",
        "loop",
        &long,
    ];
    let rows: [Row<'_>; 9] = [
        (&output, odd, &[5, 6]),
        (&template, odd, &[2, 4, 5]),
        (&["synthesize", ""], files, &[2, 4, 5]),
        (&["verify", ""], odd, &[4, 5]),
        (&["update", ""], odd, &[1, 4, 5]),
        (&["analyze", "./"], odd, &[2, 4, 5]),
        (&["jobs", "show", ""], odd, &[4]),
        (
            &[
                "synthesize",
                "--name=fresh",
                "--no-verify",
                "--repo=./sample#",
            ],
            &[
                "../x",
                "/etc/passwd",
                "..\\x",
                "a\nb",
                "-x",
                "sample/../../x",
                "C:\\x",
            ],
            &[2, 4, 5],
        ),
        (&["doctor", "--config="], files, &[2, 70]),
    ];
    for (words, paths, statuses) in rows {
        for path in paths {
            let (last, first) = words.split_last().expect("words");
            let mut arguments: Vec<String> = first.iter().map(|word| (*word).to_owned()).collect();
            arguments.extend([format!("{last}{path}"), "--json".to_owned()]);
            let shown: String = path.chars().take(60).collect();
            let run = world.program.run(&arguments);
            let case = format!(
                "{words:?} {shown:?}: {:?} {}{}",
                run.status, run.stdout, run.stderr
            );
            assert!(
                run.status.is_some_and(|status| statuses.contains(&status)),
                "{case}"
            );
            assert!(
                !case.contains("panicked") && !case.contains(CANARY),
                "{case}"
            );
            assert!(run.json()["error"]["code"].is_string(), "{case}");
        }
    }
    assert_same(&world.everything_small(), &before, "in the end");
    assert_nothing_left(&world.program);
}

/// Locks are written as new files, wherever a person wants them; nothing that is there is replaced, also not through a link.
#[test]
fn locks_replace_nothing() {
    let world = World::new();
    with_links(&world);
    let work = world.program.work();
    fs::create_dir(work.join("locks")).expect("made");
    symlink(
        world.outside("outside/canary.py"),
        work.join("locks/uv.lock"),
    )
    .expect("linked");
    fs::create_dir(work.join("half")).expect("made");
    symlink(
        world.outside("outside/new"),
        work.join("half/requirements.txt"),
    )
    .expect("linked");
    let before = world.everything();
    for (folder, statuses) in [
        ("locks", &[6][..]),
        ("half", &[6]),
        ("dangling", &[5, 6]),
        ("sample/sample.py", &[5, 6]),
    ] {
        let output = format!("--output={folder}");
        let run = world
            .program
            .run(["resolve", "./sample", "--json", &output]);
        let case = format!("{folder}: {:?} {}{}", run.status, run.stdout, run.stderr);
        assert!(
            run.status.is_some_and(|status| statuses.contains(&status)),
            "{case}"
        );
        assert_same(&world.everything(), &before, &case);
    }
    assert_nothing_left(&world.program);
}

impl World {
    /// As [`World::everything`], without the file that is too large to be held.
    fn everything_small(&self) -> std::collections::BTreeMap<String, String> {
        let huge = self.program.work().join("huge");
        let aside = self.program.world().join("huge");
        fs::rename(&huge, &aside).expect("moved");
        let all = self.everything();
        fs::rename(&aside, &huge).expect("moved back");
        all
    }
}
