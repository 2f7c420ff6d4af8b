//! Links that are swapped for folders while a call is at work. A client may name what lies in the open folder; whatever its path leads to at
//! any moment, nothing outside is read or written.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde_json::{Value, json};

use super::{CANARY, World, assert_same};
use crate::crafted::{assert_nothing_left, folder, synthesize};

/// How often each tool is called while links are swapped.
const ROUNDS: usize = 12;

/// Exchanges two names for each other without end, until it is dropped.
struct Swapping {
    stop: Arc<AtomicBool>,
    times: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Swapping {
    fn start(one: PathBuf, other: PathBuf) -> Self {
        let (stop, times) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicUsize::new(0)),
        );
        let (stopped, count) = (Arc::clone(&stop), Arc::clone(&times));
        let thread = std::thread::spawn(move || {
            // An even number of times, so that everything is where it was.
            while !stopped.load(Ordering::Relaxed) {
                for _ in 0..2 {
                    renameat_with(CWD, &one, CWD, &other, RenameFlags::EXCHANGE)
                        .expect("exchanged");
                    count.fetch_add(1, Ordering::Relaxed);
                    std::thread::yield_now();
                }
            }
        });
        Self {
            stop,
            times,
            thread: Some(thread),
        }
    }

    /// Ends it; gives how often the names were exchanged.
    fn end(mut self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        let thread = self.thread.take().expect("it runs");
        thread.join().expect("it ends");
        self.times.load(Ordering::Relaxed)
    }
}

/// In the open folder `swap` is a folder and `away` a link to one outside; both are exchanged while calls are made. The folder outside holds
/// the same as the one within, and the canary.
fn with_swap(prepare: impl FnOnce(&World, &Path)) -> (World, Swapping) {
    let world = World::new();
    let (swap, outside) = (
        world.program.work().join("swap"),
        world.outside("outside/swap"),
    );
    fs::create_dir(&swap).expect("made");
    prepare(&world, &swap);
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .args([&swap, &outside])
        .status();
    assert!(copied.expect("cp runs").success());
    for place in [
        outside.clone(),
        outside.join("package"),
        outside.join("out/src/fresh"),
    ] {
        if place.is_dir() {
            fs::write(
                place.join(format!("{CANARY}.py")),
                format!("{CANARY} = (\n"),
            )
            .expect("written");
        }
    }
    let away = world.program.work().join("away");
    std::os::unix::fs::symlink(&outside, &away).expect("linked");
    let swapping = Swapping::start(swap, away);
    (world, swapping)
}

/// Calls a tool again and again while links are swapped; what is outside must stay as it is and unread. Gives how many calls did their work.
fn called(
    world: World,
    swapping: Swapping,
    tool: &str,
    arguments: impl Fn(usize) -> Value,
) -> usize {
    let outside = || {
        let mut all = std::collections::BTreeMap::new();
        super::list(&world.outside("outside"), &mut all);
        all
    };
    let before = outside();
    let mut client = world.program.mcp([""; 0]);
    client.initialize();
    let mut worked = 0;
    for round in 0..ROUNDS {
        let answer = client.call_tool(tool, arguments(round));
        assert!(
            !answer.to_string().contains(CANARY),
            "{tool} {round}: {answer:#}"
        );
        let case = format!("{tool} {round}: {answer:#}");
        assert_same(&outside(), &before, &case);
        match answer["isError"] == true {
            false => worked += 1,
            true => {
                let error = &answer["structuredContent"]["error"];
                let known = [
                    "E_PATH",
                    "E_NOT_FOUND",
                    "E_UPSTREAM",
                    "E_EXISTS",
                    "E_INCOMPATIBLE",
                ];
                // git goes by the path that its folder has, and does not find that any more.
                let is_git = error["message"]
                    .as_str()
                    .is_some_and(|text| text.starts_with("git "));
                let code = error["code"].as_str();
                assert!(
                    is_git || code.is_some_and(|code| known.contains(&code)),
                    "{tool} {round}: {answer:#}"
                );
            }
        }
    }
    client.close_stdin();
    assert_eq!(client.wait(), Some(0), "{}", client.stderr());
    let times = swapping.end();
    assert!(times > ROUNDS, "{times}");
    assert_same(&outside(), &before, tool);
    assert_nothing_left(&world.program);
    worked
}

fn synthesis(round: usize, change: impl FnOnce(&mut Value)) -> Value {
    let mut arguments = json!({
        "repositories": [{ "repo_url": "./sample" }],
        "project_name": "fresh",
        "output_path": format!("out-{round}"),
        "wait_seconds": 100,
        "dry_run": true,
    });
    change(&mut arguments);
    arguments
}

#[test]
fn a_new_project_is_not_written_through_a_link_that_came() {
    let (world, swapping) = with_swap(|_, _| {});
    called(world, swapping, "synthesize_project", |round| {
        synthesis(round, |all| {
            all["output_path"] = json!(format!("swap/deep/out-{round}"));
            all["dry_run"] = json!(false);
        })
    });
}

#[test]
fn a_repository_is_not_read_through_a_link_that_came() {
    let prepare = |world: &World, _: &Path| {
        folder(
            &world.program,
            "swap/package",
            &[
                (
                    "pyproject.toml",
                    "[project]\nname = \"inner\"\nversion = \"1\"\n",
                ),
                ("inner.py", "VALUE = 1\n"),
            ],
        );
    };
    for tool in ["synthesize_project", "analyze_repository"] {
        let (world, swapping) = with_swap(prepare);
        called(world, swapping, tool, |round| match tool {
            "analyze_repository" => json!({ "repo_url": "./swap/package", "detail": "full" }),
            _ => synthesis(round, |all| {
                all["repositories"][0]["repo_url"] = json!("./swap/package")
            }),
        });
    }
}

#[test]
fn a_template_is_not_read_through_a_link_that_came() {
    let prepare = |world: &World, _: &Path| {
        let descriptor = "name = \"mine\"\ndescription = \"Mine\"\necosystems = [\"python\"]\n[[file]]\npath = \"own.txt\"\ntext = \"own.txt\"\nreason = \"x\"\n";
        folder(
            &world.program,
            "swap/package",
            &[("template.toml", descriptor), ("own.txt", "mine\n")],
        );
    };
    let (world, swapping) = with_swap(prepare);
    called(world, swapping, "synthesize_project", |round| {
        synthesis(round, |all| all["template"] = json!("./swap/package"))
    });
}

#[test]
fn a_project_is_neither_read_nor_written_through_a_link_that_came() {
    let prepare = |world: &World, swap: &Path| {
        synthesize(&world.program, &["./sample"], &["--no-verify"]).expect_status(0);
        fs::rename(world.program.work().join("out"), swap.join("out")).expect("moved");
        let request = swap.join("out/synthesis.toml");
        // Its source is found from where it is, within and outside.
        let sample = world.program.work().join("sample");
        for beside in [swap.to_owned(), world.outside("outside")] {
            let copied = std::process::Command::new("cp")
                .arg("-a")
                .arg(&sample)
                .arg(&beside)
                .status();
            assert!(copied.expect("cp runs").success());
        }
        assert!(request.is_file());
        fs::write(swap.join("sample/sample.py"), "VALUE = 2\n").expect("written");
    };
    for tool in ["verify_project", "update_project"] {
        let (world, swapping) = with_swap(prepare);
        called(world, swapping, tool, |_| match tool {
            "verify_project" => {
                json!({ "project_path": "swap/out", "level": "parse", "locked": true })
            }
            _ => json!({ "project_path": "swap/out", "dry_run": false }),
        });
    }
}
